//! Our own reading back of state, to judge it.
//!
//! Answers are kept until somebody writes, so that the same question is never sent twice for nothing.

pub mod reader;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::scim::{Literal, PatchPath};
use crate::wire::{Actor, Broken, Exchange, Method, Request, ResourceKind, Target};

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What was recorded so far: the side of the recorder that the observer needs.
pub(in crate::run) trait Log: Send + Sync {
    /// The exchange that ended last.
    fn last(&self) -> Option<Arc<Exchange>>;
    /// How many requests that change state were sent, by anybody.
    fn writes(&self) -> usize;
}

/// The path of one resource.
pub(crate) fn resource_path(kind: ResourceKind, id: &str) -> String {
    format!("{}/{}", kind.endpoint(), utf8_percent_encode(id, SEGMENT))
}

/// A question for everything that has this value, form-encoded as Entra writes it. Groups are asked
/// without their members.
pub(in crate::run) fn lookup(
    actor: Actor,
    kind: ResourceKind,
    attribute: &PatchPath,
    value: &str,
    step: &str,
) -> Request {
    let filter = format!("{attribute} eq {}", Literal::Text(value.to_owned()));
    let encoded: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    let query = match kind {
        ResourceKind::User => format!("filter={encoded}"),
        ResourceKind::Group => format!("excludedAttributes=members&filter={encoded}"),
    };
    Request::new(actor, Method::Get, kind.endpoint(), step).with_query(query)
}

/// Reads with [`Actor::Observer`].
pub(in crate::run) struct Observer<'a, T, L> {
    target: &'a T,
    log: &'a L,
    seen: Mutex<HashMap<String, (usize, Arc<Exchange>)>>,
}

impl<'a, T: Target, L: Log> Observer<'a, T, L> {
    pub(in crate::run) fn new(target: &'a T, log: &'a L) -> Self {
        Observer { target, log, seen: Mutex::default() }
    }

    /// One resource by its id, members and all.
    pub(in crate::run) async fn read(
        &self,
        kind: ResourceKind,
        id: &str,
        step: &str,
    ) -> Result<Arc<Exchange>, Broken> {
        self.ask(Request::new(Actor::Observer, Method::Get, resource_path(kind, id), step)).await
    }

    /// Everything that has this value.
    pub(in crate::run) async fn find(
        &self,
        kind: ResourceKind,
        attribute: &PatchPath,
        value: &str,
        step: &str,
    ) -> Result<Arc<Exchange>, Broken> {
        self.ask(lookup(Actor::Observer, kind, attribute, value, step)).await
    }

    /// Asks everything again from now on, although nothing was written.
    pub(in crate::run) fn forget(&self) {
        self.seen().clear();
    }

    async fn ask(&self, request: Request) -> Result<Arc<Exchange>, Broken> {
        let writes = self.log.writes();
        let question = request.path_and_query();
        if let Some((at, answer)) = self.seen().get(&question)
            && *at == writes
        {
            return Ok(Arc::clone(answer));
        }
        self.target.send(request).await?;
        // Nobody else speaks while the observer waits, so the last exchange is its own.
        let exchange = self
            .log
            .last()
            .filter(|exchange| exchange.request.path_and_query() == question)
            .ok_or_else(|| Broken::Protocol("the exchange was not recorded".into()))?;
        self.seen().insert(question, (writes, Arc::clone(&exchange)));
        Ok(exchange)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<String, (usize, Arc<Exchange>)>> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The resources of a list answer; `None` when it is no list.
pub(in crate::run) fn resources(exchange: &Exchange) -> Option<Vec<&Value>> {
    resources_in(exchange.json().filter(|_| exchange.succeeded())?)
}

/// The resources of a ListResponse; `None` for another body.
pub(in crate::run) fn resources_in(body: &Value) -> Option<Vec<&Value>> {
    match reader::member(body, "Resources") {
        Some(Value::Array(resources)) => Some(resources.iter().collect()),
        Some(Value::Null) | None if reader::member(body, "totalResults").is_some() => Some(Vec::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Scripted, Taped};
    use super::*;
    use crate::wire::Answer;
    use serde_json::json;

    fn user(id: &str) -> Result<Answer, Broken> {
        Ok(Answer::json(200, &json!({"id": id})))
    }

    #[tokio::test]
    async fn the_same_question_is_sent_again_only_after_a_write() {
        let written = Ok(Answer::json(204, &json!({})));
        let tape = Taped::new(Scripted::new(vec![user("1"), written, user("2")]));
        let observer = Observer::new(&tape, &tape);
        for _ in 0..3 {
            let read = observer.read(ResourceKind::User, "a", "s").await.unwrap();
            assert_eq!(read.json().unwrap()["id"], "1");
        }
        assert_eq!(tape.sent().len(), 1);
        let write = Request::new(Actor::Entra, Method::Patch, "/Users/b", "s");
        tape.send(write).await.unwrap();
        let read = observer.read(ResourceKind::User, "a", "s").await.unwrap();
        assert_eq!(read.json().unwrap()["id"], "2");
        assert_eq!(tape.sent().len(), 3);
    }

    #[tokio::test]
    async fn questions_are_encoded_as_entra_encodes_them() {
        let tape = Taped::new(Scripted::new(vec![user("1"), user("1"), user("1")]));
        let observer = Observer::new(&tape, &tape);
        let name = "userName".parse().unwrap();
        observer.find(ResourceKind::User, &name, "o'b+\"c\"@x", "s").await.unwrap();
        observer.find(ResourceKind::Group, &"displayName".parse().unwrap(), "A B", "s").await.unwrap();
        observer.read(ResourceKind::User, "a/b c", "s").await.unwrap();
        let sent: Vec<String> = tape.sent().iter().map(Request::path_and_query).collect();
        assert_eq!(
            sent,
            [
                "/Users?filter=userName+eq+%22o%27b%2B%5C%22c%5C%22%40x%22",
                "/Groups?excludedAttributes=members&filter=displayName+eq+%22A+B%22",
                "/Users/a%2Fb%20c"
            ]
        );
    }

    #[test]
    fn an_empty_list_may_leave_its_resources_out() {
        let exchange = |body: &Value| testing::exchange(Ok(Answer::json(200, body)));
        assert_eq!(resources(&exchange(&json!({"totalResults": 0}))).unwrap().len(), 0);
        assert!(resources(&exchange(&json!({"detail": "x"}))).is_none());
        assert_eq!(resources(&exchange(&json!({"Resources": [{"id": 7}]}))).unwrap().len(), 1);
    }
}
