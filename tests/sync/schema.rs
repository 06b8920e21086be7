//! Jobs with Entra's synchronizationSchema.

use serde_json::Value;

use crate::deployment::{ADA, Deployment, GRACE, KEPT, TEAM, people};

/// The synchronizationSchema that was written by hand from Graph's documentation, without the two rows of
/// an extension that the embedded server does not have, and with sales alone in scope.
fn sales_schema() -> String {
    let text = include_str!("../schemas/acme.json");
    let mut schema: Value = serde_json::from_str(text).unwrap();
    let mappings = schema["synchronizationRules"][0]["objectMappings"].as_array_mut().unwrap();
    let users = mappings.iter_mut().find(|mapping| mapping["sourceObjectName"] == "User").unwrap();
    let rows = users["attributeMappings"].as_array_mut().unwrap();
    rows.retain(|row| !row["targetAttributeName"].as_str().unwrap().contains("Acme"));
    users["flowTypes"] = "Add, Update, Delete".into();
    let groups = users["scope"]["groups"].as_array_mut().unwrap();
    groups.retain(|group| group["name"] == "Sales in Britain");
    let clauses = groups[0]["clauses"].as_array_mut().unwrap();
    clauses.retain(|clause| clause["sourceOperandName"] == "department");
    schema.to_string()
}

#[test]
fn a_schema_from_entra_drives_a_job_through_create_update_scope_out_and_purge() {
    let deployment = Deployment::new(&[]);
    deployment.write("schema.json", &sales_schema());
    let kept = [&KEPT[..], &["--schema", "schema.json"]].concat();
    let of_sales = |user: &str| format!("{user}    department: Sales\n");
    let (ada, grace) = (of_sales(ADA), of_sales(GRACE));
    let edsger = "  - { id: e, userPrincipalName: edsger@example.com, displayName: Edsger }\n"
        .replace("{ ", "")
        .replace(" }", "")
        .replace(", ", "\n    ");
    let all = people(&[&ada, &grace, &edsger]);

    let first = deployment.sync(&all, &kept);
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    assert!(first.err.contains("groupFilter: not known here: kept, and not played"), "{}", first.err);
    let created =
        ["create success Ada", "create success Grace", "other skipped Edsger", "update success Ada"];
    assert_eq!(deployment.log(), created);
    let account = deployment.user("ada@example.com").unwrap();
    // A constant, a default without a source, and a row that is applied on creation only.
    assert_eq!((&account["userType"], &account["preferredLanguage"]), (&"Employee".into(), &"en-GB".into()));
    assert_eq!(account["title"], "Analyst");
    assert!(deployment.user("edsger@example.com").is_none());

    let renamed = all.replace("displayName: Ada\n", "displayName: Ada King\n").replace("Analyst", "Countess");
    deployment.sync(&renamed, &kept);
    assert_eq!(deployment.log(), ["update success Ada King"]);
    let account = deployment.user("ada@example.com").unwrap();
    assert_eq!((&account["displayName"], &account["title"]), (&"Ada King".into(), &"Analyst".into()));

    let moved = renamed.replacen("department: Sales", "department: Research", 1);
    deployment.sync(&moved, &kept);
    assert_eq!(deployment.log(), ["disable success Ada King"]);
    assert_eq!(deployment.user("ada@example.com").unwrap()["active"], false);

    let left = deployment
        .sync(&people(&[&ada, &edsger]).replacen("department: Sales", "department: Research", 1), &kept);
    assert!(left.out.contains("deleted 1"), "{}", left.out);
    // Of somebody who is gone the directory tells no name any more.
    assert_eq!(deployment.log(), ["delete success ", "other skipped Ada"]);
    assert!(deployment.user("grace@example.com").is_none());
}

#[test]
fn a_schema_drives_the_job_as_a_profile_does() {
    let deployment = Deployment::new(&[]);
    let schema = deployment.play(&["schema", "default"]);
    assert_eq!(schema.code, 0, "{}", schema.err);
    deployment.write("schema.json", &schema.out);
    let options = [&KEPT[..], &["--schema", "schema.json"]].concat();
    let all = people(&[ADA, GRACE, TEAM]);
    assert!(deployment.sync(&all, &options).out.contains("created 3 · updated 2 ·"));
    deployment.log();
    deployment.sync(&all.replace("Analyst", "Countess"), &options);
    assert_eq!(deployment.log(), ["update success Ada"]);
    deployment.sync(
        &all.replace("    displayName: Grace\n", "    displayName: Grace\n    assigned: false\n"),
        &options,
    );
    assert_eq!(deployment.log(), ["update success Ada", "disable success Grace"]);
    deployment.sync(&people(&[ADA]), &options);
    assert!(deployment.log().contains(&"delete success ".to_owned()), "the group is gone");
    assert!(deployment.held("Groups").is_empty());
}
