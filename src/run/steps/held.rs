//! `expect-answer: { holds: ada }`: an answer shows everything that a create was made of.

use std::sync::Arc;

use serde_json::Value;

use super::answers::shown;
use super::fixture::FixtureSource;
use super::gate_bodies::Gate;
use super::{Player, test_values};
use crate::check::{Aspect, Finding, JudgedBy};
use crate::run::observer::reader;
use crate::wire::{Exchange, Target};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Complains about each mapped value that the answer does not show as it was sent. What is published
    /// as never returned is right to be missing; Microsoft's tests miss it all the same.
    pub(super) fn expect_held(&mut self, key: &str, exchange: &Arc<Exchange>) {
        let Some((kind, Some(id))) =
            self.fixture.participant(key).map(|participant| (participant.kind, participant.id.clone()))
        else {
            return;
        };
        let state = self.fixture.tenant.state();
        let (Some(mapping), Some(object)) = (self.rows(kind), state.object(&id)) else { return };
        let mut values = self.created_with(kind, mapping, object);
        values
            .extend(Gate::of(self.scenario).map(|gate| gate.role(kind, self.discovery)).unwrap_or_default());
        let candidates = test_values::mapped(mapping, self.discovery);
        let nothing = Value::Null;
        let body = exchange.json().unwrap_or(&nothing);
        let listed = reader::member(body, "Resources").map(|list| list.get(0).unwrap_or(&nothing));
        let resource = listed.unwrap_or(body);
        for (path, expected) in values {
            let Some(expected) = expected else { continue };
            let held = reader::values(resource, &path);
            let case_exact = self.is_case_exact(&path);
            let is_list = path.filter.is_none()
                || reader::member(resource, &path.attribute).is_some_and(Value::is_array);
            let right = match &expected {
                Value::Array(_) => {
                    let all = held.iter().map(|value| (*value).clone()).collect();
                    reader::same(&expected, &Value::Array(all), case_exact)
                }
                single => {
                    is_list && !held.is_empty() && held.iter().all(|held| self.is_same(&path, single, held))
                }
            };
            let hidden = candidates.iter().any(|candidate| candidate.hidden && candidate.path.same_as(&path));
            if right || (hidden && !held.is_empty()) {
                continue;
            }
            let (expected, actual) = (shown(&[&expected]), shown(&held));
            let message = match hidden {
                true => format!(
                    "{path} is published as never returned, but Microsoft's test compares it anyway: the \
                     server is right"
                ),
                false => format!("{path} was created as {expected}, but the server returns {actual}"),
            };
            let mut finding = Finding::of(&self.scenario.about, message)
                .about(Aspect::Value)
                .concerning(path.to_string())
                .against(expected, actual)
                .shown_by(exchange);
            if hidden {
                finding = finding.read_by(JudgedBy::Microsoft);
            }
            self.findings.push(finding);
        }
    }
}
