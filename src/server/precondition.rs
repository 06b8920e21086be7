//! Conditional requests (RFC 7644 §3.14, RFC 9110 §13): a write that is meant for one version of a
//! resource, and a read of what may have changed since.

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};

use super::reply::{Reply, ReplyOutcome};
use crate::scim::message::ErrorMessage;

/// True when a request depends on the version of its resource.
pub(super) fn is_conditional(headers: &HeaderMap) -> bool {
    [header::IF_MATCH, header::IF_NONE_MATCH].iter().any(|name| headers.contains_key(name))
}

/// What stands in the way of a request to a resource of this version: a 304 to a read of what the client
/// has already; `None` when nothing does.
///
/// # Errors
/// 412 when a write is meant for another version.
pub(super) fn stop(method: &Method, headers: &HeaderMap, version: &str) -> ReplyOutcome<Option<Reply>> {
    let failed = |header: &str| {
        let detail = format!("{header}: the resource has the version {version}");
        Err(ErrorMessage::plain(412, detail))
    };
    if names(headers, header::IF_MATCH, version) == Some(false) {
        return failed("If-Match");
    }
    if names(headers, header::IF_NONE_MATCH, version) == Some(true) {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return failed("If-None-Match");
        }
        let unchanged = Reply::empty(StatusCode::NOT_MODIFIED).with_header(header::ETAG, version);
        return Ok(Some(unchanged));
    }
    Ok(None)
}

/// Whether a header's list of entity tags holds this version, or is `*`; `None` without such a header.
///
/// SCIM's versions are weak and meant for If-Match all the same, so tags are compared weakly everywhere.
fn names(headers: &HeaderMap, header: HeaderName, version: &str) -> Option<bool> {
    if !headers.contains_key(&header) {
        return None;
    }
    let lists = headers.get_all(&header).iter().filter_map(|list| list.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    Some(tags.any(|tag| tag == "*" || opaque(tag) == opaque(version)))
}

/// An entity tag without the mark of a weak one.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(method: Method, header: HeaderName, value: &'static str) -> Result<Option<u16>, u16> {
        let headers = [(header, value.parse().unwrap())].into_iter().collect();
        let stop = stop(&method, &headers, "W/\"7\"");
        stop.map(|reply| reply.map(|reply| reply.status.as_u16())).map_err(|error| error.status)
    }

    #[test]
    fn writes_are_meant_for_one_version() {
        let put = |value| stopped(Method::PUT, header::IF_MATCH, value);
        for fits in ["W/\"7\"", "\"7\"", "*", "\"6\", W/\"7\""] {
            assert_eq!(put(fits), Ok(None), "{fits}");
        }
        for other in ["W/\"6\"", "7", "", "\"6\", \"8\""] {
            assert_eq!(put(other), Err(412), "{other}");
        }
        assert_eq!(stopped(Method::PATCH, header::IF_NONE_MATCH, "*"), Err(412));
        assert_eq!(stopped(Method::DELETE, header::IF_NONE_MATCH, "\"6\""), Ok(None));
    }

    #[test]
    fn reads_of_what_is_known_are_not_repeated() {
        let get = |value| stopped(Method::GET, header::IF_NONE_MATCH, value);
        assert_eq!(get("\"5\", W/\"7\""), Ok(Some(304)));
        assert_eq!(get("*"), Ok(Some(304)));
        assert_eq!(get("W/\"6\""), Ok(None));
        assert_eq!(stopped(Method::GET, header::ACCEPT, "*"), Ok(None));
    }
}
