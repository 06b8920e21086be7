//! Lists of Graph: filter, order, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{GraphError, Reply};
use crate::odata::{self, OrderBy, Query};

/// How many items a page has unless `$top` says so.
const PAGE: usize = 100;

/// Refuses `$skip` and `$search`, which are not for these lists.
pub(super) fn pages_by_links(query: &Query) -> Result<(), GraphError> {
    if query.skip.is_some() {
        return Err(GraphError::new(
            400,
            "Request_UnsupportedQuery",
            "'$skip' is not supported: follow '@odata.nextLink'.",
        ));
    }
    if query.search.is_some() {
        return Err(GraphError::not_implemented("'$search'"));
    }
    Ok(())
}

/// The items of a list that pass the filter, in the order that is asked for.
pub(super) fn chosen(items: impl Iterator<Item = Value>, query: &Query) -> Result<Vec<Value>, GraphError> {
    pages_by_links(query)?;
    let passes = |item: &Value| query.filter.as_ref().is_none_or(|filter| filter.matches(item));
    let mut chosen: Vec<Value> = items.filter(passes).collect();
    let by = places(query, &chosen);
    odata::order(&mut chosen, if by.is_empty() { &query.order } else { &by });
    Ok(chosen)
}

/// The order in which each item of a list has a place of its own: what is asked for, then when it was made, then its id.
/// Lists that never change have none.
fn places(query: &Query, items: &[Value]) -> Vec<OrderBy> {
    let changes = items.first().is_some_and(|item| item["createdDateTime"].is_string());
    let own = ["createdDateTime", "id"].map(OrderBy::ascending);
    if changes { query.order.iter().cloned().chain(own).collect() } else { Vec::new() }
}

/// One page of what was chosen. `shown` makes of an item what the client sees.
pub(super) fn page(
    call: &Call,
    query: &Query,
    context: &str,
    chosen: Vec<Value>,
    shown: impl FnMut(Value) -> Value,
) -> Result<Reply, GraphError> {
    let (count, by) = (chosen.len(), places(query, &chosen));
    let (page, next) = part(query, chosen, &by, size(query))?;
    Ok(reply(call, query, context, page.into_iter().map(shown).collect(), count, next.as_ref()))
}

/// The items of a page out of all in that order, and the mark of the next page. It names the place of the last item and
/// not how many came before: what is made or deleted between two pages neither repeats nor hides another.
pub(super) fn part(
    query: &Query,
    mut all: Vec<Value>,
    by: &[OrderBy],
    size: usize,
) -> Result<(Vec<Value>, Option<Value>), GraphError> {
    let from = match mark(query)? {
        None => 0,
        Some(_) if all.is_empty() => 0,
        Some(Value::Array(place)) if !by.is_empty() && place.len() == by.len() => {
            all.partition_point(|item| !odata::follows(item, &place, by))
        }
        Some(Value::Number(number)) if by.is_empty() => {
            number.as_u64().and_then(|number| usize::try_from(number).ok()).ok_or_else(foreign)?
        }
        Some(_) => return Err(foreign()),
    };
    let from = from.min(all.len());
    let end = from.saturating_add(size).min(all.len());
    let last = all.get(end.saturating_sub(1)).filter(|_| end < all.len());
    let next = last.map(|last| if by.is_empty() { json!(end) } else { json!(odata::place(last, by)) });
    all.truncate(end);
    Ok((all.split_off(from), next))
}

/// How many items a page has at most.
pub(super) fn size(query: &Query) -> usize {
    query.top.unwrap_or(PAGE)
}

/// A page of a list of so many items.
pub(super) fn reply(
    call: &Call,
    query: &Query,
    context: &str,
    page: Vec<Value>,
    count: usize,
    next: Option<&Value>,
) -> Reply {
    let mut reply = json!({ "@odata.context": call.context(&selected(context, query)) });
    if query.count && query.skip_token.is_none() {
        reply["@odata.count"] = json!(count);
    }
    // With `$top`, no more than it says is asked for in all of a list of Graph's directory; the rest can be paged
    // through, as Graph does.
    if let Some(mark) = next {
        reply["@odata.nextLink"] = json!(continued(call, "$skiptoken", &written(mark)));
    }
    reply["value"] = Value::Array(page);
    Reply::Ok(reply)
}

/// Where a page begins, as an address holds it.
pub(super) fn written(mark: &Value) -> String {
    URL_SAFE_NO_PAD.encode(mark.to_string())
}

/// What was written so.
pub(super) fn read(text: &str) -> Option<Value> {
    URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
}

/// Where the page begins that is asked for; the first one has no mark.
pub(super) fn mark(query: &Query) -> Result<Option<Value>, GraphError> {
    query.skip_token.as_ref().map(|token| read(token).ok_or_else(foreign)).transpose()
}

/// A token of somebody else.
pub(super) fn foreign() -> GraphError {
    GraphError::new(400, "Request_BadRequest", "The '$skiptoken' is not one that Graph gave out.")
}

/// The name of a list with the properties that are asked for.
pub(super) fn selected(context: &str, query: &Query) -> String {
    if query.select.is_empty() {
        context.to_owned()
    } else {
        format!("{context}({})", query.select.join(","))
    }
}

/// The same request as the client spells it, with this token instead of the one that it may have.
pub(super) fn continued(call: &Call, name: &str, token: &str) -> String {
    let is_token = |part: &str| {
        let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
        let name = name.strip_prefix("%24").or_else(|| name.strip_prefix('$')).unwrap_or(&name);
        name == "skiptoken" || name == "deltatoken"
    };
    let others = call.query.split('&').filter(|part| !part.is_empty() && !is_token(part));
    let query: Vec<&str> = others.collect();
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{}/{}?{}{separator}{name}={token}", call.base, call.path, query.join("&"))
}

/// The properties that are asked for.
pub(super) fn select(item: &Value, query: &Query) -> Value {
    if query.select.is_empty() { item.clone() } else { odata::select(item, &query.select) }
}
