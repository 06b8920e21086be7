//! Whom a write can reach.

use serde_json::Value;

use crate::run::observer::reader;
use crate::wire::{Actor, Method, Operation, Request, ResourceKind, is_bulk};

/// Whom a write can reach.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It makes something new, or reaches nothing that belongs to anybody.
    New,
    /// These objects.
    Objects(Vec<ReachedObject>),
    /// A whole collection.
    Collection,
    /// A path that a server or a proxy may read as another one.
    Unclear,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ReachedObject {
    /// Where it can be read.
    pub path: String,
    /// Under what it is known, if it is a user or a group.
    pub key: Option<(ResourceKind, String)>,
}

impl Reach {
    pub(super) fn of(request: &Request) -> Reach {
        match is_bulk(request) {
            true => Reach::of_bulk(request),
            false => Reach::of_path(request.method, &request.path),
        }
    }

    fn of_path(method: Method, path: &str) -> Reach {
        let path = path.trim_end_matches('/');
        let mut parts = path.trim_start_matches('/').split('/');
        let endpoint = parts.next().unwrap_or("");
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(endpoint));
        let below = parts.next().is_some();
        // On its way a server or a proxy may resolve dots and doubled slashes, and the write would reach another
        // resource.
        // So it would if a part of the id were read as a query.
        let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        if decoded.trim_start_matches('/').split(['/', '\\']).any(|part| ["", ".", ".."].contains(&part))
            || path.contains(['?', '#'])
            || (below && reads_otherwise(&decoded))
        {
            return Reach::Unclear;
        }
        // There is one of each, and no server lets them be written (RFC 7644 §4).
        if is(&["ServiceProviderConfig", "ResourceTypes", "Schemas"]) {
            return Reach::New;
        }
        match (below, method) {
            (true, _) => {
                let operation = Operation::of(&Request::new(Actor::Probe, Method::Get, path, ""));
                let key = operation.kind().zip(operation.id().map(str::to_owned));
                Reach::Objects(vec![ReachedObject { path: path.to_owned(), key }])
            }
            (false, Method::Post) if !is(&["Me"]) => Reach::New,
            // `/Me` is the owner of the token.
            (false, _) if is(&["Me"]) => {
                Reach::Objects(vec![ReachedObject { path: path.to_owned(), key: None }])
            }
            (false, _) => Reach::Collection,
        }
    }

    /// Bulk (RFC 7644 §3.7): each operation reaches what it would reach on its own. A body that is
    /// not JSON reaches nothing.
    fn of_bulk(request: &Request) -> Reach {
        let body = request.json().unwrap_or_default();
        let operations =
            reader::member(&body, "Operations").and_then(Value::as_array).cloned().unwrap_or_default();
        let bulk_ids: Vec<&str> = operations.iter().map(|operation| text(operation, "bulkId")).collect();
        let mut objects = Vec::new();
        for operation in &operations {
            let path = text(operation, "path");
            // An object of the same request has no id yet.
            let reference = path.rsplit('/').next().and_then(|last| last.strip_prefix("bulkId:"));
            if reference.is_some_and(|name| bulk_ids.contains(&name)) {
                continue;
            }
            let method = text(operation, "method").to_ascii_uppercase().parse().unwrap_or(Method::Delete);
            match Reach::of_path(method, path) {
                Reach::New => {}
                Reach::Objects(found) => objects.extend(found),
                whole @ (Reach::Collection | Reach::Unclear) => return whole,
            }
        }
        if objects.is_empty() { Reach::New } else { Reach::Objects(objects) }
    }
}

/// What a POST to a single user or group may have made.
pub(in crate::run) fn posted_to(request: &Request) -> Option<ResourceKind> {
    let below = |kind: &ResourceKind| {
        let rest = request.path.strip_prefix(kind.endpoint())?.strip_prefix('/')?;
        Some(!rest.is_empty() && rest != ".search")
    };
    (request.method == Method::Post).then_some(())?;
    [ResourceKind::User, ResourceKind::Group].into_iter().find(|kind| below(kind) == Some(true))
}

/// An id in which a server or a proxy may see something else than an id: a query, parameters of a segment (RFC 3986
/// §3.3), what is cut off, or one of these when it is decoded once more.
fn reads_otherwise(path: &str) -> bool {
    let id = path.trim_start_matches('/').split_once('/').map_or("", |(_, id)| id);
    let is_odd =
        |id: &str| id.contains(['?', '#', ';', '\\']) || id.contains(char::is_control) || id.trim() != id;
    let again = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
    is_odd(id) || is_odd(&again) || (again.contains('/') && !id.contains('/'))
}

fn text<'a>(operation: &'a Value, name: &str) -> &'a str {
    reader::member(operation, name).and_then(Value::as_str).unwrap_or("")
}
