//! One PATCH of many attributes, and which of them a target refuses.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::status;
use crate::check::{Finding, JudgedBy};
use crate::run::observer::reader;
use crate::run::steps::Player;
use crate::run::steps::answers::{answered, shown};
use crate::run::steps::fixture::FixtureSource;
use crate::run::steps::gate_bodies::{Gate, ROLE, word};
use crate::run::steps::test_values;
use crate::run::steps::test_values::{Candidate, Material, Simple, TestValue};
use crate::scenario::{AttributeUpdate, UpdateForm};
use crate::scim::PatchPath;
use crate::wire::{Exchange, ResourceKind, Target};

/// One operation of a PATCH.
struct AttributeOperation {
    path: PatchPath,
    value: Value,
    made_up: bool,
    /// The list has no element that the path selects.
    absent: bool,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// One PATCH with a value for every attribute that can take one, then a GET.
    pub(in crate::run::steps) async fn update_attributes(&mut self, update: &AttributeUpdate, line: usize) {
        let Some((resource, id)) = self.captured(&update.of) else {
            self.missing_in_answer(&format!("{}.id", update.of));
            return;
        };
        let step = format!("line {line}: update the attributes of {}", update.of);
        let mut candidates = self.candidates(update);
        let material =
            Material { prefix: self.fixture_source.prefix(), domain: self.fixture_source.domain() };
        let mut operations = Vec::new();
        for candidate in &candidates {
            let held = reader::values(&resource, &candidate.path);
            // An element that is not there can be added, not replaced.
            let element = PatchPath { sub: None, ..candidate.path.clone() };
            let absent = candidate.path.filter.is_some() && reader::values(&resource, &element).is_empty();
            if absent && !update.adds {
                continue;
            }
            let TestValue { value, made_up } =
                candidate.value(self.test_values, held.first().copied(), material);
            operations.push(AttributeOperation { path: candidate.path.clone(), value, made_up, absent });
        }
        if update.adds && Gate::of(self.scenario) == Some(Gate::Validator) {
            self.add_as_the_validator(&mut operations, &mut candidates);
        }
        if operations.is_empty() {
            if update.keeps_matching {
                self.update_nothing(update.kind, &id, &step).await;
            }
            return;
        }
        let verb = if update.adds { "add" } else { "replace" };
        let body = match update.form {
            UpdateForm::Compact => compact(verb, &operations),
            UpdateForm::Verbose => operations.iter().map(|operation| operation.single(verb)).collect(),
        };
        let Some(exchange) = self.exchange(self.patch(update.kind, &id, body, &step)).await else { return };
        if !matches!(exchange.answer().map(|answer| answer.status), Some(200 | 204)) {
            self.refused_update(update.kind, &id, &exchange, verb, &operations, &step).await;
            return;
        }
        let Some(read) = self.read_resource(update.kind, &id, &step, &exchange).await else { return };
        let body = read.json().cloned().unwrap_or_default();
        self.captures.insert(update.of.clone(), body.clone());
        for operation in &operations {
            let Some(candidate) = candidates.iter().find(|c| c.path.same_as(&operation.path)) else {
                continue;
            };
            let held = reader::values(&body, &operation.path);
            if held.iter().any(|held| keeps(candidate, &operation.value, held)) {
                continue;
            }
            let name = operation.path.to_string();
            let message = match candidate.hidden {
                true => format!(
                    "{name} is published as never returned, but Microsoft's test compares it anyway: the \
                     server is right"
                ),
                false => {
                    format!(
                        "{name} was set to {}, but GET returns {}",
                        shown(&[&operation.value]),
                        shown(&held)
                    )
                }
            };
            let mut finding = Finding::of(&self.scenario.about, message)
                .concerning(name)
                .against(shown(&[&operation.value]), shown(&held))
                .shown_by(&exchange)
                .shown_by(&read);
            if candidate.hidden {
                finding = finding.read_by(JudgedBy::Microsoft);
            }
            self.complain(finding);
        }
    }

    /// The operations with which the validator begins when it adds, as captured: `active` first, then after the first
    /// attribute a role that is found by a text where RFC 7643 §2.3.2 wants a Boolean.
    fn add_as_the_validator(
        &self,
        operations: &mut Vec<AttributeOperation>,
        candidates: &mut Vec<Candidate>,
    ) {
        let mut add = |at: usize, path: &str, kind: Simple, value: Value| {
            let Some(candidate) = test_values::of_path(path, kind, self.discovery) else { return };
            let absent = candidate.path.filter.is_some();
            let operation =
                AttributeOperation { path: candidate.path.clone(), value, made_up: false, absent };
            operations.insert(at.min(operations.len()), operation);
            candidates.push(candidate);
        };
        add(0, "active", Simple::Boolean, Value::Bool(true));
        for sub in ROLE.iter().rev() {
            add(2, &format!("roles[primary eq \"True\"].{sub}"), Simple::Text, json!(word(sub)));
        }
    }

    fn candidates(&self, update: &AttributeUpdate) -> Vec<Candidate> {
        let rows = self.rows(update.kind);
        let mut candidates = match rows {
            Some(mapping) if !update.published && !self.discovered_attributes => {
                test_values::mapped(mapping, self.discovery)
            }
            _ => test_values::published(update.kind, self.discovery),
        };
        if update.keeps_matching {
            let matching: Vec<_> = rows.into_iter().flat_map(|rows| rows.matching()).collect();
            candidates.retain(|candidate| !matching.iter().any(|row| row.target.same_as(&candidate.path)));
        }
        candidates
    }

    /// A PATCH without operations. The RFC lets a target refuse it; the SCIM Validator counts that as a failure.
    async fn update_nothing(&mut self, kind: ResourceKind, id: &str, step: &str) {
        let request = self.patch(kind, id, Vec::new(), step).provoked();
        let Some(exchange) = self.exchange(request).await else { return };
        if exchange.succeeded() {
            return;
        }
        let message = format!(
            "a PATCH without operations returns {}; the operations are empty because only matching \
             attributes are mapped",
            status(&exchange)
        );
        let finding = Finding::of(&self.scenario.about, message)
            .concerning("PATCH without operations")
            .against("200 or 204", answered(&exchange))
            .read_by(JudgedBy::Microsoft)
            .shown_by(&exchange);
        self.complain(finding);
    }

    /// A PATCH of many attributes was refused: which of them is it?
    async fn refused_update(
        &mut self,
        kind: ResourceKind,
        id: &str,
        whole: &Arc<Exchange>,
        verb: &str,
        operations: &[AttributeOperation],
        step: &str,
    ) {
        let step = format!("{step}, one by one");
        let mut guilty = Vec::new();
        // Without a status there is nothing to look into.
        if whole.answer().is_some_and(|answer| (400..500).contains(&answer.status)) {
            for operation in operations {
                let request = self.patch(kind, id, vec![operation.single(verb)], &step).provoked();
                let Some(exchange) = self.exchange(request).await else { return };
                if !exchange.succeeded() {
                    guilty.push((operation, exchange));
                }
            }
        }
        if guilty.is_empty() {
            let message = format!("one PATCH of {} attributes returns {}", operations.len(), status(whole));
            let finding = Finding::of(&self.scenario.about, message)
                .concerning("PATCH of several attributes")
                .against("200 or 204", answered(whole))
                .shown_by(whole);
            self.complain(finding);
            return;
        }
        let (absent, guilty): (Vec<_>, Vec<_>) = guilty.into_iter().partition(|(made, _)| made.absent);
        self.refused_elements(&absent, whole);
        for (operation, exchange) in guilty {
            let name = operation.path.to_string();
            let value = shown(&[&operation.value]);
            let (message, reading) = match operation.made_up {
                true => (
                    format!(
                        "the server rejects {value} for {name}; scimulate made the value up because /Schemas \
                         has no canonicalValues for it: set a valid one (--test-value '{name}=…'), and set \
                         it in Microsoft's template too"
                    ),
                    JudgedBy::Microsoft,
                ),
                false => (format!("the server rejects {value} for {name}"), JudgedBy::Both),
            };
            let finding = Finding::of(&self.scenario.about, message)
                .concerning(name)
                .against("200 or 204", answered(&exchange))
                .read_by(reading)
                .shown_by(whole)
                .shown_by(&exchange);
            self.complain(finding);
        }
    }

    /// Additions to lists that have no such element yet: the RFC lets a target refuse them, Entra does not.
    fn refused_elements(&mut self, refused: &[(&AttributeOperation, Arc<Exchange>)], whole: &Arc<Exchange>) {
        let Some((_, first)) = refused.first() else { return };
        let paths: Vec<String> = refused.iter().map(|(operation, _)| operation.path.to_string()).collect();
        let message =
            format!("a value cannot be added when no such element exists yet: {}", paths.join(", "));
        let mut finding = Finding::of(&self.scenario.about, message)
            .concerning("value paths")
            .against("200 or 204, and the element created", answered(first))
            .shown_by(whole)
            .shown_by(first);
        finding.rfc_ok = true;
        self.complain(finding);
    }
}

impl AttributeOperation {
    fn single(&self, verb: &str) -> Value {
        json!({ "op": verb, "path": self.path.to_string(), "value": self.value })
    }
}

/// One operation without a path, and one for each element of a list.
fn compact(verb: &str, operations: &[AttributeOperation]) -> Vec<Value> {
    let (elements, plain): (Vec<_>, Vec<_>) =
        operations.iter().partition(|operation| operation.path.filter.is_some());
    let mut written: Vec<Value> = elements.iter().map(|operation| operation.single(verb)).collect();
    if !plain.is_empty() {
        let members: Map<String, Value> =
            plain.iter().map(|operation| (operation.path.to_string(), operation.value.clone())).collect();
        written.push(json!({ "op": verb, "value": members }));
    }
    written
}

/// Whether a value that was sent is the one that is held.
fn keeps(candidate: &Candidate, sent: &Value, held: &Value) -> bool {
    if reader::same(sent, held, candidate.case_exact) {
        return true;
    }
    match (candidate.kind, sent, held) {
        // The same moment may be written in another way.
        (Simple::DateTime, Value::String(sent), Value::String(held)) => {
            let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
            moment(sent).is_some() && moment(sent) == moment(held)
        }
        _ => false,
    }
}
