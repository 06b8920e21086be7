//! Faults of paging.

use serde_json::Value;

use super::context::{Effect, fail, listed};
use super::fault::faults;
use super::lookups::is_empty_list;
use crate::server::call::ServerRequest;

faults! {
    /// `startIndex` is ignored: every page is the first one.
    START_INDEX_IGNORED = "start-index-ignored", Named, start_index_ignored;
    /// Pages begin one too early, so a user is on two of them.
    PAGING_OVERLAPS = "paging-overlaps", Named, paging_overlaps;
    /// Pages begin one too late, so a user is on none of them.
    PAGING_SKIPS = "paging-skips", Named, paging_skips;
    /// A page beyond the end repeats the last page.
    LAST_PAGE_REPEATED = "last-page-repeated", Named, last_page_repeated;
    /// `totalResults` counts the resources of the page instead of all matches.
    TOTAL_IS_PAGE_SIZE = "total-is-page-size", Named, total_is_page_size;
    /// `totalResults` counts all resources instead of the matches.
    TOTAL_RESULTS_UNFILTERED = "total-results-unfiltered", Named, total_results_unfiltered;
    /// The parameter `count` is ignored.
    COUNT_IGNORED = "count-ignored", Named, count_ignored;
    /// `count=0` returns every user.
    COUNT_ZERO_RETURNS_ALL = "count-zero-returns-all", Named, count_zero_returns_all;
    /// A page beyond the end returns 404.
    PAGE_BEYOND_END_IS_ERROR = "page-beyond-end-is-error", Named, page_beyond_end_is_error;
    /// `itemsPerPage` repeats `count` instead of counting the resources of the page.
    ITEMS_PER_PAGE_IS_COUNT = "items-per-page-is-count", Named, items_per_page_is_count;
    /// `startIndex` counts from zero in answers.
    START_INDEX_FROM_ZERO = "start-index-from-zero", Named, start_index_from_zero;
    /// Every other list has the reverse order.
    UNORDERED_PAGES = "unordered-pages", Swap, unordered_pages;
    /// `startIndex` is 1 in every answer.
    START_INDEX_FIXED = "start-index-fixed", Stale, start_index_fixed;
    /// Lists have `resources` instead of `Resources`.
    RESOURCES_LOWER_CASE = "resources-lower-case", Named, resources_lower_case;
    /// `Resources` of an empty list is null.
    RESOURCES_NULL = "resources-null", Retype, resources_null;
    /// A list of one resource has an object as `Resources` instead of an array.
    RESOURCES_SINGLE_OBJECT = "resources-single-object", Retype, resources_single_object;
}

/// `startIndex` as asked for, when it is beyond the first.
fn later_page(call: &ServerRequest) -> Option<usize> {
    listed(call)?;
    call.parameter("startIndex")?.parse().ok().filter(|start| *start > 1)
}

/// Serves another page in place of the one asked for.
fn turn_to(call: &mut ServerRequest, start: usize) {
    call.forget_parameter("startIndex");
    call.parameters.push(("startIndex".into(), start.to_string()));
}

/// Says the index that was asked for, whichever page it is.
fn claim_start(call: &ServerRequest, body: Option<&mut Value>) {
    if let Some(start) = later_page(call)
        && let Some(body) = body.filter(|body| body.get("startIndex").is_some())
    {
        body["startIndex"] = start.into();
    }
}

fn start_index_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("startIndex");
        }
        None
    })
}

fn paging_overlaps() -> Effect {
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

fn paging_skips() -> Effect {
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

fn last_page_repeated() -> Effect {
    Effect::both(
        |call, context| {
            let (kind, start) = (listed(call)?, later_page(call)?);
            let count: usize = call.parameter("count")?.parse().ok().filter(|count| *count > 0)?;
            let total = context.store.all(kind).count();
            if call.parameter("filter").is_none() && start > total {
                turn_to(call, total.saturating_sub(count) + 1);
            }
            None
        },
        |call, reply, _| claim_start(call, reply.body_mut()),
    )
}

fn total_is_page_size() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(body) = reply.body_mut()
            && let Some(size) = body.get("Resources").and_then(Value::as_array).map(Vec::len)
        {
            body["totalResults"] = size.into();
        }
    })
}

fn total_results_unfiltered() -> Effect {
    Effect::after(|call, reply, context| {
        if let (Some(kind), Some(body)) = (listed(call), reply.body_mut())
            && body.get("totalResults").is_some()
        {
            body["totalResults"] = context.store.all(kind).count().into();
        }
    })
}

fn count_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("count");
        }
        None
    })
}

fn count_zero_returns_all() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() && call.parameter("count") == Some("0") {
            call.forget_parameter("count");
        }
        None
    })
}

fn page_beyond_end_is_error() -> Effect {
    Effect::after(|call, reply, _| {
        if later_page(call).is_some() && reply.body().is_some_and(is_empty_list) {
            *reply = fail(404, "there is no such page");
        }
    })
}

fn items_per_page_is_count() -> Effect {
    Effect::after(|call, reply, _| {
        let count = call.parameter("count").and_then(|count| count.parse::<u64>().ok()).unwrap_or(100);
        if listed(call).is_some()
            && let Some(body) = reply.body_mut().filter(|body| body.get("itemsPerPage").is_some())
        {
            body["itemsPerPage"] = count.into();
        }
    })
}

fn start_index_from_zero() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(body) = reply.body_mut()
            && let Some(start) = body.get("startIndex").and_then(Value::as_u64)
        {
            body["startIndex"] = start.saturating_sub(1).into();
        }
    })
}

fn unordered_pages() -> Effect {
    Effect::before(|call, context| {
        // Every other list begins at the other end.
        let kind = listed(call)?;
        context.memory.counter += 1;
        if context.memory.counter % 2 == 0 {
            let mut backwards = context.store.backwards(kind);
            return Some(context.serve_from(call, &mut backwards));
        }
        None
    })
}

fn start_index_fixed() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(body) = reply.body_mut().filter(|body| body.get("startIndex").is_some())
        {
            body["startIndex"] = 1.into();
        }
    })
}

fn resources_lower_case() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Object(body)) = reply.body_mut()
            && let Some(resources) = body.shift_remove("Resources")
        {
            body.insert("resources".into(), resources);
        }
    })
}

fn resources_null() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(resources) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
            && resources.as_array().is_some_and(Vec::is_empty)
        {
            *resources = Value::Null;
        }
    })
}

fn resources_single_object() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(resources) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
            && let [only] = resources.as_array().map_or(&[][..], Vec::as_slice)
        {
            *resources = only.clone();
        }
    })
}
