//! What a command is about: `users/ID`, `/Users/ID`, `ServiceProviderConfig`, or the URL of a resource.

use crate::cli::failure::CommandFailure;
use crate::diagnostic::closest;
use crate::http::TenantUrl;
use crate::run::observer::resource_path;
use crate::run::target::guard::is_read_differently;
use crate::wire::{Actor, Method, Operation, Request, ResourceKind};

/// The endpoints of RFC 7644 §3.2 that can be read.
const ENDPOINTS: [&str; 6] = ["Users", "Groups", "ServiceProviderConfig", "Schemas", "ResourceTypes", "Me"];

/// A path below the base URL, percent-encoded, and its query.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub path: String,
    pub query: Option<String>,
}

impl Address {
    /// Reads what was typed. What begins with a slash, or with the target's URL, is taken as it is.
    pub fn read(typed: &str, url: &TenantUrl) -> Result<Self, CommandFailure> {
        let below = typed.strip_prefix(url.base()).unwrap_or(typed);
        if below.starts_with("http://") || below.starts_with("https://") {
            return Err(CommandFailure::usage(
                format!("the URL is not below the target {}", url.base()),
                "name that server with --target, and what to ask for as users/ID",
            ));
        }
        let (path, query) = match below.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (below, None),
        };
        let written = path.trim_start_matches('/');
        let (first, rest) =
            written.split_once('/').map_or((written, None), |(first, rest)| (first, Some(rest)));
        let known = ENDPOINTS.into_iter().find(|known| is_called(known, first));
        let path = match (known, rest.filter(|rest| !rest.is_empty())) {
            (Some(endpoint), None) => format!("/{endpoint}"),
            (Some(endpoint), Some(id)) if path.starts_with('/') => format!("/{endpoint}/{id}"),
            (Some("Users"), Some(id)) => resource_path(ResourceKind::User, id),
            (Some("Groups"), Some(id)) => resource_path(ResourceKind::Group, id),
            (Some(endpoint), Some(id)) => format!("/{endpoint}/{id}"),
            (None, _) if path.starts_with('/') && path.len() > 1 => path.to_owned(),
            (None, _) => return Err(unknown(first)),
        };
        Ok(Address { path, query })
    }

    /// Reads the address of one user or group, for a command that changes it.
    pub fn object(typed: &str, url: &TenantUrl) -> Result<(ResourceKind, String), CommandFailure> {
        let address = Address::read(typed, url)?;
        let operation = Operation::of(&Request::new(Actor::Entra, Method::Get, &address.path, ""));
        let (Operation::Read(kind, id), None) = (operation, &address.query) else {
            return Err(CommandFailure::usage(
                format!("`{typed}` does not name one user or group"),
                "write users/ID or groups/ID; `scimulate find users FILTER` shows the ids",
            ));
        };
        if is_read_differently(&resource_path(kind, &id)) {
            return Err(CommandFailure::usage(
                format!(
                    "the id in `{typed}` contains a slash, dots, a question mark or another character that is read as none of an id"
                ),
                "servers and proxies read such a path differently, so scimulate does not write to it",
            ));
        }
        Ok((kind, id))
    }
}

/// `users/7`: how an object is named on the command line.
pub(super) fn named(kind: ResourceKind, id: &str) -> String {
    format!("{}/{id}", kind.endpoint().trim_start_matches('/').to_ascii_lowercase())
}

/// `--kind`-like arguments: users or groups, also in the singular.
pub(super) fn kind(text: &str) -> Result<ResourceKind, String> {
    let kinds = [ResourceKind::User, ResourceKind::Group];
    let found = kinds.into_iter().find(|kind| is_called(kind.endpoint().trim_start_matches('/'), text));
    found.ok_or_else(|| {
        let near = closest(text, ["users", "groups"]);
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("`{text}` is neither users nor groups{near}")
    })
}

fn is_called(endpoint: &str, text: &str) -> bool {
    let plural = endpoint.eq_ignore_ascii_case(text);
    plural || (["Users", "Groups"].contains(&endpoint) && endpoint.eq_ignore_ascii_case(&format!("{text}s")))
}

fn unknown(first: &str) -> CommandFailure {
    let next = match closest(first, ENDPOINTS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write users/ID, groups/ID, ServiceProviderConfig, Schemas or ResourceTypes; a path of your own begins \
                 with a slash"
            .to_owned(),
    };
    CommandFailure::usage(format!("`{first}` is not an endpoint of SCIM"), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> TenantUrl {
        TenantUrl::parse("https://api.example.com/scim").unwrap()
    }

    fn path(typed: &str) -> String {
        Address::read(typed, &url()).unwrap().path
    }

    #[test]
    fn an_object_is_named_in_every_usual_way() {
        for typed in ["users/7", "user/7", "/Users/7", "Users/7", "https://api.example.com/scim/Users/7"] {
            assert_eq!(path(typed), "/Users/7", "{typed}");
            assert_eq!(Address::object(typed, &url()).unwrap(), (ResourceKind::User, "7".to_owned()));
        }
        assert_eq!(path("serviceproviderconfig"), "/ServiceProviderConfig");
        assert_eq!(path("Schemas/urn:x:1.0"), "/Schemas/urn:x:1.0");
        assert_eq!(path("/Devices/1"), "/Devices/1");
        assert_eq!(path("users/a b"), "/Users/a%20b");
        assert_eq!(Address::object("/Users/a%20b", &url()).unwrap().1, "a b");
    }

    #[test]
    fn what_names_no_object_is_told() {
        for (typed, what) in [
            ("usrs/7", "did you mean `Users`?"),
            ("devices/7", "begins with a slash"),
            ("https://other.example.com/Users/7", "not below the target"),
        ] {
            let failure = Address::read(typed, &url()).unwrap_err().render(false);
            assert!(failure.contains(what), "{failure}");
        }
        for typed in ["users", "/Users", "Schemas/urn:x", "/Users/7?x=1"] {
            let failure = Address::object(typed, &url()).unwrap_err().render(false);
            assert!(failure.contains("does not name one user or group"), "{failure}");
        }
        let failure = Address::object("users/..", &url()).unwrap_err().render(false);
        assert!(failure.contains("does not write to it"), "{failure}");
    }

    #[test]
    fn kinds_are_read_in_singular_and_plural() {
        assert_eq!(kind("user"), Ok(ResourceKind::User));
        assert_eq!(kind("Groups"), Ok(ResourceKind::Group));
        assert!(kind("usrs").unwrap_err().contains("did you mean `users`?"));
        assert_eq!(named(ResourceKind::Group, "7"), "groups/7");
    }
}
