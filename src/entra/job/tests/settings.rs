//! Restarts, target object actions, flow types, and switches of the job.

use super::*;
use crate::entra::dialect::{NarrowedScope, RestartLinks, SwitchDefect};
use crate::entra::mapping::{FlowBehavior, FlowType, ObjectActions};

fn acting(change: impl FnOnce(&mut ObjectActions)) -> Mapping {
    let mut mapping = users_only();
    change(&mut mapping.user.actions);
    mapping
}

#[tokio::test]
async fn without_create_those_who_match_are_taken_over_and_nobody_is_made() {
    let (tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let mut job = job(acting(|actions| actions.create = false), Dialect::Default);
    target.answers([nobody(), nobody(), found(&[account("2", "grace")])]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(
        log(&report),
        ["ada other skipped EntrySynchronizationSkipped", "grace other skipped RedundantExport"]
    );
}

#[tokio::test]
async fn without_update_nothing_changes_and_nobody_is_disabled() {
    let (mut tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let job = job(acting(|actions| actions.update = false), Dialect::Default);
    let mut job = linked(job, &tenant, &target, &["ada", "grace"]).await;
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    tenant.set_account_enabled(&id("grace"), false).unwrap();
    target.answers([nobody(), Answer::json(200, &account("ada", "ada"))]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(
        log(&report),
        ["ada other skipped EntrySynchronizationSkipped", "grace other skipped EntrySynchronizationSkipped"]
    );
}

#[tokio::test]
async fn without_delete_a_purge_is_ignored() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let job = job(acting(|actions| actions.delete = false), Dialect::Default);
    let mut job = linked(job, &tenant, &target, &["ada"]).await;
    tenant.purge(&id("ada")).unwrap();
    target.answers([nobody()]);
    assert_eq!(log(&job.cycle(&tenant, &target).await), ["ada other skipped EntrySynchronizationSkipped"]);
}

#[tokio::test]
async fn each_reset_scope_forgets_what_it_names() {
    let (mut tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), found(&[account("1", "ada")]), nobody(), refused(500)]);
    job.cycle(&tenant, &target).await;
    assert_eq!((job.links().len(), job.escrows().len()), (1, 1));
    job.restart("Escrows".parse().unwrap());
    assert_eq!((job.links().len(), job.escrows().len()), (1, 0));
    target.sent();
    // What was forgotten is not tried again without a new watermark.
    target.answers([nobody()]);
    assert!(!job.cycle(&tenant, &target).await.initial);
    job.restart("Watermark".parse().unwrap());
    target.answers([nobody(), Answer::json(200, &account("1", "ada")), nobody(), refused(500)]);
    assert!(job.cycle(&tenant, &target).await.initial);
    assert_eq!(job.escrows().len(), 1);
    job.restart("ConnectorDataStore".parse().unwrap());
    assert_eq!((job.links().len(), job.escrows().len()), (0, 1));
    tenant.advance(1);
    target.answers([refused(401)]);
    job.cycle(&tenant, &target).await;
    job.restart("QuarantineState".parse().unwrap());
    assert!(job.quarantine().is_none());
}

#[tokio::test]
async fn another_mapping_looks_at_everybody_and_keeps_the_links() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = linked(job(users_only(), Dialect::Default), &tenant, &target, &["ada"]).await;
    job.configure(users_only(), Scope::Assigned);
    target.answers([nobody()]);
    assert!(!job.cycle(&tenant, &target).await.initial, "nothing was changed");
    let mut longer = users_only();
    longer.user.rows.push(row(ObjectKind::User, "displayName", "nickName"));
    job.configure(longer, Scope::Assigned);
    target.sent();
    target.answers([nobody(), Answer::json(200, &account("ada", "ada")), empty(204)]);
    assert!(job.cycle(&tenant, &target).await.initial);
    let sent = target.sent();
    assert!(sent[2].contains(r#"{"op":"Add","path":"nickName","value":"ada"}"#), "{sent:?}");
}

// known-issues, Sync All to Sync assigned.
#[tokio::test]
async fn a_narrowed_scope_waits_for_a_restart_unless_the_switch_says_otherwise() {
    for (reading, at_once) in [(NarrowedScope::Restart, false), (NarrowedScope::NextCycle, true)] {
        let (mut tenant, target) = (tenant(&["ada"]), Script::default());
        let change = |settings: &mut JobSettings| {
            settings.scope = Scope::Everyone;
            settings.switches.narrowed_scope = reading;
        };
        let mut job = linked(job_with(users_only(), change), &tenant, &target, &["ada"]).await;
        tenant.unassign(&id("ada")).unwrap();
        job.configure(users_only(), Scope::Assigned);
        assert_eq!(job.waits_for_restart(), !at_once);
        if !at_once {
            target.answers([nobody(), Answer::json(200, &account("ada", "ada"))]);
            job.cycle(&tenant, &target).await;
            assert_eq!(target.sent(), ["probe /Users", "GET /Users/ada"], "she is still in scope");
            job.restart(ResetScope::PORTAL);
        }
        assert_eq!((job.settings().scope, job.waits_for_restart()), (Scope::Assigned, false));
        target.answers([nobody(), Answer::json(200, &account("ada", "ada")), empty(204)]);
        assert_eq!(log(&job.cycle(&tenant, &target).await), ["ada disable success"]);
        target.sent();
        // Taken back before the restart, nothing is left of it; wider takes effect at once.
        job.configure(users_only(), Scope::Everyone);
        assert_eq!((job.settings().scope, job.waits_for_restart()), (Scope::Everyone, false));
    }
}

// Graph: objectConnections.
#[tokio::test]
async fn a_link_that_was_dropped_is_made_again_by_matching() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = linked(job(users_only(), Dialect::Default), &tenant, &target, &["ada"]).await;
    assert!(job.forget(&id("ada")) && !job.forget(&id("ada")));
    assert!(job.link(&id("ada")).is_none());
    target.answers([nobody(), found(&[account("2", "ada")])]);
    job.on_demand(&tenant, &[id("ada")], &target).await;
    let sent = target.sent();
    assert!(sent[1].starts_with("GET /Users?filter=userName"), "{sent:?}");
    assert_eq!(job.link(&id("ada")).unwrap().target_id, "2");
}

// functions-for-customizing-application-data, Switch: CAUTION.
#[tokio::test]
async fn switchs_defect_takes_a_value_away_that_did_not_change() {
    let mut mapping = users_only();
    mapping.user.rows.push(row(ObjectKind::User, r#"Switch([city], "x", "London", "LDN")"#, "locale"));
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    tenant.set(&id("ada"), "city", Some("London".into())).unwrap();
    let mut there = account("1", "ada");
    there["locale"] = json!("LDN");
    let mut job = job_with(mapping, |settings| settings.switches.switch_defect = SwitchDefect::On);
    target.answers([nobody(), found(&[there.clone()])]);
    job.cycle(&tenant, &target).await;
    target.sent();
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    target.answers([nobody(), Answer::json(200, &there), empty(204)]);
    job.cycle(&tenant, &target).await;
    let sent = target.sent();
    assert!(sent[2].contains(r#"{"op":"Replace","path":"locale","value":null}"#), "{sent:?}");
    assert!(!sent[2].contains("active"), "IsSoftDeleted is spared: {sent:?}");
    // Its own source changed with the other: no defect.
    tenant.set(&id("ada"), "city", Some("Paris".into())).unwrap();
    target.answers([nobody(), Answer::json(200, &there), empty(204)]);
    job.cycle(&tenant, &target).await;
    assert!(target.sent()[2].contains(r#""path":"locale","value":"x""#));
}

#[tokio::test]
async fn flow_types_decide_what_an_update_writes() {
    let mut mapping = users_only();
    for (target, flow) in [("nickName", FlowType::AttributeAddOnly), ("locale", FlowType::ObjectAddOnly)] {
        let mut row = row(ObjectKind::User, "city", target);
        row.flow = flow;
        mapping.user.rows.push(row);
    }
    mapping.user.rows[2].behavior = FlowBehavior::FlowAlways;
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = linked(job(mapping, Dialect::Default), &tenant, &target, &["ada"]).await;
    tenant.set(&id("ada"), "city", Some("London".into())).unwrap();
    target.answers([nobody(), Answer::json(200, &account("ada", "ada")), empty(204)]);
    job.cycle(&tenant, &target).await;
    assert_eq!(
        target.sent()[2],
        r#"PATCH /Users/ada [{"op":"Add","path":"nickName","value":"London"},{"op":"Replace","path":"displayName","value":"ada"}]"#
    );
    let mut there = account("ada", "ada");
    there["nickName"] = json!("London");
    tenant.set(&id("ada"), "city", Some("Paris".into())).unwrap();
    target.answers([nobody(), Answer::json(200, &there)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada other skipped RedundantExport"]);
}

#[tokio::test]
async fn roles_are_not_provisioned_on_demand() {
    let mut mapping = users_only();
    mapping.user.rows.push(row(ObjectKind::User, "jobTitle", r#"roles[primary eq "True"].value"#));
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    tenant.set(&id("ada"), "jobTitle", Some("Admin".into())).unwrap();
    let mut job = job(mapping, Dialect::Default);
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    job.on_demand(&tenant, &[id("ada")], &target).await;
    let sent = target.sent();
    assert!(sent[2].contains(r#""roles":[]"#), "{sent:?}");
}

#[tokio::test]
async fn a_restart_drops_links_where_the_switch_says_so() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let job = job_with(users_only(), |settings| settings.switches.restart_links = RestartLinks::Dropped);
    let mut job = linked(job, &tenant, &target, &["ada"]).await;
    job.restart(ResetScope::PORTAL);
    assert_eq!(job.links().len(), 0);
}

#[tokio::test]
async fn a_custom_attribute_comes_after_the_create_where_the_switch_says_so() {
    let target_path = format!("{}:role", urn::USER);
    for (word, sent_with_create) in [("in-create", true), ("after-create", false)] {
        let mut mapping = users_only();
        mapping.user.rows.push(row(ObjectKind::User, "jobTitle", &target_path));
        let (mut tenant, target) = (tenant(&["ada"]), Script::default());
        tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
        let mut job = job_with(mapping, |settings| settings.switches.set("custom-attributes", word).unwrap());
        target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
        target.answers((!sent_with_create).then(|| empty(204)));
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(log(&report), ["ada create success"]);
        let sent = target.sent();
        assert_eq!(sent[2].contains(r#""role":"Analyst""#), sent_with_create, "{sent:?}");
        let addition = format!(r#"PATCH /Users/1 [{{"op":"Add","path":"{target_path}","value":"Analyst"}}]"#);
        assert_eq!(sent.get(3), (!sent_with_create).then_some(&addition));
    }
}
