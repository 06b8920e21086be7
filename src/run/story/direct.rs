//! What Microsoft's gates send straight to the endpoint: one PATCH of many attributes, one that clears them,
//! a walk through pages, a look into /Schemas; and what they accept as deprovisioned.
//!
//! Requests have the headers of the gallery's template: `Accept` and `Content-Type` of SCIM.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Story;
use super::state::Reading as Seen;
use super::test_values::{self, Candidate, Material, Simple, TestValue};
use crate::check::{Finding, Level, Reading};
use crate::run::answers::{answered, is_empty, shown};
use crate::run::cast::Casting;
use crate::run::observer::{id_of, resource_path, resources};
use crate::run::reader;
use crate::scenario::{AttributeUpdate, UpdateForm};
use crate::scim::discovery::Discovery;
use crate::scim::{PatchPath, same_name, urn};
use crate::wire::{Actor, Broken, Exchange, Method, Request, ResourceKind, Target};

const SCIM_JSON: &str = "application/scim+json";

/// Three pages of five hold the eleven resources that the template wants at least.
const PAGES: usize = 3;

/// One operation of a PATCH.
struct Operation {
    path: PatchPath,
    value: Value,
    made_up: bool,
    /// The list has no element that the path selects.
    absent: bool,
}

impl<T: Target, C: Casting> Story<'_, T, C> {
    fn direct(&self, method: Method, path: String, step: &str) -> Request {
        Request::new(Actor::Probe, method, path, step.to_owned()).with_header("Accept", SCIM_JSON)
    }

    /// Sends a request and gives the exchange; `None` when the run is at its end.
    async fn exchange(&mut self, request: Request) -> Option<Arc<Exchange>> {
        let written = request.writes().then(|| request.path.clone());
        let sent = self.target.send(request).await;
        if matches!(sent, Err(Broken::Withheld(_) | Broken::Interrupted)) {
            return None;
        }
        let exchange = self.recorder.last()?;
        if written.is_some() && exchange.succeeded() {
            self.touched.extend(exchange.operation.id().map(str::to_owned));
        }
        Some(exchange)
    }

    fn patch(&self, kind: ResourceKind, id: &str, operations: Vec<Value>, step: &str) -> Request {
        let body = json!({ "schemas": [urn::PATCH_OP], "Operations": operations });
        self.direct(Method::Patch, resource_path(kind, id), step)
            .with_header("Content-Type", SCIM_JSON)
            .with_json(&body)
    }

    fn complain(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// A captured resource and its id; without one nothing is left to be judged.
    fn captured(&self, of: &str) -> Option<(Value, String)> {
        let resource = self.captures.get(of)?.clone();
        let id = id_of(&resource)?;
        Some((resource, id))
    }

    /// One PATCH with a value for every attribute that can take one, then a GET.
    pub(super) async fn update_attributes(&mut self, update: &AttributeUpdate, line: usize) {
        let Some((resource, id)) = self.captured(&update.of) else {
            self.missing_in_answer(&format!("{}.id", update.of));
            return;
        };
        let step = format!("line {line}: update the attributes of {}", update.of);
        let candidates = self.candidates(update);
        let material = Material { prefix: self.casting.prefix(), domain: self.casting.domain() };
        let mut operations = Vec::new();
        for candidate in &candidates {
            let held = reader::values(&resource, &candidate.path);
            // An element that is not there can be added, not replaced.
            let element = PatchPath { sub: None, ..candidate.path.clone() };
            let absent = candidate.path.filter.is_some() && reader::values(&resource, &element).is_empty();
            if absent && !update.adds {
                continue;
            }
            let TestValue { value, made_up } =
                candidate.value(self.test_values, held.first().copied(), material);
            operations.push(Operation { path: candidate.path.clone(), value, made_up, absent });
        }
        if operations.is_empty() {
            if update.keeps_matching {
                self.update_nothing(update.kind, &id, &step).await;
            }
            return;
        }
        let verb = if update.adds { "add" } else { "replace" };
        let body = match update.form {
            UpdateForm::Compact => compact(verb, &operations),
            UpdateForm::Verbose => operations.iter().map(|operation| operation.single(verb)).collect(),
        };
        let Some(exchange) = self.exchange(self.patch(update.kind, &id, body, &step)).await else { return };
        if !matches!(exchange.answer().map(|answer| answer.status), Some(200 | 204)) {
            self.refused_update(update.kind, &id, &exchange, verb, &operations, &step).await;
            return;
        }
        let Some(read) = self.read_resource(update.kind, &id, &step, &exchange).await else { return };
        let body = read.json().cloned().unwrap_or_default();
        self.captures.insert(update.of.clone(), body.clone());
        for operation in &operations {
            let Some(candidate) = candidates.iter().find(|c| c.path.same_as(&operation.path)) else {
                continue;
            };
            let held = reader::values(&body, &operation.path);
            if held.iter().any(|held| keeps(candidate, &operation.value, held)) {
                continue;
            }
            let name = operation.path.to_string();
            let message = match candidate.hidden {
                true => format!(
                    "{name} is published as never returned, and the test compares it all the same: the target is right"
                ),
                false => {
                    format!("{name} was set to {} and reads {}", shown(&[&operation.value]), shown(&held))
                }
            };
            let mut finding = Finding::of(&self.scenario.about, message)
                .concerning(name)
                .against(shown(&[&operation.value]), shown(&held))
                .shown_by(&exchange)
                .shown_by(&read);
            if candidate.hidden {
                finding = finding.read_by(Reading::Microsoft);
            }
            self.complain(finding);
        }
    }

    fn candidates(&self, update: &AttributeUpdate) -> Vec<Candidate> {
        let rows = self.rows(update.kind);
        let mut candidates = match rows {
            Some(mapping) if !update.published && !self.discovered_attributes => {
                test_values::mapped(mapping, self.discovery)
            }
            _ => test_values::published(update.kind, self.discovery),
        };
        if update.keeps_matching {
            let matching: Vec<_> = rows.into_iter().flat_map(|rows| rows.matching()).collect();
            candidates.retain(|candidate| !matching.iter().any(|row| row.target.same_as(&candidate.path)));
        }
        candidates
    }

    /// A PATCH without operations. The RFC lets a target refuse it; the SCIM Validator counts that as a failure.
    async fn update_nothing(&mut self, kind: ResourceKind, id: &str, step: &str) {
        let request = self.patch(kind, id, Vec::new(), step).provoked();
        let Some(exchange) = self.exchange(request).await else { return };
        if exchange.succeeded() {
            return;
        }
        let message = format!(
            "a PATCH without operations is answered {}: nothing but what is matched by is mapped",
            status(&exchange)
        );
        let finding = Finding::of(&self.scenario.about, message)
            .concerning("PATCH without operations")
            .against("200 or 204", answered(&exchange))
            .read_by(Reading::Microsoft)
            .shown_by(&exchange);
        self.complain(finding);
    }

    async fn read_resource(
        &mut self,
        kind: ResourceKind,
        id: &str,
        step: &str,
        wrote: &Arc<Exchange>,
    ) -> Option<Arc<Exchange>> {
        let read = self.exchange(self.direct(Method::Get, resource_path(kind, id), step)).await?;
        if read.succeeded() && read.json().is_some_and(Value::is_object) {
            return Some(read);
        }
        let message = format!("after the PATCH, GET {}/{{id}} cannot be read", kind.endpoint());
        let finding = Finding::of(&self.scenario.about, message)
            .concerning("read by id")
            .against("200 with the resource", answered(&read))
            .shown_by(wrote)
            .shown_by(&read);
        self.complain(finding);
        None
    }

    /// A PATCH of many attributes was refused: which of them is it?
    async fn refused_update(
        &mut self,
        kind: ResourceKind,
        id: &str,
        whole: &Arc<Exchange>,
        verb: &str,
        operations: &[Operation],
        step: &str,
    ) {
        let step = format!("{step}, one by one");
        let mut guilty = Vec::new();
        // Without a status there is nothing to look into.
        if whole.answer().is_some_and(|answer| (400..500).contains(&answer.status)) {
            for operation in operations {
                let request = self.patch(kind, id, vec![operation.single(verb)], &step).provoked();
                let Some(exchange) = self.exchange(request).await else { return };
                if !exchange.succeeded() {
                    guilty.push((operation, exchange));
                }
            }
        }
        if guilty.is_empty() {
            let message =
                format!("one PATCH of {} attributes is answered {}", operations.len(), status(whole));
            let finding = Finding::of(&self.scenario.about, message)
                .concerning("PATCH of several attributes")
                .against("200 or 204", answered(whole))
                .shown_by(whole);
            self.complain(finding);
            return;
        }
        let (absent, guilty): (Vec<_>, Vec<_>) = guilty.into_iter().partition(|(made, _)| made.absent);
        self.refused_elements(&absent, whole);
        for (operation, exchange) in guilty {
            let name = operation.path.to_string();
            let value = shown(&[&operation.value]);
            let (message, reading) = match operation.made_up {
                true => (
                    format!(
                        "{name} refuses {value}, a value that was made up because /Schemas names no canonicalValues: \
                         set one it takes (--test-value '{name}=…'), as Microsoft's template must be told too"
                    ),
                    Reading::Microsoft,
                ),
                false => (format!("{name} refuses {value}"), Reading::Both),
            };
            let finding = Finding::of(&self.scenario.about, message)
                .concerning(name)
                .against("200 or 204", answered(&exchange))
                .read_by(reading)
                .shown_by(whole)
                .shown_by(&exchange);
            self.complain(finding);
        }
    }

    /// Additions to lists that have no such element yet: the RFC lets a target refuse them, Entra does not.
    fn refused_elements(&mut self, refused: &[(&Operation, Arc<Exchange>)], whole: &Arc<Exchange>) {
        let Some((_, first)) = refused.first() else { return };
        let paths: Vec<String> = refused.iter().map(|(operation, _)| operation.path.to_string()).collect();
        let message =
            format!("a value cannot be added where there is no such element yet: {}", paths.join(", "));
        let mut finding = Finding::of(&self.scenario.about, message)
            .concerning("value paths")
            .against("200 or 204, and the element made", answered(first))
            .shown_by(whole)
            .shown_by(first);
        finding.rfc_ok = true;
        self.complain(finding);
    }

    /// One PATCH that sets every optional mapped attribute to `""` or to null, then a GET.
    pub(super) async fn clear_attributes(&mut self, of: &str, null: bool, line: usize) {
        let Some((_, id)) = self.captured(of) else {
            self.missing_in_answer(&format!("{of}.id"));
            return;
        };
        let Some(mapping) = self.rows(ResourceKind::User) else { return };
        let step = format!("line {line}: clear the attributes of {of}");
        let optional = |path: &PatchPath| {
            let whole = PatchPath { filter: None, sub: None, ..path.clone() };
            !self.discovery.schemas.find_patch(&whole).is_some_and(|attribute| attribute.required)
        };
        let cleared: Vec<(PatchPath, bool)> = mapping
            .rows
            .iter()
            .filter(|row| row.matching.is_none() && !row.is_reference())
            .filter(|row| !["userName", "active", "externalId"].iter().any(|name| row.target.is(name)))
            .filter(|row| optional(&row.target))
            .map(|row| {
                (
                    row.target.clone(),
                    matches!(row.declared.data_type, crate::entra::mapping::DataType::String),
                )
            })
            .collect();
        if cleared.is_empty() {
            return;
        }
        let value = if null { Value::Null } else { json!("") };
        let operation =
            |path: &PatchPath| json!({ "op": "replace", "path": path.to_string(), "value": value });
        let body = cleared.iter().map(|(path, _)| operation(path)).collect();
        let Some(exchange) = self.exchange(self.patch(ResourceKind::User, &id, body, &step)).await else {
            return;
        };
        if !matches!(exchange.answer().map(|answer| answer.status), Some(200 | 204)) {
            self.refused_clearing(&id, &exchange, &cleared, &value, &step).await;
            return;
        }
        let Some(read) = self.read_resource(ResourceKind::User, &id, &step, &exchange).await else { return };
        let body = read.json().cloned().unwrap_or_default();
        for (path, _) in &cleared {
            let held: Vec<&Value> =
                reader::values(&body, path).into_iter().filter(|value| !is_empty(value)).collect();
            if held.is_empty() {
                continue;
            }
            let message = format!("{path} was set to {value} and still reads {}", shown(&held));
            let finding = Finding::of(&self.scenario.about, message)
                .concerning(path.to_string())
                .against("nothing", shown(&held))
                .shown_by(&exchange)
                .shown_by(&read);
            self.complain(finding);
        }
    }

    /// A PATCH that clears was refused: which attributes cannot be cleared?
    async fn refused_clearing(
        &mut self,
        id: &str,
        whole: &Arc<Exchange>,
        cleared: &[(PatchPath, bool)],
        value: &Value,
        step: &str,
    ) {
        let step = format!("{step}, one by one");
        let mut guilty = Vec::new();
        if whole.answer().is_some_and(|answer| (400..500).contains(&answer.status)) {
            for (path, text) in cleared {
                let operation = json!({ "op": "replace", "path": path.to_string(), "value": value });
                let request = self.patch(ResourceKind::User, id, vec![operation], &step).provoked();
                let Some(exchange) = self.exchange(request).await else { return };
                if !exchange.succeeded() {
                    guilty.push((path, *text, exchange));
                }
            }
        }
        if guilty.is_empty() || guilty.len() == cleared.len() {
            let message = format!("a PATCH that sets attributes to {value} is answered {}", status(whole));
            let finding = Finding::of(&self.scenario.about, message)
                .concerning("PATCH with an empty value")
                .against("200 or 204, and the attributes empty", answered(whole))
                .shown_by(whole);
            self.complain(finding);
            return;
        }
        for (path, text, exchange) in guilty {
            let message = match text {
                true => format!(
                    "{path} cannot be set to {value} although /Schemas does not publish it as required: if the target \
                     needs it, `required: true` keeps the test away from it"
                ),
                false => format!(
                    "{path} is no text and refuses {value}, as it may; the test sends it all the same"
                ),
            };
            let reading = if text { Reading::Both } else { Reading::Microsoft };
            let finding = Finding::of(&self.scenario.about, message)
                .concerning(path.to_string())
                .against("200 or 204, and the attribute empty", answered(&exchange))
                .read_by(reading)
                .shown_by(whole)
                .shown_by(&exchange);
            self.complain(finding);
        }
    }

    /// Pages of a list: at least two, each 200 with the `startIndex` that was asked for.
    pub(super) async fn expect_pages(&mut self, kind: ResourceKind, count: usize, line: usize) {
        if self.rows(kind).is_none() {
            return;
        }
        let step = format!("line {line}: pages of {}", kind.endpoint());
        let mut pages = 0;
        for page in 0..PAGES {
            let start = page * count + 1;
            let request = self
                .direct(Method::Get, kind.endpoint().to_owned(), &step)
                .with_query(format!("startIndex={start}&count={count}"));
            let Some(exchange) = self.exchange(request).await else { return };
            let list = exchange.json().filter(|_| exchange.answer().is_some_and(|a| a.status == 200));
            let (Some(body), Some(items)) = (list, resources(&exchange)) else {
                let message =
                    format!("page {} of {} is answered {}", page + 1, kind.endpoint(), status(&exchange));
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning("page")
                    .against("200 with a ListResponse", answered(&exchange))
                    .shown_by(&exchange);
                self.complain(finding);
                return;
            };
            pages += 1;
            let told = reader::member(body, "startIndex");
            if told.and_then(Value::as_u64) != u64::try_from(start).ok() {
                let told = told.map_or_else(|| "nothing".to_owned(), Value::to_string);
                let message = format!("the page from {start} on is answered with startIndex {told}");
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning("startIndex")
                    .against(format!("startIndex {start}"), format!("startIndex {told}"))
                    .shown_by(&exchange);
                self.complain(finding);
            }
            let total = reader::member(body, "totalResults").and_then(Value::as_u64).unwrap_or(0);
            let over = usize::try_from(total).is_ok_and(|total| total < start + count) || items.is_empty();
            if over {
                break;
            }
        }
        if pages < 2 {
            let message = format!(
                "{} resources were made, and a list of {} by {count} ends after one page",
                self.accounts.len(),
                kind.endpoint()
            );
            let mut finding = Finding::of(&self.scenario.about, message)
                .concerning("number of pages")
                .against("two pages or more", "one page");
            if let Some(exchange) = self.recorder.last() {
                finding = finding.shown_by(&exchange);
            }
            self.complain(finding);
        }
    }

    /// Every mapped attribute stands in /Schemas.
    pub(super) async fn expect_discoverable(&mut self, line: usize) {
        let step = format!("line {line}: discover");
        let Some(exchange) = self.exchange(self.direct(Method::Get, "/Schemas".to_owned(), &step)).await
        else {
            return;
        };
        let listed = exchange
            .json()
            .filter(|_| exchange.answer().is_some_and(|answer| answer.status == 200))
            .filter(|body| reader::member(body, "Resources").is_some_and(|list| !is_empty(list)))
            .cloned();
        let Some(body) = listed else {
            let finding = Finding::of(
                &self.scenario.about,
                format!("GET /Schemas is answered {} without a list of schemas", status(&exchange)),
            )
            .concerning("/Schemas")
            .against("200 with Resources", answered(&exchange))
            .shown_by(&exchange);
            self.complain(finding);
            return;
        };
        let published = Discovery::read(None, Some(&body), None);
        for kind in [ResourceKind::User, ResourceKind::Group] {
            let missing: Vec<PatchPath> = self
                .rows(kind)
                .map(|mapping| mapping.rows.iter().map(|row| row.target.clone()).collect::<Vec<_>>())
                .unwrap_or_default()
                .into_iter()
                .filter(|path| !test_values::is_discoverable(path, kind, &published))
                // Every resource has an externalId (RFC 7643 §3.1), and few publish it.
                .filter(|path| !path.is("externalId"))
                .collect();
            for path in missing {
                let message = format!("{path} is mapped and does not stand in /Schemas");
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning(path.to_string())
                    .against(
                        format!("{path} among the published attributes of {}", kind.as_str()),
                        "not there",
                    )
                    .shown_by(&exchange);
                self.complain(finding);
            }
        }
    }

    /// Gone, or disabled and readable; the gate knows a tag for either.
    pub(super) async fn expect_deprovisioned(&mut self, key: &str, line: usize) {
        let Some(role) = self.cast.role(key) else { return };
        let kind = role.kind;
        if self.blocked.contains(key) || self.rows(kind).is_none() {
            return;
        }
        let Some(id) = self.target_id(key) else {
            self.no_account(key, kind);
            return;
        };
        match self.read(kind, &id, &format!("line {line}: deprovisioned {key}")).await {
            Seen::Nothing(exchange) => {
                let message = format!(
                    "(UnassignReassign) \"{key}\" is gone, and comes back as a new {}",
                    kind.as_str()
                );
                let note = Finding::of(&self.scenario.about, message).at(Level::Note).shown_by(&exchange);
                self.complain(note);
            }
            Seen::Resource(exchange) => {
                let active = exchange.json().and_then(|body| reader::member(body, "active")).cloned();
                let disabled = match &active {
                    Some(Value::Bool(active)) => !active,
                    Some(Value::String(text)) => same_name(text, "false"),
                    _ => false,
                };
                if disabled {
                    let message = format!(
                        "(SoftDeleteRestore) \"{key}\" is disabled and stays readable. The template's page wants the user gone \
                         at this point; Microsoft's provisioning pages want a disabled user to stay readable, and so does the \
                         next lookup. Either way is accepted here"
                    );
                    let note = Finding::of(&self.scenario.about, message).at(Level::Note).shown_by(&exchange);
                    self.complain(note);
                    return;
                }
                let actual =
                    active.map_or_else(|| "no active".to_owned(), |active| format!("active {active}"));
                let message = format!("\"{key}\" left the scope and is neither gone nor disabled");
                let finding = Finding::of(&self.scenario.about, message)
                    .concerning("deprovisioning")
                    .against("404, or active false", actual)
                    .shown_by(&exchange);
                self.wrong(key, finding);
            }
            reading @ Seen::Unclear(..) => self.unreadable(key, kind, reading),
        }
    }
}

impl Operation {
    fn single(&self, verb: &str) -> Value {
        json!({ "op": verb, "path": self.path.to_string(), "value": self.value })
    }
}

/// One operation without a path, and one for each element of a list.
fn compact(verb: &str, operations: &[Operation]) -> Vec<Value> {
    let (elements, plain): (Vec<_>, Vec<_>) =
        operations.iter().partition(|operation| operation.path.filter.is_some());
    let mut written: Vec<Value> = elements.iter().map(|operation| operation.single(verb)).collect();
    if !plain.is_empty() {
        let members: Map<String, Value> =
            plain.iter().map(|operation| (operation.path.to_string(), operation.value.clone())).collect();
        written.push(json!({ "op": verb, "value": members }));
    }
    written
}

/// Whether a value that was sent is the one that is held.
fn keeps(candidate: &Candidate, sent: &Value, held: &Value) -> bool {
    if reader::same(sent, held, candidate.case_exact) {
        return true;
    }
    match (candidate.kind, sent, held) {
        // The same moment may be written in another way.
        (Simple::DateTime, Value::String(sent), Value::String(held)) => {
            let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
            moment(sent).is_some() && moment(sent) == moment(held)
        }
        _ => false,
    }
}

fn status(exchange: &Exchange) -> String {
    exchange.answer().map_or_else(|| "not at all".to_owned(), |answer| answer.status.to_string())
}
