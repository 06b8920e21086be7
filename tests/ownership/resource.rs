//! Just enough of SCIM to be provisioned: filters with `eq`, and PATCH in the dialects Entra has.

use scimulate::scim::urn;
use serde_json::{Map, Value, json};

/// Where a filter or a PATCH operation leads: `emails[type eq "work"].value`, the schema's URN taken apart.
struct Path {
    in_enterprise: bool,
    attribute: String,
    element: Option<(String, String)>,
    sub: Option<String>,
}

impl Path {
    fn read(text: &str) -> Option<Path> {
        let core = [urn::USER, urn::GROUP].iter().find_map(|urn| text.strip_prefix(urn));
        let enterprise = text.strip_prefix(urn::ENTERPRISE);
        let rest = enterprise.or(core).map_or(Some(text), |rest| rest.strip_prefix(':'))?;
        if rest.starts_with("urn:") {
            return None;
        }
        let (before, element, after) = match rest.split_once('[') {
            None => (rest, None, ""),
            Some((before, rest)) => {
                let (inside, after) = rest.rsplit_once(']')?;
                (before, Some(equality(inside)?), after)
            }
        };
        let (attribute, sub) = match before.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (before, after.strip_prefix('.')),
        };
        Some(Path {
            in_enterprise: enterprise.is_some(),
            attribute: attribute.to_owned(),
            element,
            sub: sub.map(str::to_owned),
        })
    }

    fn selects(&self, item: &Value) -> bool {
        self.element.as_ref().is_none_or(|(name, wanted)| {
            get(item, name).is_some_and(|held| text_of(held).eq_ignore_ascii_case(wanted))
        })
    }
}

/// `name eq "value"` or `name eq true`, as its two sides.
fn equality(text: &str) -> Option<(String, String)> {
    let at = text.to_ascii_lowercase().find(" eq ")?;
    let value = text[at + 4..].trim();
    let value = serde_json::from_str::<Value>(value).map_or_else(|_| value.to_owned(), |v| text_of(&v));
    Some((text[..at].trim().to_owned(), value))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A member of an object, its name in any letter case.
pub fn get<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let (_, member) = value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(member)
}

/// Whether a filter hits; `None` for one that this server does not read.
pub fn matches(resource: &Value, filter: &str) -> Option<bool> {
    let mut hit = true;
    for part in filter.split("\" and ") {
        let closed = part.matches('"').count() % 2 == 0;
        let part = if closed { part.to_owned() } else { format!("{part}\"") };
        // A value path has an equality of its own, so that the last one is asked for.
        let at = part.to_ascii_lowercase().rfind(" eq ")?;
        let (_, wanted) = equality(&part[at..])?;
        let path = Path::read(part[..at].trim())?;
        hit &= values(resource, &path).iter().any(|held| text_of(held).eq_ignore_ascii_case(&wanted));
    }
    Some(hit)
}

fn values<'a>(resource: &'a Value, path: &Path) -> Vec<&'a Value> {
    let holder = if path.in_enterprise { resource.get(urn::ENTERPRISE) } else { Some(resource) };
    let Some(held) = holder.and_then(|holder| get(holder, &path.attribute)) else { return Vec::new() };
    let items: Vec<&Value> = match held {
        Value::Array(items) => items.iter().filter(|item| path.selects(item)).collect(),
        single => vec![single],
    };
    match &path.sub {
        Some(sub) => items.into_iter().filter_map(|item| get(item, sub)).collect(),
        None => items,
    }
}

/// Applies a PATCH body; false when this server does not read it.
pub fn patch(resource: &mut Value, body: &Value) -> bool {
    let Some(operations) = get(body, "Operations").and_then(Value::as_array) else { return false };
    operations.iter().all(|operation| apply(resource, operation).is_some())
}

fn apply(resource: &mut Value, operation: &Value) -> Option<()> {
    let verb = get(operation, "op")?.as_str()?.to_ascii_lowercase();
    let value = get(operation, "value").cloned();
    match get(operation, "path").and_then(Value::as_str) {
        Some(path) if verb == "remove" => remove(resource, &Path::read(path)?, value.as_ref()),
        Some(path) => write(resource, &Path::read(path)?, value?, verb == "add")?,
        None => {
            for (key, value) in value?.as_object()? {
                if key == urn::ENTERPRISE {
                    merge(&mut resource[urn::ENTERPRISE], value);
                } else {
                    write(resource, &Path::read(key)?, value.clone(), verb == "add")?;
                }
            }
        }
    }
    Some(())
}

/// The object that an attribute is a member of, and the attribute's name as it is written there.
fn holder<'a>(resource: &'a mut Value, path: &Path) -> Option<(&'a mut Map<String, Value>, String)> {
    let holder = if path.in_enterprise { &mut resource[urn::ENTERPRISE] } else { resource };
    if holder.is_null() {
        *holder = json!({});
    }
    let members = holder.as_object_mut()?;
    let known = members.keys().find(|key| key.eq_ignore_ascii_case(&path.attribute)).cloned();
    Some((members, known.unwrap_or_else(|| path.attribute.clone())))
}

fn write(resource: &mut Value, path: &Path, value: Value, adds: bool) -> Option<()> {
    let (members, key) = holder(resource, path)?;
    let held = members.entry(key.clone()).or_insert(Value::Null);
    match (&path.element, &path.sub) {
        (Some((name, wanted)), sub) => {
            if !held.is_array() {
                *held = json!([]);
            }
            let items = held.as_array_mut()?;
            let at = items.iter().position(|item| path.selects(item)).unwrap_or_else(|| {
                items.push(json!({ name.as_str(): wanted }));
                items.len() - 1
            });
            match sub {
                Some(sub) => items[at][sub.as_str()] = value,
                None => merge(&mut items[at], &value),
            }
        }
        (None, Some(sub)) => held[sub.as_str()] = value,
        (None, None) => match (&mut *held, normal(&key, value)) {
            (Value::Array(items), Value::Array(more)) if adds => {
                for item in more {
                    if !items.contains(&item) {
                        items.push(item);
                    }
                }
            }
            (Value::Object(_), value @ Value::Object(_)) => merge(held, &value),
            (_, value) => *held = value,
        },
    }
    Some(())
}

/// What Entra writes of booleans and managers, as it is kept.
fn normal(key: &str, value: Value) -> Value {
    let key = key.to_ascii_lowercase();
    match (key.as_str(), value) {
        ("active", Value::String(text)) => Value::Bool(text.eq_ignore_ascii_case("true")),
        ("manager", Value::String(id)) => json!({ "value": id }),
        ("manager", Value::Array(mut items)) if items.len() == 1 => items.remove(0),
        (_, value) => value,
    }
}

fn merge(into: &mut Value, from: &Value) {
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in from.as_object().into_iter().flatten() {
        into[key.as_str()] = value.clone();
    }
}

fn remove(resource: &mut Value, path: &Path, value: Option<&Value>) {
    let Some((members, key)) = holder(resource, path) else { return };
    let named = value.filter(|value| !value.is_null());
    match (members.get_mut(&key), named, &path.element) {
        (Some(Value::Array(items)), Some(named), None) => {
            let named: Vec<&Value> = named.as_array().map_or_else(|| vec![named], |all| all.iter().collect());
            items.retain(|item| named.iter().all(|named| get(named, "value") != get(item, "value")));
        }
        (Some(Value::Array(items)), _, Some(_)) => items.retain(|item| !path.selects(item)),
        (Some(held @ Value::Object(_)), _, _) if path.sub.is_some() => {
            if let (Some(members), Some(sub)) = (held.as_object_mut(), &path.sub) {
                members.remove(sub);
            }
        }
        _ => {
            members.remove(&key);
        }
    }
}
