use serde_json::{Value, json};

use super::filter;

/// A user with what the tests ask for, and two properties without a value.
fn ada() -> Value {
    json!({
        "id": "0b1a2c3d-1111-4222-8333-444455556666",
        "displayName": "Ada Lovelace",
        "userPrincipalName": "ada@contoso.example",
        "givenName": "Ada's",
        "surname": "Åström",
        "accountEnabled": true,
        "department": null,
        "signIns": 12,
        "score": 1.5,
        "createdDateTime": "2026-06-01T02:00:00.5+02:00",
        "employeeHireDate": "2022-12-10",
        "businessPhones": ["+46 1", "+46 2"],
        "assignedLicenses": [{"skuId": "a", "disabledPlans": ["p", "q"]}, {"skuId": "b", "disabledPlans": []}],
        "proxyAddresses": [],
        "employeeOrgData": {"division": "Engines", "costCenter": null}
    })
}

fn entry() -> Value {
    json!({
        "id": "e1",
        "jobId": "scim.1.2",
        "activityDateTime": "2026-11-26T11:00:01.1234567Z",
        "provisioningAction": "update",
        "servicePrincipal": {"id": "S-1", "displayName": "My app"},
        "sourceIdentity": {"id": "U", "identityType": "User"},
        "modifiedProperties": [
            {"displayName": "userName", "oldValue": null, "newValue": "ada"},
            {"displayName": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}
        ]
    })
}

#[track_caller]
fn holds(object: &Value, texts: &[&str]) {
    for text in texts {
        assert!(filter(text).matches(object), "{text}");
    }
}

#[track_caller]
fn fails(object: &Value, texts: &[&str]) {
    for text in texts {
        assert!(!filter(text).matches(object), "{text}");
    }
}

#[test]
fn microsofts_validation_is_answered() {
    let start = "jobId eq 'scim.1.2' and servicePrincipal/id eq 's-1' and sourceIdentity/id eq 'U'";
    holds(
        &entry(),
        &[
            &format!("{start} and provisioningAction eq 'Update'"),
            &format!("{start} and (provisioningAction eq 'Disable' or provisioningAction eq 'Update')"),
            &format!(
                "{start} and provisioningAction eq 'Update' and activityDateTime ge 2026-06-01T00:00:00Z and \
                 modifiedProperties/any(p: p/displayName eq 'manager' or p/displayName eq \
                 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager')"
            ),
            "contains(tolower(servicePrincipal/id), 's-') or contains(tolower(servicePrincipal/displayName), 'x')",
            "contains(tolower(servicePrincipal/id), 'x') or contains(tolower(servicePrincipal/displayName), 'my')",
            "activityDateTime gt 2022-12-10",
            "id eq 'e1'",
        ],
    );
    fails(
        &entry(),
        &[
            &format!("{start} and provisioningAction eq 'Create'"),
            &format!("{start} and (provisioningAction eq 'Disable' or provisioningAction eq 'Delete')"),
            &format!(
                "{start} and provisioningAction eq 'Update' and modifiedProperties/any(p: p/displayName eq 'members')"
            ),
            "contains(tolower(servicePrincipal/id), 'x') or contains(tolower(servicePrincipal/displayName), 'x')",
            "activityDateTime gt 2026-11-27",
            "id eq 'e2'",
        ],
    );
    let assignment = json!({"id": "a", "resourceId": "7f4b1c9a-0000-4000-8000-00000000000A"});
    holds(&assignment, &["resourceId eq 7f4b1c9a-0000-4000-8000-00000000000a"]);
    fails(&assignment, &["resourceId eq 7f4b1c9a-0000-4000-8000-00000000000b"]);
    holds(&json!({"id": "b"}), &["id eq 'a' or id eq 'b'"]);
}

#[test]
fn texts_and_names_have_no_letter_case() {
    holds(
        &ada(),
        &[
            "DisplayName eq 'ADA LOVELACE'",
            "surname eq 'ÅSTRÖM'",
            "EMPLOYEEORGDATA/Division EQ 'engines'",
            "displayName ne 'Grace'",
            "displayName gt 'aca' and displayName lt 'ADB'",
            "displayName in ('grace', 'ada lovelace')",
            "givenName eq 'ada''s'",
            "displayName eq microsoft.graph.someEnum'Ada Lovelace'",
            "'Ada Lovelace' eq displayName",
        ],
    );
    fails(&ada(), &["displayName eq 'Ada'", "displayName in ('Ada')", "displayName ne 'ada lovelace'"]);
}

#[test]
fn numbers_and_booleans_are_compared_with_their_like() {
    holds(
        &ada(),
        &[
            "signIns eq 12",
            "signIns eq 12.0",
            "signIns gt -5",
            "signIns le 1.2e1",
            "score lt 2",
            "score ge 1.5",
            "signIns ne 13",
            "signIns in (1,12)",
            "accountEnabled eq true",
            "accountEnabled",
            "not (accountEnabled eq false)",
            "accountEnabled ne false",
            "true",
        ],
    );
    fails(
        &ada(),
        &[
            "signIns eq '12'",
            "displayName eq 12",
            "displayName gt 1",
            "accountEnabled eq 'true'",
            "displayName",
            "false",
        ],
    );
    fails(&ada(), &["businessPhones eq '+46 1'", "employeeOrgData eq 'x'", "businessPhones eq null"]);
}

#[test]
fn dates_are_instants() {
    holds(
        &ada(),
        &[
            "createdDateTime eq 2026-06-01T00:00:00.500Z",
            "createdDateTime eq '2026-06-01T00:00:00.500Z'",
            "createdDateTime ge 2026-06-01",
            "createdDateTime lt 2026-06-01T01:00:00%2B00:00".replace("%2B", "+").as_str(),
            "employeeHireDate eq 2022-12-10T00:00:00Z",
            "employeeHireDate le 2022-12-10",
            "employeeHireDate in (2022-12-10)",
            "startsWith(createdDateTime, '2026-06-01T02')",
        ],
    );
    fails(
        &ada(),
        &[
            "createdDateTime gt 2026-06-01T00:00:00.500Z",
            "displayName lt 2026-06-01",
            "displayName eq 2026-06-01",
            "missing lt 2026-06-01",
        ],
    );
    holds(&ada(), &["displayName ne 2026-06-01"]);
}

#[test]
fn a_missing_property_is_null() {
    holds(
        &ada(),
        &[
            "department eq null",
            "nothing eq null",
            "nothing/at/all eq null",
            "displayName ne null",
            "department ne 'x'",
            "department in ('x', null)",
            "not (department eq 'x')",
            "null eq null",
        ],
    );
    fails(
        &ada(),
        &[
            "displayName eq null",
            "department ne null",
            "department gt null",
            "department le 'x'",
            "department ge null",
            "displayName/first eq 'x'",
        ],
    );
}

#[test]
fn unknown_is_no_match_and_not_of_it_neither() {
    fails(&ada(), &["contains(department, 'x')", "not contains(department, 'x')", "not nothing"]);
    holds(
        &ada(),
        &["contains(department, 'x') or accountEnabled", "not (contains(department, 'x') and false)"],
    );
    fails(
        &ada(),
        &["contains(department, 'x') and accountEnabled", "not (contains(department, 'x') or false)"],
    );
}

#[test]
fn functions_are_known_in_any_letter_case() {
    holds(
        &ada(),
        &[
            "startsWith(displayName,'ada')",
            "startswith(displayName, 'ADA') eq true",
            "STARTSWITH( displayName , 'ada' )",
            "endsWith(userPrincipalName,'@Contoso.example')",
            "contains(displayName,'love')",
            "contains('Ada Lovelace', 'love')",
            "tolower(displayName) eq 'ada lovelace'",
            "toupper(displayName) eq 'ADA LOVELACE'",
            "contains(toupper(tolower(displayName)), 'love')",
            "length(displayName) eq 12",
            "length(surname) lt 7",
            "length(department) eq null",
            "not startsWith(displayName,'grace')",
            "startsWith(displayName,'grace') eq false",
        ],
    );
    fails(
        &ada(),
        &[
            "startsWith(displayName,'love')",
            "endsWith(displayName,'ada')",
            "contains(signIns,'1')",
            "length(displayName) gt 12",
        ],
    );
}

#[test]
fn any_and_all_look_into_collections() {
    holds(
        &ada(),
        &[
            "assignedLicenses/any()",
            "businessPhones/any(p:p eq '+46 2')",
            "businessPhones/any(p: startsWith(p, '+46'))",
            "businessPhones/all(p: startsWith(p, '+46'))",
            "assignedLicenses/any(l: l/skuId eq 'B')",
            "assignedLicenses/ANY(l: l/disabledPlans/any(p: p eq 'q' and l/skuId eq 'a'))",
            "assignedLicenses/any(l: l/skuId eq 'a' and accountEnabled)",
            "assignedLicenses/any(l: not l/disabledPlans/any())",
            "not proxyAddresses/any()",
            "proxyAddresses/all(p: p eq 'x')",
            "nothing/all(p: p eq 'x')",
            "employeeOrgData/any(o: o/division eq 'engines')",
            "assignedLicenses/$count eq 2",
            "proxyAddresses/$count eq 0",
            "nothing/$count eq 0",
            "businessPhones/any(x: x eq '+46 1') eq true",
            "assignedLicenses/any(x: x/disabledPlans/any(x: x eq 'p'))",
        ],
    );
    fails(
        &ada(),
        &[
            "proxyAddresses/any()",
            "nothing/any()",
            "nothing/any(p: p eq 'x')",
            "businessPhones/all(p: p eq '+46 2')",
            "assignedLicenses/any(l: l/skuId eq 'c')",
            "assignedLicenses/any(l: l/disabledPlans/any(p: p eq 'q' and l/skuId eq 'b'))",
            "assignedLicenses/any(l: L/skuId eq 'a')",
        ],
    );
}

#[test]
fn not_binds_before_and_before_or() {
    holds(
        &ada(),
        &[
            "accountEnabled or accountEnabled and false",
            "not false and true",
            "not displayName eq 'Grace' and accountEnabled",
            "false or not (false or false)",
            "(true or true) and true",
            "not not true",
            "NOT(false) AND (((displayName eq 'Ada Lovelace')))",
        ],
    );
    fails(
        &ada(),
        &["(accountEnabled or accountEnabled) and false", "not true or false", "not (true and true)"],
    );
}

#[test]
fn casts_are_left_out() {
    holds(
        &ada(),
        &[
            "microsoft.graph.user/displayName eq 'ada lovelace'",
            "employeeOrgData/graph.employeeOrgData/division eq 'Engines'",
            "businessPhones/any(p: p/microsoft.graph.x eq '+46 1')",
        ],
    );
}

#[test]
fn what_every_match_has_is_known() {
    let required = |text: &str, path: &str| filter(text).required(path).map(str::to_owned);
    let all = "jobId eq 'J' and (servicePrincipal/id eq 'S' and true) and signIns eq 5";
    assert_eq!(required(all, "jobId").as_deref(), Some("J"));
    assert_eq!(required(all, "SERVICEPRINCIPAL/ID").as_deref(), Some("S"));
    assert_eq!(required(all, "servicePrincipal"), None);
    assert_eq!(required(all, "id"), None);
    assert_eq!(required(all, "signIns"), None);
    assert_eq!(required("'J' eq id", "id").as_deref(), Some("J"));
    assert_eq!(
        required("id eq 0b1a2c3d-1111-4222-8333-444455556666", "id").as_deref(),
        Some("0b1a2c3d-1111-4222-8333-444455556666")
    );
    for text in [
        "id eq 'a' or id eq 'b'",
        "not (id eq 'a')",
        "id ne 'a'",
        "tolower(id) eq 'a'",
        "id eq null",
        "x/any(id: id eq 'a')",
        "id eq '2026-06-01T00:00:00Z'",
        "id eq 2026-06-01",
    ] {
        assert_eq!(required(text, "id"), None, "{text}");
    }
}
