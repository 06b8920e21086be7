//! Deletions that are held back.

use std::fs;

use serde_json::Value;

use crate::deployment::{ADA, Deployment, GRACE, KEPT, TEAM, people};

#[test]
fn deletions_above_the_threshold_wait_until_they_are_allowed() {
    let deployment = Deployment::new(&[]);
    deployment.sync(&people(&[ADA, GRACE, TEAM]), &KEPT);
    deployment.log();
    let none = people(&["  - userPrincipalName: alan@example.com\n    displayName: Alan\n"]);
    let told = "--notify=cat > told.json";
    let held = deployment.sync(&none, &[&KEPT[..], &["--delete-threshold", "2", told]].concat());
    assert_eq!(held.code, 1, "{}", held.out);
    assert!(held.out.contains("in quarantine (TooManyDeletes)"), "{}", held.out);
    assert_eq!(
        deployment.log(),
        ["stagedDelete skipped ", "stagedDelete skipped ", "create success Alan", "stagedDelete skipped "]
    );
    assert_eq!((deployment.held("Users").len(), deployment.held("Groups").len()), (3, 1));
    let notice: Value = serde_json::from_slice(&fs::read(deployment.path("told.json")).unwrap()).unwrap();
    assert_eq!(notice["event"], "deletionsHeldBack");
    assert_eq!(notice["target"], deployment.base.as_str());
    assert_eq!(notice["details"]["objects"][0]["name"], "ada@example.com");

    // In quarantine the job waits.
    let waits = deployment.sync(&none, &[&KEPT[..], &["--delete-threshold", "2"]].concat());
    assert!(waits.code == 1 && waits.out.contains("No request was sent"), "{}", waits.out);
    let allowed =
        deployment.sync(&none, &[&KEPT[..], &["--delete-threshold", "2", "--allow-deletes"]].concat());
    assert_eq!(allowed.code, 0, "{}", allowed.out);
    assert!(allowed.out.contains("deleted 3"), "{}", allowed.out);
    assert_eq!((deployment.held("Users").len(), deployment.held("Groups").len()), (1, 0));
}

#[test]
fn a_file_that_misses_many_deletes_nobody_until_it_is_approved() {
    let deployment = Deployment::new(&[]);
    let many = |count: usize| {
        let user = |n: usize| format!("  - userPrincipalName: user{n}@example.com\n");
        people(&(0..count).map(user).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(deployment.sync(&many(12), &KEPT).code, 0);
    let notify = "--notify=cat > told.json";
    let held = deployment.sync(&many(5), &[&KEPT[..], &[notify]].concat());
    assert_eq!(held.code, 1, "{}", held.out);
    assert!(held.err.contains("7 of 12 users and groups are missing from people.yaml"), "{}", held.err);
    assert!(held.err.contains("--allow-deletes") && held.out.contains("--allow-deletes"), "{}", held.out);
    let notice: Value = serde_json::from_slice(&fs::read(deployment.path("told.json")).unwrap()).unwrap();
    assert_eq!(notice["event"], "deletionsHeldBack");
    assert_eq!(notice["details"]["objects"].as_array().unwrap().len(), 7);
    // A restart approves nothing, and others are provisioned meanwhile.
    let changed = many(5) + "    displayName: Changed\n";
    let again = deployment.sync(&changed, &[&KEPT[..], &["--restart"]].concat());
    assert!(again.code == 1 && again.out.contains("updated 1"), "{}", again.out);
    assert_eq!(deployment.held("Users").len(), 12);
    let plan = deployment.sync(&changed, &[&KEPT[..], &["--dry-run"]].concat());
    assert!(plan.out.contains("held back: delete user11@example.com"), "{}", plan.out);
    let approved = deployment.sync(&changed, &[&KEPT[..], &["--allow-deletes"]].concat());
    assert!(approved.code == 0 && approved.out.contains("deleted 7"), "{} {}", approved.out, approved.err);
    assert_eq!(deployment.held("Users").len(), 5);
    // Five are few enough, whatever their share is.
    let few = deployment.sync(&many(1), &KEPT);
    assert!(few.code == 0 && few.out.contains("deleted 4"), "{} {}", few.out, few.err);
}

#[test]
fn a_csv_file_with_an_open_quote_deletes_nobody() {
    let deployment = Deployment::new(&[]);
    let sync = |text: &str| {
        deployment.write("people.csv", text);
        let arguments = ["sync", "--directory", "people.csv", "--target", &deployment.base];
        deployment.play(&[&arguments[..], &KEPT].concat())
    };
    let head = "userPrincipalName,displayName\nada@example.com,Ada\n";
    assert_eq!(sync(&format!("{head}grace@example.com,Grace\nalan@example.com,Alan\n")).code, 0);
    let broken = sync(&format!("{head}grace@example.com,\"Grace\nalan@example.com,Alan\n"));
    assert!(broken.code == 1 && broken.err.contains("people.csv:3"), "{}", broken.err);
    assert!(broken.err.contains("a quote of this row is not closed"), "{}", broken.err);
    assert_eq!(deployment.held("Users").len(), 3);
}
