//! Accounts that the target holds beforehand, made by the observer from people's mapped values.

use std::sync::Arc;

use serde_json::Value;

use super::Player;
use super::answers::answered;
use super::fixture::{FixtureSource, Mistake};
use super::template;
use crate::check::{Aspect, Finding};
use crate::entra::directory::ObjectKind;
use crate::entra::oracle::Preexisting;
use crate::run::steps::mapped;
use crate::scenario;
use crate::scenario::LetterCase;
use crate::scim::{PatchPath, same_name};
use crate::wire::{Actor, Exchange, ResourceKind, Target};

/// An account that was there before Entra came.
#[derive(Debug, Clone)]
pub(super) struct AccountBefore {
    /// Key of the person or group it was made of.
    pub(super) of: String,
    /// What it is.
    pub(super) kind: ResourceKind,
    /// Its id.
    pub(super) id: String,
    /// What it was made with, by target path; null where something was left out on purpose.
    pub(super) values: Vec<(PatchPath, Value)>,
}

impl AccountBefore {
    /// The account as the oracle knows it.
    pub(super) fn as_seen(&self, key: &str) -> Preexisting {
        let values = self.values.iter().map(|(path, value)| (path.to_string(), value.clone()));
        Preexisting { key: key.to_owned(), kind: ObjectKind::from(self.kind), values: values.collect() }
    }
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn make_accounts(&mut self) -> Result<(), Mistake> {
        for (key, spec) in &self.scenario.accounts {
            let everybody = self.fixture.expand(&spec.of)?;
            for of in &everybody {
                if self.is_over() {
                    return Ok(());
                }
                let number = of.rsplit('-').next().filter(|_| everybody.len() > 1);
                let name = number.map_or_else(|| key.clone(), |number| format!("{key}-{number}"));
                self.make_account(&name, of, spec).await?;
            }
        }
        Ok(())
    }

    /// Makes one account, out of the values of one person or group.
    async fn make_account(
        &mut self,
        key: &str,
        of: &str,
        spec: &scenario::AccountSpec,
    ) -> Result<(), Mistake> {
        let participant = self.fixture.participant(of).ok_or_else(|| Mistake::NoSuchKey(of.to_owned()))?;
        let kind = participant.kind;
        let id = self.fixture.id(of)?;
        let state = self.fixture.tenant.state();
        let object = state.object(&id).ok_or_else(|| Mistake::NotThere(of.to_owned()))?;
        let Some(mapping) = self.mapping.object(object.kind()) else { return Ok(()) };
        let mut values = mapped::assignments(mapping, object, false);
        for (path, value) in &mut values {
            if path.is("userName")
                && let Some(Value::String(text)) = value
            {
                match spec.letter_case {
                    LetterCase::Same => {}
                    LetterCase::Upper => *text = text.to_uppercase(),
                    LetterCase::Lower => *text = text.to_lowercase(),
                }
            }
        }
        for (name, value) in &spec.with {
            let path = self.path(kind, name)?;
            values.retain(|(other, _)| !other.same_as(&path));
            let value = value.as_ref().map(|value| template::json(value, &|name| self.value_of(name)));
            values.push((path, value.transpose()?));
        }
        let step = format!("before: the account \"{key}\"");
        let mut request = self.writer.create(kind, &values, step);
        request.actor = Actor::Observer;
        // The version header is Entra's alone.
        request.headers.retain(|(name, _)| same_name(name, "content-type"));
        let sent = self.target.send(request).await;
        let Some(exchange) = self.recorder.last() else { return Ok(()) };
        let made = sent.ok().and_then(|_| exchange.made_id(kind));
        match made {
            Some(id) => {
                let values =
                    values.into_iter().map(|(path, value)| (path, value.unwrap_or_default())).collect();
                self.accounts.insert(key.to_owned(), AccountBefore { of: of.to_owned(), kind, id, values });
            }
            None => self.not_made(key, &exchange),
        }
        Ok(())
    }

    /// Without the account there is no scenario.
    fn not_made(&mut self, key: &str, exchange: &Arc<Exchange>) {
        self.over = true;
        if self.target.must_end() {
            return;
        }
        let status =
            exchange.answer().map_or_else(|| "no response".to_owned(), |answer| answer.status.to_string());
        let message = format!(
            "the account \"{key}\" that the scenario starts with cannot be created: {} {} returns {status}",
            exchange.request.method.as_str(),
            exchange.request.path
        );
        let finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Answer)
            .concerning("account beforehand")
            .against("201 with an id", answered(exchange))
            .shown_by(exchange);
        self.findings.push(finding);
    }
}
