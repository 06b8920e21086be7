//! One user or group of a file, checked.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::raw::{Field, RawRow, RawValue};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{AppRole, AttributeKind, ObjectId, ObjectKind, SourceValue, attributes, find};

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

/// Names a row may have beside source attributes.
const OWN: [&str; 6] = ["id", "objectId", "assigned", "deleted", "manager", "members"];

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
    let user = raw.kind == ObjectKind::User;
    match field.name.as_str() {
        "id" | "objectId" => {
            text(field).map(|_| ()).ok_or_else(|| wrong("a text"))?;
        }
        "assigned" => row.assigned = boolean(raw, field).ok_or_else(|| wrong("true or false"))?,
        "deleted" if user => row.deleted = boolean(raw, field).ok_or_else(|| wrong("true or false"))?,
        "accountEnabled" if user => {
            row.account_enabled = boolean(raw, field).ok_or_else(|| wrong("true or false"))?;
        }
        "manager" if user => {
            row.manager = Some(text(field).ok_or_else(|| wrong("an id or a userPrincipalName"))?);
        }
        "members" if !user => {
            row.members =
                list(raw, field).ok_or_else(|| wrong("a list of ids, userPrincipalNames or displayNames"))?;
        }
        name => {
            let attribute = find(raw.kind, name).map_err(|unknown| {
                let known = attributes(raw.kind).iter().map(|attribute| attribute.name).chain(OWN);
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
