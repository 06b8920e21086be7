//! How the model server answers a create: most of what goes wrong about identity goes wrong here.

use rand::RngExt;
use scimulate::scim::urn;
use scimulate::wire::ResourceKind;
use serde_json::{Value, json};

use super::fault::Fault;
use super::resource::get;
use super::server::{Reply, State};
use super::showing::bare;
use super::store::{BASE, Object, encoded};

impl State {
    pub(super) fn create(&mut self, kind: ResourceKind, body: Option<Value>) -> Reply {
        let Some(Value::Object(mut held)) = body else { return Reply::error(400) };
        held.remove("id");
        held.remove("meta");
        let held = Value::Object(held);
        let name = if kind == ResourceKind::User { "userName" } else { "displayName" };
        if get(&held, name).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Reply::error(400);
        }
        self.last_name = get(&held, name).cloned().unwrap_or_default();
        if self.faults.has(Fault::ForeignArrives) {
            let id = self.new_id(kind);
            self.store.stranger(kind, id);
        }
        if let Some(reply) = self.upserted(kind, &held) {
            return reply;
        }
        if self.store.is_taken(kind, &held) {
            return Reply::error(409);
        }
        if self.met(Fault::CreateFails) {
            return Reply::error(500);
        }
        let id = self.new_id(kind);
        if id.contains("%41") {
            // Decoded twice, the new id would be this one.
            let twin = id.replace("%41", "A");
            if twin != id && self.store.find(kind, &twin).is_none() {
                self.store.stranger(kind, twin);
            }
        }
        self.store.add(kind, id.clone(), held);
        match self.store.find(kind, &id).cloned() {
            Some(object) => self.created(&object),
            None => Reply::error(500),
        }
    }

    /// The answer of a server that takes a create for a foreign object's.
    fn upserted(&mut self, kind: ResourceKind, sent: &Value) -> Option<Reply> {
        let status = if self.random.random_bool(0.5) { 200 } else { 201 };
        if self.met(Fault::UpsertNamesake) {
            let id = self.new_id(kind);
            self.store.add_foreign(kind, id.clone(), namesake(kind, sent, &id));
            let twin = self.store.find(kind, &id).cloned()?;
            self.mistaken.extend(twin.names.first().cloned());
            return Some(Reply::json(status, self.shown(&twin)));
        }
        let foreign = self.a_foreign(kind)?;
        let location = vec![("location".to_owned(), foreign.location())];
        let reply = if self.met(Fault::UpsertWhole) {
            let headers = if self.random.random_bool(0.5) { location } else { Vec::new() };
            Reply::Json(status, headers, self.shown(&foreign))
        } else if self.met(Fault::UpsertId) {
            Reply::json(status, json!({"schemas": [urn::USER], "id": foreign.id}))
        } else if self.met(Fault::UpsertLocation) {
            Reply::Bytes(201, location, Vec::new())
        } else {
            return None;
        };
        self.mistaken.extend(foreign.names.first().cloned());
        self.last_named = Some((kind, foreign.id));
        Some(reply)
    }

    /// The answer about an object that was made.
    fn created(&mut self, object: &Object) -> Reply {
        if self.met(Fault::CreateFailsAfterwards) {
            return Reply::error(500);
        }
        if self.met(Fault::CreateUnanswered) {
            return Reply::Lost;
        }
        self.last_named = Some((object.kind, object.id.clone()));
        let mut shown = self.shown(object);
        let wrong = if self.met(Fault::CreateForeignId) {
            Some(self.foreign_id(object.kind))
        } else if self.met(Fault::CreatePathId) {
            Some(self.path_id(object.kind))
        } else if self.met(Fault::CreateOtherId) {
            Some(self.other_id(object.kind, &object.id))
        } else if self.met(Fault::CreateUnknownId) {
            Some(self.unknown_id())
        } else {
            None
        };
        let id = wrong.unwrap_or_else(|| object.id.clone());
        let other = self.store.find(object.kind, &id).filter(|other| other.id != object.id);
        self.mistaken.extend(other.and_then(|other| other.names.first()).cloned());
        shown["id"] = id.clone().into();
        if self.faults.any(&[Fault::IdOnly, Fault::NamesInGetsOnly]) {
            shown = bare(&shown);
        }
        let headers = self.location_of(object.kind, &id).map(|to| ("location".to_owned(), to));
        let headers: Vec<_> = headers.into_iter().collect();
        if self.faults.any(&[Fault::LocationOnly, Fault::NothingShown]) {
            return Reply::Bytes(201, headers, Vec::new());
        }
        if self.met(Fault::CreateUnreadable) {
            let mut bytes = b"{\"active\": NaN, \"x\": \"\xff\", ".to_vec();
            bytes.extend(shown.to_string().into_bytes().into_iter().skip(1));
            return Reply::Bytes(201, Vec::new(), bytes);
        }
        Reply::Json(201, headers, shown)
    }

    fn location_of(&mut self, kind: ResourceKind, id: &str) -> Option<String> {
        let end = kind.endpoint();
        let once = encoded(id);
        if self.faults.has(Fault::NothingShown) {
            None
        } else if self.met(Fault::LocationForeign) {
            self.a_foreign(kind).map(|foreign| foreign.location())
        } else if self.faults.has(Fault::LocationElsewhere) {
            Some(format!("https://elsewhere.example/scim{end}/{once}"))
        } else if self.met(Fault::LocationElsewhereForeign) {
            let foreign = encoded(&self.foreign_id(kind));
            let bases =
                ["https://elsewhere.example/scim", "http://127.0.0.1/other", "http://127.0.0.1:8/scim"];
            Some(format!("{}{end}/{foreign}", bases[self.random.random_range(0..bases.len())]))
        } else if self.faults.has(Fault::LocationRelative) {
            Some(format!("/scim{end}/{once}"))
        } else if self.faults.has(Fault::LocationRaw) {
            Some(format!("{BASE}{end}/{id}"))
        } else if self.faults.has(Fault::LocationTwiceEncoded) {
            Some(format!("{BASE}{end}/{}", encoded(&once)))
        } else {
            Some(format!("{BASE}{end}/{once}"))
        }
    }
}

/// A foreign object that shares with a create whatever people may have in common.
fn namesake(kind: ResourceKind, sent: &Value, id: &str) -> Value {
    let mut held = sent.clone();
    if let Some(members) = held.as_object_mut() {
        let unique = ["userName", "externalId", "emails", "members", "password"];
        members.retain(|name, _| !unique.iter().any(|unique| unique.eq_ignore_ascii_case(name)));
    }
    match kind {
        ResourceKind::User => {
            held["userName"] = format!("namesake-{id}@contoso.example").into();
            held["displayName"] = "A. Namesake".into();
        }
        ResourceKind::Group => held["displayName"] = format!("Namesakes {id}").into(),
    }
    held
}
