//! What a server says of itself: `/ServiceProviderConfig`, `/Schemas`, `/ResourceTypes` (RFC 7644 §4).

use serde_json::Value;

use super::message::whole_number;
use super::schema::{Schema, SchemaSet};
use super::{member, same_name};

/// The three published documents, read leniently. The default is a server that publishes nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Discovery {
    /// `/ServiceProviderConfig` as it came; `None` when it was not published.
    pub config: Option<Value>,
    /// The schemas of `/Schemas`; empty when none were published.
    pub schemas: SchemaSet,
    /// The resource types of `/ResourceTypes`; empty when none were published.
    pub resource_types: Vec<ResourceType>,
}

/// A resource type (RFC 7643 §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Its name, as `User`.
    pub name: String,
    /// Its endpoint below the base URL, with a leading slash. Servers that publish an absolute URL
    /// are read as if they had published its last segment.
    pub endpoint: String,
    /// URN of its main schema.
    pub schema: String,
    /// Its extensions.
    pub extensions: Vec<SchemaExtension>,
}

/// An extension of a resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaExtension {
    /// URN of the extension's schema.
    pub schema: String,
    /// A resource must have it.
    pub required: bool,
}

impl Discovery {
    /// Reads the bodies of the three documents; `None` for one that was not answered with JSON.
    /// Lists may come as ListResponse, as a bare array or as a single object.
    #[must_use]
    pub fn read(config: Option<&Value>, schemas: Option<&Value>, resource_types: Option<&Value>) -> Self {
        Discovery {
            // Some servers wrap even this single document into a list.
            config: config
                .and_then(|value| items(value).into_iter().next())
                .filter(|v| v.is_object())
                .cloned(),
            schemas: schemas.map(items).unwrap_or_default().into_iter().filter_map(Schema::read).collect(),
            resource_types: resource_types
                .map(items)
                .unwrap_or_default()
                .into_iter()
                .filter_map(ResourceType::read)
                .collect(),
        }
    }

    /// Whether ServiceProviderConfig says that a feature is supported: `patch`, `bulk`, `filter`,
    /// `changePassword`, `sort` or `etag`. `None` when it does not say.
    #[must_use]
    pub fn supports(&self, feature: &str) -> Option<bool> {
        self.setting(feature, "supported")?.as_bool()
    }

    /// Whether a way of paging is advertised: `cursor` or `index` (RFC 9865 §4). `None` when it does not say.
    #[must_use]
    pub fn pages_by(&self, method: &str) -> Option<bool> {
        self.setting("pagination", method)?.as_bool()
    }

    /// A number ServiceProviderConfig states, as `filter.maxResults` or `bulk.maxOperations`.
    #[must_use]
    pub fn limit(&self, feature: &str, name: &str) -> Option<u64> {
        self.setting(feature, name).and_then(whole_number)
    }

    /// The resource type served at an endpoint, as `/Groups`.
    #[must_use]
    pub fn resource_type(&self, endpoint: &str) -> Option<&ResourceType> {
        self.resource_types.iter().find(|kind| same_name(&kind.endpoint, endpoint))
    }

    /// Whether an endpoint is listed in ResourceTypes. `None` when nothing was published.
    #[must_use]
    pub fn serves(&self, endpoint: &str) -> Option<bool> {
        if self.resource_types.is_empty() { None } else { Some(self.resource_type(endpoint).is_some()) }
    }

    fn setting(&self, feature: &str, name: &str) -> Option<&Value> {
        member(member(self.config.as_ref()?, feature)?, name)
    }
}

impl ResourceType {
    /// Reads one resource type; `None` without an endpoint.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let text =
            |value: &Value, name: &str| member(value, name).and_then(Value::as_str).unwrap_or("").to_owned();
        let endpoint = text(value, "endpoint");
        let segment = endpoint.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        if segment.is_empty() {
            return None;
        }
        let extensions = member(value, "schemaExtensions").and_then(Value::as_array).into_iter().flatten();
        Some(ResourceType {
            name: text(value, "name"),
            endpoint: format!("/{segment}"),
            schema: text(value, "schema"),
            extensions: extensions
                .map(|extension| SchemaExtension {
                    schema: text(extension, "schema"),
                    required: member(extension, "required").and_then(Value::as_bool).unwrap_or(false),
                })
                .filter(|extension| !extension.schema.is_empty())
                .collect(),
        })
    }
}

fn items(value: &Value) -> Vec<&Value> {
    match member(value, "Resources").unwrap_or(value) {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::message::ListResponse;
    use crate::scim::schema;
    use serde_json::json;

    #[test]
    fn nothing_published_says_nothing() {
        let nothing = Discovery::default();
        assert_eq!(nothing.supports("bulk"), None);
        assert_eq!(nothing.serves("/Groups"), None);
        assert!(nothing.schemas.is_empty());
        assert_eq!(Discovery::read(Some(&json!("x")), Some(&json!(7)), Some(&json!(null))), nothing);
    }

    #[test]
    fn abilities_and_limits_are_read() {
        let config = json!({
            "bulk": {"supported": true, "maxOperations": 100}, "sort": {"supported": false},
            "etag": {}, "filter": {"supported": true, "maxResults": "200"}, "pagination": {"cursor": true}
        });
        let discovery = Discovery::read(Some(&config), None, None);
        assert_eq!(discovery.supports("bulk"), Some(true));
        assert_eq!(discovery.supports("sort"), Some(false));
        assert_eq!((discovery.supports("etag"), discovery.supports("patch")), (None, None));
        assert_eq!(discovery.limit("filter", "maxResults"), Some(200));
        assert_eq!((discovery.pages_by("cursor"), discovery.pages_by("index")), (Some(true), None));
    }

    #[test]
    fn lists_come_in_three_forms() {
        let user = json!({"name": "User", "endpoint": "/Users", "schema": "u",
            "schemaExtensions": [{"schema": "e", "required": true}, {}]});
        let group = json!({"name": "Group", "endpoint": "https://example.com/scim/Groups/"});
        let list = ListResponse::complete(vec![user.clone(), group.clone()]).to_json();
        for types in [list, json!([user, group])] {
            let discovery = Discovery::read(None, None, Some(&types));
            assert_eq!(
                (discovery.serves("/groups"), discovery.serves("/Devices")),
                (Some(true), Some(false))
            );
            assert_eq!(discovery.resource_type("/Users").unwrap().extensions.len(), 1);
        }
        let one = schema::user().to_json();
        assert_eq!(
            Discovery::read(None, Some(&one), None).schemas.get(&schema::user().id),
            Some(schema::user())
        );
    }
}
