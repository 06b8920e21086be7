use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::entra::directory::ObjectKind;
use crate::http::Trust;
use crate::store::LogQuery;
use crate::testserver::TestServer;
use crate::wire::{Actor, Method, Request, Target as _};

fn settings(folder: &std::path::Path) -> LiveSettings {
    LiveSettings { data: Some(folder.to_path_buf()), ..LiveSettings::default() }
}

fn body(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn person(live: &LiveTenant, name: &str) -> String {
    let user = json!({
        "accountEnabled": true, "displayName": name, "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.example"), "passwordProfile": {"password": "x"},
        "givenName": name, "surname": "Lovelace", "mail": format!("{name}@contoso.example"),
    });
    live.create_user(&body(user)).unwrap().0.as_str().to_owned()
}

/// An application with a job against that server.
async fn application(live: &LiveTenant, server: &TestServer) -> String {
    application_at(live, server.url(), server.token())
}

fn application_at(live: &LiveTenant, url: &str, token: &str) -> String {
    let info = live.add_application(Some(CUSTOM), "App").unwrap();
    let id = info.service_principal.to_string();
    live.set_secrets(&id, ConnectionSecrets::bearer(url, token)).unwrap();
    live.add_job(&id, None).unwrap();
    id
}

fn role(live: &LiveTenant, application: &str) -> uuid::Uuid {
    live.application(application).unwrap().roles[0].id
}

fn actions(live: &LiveTenant) -> Vec<String> {
    let mut actions = Vec::new();
    live.store()
        .log(&LogQuery::default(), |_, line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let status = line["provisioningStatusInfo"]["status"].as_str().unwrap_or_default().to_owned();
            let name = line["sourceIdentity"]["displayName"].as_str().unwrap_or_default().to_owned();
            actions.push(format!("{name}: {} {status}", text("provisioningAction")));
            true
        })
        .unwrap();
    actions.reverse();
    actions
}

#[tokio::test]
async fn a_job_goes_on_after_the_program_was_ended_as_if_it_had_not() {
    let (folder, server) = (tempfile::tempdir().unwrap(), TestServer::start().unwrap());
    let (id, ada, grace);
    {
        let live = LiveTenant::open(settings(folder.path())).unwrap();
        id = application(&live, &server).await;
        (ada, grace) = (person(&live, "ada"), person(&live, "grace"));
        live.set_manager(&ada, Some(&grace)).unwrap();
        let group = json!({
            "displayName": "Team", "mailEnabled": false, "mailNickname": "team", "securityEnabled": true,
        });
        let team = live.create_group(&body(group), std::slice::from_ref(&ada)).unwrap().0;
        live.assign(&id, team.as_str(), role(&live, &id)).unwrap();
        live.assign(&id, &grace, role(&live, &id)).unwrap();
        let first = live.cycle(&id).await.unwrap();
        assert_eq!((first.state.as_str(), first.initial, first.exported), ("Succeeded", true, 5));
        live.update(ObjectKind::User, &ada, &body(json!({"jobTitle": "Countess"}))).unwrap();
        live.delete(ObjectKind::User, &grace).unwrap();
    }
    let live = LiveTenant::open(settings(folder.path())).unwrap();
    assert_eq!(live.job(&id).unwrap().status().linked, (2, 1));
    let second = live.cycle(&id).await.unwrap();
    assert_eq!((second.state.as_str(), second.initial, second.exported), ("Succeeded", false, 2));
    let lines = actions(&live);
    assert_eq!(lines[lines.len() - 2..], ["ada: update success", "grace: disable success"], "{lines:?}");
    let third = live.cycle(&id).await.unwrap();
    assert_eq!((third.imported, third.exported), (0, 0), "everything was looked at");
    assert!(live.store().exchange_count(None).unwrap() > 10);
}

#[tokio::test]
async fn thirty_days_later_whoever_lay_in_the_recycle_bin_is_deleted() {
    let server = TestServer::start().unwrap();
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = application(&live, &server).await;
    let ada = person(&live, "ada");
    live.assign(&id, &ada, role(&live, &id)).unwrap();
    live.cycle(&id).await.unwrap();
    live.delete(ObjectKind::User, &ada).unwrap();
    live.cycle(&id).await.unwrap();
    live.forward(jiff::SignedDuration::from_hours(30 * 24)).unwrap();
    assert!(live.object(None, &ada, true).is_err());
    live.cycle(&id).await.unwrap();
    let gone = "ada@contoso.example: delete success";
    assert_eq!(actions(&live), ["ada: create success", "ada: disable success", gone]);
    assert!(live.assignments(&id).unwrap().is_empty());
}

#[tokio::test]
async fn wrong_credentials_are_a_quarantine_that_a_start_lifts() {
    let server = TestServer::start().unwrap();
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = application(&live, &server).await;
    let wrong = ConnectionSecrets::bearer(server.url(), "wrong");
    let refused = live.test_connection(&id, Some(&wrong)).await.unwrap_err().to_string();
    assert!(refused.contains("401"), "{refused}");
    live.test_connection(&id, None).await.unwrap();
    live.set_secrets(&id, wrong).unwrap();
    let failed = live.cycle(&id).await.unwrap();
    assert_eq!(failed.state, "Failed");
    let status = live.job(&id).unwrap().status();
    let quarantine = status.quarantine.unwrap();
    assert_eq!((quarantine.reason.as_str(), quarantine.series_count), ("EncounteredQuarantineException", 1));
    live.set_secrets(&id, ConnectionSecrets::bearer(server.url(), server.token())).unwrap();
    live.start(&id).unwrap();
    assert_eq!(live.job(&id).unwrap().status().quarantine, None);
    assert_eq!(live.cycle(&id).await.unwrap().state, "Succeeded");
}

#[tokio::test]
async fn a_target_elsewhere_is_not_written_to_unless_it_is_allowed() {
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = live.add_application(Some(CUSTOM), "App").unwrap().service_principal.to_string();
    live.add_job(&id, None).unwrap();
    live.set_secrets(&id, ConnectionSecrets::bearer("https://scim.example.com/scim", "x")).unwrap();
    for refused in [live.start(&id).unwrap_err(), live.cycle(&id).await.unwrap_err()] {
        assert!(matches!(refused, TenantError::Elsewhere(_)), "{refused}");
    }
}

#[tokio::test]
async fn on_demand_says_what_it_did_and_is_limited() {
    let server = TestServer::start().unwrap();
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = application(&live, &server).await;
    let ada = live.find(&person(&live, "ada")).unwrap();
    let skipped = live.on_demand(&id, std::slice::from_ref(&ada), true).await.unwrap();
    assert_eq!(skipped.lines[0]["provisioningStatusInfo"]["status"], "skipped");
    live.assign(&id, ada.as_str(), role(&live, &id)).unwrap();
    let made = live.on_demand(&id, std::slice::from_ref(&ada), true).await.unwrap();
    assert_eq!(made.lines[0]["provisioningAction"], "create");
    for _ in 0..3 {
        live.on_demand(&id, std::slice::from_ref(&ada), true).await.unwrap();
    }
    assert!(matches!(live.on_demand(&id, &[ada], true).await, Err(TenantError::TooMany)));
}

#[tokio::test]
async fn names_are_unique_until_they_are_given_up() {
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let ada = person(&live, "ada");
    let again = json!({
        "accountEnabled": true, "displayName": "x", "mailNickname": "x", "passwordProfile": {},
        "userPrincipalName": "ADA@contoso.example",
    });
    assert!(matches!(live.create_user(&body(again.clone())), Err(TenantError::Taken { .. })));
    live.update(ObjectKind::User, &ada, &body(json!({"userPrincipalName": "b@contoso.example"}))).unwrap();
    let second = live.create_user(&body(again.clone())).unwrap().0;
    live.delete(ObjectKind::User, second.as_str()).unwrap();
    assert_eq!(live.find("ada@contoso.example").ok(), None);
    live.create_user(&body(again)).unwrap();
    assert!(live.purge(second.as_str()).is_ok() && live.purge(second.as_str()).is_err());
}

#[tokio::test]
async fn the_schedule_plays_what_is_due() {
    let server = TestServer::start().unwrap();
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = application(&live, &server).await;
    tokio::spawn(live.clone().run_schedule());
    let mut events = live.events();
    live.start(&id).unwrap();
    let job = live.job(&id).unwrap();
    while job.status().last.is_none() {
        events.recv().await.unwrap();
    }
    let status = job.status();
    assert!(status.next.unwrap() > status.last.unwrap().began);
    let ada = person(&live, "ada");
    live.assign(&id, &ada, role(&live, &id)).unwrap();
    live.forward(jiff::SignedDuration::from_mins(40)).unwrap();
    while actions(&live).is_empty() {
        events.recv().await.unwrap();
    }
    live.pause(&id).unwrap();
    assert_eq!((job.status().state, job.status().next), (ScheduleState::Paused, None));
}

#[tokio::test]
async fn what_others_changed_at_the_target_is_found() {
    let server = TestServer::start().unwrap();
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = application(&live, &server).await;
    let people: Vec<String> = ["ada", "grace", "mary", "rosa"].map(|name| person(&live, name)).to_vec();
    let group = json!({
        "displayName": "Team", "mailEnabled": false, "mailNickname": "team", "securityEnabled": true,
    });
    let team = live.create_group(&body(group), &people).unwrap().0;
    live.set_manager(&people[1], Some(&people[0])).unwrap();
    live.assign(&id, team.as_str(), role(&live, &id)).unwrap();
    live.cycle(&id).await.unwrap();
    let verdicts =
        |drift: &Drift| -> Vec<DriftVerdict> { drift.rows.iter().map(|row| row.verdict.clone()).collect() };
    let nothing = live.drift(&id).await.unwrap();
    assert_eq!(verdicts(&nothing), vec![DriftVerdict::Same; 5], "{nothing:?}");
    assert!(nothing.unknown.is_empty() && nothing.unlisted.is_none());

    let account = |number: usize| nothing.rows[number].target.clone().unwrap();
    let secrets = ConnectionSecrets::bearer(server.url(), server.token());
    let client = secrets.client(&Trust::System, Duration::from_secs(5)).unwrap();
    let send = |method: Method, path: String, body: Value| {
        client.send(Request::new(Actor::Observer, method, path, "others").with_json(&body))
    };
    let patch = |operations: Value| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let title = patch(json!([{"op": "replace", "path": "name.givenName", "value": "Augusta"}]));
    send(Method::Patch, format!("/Users/{}", account(0)), title).await.unwrap();
    send(Method::Delete, format!("/Users/{}", account(2)), json!({})).await.unwrap();
    let foreign = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "foreign"});
    send(Method::Post, "/Users".to_owned(), foreign).await.unwrap();
    live.update(ObjectKind::User, &people[1], &body(json!({"jobTitle": "Admiral"}))).unwrap();
    live.delete(ObjectKind::User, &people[3]).unwrap();
    let found = live.drift(&id).await.unwrap();
    assert_eq!(
        verdicts(&found),
        [
            DriftVerdict::Different,
            DriftVerdict::Different,
            DriftVerdict::Gone,
            DriftVerdict::StillActive,
            // A member is gone.
            DriftVerdict::Different,
        ],
        "{found:?}"
    );
    let first = &found.rows[0];
    assert_eq!((first.differences[0].attribute.as_str(), first.waits), ("name.givenName", false));
    assert_eq!(
        (&first.differences[0].expected, &first.differences[0].held),
        (&json!("ada"), &json!("Augusta"))
    );
    assert!(found.rows[1].waits && found.rows[3].waits);
    assert_eq!(found.unknown.len(), 1);
    live.cycle(&id).await.unwrap();
    let after = live.drift(&id).await.unwrap();
    assert_eq!((&after.rows[1].verdict, &after.rows[3].verdict), (&DriftVerdict::Same, &DriftVerdict::Same));
}

/// What was done by hand is a scenario that a right server passes, and one with the fault that was met does not.
#[tokio::test]
async fn what_was_done_becomes_a_scenario_that_run_plays() {
    let server = TestServer::start().unwrap();
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = application(&live, &server).await;
    let (ada, grace) = (person(&live, "ada"), person(&live, "grace"));
    let group = json!({
        "displayName": "Team", "mailEnabled": false, "mailNickname": "team", "securityEnabled": true,
    });
    let team = live.create_group(&body(group), std::slice::from_ref(&ada)).unwrap().0;
    assert!(live.scenario(&id, "Nothing").is_err());
    for who in [&ada, &grace, &team.as_str().to_owned()] {
        live.assign(&id, who, role(&live, &id)).unwrap();
    }
    live.set_manager(&ada, Some(&grace)).unwrap();
    live.cycle(&id).await.unwrap();
    let mary = person(&live, "mary");
    live.assign(&id, &mary, role(&live, &id)).unwrap();
    live.add_members(team.as_str(), std::slice::from_ref(&mary)).unwrap();
    live.update(ObjectKind::User, &ada, &body(json!({"jobTitle": "Countess", "surname": null}))).unwrap();
    live.update(ObjectKind::User, &mary, &body(json!({"accountEnabled": true, "employeeId": "007"})))
        .unwrap();
    live.cycle(&id).await.unwrap();
    live.delete(ObjectKind::User, &grace).unwrap();
    live.update(ObjectKind::User, &mary, &body(json!({"accountEnabled": false}))).unwrap();
    live.cycle(&id).await.unwrap();
    live.forward(jiff::SignedDuration::from_hours(31 * 24)).unwrap();
    live.cycle(&id).await.unwrap();
    live.restart(&id, crate::entra::job::ResetScope::PORTAL).unwrap();
    live.cycle(&id).await.unwrap();
    let text = live.scenario(&id, "What was tried on Monday").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("saved")).unwrap();
    std::fs::write(folder.path().join("saved/monday.yaml"), &text).unwrap();
    let play = |server: &TestServer| {
        crate::Suite::new(server.url())
            .token(server.token())
            .scenario_folder(folder.path().to_path_buf())
            .scenario("saved/monday")
    };
    let report = play(&TestServer::start().unwrap()).play().await.unwrap();
    assert_eq!(report.verdict, crate::Verdict::Passed, "{text}\n{}", report.text());
    let wrong = TestServer::builder().fault("disable-ignored").start().unwrap();
    let report = play(&wrong).play().await.unwrap();
    assert_eq!(report.verdict, crate::Verdict::Failed, "{text}");
    assert!(text.contains("soft-delete: [grace]") && text.contains("advance: 31 days"), "{text}");
    assert!(!text.contains("contoso"), "{text}");
}

#[tokio::test]
async fn a_target_that_is_gone_is_told_and_nothing_is_lost() {
    let server = TestServer::start().unwrap();
    let port =
        server.url().rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
    let token = server.token().to_owned();
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let id = application(&live, &server).await;
    let ada = person(&live, "ada");
    live.assign(&id, &ada, role(&live, &id)).unwrap();
    drop(server);
    let failed = live.cycle(&id).await.unwrap();
    let (code, message) = failed.error.unwrap();
    assert_eq!(failed.state, "Failed");
    assert!(
        code.contains("CredentialValidationUnavailable") && message.contains("refused"),
        "{code}: {message}"
    );
    let status = live.job(&id).unwrap().status();
    assert_eq!(status.quarantine.unwrap().reason, "EncounteredQuarantineException");
    assert_eq!((status.progress, status.successive_failures), (None, 1));
    let traffic = live.exchanges(None, 10).unwrap();
    assert!(traffic[0].outcome.is_err());
    let _again = TestServer::builder().port(port).token(token).start().unwrap();
    let made = live.cycle(&id).await.unwrap();
    assert_eq!((made.state.as_str(), made.exported), ("Succeeded", 1));
    assert_eq!(live.job(&id).unwrap().status().quarantine, None);
}

#[tokio::test]
async fn a_cycle_comes_to_its_end_although_nobody_waits_for_it() {
    let (live, server) = (LiveTenant::open(LiveSettings::default()).unwrap(), TestServer::start().unwrap());
    let id = application(&live, &server).await;
    for name in ["ada", "grace", "mary"] {
        let user = person(&live, name);
        live.assign(&id, &user, role(&live, &id)).unwrap();
    }
    let impatient = Duration::from_millis(1);
    assert!(tokio::time::timeout(impatient, live.cycle(&id)).await.is_err());
    let job = live.job(&id).unwrap();
    for _ in 0..1_000 {
        if job.status().last.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let status = job.status();
    assert_eq!((status.progress, status.last.unwrap().exported), (None, 3));
    live.reset().unwrap();
}

#[tokio::test]
async fn a_mapping_that_was_saved_before_the_program_ended_is_taken_by_the_next_cycle() {
    let (folder, server) = (tempfile::tempdir().unwrap(), TestServer::start().unwrap());
    let id;
    {
        let live = LiveTenant::open(settings(folder.path())).unwrap();
        id = application(&live, &server).await;
        let ada = person(&live, "ada");
        live.assign(&id, &ada, role(&live, &id)).unwrap();
        live.cycle(&id).await.unwrap();
        let mut mapping = crate::entra::mapping::Mapping::clone(&live.job(&id).unwrap().mapping());
        mapping.user.rows.retain(|row| row.written != "name.givenName");
        let text = crate::entra::mapping::schema::export(&mapping).to_string();
        live.set_schema(&id, &text).unwrap();
    }
    let live = LiveTenant::open(settings(folder.path())).unwrap();
    assert!(live.job(&id).unwrap().mapping().user.find("name.givenName").is_none());
    assert!(live.cycle(&id).await.unwrap().initial, "another mapping makes the service look at everybody");
    assert!(!live.cycle(&id).await.unwrap().initial);
    drop(live);
    let live = LiveTenant::open(settings(folder.path())).unwrap();
    assert!(!live.cycle(&id).await.unwrap().initial, "and the same one does not");
}

/// The address of the server behind a way on which each request takes that long.
async fn slow(server: &TestServer, pause: Duration) -> String {
    let (host, path) = server.url().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{path}", listener.local_addr().unwrap());
    let host = host.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (mut requests, mut back) = client.into_split();
            let (mut answers, mut on) = TcpStream::connect(&host).await.unwrap().into_split();
            tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
            tokio::spawn(async move {
                let mut bytes = vec![0; 1 << 16];
                while let Ok(read @ 1..) = requests.read(&mut bytes).await {
                    tokio::time::sleep(pause).await;
                    on.write_all(&bytes[..read]).await.unwrap();
                }
            });
        }
    });
    url
}

/// Waits until it is so.
async fn until(mut so: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it is never so");
}

/// What an administrator does while a cycle is under way is answered at once, and holds after the cycle; a pause that
/// comes after a restart counts, and what was promised is done although the program was ended.
#[tokio::test]
async fn no_administrator_waits_for_a_cycle() {
    let (folder, server) = (tempfile::tempdir().unwrap(), TestServer::start().unwrap());
    let live = LiveTenant::open(settings(folder.path())).unwrap();
    let id = application_at(&live, &slow(&server, Duration::from_millis(100)).await, server.token());
    let people = ["ada", "grace", "mary", "rosa"].map(|name| person(&live, name));
    for user in &people {
        live.assign(&id, user, role(&live, &id)).unwrap();
    }
    assert!(live.cycle(&id).await.unwrap().initial);
    for user in &people {
        live.update(ObjectKind::User, user, &body(json!({"givenName": "Augusta"}))).unwrap();
    }
    let job = live.job(&id).unwrap();
    let cycle = tokio::spawn({
        let (live, id) = (live.clone(), id.clone());
        async move { live.cycle(&id).await.unwrap() }
    });
    until(|| job.status().progress.is_some_and(|progress| progress.done > 0)).await;
    assert_eq!(live.start(&id).unwrap(), Effect::AfterRun);
    assert_eq!(live.restart(&id, crate::entra::job::ResetScope::PORTAL).unwrap(), Effect::AfterRun);
    live.pause(&id).unwrap();
    let status = job.status();
    assert!(status.progress.is_some(), "the cycle is still under way");
    assert_eq!((status.state, status.asked.len()), (ScheduleState::Paused, 2));
    // As the disk has it when the program is killed now.
    let killed = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), killed.path().join(file.file_name())).unwrap();
    }
    let ended = cycle.await.unwrap();
    assert_eq!((ended.initial, ended.counts.updated), (false, 4), "it came to its end");
    until(|| job.status().asked.is_empty()).await;
    assert_eq!((job.status().state, job.status().next), (ScheduleState::Paused, None));
    assert!(live.cycle(&id).await.unwrap().initial, "it was restarted");
    assert!(!live.cycle(&id).await.unwrap().initial, "once");

    let again = LiveTenant::open(settings(killed.path())).unwrap();
    let job = again.job(&id).unwrap();
    assert_eq!((job.status().state, job.status().asked.len()), (ScheduleState::Paused, 0));
    assert_eq!(job.status().recent.len(), 1);
    assert!(again.cycle(&id).await.unwrap().initial, "it was restarted");
    assert_eq!(live.restart(&id, crate::entra::job::ResetScope::PORTAL).unwrap(), Effect::Now);
    assert!(live.job(&id).unwrap().status().next.is_some());
}

#[tokio::test]
async fn the_last_cycles_are_kept_with_what_they_did() {
    let (folder, server) = (tempfile::tempdir().unwrap(), TestServer::start().unwrap());
    let live = LiveTenant::open(settings(folder.path())).unwrap();
    let id = application(&live, &server).await;
    let ada = person(&live, "ada");
    live.assign(&id, &ada, role(&live, &id)).unwrap();
    let first = live.cycle(&id).await.unwrap();
    live.delete(ObjectKind::User, &ada).unwrap();
    let second = live.cycle(&id).await.unwrap();
    drop(live);
    let live = LiveTenant::open(settings(folder.path())).unwrap();
    let recent = live.job(&id).unwrap().status().recent;
    assert_eq!(recent, [second.clone(), first.clone()]);
    assert_eq!((first.initial, first.counts), (true, LineCounts { created: 1, ..LineCounts::default() }));
    assert_eq!((second.initial, second.counts), (false, LineCounts { disabled: 1, ..LineCounts::default() }));
    let mut lines = 0;
    let of = LogQuery { cycle: Some(&second.activity), ..LogQuery::default() };
    live.store()
        .log(&of, |_, _| {
            lines += 1;
            true
        })
        .unwrap();
    assert_eq!(lines, 1);
}

#[test]
fn nobody_gets_a_name_that_graph_does_not_accept() {
    let live = LiveTenant::open(LiveSettings::default()).unwrap();
    let with = |name: &str, value: &str| {
        let mut user = body(json!({
            "accountEnabled": true, "displayName": "Ada", "mailNickname": "ada",
            "userPrincipalName": "ada@contoso.example", "passwordProfile": {},
        }));
        user.insert(name.to_owned(), json!(value));
        live.create_user(&user).map(|(id, _)| id.as_str().to_owned())
    };
    let format = "Property userPrincipalName is invalid.";
    let domain = "The domain portion of the userPrincipalName property is invalid.";
    let ada = with("displayName", &"a".repeat(256)).unwrap();
    let too_long = "x".repeat(65);
    for (name, value, why) in [
        ("userPrincipalName", "", format),
        ("userPrincipalName", "nodomain", format),
        ("userPrincipalName", "a b@contoso.example", format),
        ("userPrincipalName", "@contoso.example", format),
        ("userPrincipalName", "a@b@contoso.example", format),
        ("userPrincipalName", "ada@elsewhere.example", domain),
        ("displayName", "", "may not be empty"),
        ("displayName", &"a".repeat(257), "at most 256 characters"),
        ("givenName", &too_long, "at most 64 characters"),
    ] {
        let told = with(name, value).unwrap_err();
        assert!(matches!(&told, TenantError::Property { property, .. } if property == name), "{told:?}");
        assert!(told.to_string().contains(why), "{value}: {told}");
        let told = live.update(ObjectKind::User, &ada, &body(json!({ name: value }))).unwrap_err();
        assert!(told.to_string().contains(why), "{value}: {told}");
    }
    with("userPrincipalName", "Grace#EXT#@CONTOSO.example").unwrap();
    // Whoever came from elsewhere keeps the name that they have.
    let file =
        br#"{"users": [{"id": "m", "userPrincipalName": "mary@elsewhere.example", "displayName": "Mary"}]}"#;
    live.import(&mut crate::entra::directory_file::read_from("people", "json", &file[..]).unwrap()).unwrap();
    let same = json!({"userPrincipalName": "mary@elsewhere.example", "jobTitle": "Writer"});
    live.update(ObjectKind::User, "m", &body(same)).unwrap();
}
