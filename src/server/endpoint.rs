//! What a path below the base path stands for (RFC 7644 §3.2).

use axum::http::Method;

use super::model::ServedKind;

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// The base path: a query across resource types.
    Root,
    /// `.search`, below a resource type or across all.
    Search(Option<ServedKind>),
    /// `/Users`, `/Groups`
    Collection(ServedKind),
    /// `/Users/{id}`, `/Groups/{id}`
    Resource(ServedKind, String),
    /// `/ServiceProviderConfig`
    Config,
    /// `/ResourceTypes`, `/ResourceTypes/{name}`
    ResourceTypes(Option<String>),
    /// `/Schemas`, `/Schemas/{urn}`
    Schemas(Option<String>),
    /// `/Bulk`
    Bulk,
    /// Endpoints of the RFC that this server does not serve: `/Me`.
    Unserved(String),
    /// Nothing.
    Nowhere,
}

impl Endpoint {
    /// Reads the decoded segments below the base path. Endpoint names are case-sensitive.
    pub(super) fn of(segments: Option<&[String]>) -> Self {
        let Some(segments) = segments else { return Endpoint::Nowhere };
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Endpoint::Root,
            [".search"] => Endpoint::Search(None),
            ["ServiceProviderConfig"] => Endpoint::Config,
            ["ResourceTypes"] => Endpoint::ResourceTypes(None),
            ["ResourceTypes", name] => Endpoint::ResourceTypes(Some((*name).to_owned())),
            ["Schemas"] => Endpoint::Schemas(None),
            ["Schemas", urn] => Endpoint::Schemas(Some((*urn).to_owned())),
            ["Bulk"] => Endpoint::Bulk,
            ["Me", ..] => Endpoint::Unserved("/Me".to_owned()),
            [endpoint] => ServedKind::at(endpoint).map_or(Endpoint::Nowhere, Endpoint::Collection),
            [endpoint, ".search"] => {
                ServedKind::at(endpoint).map_or(Endpoint::Nowhere, |kind| Endpoint::Search(Some(kind)))
            }
            [endpoint, id] => ServedKind::at(endpoint)
                .map_or(Endpoint::Nowhere, |kind| Endpoint::Resource(kind, (*id).to_owned())),
            _ => Endpoint::Nowhere,
        }
    }

    /// The methods served here.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Endpoint::Root | Endpoint::Config | Endpoint::ResourceTypes(_) | Endpoint::Schemas(_) => {
                &[Method::GET, Method::HEAD]
            }
            Endpoint::Search(_) | Endpoint::Bulk => &[Method::POST],
            Endpoint::Collection(_) => &[Method::GET, Method::HEAD, Method::POST],
            Endpoint::Resource(..) => {
                &[Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE]
            }
            Endpoint::Unserved(_) | Endpoint::Nowhere => &[],
        }
    }

    /// True for what a server says of itself.
    pub(super) fn is_discovery(&self) -> bool {
        matches!(self, Endpoint::Config | Endpoint::ResourceTypes(_) | Endpoint::Schemas(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Endpoint {
        let segments: Vec<String> = path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect();
        Endpoint::of(Some(&segments))
    }

    #[test]
    fn paths_are_read() {
        assert_eq!(of("Users"), Endpoint::Collection(ServedKind::User));
        assert_eq!(of("Users/.search"), Endpoint::Search(Some(ServedKind::User)));
        assert_eq!(of(".search"), Endpoint::Search(None));
        assert_eq!(of("Groups/7"), Endpoint::Resource(ServedKind::Group, "7".into()));
        assert_eq!(of("users"), Endpoint::Nowhere);
        assert_eq!(of("Users/7/emails"), Endpoint::Nowhere);
        assert_eq!(of(""), Endpoint::Root);
        assert_eq!(of("Me"), Endpoint::Unserved("/Me".into()));
        assert_eq!(Endpoint::of(None), Endpoint::Nowhere);
    }
}
