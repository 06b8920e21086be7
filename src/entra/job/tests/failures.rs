//! What goes wrong, what the log says of it, and what is tried again.

use super::*;
use crate::entra::job::CycleStop;

#[tokio::test]
async fn a_conflict_fails_the_object_and_is_tried_again() {
    let (mut tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), nobody(), refused(409), nobody(), Answer::json(201, &account("2", "grace"))]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada create failure Conflict", "grace create success"]);
    assert!(report.entries[0].detail.contains("retried 0 times"));
    target.sent();
    target.answers([nobody(), nobody(), refused(409)]);
    let report = job.cycle(&tenant, &target).await;
    assert!(report.entries[0].detail.contains("retried 1 times"));
    target.sent();
    tenant.advance(6);
    target.answers([nobody(), found(&[account("1", "ada")])]);
    job.cycle(&tenant, &target).await;
    assert_eq!(job.escrows().len(), 0);
    assert_eq!(job.link(&id("ada")).unwrap().target_id, "1");
}

#[tokio::test]
async fn a_conflict_has_another_code_where_the_switch_says_so() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job_with(users_only(), |settings| {
        settings.switches.create_conflict = crate::entra::dialect::CreateConflict::IncompatibleFiltering;
    });
    target.answers([nobody(), nobody(), refused(409)]);
    let report = job.cycle(&tenant, &target).await;
    let code = "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering";
    assert_eq!(failed(&report, "ada"), (ProvisioningAction::Create, code.into()));
}

#[tokio::test]
async fn two_hits_are_no_match() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), found(&[account("1", "ada"), account("2", "ada")])]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(failed(&report, "ada"), (ProvisioningAction::Other, "DuplicateTargetEntries".into()));
    assert!(job.link(&id("ada")).is_none());
}

#[tokio::test]
async fn an_account_is_not_linked_twice() {
    let (tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), found(&[account("1", "ada")]), found(&[account("1", "ada")])]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(failed(&report, "grace").1, "DuplicateSourceEntries");
}

#[tokio::test]
async fn an_account_that_is_gone_fails_until_a_restart_matches_again() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), found(&[account("1", "ada")])]);
    job.cycle(&tenant, &target).await;
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    for _ in 0..2 {
        target.answers([nobody(), refused(404)]);
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(failed(&report, "ada").1, "InvalidAnchor");
    }
    target.sent();
    job.restart(ResetScope::PORTAL);
    target.answers([nobody(), refused(404), nobody(), Answer::json(201, &account("3", "ada"))]);
    job.cycle(&tenant, &target).await;
    let sent = target.sent();
    assert_eq!(sent[1], "GET /Users/1");
    assert!(sent[3].starts_with("POST /Users"));
    assert_eq!(job.link(&id("ada")).unwrap().target_id, "3");
}

#[tokio::test]
async fn bad_credentials_stop_the_job_and_the_next_cycle_begins_where_it_began() {
    let (tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), refused(401)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(target.sent().len(), 2);
    let Some(CycleStop::Quarantined(quarantine)) = report.stopped else { panic!("{report:?}") };
    assert_eq!(quarantine.reason, "EncounteredQuarantineException");
    assert!(job.quarantine().is_some());
    target.answers([nobody(), found(&[account("1", "ada")]), found(&[account("2", "grace")])]);
    let report = job.cycle(&tenant, &target).await;
    assert!(report.initial && job.quarantine().is_none());
}

#[tokio::test]
async fn not_found_for_a_filter_is_a_compliance_issue() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(mapping(), Dialect::Default);
    target.answers([nobody(), refused(404)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(target.sent(), ["probe /Users", "probe /Groups"]);
    let Some(CycleStop::Quarantined(quarantine)) = report.stopped else { panic!("{report:?}") };
    assert_eq!(quarantine.problem.code.as_str(), "SystemForCrossDomainIdentityManagementServiceIncompatible");
    target.answers([refused(500)]);
    assert!(matches!(job.test_connection(&target).await, Err(CycleStop::Quarantined(_))));
    target.answers([nobody(), nobody()]);
    assert_eq!(job.test_connection(&target).await, Ok(()));
}

#[tokio::test]
async fn what_cannot_be_read_fails_the_object() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    let mut without_id = account("1", "ada");
    without_id.as_object_mut().unwrap().remove("id");
    target.answers([nobody(), nobody(), Answer::json(201, &without_id)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(
        failed(&report, "ada"),
        (ProvisioningAction::Create, "SystemForCrossDomainIdentityManagementServiceIncompatible".into())
    );
    let mut manager = account("1", "ada");
    manager[urn::ENTERPRISE] = json!({"manager": "2"});
    target.answers([nobody(), found(&[manager])]);
    let report = job.cycle(&tenant, &target).await;
    assert!(report.entries[0].detail.contains("not able to deserialize"));
}

#[tokio::test]
async fn a_refused_update_keeps_the_reference_for_the_next_cycle() {
    let (mut tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), found(&[account("1", "ada")]), found(&[account("2", "grace")])]);
    job.cycle(&tenant, &target).await;
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    target.sent();
    target.answers([nobody(), Answer::json(200, &account("1", "ada")), refused(400)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(failed(&report, "ada").0, ProvisioningAction::Update);
    target.sent();
    target.answers([nobody(), Answer::json(200, &account("1", "ada")), empty(204), empty(204)]);
    job.cycle(&tenant, &target).await;
    assert!(target.sent()[3].contains("manager"));
    assert_eq!(job.escrows().len(), 0);
}

#[tokio::test]
async fn a_refused_member_is_tried_again_and_the_others_go_on() {
    let mut tenant = tenant(&["ada", "grace"]);
    add_group(&mut tenant, "team", &["ada", "grace"]);
    let target = Script::default();
    let mut job = job(mapping(), Dialect::Default);
    target.answers([nobody(), nobody(), found(&[account("1", "ada")]), found(&[account("2", "grace")])]);
    target.answers([found(&[group_account("9", "team")]), refused(500), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(failed(&report, "team"), (ProvisioningAction::Update, "InternalServerError".into()));
    target.sent();
    target.answers([nobody(), nobody(), Answer::json(200, &group_account("9", "team")), empty(204)]);
    job.cycle(&tenant, &target).await;
    assert!(target.sent()[3].contains(r#""value":"1""#));
    assert_eq!(job.escrows().len(), 0);
}

#[tokio::test]
async fn a_guard_and_an_interruption_end_the_cycle() {
    for broken in [Broken::Withheld("a stranger".into()), Broken::Interrupted] {
        let (tenant, target) = (tenant(&["ada"]), Script::default());
        let mut job = job(users_only(), Dialect::Default);
        let mut there = account("1", "ada");
        there["displayName"] = json!("somebody else");
        target.answers([nobody(), found(&[there])]);
        target.breaks(broken.clone());
        let report = job.cycle(&tenant, &target).await;
        let expected = match broken {
            Broken::Withheld(reason) => CycleStop::Withheld(reason),
            _ => CycleStop::Interrupted,
        };
        assert_eq!(report.stopped, Some(expected));
        assert!(job.quarantine().is_none());
    }
}
