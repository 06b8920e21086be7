//! Labels bodies `application/json` for a target that does not parse `application/scim+json`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::wire::{Answer, Broken, Request, Sent, Target};

/// The media type of SCIM messages (RFC 7644 §8.1).
const SCIM_JSON: &str = "application/scim+json";

/// Under which media type bodies are sent. All scenario runs at one target share it.
#[derive(Debug, Default)]
pub(crate) struct MediaType {
    plain: AtomicBool,
}

impl MediaType {
    /// Labels bodies `application/json` from now on, or as Entra does.
    pub(in crate::run) fn set_plain(&self, plain: bool) {
        self.plain.store(plain, Ordering::Relaxed);
    }

    /// True when bodies are labelled `application/json`.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain.load(Ordering::Relaxed)
    }

    fn relabel(&self, mut request: Request) -> Request {
        if self.is_plain() {
            let labels = request.headers.iter_mut().filter(|(name, _)| is_label(name));
            for (_, value) in labels {
                if let Some(parameters) = without_scim_json(value) {
                    *value = format!("application/json{parameters}");
                }
            }
        }
        request
    }
}

fn is_label(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type")
}

/// The parameters of a Content-Type, if its media type is SCIM's.
fn without_scim_json(value: &str) -> Option<&str> {
    let (media_type, parameters) = value.split_at(value.find(';').unwrap_or(value.len()));
    media_type.trim().eq_ignore_ascii_case(SCIM_JSON).then_some(parameters)
}

/// True when a request has a body that is labelled as SCIM.
pub(in crate::run) fn is_scim_json(request: &Request) -> bool {
    let mut labels = request.headers.iter().filter(|(name, _)| is_label(name));
    request.body.is_some() && labels.any(|(_, value)| without_scim_json(value).is_some())
}

/// A target whose bodies are labelled as the run has found out.
#[derive(Debug)]
pub(crate) struct Labelled<T> {
    inner: T,
    media_type: Arc<MediaType>,
}

impl<T> Labelled<T> {
    pub(crate) fn new(inner: T, media_type: Arc<MediaType>) -> Self {
        Labelled { inner, media_type }
    }
}

impl<T: Target> Target for Labelled<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        self.inner.send(self.media_type.relabel(request)).await
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(&self.media_type.relabel(request.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Actor, Method};

    fn labelled(value: &str) -> Request {
        Request { body: Some("{}".into()), ..Request::new(Actor::Entra, Method::Post, "/Users", "create") }
            .with_header("Accept", SCIM_JSON)
            .with_header("content-type", value)
    }

    #[test]
    fn only_the_label_of_scim_bodies_changes_and_only_when_set() {
        let media_type = MediaType::default();
        let sent = |value: &str| media_type.relabel(labelled(value)).headers;
        assert_eq!(sent("application/scim+json")[1].1, "application/scim+json");
        media_type.set_plain(true);
        assert_eq!(sent("Application/SCIM+json; charset=utf-8")[1].1, "application/json; charset=utf-8");
        assert_eq!(sent("application/scim+json")[1].1, "application/json");
        assert_eq!(sent("application/scim+json")[0].1, SCIM_JSON, "Accept stays");
        assert_eq!(sent("text/plain")[1].1, "text/plain");
    }

    #[test]
    fn a_request_without_a_body_has_no_label() {
        assert!(is_scim_json(&labelled("application/scim+json;charset=utf-8")));
        assert!(!is_scim_json(&labelled("application/json")));
        assert!(!is_scim_json(&Request { body: None, ..labelled(SCIM_JSON) }));
    }
}
