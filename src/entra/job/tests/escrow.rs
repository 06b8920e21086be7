//! When what failed is tried again, when a job is in quarantine, and when it is given up.

use super::*;
use crate::entra::dialect::Retries;
use crate::entra::job::{CycleStop, NextCycle, Thresholds};

/// Hours after the first failure at which a create is tried again, a cycle each hour.
async fn attempts(retries: Retries, hours: u64) -> Vec<u64> {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job_with(users_only(), |settings| settings.switches.retries = retries);
    target.answers([nobody(), nobody(), refused(500)]);
    job.cycle(&tenant, &target).await;
    target.sent();
    let mut tried = Vec::new();
    for hour in 0..=hours {
        target.answers([nobody()]);
        if job.escrows().next().and_then(|(_, escrow)| escrow.next_attempt(retries)) <= Some(tenant.minute())
            && job.escrows().len() > 0
        {
            target.answers([nobody(), refused(500)]);
            tried.push(hour);
        }
        job.cycle(&tenant, &target).await;
        target.sent();
        tenant.advance(1);
    }
    tried
}

#[tokio::test]
async fn failures_are_tried_again_at_6_12_and_24_hours_then_daily_for_28_days() {
    let days = |from: u64| (from..=28).map(|day| day * 24);
    let page: Vec<u64> = [6, 12].into_iter().chain(days(1)).collect();
    // The attempt at 28 days is the last one; afterwards the entry is gone.
    assert_eq!(attempts(Retries::SixHours, 30 * 24).await, page);
    let next: Vec<u64> = [0].into_iter().chain(page).collect();
    assert_eq!(attempts(Retries::NextCycle, 30 * 24).await, next);
    assert_eq!(attempts(Retries::EveryCycle, 5).await, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_change_of_the_object_tries_it_at_once() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job_with(users_only(), |settings| settings.switches.retries = Retries::SixHours);
    target.answers([nobody(), nobody(), refused(500)]);
    job.cycle(&tenant, &target).await;
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    job.cycle(&tenant, &target).await;
    assert_eq!(job.escrows().len(), 0);
}

#[tokio::test]
async fn a_refused_disable_waits_for_its_turn() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let job = job_with(users_only(), |settings| settings.switches.retries = Retries::SixHours);
    let mut job = linked(job, &tenant, &target, &["ada"]).await;
    tenant.unassign(&id("ada")).unwrap();
    target.answers([nobody(), Answer::json(200, &account("ada", "ada")), refused(500)]);
    job.cycle(&tenant, &target).await;
    target.sent();
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    assert_eq!(target.sent(), ["probe /Users"]);
    tenant.advance(6);
    target.answers([nobody(), Answer::json(200, &account("ada", "ada")), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada disable success"]);
}

#[tokio::test]
async fn a_job_that_stays_in_quarantine_slows_down_and_is_disabled_after_four_weeks() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    let mut hours = Vec::new();
    loop {
        target.answers([refused(401)]);
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(report.quarantine.unwrap().reason, "EncounteredQuarantineException");
        match job.next_cycle() {
            NextCycle::Disabled => break,
            NextCycle::At(minute) => {
                hours.push(minute / 60);
                tenant.advance_minutes(minute - tenant.minute());
            }
        }
    }
    assert_eq!(&hours[..5], [6, 12, 24, 48, 72]);
    assert_eq!(hours.last(), Some(&(28 * 24)));
    target.sent();
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(report.stopped, Some(CycleStop::Disabled));
    assert!(target.sent().is_empty(), "a disabled job asks nothing");
    job.restart(ResetScope::PORTAL);
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!((report.stopped, report.quarantine), (None, None));
}

#[tokio::test]
async fn a_job_nobody_ran_for_four_weeks_in_quarantine_is_disabled() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([refused(401)]);
    job.cycle(&tenant, &target).await;
    tenant.advance(28 * 24 + 1);
    assert_eq!(job.cycle(&tenant, &target).await.stopped, Some(CycleStop::Disabled));
}

#[tokio::test]
async fn one_good_cycle_lifts_a_quarantine_and_cycles_are_40_minutes_apart() {
    let (tenant, target) = (tenant(&[]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    assert_eq!(job.next_cycle(), NextCycle::At(0));
    target.answers([refused(401)]);
    job.cycle(&tenant, &target).await;
    assert_eq!(job.next_cycle(), NextCycle::At(6 * 60));
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    assert!(job.quarantine().is_none());
    assert_eq!(job.next_cycle(), NextCycle::At(40));
}

#[tokio::test]
async fn too_many_failures_quarantine_the_job_and_the_initial_cycle_prunes_them() {
    let (tenant, target) = (tenant(&["a", "b", "c"]), Script::default());
    let small = Thresholds { evaluated_from: 2, ..Thresholds::default() };
    let mut job = job_with(users_only(), |settings| settings.policy.quarantine = small);
    let create = |status| [nobody(), refused(status)];
    target.answers([nobody()]);
    target.answers([create(500), create(400)].concat());
    target.answers([nobody(), Answer::json(201, &account("3", "c"))]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!((report.tally.failed, report.tally.succeeded), (2, 1));
    assert_eq!(report.quarantine.unwrap().reason, "EncounteredEscrowProportionThreshold");
    assert!(report.escrows_pruned);
    assert_eq!(job.escrows().len(), 0);
    target.sent();
    // What was pruned is not tried again, so the next cycle has nothing to complain about.
    target.answers([nobody()]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!((report.quarantine, target.sent().len()), (None, 1));
    // A restart looks at everybody.
    job.restart(ResetScope::PORTAL);
    target.answers([nobody()]);
    target.answers([create(500), create(500)].concat());
    target.answers([Answer::json(200, &account("3", "c"))]);
    assert!(job.cycle(&tenant, &target).await.quarantine.is_some());
}

#[tokio::test]
async fn reference_failures_count_towards_the_total_alone() {
    let mut tenant = tenant(&["ada", "grace"]);
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    let target = Script::default();
    let small = Thresholds { evaluated_from: 1, percent: 0, failures: 0, total: 0 };
    let mut job = job_with(users_only(), |settings| settings.policy.quarantine = small);
    target.answers([nobody(), found(&[account("1", "ada")]), found(&[account("2", "grace")]), refused(500)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!((report.tally.failed, report.tally.references_failed), (0, 1));
    assert_eq!(report.quarantine.unwrap().reason, "EncounteredTotalEscrowThreshold");
}
