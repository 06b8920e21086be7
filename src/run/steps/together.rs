//! Requests that are under way at the same time: none may undo what another did.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::Player;
use super::answers::{answered, place};
use super::fixture::{FixtureSource, Mistake};
use crate::check::{Aspect, Finding, Level};
use crate::run::target::at_once::at_once;
use crate::scenario::{AnswersExpectation, RawRequest, StateExpectation, Successes, Together};
use crate::wire::{Broken, Exchange, Request, Target};

/// A target that reads from a replica gets this time before something counts as lost.
const SETTLING: Duration = Duration::from_secs(1);

/// One of several requests, as the scenario has it, as it went out, and its answer.
pub(super) struct SentAtOnce {
    raw: RawRequest,
    request: Request,
    exchange: Arc<Exchange>,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Sends them all, a few at a time. Who never got an account is left out, and that is told.
    pub(super) async fn at_once(&mut self, several: &[Together], line: usize) -> Result<(), Mistake> {
        self.together.clear();
        let mut wanted = Vec::new();
        for together in several {
            let each = match &together.each {
                Some(crowd) => self.fixture.expand(crowd)?.into_iter().map(Some).collect(),
                None => vec![None],
            };
            for key in &each {
                for _ in 0..together.times {
                    let request = self.prepared(&together.request, key.as_deref(), line)?;
                    wanted.extend(request.map(|request| (together.request.clone(), request)));
                }
            }
        }
        let all = wanted.len();
        for (index, (_, request)) in wanted.iter_mut().enumerate() {
            // By its step an exchange is found again: they end in any order.
            request.step = format!("{} ({} of {all} at once)", request.step, index + 1);
        }
        let from = self.recorder.len();
        let target = self.target;
        let sent = wanted.iter().map(|(_, request)| target.send(request.clone()));
        let outcomes = at_once(sent).await;
        let trace = self.recorder.trace();
        for ((raw, request), outcome) in wanted.into_iter().zip(outcomes) {
            if matches!(
                outcome,
                Err(Broken::Withheld(_)
                    | Broken::Unproven(_)
                    | Broken::Unjournalled(_)
                    | Broken::Interrupted)
            ) {
                continue;
            }
            // The last of that step: one that was answered with 429 was sent again.
            let own = trace[from..].iter().rev().find(|exchange| exchange.request.step == request.step);
            if let Some(exchange) = own.cloned() {
                if exchange.succeeded() {
                    self.take_in(&raw, &exchange);
                }
                self.together.push(SentAtOnce { raw, request, exchange });
            }
        }
        Ok(())
    }

    /// Judges the answers as a whole: which one succeeds is up to the target.
    pub(super) fn expect_answers(&mut self, expectation: &AnswersExpectation) {
        let (done, refused): (Vec<_>, Vec<_>) =
            self.together.iter().map(|sent| &sent.exchange).partition(|exchange| exchange.succeeded());
        let all = self.together.len();
        let Some(last) = self.together.last().map(|sent| &sent.exchange) else {
            return self.leave_undecided("requests that were not sent");
        };
        if self.target.must_end() {
            return;
        }
        // Whether the server carried out what it never answered is not known.
        let is_unanswered = self.together.iter().any(|sent| sent.exchange.answer().is_none());
        let wanted = match expectation.succeeded {
            Successes::All => all,
            Successes::Exactly(number) => number,
        };
        let what = place(last);
        let mut findings = Vec::new();
        let find = |message: String| Finding::of(&self.scenario.about, message);
        if done.len() > wanted {
            let message =
                format!("{} of {all} concurrent requests succeed ({what}), at most {wanted} may", done.len());
            let shown = done.iter().rev().take(2).rev();
            let finding = find(message)
                .about(Aspect::Answer)
                .concerning("successes")
                .against(format!("{wanted} with 2xx"), format!("{} with 2xx", done.len()));
            findings.push(shown.fold(finding, |finding, exchange| finding.shown_by(exchange)));
        }
        if is_unanswered {
            self.findings.extend(findings);
            return self.leave_undecided("a request that got no complete response");
        }
        if let Some(shown) = refused.last().filter(|_| done.len() < wanted) {
            let message = format!("{} of {all} concurrent requests are rejected ({what})", refused.len());
            // Nothing is lost by it: the service tries again in its next cycle.
            findings.push(
                find(message)
                    .at(self.scenario.about.level.min(Level::Warning))
                    .concerning("refusals")
                    .against(format!("{wanted} with 2xx"), answered(shown))
                    .shown_by(shown),
            );
        }
        let otherwise = |exchange: &&&Arc<Exchange>| {
            let status = exchange.answer().map(|answer| answer.status);
            !expectation.others.is_empty()
                && status.is_some_and(|status| !expectation.others.contains(&status))
        };
        if let Some(shown) = refused.iter().find(otherwise) {
            let statuses: Vec<String> = expectation.others.iter().map(ToString::to_string).collect();
            let message = format!(
                "one of the concurrent requests ({what}) is rejected with an unexpected \
                                   status"
            );
            findings.push(
                find(message)
                    .at(self.scenario.about.level.min(Level::Warning))
                    .concerning("status of the others")
                    .against(statuses.join(" or "), answered(shown))
                    .shown_by(shown),
            );
        }
        self.findings.extend(findings);
    }

    /// Sends again what was refused, each on its own.
    pub(super) async fn retry_refused(&mut self) {
        for SentAtOnce { raw, mut request, exchange } in std::mem::take(&mut self.together) {
            if exchange.succeeded() || self.is_over() {
                continue;
            }
            request.step.push_str(", once more");
            let Some(exchange) = self.exchange(request).await else { return };
            if exchange.succeeded() {
                self.take_in(&raw, &exchange);
                continue;
            }
            let message = format!("{} is also rejected when it is sent alone", place(&exchange));
            self.complain(
                Finding::of(&self.scenario.about, message)
                    .at(self.scenario.about.level.min(Level::Error))
                    .about(Aspect::Answer)
                    .concerning("refused on its own")
                    .against("2xx", answered(&exchange))
                    .shown_by(&exchange),
            );
        }
    }

    /// What must stand at the target, at once or a little later.
    pub(super) async fn expect_settled(
        &mut self,
        expectations: &IndexMap<String, StateExpectation>,
        line: usize,
    ) -> Result<(), Mistake> {
        let (before, told, blocked) = (self.findings.len(), self.told.clone(), self.blocked.clone());
        for waited in [false, true] {
            for (key, expectation) in expectations {
                for key in self.fixture.expand(key)? {
                    self.expect(&key, expectation, line).await?;
                }
            }
            if waited || self.findings.len() == before || self.is_over() {
                break;
            }
            self.findings.truncate(before);
            (self.told, self.blocked) = (told.clone(), blocked.clone());
            tokio::time::sleep(SETTLING).await;
            self.observer.forget();
        }
        Ok(())
    }
}
