use super::*;
use crate::entra::directory::{ChangeKind, SourceValue, Tenant};

fn contents(ending: &str, text: &str) -> Contents {
    read_from(&format!("people.{ending}"), ending, text.as_bytes()).unwrap()
}

/// Applies a file without an approval; how many are missing and stay.
fn apply(contents: &mut Contents, tenant: &mut Tenant) -> usize {
    match super::apply(contents, tenant, false) {
        Missing::Purged => 0,
        Missing::Unread(count) => count,
        Missing::TooMany { missing, .. } => missing.len(),
    }
}

fn names(contents: &Contents) -> Vec<&str> {
    contents.users.iter().chain(&contents.groups).map(|row| row.name.as_str()).collect()
}

/// The mistakes as they are shown: title, line, help.
fn problems(contents: &Contents) -> Vec<(String, usize, String)> {
    let shown = contents.problems.iter();
    shown.map(|p| (p.title.clone(), p.line(), p.help.clone().unwrap_or_default())).collect()
}

const YAML: &str = r#"# everybody
users:
  - id: 1
    userPrincipalName: wrong@example.com
  - id: "a"
    userPrincipalName: ada@example.com
    employeeId: "00123"
    postalCode: 010
    manager: grace@example.com
    otherMails: [a@example.com, b@example.com]

  # a comment
  - userPrincipalName: grace@example.com
    accountEnabled: false
    assigned: false
groups:
  - displayName: Team
    members:
      - ada@example.com
      - a
"#;

#[test]
fn yaml_json_and_csv_say_the_same() {
    let yaml = contents("yaml", YAML);
    assert_eq!(names(&yaml), ["ada@example.com", "grace@example.com", "Team"]);
    assert_eq!(
        problems(&yaml),
        [(
            "`id` is a text, and here stands a number".to_owned(),
            3,
            "write the number in quotes, if a text is meant".to_owned()
        )]
    );
    let ada = &yaml.users[0];
    assert_eq!((ada.id.as_str(), ada.line), ("a", 5));
    assert_eq!(ada.attributes["employeeId"], SourceValue::from("00123"));
    assert_eq!(ada.attributes["postalCode"], SourceValue::from("010"));
    assert_eq!(
        ada.attributes["otherMails"],
        SourceValue::Texts(vec!["a@example.com".into(), "b@example.com".into()])
    );
    assert_eq!((yaml.users[1].account_enabled, yaml.users[1].assigned), (false, false));
    let json = contents(
        "json",
        r#"{"users": [
            {"id": "a", "userPrincipalName": "ada@example.com", "employeeId": "00123", "postalCode": "010",
             "manager": "grace@example.com", "otherMails": ["a@example.com", "b@example.com"], "city": null},
            {"userPrincipalName": "grace@example.com", "accountEnabled": false, "assigned": false}],
           "groups": [{"displayName": "Team", "members": ["ada@example.com", "a"]}]}"#,
    );
    let csv = contents(
        "csv",
        "id,userPrincipalName,employeeId,postalCode,manager,otherMails,accountEnabled,assigned,city\n\
         a,ada@example.com,00123,010,grace@example.com,a@example.com; b@example.com,,,\n\
         ,grace@example.com,,,,,False,false,\n",
    );
    let without_lines = |rows: &[DirectoryRow]| -> Vec<DirectoryRow> {
        rows.iter().map(|row| DirectoryRow { line: 0, ..row.clone() }).collect()
    };
    assert_eq!(without_lines(&yaml.users), without_lines(&json.users));
    assert_eq!(without_lines(&yaml.users), without_lines(&csv.users));
    assert_eq!(without_lines(&yaml.groups), without_lines(&json.groups));
    assert!(json.problems.is_empty() && csv.problems.is_empty());
    let list = contents("json", r#"[{"userPrincipalName": "ada@example.com"}]"#);
    assert_eq!(names(&list), ["ada@example.com"]);
    let list =
        contents("yaml", "- userPrincipalName: ada@example.com\n  city: Paris\n- userPrincipalName: b\n");
    assert_eq!(names(&list), ["ada@example.com", "b"]);
}

#[test]
fn app_roles_are_written_by_their_values() {
    let yaml = contents("yaml", "users:\n- userPrincipalName: a\n  appRoleAssignments: [Admin, User]\n");
    let SourceValue::Roles(roles) = &yaml.users[0].attributes["appRoleAssignments"] else { panic!() };
    let values: Vec<&str> = roles.iter().map(|role| role.value.as_str()).collect();
    assert_eq!(values, ["Admin", "User"]);
    let csv = contents("csv", "userPrincipalName,appRoleAssignments\na,Admin;User\n");
    assert_eq!(csv.users[0].attributes, yaml.users[0].attributes);
}

#[test]
fn an_id_that_is_made_stays_the_same() {
    let one = contents("yaml", "users:\n- userPrincipalName: ada@example.com\n");
    let other = contents("json", r#"[{"userPrincipalName": "ADA@example.com"}]"#);
    assert_eq!(one.users[0].id, other.users[0].id);
    assert_eq!(one.users[0].id.as_str().len(), 36);
}

#[test]
fn a_wrong_row_is_left_out_with_its_place_and_the_others_stay() {
    let yaml = contents(
        "yaml",
        "users:\n  - userPrincipalName: ada@example.com\n    jobTitel: x\n  - userPrincipalName: [\n  \
         - userPrincipalName: Grace@example.com\n  - userPrincipalName: grace@example.com\n  - displayName: Nobody\n  \
         - userPrincipalName: alan@example.com\n    accountEnabled: \"no\"\n",
    );
    assert_eq!(names(&yaml), ["Grace@example.com"]);
    let problems = problems(&yaml);
    assert_eq!(problems[0].0, "`jobTitel` is not an attribute of an Entra user");
    assert_eq!((problems[0].1, problems[0].2.as_str()), (3, "did you mean `jobTitle`?"));
    assert!(problems[1].0.starts_with("this is not YAML") && problems[1].1 >= 4, "{problems:?}");
    assert_eq!(problems[2].0, "`grace@example.com` is the userPrincipalName of two users");
    assert!(problems[2].1 == 6 && problems[2].2.starts_with("line 5 has it already"), "{problems:?}");
    assert_eq!((problems[3].0.as_str(), problems[3].1), ("this user has no name", 7));
    assert_eq!(
        (problems[4].0.as_str(), problems[4].1),
        ("`accountEnabled` is true or false, and here stands a text", 9)
    );
    assert_eq!(yaml.left_out, 5);
    let shown = yaml.problems[0].render(false);
    assert!(shown.contains("people.yaml:3:5") && shown.contains("jobTitel"), "{shown}");

    let csv = contents(
        "csv",
        "userPrincipalName,city\nada@example.com,London\n\ngrace@example.com,a,b\nalan@example.com,\n",
    );
    assert_eq!(names(&csv), ["ada@example.com", "alan@example.com"]);
    assert_eq!(csv.problems[0].title, "this row has 3 values, and the first line has 2");
    assert_eq!(csv.problems[0].line(), 4);

    let json = contents(
        "json",
        "[{\"userPrincipalName\": \"a\"},\n {\"userPrincipalName\": tru},\n{\"userPrincipalName\": 7},\n 5]",
    );
    assert_eq!(names(&json), ["a"]);
    assert_eq!(json.problems.iter().map(Diagnostic::line).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(!json.is_complete());
}

#[test]
fn a_json_row_is_read_strictly() {
    let row = |members: &str| {
        let text =
            format!("[{{\"userPrincipalName\": \"a\"}},\n{{\"userPrincipalName\": \"b\", {members}}}]");
        let read = contents("json", &text);
        assert_eq!(names(&read).len() + read.problems.len(), 2, "{members}");
        read.problems.first().map(|problem| problem.render(false))
    };
    let twice = row(r#""city": "Rome", "city": "Paris""#).unwrap();
    assert!(twice.contains("`city` stands twice") && twice.contains("people.json:2:44"), "{twice}");
    assert_eq!(row(r#""city": "\ud83d\ude00\/ü""#), None);
    for members in [r#""city": 1e400"#, r#""city": "\ud83d""#, r#""city": 'Rome'"#, r#""city": "Rome","#] {
        assert!(row(members).unwrap().contains("this row is not JSON"), "{members}");
    }
    assert!(
        row(&format!(r#""city": {}"#, "[".repeat(200) + &"]".repeat(200))).unwrap().contains("levels deep")
    );
}

#[test]
fn a_file_that_is_no_directory_is_refused_as_a_whole() {
    let wrong = |ending: &str, text: &str| read_from("people.x", ending, text.as_bytes()).unwrap_err();
    assert!(wrong("txt", "x").title.contains("what kind of file"));
    assert!(wrong("yaml", "").title.contains("holds nobody"));
    assert_eq!(wrong("yaml", "user:\n  - x: y\n").help.as_deref(), Some("did you mean `users`?"));
    assert!(wrong("yaml", "users: [a]\n").title.contains("one item below the other"));
    assert!(wrong("json", r#"{"people": []}"#).title.contains("`people`"));
    assert!(wrong("json", "7").title.contains("no directory"));
    assert!(wrong("csv", "name,city\nx,y\n").title.contains("`userPrincipalName`"));
    let column = wrong("csv", "userPrincipalName,cty\nx,y\n");
    assert_eq!(column.help.as_deref(), Some("did you mean `city`?"));
    let missing = read(Path::new("no/such/file.yaml")).unwrap_err();
    assert!(missing.title.contains("cannot be read"), "{}", missing.title);
}

#[test]
fn a_file_that_ends_too_early_takes_nobody_for_deleted() {
    let mut tenant = Tenant::new();
    let mut whole = contents("json", r#"[{"userPrincipalName": "a"}, {"userPrincipalName": "b"}]"#);
    assert_eq!(apply(&mut whole, &mut tenant), 0);
    let mut cut = contents("json", r#"[{"userPrincipalName": "a"}, {"userPrinci"#);
    assert_eq!((names(&cut), cut.is_complete()), (vec!["a"], false));
    assert_eq!(apply(&mut cut, &mut tenant), 1);
    assert_eq!(tenant.state().users().len(), 2);
}

#[test]
fn a_csv_row_is_one_line_and_another_takes_nobody_for_deleted() {
    let row = |rest: &str| format!("userPrincipalName,city\nada@example.com,London\n{rest}");
    let mut whole = contents("csv", &row("grace@example.com,Paris\nalan@example.com,Rome\n"));
    let open = "a quote of this row is not closed";
    let spread = "a field of this row contains a line break";
    for (rest, title, line, read) in [
        ("grace@example.com,\"Paris\nalan@example.com,Rome\n", open, 3, 1),
        ("\n\ngrace@example.com,\"Paris\nalan@example.com,Rome", open, 5, 1),
        ("grace@example.com,\"Par\nis\"\n\nalan@example.com,Rome\n", spread, 3, 2),
        ("\r\ngrace@example.com,\"Par\r\nis\"\r\nalan@example.com,Rome\r\n", spread, 4, 2),
        ("alan@example.com,Rome\ngrace@example.com,\"Paris\n\"\n", spread, 4, 2),
        (
            "grace@example.com,Paris,\nalan@example.com,Rome\n",
            "this row has 3 values, and the first line has 2",
            3,
            2,
        ),
        (
            "grace@example.com\nalan@example.com,Rome\n",
            "this row has 1 value, and the first line has 2",
            3,
            2,
        ),
    ] {
        for text in [row(rest), row(&rest.replace('\r', "")).replace('\n', "\r\n")] {
            let mut tenant = Tenant::new();
            apply(&mut whole, &mut tenant);
            let mut broken = contents("csv", &text);
            let [(found, at, _)] = &problems(&broken)[..] else {
                panic!("{text:?}: {:?}", problems(&broken))
            };
            assert_eq!((found.as_str(), *at, broken.users.len()), (title, line, read), "{text:?}");
            assert_eq!((broken.left_out, broken.is_complete()), (1, false), "{text:?}");
            apply(&mut broken, &mut tenant);
            assert_eq!(tenant.state().users().len(), 3, "{text:?}");
        }
    }
    let header = read_from("people.csv", "csv", &b"userPrincipalName,\"city\nada@example.com,London\n"[..]);
    assert!(header.unwrap_err().title.contains("line break"));
}

#[test]
fn those_who_are_missing_from_a_row_that_cannot_be_read_stay_members() {
    let mut tenant = Tenant::new();
    let group = r#""groups": [{"displayName": "t", "members": ["a", "b"]}]"#;
    apply(&mut contents("json", &format!(r#"{{"users": [{A}, {B}], {group}}}"#)), &mut tenant);
    let mut wrong = contents("json", &format!(r#"{{"users": [{A}, {{"userPrincipalName" 5}}], {group}}}"#));
    assert_eq!((apply(&mut wrong, &mut tenant), wrong.problems.len()), (1, 1));
    assert_eq!(tenant.state().groups().next().unwrap().members().len(), 2);
}

const A: &str = r#"{"userPrincipalName": "a"}"#;
const B: &str = r#"{"userPrincipalName": "b"}"#;

/// A tenant of a file with so many users and groups, and how many of them stay after one with fewer.
fn left(before: (usize, usize), after: (usize, usize), approved: bool) -> (Missing, usize) {
    let file = |(users, groups): (usize, usize)| {
        let user = |n: usize| format!("- userPrincipalName: u{n}\n");
        let group = |n: usize| format!("- displayName: g{n}\n  members: [u0]\n");
        let users: String = (0..users).map(user).collect();
        contents("yaml", &format!("users:\n{users}groups:\n{}", (0..groups).map(group).collect::<String>()))
    };
    let mut tenant = Tenant::new();
    assert_eq!(super::apply(&mut file(before), &mut tenant, false), Missing::Purged);
    let missing = super::apply(&mut file(after), &mut tenant, approved);
    let state = tenant.state();
    (missing, state.users().len() + state.groups().len())
}

#[test]
fn more_than_a_tenth_and_more_than_five_are_purged_only_when_it_is_approved() {
    for (before, after) in [((100, 0), (90, 0)), ((10, 0), (5, 0)), ((5, 5), (3, 2)), ((60, 60), (54, 54))] {
        assert_eq!(left(before, after, false), (Missing::Purged, after.0 + after.1), "{before:?} {after:?}");
    }
    // Users alone, groups alone among many users, and both together.
    for (before, after) in
        [((100, 0), (89, 0)), ((10, 0), (4, 0)), ((100, 6), (100, 0)), ((20, 20), (16, 16))]
    {
        let all = before.0 + before.1;
        let (missing, kept) = left(before, after, false);
        let Missing::TooMany { missing, of } = missing else { panic!("{before:?} {after:?}: {missing:?}") };
        assert_eq!((missing.len(), of, kept), (all - after.0 - after.1, all, all), "{before:?} {after:?}");
        assert_eq!(left(before, after, true), (Missing::Purged, after.0 + after.1), "{before:?} {after:?}");
    }
}

fn log(tenant: &Tenant, since: crate::entra::directory::Watermark) -> Vec<ChangeKind> {
    tenant.changes_since(since).into_iter().map(|change| change.what).collect()
}

#[test]
fn what_changed_since_the_last_reading_is_the_change_log() {
    let text = |rest: &str| {
        format!(
            "users:\n  - id: a\n    userPrincipalName: ada@example.com\n{rest}  - id: g\n    userPrincipalName: \
             grace@example.com\ngroups:\n  - id: t\n    displayName: Team\n    members: [a]\n"
        )
    };
    let mut tenant = Tenant::new();
    let (ada, grace) = (ObjectId::new("a"), ObjectId::new("g"));
    apply(&mut contents("yaml", &text("    city: London\n")), &mut tenant);
    let mut mark = tenant.watermark();
    let mut changed = |tenant: &mut Tenant, text: &str| {
        let mut contents = contents("yaml", text);
        apply(&mut contents, tenant);
        assert!(contents.problems.is_empty(), "{:?}", contents.problems);
        let log = log(tenant, mark);
        mark = tenant.watermark();
        log
    };
    assert_eq!(changed(&mut tenant, &text("    city: London\n")), []);
    assert_eq!(changed(&mut tenant, &text("    city: Paris\n")), [ChangeKind::Attribute("city")]);
    assert_eq!(changed(&mut tenant, &text("")), [ChangeKind::Attribute("city")]);
    assert_eq!(changed(&mut tenant, &text("    manager: grace@example.com\n")), [ChangeKind::Manager]);
    assert_eq!(
        changed(&mut tenant, &text("    manager: g\n    assigned: false\n    accountEnabled: false\n")),
        [ChangeKind::AccountEnabled, ChangeKind::Unassigned]
    );
    assert_eq!(
        changed(&mut tenant, &text("    manager: g\n    deleted: true\n")),
        [ChangeKind::AccountEnabled, ChangeKind::SoftDeleted, ChangeKind::Assigned]
    );
    assert_eq!(changed(&mut tenant, &text("    manager: g\n")), [ChangeKind::Restored]);
    let without_grace = "users:\n  - id: a\n    userPrincipalName: ada@example.com\n";
    assert_eq!(
        changed(&mut tenant, without_grace),
        [ChangeKind::Manager, ChangeKind::Purged, ChangeKind::Purged]
    );
    let state = tenant.state();
    assert!(state.user(&grace).is_none() && state.user(&ada).is_some());
}

#[test]
fn managers_may_be_turned_round_and_circles_are_refused() {
    let file = |ada: &str, grace: &str| {
        contents(
            "csv",
            &format!("id,userPrincipalName,manager\na,ada@example.com,{ada}\ng,grace@example.com,{grace}\n"),
        )
    };
    let mut tenant = Tenant::new();
    let mut first = file("g", "");
    apply(&mut first, &mut tenant);
    let mut turned = file("", "ada@example.com");
    apply(&mut turned, &mut tenant);
    assert!(turned.problems.is_empty());
    assert_eq!(tenant.state().user(&ObjectId::new("g")).unwrap().manager(), Some(&ObjectId::new("a")));
    let mut circle = file("g", "a");
    apply(&mut circle, &mut tenant);
    let (title, _, help) = &problems(&circle)[0];
    assert!(title.contains("manager") && help.contains("circle"), "{title} {help}");
    assert!(circle.problems[0].file.starts_with("people.csv:"), "{}", circle.problems[0].file);
    let mut nobody = file("zoe@example.com", "");
    apply(&mut nobody, &mut tenant);
    assert!(problems(&nobody)[0].0.contains("`zoe@example.com`"));
}

#[test]
fn who_stands_in_a_wrong_row_is_neither_changed_nor_purged() {
    let mut tenant = Tenant::new();
    apply(
        &mut contents("json", r#"[{"userPrincipalName": "a", "city": "Paris"}, {"userPrincipalName": "b"}]"#),
        &mut tenant,
    );
    let mut wrong = contents("json", r#"[{"userPrincipalName": "a", "cty": "Rome"}]"#);
    assert!(wrong.is_complete());
    assert_eq!(apply(&mut wrong, &mut tenant), 0);
    let state = tenant.state();
    assert_eq!(state.users().len(), 1);
    assert_eq!(state.users().next().unwrap().text("city"), Some("Paris"));
}

#[test]
fn a_deleted_row_is_purged_after_thirty_days_and_does_not_come_back() {
    let file =
        |deleted: &str| contents("csv", &format!("userPrincipalName,deleted\nada@example.com,{deleted}\n"));
    let mut tenant = Tenant::new();
    apply(&mut file(""), &mut tenant);
    apply(&mut file("true"), &mut tenant);
    assert!(tenant.state().users().all(crate::entra::directory::User::is_soft_deleted));
    tenant.advance(crate::entra::directory::RECYCLE_BIN_HOURS);
    assert_eq!(tenant.state().users().len(), 0);
    let mark = tenant.watermark();
    apply(&mut file("true"), &mut tenant);
    assert_eq!(log(&tenant, mark), []);
}
