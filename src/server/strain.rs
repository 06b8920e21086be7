//! Ways to be wrong that only many requests at once bring to light.
//!
//! No scenario plays so many, so these are no [`Fault`](super::Fault)s, each of which must be seen by one.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{Method, header};

use super::call::ServerRequest;
use super::endpoint::Endpoint;
use super::model::ServedKind;
use super::reply::Reply;
use super::service::Service;
use crate::scim::message::ErrorMessage;

/// Ways in which a server is wrong under load alone; the default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Strain {
    /// More requests of the service than this within one second are answered with 429. Those who clean
    /// up are let through.
    pub requests_per_second: Option<NonZeroU32>,
    /// The time in which they are counted, if it is not a second.
    pub within: Option<Duration>,
    /// What a 429 says in `Retry-After`, in seconds; `None` leaves the header out.
    pub retry_after: Option<u32>,
    /// A PATCH of a group reads it, takes so long, and then writes all of it back: what others wrote in
    /// between is lost.
    pub group_write: Option<Duration>,
}

impl Strain {
    /// That of a right server that tells its clients when to come again.
    pub(super) fn conforming() -> Self {
        Strain {
            requests_per_second: NonZeroU32::new(33),
            within: Some(Duration::from_millis(100)),
            retry_after: Some(0),
            group_write: None,
        }
    }
}

impl Service {
    /// Answers a request, as badly as the strain makes it.
    pub(super) async fn answer_under_load(&self, call: &ServerRequest) -> Reply {
        let Strain { requests_per_second, within, retry_after, group_write } = self.settings.strain;
        let from_service = call.headers.contains_key("adscimversion");
        if let Some(limit) = requests_per_second
            && from_service
            && !self.pressure.admits(limit, within.unwrap_or(Duration::from_secs(1)))
        {
            let reply = Reply::from(ErrorMessage::plain(429, "too many requests"));
            return match retry_after {
                Some(seconds) => reply.with_header(header::RETRY_AFTER, &seconds.to_string()),
                None => reply,
            };
        }
        if let Some(time) = group_write
            && call.method == Method::PATCH
            && let Endpoint::Resource(ServedKind::Group, id) = Endpoint::of(call.segments.as_deref())
            && let Some(stale) = self.copy(ServedKind::Group, &id)
        {
            tokio::time::sleep(time).await;
            return self.answer_over(call, ServedKind::Group, stale);
        }
        self.answer_in_a_race(call).await
    }
}
