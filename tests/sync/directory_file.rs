//! Directory files with mistakes.

use crate::deployment::{ADA, Deployment, GRACE, KEPT, people};

#[test]
fn wrong_rows_are_listed_and_the_others_are_provisioned() {
    let deployment = Deployment::new(&[]);
    let wrong = people(&[ADA, GRACE, "  - userPrincipalName: alan@example.com\n    jobTitel: x\n"]);
    let played = deployment.sync(&wrong, &KEPT);
    assert_eq!(played.code, 1);
    assert!(played.err.contains("people.yaml:11:5") && played.err.contains("did you mean `jobTitle`?"));
    assert!(played.err.contains("1 row is left out of people.yaml"), "{}", played.err);
    assert_eq!(deployment.held("Users").len(), 2);
    // Grace's row becomes a wrong one: she is not taken for deleted.
    let broken =
        people(&[ADA]) + "  - id: g\n    userPrincipalName: grace@example.com\n    displayName: [1]\n";
    let played = deployment.sync(&broken, &KEPT);
    assert!(played.out.contains("deleted 0"), "{}", played.out);
    // A row of which nothing can be read: nobody is taken for deleted.
    let played = deployment.sync(&(people(&[ADA]) + "  - {{\n"), &KEPT);
    assert!(played.err.contains("missing from people.yaml: 1;"), "{}", played.err);
    assert_eq!(deployment.held("Users").len(), 2);
    let circle = people(&[ADA, GRACE]) + "    manager: ada@example.com\n";
    let played = deployment.sync(&circle, &KEPT);
    assert!(played.err.contains("circle"), "{}", played.err);
    assert_eq!(played.code, 1);
}

#[test]
fn two_rows_of_one_name_are_one_too_many() {
    let deployment = Deployment::new(&[]);
    let twin = GRACE.replace("id: g", "id: x").replace("grace@", "GRACE@");
    let played = deployment.sync(&people(&[GRACE, &twin]), &KEPT);
    assert!(played.err.contains("is the userPrincipalName of two users"), "{}", played.err);
    assert!(played.err.contains("line 2 has it already"), "{}", played.err);
    assert_eq!(deployment.held("Users").len(), 1);
}
