//! Removes what an interrupted run left at a target: first what its journal says, then whatever else
//! carries its prefix. Every object is looked at before it is deleted.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::run::observer::reader;
use crate::run::observer::resource_path;
use crate::run::target::guard::{Guard, Named, Ownership, ShownOwner, named, named_with, shown_with};
use crate::run::target::journal::Abandoned;
use crate::wire::{Actor, Answer, Broken, Method, Request, ResourceKind, Target, Tenant, id_of};

/// How many resources are asked for at once.
const PAGE: usize = 100;

/// How many pages are walked for one kind of resource.
const MAX_PAGES: usize = 10_000;

/// How many pages are walked at the end of a run.
const REST_PAGES: usize = 20;

/// What a clean-up did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many objects were deleted.
    pub deleted: usize,
    /// How many were gone already.
    pub gone: usize,
    /// What is still there, each with the reason.
    pub left: Vec<String>,
}

impl Swept {
    /// True when nothing of the run is left at the target.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.left.is_empty()
    }
}

/// Removes what the run of this journal left at the target, groups first and the newest first, and
/// strikes each object out of the journal.
pub async fn remove_leftovers<T: Target>(target: &T, run: &mut Abandoned) -> Swept {
    let ownership = Arc::new(Ownership::new(&run.prefix));
    if let Some(drawn) = &run.by_hand {
        // Its names are those that the user gave it, so that only the journal tells the guard of it.
        ownership.drew(drawn);
        for (kind, id) in &run.remaining {
            ownership.recall(*kind, id);
        }
    }
    let target = &Guard::new(target, ownership);
    let mut swept = Swept::default();
    let mut looked_at = HashSet::new();
    let mut journalled = run.remaining.clone();
    journalled.reverse();
    journalled.sort_by_key(|(kind, _)| *kind != ResourceKind::Group);
    for (kind, id) in journalled {
        let evidence = LeftoverEvidence::Journal(&run.prefix, run.by_hand.as_deref());
        let removal = remove(target, Tenant::First, kind, &id, &evidence).await;
        if removal != Ok(Removal::NotThere) {
            looked_at.insert((kind, id.clone()));
        }
        match removal {
            Ok(removal) => {
                swept.deleted += usize::from(removal == Removal::Deleted);
                swept.gone += usize::from(removal == Removal::NotThere);
                // If this cannot be written the object is looked for once more next time.
                let _ = run.removed(kind, &id);
            }
            Err(why) => swept.left.push(format!("{}/{id}: {why}", kind.endpoint())),
        }
    }
    for kind in [ResourceKind::Group, ResourceKind::User] {
        match with_prefix(target, Tenant::First, kind, &run.prefix, MAX_PAGES).await {
            Ok(found) => {
                for id in found.ours {
                    if !looked_at.insert((kind, id.clone())) {
                        continue;
                    }
                    match remove(target, Tenant::First, kind, &id, &LeftoverEvidence::Found(&run.prefix))
                        .await
                    {
                        Ok(Removal::Deleted) => swept.deleted += 1,
                        Ok(Removal::NotThere) => swept.left.push(listed_only(kind, &id)),
                        Err(why) => swept.left.push(format!("{}/{id}: {why}", kind.endpoint())),
                    }
                }
                let unsure =
                    found.unsure.into_iter().filter(|(id, _)| !looked_at.contains(&(kind, id.clone())));
                swept.left.extend(unsure.map(|(_, line)| line));
            }
            Err(why) => swept.left.push(format!("{}: {why}", kind.endpoint())),
        }
    }
    swept
}

/// Removes what a run left without any create naming it: servers make accounts by themselves, and some keep what they
/// refused. What only may be the run's is named. Nothing is said where the lists are too long or are not shown.
///
/// `is_told` says of a kind and an id whether it is known to stay, `is_deleted` whether a DELETE of it succeeded: a list
/// may lag behind, and what it still shows then is gone.
pub(in crate::run) async fn rest<T: Target>(
    target: &T,
    tenant: Tenant,
    prefix: &str,
    is_told: impl Fn(ResourceKind, &str) -> bool,
    is_deleted: impl Fn(ResourceKind, &str) -> bool,
) -> Vec<String> {
    let mut left = Vec::new();
    for kind in [ResourceKind::Group, ResourceKind::User] {
        let Ok(found) = with_prefix(target, tenant, kind, prefix, REST_PAGES).await else { continue };
        for id in found.ours.into_iter().filter(|id| !is_told(kind, id)) {
            match remove(target, tenant, kind, &id, &LeftoverEvidence::Found(prefix)).await {
                Ok(Removal::NotThere) if !is_deleted(kind, &id) => left.push(listed_only(kind, &id)),
                Ok(_) => {}
                Err(why) => left.push(format!("{}/{id}: {why}", kind.endpoint())),
            }
        }
        left.extend(found.unsure.into_iter().filter(|(id, _)| !is_told(kind, id)).map(|(_, line)| line));
    }
    left
}

/// By what an object is known to be the run's.
enum LeftoverEvidence<'a> {
    /// The journal names its id; it must show the prefix, or the GUID that was drawn for a create by hand.
    Journal(&'a str, Option<&'a str>),
    /// A list showed it; one of its names must begin with the prefix.
    Found(&'a str),
}

impl LeftoverEvidence<'_> {
    fn holds(&self, resource: &Value) -> bool {
        match self {
            LeftoverEvidence::Journal(prefix, by_hand) => {
                shown_with(prefix, *by_hand, resource) == ShownOwner::Ours
            }
            LeftoverEvidence::Found(prefix) => named_with(prefix, resource) == Named::Begins,
        }
    }
}

/// How the removal of an object ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    /// The server deleted it.
    Deleted,
    /// GET by its id found nothing.
    NotThere,
}

/// What is told of an object that a list shows and GET by its id does not.
fn listed_only(kind: ResourceKind, id: &str) -> String {
    format!(
        "{}/{id}: a list shows it, but GET by this id finds nothing, so scimulate did not delete it; look \
         for it at the server",
        kind.endpoint()
    )
}

/// Looks at an object and deletes it.
async fn remove<T: Target>(
    target: &T,
    tenant: Tenant,
    kind: ResourceKind,
    id: &str,
    evidence: &LeftoverEvidence<'_>,
) -> Result<Removal, String> {
    let path = resource_path(kind, id);
    let request = |method| Request::new(Actor::Cleanup, method, &path, "clean-up").to(tenant).provoked();
    let answer = target.send(request(Method::Get)).await.map_err(|broken| broken.to_string())?;
    match (answer.status, answer.body.json()) {
        (404 | 410, _) => return Ok(Removal::NotThere),
        (200..=299, Some(resource)) if evidence.holds(resource) => {}
        (200..=299, Some(resource)) => {
            return Err(format!("it is now {}, which does not have the prefix of the run", named(resource)));
        }
        (status, _) => return Err(format!("GET returns {status}, so scimulate did not delete it")),
    }
    let answer = target.send(request(Method::Delete)).await.map_err(|broken| broken.to_string())?;
    match answer.status {
        200..=299 | 404 | 410 => Ok(Removal::Deleted),
        status => Err(format!("DELETE returns {status}; delete it at the server")),
    }
}

/// What lists show of a run.
struct Listed {
    /// Ids of what a name of begins with the prefix.
    ours: Vec<String>,
    /// Ids of what only holds it in a name, each with a line that says so.
    unsure: Vec<(String, String)>,
}

/// Everything of one kind whose names carry the prefix: servers differ in the filters they know.
async fn with_prefix<T: Target>(
    target: &T,
    tenant: Tenant,
    kind: ResourceKind,
    prefix: &str,
    most: usize,
) -> Result<Listed, String> {
    let unsure = Mutex::new(Vec::new());
    let ours = |resource: &Value| {
        let how = named_with(prefix, resource);
        if let (Named::Holds, Some(id)) = (how, id_of(resource)) {
            let line = format!(
                "{}/{id}: {} contains the run's prefix, but no create of the run returned this id; check it, \
                 and delete it at the server if it is a leftover",
                kind.endpoint(),
                named(resource)
            );
            unsure.lock().unwrap_or_else(PoisonError::into_inner).push((id, line));
        }
        how == Named::Begins
    };
    let ours = walk(target, tenant, kind, most, ours).await?;
    Ok(Listed { ours, unsure: unsure.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

/// Ids of everything of one kind that is `wanted`, by walking all pages.
///
/// # Errors
/// A sentence when the lists do not say what is there.
pub(in crate::run) async fn walk<T: Target>(
    target: &T,
    tenant: Tenant,
    kind: ResourceKind,
    most: usize,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut start = 1;
    for _ in 0..most {
        let members = if kind == ResourceKind::Group { "excludedAttributes=members&" } else { "" };
        let request = Request::new(Actor::Cleanup, Method::Get, kind.endpoint(), "clean-up")
            .with_query(format!("{members}startIndex={start}&count={PAGE}"))
            .to(tenant)
            .provoked();
        let answer = target.send(request).await.map_err(|broken: Broken| broken.to_string())?;
        // A server without groups has none of ours.
        if kind == ResourceKind::Group && matches!(answer.status, 404 | 501) {
            return Ok(found);
        }
        let Some((resources, total)) = page(&answer) else {
            return Err(format!("the list returns {}, so more objects may be left", answer.status));
        };
        let before = seen.len();
        for resource in resources {
            let Some(id) = id_of(resource) else { continue };
            if seen.insert(id.clone()) && wanted(resource) {
                found.push(id);
            }
        }
        start += resources.len();
        let whole = total.is_none_or(|total| seen.len() >= total);
        // A server that ignores startIndex shows the same page for ever.
        if seen.len() == before || start > total.unwrap_or(usize::MAX) {
            return if whole {
                Ok(found)
            } else {
                Err("the list does not show as many resources as totalResults says".to_owned())
            };
        }
    }
    Err(format!("the list has more than {most} pages"))
}

fn page(answer: &Answer) -> Option<(&[Value], Option<usize>)> {
    if !answer.is_success() {
        return None;
    }
    let body = answer.body.json()?;
    let total =
        reader::member(body, "totalResults").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let resources =
        reader::member(body, "Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    (total.is_some() || !resources.is_empty()).then_some((resources, total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::target::journal;
    use crate::run::target::journal::Journal;
    use crate::wire::{Operation, Sent};
    use serde_json::json;
    use std::sync::Mutex;

    /// Holds users; lists them two at a time.
    struct Store {
        users: Mutex<Vec<(String, String)>>,
        refuses_delete: bool,
        /// GET by id finds nobody.
        hides: bool,
    }

    impl Target for Store {
        async fn send(&self, request: Request) -> Result<Answer, Broken> {
            assert_eq!(request.actor, Actor::Cleanup);
            let mut users = self.users.lock().unwrap();
            let resource = |(id, name): &(String, String)| json!({"id": id, "userName": name});
            Ok(match Operation::of(&request) {
                Operation::Read(ResourceKind::User, _) if self.hides => Answer::json(404, &json!({})),
                Operation::Read(ResourceKind::User, id) => match users.iter().find(|user| user.0 == id) {
                    Some(user) => Answer::json(200, &resource(user)),
                    None => Answer::json(404, &json!({})),
                },
                Operation::Delete(ResourceKind::User, _) if self.refuses_delete => {
                    Answer::json(403, &json!({}))
                }
                Operation::Delete(ResourceKind::User, id) => {
                    users.retain(|user| user.0 != id);
                    Answer::json(204, &json!({}))
                }
                Operation::Query { kind: ResourceKind::User, start_index, .. } => {
                    let start = start_index.unwrap().parse::<usize>().unwrap();
                    let page: Vec<_> = users.iter().skip(start - 1).take(2).map(resource).collect();
                    Answer::json(200, &json!({"totalResults": users.len(), "Resources": page}))
                }
                _ => Answer::json(404, &json!({})),
            })
        }

        fn sent_as(&self, request: &Request) -> Sent {
            Sent { url: request.path.clone(), headers: Vec::new() }
        }
    }

    fn store(users: &[(&str, &str)]) -> Store {
        let users = users.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect();
        Store { users: Mutex::new(users), refuses_delete: false, hides: false }
    }

    fn abandoned(folder: &std::path::Path, made: &[&str]) -> Abandoned {
        let journal = Journal::new(folder, "http://target", "smbcdfghjk");
        journal.open().unwrap();
        for id in made {
            journal.made(ResourceKind::User, id).unwrap();
        }
        drop(journal);
        journal::find(folder).unwrap().abandoned.remove(0)
    }

    #[tokio::test]
    async fn what_is_ours_goes_and_what_is_not_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = abandoned(folder.path(), &["1", "2", "3"]);
        let store = store(&[
            ("1", "smbcdfghjk.ada@example.com"),
            ("2", "bob@contoso.example"),
            ("4", "carol@contoso.example"),
            ("5", "dave@contoso.example"),
            ("6", "SMBCDFGHJK.eve@example.com"),
        ]);
        let swept = remove_leftovers(&store, &mut run).await;
        assert_eq!((swept.deleted, swept.gone), (2, 1));
        assert_eq!(
            swept.left,
            ["/Users/2: it is now `bob@contoso.example` (id 2), which does not have the prefix of the run"]
        );
        let left: Vec<_> = store.users.lock().unwrap().iter().map(|user| user.0.clone()).collect();
        assert_eq!(left, ["2", "4", "5"]);
        assert_eq!(run.remaining, [(ResourceKind::User, "2".to_owned())]);
    }

    #[tokio::test]
    async fn what_was_made_by_hand_is_known_by_the_guid_that_was_drawn_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let drawn = "9b2c1d34-0000-4000-8000-000000000001";
        let journal = Journal::new(folder.path(), "http://target", "smbcdfghjk").by_hand(drawn);
        journal.made(ResourceKind::User, "1").unwrap();
        journal.made(ResourceKind::User, "2").unwrap();
        drop(journal);
        let mut run = journal::find(folder.path()).unwrap().abandoned.remove(0);
        let store = store(&[("1", &drawn.to_uppercase()), ("2", "bob"), ("3", drawn)]);
        let swept = remove_leftovers(&store, &mut run).await;
        assert_eq!((swept.deleted, swept.left.len()), (1, 1), "{:?}", swept.left);
        let left: Vec<_> = store.users.lock().unwrap().iter().map(|user| user.0.clone()).collect();
        assert_eq!(left, ["2", "3"], "no journal names 3");
    }

    #[tokio::test]
    async fn a_refused_delete_is_left_over_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = abandoned(folder.path(), &["9"]);
        let mut store = store(&[("1", "smbcdfghjk.ada@example.com")]);
        store.refuses_delete = true;
        let swept = remove_leftovers(&store, &mut run).await;
        assert_eq!(swept.left, ["/Users/1: DELETE returns 403; delete it at the server"]);
        assert!(!swept.is_clean());
    }

    #[tokio::test]
    async fn what_only_a_list_shows_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = abandoned(folder.path(), &["1"]);
        let mut store = store(&[
            ("1", "smbcdfghjk.ada@example.com"),
            ("2", "smbcdfghjk.bob@example.com"),
            ("3", "carol"),
        ]);
        store.hides = true;
        let swept = remove_leftovers(&store, &mut run).await;
        let told = |id| {
            format!(
                "/Users/{id}: a list shows it, but GET by this id finds nothing, so scimulate did not delete it; \
                 look for it at the server"
            )
        };
        assert_eq!(swept.left, [told("1"), told("2")]);
        let is_deleted = |_, id: &str| id == "2";
        let left = rest(&store, Tenant::First, "smbcdfghjk", |_, _| false, is_deleted).await;
        assert_eq!(left, [told("1")]);
    }
}
