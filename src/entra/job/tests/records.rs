//! The provisioning log in Graph's shape.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::entra::job::{Clock, Identity, LogEntry, LogRecord, Watcher};

/// Each look at the clock is a quarter of a second later.
#[derive(Debug, Default)]
struct Quarters(AtomicU64);

impl Clock for Quarters {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(250 * self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Keeps every line.
#[derive(Debug, Default)]
struct Lines {
    lines: Mutex<Vec<Value>>,
    begun: Mutex<Vec<(String, bool, usize)>>,
}

impl Watcher for Lines {
    fn begins(&self, name: &str, initial: bool, objects: usize) {
        self.begun.lock().unwrap().push((name.to_owned(), initial, objects));
    }

    fn logged(&self, entry: &LogEntry, record: &LogRecord) {
        let identity = Identity::random("App");
        self.lines.lock().unwrap().push(identity.summary(Uuid::nil(), entry, record));
    }
}

impl Lines {
    fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

fn watched(mapping: Mapping) -> (Job, Arc<Lines>) {
    let lines = Arc::new(Lines::default());
    let job = job_with(mapping, |settings| {
        settings.watcher = Some(Arc::clone(&lines) as Arc<dyn Watcher>);
        settings.clock = Arc::new(Quarters::default());
        settings.began = "2026-03-24T01:17:42Z".parse().unwrap();
    });
    (job, lines)
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn steps(line: &Value) -> Vec<String> {
    let steps = line["provisioningSteps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| {
            format!("{} {} {}", text(step, "name"), text(step, "provisioningStepType"), text(step, "status"))
        })
        .collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

// Graph: provisioningObjectSummary and the resources it holds.
const SUMMARY: [&str; 17] = [
    "id",
    "activityDateTime",
    "tenantId",
    "jobId",
    "cycleId",
    "changeId",
    "provisioningAction",
    "durationInMilliseconds",
    "initiatedBy",
    "sourceSystem",
    "targetSystem",
    "sourceIdentity",
    "targetIdentity",
    "servicePrincipal",
    "provisioningStatusInfo",
    "provisioningSteps",
    "modifiedProperties",
];

#[tokio::test]
async fn every_line_has_the_documented_members_and_words() {
    let mut tenant = tenant(&["ada"]);
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    let target = Script::default();
    let (mut job, lines) = watched(users_only());
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    job.cycle(&tenant, &target).await;
    assert_eq!(*lines.begun.lock().unwrap(), [("cycle 1".to_owned(), true, 1)]);
    let created = lines.take().remove(0);
    assert_eq!(members(&created), SUMMARY);
    for (name, of) in [
        ("initiatedBy", &["id", "displayName", "initiatorType"][..]),
        ("sourceSystem", &["id", "displayName", "details"]),
        ("targetSystem", &["id", "displayName", "details"]),
        ("sourceIdentity", &["id", "displayName", "identityType", "details"]),
        ("targetIdentity", &["id", "displayName", "identityType", "details"]),
        ("servicePrincipal", &["id", "displayName"]),
        ("provisioningStatusInfo", &["status", "errorInformation"]),
    ] {
        assert_eq!(members(&created[name]), of, "{name}");
    }
    for step in created["provisioningSteps"].as_array().unwrap() {
        assert_eq!(members(step), ["name", "provisioningStepType", "status", "description", "details"]);
    }
    assert_eq!(members(&created["modifiedProperties"][0]), ["displayName", "oldValue", "newValue"]);
    assert_eq!(text(&created, "activityDateTime"), "2026-03-24T01:17:42Z");
    assert_eq!(created["durationInMilliseconds"], 250);
    assert_eq!(text(&created, "provisioningAction"), "create");
    assert_eq!(created["provisioningStatusInfo"], json!({"status": "success", "errorInformation": null}));
    assert!(text(&created, "jobId").starts_with("scim."));
    assert_eq!(created["sourceIdentity"]["details"]["UserPrincipalName"], "ada@example.com");
    assert_eq!(created["targetIdentity"]["id"], "1");
    assert_eq!(created["targetIdentity"]["identityType"], urn::ENTERPRISE);
    assert_eq!(
        steps(&created),
        [
            "EntryImportAdd import success",
            "EntrySynchronizationScoping scoping success",
            "EntrySynchronizationAdd matching success",
            "EntryExportAdd export success",
        ]
    );
    let modified = created["modifiedProperties"].as_array().unwrap();
    assert!(modified.contains(&json!({"displayName": "active", "oldValue": null, "newValue": "True"})));
    assert!(modified.contains(&json!({"displayName": "title", "oldValue": null, "newValue": "Analyst"})));
    let export = &created["provisioningSteps"][3];
    assert_eq!(text(export, "description"), "User 'ada@example.com' was created in customappsso");
    assert_eq!(export["details"]["title"], "Analyst");
    assert_eq!(export["details"]["ReportableIdentifier"], "ada@example.com");
}

#[tokio::test]
async fn updates_skips_disables_and_deletes_have_their_steps() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let (mut job, lines) = watched(users_only());
    target.answers([nobody(), found(&[account("1", "ada")])]);
    job.cycle(&tenant, &target).await;
    let skipped = lines.take().remove(0);
    assert_eq!(
        steps(&skipped),
        [
            "EntryImportAdd import success",
            "EntryImport matching success",
            "EntrySynchronizationScoping scoping success",
            "EntrySynchronizationSkip export skipped",
        ]
    );
    assert_eq!((text(&skipped, "provisioningAction"), &skipped["modifiedProperties"]), ("other", &json!([])));
    assert_eq!(skipped["provisioningSteps"][3]["details"]["SkipReason"], "RedundantExport");
    assert_eq!(skipped["provisioningSteps"][1]["description"], "Retrieved  '1' from customappsso");

    tenant.set(&id("ada"), "displayName", Some("Ada".into())).unwrap();
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    target.answers([nobody(), Answer::json(200, &account("1", "somebody")), empty(204)]);
    job.cycle(&tenant, &target).await;
    let updated = lines.take().remove(0);
    assert_eq!(
        steps(&updated),
        [
            "EntryImportUpdate import success",
            "EntryImport matching success",
            "EntrySynchronizationScoping scoping success",
            "EntrySynchronizationUpdate processing success",
            "EntryExportUpdate export success",
        ]
    );
    let modified = updated["modifiedProperties"].as_array().unwrap();
    assert!(
        modified.contains(&json!({"displayName": "displayName", "oldValue": "somebody", "newValue": "Ada"}))
    );

    tenant.unassign(&id("ada")).unwrap();
    target.answers([nobody(), Answer::json(200, &account("1", "ada")), empty(204)]);
    job.cycle(&tenant, &target).await;
    let disabled = lines.take().remove(0);
    assert_eq!(text(&disabled, "provisioningAction"), "disable");
    assert_eq!(disabled["provisioningSteps"][2]["status"], "skipped");
    assert_eq!(disabled["provisioningSteps"][2]["details"]["Assigned to the application"], "False");

    tenant.assign(&id("ada")).unwrap();
    target.answers([nobody(), Answer::json(200, &account("1", "Ada")), empty(204)]);
    job.cycle(&tenant, &target).await;
    lines.take();
    tenant.purge(&id("ada")).unwrap();
    target.answers([nobody(), empty(204)]);
    job.cycle(&tenant, &target).await;
    let deleted = lines.take().remove(0);
    assert_eq!(steps(&deleted), ["EntryImportDelete import success", "EntryExportDelete export success"]);
    assert_eq!(
        (text(&deleted, "provisioningAction"), text(&deleted["targetIdentity"], "id")),
        ("delete", "1")
    );
}

#[tokio::test]
async fn a_failure_says_what_was_answered_and_when_it_is_tried_again() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let (mut job, lines) = watched(users_only());
    target.answers([nobody(), nobody(), refused(409)]);
    job.cycle(&tenant, &target).await;
    target.answers([nobody(), nobody(), refused(409)]);
    tenant.advance_minutes(40);
    job.cycle(&tenant, &target).await;
    let mut taken = lines.take();
    let first = text(&taken[0]["provisioningStatusInfo"]["errorInformation"], "reason").to_owned();
    // The next attempt is the next cycle's, 40 minutes later.
    let again = "retried 0 times. It will be retried again after this date: 2026-03-24T01:57:42.0000000Z UTC";
    assert!(first.ends_with(again), "{first}");
    let failed = taken.remove(1);
    assert_eq!(steps(&failed)[0], "EntryEscrowRetry import success");
    assert_eq!(steps(&failed).last().unwrap(), "EntryExportAdd export failure");
    let information = &failed["provisioningStatusInfo"]["errorInformation"];
    assert_eq!(
        members(information),
        ["errorCode", "reason", "additionalDetails", "errorCategory", "recommendedAction"]
    );
    assert_eq!(text(information, "errorCode"), "Conflict");
    assert_eq!(text(information, "errorCategory"), "nonServiceFailure");
    let reason = text(information, "reason");
    let begins = "StatusCode: Conflict\r\nMessage: Processing of the HTTP request resulted in an exception. Please see ";
    assert!(reason.starts_with(begins), "{reason}");
    assert!(reason.contains("Web Response: \r\n{"), "{reason}");
    // Six hours after the first failure.
    let again = "This operation was retried 1 times. It will be retried again after this date: \
                 2026-03-24T07:17:42.0000000Z UTC";
    assert!(reason.ends_with(again), "{reason}");
}

#[tokio::test]
async fn groups_and_references_are_logged_with_what_they_hold() {
    let mut tenant = tenant(&["ada", "grace"]);
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    add_group(&mut tenant, "team", &["ada"]);
    let target = Script::default();
    let (mut job, lines) = watched(mapping());
    target.answers([nobody(), nobody(), found(&[account("1", "ada")]), found(&[account("2", "grace")])]);
    target.answers([nobody(), Answer::json(201, &group_account("9", "team")), empty(204), empty(204)]);
    job.cycle(&tenant, &target).await;
    let lines = lines.take();
    let manager = format!("{}:manager", urn::ENTERPRISE);
    assert_eq!(
        lines[3]["modifiedProperties"],
        json!([{"displayName": manager, "oldValue": null, "newValue": "2"}])
    );
    assert_eq!(
        lines[4]["modifiedProperties"],
        json!([{"displayName": "members", "oldValue": null, "newValue": "1"}])
    );
    assert_eq!(lines[4]["sourceIdentity"]["displayName"], "team");
    assert_eq!(lines[4]["targetIdentity"]["identityType"], urn::GROUP);
    assert_eq!(steps(&lines[2])[0], "EntryImportAdd import success");
    let description = &lines[2]["provisioningSteps"][0]["description"];
    assert_eq!(description, "Received Group 'team' change of type (Add) from Microsoft Entra ID");
}

// functions-for-customizing-application-data, Redact.
#[tokio::test]
async fn redacted_values_do_not_reach_the_log() {
    let mut mapping = users_only();
    mapping.user.rows[3] = row(ObjectKind::User, "Redact([jobTitle])", "title");
    let mut tenant = tenant(&["ada"]);
    tenant.set(&id("ada"), "jobTitle", Some("Spy".into())).unwrap();
    let (mut job, lines) = watched(mapping);
    let target = Script::default();
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    job.cycle(&tenant, &target).await;
    assert!(target.sent()[2].contains("Spy"));
    let line = lines.take()[0].to_string();
    assert!(!line.contains("Spy") && line.contains("[Redact]"), "{line}");
}
