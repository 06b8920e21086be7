//! PATCH (RFC 7644 §3.5.2), in both of Entra's dialects.
//!
//! Where the RFC and Entra differ, Entra is served: a value path that selects nothing creates the
//! element it describes, a remove names members in its value, an empty string clears. Operations
//! work on a copy that the caller keeps only when all of them succeeded.

use serde_json::{Map, Value};

use super::evaluate;
use super::model::{Model, Place};
use super::reply::Outcome;
use super::values::{self, Unknown, invalid_value, is_primary};
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::patch::{PatchOperation, Verb};
use crate::scim::schema::{Attribute, AttributeType, Mutability};
use crate::scim::{Comparison, Filter, Literal, PatchPath, same_name};

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
    unknown: Unknown,
) -> Outcome<()> {
    let mut patch = Patch { model, attributes, unknown };
    for operation in operations {
        patch.operation(operation)?;
    }
    values::require(model, patch.attributes)
}

struct Patch<'a> {
    model: &'a Model,
    attributes: &'a mut Map<String, Value>,
    unknown: Unknown,
}

impl Patch<'_> {
    fn operation(&mut self, operation: &PatchOperation) -> Outcome<()> {
        match (&operation.path, &operation.value) {
            (Some(path), value) => self.at(operation.verb, path, value.as_ref()),
            (None, Some(Value::Object(members))) => self.bundle(operation.verb, members),
            (None, _) => Err(invalid_value("without a path the value is an object of attributes")),
        }
    }

    /// An operation without a path: every member's name is a path of its own, dotted or behind a URN
    /// in Entra's flagged dialect. Names nobody defined are ignored, as they are in a whole resource.
    fn bundle(&mut self, verb: Verb, members: &Map<String, Value>) -> Outcome<()> {
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
                None if self.unknown == Unknown::Refused && !self.is_common(name) => {
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

    fn at(&mut self, verb: Verb, path: &PatchPath, value: Option<&Value>) -> Outcome<()> {
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
        let change = Change { verb, path, place, unknown };
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
    fn whole_schema(&mut self, verb: Verb, path: &PatchPath, value: Option<&Value>) -> Outcome<()> {
        let urn = path.schema.as_deref().unwrap_or("");
        let schema = match self.model.extension(urn) {
            Some(schema) => schema,
            None if self.model.is_core(urn) => self.model.core,
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
                        None if self.unknown == Unknown::Refused => {
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

fn elements(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(elements)) => elements,
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

fn list(elements: Vec<Value>) -> Option<Value> {
    (!elements.is_empty()).then_some(Value::Array(elements))
}

/// One operation on one attribute.
struct Change<'a> {
    verb: Verb,
    path: &'a PatchPath,
    place: Place,
    unknown: Unknown,
}

impl Change<'_> {
    fn attribute(&self) -> &'static Attribute {
        self.place.attribute
    }

    /// A singular attribute, or a sub-attribute of a singular complex one.
    fn singular(&self, old: Option<Value>, value: Option<&Value>) -> Outcome<Option<Value>> {
        let attribute = self.attribute();
        let value = value.filter(|_| self.verb != Verb::Remove);
        if let Some(sub) = self.place.sub {
            let mut parent = match old {
                Some(Value::Object(parent)) => parent,
                _ => Map::new(),
            };
            set_sub(&mut parent, sub, value, self.unknown)?;
            return self.whole_again(parent);
        }
        let Some(value) = value else { return Ok(None) };
        if attribute.kind == AttributeType::Complex
            && let (Some(Value::Object(mut parent)), Value::Object(members)) = (old, value)
            && !values::is_resource_reference(attribute)
        {
            // RFC 7644 §3.5.2.1 and §3.5.2.3: sub-attributes that are not named stay.
            for (name, value) in members {
                if let Some(sub) = attribute.sub(name).filter(|sub| sub.mutability != Mutability::ReadOnly) {
                    set_sub(&mut parent, sub, Some(value), self.unknown)?;
                }
            }
            return self.whole_again(parent);
        }
        values::of_attribute(attribute, value, self.unknown)
    }

    /// A complex value after one of its members changed.
    fn whole_again(&self, parent: Map<String, Value>) -> Outcome<Option<Value>> {
        if parent.is_empty() {
            return Ok(None);
        }
        if values::is_resource_reference(self.attribute()) {
            return values::one(self.attribute(), &Value::Object(parent), self.unknown);
        }
        Ok(Some(Value::Object(parent)))
    }

    /// A value path on a singular complex attribute, as `manager[value eq "17"]`: it selects the
    /// value or nothing.
    fn singular_selected(
        &self,
        old: Option<Value>,
        filter: &Filter,
        value: Option<&Value>,
    ) -> Outcome<Option<Value>> {
        let is_selected = |old: &Value| evaluate::element_holds(self.attribute(), filter, old);
        match (&old, self.verb) {
            (Some(current), _) if is_selected(current) => self.singular(old, value),
            (_, Verb::Remove) => Ok(old),
            (None, _) => {
                self.singular(described(self.attribute(), filter, self.unknown)?.map(Value::Object), value)
            }
            (Some(_), _) => Err(self.no_target()),
        }
    }

    fn no_target(&self) -> ErrorMessage {
        ErrorMessage::of(ScimType::NoTarget, format!("path \"{}\" selects no value", self.path))
    }

    /// The elements a value path selects.
    fn selected(
        &self,
        mut elements: Vec<Value>,
        filter: &Filter,
        value: Option<&Value>,
    ) -> Outcome<Option<Value>> {
        let attribute = self.attribute();
        let holds = |element: &Value| evaluate::element_holds(attribute, filter, element);
        if self.verb == Verb::Remove {
            match self.place.sub {
                None => elements.retain(|element| !holds(element)),
                Some(sub) => {
                    for element in elements.iter_mut().filter(|element| holds(element)) {
                        self.set_in_element(element, sub, None)?;
                    }
                    self.drop_hollow(&mut elements, None);
                }
            }
            return Ok(list(elements));
        }
        let mut touched: Vec<usize> = elements
            .iter()
            .enumerate()
            .filter(|(_, element)| holds(element))
            .map(|(index, _)| index)
            .collect();
        if touched.is_empty() {
            if self.place.sub.is_some() && value.is_some_and(is_nothing) {
                return Ok(list(elements));
            }
            // Entra sends value paths for elements that are not there yet and means to create them
            // (RFC 7644 §3.5.2.3 would have `noTarget`).
            let described = described(attribute, filter, self.unknown)?.ok_or_else(|| self.no_target())?;
            touched.push(elements.len());
            elements.push(Value::Object(described));
        }
        for index in &touched {
            let element = &mut elements[*index];
            match (self.place.sub, value) {
                (Some(sub), value) => self.set_in_element(element, sub, value)?,
                (None, Some(value)) => {
                    let Some(Value::Object(new)) = values::one(attribute, value, self.unknown)? else {
                        *element = Value::Null;
                        continue;
                    };
                    // A replace puts the value in place of the old one; what the path says of the
                    // element holds on.
                    let mut whole = match (self.verb, &*element) {
                        (Verb::Add, Value::Object(old)) => old.clone(),
                        _ => described(attribute, filter, self.unknown)?.unwrap_or_default(),
                    };
                    whole.extend(new);
                    *element = Value::Object(whole);
                }
                (None, None) => {}
            }
        }
        one_primary(&mut elements, &touched);
        self.drop_hollow(&mut elements, value);
        Ok(list(elements))
    }

    /// An element whose last value was cleared goes with it: a type alone is nobody's address. What
    /// was set stays, whatever it is: Entra writes a role's type before its value.
    fn drop_hollow(&self, elements: &mut Vec<Value>, value: Option<&Value>) {
        let clearing = self.verb == Verb::Remove || value.is_none_or(is_nothing);
        elements.retain(|element| match element {
            Value::Object(members) if clearing => {
                members.keys().any(|name| !["type", "primary", "display"].contains(&name.as_str()))
            }
            Value::Object(members) => !members.is_empty(),
            other => !other.is_null(),
        });
    }

    fn set_in_element(&self, element: &mut Value, sub: &Attribute, value: Option<&Value>) -> Outcome<()> {
        let Value::Object(members) = element else { return Ok(()) };
        let before = members.get(&sub.name).cloned();
        set_sub(members, sub, value, self.unknown)?;
        if sub.mutability == Mutability::Immutable
            && before.is_some()
            && before.as_ref() != members.get(&sub.name)
        {
            let detail = format!("{}.{} cannot be changed once it is set", self.attribute().name, sub.name);
            return Err(ErrorMessage::of(ScimType::Mutability, detail));
        }
        Ok(())
    }

    /// A multi-valued attribute without a value path.
    fn list(&self, mut elements: Vec<Value>, value: Option<&Value>) -> Outcome<Option<Value>> {
        let attribute = self.attribute();
        if let Some(sub) = self.place.sub {
            // `emails.value`: the sub-attribute of every element.
            if elements.is_empty() && self.verb != Verb::Remove && !value.is_none_or(is_nothing) {
                elements.push(Value::Object(Map::new()));
            }
            for element in &mut elements {
                self.set_in_element(element, sub, value.filter(|_| self.verb != Verb::Remove))?;
            }
            self.drop_hollow(&mut elements, value);
            return Ok(list(elements));
        }
        let sent = match value {
            Some(value) => self.sent_elements(value)?,
            None => Vec::new(),
        };
        match self.verb {
            // Entra's default dialect names the members to take away in the value. An empty list names
            // none; no value at all means every one (RFC 7644 §3.5.2.2).
            Verb::Remove => match value {
                None | Some(Value::Null) => Ok(None),
                Some(_) => {
                    elements.retain(|element| !sent.iter().any(|named| is_named(element, named)));
                    Ok(list(elements))
                }
            },
            Verb::Replace => Ok(list(sent)),
            Verb::Add => {
                let before = elements.len();
                for element in sent {
                    values::add_element(attribute, &mut elements, element);
                }
                let added: Vec<usize> = (before..elements.len()).collect();
                one_primary(&mut elements, &added);
                Ok(list(elements))
            }
        }
    }

    fn sent_elements(&self, value: &Value) -> Outcome<Vec<Value>> {
        Ok(elements(values::of_attribute(self.attribute(), value, self.unknown)?))
    }
}

/// Sets a sub-attribute, or takes it away when there is no value.
fn set_sub(
    parent: &mut Map<String, Value>,
    sub: &Attribute,
    value: Option<&Value>,
    unknown: Unknown,
) -> Outcome<()> {
    let new = match value {
        Some(value) => values::of_attribute(sub, value, unknown)?,
        None => None,
    };
    match new {
        Some(new) => parent.insert(sub.name.clone(), new),
        None => parent.shift_remove(&sub.name),
    };
    Ok(())
}

/// True for what Entra clears with: null, an empty string, an empty list.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

/// True when a remove's value names this element: by `value` where it has one, else by all it says.
fn is_named(element: &Value, named: &Value) -> bool {
    match (element, named) {
        (Value::Object(element), Value::Object(named)) => match named.get("value") {
            Some(value) => element.get("value") == Some(value),
            None => named.iter().all(|(name, value)| element.get(name) == Some(value)),
        },
        _ => element == named,
    }
}

/// Where a new element is primary, the others no longer are (RFC 7644 §3.5.2).
fn one_primary(elements: &mut [Value], touched: &[usize]) {
    let Some(newest) =
        touched.iter().rev().copied().find(|index| elements.get(*index).is_some_and(is_primary))
    else {
        return;
    };
    for (index, element) in elements.iter_mut().enumerate() {
        if index != newest && is_primary(element) {
            element["primary"] = Value::Bool(false);
        }
    }
}

/// The element a value path describes: `[type eq "work"]` is `{"type": "work"}`. `None` when the
/// filter asks for more than equality.
fn described(
    attribute: &Attribute,
    filter: &Filter,
    unknown: Unknown,
) -> Outcome<Option<Map<String, Value>>> {
    match filter {
        Filter::And(left, right) => {
            let (left, right) = (described(attribute, left, unknown)?, described(attribute, right, unknown)?);
            Ok(left.zip(right).map(|(mut left, right)| {
                left.extend(right);
                left
            }))
        }
        Filter::Compare(path, Comparison::Equal, literal) => {
            let Some(sub) = attribute.sub(&path.attribute) else { return Ok(None) };
            let value = match literal {
                Literal::Boolean(value) => Value::Bool(*value),
                Literal::Text(text) => Value::String(text.clone()),
                Literal::Number(text) => serde_json::from_str(text).unwrap_or(Value::Null),
                Literal::Null => Value::Null,
            };
            let mut members = Map::new();
            if let Some(value) = values::one(sub, &value, unknown)? {
                members.insert(sub.name.clone(), value);
            }
            Ok(Some(members))
        }
        _ => Ok(None),
    }
}
