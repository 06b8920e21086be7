use std::ops::Range;

use indexmap::IndexMap;

use super::Loader;
use crate::scenario::FILTERS;
use crate::yaml::{Node, NodeKey, NodeKind};

/// Words that templates use for something else.
const RESERVED: [&str; 2] = ["prefix", "domain"];

/// Stands for one after the other of many people, in requests that are sent to each.
const EACH: &str = "each";

/// More people than this under one key are a slip.
pub(super) const MOST_PEOPLE: u64 = 100_000;

/// Everything in a file that has a name, people first.
#[derive(Debug, Default)]
pub(super) struct ScenarioNames {
    /// The scenario needs a second tenant, so that it may be spoken to.
    pub(super) second_tenant: bool,
    names: IndexMap<String, NameKind>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameKind {
    /// One person, or the number of people of a `many`.
    Person(Option<u64>),
    Group,
    Account,
    /// The answer to a request before.
    Capture,
}

/// Who may stand somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// One person.
    Person,
    /// People, also all of a `many`.
    People,
    /// One group.
    Group,
    /// People and groups, also all of a `many`.
    Everybody,
    /// One person or group.
    One,
    /// Whatever has an id: a person, a group, an account, the answer to a request before.
    Account,
}

impl Wanted {
    fn admits(self, what: NameKind) -> bool {
        match (self, what) {
            (Wanted::Person | Wanted::One | Wanted::Account, NameKind::Person(many)) => many.is_none(),
            (Wanted::Account, _) => true,
            (_, NameKind::Account | NameKind::Capture) => false,
            (Wanted::People | Wanted::Everybody, NameKind::Person(_)) => true,
            (Wanted::Group | Wanted::Everybody | Wanted::One, NameKind::Group) => true,
            (Wanted::Person | Wanted::People, NameKind::Group) | (Wanted::Group, NameKind::Person(_)) => {
                false
            }
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Wanted::Person | Wanted::People => "person",
            Wanted::Group => "group",
            Wanted::Everybody | Wanted::One => "person or group",
            Wanted::Account => "person, group or account",
        }
    }
}

impl ScenarioNames {
    /// What a name stands for. `crowd-3` is one of the people of `crowd`.
    pub(super) fn what(&self, name: &str) -> Option<NameKind> {
        self.names.get(name).copied().or_else(|| {
            let (crowd, number) = name.rsplit_once('-')?;
            let number: u64 = number.parse().ok().filter(|n: &u64| n.to_string() == number)?;
            match self.names.get(crowd)? {
                NameKind::Person(Some(many)) if (1..=*many).contains(&number) => Some(NameKind::Person(None)),
                _ => None,
            }
        })
    }

    fn all(&self) -> impl Iterator<Item = (&str, NameKind)> {
        self.names.iter().map(|(name, what)| (name.as_str(), *what))
    }
}

impl Loader<'_> {
    /// Learns the names of everybody before anybody is described.
    pub(super) fn learn_names(
        &mut self,
        people: Option<&Node>,
        groups: Option<&Node>,
        accounts: Option<&Node>,
    ) {
        for (node, section) in [(people, 0), (groups, 1), (accounts, 2)] {
            let Some(entries) = node.and_then(|node| self.reader.entries(node)) else { continue };
            for (key, value) in entries {
                let what = match section {
                    0 => NameKind::Person(many(value)),
                    1 => NameKind::Group,
                    _ => NameKind::Account,
                };
                self.learn(key, what);
            }
        }
    }

    /// Learns one name, unless it is taken or no name at all.
    pub(super) fn learn(&mut self, key: &NodeKey, what: NameKind) {
        let name = key.name.as_str();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !is_name {
            let problem = self.reader.problem(&key.span, format!("`{name}` is no name"));
            self.reader.note(problem.help("a name is a letter, then letters, digits, `-` and `_`"));
        } else if RESERVED.contains(&name) || name == EACH {
            let problem = self.reader.problem(&key.span, format!("`{name}` is taken"));
            self.reader.note(problem.help(format!("`{{{{{name}}}}}` stands for something else")));
        } else if self.names.what(name).is_some() {
            self.reader.refuse(&key.span, format!("`{name}` is used for two things"));
        } else {
            self.names.names.insert(name.to_owned(), what);
        }
    }

    /// Refuses to speak to a second tenant where none is asked for: without it the scenario cannot be played.
    pub(super) fn second_tenant(&mut self, at: &Range<usize>) {
        if !self.names.second_tenant {
            let problem = self.reader.problem(at, "this needs a second tenant");
            self.reader.note(problem.help("write `needs: [second-tenant]`"));
        }
    }

    /// Reads something in which `each` stands for one of many people.
    pub(super) fn with_each<R>(&mut self, read: impl FnOnce(&mut Self) -> R) -> R {
        self.names.names.insert(EACH.to_owned(), NameKind::Person(None));
        let read = read(self);
        self.names.names.shift_remove(EACH);
        read
    }

    /// Whether a name stands for somebody who may stand here.
    pub(super) fn known(&mut self, name: &str, at: &Range<usize>, wanted: Wanted) -> bool {
        match self.names.what(name) {
            Some(what) if wanted.admits(what) => true,
            Some(NameKind::Person(Some(_)))
                if matches!(wanted, Wanted::Person | Wanted::One | Wanted::Account) =>
            {
                let problem =
                    self.reader.problem(at, format!("`{name}` stands for many people, one is needed here"));
                self.reader.note(problem.help(format!("write one of them, as `{name}-1`")));
                false
            }
            Some(what) => {
                let noun = match what {
                    NameKind::Person(_) => "a person",
                    NameKind::Group => "a group",
                    NameKind::Account => "an account",
                    NameKind::Capture => "an answer",
                };
                self.reader.refuse(at, format!("`{name}` is {noun}, a {} is needed here", wanted.noun()));
                false
            }
            None => {
                let known: Vec<String> = self
                    .names
                    .all()
                    .filter(|(_, what)| wanted.admits(*what))
                    .map(|(name, _)| name.to_owned())
                    .collect();
                self.reader.unknown(at, wanted.noun(), name, known.iter().map(String::as_str));
                false
            }
        }
    }

    /// The one name a text is.
    pub(super) fn one(&mut self, node: &Node, wanted: Wanted) -> Option<String> {
        let name = self.reader.text(node)?;
        self.known(&name, &node.span, wanted).then_some(name)
    }

    /// The names of a list.
    pub(super) fn several(&mut self, node: &Node, wanted: Wanted, may_be_empty: bool) -> Vec<String> {
        let Some(items) = self.reader.list(node) else { return Vec::new() };
        if items.is_empty() && !may_be_empty {
            self.reader.refuse(&node.span, "this names nobody");
        }
        items.iter().filter_map(|item| self.one(item, wanted)).collect()
    }

    /// Checks every `{{…}}` of every text in a value. `outside` leaves only `prefix` and `domain`:
    /// nothing else is known before the first cycle.
    pub(super) fn templates(&mut self, node: &Node, outside: bool) {
        match &node.kind {
            NodeKind::Text(text) => self.template(text, &node.span, outside),
            NodeKind::List(items) => items.iter().for_each(|item| self.templates(item, outside)),
            NodeKind::Map(entries) => entries.iter().for_each(|(_, value)| self.templates(value, outside)),
            NodeKind::Null | NodeKind::Boolean(_) | NodeKind::Number(_) => {}
        }
    }

    /// Checks every `{{…}}` of one text.
    pub(super) fn template(&mut self, text: &str, at: &Range<usize>, outside: bool) {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once("{{") {
            let Some((inside, after)) = after.split_once("}}") else {
                self.reader.refuse(at, "`{{` is not closed");
                return;
            };
            rest = after;
            let at = &self.reader.part(at, &format!("{{{{{inside}}}}}"));
            let mut parts = inside.split('|').map(str::trim);
            let name = parts.next().unwrap_or("");
            for filter in parts {
                if !FILTERS.contains(&filter) {
                    self.reader.unknown(at, "filter", filter, FILTERS);
                }
            }
            let (base, member) =
                name.split_once('.').map_or((name, None), |(base, member)| (base, Some(member)));
            let word = RESERVED.contains(&base);
            if word && member.is_none() {
                continue;
            }
            let whole = member.is_none() && self.names.what(base) == Some(NameKind::Capture);
            if outside {
                let problem = self.reader.problem(at, format!("`{{{{{name}}}}}` is not known here"));
                self.reader.note(problem.help("known here: {{prefix}}, {{domain}}"));
            } else if word || !whole && member.is_none_or(str::is_empty) {
                let problem = self.reader.problem(at, format!("`{{{{{name}}}}}` stands for nothing"));
                self.reader.note(problem.help("write a name and what of it, as {{ada.id}}"));
            } else {
                self.known_in_template(base, at);
                let header = member.is_some_and(|member| member.starts_with("headers."));
                if header && !matches!(self.names.what(base), None | Some(NameKind::Capture)) {
                    let problem = self.reader.problem(at, format!("`{base}` has no headers"));
                    self.reader
                        .note(problem.help("headers are those of an answer: name its request with `as:`"));
                }
            }
        }
    }

    fn known_in_template(&mut self, name: &str, at: &Range<usize>) {
        match self.names.what(name) {
            Some(NameKind::Person(None) | NameKind::Group | NameKind::Account | NameKind::Capture) => {}
            Some(NameKind::Person(Some(_))) => {
                self.known(name, at, Wanted::One);
            }
            None => {
                let known: Vec<String> = self
                    .names
                    .all()
                    .map(|(name, _)| name.to_owned())
                    .chain(RESERVED.map(str::to_owned))
                    .collect();
                self.reader.unknown(at, "name", name, known.iter().map(String::as_str));
            }
        }
    }
}

/// The number of people a person's entry stands for, if it says so rightly.
fn many(node: &Node) -> Option<u64> {
    let NodeKind::Map(entries) = &node.kind else { return None };
    let (_, value) = entries.iter().find(|(key, _)| key.name == "many")?;
    match &value.kind {
        NodeKind::Number(number) => number.as_u64().filter(|number| (1..=MOST_PEOPLE).contains(number)),
        _ => None,
    }
}
