//! `/users` and what stands below a user.

use std::collections::BinaryHeap;

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, reference};
use super::groups::all_members;
use super::list::{chosen, foreign, mark, page, reply, selected, size};
use super::reply::{GraphError, Reply};
use super::types::ListOf;
use super::{assignments, shapes};
use crate::entra::directory::{ObjectId, ObjectKind, User};
use crate::odata::Query;
use crate::tenant::{Found, LiveTenant, TenantError};

/// When an object was made, and its id: no two have the same place.
type Place = (Timestamp, ObjectId);

pub(super) fn all(live: &LiveTenant, call: &Call) -> Result<Reply, GraphError> {
    match call.method {
        Method::GET => list(live, call, ObjectKind::User),
        Method::POST => {
            let found = live.create_user(&call.object()?)?;
            created(call, "users", &found)
        }
        _ => Err(not_allowed(call)),
    }
}

/// Who is asked for: `users('x')` as well as `users(userPrincipalName='x')`.
pub(super) fn key(asked: &str) -> &str {
    let named = asked.split_once('=').filter(|(name, _)| {
        name.eq_ignore_ascii_case("userPrincipalName") || name.eq_ignore_ascii_case("id")
    });
    named.map_or(asked, |(_, value)| value)
}

/// 201 with the new object.
pub(super) fn created(call: &Call, set: &str, found: &Found) -> Result<Reply, GraphError> {
    let mut object = json!({ "@odata.context": call.context(&format!("{set}/$entity")) });
    extend(&mut object, shapes::object(call, &Query::default(), found));
    Ok(Reply::Created(object, format!("{}/{set}/{}", call.base, found.0)))
}

pub(super) fn extend(object: &mut Value, with: Value) {
    if let (Value::Object(object), Value::Object(with)) = (object, with) {
        object.extend(with);
    }
}

pub(super) fn not_allowed(call: &Call) -> GraphError {
    let message = format!("Specified HTTP method is not allowed for the request target: {}.", call.method);
    GraphError::new(405, "Request_BadRequest", message)
}

/// Users or groups.
pub(super) fn list(live: &LiveTenant, call: &Call, kind: ObjectKind) -> Result<Reply, GraphError> {
    let query = call.options_of(ListOf::Objects(kind))?;
    let by_id = |name| query.filter.as_ref().and_then(|filter| filter.required(name)).map(str::to_owned);
    // One that is named is found without looking at the others.
    let named = by_id("id").or_else(|| by_id("userPrincipalName").filter(|_| kind == ObjectKind::User));
    if let Some(named) = named {
        let found: Vec<Found> = live.object(Some(kind), &named, false).ok().into_iter().collect();
        return related_of(live, call, &query, set(kind), &found, false);
    }
    show(live, call, &query, kind, false)
}

fn set(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
    }
}

/// A page of all users or groups, those in the recycle bin or the others. Of many thousands no more are copied than are
/// shown.
pub(super) fn show(
    live: &LiveTenant,
    call: &Call,
    query: &Query,
    kind: ObjectKind,
    deleted: bool,
) -> Result<Reply, GraphError> {
    if query.filter.is_none() && query.order.is_empty() {
        chosen(std::iter::empty(), query)?;
        return unfiltered(live, call, query, kind, deleted);
    }
    let mut passed = Vec::new();
    live.visit(kind, deleted, |id, record| {
        let item = shapes::lean(id, record);
        if query.filter.as_ref().is_none_or(|filter| filter.matches(&item)) {
            passed.push(item);
        }
    });
    let chosen = chosen(passed.into_iter(), query)?;
    page(call, query, set(kind), chosen, |item| {
        let id = item["id"].as_str().unwrap_or_default();
        // Whoever is gone meanwhile is shown as they were found.
        let found = live.object(Some(kind), id, deleted);
        found.map_or(item.clone(), |found| expanded(live, call, query, &found))
    })
}

/// A page of all users or groups, in the order they were made.
fn unfiltered(
    live: &LiveTenant,
    call: &Call,
    query: &Query,
    kind: ObjectKind,
    deleted: bool,
) -> Result<Reply, GraphError> {
    let after: Option<Place> = match mark(query)? {
        None => None,
        Some(mark) => Some(serde_json::from_value(mark).map_err(|_| foreign())?),
    };
    let size = size(query);
    // The first of those that come after, the last of them on top.
    let mut page: BinaryHeap<Place> = BinaryHeap::new();
    let (mut count, mut left) = (0, 0);
    live.visit(kind, deleted, |id, record| {
        count += 1;
        let later_than = |place: &Place| (record.created, id) > (place.0, &place.1);
        if after.as_ref().is_some_and(|after| !later_than(after)) {
            return;
        }
        left += 1;
        if page.len() < size || page.peek().is_some_and(|last| !later_than(last)) {
            page.push((record.created, id.clone()));
        }
        if page.len() > size {
            page.pop();
        }
    });
    let page = page.into_sorted_vec();
    let next = page.last().filter(|_| left > page.len()).map(|last| json!(last));
    let found = page.iter().filter_map(|(_, id)| live.object(Some(kind), id.as_str(), deleted).ok());
    let found = found.map(|found| expanded(live, call, query, &found)).collect();
    Ok(reply(call, query, set(kind), found, count, next.as_ref()))
}

/// A page of these objects.
fn related_of(
    live: &LiveTenant,
    call: &Call,
    query: &Query,
    context: &str,
    objects: &[Found],
    mixed: bool,
) -> Result<Reply, GraphError> {
    let chosen = chosen(objects.iter().map(|(id, record)| shapes::lean(id, record)), query)?;
    page(call, query, context, chosen, |item| {
        let found = objects.iter().find(|(id, _)| item["id"] == id.as_str());
        found.map_or(Value::Null, |found| {
            let object = expanded(live, call, query, found);
            if mixed { shapes::typed(found.1.kind, object) } else { object }
        })
    })
}

/// A user or group with what is to be expanded.
pub(super) fn expanded(live: &LiveTenant, call: &Call, query: &Query, found: &Found) -> Value {
    let mut object = shapes::object(call, query, found);
    for expansion in &query.expand {
        let inner = Query { select: expansion.select.clone(), ..Query::default() };
        let related = match related_to(live, &found.0, &expansion.name) {
            Related::One(other) => {
                other.map(|other| shapes::typed(other.1.kind, shapes::object(call, &inner, &other)))
            }
            Related::Many(others) => Some(Value::Array(
                others
                    .iter()
                    .take(expansion.top.unwrap_or(20))
                    .map(|other| shapes::typed(other.1.kind, shapes::object(call, &inner, other)))
                    .collect(),
            )),
        };
        if let Some(related) = related {
            object[expansion.name.as_str()] = related;
        }
    }
    object
}

/// What stands in a relationship to an object.
enum Related {
    One(Option<Found>),
    Many(Vec<Found>),
}

fn related_to(live: &LiveTenant, id: &ObjectId, name: &str) -> Related {
    Related::Many(match name.to_ascii_lowercase().as_str() {
        "manager" => return Related::One(manager(live, id)),
        "members" => members(live, id),
        "transitivemembers" => all_members(live, id),
        "memberof" => holders(live, id, false),
        "transitivememberof" => holders(live, id, true),
        "directreports" => reports(live, id),
        _ => Vec::new(),
    })
}

fn manager(live: &LiveTenant, id: &ObjectId) -> Option<Found> {
    let directory = live.directory();
    let manager = directory.user(id).and_then(User::manager)?;
    live.object(Some(ObjectKind::User), manager.as_str(), false).ok()
}

/// The immediate members of a group that are not in the recycle bin.
pub(super) fn members(live: &LiveTenant, group: &ObjectId) -> Vec<Found> {
    let directory = live.directory();
    let members = directory.group(group).map(|group| group.members().clone()).unwrap_or_default();
    members.iter().filter_map(|member| live.object(None, member.as_str(), false).ok()).collect()
}

/// Whom somebody manages.
fn reports(live: &LiveTenant, id: &ObjectId) -> Vec<Found> {
    let directory = live.directory();
    let reports = directory.users().filter(|user| user.manager() == Some(id));
    reports.filter_map(|user| live.object(None, user.id().as_str(), false).ok()).collect()
}

/// One object.
pub(super) fn read(live: &LiveTenant, call: &Call, found: &Found) -> Result<Reply, GraphError> {
    let query = call.options_of(ListOf::Objects(found.1.kind))?;
    let set = set(found.1.kind);
    let mut object = json!({ "@odata.context": call.context(&format!("{}/$entity", selected(set, &query))) });
    extend(&mut object, expanded(live, call, &query, found));
    Ok(Reply::Ok(object))
}

/// One user or group.
pub(super) fn one(
    live: &LiveTenant,
    call: &Call,
    kind: ObjectKind,
    asked: &str,
) -> Result<Reply, GraphError> {
    match call.method {
        Method::GET => read(live, call, &live.object(Some(kind), asked, false)?),
        Method::PATCH => {
            live.update(kind, asked, &call.object()?)?;
            if call.prefers("return=representation") {
                return read(live, call, &live.object(Some(kind), asked, false)?);
            }
            Ok(Reply::Nothing)
        }
        Method::DELETE => {
            live.delete(kind, asked)?;
            Ok(Reply::Nothing)
        }
        _ => Err(not_allowed(call)),
    }
}

/// What stands below a user.
pub(super) fn below(live: &LiveTenant, call: &Call, asked: &str, rest: &[&str]) -> Result<Reply, GraphError> {
    let found = live.object(Some(ObjectKind::User), asked, false)?;
    let id = found.0.as_str();
    match (&call.method, rest) {
        (&Method::GET, ["manager"]) => {
            let Some(manager) = manager(live, &found.0) else { return Err(GraphError::not_found("manager")) };
            let query = call.options()?;
            let mut object = json!({ "@odata.context": call.context("directoryObjects/$entity") });
            let manager = shapes::typed(ObjectKind::User, shapes::object(call, &query, &manager));
            extend(&mut object, manager);
            Ok(Reply::Ok(object))
        }
        (&Method::GET, ["manager", "$ref"]) => {
            let Some(manager) = manager(live, &found.0) else { return Err(GraphError::not_found("manager")) };
            let url = format!("{}/users/{}", call.base, manager.0);
            Ok(Reply::Ok(json!({ "@odata.context": call.context("$ref"), "@odata.id": url })))
        }
        (&Method::PUT, ["manager", "$ref"]) => {
            live.set_manager(id, Some(&call.reference()?))?;
            Ok(Reply::Nothing)
        }
        (&Method::DELETE, ["manager", "$ref"]) => {
            if manager(live, &found.0).is_none() {
                return Err(GraphError::not_found("manager"));
            }
            live.set_manager(id, None)?;
            Ok(Reply::Nothing)
        }
        (&Method::GET, ["memberof" | "transitivememberof", cast @ ..]) => {
            let groups = holders(live, &found.0, rest[0] == "transitivememberof");
            related(live, call, groups, cast)
        }
        (&Method::GET, ["directreports", cast @ ..]) => related(live, call, reports(live, &found.0), cast),
        (&Method::POST, ["getmemberobjects" | "getmembergroups"]) => {
            let groups = holders(live, &found.0, true);
            let ids: Vec<&ObjectId> = groups.iter().map(|(id, _)| id).collect();
            Ok(Reply::Ok(json!({ "@odata.context": call.context("Collection(Edm.String)"), "value": ids })))
        }
        (&Method::POST, ["checkmembergroups"]) => {
            let body = call.object()?;
            let asked: Vec<&str> = body
                .get("groupIds")
                .and_then(Value::as_array)
                .map_or_else(Vec::new, |ids| ids.iter().filter_map(Value::as_str).collect());
            let groups = holders(live, &found.0, true);
            let of = |id: &&&str| groups.iter().any(|(known, _)| known.as_str().eq_ignore_ascii_case(id));
            let ids: Vec<&&str> = asked.iter().filter(of).collect();
            Ok(Reply::Ok(json!({ "@odata.context": call.context("Collection(Edm.String)"), "value": ids })))
        }
        (_, ["approleassignments", rest @ ..]) => assignments::of_principal(live, call, &found.0, rest),
        _ => Err(GraphError::not_implemented(&format!("'{}' below a user", rest.join("/")))),
    }
}

/// Objects of several types, or of one that is cast to.
pub(super) fn related(
    live: &LiveTenant,
    call: &Call,
    objects: Vec<Found>,
    cast: &[&str],
) -> Result<Reply, GraphError> {
    let (cast, counted) = match cast {
        [rest @ .., "$count"] => (rest, true),
        rest => (rest, false),
    };
    let kind = match cast {
        [] => None,
        ["user"] => Some(ObjectKind::User),
        ["group"] => Some(ObjectKind::Group),
        [other, ..] => return Err(GraphError::not_implemented(&format!("'{other}' in this place"))),
    };
    let query = call.options_of(kind.map_or(ListOf::Mixed, ListOf::Objects))?;
    let objects: Vec<Found> =
        objects.into_iter().filter(|(_, record)| kind.is_none_or(|kind| record.kind == kind)).collect();
    if counted {
        let items = objects.iter().map(|(id, record)| shapes::lean(id, record));
        return Ok(Reply::Count(chosen(items, &query)?.len()));
    }
    related_of(live, call, &query, kind.map_or("directoryObjects", set), &objects, true)
}

/// The groups that somebody is in: immediately, or through other groups too.
pub(super) fn holders(live: &LiveTenant, id: &ObjectId, transitive: bool) -> Vec<Found> {
    let directory = live.directory();
    let mut found: Vec<ObjectId> = Vec::new();
    let mut looked_at = vec![id.clone()];
    while let Some(member) = looked_at.pop() {
        for group in directory.groups().filter(|group| group.members().contains(&member)) {
            if !found.contains(group.id()) {
                found.push(group.id().clone());
                if transitive {
                    looked_at.push(group.id().clone());
                }
            }
        }
    }
    found.iter().filter_map(|id| live.object(None, id.as_str(), false).ok()).collect()
}

/// Ids of the URLs in `…@odata.bind`.
pub(super) fn bound(body: &serde_json::Map<String, Value>, name: &str) -> Result<Vec<String>, GraphError> {
    match body.get(&format!("{name}@odata.bind")) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(urls)) => urls.iter().map(reference).collect(),
        Some(_) => Err(TenantError::Invalid(format!("'{name}@odata.bind' takes a list of URLs.")).into()),
    }
}
