//! Faults of paging.

use serde_json::Value;

use super::lookups::is_empty_list;
use super::scene::{Effect, fail, listed};
use crate::server::call::Call;

/// `startIndex` as asked for, when it is beyond the first.
fn later_page(call: &Call) -> Option<usize> {
    listed(call)?;
    call.parameter("startIndex")?.parse().ok().filter(|start| *start > 1)
}

/// Serves another page in place of the one asked for.
fn turn_to(call: &mut Call, start: usize) {
    call.forget_parameter("startIndex");
    call.parameters.push(("startIndex".into(), start.to_string()));
}

/// Says the index that was asked for, whichever page it is.
fn claim_start(call: &Call, body: Option<&mut Value>) {
    if let Some(start) = later_page(call)
        && let Some(body) = body.filter(|body| body.get("startIndex").is_some())
    {
        body["startIndex"] = start.into();
    }
}

pub(super) fn start_index_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("startIndex");
        }
        None
    })
}

pub(super) fn paging_overlaps() -> Effect {
    Effect::both(
        |call, _| {
            if let Some(start) = later_page(call) {
                turn_to(call, start - 1);
            }
            None
        },
        |call, reply, _| claim_start(call, reply.body_mut()),
    )
}

pub(super) fn paging_skips() -> Effect {
    Effect::both(
        |call, _| {
            if let Some(start) = later_page(call) {
                turn_to(call, start + 1);
            }
            None
        },
        |call, reply, _| claim_start(call, reply.body_mut()),
    )
}

pub(super) fn last_page_repeated() -> Effect {
    Effect::both(
        |call, scene| {
            let (kind, start) = (listed(call)?, later_page(call)?);
            let count: usize = call.parameter("count")?.parse().ok().filter(|count| *count > 0)?;
            let total = scene.store.all(kind).count();
            if call.parameter("filter").is_none() && start > total {
                turn_to(call, total.saturating_sub(count) + 1);
            }
            None
        },
        |call, reply, _| claim_start(call, reply.body_mut()),
    )
}

pub(super) fn total_is_page_size() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(body) = reply.body_mut()
            && let Some(size) = body.get("Resources").and_then(Value::as_array).map(Vec::len)
        {
            body["totalResults"] = size.into();
        }
    })
}

pub(super) fn total_results_unfiltered() -> Effect {
    Effect::after(|call, reply, scene| {
        if let (Some(kind), Some(body)) = (listed(call), reply.body_mut())
            && body.get("totalResults").is_some()
        {
            body["totalResults"] = scene.store.all(kind).count().into();
        }
    })
}

pub(super) fn count_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("count");
        }
        None
    })
}

pub(super) fn count_zero_returns_all() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() && call.parameter("count") == Some("0") {
            call.forget_parameter("count");
        }
        None
    })
}

pub(super) fn page_beyond_end_is_error() -> Effect {
    Effect::after(|call, reply, _| {
        if later_page(call).is_some() && reply.body().is_some_and(is_empty_list) {
            *reply = fail(404, "there is no such page");
        }
    })
}

pub(super) fn items_per_page_is_count() -> Effect {
    Effect::after(|call, reply, _| {
        let count = call.parameter("count").and_then(|count| count.parse::<u64>().ok()).unwrap_or(100);
        if listed(call).is_some()
            && let Some(body) = reply.body_mut().filter(|body| body.get("itemsPerPage").is_some())
        {
            body["itemsPerPage"] = count.into();
        }
    })
}

pub(super) fn start_index_from_zero() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(body) = reply.body_mut()
            && let Some(start) = body.get("startIndex").and_then(Value::as_u64)
        {
            body["startIndex"] = start.saturating_sub(1).into();
        }
    })
}

pub(super) fn unordered_pages() -> Effect {
    Effect::before(|call, scene| {
        // Every other list begins at the other end.
        let kind = listed(call)?;
        scene.memory.counter += 1;
        if scene.memory.counter % 2 == 0 {
            let mut backwards = scene.store.backwards(kind);
            return Some(scene.serve_from(call, &mut backwards));
        }
        None
    })
}

pub(super) fn start_index_fixed() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(body) = reply.body_mut().filter(|body| body.get("startIndex").is_some())
        {
            body["startIndex"] = 1.into();
        }
    })
}

pub(super) fn resources_lower_case() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Object(body)) = reply.body_mut()
            && let Some(resources) = body.shift_remove("Resources")
        {
            body.insert("resources".into(), resources);
        }
    })
}

pub(super) fn resources_single_object() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(resources) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
            && let [only] = resources.as_array().map_or(&[][..], Vec::as_slice)
        {
            *resources = only.clone();
        }
    })
}
