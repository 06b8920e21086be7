//! Lists of Graph: filter, order, page by page.

use serde_json::{Value, json};

use super::call::Call;
use super::reply::{GraphError, Reply};
use crate::odata::{self, Query};

/// How many items a page has unless `$top` says so.
const PAGE: usize = 100;

/// The items of a list that pass the filter, in the order that is asked for. `$skip` and `$search` are not for these
/// lists.
pub(super) fn chosen(items: impl Iterator<Item = Value>, query: &Query) -> Result<Vec<Value>, GraphError> {
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
    let passes = |item: &Value| query.filter.as_ref().is_none_or(|filter| filter.matches(item));
    let mut chosen: Vec<Value> = items.filter(passes).collect();
    odata::order(&mut chosen, &query.order);
    Ok(chosen)
}

/// One page of what was chosen. `shown` makes of an item what the client sees.
pub(super) fn page(
    call: &Call,
    query: &Query,
    context: &str,
    chosen: Vec<Value>,
    mut shown: impl FnMut(Value) -> Value,
) -> Result<Reply, GraphError> {
    let (from, size) = place(query)?;
    let count = chosen.len();
    let page: Vec<Value> = chosen.into_iter().skip(from).take(size).map(&mut shown).collect();
    reply(call, query, context, page, count)
}

/// Where a page begins, and how many items it has at most.
pub(super) fn place(query: &Query) -> Result<(usize, usize), GraphError> {
    Ok((offset(query)?, query.top.unwrap_or(PAGE)))
}

/// A page of a list of so many items.
pub(super) fn reply(
    call: &Call,
    query: &Query,
    context: &str,
    page: Vec<Value>,
    count: usize,
) -> Result<Reply, GraphError> {
    let from = offset(query)?;
    let mut reply = json!({ "@odata.context": call.context(&selected(context, query)) });
    if query.count && from == 0 {
        reply["@odata.count"] = json!(count);
    }
    // With `$top`, no more than it says is asked for in all of a list of Graph's directory; the rest can be paged
    // through, as Graph does.
    if from + page.len() < count {
        reply["@odata.nextLink"] = json!(next(call, from + page.len()));
    }
    reply["value"] = Value::Array(page);
    Ok(Reply::Ok(reply))
}

/// The name of a list with the properties that are asked for.
pub(super) fn selected(context: &str, query: &Query) -> String {
    if query.select.is_empty() {
        context.to_owned()
    } else {
        format!("{context}({})", query.select.join(","))
    }
}

pub(super) fn offset(query: &Query) -> Result<usize, GraphError> {
    let Some(token) = &query.skip_token else { return Ok(0) };
    token.parse().map_err(|_| {
        GraphError::new(400, "Request_BadRequest", "The '$skiptoken' is not one that Graph gave out.")
    })
}

/// The same request from there on.
pub(super) fn next(call: &Call, from: usize) -> String {
    continued(call, "$skiptoken", &from.to_string())
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
