//! Which attributes a sweep is about: those that /Schemas publishes as writable and the mapping does not write.

use serde_json::{Value, json};

use crate::entra::mapping::ObjectMapping;
use crate::run::steps::test_values::{Material, made_up_text};
use crate::scim::discovery::Discovery;
use crate::scim::schema::{Attribute, AttributeType, Mutability, Returned, Uniqueness};
use crate::scim::{AttributePath, Comparison, Filter, Literal, PatchPath, same_name, urn};
use crate::wire::ResourceKind;

/// Attributes that belong to every resource, that decide who somebody is or has access, or that point at other
/// resources: scenarios of their own are about them.
const NEVER: [&str; 10] =
    ["id", "schemas", "meta", "externalId", "userName", "active", "password", "groups", "members", "manager"];

/// Sub-attributes that say something of an element or follow from others (RFC 7643 §2.4, §4.1.1, §4.1.2).
const BESIDES: [&str; 5] = ["type", "primary", "display", "$ref", "formatted"];

/// Attributes whose values an application knows beforehand: one that it does not know may well be ignored.
const OF_THE_APPLICATION: [&str; 2] = ["roles", "entitlements"];

/// An attribute that is written and read back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SweptAttribute {
    /// Where it is, as Entra would write it.
    pub(super) path: PatchPath,
    /// The type of its value.
    pub(super) kind: AttributeType,
    /// It is written as a whole list, with one element.
    pub(super) list: Option<ListForm>,
    /// Whether letter case counts.
    pub(super) case_exact: bool,
    /// A resource must have it.
    pub(super) required: bool,
    /// It can be written in a create only.
    pub(super) immutable: bool,
    /// The application may ignore values that it does not know.
    pub(super) of_the_application: bool,
    /// No two resources have the same value.
    unique: bool,
    /// Values that the target publishes.
    canonical: Vec<String>,
}

/// How the one element of a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListForm {
    /// `["x"]`
    Plain,
    /// `[{"value": "x"}]`
    Complex,
}

/// The attributes of a resource type that a mapping does not write, in the order of /Schemas.
pub(super) fn swept(
    kind: ResourceKind,
    discovery: &Discovery,
    mapping: Option<&ObjectMapping>,
) -> Vec<SweptAttribute> {
    let main = discovery.resource_type(kind.endpoint());
    let core = main.map(|main| main.schema.as_str()).filter(|schema| !schema.is_empty());
    let core = core.unwrap_or(kind.schema());
    let extensions: Vec<&str> = match main {
        Some(main) => main.extensions.iter().map(|extension| extension.schema.as_str()).collect(),
        None if kind == ResourceKind::User => vec![urn::ENTERPRISE],
        None => Vec::new(),
    };
    let mut found = Vec::new();
    for (urn, is_core) in std::iter::once((core, true)).chain(extensions.into_iter().map(|urn| (urn, false)))
    {
        let Some(schema) = discovery.schemas.get(urn) else { continue };
        let schema_of_path = if is_core { None } else { Some(schema.id.clone()) };
        for attribute in &schema.attributes {
            // A group is known by its name.
            let is_name = kind == ResourceKind::Group && same_name("displayName", &attribute.name);
            let is_of_others = NEVER.iter().any(|never| same_name(never, &attribute.name));
            if is_name || is_of_others || !is_shown(attribute) {
                continue;
            }
            let at = PatchPath { schema: schema_of_path.clone(), ..PatchPath::simple(&attribute.name) };
            found.extend(parts(attribute, &at));
        }
    }
    found.retain(|attribute| !mapping.is_some_and(|mapping| is_mapped(mapping, &attribute.path)));
    found
}

/// A mapped list is the mapping's, whichever elements it writes.
fn is_mapped(mapping: &ObjectMapping, path: &PatchPath) -> bool {
    mapping.rows.iter().any(|row| {
        let target = &row.target;
        let whole = |path: &PatchPath| PatchPath { filter: None, sub: None, ..path.clone() };
        whole(target).same_as(&whole(path))
            && match (&target.sub, &path.sub, &path.filter) {
                (Some(mapped), Some(sub), None) => target.filter.is_some() || same_name(mapped, sub),
                _ => true,
            }
    })
}

/// True when a client may write it and reads show it.
fn is_shown(attribute: &Attribute) -> bool {
    matches!(attribute.mutability, Mutability::ReadWrite | Mutability::Immutable)
        && matches!(attribute.returned, Returned::Always | Returned::Default)
}

/// What of an attribute has one simple value: itself, its sub-attributes, those of one element.
fn parts(attribute: &Attribute, at: &PatchPath) -> Vec<SweptAttribute> {
    let is_part = |sub: &&Attribute| {
        is_shown(sub) && !sub.multi_valued && !BESIDES.iter().any(|name| same_name(name, &sub.name))
    };
    if attribute.kind != AttributeType::Complex {
        let list = attribute.multi_valued.then_some(ListForm::Plain);
        return of(attribute, attribute, at.clone(), list).into_iter().collect();
    }
    let subs = attribute.sub_attributes.iter().filter(is_part);
    let part = |sub: &Attribute| PatchPath { sub: Some(sub.name.clone()), ..at.clone() };
    if !attribute.multi_valued {
        return subs.filter_map(|sub| of(attribute, sub, part(sub), None)).collect();
    }
    let element_type = attribute.sub("type").and_then(|sub| sub.canonical_values.first());
    match (element_type, attribute.sub("value")) {
        (Some(element_type), _) => {
            let selects = Filter::Compare(
                AttributePath::simple("type"),
                Comparison::Equal,
                Literal::Text(element_type.clone()),
            );
            let element = |sub: &Attribute| PatchPath { filter: Some(selects.clone()), ..part(sub) };
            subs.filter_map(|sub| of(attribute, sub, element(sub), None)).collect()
        }
        (None, Some(value)) if is_part(&value) => {
            of(attribute, value, at.clone(), Some(ListForm::Complex)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn of(top: &Attribute, part: &Attribute, path: PatchPath, list: Option<ListForm>) -> Option<SweptAttribute> {
    let points_at_resources = part.reference_types.iter().any(|kind| !is_outside(kind));
    let is_simple = !matches!(part.kind, AttributeType::Complex | AttributeType::Unknown);
    (is_simple && !(part.kind == AttributeType::Reference && points_at_resources)).then(|| SweptAttribute {
        kind: part.kind,
        list,
        case_exact: part.case_exact,
        required: top.required,
        immutable: [top, part].iter().any(|part| part.mutability == Mutability::Immutable),
        of_the_application: OF_THE_APPLICATION.iter().any(|name| same_name(name, &top.name)),
        unique: part.uniqueness != Uniqueness::None,
        canonical: part.canonical_values.clone(),
        path,
    })
}

fn is_outside(kind: &str) -> bool {
    ["external", "uri", "url"].iter().any(|outside| same_name(outside, kind))
}

impl SweptAttribute {
    /// The value as the attribute's path takes it: the first one, or another.
    pub(super) fn value(&self, material: Material<'_>, second: bool) -> Value {
        let single = self.single(material, second);
        match self.list {
            None => single,
            Some(ListForm::Plain) => json!([single]),
            Some(ListForm::Complex) => json!([{ "value": single }]),
        }
    }

    /// Whatever the target says to it, the value was made up and not taken from what the target publishes.
    pub(super) fn is_made_up(&self) -> bool {
        self.canonical.is_empty()
    }

    fn single(&self, material: Material<'_>, second: bool) -> Value {
        let either = |first: Value, other: Value| if second { other } else { first };
        if let Some(first) = self.canonical.first() {
            return json!(if second { self.canonical.get(1).unwrap_or(first) } else { first });
        }
        match self.kind {
            AttributeType::Boolean => json!(!second),
            AttributeType::Integer => either(json!(4217), json!(4218)),
            AttributeType::Decimal => either(json!(42.25), json!(43.75)),
            AttributeType::DateTime => either(json!("2026-01-31T08:30:00Z"), json!("2026-02-28T09:45:00Z")),
            // "scimulate" and "Scimulate" in base64.
            AttributeType::Binary => either(json!("c2NpbXVsYXRl"), json!("U2NpbXVsYXRl")),
            AttributeType::Reference => {
                let text = made_up_text(&self.path, material, second);
                let is_url = text.starts_with("https:");
                json!(if is_url { text } else { format!("https://{}/{text}", material.domain) })
            }
            AttributeType::String | AttributeType::Complex | AttributeType::Unknown => {
                let text = made_up_text(&self.path, material, second);
                let is_ours = !self.unique || text.starts_with(material.prefix);
                json!(if is_ours { text } else { format!("{}-{text}", material.prefix) })
            }
        }
    }

    /// Where a read shows the value: of a list the element's `value`.
    pub(super) fn shown_at(&self) -> PatchPath {
        match self.list {
            Some(ListForm::Complex) => PatchPath { sub: Some("value".to_owned()), ..self.path.clone() },
            _ => self.path.clone(),
        }
    }

    /// The path by which a filter finds resources with the value: none for elements of lists, whose filters many
    /// servers do without, and none for what is not a text.
    pub(super) fn filter_path(&self) -> Option<AttributePath> {
        let is_text = matches!(self.kind, AttributeType::String | AttributeType::Reference);
        (is_text && self.list.is_none() && self.path.filter.is_none()).then(|| self.path.attribute_path())
    }

    /// The last name of its path, by which servers name it in their answers.
    pub(super) fn name(&self) -> &str {
        self.path.sub.as_deref().filter(|sub| !same_name(sub, "value")).unwrap_or(&self.path.attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;
    use crate::scim::schema::{Schema, SchemaSet};

    const MATERIAL: Material<'_> = Material { prefix: "run1", domain: "example.com" };

    fn core() -> Discovery {
        Discovery { schemas: SchemaSet::core(), ..Discovery::default() }
    }

    fn unmapped() -> Vec<SweptAttribute> {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        swept(ResourceKind::User, &core(), Some(&mapping.user))
    }

    fn paths(swept: &[SweptAttribute]) -> Vec<String> {
        swept.iter().map(|attribute| attribute.path.to_string()).collect()
    }

    #[test]
    fn what_the_mapping_writes_and_what_others_are_about_is_left_out() {
        let found = paths(&unmapped());
        for there in [
            "nickName",
            "name.middleName",
            "profileUrl",
            "timezone",
            r#"ims[type eq "aim"].value"#,
            "x509Certificates",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
        ] {
            assert!(found.contains(&there.to_owned()), "{there} in {found:?}");
        }
        for absent in ["name.givenName", "name.formatted", "title", "userName", "password", "groups"] {
            assert!(!found.contains(&absent.to_owned()), "{absent} in {found:?}");
        }
        assert!(!found.iter().any(|path| path.contains("emails") || path.contains("manager")), "{found:?}");
        assert_eq!(paths(&swept(ResourceKind::Group, &core(), None)), Vec::<String>::new());
    }

    #[test]
    fn each_value_has_its_type_and_the_second_differs() {
        for attribute in unmapped() {
            let (first, second) = (attribute.value(MATERIAL, false), attribute.value(MATERIAL, true));
            assert_ne!(first, second, "{}", attribute.path);
            let single = match attribute.list {
                None => first.clone(),
                Some(ListForm::Plain) => first[0].clone(),
                Some(ListForm::Complex) => first[0]["value"].clone(),
            };
            assert!(single.is_string(), "{}: {first}", attribute.path);
        }
    }

    #[test]
    fn extensions_of_every_type_are_swept_as_resource_types_name_them() {
        let of = |name: &str, kind: &str| json!({ "name": name, "type": kind });
        let schema = json!({ "id": "urn:example:ext:1.0:User", "attributes": [
            of("flag", "boolean"), of("rank", "integer"), of("share", "decimal"), of("since", "dateTime"),
            of("key", "binary"), { "name": "page", "type": "reference", "referenceTypes": ["external"] },
            { "name": "boss", "type": "reference", "referenceTypes": ["User"] },
            { "name": "tags", "type": "string", "multiValued": true },
            { "name": "size", "type": "string", "canonicalValues": ["S", "M"] },
            { "name": "badge", "type": "string", "mutability": "immutable" },
            { "name": "seen", "type": "string", "mutability": "readOnly" },
            { "name": "secret", "type": "string", "mutability": "writeOnly" },
            { "name": "hidden", "type": "string", "returned": "request" },
        ]});
        let user = json!({ "name": "User", "endpoint": "/Users", "schema": urn::USER,
            "schemaExtensions": [{ "schema": "urn:example:ext:1.0:User" }] });
        let mut discovery = Discovery::read(None, None, Some(&json!([user])));
        discovery.schemas.schemas.extend(Schema::read(&schema));
        let found = swept(ResourceKind::User, &discovery, None);
        let names: Vec<&str> = found.iter().map(SweptAttribute::name).collect();
        assert_eq!(names, ["flag", "rank", "share", "since", "key", "page", "tags", "size", "badge"]);
        let values: Vec<Value> = found.iter().map(|attribute| attribute.value(MATERIAL, true)).collect();
        assert_eq!(values[0..3], [json!(false), json!(4218), json!(43.75)]);
        assert!(values[5].as_str().unwrap().starts_with("https://example.com/"));
        assert!(values[6].is_array());
        assert_eq!(values[7], json!("M"));
        assert!(found[8].immutable && !found[7].is_made_up() && found[8].is_made_up());
    }
}
