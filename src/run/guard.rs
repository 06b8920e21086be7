//! Lets no write through that would concern an object which is not this run's.
//!
//! A server that answers a lookup with somebody else's account would make a faithful simulator
//! disable a real person. Such a write is not sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::journal::Journal;
use super::reader;
use crate::wire::{
    Actor, Answer, Broken, Method, Operation, Request, ResourceKind, Sent, Target, Tenant, bulk_creates,
};

/// Attributes that carry the run's prefix, and by which a person is named to the user.
const NAMING: [&str; 3] = ["userName", "displayName", "externalId"];

/// An object may be changed or deleted if a POST of this run made it, if a GET shows the run's prefix
/// in it, or if a GET says that there is nothing.
#[derive(Debug)]
pub struct Guard<T> {
    inner: T,
    prefix: String,
    /// For the first and the second tenant.
    journals: [Option<Arc<Journal>>; 2],
    known: [Mutex<Known>; 2],
}

#[derive(Debug, Default)]
struct Known {
    ours: HashSet<(ResourceKind, String)>,
    foreign: HashSet<(ResourceKind, String)>,
}

impl<T: Target> Guard<T> {
    /// Guards `inner` for a run with this prefix, which must not be empty.
    pub fn new(inner: T, prefix: &str) -> Self {
        Guard { inner, prefix: prefix.to_owned(), journals: [None, None], known: Default::default() }
    }

    /// The same, writing each object that is made into a journal before anybody hears of it.
    #[must_use]
    pub fn journalled(mut self, journal: Arc<Journal>) -> Self {
        self.journals[0] = Some(journal);
        self
    }

    /// The same for objects of the second tenant.
    #[must_use]
    pub fn second_journalled(mut self, journal: Arc<Journal>) -> Self {
        self.journals[1] = Some(journal);
        self
    }

    /// Ids of one tenant say nothing of another.
    fn known(&self, tenant: Tenant) -> MutexGuard<'_, Known> {
        self.known[usize::from(tenant.is_second())].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal(&self, tenant: Tenant) -> Option<&Arc<Journal>> {
        self.journals[usize::from(tenant.is_second())].as_ref()
    }

    /// Ends well if the request may be sent.
    async fn check(&self, request: &Request) -> Result<(), Broken> {
        match Reach::of(request) {
            Reach::Nobody => Ok(()),
            Reach::Everybody => Err(Broken::Withheld(format!(
                "{} {} would concern every object at the target",
                request.method.as_str(),
                request.path
            ))),
            Reach::Objects(objects) => {
                for object in &objects {
                    self.check_object(request, object).await?;
                }
                Ok(())
            }
        }
    }

    async fn check_object(&self, request: &Request, object: &Object) -> Result<(), Broken> {
        if let Some(key) = &object.key
            && self.known(request.tenant).ours.contains(key)
        {
            return Ok(());
        }
        let whose = Request::new(
            Actor::Probe,
            Method::Get,
            &object.path,
            format!("guard: whose is {}?", object.path),
        )
        .to(request.tenant)
        // A server that answers nothing without it must not look like somebody else's.
        .with_header("Accept", "application/scim+json");
        let sentence = format!("{} {}", request.method.as_str(), object.path);
        let answer = self.inner.send(whose).await.map_err(|broken| {
            Broken::Withheld(format!("{sentence}: the target did not tell whose object it is ({broken})"))
        })?;
        match (answer.status, answer.body.json()) {
            (404 | 410, _) => Ok(()),
            (200..=299, Some(resource)) if shows(resource, &self.prefix) => {
                self.known(request.tenant).ours.extend(object.key.clone());
                Ok(())
            }
            (200..=299, Some(resource)) => {
                self.known(request.tenant).foreign.extend(object.key.clone());
                Err(Broken::Withheld(format!(
                    "{sentence} would have reached {}, which this run did not make",
                    named(resource)
                )))
            }
            (status, _) => Err(Broken::Withheld(format!(
                "{sentence}: the target answered {status} when asked whose object it is"
            ))),
        }
    }

    /// An object that the target says it made for us.
    fn made(&self, tenant: Tenant, kind: ResourceKind, id: String) -> Result<(), Broken> {
        let key = (kind, id);
        // A server may answer a create with an account that was there before.
        if self.known(tenant).foreign.contains(&key) {
            return Ok(());
        }
        if let Some(journal) = self.journal(tenant) {
            journal.made(kind, &key.1).map_err(|error| unwritable(&error))?;
        }
        self.known(tenant).ours.insert(key);
        Ok(())
    }

    /// Learns from an answer which objects are ours.
    fn learn(&self, request: &Request, answer: &Answer) -> Result<(), Broken> {
        let tenant = request.tenant;
        match Operation::of(request) {
            Operation::Create(kind) if answer.is_success() => {
                for id in made_id(answer) {
                    self.made(tenant, kind, id)?;
                }
            }
            Operation::Other => {
                for create in bulk_creates(request, Some(answer)) {
                    if let Some(id) = create.id {
                        self.made(tenant, create.kind, id)?;
                    }
                }
            }
            Operation::Delete(kind, id) if answer.is_success() || answer.status == 404 => {
                if let Some(journal) = self.journal(tenant) {
                    journal.removed(kind, &id).map_err(|error| unwritable(&error))?;
                }
            }
            Operation::Query { kind, .. } if answer.is_success() => {
                let resources = answer.body.json().and_then(|body| reader::member(body, "Resources"));
                for resource in resources.and_then(Value::as_array).into_iter().flatten() {
                    let Some(id) = id_of(resource) else { continue };
                    let anonymous = NAMING.iter().all(|name| reader::member(resource, name).is_none());
                    if !anonymous && !shows(resource, &self.prefix) {
                        self.known(tenant).foreign.insert((kind, id));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl<T: Target> Target for Guard<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if request.writes() {
            self.check(&request).await?;
        }
        if request.method == Method::Post
            && let Some(journal) = self.journal(request.tenant)
        {
            journal.open().map_err(|error| unwritable(&error))?;
        }
        let answer = self.inner.send(request.clone()).await?;
        self.learn(&request, &answer)?;
        Ok(answer)
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

fn unwritable(error: &std::io::Error) -> Broken {
    Broken::Withheld(format!(
        "the journal of objects made at the target cannot be written ({error}), so nothing more may be made there"
    ))
}

/// Whom a write can reach.
#[derive(Debug, PartialEq, Eq)]
enum Reach {
    /// It makes something new, or reaches nothing that belongs to anybody.
    Nobody,
    /// These objects.
    Objects(Vec<Object>),
    /// A whole collection.
    Everybody,
}

#[derive(Debug, PartialEq, Eq)]
struct Object {
    /// Where it can be read.
    path: String,
    /// Under what it is known, if it is a user or a group.
    key: Option<(ResourceKind, String)>,
}

impl Reach {
    fn of(request: &Request) -> Reach {
        if request.path.trim_matches('/').eq_ignore_ascii_case("Bulk") {
            return Reach::of_bulk(request);
        }
        Reach::of_path(request.method, &request.path)
    }

    fn of_path(method: Method, path: &str) -> Reach {
        let path = path.trim_end_matches('/');
        let mut parts = path.trim_start_matches('/').split('/');
        let endpoint = parts.next().unwrap_or("");
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(endpoint));
        let below = parts.next().is_some();
        // Nobody's: there is one of each, and no server lets them be written (RFC 7644 §4).
        if is(&["ServiceProviderConfig", "ResourceTypes", "Schemas"]) {
            return Reach::Nobody;
        }
        match (below, method) {
            (true, _) => {
                let request = Request::new(Actor::Probe, Method::Get, path, "");
                let operation = Operation::of(&request);
                let key = operation.kind().zip(operation.id().map(str::to_owned));
                Reach::Objects(vec![Object { path: path.to_owned(), key }])
            }
            // `/Me` is whoever owns the token.
            (false, Method::Post) if !is(&["Me"]) => Reach::Nobody,
            (false, _) if is(&["Me"]) => Reach::Objects(vec![Object { path: path.to_owned(), key: None }]),
            (false, _) => Reach::Everybody,
        }
    }

    /// Bulk (RFC 7644 §3.7): each operation reaches what it would reach on its own. A body that is
    /// not JSON reaches nobody.
    fn of_bulk(request: &Request) -> Reach {
        let body = request.json().unwrap_or_default();
        let operations =
            reader::member(&body, "Operations").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut objects = Vec::new();
        for operation in &operations {
            let text = |name| reader::member(operation, name).and_then(Value::as_str).unwrap_or("");
            let path = text("path");
            // An object of the same request has no id yet.
            if path.contains("bulkId:") {
                continue;
            }
            let method = text("method").to_ascii_uppercase().parse().unwrap_or(Method::Delete);
            match Reach::of_path(method, path) {
                Reach::Nobody => {}
                Reach::Objects(found) => objects.extend(found),
                Reach::Everybody => return Reach::Everybody,
            }
        }
        if objects.is_empty() { Reach::Nobody } else { Reach::Objects(objects) }
    }
}

/// True when a resource carries the prefix, in any letter case: some servers change it.
pub(super) fn shows(resource: &Value, prefix: &str) -> bool {
    let prefix = prefix.to_lowercase();
    !prefix.is_empty()
        && NAMING.iter().any(|name| {
            reader::member(resource, name)
                .and_then(Value::as_str)
                .is_some_and(|value| value.to_lowercase().contains(&prefix))
        })
}

/// A resource as a person knows it: its names and its id.
pub(super) fn named(resource: &Value) -> String {
    let names: Vec<&str> =
        NAMING.iter().filter_map(|name| reader::member(resource, name).and_then(Value::as_str)).collect();
    let id = id_of(resource).unwrap_or_else(|| "?".to_owned());
    if names.is_empty() {
        format!("an object without a name (id {id})")
    } else {
        format!("`{}` (id {id})", names.join("`, `"))
    }
}

/// The id, as text: an id that is a number is a fault, but still an id.
pub(super) fn id_of(resource: &Value) -> Option<String> {
    match reader::member(resource, "id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Ids under which a create says its object can be found: in the body, and in `Location`.
fn made_id(answer: &Answer) -> HashSet<String> {
    let in_body = answer.body.json().and_then(id_of);
    let in_location = answer
        .header("location")
        .and_then(|location| location.split(['?', '#']).next())
        .and_then(|location| location.trim_end_matches('/').rsplit('/').next())
        .filter(|last| !last.is_empty())
        .map(|last| percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned());
    // A wrong Location must not make somebody else's object ours.
    in_body.or(in_location).into_iter().collect()
}

#[cfg(test)]
mod tests;
