//! Lookups for a target that answers them wrongly: what the run itself wrote says who has a value.
//!
//! Each object of a cycle is looked up first, so wrong answers to that alone would keep everything else from being
//! judged. They are told once. After that the service gets what a right server would have returned: the resource, as
//! the target returns it by its id.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::run::observer::resource_path;
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
        let mut of_kind = self.0.iter().filter(|(of, _)| *of == kind);
        of_kind.find_map(|(_, attribute)| {
            let literal = filter.strip_prefix(&attribute.to_string())?.strip_prefix(" eq ")?;
            let value = serde_json::from_str(literal).ok()?;
            Some(Lookup { kind, attribute, value })
        })
    }
}

/// What a right server would return: those of the resources written so far that have the value.
pub(super) async fn answer<T: Target>(
    target: &T,
    trace: &[Arc<Exchange>],
    lookup: &Lookup<'_>,
    request: &Request,
) -> Result<Answer, Broken> {
    let mut found = Vec::new();
    for id in holders(trace, lookup) {
        let path = resource_path(lookup.kind, &id);
        let mut read = Request::new(request.actor, Method::Get, path, request.step.clone());
        read.headers.clone_from(&request.headers);
        let answer = target.send(read).await?;
        match answer.status {
            404 | 410 => {}
            200..=299 => found.extend(answer.body.json().cloned()),
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

/// Ids of the resources whose last accepted write of the attribute gave it the value, whatever the target shows of it.
fn holders(trace: &[Arc<Exchange>], lookup: &Lookup<'_>) -> Vec<String> {
    let (wanted, name) = (lookup.value.to_lowercase(), lookup.attribute.attribute.to_lowercase());
    let mut held: IndexMap<String, bool> = IndexMap::new();
    for exchange in trace.iter().filter(|exchange| exchange.succeeded()) {
        let id = match &exchange.operation {
            Operation::Create(kind) if *kind == lookup.kind => exchange.made_id(*kind),
            Operation::Modify(kind, id) | Operation::Replace(kind, id) if *kind == lookup.kind => {
                Some(id.clone())
            }
            _ => None,
        };
        let written = exchange.request.json().map(|body| texts(&body)).unwrap_or_default();
        // A path may go on after the name.
        if let Some(id) = id.filter(|_| written.iter().any(|text| text.starts_with(&name))) {
            held.insert(id, written.contains(&wanted));
        }
    }
    held.into_iter().filter(|(_, holds)| *holds).map(|(id, _)| id).collect()
}

/// Every name and every text of a body, in lower case.
fn texts(body: &Value) -> Vec<String> {
    match body {
        Value::String(text) => vec![text.to_lowercase()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| [vec![name.to_lowercase()], texts(value)].concat())
            .collect(),
        _ => Vec::new(),
    }
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
                "/Users/1" => Answer::json(200, &json!({ "id": "1", "userName": "cut sho" })),
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

    fn renamed(number: usize, id: &str) -> Arc<Exchange> {
        let request = Request::new(Actor::Entra, Method::Patch, format!("/Users/{id}"), "s").with_json(
            &json!({ "Operations": [{ "op": "replace", "path": "userName", "value": "renamed" }] }),
        );
        let answer = Answer::json(200, &json!({ "id": id }));
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
    async fn whose_last_write_gave_the_value_is_found() {
        let broken = broken();
        let request = query(Actor::Entra, r#"userName eq "ada""#);
        let lookup = broken.asked(&request).unwrap();
        let trace = [created(0, "1"), created(1, "2"), created(2, "gone"), renamed(3, "2")];
        let answer = answer(&ById, &trace, &lookup, &request).await.unwrap();
        let body = answer.body.json().unwrap();
        assert_eq!((&body["totalResults"], &body["Resources"][0]["id"]), (&json!(1), &json!("1")));
        let nobody = super::answer(&ById, &[], &lookup, &request).await.unwrap();
        assert_eq!(nobody.body.json().unwrap()["totalResults"], 0);
    }
}
