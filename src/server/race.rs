//! Ways to be wrong when two requests come at the same time.
//!
//! So that it happens every time, the first of two requests waits until the second one is there. Entra's
//! own requests for one object come one after the other here, and are not kept waiting.

use axum::http::Method;
use serde_json::Value;

use super::call::{RequestBody, ServerRequest};
use super::endpoint::Endpoint;
use super::meeting::Came;
use super::model::ServedKind;
use super::reply::Reply;
use super::service::Service;
use crate::scim::member;
use crate::scim::message::ErrorMessage;

/// What goes wrong between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Race {
    /// Both read a group before either writes it.
    GroupUpdateLost,
    /// The second that changes a group is answered 500.
    GroupLockError,
    /// Both find a userName free before either takes it.
    UniquenessCheckedEarly,
}

impl Service {
    /// Answers a request, as badly as others at the same time make it.
    pub(super) async fn answer_in_a_race(&self, call: &ServerRequest) -> Reply {
        let race = self.settings.faults.iter().find_map(|fault| fault.effect().race);
        let from_service = call.headers.contains_key("adscimversion");
        let Some(race) = race.filter(|_| !from_service) else { return self.answer(call) };
        match (race, Endpoint::of(call.segments.as_deref())) {
            (Race::GroupUpdateLost, Endpoint::Resource(ServedKind::Group, id))
                if call.method == Method::PATCH =>
            {
                let Some(stale) = self.copy(ServedKind::Group, &id) else { return self.answer(call) };
                match self.meeting.meet(&id).await {
                    Came::Alone => self.answer(call),
                    Came::First | Came::Second => self.answer_over(call, ServedKind::Group, stale),
                }
            }
            (Race::GroupLockError, Endpoint::Resource(ServedKind::Group, id))
                if call.method == Method::PATCH =>
            {
                match self.meeting.meet(&id).await {
                    Came::Second => ErrorMessage::plain(500, "could not serialize access").into(),
                    Came::Alone | Came::First => self.answer(call),
                }
            }
            (Race::UniquenessCheckedEarly, Endpoint::Collection(ServedKind::User))
                if call.method == Method::POST =>
            {
                let name = match &call.body {
                    RequestBody::Json(body) => member(body, "userName").and_then(Value::as_str),
                    _ => None,
                };
                let Some(name) = name.filter(|name| !self.is_taken(name)) else { return self.answer(call) };
                match self.meeting.meet(&name.to_lowercase()).await {
                    Came::Alone => self.answer(call),
                    Came::First | Came::Second => self.answer_unchecked(call),
                }
            }
            _ => self.answer(call),
        }
    }
}
