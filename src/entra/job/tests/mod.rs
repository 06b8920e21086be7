//! A target that answers what a test tells it to, a small tenant, and the job between them.

mod escrow;
mod failures;
mod groups;
mod leavers;
mod on_demand;
mod records;
mod settings;
mod users;

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::entra::dialect::Dialect;
use crate::entra::directory::{Group, ObjectId, ObjectKind, Tenant, User};
use crate::entra::job::{CycleReport, Job, JobSettings, Policy, ProvisioningAction, ResetScope, Status};
use crate::entra::mapping::expression::Expression;
use crate::entra::mapping::{AttributeMapping, Mapping, ObjectMapping, ValueSource, source_attribute};
use crate::entra::scope::Scope;
use crate::scim::urn;
use crate::wire::{Answer, Body, Broken, Request, Sent, Target};

/// Answers in order; what was sent is kept. An answer too few is a failed test.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Answer, Broken>>>,
    sent: Mutex<Vec<Request>>,
}

impl Script {
    fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers.into_iter().map(Ok));
    }

    fn breaks(&self, broken: Broken) {
        self.answers.lock().unwrap().push_back(Err(broken));
    }

    /// What was sent since the last call, probes shortened to their endpoint.
    fn sent(&self) -> Vec<String> {
        assert!(self.answers.lock().unwrap().is_empty(), "answers are left over");
        std::mem::take(&mut *self.sent.lock().unwrap()).iter().map(line).collect()
    }

    fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }
}

impl Target for Script {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let line = line(&request);
        self.sent.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().unwrap_or_else(|| panic!("not expected: {line}"))
    }

    fn sent_as(&self, _: &Request) -> Sent {
        unreachable!("nothing records here")
    }
}

fn line(request: &Request) -> String {
    if request.step.contains("probe") {
        return format!("probe {}", request.path);
    }
    let target = format!("{} {}", request.method.as_str(), request.path_and_query());
    match request.json() {
        Some(body) => match body.get("Operations") {
            Some(operations) => format!("{target} {operations}"),
            None => format!("{target} {body}"),
        },
        None => target,
    }
}

fn nobody() -> Answer {
    found(&[])
}

fn found(resources: &[Value]) -> Answer {
    Answer::json(
        200,
        &json!({"schemas": [urn::LIST_RESPONSE], "totalResults": resources.len(), "Resources": resources}),
    )
}

fn empty(status: u16) -> Answer {
    Answer { body: Body::default(), ..Answer::json(status, &json!({})) }
}

fn refused(status: u16) -> Answer {
    Answer::json(status, &json!({"schemas": [urn::ERROR], "status": status.to_string(), "detail": "no"}))
}

/// A row with a direct source, or with an expression when the text has brackets.
fn row(kind: ObjectKind, source: &str, target: &str) -> AttributeMapping {
    let source = match source.contains('[') {
        true => ValueSource::Expression(Expression::parse(source).unwrap()),
        false => ValueSource::Attribute(source_attribute(kind, source).unwrap()),
    };
    AttributeMapping::new(target, source).unwrap()
}

fn mapping() -> Mapping {
    let user = |source, target| row(ObjectKind::User, source, target);
    let group = |source, target| row(ObjectKind::Group, source, target);
    Mapping::new(
        "test",
        ObjectMapping::new(vec![
            user("userPrincipalName", "userName").matching(1),
            user(r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#, "active"),
            user("displayName", "displayName"),
            user("jobTitle", "title"),
            user("mail", r#"emails[type eq "work"].value"#),
            user("mailNickname", "externalId"),
            user("manager", &format!("{}:manager", urn::ENTERPRISE)),
        ]),
        Some(ObjectMapping::new(vec![
            group("displayName", "displayName").matching(1),
            group("objectId", "externalId"),
            group("members", "members"),
        ])),
    )
}

fn users_only() -> Mapping {
    Mapping { group: None, ..mapping() }
}

fn id(key: &str) -> ObjectId {
    ObjectId::new(key)
}

fn user(key: &str) -> User {
    User::new(id(key))
        .with("userPrincipalName", format!("{key}@example.com"))
        .unwrap()
        .with("displayName", key)
        .unwrap()
}

/// A tenant with these people, all assigned.
fn tenant(people: &[&str]) -> Tenant {
    let mut tenant = Tenant::new();
    for key in people {
        let id = tenant.add_user(user(key)).unwrap();
        tenant.assign(&id).unwrap();
    }
    tenant
}

fn add_group(tenant: &mut Tenant, key: &str, members: &[&str]) {
    let group = tenant.add_group(Group::new(id(key), key)).unwrap();
    for member in members {
        tenant.add_member(&group, &id(member)).unwrap();
    }
    tenant.assign(&group).unwrap();
}

fn job(mapping: Mapping, dialect: Dialect) -> Job {
    Job::new(JobSettings::new(mapping, Scope::Assigned, dialect))
}

fn job_with(mapping: Mapping, change: impl FnOnce(&mut JobSettings)) -> Job {
    let mut settings = JobSettings::new(mapping, Scope::Assigned, Dialect::Default);
    change(&mut settings);
    Job::new(settings)
}

/// A job that has linked these people to accounts that hold what they should.
async fn linked(mut job: Job, tenant: &Tenant, target: &Script, people: &[&str]) -> Job {
    target.answers([nobody()]);
    target.answers(people.iter().map(|key| found(&[account(key, key)])));
    job.cycle(tenant, target).await;
    target.sent();
    job
}

/// The account a correct server would store for a person.
fn account(target_id: &str, key: &str) -> Value {
    json!({"schemas": [urn::USER], "id": target_id, "userName": format!("{key}@example.com"), "displayName": key,
        "active": true})
}

fn group_account(target_id: &str, key: &str) -> Value {
    json!({"schemas": [urn::GROUP], "id": target_id, "displayName": key, "externalId": key})
}

/// The log as short words: `ada create success`, with the code where there is one.
fn log(report: &CycleReport) -> Vec<String> {
    report
        .entries
        .iter()
        .map(|entry| {
            let code = entry.code.map_or_else(String::new, |code| format!(" {code}"));
            format!("{} {} {}{code}", entry.label, entry.action.as_str(), entry.status.as_str())
        })
        .collect()
}

fn failed(report: &CycleReport, key: &str) -> (ProvisioningAction, String) {
    let entry = report.of(&id(key)).find(|entry| entry.status == Status::Failure).unwrap();
    (entry.action, entry.code.unwrap().to_string())
}
