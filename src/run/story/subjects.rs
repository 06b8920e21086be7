//! What a story is about: the attributes it names.
//!
//! A target that loses an attribute altogether fails the stories that are about it. The others have
//! something else to say, and one cause is told once.

use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{AttributeMapping, Mapping};
use crate::scenario::{Action, Need, Scenario};
use crate::scim::PatchPath;

/// Mapping targets that a scenario names, itself or by their source.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    targets: Vec<PatchPath>,
}

impl Subjects {
    /// Those of a scenario, by the mapping it is played with.
    pub(super) fn of(scenario: &Scenario, mapping: &Mapping) -> Self {
        let mut subjects = Subjects::default();
        let rows = |kind| mapping.object(kind).into_iter().flat_map(|mapping| &mapping.rows);
        let everything = || rows(ObjectKind::User).chain(rows(ObjectKind::Group));
        let named = |name: &str| everything().filter(|row| row.is(name)).collect::<Vec<_>>();
        let from = |source: &str| everything().filter(|row| row.reads(source)).collect::<Vec<_>>();
        for need in &scenario.needs {
            if let Need::Mapped(name) | Need::Filterable(name) | Need::Published(name) = need {
                subjects.add(named(name));
            }
        }
        let changes = scenario.timeline.iter().filter_map(|step| match &step.action {
            Action::ChangeMapping(change) => Some(change),
            _ => None,
        });
        for change in changes.chain([&scenario.mapping]) {
            for name in &change.matching {
                subjects.add(named(name));
            }
            subjects.targets.extend(change.edits.rows.iter().map(|row| row.target.clone()));
        }
        let people = scenario.people.values().map(|person| &person.attributes);
        let groups = scenario.groups.values().map(|group| &group.attributes);
        for source in people.chain(groups).flat_map(|attributes| attributes.keys()) {
            subjects.add(from(source));
        }
        for account in scenario.accounts.values() {
            for name in account.with.keys() {
                subjects.add(named(name));
            }
        }
        for step in &scenario.timeline {
            match &step.action {
                Action::Set(changes) => {
                    for source in changes.values().flat_map(|attributes| attributes.keys()) {
                        subjects.add(from(source));
                    }
                }
                Action::SetManager(_) => subjects.add(from("manager")),
                Action::Expect(expectations) | Action::ExpectSettled(expectations) => {
                    for name in expectations.values().flat_map(|expected| expected.attributes.keys()) {
                        subjects.add(named(name));
                    }
                }
                _ => {}
            }
        }
        subjects
    }

    fn add(&mut self, rows: Vec<&AttributeMapping>) {
        self.targets.extend(rows.into_iter().map(|row| row.target.clone()));
    }

    /// True when the scenario names it.
    pub(super) fn contain(&self, target: &PatchPath) -> bool {
        self.targets.iter().any(|subject| subject.same_as(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;
    use crate::run::testing;
    use crate::scenario::{Person, Step};
    use indexmap::IndexMap;

    #[test]
    fn what_a_scenario_names_is_its_subject_and_nothing_else() {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let mut scenario = testing::scenario("cycles/x");
        scenario.needs.push(Need::Mapped("title".into()));
        let attributes = IndexMap::from([("employeeId".to_owned(), Some("007".to_owned()))]);
        scenario.people.insert("ada".into(), Person { attributes, ..Person::default() });
        let change = IndexMap::from([("givenName".to_owned(), Some("Ada".to_owned()))]);
        let action = Action::Set(IndexMap::from([("ada".to_owned(), change)]));
        scenario.timeline.push(Step { line: 1, reading: crate::check::Reading::Both, action });
        let subjects = Subjects::of(&scenario, &mapping);
        let is = |path: &str| subjects.contain(&mapping.user.find(path).unwrap().target);
        assert!(is("title") && is("employeeNumber") && is("name.givenName"));
        assert!(is("name.formatted"), "an expression reads the given name too");
        assert!(!is("displayName") && !is("externalId"));
    }
}
