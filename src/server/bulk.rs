//! Bulk requests (RFC 7644 §3.7): many operations in one request, which may refer to each other.
//!
//! Ids of what is to be made are given out beforehand, so that operations can refer to each other in any
//! order and in circles.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::call::{RequestBody, ServerRequest};
use super::endpoint::Endpoint;
use super::faults::Fault;
use super::model::ServedKind;
use super::reply::{Reply, ReplyOutcome};
use super::service::Service;
use super::store::ResourceStore;
use super::values::invalid_value;
use super::variants::Variant;
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::{member, same_name, urn};

/// Operations in one request at most; ServiceProviderConfig says so.
pub(super) const MAX_OPERATIONS: usize = 100;

/// Bytes of one request at most; ServiceProviderConfig says so.
pub(super) const MAX_PAYLOAD: usize = 256 << 10;

/// What a reference to an operation of the same request begins with.
const REFERENCE: &str = "bulkId:";

/// One operation.
struct BulkOperation<'a> {
    method: Method,
    path: &'a str,
    bulk_id: Option<&'a str>,
    data: Option<&'a Value>,
    version: Option<&'a str>,
    /// The id of what it makes.
    id: Option<String>,
}

/// How far an operation is.
enum OperationProgress {
    Waiting,
    /// It waits for one that it refers to.
    Begun,
    Done(Reply),
}

/// A request while it is worked on.
struct BulkWork<'a> {
    service: &'a Service,
    call: &'a ServerRequest,
    store: &'a mut ResourceStore,
    operations: Vec<BulkOperation<'a>>,
    progress: Vec<OperationProgress>,
    /// Operations by their bulkId.
    named: BTreeMap<&'a str, usize>,
}

/// Answers a bulk request.
///
/// # Errors
/// 413 beyond a limit, `invalidSyntax` when the body is no BulkRequest, `invalidValue` when an operation
/// cannot be understood.
pub(super) fn answer(
    service: &Service,
    call: &ServerRequest,
    body: &Value,
    store: &mut ResourceStore,
) -> ReplyOutcome<Reply> {
    let limited = !service.settings.faults.contains(&Fault::BULK_LIMITS_IGNORED);
    if limited && call.size > MAX_PAYLOAD {
        return Err(ErrorMessage::plain(413, format!("a bulk request has {MAX_PAYLOAD} bytes at most")));
    }
    let syntax = |detail: &str| ErrorMessage::of(ScimType::InvalidSyntax, detail);
    let schemas = member(body, "schemas").and_then(Value::as_array);
    if !schemas.is_some_and(|urns| urns.iter().any(|text| text == urn::BULK_REQUEST)) {
        return Err(syntax(&format!("`schemas` must hold {}", urn::BULK_REQUEST)));
    }
    let operations = member(body, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or_else(|| syntax("`Operations` is a list"))?;
    if limited && operations.len() > MAX_OPERATIONS {
        let detail = format!("a bulk request has {MAX_OPERATIONS} operations at most");
        return Err(ErrorMessage::plain(413, detail));
    }
    let bearable = match member(body, "failOnErrors") {
        None | Some(Value::Null) => usize::MAX,
        Some(number) => number
            .as_u64()
            .filter(|number| *number > 0)
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| invalid_value("failOnErrors is a number above zero"))?,
    };
    let operations: Vec<BulkOperation<'_>> = operations
        .iter()
        .map(|operation| BulkOperation::read(operation, store))
        .collect::<ReplyOutcome<_>>()?;
    let mut named = BTreeMap::new();
    for (index, operation) in operations.iter().enumerate() {
        if let Some(name) = operation.bulk_id
            && named.insert(name, index).is_some()
        {
            return Err(invalid_value(format!("bulkId \"{name}\" stands for two operations")));
        }
    }
    let progress = operations.iter().map(|_| OperationProgress::Waiting).collect();
    let mut work = BulkWork { service, call, store, operations, progress, named };
    for index in 0..work.operations.len() {
        work.perform(index);
        if work.failures() >= bearable {
            break;
        }
    }
    work.undo_dangling();
    work.store.reserved.clear();
    let results: Vec<Value> = work.operations.iter().zip(&work.progress).filter_map(result).collect();
    let body = json!({ "schemas": [urn::BULK_RESPONSE], "Operations": results });
    Ok(Reply::json(StatusCode::OK, body))
}

impl<'a> BulkOperation<'a> {
    fn read(operation: &'a Value, store: &mut ResourceStore) -> ReplyOutcome<Self> {
        let text = |name: &str| member(operation, name).and_then(Value::as_str);
        let method = match text("method").unwrap_or("") {
            name if same_name(name, "POST") => Method::POST,
            name if same_name(name, "PUT") => Method::PUT,
            name if same_name(name, "PATCH") => Method::PATCH,
            name if same_name(name, "DELETE") => Method::DELETE,
            other => {
                return Err(invalid_value(format!("method is POST, PUT, PATCH or DELETE, not \"{other}\"")));
            }
        };
        let path = text("path").ok_or_else(|| invalid_value("an operation has a path"))?;
        let bulk_id = text("bulkId").filter(|id| !id.is_empty());
        let creates = method == Method::POST;
        if creates && bulk_id.is_none() {
            return Err(invalid_value("a POST has a bulkId"));
        }
        Ok(BulkOperation {
            method,
            path,
            bulk_id,
            data: member(operation, "data"),
            version: text("version"),
            id: creates.then(|| store.reserve_id()),
        })
    }

    /// Names of the operations it refers to, in its path and in its data.
    fn references(&self) -> Vec<&'a str> {
        let mut found: Vec<&str> =
            self.path.split('/').filter_map(|segment| segment.strip_prefix(REFERENCE)).collect();
        if let Some(data) = self.data {
            collect(data, &mut found);
        }
        found
    }
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix(REFERENCE)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl BulkWork<'_> {
    /// Performs an operation, after those it refers to.
    fn perform(&mut self, index: usize) {
        if !matches!(self.progress[index], OperationProgress::Waiting) {
            return;
        }
        self.progress[index] = OperationProgress::Begun;
        let mut circle = false;
        for name in self.operations[index].references() {
            if let Some(other) = self.named.get(name).copied() {
                circle |= matches!(self.progress[other], OperationProgress::Begun);
                self.perform(other);
            }
        }
        let reply = if circle && self.service.settings.variants.contains(&Variant::BulkCirclesRefused) {
            ErrorMessage::plain(409, "operations refer to each other in a circle").into()
        } else {
            self.reply(index).unwrap_or_else(Reply::from)
        };
        self.progress[index] = OperationProgress::Done(reply);
    }

    fn reply(&mut self, index: usize) -> ReplyOutcome<Reply> {
        let operation = &self.operations[index];
        let resolved = |text: &str| -> ReplyOutcome<Option<String>> {
            match text.strip_prefix(REFERENCE) {
                Some(name) => self.id_of(name).map(Some),
                None => Ok(None),
            }
        };
        let mut segments = Vec::new();
        for segment in operation.path.split('/').filter(|segment| !segment.is_empty()) {
            let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
            segments.push(resolved(&decoded)?.unwrap_or(decoded));
        }
        let data = operation.data.map(|data| replaced(data, &resolved)).transpose()?;
        let mut call = ServerRequest {
            method: operation.method.clone(),
            segments: Some(segments),
            parameters: Vec::new(),
            headers: self.call.headers.clone(),
            size: 0,
            body: data.map_or(RequestBody::Empty, RequestBody::Json),
            ..self.call.clone()
        };
        call.headers.remove(header::IF_MATCH);
        call.headers.remove(header::IF_NONE_MATCH);
        if let Some(version) = operation.version.and_then(|version| version.parse().ok()) {
            call.headers.insert(header::IF_MATCH, version);
        }
        match Endpoint::of(call.segments.as_deref()) {
            Endpoint::Collection(_) | Endpoint::Resource(..) => {
                self.store.promised = operation.id.clone();
                let reply = self.service.serve(&call, self.store);
                self.store.promised = None;
                Ok(self.located(&call, reply))
            }
            _ => Err(ErrorMessage::plain(404, format!("\"{}\" takes no bulk operations", operation.path))),
        }
    }

    /// The answer with the place of the resource that an operation concerned, whether it is there or not.
    fn located(&self, call: &ServerRequest, reply: Reply) -> Reply {
        match Endpoint::of(call.segments.as_deref()) {
            Endpoint::Resource(kind, id) => {
                let location = self.service.view(call, self.store).location(kind.endpoint(), &id);
                reply.with_header(header::LOCATION, &location)
            }
            _ => reply,
        }
    }

    /// The id that a reference stands for.
    fn id_of(&self, name: &str) -> ReplyOutcome<String> {
        let index = self.named.get(name).copied();
        let made = index.filter(
            |index| !matches!(&self.progress[*index], OperationProgress::Done(reply) if !reply.status.is_success()),
        );
        made.and_then(|index| self.operations[index].id.clone())
            .ok_or_else(|| invalid_value(format!("bulkId \"{name}\" stands for nothing that was made")))
    }

    fn failures(&self) -> usize {
        let failed = |progress: &&OperationProgress| matches!(progress, OperationProgress::Done(reply) if !reply.status.is_success());
        self.progress.iter().filter(failed).count()
    }

    /// In a circle one may be made before the other fails: what refers to nothing is taken back.
    fn undo_dangling(&mut self) {
        while let Some((index, name)) = self.dangling() {
            let operation = &self.operations[index];
            let kind = operation.path.split('/').find(|segment| !segment.is_empty()).and_then(ServedKind::at);
            if let (Some(kind), Some(id)) = (kind, &operation.id) {
                self.store.remove(kind, id);
            }
            let refused = invalid_value(format!("bulkId \"{name}\" stands for nothing that was made"));
            self.progress[index] = OperationProgress::Done(refused.into());
        }
    }

    /// Something that was made and refers to an operation that failed.
    fn dangling(&self) -> Option<(usize, String)> {
        self.operations.iter().enumerate().find_map(|(index, operation)| {
            let made =
                matches!(&self.progress[index], OperationProgress::Done(reply) if reply.status.is_success());
            let lost = operation.references().into_iter().find(|name| self.id_of(name).is_err())?;
            (made && operation.method == Method::POST).then(|| (index, lost.to_owned()))
        })
    }
}

/// A value in which every reference is the id it stands for.
fn replaced(value: &Value, resolved: &impl Fn(&str) -> ReplyOutcome<Option<String>>) -> ReplyOutcome<Value> {
    Ok(match value {
        Value::String(text) => match resolved(text)? {
            Some(id) => Value::String(id),
            None => value.clone(),
        },
        Value::Array(items) => {
            items.iter().map(|item| replaced(item, resolved)).collect::<ReplyOutcome<_>>()?
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, item)| Ok((name.clone(), replaced(item, resolved)?)))
                .collect::<ReplyOutcome<_>>()?,
        ),
        simple => simple.clone(),
    })
}

/// What the answer says of one operation; nothing of one that was not performed.
fn result((operation, progress): (&BulkOperation<'_>, &OperationProgress)) -> Option<Value> {
    let OperationProgress::Done(reply) = progress else { return None };
    let mut result = Map::new();
    result.insert("method".into(), operation.method.as_str().into());
    if let Some(id) = operation.bulk_id {
        result.insert("bulkId".into(), id.into());
    }
    let text = |name| reply.headers.get(name).and_then(|value| value.to_str().ok());
    let location = text(header::LOCATION)
        .map(str::to_owned)
        .or_else(|| reply.body()?.pointer("/meta/location")?.as_str().map(str::to_owned));
    if let Some(version) = text(header::ETAG) {
        result.insert("version".into(), version.into());
    }
    if let Some(location) = location {
        result.insert("location".into(), location.into());
    }
    result.insert("status".into(), reply.status.as_str().into());
    if let Some(body) = reply.body().filter(|_| !reply.status.is_success()) {
        result.insert("response".into(), body.clone());
    }
    Some(Value::Object(result))
}
