//! Whether a person or group is found by filters, or by none.

use serde_json::Value;

use super::Player;
use super::answers::answered;
use super::fixture::{FixtureSource, Mistake};
use crate::check::{Aspect, Finding, Level};
use crate::entra::directory::ObjectId;
use crate::entra::mapping::AttributeMapping;
use crate::run::observer::reader;
use crate::wire::{ResourceKind, Target, id_of};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Rows whose target can be asked for, with the text this key has there. Only the first matching row
    /// is Entra's usual question; `all` adds every attribute the profile marks as matching or filterable.
    fn questions(&self, key: &str, kind: ResourceKind, all: bool) -> Vec<(AttributeMapping, String)> {
        let Some(mapping) = self.rows(kind) else { return Vec::new() };
        let Some(id) = self.fixture.participant(key).and_then(|participant| participant.id.clone()) else {
            return Vec::new();
        };
        let rows: Vec<&AttributeMapping> = if all {
            mapping.rows.iter().filter(|row| row.is_filterable()).collect()
        } else {
            mapping.matching().into_iter().take(1).collect()
        };
        rows.into_iter()
            .filter_map(|row| match self.mapped(row, &id)? {
                Value::String(text) if !text.is_empty() => Some((row.clone(), text)),
                _ => None,
            })
            .collect()
    }

    /// Filters find the account. True when they do.
    pub(super) async fn expect_found(
        &mut self,
        key: &str,
        kind: ResourceKind,
        id: &str,
        all: bool,
        step: &str,
    ) -> Result<(), Mistake> {
        for (row, value) in self.questions(key, kind, all) {
            self.expect_found_by(key, kind, id, &row, &value, step).await;
        }
        Ok(())
    }

    /// One filter finds the account. True when it does.
    pub(super) async fn expect_found_by(
        &mut self,
        key: &str,
        kind: ResourceKind,
        id: &str,
        row: &AttributeMapping,
        value: &str,
        step: &str,
    ) -> bool {
        if self.target.looks_up_otherwise(kind, &row.target) {
            self.leave_undecided(format!("filters on {}, which the server answers wrongly", row.written));
            return true;
        }
        let (exchange, found) = self.find(kind, &row.target, value, step).await;
        if self.target.must_end() {
            return false;
        }
        let (how, actual) = match &found {
            Some(found) if found.iter().any(|resource| id_of(resource).as_deref() == Some(id)) => {
                return true;
            }
            Some(found) if found.is_empty() => ("an empty list".to_owned(), "an empty list".to_owned()),
            Some(found) => {
                let ids: Vec<String> = found.iter().filter_map(id_of).collect();
                ("another resource".to_owned(), format!("ids {}", ids.join(", ")))
            }
            None => match &exchange {
                Some(exchange) => {
                    let actual = answered(exchange);
                    let status = actual.split(' ').next().unwrap_or_default();
                    (format!("no list ({status})"), actual)
                }
                None => ("no answer".to_owned(), "no answer".to_owned()),
            },
        };
        let message = format!("\"{key}\" is not matched by {}: the filter returns {how}", row.written);
        let mut finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Lookup)
            .concerning(format!("found by {}", row.written))
            .against(format!("only the resource with id \"{id}\""), actual);
        if found.is_none_or(|found| found.is_empty()) {
            // The create that follows is refused, which everybody sees, or makes a second account, which is a finding of
            // its own.
            finding.level = finding.level.min(Level::Error);
        }
        if let Some(exchange) = &exchange {
            finding = finding.shown_by(exchange);
        }
        self.wrong(key, finding);
        false
    }

    /// True for the account of somebody else, or one that was there before.
    fn is_known_otherwise(&self, key: &str, id: &str) -> bool {
        self.accounts.values().any(|account| account.id == id)
            || self.fixture.participants().any(|(other, participant)| {
                let mut ids = participant.former.iter().chain(&participant.id);
                // Who appears again has the values of before, and an account of their own.
                let own = |object: &ObjectId| other == key && participant.id.as_ref() == Some(object);
                ids.any(|object| {
                    !own(object) && self.known.get(object).is_some_and(|known| known.iter().any(|k| k == id))
                })
            })
    }

    /// The matching filter returns no resource with this key's value.
    pub(super) async fn expect_nobody(
        &mut self,
        key: &str,
        kind: ResourceKind,
        why: &str,
        step: &str,
    ) -> Result<(), Mistake> {
        for (row, value) in self.questions(key, kind, false) {
            if self.target.looks_up_otherwise(kind, &row.target) {
                self.leave_undecided(format!("filters on {}, which the server answers wrongly", row.written));
                continue;
            }
            let (Some(exchange), Some(found)) = self.find(kind, &row.target, &value, step).await else {
                continue;
            };
            // What does not carry the value is a filter that was ignored, and a rule says so.
            let own = found.iter().any(|resource| {
                let carries = reader::values(resource, &row.target)
                    .iter()
                    .any(|held| reader::same(&Value::String(value.clone()), held, false));
                carries && id_of(resource).is_none_or(|id| !self.is_known_otherwise(key, &id))
            });
            if own {
                let message =
                    format!("\"{key}\" {why}, but a filter on {} still finds an account", row.written);
                let finding = Finding::of(&self.scenario.about, message)
                    .about(Aspect::Lookup)
                    .concerning(format!("not found by {}", row.written))
                    .against("200 with an empty list", answered(&exchange))
                    .shown_by(&exchange);
                self.wrong(key, finding);
            }
        }
        Ok(())
    }
}
