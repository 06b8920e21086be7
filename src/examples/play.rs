//! Plays one scenario against the embedded server, with a fault and without it.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{Example, ShownCheck};
use crate::check::Finding;
use crate::deployments::Embedded;
use crate::entra::dialect::Dialect;
use crate::entra::mapping::profiles;
use crate::run;
use crate::run::event::{Event, Listener};
use crate::run::plan::Plan;
use crate::scenario::{Action, Scenario};
use crate::server::{Fault, ServerSettings};
use crate::snapshot::{Excerpt, excerpts};
use crate::wire::Exchange;

/// What every object of these plays carries. No part of a word, so that nothing else looks like it.
const PREFIX: &str = "smx7q2vw9k";

/// What one play showed.
#[derive(Default)]
pub(super) struct ExamplePlay {
    /// What was asked beforehand, and the scenario: each played with a server of its own.
    traces: Vec<Vec<Arc<Exchange>>>,
    pub(super) findings: Vec<Finding>,
}

impl Listener for ExamplePlay {
    fn on(&mut self, event: &Event) {
        match event {
            Event::Prepared { trace, .. } => self.traces.push(trace.clone()),
            Event::ScenarioFinished { trace, .. } => self.traces.push(trace.clone()),
            Event::Finding { finding, .. } => self.findings.push(Finding::clone(finding)),
            _ => {}
        }
    }
}

/// Dialects in which a scenario is an example, the usual one first.
pub(super) fn dialects(scenario: &Scenario) -> Vec<Dialect> {
    let all = [Dialect::Default, Dialect::AadOptscim062020, Dialect::Customappsso];
    let wanted = |dialect: &Dialect| match scenario.dialects.is_empty() {
        true => *dialect != Dialect::Customappsso,
        false => scenario.dialects.iter().any(|name| name == dialect.as_str()),
    };
    all.into_iter().filter(wanted).collect()
}

/// Whether a scenario does several things at the same time.
pub(super) fn races(scenario: &Scenario) -> bool {
    scenario.timeline.iter().any(|step| matches!(step.action, Action::AtOnce(_)))
}

/// Plays a scenario. `None` when it came to no end, which is no example of anything.
pub(super) fn play(
    runtime: &Handle,
    scenario: &Arc<Scenario>,
    dialect: Dialect,
    fault: Option<Fault>,
) -> Option<ExamplePlay> {
    let mapping = profiles::load(profiles::DEFAULT).ok()?;
    let mut plan = Plan::new(vec![Arc::clone(scenario)], mapping, PREFIX.to_owned());
    plan.dialects = vec![dialect];
    plan.fail_on = None;
    // As Microsoft's gates play it.
    plan.whole_mapping = scenario.test.is_some();
    let settings = ServerSettings { faults: fault.into_iter().collect(), ..ServerSettings::default() };
    let mut seen = ExamplePlay::default();
    run::play_scenarios(plan, Embedded { settings }, runtime, &mut seen).ok()?;
    Some(seen)
}

/// The example that one fault gives of a check in one scenario, if it shows the check at all.
pub(super) fn attempt(
    runtime: &Handle,
    scenario: &Arc<Scenario>,
    dialect: Dialect,
    fault: &str,
    check: &str,
) -> Option<Example> {
    let faulty = play(runtime, scenario, dialect, Some(fault.parse().ok()?))?;
    let found = faulty.findings.iter().filter(|finding| finding.rule == check);
    // What shows a request comes first, then of the worst the first.
    let finding =
        found.min_by_key(|finding| (finding.exchanges.is_empty(), std::cmp::Reverse(finding.level)))?;
    let example = |message: String, shown| Example {
        fault: fault.to_owned(),
        scenario: scenario.about.id.clone(),
        dialect: dialect.to_string(),
        message: stable(&message),
        shown,
    };
    // What is said to a token endpoint is no part of the trace.
    let place = finding.exchanges.last().and_then(|deciding| faulty.place(deciding));
    let (Some((deciding, others)), Some((number, place))) = (finding.exchanges.split_last(), place) else {
        let (_, message) = excerpts(&[], &[], &finding.message, PREFIX);
        return Some(example(message, None));
    };
    let trace = &faulty.traces[number];
    let write = others.iter().rev().find(|exchange| exchange.request.writes());
    let before = write.filter(|_| !deciding.request.writes()).and_then(|write| faulty.place(write));
    let before = before.filter(|(beside, before)| *beside == number && *before < place);
    let chosen: Vec<usize> = before.into_iter().map(|(_, before)| before).chain([place]).collect();
    let (mut shown, message) = excerpts(trace, &chosen, &finding.message, PREFIX);
    let Excerpt { request, answer: wrong } = shown.pop()?;
    let right = play(runtime, scenario, dialect, None).and_then(|healthy| {
        let healthy = healthy.traces.get(number)?;
        let same = counterpart(trace, place, healthy)?;
        let (mut shown, _) = excerpts(healthy, &[same], "", PREFIX);
        shown.pop().map(|shown| stable(&shown.answer))
    });
    let before = shown.pop().map(|before| {
        let status = before.answer.lines().next().unwrap_or_default().to_owned();
        (stable(&before.request), status)
    });
    let shown = ShownCheck { before, request: stable(&request), wrong: stable(&wrong), right };
    Some(example(message, Some(shown)))
}

impl ExamplePlay {
    /// Number of the trace that an exchange belongs to, and its place in it.
    fn place(&self, exchange: &Arc<Exchange>) -> Option<(usize, usize)> {
        self.traces.iter().enumerate().find_map(|(number, trace)| {
            let place = trace.iter().position(|other| Arc::ptr_eq(other, exchange))?;
            Some((number, place))
        })
    }
}

/// The place of the same request in another trace: the same step and shape, as often before as here; or at
/// least the same shape.
fn counterpart(trace: &[Arc<Exchange>], place: usize, other: &[Arc<Exchange>]) -> Option<usize> {
    let wanted = &trace[place].request;
    let nth = |same: &dyn Fn(&Exchange) -> bool| {
        let before = trace[..place].iter().filter(|exchange| same(exchange)).count();
        let mut there = other.iter().enumerate().filter(|(_, exchange)| same(exchange));
        there.nth(before).map(|(place, _)| place)
    };
    let shape = wanted.shape();
    nth(&|exchange| exchange.request.step == wanted.step && exchange.request.shape() == shape)
        .or_else(|| nth(&|exchange| exchange.request.shape() == shape))
}

/// A text without what the embedded server draws by lot and snapshots do not know: cursors, versions in the
/// answers of bulk requests, ports of a second tenant, keys of an issuer.
fn stable(text: &str) -> String {
    const HOST: &str = "http://127.0.0.1:";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(HOST) {
        shown.push_str(&rest[..at]);
        shown.push_str("[host]");
        rest = rest[at + HOST.len()..].trim_start_matches(|letter: char| letter.is_ascii_digit());
    }
    shown.push_str(rest);
    let mut text = String::with_capacity(shown.len());
    let mut rest = shown.as_str();
    while !rest.is_empty() {
        let is_other = |letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter);
        let length = rest.find(is_other).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(length);
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_drawn = word.len() >= 16 && word.bytes().all(is_hex)
            // The thumbprint of a key (RFC 7638) is a SHA-256 in base64url.
            || word.len() == 43 && word.bytes().any(|byte| byte.is_ascii_digit());
        text.push_str(if is_drawn { "[random]" } else { word });
        let between = tail.chars().next().map_or(0, char::len_utf8);
        text.push_str(&tail[..between]);
        rest = &tail[between..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::stable;

    #[test]
    fn what_is_drawn_by_lot_is_not_shown() {
        let text = "no key pY3ZIZW5m5XuuY_2xmCRNWST2SgWgA2T1c4uIUNwxVQ at http://127.0.0.1:4711/second/scim";
        assert_eq!(stable(text), "no key [random] at [host]/second/scim");
        assert_eq!(stable("\"1.2.f55b0a4e2db9e899\" of 2819c223"), "\"1.2.[random]\" of 2819c223");
        let name = "urn:ietf:params:scim:schemas:core:2.0:User application/scim+json";
        assert_eq!(stable(name), name);
    }
}
