//! What the unit tests of this room share.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::wire::{Actor, Answer, Exchange, Method, Request};

/// An exchange with a target at `base`; the query may stand in `path`.
pub(super) fn exchange(base: &str, method: Method, path: &str, step: &str, answer: Answer) -> Exchange {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut request = Request::new(Actor::Entra, method, path, step);
    request.query = query.map(str::to_owned);
    let url = format!("{base}{}", request.path_and_query());
    Exchange::new(0, SystemTime::UNIX_EPOCH, url, request, Ok(answer))
}

/// A user as a server would answer it.
pub(super) fn user(id: &str, prefix: &str, created: &str, modified: &str) -> Value {
    json!({
        "id": id,
        "userName": format!("{prefix}.ada@example.com"),
        "meta": {"resourceType": "User", "created": created, "lastModified": modified}
    })
}
