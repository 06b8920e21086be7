//! Groups: created empty, filled by PATCH, never read with their members.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::wire::Method;

/// Ada is `1`, Grace is `2`, the group is `9` and has both.
async fn filled(job: &mut Job, target: &Script) -> Tenant {
    let mut tenant = tenant(&["ada", "grace"]);
    add_group(&mut tenant, "team", &["ada", "grace"]);
    target.answers([
        nobody(),
        nobody(),
        nobody(),
        Answer::json(201, &account("1", "ada")),
        nobody(),
        Answer::json(201, &account("2", "grace")),
        nobody(),
        Answer::json(201, &group_account("9", "team")),
    ]);
    target.answers([empty(204), empty(204)]);
    job.cycle(&tenant, target).await;
    tenant
}

#[tokio::test]
async fn a_group_comes_after_its_people_and_is_filled_one_by_one() {
    let target = Script::default();
    let mut job = job(mapping(), Dialect::Default);
    filled(&mut job, &target).await;
    assert_eq!(
        target.sent()[6..],
        [
            "GET /Groups?excludedAttributes=members&filter=displayName+eq+%22team%22".to_owned(),
            format!(
                r#"POST /Groups {{"schemas":["{}"],"externalId":"team","displayName":"team","members":[],"meta":{{"resourceType":"Group"}}}}"#,
                urn::GROUP
            ),
            r#"PATCH /Groups/9 [{"op":"Add","path":"members","value":[{"$ref":null,"value":"1"}]}]"#
                .to_owned(),
            r#"PATCH /Groups/9 [{"op":"Add","path":"members","value":[{"$ref":null,"value":"2"}]}]"#
                .to_owned(),
        ]
    );
}

#[tokio::test]
async fn members_leave_in_the_dialects_form_and_the_group_is_deleted_at_last() {
    for (dialect, removal) in [
        (Dialect::Default, r#"PATCH /Groups/9 [{"op":"Remove","path":"members","value":[{"value":"1"}]}]"#),
        (Dialect::AadOptscim062020, r#"PATCH /Groups/9 [{"op":"remove","path":"members[value eq \"1\"]"}]"#),
    ] {
        let target = Script::default();
        let mut job = job(mapping(), dialect);
        let mut tenant = filled(&mut job, &target).await;
        target.sent();
        tenant.remove_member(&id("team"), &id("ada")).unwrap();
        target.answers([nobody(), nobody(), Answer::json(200, &group_account("9", "team")), empty(204)]);
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(log(&report), ["team other skipped RedundantExport", "team update success"]);
        assert_eq!(
            target.sent(),
            ["probe /Users", "probe /Groups", "GET /Groups/9?excludedAttributes=members", removal]
        );
        tenant.purge(&id("team")).unwrap();
        target.answers([nobody(), nobody(), empty(204)]);
        job.cycle(&tenant, &target).await;
        assert_eq!(target.sent()[2..], ["DELETE /Groups/9"]);
    }
}

#[tokio::test]
async fn a_purged_person_is_deleted_and_not_taken_out_of_the_group() {
    let target = Script::default();
    let mut job = job(mapping(), Dialect::Default);
    let mut tenant = filled(&mut job, &target).await;
    target.sent();
    tenant.purge(&id("ada")).unwrap();
    target.answers([nobody(), nobody(), empty(204), Answer::json(200, &group_account("9", "team"))]);
    job.cycle(&tenant, &target).await;
    assert_eq!(target.sent()[2..], ["DELETE /Users/1", "GET /Groups/9?excludedAttributes=members"]);
    assert_eq!(job.link(&id("team")).unwrap().members.len(), 1);
}

#[tokio::test]
async fn a_member_out_of_scope_stays_out() {
    let mut tenant = tenant(&["ada"]);
    tenant.set_account_enabled(&id("ada"), false).unwrap();
    add_group(&mut tenant, "team", &["ada"]);
    let target = Script::default();
    let mut job = job(mapping(), Dialect::Default);
    target.answers([nobody(), nobody(), nobody(), Answer::json(201, &group_account("9", "team"))]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report).last().unwrap(), "team other skipped UnableToResolveReferenceAttributeValue");
    target.sent();

    // Coming into scope is not a change of the group.
    tenant.set_account_enabled(&id("ada"), true).unwrap();
    target.answers([nobody(), nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    job.cycle(&tenant, &target).await;
    assert_eq!(target.sent().len(), 4);
}

#[tokio::test]
async fn an_unassigned_group_is_deleted_and_its_people_disabled() {
    let mut tenant = Tenant::new();
    tenant.add_user(user("ada")).unwrap();
    add_group(&mut tenant, "team", &["ada"]);
    let target = Script::default();
    let mut job = job(mapping(), Dialect::Default);
    target.answers([nobody(), nobody(), nobody(), Answer::json(201, &account("1", "ada"))]);
    target.answers([nobody(), Answer::json(201, &group_account("9", "team")), empty(204)]);
    job.cycle(&tenant, &target).await;
    target.sent();
    tenant.unassign(&id("team")).unwrap();
    target.answers([nobody(), nobody(), Answer::json(200, &account("1", "ada")), empty(204), empty(204)]);
    let report = job.cycle(&tenant, &target).await;
    assert_eq!(log(&report), ["ada disable success", "team delete success"]);
    target.sent();
}

#[tokio::test]
async fn the_switch_puts_several_members_into_one_request() {
    let target = Script::default();
    let mut settings = JobSettings::new(mapping(), Scope::Assigned, Dialect::AadOptscim062020);
    settings.switches.members_per_patch = 20;
    let mut job = Job::new(settings);
    let mut tenant = tenant(&["ada", "grace"]);
    add_group(&mut tenant, "team", &["ada", "grace"]);
    target.answers([nobody(), nobody(), found(&[account("1", "ada")]), found(&[account("2", "grace")])]);
    target.answers([found(&[group_account("9", "team")]), empty(204)]);
    job.cycle(&tenant, &target).await;
    assert_eq!(
        target.sent().last().unwrap(),
        r#"PATCH /Groups/9 [{"op":"add","path":"members","value":[{"value":"1"},{"value":"2"}]}]"#
    );
}

#[tokio::test]
async fn leaked_members_fail_the_group_only_by_switch() {
    for (word, failures) in [("ignored", 0), ("refused", 1)] {
        let target = Script::default();
        let mut settings = JobSettings::new(mapping(), Scope::Assigned, Dialect::Default);
        settings.switches.set("leaked-members", word).unwrap();
        let mut job = Job::new(settings);
        let mut tenant = Tenant::new();
        add_group(&mut tenant, "team", &[]);
        let mut there = group_account("9", "team");
        there["members"] = json!([{"value": "1"}]);
        target.answers([nobody(), nobody(), found(&[there])]);
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(report.failures().count(), failures, "{word}");
        target.sent();
    }
}

#[tokio::test]
async fn the_reference_check_is_asked_before_a_member_is_written() {
    let target = Script::default();
    let mut settings = JobSettings::new(mapping(), Scope::Assigned, Dialect::Default);
    settings.switches.set("reference-check", "on").unwrap();
    let mut job = Job::new(settings);
    let mut tenant = tenant(&["ada"]);
    add_group(&mut tenant, "team", &["ada"]);
    target.answers([nobody(), nobody(), found(&[account("1", "ada")]), found(&[group_account("9", "team")])]);
    target.answers([found(&[json!({"id": "9"})])]);
    job.cycle(&tenant, &target).await;
    assert_eq!(
        target.sent().last().unwrap(),
        "GET /Groups?filter=id+eq+%229%22+and+members+eq+%221%22&attributes=id"
    );
}

/// Answers a PATCH only when as many are under way as were asked for, and counts the most of them.
struct Together {
    inner: Script,
    number: usize,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl Target for Together {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if request.method != Method::Patch {
            return self.inner.send(request).await;
        }
        self.most.fetch_max(self.under_way.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        for _ in 0..self.number {
            tokio::task::yield_now().await;
        }
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        let is_refused = request.json().unwrap().to_string().contains(r#""value":"3""#);
        Ok(if is_refused { refused(500) } else { empty(204) })
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

#[tokio::test]
async fn members_travel_at_the_same_time_and_the_one_that_fails_is_tried_again() {
    for number in [1, 3] {
        let people = ["ada", "grace", "alan", "joan", "mary"];
        let mut tenant = tenant(&people);
        add_group(&mut tenant, "team", &people);
        let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let target = Together { inner: Script::default(), number, under_way, most };
        target.inner.answers([nobody(), nobody()]);
        for (place, key) in people.iter().enumerate() {
            target.inner.answers([nobody(), Answer::json(201, &account(&(place + 1).to_string(), key))]);
        }
        target.inner.answers([nobody(), Answer::json(201, &group_account("9", "team"))]);
        let mut job = job_with(mapping(), |settings| settings.at_once = number);
        let report = job.cycle(&tenant, &target).await;
        assert_eq!(target.most.load(Ordering::Relaxed), number);
        assert_eq!(failed(&report, "team").1, "InternalServerError");
        assert_eq!(job.link(&id("team")).unwrap().members.len(), 4);
        let waiting: Vec<_> = job.escrow(&id("team")).unwrap().members.iter().cloned().collect();
        assert_eq!(waiting, [id("alan")]);
    }
}
