//! How a scenario leaves its people and groups, in a form that another dialect's can be compared with.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Player;
use super::end_state::{FinalObject, ValueNames};
use super::fixture::FixtureSource;
use super::state::ReadState;
use crate::entra::directory;
use crate::entra::directory::SourceValue;
use crate::entra::mapping::{AttributeMapping, IS_SOFT_DELETED, TargetKind, ValueSource};
use crate::scim::{PatchPath, same_name};
use crate::wire::{ResourceKind, Target};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) fn was_complained_about(&self, key: &str) -> bool {
        self.blocked.contains(key) || self.told.iter().any(|(about, _)| about == key)
    }

    pub(super) async fn remember_ending(
        &mut self,
        key: &str,
        kind: ResourceKind,
        names: &ValueNames,
        step: &str,
    ) {
        let Some(id) = self.target_id(key) else { return };
        let Some(mapping) = self.rows(kind) else { return };
        // An attribute that is not judged is not compared either.
        let judged = |target: &PatchPath| {
            !self.passed_over.iter().any(|passed| {
                !self.is_subject(kind, passed)
                    && passed.schema == target.schema
                    && same_name(&passed.attribute, &target.attribute)
            })
        };
        // Roles that are added are stored in a form that differs by dialect.
        // A Boolean that an expression computes from made-up values differs by chance.
        let by_chance = |row: &AttributeMapping| {
            row.target_kind() == TargetKind::Boolean
                && matches!(row.source, ValueSource::Expression(_))
                && !row.reads(IS_SOFT_DELETED.name)
        };
        let rows =
            mapping.rows.iter().filter(|row| judged(&row.target) && !row.adds_roles() && !by_chance(row));
        let targets: Vec<_> = rows.map(|row| (row.target.clone(), row.is_reference())).collect();
        let ending = match self.read(kind, &id, step).await {
            ReadState::Resource(exchange) => {
                let resource = exchange.json().cloned();
                FinalObject::of(resource.as_ref(), &targets, names, exchange)
            }
            ReadState::Nothing(exchange) => FinalObject::of(None, &targets, names, exchange),
            ReadState::Unclear(..) => return,
        };
        self.end.insert(key.to_owned(), ending);
    }

    /// Whose every id of this scenario run is, in the directory and at the target.
    pub(super) fn ids(&self) -> Arc<HashMap<String, String>> {
        let mut ids = HashMap::new();
        for (account, made) in &self.accounts {
            ids.insert(made.id.clone(), account.clone());
        }
        for (key, participant) in self.fixture.participants() {
            for id in participant.former.iter().chain(&participant.id) {
                ids.insert(id.as_str().to_owned(), format!("{key}.objectId"));
                ids.extend(
                    self.known.get(id).into_iter().flatten().map(|known| (known.clone(), key.to_owned())),
                );
            }
        }
        Arc::new(ids)
    }

    /// What is different in every scenario run: ids, the prefix, and the values of one person or group.
    pub(super) fn names(&self, key: &str, ids: &Arc<HashMap<String, String>>) -> ValueNames {
        let mut names = ValueNames::with_ids(Arc::clone(ids));
        names.add(self.fixture_source.prefix(), "prefix");
        let id = self.fixture.participant(key).and_then(|participant| participant.id.clone());
        let Some(id) = id else { return names };
        // What Entra does not write, as of a user who is disabled, the target holds from an earlier cycle.
        let mut states: Vec<_> = self.history.iter().map(|view| Arc::clone(&view.state)).collect();
        states.extend(self.last_seen(&id));
        let mut earlier: HashMap<&str, Vec<String>> = HashMap::new();
        for state in &states {
            let Some(object) = state.object(&id) else { continue };
            let kind = object.kind();
            for attribute in directory::attributes(kind).iter().filter(|attribute| !attribute.computed) {
                if let Some(SourceValue::Text(text)) = object.get(attribute.name).as_deref() {
                    note(&mut earlier, attribute.name, text);
                }
            }
            // What an expression makes of them is in no source attribute.
            for row in self.mapping.object(kind).into_iter().flat_map(|mapping| &mapping.rows) {
                match self.mapped_in(state, row, &id).filter(|_| !row.is_reference()) {
                    Some(Value::String(text)) => note(&mut earlier, &row.written, &text),
                    Some(Value::Number(number)) => note(&mut earlier, &row.written, &number.to_string()),
                    _ => {}
                }
            }
        }
        let mut earlier: Vec<_> = earlier.into_iter().collect();
        earlier.sort_unstable();
        for (name, values) in earlier {
            for (place, value) in values.iter().enumerate() {
                names.add(value, &if place == 0 { name.to_owned() } else { format!("{name} #{place}") });
            }
        }
        names
    }
}

/// Notes a value of an attribute, if it is not the one before.
fn note<'a>(earlier: &mut HashMap<&'a str, Vec<String>>, name: &'a str, value: &str) {
    let values = earlier.entry(name).or_default();
    if values.last().is_none_or(|last| last != value) {
        values.push(value.to_owned());
    }
}
