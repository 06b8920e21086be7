//! What the model server holds: the run's objects and other people's, and what was done to the latter.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scimulate::scim::urn;
use scimulate::wire::ResourceKind;
use serde_json::{Value, json};

use super::resource::get;

/// Where the model server says it is; nothing is ever sent there.
pub const BASE: &str = "http://127.0.0.1/scim";

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A user or a group.
#[derive(Debug, Clone)]
pub struct Object {
    pub kind: ResourceKind,
    pub id: String,
    /// What was written, without id and meta.
    pub held: Value,
    /// Every userName, displayName and externalId it ever had.
    pub names: Vec<String>,
    /// The bytes of a foreign object, as they must stay.
    foreign: Option<String>,
}

impl Object {
    pub fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// Its URL path below the base.
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind.endpoint(), encoded(&self.id))
    }

    pub fn location(&self) -> String {
        format!("{BASE}{}", self.path())
    }

    /// Remembers names that are new.
    pub fn note_names(&mut self) {
        for name in ["userName", "displayName", "externalId"] {
            if let Some(name) = get(&self.held, name).and_then(Value::as_str)
                && !self.names.iter().any(|known| known == name)
            {
                self.names.push(name.to_owned());
            }
        }
    }
}

/// An id as a segment of a path.
pub fn encoded(id: &str) -> String {
    utf8_percent_encode(id, SEGMENT).to_string()
}

/// All objects, the oldest first.
#[derive(Debug, Default)]
pub struct Store {
    objects: Vec<Object>,
    lost: Vec<String>,
    arrived: usize,
}

impl Store {
    pub fn of(&self, kind: ResourceKind) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    pub fn find(&self, kind: ResourceKind, id: &str) -> Option<&Object> {
        self.of(kind).find(|object| object.id == id)
    }

    pub fn find_mut(&mut self, kind: ResourceKind, id: &str) -> Option<&mut Object> {
        self.objects.iter_mut().find(|object| object.kind == kind && object.id == id)
    }

    pub fn foreign(&self, kind: ResourceKind) -> Vec<&Object> {
        self.of(kind).filter(|object| object.is_foreign()).collect()
    }

    pub fn ours(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|object| !object.is_foreign())
    }

    pub fn all(&self) -> &[Object] {
        &self.objects
    }

    /// Somebody's name that is taken already.
    pub fn is_taken(&self, kind: ResourceKind, held: &Value) -> bool {
        let name = if kind == ResourceKind::User { "userName" } else { "displayName" };
        let Some(wanted) = get(held, name).and_then(Value::as_str) else { return false };
        self.of(kind).any(|other| {
            get(&other.held, name)
                .and_then(Value::as_str)
                .is_some_and(|taken| taken.eq_ignore_ascii_case(wanted))
        })
    }

    pub fn add(&mut self, kind: ResourceKind, id: String, held: Value) {
        let mut object = Object { kind, id, held, names: Vec::new(), foreign: None };
        object.note_names();
        self.objects.push(object);
    }

    pub fn add_foreign(&mut self, kind: ResourceKind, id: String, held: Value) {
        self.add(kind, id, held);
        if let Some(object) = self.objects.last_mut() {
            object.foreign = Some(object.held.to_string());
        }
    }

    /// Another foreign object. Its common values are those that made-up people have too.
    pub fn stranger(&mut self, kind: ResourceKind, id: String) {
        self.arrived += 1;
        let number = self.arrived;
        let held = match kind {
            ResourceKind::User => json!({
                "schemas": [urn::USER],
                "userName": format!("person{number}@contoso.example"),
                "externalId": format!("hr-{number}"),
                "displayName": format!("Person {number}"),
                "active": true,
                "emails": [{"type": "work", "primary": true, "value": format!("person{number}@contoso.example")}],
                "addresses": [{"type": "work", "country": "United States"}],
                urn::ENTERPRISE: {"department": "Engineering"},
            }),
            ResourceKind::Group => json!({
                "schemas": [urn::GROUP], "displayName": format!("Department {number}"), "members": [],
            }),
        };
        self.add_foreign(kind, id, held);
    }

    pub fn remove(&mut self, kind: ResourceKind, id: &str) -> bool {
        let Some(at) = self.objects.iter().position(|object| object.kind == kind && object.id == id) else {
            return false;
        };
        let gone = self.objects.remove(at);
        if gone.is_foreign() {
            self.lost.push(format!("{} was deleted", gone.path()));
        }
        true
    }

    /// What happened to foreign objects: nothing, if all is well.
    pub fn harm(&self) -> Vec<String> {
        let changed = self.objects.iter().filter_map(|object| {
            let before = object.foreign.as_ref()?;
            let now = object.held.to_string();
            (now != *before).then(|| format!("{} was {before} and is {now}", object.path()))
        });
        self.lost.iter().cloned().chain(changed).collect()
    }
}
