//! One user or group of a file, checked.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::raw::{Field, RawRow, RawValue};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{AppRole, AttributeKind, ObjectId, ObjectKind, SourceValue, attributes, find};
use crate::keys::{Key, map, shape};

/// A user or group of a directory file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRow {
    /// User or group.
    pub kind: ObjectKind,
    /// The object id: the file's, or one made from the name.
    pub id: ObjectId,
    /// userPrincipalName of a user, displayName of a group.
    pub name: String,
    /// The other source attributes.
    pub attributes: BTreeMap<&'static str, SourceValue>,
    /// `accountEnabled`; true when it is not said.
    pub account_enabled: bool,
    /// `manager` as it is written: an id or a userPrincipalName.
    pub manager: Option<String>,
    /// `members` as they are written: ids, userPrincipalNames, or displayNames of groups.
    pub members: Vec<String>,
    /// Assigned to the application; true when it is not said.
    pub assigned: bool,
    /// In the recycle bin.
    pub deleted: bool,
    /// The file's line, from 1.
    pub line: usize,
}

impl DirectoryRow {
    /// What no two objects of one kind may share, without letter case.
    pub(super) fn unique_name(&self) -> String {
        format!("{} {}", self.kind, self.name.to_lowercase())
    }
}

/// A key that a row may have beside source attributes, or that is read in another way than these.
#[derive(Debug, Clone, Copy)]
enum OwnKey {
    Id,
    Assigned,
    Deleted,
    AccountEnabled,
    Manager,
    Members,
}

const ID: (Key, OwnKey) =
    (Key::new("id", shape::text_or_null, "The object id; without it one is made from the name."), OwnKey::Id);
const OBJECT_ID: (Key, OwnKey) = (Key::new("objectId", shape::text_or_null, "The same as `id`."), OwnKey::Id);
const ASSIGNED: (Key, OwnKey) = (
    Key::new("assigned", boolean_or_null, "Assigned to the application; true unless it is said."),
    OwnKey::Assigned,
);

/// The keys of a user.
const OF_USERS: [(Key, OwnKey); 6] = [
    ID,
    OBJECT_ID,
    ASSIGNED,
    (Key::new("deleted", boolean_or_null, "In the recycle bin, and purged after 30 days."), OwnKey::Deleted),
    (Key::new("accountEnabled", boolean_or_null, "`false`: blocked from sign-in."), OwnKey::AccountEnabled),
    (Key::new("manager", shape::text_or_null, "The manager's id or userPrincipalName."), OwnKey::Manager),
];

/// The keys of a group.
const OF_GROUPS: [(Key, OwnKey); 4] = [
    ID,
    OBJECT_ID,
    ASSIGNED,
    (
        Key::new("members", texts_or_null, "Ids, userPrincipalNames, or displayNames of groups."),
        OwnKey::Members,
    ),
];

fn own_names(kind: ObjectKind) -> impl Iterator<Item = &'static str> {
    own(kind).iter().map(|(key, _)| key.name)
}

fn own(kind: ObjectKind) -> &'static [(Key, OwnKey)] {
    match kind {
        ObjectKind::User => &OF_USERS,
        ObjectKind::Group => &OF_GROUPS,
    }
}

/// The JSON Schema of one user or group, made of the keys that the reader knows.
pub(super) fn json_schema(kind: ObjectKind) -> Value {
    let keys: Vec<Key> = own(kind).iter().map(|(key, _)| *key).collect();
    let mut schema = map(&keys);
    if let Some(properties) = schema["properties"].as_object_mut() {
        for attribute in attributes(kind).iter().filter(|attribute| !attribute.computed) {
            let shape = match attribute.kind {
                AttributeKind::Texts | AttributeKind::Roles => texts_or_null(),
                AttributeKind::Boolean => boolean_or_null(),
                _ => shape::text_or_null(),
            };
            properties.insert(attribute.name.to_owned(), shape);
        }
        // The name is what may not be missing.
        properties.insert(naming(kind).to_owned(), shape::text());
    }
    schema["type"] = json!("object");
    schema["required"] = json!([naming(kind)]);
    // A directory extension is an attribute of a tenant's own.
    schema["patternProperties"] = json!({ "^extension_": shape::text_or_null() });
    schema
}

fn boolean_or_null() -> Value {
    json!({ "type": ["boolean", "null"] })
}

fn texts_or_null() -> Value {
    shape::either([shape::texts(), shape::nothing()])
}

/// The attribute by which people know an object of that kind.
fn naming(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "userPrincipalName",
        ObjectKind::Group => "displayName",
    }
}

/// The object a row is about, though the rest of it may be wrong.
pub(super) fn identity(raw: &RawRow) -> Option<ObjectId> {
    let text = |name: &str| match raw.get(name).map(|field| &field.value) {
        Some(RawValue::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    };
    if let Some(id) = text("id").or_else(|| text("objectId")) {
        return Some(ObjectId::new(&id));
    }
    text(naming(raw.kind)).map(|name| made_id(raw.kind, &name))
}

/// An id for an object that has none in the file, the same for the same name.
fn made_id(kind: ObjectKind, name: &str) -> ObjectId {
    let text = format!("{kind} {}", name.to_lowercase());
    ObjectId::new(&Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).to_string())
}

/// Checks one row.
pub(super) fn read(file: &str, raw: &RawRow) -> Result<DirectoryRow, Diagnostic> {
    let naming = naming(raw.kind);
    let Some(id) = identity(raw) else {
        let help = format!("a {} needs a `{naming}`", raw.kind);
        return Err(raw.problem(file, naming, format!("this {} has no name", raw.kind)).help(help));
    };
    let mut row = DirectoryRow {
        kind: raw.kind,
        id,
        name: String::new(),
        attributes: BTreeMap::new(),
        account_enabled: true,
        manager: None,
        members: Vec::new(),
        assigned: true,
        deleted: false,
        line: raw.line,
    };
    for field in &raw.fields {
        take(file, raw, field, &mut row)?;
    }
    let Some(SourceValue::Text(name)) = row.attributes.get(naming) else {
        let help = format!("a {} needs a `{naming}`", raw.kind);
        return Err(raw.problem(file, naming, format!("this {} has no `{naming}`", raw.kind)).help(help));
    };
    row.name.clone_from(name);
    Ok(row)
}

fn take(file: &str, raw: &RawRow, field: &Field, row: &mut DirectoryRow) -> Result<(), Diagnostic> {
    if field.value == RawValue::Nothing {
        return Ok(());
    }
    let wrong = |expected: &str| {
        let title = format!("`{}` is {expected}, and here stands {}", field.name, field.value.what());
        let problem = raw.problem(file, &field.name, title);
        match &field.value {
            RawValue::Other("a number") => problem.help("write the number in quotes, if a text is meant"),
            _ => problem,
        }
    };
    let own = own(raw.kind).iter().find(|(key, _)| key.name == field.name).map(|(_, own)| *own);
    match own {
        Some(OwnKey::Id) => {
            text(field).map(|_| ()).ok_or_else(|| wrong("a text"))?;
        }
        Some(OwnKey::Assigned) => row.assigned = boolean(raw, field).ok_or_else(|| wrong("true or false"))?,
        Some(OwnKey::Deleted) => row.deleted = boolean(raw, field).ok_or_else(|| wrong("true or false"))?,
        Some(OwnKey::AccountEnabled) => {
            row.account_enabled = boolean(raw, field).ok_or_else(|| wrong("true or false"))?;
        }
        Some(OwnKey::Manager) => {
            row.manager = Some(text(field).ok_or_else(|| wrong("an id or a userPrincipalName"))?);
        }
        Some(OwnKey::Members) => {
            row.members =
                list(raw, field).ok_or_else(|| wrong("a list of ids, userPrincipalNames or displayNames"))?;
        }
        None => {
            let name = field.name.as_str();
            let attribute = find(raw.kind, name).map_err(|unknown| {
                let known =
                    attributes(raw.kind).iter().map(|attribute| attribute.name).chain(own_names(raw.kind));
                raw.problem(file, name, unknown.to_string()).did_you_mean(name, known)
            })?;
            let value = match attribute.kind {
                AttributeKind::Text => text(field).map(SourceValue::Text),
                AttributeKind::Texts => list(raw, field).map(SourceValue::Texts),
                AttributeKind::Boolean => boolean(raw, field).map(SourceValue::Boolean),
                AttributeKind::Roles => list(raw, field).map(|roles| SourceValue::Roles(app_roles(&roles))),
                AttributeKind::Reference | AttributeKind::References => None,
            };
            let value = value.ok_or_else(|| wrong(attribute.kind.as_str()))?;
            if attribute.computed {
                return Err(raw.problem(file, name, format!("`{name}` is not set in a file")));
            }
            row.attributes.insert(attribute.name, value);
        }
    }
    Ok(())
}

/// App roles by their values; each has an id made from its value.
fn app_roles(values: &[String]) -> Vec<AppRole> {
    let id = |value: &str| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("role {value}").as_bytes()).to_string();
    values.iter().map(|value| AppRole::new(&id(value), value, value)).collect()
}

fn text(field: &Field) -> Option<String> {
    match &field.value {
        RawValue::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn boolean(raw: &RawRow, field: &Field) -> Option<bool> {
    match &field.value {
        RawValue::Boolean(flag) => Some(*flag),
        RawValue::Text(text) if raw.untyped => match text.trim().to_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn list(raw: &RawRow, field: &Field) -> Option<Vec<String>> {
    match &field.value {
        RawValue::List(texts) => Some(texts.clone()),
        RawValue::Text(text) if raw.untyped => {
            Some(text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
        }
        _ => None,
    }
}
