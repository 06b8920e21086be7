use std::collections::HashMap;
use std::ops::Index;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::expectation::{ExpectedValue, Origin, ValueDemand, Why};
use super::history::Preexisting;
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::entra::mapping::{AttributeMapping, TargetValue};
use crate::scim::{PatchPath, same_name};

/// What stands in one attribute of an account, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum HeldValue {
    Value(TargetValue),
    Absent,
    /// One of these, or nothing.
    OneOf(Vec<TargetValue>),
    Unjudged,
}

impl HeldValue {
    /// What stands there when a write of `next` may or may not have come through.
    pub(super) fn or(self, next: TargetValue) -> HeldValue {
        match self {
            HeldValue::Value(held) => HeldValue::OneOf(vec![held, next]),
            HeldValue::Absent => HeldValue::OneOf(vec![next]),
            HeldValue::OneOf(mut values) => {
                values.push(next);
                HeldValue::OneOf(values)
            }
            HeldValue::Unjudged => HeldValue::Unjudged,
        }
    }
}

/// One account or group at a target that does everything right.
#[derive(Debug, Clone)]
pub(super) struct OracleAccount {
    pub(super) kind: ObjectKind,
    pub(super) origin: Origin,
    values: HashMap<String, HeldValue>,
    /// Members, and whether that is certain.
    pub(super) members: IndexMap<ObjectId, bool>,
    /// Nobody but the service put members into it, and it knows of all of them.
    pub(super) closed: bool,
    /// Members that were taken out.
    pub(super) removed: IndexSet<ObjectId>,
    /// The object that the service has linked it to.
    pub(super) owner: Option<ObjectId>,
    /// The object that it was linked to last, whether the service still knows or not.
    pub(super) taken_by: Option<ObjectId>,
    /// The cycle in which it was deleted.
    pub(super) deleted_in: Option<usize>,
    /// The service let go of it, and the object is gone: nobody's until it is matched again.
    pub(super) released: bool,
    /// Why nothing can be said of it any more.
    pub(super) unjudged: Option<Why>,
    /// Nobody took it over, and yet it may have been changed.
    pub(super) contested: bool,
}

/// The key of a target attribute: however it is written, the same attribute has the same key.
pub(super) fn key(target: &PatchPath) -> String {
    target.to_string().to_ascii_lowercase()
}

impl OracleAccount {
    pub(super) fn created(kind: ObjectKind) -> Self {
        OracleAccount {
            kind,
            origin: Origin::Created,
            values: HashMap::new(),
            members: IndexMap::new(),
            closed: true,
            removed: IndexSet::new(),
            owner: None,
            taken_by: None,
            deleted_in: None,
            released: false,
            unjudged: None,
            contested: false,
        }
    }

    pub(super) fn preexisting(account: &Preexisting) -> Self {
        let values = account.values.iter().filter_map(|(target, value)| {
            let held = match value {
                Value::Null => HeldValue::Absent,
                Value::String(text) => HeldValue::Value(TargetValue::Text(text.clone())),
                Value::Bool(value) => HeldValue::Value(TargetValue::Boolean(*value)),
                _ => HeldValue::Unjudged,
            };
            Some((key(&target.parse().ok()?), held))
        });
        let values = values.collect();
        OracleAccount {
            origin: Origin::Adopted(account.key.clone()),
            values,
            ..OracleAccount::created(account.kind)
        }
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.deleted_in.is_some()
    }

    /// What stands there. What was never written is absent from an account the service made, and
    /// unknown in one that others made.
    pub(super) fn held(&self, target: &PatchPath) -> HeldValue {
        match (self.values.get(&key(target)), &self.origin) {
            (Some(held), _) => held.clone(),
            (None, Origin::Created) => HeldValue::Absent,
            (None, Origin::Adopted(_)) => HeldValue::Unjudged,
        }
    }

    fn hold(&mut self, target: &PatchPath, held: HeldValue) {
        self.values.insert(key(target), held);
    }

    /// What must stand in the target of a row.
    pub(super) fn expect(&self, row: &AttributeMapping, is_list: bool) -> ExpectedValue {
        let standing = match self.held(&row.target) {
            _ if self.unjudged.is_some() => ValueDemand::Unjudged,
            _ if is_list => self.expect_members(),
            HeldValue::Value(value) => ValueDemand::Equal(value),
            HeldValue::Absent if server_may_fill(&row.target) => ValueDemand::Unjudged,
            HeldValue::Absent => ValueDemand::Absent,
            HeldValue::OneOf(_) | HeldValue::Unjudged => ValueDemand::Unjudged,
        };
        ExpectedValue { target: row.target.clone(), written: row.written.clone(), standing }
    }

    fn expect_members(&self) -> ValueDemand {
        let those = |certain: bool| {
            self.members.iter().filter(|(_, c)| **c == certain).map(|(id, _)| id.clone()).collect()
        };
        ValueDemand::Members {
            present: those(true),
            absent: self.removed.iter().cloned().collect(),
            unjudged: those(false),
            closed: self.closed,
        }
    }
}

/// Every account at the target, found by what it holds without looking at all of them.
#[derive(Debug, Default)]
pub(super) struct OracleAccounts {
    all: Vec<OracleAccount>,
    /// By kind, attribute and text in lower case. Holds what was ever there: look before use.
    by_text: HashMap<(ObjectKind, String, String), Vec<usize>>,
    /// Accounts that hold, or held, something that is not known.
    uncertain: IndexSet<usize>,
}

impl OracleAccounts {
    pub(super) fn add_preexisting(&mut self, account: &Preexisting) {
        let index = self.all.len();
        self.all.push(OracleAccount::preexisting(account));
        self.uncertain.insert(index);
    }

    pub(super) fn create(&mut self, kind: ObjectKind) -> usize {
        self.all.push(OracleAccount::created(kind));
        self.all.len() - 1
    }

    pub(super) fn hold(&mut self, index: usize, target: &PatchPath, held: HeldValue) {
        let Some(account) = self.all.get_mut(index) else { return };
        let values = match &held {
            HeldValue::Value(value) => std::slice::from_ref(value),
            HeldValue::OneOf(values) => values,
            HeldValue::Absent => &[],
            HeldValue::Unjudged => {
                self.uncertain.insert(index);
                &[]
            }
        };
        for text in values.iter().filter_map(TargetValue::as_text) {
            let place = (account.kind, key(target), text.to_lowercase());
            self.by_text.entry(place).or_default().push(index);
        }
        account.hold(target, held);
    }

    /// Accounts that hold this value there, perhaps in other letter case, or of which that is not
    /// known. Each stands in it once, oldest first.
    pub(super) fn candidates(
        &self,
        kind: ObjectKind,
        target: &PatchPath,
        wanted: &TargetValue,
    ) -> Vec<usize> {
        let mut found: Vec<usize> = match wanted {
            TargetValue::Text(text) => {
                let place = (kind, key(target), text.to_lowercase());
                let known = self.by_text.get(&place).into_iter().flatten().copied();
                known.chain(self.uncertain.iter().copied()).collect()
            }
            _ => (0..self.all.len()).collect(),
        };
        found.retain(|index| self.all[*index].kind == kind);
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut OracleAccount {
        &mut self.all[index]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &OracleAccount> {
        self.all.iter()
    }

    /// An object has another account than before: links to it may stand for the old one.
    pub(super) fn moved(&mut self, id: &ObjectId) {
        let link = HeldValue::Value(TargetValue::Reference(id.clone()));
        for account in &mut self.all {
            account
                .values
                .values_mut()
                .filter(|held| **held == link)
                .for_each(|held| *held = HeldValue::Unjudged);
            if let Some(certain) = account.members.get_mut(id) {
                *certain = false;
                account.closed = false;
            }
        }
    }

    /// The service forgets which account is whose.
    pub(super) fn disown(&mut self) {
        for account in &mut self.all {
            account.owner = None;
        }
    }
}

impl Index<usize> for OracleAccounts {
    type Output = OracleAccount;

    fn index(&self, index: usize) -> &OracleAccount {
        &self.all[index]
    }
}

/// Attributes that a correct server may give a value of its own when it was sent none: RFC 7643
/// §4.1 leaves the meaning of `active` and the composition of names and addresses to it.
fn server_may_fill(target: &PatchPath) -> bool {
    const WHOLE: [&str; 7] =
        ["active", "displayName", "nickName", "preferredLanguage", "locale", "timezone", "profileUrl"];
    match &target.sub {
        Some(sub) => ["formatted", "display", "primary", "type"].iter().any(|name| same_name(name, sub)),
        None => {
            target.schema.is_none()
                && target.filter.is_none()
                && WHOLE.iter().any(|name| same_name(name, &target.attribute))
        }
    }
}
