//! Attributes that the target is said to refuse on purpose: whether it does.

use serde_json::{Map, Value, json};

use super::acceptance::CREATE_REFUSED;
use super::room::Room;
use crate::check::{Finding, Level};
use crate::entra::dialect::Writer;
use crate::entra::directory::Object;
use crate::entra::mapping::Mapping;
use crate::people::People;
use crate::rules;
use crate::run::steps::mapped;
use crate::run::target::adjustment::{Adjustment, leave_out};
use crate::run::target::recorder::Recorder;
use crate::scim::PatchPath;
use crate::scim::schema::{AttributeType, SchemaSet};
use crate::wire::{Actor, ResourceKind, Target};

/// A note for each attribute of users that `[target] refuses` names and a create with it is accepted. Removing the
/// users is the caller's.
pub(in crate::run) async fn accepted<T: Target, R: Target>(
    target: &T,
    recorder: &Recorder<R>,
    writer: &Writer,
    mapping: &Mapping,
    refuses: &[(ResourceKind, PatchPath)],
    people: &People,
    room: Room,
) -> Vec<Finding> {
    let mut notes = Vec::new();
    let Some(rule) = rules::find(CREATE_REFUSED) else { return notes };
    for (number, (kind, path)) in refuses.iter().enumerate() {
        if *kind != ResourceKind::User {
            continue;
        }
        let person =
            people.person("preflight/refuses", writer.dialect.as_str(), &format!("somebody-{number}"));
        let values = mapped::assignments(&mapping.user, Object::User(&person), false);
        let step = format!("preflight: is {path} refused");
        let mut request = writer.create(ResourceKind::User, &values, step);
        request.actor = Actor::Probe;
        let Some(Value::Object(whole)) = request.json() else { continue };
        let Some(value) = value_of(&whole, path) else { continue };
        // The others are left out, and this one is sent whatever the target is said to refuse.
        let rest = refuses.iter().filter(|(_, other)| other != path).cloned().collect();
        let others = Adjustment { refused: rest, ..Adjustment::default() };
        let body = others.fit(request.clone().with_json(&Value::Object(value)));
        room.make(target, recorder).await;
        if !target.send(body.provoked()).await.is_ok_and(|answer| answer.is_success()) {
            continue;
        }
        let message = format!(
            "the server accepts a create with {path}, although `[target] refuses` names it; take it out there, and \
             {path} is played"
        );
        let note = rule
            .finding(message)
            .at(Level::Note)
            .concerning(path.to_string())
            .against("a refusal, as the setting says", "the create is accepted");
        notes.extend(recorder.last().map(|exchange| note.shown_by(&exchange)));
    }
    notes
}

/// A body with the attribute, made up if the mapping gives none; `None` if no value can be made up.
fn value_of(whole: &Map<String, Value>, path: &PatchPath) -> Option<Map<String, Value>> {
    let mut body = whole.clone();
    let empty = body.get(&path.attribute).is_some_and(|value| value.as_array().is_some_and(Vec::is_empty));
    if !empty && holds(whole, path) {
        return Some(body);
    }
    let top = PatchPath { filter: None, sub: None, ..path.clone() };
    let core = SchemaSet::core();
    let definition = core.find_patch(&top)?;
    let one = match definition.kind {
        AttributeType::String => json!("Sm-4711-refused"),
        AttributeType::Boolean => json!(true),
        AttributeType::Complex => json!({ path.sub.as_deref().unwrap_or("value"): "User" }),
        _ => return None,
    };
    let value = if definition.multi_valued { json!([one]) } else { one };
    match &path.schema {
        Some(schema) if schema.contains(":extension:") => {
            body.insert(schema.clone(), json!({ path.attribute.as_str(): value }));
        }
        _ => drop(body.insert(path.attribute.clone(), value)),
    }
    Some(body)
}

/// True when a body has the attribute, or the part of it.
fn holds(body: &Map<String, Value>, path: &PatchPath) -> bool {
    let mut without = body.clone();
    leave_out(&mut without, path);
    without != *body
}
