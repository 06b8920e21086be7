//! The life of a user, request by request (the order Microsoft documents and packets show).

use super::*;

const ADA: &str = r#"GET /Users?filter=userName+eq+%22ada%40example.com%22"#;

/// Ada stands at the target as `1`.
async fn linked(job: &mut Job, tenant: &Tenant, target: &Script) {
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    let report = job.cycle(tenant, target).await;
    assert_eq!(log(&report), ["ada create success"]);
    target.sent();
}

#[tokio::test]
async fn a_user_is_looked_for_and_created() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    let report = job.cycle(&tenant, &target).await;
    assert!(report.initial && report.stopped.is_none());
    assert_eq!(
        target.sent(),
        [
            "probe /Users",
            ADA,
            &format!(
                r#"POST /Users {{"schemas":["{}","{}"],"userName":"ada@example.com","active":true,"displayName":"ada","meta":{{"resourceType":"User"}},"roles":[]}}"#,
                urn::USER,
                urn::ENTERPRISE
            ),
        ]
    );
    assert_eq!(job.link(&id("ada")).unwrap().target_id, "1");
    target.answers([nobody()]);
    let report = job.cycle(&tenant, &target).await;
    assert!(!report.initial && report.entries.is_empty());
    assert_eq!(target.sent(), ["probe /Users"]);
}

#[tokio::test]
async fn steps_are_named_after_people() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(mapping(), Dialect::Default);
    job.name(id("ada"), "Ada L.");
    target.answers([nobody(), nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    job.cycle(&tenant, &target).await;
    let steps: Vec<String> = target.requests().into_iter().map(|request| request.step).collect();
    assert_eq!(
        steps,
        [
            "cycle 1: probe /Users",
            "cycle 1: probe /Groups",
            "cycle 1: match Ada L.",
            "cycle 1: create Ada L."
        ]
    );
}

#[tokio::test]
async fn an_update_reads_and_sends_only_what_differs() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    linked(&mut job, &tenant, &target).await;
    tenant.set(&id("ada"), "displayName", Some("Ada".into())).unwrap();
    tenant.set(&id("ada"), "jobTitle", Some("Analyst".into())).unwrap();
    tenant.set(&id("ada"), "mail", Some("ada@example.com".into())).unwrap();
    let mut there = account("1", "ada");
    there["emails"] = json!([{"type": "home", "value": "h@example.com"}]);
    there["displayName"] = json!("Countess");
    target.answers([nobody(), Answer::json(200, &there), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada update success"]);
    assert_eq!(
        target.sent(),
        [
            "probe /Users",
            "GET /Users/1",
            r#"PATCH /Users/1 [{"op":"Replace","path":"displayName","value":"Ada"},{"op":"Add","path":"title","value":"Analyst"},{"op":"Add","path":"emails[type eq \"work\"].value","value":"ada@example.com"}]"#,
        ]
    );
}

#[tokio::test]
async fn a_change_of_letter_case_or_of_an_unmapped_attribute_is_none() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    linked(&mut job, &tenant, &target).await;
    tenant.set(&id("ada"), "companyName", Some("Engines".into())).unwrap();
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    assert_eq!(target.sent(), ["probe /Users"]);
    tenant.set(&id("ada"), "displayName", Some("ADA".into())).unwrap();
    target.answers([nobody(), Answer::json(200, &account("1", "ada"))]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(target.sent(), ["probe /Users", "GET /Users/1"]);
    assert_eq!(log(&report), ["ada other skipped RedundantExport"]);
}

#[tokio::test]
async fn a_cleared_value_is_not_sent() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    linked(&mut job, &tenant, &target).await;
    tenant.set(&id("ada"), "displayName", None).unwrap();
    target.answers([nobody(), Answer::json(200, &account("1", "ada"))]);
    job.cycle(&tenant, &target).await;
    assert_eq!(target.sent(), ["probe /Users", "GET /Users/1"]);
}

#[tokio::test]
async fn a_leaver_is_disabled_and_enabled_again_in_place() {
    for dialect in [Dialect::Default, Dialect::AadOptscim062020] {
        let (mut tenant, target) = (tenant(&["ada"]), Script::default());
        let mut job = job(users_only(), dialect);
        linked(&mut job, &tenant, &target).await;
        tenant.unassign(&id("ada")).unwrap();
        target.answers([nobody(), Answer::json(200, &account("1", "ada")), empty(204)]);
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(log(&report), ["ada disable success"]);
        let patch = match dialect {
            Dialect::Default => r#"PATCH /Users/1 [{"op":"Replace","path":"active","value":"False"}]"#,
            _ => r#"PATCH /Users/1 [{"op":"replace","path":"active","value":false}]"#,
        };
        assert_eq!(target.sent(), ["probe /Users", "GET /Users/1", patch]);

        // While nobody is assigned, changes are nobody's business.
        tenant.set(&id("ada"), "jobTitle", Some("Gone".into())).unwrap();
        target.answers([nobody()]);
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(log(&report), ["ada other skipped NotEffectivelyEntitled"]);
        assert_eq!(target.sent(), ["probe /Users"]);

        tenant.set(&id("ada"), "jobTitle", None).unwrap();
        tenant.assign(&id("ada")).unwrap();
        let mut there = account("1", "ada");
        there["active"] = json!(false);
        target.answers([nobody(), Answer::json(200, &there), empty(204)]);
        job.cycle(&tenant, &target).await;
        let patch = match dialect {
            Dialect::Default => r#"PATCH /Users/1 [{"op":"Replace","path":"active","value":"True"}]"#,
            _ => r#"PATCH /Users/1 [{"op":"replace","path":"active","value":true}]"#,
        };
        assert_eq!(target.sent(), ["probe /Users", "GET /Users/1", patch]);
    }
}

#[tokio::test]
async fn blocked_sign_in_and_the_recycle_bin_disable_and_a_purge_deletes() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    linked(&mut job, &tenant, &target).await;
    tenant.set_account_enabled(&id("ada"), false).unwrap();
    target.answers([nobody(), Answer::json(200, &account("1", "ada")), empty(204)]);
    assert_eq!(log(&job.cycle(&tenant, &target).await), ["ada disable success"]);
    tenant.soft_delete(&id("ada")).unwrap();
    target.answers([nobody()]);
    job.cycle(&tenant, &target).await;
    tenant.purge(&id("ada")).unwrap();
    target.sent();
    target.answers([nobody(), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada delete success"]);
    assert_eq!(target.sent(), ["probe /Users", "DELETE /Users/1"]);
    assert!(job.link(&id("ada")).is_none());
}

#[tokio::test]
async fn a_purge_after_an_unassignment_deletes_only_by_switch() {
    for (word, requests) in [("left", 1), ("deleted", 2)] {
        let (mut tenant, target) = (tenant(&["ada"]), Script::default());
        let mut settings = JobSettings::new(users_only(), Scope::Assigned, Dialect::Default);
        settings.switches.set("purged-after-unassign", word).unwrap();
        let mut job = Job::new(settings);
        linked(&mut job, &tenant, &target).await;
        tenant.unassign(&id("ada")).unwrap();
        target.answers([nobody(), Answer::json(200, &account("1", "ada")), empty(204)]);
        job.cycle(&tenant, &target).await;
        target.sent();
        tenant.purge(&id("ada")).unwrap();
        target.answers([nobody(), empty(204)].into_iter().take(requests));
        job.cycle(&tenant, &target).await;
        assert_eq!(target.sent().len(), requests, "{word}");
        assert!(job.link(&id("ada")).is_none());
    }
}

#[tokio::test]
async fn managers_come_in_the_second_pass_change_and_go() {
    let manager = format!("{}:manager", urn::ENTERPRISE);
    let (mut tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    let mut job = job(users_only(), Dialect::Default);
    target.answers([
        nobody(),
        nobody(),
        Answer::json(201, &account("1", "ada")),
        nobody(),
        Answer::json(201, &account("2", "grace")),
        empty(204),
    ]);
    job.cycle(&tenant, &target).await;
    let sent = target.sent();
    assert_eq!(sent[5], format!(r#"PATCH /Users/1 [{{"op":"Add","path":"{manager}","value":"2"}}]"#));

    let mut there = account("1", "ada");
    there[urn::ENTERPRISE] = json!({"manager": {"value": "2"}});
    tenant.set_manager(&id("ada"), None).unwrap();
    target.answers([nobody(), Answer::json(200, &there), empty(204)]);
    job.cycle(&tenant, &target).await;
    assert_eq!(
        target.sent(),
        [
            "probe /Users".to_owned(),
            "GET /Users/1".to_owned(),
            format!(r#"PATCH /Users/1 [{{"op":"Remove","path":"{manager}"}}]"#)
        ]
    );
}

#[tokio::test]
async fn a_manager_out_of_scope_is_not_written_until_a_restart_looks_again() {
    let mut tenant = tenant(&["ada"]);
    tenant.add_user(user("grace")).unwrap();
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    let target = Script::default();
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    let report = job.cycle(&tenant, &target).await;
    assert!(log(&report).contains(&"ada other skipped UnableToResolveReferenceAttributeValue".to_owned()));
    target.sent();

    tenant.assign(&id("grace")).unwrap();
    target.answers([nobody(), nobody(), Answer::json(201, &account("2", "grace"))]);
    job.cycle(&tenant, &target).await;
    assert!(!target.sent().iter().any(|line| line.starts_with("PATCH")));

    job.restart(ResetScope::PORTAL);
    target.answers([
        nobody(),
        Answer::json(200, &account("1", "ada")),
        Answer::json(200, &account("2", "grace")),
        empty(204),
    ]);
    job.cycle(&tenant, &target).await;
    let sent = target.sent();
    assert_eq!(&sent[1..3], ["GET /Users/1", "GET /Users/2"]);
    assert!(sent[3].ends_with(r#"manager","value":"2"}]"#));
}

#[tokio::test]
async fn a_manager_who_left_is_no_longer_written_though_the_account_is_known() {
    let (mut tenant, target) = (tenant(&["ada", "grace"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody(), found(&[account("1", "ada")]), found(&[account("2", "grace")])]);
    job.cycle(&tenant, &target).await;
    target.sent();
    tenant.unassign(&id("grace")).unwrap();
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    target.answers([
        nobody(),
        Answer::json(200, &account("1", "ada")),
        Answer::json(200, &account("2", "grace")),
        empty(204),
    ]);
    let report = job.cycle(&tenant, &target).await;
    assert!(log(&report).contains(&"ada other skipped UnableToResolveReferenceAttributeValue".to_owned()));
    let sent = target.sent();
    assert_eq!(sent.len(), 4, "{sent:?}");
    assert!(sent[3].starts_with("PATCH /Users/2 ") && sent[3].contains("active"));
}

#[tokio::test]
async fn matching_stops_at_the_first_hit_and_adopts_the_account() {
    let (mut tenant, target) = (tenant(&["ada"]), Script::default());
    tenant.set(&id("ada"), "mailNickname", Some("ada".into())).unwrap();
    let by_two = users_only().with_matching(&["externalId", "userName"]).unwrap();
    let mut job = job(by_two, Dialect::Default);
    let mut there = account("7", "ada");
    there["userName"] = json!("ADA@EXAMPLE.COM");
    target.answers([nobody(), nobody(), found(&[there]), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada update success"]);
    assert_eq!(
        target.sent(),
        [
            "probe /Users",
            "GET /Users?filter=externalId+eq+%22ada%22",
            ADA,
            r#"PATCH /Users/7 [{"op":"Add","path":"externalId","value":"ada"}]"#
        ]
    );
    assert_eq!(job.link(&id("ada")).unwrap().target_id, "7");
}

#[tokio::test]
async fn who_is_blocked_or_cannot_be_matched_is_not_created() {
    let mut tenant = tenant(&["ada", "grace"]);
    tenant.set_account_enabled(&id("ada"), false).unwrap();
    tenant.set(&id("grace"), "userPrincipalName", None).unwrap();
    let target = Script::default();
    let mut job = job(users_only(), Dialect::Default);
    target.answers([nobody()]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(
        log(&report),
        ["ada other skipped NotEffectivelyEntitled", "grace other skipped ImportSkipped"]
    );
    assert_eq!(target.sent(), ["probe /Users"]);
}

#[tokio::test]
async fn restarts_keep_links_and_full_ones_match_again() {
    let (tenant, target) = (tenant(&["ada"]), Script::default());
    let mut job = job(users_only(), Dialect::Default);
    linked(&mut job, &tenant, &target).await;
    job.restart(ResetScope::PORTAL);
    target.answers([nobody(), Answer::json(200, &account("1", "ada"))]);
    assert!(job.cycle(&tenant, &target).await.initial);
    assert_eq!(target.sent(), ["probe /Users", "GET /Users/1"]);
    job.restart(ResetScope::FULL);
    target.answers([nobody(), found(&[account("1", "ada")])]);
    job.cycle(&tenant, &target).await;
    assert_eq!(target.sent(), ["probe /Users", ADA]);
}
