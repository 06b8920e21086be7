//! What a write says must stand at the target afterwards.

use std::fmt;

use serde_json::Value;

use crate::rules::reading::{definition, elements, flag, selector};
use crate::scim::discovery::Discovery;
use crate::scim::patch::{PatchRequest, Verb};
use crate::scim::schema::AttributeType;
use crate::scim::urn::ENTERPRISE;
use crate::scim::{AttributePath, PatchPath, same_name};
use crate::wire::{Operation, ResourceKind};

/// A place in a resource: an attribute or sub-attribute, within the elements that fit the selector.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) struct Spot {
    /// URN of the extension; `None` for the core schema.
    pub schema: Option<String>,
    /// Attribute name.
    pub attribute: String,
    /// Pairs an element must fit, as `type` and `work`.
    pub selector: Vec<(String, Value)>,
    /// Sub-attribute name.
    pub sub: Option<String>,
}

impl Spot {
    /// An attribute of the core schema.
    pub fn core(attribute: &str) -> Self {
        Spot { schema: None, attribute: attribute.to_owned(), selector: Vec::new(), sub: None }
    }

    /// The spot without its selector.
    pub fn path(&self) -> AttributePath {
        AttributePath {
            schema: self.schema.clone(),
            attribute: self.attribute.clone(),
            sub: self.sub.clone(),
            dotted: false,
        }
    }

    /// The spot as the subject of a finding, without a person's values.
    pub fn subject(&self) -> String {
        let masked =
            |(name, value): &(String, Value)| match same_name(name, "value") || same_name(name, "display") {
                true => (name.clone(), Value::from("…")),
                false => (name.clone(), value.clone()),
            };
        Spot { selector: self.selector.iter().map(masked).collect(), ..self.clone() }.to_string()
    }

    /// True when it is that attribute of the core schema, whatever its sub-attribute.
    pub fn is_core(&self, attribute: &str) -> bool {
        self.schema.is_none() && same_name(&self.attribute, attribute)
    }

    /// True when writing one may change the other.
    pub fn overlaps(&self, other: &Spot) -> bool {
        let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) => same_name(a, b),
            (None, None) => true,
            _ => false,
        };
        let apart = self.selector.iter().any(|(name, value)| {
            let differs = |(other_name, other_value): &(String, Value)| {
                same_name(name, other_name)
                    && crate::rules::reading::likeness(value, other_value)
                        != crate::rules::reading::Likeness::Same
            };
            other.selector.iter().any(differs)
        });
        let subs_meet =
            self.sub.is_none() || other.sub.is_none() || same(self.sub.as_deref(), other.sub.as_deref());
        same(self.schema.as_deref(), other.schema.as_deref())
            && same_name(&self.attribute, &other.attribute)
            && !apart
            && subs_meet
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.attribute)?;
        if !self.selector.is_empty() {
            let pairs = self.selector.iter().map(|(name, value)| format!("{name} eq {value}"));
            write!(f, "[{}]", pairs.collect::<Vec<_>>().join(" and "))?;
        }
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

/// What must be true of a spot.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Holds {
    /// It has this scalar value.
    Value(Value),
    /// An element that fits the selector is there.
    Present,
    /// Nothing is there.
    Absent,
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holds::Value(value) => write!(f, "{value}"),
            Holds::Present => f.write_str("present"),
            Holds::Absent => f.write_str("absent"),
        }
    }
}

/// One statement about the target, made by a write.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) struct Claim {
    /// Where.
    pub spot: Spot,
    /// What.
    pub holds: Holds,
    /// The write is one Entra is not known to send, or the value is not one it maps: no more than a
    /// warning.
    pub weak: bool,
}

impl Claim {
    /// That members are as they were written.
    pub fn of_members() -> Self {
        Claim { spot: Spot::core("members"), holds: Holds::Present, weak: false }
    }
}

/// What an accepted write changes, in order.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum ClaimedChange {
    /// A claim takes the place of all that overlap it.
    Claim(Claim),
    /// Nothing is known of the spot any more.
    Forget(Spot),
    /// Nothing is known of the object's values any more.
    ForgetAll,
    /// These become members.
    Join(Vec<String>),
    /// These are no members any more.
    Leave(Vec<String>),
    /// These are the members, and no others.
    Members(Vec<String>),
}

/// What a request would change if it were accepted.
pub(in crate::rules) fn changes(
    operation: &Operation,
    sent: &Value,
    discovery: &Discovery,
) -> Vec<ClaimedChange> {
    let mut changes = Vec::new();
    match operation {
        Operation::Create(kind) => whole(*kind, sent, discovery, &mut changes),
        Operation::Replace(kind, _) => {
            changes.push(ClaimedChange::ForgetAll);
            whole(*kind, sent, discovery, &mut changes);
        }
        Operation::Modify(kind, _) => match PatchRequest::read(sent) {
            Ok(request) => {
                for operation in request.operations {
                    let value = operation.value.unwrap_or(Value::Null);
                    match operation.path {
                        Some(path) => {
                            apply(
                                ClaimTarget { kind: *kind, discovery },
                                operation.verb,
                                path,
                                value,
                                &mut changes,
                            );
                        }
                        None => bundle(*kind, operation.verb, None, &value, discovery, &mut changes),
                    }
                }
            }
            Err(_) => changes.push(ClaimedChange::ForgetAll),
        },
        _ => {}
    }
    changes
}

#[derive(Clone, Copy)]
struct ClaimTarget<'a> {
    kind: ResourceKind,
    discovery: &'a Discovery,
}

/// A whole resource, as POST and PUT carry it.
fn whole(kind: ResourceKind, sent: &Value, discovery: &Discovery, changes: &mut Vec<ClaimedChange>) {
    let target = ClaimTarget { kind, discovery };
    for (name, value) in sent.as_object().into_iter().flatten() {
        if let (true, Some(members)) = (name.contains(':'), value.as_object()) {
            for (attribute, value) in members {
                let spot = Spot { schema: extension(kind, name), ..Spot::core(attribute) };
                assign(target, Verb::Replace, spot, value, changes);
            }
        } else {
            assign(target, Verb::Replace, Spot::core(name), value, changes);
        }
    }
}

fn extension(kind: ResourceKind, urn: &str) -> Option<String> {
    Some(urn.to_owned()).filter(|urn| !same_name(urn, kind.schema()))
}

/// A path-less operation: every key is a path of its own, a URN with an object is an extension.
fn bundle(
    kind: ResourceKind,
    verb: Verb,
    schema: Option<&str>,
    value: &Value,
    discovery: &Discovery,
    changes: &mut Vec<ClaimedChange>,
) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let Ok(mut path) = key.parse::<PatchPath>() else {
            changes.push(ClaimedChange::ForgetAll);
            return;
        };
        if path.is_bare_schema() && schema.is_none() {
            let urn = path.schema.clone().unwrap_or_default();
            bundle(kind, verb, Some(&urn), value, discovery, changes);
            continue;
        }
        if path.schema.is_none() {
            path.schema = schema.map(str::to_owned);
        }
        apply(ClaimTarget { kind, discovery }, verb, path, value.clone(), changes);
    }
}

/// One operation on one path.
fn apply(
    target: ClaimTarget<'_>,
    verb: Verb,
    path: PatchPath,
    value: Value,
    changes: &mut Vec<ClaimedChange>,
) {
    let ClaimTarget { kind, discovery } = target;
    if path.is_bare_schema() {
        match verb {
            Verb::Remove => changes.push(ClaimedChange::ForgetAll),
            _ => bundle(kind, verb, path.schema.as_deref(), &value, discovery, changes),
        }
        return;
    }
    let mut spot = Spot {
        schema: path.schema.as_deref().and_then(|urn| extension(kind, urn)),
        attribute: path.attribute,
        selector: Vec::new(),
        sub: path.sub,
    };
    if spot.schema.is_none() && definition(discovery, kind, &spot.path()).is_none() {
        // Jobs of 2018 name the extension's attributes without its URN.
        let extended = Spot { schema: Some(ENTERPRISE.to_owned()), ..spot.clone() };
        if kind == ResourceKind::User && definition(discovery, kind, &extended.path()).is_some() {
            spot = extended;
        }
    }
    if spot.is_core("members") && kind == ResourceKind::Group {
        return membership(verb, path.filter.as_ref(), &spot, &value, changes);
    }
    if is_unjudged(&spot) {
        return;
    }
    if let Some(filter) = &path.filter {
        match selector(filter) {
            Some(pairs) => spot.selector = pairs,
            None => {
                spot.sub = None;
                return changes.push(ClaimedChange::Forget(spot));
            }
        }
    }
    let value = unwrapped(target, &spot, value);
    let cleared = value.is_null() || value.as_str() == Some("") || is_empty_reference(&value);
    match verb {
        // A remove that names values takes only those away; which ones remain is not followed.
        Verb::Remove if !value.is_null() => changes.push(ClaimedChange::Forget(spot)),
        Verb::Remove => changes.push(ClaimedChange::Claim(Claim { spot, holds: Holds::Absent, weak: false })),
        // Entra is not known to send these (entra-docs: known-issues); some of its testers do.
        _ if cleared => changes.push(ClaimedChange::Claim(Claim { spot, holds: Holds::Absent, weak: true })),
        Verb::Add | Verb::Replace => put(target, verb, spot, &value, changes),
    }
}

/// The value of `[{"$ref": null, "value": "x"}]`, as Entra's jobs of 2018 wrap every value. What the server
/// publishes as multi-valued may be meant as a list.
fn unwrapped(target: ClaimTarget<'_>, spot: &Spot, value: Value) -> Value {
    let is_list = spot.sub.is_none()
        && definition(target.discovery, target.kind, &spot.path())
            .is_some_and(|definition| definition.multi_valued);
    match wrapped(&value) {
        Some(inner) if !is_list => inner.clone(),
        _ => value,
    }
}

/// The value inside `[{"$ref": null, "value": "x"}]`, whatever it is meant as.
pub(in crate::rules) fn wrapped(value: &Value) -> Option<&Value> {
    let [Value::Object(element)] = value.as_array()?.as_slice() else { return None };
    element.get("value").filter(|_| element.len() == 2 && element.contains_key("$ref"))
}

/// `{"value": ""}`, one of the ways to clear a manager.
fn is_empty_reference(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        !members.is_empty() && members.values().all(|v| v.is_null() || v.as_str() == Some(""))
    })
}

/// A value put at a spot.
fn put(target: ClaimTarget<'_>, verb: Verb, spot: Spot, value: &Value, changes: &mut Vec<ClaimedChange>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                scalar(target, Spot { sub: Some(name.clone()), ..spot.clone() }, value, changes);
            }
        }
        Value::Array(_) => assign(target, verb, spot, value, changes),
        _ => {
            let complex = spot.sub.is_none()
                && definition(target.discovery, target.kind, &spot.path())
                    .is_some_and(|definition| definition.kind == AttributeType::Complex);
            // A manager comes as a bare string; the answer holds it as `value` of an object.
            let sub = if complex { Some("value".to_owned()) } else { spot.sub.clone() };
            scalar(target, Spot { sub, ..spot }, value, changes);
        }
    }
}

/// A whole attribute.
fn assign(target: ClaimTarget<'_>, verb: Verb, spot: Spot, value: &Value, changes: &mut Vec<ClaimedChange>) {
    if spot.is_core("members") && target.kind == ResourceKind::Group {
        return changes.push(ClaimedChange::Members(member_ids(value)));
    }
    if is_unjudged(&spot) {
        return;
    }
    let Value::Array(list) = value else {
        return put(target, verb, spot, value, changes);
    };
    if verb == Verb::Replace {
        changes.push(ClaimedChange::Forget(spot.clone()));
    }
    for element in list.iter().filter(|element| element.is_object()) {
        let own_type = element.get("type").filter(|own| !own.is_null());
        let within = |name: &str, value: &Value| Spot {
            selector: vec![(name.to_owned(), value.clone())],
            ..spot.clone()
        };
        let alone = own_type
            .is_some_and(|own| list.iter().filter(|other| other.get("type") == Some(own)).count() == 1);
        match (own_type, element.get("value")) {
            (Some(own), _) if alone && verb == Verb::Replace => {
                for (sub, value) in element.as_object().into_iter().flatten() {
                    if !same_name(sub, "type") {
                        scalar(
                            target,
                            Spot { sub: Some(sub.clone()), ..within("type", own) },
                            value,
                            changes,
                        );
                    }
                }
            }
            // Roles may come as JSON text that a correct server takes apart.
            (own, Some(Value::String(text))) if !text.is_empty() && !text.starts_with('{') => {
                // An added element stands beside those of its type that were there before.
                if let Some(own) = own {
                    changes.push(ClaimedChange::Forget(within("type", own)));
                }
                let spot = within("value", &Value::String(text.clone()));
                changes.push(ClaimedChange::Claim(Claim { spot, holds: Holds::Present, weak: false }));
            }
            _ => {}
        }
    }
}

/// One scalar at one spot. Null and empty strings claim nothing: they mean "no value".
fn scalar(target: ClaimTarget<'_>, spot: Spot, value: &Value, changes: &mut Vec<ClaimedChange>) {
    if value.is_null() || value.as_str() == Some("") || value.is_array() || value.is_object() {
        return;
    }
    let is_flag = definition(target.discovery, target.kind, &spot.path())
        .is_some_and(|definition| definition.kind == AttributeType::Boolean);
    let value = match flag(value) {
        Some(flag) if is_flag => Value::Bool(flag),
        _ => value.clone(),
    };
    // Absent and false are the same `primary`; `display` is the server's to fill in.
    let sub = spot.sub.as_deref().unwrap_or("");
    if same_name(sub, "primary") && value == Value::Bool(false) || same_name(sub, "$ref") {
        return;
    }
    let weak = same_name(sub, "primary") || same_name(sub, "display") || same_name(sub, "displayName");
    changes.push(ClaimedChange::Claim(Claim { spot, holds: Holds::Value(value), weak }));
}

/// Attributes the server alone decides on, or that no answer holds.
fn is_unjudged(spot: &Spot) -> bool {
    ["schemas", "id", "meta", "groups", "password"].iter().any(|name| spot.is_core(name))
}

/// An operation on a group's members.
fn membership(
    verb: Verb,
    filter: Option<&crate::scim::Filter>,
    spot: &Spot,
    value: &Value,
    changes: &mut Vec<ClaimedChange>,
) {
    if let Some(filter) = filter {
        let named = selector(filter).and_then(|pairs| match pairs.as_slice() {
            [(name, Value::String(id))] if same_name(name, "value") => Some(id.clone()),
            _ => None,
        });
        match (named, verb, &spot.sub) {
            (Some(id), Verb::Remove, None) => changes.push(ClaimedChange::Leave(vec![id])),
            _ => changes.push(ClaimedChange::Forget(Spot { sub: None, ..spot.clone() })),
        }
        return;
    }
    let ids = member_ids(value);
    changes.push(match verb {
        Verb::Add => ClaimedChange::Join(ids),
        Verb::Replace => ClaimedChange::Members(ids),
        Verb::Remove if ids.is_empty() => ClaimedChange::Members(ids),
        Verb::Remove => ClaimedChange::Leave(ids),
    });
}

/// The ids in a value of `members`: objects with `value`, or bare strings.
pub(in crate::rules) fn member_ids(value: &Value) -> Vec<String> {
    elements(value)
        .filter_map(|element| element.as_str().or_else(|| crate::scim::member(element, "value")?.as_str()))
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect()
}
