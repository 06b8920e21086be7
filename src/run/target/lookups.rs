//! Lookups for a target that answers them wrongly: what the run itself wrote says who has a value.
//!
//! Each object of a cycle is looked up first, so wrong answers to that alone would keep everything else from being
//! judged. They are told once. After that the service gets what a right server would have returned: the resource, as
//! the target returns it by its id.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::run::observer::{reader, resource_path};
use crate::scim::{PatchPath, urn};
use crate::wire::{Actor, Answer, Broken, Exchange, Method, Operation, Request, ResourceKind, Target};

/// The matching attributes on which this target's filters do not find what they should.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::run) struct BrokenLookups(pub(in crate::run) Vec<(ResourceKind, PatchPath)>);

/// Who has this value?
#[derive(Debug, PartialEq)]
pub(super) struct Lookup<'a> {
    kind: ResourceKind,
    attribute: &'a PatchPath,
    value: String,
}

impl BrokenLookups {
    /// True when objects are not to be looked up by this attribute.
    pub(in crate::run) fn concern(&self, kind: ResourceKind, attribute: &PatchPath) -> bool {
        self.0.iter().any(|(of, broken)| *of == kind && broken.same_as(attribute))
    }

    /// The question of a request, if the target answers it wrongly. Raw requests of a scenario are sent as they are.
    pub(super) fn asked(&self, request: &Request) -> Option<Lookup<'_>> {
        if self.0.is_empty() || !matches!(request.actor, Actor::Entra | Actor::Observer) {
            return None;
        }
        let Operation::Query { kind, filter: Some(filter), .. } = Operation::of(request) else { return None };
        let (_, attribute) = self.0.iter().find(|(of, broken)| {
            *of == kind
                && filter.strip_prefix(&broken.to_string()).is_some_and(|rest| rest.starts_with(" eq "))
        })?;
        let literal = filter.strip_prefix(&attribute.to_string())?.strip_prefix(" eq ")?;
        let value = serde_json::from_str(literal).ok()?;
        Some(Lookup { kind, attribute, value })
    }
}

/// What a right server would return: those of the resources written so far that have the value now.
pub(super) async fn answer<T: Target>(
    target: &T,
    trace: &[Arc<Exchange>],
    lookup: &Lookup<'_>,
    request: &Request,
) -> Result<Answer, Broken> {
    let mut found = Vec::new();
    for id in written(trace, lookup) {
        let path = resource_path(lookup.kind, &id);
        let mut read = Request::new(request.actor, Method::Get, path, request.step.clone());
        read.headers.clone_from(&request.headers);
        let answer = target.send(read).await?;
        match answer.status {
            404 | 410 => {}
            200..=299 => found.extend(answer.body.json().filter(|resource| has(resource, lookup)).cloned()),
            _ => return Ok(answer),
        }
    }
    let body = json!({
        "schemas": [urn::LIST_RESPONSE],
        "totalResults": found.len(),
        "startIndex": 1,
        "itemsPerPage": found.len(),
        "Resources": found,
    });
    Ok(Answer::json(200, &body))
}

/// Ids of the resources that were ever written with the value, in whichever attribute.
fn written(trace: &[Arc<Exchange>], lookup: &Lookup<'_>) -> BTreeSet<String> {
    let wanted = lookup.value.to_lowercase();
    let names = |exchange: &Exchange| {
        let body = exchange.request.json();
        body.is_some_and(|body| body.to_string().to_lowercase().contains(&wanted))
    };
    let writes = trace.iter().filter(|exchange| exchange.succeeded() && names(exchange));
    writes
        .filter_map(|exchange| match &exchange.operation {
            Operation::Create(kind) if *kind == lookup.kind => exchange.made_id(*kind),
            Operation::Modify(kind, id) | Operation::Replace(kind, id) if *kind == lookup.kind => {
                Some(id.clone())
            }
            _ => None,
        })
        .collect()
}

fn has(resource: &Value, lookup: &Lookup<'_>) -> bool {
    let wanted = Value::String(lookup.value.clone());
    reader::values(resource, lookup.attribute).into_iter().any(|held| reader::same(&wanted, held, false))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::wire::Sent;

    struct ById;

    impl Target for ById {
        async fn send(&self, request: Request) -> Result<Answer, Broken> {
            Ok(match request.path.as_str() {
                "/Users/1" => Answer::json(200, &json!({ "id": "1", "userName": "ADA" })),
                "/Users/2" => Answer::json(200, &json!({ "id": "2", "userName": "renamed" })),
                _ => Answer::json(404, &json!({})),
            })
        }

        fn sent_as(&self, request: &Request) -> Sent {
            Sent { url: request.path_and_query(), headers: Vec::new() }
        }
    }

    fn query(actor: Actor, filter: &str) -> Request {
        let encoded: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        Request::new(actor, Method::Get, "/Users", "match").with_query(format!("filter={encoded}"))
    }

    fn created(number: usize, id: &str) -> Arc<Exchange> {
        let request =
            Request::new(Actor::Entra, Method::Post, "/Users", "s").with_json(&json!({ "userName": "ada" }));
        let answer = Answer::json(201, &json!({ "id": id }));
        Arc::new(Exchange::new(number, SystemTime::UNIX_EPOCH, String::new(), request, Ok(answer)))
    }

    fn broken() -> BrokenLookups {
        BrokenLookups(vec![(ResourceKind::User, PatchPath::simple("userName"))])
    }

    #[test]
    fn only_the_services_own_lookups_by_that_attribute_are_answered() {
        let broken = broken();
        let asked = broken.asked(&query(Actor::Entra, r#"userName eq "a\"b""#)).unwrap();
        assert_eq!(asked.value, "a\"b");
        for other in [
            query(Actor::Probe, r#"userName eq "ada""#),
            query(Actor::Entra, r#"externalId eq "ada""#),
            query(Actor::Entra, r#"userName eq "ada" and active eq true"#),
            query(Actor::Entra, r#"userNames eq "ada""#),
        ] {
            assert_eq!(broken.asked(&other), None, "{other:?}");
        }
    }

    #[tokio::test]
    async fn who_was_written_with_the_value_and_still_has_it_is_found() {
        let broken = broken();
        let request = query(Actor::Entra, r#"userName eq "ada""#);
        let lookup = broken.asked(&request).unwrap();
        let trace = [created(0, "1"), created(1, "2"), created(2, "gone")];
        let answer = answer(&ById, &trace, &lookup, &request).await.unwrap();
        let body = answer.body.json().unwrap();
        assert_eq!((&body["totalResults"], &body["Resources"][0]["id"]), (&json!(1), &json!("1")));
        let nobody = super::answer(&ById, &[], &lookup, &request).await.unwrap();
        assert_eq!(nobody.body.json().unwrap()["totalResults"], 0);
    }
}
