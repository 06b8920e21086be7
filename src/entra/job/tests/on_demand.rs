//! On demand and account discovery.

use super::*;

#[tokio::test]
async fn on_demand_speaks_the_default_dialect_under_the_flag() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::AadOptscim062020);
    target.answers([nobody(), found(&[account("1", "ada")])]);
    job.cycle(&tenant, &target).await;
    target.sent();
    tenant.unassign(&id("ada")).unwrap();
    target.answers([nobody(), Answer::json(200, &account("1", "ada")), empty(204)]);
    let report = job.on_demand(&tenant, &[id("ada")], &target).await;
    assert_eq!(log(&report), ["ada disable success"]);
    assert_eq!(
        target.sent(),
        [
            "probe /Users",
            "GET /Users/1",
            r#"PATCH /Users/1 [{"op":"Replace","path":"active","value":"False"}]"#
        ]
    );
    // The cycle after it finds nothing left to do, and asks nothing.
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    assert_eq!(target.sent(), ["probe /Users"]);
}

#[tokio::test]
async fn on_demand_matches_again_when_the_account_is_gone() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), found(&[account("1", "ada")])]);
    job.cycle(&tenant, &target).await;
    target.sent();
    target.answers([nobody(), refused(404), nobody(), Answer::json(201, &account("2", "ada"))]);
    job.on_demand(&tenant, &[id("ada")], &target).await;
    assert_eq!(target.sent().len(), 4);
    assert_eq!(job.link(&id("ada")).unwrap().target_id, "2");
}

#[tokio::test]
async fn on_demand_does_not_find_who_is_blocked() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    tenant.set_account_enabled(&id("ada"), false).unwrap();
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody()]);
    let report = job.on_demand(&tenant, &[id("ada")], &target).await;
    assert_eq!(log(&report), ["ada other skipped EntrySynchronizationSkipped"]);
}

#[tokio::test]
async fn a_cycle_disables_who_was_provisioned_on_demand_and_left_before_it() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    tenant.unassign(&id("ada")).unwrap();
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    // In through a group and out again: the log names the group alone.
    add_group(&mut tenant, "team", &["ada"]);
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    job.on_demand(&tenant, &[id("ada")], &target).await;
    tenant.unassign(&id("team")).unwrap();
    target.sent();
    target.answers([nobody(), Answer::json(200, &account("1", "ada")), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada disable success"]);
}

#[tokio::test]
async fn on_demand_updates_five_members_of_a_group() {
    let people = ["a", "b", "c", "d", "e", "f"];
    let mut tenant = tenant(&people);
    let target = Script::default();
    let mut job = job(mapping(), Dialect::AadOptscim062020);
    target.answers([nobody(), nobody()]);
    target.answers(people.iter().map(|key| found(&[account(key, key)])));
    job.cycle(&tenant, &target).await;
    add_group(&mut tenant, "team", &people);
    target.sent();
    target.answers([nobody(), nobody(), nobody(), Answer::json(201, &group_account("9", "team"))]);
    target.answers((0..5).map(|_| empty(204)));
    job.on_demand(&tenant, &[id("team")], &target).await;
    let sent = target.sent();
    assert_eq!(
        sent[4],
        r#"PATCH /Groups/9 [{"op":"Add","path":"members","value":[{"$ref":null,"value":"a"}]}]"#
    );
    assert_eq!(job.link(&id("team")).unwrap().members.len(), 5);
}

#[tokio::test]
async fn discovery_reads_page_by_page() {
    let target = Script::default();
    let job = job(users_only(), Dialect::Default);
    let page = |ids: &[&str], total: u64| {
        let resources: Vec<Value> = ids.iter().map(|id| account(id, id)).collect();
        Answer::json(200, &json!({"totalResults": total, "Resources": resources}))
    };
    target.answers([page(&["1", "2"], 3), page(&["3"], 3)]);
    let accounts = job.discover_accounts(&target, Some(2)).await;
    assert_eq!(accounts.ids().collect::<Vec<_>>(), ["1", "2", "3"]);
    assert!(accounts.problem.is_none());
    assert_eq!(target.sent(), ["GET /Users?startIndex=1&count=2", "GET /Users?startIndex=3&count=2"]);

    target.answers([page(&["1", "2"], 9), page(&["1", "2"], 9)]);
    let accounts = job.discover_accounts(&target, None).await;
    assert!(accounts.problem.is_some());
    assert_eq!(target.sent()[1], "GET /Users?startIndex=3&count=100");
}

#[test]
fn a_job_can_run_on_any_thread() {
    fn on_any_thread(_: impl Send) {}
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    on_any_thread(job.cycle(&tenant, &target));
    on_any_thread(job.on_demand(&tenant, &[], &target));
    on_any_thread(job.discover_accounts(&target, None));
}
