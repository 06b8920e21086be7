//! What an administrator does with the job of a scenario, and how the job stands.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::Player;
use super::fixture::{FixtureSource, Mistake};
use super::subjects::Subjects;
use crate::check::{Aspect, Finding, Skip};
use crate::entra::directory::ObjectId;
use crate::entra::job::{NextCycle, Policy, ResetScope, Thresholds};
use crate::entra::oracle;
use crate::entra::oracle::{Expectation, OracleReadings, Safeguards};
use crate::entra::scope::Scope;
use crate::run::target::stack::Stack;
use crate::scenario::{JobExpectation, JobSpec, MappingChange};
use crate::wire::{Answer, Broken, Request, Sent, Target};

/// The scope a scenario names.
pub(super) fn scope(everyone: bool) -> Scope {
    if everyone { Scope::Everyone } else { Scope::Assigned }
}

/// What a scenario sets on its job.
pub(super) fn policy(spec: &JobSpec) -> Policy {
    let thresholds = spec.quarantine.map(|numbers| Thresholds {
        evaluated_from: numbers.evaluated_from,
        percent: numbers.percent,
        failures: numbers.failures,
        total: numbers.total,
    });
    Policy {
        skip_out_of_scope_deletions: spec.skip_out_of_scope_deletions,
        deletion_threshold: spec.deletion_threshold,
        quarantine: thresholds.unwrap_or_default(),
    }
}

/// The target as the service reaches it: while it has a wrong token, every request is to be refused.
pub(super) struct JobTarget<'a, T: Target> {
    pub(super) target: &'a Stack<'a, T>,
    pub(super) wrong_token: bool,
}

impl<T: Target> JobTarget<'_, T> {
    fn signed(&self, request: Request) -> Request {
        if self.wrong_token {
            request.with_header("Authorization", "Bearer not-the-token").provoked()
        } else {
            request
        }
    }
}

impl<T: Target> Target for JobTarget<'_, T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.target.send(self.signed(request)).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.target.sent_as(&self.signed(request.clone()))
    }
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// What the oracle says of everybody, from the directory alone.
    pub(super) fn expectation(&self) -> Expectation {
        let (mapping, scope) = &self.began_with;
        let safeguards = Safeguards {
            skip_out_of_scope_deletions: self.scenario.job.skip_out_of_scope_deletions,
            deletion_threshold: self.scenario.job.deletion_threshold,
        };
        oracle::expected_under(&self.history, mapping, scope, OracleReadings::default(), safeguards)
    }

    pub(super) fn restart(&mut self, reset: &str) -> Result<(), Mistake> {
        let reset = ResetScope::from_str(reset).map_err(Mistake::Other)?;
        self.job.restart(reset);
        self.links_dropped |= reset.connector_data_store;
        self.deletes_allowed |= reset.force_deletes;
        Ok(())
    }

    pub(super) fn allow_deletes(&mut self) {
        self.job.restart(ResetScope::ALLOW_DELETES);
        self.deletes_allowed = true;
    }

    pub(super) fn change_mapping(&mut self, change: &MappingChange) {
        match change.applied(&self.mapping) {
            Ok(mapping) => {
                self.mapping = mapping;
                self.subjects = Subjects::of(self.scenario, &self.mapping);
                self.reconfigure();
            }
            // The profile is the user's; the scenario does not fit it.
            Err(error) => self.skip = Some(Skip::NotConfigured(error.to_string())),
        }
    }

    pub(super) fn change_scope(&mut self, everyone: bool) {
        self.scope = scope(everyone);
        self.reconfigure();
        if self.job.waits_for_restart() {
            // The step is the change as it takes effect: with the restart that it needs.
            self.job.restart(ResetScope { watermark: true, ..ResetScope::NONE });
        }
    }

    fn reconfigure(&mut self) {
        self.job.configure(self.mapping.clone(), self.scope);
        self.reconfigured = true;
    }

    /// How the job stands after the last cycle.
    pub(super) fn expect_job(&mut self, expectation: &JobExpectation) -> Result<(), Mistake> {
        let mut asked: Vec<(&str, String, String)> = Vec::new();
        if let Some(wanted) = &expectation.quarantine {
            let word = |reason: Option<&str>| reason.map_or("no quarantine".to_owned(), str::to_owned);
            let (wanted, is) =
                (word(wanted.as_deref()), word(self.job.quarantine().map(|quarantine| quarantine.reason)));
            asked.push(("quarantine", wanted, is));
        }
        for (what, wanted, is) in [
            ("held back", &expectation.held_back, self.keys_of(self.job.held_back())),
            ("to be tried again", &expectation.failing, self.keys_of(self.job.escrows().map(|(id, _)| id))),
        ] {
            if let Some(wanted) = wanted {
                asked.push((what, self.listed(wanted)?, listed(&is)));
            }
        }
        if let Some(wanted) = expectation.next_cycle {
            let is = match self.job.next_cycle() {
                NextCycle::At(minute) => {
                    format!("in {} hours", minute.saturating_sub(self.fixture.tenant.minute()) / 60)
                }
                NextCycle::Disabled => "never".to_owned(),
            };
            asked.push(("next cycle", format!("in {wanted} hours"), is));
        }
        if let Some(wanted) = expectation.disabled {
            let word = |disabled: bool| if disabled { "disabled" } else { "enabled" }.to_owned();
            let is = word(self.job.next_cycle() == NextCycle::Disabled);
            asked.push(("state", word(wanted), is));
        }
        for (what, wanted, is) in asked.into_iter().filter(|(_, wanted, is)| wanted != is) {
            let message = format!("the job's {what}: {is}; expected: {wanted}");
            let mut finding = Finding::of(&self.scenario.about, message)
                .about(Aspect::Job)
                .concerning(what)
                .against(wanted, is);
            if let Some(exchange) = self.recorder.last() {
                finding = finding.shown_by(&exchange);
            }
            self.findings.push(finding);
        }
        Ok(())
    }

    fn keys_of<'i>(&self, ids: impl Iterator<Item = &'i ObjectId>) -> BTreeSet<String> {
        ids.filter_map(|id| self.fixture.key_of(id)).map(str::to_owned).collect()
    }

    fn listed(&self, keys: &[String]) -> Result<String, Mistake> {
        let mut all = BTreeSet::new();
        for key in keys {
            all.extend(self.fixture.expand(key)?);
        }
        Ok(listed(&all))
    }
}

fn listed(keys: &BTreeSet<String>) -> String {
    if keys.is_empty() {
        return "none".to_owned();
    }
    keys.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
