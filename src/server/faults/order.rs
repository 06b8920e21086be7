//! Faults of sorting and of paging by cursor.

use serde_json::Value;

use super::context::{Effect, endpoint, listed};
use super::fault::faults;
use crate::server::call::{RequestBody, ServerRequest};
use crate::server::endpoint::Endpoint;

faults! {
    /// ServiceProviderConfig advertises sorting, but `sortBy` is ignored.
    SORT_IGNORED = "sort-ignored", Named, sort_ignored;
    /// Lists are always sorted in ascending order; `sortOrder` is ignored.
    SORT_ORDER_IGNORED = "sort-order-ignored", Named, sort_order_ignored;
    /// Sorting by `userName` puts upper case before lower case.
    SORT_CASE_EXACT = "sort-case-exact", Named, sort_case_exact;
    /// Sorting by `title` in ascending order puts users without a title first.
    SORT_MISSING_FIRST = "sort-missing-first", Swap, sort_missing_first;
    /// `sortBy` is ignored in the body of a `.search`.
    SEARCH_SORT_IGNORED = "search-sort-ignored", Named, search_sort_ignored;
    /// ServiceProviderConfig advertises cursor paging, but `cursor` is ignored.
    CURSOR_IGNORED = "cursor-ignored", Named, cursor_ignored;
    /// Cursor paging returns the first page every time.
    CURSOR_REPEATS_PAGE = "cursor-repeats-page", Stale, cursor_repeats_page;
    /// Cursor paging skips the first resource of every page after the first.
    CURSOR_SKIPS = "cursor-skips", Hide, cursor_skips;
    /// The first page of cursor paging has a `previousCursor`.
    PREVIOUS_CURSOR_AT_FIRST = "previous-cursor-at-first", Named, previous_cursor_at_first;
    /// Cursors end in `==`.
    CURSOR_NOT_URL_SAFE = "cursor-not-url-safe", Named, cursor_not_url_safe;
    /// A cursor that the server never issued returns the first page.
    INVALID_CURSOR_ACCEPTED = "invalid-cursor-accepted", Named, invalid_cursor_accepted;
    /// `count=0` with a cursor returns every user.
    CURSOR_COUNT_ZERO_IGNORED = "cursor-count-zero-ignored", Named, cursor_count_zero_ignored;
}

fn sort_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("sortBy");
        }
        None
    })
}

fn sort_order_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("sortOrder");
        }
        None
    })
}

fn search_sort_ignored() -> Effect {
    Effect::before(|call, _| {
        if matches!(endpoint(call), Endpoint::Search(_))
            && let RequestBody::Json(Value::Object(body)) = &mut call.body
        {
            body.shift_remove("sortBy");
        }
        None
    })
}

/// The resources of a list that was to be sorted by this attribute, and whether in descending order.
fn sorted<'a>(
    call: &ServerRequest,
    body: Option<&'a mut Value>,
    by: &str,
) -> Option<(&'a mut Vec<Value>, bool)> {
    listed(call)?;
    call.parameter("sortBy").filter(|name| *name == by)?;
    let descending = call.parameter("sortOrder") == Some("descending");
    Some((body?.get_mut("Resources")?.as_array_mut()?, descending))
}

fn sort_case_exact() -> Effect {
    Effect::after(|call, reply, _| {
        if let Some((resources, descending)) = sorted(call, reply.body_mut(), "userName") {
            resources.sort_by(|a, b| a["userName"].as_str().cmp(&b["userName"].as_str()));
            if descending {
                resources.reverse();
            }
        }
    })
}

fn sort_missing_first() -> Effect {
    Effect::after(|call, reply, _| {
        if let Some((resources, descending)) = sorted(call, reply.body_mut(), "title") {
            // A stable sort: those with a title stay as they are.
            resources.sort_by_key(|resource| resource["title"].is_string() != descending);
        }
    })
}

fn cursor_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("cursor");
        }
        None
    })
}

fn cursor_repeats_page() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() && call.parameter("cursor").is_some_and(|cursor| !cursor.is_empty()) {
            call.forget_parameter("cursor");
            call.parameters.push(("cursor".into(), String::new()));
        }
        None
    })
}

fn cursor_skips() -> Effect {
    Effect::after(|call, reply, _| {
        // The first of each page but the first page is left out.
        if listed(call).is_some()
            && call.parameter("cursor").is_some_and(|cursor| !cursor.is_empty())
            && let Some(resources) =
                reply.body_mut().and_then(|body| body.get_mut("Resources")?.as_array_mut())
            && !resources.is_empty()
        {
            resources.remove(0);
            let left = resources.len();
            if let Some(body) = reply.body_mut() {
                body["itemsPerPage"] = left.into();
            }
        }
    })
}

fn previous_cursor_at_first() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && call.parameter("cursor") == Some("")
            && let Some(Value::Object(body)) = reply.body_mut()
        {
            body.insert("previousCursor".into(), "0".into());
        }
    })
}

fn cursor_not_url_safe() -> Effect {
    Effect::both(
        |call, _| {
            if listed(call).is_some() {
                for (name, value) in &mut call.parameters {
                    if name == "cursor" {
                        *value = value.replace("==", "");
                    }
                }
            }
            None
        },
        |call, reply, _| {
            if listed(call).is_some()
                && let Some(Value::String(cursor)) =
                    reply.body_mut().and_then(|body| body.get_mut("nextCursor"))
            {
                cursor.push_str("==");
            }
        },
    )
}

fn invalid_cursor_accepted() -> Effect {
    Effect::both(
        |call, context| {
            // What was never given out is read as the wish for a first page.
            let cursor = call.parameter("cursor").unwrap_or("").to_owned();
            if listed(call).is_some() && !cursor.is_empty() && !context.memory.marked.contains(&cursor) {
                call.forget_parameter("cursor");
                call.parameters.push(("cursor".into(), String::new()));
            }
            None
        },
        |call, reply, context| {
            if listed(call).is_some()
                && let Some(next) = reply.body().and_then(|body| body.get("nextCursor")?.as_str())
            {
                context.memory.marked.insert(next.to_owned());
            }
        },
    )
}

fn cursor_count_zero_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some()
            && call.parameter("cursor").is_some()
            && call.parameter("count") == Some("0")
        {
            call.forget_parameter("count");
        }
        None
    })
}
