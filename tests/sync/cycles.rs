//! Cycles: initial, incremental, on demand and as a plan.

use std::fs;

use crate::deployment::{ADA, Deployment, GRACE, KEPT, TEAM, people};

#[test]
fn a_job_goes_on_from_run_to_run_through_create_update_scope_out_and_purge() {
    let deployment = Deployment::new(&[]);
    let all = people(&[ADA, GRACE, TEAM]);
    let first = deployment.sync(&all, &KEPT);
    assert_eq!((first.code, first.err.as_str()), (0, ""), "{}", first.out);
    assert!(first.out.starts_with("cycle 1 (initial)\n  created 3 · updated 2 ·"), "{}", first.out);
    assert_eq!(
        deployment.log(),
        [
            "create success Ada",
            "create success Grace",
            "create success Team",
            "update success Ada",
            "update success Team"
        ]
    );
    let (ada, grace) =
        (deployment.user("ada@example.com").unwrap(), deployment.user("grace@example.com").unwrap());
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(ada[enterprise]["manager"]["value"], grace["id"]);
    assert_eq!(deployment.held("Groups")[0]["members"][0]["value"], ada["id"]);

    // Nothing changed: nothing is asked but the probe, and nothing is logged.
    let second = deployment.sync(&all, &KEPT);
    assert!(second.out.starts_with("cycle 2 (incremental)\n  created 0 · updated 0 ·"), "{}", second.out);
    assert_eq!(deployment.log(), Vec::<String>::new());

    let changed = all.replace("Analyst", "Countess");
    deployment.sync(&changed, &KEPT);
    assert_eq!(deployment.log(), ["update success Ada"]);
    assert_eq!(deployment.user("ada@example.com").unwrap()["title"], "Countess");

    // Unassigned: a user is disabled, and stays there.
    let out = changed.replace("    displayName: Grace\n", "    displayName: Grace\n    assigned: false\n");
    deployment.sync(&out, &KEPT);
    assert_eq!(deployment.log(), ["disable success Grace"]);
    assert_eq!(deployment.user("grace@example.com").unwrap()["active"], false);

    // Blocked, then gone from the file: disabled, then deleted; so is the group.
    let blocked = out.replace("    displayName: Ada\n", "    displayName: Ada\n    accountEnabled: false\n");
    deployment.sync(&blocked, &KEPT);
    assert_eq!(deployment.log(), ["disable success Ada"]);
    let last = deployment.sync(&people(&[GRACE]).replace("Grace\n", "Grace\n    assigned: false\n"), &KEPT);
    assert_eq!(last.code, 0, "{}{}", last.out, last.err);
    assert!(last.out.contains("deleted 2"), "{}", last.out);
    assert!(deployment.user("ada@example.com").is_none() && deployment.held("Groups").is_empty());
    assert!(deployment.user("grace@example.com").is_some(), "who was unassigned is no longer managed");
}

#[test]
fn a_list_that_is_only_added_to_keeps_what_it_holds() {
    let deployment = Deployment::new(&[]);
    deployment.write(
        "profile.yaml",
        "user:\n\
         - { target: userName, source: userPrincipalName, match: 1 }\n\
         - { target: emails, source: otherMails, apply: MultiValueAddOnly }\n",
    );
    let kept = [&KEPT[..], &["--profile", "profile.yaml"]].concat();
    let ada = |mails: &str| {
        people(&[&format!("  - id: a\n    userPrincipalName: ada@example.com\n    otherMails: [{mails}]\n")])
    };
    deployment.sync(&ada("one@example.com, two@example.com"), &kept);
    deployment.sync(&ada("two@example.com, three@example.com"), &kept);
    let account = deployment.user("ada@example.com").unwrap();
    let held: Vec<&str> =
        account["emails"].as_array().unwrap().iter().map(|mail| mail["value"].as_str().unwrap()).collect();
    assert_eq!(held, ["one@example.com", "two@example.com", "three@example.com"]);
    assert_eq!(deployment.log(), ["create success ", "update success "]);
}

#[test]
fn a_dry_run_reads_and_writes_nothing() {
    let deployment = Deployment::new(&[]);
    let all = people(&[ADA, GRACE, TEAM]);
    let planned = deployment.sync(&all, &["--dry-run", "--state", "state.json", "--logs", "log.jsonl"]);
    assert_eq!(planned.code, 0, "{}", planned.err);
    for line in ["create   ada@example.com", "create   Team", "update   Team 1 added, 0 removed", "5 writes"]
    {
        assert!(planned.out.contains(line), "{line}:\n{}", planned.out);
    }
    assert!(deployment.held("Users").is_empty() && deployment.held("Groups").is_empty());
    assert!(!deployment.path("state.json").exists() && !deployment.path("log.jsonl").exists());
    deployment.sync(&all, &KEPT);
    let state = fs::read(deployment.path("state.json")).unwrap();
    let before = deployment.held("Users");
    let planned =
        deployment.sync(&all.replace("Analyst", "Countess"), &["--dry-run", "--state", "state.json"]);
    assert!(planned.out.contains("update   ada@example.com title\n"), "{}", planned.out);
    assert_eq!((deployment.held("Users"), fs::read(deployment.path("state.json")).unwrap()), (before, state));
}

#[test]
fn a_user_is_provisioned_on_demand_and_nobody_else() {
    let deployment = Deployment::new(&[]);
    let all = people(&[ADA, GRACE]);
    let played = deployment.sync(&all, &["--on-demand", "GRACE@example.com", "--logs", "log.jsonl"]);
    assert_eq!(
        (played.code, deployment.log()),
        (0, vec!["create success Grace".to_owned()]),
        "{}",
        played.err
    );
    assert_eq!(deployment.held("Users").len(), 1);
    let unknown = deployment.sync(&all, &["--on-demand", "grac@example.com"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `grace@example.com`?"), "{}", unknown.err);
}

#[test]
fn without_a_target_the_embedded_server_is_provisioned() {
    let deployment = Deployment::new(&[]);
    deployment
        .write("people.csv", "userPrincipalName,displayName\nada@example.com,Ada\ngrace@example.com,Grace\n");
    let played = deployment.play(&["sync", "--directory", "people.csv", "--cycles", "2", "--scope", "all"]);
    assert_eq!(played.code, 0, "{}", played.err);
    assert!(played.out.contains("cycle 1 (initial)\n  created 2 ·"), "{}", played.out);
    assert!(played.out.contains("cycle 2 (incremental)\n  created 0 ·"), "{}", played.out);
    for (option, message) in [
        (["--scope", "some"], "`some` is not a scope"),
        (["--switch", "retires=next-cycle"], "there is no switch `retires`"),
        (["--cycles", "0"], "--cycles 0"),
        (["--restart", "full"], "resetScope"),
    ] {
        let wrong = deployment.play(&[&["sync", "--directory", "people.csv"][..], &option].concat());
        assert!(wrong.code == 2 && wrong.err.contains(message), "{}", wrong.err);
    }
}

#[test]
fn what_failed_is_tried_again_by_the_next_run_though_nothing_changed() {
    // The user is made, and the answer says that there is a conflict.
    let deployment = Deployment::new(&["--fault", "create-answers-409"]);
    let one = people(&[GRACE]);
    let failed = deployment.sync(&one, &KEPT);
    assert_eq!(failed.code, 1);
    assert!(failed.out.contains("grace@example.com Conflict") && failed.out.contains("tried again later: 1"));
    assert_eq!(deployment.log(), ["create failure Grace"]);
    let again = deployment.sync(&one, &KEPT);
    assert!(again.code == 0 && again.out.starts_with("cycle 2 (incremental)"), "{}", again.out);
    assert_eq!(deployment.log(), ["other skipped Grace"], "the account is found and linked");
    deployment.sync(&one.replace("Grace\n", "Hopper\n"), &KEPT);
    assert_eq!(deployment.log(), ["update success Hopper"]);
}

#[test]
fn a_server_that_does_not_parse_the_media_type_is_named() {
    let told = |fault: &str, file: &str| {
        let played = Deployment::new(&["--fault", fault]).sync(file, &KEPT);
        assert_eq!(played.code, 1, "{}", played.out);
        played.out.contains("does not parse application/scim+json")
    };
    assert!(told("scim-json-unparsed", &people(&[GRACE])));
    assert!(!told("patch-not-implemented", &people(&[GRACE, ADA])), "people are created");
}

#[test]
fn elsewhere_nothing_is_written_without_apply() {
    // No name that leads anywhere: the plan already fails, and nothing is asked twice.
    let deployment = Deployment::new(&[]);
    deployment.write("people.yaml", &people(&[GRACE]));
    let away = ["sync", "--directory", "people.yaml", "--target", "https://scim.invalid/v2"];
    let played = deployment.play(&[&away[..], &["--apply"]].concat());
    assert_eq!(played.code, 3, "{}", played.out);
    assert!(played.out.starts_with("plan\n") && !played.out.contains("cycle 1"), "{}", played.out);
}
