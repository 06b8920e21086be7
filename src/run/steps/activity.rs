//! What Entra does in a scenario: test connection, cycles, on-demand runs, account discovery.

use std::collections::HashMap;
use std::sync::Arc;

use super::Player;
use super::answers::place;
use super::failure::LoggedFailure;
use super::fixture::{FixtureSource, Mistake};
use super::job::JobTarget;
use crate::check::{Aspect, Finding, Skip};
use crate::entra::directory::ObjectId;
use crate::entra::job::{CycleReport, CycleStop, Status};
use crate::entra::oracle::{CycleKind, CycleView};
use crate::wire::{Actor, Broken, Operation, Target};

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn test_connection(&mut self) {
        let line = JobTarget { target: self.target, wrong_token: self.wrong_token };
        let ended = self.job.test_connection(&line).await;
        match ended {
            Err(stopped) if !self.wrong_token => self.stopped(&stopped),
            _ => {}
        }
    }

    pub(super) async fn cycle(&mut self) {
        self.name_everybody();
        let from = self.recorder.len();
        let line = JobTarget { target: self.target, wrong_token: self.wrong_token };
        let report = self.job.cycle(&self.fixture.tenant, &line).await;
        self.expect_refusal(from);
        if self.is_idle(&report) {
            self.last = Some((report, from..self.recorder.len()));
            return;
        }
        let kind = if std::mem::take(&mut self.reconfigured) && report.initial {
            CycleKind::Reconfigured(Arc::new(self.mapping.clone()), self.scope)
        } else if report.initial {
            CycleKind::Initial { links_dropped: std::mem::take(&mut self.links_dropped) }
        } else {
            CycleKind::Incremental
        };
        self.after(report, from, kind);
    }

    /// Whether a wrong token is refused is not known while nothing is answered.
    fn expect_refusal(&mut self, from: usize) {
        let trace = self.recorder.trace();
        let unrefused = trace[from..].iter().find_map(|exchange| match &exchange.outcome {
            Err(broken @ Broken::Unrefused(_)) => Some(broken.to_string()),
            _ => None,
        });
        if let Some(broken) = unrefused {
            self.over = true;
            self.leave_undecided(format!("the target: {broken}"));
        }
    }

    pub(super) async fn on_demand(&mut self, keys: &[String]) -> Result<(), Mistake> {
        self.name_everybody();
        let mut ids = Vec::new();
        for key in keys {
            for key in self.fixture.expand(key)? {
                ids.push(self.fixture.id(&key)?);
            }
        }
        let from = self.recorder.len();
        let line = JobTarget { target: self.target, wrong_token: self.wrong_token };
        let report = self.job.on_demand(&self.fixture.tenant, &ids, &line).await;
        self.after(report, from, CycleKind::OnDemand(ids));
        Ok(())
    }

    /// A cycle that the scenario stopped itself, with a wrong token or after four weeks of quarantine.
    fn is_idle(&self, report: &CycleReport) -> bool {
        match &report.stopped {
            Some(CycleStop::Disabled) => true,
            Some(CycleStop::Quarantined(_)) => self.wrong_token,
            _ => false,
        }
    }

    /// Steps carry the keys of people and groups.
    fn name_everybody(&mut self) {
        let names: Vec<(ObjectId, String)> = self
            .fixture
            .participants()
            .filter_map(|(key, participant)| Some((participant.id.clone()?, key.to_owned())))
            .collect();
        for (id, key) in names {
            self.job.name(id, key);
        }
    }

    fn after(&mut self, report: CycleReport, from: usize, kind: CycleKind) {
        let mut view = CycleView::new(self.fixture.tenant.state(), kind);
        view.deletes_allowed = std::mem::take(&mut self.deletes_allowed);
        if self.history.is_empty() {
            view.accounts = self.accounts.iter().map(|(key, account)| account.as_seen(key)).collect();
        }
        self.history.push(view);
        for (id, link) in self.job.links() {
            let known = self.known.entry(id.clone()).or_default();
            if known.last() != Some(&link.target_id) {
                known.push(link.target_id.clone());
            }
        }
        let trace = self.recorder.trace();
        let own = &trace[from..];
        let creates = own.iter().filter(|exchange| matches!(exchange.operation, Operation::Create(_)));
        self.creates.extend(creates.map(|exchange| exchange.request.step.clone()));
        let mut last: HashMap<&ObjectId, &crate::entra::job::LogEntry> = HashMap::new();
        for entry in &report.entries {
            // A later entry about references does not undo a failed create.
            let failed_before = last.get(&entry.id).is_some_and(|entry| entry.status == Status::Failure);
            if !failed_before {
                last.insert(&entry.id, entry);
            }
        }
        for (id, entry) in last {
            match entry.status {
                Status::Failure => {
                    self.failures.insert(id.clone(), LoggedFailure::new(entry.clone(), own));
                }
                Status::Success | Status::Skipped => {
                    self.failures.remove(id);
                }
            }
        }
        if let Some(stopped) = report.stopped.clone() {
            self.stopped(&stopped);
        }
        self.last = Some((report, from..trace.len()));
    }

    /// A quarantine ends a scenario; what the circuit breaker saw is told when the scenario is closed.
    fn stopped(&mut self, stopped: &CycleStop) {
        self.over = true;
        let CycleStop::Quarantined(quarantine) = stopped else { return };
        let exchange = self.recorder.last();
        let at = exchange.as_ref().map_or_else(String::new, |exchange| format!(" after {}", place(exchange)));
        let mut finding = Finding::of(
            &self.scenario.about,
            format!("the whole provisioning job goes into quarantine{at}: {}", quarantine.problem.code),
        )
        .about(Aspect::Job)
        .concerning("quarantine")
        .against("a response with which the job can continue", &quarantine.problem.detail);
        finding.entra = format!("{}: {}", quarantine.reason, quarantine.problem);
        if let Some(exchange) = &exchange {
            finding = finding.shown_by(exchange);
        }
        self.findings.push(finding);
    }

    pub(super) async fn discover(&mut self, count: usize) {
        let from = self.recorder.len();
        let accounts = self.job.discover_accounts(self.target, Some(count)).await;
        let pages = self.recorder.trace().split_off(from);
        if let Some(stopped) = &accounts.stopped {
            self.stopped(stopped);
        }
        self.discovered = Some((accounts, pages));
    }

    /// The last discovery met everybody exactly once, and every page told the same total.
    pub(super) fn expect_discovered(&mut self, keys: &[String]) {
        let Some((accounts, pages)) = self.discovered.take() else {
            return self.leave_undecided("account discovery, which did not take place");
        };
        let Some(last_page) = pages.last() else {
            return self.leave_undecided("account discovery, which did not take place");
        };
        let about = &self.scenario.about;
        if let Some(problem) = &accounts.problem {
            let finding = Finding::of(about, format!("account discovery does not finish: {}", problem.code))
                .about(Aspect::Paging)
                .concerning("paging")
                .against("pages until every user was returned", &problem.detail)
                .shown_by(last_page);
            self.findings.push(finding);
            return;
        }
        let totals: Vec<u64> = accounts.pages.iter().map(|page| page.total_results).collect();
        let steady = totals.windows(2).all(|pair| pair[0] == pair[1]);
        if !steady && self.shared {
            let why = "other clients created or deleted users while the pages were read".to_owned();
            self.skip = Some(Skip::Disturbed(why));
            return;
        }
        if !steady {
            let finding = Finding::of(
                about,
                "totalResults changes from page to page although no user was added or \
                                    removed",
            )
            .about(Aspect::Paging)
            .concerning("totalResults")
            .against("the same totalResults on every page", format!("{totals:?}"))
            .shown_by(last_page);
            self.findings.push(finding);
        }
        let mut met: HashMap<&str, usize> = HashMap::new();
        for id in accounts.ids() {
            *met.entry(id).or_default() += 1;
        }
        if accounts.cut
            && keys.iter().any(|key| self.target_id(key).is_some_and(|id| !met.contains_key(id.as_str())))
        {
            let pages = accounts.pages.len();
            let why = format!("the list of users has more than {pages} pages, and not all of them are read");
            self.skip = Some(Skip::NotConfigured(why));
            return;
        }
        let mut missing = Vec::new();
        let mut twice = Vec::new();
        for key in keys.iter().filter(|key| !self.blocked.contains(*key)) {
            let Some(id) = self.target_id(key) else { continue };
            match met.get(id.as_str()) {
                None => missing.push(key.clone()),
                Some(1) => {}
                Some(_) => twice.push(key.clone()),
            }
        }
        for (wrong, how) in [(missing, "missing from every page"), (twice, "on more than one page")] {
            if !wrong.is_empty() {
                let message = format!("{} of {} users are {how} of a paged list", wrong.len(), keys.len());
                let finding = Finding::of(about, message)
                    .about(Aspect::Paging)
                    .concerning("paging")
                    .against("every user exactly once", format!("{how}: {}", wrong.join(", ")))
                    .shown_by(last_page);
                self.findings.push(finding);
            }
        }
    }

    /// Entra wrote nothing in the last cycle or on-demand run. What failed before is tried again, so
    /// nothing is said while that is so.
    pub(super) fn expect_no_writes(&mut self) {
        let Some((_, range)) = self.last.as_ref().filter(|_| self.failures.is_empty()) else {
            return self.leave_undecided("an earlier failure, which Entra tries again");
        };
        let trace = self.recorder.trace();
        let Some(write) = trace[range.clone()]
            .iter()
            .find(|exchange| exchange.request.actor == Actor::Entra && exchange.request.writes())
        else {
            return;
        };
        let message = format!(
            "nothing had changed in the directory, but the server's responses make Entra send {}",
            place(write)
        );
        let body = write.request.body.as_deref().unwrap_or_default();
        let finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Job)
            .concerning("writes")
            .against("no write, because the server already holds everything", body)
            .shown_by(write);
        self.findings.push(finding);
    }
}
