//! Writes and reads of Entra that failed, told once: what depends on them is blocked, not wrong.

use std::sync::Arc;

use super::Player;
use super::answers::{answered, place};
use super::fixture::FixtureSource;
use crate::check::{Aspect, Finding, Level};
use crate::entra::job::{ErrorCode, LogEntry, ProvisioningAction};
use crate::rules;
use crate::wire::{Actor, Exchange, Operation, Target};

/// Something Entra could not do for one object.
#[derive(Debug, Clone)]
pub(super) struct LoggedFailure {
    entry: LogEntry,
    exchange: Option<Arc<Exchange>>,
}

impl LoggedFailure {
    /// The failure of a log entry, with the exchange of its cycle that shows it.
    pub(super) fn new(entry: LogEntry, cycle: &[Arc<Exchange>]) -> Self {
        // A refusal is quoted in the log. Other failures come from what an answer says, and the last
        // answer said it.
        let refused = matches!(entry.code, Some(ErrorCode::Timeout | ErrorCode::WebExceptionProtocolError))
            || entry.detail.starts_with("The target answered");
        let exchange = if refused {
            last_about(&entry.label, cycle)
        } else {
            cycle.iter().rev().find(|exchange| is_about(exchange, &entry.label)).cloned()
        };
        LoggedFailure { entry, exchange }
    }

    /// A failure is in the log for everybody to see. What it leaves undone is as bad as that when somebody
    /// keeps access by it, and an error otherwise.
    fn level(&self, undone: Level) -> Level {
        match self.entry.action {
            ProvisioningAction::Disable | ProvisioningAction::Delete => undone,
            ProvisioningAction::Create
            | ProvisioningAction::Update
            | ProvisioningAction::StagedDelete
            | ProvisioningAction::Other => undone.min(Level::Error),
        }
    }

    /// A conflict is what follows when somebody was not found before.
    fn aspect(&self) -> Aspect {
        let status =
            self.exchange.as_ref().and_then(|exchange| exchange.answer()).map(|answer| answer.status);
        match (self.entry.action, status) {
            (ProvisioningAction::Create, Some(409)) => Aspect::Lookup,
            _ => Aspect::Answer,
        }
    }

    fn sentence(&self, key: &str) -> String {
        let what = match self.entry.action {
            ProvisioningAction::Create => "created",
            ProvisioningAction::Update => "updated",
            ProvisioningAction::Disable => "disabled",
            ProvisioningAction::Delete => "deleted",
            ProvisioningAction::StagedDelete | ProvisioningAction::Other => {
                match self.exchange.as_ref().map(|exchange| &exchange.operation) {
                    Some(Operation::Read(..)) => "read",
                    _ => "looked up",
                }
            }
        };
        let code = self.entry.code.map_or("", |code| code.as_str());
        match &self.exchange {
            Some(exchange) => {
                let answer = match &exchange.outcome {
                    Ok(answer) => answer.status.to_string(),
                    Err(broken) => broken.to_string(),
                };
                format!("\"{key}\" cannot be {what}: {} returns {answer} ({code})", place(exchange))
            }
            None => format!("\"{key}\" cannot be {what}: {code}"),
        }
    }
}

/// What a scenario says of itself does not help with what the look at everybody at its end finds: that
/// makes provisioning fail, and the rule about the same thing says how.
fn beside_the_point(mut finding: Finding) -> Finding {
    let rule = match finding.aspect {
        Aspect::Lookup => "rules/lookup-misses-resource",
        Aspect::Members if finding.subject == "members missing" => "rules/member-lost",
        Aspect::Members => "rules/removed-member-kept",
        Aspect::Existence if finding.subject == "deleted" => "rules/deleted-still-readable",
        Aspect::Existence => "rules/resource-lost",
        // Those say themselves when they are beside the point.
        Aspect::Form
        | Aspect::Answer
        | Aspect::Shape
        | Aspect::Value
        | Aspect::Agreement
        | Aspect::Paging
        | Aspect::Job => return finding,
    };
    if let Some(rule) = rules::find(rule) {
        let about = rule.about();
        finding.entra.clone_from(&about.entra);
        finding.fix.clone_from(&about.fix);
        finding.refs.clone_from(&about.refs);
    }
    finding.level = finding.level.min(Level::Error);
    finding.beside_the_point = true;
    finding
}

/// The exchange that tells why Entra failed with the object of that label: the last refused one, or
/// else the last. Steps of Entra end in the object's label.
pub(super) fn last_about(label: &str, cycle: &[Arc<Exchange>]) -> Option<Arc<Exchange>> {
    let about = |exchange: &&Arc<Exchange>| is_about(exchange, label);
    let refused = cycle.iter().rev().filter(about).find(|exchange| !exchange.succeeded());
    refused.or_else(|| cycle.iter().rev().find(about)).cloned()
}

/// True for a request of Entra whose step ends in the label.
fn is_about(exchange: &Exchange, label: &str) -> bool {
    exchange.request.actor == Actor::Entra
        && exchange.request.step.strip_suffix(label).is_some_and(|before| before.ends_with(' '))
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// Something about one person or group is not as it should be. If a failed write of Entra explains
    /// it, that is told instead, once, and nothing more is said of this key.
    pub(super) fn wrong(&mut self, key: &str, mut finding: Finding) {
        if self.blocked.contains(key) {
            return;
        }
        if self.at_the_end {
            finding = beside_the_point(finding);
        }
        let id = self.fixture.participant(key).and_then(|participant| participant.id.clone());
        if let Some(failure) = id.and_then(|id| self.failures.get(&id).cloned()) {
            self.blocked.insert(key.to_owned());
            let mut told = Finding::of(&self.scenario.about, failure.sentence(key))
                .about(failure.aspect())
                .concerning(failure.entry.action.as_str())
                .at(failure.level(finding.level));
            let actual = failure.exchange.as_deref().map_or_else(|| failure.entry.detail.clone(), answered);
            told = told.against("a 2xx response", actual);
            if let Some(code) = failure.entry.code {
                told.entra = format!("{code}: {}", failure.entry.detail);
            }
            if let Some(exchange) = &failure.exchange {
                told = told.shown_by(exchange);
            }
            self.findings.push(told);
            return;
        }
        if self.told.insert((key.to_owned(), finding.subject.clone())) {
            self.findings.push(finding);
        }
    }
}
