//! The job against the embedded server over real HTTP, with the default mapping, in every dialect.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;

use scimulate::entra::dialect::Dialect;
use scimulate::entra::directory::{ObjectId, Tenant};
use scimulate::entra::job::{Job, JobSettings, ResetScope, Status};
use scimulate::entra::mapping::profiles;
use scimulate::entra::scope::Scope;
use scimulate::http;
use scimulate::people::{self, People};
use scimulate::server;
use scimulate::wire::{Answer, Broken, Request, Sent, Target};

/// Keeps what passes through.
struct Kept {
    client: http::Client,
    lines: Mutex<Vec<String>>,
}

impl Target for Kept {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let line = format!("{} {}", request.method.as_str(), request.path_and_query());
        let answer = self.client.send(request).await?;
        self.lines.lock().unwrap().push(format!("{line} {}", answer.status));
        Ok(answer)
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.client.sent_as(request)
    }
}

impl Kept {
    fn writes(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.lines.lock().unwrap());
        lines.into_iter().filter(|line| !line.starts_with("GET")).collect()
    }
}

async fn target(running: &server::Running) -> Kept {
    let url = http::TenantUrl::parse(&running.base_url).unwrap();
    let mut settings = http::Settings::new(url);
    settings.credentials = http::Credentials::Bearer(running.token.clone().into());
    Kept { client: http::Client::new(settings).unwrap(), lines: Mutex::default() }
}

/// Ada reports to Grace; both and Edsger are in the team; everybody is assigned.
fn tenant(people: &People) -> (Tenant, Vec<ObjectId>, ObjectId) {
    let mut tenant = Tenant::new();
    let ids: Vec<ObjectId> = ["ada", "grace", "edsger"]
        .iter()
        .map(|key| {
            let id = tenant.add_user(people.person("job", "any", key)).unwrap();
            tenant.assign(&id).unwrap();
            id
        })
        .collect();
    tenant.set_manager(&ids[0], Some(ids[1].clone())).unwrap();
    let team = tenant.add_group(people.group("job", "any", "team")).unwrap();
    for id in &ids {
        tenant.add_member(&team, id).unwrap();
    }
    tenant.assign(&team).unwrap();
    (tenant, ids, team)
}

#[tokio::test]
async fn a_tenant_lives_through_its_cycles_without_a_failure_or_a_needless_write() {
    for dialect in Dialect::ALL {
        let running = server::start(server::ServerSettings::default(), None).await.unwrap();
        let target = target(&running).await;
        let people = People::new(people::PeopleSettings::default(), 7, "t").unwrap();
        let (mut tenant, ids, team) = tenant(&people);
        let mut job =
            Job::new(JobSettings::new(profiles::load(profiles::DEFAULT).unwrap(), Scope::Assigned, dialect));

        let report = job.cycle(&tenant, &target).await;
        assert_eq!(report.stopped, None, "{dialect}");
        assert_eq!(report.failures().collect::<Vec<_>>(), Vec::<&_>::new(), "{dialect}");
        // Three people, a manager, a group, three members.
        assert_eq!(target.writes().len(), 8, "{dialect}");

        job.restart(ResetScope::PORTAL);
        let report = job.cycle(&tenant, &target).await;
        assert!(report.entries.iter().all(|entry| entry.status == Status::Skipped), "{dialect}: {report:?}");
        assert_eq!(target.writes(), Vec::<String>::new(), "{dialect}");

        tenant.set_account_enabled(&ids[2], false).unwrap();
        tenant.set(&ids[0], "displayName", Some("Countess".into())).unwrap();
        tenant.set_manager(&ids[0], None).unwrap();
        tenant.remove_member(&team, &ids[1]).unwrap();
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(report.failures().collect::<Vec<_>>(), Vec::<&_>::new(), "{dialect}");
        let unchanged = |line: &&String| !line.starts_with("PATCH");
        let writes = target.writes();
        assert_eq!((writes.len(), writes.iter().find(unchanged)), (4, None), "{dialect}: {writes:?}");

        tenant.set_account_enabled(&ids[2], true).unwrap();
        tenant.purge(&ids[1]).unwrap();
        tenant.purge(&team).unwrap();
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(report.failures().collect::<Vec<_>>(), Vec::<&_>::new(), "{dialect}");
        assert_eq!(target.writes().len(), 3, "{dialect}");
        job.restart(ResetScope::FULL);
        job.cycle(&tenant, &target).await;
        assert_eq!(target.writes(), Vec::<String>::new(), "{dialect}");

        let accounts = job.discover_accounts(&target, Some(1)).await;
        assert_eq!(accounts.ids().count(), 2, "{dialect}");
    }
}
