//! The search for what creates made whose answers do not say under which id.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::leftovers;
use super::made::Leftover;
use super::{Left, ObjectPlace, RemovalEnd, delete};
use crate::run::observer;
use crate::run::observer::reader;
use crate::run::target::guard::name_sent;
use crate::scim::PatchPath;
use crate::wire::{Actor, Answer, Exchange, Operation, ResourceKind, Target, id_of};

/// How many pages of a list are walked in search of an object.
const MOST_PAGES: usize = 50;

/// What a list of everything of one kind in one tenant showed: each id, with its names by attribute. `None` when the
/// server does not show a whole list.
type ListedNames = Option<Vec<(String, Value)>>;

/// Looks for what creates made by the names that were sent.
pub(super) struct NameSearch<'a, T> {
    target: &'a T,
    /// An empty answer to a filter means that there is nothing.
    filters_tell: bool,
    lists: HashMap<(bool, ResourceKind), ListedNames>,
    /// What was deleted in this clean-up.
    pub(super) deleted: HashSet<ObjectPlace>,
}

impl<'a, T: Target> NameSearch<'a, T> {
    pub(super) fn new(target: &'a T, trace: &[Arc<Exchange>]) -> Self {
        NameSearch {
            target,
            filters_tell: filters_tell(trace),
            lists: HashMap::new(),
            deleted: HashSet::new(),
        }
    }

    /// Looks for what a create made, deletes it, and says what stays or may stay.
    pub(super) async fn remove(&mut self, leftover: &Leftover) -> Vec<Left> {
        if leftover.name.is_none() {
            return Vec::new();
        }
        let Some(ids) = self.find(leftover).await else {
            let how = leftover.trouble.as_deref().unwrap_or("returned no id that finds it");
            let line = format!(
                "{}: its create {how}, and no list of the server shows whether it exists; look for this name \
                 at the server",
                leftover.describe(None)
            );
            return vec![Left::new(None, line)];
        };
        let mut left = Vec::new();
        let mut deleted = false;
        for id in ids {
            match delete(self.target, leftover, &id).await {
                RemovalEnd::Gone => {
                    deleted = true;
                    self.deleted.insert(leftover.at(&id));
                }
                RemovalEnd::Stays(line) => {
                    let listed_as = leftover.name.as_ref().map(|(_, name)| name.to_lowercase());
                    left.push(Left { listed_as, ..Left::new(Some(leftover.at(&id)), line) });
                }
                RemovalEnd::Elsewhere => left.push(unclear(leftover, &id)),
            }
        }
        // A list may have shown it under the id of something else, which is deleted now.
        if deleted {
            let still = self.find(leftover).await.unwrap_or_default();
            left.extend(still.iter().map(|id| unclear(leftover, id)));
        }
        left
    }

    /// Ids of what carries exactly a name that was sent; `None` when the server does not tell.
    async fn find(&mut self, leftover: &Leftover) -> Option<Vec<String>> {
        let (attribute, first) = leftover.name.as_ref()?;
        let (mut ids, mut is_told) = (Vec::new(), true);
        for name in std::iter::once(first).chain(&leftover.renamed) {
            match self.find_by(leftover, attribute, name).await {
                Some(found) => {
                    ids.extend(found.into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>())
                }
                None => is_told = false,
            }
        }
        (is_told || !ids.is_empty()).then_some(ids)
    }

    async fn find_by(
        &mut self,
        leftover: &Leftover,
        attribute: &'static str,
        name: &str,
    ) -> Option<Vec<String>> {
        let path = PatchPath::simple(attribute);
        let request = observer::lookup(Actor::Cleanup, leftover.kind, &path, name, "clean-up")
            .to(leftover.tenant)
            .provoked();
        let answer = self.target.send(request).await.ok().filter(Answer::is_success);
        let found = answer.as_ref().and_then(|answer| observer::resources_in(answer.body.json()?));
        let held =
            |resource: &Value| reader::member(resource, attribute).and_then(Value::as_str).map(str::to_owned);
        let carries =
            |resource: &Value| held(resource).is_some_and(|held| held.to_lowercase() == name.to_lowercase());
        match &found {
            Some(found) if found.iter().any(|one| carries(one)) => {
                return Some(found.iter().filter(|one| carries(one)).filter_map(|one| id_of(one)).collect());
            }
            // It shows no names, and what it found is what was asked for.
            Some(found) if found.len() == 1 && held(found[0]).is_none() => {
                return Some(found.iter().filter_map(|one| id_of(one)).collect());
            }
            Some(found) if found.is_empty() && self.filters_tell => return Some(Vec::new()),
            _ => {}
        }
        let name = name.to_lowercase();
        let deleted = self.deleted.clone();
        let listed = self.list(leftover).await.as_ref()?;
        let held = |names: &Value| names.get(attribute).and_then(Value::as_str).map(str::to_lowercase);
        let ids: Vec<String> = listed
            .iter()
            .filter(|(_, names)| held(names).as_ref() == Some(&name))
            .map(|(id, _)| id.clone())
            .filter(|id| !deleted.contains(&leftover.at(id)))
            .collect();
        let nameless = listed.iter().any(|(_, names)| held(names).is_none());
        (!ids.is_empty() || !nameless).then_some(ids)
    }

    /// A list of everything of a kind, asked for once.
    async fn list(&mut self, leftover: &Leftover) -> &ListedNames {
        let key = (leftover.tenant.is_second(), leftover.kind);
        if !self.lists.contains_key(&key) {
            let listed = Mutex::new(Vec::new());
            let note = |resource: &Value| {
                let text = |name| reader::member(resource, name).cloned().unwrap_or_default();
                let names = json!({
                    "userName": text("userName"), "displayName": text("displayName"), "externalId": text("externalId")
                });
                let line = id_of(resource).map(|id| (id, names));
                listed.lock().unwrap_or_else(PoisonError::into_inner).extend(line);
                false
            };
            let walked = leftovers::walk(self.target, leftover.tenant, leftover.kind, MOST_PAGES, note).await;
            let listed = listed.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.lists.insert(key, walked.ok().map(|_| listed));
        }
        self.lists.get(&key).unwrap_or(&None)
    }
}

fn unclear(leftover: &Leftover, id: &str) -> Left {
    let line = format!(
        "{}: a list shows its name with this id, but nothing shows that what has this id is this run's; look \
         for this name at the server",
        leftover.describe(Some(id))
    );
    Left::new(None, line)
}

/// True when a filter has found an object by exactly the value that was asked for, so that an empty list means that none exists:
/// the hit shows the value, or it is the one that a create with that value was answered with.
fn filters_tell(trace: &[Arc<Exchange>]) -> bool {
    let made: HashSet<(String, String)> = trace
        .iter()
        .filter_map(|exchange| {
            let Operation::Create(kind) = exchange.operation else { return None };
            let (_, name) = name_sent(&exchange.request.json()?)?;
            Some((name.to_lowercase(), exchange.made_id(kind)?))
        })
        .collect();
    trace.iter().any(|exchange| {
        let Operation::Query { filter: Some(filter), .. } = &exchange.operation else { return false };
        let Some(value) = filter.split('"').nth(1).filter(|value| !value.is_empty()) else { return false };
        let found = observer::resources(exchange).unwrap_or_default();
        let [hit] = found.as_slice() else { return false };
        let shows = |name| {
            let held = reader::member(hit, name).and_then(Value::as_str);
            held.is_some_and(|held| held.eq_ignore_ascii_case(value))
        };
        ["userName", "displayName", "externalId"].into_iter().any(shows)
            || id_of(hit).is_some_and(|id| made.contains(&(value.to_lowercase(), id)))
    })
}
