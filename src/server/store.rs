//! What the server holds: users and groups in the order they came, with the indexes lookups need.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{Timestamp, Unit};
use serde_json::{Map, Value};

use super::model::{Model, ServedKind};
use super::reply::ReplyOutcome;
use crate::scim::message::{ErrorMessage, ScimType};

/// One resource as it is kept: typed values under their schema's names, nothing that can be computed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredResource {
    pub(super) id: String,
    /// Attributes; an extension's stand in an object under its URN.
    pub(super) attributes: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

impl StoredResource {
    /// A string attribute of the core schema.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// Ids of a group's members.
    pub(super) fn member_ids(&self) -> impl Iterator<Item = &str> {
        let members = self.attributes.get("members").and_then(Value::as_array);
        members.into_iter().flatten().filter_map(|member| member.get("value")?.as_str())
    }
}

/// Attributes that equality filters find without looking at every resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StoreKey {
    /// `userName` of users, `displayName` of groups: without letter case.
    Name,
    /// `externalId`: with letter case.
    ExternalId,
}

/// Resources of one type.
#[derive(Debug, Clone, Default)]
struct Table {
    /// By number of arrival, so that lists have one order for ever.
    rows: BTreeMap<u64, StoredResource>,
    places: HashMap<String, u64>,
    index: HashMap<(StoreKey, String), BTreeSet<u64>>,
}

/// All resources.
#[derive(Debug, Clone, Default)]
pub(super) struct ResourceStore {
    users: Table,
    groups: Table,
    /// Member id to the groups that hold it.
    memberships: HashMap<String, BTreeSet<u64>>,
    arrivals: u64,
    /// The last instant handed out, so that time never goes backwards.
    latest: Timestamp,
    /// Dates are kept in whole seconds.
    pub(super) whole_seconds: bool,
    /// Ids are numbers written as strings.
    pub(super) numeric_ids: bool,
    /// The id of a user is the userName that it is created with.
    pub(super) user_name_ids: bool,
    /// A group takes no members that are neither users nor groups.
    pub(super) members_must_exist: bool,
    /// Ids that were given out for what is yet to be made: members may have them.
    pub(super) reserved: BTreeSet<String>,
    /// The id of what is made next.
    pub(super) promised: Option<String>,
    /// Two resources may hold the same unique value.
    pub(super) duplicates_allowed: bool,
    /// Letter case matters in `userName`.
    pub(super) exact_user_names: bool,
}

/// How a value is looked up: without letter case unless the attribute is case exact.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase()
}

fn keys(kind: ServedKind, attributes: &Map<String, Value>) -> Vec<(StoreKey, String)> {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let name = match kind {
        ServedKind::User => text("userName"),
        ServedKind::Group => text("displayName"),
    };
    let mut keys = Vec::with_capacity(2);
    keys.extend(name.map(|name| (StoreKey::Name, folded(name))));
    keys.extend(text("externalId").map(|id| (StoreKey::ExternalId, id.to_owned())));
    keys
}

impl Table {
    fn put(&mut self, kind: ServedKind, place: u64, record: StoredResource) {
        self.take(kind, place);
        for key in keys(kind, &record.attributes) {
            self.index.entry(key).or_default().insert(place);
        }
        self.places.insert(record.id.clone(), place);
        self.rows.insert(place, record);
    }

    fn take(&mut self, kind: ServedKind, place: u64) -> Option<StoredResource> {
        let record = self.rows.remove(&place)?;
        self.places.remove(&record.id);
        for key in keys(kind, &record.attributes) {
            if let Some(places) = self.index.get_mut(&key) {
                places.remove(&place);
                if places.is_empty() {
                    self.index.remove(&key);
                }
            }
        }
        Some(record)
    }
}

impl ResourceStore {
    fn table(&self, kind: ServedKind) -> &Table {
        match kind {
            ServedKind::User => &self.users,
            ServedKind::Group => &self.groups,
        }
    }

    fn table_mut(&mut self, kind: ServedKind) -> &mut Table {
        match kind {
            ServedKind::User => &mut self.users,
            ServedKind::Group => &mut self.groups,
        }
    }

    /// The instant of a change, in milliseconds, never before an earlier one.
    fn now(&mut self) -> Timestamp {
        let unit = if self.whole_seconds { Unit::Second } else { Unit::Millisecond };
        let rounding = jiff::TimestampRound::new().smallest(unit).mode(jiff::RoundMode::Trunc);
        let now = Timestamp::now();
        self.latest = self.latest.max(now.round(rounding).unwrap_or(now));
        self.latest
    }

    fn new_id(&self, arrival: u64) -> String {
        if self.numeric_ids { (1000 + arrival).to_string() } else { uuid::Uuid::new_v4().to_string() }
    }

    /// The userName, where that is the id and nobody has it who was renamed later.
    fn user_name_id(&self, kind: ServedKind, attributes: &Map<String, Value>) -> Option<String> {
        let name = attributes.get("userName").and_then(Value::as_str)?;
        let is_free = kind == ServedKind::User && self.kind_of(name).is_none();
        (self.user_name_ids && is_free).then(|| name.to_owned())
    }

    /// A resource by its id.
    pub(super) fn get(&self, kind: ServedKind, id: &str) -> Option<&StoredResource> {
        let table = self.table(kind);
        table.rows.get(table.places.get(id)?)
    }

    /// All resources of a type, oldest first.
    pub(super) fn all(&self, kind: ServedKind) -> impl Iterator<Item = &StoredResource> {
        self.table(kind).rows.values()
    }

    /// The resources that hold a value of an indexed attribute.
    pub(super) fn with(
        &self,
        kind: ServedKind,
        key: StoreKey,
        value: &str,
    ) -> impl Iterator<Item = &StoredResource> {
        let indexed = if key == StoreKey::Name { folded(value) } else { value.to_owned() };
        let exact = (self.exact_user_names && kind == ServedKind::User && key == StoreKey::Name)
            .then(|| value.to_owned());
        let table = self.table(kind);
        let places = table.index.get(&(key, indexed)).into_iter().flatten();
        places
            .filter_map(|place| table.rows.get(place))
            .filter(move |record| exact.is_none() || record.text("userName") == exact.as_deref())
    }

    /// The resource type of an id, whichever it is.
    pub(super) fn kind_of(&self, id: &str) -> Option<ServedKind> {
        ServedKind::ALL.into_iter().find(|kind| self.table(*kind).places.contains_key(id))
    }

    /// The groups whose member an id is, oldest first.
    pub(super) fn groups_of(&self, member: &str) -> impl Iterator<Item = &StoredResource> {
        let places = self.memberships.get(member);
        places.into_iter().flatten().filter_map(|place| self.groups.rows.get(place))
    }

    /// Gives out an id for what is yet to be made.
    pub(super) fn reserve_id(&mut self) -> String {
        self.arrivals += 1;
        let id = self.new_id(self.arrivals);
        self.reserved.insert(id.clone());
        id
    }

    /// Keeps a new resource and returns its id.
    ///
    /// # Errors
    /// 409 when a unique value is taken, 400 when a member does not exist and must.
    pub(super) fn insert(&mut self, model: &Model, attributes: Map<String, Value>) -> ReplyOutcome<String> {
        self.admit(model, None, &attributes)?;
        let now = self.now();
        self.arrivals += 1;
        let named = self.user_name_id(model.kind, &attributes);
        let id = self.promised.take().or(named).unwrap_or_else(|| self.new_id(self.arrivals));
        self.put(
            model.kind,
            self.arrivals,
            StoredResource { id: id.clone(), attributes, created: now, modified: now },
        );
        Ok(id)
    }

    /// Puts new attributes in place of a resource's old ones. Nothing changes, not even the date of
    /// the last modification, when they are the same.
    ///
    /// # Errors
    /// 404 when there is no such resource, else as [`ResourceStore::insert`].
    pub(super) fn update(
        &mut self,
        model: &Model,
        id: &str,
        attributes: Map<String, Value>,
    ) -> ReplyOutcome<()> {
        let Some(old) = self.get(model.kind, id) else {
            return Err(missing(id));
        };
        if old.attributes == attributes {
            return Ok(());
        }
        let created = old.created;
        self.admit(model, Some(id), &attributes)?;
        let modified = self.now();
        self.overwrite(model.kind, StoredResource { id: id.to_owned(), attributes, created, modified });
        Ok(())
    }

    /// Puts a record in place of the one with its id, unchecked: what it says is what is kept.
    pub(super) fn overwrite(&mut self, kind: ServedKind, record: StoredResource) {
        let place = match self.table(kind).places.get(&record.id) {
            Some(place) => *place,
            None => {
                self.arrivals += 1;
                self.arrivals
            }
        };
        self.put(kind, place, record);
    }

    /// Gives a resource a new id and returns it.
    pub(super) fn give_new_id(&mut self, kind: ServedKind, old: &str) -> String {
        self.arrivals += 1;
        let new = self.new_id(self.arrivals);
        self.rename(kind, old, &new);
        new
    }

    /// Gives a resource another id, under which its groups go on holding it.
    pub(super) fn rename(&mut self, kind: ServedKind, old: &str, new: &str) {
        let groups: Vec<StoredResource> = self.groups_of(old).cloned().collect();
        if let Some(mut record) = self.remove(kind, old) {
            new.clone_into(&mut record.id);
            self.overwrite(kind, record);
        }
        for mut group in groups {
            let members = group.attributes.get_mut("members").and_then(Value::as_array_mut);
            for member in members.into_iter().flatten().filter(|member| member["value"] == *old) {
                member["value"] = new.into();
            }
            self.overwrite(ServedKind::Group, group);
        }
    }

    /// A copy in which the resources of one type stand in the opposite order.
    pub(super) fn backwards(&self, kind: ServedKind) -> ResourceStore {
        let mut copy = self.clone();
        let rows = std::mem::take(&mut copy.table_mut(kind).rows);
        for (place, record) in rows {
            copy.table_mut(kind).rows.insert(u64::MAX - place, record);
        }
        copy.table_mut(kind).index.clear();
        copy.table_mut(kind).places.clear();
        let rows = std::mem::take(&mut copy.table_mut(kind).rows);
        for (place, record) in rows {
            copy.table_mut(kind).put(kind, place, record);
        }
        copy
    }

    /// Takes a resource away, and with it every membership it had.
    pub(super) fn remove(&mut self, kind: ServedKind, id: &str) -> Option<StoredResource> {
        let place = *self.table(kind).places.get(id)?;
        let groups: Vec<StoredResource> = self.groups_of(id).cloned().collect();
        for mut group in groups {
            if let Some(Value::Array(members)) = group.attributes.get_mut("members") {
                members.retain(|member| member.get("value").and_then(Value::as_str) != Some(id));
                if members.is_empty() {
                    group.attributes.shift_remove("members");
                }
            }
            group.modified = self.now();
            self.overwrite(ServedKind::Group, group);
        }
        if kind == ServedKind::Group {
            self.forget_members(place);
        }
        self.table_mut(kind).take(kind, place)
    }

    fn put(&mut self, kind: ServedKind, place: u64, record: StoredResource) {
        if kind == ServedKind::Group {
            self.forget_members(place);
            for member in record.member_ids() {
                self.memberships.entry(member.to_owned()).or_default().insert(place);
            }
        }
        self.table_mut(kind).put(kind, place, record);
    }

    /// Takes a group out of the memberships of the members it has now.
    fn forget_members(&mut self, place: u64) {
        let Some(group) = self.groups.rows.get(&place) else { return };
        for member in group.member_ids() {
            if let Some(places) = self.memberships.get_mut(member) {
                places.remove(&place);
                if places.is_empty() {
                    self.memberships.remove(member);
                }
            }
        }
    }

    /// Whether these attributes may stand beside what is held already.
    fn admit(&self, model: &Model, id: Option<&str>, attributes: &Map<String, Value>) -> ReplyOutcome<()> {
        let name = model.kind.unique_attribute();
        if let Some(value) = attributes.get(name).and_then(Value::as_str)
            && !self.duplicates_allowed
            && self.with(model.kind, StoreKey::Name, value).any(|other| Some(other.id.as_str()) != id)
        {
            let detail = format!("{name} \"{value}\" is taken by another {}", model.kind.name());
            return Err(ErrorMessage::of(ScimType::Uniqueness, detail));
        }
        if model.kind == ServedKind::User || !self.members_must_exist {
            return Ok(());
        }
        let members = attributes.get("members").and_then(Value::as_array);
        for member in members.into_iter().flatten().filter_map(|member| member.get("value")?.as_str()) {
            if self.kind_of(member).is_none() && !self.reserved.contains(member) {
                let detail = format!("members: there is no user and no group with id \"{member}\"");
                return Err(ErrorMessage::of(ScimType::InvalidValue, detail));
            }
        }
        Ok(())
    }
}

/// 404: there is no such resource.
pub(super) fn missing(id: &str) -> ErrorMessage {
    ErrorMessage::plain(404, format!("resource \"{id}\" does not exist"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attributes(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn user(store: &mut ResourceStore, name: &str) -> String {
        store.insert(&Model::of(ServedKind::User), attributes(json!({ "userName": name }))).unwrap()
    }

    #[test]
    fn lookups_follow_changes() {
        let mut store = ResourceStore::default();
        let model = &Model::of(ServedKind::User);
        let id = user(&mut store, "Ann");
        assert_eq!(store.with(ServedKind::User, StoreKey::Name, "ANN").count(), 1);
        store.update(model, &id, attributes(json!({ "userName": "Bea", "externalId": "X" }))).unwrap();
        assert_eq!(store.with(ServedKind::User, StoreKey::Name, "ann").count(), 0);
        assert_eq!(store.with(ServedKind::User, StoreKey::ExternalId, "X").count(), 1);
        assert_eq!(store.with(ServedKind::User, StoreKey::ExternalId, "x").count(), 0);
        store.remove(ServedKind::User, &id);
        assert_eq!(store.with(ServedKind::User, StoreKey::Name, "bea").count(), 0);
        assert!(store.get(ServedKind::User, &id).is_none());
    }

    #[test]
    fn a_deleted_user_leaves_its_groups() {
        let mut store = ResourceStore::default();
        let groups = &Model::of(ServedKind::Group);
        let (ann, bea) = (user(&mut store, "ann"), user(&mut store, "bea"));
        let members = json!({ "displayName": "G", "members": [{ "value": ann }, { "value": bea }] });
        let group = store.insert(groups, attributes(members)).unwrap();
        assert_eq!(store.groups_of(&ann).count(), 1);
        store.remove(ServedKind::User, &ann);
        assert_eq!(store.get(ServedKind::Group, &group).unwrap().member_ids().collect::<Vec<_>>(), [&bea]);
        store.update(groups, &group, attributes(json!({ "displayName": "G" }))).unwrap();
        assert_eq!(store.groups_of(&bea).count(), 0);
    }

    #[test]
    fn names_are_unique_without_letter_case_and_members_exist() {
        let mut store = ResourceStore::default();
        let id = user(&mut store, "ann");
        let users = &Model::of(ServedKind::User);
        let taken = store.insert(users, attributes(json!({ "userName": "ANN" }))).unwrap_err();
        assert_eq!((taken.status, taken.scim_type), (409, Some(ScimType::Uniqueness)));
        store.update(users, &id, attributes(json!({ "userName": "ANN" }))).unwrap();
        store.members_must_exist = true;
        let group = json!({ "displayName": "G", "members": [{ "value": "nobody" }] });
        let refused = store.insert(&Model::of(ServedKind::Group), attributes(group)).unwrap_err();
        assert!(refused.detail.contains("nobody"));
    }

    #[test]
    fn a_change_without_effect_keeps_the_date() {
        let mut store = ResourceStore::default();
        let id = user(&mut store, "ann");
        let before = store.get(ServedKind::User, &id).cloned();
        std::thread::sleep(std::time::Duration::from_millis(2));
        store.update(&Model::of(ServedKind::User), &id, attributes(json!({ "userName": "ann" }))).unwrap();
        assert_eq!(store.get(ServedKind::User, &id).cloned(), before);
    }
}
