//! What names in a scenario stand for: ids at the target, mapped values, captured answers.

use std::sync::Arc;

use serde_json::Value;

use super::Player;
use super::fixture::{FixtureSource, Mistake};
use super::gate_bodies::Gate;
use super::test_values::Material;
use crate::entra::dialect::Assignment;
use crate::entra::directory::{DirectoryState, Object, ObjectId, SourceValue};
use crate::entra::mapping::{AttributeMapping, Circumstances, MappingSubject, ObjectMapping, TargetValue};
use crate::entra::scope;
use crate::entra::scope::Scope;
use crate::run::observer::reader;
use crate::run::steps::mapped;
use crate::scim::PatchPath;
use crate::wire::{Actor, ResourceKind, Target};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// The mapping of users or of groups; `None` when groups are not provisioned.
    pub(super) fn rows(&self, kind: ResourceKind) -> Option<&ObjectMapping> {
        self.mapping.object(kind.into())
    }

    /// A target path as scenarios name it: `manager` means the extension's, if that is mapped.
    pub(super) fn path(&self, kind: ResourceKind, name: &str) -> Result<PatchPath, Mistake> {
        if let Some(row) = self.rows(kind).and_then(|mapping| mapping.find(name)) {
            return Ok(row.target.clone());
        }
        name.parse().map_err(|error| Mistake::Other(format!("`{name}` is not a target path: {error}")))
    }

    /// The id at the target of the account that a key has now or had last.
    pub(super) fn target_id(&self, key: &str) -> Option<String> {
        let id = self.fixture.participant(key)?.id.clone();
        let linked = id.as_ref().and_then(|id| self.job.link(id)).map(|link| link.target_id.clone());
        linked
            .or_else(|| id.as_ref().and_then(|id| self.known.get(id)).and_then(|known| known.last().cloned()))
            .or_else(|| {
                self.accounts.values().find(|account| account.of == key).map(|account| account.id.clone())
            })
    }

    /// The id of the account that `same-account-as` names: one made beforehand, the one first known for
    /// a person or group, or one captured from an answer.
    pub(super) fn account_named(&self, key: &str) -> Option<String> {
        if let Some(account) = self.accounts.get(key) {
            return Some(account.id.clone());
        }
        if let Some(participant) = self.fixture.participant(key) {
            return participant
                .former
                .iter()
                .chain(&participant.id)
                .find_map(|id| self.known.get(id).and_then(|known| known.first().cloned()));
        }
        self.captures.get(key).and_then(crate::wire::id_of)
    }

    /// The directory as Entra last saw it with that object in it.
    pub(super) fn last_seen(&self, id: &ObjectId) -> Option<Arc<DirectoryState>> {
        let seen = self.history.iter().rev().map(|view| &view.state).find(|state| state.object(id).is_some());
        seen.cloned().or_else(|| {
            let now = self.fixture.tenant.state();
            now.object(id).is_some().then_some(now)
        })
    }

    /// The value that a row gives for an object, in the state Entra last saw; references as ids at the target.
    pub(super) fn mapped(&self, row: &AttributeMapping, id: &ObjectId) -> Option<Value> {
        self.mapped_in(&*self.last_seen(id)?, row, id)
    }

    /// The same in any state.
    pub(super) fn mapped_in(
        &self,
        state: &DirectoryState,
        row: &AttributeMapping,
        id: &ObjectId,
    ) -> Option<Value> {
        let object = state.object(id)?;
        let is_soft_deleted = scope::in_scope(state, &Scope::Assigned, &self.mapping, id).is_soft_deleted();
        let value = row
            .value(&MappingSubject {
                object,
                is_soft_deleted,
                circumstances: Circumstances::at_hour(state.hour()),
            })
            .ok()??;
        match &value {
            TargetValue::Reference(other) => {
                let key = self.fixture.key_of(other)?;
                self.target_id(key).map(Value::String)
            }
            value => mapped::json(value),
        }
    }

    /// What a create of a raw request gives an object: what the mapping gives it, and what a gate adds.
    pub(super) fn created_with(
        &self,
        kind: ResourceKind,
        mapping: &ObjectMapping,
        object: Object<'_>,
    ) -> Vec<Assignment> {
        let mut values = mapped::assignments(mapping, object, false);
        if let Some(gate) = Gate::of(self.scenario) {
            values.retain(|(path, _)| !gate.leaves_out(kind, mapping, path));
            let material =
                Material { prefix: self.fixture_source.prefix(), domain: self.fixture_source.domain() };
            values.extend(gate.beside(kind, &values, self.discovery, self.test_values, material));
        }
        values
    }

    /// What a template names.
    pub(super) fn value_of(&self, name: &str) -> Option<Value> {
        match name {
            "prefix" => return Some(self.fixture_source.prefix().into()),
            "domain" => return Some(self.fixture_source.domain().into()),
            _ => {}
        }
        let (key, rest) = name.split_once('.').unwrap_or((name, ""));
        if let Some(header) = rest.strip_prefix("headers.") {
            let headers = self.captured_headers.get(key)?;
            return headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(header))
                .map(|(_, value)| value.clone().into());
        }
        if let Some(captured) = self.captures.get(key) {
            return captured_at(captured, rest);
        }
        if let Some(account) = self.accounts.get(key) {
            return (rest == "id").then(|| account.id.clone().into());
        }
        let participant = self.fixture.participant(key)?;
        if rest == "id" {
            return self.target_id(key).map(Value::String);
        }
        let id = participant.id.clone()?;
        // A raw request speaks of the person as the directory knows them now.
        let now = self.fixture.tenant.state();
        let state = if now.object(&id).is_some() { now } else { self.last_seen(&id)? };
        let object = state.object(&id)?;
        let mapping = self.rows(participant.kind);
        if rest == "create" {
            let values = self.created_with(participant.kind, mapping?, object);
            // Whoever sends it: a raw request is the scenario's own, and given what the target requires.
            let mut create = self.writer.create(participant.kind, &values, "");
            create.actor = Actor::Probe;
            if let (Some(gate), Some(Value::Object(body))) = (Gate::of(self.scenario), create.json()) {
                create = create.with_json(&gate.create(participant.kind, body, self.discovery));
            }
            return self.adjustment.fit(create).json();
        }
        if let Some(row) = mapping.and_then(|mapping| mapping.find(rest)) {
            let is_soft_deleted =
                scope::in_scope(&state, &Scope::Assigned, &self.mapping, &id).is_soft_deleted();
            let value = row
                .value(&MappingSubject {
                    object,
                    is_soft_deleted,
                    circumstances: Circumstances::at_hour(state.hour()),
                })
                .ok()??;
            return match &value {
                TargetValue::Reference(_) => self.mapped(row, &id),
                value => mapped::json(value),
            };
        }
        match object.get(rest)?.as_ref() {
            SourceValue::Text(text) => Some(text.clone().into()),
            SourceValue::Boolean(flag) => Some((*flag).into()),
            SourceValue::Texts(texts) => Some(texts.iter().cloned().map(Value::String).collect()),
            SourceValue::Reference(_) | SourceValue::References(_) | SourceValue::Roles(_) => None,
        }
    }
}

/// A member of a captured answer, by JSON pointer, attribute path or dotted name.
fn captured_at(captured: &Value, place: &str) -> Option<Value> {
    if place.is_empty() {
        return Some(captured.clone());
    }
    if place.starts_with('/') {
        return captured.pointer(place).cloned();
    }
    let path: PatchPath = place.parse().ok()?;
    match reader::values(captured, &path).as_slice() {
        [] => None,
        [single] => Some((*single).clone()),
        several => Some(several.iter().map(|value| (*value).clone()).collect()),
    }
}
