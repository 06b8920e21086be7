//! Faults of versions: ETags and conditional requests.

use axum::http::{HeaderValue, Method, header};

use super::context::{Effect, deleted, read};
use super::fault::faults;
use super::identity::each_meta;
use crate::server::call::ServerRequest;

faults! {
    /// ServiceProviderConfig advertises ETags, but answers have neither the header nor `meta.version`.
    ETAGS_MISSING = "etags-missing", Drop, etags_missing;
    /// A read ignores If-None-Match and always returns the whole resource.
    IF_NONE_MATCH_IGNORED = "if-none-match-ignored", Named, if_none_match_ignored;
    /// PUT and PATCH ignore an If-Match that names an older version.
    IF_MATCH_IGNORED = "if-match-ignored", Named, if_match_ignored;
    /// `If-Match: *` matches no version.
    IF_MATCH_STAR_REFUSED = "if-match-star-refused", Named, if_match_star_refused;
    /// DELETE ignores an If-Match that names an older version.
    DELETE_IGNORES_IF_MATCH = "delete-ignores-if-match", Named, delete_ignores_if_match;
    /// The version of a resource never changes.
    VERSION_NEVER_CHANGES = "version-never-changes", Stale, version_never_changes;
}

/// The only version of a server that knows no changes.
const ONLY: HeaderValue = HeaderValue::from_static("W/\"1\"");

fn etags_missing() -> Effect {
    Effect::after(|_, reply, _| {
        reply.headers.remove(header::ETAG);
        each_meta(reply, |meta| {
            meta.shift_remove("version");
        });
    })
}

fn if_none_match_ignored() -> Effect {
    Effect::before(|call, _| {
        if read(call).is_some() {
            call.headers.remove(header::IF_NONE_MATCH);
        }
        None
    })
}

fn if_match_ignored() -> Effect {
    Effect::before(|call, _| {
        if matches!(call.method, Method::PUT | Method::PATCH) {
            call.headers.remove(header::IF_MATCH);
        }
        None
    })
}

fn delete_ignores_if_match() -> Effect {
    Effect::before(|call, _| {
        if deleted(call).is_some() {
            call.headers.remove(header::IF_MATCH);
        }
        None
    })
}

fn if_match_star_refused() -> Effect {
    Effect::before(|call, _| {
        // As an entity tag, which no resource has.
        if call.headers.get(header::IF_MATCH).is_some_and(|value| value == "*") {
            call.headers.insert(header::IF_MATCH, HeaderValue::from_static("W/\"*\""));
        }
        None
    })
}

fn version_never_changes() -> Effect {
    /// Reads the only version as any.
    fn widen(call: &mut ServerRequest) {
        for name in [header::IF_MATCH, header::IF_NONE_MATCH] {
            if call.headers.get(&name) == Some(&ONLY) {
                call.headers.insert(name, HeaderValue::from_static("*"));
            }
        }
    }
    Effect::both(
        |call, _| {
            widen(call);
            None
        },
        |_, reply, _| {
            if let Some(version) = reply.headers.get_mut(header::ETAG) {
                *version = ONLY;
            }
            each_meta(reply, |meta| {
                if let Some(version) = meta.get_mut("version") {
                    *version = "W/\"1\"".into();
                }
            });
        },
    )
}
