//! Does the target parse bodies labelled `application/scim+json`?
//!
//! Web frameworks parse `application/json` by default and leave other types unread: the handler sees an empty
//! body and rejects every create, or creates a user without attributes. So when no create came through, one more
//! is sent as `application/json`. If that one does, the whole run goes on with that label.

use std::sync::Arc;

use serde_json::Value;

use crate::check::Finding;
use crate::rules::SCIM_JSON_NOT_PARSED;
use crate::run::target::media_type::{MediaType, is_scim_json};
use crate::run::target::recorder::Recorder;
use crate::wire::{Actor, Exchange, Operation, Request, ResourceKind, Target};

/// The creates of the preflight that are worth another try: the last, which has the fewest attributes, and the
/// first. Empty when a create came through.
pub(in crate::run) fn refused(trace: &[Arc<Exchange>]) -> Vec<Request> {
    let creates: Vec<&Arc<Exchange>> =
        trace.iter().filter(|exchange| is_create(exchange) && is_scim_json(&exchange.request)).collect();
    let came_through = |create: &&Arc<Exchange>| {
        create.request.json().is_some_and(|sent| trace.iter().any(|exchange| shows(exchange, &sent)))
    };
    let (Some(last), Some(first)) = (creates.last(), creates.first()) else { return Vec::new() };
    // Whoever answers with a name has read one, or had it before: that is no question of the label.
    let named = |exchange: &Arc<Exchange>| {
        let shown = exchange.json().filter(|_| exchange.succeeded());
        shown
            .and_then(|shown| crate::scim::member(shown, "userName"))
            .is_some_and(|name| name.as_str().is_some_and(|name| !name.is_empty()))
    };
    if creates.iter().any(came_through)
        || trace.iter().any(named)
        || last.answer().is_none_or(crate::wire::Answer::is_throttled)
    {
        return Vec::new();
    }
    let mut requests = vec![again(last)];
    if first.request.body != last.request.body {
        requests.push(again(first));
    }
    requests
}

/// Sends one refused create as `application/json`. True when it came through; then the label stays.
pub(in crate::run) async fn is_parsed_as_json<T: Target, R: Target>(
    target: &T,
    recorder: &Recorder<R>,
    refused: Request,
    media_type: &MediaType,
) -> bool {
    let Some(sent) = refused.json() else { return false };
    media_type.set_plain(true);
    // The outcome is in the recorder, with the label it was sent under.
    let answered = target.send(refused.provoked()).await.is_ok();
    let came_through = answered && recorder.last().is_some_and(|exchange| shows(&exchange, &sent));
    media_type.set_plain(came_through);
    came_through
}

/// What is found about exchanges whose bodies the target did not read says nothing of it but that.
pub(in crate::run) fn without_unread(findings: &mut Vec<Finding>, trace: &[Arc<Exchange>]) {
    let told = findings.iter().find(|finding| finding.rule == SCIM_JSON_NOT_PARSED);
    let Some(parsed) = told.and_then(|finding| finding.exchanges.last()).map(|exchange| exchange.number)
    else {
        return;
    };
    let first = trace.iter().find(|exchange| is_scim_json(&exchange.request));
    let unread = first.map_or(parsed, |exchange| exchange.number)..parsed;
    findings.retain(|finding| {
        finding.rule == SCIM_JSON_NOT_PARSED
            || finding.exchanges.last().is_none_or(|exchange| !unread.contains(&exchange.number))
    });
}

fn is_create(exchange: &Exchange) -> bool {
    exchange.request.actor == Actor::Probe && exchange.operation == Operation::Create(ResourceKind::User)
}

/// The same request with the headers that it was written with: a recorded one has those of the client too.
fn again(exchange: &Exchange) -> Request {
    let mut request = exchange.request.clone();
    let is_ours =
        |name: &str| ["adscimversion", "content-type"].contains(&name.to_ascii_lowercase().as_str());
    request.headers.retain(|(name, _)| is_ours(name));
    request
}

/// True when a successful answer shows one of the texts that were sent: a name, an address, an id of ours.
fn shows(exchange: &Exchange, sent: &Value) -> bool {
    let shown = exchange.json().filter(|_| exchange.succeeded());
    let Some(shown) = shown else { return false };
    sent.as_object().into_iter().flatten().any(|(name, value)| {
        let text = value.as_str().filter(|text| !text.is_empty());
        text.is_some_and(|text| {
            crate::scim::member(shown, name)
                .and_then(Value::as_str)
                .is_some_and(|held| held.eq_ignore_ascii_case(text))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::target::media_type::Labelled;
    use crate::wire::{Answer, Broken, Method, Sent};
    use serde_json::json;

    /// Answers a create by its media type: `(scim+json, json)`.
    struct Server(fn(&Value) -> Answer, fn(&Value) -> Answer);

    impl Target for Server {
        async fn send(&self, request: Request) -> Result<Answer, Broken> {
            let answer = if is_scim_json(&request) { self.0 } else { self.1 };
            Ok(answer(&request.json().unwrap()))
        }

        fn sent_as(&self, request: &Request) -> Sent {
            let mut headers = vec![("Authorization".to_owned(), "Bearer secret".to_owned())];
            headers.extend(request.headers.clone());
            Sent { url: format!("http://target{}", request.path), headers }
        }
    }

    fn refused_with_400(_: &Value) -> Answer {
        Answer::json(400, &json!({"status": "400"}))
    }

    fn empty(_: &Value) -> Answer {
        Answer::json(201, &json!({"id": "1", "meta": {"resourceType": "User"}}))
    }

    fn created(sent: &Value) -> Answer {
        let mut user = sent.clone();
        user["id"] = json!("1");
        Answer::json(201, &user)
    }

    /// How many creates are worth another try, whether one came through, and the labels that were sent.
    async fn asked(server: Server) -> (usize, bool, Vec<String>) {
        let media_type: Arc<MediaType> = Arc::default();
        let recorder = Recorder::new(Labelled::new(server, Arc::clone(&media_type)));
        for body in [json!({"userName": "ada", "title": "x"}), json!({"userName": "bea"})] {
            let create = Request::new(Actor::Probe, Method::Post, "/Users", "create")
                .with_header("Content-Type", "application/scim+json")
                .with_json(&body);
            recorder.send(create).await.unwrap();
        }
        let tries = refused(&recorder.trace());
        let count = tries.len();
        let mut came_through = false;
        for refused in tries {
            came_through =
                came_through || is_parsed_as_json(&recorder, &recorder, refused, &media_type).await;
        }
        let label = |exchange: &Arc<Exchange>| {
            let headers = &exchange.request.headers;
            assert_eq!(headers.iter().filter(|(name, _)| name == "Authorization").count(), 1);
            let label = headers.iter().find(|(name, _)| name == "Content-Type");
            label.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let labels = recorder.trace().iter().skip(2).map(label).collect();
        (count, came_through, labels)
    }

    #[tokio::test]
    async fn a_create_that_was_not_read_is_sent_again_as_plain_json() {
        for unread in [refused_with_400, empty] {
            let (tries, came_through, labels) = asked(Server(unread, created)).await;
            assert_eq!((tries, came_through), (2, true));
            assert_eq!(labels, ["application/json"], "the last one came through");
        }
    }

    #[tokio::test]
    async fn another_label_changes_nothing_at_a_server_that_refuses_or_shows_nothing() {
        for answer in [refused_with_400, empty] {
            let (tries, came_through, labels) = asked(Server(answer, answer)).await;
            assert_eq!((tries, came_through), (2, false));
            assert_eq!(labels, ["application/json", "application/json"]);
        }
        assert_eq!(asked(Server(created, created)).await, (0, false, Vec::new()), "nothing is asked");
    }
}
