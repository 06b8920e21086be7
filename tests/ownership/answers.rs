//! How the model server lists, reads, changes and deletes.

use rand::RngExt;
use scimulate::scim::urn;
use scimulate::wire::ResourceKind;
use serde_json::{Value, json};

use super::fault::Fault;
use super::resource::{self, get};
use super::server::{Reply, State};
use super::showing::bare;
use super::store::Object;

impl State {
    pub(super) fn list(&mut self, kind: ResourceKind, asked: &dyn Fn(&str) -> Option<String>) -> Reply {
        let filter = asked("filter");
        if filter.is_some() && self.faults.has(Fault::FilterRefused) {
            return Reply::error(501);
        }
        // Only where the list shows it.
        let lists_all = filter.is_none() && asked("startIndex").is_none_or(|start| start == "1");
        if lists_all && asked("count").is_none_or(|count| count.len() > 1) && self.met(Fault::TakenOver) {
            let ours: Vec<(ResourceKind, String)> = self
                .store
                .of(kind)
                .filter(|object| !object.is_foreign())
                .map(|object| (object.kind, object.id.clone()))
                .collect();
            for (kind, id) in ours {
                self.store.remove(kind, &id);
                self.store.stranger(kind, id);
            }
        }
        let mut hits: Vec<Object> = Vec::new();
        for object in self.store.of(kind) {
            let shown = object_for_filters(object);
            match filter.as_ref().map_or(Some(true), |filter| resource::matches(&shown, filter)) {
                Some(true) => hits.push(object.clone()),
                Some(false) => {}
                None => return Reply::error(400),
            }
        }
        let foreign = || self.store.foreign(kind).into_iter().cloned();
        if filter.is_some() {
            if self.faults.has(Fault::FilterAll) {
                hits = self.store.of(kind).cloned().collect();
            } else if self.faults.has(Fault::FilterFirst) {
                hits = self.store.of(kind).take(1).cloned().collect();
            } else if self.faults.has(Fault::FilterForeign) {
                hits = foreign().collect();
            } else if self.faults.has(Fault::FilterOneForeign) {
                hits = foreign().take(1).collect();
            } else if self.faults.has(Fault::FilterLastNamed) {
                let last = self.last_named.as_ref().filter(|(named, _)| *named == kind);
                hits = last.and_then(|(kind, id)| self.store.find(*kind, id)).cloned().into_iter().collect();
            } else if self.faults.has(Fault::FilterByWords)
                && filter.as_ref().is_some_and(|f| f.contains("example"))
            {
                hits = self.store.of(kind).cloned().collect();
            }
        }
        let number = |name: &str, usual: usize| asked(name).and_then(|n| n.parse().ok()).unwrap_or(usual);
        let start = number("startIndex", 1).max(1);
        let page: Vec<Object> = hits.iter().skip(start - 1).take(number("count", 100)).cloned().collect();
        let mut page: Vec<Value> = page.iter().map(|object| self.listed(object)).collect();
        page.iter_mut().for_each(|resource| exclude(resource, asked("excludedAttributes")));
        Reply::json(
            200,
            json!({
                "schemas": [urn::LIST_RESPONSE], "totalResults": hits.len(), "startIndex": start,
                "itemsPerPage": page.len(), "Resources": page,
            }),
        )
    }

    fn listed(&mut self, object: &Object) -> Value {
        let mut shown = self.shown(object);
        if self.met(Fault::ListForeignIds) {
            shown["id"] = self.foreign_id(object.kind).into();
        } else if self.met(Fault::ListOtherIds) {
            shown["id"] = self.other_id(object.kind, &object.id).into();
        } else if self.met(Fault::ListUnknownIds) {
            shown["id"] = self.unknown_id().into();
        }
        shown
    }

    pub(super) fn read(&mut self, kind: ResourceKind, id: &str, excluded: Option<String>) -> Reply {
        if self.faults.has(Fault::ReadsEndWithDelete) && self.has_deleted {
            return Reply::error(404);
        }
        let refusal = [(Fault::ReadForbidden, 403), (Fault::ReadUnsupported, 501), (Fault::ReadMissing, 404)];
        if let Some((_, status)) = refusal.iter().find(|(fault, _)| self.faults.has(*fault)) {
            return Reply::error(*status);
        }
        for (fault, status) in [(Fault::ReadSometimesMissing, 404), (Fault::ReadFails, 500)] {
            if self.faults.has(fault) && self.random.random_bool(0.5) {
                return Reply::error(status);
            }
        }
        let unknown = if self.faults.has(Fault::UnknownForbidden) { 403 } else { 404 };
        let Some(object) = self.store.find(kind, id).cloned() else { return Reply::error(unknown) };
        if object.is_foreign() && self.faults.has(Fault::ForeignHidden) {
            return Reply::error(404);
        }
        let mut shown = self.shown(&object);
        if object.is_foreign() {
            let ours = self.store.of(kind).find(|other| !other.is_foreign()).cloned();
            if let Some(ours) = ours.filter(|_| self.met(Fault::ReadForeignAsOurs)) {
                shown = self.shown(&ours);
            }
        } else {
            if self.met(Fault::ReadForeignId) {
                shown["id"] = self.foreign_id(kind).into();
            } else if self.met(Fault::ReadOtherId) {
                shown["id"] = self.other_id(kind, id).into();
            } else if self.met(Fault::ReadForeignWhole)
                && let Some(foreign) = self.a_foreign(kind)
            {
                shown = self.shown(&foreign);
            }
        }
        exclude(&mut shown, excluded);
        Reply::json(200, shown)
    }

    pub(super) fn replace(&mut self, kind: ResourceKind, id: &str, body: Option<Value>) -> Reply {
        let Some(Value::Object(mut held)) = body else { return Reply::error(400) };
        let Some(object) = self.store.find_mut(kind, id) else { return Reply::error(404) };
        held.remove("id");
        held.remove("meta");
        object.held = Value::Object(held);
        object.note_names();
        self.changed(kind, id)
    }

    pub(super) fn modify(&mut self, kind: ResourceKind, id: &str, body: &Value) -> Reply {
        let Some(object) = self.store.find_mut(kind, id) else { return Reply::error(404) };
        let mut held = object.held.clone();
        if !resource::patch(&mut held, body) {
            return Reply::error(400);
        }
        object.held = held;
        object.note_names();
        self.changed(kind, id)
    }

    /// The answer to a change.
    fn changed(&mut self, kind: ResourceKind, id: &str) -> Reply {
        let Some(object) = self.store.find(kind, id).cloned() else { return Reply::error(404) };
        let mut shown = self.shown(&object);
        if self.met(Fault::PatchForeignId) {
            shown["id"] = self.foreign_id(kind).into();
        } else if self.met(Fault::PatchForeignWhole)
            && let Some(foreign) = self.a_foreign(kind)
        {
            shown = self.shown(&foreign);
        }
        if self.faults.has(Fault::NamesInGetsOnly) {
            shown = bare(&shown);
        }
        Reply::json(200, shown)
    }

    pub(super) fn delete(&mut self, kind: ResourceKind, id: &str) -> Reply {
        if self.faults.has(Fault::DeleteRefused)
            || (self.faults.has(Fault::DeleteSometimesRefused) && self.random.random_bool(0.5))
        {
            return Reply::error(403);
        }
        if !self.store.remove(kind, id) {
            return Reply::error(404);
        }
        self.has_deleted = true;
        for object in self.store.of(ResourceKind::Group).map(|group| group.id.clone()).collect::<Vec<_>>() {
            if let Some(group) = self.store.find_mut(ResourceKind::Group, &object).filter(|g| !g.is_foreign())
                && let Some(members) = group.held.get_mut("members").and_then(Value::as_array_mut)
            {
                members.retain(|member| get(member, "value").and_then(Value::as_str) != Some(id));
            }
        }
        if self.met(Fault::ReusedByForeign) {
            self.store.stranger(kind, id.to_owned());
        } else if self.faults.has(Fault::ReusedByNext) {
            self.free.push((kind, id.to_owned()));
        }
        if self.met(Fault::DeleteFailsAfterwards) {
            return Reply::error(500);
        }
        if self.met(Fault::DeleteUnanswered) { Reply::Lost } else { Reply::empty(204) }
    }
}

/// What filters see: the resource with its id.
fn object_for_filters(object: &Object) -> Value {
    let mut shown = object.held.clone();
    shown["id"] = object.id.clone().into();
    shown
}

/// Takes away the one attribute that Entra excludes.
fn exclude(resource: &mut Value, excluded: Option<String>) {
    if let Some(members) = resource.as_object_mut().filter(|_| excluded.as_deref() == Some("members")) {
        members.remove("members");
    }
}
