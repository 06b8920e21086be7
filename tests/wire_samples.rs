//! Requests that Microsoft prints against ours: JSON-equal bodies, the same paths, queries and
//! headers. `wire-samples.json` names for each sample the dialect, the switches and the mapping under
//! which the job sends it, and for each sample that is not sent, why.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use scimulate::entra::dialect::Dialect;
use scimulate::entra::directory::{AppRole, Group, ObjectId, ObjectKind, Tenant, User};
use scimulate::entra::job::{Job, JobSettings};
use scimulate::entra::mapping::{
    AttributeMapping, Mapping, ObjectMapping, ValueSource, profiles, source_attribute,
};
use scimulate::entra::scope::Scope;
use scimulate::wire::{Answer, Body, Broken, Method, Request, Sent, Target};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct File {
    about: String,
    headers: BTreeMap<String, Vec<String>>,
    samples: Vec<Sample>,
    #[serde(rename = "not reproduced")]
    not_reproduced: Vec<Omission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    id: String,
    mode: String,
    source: String,
    played: Played,
    scenario: SampleScenario,
    request: Expected,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Played {
    dialect: String,
    switches: BTreeMap<String, String>,
    mapping: MappingOf,
}

/// A built-in profile, cut to size, or rows of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingOf {
    profile: Option<String>,
    only: Option<Vec<String>>,
    without: Option<Vec<String>>,
    matching: Option<Vec<String>>,
    rows: Option<Vec<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    source: String,
    target: String,
    #[serde(rename = "match")]
    precedence: Option<u32>,
}

/// What happens around the request. Without `then` it is one of the first cycle, else of the second.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SampleScenario {
    /// Source attributes of the person.
    person: Option<BTreeMap<String, String>>,
    /// App roles of the person: id, value and display name of each.
    #[serde(default)]
    roles: Vec<[String; 3]>,
    /// The account the target holds for the person.
    account: Option<Value>,
    /// Name of the group.
    group: Option<String>,
    group_account: Option<Value>,
    /// Id at the target of the group's one member.
    member: Option<String>,
    /// Id at the target of the person's manager.
    manager: Option<String>,
    then: Option<Then>,
    /// What the step is called after its cycle.
    step: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[derive(Default)]
struct Then {
    set: BTreeMap<String, String>,
    unassign: bool,
    purge: bool,
    rename_group: Option<String>,
    remove_member: bool,
    purge_group: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    method: String,
    path: String,
    /// The query as the page prints it.
    printed: Option<String>,
    /// The query as it stands on the wire.
    query: Option<String>,
    body: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Omission {
    id: String,
    mode: String,
    why: String,
}

fn file() -> File {
    serde_json::from_str(include_str!("wire-samples.json")).unwrap()
}

/// Answers lookups and reads with the accounts of a scenario; the others are taken as done.
struct Standing {
    accounts: BTreeMap<&'static str, Value>,
    sent: Mutex<Vec<Request>>,
}

impl Target for Standing {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let (what, who) = request.step.rsplit_once(' ').unwrap();
        let account = self.accounts.get(who);
        let list = |resources: Vec<&Value>| {
            Answer::json(200, &json!({"totalResults": resources.len(), "Resources": resources}))
        };
        let answer = match request.method {
            Method::Get if what.contains("probe") || what.contains("check") => list(Vec::new()),
            Method::Get if request.parameter("filter").is_some() => list(account.into_iter().collect()),
            Method::Get => Answer::json(200, account.unwrap()),
            Method::Post => Answer::json(201, account.unwrap_or(&json!({"id": "made"}))),
            _ => Answer { body: Body::default(), ..Answer::json(204, &json!({})) },
        };
        self.sent.lock().unwrap().push(request);
        Ok(answer)
    }

    fn sent_as(&self, _: &Request) -> Sent {
        unreachable!("nothing records here")
    }
}

impl MappingOf {
    fn mapping(&self) -> Mapping {
        if let Some(rows) = &self.rows {
            let rows = rows.iter().map(Row::mapping).collect();
            return Mapping::new("sample", ObjectMapping::new(rows), None);
        }
        let mut mapping = profiles::load(self.profile.as_deref().unwrap()).unwrap();
        if let Some(names) = &self.only {
            mapping = mapping.only(names).unwrap();
        }
        if let Some(names) = &self.without {
            mapping = mapping.without(names).unwrap();
        }
        if let Some(names) = &self.matching {
            mapping = mapping.with_matching(names).unwrap();
        }
        mapping
    }
}

impl Row {
    fn mapping(&self) -> AttributeMapping {
        let source = match self.source.contains('(') {
            true => ValueSource::parse(&self.source).unwrap(),
            false => ValueSource::Attribute(source_attribute(ObjectKind::User, &self.source).unwrap()),
        };
        let row = AttributeMapping::new(&self.target, source).unwrap();
        match self.precedence {
            Some(precedence) => row.matching(precedence),
            None => row,
        }
    }
}

impl SampleScenario {
    fn target(&self) -> Standing {
        let mut accounts = BTreeMap::new();
        accounts.extend(self.account.clone().map(|account| ("person", account)));
        accounts.extend(self.group_account.clone().map(|account| ("group", account)));
        for (who, id) in [("member", &self.member), ("manager", &self.manager)] {
            accounts.extend(id.as_ref().map(|id| (who, json!({"id": id, "userName": who, "active": true}))));
        }
        Standing { accounts, sent: Mutex::default() }
    }

    fn tenant(&self) -> Tenant {
        let mut tenant = Tenant::new();
        let add = |tenant: &mut Tenant, user: User| {
            let id = tenant.add_user(user).unwrap();
            tenant.assign(&id).unwrap();
        };
        for (who, wanted) in [("member", &self.member), ("manager", &self.manager)] {
            if wanted.is_some() {
                add(&mut tenant, User::new(ObjectId::new(who)).with("userPrincipalName", who).unwrap());
            }
        }
        if let Some(attributes) = &self.person {
            let mut person = User::new(ObjectId::new("person"));
            for (name, value) in attributes {
                person = person.with(name, value.as_str()).unwrap();
            }
            add(&mut tenant, person);
            for [id, value, name] in &self.roles {
                tenant.assign_role(&ObjectId::new("person"), AppRole::new(id, value, name)).unwrap();
            }
        }
        if self.manager.is_some() {
            tenant.set_manager(&ObjectId::new("person"), Some(ObjectId::new("manager"))).unwrap();
        }
        if let Some(name) = &self.group {
            let group = tenant.add_group(Group::new(ObjectId::new("group"), name)).unwrap();
            if self.member.is_some() {
                tenant.add_member(&group, &ObjectId::new("member")).unwrap();
            }
            tenant.assign(&group).unwrap();
        }
        tenant
    }
}

impl Then {
    fn happens(&self, tenant: &mut Tenant) {
        let (person, group) = (ObjectId::new("person"), ObjectId::new("group"));
        for (name, value) in &self.set {
            tenant.set(&person, name, Some(value.as_str().into())).unwrap();
        }
        if self.unassign {
            tenant.unassign(&person).unwrap();
        }
        if self.purge {
            tenant.purge(&person).unwrap();
        }
        if let Some(name) = &self.rename_group {
            tenant.set(&group, "displayName", Some(name.as_str().into())).unwrap();
        }
        if self.remove_member {
            tenant.remove_member(&group, &ObjectId::new("member")).unwrap();
        }
        if self.purge_group {
            tenant.purge(&group).unwrap();
        }
    }
}

/// The request of that step that the job sends in the scenario's last cycle.
async fn sent(sample: &Sample) -> Request {
    let scenario = &sample.scenario;
    let dialect: Dialect = sample.played.dialect.parse().unwrap();
    let mut settings = JobSettings::new(sample.played.mapping.mapping(), Scope::Assigned, dialect);
    for (name, value) in &sample.played.switches {
        settings.switches.set(name, value).unwrap();
    }
    let (mut tenant, target, mut job) = (scenario.tenant(), scenario.target(), Job::new(settings));
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(report.failures().collect::<Vec<_>>(), Vec::<&_>::new(), "{}", sample.id);
    let mut name = report.name;
    if let Some(then) = &scenario.then {
        target.sent.lock().unwrap().clear();
        then.happens(&mut tenant);
        name = job.cycle(&tenant, &target).await.name;
    }
    let step = format!("{name}: {}", scenario.step);
    let sent = target.sent.into_inner().unwrap();
    let steps: Vec<&str> = sent.iter().map(|request| request.step.as_str()).collect();
    let mut of_step = sent.iter().filter(|request| request.step == step);
    let found = of_step.next().unwrap_or_else(|| panic!("{}: no `{step}` among {steps:?}", sample.id));
    assert!(of_step.next().is_none(), "{}: `{step}` stands twice in {steps:?}", sample.id);
    found.clone()
}

/// The random GUID of a probe is no difference.
fn without_guid(sample: &Sample, query: &str) -> String {
    match sample.request.query.as_deref().and_then(|query| query.split_once("{guid}")) {
        Some((before, after)) => {
            let guid = query.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap_or(query);
            assert_eq!(guid.len(), 36, "{}: {query}", sample.id);
            query.replace(guid, "{guid}")
        }
        None => query.to_owned(),
    }
}

#[tokio::test]
async fn every_sample_is_reproduced() {
    let file = file();
    for sample in &file.samples {
        let (ours, theirs) = (sent(sample).await, &sample.request);
        let id = &sample.id;
        assert_eq!(ours.method.as_str(), theirs.method, "{id}");
        assert_eq!(ours.path, theirs.path, "{id}");
        let query = ours.query.as_deref().map(|query| without_guid(sample, query));
        assert_eq!(query, theirs.query, "{id}");
        let decoded = query.as_deref().map(|query| {
            let pairs = form_urlencoded::parse(query.as_bytes());
            pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        });
        assert_eq!(decoded, theirs.printed, "{id}");
        assert_eq!(ours.json(), theirs.body, "{id}");
        let key = if theirs.body.is_some() { "with body" } else { "without body" };
        let mut headers: Vec<String> =
            ours.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        headers.sort();
        assert_eq!(&headers, &file.headers[key], "{id}");
    }
}

#[test]
fn every_sample_is_named_once_with_its_source_or_its_reason() {
    let file = file();
    assert!(file.about.contains("Microsoft"));
    let mut ids = BTreeSet::new();
    for sample in &file.samples {
        assert!(ids.insert(&sample.id), "{} stands twice", sample.id);
        assert!(sample.source.contains(".com/"), "{} has no source", sample.id);
        assert!(sample.note.as_deref() != Some(""), "{} has an empty note", sample.id);
    }
    for omission in &file.not_reproduced {
        assert!(ids.insert(&omission.id), "{} stands twice", omission.id);
        assert!(!omission.why.is_empty(), "{} has no reason", omission.id);
    }
    let modes: BTreeSet<&str> = file.samples.iter().map(|sample| sample.mode.as_str()).collect();
    for mode in [
        "default",
        "aadOptscim062020",
        "default-as-printed-in-tutorial",
        "any",
        "customappsso-style",
        "AzureAdScimPatch062020",
    ] {
        assert!(modes.contains(mode), "no sample of mode {mode} is reproduced");
    }
    assert!(file.not_reproduced.iter().all(|omission| omission.mode != "default"));
    assert_eq!(ids.len(), 66, "Microsoft's pages print 66 samples");
}
