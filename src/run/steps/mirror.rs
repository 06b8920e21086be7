//! The end of a scenario: is everybody at the target who should be, and how do they look there?

use std::sync::Arc;

use serde_json::Value;

use super::Player;
use super::accounts::AccountBefore;
use super::fixture::{FixtureSource, Mistake};
use super::state::{GroupMembers, ReadState};
use crate::check::{Aspect, Finding, Level};
use crate::entra::directory::ObjectId;
use crate::entra::mapping::TargetValue;
use crate::entra::oracle::{AccountFate, Expectation, Expected, ExpectedValue, Origin, ValueDemand, Why};
use crate::run::steps::mapped;
use crate::wire::{Actor, Exchange, Operation, ResourceKind, Target};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn expect_mirrored(&mut self, keys: &[String], line: usize) -> Result<(), Mistake> {
        let expectation = self.expectation();
        for key in keys {
            for key in self.fixture.expand(key)? {
                if self.is_over() {
                    return Ok(());
                }
                let id = self.fixture.id(&key)?;
                let step = format!("line {line}: expect {key} mirrored");
                self.judge(&key, &id, &expectation, &step).await?;
            }
        }
        Ok(())
    }

    /// Everybody at the end, as far as Entra had anything to do with them.
    pub(super) async fn judge_end(&mut self) -> Result<(), Mistake> {
        if self.history.is_empty() {
            return Ok(());
        }
        self.at_the_end = true;
        let expectation = self.expectation();
        let everybody: Vec<(String, ResourceKind, ObjectId, bool)> = self
            .fixture
            .participants()
            .flat_map(|(key, participant)| {
                let former =
                    participant.former.iter().map(move |id| (key, participant.kind, id.clone(), false));
                former.chain(participant.id.iter().map(move |id| (key, participant.kind, id.clone(), true)))
            })
            .filter(|(key, ..)| !self.fixture.is_amid_a_crowd(key))
            .map(|(key, kind, id, now)| (key.to_owned(), kind, id, now))
            .collect();
        let ids = self.ids();
        for (key, kind, id, plays_now) in everybody {
            if self.is_over() {
                return Ok(());
            }
            let step = format!("end: {key}");
            // What a raw request wrote to is no longer as the directory says.
            let touched = self
                .known
                .get(&id)
                .is_some_and(|known| known.last().is_some_and(|known| self.touched.contains(known)));
            if !touched {
                self.judge(&key, &id, &expectation, &step).await?;
            }
            if plays_now && !self.was_complained_about(&key) {
                let names = self.names(&key, &ids);
                self.remember_ending(&key, kind, &names, &step).await;
            }
        }
        self.judge_accounts(&expectation).await;
        Ok(())
    }

    /// Accounts that were there before: taken over by whom they match, or as they were.
    async fn judge_accounts(&mut self, expectation: &Expectation) {
        let untouched: Vec<(String, AccountBefore)> = self
            .accounts
            .iter()
            .filter(|(key, made)| {
                expectation.account(key) == Some(&AccountFate::Untouched) && !self.touched.contains(&made.id)
            })
            .map(|(key, made)| (key.clone(), made.clone()))
            .collect();
        for (key, made) in untouched {
            if self.is_over() {
                return;
            }
            let step = format!("end: the account {key}");
            match self.read(made.kind, &made.id, &step).await {
                ReadState::Resource(exchange) => {
                    for (path, value) in &made.values {
                        if !self.is_never_kept(path) {
                            self.compare(&key, path, value, &exchange);
                        }
                    }
                }
                reading => self.unreadable(&key, made.kind, reading),
            }
        }
    }

    /// Is one object at the target as the directory says?
    async fn judge(
        &mut self,
        key: &str,
        id: &ObjectId,
        expectation: &Expectation,
        step: &str,
    ) -> Result<(), Mistake> {
        let Some(kind) = self.fixture.participant(key).map(|participant| participant.kind) else {
            return Ok(());
        };
        if self.blocked.contains(key) || self.rows(kind).is_none() {
            return Ok(());
        }
        match expectation.object(id) {
            Expected::Unjudged { .. } => Ok(()),
            Expected::Never { why: Why::NotAssigned | Why::NotActive } => {
                self.expect_nobody(key, kind, "must never have an account", step).await
            }
            Expected::Never { .. } => Ok(()),
            Expected::Gone => {
                let known = self.known.get(id).and_then(|known| known.last().cloned());
                if let Some(known) = known.filter(|known| !self.has_now(key, known)) {
                    self.expect_gone(key, kind, &known, step).await?;
                }
                Ok(())
            }
            Expected::Present { origin, values } => {
                let linked = self.job.link(id).map(|link| link.target_id.clone());
                let known = self.known.get(id).and_then(|known| known.last().cloned());
                let Some(target_id) = linked.or(known) else {
                    self.no_account(key, kind);
                    return Ok(());
                };
                self.expect_origin(key, kind, &target_id, origin);
                match self.read(kind, &target_id, step).await {
                    ReadState::Resource(exchange) => {
                        for value in values {
                            self.expect_standing(key, value, &exchange);
                        }
                        // A gate says of an update that the account is still found.
                        let is_subject = self.scenario.test.is_some() || self.is_matching_a_subject(kind);
                        if is_subject && self.is_matched_by_now(kind, id, values) {
                            self.expect_found(key, kind, &target_id, false, step).await?;
                        }
                        Ok(())
                    }
                    reading => {
                        self.unreadable(key, kind, reading);
                        Ok(())
                    }
                }
            }
        }
    }

    /// True when the scenario is about the attribute that objects are matched by. In any other the read by id says
    /// all, and where a filter must find somebody it says so (`found-by`).
    fn is_matching_a_subject(&self, kind: ResourceKind) -> bool {
        let matching = self.rows(kind).map(|mapping| mapping.matching()).unwrap_or_default();
        matching.iter().any(|row| self.is_subject(kind, &row.target))
    }

    /// True when the account has the values to be matched by that the directory has now: Entra does not write to who
    /// left the scope.
    fn is_matched_by_now(&self, kind: ResourceKind, id: &ObjectId, values: &[ExpectedValue]) -> bool {
        let matching = self.rows(kind).map(|mapping| mapping.matching()).unwrap_or_default();
        matching.iter().all(|row| {
            let expected = values.iter().find(|value| row.target.same_as(&value.target));
            match expected.map(|value| &value.standing) {
                Some(ValueDemand::Equal(value)) => mapped::json(value) == self.mapped(row, id),
                Some(_) => false,
                None => true,
            }
        })
    }

    /// True when an id belongs to the object that plays somebody now: a server whose ids are userNames gives the
    /// same id to the same person again, and a rule says so.
    fn has_now(&self, key: &str, target_id: &str) -> bool {
        let now = self.fixture.participant(key).and_then(|participant| participant.id.as_ref());
        now.and_then(|id| self.known.get(id)).is_some_and(|known| known.iter().any(|id| id == target_id))
    }

    /// An account that existed before is the expected one, and one that Entra created belongs to one person only.
    fn expect_origin(&mut self, key: &str, kind: ResourceKind, target_id: &str, origin: &Origin) {
        match origin {
            Origin::Adopted(account) => self.expect_same_account(key, kind, target_id, account),
            Origin::Created => {
                let made_beforehand =
                    self.accounts.iter().find(|(_, made)| made.id == target_id).map(|(name, _)| name.clone());
                // Even a create that was refused may have made it.
                let made = self.creates.iter().any(|step| step.ends_with(&format!(": create {key}")));
                let whose = match made_beforehand {
                    Some(account) => format!("\"{account}\", the account of another person"),
                    None if made => return,
                    None => format!("a {} that Entra did not create", kind.as_str()),
                };
                let mut finding =
                    Finding::of(&self.scenario.about, format!("Entra matched \"{key}\" to {whose}"))
                        .about(Aspect::Lookup)
                        .concerning("matched with the wrong account")
                        .at(Level::Critical)
                        .against("no match before Entra creates the account", format!("id \"{target_id}\""));
                if let Some(exchange) = self.lookup_of(key) {
                    finding = finding.shown_by(&exchange);
                }
                self.wrong(key, finding);
            }
        }
    }

    /// Entra's last look for somebody's account.
    pub(super) fn lookup_of(&self, key: &str) -> Option<Arc<Exchange>> {
        let trace = self.recorder.trace();
        let is_lookup = |exchange: &&Arc<Exchange>| {
            let request = &exchange.request;
            let about = request.step.strip_suffix(key).is_some_and(|before| before.ends_with(' '));
            request.actor == Actor::Entra && about && matches!(exchange.operation, Operation::Query { .. })
        };
        trace.iter().rev().find(is_lookup).cloned()
    }

    fn expect_standing(&mut self, key: &str, value: &ExpectedValue, exchange: &Arc<Exchange>) {
        let kind = self.fixture.participant(key).map(|participant| participant.kind);
        let named = kind.is_some_and(|kind| self.is_subject(kind, &value.target));
        if self.is_never_kept(&value.target) && !named {
            return;
        }
        match &value.standing {
            ValueDemand::Unjudged => {}
            ValueDemand::Absent => {
                self.compare(key, &value.target, &Value::Null, exchange);
            }
            ValueDemand::Equal(TargetValue::Reference(other)) => {
                let other_key = self.fixture.key_of(other).map(str::to_owned);
                let id =
                    other_key.filter(|other| !self.blocked.contains(other)).and_then(|k| self.target_id(&k));
                if let Some(id) = id {
                    self.compare(key, &value.target, &serde_json::json!({ "value": id }), exchange);
                }
            }
            ValueDemand::Equal(mapped) => {
                if let Some(expected) = mapped::json(mapped) {
                    self.compare(key, &value.target, &expected, exchange);
                }
            }
            ValueDemand::Members { present, absent, unjudged, closed } => {
                let keys = |ids: &[ObjectId]| -> Vec<String> {
                    ids.iter().filter_map(|id| self.fixture.key_of(id).map(str::to_owned)).collect()
                };
                let members = GroupMembers {
                    present: keys(present),
                    absent: keys(absent),
                    perhaps: keys(unjudged),
                    closed: *closed,
                };
                self.compare_members(key, &members, exchange);
            }
        }
    }
}
