//! What a scenario is about: the attributes it names.
//!
//! A target that loses an attribute altogether fails the scenarios that are about it. The others have
//! something else to say, and one cause is told once.

use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{AttributeMapping, Mapping};
use crate::scenario::{Action, Need, Scenario};
use crate::scim::PatchPath;

/// Mapping targets that a scenario names, itself or by their source.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    targets: Vec<(ObjectKind, PatchPath)>,
}

impl Subjects {
    /// Those of a scenario, by the mapping it is played with.
    pub(super) fn of(scenario: &Scenario, mapping: &Mapping) -> Self {
        let mut subjects = Subjects::default();
        let rows = |kind| mapping.object(kind).into_iter().flat_map(|mapping| &mapping.rows);
        let all = |kind, wanted: &dyn Fn(&AttributeMapping) -> bool| {
            rows(kind).filter(|row| wanted(row)).map(|row| (kind, row.target.clone())).collect::<Vec<_>>()
        };
        let named = |name: &str| {
            let users = all(ObjectKind::User, &|row| row.is(name));
            [users, all(ObjectKind::Group, &|row| row.is(name))].concat()
        };
        let from = |kind, source: &str| all(kind, &|row| row.reads(source));
        for need in &scenario.needs {
            if let Need::Mapped(name) | Need::Filterable(name) | Need::Published(name) = need {
                subjects.targets.extend(all(ObjectKind::User, &|row| row.is(name)));
            }
        }
        for (kind, path) in &scenario.attributes.requested {
            let name = path.to_string();
            subjects.targets.extend(all(*kind, &|row| row.is(&name)));
        }
        for change in scenario.mapping_changes() {
            for name in &change.matching {
                subjects.targets.extend(named(name));
            }
            let edited = change.edits.rows.iter().map(|row| (ObjectKind::User, row.target.clone()));
            subjects.targets.extend(edited);
        }
        for source in scenario.people.values().flat_map(|person| person.attributes.keys()) {
            subjects.targets.extend(from(ObjectKind::User, source));
        }
        for source in scenario.groups.values().flat_map(|group| group.attributes.keys()) {
            subjects.targets.extend(from(ObjectKind::Group, source));
        }
        let kind_of = |key: &str| match scenario.groups.contains_key(key) {
            true => ObjectKind::Group,
            false => ObjectKind::User,
        };
        for account in scenario.accounts.values() {
            let kind = kind_of(&account.of);
            let names = account.with.keys();
            subjects.targets.extend(names.flat_map(|name| all(kind, &|row| row.is(name))));
        }
        for step in &scenario.timeline {
            match &step.action {
                Action::Set(changes) => {
                    for (key, attributes) in changes {
                        let kind = kind_of(key);
                        subjects.targets.extend(attributes.keys().flat_map(|source| from(kind, source)));
                    }
                }
                Action::SetManager(_) => subjects.targets.extend(from(ObjectKind::User, "manager")),
                Action::Expect(expectations) | Action::ExpectSettled(expectations) => {
                    for (key, expected) in expectations {
                        let kind = kind_of(key);
                        let names = expected.attributes.keys();
                        subjects.targets.extend(names.flat_map(|name| all(kind, &|row| row.is(name))));
                    }
                }
                _ => {}
            }
        }
        subjects
    }

    /// True when the scenario names it for objects of this kind.
    pub(super) fn contain(&self, kind: ObjectKind, target: &PatchPath) -> bool {
        self.targets.iter().any(|(of, subject)| *of == kind && subject.same_as(target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;
    use crate::scenario::{AccountSpec, GroupSpec, LetterCase, Person, Step};
    use indexmap::IndexMap;

    #[test]
    fn what_a_scenario_names_is_its_subject_and_nothing_else() {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let mut scenario = crate::scenario::testing::scenario("cycles/x");
        scenario.needs.push(Need::Mapped("title".into()));
        let attributes = IndexMap::from([("employeeId".to_owned(), Some("007".to_owned()))]);
        scenario.people.insert("ada".into(), Person { attributes, ..Person::default() });
        let change = IndexMap::from([("givenName".to_owned(), Some("Ada".to_owned()))]);
        let action = Action::Set(IndexMap::from([("ada".to_owned(), change)]));
        scenario.timeline.push(Step { line: 1, reading: crate::check::JudgedBy::Both, action });
        let subjects = Subjects::of(&scenario, &mapping);
        let is = |path: &str| subjects.contain(ObjectKind::User, &mapping.user.find(path).unwrap().target);
        assert!(is("title") && is("employeeNumber") && is("name.givenName"));
        assert!(is("name.formatted"), "an expression reads the given name too");
        assert!(!is("displayName") && !is("externalId"));

        let with = IndexMap::from([("displayName".to_owned(), None)]);
        let account = AccountSpec { of: "team".into(), letter_case: LetterCase::Same, with };
        scenario.accounts.insert("before".into(), account);
        scenario.groups.insert("team".into(), GroupSpec::default());
        let subjects = Subjects::of(&scenario, &mapping);
        let name = &mapping.group.as_ref().unwrap().find("displayName").unwrap().target;
        assert!(subjects.contain(ObjectKind::Group, name) && !subjects.contain(ObjectKind::User, name));
    }
}
