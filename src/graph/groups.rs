//! `/groups` and what stands below a group.

use axum::http::Method;

use super::assignments;
use super::call::Call;
use super::reply::{GraphError, Reply};
use super::users::{bound, created, holders, list, members, not_allowed, one, related};
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::tenant::{Found, LiveTenant};

/// A PATCH adds so many members at most (Graph: group-post-members).
const MOST_BOUND: usize = 20;

pub(super) fn all(live: &LiveTenant, call: &Call) -> Result<Reply, GraphError> {
    match call.method {
        Method::GET => list(live, call, ObjectKind::Group),
        Method::POST => {
            let mut body = call.object()?;
            let members = bound(&body, "members")?;
            bound(&body, "owners")?;
            body.retain(|name, _| !name.ends_with("@odata.bind"));
            created(call, "groups", &live.create_group(&body, &members)?)
        }
        _ => Err(not_allowed(call)),
    }
}

pub(super) fn single(live: &LiveTenant, call: &Call, asked: &str) -> Result<Reply, GraphError> {
    if call.method != Method::PATCH {
        return one(live, call, ObjectKind::Group, asked);
    }
    let members = bound(&call.object()?, "members")?;
    if members.len() > MOST_BOUND {
        let message = format!("A request adds {MOST_BOUND} members at most; this one has {}.", members.len());
        return Err(GraphError::bad_request(message));
    }
    if !members.is_empty() {
        live.add_members(asked, &members)?;
    }
    one(live, call, ObjectKind::Group, asked)
}

pub(super) fn below(live: &LiveTenant, call: &Call, asked: &str, rest: &[&str]) -> Result<Reply, GraphError> {
    let (id, _) = live.object(Some(ObjectKind::Group), asked, false)?;
    match (&call.method, rest) {
        (&Method::POST, ["members", "$ref"]) => {
            live.add_members(asked, &[call.reference()?])?;
            Ok(Reply::Nothing)
        }
        (&Method::DELETE, ["members", member, "$ref"]) => {
            live.remove_member(asked, member)?;
            Ok(Reply::Nothing)
        }
        (&Method::GET, ["members", cast @ ..]) => related(live, call, members(live, &id), cast),
        (&Method::GET, ["transitivemembers", cast @ ..]) => related(live, call, all_members(live, &id), cast),
        (&Method::GET, ["memberof" | "transitivememberof", cast @ ..]) => {
            related(live, call, holders(live, &id, rest[0] == "transitivememberof"), cast)
        }
        (&Method::GET, ["owners"]) => related(live, call, Vec::new(), &[]),
        (_, ["approleassignments", rest @ ..]) => assignments::of_principal(live, call, &id, rest),
        _ => Err(GraphError::not_implemented(&format!("'{}' below a group", rest.join("/")))),
    }
}

/// Members at every level, each once, groups among them.
pub(super) fn all_members(live: &LiveTenant, group: &ObjectId) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut open = vec![group.clone()];
    while let Some(next) = open.pop() {
        for member in members(live, &next) {
            if found.iter().all(|(id, _)| *id != member.0) && member.0 != *group {
                if member.1.kind == ObjectKind::Group {
                    open.push(member.0.clone());
                }
                found.push(member);
            }
        }
    }
    found
}
