//! What answers of the model server show of an object.

use scimulate::scim::urn;
use scimulate::wire::ResourceKind;
use serde_json::{Value, json};

use super::fault::Fault;
use super::resource::get;
use super::server::State;
use super::store::Object;

impl State {
    /// A resource as an answer shows it.
    pub(super) fn shown(&self, object: &Object) -> Value {
        let mut shown = object.held.clone();
        shown["id"] = object.id.clone().into();
        shown["meta"] = json!({"resourceType": object.kind.as_str(), "location": object.location()});
        if self.faults.has(Fault::MetaTellsLast) {
            shown["meta"]["lastCreated"] = self.last_name.clone();
        }
        self.show_references(object, &mut shown);
        if self.faults.has(Fault::NamesNowhere) {
            return bare(&shown);
        }
        for name in ["userName", "displayName", "externalId"] {
            if let Some(text) = shown.get_mut(name) {
                self.in_another_case(text);
            }
        }
        for email in shown.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(text) = email.get_mut("value") {
                self.in_another_case(text);
            }
        }
        shown
    }

    fn in_another_case(&self, value: &mut Value) {
        let Value::String(text) = value else { return };
        if self.faults.has(Fault::LowerCase) {
            *text = text.to_lowercase();
        } else if self.faults.has(Fault::UpperCase) {
            *text = text.to_uppercase();
        }
    }

    /// Groups of users and members of groups, which carry names of others.
    fn show_references(&self, object: &Object, shown: &mut Value) {
        let name = |object: &Object| object.held.get("displayName").cloned().unwrap_or_default();
        if self.faults.has(Fault::EverybodyGroup) && object.is_foreign() && object.kind == ResourceKind::Group
        {
            let everybody = self.store.of(ResourceKind::User).map(|user| {
                let display = user.held.get("userName").cloned().unwrap_or_default();
                json!({"value": user.id, "display": display})
            });
            shown["members"] = everybody.collect();
        }
        if self.faults.has(Fault::EverybodyGroup) && object.is_foreign() && object.kind == ResourceKind::User
        {
            let manager = self.store.of(ResourceKind::User).find(|user| !user.is_foreign());
            if let Some(manager) = manager {
                shown[urn::ENTERPRISE]["manager"] =
                    json!({"value": manager.id, "displayName": manager.held.get("userName")});
            }
        }
        if !self.faults.has(Fault::ReferencesNamed) {
            return;
        }
        if object.kind == ResourceKind::User {
            let is_in = |group: &&Object| {
                let members = group.held.get("members").and_then(Value::as_array);
                members
                    .into_iter()
                    .flatten()
                    .any(|m| get(m, "value").and_then(Value::as_str) == Some(&object.id))
            };
            let groups: Vec<Value> = self
                .store
                .of(ResourceKind::Group)
                .filter(is_in)
                .map(|group| json!({"value": group.id, "display": name(group)}))
                .collect();
            if !groups.is_empty() {
                shown["groups"] = groups.into();
            }
        }
        for member in shown.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
            let id = get(member, "value").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(user) = self.store.find(ResourceKind::User, &id) {
                member["display"] = name(user);
            }
        }
    }
}

/// A resource without a name: schemas, id, meta and active.
pub(super) fn bare(shown: &Value) -> Value {
    let mut bare = json!({});
    for name in ["schemas", "id", "meta", "active"] {
        if let Some(value) = shown.get(name) {
            bare[name] = value.clone();
        }
    }
    bare
}
