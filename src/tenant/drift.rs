//! What the target holds against what it should: the service writes changes and never looks whether they last, so that
//! whatever was changed at the target by others stays unnoticed ("Known issues").

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::error::TenantError;
use super::live::LiveTenant;
use super::traffic::Watched;
use crate::entra::directory::{DirectoryState, ObjectId, ObjectKind};
use crate::entra::job::{Job, Link};
use crate::entra::mapping::{AttributeMapping, FlowType, Mapping, TargetValue};
use crate::entra::oracle::{self, CycleKind, CycleView, Expected, ValueDemand};
use crate::http::Client;
use crate::run::observer::{reader, resource_path};
use crate::wire::{Actor, Answer, Method, Request, ResourceKind, Target};

/// So many accounts are read at once at most.
pub const DRIFT_LIMIT: usize = 1_000;

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriftVerdict {
    /// The target holds what it should.
    Same,
    /// It holds something else.
    Different,
    /// The account is gone.
    Gone,
    /// Somebody is entitled to an account and has none.
    Missing,
    /// Somebody who is not entitled to one has an active account.
    StillActive,
    /// The target did not answer so that it can be told; the sentence says what it answered.
    Unread(String),
}

/// One attribute in which the target differs.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftDifference {
    /// The target attribute, as the mapping writes it.
    pub attribute: String,
    /// What should stand there.
    pub expected: Value,
    /// What stands there; null for nothing.
    pub held: Value,
}

/// One person or group.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRow {
    /// The object.
    pub id: ObjectId,
    /// User or group.
    pub kind: ObjectKind,
    /// Its name in the directory.
    pub name: String,
    /// The account's id at the target, if the job knows one.
    pub target: Option<String>,
    /// What became of it.
    pub verdict: DriftVerdict,
    /// Where it differs.
    pub differences: Vec<DriftDifference>,
    /// It was changed since the last cycle, so that a difference may only wait for the next one.
    pub waits: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drift {
    /// Those who should have an account or have one, in the directory's order.
    pub rows: Vec<DriftRow>,
    /// There are more than were read.
    pub cut: bool,
    /// Ids of accounts at the target that the job knows nothing of.
    pub unknown: Vec<String>,
    /// Why the accounts at the target could not be listed, if so.
    pub unlisted: Option<String>,
}

/// What the comparison needs of the job and the directory.
struct Comparison {
    mapping: Arc<Mapping>,
    directory: Arc<DirectoryState>,
    links: HashMap<ObjectId, Link>,
    changed: HashSet<ObjectId>,
}

impl LiveTenant {
    /// Reads the accounts at the target and compares them with the directory.
    ///
    /// # Errors
    /// When there is no job, or no target can be made of its secrets.
    pub async fn drift(&self, application: &str) -> Result<Drift, TenantError> {
        let handle = self.job(application)?;
        let job = handle.lock().await;
        let (client, directory, changed, scope) = {
            let state = self.read();
            let found = state.application(application)?;
            let client = found.secrets.client(&self.settings().trust, self.settings().timeout)?;
            let changes = job.watermark().map(|watermark| found.tenant.changes_since(watermark));
            let changed = changes.unwrap_or_default().into_iter().map(|change| change.id).collect();
            (client, found.tenant.state(), changed, job.settings().scope)
        };
        let mapping = handle.mapping();
        let links = job.links().map(|(id, link)| (id.clone(), link.clone())).collect();
        let target =
            Watched::new(client, self.clone(), application.to_owned(), "drift".to_owned(), handle.trace());
        // As if everybody came today: what the job has written before decides nothing that is judged here.
        let view = CycleView::new(Arc::clone(&directory), CycleKind::Initial { links_dropped: false });
        let expected = oracle::expected(&[view], &mapping, &scope);
        let comparison = Comparison { mapping, directory, links, changed };
        let mut drift = Drift::default();
        for (id, expected) in expected.objects() {
            let entitled = matches!(expected, Expected::Present { .. });
            if !entitled && !comparison.links.contains_key(id) {
                continue;
            }
            if drift.rows.len() == DRIFT_LIMIT {
                drift.cut = true;
                break;
            }
            drift.rows.push(comparison.row(&target, id, expected).await);
        }
        self.list_unknown(&job, &comparison, &target, &mut drift).await;
        Ok(drift)
    }

    async fn list_unknown(
        &self,
        job: &Job,
        comparison: &Comparison,
        target: &Watched<Client>,
        drift: &mut Drift,
    ) {
        let accounts = job.discover_accounts(target, None).await;
        let known: HashSet<&str> = comparison.links.values().map(|link| link.target_id.as_str()).collect();
        drift.unknown = accounts.ids().filter(|id| !known.contains(id)).map(str::to_owned).collect();
        drift.unlisted = accounts.problem.map(|problem| problem.to_string());
    }
}

impl Comparison {
    async fn row(&self, target: &Watched<Client>, id: &ObjectId, expected: &Expected) -> DriftRow {
        let kind = self.directory.kind(id).unwrap_or(ObjectKind::User);
        let name = match kind {
            ObjectKind::User => self.directory.user(id).and_then(|user| user.text("userPrincipalName")),
            ObjectKind::Group => self.directory.group(id).and_then(|group| group.text("displayName")),
        };
        let mut row = DriftRow {
            id: id.clone(),
            kind,
            name: name.unwrap_or(id.as_str()).to_owned(),
            target: self.links.get(id).map(|link| link.target_id.clone()),
            verdict: DriftVerdict::Missing,
            differences: Vec::new(),
            waits: self.changed.contains(id),
        };
        let Some(account) = row.target.clone() else { return row };
        let endpoint = match kind {
            ObjectKind::User => ResourceKind::User,
            ObjectKind::Group => ResourceKind::Group,
        };
        let step = format!("drift: read {}", row.name);
        let request = Request::new(Actor::Observer, Method::Get, resource_path(endpoint, &account), step);
        let answer = target.send(request).await;
        let entitled = matches!(expected, Expected::Present { .. });
        row.verdict = match answer {
            Err(broken) => DriftVerdict::Unread(broken.to_string()),
            Ok(answer) if answer.status == 404 && entitled => DriftVerdict::Gone,
            Ok(answer) if answer.status == 404 => DriftVerdict::Same,
            Ok(answer) if !answer.is_success() => DriftVerdict::Unread(format!("HTTP {}", answer.status)),
            Ok(answer) => self.judge(&answer, kind, expected, &mut row.differences),
        };
        row
    }

    fn judge(
        &self,
        answer: &Answer,
        kind: ObjectKind,
        expected: &Expected,
        differences: &mut Vec<DriftDifference>,
    ) -> DriftVerdict {
        let Some(resource) = answer.body.json() else {
            return DriftVerdict::Unread("the answer is no JSON".to_owned());
        };
        let Expected::Present { values, .. } = expected else {
            let active = reader::member(resource, "active") == Some(&Value::Bool(true));
            let disables = self.mapping.user.rows.iter().any(AttributeMapping::is_active);
            return if active && disables { DriftVerdict::StillActive } else { DriftVerdict::Same };
        };
        let rows = self.mapping.object(kind).map(|mapping| mapping.rows.as_slice()).unwrap_or_default();
        for value in values {
            // What is written once, or only where nothing stands, may have become something else since.
            let row = rows.iter().find(|row| row.target == value.target);
            let Some(row) = row.filter(|row| row.flow == FlowType::Always) else { continue };
            let held = reader::values(resource, &value.target);
            differences.extend(self.differs(row, &value.standing, &held));
        }
        if differences.is_empty() { DriftVerdict::Same } else { DriftVerdict::Different }
    }

    fn differs(
        &self,
        row: &AttributeMapping,
        demand: &ValueDemand,
        held: &[&Value],
    ) -> Option<DriftDifference> {
        let difference = |expected: Value| DriftDifference {
            attribute: row.written.clone(),
            expected,
            held: match held {
                [] => Value::Null,
                [one] => (*one).clone(),
                several => several.iter().map(|value| (*value).clone()).collect(),
            },
        };
        let id_of = |held: &Value| -> Option<String> {
            let id = reader::member(held, "value").unwrap_or(held);
            id.as_str().map(str::to_owned).or_else(|| Some(id.to_string()))
        };
        match demand {
            // Null is not provisioned: an old value stays.
            ValueDemand::Absent | ValueDemand::Unjudged => None,
            ValueDemand::Equal(TargetValue::Reference(other)) => {
                let wanted = &self.links.get(other)?.target_id;
                let stands = held.iter().any(|held| id_of(held).as_ref() == Some(wanted));
                (!stands).then(|| difference(json!(wanted)))
            }
            ValueDemand::Equal(value) => {
                let wanted = value.clone().on_the_wire()?;
                let exact = row.declared.case_exact;
                let stands = match &wanted {
                    Value::Array(all) => all.iter().all(|one| {
                        held.iter().any(|held| {
                            reader::same(one, reader::member(held, "value").unwrap_or(held), exact)
                        })
                    }),
                    one => held.iter().any(|held| reader::same(one, held, exact)),
                };
                (!stands).then(|| difference(wanted))
            }
            ValueDemand::Members { present, .. } => {
                let wanted: Vec<&String> =
                    present.iter().filter_map(|id| Some(&self.links.get(id)?.target_id)).collect();
                let standing: Vec<String> = held.iter().filter_map(|held| id_of(held)).collect();
                let known: HashSet<&str> = self.links.values().map(|link| link.target_id.as_str()).collect();
                let missing = wanted.iter().any(|id| !standing.contains(id));
                // Members that the job does not know were put there by others.
                let surplus = standing.iter().any(|id| known.contains(id.as_str()) && !wanted.contains(&id));
                (missing || surplus).then(|| difference(json!(wanted)))
            }
        }
    }
}
