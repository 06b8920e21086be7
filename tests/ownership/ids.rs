//! The ids that the model server gives, and the wrong ones it answers with.

use rand::RngExt;
use rand::seq::IndexedRandom;
use scimulate::wire::ResourceKind;

use super::fault::Fault;
use super::server::State;
use super::store::{Object, encoded};

impl State {
    pub(super) fn new_id(&mut self, kind: ResourceKind) -> String {
        if let Some(at) = self.free.iter().position(|(freed, _)| *freed == kind) {
            return self.free.remove(at).1;
        }
        // Counted for each kind apart, so that a user and a group may have the same number.
        let given = &mut self.given[usize::from(kind == ResourceKind::Group)];
        *given += 1;
        let number = *given;
        if self.faults.any(&[Fault::NumericIds, Fault::JsonNumberIds]) {
            return number.to_string();
        }
        if self.faults.has(Fault::OddIds) {
            return format!("no. {number}+é%41");
        }
        uuid::Builder::from_random_bytes(self.random.random()).into_uuid().to_string()
    }

    pub(super) fn a_foreign(&mut self, kind: ResourceKind) -> Option<Object> {
        self.store.foreign(kind).choose(&mut self.random).map(|object| (*object).clone())
    }

    pub(super) fn foreign_id(&mut self, kind: ResourceKind) -> String {
        self.a_foreign(kind).map(|object| object.id).unwrap_or_else(|| self.unknown_id())
    }

    /// The id of another object of the run, or one that does not exist.
    pub(super) fn other_id(&mut self, kind: ResourceKind, id: &str) -> String {
        let others: Vec<&Object> =
            self.store.of(kind).filter(|object| !object.is_foreign() && object.id != id).collect();
        let other = others.choose(&mut self.random).map(|object| object.id.clone());
        other.unwrap_or_else(|| self.unknown_id())
    }

    /// An id that no object has or will have.
    pub(super) fn unknown_id(&mut self) -> String {
        format!("unknown-{}", self.random.random_range(0..1_000_000_u32))
    }

    /// An id which leads to a foreign object, or to all of them, once it is put into a path without care.
    pub(super) fn path_id(&mut self, kind: ResourceKind) -> String {
        let foreign = encoded(&self.foreign_id(kind));
        let forms = [
            format!("x/../{foreign}"),
            format!("{foreign}?x=1"),
            format!("{foreign}#x"),
            format!("{foreign}/"),
            foreign,
            "..".to_owned(),
            ".".to_owned(),
            "/".to_owned(),
            String::new(),
        ];
        forms.choose(&mut self.random).cloned().unwrap_or_default()
    }
}
