//! Faults beneath the messages: statuses for whole methods, time, size and broken connections.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, header};

use super::context::{
    Effect, created, deleted, endpoint, fail, is_from_entra, patched, queried, read, status,
};
use super::fault::faults;
use super::lookups::is_empty_list;
use crate::server::endpoint::Endpoint;
use crate::server::model::ServedKind;
use crate::server::reply::{Reply, ReplyBody};

faults! {
    /// PATCH returns 501.
    PATCH_NOT_IMPLEMENTED = "patch-not-implemented", Named, patch_not_implemented;
    /// PATCH returns 201.
    UPDATE_ANSWERS_201 = "update-answers-201", Named, update_answers_201;
    /// Answers with 204 have a body of two bytes.
    BODY_ON_204 = "body-on-204", Named, body_on_204;
    /// DELETE of an unknown id returns 204.
    DELETE_ALWAYS_204 = "delete-always-204", Named, delete_always_204;
    /// DELETE returns 200.
    DELETE_ANSWERS_200 = "delete-answers-200", Named, delete_answers_200;
    /// A read without an Accept header returns 406.
    READ_NEEDS_ACCEPT = "read-needs-accept", Named, read_needs_accept;
    /// Reads by id are redirected to a login page.
    REDIRECTS_TO_LOGIN = "redirects-to-login", Named, redirects_to_login;
    /// Writes on groups return 403.
    TOKEN_REFUSED_ON_GROUPS = "token-refused-on-groups", Named, token_refused_on_groups;
    /// The first DELETE of a user by Entra returns 429 without Retry-After.
    THROTTLES_WITHOUT_RETRY_AFTER = "throttles-without-retry-after", Named, throttles_without_retry_after;
    /// A page beyond the end takes more than five seconds.
    ANSWERS_SLOWLY = "answers-slowly", Named, answers_slowly;
    /// Answers to queries of groups are padded to five megabytes.
    ANSWERS_PADDED = "answers-padded", Duplicate, answers_padded;
    /// The connection closes in the middle of the answer to the create of a group.
    CONNECTION_CLOSED = "connection-closed", Truncate, connection_closed;
}

/// Longer than anybody should wait for one answer.
const LONG: Duration = Duration::from_millis(5200);

/// Larger than any answer should be, in bytes.
const LARGE: usize = 5 << 20;

fn patch_not_implemented() -> Effect {
    Effect::before(|call, _| patched(call).map(|_| fail(501, "PATCH is not implemented")))
}

fn update_answers_201() -> Effect {
    Effect::after(|call, reply, _| {
        if patched(call).is_some() && reply.status.is_success() {
            reply.status = status(201);
        }
    })
}

fn delete_always_204() -> Effect {
    Effect::after(|call, reply, _| {
        if deleted(call).is_some() && reply.status == 404 {
            *reply = Reply::no_content();
        }
    })
}

/// HTTP libraries do not allow such an answer: [`crate::server::connection`] writes the body behind the head.
fn body_on_204() -> Effect {
    Effect::default()
}

fn delete_answers_200() -> Effect {
    Effect::after(|call, reply, _| {
        if deleted(call).is_some() && reply.status == 204 {
            reply.status = status(200);
        }
    })
}

fn read_needs_accept() -> Effect {
    Effect::before(|call, _| {
        read(call)?;
        (!call.headers.contains_key(header::ACCEPT)).then(|| fail(406, "say what you accept"))
    })
}

fn redirects_to_login() -> Effect {
    Effect::after(|call, reply, _| {
        if read(call).is_some() {
            *reply = Reply::no_content().with_header(header::LOCATION, "/login");
            reply.status = status(302);
        }
    })
}

fn token_refused_on_groups() -> Effect {
    Effect::before(|call, _| {
        let groups = match endpoint(call) {
            Endpoint::Collection(kind) | Endpoint::Resource(kind, _) => kind == ServedKind::Group,
            _ => false,
        };
        (groups && call.method != Method::GET).then(|| fail(403, "the token has no right on groups"))
    })
}

fn throttles_without_retry_after() -> Effect {
    Effect::before(|call, context| {
        // Once per server, so that a client that waits can continue, and not where a run cleans up.
        deleted(call).filter(|(kind, _)| *kind == ServedKind::User && is_from_entra(call))?;
        context.memory.marked.insert("throttled".into()).then(|| fail(429, "too many requests"))
    })
}

fn answers_slowly() -> Effect {
    Effect::after(|call, reply, _| {
        // Where few requests go, because each of them must wait.
        let beyond =
            call.parameter("startIndex").and_then(|start| start.parse::<u64>().ok()).unwrap_or(0) > 1;
        if beyond && reply.body().is_some_and(is_empty_list) {
            reply.delay = LONG;
        }
    })
}

fn answers_padded() -> Effect {
    Effect::after(|call, reply, _| {
        if queried(call).is_some_and(|(kind, _)| kind == ServedKind::Group)
            && let Some(body) = reply.body()
        {
            let mut text = body.to_string();
            text.extend(std::iter::repeat_n(' ', LARGE));
            reply.content = ReplyBody::Raw(Bytes::from(text));
        }
    })
}

fn connection_closed() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call) == Some(ServedKind::Group)
            && let Some(body) = reply.body()
        {
            reply.content = ReplyBody::Severed(Bytes::from(body.to_string()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::call::{RequestBody, ServerRequest};
    use crate::server::{Fault, ServerSettings, service::Service};

    #[test]
    fn a_page_beyond_the_end_takes_long() {
        let settings = ServerSettings { faults: [Fault::ANSWERS_SLOWLY].into(), ..ServerSettings::default() };
        let token = format!("Bearer {}", settings.token);
        let call = |start: &str| ServerRequest {
            method: Method::GET,
            segments: Some(vec!["Users".into()]),
            parameters: vec![("startIndex".into(), start.into())],
            headers: [(header::AUTHORIZATION, token.parse().unwrap())].into_iter().collect(),
            size: 0,
            body: RequestBody::Empty,
            entra: None,
            base_url: "http://localhost/scim".into(),
        };
        let service = Service::new(settings);
        assert_eq!(service.answer(&call("9")).delay, LONG);
        assert_eq!(service.answer(&call("1")).delay, Duration::ZERO);
    }
}
