//! `/auditLogs/provisioning`.

use serde_json::{Value, json};

use super::call::{Call, Version};
use super::list::{next, offset, select};
use super::reply::{GraphError, Reply};
use super::users::extend;
use crate::odata::{self, Query};
use crate::store::LogQuery;
use crate::tenant::{LiveTenant, TenantError};

/// How many lines a page has unless `$top` says so.
const PAGE: usize = 500;

pub(super) fn list(live: &LiveTenant, call: &Call) -> Result<Reply, GraphError> {
    let query = call.options()?;
    let size = query.top.unwrap_or(PAGE);
    let from = offset(&query)?;
    let context = "auditLogs/provisioning";
    let mut lines = Vec::new();
    let object = query.filter.as_ref().and_then(|filter| filter.required("sourceIdentity/id"));
    let wanted = LogQuery { object, ..LogQuery::default() };
    // The log is read from its newest line on, which is the order that is asked for most: then no more is read than
    // what is shown. One line more says whether there is a next page.
    let newest_first = match query.order.as_slice() {
        [] => true,
        [by] => by.descending && by.path.to_string().eq_ignore_ascii_case("activityDateTime"),
        _ => false,
    };
    let enough = if newest_first && !query.count { from + size + 1 } else { usize::MAX };
    live.store()
        .log(&wanted, |_, line| {
            let line = of_version(call.version, line);
            if query.filter.as_ref().is_none_or(|filter| filter.matches(&line)) {
                lines.push(line);
            }
            lines.len() < enough
        })
        .map_err(TenantError::from)?;
    if !newest_first {
        odata::order(&mut lines, &query.order);
    }
    shown(call, &query, context, lines, from, size)
}

fn shown(
    call: &Call,
    query: &Query,
    context: &str,
    lines: Vec<Value>,
    from: usize,
    size: usize,
) -> Result<Reply, GraphError> {
    let count = lines.len();
    let page: Vec<Value> = lines.into_iter().skip(from).take(size).map(|line| select(&line, query)).collect();
    let mut reply = json!({ "@odata.context": call.context(context) });
    if query.count && from == 0 {
        reply["@odata.count"] = json!(count);
    }
    if from + page.len() < count {
        reply["@odata.nextLink"] = json!(next(call, from + page.len()));
    }
    reply["value"] = Value::Array(page);
    Ok(Reply::Ok(reply))
}

pub(super) fn single(live: &LiveTenant, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let mut found = None;
    live.store()
        .log(&LogQuery::default(), |_, line| {
            let is_it = line["id"].as_str() == Some(id);
            if is_it {
                found = Some(line);
            }
            !is_it
        })
        .map_err(TenantError::from)?;
    let line = found.ok_or_else(|| GraphError::not_found(id))?;
    let mut object = json!({ "@odata.context": call.context("auditLogs/provisioning/$entity") });
    extend(&mut object, select(&of_version(call.version, line), &call.options()?));
    Ok(Reply::Ok(object))
}

/// Beta has the older names beside those of v1.0.
fn of_version(version: Version, mut line: Value) -> Value {
    if version == Version::Beta {
        line["action"] = line["provisioningAction"].clone();
        let info = &line["provisioningStatusInfo"];
        let error = &info["errorInformation"];
        line["statusInfo"] = json!({
            "status": info["status"], "errorCode": error["errorCode"], "reason": error["reason"],
            "additionalDetails": error["additionalDetails"], "errorCategory": error["errorCategory"],
            "recommendedAction": error["recommendedAction"],
        });
    }
    line
}
