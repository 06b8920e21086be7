//! One PATCH that clears attributes, and which of them a target refuses to clear.

use std::sync::Arc;

use serde_json::{Value, json};

use super::status;
use crate::check::{Finding, JudgedBy};
use crate::entra::mapping::DataType;
use crate::run::observer::reader;
use crate::run::steps::Player;
use crate::run::steps::answers::{answered, is_empty, shown};
use crate::run::steps::fixture::FixtureSource;
use crate::scim::PatchPath;
use crate::wire::{Exchange, ResourceKind, Target};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// One PATCH that sets every optional mapped attribute to `""` or to null, then a GET.
    pub(in crate::run::steps) async fn clear_attributes(&mut self, of: &str, null: bool, line: usize) {
        let Some((_, id)) = self.captured(of) else {
            self.missing_in_answer(&format!("{of}.id"));
            return;
        };
        let Some(mapping) = self.rows(ResourceKind::User) else { return };
        let step = format!("line {line}: clear the attributes of {of}");
        let optional = |path: &PatchPath| {
            let whole = PatchPath { filter: None, sub: None, ..path.clone() };
            !self.discovery.schemas.find_patch(&whole).is_some_and(|attribute| attribute.required)
        };
        let cleared: Vec<(PatchPath, bool)> = mapping
            .rows
            .iter()
            .filter(|row| row.matching.is_none() && !row.is_reference())
            .filter(|row| !["userName", "active", "externalId"].iter().any(|name| row.target.is(name)))
            .filter(|row| optional(&row.target))
            .map(|row| (row.target.clone(), matches!(row.declared.data_type, DataType::String)))
            .collect();
        if cleared.is_empty() {
            return;
        }
        let value = if null { Value::Null } else { json!("") };
        let operation =
            |path: &PatchPath| json!({ "op": "replace", "path": path.to_string(), "value": value });
        let body = cleared.iter().map(|(path, _)| operation(path)).collect();
        let Some(exchange) = self.exchange(self.patch(ResourceKind::User, &id, body, &step)).await else {
            return;
        };
        if !matches!(exchange.answer().map(|answer| answer.status), Some(200 | 204)) {
            self.refused_clearing(&id, &exchange, &cleared, &value, &step).await;
            return;
        }
        let Some(read) = self.read_resource(ResourceKind::User, &id, &step, &exchange).await else { return };
        let body = read.json().cloned().unwrap_or_default();
        for (path, _) in &cleared {
            let held: Vec<&Value> =
                reader::values(&body, path).into_iter().filter(|value| !is_empty(value)).collect();
            if held.is_empty() {
                continue;
            }
            let message = format!("{path} was set to {value}, but GET returns {}", shown(&held));
            let finding = Finding::of(&self.scenario.about, message)
                .concerning(path.to_string())
                .against("nothing", shown(&held))
                .shown_by(&exchange)
                .shown_by(&read);
            self.complain(finding);
        }
    }

    /// A PATCH that clears was refused: which attributes cannot be cleared?
    async fn refused_clearing(
        &mut self,
        id: &str,
        whole: &Arc<Exchange>,
        cleared: &[(PatchPath, bool)],
        value: &Value,
        step: &str,
    ) {
        let step = format!("{step}, one by one");
        let mut guilty = Vec::new();
        if whole.answer().is_some_and(|answer| (400..500).contains(&answer.status)) {
            for (path, text) in cleared {
                let operation = json!({ "op": "replace", "path": path.to_string(), "value": value });
                let request = self.patch(ResourceKind::User, id, vec![operation], &step).provoked();
                let Some(exchange) = self.exchange(request).await else { return };
                if !exchange.succeeded() {
                    guilty.push((path, *text, exchange));
                }
            }
        }
        if guilty.is_empty() || guilty.len() == cleared.len() {
            let message = format!("a PATCH that sets attributes to {value} returns {}", status(whole));
            let finding = Finding::of(&self.scenario.about, message)
                .concerning("PATCH with an empty value")
                .against("200 or 204, and the attributes empty", answered(whole))
                .shown_by(whole);
            self.complain(finding);
            return;
        }
        for (path, text, exchange) in guilty {
            let message = match text {
                true => format!(
                    "the server does not accept {value} for {path} although /Schemas does not publish it as \
                     required: if the server needs the value, publish `required: true`, and the test leaves \
                     the attribute out"
                ),
                false => format!(
                    "{path} is not a string and the server rejects {value}, which is allowed; Microsoft's \
                     test sends it anyway"
                ),
            };
            let reading = if text { JudgedBy::Both } else { JudgedBy::Microsoft };
            let finding = Finding::of(&self.scenario.about, message)
                .concerning(path.to_string())
                .against("200 or 204, and the attribute empty", answered(&exchange))
                .read_by(reading)
                .shown_by(whole)
                .shown_by(&exchange);
            self.complain(finding);
        }
    }
}
