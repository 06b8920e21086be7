//! Removal of everything that was made: newest first, groups before users.

use std::sync::Arc;

use serde_json::Value;

use super::observer::{self, resource_path};
use super::reader;
use crate::scim::AttributePath;
use crate::wire::{
    Actor, Broken, BulkCreate, Exchange, Method, Operation, Request, ResourceKind, Target, Tenant,
    bulk_creates,
};

/// Something a trial made and did not remove.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Leftover {
    tenant: Tenant,
    kind: ResourceKind,
    /// Its id; `None` when a create was answered in a way that does not tell.
    id: Option<String>,
    /// userName or displayName, as sent.
    name: Option<String>,
}

impl Leftover {
    fn describe(&self) -> String {
        let id = self.id.as_deref().unwrap_or("?");
        let name = self.name.as_deref().unwrap_or("unnamed");
        let place = if self.tenant.is_second() { "second tenant: " } else { "" };
        format!("{place}{}/{id} ({name})", self.kind.endpoint())
    }
}

/// What the trace shows was made and not removed, in the order in which it must be removed.
fn leftovers(trace: &[Arc<Exchange>]) -> Vec<Leftover> {
    let mut left: Vec<Leftover> = Vec::new();
    for exchange in trace {
        let tenant = exchange.request.tenant;
        match &exchange.operation {
            Operation::Create(kind) => {
                let sent = exchange.request.json().unwrap_or_default();
                let name = ["userName", "displayName"]
                    .iter()
                    .find_map(|name| reader::member(&sent, name).and_then(Value::as_str))
                    .map(str::to_owned);
                let made = match exchange.answer() {
                    Some(answer) if answer.is_success() => true,
                    // A server may store the resource and fail afterwards; a lost answer does not tell.
                    Some(answer) => answer.status >= 500,
                    None => true,
                };
                let id = exchange.json().filter(|_| exchange.succeeded()).and_then(observer::id_of);
                if made && (id.is_some() || name.is_some()) {
                    left.push(Leftover { tenant, kind: *kind, id, name });
                }
            }
            Operation::Other => {
                let creates = bulk_creates(&exchange.request, exchange.answer());
                left.extend(
                    creates
                        .into_iter()
                        .filter(|create| create.id.is_some() || create.name.is_some())
                        .map(|BulkCreate { kind, id, name }| Leftover { tenant, kind, id, name }),
                );
            }
            Operation::Delete(kind, id) => {
                let gone = exchange.succeeded() || exchange.answer().is_some_and(|a| a.status == 404);
                if gone {
                    left.retain(|leftover| {
                        leftover.kind != *kind
                            || leftover.id.as_deref() != Some(id)
                            || leftover.tenant.is_second() != tenant.is_second()
                    });
                }
            }
            _ => {}
        }
    }
    left.reverse();
    // A stable sort keeps newest first within each kind.
    left.sort_by_key(|leftover| leftover.kind != ResourceKind::Group);
    left
}

/// Deletes what the trace shows was made and what else is ours, and says what could not be deleted; the
/// target is a guarded one.
///
/// `ours` are ids that were found rather than made: a server may make accounts by itself. The guard
/// looks at each before it lets a DELETE through, and what is not ours stays.
pub async fn remove<T: Target>(
    target: &T,
    trace: &[Arc<Exchange>],
    ours: &[(ResourceKind, String)],
) -> Vec<String> {
    let mut left_behind = Vec::new();
    let mut leftovers = leftovers(trace);
    for (kind, id) in ours.iter().filter(|(kind, id)| !is_deleted(trace, *kind, id)) {
        let tenant = Tenant::First;
        let is_listed = leftovers
            .iter()
            .any(|known| known.tenant == tenant && known.kind == *kind && known.id.as_ref() == Some(id));
        if !is_listed {
            leftovers.push(Leftover { tenant, kind: *kind, id: Some(id.clone()), name: None });
        }
    }
    leftovers.sort_by_key(|leftover| leftover.kind != ResourceKind::Group);
    for leftover in leftovers {
        let ids = match &leftover.id {
            Some(id) => vec![id.clone()],
            None => search(target, &leftover).await,
        };
        for id in ids {
            let path = resource_path(leftover.kind, &id);
            let request =
                Request::new(Actor::Cleanup, Method::Delete, path, "clean-up").to(leftover.tenant).provoked();
            let problem = match target.send(request).await {
                Ok(answer) if answer.is_success() || answer.status == 404 => continue,
                Ok(answer) => format!("DELETE was answered {}", answer.status),
                Err(Broken::Withheld(_)) => continue,
                Err(broken) => broken.to_string(),
            };
            let leftover = Leftover { id: Some(id), ..leftover.clone() };
            left_behind.push(format!("{}: {problem}", leftover.describe()));
        }
    }
    left_behind
}

/// True when a DELETE of that id succeeded or met nothing.
fn is_deleted(trace: &[Arc<Exchange>], kind: ResourceKind, id: &str) -> bool {
    trace.iter().any(|exchange| {
        exchange.request.tenant == Tenant::First
            && exchange.operation == Operation::Delete(kind, id.to_owned())
            && (exchange.succeeded() || exchange.answer().is_some_and(|answer| answer.status == 404))
    })
}

/// Ids of what carries exactly the name that was sent.
async fn search<T: Target>(target: &T, leftover: &Leftover) -> Vec<String> {
    let Some(name) = &leftover.name else { return Vec::new() };
    let attribute = match leftover.kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    let path = AttributePath::simple(attribute);
    let request = observer::lookup(Actor::Cleanup, leftover.kind, &path.into(), name, "clean-up")
        .to(leftover.tenant)
        .provoked();
    let Ok(answer) = target.send(request).await else { return Vec::new() };
    let Some(Value::Array(found)) = answer.body.json().and_then(|body| reader::member(body, "Resources"))
    else {
        return Vec::new();
    };
    found
        .iter()
        .filter(|resource| {
            reader::member(resource, attribute)
                .and_then(Value::as_str)
                .is_some_and(|held| held.eq_ignore_ascii_case(name))
        })
        .filter_map(observer::id_of)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::testing::{Scripted, Taped};
    use crate::wire::Answer;
    use serde_json::json;

    async fn post<T: Target>(target: &T, path: &str, name: &str) {
        let body = json!({"userName": name});
        let request = Request::new(Actor::Entra, Method::Post, path, "create").with_json(&body);
        let _ = target.send(request).await;
    }

    fn created(id: &str) -> Result<Answer, Broken> {
        Ok(Answer::json(201, &json!({"id": id})))
    }

    #[tokio::test]
    async fn groups_go_first_then_the_newest_and_nothing_twice() {
        let gone = || Ok(Answer::json(204, &json!({})));
        let script = vec![created("1"), created("2"), created("g"), created("3"), gone()];
        let tape = Taped::new(Scripted::new(script));
        for (path, name) in [("/Users", "a"), ("/Users", "b"), ("/Groups", "g"), ("/Users", "c")] {
            post(&tape, path, name).await;
        }
        tape.send(Request::new(Actor::Entra, Method::Delete, "/Users/2", "purge")).await.unwrap();
        let trace = tape.trace();
        let cleaner = Scripted::new(vec![
            gone(),
            gone(),
            Ok(Answer::json(500, &json!({}))),
            Err(Broken::Withheld("bob's".into())),
        ]);
        let left =
            remove(&cleaner, &trace, &[(ResourceKind::User, "2".into()), (ResourceKind::User, "9".into())])
                .await;
        let sent: Vec<String> = cleaner.sent().iter().map(Request::path_and_query).collect();
        assert_eq!(sent, ["/Groups/g", "/Users/3", "/Users/1", "/Users/9"]);
        assert_eq!(left, ["/Users/1 (a): DELETE was answered 500"]);
        assert!(cleaner.sent().iter().all(|request| request.provoked));
    }

    #[tokio::test]
    async fn a_delete_in_one_tenant_removes_nothing_from_the_other() {
        let gone = || Ok(Answer::json(204, &json!({})));
        let nobody = Ok(Answer::json(404, &json!({})));
        let tape = Taped::new(Scripted::new(vec![created("1"), created("1"), nobody]));
        let body = json!({"userName": "a"});
        for tenant in [Tenant::First, Tenant::Second] {
            let request =
                Request::new(Actor::Probe, Method::Post, "/Users", "create").with_json(&body).to(tenant);
            tape.send(request).await.unwrap();
        }
        let delete = Request::new(Actor::Probe, Method::Delete, "/Users/1", "delete").to(Tenant::Second);
        tape.send(delete).await.unwrap();
        let cleaner = Scripted::new(vec![gone(), gone()]);
        assert!(remove(&cleaner, &tape.trace(), &[]).await.is_empty());
        let sent: Vec<Tenant> = cleaner.sent().iter().map(|request| request.tenant).collect();
        assert_eq!(sent, [Tenant::First], "the second one's answered 404, so it is gone");
    }

    #[tokio::test]
    async fn a_create_that_does_not_tell_its_id_is_looked_up_by_its_exact_name() {
        let tape = Taped::new(Scripted::new(vec![Ok(Answer::json(500, &json!({}))), created("x")]));
        post(&tape, "/Users", "run-1.ada@example.com").await;
        let list = json!({"Resources": [
            {"id": "7", "userName": "RUN-1.ada@example.com"}, {"id": "8", "userName": "bob"}
        ]});
        let answers = vec![Ok(Answer::json(200, &list)), Ok(Answer::json(204, &json!({})))];
        let cleaner = Scripted::new(answers);
        assert!(remove(&cleaner, &tape.trace(), &[]).await.is_empty());
        assert_eq!(cleaner.sent()[1].path, "/Users/7");
        assert_eq!(cleaner.sent().len(), 2);
    }

    #[tokio::test]
    async fn a_refused_create_made_nothing() {
        let tape = Taped::new(Scripted::new(vec![Ok(Answer::json(409, &json!({})))]));
        post(&tape, "/Users", "ada").await;
        assert!(leftovers(&tape.trace()).is_empty());
    }
}
