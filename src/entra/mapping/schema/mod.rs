//! Microsoft Graph's synchronizationSchema: the JSON in which Entra exports and imports the
//! configuration of a provisioning job (Graph: synchronization resources).
//!
//! [`import()`] reads it whole. What it names and scimulate does not play is kept and reported as a
//! [`Remark`]; what is wrong is an error with its place. [`export()`] writes a mapping in the same form:
//! an imported one as it came, but for what was changed since.

mod export;
mod import;
mod row;
mod source;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use export::export;
pub use import::import;

use super::ObjectMapping;
use crate::entra::directory::ObjectKind;

/// The document around an imported mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The whole document, as it was read.
    document: Arc<Value>,
    /// The number of the rule whose object mappings are played.
    rule: usize,
    /// The numbers of its object mappings for users and for groups, with what was read from them.
    user: (usize, ObjectMapping),
    group: Option<(usize, ObjectMapping)>,
    /// What the document says and scimulate does not play.
    pub remarks: Vec<Remark>,
}

impl Frame {
    fn object(&self, kind: ObjectKind) -> Option<&(usize, ObjectMapping)> {
        match kind {
            ObjectKind::User => Some(&self.user),
            ObjectKind::Group => self.group.as_ref(),
        }
    }

    /// What the document maps groups to, whether that is switched on or off.
    #[must_use]
    pub fn group(&self) -> Option<&ObjectMapping> {
        self.group.as_ref().map(|(_, mapping)| mapping)
    }

    /// Names of the source attributes that the document lists.
    pub fn source_attributes(&self, kind: ObjectKind) -> impl Iterator<Item = &str> {
        fn items(value: &Value) -> &[Value] {
            value.as_array().map(Vec::as_slice).unwrap_or_default()
        }
        let source = &self.document["synchronizationRules"][self.rule]["sourceDirectoryName"];
        let directories = items(&self.document["directories"]).iter();
        let objects = directories.filter(move |directory| directory["name"] == *source);
        let objects = objects.flat_map(move |directory| items(&directory["objects"]));
        let own = objects.filter(move |object| object["name"] == object_name(kind));
        own.flat_map(move |object| items(&object["attributes"]))
            .filter_map(|attribute| attribute["name"].as_str())
    }
}

/// A part of an imported document that is kept and not played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where it stands in the document, as `synchronizationRules[0].objectMappings[1].scope`.
    pub path: String,
    /// Its line, from 1.
    pub line: usize,
    /// What is the matter with it.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.path, self.message)
    }
}

/// Names of the source object types.
fn object_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "User",
        ObjectKind::Group => "Group",
    }
}

/// Names under which exports know the tenant.
const ENTRA: [&str; 3] = ["Azure Active Directory", "Microsoft Entra ID", "Microsoft Entra"];

#[cfg(test)]
mod tests;
