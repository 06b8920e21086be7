//! Properties of Graph's users and groups, and the source attributes that the provisioning service reads from them.

use serde_json::{Map, Value, json};

use super::error::TenantError;
use crate::diagnostic::closest;
use crate::entra::directory::{
    AttributeKind, Object, ObjectKind, SourceAttribute, SourceValue, attributes, find,
};

/// The JSON type of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Boolean,
    Texts,
    /// An object or a list of objects, kept as it came.
    Structure,
}

/// Properties of a user that a request may set (Graph: user), beside those that are source attributes of the same name.
const USER: &[(&str, Shape)] = &[
    ("aboutMe", Shape::Text),
    ("accountEnabled", Shape::Boolean),
    ("ageGroup", Shape::Text),
    ("birthday", Shape::Text),
    ("businessPhones", Shape::Texts),
    ("consentProvidedForMinor", Shape::Text),
    ("employeeLeaveDateTime", Shape::Text),
    ("employeeOrgData", Shape::Structure),
    ("faxNumber", Shape::Text),
    ("hireDate", Shape::Text),
    ("identities", Shape::Structure),
    ("imAddresses", Shape::Texts),
    ("interests", Shape::Texts),
    ("mobilePhone", Shape::Text),
    ("mySite", Shape::Text),
    ("officeLocation", Shape::Text),
    ("onPremisesExtensionAttributes", Shape::Structure),
    ("onPremisesSyncEnabled", Shape::Boolean),
    ("passwordPolicies", Shape::Text),
    ("passwordProfile", Shape::Structure),
    ("pastProjects", Shape::Texts),
    ("preferredName", Shape::Text),
    ("responsibilities", Shape::Texts),
    ("schools", Shape::Texts),
    ("showInAddressList", Shape::Boolean),
    ("skills", Shape::Texts),
];

/// Properties of a group (Graph: group).
const GROUP: &[(&str, Shape)] = &[
    ("classification", Shape::Text),
    ("groupTypes", Shape::Texts),
    ("isAssignableToRole", Shape::Boolean),
    ("membershipRule", Shape::Text),
    ("membershipRuleProcessingState", Shape::Text),
    ("preferredLanguage", Shape::Text),
    ("theme", Shape::Text),
    ("visibility", Shape::Text),
];

/// Properties whose source attribute has another name, and where in the property its value stands.
const RENAMED: &[(&str, &str)] = &[
    ("businessPhones", "telephoneNumber"),
    ("mobilePhone", "mobile"),
    ("faxNumber", "facsimileTelephoneNumber"),
    ("officeLocation", "physicalDeliveryOfficeName"),
    ("onPremisesSyncEnabled", "dirSyncEnabled"),
];

const EXTENSIONS: &str = "onPremisesExtensionAttributes";

fn own(kind: ObjectKind) -> &'static [(&'static str, Shape)] {
    match kind {
        ObjectKind::User => USER,
        ObjectKind::Group => GROUP,
    }
}

fn shape(kind: ObjectKind, name: &str) -> Option<Shape> {
    if let Some((_, shape)) = own(kind).iter().find(|(known, _)| *known == name) {
        return Some(*shape);
    }
    let attribute = source(kind, name)?;
    match attribute.kind {
        AttributeKind::Text => Some(Shape::Text),
        AttributeKind::Texts => Some(Shape::Texts),
        AttributeKind::Boolean => Some(Shape::Boolean),
        AttributeKind::Reference | AttributeKind::References | AttributeKind::Roles => None,
    }
}

/// What a property holds that a request may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PropertyContent {
    /// A text.
    Text,
    /// True or false.
    Boolean,
    /// A date or a date-time.
    Instant,
    /// Several texts.
    Texts,
    /// Whatever it was given.
    Anything,
}

/// What a property holds that a request may set. The name is the same in any letter case.
#[must_use]
pub fn property_content(kind: ObjectKind, name: &str) -> Option<PropertyContent> {
    // An extension of a directory or a schema: what it holds is not described here.
    if name.contains('_') {
        return Some(PropertyContent::Anything);
    }
    let sources = attributes(kind).iter().map(|attribute| attribute.name);
    let mut names = own(kind).iter().map(|(name, _)| *name).chain(sources);
    let name = names.find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name);
    Some(match shape(kind, name)? {
        Shape::Text if is_instant(name) => PropertyContent::Instant,
        Shape::Text => PropertyContent::Text,
        Shape::Boolean => PropertyContent::Boolean,
        Shape::Texts => PropertyContent::Texts,
        Shape::Structure => PropertyContent::Anything,
    })
}

/// Graph's dates are named after what they are, but for these.
#[must_use]
pub fn is_instant(name: &str) -> bool {
    name.ends_with("DateTime") || ["birthday", "employeeHireDate", "hireDate"].contains(&name)
}

/// The source attribute of the same name, unless Graph knows it by another one.
fn source(kind: ObjectKind, name: &str) -> Option<&'static SourceAttribute> {
    let renamed = RENAMED.iter().any(|(_, source)| *source == name) || name.starts_with("extensionAttribute");
    find(kind, name).ok().filter(|attribute| !attribute.computed && !renamed)
}

/// Reads the properties of a request's body: OData's annotations, `id` and what Graph computes itself are left out, a
/// value of the wrong type or an unknown property is refused.
pub(super) fn read(kind: ObjectKind, body: &Map<String, Value>) -> Result<Map<String, Value>, TenantError> {
    let mut properties = Map::new();
    for (name, value) in body {
        let annotation = name.contains('@');
        if annotation
            || ["id", "createdDateTime", "deletedDateTime", "manager", "members"].contains(&name.as_str())
        {
            continue;
        }
        let Some(shape) = shape(kind, name) else {
            let names = own(kind).iter().map(|(name, _)| *name);
            let sources = attributes(kind).iter().map(|attribute| attribute.name);
            let near = closest(name, names.chain(sources).collect::<Vec<_>>());
            let near = near.map(|near| format!(" Did you mean '{near}'?")).unwrap_or_default();
            return Err(TenantError::property(name, format!("Invalid property '{name}'.{near}")));
        };
        let fits = match (shape, value) {
            (_, Value::Null) | (Shape::Text, Value::String(_)) | (Shape::Boolean, Value::Bool(_)) => true,
            (Shape::Texts, Value::Array(values)) => values.iter().all(Value::is_string),
            (Shape::Structure, value) => value.is_object() || value.is_array(),
            _ => false,
        };
        if !fits {
            let wanted = match shape {
                Shape::Text => "a text",
                Shape::Boolean => "true or false",
                Shape::Texts => "a list of texts",
                Shape::Structure => "an object",
            };
            let why = format!(
                "Invalid value specified for property '{name}' of resource '{kind}': it takes {wanted}."
            );
            return Err(TenantError::property(name, why));
        }
        // Nothing reads a password again.
        if name != "passwordProfile" {
            properties.insert(name.clone(), value.clone());
        }
    }
    Ok(properties)
}

/// The source attributes that a property holds, each with its value.
pub(super) fn sources(
    kind: ObjectKind,
    name: &str,
    value: &Value,
) -> Vec<(&'static str, Option<SourceValue>)> {
    if kind == ObjectKind::User && name == EXTENSIONS {
        let attributes = (1..=15).filter_map(|number| {
            let name = format!("extensionAttribute{number}");
            let attribute = find(kind, &name).ok()?;
            Some((attribute.name, value.get(&name).and_then(text)))
        });
        return attributes.collect();
    }
    let renamed = RENAMED.iter().find(|(known, _)| kind == ObjectKind::User && *known == name);
    let attribute = match renamed {
        Some((_, source)) => find(kind, source).ok(),
        None => source(kind, name),
    };
    let Some(attribute) = attribute else { return Vec::new() };
    let value = match attribute.kind {
        AttributeKind::Text => value.as_array().and_then(|all| all.first()).or(Some(value)).and_then(text),
        AttributeKind::Boolean => value.as_bool().map(SourceValue::Boolean),
        AttributeKind::Texts => {
            let texts = value.as_array().map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned));
            texts
                .map(|texts| SourceValue::Texts(texts.collect()))
                .filter(|texts| *texts != SourceValue::Texts(Vec::new()))
        }
        _ => None,
    };
    vec![(attribute.name, value)]
}

/// Graph's name of the property that holds a source attribute.
#[must_use]
pub fn property_of(kind: ObjectKind, source: &'static str) -> &'static str {
    if kind == ObjectKind::Group {
        return source;
    }
    if source.starts_with("extensionAttribute") {
        return EXTENSIONS;
    }
    RENAMED.iter().find(|(_, own)| *own == source).map_or(source, |(graph, _)| graph)
}

fn text(value: &Value) -> Option<SourceValue> {
    value.as_str().map(SourceValue::from)
}

/// The properties of an object that was made elsewhere, from its source attributes.
pub(super) fn of(object: Object<'_>) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut extensions = Map::new();
    for (name, value) in object.attributes() {
        let value = match value {
            SourceValue::Text(text) => json!(text),
            SourceValue::Boolean(value) => json!(value),
            SourceValue::Texts(texts) => json!(texts),
            SourceValue::Reference(_) | SourceValue::References(_) | SourceValue::Roles(_) => continue,
        };
        if name.starts_with("extensionAttribute") {
            extensions.insert(name.to_owned(), value);
            continue;
        }
        match RENAMED.iter().find(|(_, source)| *source == name) {
            Some(("businessPhones", _)) => properties.insert("businessPhones".to_owned(), json!([value])),
            Some((graph, _)) => properties.insert((*graph).to_owned(), value),
            None => properties.insert(name.to_owned(), value),
        };
    }
    if !extensions.is_empty() {
        properties.insert(EXTENSIONS.to_owned(), Value::Object(extensions));
    }
    if let Object::User(user) = object {
        properties.insert("accountEnabled".to_owned(), json!(user.account_enabled()));
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::directory::{ObjectId, User};

    fn read_user(body: Value) -> Result<Map<String, Value>, String> {
        read(ObjectKind::User, body.as_object().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_of_the_wrong_type_and_an_unknown_property_are_refused() {
        assert!(read_user(json!({"accountEnabled": "true"})).unwrap_err().contains("true or false"));
        assert!(read_user(json!({"businessPhones": "1"})).unwrap_err().contains("a list of texts"));
        let near = read_user(json!({"displayname": "Ada"})).unwrap_err();
        assert!(near.contains("Did you mean 'displayName'?"), "{near}");
        let kept = read_user(json!({
            "@odata.type": "#microsoft.graph.user", "id": "x", "displayName": "Ada", "jobTitle": null,
            "passwordProfile": {"password": "s3cr3t"},
        }));
        assert_eq!(Value::Object(kept.unwrap()), json!({"displayName": "Ada", "jobTitle": null}));
    }

    #[test]
    fn graphs_names_become_the_names_of_mappings_and_back() {
        let of_user = |name: &str, value: Value| sources(ObjectKind::User, name, &value);
        assert_eq!(of_user("businessPhones", json!(["1", "2"])), [("telephoneNumber", Some("1".into()))]);
        assert_eq!(of_user("businessPhones", json!([])), [("telephoneNumber", None)]);
        assert_eq!(of_user("jobTitle", Value::Null), [("jobTitle", None)]);
        assert_eq!(of_user("hireDate", json!("2026-01-01")), []);
        let extensions = of_user(EXTENSIONS, json!({"extensionAttribute3": "x"}));
        assert_eq!((extensions.len(), &extensions[2]), (15, &("extensionAttribute3", Some("x".into()))));
        let user = User::new(ObjectId::new("1"))
            .with("telephoneNumber", "1")
            .and_then(|user| user.with("extensionAttribute3", "x"))
            .unwrap();
        assert_eq!(
            Value::Object(of(Object::User(&user))),
            json!({"businessPhones": ["1"], EXTENSIONS: {"extensionAttribute3": "x"}, "accountEnabled": true})
        );
    }
}
