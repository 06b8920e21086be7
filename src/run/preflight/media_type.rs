//! Does the target parse bodies labelled `application/scim+json`?
//!
//! Web frameworks parse `application/json` by default and leave other types unread: the handler sees an empty
//! body and rejects every create, or creates a user without attributes. So a create that did not come through is
//! sent once more as `application/json`, at most three times a run. If that one does, the run goes on with that
//! label.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::check::Finding;
use crate::rules::SCIM_JSON_NOT_PARSED;
use crate::run::target::media_type::{MediaType, is_scim_json};
use crate::run::target::recorder::Recorder;
use crate::wire::{Exchange, Operation, Request, ResourceKind, Target};

/// So many creates are sent again: the first has everything, and the next ones little.
const MOST_TRIES: usize = 3;

/// Whether the target is known to parse the label, and how often that was asked.
#[derive(Debug)]
pub(in crate::run) struct LabelTrial<'a> {
    label: &'a MediaType,
    tries: AtomicUsize,
}

impl<'a> LabelTrial<'a> {
    pub(in crate::run) fn of(label: &'a MediaType) -> Self {
        LabelTrial { label, tries: AtomicUsize::new(0) }
    }

    /// The same label with nothing left to ask.
    pub(super) fn settled(&self) -> Self {
        LabelTrial { label: self.label, tries: AtomicUsize::new(MOST_TRIES) }
    }

    /// Sends a create that did not come through as `application/json`. The exchange if that one did; then the label
    /// stays.
    pub(in crate::run) async fn again<T: Target, R: Target>(
        &self,
        target: &T,
        recorder: &Recorder<R>,
        create: &Exchange,
    ) -> Option<Arc<Exchange>> {
        if !is_unread(create) {
            // One that is read needs no other label, and neither do later ones.
            if create.succeeded() {
                self.tries.store(MOST_TRIES, Ordering::Relaxed);
            }
            return None;
        }
        if self.tries.fetch_add(1, Ordering::Relaxed) >= MOST_TRIES {
            return None;
        }
        let sent = create.request.json()?;
        self.label.set_plain(true);
        // The outcome is in the recorder, with the label it was sent under.
        let answered = target.send(again(create).provoked()).await.is_ok();
        let made = recorder.last().filter(|exchange| answered && shows(exchange, &sent));
        self.label.set_plain(made.is_some());
        made
    }
}

/// True for a create labelled as SCIM that nothing shows to have been read.
pub(crate) fn is_unread(create: &Exchange) -> bool {
    if create.operation != Operation::Create(ResourceKind::User) || !is_scim_json(&create.request) {
        return false;
    }
    // Whoever answers with a name has read one, or had it before: that is no question of the label.
    let shown = create.json().filter(|_| create.succeeded());
    let name = shown.and_then(|shown| crate::scim::member(shown, "userName")).and_then(Value::as_str);
    let is_busy = create.answer().is_none_or(crate::wire::Answer::is_throttled);
    let came_through = create.request.json().is_some_and(|sent| shows(create, &sent));
    !is_busy && !came_through && name.is_none_or(str::is_empty)
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
    // The request that shows it is the one that was not read, although the other one proves it.
    let told = findings.iter_mut().filter(|finding| finding.rule == SCIM_JSON_NOT_PARSED);
    told.for_each(|finding| finding.exchanges.reverse());
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
    use crate::wire::{Actor, Answer, Broken, Method, Sent};
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

    /// How many of five creates come through under another label, and the labels that were sent for them.
    async fn asked(server: Server) -> (usize, Vec<String>) {
        let media_type: Arc<MediaType> = Arc::default();
        let recorder = Recorder::new(Labelled::new(server, Arc::clone(&media_type)));
        let trial = LabelTrial::of(&media_type);
        let (mut came_through, mut tries) = (0, Vec::new());
        for number in 0..5 {
            let create = Request::new(Actor::Probe, Method::Post, "/Users", "create")
                .with_header("Content-Type", "application/scim+json")
                .with_json(&json!({ "userName": format!("ada{number}") }));
            recorder.send(create).await.unwrap();
            let before = recorder.len();
            let create = recorder.last().unwrap();
            came_through += usize::from(trial.again(&recorder, &recorder, &create).await.is_some());
            tries.extend(recorder.trace().into_iter().skip(before));
        }
        let label = |exchange: &Arc<Exchange>| {
            let headers = &exchange.request.headers;
            assert_eq!(headers.iter().filter(|(name, _)| name == "Authorization").count(), 1);
            let label = headers.iter().find(|(name, _)| name == "Content-Type");
            label.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        (came_through, tries.iter().map(label).collect())
    }

    #[tokio::test]
    async fn a_create_that_was_not_read_is_sent_again_as_plain_json() {
        for unread in [refused_with_400, empty] {
            let (came_through, labels) = asked(Server(unread, created)).await;
            assert_eq!(came_through, 1, "then the label stays");
            assert_eq!(labels, ["application/json"]);
        }
    }

    #[tokio::test]
    async fn another_label_changes_nothing_at_a_server_that_refuses_or_shows_nothing() {
        for answer in [refused_with_400, empty] {
            let (came_through, labels) = asked(Server(answer, answer)).await;
            assert_eq!((came_through, labels), (0, vec!["application/json".to_owned(); MOST_TRIES]));
        }
        assert_eq!(asked(Server(created, created)).await, (0, Vec::new()), "nothing is asked");
    }
}
