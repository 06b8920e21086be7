//! How loud a finding may be, given the requests that it rests on.
//!
//! Rules are written for requests of Entra. A scenario's raw request may be of a kind that Entra is not known to
//! send, or the scenario itself may be of a lower level than the rule.

use std::sync::Arc;

use crate::check::{Finding, Level};
use crate::wire::{Actor, Exchange, GUARD_STEP, Operation};

/// Lowers what rules found where it rests on raw requests: to the level of the scenario that sent them, and to a
/// warning where Entra is not known to send such a request. Requests before the first scenario have none.
///
/// `trace` is what the findings were found in.
pub fn cap(findings: &mut [Finding], scenario: Option<Level>, trace: &[Arc<Exchange>]) {
    for finding in findings {
        // Our own reading shows what an earlier request did.
        let watched = finding.exchanges.iter().rev().find(|exchange| !is_ours(exchange));
        let watched = watched.or_else(|| made_by_mistake(finding.exchanges.last()?, trace));
        let raw = watched.filter(|exchange| exchange.request.actor == Actor::Probe);
        let of_scenario = scenario.filter(|_| raw.is_some());
        let of_kind = raw.filter(|exchange| !is_known(exchange)).map(|_| Level::Warning);
        finding.level = [of_scenario, of_kind].into_iter().flatten().fold(finding.level, Level::min);
    }
}

/// Lowers what a scenario found to a warning where it rests on requests that Entra is not known to send. A request
/// that the server must refuse keeps its level: security does not depend on what Entra sends.
pub fn cap_own(findings: &mut [Finding]) {
    for finding in findings {
        let decisive = finding.exchanges.last();
        if decisive.is_some_and(|exchange| !exchange.request.provoked && !is_known(exchange)) {
            finding.level = finding.level.min(Level::Warning);
        }
    }
}

fn is_ours(exchange: &Exchange) -> bool {
    let request = &exchange.request;
    matches!(request.actor, Actor::Observer | Actor::Cleanup) || request.step.starts_with(GUARD_STEP)
}

/// The request that wrote what a read shows, if it should have been refused.
fn made_by_mistake<'t>(read: &Exchange, trace: &'t [Arc<Exchange>]) -> Option<&'t Arc<Exchange>> {
    let Operation::Read(kind, id) = &read.operation else { return None };
    let wrote = |exchange: &&Arc<Exchange>| match &exchange.operation {
        Operation::Create(other) => other == kind && exchange.made_id(*kind).as_ref() == Some(id),
        Operation::Modify(other, it) | Operation::Replace(other, it) => other == kind && it == id,
        _ => false,
    };
    let before = trace.iter().take(read.number).rev();
    // A wrong request may have been carried out although it was refused.
    let done = |exchange: &&Arc<Exchange>| exchange.succeeded() || exchange.request.provoked;
    let last = before.filter(|exchange| !is_ours(exchange)).filter(done).find(wrote);
    last.filter(|exchange| exchange.request.provoked)
}

fn is_known(exchange: &Exchange) -> bool {
    exchange.request.actor != Actor::Probe || exchange.request.is_known_of_entra()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;
    use crate::wire::{Answer, Method, Request};

    fn exchange(actor: Actor, method: Method, provoked: bool) -> Arc<Exchange> {
        let mut request = Request::new(actor, method, "/Users/1", "t").with_json(&json!({"title": "x"}));
        request.provoked = provoked;
        let answer = Answer::json(500, &json!({}));
        Arc::new(Exchange::new(0, SystemTime::UNIX_EPOCH, String::new(), request, Ok(answer)))
    }

    fn finding(exchanges: Vec<Arc<Exchange>>) -> Finding {
        let about = super::super::all()[0].about();
        Finding { exchanges, ..Finding::of(about, "m").at(Level::Critical) }
    }

    #[test]
    fn a_rule_is_no_louder_than_the_scenario_whose_raw_request_it_watches() {
        let level = |actors: &[Actor], scenario| {
            let exchanges = actors.iter().map(|actor| exchange(*actor, Method::Get, false)).collect();
            let mut found = [finding(exchanges)];
            cap(&mut found, scenario, &[]);
            found[0].level
        };
        assert_eq!(level(&[Actor::Entra], Some(Level::Warning)), Level::Critical);
        assert_eq!(level(&[Actor::Observer], Some(Level::Warning)), Level::Critical);
        assert_eq!(level(&[Actor::Probe], Some(Level::Warning)), Level::Warning);
        assert_eq!(level(&[Actor::Probe, Actor::Observer], Some(Level::Error)), Level::Error);
        assert_eq!(level(&[Actor::Probe], None), Level::Critical);
        // An earlier raw request that belongs to the evidence weighs nothing.
        assert_eq!(level(&[Actor::Probe, Actor::Entra], Some(Level::Warning)), Level::Critical);
    }

    #[test]
    fn what_a_wrong_request_made_is_no_louder_when_it_is_read() {
        let level = |provoked, method, path: &str, status| {
            let mut request = Request::new(Actor::Probe, method, path, "t");
            request.provoked = provoked;
            let answer = Ok(Answer::json(status, &json!({"id": "1"})));
            let url = format!("http://t{path}");
            let create = Arc::new(Exchange::new(0, SystemTime::UNIX_EPOCH, url, request, answer));
            let request = Request::new(Actor::Cleanup, Method::Get, "/Users/1", "t");
            let answer = Ok(Answer::json(200, &json!({"id": "1"})));
            let read = Arc::new(Exchange::new(1, SystemTime::UNIX_EPOCH, String::new(), request, answer));
            let mut found = [finding(vec![Arc::clone(&read)])];
            cap(&mut found, Some(Level::Warning), &[create, read]);
            found[0].level
        };
        let made = |provoked| level(provoked, Method::Post, "/Users", 201);
        assert_eq!((made(true), made(false)), (Level::Warning, Level::Critical));
        assert_eq!(level(true, Method::Patch, "/Users/1", 400), Level::Warning);
    }

    #[test]
    fn what_entra_is_not_known_to_send_is_a_warning_at_most() {
        let level = |exchange: &Arc<Exchange>| {
            let (mut by_rule, mut own) =
                ([finding(vec![Arc::clone(exchange)])], [finding(vec![Arc::clone(exchange)])]);
            cap(&mut by_rule, Some(Level::Critical), &[]);
            cap_own(&mut own);
            (by_rule[0].level, own[0].level)
        };
        let put = exchange(Actor::Probe, Method::Put, false);
        assert_eq!(level(&put), (Level::Warning, Level::Warning));
        let refused = exchange(Actor::Probe, Method::Put, true);
        assert_eq!(level(&refused), (Level::Warning, Level::Critical));
        let read = exchange(Actor::Probe, Method::Get, false);
        assert_eq!(level(&read), (Level::Critical, Level::Critical));
    }
}
