//! Leavers who are left alone, held back, or renamed.

use super::*;
use crate::entra::dialect::{DeletionThreshold, Leavers, TombstoneName};

fn disabled(report: &CycleReport) -> usize {
    report.entries.iter().filter(|entry| entry.action == ProvisioningAction::Disable).count()
}

#[tokio::test]
async fn who_leaves_the_scope_is_skipped_when_asked_for_and_who_is_blocked_is_not() {
    let (mut tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let job = job_with(users_only(), |settings| settings.policy.skip_out_of_scope_deletions = true);
    let mut job = linked(job, &tenant, &target, &["ada", "grace"]).await;
    tenant.unassign(&id("ada")).unwrap();
    tenant.set_account_enabled(&id("grace"), false).unwrap();
    target.answers([nobody(), Answer::json(200, &account("grace", "grace")), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada other skipped EntrySynchronizationSkipped", "grace disable success"]);
    target.sent();
    // It is said once, and the account stays known.
    target.answers([nobody()]);
    assert_eq!(log(&job.cycle(&tenant, &target).await), Vec::<String>::new());
    tenant.assign(&id("ada")).unwrap();
    target.answers([nobody(), Answer::json(200, &account("ada", "ada"))]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada other skipped RedundantExport"]);
}

#[tokio::test]
async fn groups_out_of_scope_are_skipped_too() {
    let mut tenant = tenant(&[]);
    add_group(&mut tenant, "team", &[]);
    let target = Script::default();
    let mut job = job_with(mapping(), |settings| settings.policy.skip_out_of_scope_deletions = true);
    target.answers([nobody(), nobody(), found(&[group_account("9", "team")])]);
    job.cycle(&tenant, &target).await;
    tenant.unassign(&id("team")).unwrap();
    target.sent();
    target.answers([nobody(), nobody()]);
    job.cycle(&tenant, &target).await;
    assert!(!target.sent().iter().any(|line| line.starts_with("DELETE")));
    assert!(job.link(&id("team")).is_some());
}

/// Five people with accounts, a threshold, and so many of them unassigned.
async fn leaving(threshold: usize, how_many: usize, at: DeletionThreshold) -> (Tenant, Script, Job) {
    let people = ["a", "b", "c", "d", "e"];
    let (mut tenant, target) = (tenant(&people), Script::default());
    let job = job_with(users_only(), |settings| {
        settings.policy = Policy { deletion_threshold: Some(threshold), ..Policy::default() };
        settings.switches.deletion_threshold = at;
    });
    let job = linked(job, &tenant, &target, &people).await;
    for key in &people[..how_many] {
        tenant.unassign(&id(key)).unwrap();
    }
    (tenant, target, job)
}

fn disables(target: &Script, people: &[&str]) {
    for key in people {
        target.answers([Answer::json(200, &account(key, key)), empty(204)]);
    }
}

#[tokio::test]
async fn more_than_the_threshold_are_held_back_and_nothing_is_sent() {
    let (mut tenant, target, mut job) = leaving(2, 3, DeletionThreshold::Above).await;
    tenant.set(&id("e"), "jobTitle", Some("Analyst".into())).unwrap();
    target.answers([nobody(), Answer::json(200, &account("e", "e")), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(
        log(&report),
        ["a stagedDelete skipped", "b stagedDelete skipped", "c stagedDelete skipped", "e update success",]
    );
    assert_eq!(report.quarantine.unwrap().reason, "TooManyDeletes");
    assert_eq!(report.held_back, [id("a"), id("b"), id("c")]);
}

#[tokio::test]
async fn as_many_as_the_threshold_go_unless_the_switch_says_met() {
    let (tenant, target, mut job) = leaving(2, 2, DeletionThreshold::Above).await;
    target.answers([nobody()]);
    disables(&target, &["a", "b"]);
    assert_eq!(disabled(&job.cycle(&tenant, &target).await), 2);
    let (tenant, target, mut job) = leaving(2, 2, DeletionThreshold::Met).await;
    target.answers([nobody()]);
    assert_eq!(job.cycle(&tenant, &target).await.held_back.len(), 2);
}

#[tokio::test]
async fn held_back_deletions_stay_so_and_are_not_added_up() {
    let (mut tenant, target, mut job) = leaving(2, 3, DeletionThreshold::Above).await;
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    // One more leaver is no accident of its own.
    tenant.unassign(&id("d")).unwrap();
    target.answers([nobody()]);
    disables(&target, &["d"]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!((disabled(&report), report.held_back.len()), (1, 3));
    assert!(job.quarantine().is_some());
    // Who comes back is no longer held back, and with the last of them the quarantine ends.
    for key in ["a", "b", "c"] {
        tenant.assign(&id(key)).unwrap();
    }
    target.sent();
    target.answers([nobody()]);
    target.answers(["a", "b", "c"].map(|key| Answer::json(200, &account(key, key))));
    let report = job.cycle(&tenant, &target).await;
    assert_eq!((report.held_back.len(), report.quarantine), (0, None));
}

#[tokio::test]
async fn allowed_deletions_are_played_by_the_next_cycle_and_by_that_one_alone() {
    let (mut tenant, target, mut job) = leaving(1, 2, DeletionThreshold::Above).await;
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    job.restart(ResetScope::ALLOW_DELETES);
    target.answers([nobody()]);
    disables(&target, &["a", "b"]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!((disabled(&report), report.quarantine), (2, None));
    tenant.unassign(&id("c")).unwrap();
    tenant.unassign(&id("d")).unwrap();
    target.sent();
    target.answers([nobody()]);
    assert_eq!(job.cycle(&tenant, &target).await.held_back.len(), 2);
}

#[tokio::test]
async fn purges_and_groups_count_as_well() {
    let mut tenant = tenant(&["ada"]);
    add_group(&mut tenant, "team", &[]);
    let target = Script::default();
    let mut job = job_with(mapping(), |settings| settings.policy.deletion_threshold = Some(1));
    target.answers([nobody(), nobody(), found(&[account("1", "ada")]), found(&[group_account("9", "team")])]);
    job.cycle(&tenant, &target).await;
    tenant.purge(&id("ada")).unwrap();
    tenant.unassign(&id("team")).unwrap();
    target.answers([nobody(), nobody()]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada stagedDelete skipped", "team stagedDelete skipped"]);
    job.restart(ResetScope::ALLOW_DELETES);
    target.answers([nobody(), nobody(), empty(204), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada delete success", "team delete success"]);
}

#[tokio::test]
async fn a_tombstone_name_goes_with_the_disable() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let job = job_with(users_only(), |settings| settings.switches.tombstone_name = TombstoneName::On);
    let mut job = linked(job, &tenant, &target, &["ada"]).await;
    tenant.soft_delete(&id("ada")).unwrap();
    target.answers([nobody(), Answer::json(200, &account("ada", "ada")), empty(204)]);
    job.cycle(&tenant, &target).await;
    let sent = target.sent();
    assert!(sent[2].contains(r#""path":"userName","value":"adaada@example.com""#), "{}", sent[2]);
    assert!(sent[2].contains(r#""path":"active","value":"False""#), "{}", sent[2]);
}

#[tokio::test]
async fn an_application_without_a_soft_delete_deletes_leavers_and_makes_them_anew() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let job = job_with(users_only(), |settings| settings.switches.leavers = Leavers::Deleted);
    let mut job = linked(job, &tenant, &target, &["ada"]).await;
    tenant.unassign(&id("ada")).unwrap();
    target.answers([nobody(), empty(204)]);
    assert_eq!(log(&job.cycle(&tenant, &target).await), ["ada delete success"]);
    tenant.assign(&id("ada")).unwrap();
    target.answers([nobody(), nobody(), Answer::json(201, &account("2", "ada"))]);
    assert_eq!(log(&job.cycle(&tenant, &target).await), ["ada create success"]);
}
