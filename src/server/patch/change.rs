//! One PATCH operation on one attribute: from the value that is kept to the value that will be.

use serde_json::{Map, Value};

use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::patch::Verb;
use crate::scim::schema::{Attribute, AttributeType, Mutability};
use crate::scim::{Comparison, Filter, Literal, PatchPath};
use crate::server::evaluate;
use crate::server::model::ModelPlace;
use crate::server::reply::ReplyOutcome;
use crate::server::values::{self, UnknownAttributes, is_primary};

/// The elements of what is kept.
pub(super) fn elements(value: Option<Value>) -> Vec<Value> {
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
pub(super) struct PatchChange<'a> {
    pub(super) verb: Verb,
    pub(super) path: &'a PatchPath,
    pub(super) place: ModelPlace<'a>,
    pub(super) unknown: UnknownAttributes,
}

impl<'a> PatchChange<'a> {
    fn attribute(&self) -> &'a Attribute {
        self.place.attribute
    }

    /// A singular attribute, or a sub-attribute of a singular complex one.
    pub(super) fn singular(&self, old: Option<Value>, value: Option<&Value>) -> ReplyOutcome<Option<Value>> {
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
    fn whole_again(&self, parent: Map<String, Value>) -> ReplyOutcome<Option<Value>> {
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
    pub(super) fn singular_selected(
        &self,
        old: Option<Value>,
        filter: &Filter,
        value: Option<&Value>,
    ) -> ReplyOutcome<Option<Value>> {
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
    pub(super) fn selected(
        &self,
        mut elements: Vec<Value>,
        filter: &Filter,
        value: Option<&Value>,
    ) -> ReplyOutcome<Option<Value>> {
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

    /// An element whose last value was cleared goes with it: a type alone is not an address. What
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

    fn set_in_element(
        &self,
        element: &mut Value,
        sub: &Attribute,
        value: Option<&Value>,
    ) -> ReplyOutcome<()> {
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
    pub(super) fn list(
        &self,
        mut elements: Vec<Value>,
        value: Option<&Value>,
    ) -> ReplyOutcome<Option<Value>> {
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

    fn sent_elements(&self, value: &Value) -> ReplyOutcome<Vec<Value>> {
        Ok(elements(values::of_attribute(self.attribute(), value, self.unknown)?))
    }
}

/// Sets a sub-attribute, or takes it away when there is no value.
fn set_sub(
    parent: &mut Map<String, Value>,
    sub: &Attribute,
    value: Option<&Value>,
    unknown: UnknownAttributes,
) -> ReplyOutcome<()> {
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
    unknown: UnknownAttributes,
) -> ReplyOutcome<Option<Map<String, Value>>> {
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
