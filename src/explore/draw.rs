//! Draws a history from a seed. The same seed, number and mapping give the same history.

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::history::{Account, CROWD, Change, GROUPS, Given, Group, History, Key, PEOPLE, Person, Step};
use super::sense::Census;
use super::values::{self, Changeable};
use crate::entra::mapping::Mapping;

/// App roles that people are assigned.
const ROLES: [&str; 3] = ["editor", "reader", "auditor"];

/// Draws histories.
#[derive(Debug, Clone)]
pub struct Drawer {
    seed: u64,
    changeable: Changeable,
}

impl Drawer {
    /// Histories of this seed, for a profile's mapping.
    #[must_use]
    pub fn new(seed: u64, mapping: &Mapping) -> Self {
        Drawer { seed, changeable: Changeable::of(mapping) }
    }

    /// The history of that number, from 1.
    #[must_use]
    pub fn history(&self, number: u64) -> History {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(number);
        let mut drawing = Drawing {
            random,
            changeable: &self.changeable,
            numbers: 0,
            names: Vec::new(),
            history: History::default(),
        };
        drawing.directory();
        drawing.timeline();
        drawing.history.sensible()
    }
}

/// A history while it is drawn.
struct Drawing<'a> {
    random: ChaCha8Rng,
    changeable: &'a Changeable,
    /// How many values were given.
    numbers: usize,
    /// The userPrincipalNames that were given.
    names: Vec<String>,
    history: History,
}

impl Drawing<'_> {
    fn one_in(&mut self, times: u32) -> bool {
        self.random.random_range(0..times) == 0
    }

    fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    fn directory(&mut self) {
        let many = *[1, 2, 2, 3, 3, 4, 5].choose(&mut self.random).unwrap_or(&2);
        self.history.everyone = self.one_in(7);
        self.history.roles = match self.random.random_range(0..16) {
            0 => Some("complex"),
            1 => Some("assertive"),
            _ => None,
        };
        for (place, key) in PEOPLE.into_iter().take(many).enumerate() {
            let person = self.person(key, &PEOPLE[..place]);
            self.history.people.push(person);
        }
        if self.changeable.groups {
            let groups = self.random.random_range(0..=GROUPS.len());
            for key in GROUPS.into_iter().take(groups) {
                let group = self.group(key);
                self.history.groups.push(group);
            }
        }
        if !self.history.groups.is_empty() && self.one_in(12) {
            let mut crowd = self.person(CROWD, &[]);
            crowd = Person { attributes: Vec::new(), absent: false, enabled: true, assigned: true, ..crowd };
            self.history.people.push(crowd);
        }
        if !self.changeable.rows.is_empty() && self.one_in(4) {
            self.history.rows.extend(self.changeable.rows.choose(&mut self.random));
        }
        self.accounts();
    }

    fn person(&mut self, key: Key, others: &[Key]) -> Person {
        let mut attributes: Vec<Given> = Vec::new();
        let few = self.random.random_range(0..4);
        for _ in 0..few {
            let given = self.given(50);
            attributes.retain(|known| Some(known.0) != given.as_ref().map(|given| given.0));
            attributes.extend(given);
        }
        let manager = if self.changeable.managers && self.one_in(3) {
            others.choose(&mut self.random).copied()
        } else {
            None
        };
        let roles = if self.history.roles.is_some() && self.one_in(2) {
            ROLES.choose(&mut self.random).copied().into_iter().collect()
        } else {
            Vec::new()
        };
        Person {
            key,
            attributes,
            manager,
            roles,
            assigned: !self.one_in(8),
            enabled: !self.one_in(12),
            absent: self.one_in(8),
        }
    }

    /// A source attribute with a new value, or, so often in a hundred, without one.
    fn given(&mut self, without: u32) -> Option<Given> {
        let (name, optional) = *self.changeable.people.choose(&mut self.random)?;
        if optional && self.random.random_range(0..100) < without {
            return Some((name, None));
        }
        if name == "userPrincipalName" && self.one_in(3) && !self.names.is_empty() {
            return Some((name, self.names.choose(&mut self.random).cloned()));
        }
        let number = self.number();
        let value = values::value(&mut self.random, name, number);
        if name == "userPrincipalName" {
            self.names.push(value.clone());
        }
        Some((name, Some(value)))
    }

    fn group(&mut self, key: Key) -> Group {
        let name = (self.changeable.group_names && self.one_in(3)).then(|| {
            let number = self.number();
            values::group_name(&mut self.random, number)
        });
        let people: Vec<Key> = self.history.people.iter().map(|person| person.key).collect();
        Group { key, name, members: self.some(&people), assigned: !self.one_in(8), absent: self.one_in(8) }
    }

    /// Each of these with even chances.
    fn some(&mut self, keys: &[Key]) -> Vec<Key> {
        keys.iter().copied().filter(|_| self.one_in(2)).collect()
    }

    fn accounts(&mut self) {
        for person in self.history.people.clone() {
            if person.key != CROWD && self.one_in(6) {
                let held = self.changeable.held.choose(&mut self.random).copied();
                let with = if self.one_in(3) { None } else { held };
                let upper = self.one_in(3);
                self.history.accounts.push(Account {
                    of: person.key,
                    upper,
                    with: with.into_iter().collect(),
                });
            }
        }
        for group in self.history.groups.clone() {
            if self.one_in(8) {
                self.history.accounts.push(Account { of: group.key, upper: false, with: Vec::new() });
            }
        }
    }

    fn timeline(&mut self) {
        let mut census = Census::of(&self.history);
        let cycles = self.random.random_range(2..=4);
        let mut steps = Vec::new();
        let happen = |census: &mut Census, steps: &mut Vec<Step>, step: Step| {
            if let Some(step) = census.happens(&step) {
                steps.push(step);
            }
        };
        for cycle in 0..=cycles {
            if cycle > 0 {
                let changes = self.random.random_range(1..=4);
                for _ in 0..changes {
                    if let Some(step) = self.change(&census) {
                        happen(&mut census, &mut steps, step);
                    }
                }
            }
            happen(&mut census, &mut steps, Step::Cycle);
            let known = census.known();
            happen(&mut census, &mut steps, Step::Mirrored(known));
            if self.changeable.user_names && self.one_in(12) {
                let keys: Vec<Key> = self.history.people.iter().map(|person| person.key).collect();
                let mut pick = || keys.choose(&mut self.random).copied().unwrap_or_default();
                let (one, other) = (pick(), pick());
                let refused = if one == other { Step::CreateAgain(one) } else { Step::TakenName(one, other) };
                happen(&mut census, &mut steps, refused);
                happen(&mut census, &mut steps, Step::Mirrored(vec![one, other]));
            }
        }
        if self.one_in(3) {
            happen(&mut census, &mut steps, Step::Cycle);
            happen(&mut census, &mut steps, Step::NoWrites);
        }
        self.history.steps = steps;
    }

    /// Something that happens between two cycles.
    fn change(&mut self, census: &Census) -> Option<Step> {
        let people: Vec<Key> =
            self.history.people.iter().map(|person| person.key).filter(|key| *key != CROWD).collect();
        let person = *people.choose(&mut self.random)?;
        let group = self.history.groups.choose(&mut self.random).map(|group| group.key);
        let of = |change| Some(Step::Change(person, change));
        // Few histories have roles: those say something about them.
        if self.history.roles.is_some() && self.one_in(3) {
            return self.mapping_or_role(person);
        }
        match self.random.random_range(0..100) {
            0..30 => of(Change::Set(self.settings())),
            30..40 => {
                let manager = people.choose(&mut self.random).copied().filter(|_| self.changeable.managers);
                of(Change::Manager(if self.one_in(3) { None } else { Some(manager?) }))
            }
            40..45 => of(Change::Unassign),
            45..50 => of(Change::Assign),
            50..54 => of(Change::Block),
            54..58 => of(Change::Allow),
            58..63 => of(Change::SoftDelete),
            63..67 => of(Change::Restore),
            67..71 => of(Change::Purge),
            71..75 => of(Change::Appear),
            75..90 => self.change_of_group(group, census),
            90..93 => self.mapping_or_role(person),
            93..95 => Some(Step::OnDemand(person)),
            95..97 => Some(Step::Restart { full: self.one_in(2) }),
            97..98 => Some(Step::Advance(31)),
            _ => self.mapping_or_role(person),
        }
    }

    fn mapping_or_role(&mut self, person: Key) -> Option<Step> {
        if self.history.roles.is_some() {
            let role = *ROLES.choose(&mut self.random)?;
            let change = if self.one_in(2) { Change::UnassignRole(role) } else { Change::AssignRole(role) };
            return Some(Step::Change(person, change));
        }
        self.changeable.rows.choose(&mut self.random).copied().map(Step::ChangeMapping)
    }

    fn settings(&mut self) -> Vec<Given> {
        let many = *[1, 1, 1, 2, 3].choose(&mut self.random).unwrap_or(&1);
        let mut attributes: Vec<Given> = Vec::new();
        for _ in 0..many {
            let given = self.given(25);
            attributes.retain(|known| Some(known.0) != given.as_ref().map(|given| given.0));
            attributes.extend(given);
        }
        attributes
    }

    fn change_of_group(&mut self, group: Option<Key>, census: &Census) -> Option<Step> {
        let group = group?;
        let members: Vec<Key> =
            self.history.people.iter().map(|person| person.key).filter(|key| census.is_here(key)).collect();
        let some = self.some(&members);
        let change = match self.random.random_range(0..16) {
            0..5 => Change::AddMembers(some),
            5..10 => Change::RemoveMembers(some),
            10..13 if self.changeable.group_names => {
                let number = self.number();
                Change::Set(vec![("displayName", Some(values::group_name(&mut self.random, number)))])
            }
            13 => Change::SoftDelete,
            14 => Change::Appear,
            15 => Change::Unassign,
            _ => Change::Assign,
        };
        Some(Step::Change(group, change))
    }
}
