//! `/users/delta` and `/groups/delta`: everything first, then what changed.

use serde_json::{Value, json};

use super::call::Call;
use super::list::{continued, selected};
use super::reply::{GraphError, Reply};
use super::shapes;
use crate::entra::directory::{ChangeKind, DirectoryChange, ObjectId, ObjectKind, User};
use crate::odata::{self, Query};
use crate::tenant::LiveTenant;

/// How many objects a page has.
const PAGE: usize = 200;

/// What a token holds: which process gave it out, where in the change log it stands, where in the list, and which
/// properties are asked for.
struct Token {
    process: String,
    position: u64,
    offset: usize,
    select: Vec<String>,
}

impl Token {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let process = parts.next()?.to_owned();
        let (position, offset) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let select = parts.next().unwrap_or_default().split('-').filter(|name| !name.is_empty());
        Some(Token { process, position, offset, select: select.map(str::to_owned).collect() })
    }

    fn write(&self) -> String {
        format!("{}.{}.{}.{}", self.process, self.position, self.offset, self.select.join("-"))
    }
}

pub(super) fn answer(live: &LiveTenant, call: &Call, kind: ObjectKind) -> Result<Reply, GraphError> {
    let query = call.options()?;
    if query.top.is_some() || !query.expand.is_empty() || !query.order.is_empty() {
        return Err(GraphError::bad_request(
            "A delta query takes neither '$top' nor '$expand' nor '$orderby'.",
        ));
    }
    let set = match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
    };
    let now = live.log_position();
    let fresh = |position, offset| Token {
        process: live.process().to_owned(),
        position,
        offset,
        select: query.select.clone(),
    };
    let mut reply = json!({});
    // What was asked for first holds for every round.
    let link = |token: &Token| continued(call, "$deltatoken", &token.write());
    if query.delta_token.as_deref() == Some("latest") {
        reply["@odata.context"] = json!(call.context(set));
        reply["@odata.deltaLink"] = json!(link(&fresh(now, 0)));
        reply["value"] = json!([]);
        return Ok(Reply::Ok(reply));
    }
    let given = query.delta_token.as_ref().or(query.skip_token.as_ref());
    let token = match given {
        None => fresh(now, 0),
        Some(text) => {
            let token = Token::read(text).filter(|token| token.process == live.process());
            // Tokens hold as long as the program runs: its change log is no longer than that.
            token.ok_or_else(|| {
                let message = "The delta token is no longer valid: begin anew without it.";
                GraphError::new(410, "syncStateNotFound", message)
            })?
        }
    };
    let query = Query { select: token.select.clone(), ..query };
    reply["@odata.context"] = json!(call.context(&selected(set, &query)));
    if query.delta_token.is_some() {
        reply["@odata.deltaLink"] = json!(link(&Token { position: now, offset: 0, ..token_of(&token) }));
        reply["value"] = Value::Array(changed(live, call, kind, &query, token.position));
        return Ok(Reply::Ok(reply));
    }
    let all = live.objects(kind, false);
    let passes = |item: &Value| query.filter.as_ref().is_none_or(|filter| filter.matches(item));
    let chosen: Vec<_> = all.iter().filter(|found| passes(&shapes::lean(&found.0, &found.1))).collect();
    let page: Vec<Value> = chosen
        .iter()
        .skip(token.offset)
        .take(PAGE)
        .map(|found| {
            let mut object = shown(call, &query, found);
            let directory = live.directory();
            if let Some(group) = directory.group(&found.0).filter(|group| !group.members().is_empty()) {
                object["members@delta"] = group.members().iter().map(|id| member(live, id)).collect();
            }
            if let Some(manager) = directory.user(&found.0).and_then(User::manager) {
                object["manager@delta"] =
                    json!([{ "@odata.type": shapes::type_of(ObjectKind::User), "id": manager }]);
            }
            object
        })
        .collect();
    let end = token.offset + page.len();
    if end < chosen.len() {
        let token = Token { offset: end, ..token_of(&token) };
        reply["@odata.nextLink"] = json!(continued(call, "$skiptoken", &token.write()));
    } else {
        reply["@odata.deltaLink"] = json!(link(&Token { offset: 0, ..token_of(&token) }));
    }
    reply["value"] = Value::Array(page);
    Ok(Reply::Ok(reply))
}

fn token_of(token: &Token) -> Token {
    Token {
        process: token.process.clone(),
        position: token.position,
        offset: token.offset,
        select: token.select.clone(),
    }
}

/// An object with its id, whatever is selected.
fn shown(call: &Call, query: &Query, found: &crate::tenant::Found) -> Value {
    let whole = shapes::object(call, query, found);
    if query.select.is_empty() { whole } else { odata::select(&whole, &query.select) }
}

fn member(live: &LiveTenant, id: &ObjectId) -> Value {
    let kind = live.directory().kind(id).unwrap_or(ObjectKind::User);
    json!({ "@odata.type": shapes::type_of(kind), "id": id })
}

/// Every object that changed since, once, with what it is now.
fn changed(live: &LiveTenant, call: &Call, kind: ObjectKind, query: &Query, since: u64) -> Vec<Value> {
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
            let own: Vec<&DirectoryChange> = changes.iter().filter(|change| change.id == *id).collect();
            if let Ok(found) = live.object(Some(kind), id.as_str(), false) {
                let mut object = shown(call, query, &found);
                related(live, &own, &mut object);
                return passes(&shapes::lean(&found.0, &found.1)).then_some(object);
            }
            let restorable = live.object(Some(kind), id.as_str(), true).is_ok();
            let reason = if restorable { "changed" } else { "deleted" };
            passes(&json!({ "id": id })).then(|| json!({ "id": id, "@removed": { "reason": reason } }))
        })
        .collect()
}

/// Members and managers that came and went.
fn related(live: &LiveTenant, changes: &[&DirectoryChange], object: &mut Value) {
    let mut members: Vec<(ObjectId, bool)> = Vec::new();
    for change in changes {
        let (id, added) = match &change.what {
            ChangeKind::MemberAdded(id) => (id, true),
            ChangeKind::MemberRemoved(id) => (id, false),
            ChangeKind::Manager => {
                let directory = live.directory();
                let manager = directory.user(&change.id).and_then(User::manager).cloned();
                object["manager@delta"] = match manager {
                    Some(id) => json!([{ "@odata.type": shapes::type_of(ObjectKind::User), "id": id }]),
                    None => json!([]),
                };
                continue;
            }
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
