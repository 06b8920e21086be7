//! `/auditLogs/provisioning`.

use serde_json::{Value, json};

use super::call::{Call, Version};
use super::list::{foreign, mark, part, reply, select};
use super::reply::{GraphError, Reply};
use super::types::ListOf;
use super::users::extend;
use crate::odata::{self, OrderBy};
use crate::store::LogQuery;
use crate::tenant::{LiveTenant, TenantError};

/// How many lines a page has unless `$top` says so.
const PAGE: usize = 500;

pub(super) fn list(live: &LiveTenant, call: &Call) -> Result<Reply, GraphError> {
    let query = call.options_of(ListOf::ProvisioningLog)?;
    let size = query.top.unwrap_or(PAGE);
    let object = query.filter.as_ref().and_then(|filter| filter.required("sourceIdentity/id"));
    // The log is read from its newest line on, which is the order that is asked for most: then no more is read than
    // what is shown. One line more says whether there is a next page.
    let newest_first = match query.order.as_slice() {
        [] => true,
        [by] => by.descending && by.path.to_string().eq_ignore_ascii_case("activityDateTime"),
        _ => false,
    };
    let mark = mark(&query)?;
    let before =
        mark.as_ref().filter(|_| newest_first).map(|mark| mark.as_i64().ok_or_else(foreign)).transpose()?;
    let counted = query.count && mark.is_none();
    let enough = if newest_first && !counted { size.saturating_add(1) } else { usize::MAX };
    let mut lines = Vec::new();
    live.store()
        .log(&LogQuery { object, before, ..LogQuery::default() }, |number, line| {
            let line = of_version(call.version, line);
            if query.filter.as_ref().is_none_or(|filter| filter.matches(&line)) {
                lines.push((number, line));
            }
            lines.len() < enough
        })
        .map_err(TenantError::from)?;
    let count = lines.len();
    let (page, next) = if newest_first {
        let next = lines.get(size.saturating_sub(1)).filter(|_| count > size).map(|(last, _)| json!(last));
        (lines.into_iter().take(size).map(|(_, line)| line).collect(), next)
    } else {
        let by: Vec<OrderBy> = query.order.iter().cloned().chain([OrderBy::ascending("id")]).collect();
        let mut lines: Vec<Value> = lines.into_iter().map(|(_, line)| line).collect();
        odata::order(&mut lines, &by);
        part(&query, lines, &by, size)?
    };
    let page = page.iter().map(|line| select(line, &query)).collect();
    Ok(reply(call, &query, "auditLogs/provisioning", page, count, next.as_ref()))
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
