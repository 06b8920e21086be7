//! Which attributes a gate tests, and with what.
//!
//! A value comes from the settings first, then from the published `canonicalValues`, and is made up last:
//! Microsoft's own guide calls refusals of made-up values the commonest cause of failures
//! (troubleshoot-user-provisioning-validation).

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::entra::mapping::{AttributeMapping, DataType, ObjectMapping, ValueSource};
use crate::run::observer::reader;
use crate::scim::discovery::Discovery;
use crate::scim::schema::{Attribute, AttributeType, Mutability, Returned};
use crate::scim::{PatchPath, same_name, urn};
use crate::wire::ResourceKind;

/// Top-level attributes that the gates never test like this (Test Overview, tests 18 and 20).
const NEVER: [&str; 8] = ["id", "schemas", "meta", "active", "groups", "roles", "members", "manager"];

/// An attribute that takes one value of a simple type.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Where it stands.
    pub(super) path: PatchPath,
    /// Its type.
    pub(super) kind: Simple,
    /// Values it may have, if the target publishes them.
    canonical: Vec<String>,
    /// Whether letter case counts.
    pub(super) case_exact: bool,
    /// The target never shows it, and says so.
    pub(super) hidden: bool,
}

/// The simple types that are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Simple {
    Text,
    Boolean,
    Integer,
    DateTime,
}

/// A value to test with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TestValue {
    pub(super) value: Value,
    /// Nobody said that the target takes it.
    pub(super) made_up: bool,
}

/// What made-up values are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Material<'a> {
    /// Stands in every name, so that what is left behind can be found.
    pub(super) prefix: &'a str,
    /// Where mail goes.
    pub(super) domain: &'a str,
}

/// The candidates of a mapping, in its order.
pub(super) fn mapped(mapping: &ObjectMapping, discovery: &Discovery) -> Vec<Candidate> {
    mapping.rows.iter().filter_map(|row| candidate(row, discovery)).collect()
}

fn candidate(row: &AttributeMapping, discovery: &Discovery) -> Option<Candidate> {
    let simple = !row.is_list()
        && !row.is_reference()
        && !row.declared.multivalued
        && !matches!(row.source, ValueSource::Roles(_))
        && !NEVER.iter().any(|name| same_name(name, &row.target.attribute));
    let published = discovery.schemas.find_patch(&row.target);
    let kind = match row.declared.data_type {
        _ if !simple => return None,
        DataType::String => Simple::Text,
        DataType::Boolean => Simple::Boolean,
        DataType::Integer => Simple::Integer,
        DataType::DateTime => Simple::DateTime,
        DataType::Reference | DataType::Binary => return None,
    };
    Some(Candidate { kind, ..of(row.target.clone(), kind, published, discovery) })
}

fn of(path: PatchPath, kind: Simple, published: Option<&Attribute>, discovery: &Discovery) -> Candidate {
    let whole = PatchPath { filter: None, sub: None, ..path.clone() };
    let top = discovery.schemas.find_patch(&whole);
    let is_hidden = |attribute: &Attribute| {
        attribute.mutability == Mutability::WriteOnly
            || matches!(attribute.returned, Returned::Never | Returned::Request)
    };
    Candidate {
        kind,
        canonical: published.map(|attribute| attribute.canonical_values.clone()).unwrap_or_default(),
        case_exact: published.is_some_and(|attribute| attribute.case_exact),
        hidden: published.is_some_and(is_hidden) || top.is_some_and(is_hidden),
        path,
    }
}

/// The candidate of a path, where the target publishes its attribute as writable: also one that the other tests leave alone.
pub(super) fn of_path(path: &str, kind: Simple, discovery: &Discovery) -> Option<Candidate> {
    let path: PatchPath = path.parse().ok()?;
    let whole = PatchPath { filter: None, sub: None, ..path.clone() };
    discovery.schemas.find_patch(&whole).filter(|attribute| is_writable(attribute))?;
    let published = discovery.schemas.find_patch(&path);
    Some(of(path, kind, published, discovery))
}

/// The candidates that /Schemas publishes as writable for a resource type and the enterprise extension.
pub(super) fn published(kind: ResourceKind, discovery: &Discovery) -> Vec<Candidate> {
    let schemas: &[&str] = match kind {
        ResourceKind::User => &[urn::USER, urn::ENTERPRISE],
        ResourceKind::Group => &[urn::GROUP],
    };
    let mut candidates = Vec::new();
    for name in schemas {
        let Some(schema) = discovery.schemas.get(name) else { continue };
        let prefix = if *name == urn::ENTERPRISE { format!("{name}:") } else { String::new() };
        for attribute in &schema.attributes {
            if NEVER.iter().any(|never| same_name(never, &attribute.name)) || !is_writable(attribute) {
                continue;
            }
            for (path, attribute) in paths(&prefix, attribute) {
                let kind = match attribute.kind {
                    AttributeType::String => Simple::Text,
                    AttributeType::Boolean => Simple::Boolean,
                    AttributeType::Integer => Simple::Integer,
                    AttributeType::DateTime => Simple::DateTime,
                    _ => continue,
                };
                if let Ok(path) = path.parse() {
                    candidates.push(of(path, kind, Some(attribute), discovery));
                }
            }
        }
    }
    candidates
}

fn is_writable(attribute: &Attribute) -> bool {
    matches!(attribute.mutability, Mutability::ReadWrite | Mutability::WriteOnly)
}

/// The paths by which an attribute's simple values are reached: of lists, `value` of each canonical type.
fn paths<'a>(prefix: &str, attribute: &'a Attribute) -> Vec<(String, &'a Attribute)> {
    let name = &attribute.name;
    if attribute.kind != AttributeType::Complex {
        return match attribute.multi_valued {
            true => Vec::new(),
            false => vec![(format!("{prefix}{name}"), attribute)],
        };
    }
    let subs = attribute.sub_attributes.iter().filter(|sub| is_writable(sub) && !sub.multi_valued);
    if !attribute.multi_valued {
        return subs.map(|sub| (format!("{prefix}{name}.{}", sub.name), sub)).collect();
    }
    let types = attribute.sub("type").map(|sub| sub.canonical_values.as_slice()).unwrap_or_default();
    let plain = ["type", "primary", "display", "$ref"];
    let subs: Vec<_> = subs.filter(|sub| !plain.iter().any(|name| same_name(name, &sub.name))).collect();
    types
        .iter()
        .flat_map(|kind| {
            let of_type = move |sub: &'a Attribute| (kind, sub);
            subs.iter().map(move |sub| of_type(sub))
        })
        .map(|(kind, sub)| (format!("{prefix}{name}[type eq \"{kind}\"].{}", sub.name), sub))
        .collect()
}

impl Candidate {
    /// The value to test with: another than the one held, if there is a choice.
    pub(super) fn value(
        &self,
        given: &IndexMap<String, String>,
        held: Option<&Value>,
        material: Material<'_>,
    ) -> TestValue {
        let written = self.path.to_string();
        let given = given.iter().find(|(path, _)| {
            same_name(path, &written) || path.parse::<PatchPath>().is_ok_and(|path| path.same_as(&self.path))
        });
        if let Some((_, text)) = given {
            return TestValue { value: self.typed(text), made_up: false };
        }
        let other = |text: &&String| !held.is_some_and(|held| reader::same(&json!(text), held, false));
        if let Some(text) = self.canonical.iter().find(other).or(self.canonical.first()) {
            return TestValue { value: self.typed(text), made_up: false };
        }
        let made_up = |second| match self.kind {
            Simple::Boolean => json!(held != Some(&Value::Bool(true))),
            Simple::Integer => json!(if second { 4218 } else { 4217 }),
            Simple::DateTime if second => json!("2026-02-28T09:45:00Z"),
            Simple::DateTime => json!("2026-01-31T08:30:00Z"),
            Simple::Text => json!(made_up_text(&self.path, material, second)),
        };
        let first = made_up(false);
        // What is there already would be read back even if the update were lost.
        let taken = held.is_some_and(|held| reader::same(&first, held, false));
        TestValue { value: if taken { made_up(true) } else { first }, made_up: self.kind == Simple::Text }
    }

    /// A text of the settings as this attribute's type.
    fn typed(&self, text: &str) -> Value {
        let parsed = match self.kind {
            Simple::Boolean => text.to_ascii_lowercase().parse::<bool>().ok().map(Value::Bool),
            Simple::Integer => text.parse::<i64>().ok().map(Value::from),
            Simple::Text | Simple::DateTime => None,
        };
        parsed.unwrap_or_else(|| Value::from(text))
    }
}

/// A text that says what it is, of a form that the attribute's meaning asks for.
pub(super) fn made_up_text(path: &PatchPath, material: Material<'_>, second: bool) -> String {
    let either = |first: &str, other: &str| if second { other.to_owned() } else { first.to_owned() };
    let Material { prefix, domain } = material;
    let name = path.attribute.to_ascii_lowercase();
    let sub = path.sub.as_deref().unwrap_or("").to_ascii_lowercase();
    // The same text in every run, so that answers can be compared with those of another day.
    let seed = if second { format!("{}, another", path) } else { path.to_string() };
    let seed = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, seed.as_bytes());
    let word = &seed.simple().to_string()[..8];
    match (name.as_str(), sub.as_str()) {
        ("username" | "emails", _) => format!("{prefix}-upd-{word}@{domain}"),
        ("displayname" | "externalid", _) => format!("{prefix}-upd-{word}"),
        ("locale" | "preferredlanguage", _) => either("en-GB", "de-DE"),
        ("timezone", _) => either("Europe/London", "Europe/Berlin"),
        ("usertype", _) => either("Contractor", "Employee"),
        ("phonenumbers", _) => either("+1-555-0147", "+1-555-0148"),
        ("profileurl" | "photos", _) => format!("https://{domain}/{word}"),
        ("addresses", "country") => either("GB", "DE"),
        ("addresses", "postalcode") => either("EC1A 1BB", "10115"),
        _ => format!("upd-{word}"),
    }
}

/// The names under which attributes are discovered in /Schemas, without letter case: `title`,
/// `name.givenName`, `emails[type eq "work"].value`, `urn:…:User:department` (Test Overview, test 15).
pub(super) fn is_discoverable(path: &PatchPath, kind: ResourceKind, discovery: &Discovery) -> bool {
    let schema = path.schema.as_deref().unwrap_or(kind.schema());
    let Some(attribute) = discovery.schemas.get(schema).and_then(|schema| schema.attribute(&path.attribute))
    else {
        return false;
    };
    let has_sub = path.sub.as_deref().is_none_or(|sub| attribute.sub(sub).is_some());
    // Links are found by the name of their attribute.
    let is_link = ["manager", "members"].iter().any(|name| same_name(name, &attribute.name));
    if is_link {
        return true;
    }
    let Some(filter) = &path.filter else { return has_sub };
    let types = attribute.sub("type").map(|sub| sub.canonical_values.as_slice()).unwrap_or_default();
    let wanted = filter.to_string();
    has_sub
        && match wanted.split_once(" eq ") {
            Some((name, literal)) if same_name(name, "type") && !types.is_empty() => {
                types.iter().any(|kind| same_name(kind, literal.trim_matches('"')))
            }
            Some((name, _)) => attribute.sub(name).is_some(),
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::profiles;
    use crate::scim::schema::SchemaSet;

    fn core() -> Discovery {
        Discovery { schemas: SchemaSet::core(), ..Discovery::default() }
    }

    const MATERIAL: Material<'_> = Material { prefix: "run1", domain: "example.com" };

    fn of_path(path: &str) -> Candidate {
        let all = published(ResourceKind::User, &core());
        all.into_iter().find(|candidate| candidate.path.to_string() == path).unwrap()
    }

    #[test]
    fn lists_links_and_what_the_gates_leave_alone_are_no_candidates() {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let paths: Vec<String> =
            mapped(&mapping.user, &core()).iter().map(|candidate| candidate.path.to_string()).collect();
        assert!(paths.contains(&"displayName".to_owned()), "{paths:?}");
        assert!(paths.contains(&r#"emails[type eq "work"].value"#.to_owned()));
        assert!(!paths.iter().any(|path| path.contains("manager") || path == "active"), "{paths:?}");
        let group = mapped(mapping.group.as_ref().unwrap(), &core());
        assert!(!group.iter().any(|candidate| candidate.path.is("members")));
    }

    #[test]
    fn settings_come_before_canonical_values_and_those_before_made_up_ones() {
        let none = IndexMap::new();
        let given: IndexMap<String, String> = [("usertype".to_owned(), "Intern".to_owned())].into();
        let mut candidate = of_path("userType");
        assert_eq!(
            candidate.value(&given, None, MATERIAL),
            TestValue { value: json!("Intern"), made_up: false }
        );
        assert!(candidate.value(&none, None, MATERIAL).made_up);
        candidate.canonical = vec!["Employee".into(), "Guest".into()];
        let value = candidate.value(&none, Some(&json!("employee")), MATERIAL);
        assert_eq!(value, TestValue { value: json!("Guest"), made_up: false });
    }

    #[test]
    fn a_made_up_value_differs_from_the_one_that_is_there() {
        for path in ["title", "displayName", "locale", r#"phoneNumbers[type eq "work"].value"#] {
            let candidate = of_path(path);
            let first = candidate.value(&IndexMap::new(), None, MATERIAL).value;
            let second = candidate.value(&IndexMap::new(), Some(&first), MATERIAL).value;
            assert!(first != second, "{path}: {first}");
            assert_eq!(candidate.value(&IndexMap::new(), Some(&second), MATERIAL).value, first);
        }
    }

    #[test]
    fn made_up_values_have_the_form_of_their_attribute() {
        let text = |path: &str| of_path(path).value(&IndexMap::new(), None, MATERIAL).value;
        assert_eq!(text("locale"), "en-GB");
        let mail = text(r#"emails[type eq "work"].value"#);
        assert!(mail.as_str().unwrap().ends_with("@example.com"), "{mail}");
        assert!(text("title").as_str().unwrap().starts_with("upd-"));
    }

    #[test]
    fn the_password_is_written_and_never_read() {
        assert!(of_path("password").hidden);
        assert!(!of_path("title").hidden);
    }

    #[test]
    fn attributes_are_discovered_by_their_flattened_names() {
        let found = |path: &str| is_discoverable(&path.parse().unwrap(), ResourceKind::User, &core());
        for path in ["TITLE", "name.givenName", r#"emails[type eq "WORK"].value"#] {
            assert!(found(path), "{path}");
        }
        assert!(found(&format!("{}:manager", urn::ENTERPRISE)));
        for path in ["shoeSize", "name.shoeSize", r#"emails[type eq "fax"].value"#] {
            assert!(!found(path), "{path}");
        }
    }
}
