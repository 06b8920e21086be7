//! `/users/delta` and `/groups/delta`: everything first, then what changed.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use super::list::{self, continued, selected};
use super::reply::{GraphError, Reply};
use super::shapes;
use crate::entra::directory::{ChangeKind, DirectoryChange, ObjectId, ObjectKind, User};
use crate::odata::{self, Query};
use crate::tenant::{Found, LiveTenant, property_of};

/// How many objects a page has.
const PAGE: usize = 200;

/// How many objects a filter may name (Graph: delta-query-overview).
const MOST_IDS: usize = 50;

/// A client that knows the object wants to hear what changed of it alone.
const MINIMAL: &str = "return=minimal";

/// What a token holds: which change log it belongs to, where in it it stands, what the last object of a page was,
/// and which properties are asked for.
#[derive(Clone)]
struct Token {
    log: String,
    position: u64,
    /// When the object was made, and its id.
    after: Option<(Timestamp, ObjectId)>,
    select: Vec<String>,
}

impl Token {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let log = parts.next()?.to_owned();
        let position = parts.next()?.parse().ok()?;
        let after = serde_json::from_value(list::read(parts.next()?)?).ok()?;
        let select = parts.next().unwrap_or_default().split('-').filter(|name| !name.is_empty());
        Some(Token { log, position, after, select: select.map(str::to_owned).collect() })
    }

    fn write(&self) -> String {
        let after = list::written(&json!(self.after));
        format!("{}.{}.{after}.{}", self.log, self.position, self.select.join("-"))
    }
}

pub(super) fn answer(live: &LiveTenant, call: &Call, kind: ObjectKind) -> Result<Reply, GraphError> {
    let query = call.options()?;
    if query.top.is_some() || !query.expand.is_empty() || !query.order.is_empty() {
        return Err(GraphError::bad_request(
            "A delta query takes neither '$top' nor '$expand' nor '$orderby'.",
        ));
    }
    if let Some(filter) = &query.filter
        && filter.alternatives("id").is_none_or(|ids| ids.len() > MOST_IDS)
    {
        let message =
            format!("A delta query is filtered by at most {MOST_IDS} ids, as \"id eq 'a' or id eq 'b'\".");
        return Err(GraphError::new(400, "Request_UnsupportedQuery", message));
    }
    let set = match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
    };
    let (log, now) = (live.log_id(), live.log_position());
    let fresh = || Token { log: log.clone(), position: now, after: None, select: query.select.clone() };
    let mut reply = json!({});
    // What was asked for first holds for every round.
    let link = |token: &Token| continued(call, "$deltatoken", &token.write());
    if query.delta_token.as_deref() == Some("latest") {
        reply["@odata.context"] = json!(call.context(set));
        reply["@odata.deltaLink"] = json!(link(&fresh()));
        reply["value"] = json!([]);
        return Ok(Reply::Ok(reply));
    }
    let given = query.delta_token.as_ref().or(query.skip_token.as_ref());
    let token = match given {
        None => fresh(),
        Some(text) => {
            let token = Token::read(text).filter(|token| token.log == log);
            // A restart, a restore or a reset begins a new change log, and a token of the old one has ended.
            token.ok_or_else(|| {
                let message = "The delta token is no longer valid: begin anew without it.";
                GraphError::new(410, "syncStateNotFound", message)
            })?
        }
    };
    let query = Query { select: token.select.clone(), ..query };
    reply["@odata.context"] = json!(call.context(&selected(set, &query)));
    if query.delta_token.is_some() {
        // What a page of everything holds is not known to the client yet: only here is there less to tell.
        let minimal = call.prefers(MINIMAL);
        reply["@odata.deltaLink"] = json!(link(&Token { position: now, after: None, ..token.clone() }));
        reply["value"] = Value::Array(changed(live, call, kind, &query, token.position, minimal));
        return Ok(if minimal { Reply::Preferred(reply, MINIMAL) } else { Reply::Ok(reply) });
    }
    let all = live.objects(kind, false);
    let passes = |item: &Value| query.filter.as_ref().is_none_or(|filter| filter.matches(item));
    let mut chosen: Vec<_> = all.iter().filter(|found| passes(&shapes::lean(&found.0, &found.1))).collect();
    chosen.sort_by_key(|(id, record)| (record.created, id));
    let after = |(id, record): &&Found| {
        token.after.as_ref().is_none_or(|(created, last)| (record.created, id) > (*created, last))
    };
    chosen.retain(after);
    let page: Vec<Value> = chosen
        .iter()
        .take(PAGE)
        .map(|found| {
            let mut object = shown(call, &query, found);
            let directory = live.directory();
            let group = directory.group(&found.0).filter(|_| tracks(&query.select, "members"));
            if let Some(group) = group.filter(|group| !group.members().is_empty()) {
                object["members@delta"] = group.members().iter().map(|id| member(live, id)).collect();
            }
            let user = directory.user(&found.0).filter(|_| tracks(&query.select, "manager"));
            if let Some(manager) = user.and_then(User::manager) {
                object["manager@delta"] =
                    json!([{ "@odata.type": shapes::type_of(ObjectKind::User), "id": manager }]);
            }
            object
        })
        .collect();
    if let Some((id, record)) = chosen.get(PAGE - 1).filter(|_| chosen.len() > PAGE) {
        let token = Token { after: Some((record.created, id.clone())), ..token };
        reply["@odata.nextLink"] = json!(continued(call, "$skiptoken", &token.write()));
    } else {
        reply["@odata.deltaLink"] = json!(link(&Token { after: None, ..token.clone() }));
    }
    reply["value"] = Value::Array(page);
    Ok(Reply::Ok(reply))
}

/// An object with its id, whatever is selected.
fn shown(call: &Call, query: &Query, found: &Found) -> Value {
    let whole = shapes::object(call, query, found);
    if query.select.is_empty() { whole } else { odata::select(&whole, &query.select) }
}

fn member(live: &LiveTenant, id: &ObjectId) -> Value {
    let kind = live.directory().kind(id).unwrap_or(ObjectKind::User);
    json!({ "@odata.type": shapes::type_of(kind), "id": id })
}

/// Every object that changed since, once, with what it is now.
fn changed(
    live: &LiveTenant,
    call: &Call,
    kind: ObjectKind,
    query: &Query,
    since: u64,
    minimal: bool,
) -> Vec<Value> {
    let changes = live.changes_since(since);
    let mut ids: Vec<&ObjectId> = Vec::new();
    for change in changes.iter().filter(|change| change.kind == kind) {
        if !ids.contains(&&change.id) {
            ids.push(&change.id);
        }
    }
    let passes = |object: &Value| query.filter.as_ref().is_none_or(|filter| filter.matches(object));
    ids.into_iter()
        .filter_map(|id| {
            let own = changes.iter().filter(|change| change.id == *id && concerns(change, &query.select));
            let own: Vec<&DirectoryChange> = own.collect();
            if own.is_empty() {
                return None;
            }
            if let Ok(found) = live.object(Some(kind), id.as_str(), false) {
                let mut object = shown(call, query, &found);
                if minimal {
                    object = changed_alone(&object, kind, &own);
                }
                related(live, &own, &mut object);
                // What was changed may not be among what is shown by default.
                let tells = !minimal || object.as_object().is_some_and(|object| object.len() > 1);
                return (tells && passes(&shapes::lean(&found.0, &found.1))).then_some(object);
            }
            let restorable = live.object(Some(kind), id.as_str(), true).is_ok();
            let reason = if restorable { "changed" } else { "deleted" };
            passes(&json!({ "id": id })).then(|| json!({ "id": id, "@removed": { "reason": reason } }))
        })
        .collect()
}

/// Whether a client hears of a property or relationship: of all unless it selects some.
fn tracks(select: &[String], name: &str) -> bool {
    let first =
        |selected: &String| selected.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(name));
    select.is_empty() || select.iter().any(|selected| selected == "*" || first(selected))
}

/// Whether a client that selects these properties hears of the change. Who comes and goes concerns everybody.
fn concerns(change: &DirectoryChange, select: &[String]) -> bool {
    match change.what {
        ChangeKind::Attribute(source) => tracks(select, property_of(change.kind, source)),
        ChangeKind::AccountEnabled => tracks(select, "accountEnabled"),
        ChangeKind::Manager => tracks(select, "manager"),
        ChangeKind::MemberAdded(_) | ChangeKind::MemberRemoved(_) => tracks(select, "members"),
        ChangeKind::Added | ChangeKind::SoftDeleted | ChangeKind::Restored | ChangeKind::Purged => true,
        ChangeKind::Assigned | ChangeKind::Unassigned => false,
    }
}

/// The id of an object and its changed properties; all properties if it was created or restored.
fn changed_alone(object: &Value, kind: ObjectKind, changes: &[&DirectoryChange]) -> Value {
    if changes.iter().any(|change| matches!(change.what, ChangeKind::Added | ChangeKind::Restored)) {
        return object.clone();
    }
    let names: Vec<String> = changes
        .iter()
        .filter_map(|change| match change.what {
            ChangeKind::Attribute(source) => Some(property_of(kind, source).to_owned()),
            ChangeKind::AccountEnabled => Some("accountEnabled".to_owned()),
            _ => None,
        })
        .collect();
    if names.is_empty() { json!({ "id": object["id"] }) } else { odata::select(object, &names) }
}

/// Members and managers that came and went.
fn related(live: &LiveTenant, changes: &[&DirectoryChange], object: &mut Value) {
    let mut members: Vec<(ObjectId, bool)> = Vec::new();
    let managed = changes.iter().find(|change| change.what == ChangeKind::Manager);
    if let Some(first) = managed {
        let directory = live.directory();
        let manager = directory.user(&first.id).and_then(User::manager);
        let shown = |id: &ObjectId| json!({ "@odata.type": shapes::type_of(ObjectKind::User), "id": id });
        object["manager@delta"] = match (manager, &first.former) {
            (Some(id), _) => json!([shown(id)]),
            (None, Some(id)) => {
                let mut gone = shown(id);
                gone["@removed"] = json!({ "reason": "deleted" });
                json!([gone])
            }
            // Somebody was the manager only between the two rounds.
            (None, None) => json!([]),
        };
    }
    for change in changes {
        let (id, added) = match &change.what {
            ChangeKind::MemberAdded(id) => (id, true),
            ChangeKind::MemberRemoved(id) => (id, false),
            _ => continue,
        };
        members.retain(|(known, _)| known != id);
        members.push((id.clone(), added));
    }
    if !members.is_empty() {
        let shown = members.iter().map(|(id, added)| {
            let mut shown = member(live, id);
            if !added {
                shown["@removed"] = json!({ "reason": "deleted" });
            }
            shown
        });
        object["members@delta"] = shown.collect();
    }
}
