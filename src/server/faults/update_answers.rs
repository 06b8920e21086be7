//! Faults of the answers to updates, and of the dates they leave behind.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};

use super::context::{Effect, fail, patched, resources, status};
use super::fault::faults;
use crate::server::call::RequestBody;
use crate::server::model::ServedKind;
use crate::server::reply::{Reply, ReplyBody};

faults! {
    /// A PATCH returns the resource as it was before.
    STALE_PATCH_ANSWER = "stale-patch-answer", Stale, stale_patch_answer;
    /// A PATCH returns 200 without a body.
    PATCH_ANSWERS_200_WITHOUT_BODY = "patch-answers-200-without-body", Drop, patch_answers_200_without_body;
    /// A PATCH returns its own request body.
    PATCH_ANSWERS_ITS_REQUEST = "patch-answers-its-request", Named, patch_answers_its_request;
    /// A PATCH on a user is applied, but returns 500.
    PATCH_ANSWERS_500 = "patch-answers-500", Named, patch_answers_500;
    /// Answers to writes show a `nickName` that is not stored.
    WRITE_ANSWERS_INVENT = "write-answers-invent", Named, write_answers_invent;
    /// Every PATCH sets `meta.lastModified` back by an hour.
    LAST_MODIFIED_GOES_BACK = "last-modified-goes-back", Named, last_modified_goes_back;
    /// A PATCH that changes nothing changes `meta.lastModified`.
    MODIFIED_WITHOUT_CHANGE = "modified-without-change", Named, modified_without_change;
    /// Every PATCH changes `meta.created`.
    CREATED_CHANGES = "created-changes", Named, created_changes;
}

fn stale_patch_answer() -> Effect {
    Effect::both(
        |call, context| {
            if let Some((kind, id)) = patched(call) {
                let body = context.show(call, kind, &id)?;
                context.memory.values.insert(id, body);
            }
            None
        },
        |call, reply, context| {
            if let Some((_, id)) = patched(call)
                && reply.status == 200
                && let Some(old) = context.memory.values.get(&id)
            {
                reply.content = ReplyBody::Json(old.clone());
            }
        },
    )
}

fn patch_answers_200_without_body() -> Effect {
    Effect::after(|call, reply, _| {
        if patched(call).is_some() && reply.status.is_success() {
            reply.status = status(200);
            reply.content = ReplyBody::Empty;
        }
    })
}

fn patch_answers_its_request() -> Effect {
    Effect::after(|call, reply, _| {
        if patched(call).is_some()
            && reply.status.is_success()
            && let RequestBody::Json(body) = &call.body
        {
            *reply = Reply::json(status(200), body.clone());
        }
    })
}

fn patch_answers_500() -> Effect {
    Effect::after(|call, reply, _| {
        // Written, and yet an error.
        if patched(call).is_some_and(|(kind, _)| kind == ServedKind::User) && reply.status.is_success() {
            *reply = fail(500, "the answer could not be written");
        }
    })
}

fn write_answers_invent() -> Effect {
    Effect::after(|call, reply, _| {
        if call.method != Method::GET {
            for resource in resources(reply) {
                resource.insert("nickName".into(), "new".into());
            }
        }
    })
}

fn last_modified_goes_back() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_some() {
            context.rewrite(call, reply, &ServedKind::ALL, |record| {
                let earlier = record.modified.checked_sub(SignedDuration::from_hours(1));
                record.modified = earlier.unwrap_or(record.modified);
            });
        }
    })
}

fn modified_without_change() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_some() {
            context.rewrite(call, reply, &ServedKind::ALL, |record| {
                let later = record.modified.checked_add(SignedDuration::from_millis(1));
                record.modified = later.unwrap_or(record.modified).max(Timestamp::now());
            });
        }
    })
}

fn created_changes() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_some() {
            context.rewrite(call, reply, &ServedKind::ALL, |record| {
                record.created =
                    record.modified.checked_add(SignedDuration::from_secs(1)).unwrap_or(record.modified);
                record.modified = record.created;
            });
        }
    })
}
