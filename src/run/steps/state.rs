//! `expect`: what must stand at the target for one person or group, read back by the observer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::Player;
use super::answers::{answered, shown};
use super::fixture::{FixtureSource, Mistake};
use super::template;
use crate::check::{Aspect, Finding, Level, Reference};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{DataType, TargetKind};
use crate::run::observer::reader;
use crate::run::observer::resources;
use crate::scenario::{FoundBy, StateExpectation};
use crate::scim::{PatchPath, datetime};
use crate::wire::{Broken, Exchange, Operation, ResourceKind, Target};

/// What a read by id showed.
pub(super) enum ReadState {
    /// The resource, and the exchange that shows it.
    Resource(Arc<Exchange>),
    /// There is nothing under that id.
    Nothing(Arc<Exchange>),
    /// Neither: another status, no JSON, or no answer.
    Unclear(Option<Arc<Exchange>>, String),
}

/// Who is a member of a group, by keys.
pub(super) struct GroupMembers {
    /// They are.
    pub(super) present: Vec<String>,
    /// They are not.
    pub(super) absent: Vec<String>,
    /// They may be.
    pub(super) perhaps: Vec<String>,
    /// Nobody else is.
    pub(super) closed: bool,
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    pub(super) async fn expect(
        &mut self,
        key: &str,
        expectation: &StateExpectation,
        line: usize,
    ) -> Result<(), Mistake> {
        let participant = self.fixture.participant(key).ok_or_else(|| Mistake::NoSuchKey(key.to_owned()))?;
        let kind = participant.kind;
        // What is not mapped is never sent and never judged.
        if self.blocked.contains(key) || self.rows(kind).is_none() {
            return Ok(());
        }
        let step = format!("line {line}: expect {key}");
        if expectation.never {
            return self.expect_nobody(key, kind, "must never have an account", &step).await;
        }
        if expectation.gone {
            match self.target_id(key) {
                Some(id) => drop(self.expect_gone(key, kind, &id, &step).await?),
                None => self.leave_undecided(format!("the account of \"{key}\", which was never created")),
            }
            return self.expect_nobody(key, kind, "was deleted", &step).await;
        }
        let Some(id) = self.target_id(key) else {
            self.no_account(key, kind);
            return Ok(());
        };
        if let Some(other) = &expectation.same_account_as {
            self.expect_same_account(key, kind, &id, other);
        }
        let reads = !expectation.attributes.is_empty()
            || expectation.members.is_some()
            || expectation.found_by.contains(&FoundBy::Id);
        if reads {
            match self.read(kind, &id, &step).await {
                ReadState::Resource(exchange) => {
                    for (name, value) in &expectation.attributes {
                        self.expect_attribute(key, kind, name, value, &exchange)?;
                    }
                    if let Some(members) = &expectation.members {
                        self.expect_members(key, members, &exchange)?;
                    }
                }
                reading => self.unreadable(key, kind, reading),
            }
        }
        for way in &expectation.found_by {
            match way {
                FoundBy::Id => {}
                FoundBy::Matching => self.expect_found(key, kind, &id, false, &step).await?,
                FoundBy::Filterable => self.expect_found(key, kind, &id, true, &step).await?,
            }
        }
        Ok(())
    }

    pub(super) async fn read(&self, kind: ResourceKind, id: &str, step: &str) -> ReadState {
        match self.observer.read(kind, id, step).await {
            Ok(exchange) => match exchange.answer().map(|answer| answer.status) {
                Some(404 | 410) => ReadState::Nothing(exchange),
                Some(200..=299) if exchange.json().is_some_and(Value::is_object) => {
                    ReadState::Resource(exchange)
                }
                _ => {
                    let answer = answered(&exchange);
                    ReadState::Unclear(Some(exchange), answer)
                }
            },
            Err(broken) => {
                let exchange = self.recorder.last().filter(|_| !matches!(broken, Broken::Interrupted));
                ReadState::Unclear(exchange, broken.to_string())
            }
        }
    }

    /// The account cannot be read by its id.
    pub(super) fn unreadable(&mut self, key: &str, kind: ResourceKind, reading: ReadState) {
        if self.target.must_end() {
            return;
        }
        let (exchange, actual) = match reading {
            ReadState::Resource(_) => return,
            ReadState::Nothing(exchange) => {
                let actual = answered(&exchange);
                (Some(exchange), actual)
            }
            ReadState::Unclear(exchange, actual) => (exchange, actual),
        };
        let status = actual.split(' ').next().unwrap_or_default();
        let message =
            format!("\"{key}\" cannot be read by id: GET {}/{{id}} returns {status}", kind.endpoint());
        let mut finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Existence)
            .concerning("read by id")
            .against("200 with the resource", actual);
        if let Some(exchange) = &exchange {
            finding = finding.shown_by(exchange);
        }
        self.wrong(key, finding);
    }

    /// Entra has no id for somebody who should have an account by now.
    pub(super) fn no_account(&mut self, key: &str, kind: ResourceKind) {
        let message = format!("\"{key}\" has no {} at the server", kind.as_str());
        let mut finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Existence)
            .concerning("account")
            .against("an account", "none known to Entra");
        let shows = self
            .last
            .as_ref()
            .and_then(|(_, range)| super::failure::last_about(key, &self.recorder.trace()[range.clone()]));
        if let Some(exchange) = &shows {
            finding = finding.shown_by(exchange);
        }
        self.wrong(key, finding);
        self.blocked.insert(key.to_owned());
    }

    pub(super) fn expect_same_account(&mut self, key: &str, kind: ResourceKind, id: &str, other: &str) {
        let Some(expected) = self.account_named(other).filter(|expected| expected != id) else { return };
        let trace = self.recorder.trace();
        let made = trace.iter().rev().find(|exchange| {
            matches!(&exchange.operation, Operation::Create(made) if *made == kind)
                && exchange.made_id(kind).as_deref() == Some(id)
        });
        let message = if other == key {
            format!("\"{key}\" has another {} than before", kind.as_str())
        } else {
            format!("Entra did not match \"{key}\" to the {} that existed before", kind.as_str())
        };
        let mut finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Lookup)
            .concerning("same account")
            .against(format!("id \"{expected}\""), format!("id \"{id}\""));
        if let Some(lookup) = self.lookup_of(key).filter(|_| other != key) {
            finding = finding.shown_by(&lookup);
        }
        if let Some(exchange) = made.or(trace.last()) {
            finding = finding.shown_by(exchange);
        }
        self.wrong(key, finding);
    }

    fn expect_attribute(
        &mut self,
        key: &str,
        kind: ResourceKind,
        name: &str,
        expected: &Value,
        exchange: &Arc<Exchange>,
    ) -> Result<(), Mistake> {
        let path = self.path(kind, name)?;
        let row = self.rows(kind).and_then(|mapping| mapping.find(name));
        let of_account = self
            .accounts
            .values()
            .any(|account| account.of == key && account.values.iter().any(|(held, _)| held.same_as(&path)));
        // A row that writes a whole list writes its elements.
        let of_list = self.rows(kind).is_some_and(|mapping| {
            let whole = PatchPath { filter: None, sub: None, ..path.clone() };
            mapping.rows.iter().any(|row| row.target.same_as(&whole))
        });
        if row.is_none() && !of_account && !of_list {
            return Ok(());
        }
        let filled = template::json(expected, &|name| self.value_of(name));
        let mut expected = match filled {
            Ok(filled) => filled,
            Err(problem) => return self.blocked_or(problem.into()),
        };
        if row.is_some_and(|row| row.target_kind() == TargetKind::Integer)
            && let Some(number) = expected.as_str().and_then(|text| text.parse::<i64>().ok())
        {
            expected = number.into();
        }
        if row.is_some_and(|row| row.is_reference())
            && let Value::String(other) = &expected
        {
            // A key names the account; anything else is an id.
            let id = if self.fixture.participant(other).is_some() {
                self.target_id(other)
            } else {
                Some(other.clone())
            };
            let Some(id) = id else {
                self.leave_undecided(format!("the account of \"{other}\", which was never created"));
                return Ok(());
            };
            expected = serde_json::json!({ "value": id });
        }
        self.compare(key, &path, &expected, exchange);
        Ok(())
    }

    /// Compares one value and complains if it differs. True when it is right.
    pub(super) fn compare(
        &mut self,
        key: &str,
        path: &PatchPath,
        expected: &Value,
        exchange: &Arc<Exchange>,
    ) -> bool {
        let nothing = Value::Null;
        let resource = exchange.json().unwrap_or(&nothing);
        // A path as `manager.value` leads to the id itself.
        let expected = expected.get("value").filter(|_| path.sub.is_some()).unwrap_or(expected);
        let held: Vec<&Value> =
            reader::values(resource, path).into_iter().filter(|value| !is_nothing(value)).collect();
        let case_exact = self.is_case_exact(path);
        let right = match expected {
            // Some databases keep an empty text where there is no value; Entra sends it no differently.
            Value::Null => held.iter().all(|held| held.as_str() == Some("")),
            Value::Array(_) => {
                let all = Value::Array(held.iter().map(|value| (*value).clone()).collect());
                reader::same(expected, &all, case_exact)
            }
            // More than one element of the kind is as wrong as a wrong one.
            single => !held.is_empty() && held.iter().all(|held| self.is_same(path, single, held)),
        };
        if !right {
            // Of a link the id alone is compared.
            let link = |value: &'_ Value| expected.get("value").and(reader::member(value, "value")).cloned();
            let held: Vec<Value> =
                held.iter().map(|value| link(value).unwrap_or_else(|| (*value).clone())).collect();
            let (expected, actual) = (
                shown(&[&link(expected).unwrap_or_else(|| expected.clone())]),
                shown(&held.iter().collect::<Vec<_>>()),
            );
            let message = format!("for \"{key}\" the server returns {actual} in {path}, expected {expected}");
            let mut finding = Finding::of(&self.scenario.about, message)
                .at(self.level_of(key, path))
                .about(Aspect::Value)
                .concerning(path.to_string())
                .against(expected, actual)
                .shown_by(exchange);
            if !self.is_about(key, path) {
                finding = beside_the_point(finding, path);
            }
            self.wrong(key, finding);
        }
        right
    }

    /// The scenario's level is meant for its subject. Another attribute that is wrong makes provisioning
    /// fail, and no more than that; unless it decides who has access or who is matched.
    fn level_of(&self, key: &str, path: &PatchPath) -> Level {
        let level = self.scenario.about.level;
        if self.is_about(key, path) { level } else { level.min(Level::Error) }
    }

    /// True when the scenario names the attribute, or it decides who has access or who is matched. What the
    /// target never keeps says nothing of a scenario.
    fn is_about(&self, key: &str, path: &PatchPath) -> bool {
        let participant = self.fixture.participant(key).map(|participant| participant.kind);
        let kind = participant.or_else(|| self.accounts.get(key).map(|account| account.kind));
        let rows = kind.and_then(|kind| self.rows(kind)).into_iter().flat_map(|mapping| &mapping.rows);
        let mut mapped = rows.filter(|row| row.target.same_as(path));
        mapped.any(|row| row.is_active() || row.matching.is_some())
            || (kind.is_some_and(|kind| self.is_subject(kind, path)) && !self.is_never_kept(path))
    }

    /// True when the scenario names the attribute for objects of this kind.
    pub(super) fn is_subject(&self, kind: ResourceKind, path: &PatchPath) -> bool {
        self.subjects.contain(ObjectKind::from(kind), path)
    }

    /// True for an attribute that the target takes and never keeps; one scenario says so.
    pub(super) fn is_never_kept(&self, path: &PatchPath) -> bool {
        self.passed_over.iter().any(|target| target.same_as(path))
    }

    /// Whether one value is what was expected; a date may be written with another offset or other fractions.
    pub(super) fn is_same(&self, path: &PatchPath, expected: &Value, held: &Value) -> bool {
        let instant = |value: &Value| value.as_str().and_then(datetime::parse);
        let is_date = || {
            let rows =
                [ResourceKind::User, ResourceKind::Group].into_iter().filter_map(|kind| self.rows(kind));
            let mut rows = rows.flat_map(|mapping| &mapping.rows).filter(|row| row.target.same_as(path));
            rows.any(|row| row.declared.data_type == DataType::DateTime)
        };
        reader::same(expected, held, self.is_case_exact(path))
            || (is_date() && instant(expected).is_some() && instant(expected) == instant(held))
    }

    /// Whether letter case counts in an attribute: what the target publishes, or else RFC 7643.
    pub(super) fn is_case_exact(&self, path: &PatchPath) -> bool {
        let published = self.discovery.schemas.find_patch(path);
        let known = published.map(|attribute| attribute.case_exact);
        known
            .or_else(|| crate::scim::schema::SchemaSet::core().find_patch(path).map(|a| a.case_exact))
            .unwrap_or(false)
    }

    /// The group has exactly these members, each once.
    fn expect_members(
        &mut self,
        key: &str,
        members: &[String],
        exchange: &Arc<Exchange>,
    ) -> Result<(), Mistake> {
        let mut present = Vec::new();
        for member in members {
            present.extend(self.fixture.expand(member)?);
        }
        let members = GroupMembers { present, absent: Vec::new(), perhaps: Vec::new(), closed: true };
        self.compare_members(key, &members, exchange);
        Ok(())
    }

    /// Compares a group's members.
    pub(super) fn compare_members(&mut self, key: &str, wanted: &GroupMembers, exchange: &Arc<Exchange>) {
        let nothing = Value::Null;
        let path = PatchPath::simple("members");
        let resource = exchange.json().unwrap_or(&nothing);
        let held: Vec<String> = reader::values(resource, &path)
            .into_iter()
            .filter_map(|member| match reader::member(member, "value")? {
                Value::String(id) => Some(id.clone()),
                Value::Number(id) => Some(id.to_string()),
                _ => None,
            })
            .collect();
        let mut times: HashMap<&str, usize> = HashMap::new();
        for id in &held {
            *times.entry(id).or_default() += 1;
        }
        // Nothing is said of those whose own account could not be made.
        let judged = |key: &&String| !self.blocked.contains(*key);
        let ids = |keys: &[String]| -> HashSet<String> {
            keys.iter().filter_map(|member| self.target_id(member)).collect()
        };
        let missing = wanted
            .present
            .iter()
            .filter(judged)
            .any(|member| self.target_id(member).is_none_or(|id| !times.contains_key(id.as_str())));
        let (present, perhaps) = (ids(&wanted.present), ids(&wanted.perhaps));
        let absent = ids(&wanted.absent);
        let too_many = times.keys().any(|id| {
            absent.contains(*id) || (wanted.closed && !present.contains(*id) && !perhaps.contains(*id))
        });
        let twice = times.values().any(|times| *times > 1);
        let wrong = [
            (missing && held.is_empty(), "has no members", "members missing"),
            (missing && !held.is_empty(), "is missing members", "members missing"),
            (too_many, "has members that do not belong there", "members too many"),
            (twice, "has a member twice", "members twice"),
        ];
        let names = |mut names: Vec<String>| {
            names.sort();
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let expected = names(wanted.present.clone());
        let actual = names(held.iter().map(|id| self.name_of(id)).collect());
        for (_, how, subject) in wrong.into_iter().filter(|(is_wrong, ..)| *is_wrong) {
            let finding = Finding::of(&self.scenario.about, format!("\"{key}\" {how}"))
                .about(Aspect::Members)
                .concerning(subject)
                .against(&expected, &actual)
                .shown_by(exchange);
            self.wrong(key, finding);
        }
    }

    /// The key of an id at the target, or the id.
    fn name_of(&self, id: &str) -> String {
        let key = self.fixture.participants().find(|(key, _)| self.target_id(key).as_deref() == Some(id));
        key.map_or_else(|| id.to_owned(), |(key, _)| key.to_owned())
    }

    /// GET by id answers that there is nothing. True when it does.
    pub(super) async fn expect_gone(
        &mut self,
        key: &str,
        kind: ResourceKind,
        id: &str,
        step: &str,
    ) -> Result<bool, Mistake> {
        let (exchange, actual) = match self.read(kind, id, step).await {
            ReadState::Nothing(_) => return Ok(true),
            ReadState::Resource(exchange) => {
                let actual = answered(&exchange);
                (Some(exchange), actual)
            }
            ReadState::Unclear(exchange, actual) => (exchange, actual),
        };
        if self.target.must_end() {
            return Ok(false);
        }
        let status = actual.split(' ').next().unwrap_or_default();
        let message = format!("\"{key}\" was deleted, but GET {}/{{id}} returns {status}", kind.endpoint());
        let mut finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Existence)
            .concerning("deleted")
            .against("404", actual);
        if let Some(exchange) = &exchange {
            finding = finding.shown_by(exchange);
        }
        self.wrong(key, finding);
        Ok(false)
    }

    /// The resources that a filter on a value finds; `None` when the answer is no list.
    pub(super) async fn find(
        &self,
        kind: ResourceKind,
        path: &PatchPath,
        value: &str,
        step: &str,
    ) -> (Option<Arc<Exchange>>, Option<Vec<Value>>) {
        match self.observer.find(kind, path, value, step).await {
            Ok(exchange) => {
                let found = resources(&exchange).map(|found| found.into_iter().cloned().collect());
                (Some(exchange), found)
            }
            Err(_) => (self.recorder.last(), None),
        }
    }
}

/// Complex values without content stand for nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().all(Value::is_null),
        _ => false,
    }
}

/// What the scenario says of its own subject does not help with another attribute.
fn beside_the_point(mut finding: Finding, path: &PatchPath) -> Finding {
    finding.beside_the_point = true;
    finding.entra =
        "Success although the account differs from the directory; or the same update in every cycle.".into();
    finding.fix = format!(
        "Store {path} as it was sent. If the application has no such attribute, omit it from /Schemas and \
         tell your customers not to map it."
    );
    finding.refs = vec![
        Reference::Rfc("7644#3.3".into()),
        Reference::Microsoft("use-scim-to-provision-users-and-groups".into()),
    ];
    finding
}
