//! From what is kept to what an answer shows: ids, references, memberships, `schemas` and `meta`.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp, tz};
use serde_json::{Map, Value, json};

use super::ServerSettings;
use super::evaluate::Values;
use super::model::{Model, Models, ServedKind};
use super::projection::Projection;
use super::store::{ResourceStore, StoredResource};
use super::values;
use super::variants::Variant;
use crate::scim::schema::{self, Attribute, Mutability};
use crate::scim::urn;

/// Everything that decides how a resource looks.
#[derive(Clone, Copy)]
pub(super) struct Rendering<'a> {
    pub(super) store: &'a ResourceStore,
    pub(super) settings: &'a ServerSettings,
    pub(super) models: &'a Models,
    /// Base URL as the client reached it.
    pub(super) base_url: &'a str,
    /// How many requests the server has served, this one included.
    pub(super) served: u64,
}

/// A resource as filters and answers see it.
#[derive(Clone, Copy)]
pub(super) struct RenderedResource<'a> {
    pub(super) view: Rendering<'a>,
    pub(super) model: &'a Model,
    pub(super) record: &'a StoredResource,
}

impl<'a> Rendering<'a> {
    pub(super) fn is(&self, variant: Variant) -> bool {
        self.settings.variants.contains(&variant)
    }

    /// The schemas of a resource type on this server.
    pub(super) fn model(&self, kind: ServedKind) -> &'a Model {
        self.models.get(kind)
    }

    pub(super) fn show(self, kind: ServedKind, record: &'a StoredResource) -> RenderedResource<'a> {
        RenderedResource { view: self, model: self.model(kind), record }
    }

    /// URI of a resource or a discovery document.
    pub(super) fn location(&self, endpoint: &str, id: &str) -> String {
        let path = self.settings.base_path.as_str();
        let base = if self.is(Variant::RelativeLocations) {
            path.to_owned()
        } else if self.is(Variant::LocationsBehindProxy) {
            format!("http://scim.internal.example:8080{path}")
        } else {
            self.base_url.to_owned()
        };
        let base = base.trim_end_matches('/');
        if id.is_empty() { format!("{base}/{endpoint}") } else { format!("{base}/{endpoint}/{id}") }
    }

    /// A date as `xsd:dateTime`.
    fn date(&self, instant: Timestamp) -> String {
        if self.is(Variant::OffsetDates) {
            let local = instant + SignedDuration::from_hours(2);
            return local.strftime("%Y-%m-%dT%H:%M:%S%.3f+02:00").to_string();
        }
        let format = if self.is(Variant::OneSecondDates) {
            "%Y-%m-%dT%H:%M:%SZ"
        } else if self.is(Variant::SevenDigitDates) {
            "%Y-%m-%dT%H:%M:%S%.7fZ"
        } else {
            "%Y-%m-%dT%H:%M:%S%.3fZ"
        };
        instant.to_zoned(tz::TimeZone::UTC).strftime(format).to_string()
    }

    /// A member or a manager with what follows from its id.
    fn reference(&self, element: &Value, kind: Option<ServedKind>) -> Value {
        let Some(id) = element.get("value").and_then(Value::as_str) else { return element.clone() };
        let mut members = Map::new();
        members.insert("value".into(), id.into());
        let kind = self.store.kind_of(id).or(kind);
        if let Some(kind) = kind {
            members.insert("$ref".into(), self.location(kind.endpoint(), id).into());
        }
        if let Value::Object(kept) = element {
            // What a fault wrote beside the value stays visible.
            for (name, value) in kept {
                members.insert(name.clone(), value.clone());
            }
        }
        Value::Object(members)
    }

    fn members(&self, value: &Value) -> Value {
        let Value::Array(elements) = value else { return value.clone() };
        let show = |element: &Value| {
            let mut shown = self.reference(element, None);
            let kind = element.get("value").and_then(Value::as_str).and_then(|id| self.store.kind_of(id));
            if let (Value::Object(members), Some(kind)) = (&mut shown, kind) {
                members.insert("type".into(), kind.name().into());
                if self.is(Variant::MembersWithDisplay)
                    && !members.contains_key("display")
                    && let Some(record) = members["value"].as_str().and_then(|id| self.store.get(kind, id))
                    && let Some(name) = record.text("displayName").or_else(|| record.text("userName"))
                {
                    members.insert("display".into(), name.into());
                }
            }
            shown
        };
        elements.iter().map(show).collect()
    }

    fn manager(&self, value: &Value) -> Value {
        let mut shown = self.reference(value, Some(ServedKind::User));
        if let Value::Object(members) = &mut shown
            && let Some(id) = members.get("value").and_then(Value::as_str)
            && let Some(name) =
                self.store.get(ServedKind::User, id).and_then(|record| record.text("displayName"))
        {
            let name = name.to_owned();
            members.insert("displayName".into(), name.into());
        }
        shown
    }

    fn groups_of(&self, id: &str) -> Option<Value> {
        if self.is(Variant::NoUserGroups) || self.is(Variant::UsersOnly) {
            return None;
        }
        let groups: Vec<Value> = self
            .store
            .groups_of(id)
            .map(|group| {
                json!({
                    "value": group.id,
                    "$ref": self.location(ServedKind::Group.endpoint(), &group.id),
                    "display": group.text("displayName"),
                    "type": "direct",
                })
            })
            .collect();
        (!groups.is_empty()).then_some(Value::Array(groups))
    }
}

impl RenderedResource<'_> {
    /// The URI of the resource.
    pub(super) fn location(&self) -> String {
        self.view.location(self.model.kind.endpoint(), &self.record.id)
    }

    /// The version as a weak entity tag (RFC 7644 §3.14); `None` where there are no versions.
    ///
    /// Two states that show the same have the same version. What is shown of a user follows from other
    /// resources too: names of groups and of the manager.
    pub(super) fn version(&self) -> Option<String> {
        if self.view.is(Variant::NoEtags) {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        if self.view.is(Variant::EtagsNotSupported) {
            self.view.served.hash(&mut hasher);
        }
        for (name, value) in &self.record.attributes {
            (name, value.to_string()).hash(&mut hasher);
        }
        if self.model.kind == ServedKind::User {
            for group in self.view.store.groups_of(&self.record.id) {
                (&group.id, group.text("displayName")).hash(&mut hasher);
            }
            if let Some(id) = self
                .record
                .attributes
                .get(urn::ENTERPRISE)
                .and_then(|extension| extension["manager"]["value"].as_str())
                && let Some(manager) = self.view.store.get(ServedKind::User, id)
            {
                manager.text("displayName").hash(&mut hasher);
            }
        }
        Some(format!("W/\"{:016x}\"", hasher.finish()))
    }

    fn meta(&self) -> Value {
        let mut meta = json!({
            "resourceType": self.model.kind.name(),
            "created": self.view.date(self.record.created),
            "lastModified": self.view.date(self.record.modified),
            "location": self.location(),
        });
        if let Some(version) = self.version() {
            meta["version"] = version.into();
        }
        meta
    }

    /// The resource as an answer shows it.
    pub(super) fn to_json(self, projection: &Projection) -> Value {
        let mut body = Map::new();
        let put = |body: &mut Map<String, Value>, attribute: &Attribute| {
            if projection.holds(self.model, None, attribute)
                && let Some(value) = self.value(None, attribute)
                && let Some(value) = projection.cut(self.model, None, attribute, value)
            {
                body.insert(attribute.name.clone(), value.into_owned());
            }
        };
        for name in ["schemas", "id", "externalId"] {
            if let Some(attribute) = self.model.core_attribute(name) {
                put(&mut body, attribute);
            }
        }
        for (name, value) in &self.record.attributes {
            if let Some(extension) = self.model.extension(name) {
                let shown = self.extension(projection, &extension.id, value);
                if shown.as_object().is_none_or(|members| !members.is_empty()) {
                    body.insert(name.clone(), shown);
                }
            } else if let Some(attribute) = self.model.core_attribute(name) {
                put(&mut body, attribute);
            } else {
                // Nothing but a fault keeps what no schema defines.
                body.insert(name.clone(), value.clone());
            }
        }
        if let Some(groups) = self.model.core_attribute("groups") {
            put(&mut body, groups);
        }
        if self.view.is(Variant::EmptyListsShown) {
            for attribute in self.model.core.attributes.iter().filter(|attribute| attribute.multi_valued) {
                if projection.holds(self.model, None, attribute) && !body.contains_key(&attribute.name) {
                    body.insert(attribute.name.clone(), json!([]));
                }
            }
        }
        if self.view.is(Variant::NullsForUnset) {
            let unset = schema::common().iter().chain(&self.model.core.attributes);
            for attribute in unset.filter(|attribute| attribute.mutability != Mutability::WriteOnly) {
                if projection.holds(self.model, None, attribute) && !body.contains_key(&attribute.name) {
                    let nothing = if attribute.multi_valued { json!([]) } else { Value::Null };
                    body.insert(attribute.name.clone(), nothing);
                }
            }
        }
        if self.view.is(Variant::PrimaryOmittedWhenFalse) {
            let elements = body.values_mut().filter_map(Value::as_array_mut).flatten();
            for element in elements.filter_map(Value::as_object_mut) {
                element.retain(|name, value| name != "primary" || *value != json!(false));
            }
        }
        if let Some(meta) = self.model.core_attribute("meta") {
            put(&mut body, meta);
        }
        Value::Object(body)
    }

    fn extension(&self, projection: &Projection, urn: &str, value: &Value) -> Value {
        let (Some(schema), Value::Object(kept)) = (self.model.extension(urn), value) else {
            return value.clone();
        };
        let mut shown = Map::new();
        for (name, value) in kept {
            let Some(attribute) = schema.attribute(name) else {
                shown.insert(name.clone(), value.clone());
                continue;
            };
            if let Some(value) = self.value(Some(urn), attribute)
                && let Some(value) = projection.cut(self.model, Some(urn), attribute, value)
            {
                shown.insert(name.clone(), value.into_owned());
            }
        }
        Value::Object(shown)
    }
}

impl Values for RenderedResource<'_> {
    fn value(&self, extension: Option<&str>, attribute: &Attribute) -> Option<Cow<'_, Value>> {
        match (extension, attribute.name.as_str(), self.model.kind) {
            (None, "schemas", _) => {
                Some(Cow::Owned(Value::Array(values::schemas_of(self.model, &self.record.attributes))))
            }
            (None, "id", _) => Some(Cow::Owned(self.record.id.as_str().into())),
            (None, "meta", _) => Some(Cow::Owned(self.meta())),
            (None, "groups", ServedKind::User) => self.view.groups_of(&self.record.id).map(Cow::Owned),
            (None, "members", ServedKind::Group) => {
                self.record.attributes.get("members").map(|members| Cow::Owned(self.view.members(members)))
            }
            (Some(_), "manager", _) => self
                .record
                .attributes
                .value(extension, attribute)
                .map(|value| Cow::Owned(self.view.manager(&value))),
            _ => self.record.attributes.value(extension, attribute),
        }
    }
}
