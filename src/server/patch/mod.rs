//! PATCH (RFC 7644 §3.5.2), in both of Entra's dialects.
//!
//! Where the RFC and Entra differ, Entra is served: a value path that selects nothing creates the
//! element it describes, a remove names members in its value, an empty string clears. Operations
//! work on a copy that the caller keeps only when all of them succeeded.

mod change;

use serde_json::{Map, Value};

use super::evaluate;
use super::model::Model;
use super::reply::ReplyOutcome;
use super::values::{self, UnknownAttributes, invalid_value};
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::patch::{PatchOperation, Verb};
use crate::scim::schema::Mutability;
use crate::scim::{PatchPath, same_name};
use change::{PatchChange, elements};

/// Applies operations in order.
///
/// # Errors
/// The first operation's refusal: `invalidPath` for a path that names nothing, `mutability` for what
/// cannot be written, `noTarget` for a value path that selects nothing and describes nothing, `invalidValue`
/// for a wrong value and for a resource that would lack something required.
pub(super) fn apply(
    model: &Model,
    attributes: &mut Map<String, Value>,
    operations: &[PatchOperation],
    unknown: UnknownAttributes,
) -> ReplyOutcome<()> {
    let mut patch = Patch { model, attributes, unknown };
    for operation in operations {
        patch.operation(operation)?;
    }
    values::require(model, patch.attributes)
}

struct Patch<'a> {
    model: &'a Model,
    attributes: &'a mut Map<String, Value>,
    unknown: UnknownAttributes,
}

impl Patch<'_> {
    fn operation(&mut self, operation: &PatchOperation) -> ReplyOutcome<()> {
        match (&operation.path, &operation.value) {
            (Some(path), value) => self.at(operation.verb, path, value.as_ref()),
            (None, Some(Value::Object(members))) => self.bundle(operation.verb, members),
            (None, _) => Err(invalid_value("without a path the value is an object of attributes")),
        }
    }

    /// An operation without a path: every member's name is a path of its own, dotted or behind a URN
    /// in Entra's flagged dialect. Names without a definition are ignored, as they are in a whole resource.
    fn bundle(&mut self, verb: Verb, members: &Map<String, Value>) -> ReplyOutcome<()> {
        for (name, value) in members {
            if self.model.is_core(name) && value.is_object() {
                if let Value::Object(inner) = value {
                    self.bundle(verb, inner)?;
                }
                continue;
            }
            let path = name.parse::<PatchPath>().ok().filter(|path| {
                let known = match &path.schema {
                    Some(urn) if path.is_bare_schema() => self.model.extension(urn).is_some(),
                    _ => self.model.find_target(path).is_some(),
                };
                known && !self.is_read_only(path)
            });
            match path {
                Some(path) => self.at(verb, &path, Some(value))?,
                None if self.unknown == UnknownAttributes::Refused && !self.is_common(name) => {
                    return Err(invalid_value(format!("no schema of this server defines \"{name}\"")));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn is_common(&self, name: &str) -> bool {
        self.model.core_attribute(name).is_some()
    }

    fn is_read_only(&self, path: &PatchPath) -> bool {
        self.model.find_target(path).is_some_and(|place| {
            place.attribute.mutability == Mutability::ReadOnly
                || place.sub.is_some_and(|sub| sub.mutability == Mutability::ReadOnly)
                || same_name(&place.attribute.name, "schemas")
        })
    }

    fn at(&mut self, verb: Verb, path: &PatchPath, value: Option<&Value>) -> ReplyOutcome<()> {
        if path.is_bare_schema() {
            return self.whole_schema(verb, path, value);
        }
        let Some(place) = self.model.find_target(path) else {
            let detail = format!("path \"{path}\" names no attribute of a {}", self.model.kind.name());
            return Err(ErrorMessage::of(ScimType::InvalidPath, detail));
        };
        if self.is_read_only(path) {
            return Err(ErrorMessage::of(ScimType::Mutability, format!("{path} cannot be written")));
        }
        if verb != Verb::Remove && value.is_none() {
            return Err(invalid_value(format!("{verb} on {path} needs a value")));
        }
        if let Some(filter) = &path.filter {
            evaluate::check_elements(place.attribute, filter).map_err(|mut error| {
                error.scim_type = Some(ScimType::InvalidPath);
                error
            })?;
        }
        let unknown = self.unknown;
        let container = match place.extension {
            None => &mut *self.attributes,
            Some(urn) => match self.attributes.entry(urn).or_insert_with(|| Value::Object(Map::new())) {
                Value::Object(object) => object,
                other => {
                    *other = Value::Object(Map::new());
                    other.as_object_mut().expect("it was made an object just now")
                }
            },
        };
        let old = container.get(&place.attribute.name).cloned();
        let change = PatchChange { verb, path, place, unknown };
        let new = match (place.attribute.multi_valued, path.filter.as_ref()) {
            (true, Some(filter)) => change.selected(elements(old), filter, value)?,
            (true, None) => change.list(elements(old), value)?,
            (false, Some(filter)) => change.singular_selected(old, filter, value)?,
            (false, None) => change.singular(old, value)?,
        };
        match new {
            Some(new) => container.insert(place.attribute.name.clone(), new),
            None => container.shift_remove(&place.attribute.name),
        };
        if let Some(urn) = place.extension
            && self.attributes.get(urn).and_then(Value::as_object).is_some_and(Map::is_empty)
        {
            self.attributes.shift_remove(urn);
        }
        Ok(())
    }

    /// The path is a schema's URN: the value holds attributes of that schema.
    fn whole_schema(&mut self, verb: Verb, path: &PatchPath, value: Option<&Value>) -> ReplyOutcome<()> {
        let urn = path.schema.as_deref().unwrap_or("");
        let schema = match self.model.extension(urn) {
            Some(schema) => schema,
            None if self.model.is_core(urn) => &self.model.core,
            None => {
                return Err(ErrorMessage::of(
                    ScimType::InvalidPath,
                    format!("\"{urn}\" is no schema of this resource"),
                ));
            }
        };
        match (verb, value) {
            (Verb::Remove, _) if self.model.is_core(urn) => {
                Err(ErrorMessage::of(ScimType::Mutability, "the core schema cannot be removed"))
            }
            (Verb::Remove, _) => {
                self.attributes.shift_remove(&schema.id);
                Ok(())
            }
            (_, Some(Value::Object(members))) => {
                for (name, value) in members {
                    let path = format!("{}:{name}", schema.id).parse::<PatchPath>();
                    match path.ok().filter(|path| self.model.find_target(path).is_some()) {
                        Some(path) if self.is_read_only(&path) => {}
                        Some(path) => self.at(verb, &path, Some(value))?,
                        None if self.unknown == UnknownAttributes::Refused && !same_name(name, "schemas") => {
                            return Err(invalid_value(format!("{urn} does not define \"{name}\"")));
                        }
                        None => {}
                    }
                }
                Ok(())
            }
            _ => Err(invalid_value(format!("{verb} on {urn} needs an object of attributes"))),
        }
    }
}
