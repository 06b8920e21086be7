//! Removals that a server may reject because it did not keep what was written before.

use std::sync::Arc;

use serde_json::Value;

use crate::run::observer::reader;
use crate::scim::patch::{PatchOperation, PatchRequest, Verb};
use crate::scim::{PatchPath, same_name};
use crate::wire::{Exchange, Operation};

/// True for a removal that is rejected with `noTarget`, as RFC 7644 §3.5.2.2 allows, when the write before it was
/// accepted and its answer does not show the value: that it was lost is told there.
pub(super) fn is_nothing_removed(exchange: &Exchange, trace: &[Arc<Exchange>]) -> bool {
    let keyword = exchange.json().and_then(|body| reader::member(body, "scimType")).and_then(Value::as_str);
    let is_refused =
        exchange.answer().is_some_and(|answer| answer.status == 400) && keyword == Some("noTarget");
    let Some(removals) = patched(exchange).filter(|_| is_refused) else { return false };
    let before = trace.iter().rev().filter(|earlier| earlier.number < exchange.number);
    let mut writes = before.filter(|earlier| earlier.request.writes());
    let Some(write) = writes.find(|earlier| earlier.operation == exchange.operation) else { return false };
    let (Some(written), Some(shown)) = (patched(write), write.json().filter(|_| write.succeeded())) else {
        return false;
    };
    let is_lost = |path: &PatchPath| {
        let whole = PatchPath { filter: None, sub: None, ..path.clone() };
        let wrote = written.iter().any(|operation| {
            operation.verb != Verb::Remove
                && operation.path.as_ref().is_some_and(|at| same_name(&at.attribute, &whole.attribute))
        });
        wrote && reader::values(shown, &whole).is_empty()
    };
    removals
        .iter()
        .all(|operation| operation.verb == Verb::Remove && operation.path.as_ref().is_some_and(is_lost))
}

fn patched(exchange: &Exchange) -> Option<Vec<PatchOperation>> {
    let Operation::Modify(..) = exchange.operation else { return None };
    Some(PatchRequest::read(&exchange.request.json()?).ok()?.operations)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::{Actor, Answer, Method, Request};

    const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

    fn patch(number: usize, operation: &Value, answer: Answer) -> Arc<Exchange> {
        let request = Request::new(Actor::Observer, Method::Patch, "/Users/1", "s")
            .with_json(&json!({ "schemas": [crate::scim::urn::PATCH_OP], "Operations": [operation] }));
        let started = std::time::SystemTime::UNIX_EPOCH;
        Arc::new(Exchange::new(number, started, String::new(), request, Ok(answer)))
    }

    #[test]
    fn only_what_the_write_before_lost_may_be_missing() {
        let add = json!({ "op": "Add", "path": MANAGER, "value": "2" });
        let remove = json!({ "op": "Remove", "path": MANAGER });
        let refused = |keyword: &str| Answer::json(400, &json!({ "scimType": keyword }));
        let (urn, _) = MANAGER.rsplit_once(':').unwrap();
        let kept = json!({ "id": "1", urn: { "manager": { "value": "2" } } });
        for (before, shown, keyword, expected) in [
            (&add, json!({ "id": "1" }), "noTarget", true),
            (&add, kept, "noTarget", false),
            (&add, json!({ "id": "1" }), "invalidPath", false),
            (&remove, json!({ "id": "1" }), "noTarget", false),
        ] {
            let trace = [patch(0, before, Answer::json(200, &shown)), patch(1, &remove, refused(keyword))];
            assert_eq!(is_nothing_removed(&trace[1], &trace), expected, "{before} {shown} {keyword}");
        }
    }
}
