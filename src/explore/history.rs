//! What a random history is made of: a directory, how its mapping differs from the profile's, accounts that the target
//! holds beforehand, and what happens. Everything can be taken out of it, so that a failing history can be made small.

/// The name of a person or a group in a history.
pub(super) type Key = &'static str;

/// The people of a history, by name.
pub(super) const PEOPLE: [Key; 5] = ["ada", "grace", "alan", "barbara", "edsger"];

/// Its groups.
pub(super) const GROUPS: [Key; 2] = ["team", "crew"];

/// Many people at once, who are only ever members of a group.
pub(super) const CROWD: Key = "crowd";

/// How many people the crowd is: more than some servers keep in a group.
pub(super) const CROWD_SIZE: usize = 24;

/// One directory with everything that happens in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    pub(super) people: Vec<Person>,
    pub(super) groups: Vec<Group>,
    pub(super) accounts: Vec<Account>,
    /// Rows of the user mapping, as a scenario file writes them.
    pub(super) rows: Vec<&'static str>,
    /// App roles are written by this function.
    pub(super) roles: Option<&'static str>,
    /// Everybody is in scope, and not only who is assigned.
    pub(super) everyone: bool,
    /// What happens, in order.
    pub(super) steps: Vec<Step>,
    /// Names of the dialects that it is played in; empty for all of them.
    pub(super) dialects: Vec<String>,
}

/// A source attribute and its value; `None` takes a made-up value away.
pub(super) type Given = (&'static str, Option<String>);

/// A person at the begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) key: Key,
    pub(super) attributes: Vec<Given>,
    pub(super) manager: Option<Key>,
    pub(super) roles: Vec<&'static str>,
    pub(super) assigned: bool,
    pub(super) enabled: bool,
    pub(super) absent: bool,
}

/// A group at the begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) key: Key,
    /// Its displayName, unless that is made up.
    pub(super) name: Option<String>,
    pub(super) members: Vec<Key>,
    pub(super) assigned: bool,
    pub(super) absent: bool,
}

/// An account that the target holds before the first cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) of: Key,
    /// Its userName is in upper case.
    pub(super) upper: bool,
    /// Target attributes with other values than the mapping's, as a scenario file writes them.
    pub(super) with: Vec<&'static str>,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Entra's job plays a cycle.
    Cycle,
    /// These must be at the target as the directory says.
    Mirrored(Vec<Key>),
    /// The last cycle sent no write.
    NoWrites,
    /// A PATCH gives a person another one's userName, which must be refused, and changes nothing.
    TakenName(Key, Key),
    /// A person is created again, which must be refused.
    CreateAgain(Key),
    /// A person is provisioned on demand.
    OnDemand(Key),
    /// The next cycle is an initial one; in full the job forgets which account belongs to whom.
    Restart { full: bool },
    /// An administrator saves another mapping: these rows.
    ChangeMapping(&'static str),
    /// So many days go by.
    Advance(u32),
    /// One object of the directory changes.
    Change(Key, Change),
}

/// How an object of the directory changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Set(Vec<Given>),
    Manager(Option<Key>),
    Assign,
    Unassign,
    AssignRole(&'static str),
    UnassignRole(&'static str),
    Block,
    Allow,
    SoftDelete,
    Restore,
    Purge,
    Appear,
    AddMembers(Vec<Key>),
    RemoveMembers(Vec<Key>),
}

impl History {
    /// The steps that change or play something, without those that only look.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps.iter().filter(|step| !matches!(step, Step::Mirrored(_) | Step::NoWrites)).count()
    }

    /// How much there is to read.
    pub(super) fn size(&self) -> usize {
        let people = self.people.iter().map(|person| {
            let unusual = [!person.assigned, !person.enabled, person.absent, person.manager.is_some()];
            4 + person.attributes.len() + person.roles.len() + unusual.iter().filter(|it| **it).count()
        });
        let groups = self.groups.iter().map(|group| {
            let unusual = [!group.assigned, group.absent, group.name.is_some()];
            4 + group.members.len() + unusual.iter().filter(|it| **it).count()
        });
        let accounts =
            self.accounts.iter().map(|account| 3 + account.with.len() + usize::from(account.upper));
        let steps = self.steps.iter().map(|step| match step {
            Step::Mirrored(keys) => 1 + keys.len(),
            Step::Change(_, Change::Set(attributes)) => 2 + attributes.len(),
            Step::Change(_, Change::AddMembers(members) | Change::RemoveMembers(members)) => {
                2 + members.len()
            }
            _ => 3,
        });
        let mapping =
            2 * self.rows.len() + 2 * usize::from(self.everyone) + 2 * usize::from(self.roles.is_some());
        people.chain(groups).chain(accounts).chain(steps).sum::<usize>() + mapping
    }

    /// True for the name of one of its groups.
    pub(super) fn is_group(&self, key: Key) -> bool {
        self.groups.iter().any(|group| group.key == key)
    }

    /// The history without a person or group.
    pub(super) fn without(&self, key: Key) -> History {
        let mut less = self.clone();
        less.people.retain(|person| person.key != key);
        less.groups.retain(|group| group.key != key);
        less.accounts.retain(|account| account.of != key);
        for person in &mut less.people {
            person.manager = person.manager.filter(|manager| *manager != key);
        }
        for group in &mut less.groups {
            group.members.retain(|member| *member != key);
        }
        less.steps = less.steps.into_iter().filter_map(|step| without(step, key)).collect();
        less
    }
}

/// A step without a person or group; `None` if it is about nothing else.
fn without(step: Step, key: Key) -> Option<Step> {
    let others = |mut keys: Vec<Key>| {
        keys.retain(|other| *other != key);
        (!keys.is_empty()).then_some(keys)
    };
    match step {
        Step::Mirrored(keys) => others(keys).map(Step::Mirrored),
        Step::OnDemand(of) | Step::CreateAgain(of) if of == key => None,
        Step::TakenName(of, taken) if of == key || taken == key => None,
        Step::Change(of, _) if of == key => None,
        Step::Change(_, Change::Manager(Some(manager))) if manager == key => None,
        Step::Change(of, Change::AddMembers(keys)) => {
            others(keys).map(|keys| Step::Change(of, Change::AddMembers(keys)))
        }
        Step::Change(of, Change::RemoveMembers(keys)) => {
            others(keys).map(|keys| Step::Change(of, Change::RemoveMembers(keys)))
        }
        step => Some(step),
    }
}
