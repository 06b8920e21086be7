//! Requests by hand: what is sent in which form, what the guard lets through, and what is said of answers.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{Call, Played};
use crate::servers::{Served, answering, exchange, free, http};

/// A server, and the journals of those who write to it.
struct Hands {
    server: Served,
    journals: tempfile::TempDir,
}

impl Hands {
    fn start(arguments: &[&str]) -> Self {
        let server = Served::start(&[&["serve"], arguments].concat());
        Hands { server, journals: tempfile::tempdir().unwrap() }
    }

    fn call(&self, arguments: &[&str]) -> Call {
        let call = Call::new(&[arguments, &["--target", &self.server.base]].concat());
        let journals = self.journals.path().to_str().unwrap();
        call.env("SCIMULATE_TOKEN", &self.server.token).env("XDG_STATE_HOME", journals)
    }

    fn play(&self, arguments: &[&str]) -> Played {
        let played = self.call(arguments).play();
        for text in [&played.out, &played.err] {
            assert!(!text.contains(&self.server.token), "{text}");
        }
        played
    }

    /// The same for what must succeed; its standard output as JSON.
    #[track_caller]
    fn done(&self, arguments: &[&str]) -> Value {
        let played = self.play(arguments);
        assert_eq!(played.code, Some(0), "{arguments:?}: {}\n{}", played.out, played.err);
        serde_json::from_str(&played.out).unwrap_or_default()
    }

    /// A request of somebody else's, and the body of its answer.
    fn elsewhere(&self, method: &str, path: &str, body: &Value) -> Value {
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        let answer = exchange(self.server.port(), &self.server.token, method, &format!("/scim{path}"), &sent);
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_default()
    }

    fn journals(&self) -> usize {
        fs::read_dir(self.journals.path().join("scimulate")).map_or(0, Iterator::count)
    }
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

/// The operations of the PATCHes that were announced.
fn operations(played: &Played) -> Vec<Value> {
    let patches = played.err.lines().filter(|line| line.contains("-X PATCH"));
    let bodies = patches.map(|line| line.split_once("--data-binary '").unwrap().1.trim_end_matches('\''));
    bodies.map(|body| serde_json::from_str::<Value>(body).unwrap()["Operations"].clone()).collect()
}

#[test]
fn what_create_makes_can_be_found_changed_and_deleted() {
    let hands = Hands::start(&[]);
    let ada = hands.done(&[
        "create",
        "user",
        "userPrincipalName=ada@contoso.com",
        "displayName=Ada",
        "employeeId=7",
        "jobTitle=",
        "accountEnabled=false",
    ]);
    assert_eq!((&ada["userName"], &ada["active"]), (&json!("ada@contoso.com"), &json!(false)));
    assert_eq!(ada.get("title"), None);
    let user = format!("users/{}", id(&ada));

    let found = hands.play(&["find", "users", r#"userName eq "ada@contoso.com""#, "--output", "jsonl"]);
    assert_eq!((found.code, found.out.lines().count()), (Some(0), 1), "{}", found.err);
    assert!(found.err.contains("1 of 1 found"), "{}", found.err);
    let found = hands.play(&["find", "users", "--match", "ada@contoso.com"]);
    assert!(found.err.contains("filter=userName+eq+%22ada%40contoso.com%22"), "{}", found.err);

    assert_eq!(hands.done(&["patch", &user, "title=Dr.", "active=true"])["title"], "Dr.");
    assert_eq!(hands.done(&["get", &user, "--attributes", "title"])["title"], "Dr.");
    assert_eq!(hands.journals(), 1);
    let deleted = hands.play(&["delete", &user]);
    assert_eq!((deleted.code, deleted.out.as_str()), (Some(0), ""), "{}", deleted.err);
    assert!(deleted.err.contains(&format!("deleted {user}")), "{}", deleted.err);
    assert_eq!((hands.server.users(), hands.journals()), (0, 0));
    hands.play(&["get", &user]).failed(1, "finds nothing (404", "scimulate find");
}

#[test]
fn a_user_is_made_up_by_a_seed() {
    let hands = Hands::start(&[]);
    let [one, two] = ["1", "2"].map(|_| hands.done(&["create", "user", "--seed", "7"]));
    assert_eq!(one["displayName"], two["displayName"]);
    assert_ne!(one["userName"], two["userName"], "the prefix differs");
    let drawn = hands.play(&["create", "user"]);
    assert!(drawn.err.contains("made up with --seed "), "{}", drawn.err);
    let unread = hands.play(&["create", "user", "companyName=Contoso"]);
    assert!(unread.err.contains("does not read `companyName`"), "{}", unread.err);
}

#[test]
fn each_dialect_has_its_form() {
    let hands = Hands::start(&[]);
    let user = format!("users/{}", id(&hands.done(&["create", "user", "jobTitle=Boss"])));
    let boss = id(&hands.done(&["create", "user"]));
    let sent = |dialect: &str, changes: &[&str]| {
        let played = hands.play(&[&["patch", &user, "--dialect", dialect], changes].concat());
        assert_eq!(played.code, Some(0), "{}", played.err);
        operations(&played)
    };
    let changes = ["title=Dr.", "active=false", "nickName=Ada"];
    assert_eq!(
        sent("default", &changes),
        [json!([
            {"op": "Replace", "path": "title", "value": "Dr."},
            {"op": "Replace", "path": "active", "value": "False"},
            {"op": "Add", "path": "nickName", "value": "Ada"},
        ])]
    );
    assert_eq!(
        sent("aadOptscim062020", &changes),
        [json!([{"op": "replace", "value": {"title": "Dr.", "active": false, "nickName": "Ada"}}])]
    );
    assert_eq!(
        sent("customappsso", &["title=Dr."]),
        [json!([{"op": "Replace", "path": "title", "value": [{"$ref": null, "value": "Dr."}]}])]
    );
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    assert_eq!(
        sent("default", &["--manager", &boss]),
        [json!([{"op": "Add", "path": manager, "value": boss}])]
    );
    assert_eq!(
        sent("default", &["--remove", "manager", "--remove", "title"]),
        [json!([{"op": "Remove", "path": "title"}]), json!([{"op": "Remove", "path": manager}])]
    );
}

#[test]
fn members_are_added_and_removed_in_the_form_of_the_dialect() {
    let hands = Hands::start(&[]);
    let ada = id(&hands.done(&["create", "user"]));
    let created = hands.play(&["create", "group", "displayName=Engineering", "--member", &ada]);
    assert_eq!(created.code, Some(0), "{}", created.err);
    let group = format!("groups/{}", id(&serde_json::from_str(&created.out).unwrap()));
    assert_eq!(operations(&created)[0][0]["value"], json!([{"$ref": null, "value": ada}]));
    assert_eq!(hands.done(&["get", &group])["members"][0]["value"], json!(ada));
    let removed = hands.play(&["patch", &group, "--remove-member", &ada, "--dialect", "aadOptscim062020"]);
    let path = format!("members[value eq \"{ada}\"]");
    assert_eq!(operations(&removed), [json!([{"op": "remove", "path": path}])], "{}", removed.err);
    assert_eq!(hands.done(&["get", &group]).get("members"), None);
    hands.play(&["patch", &group, "--manager", &ada]).failed(2, "a group has no manager", "users/ID");
    let user = format!("users/{ada}");
    hands.play(&["patch", &user, "--add-member", &ada]).failed(2, "a user has no members", "groups/ID");
}

#[test]
fn nothing_of_others_is_written_to_without_a_word() {
    let hands = Hands::start(&[]);
    let bob = id(&hands.elsewhere(
        "POST",
        "/Users",
        &json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bob"}),
    ));
    let user = format!("users/{bob}");
    for call in [&["delete", &user][..], &["patch", &user, "title=x"], &["patch", &user, "--manager", &bob]] {
        let played = hands.play(call);
        played.failed(2, "was not created by scimulate", "--foreign");
        assert!(!played.err.contains("request:"), "{}", played.err);
    }
    let group = id(&hands.done(&["create", "group"]));
    let add = ["patch", &format!("groups/{group}"), "--add-member", &bob];
    hands.play(&add).failed(2, &format!("names {bob} as a member or manager"), "--foreign");
    hands.play(&["create", "group", "--member", &bob]).failed(
        2,
        "which scimulate did not create",
        "--foreign",
    );
    hands.done(&[&add[..], &["--foreign"]].concat());
    assert_eq!(hands.done(&["patch", &user, "title=x", "--foreign"])["title"], "x");
    hands.done(&["delete", &user, "--foreign"]);
    assert_eq!(hands.server.users(), 0);
}

#[test]
fn an_id_that_belongs_to_somebody_else_by_now_is_left_alone() {
    let hands = Hands::start(&[]);
    let ada = id(&hands.done(&["create", "user"]));
    let other = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bob"});
    hands.elsewhere("PUT", &format!("/Users/{ada}"), &other);
    let user = format!("users/{ada}");
    for call in [&["delete", user.as_str()][..], &["patch", &user, "title=x"]] {
        let played = hands.play(call);
        assert_eq!(played.code, Some(2), "{}", played.err);
        assert!(played.err.contains("would have reached `bob`"), "{}", played.err);
    }
    let swept = hands.play(&["cleanup"]);
    assert!(swept.err.contains("left behind: /Users/"), "{}", swept.err);
    assert_eq!(hands.server.users(), 1);
}

#[test]
fn cleanup_removes_what_was_made_by_hand_whatever_it_is_called() {
    let hands = Hands::start(&[]);
    hands.done(&["create", "user", "userPrincipalName=ada@contoso.com"]);
    hands.done(&["create", "group", "displayName=Engineering"]);
    let swept = hands.play(&["cleanup"]);
    assert_eq!(swept.code, Some(0), "{}", swept.err);
    assert_eq!(swept.out.matches("1 deleted").count(), 2, "{}", swept.out);
    assert_eq!(hands.server.users(), 0);
    assert_eq!(hands.elsewhere("GET", "/Groups?count=0", &Value::Null)["totalResults"], 0);
}

#[test]
fn requests_may_be_sent_at_the_same_time() {
    let hands = Hands::start(&[]);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let hands = &hands;
            scope.spawn(move || {
                let user = format!("users/{}", id(&hands.done(&["create", "user"])));
                hands.done(&["patch", &user, &format!("title={number}")]);
                hands.done(&["delete", &user]);
            });
        }
    });
    assert_eq!((hands.server.users(), hands.journals()), (0, 0));
}

#[test]
fn a_rejected_create_leaves_no_journal() {
    let hands = Hands::start(&[]);
    hands.done(&["create", "user", "userPrincipalName=ada@contoso.com"]);
    let again = ["create", "user", "userPrincipalName=ada@contoso.com", "--seed", "1"];
    hands.play(&again).failed(1, "the server rejects POST /Users (409", "--match");
    assert_eq!((hands.server.users(), hands.journals()), (1, 1));
}

#[test]
fn a_body_is_sent_as_it_is() {
    let hands = Hands::start(&[]);
    let body = "{ \"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\"],\n \"userName\": \"ada\" }";
    let played = hands.call(&["create", "user", "--body", "ada.json"]).file("ada.json", body).play();
    assert_eq!(played.code, Some(0), "{}", played.err);
    assert!(played.err.contains("will need --foreign"), "{}", played.err);
    let user = format!("users/{}", id(&serde_json::from_str(&played.out).unwrap()));
    let patch = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"ADD","path":"title","value":"x"}]}"#;
    let mut call = hands.call(&["patch", &user, "--foreign", "--body", "-"]).file("patch.json", patch);
    let input = fs::File::open(call.folder.path().join("patch.json")).unwrap();
    call.command.stdin(Stdio::from(input));
    let played = call.play();
    assert_eq!(played.code, Some(0), "{}", played.err);
    assert!(played.err.contains(patch), "{}", played.err);
    let broken =
        hands.call(&["create", "user", "--body", "bad.json"]).file("bad.json", "{\n\"a\": tru}\n").play();
    assert_eq!(broken.code, Some(2));
    assert!(
        broken.err.contains("the body is not JSON") && broken.err.contains("bad.json:2:9"),
        "{}",
        broken.err
    );
}

#[test]
fn a_target_elsewhere_gets_no_write_without_apply() {
    for arguments in [
        &["create", "user", "--seed", "1"][..],
        &["delete", "users/7", "--foreign"],
        &["patch", "groups/7", "--add-member", "8", "--foreign"],
    ] {
        let target = ["--target", "https://scim.invalid/v2"];
        let call = Call::new(&[arguments, &target].concat()).env("SCIMULATE_TOKEN", "hunter2-and-more");
        let folder = call.folder.path().join("scimulate");
        let played = call.play();
        assert_eq!((played.code, played.out.as_str()), (Some(4), ""), "{}", played.err);
        assert!(played.err.contains("Nothing was written: add --apply"), "{}", played.err);
        assert!(played.err.contains("request: curl -i -X "), "{}", played.err);
        assert!(played.err.contains("Bearer $SCIMULATE_TOKEN"), "{}", played.err);
        assert!(!played.err.contains("hunter2"), "{}", played.err);
        assert!(!Path::new(&folder).exists(), "a journal of nothing");
        let applied = Call::new(&[arguments, &target, &["--apply"]].concat()).play();
        applied.failed(3, "does not resolve", "spelling");
    }
}

#[test]
fn secrets_are_in_no_output() {
    let said = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","detail":"no: hunter2-and-more s3cr3t-header"}"#;
    let base = format!(
        "http://{}/scim",
        answering(&http("400 Bad Request", "content-type: application/scim+json\r\n", said))
    );
    for arguments in [&["create", "user"][..], &["find", "users"], &["get", "Schemas"]] {
        let target = ["--target", &base, "--header", "X-Api-Key=s3cr3t-header"];
        let call = Call::new(&[arguments, &target].concat()).env("SCIMULATE_TOKEN", "hunter2-and-more");
        let played = call.play();
        assert_eq!(played.code, Some(1), "{}", played.err);
        for text in [&played.out, &played.err] {
            assert!(!text.contains("hunter2") && !text.contains("s3cr3t"), "{text}");
        }
        assert!(played.err.contains("rejects"), "{}", played.err);
    }
}

#[test]
fn bad_input_is_told_at_its_place() {
    let base = format!("http://{}/scim", free());
    for (arguments, what, next) in [
        (
            &["create", "user", "userPrincipalNam=a"][..],
            "not an attribute of an Entra user",
            "did you mean `userPrincipalName`?",
        ),
        (&["create", "user", "title=Dr."], "argument:1:1", "write jobTitle=Dr."),
        (&["create", "user", "active=true"], "not an attribute of an Entra user", "Switch([IsSoftDeleted]"),
        (&["create", "user", "accountEnabled=no"], "must be true or false", "argument:1:16"),
        (&["create", "user", "mail=a", "mail=b"], "given twice", "give it once"),
        (&["create", "user", "manager=7"], "cannot be set here", "--manager ID"),
        (&["create", "user", "--member", "7"], "a user has no members", "--add-member"),
        (&["create", "usres"], "neither users nor groups", "did you mean `users`?"),
        (&["create", "user", "displayName"], "write NAME=VALUE", "displayName"),
        (&["create", "user", "--body", "nowhere.json"], "cannot be read from nowhere.json", "standard input"),
        (&["patch", "users/7", "titel=x"], "neither a target of the mapping", "did you mean `title`?"),
        (&["patch", "users/7", "active=perhaps"], "must be true or false", "argument:1:8"),
        (&["patch", "users/7", "emails=x"], "`emails` is a list", "[type eq \"work\"].value"),
        (&["patch", "users/7"], "nothing is to be changed", "PATH=VALUE"),
        (&["patch", "users", "title=x"], "does not name one user or group", "users/ID"),
        (&["delete", "users/.."], "a slash, dots, a question mark", "does not write to it"),
        (&["get", "usrs/7"], "not an endpoint of SCIM", "did you mean `Users`?"),
        (&["find", "users", "userName eqq \"a\""], "filter:1:10", "write eq, ne"),
        (&["find", "users", "--output", "tabel"], "not a format", "did you mean `table`?"),
        (&["find", "users", "--dialect", "Default"], "is not a dialect", "customappsso"),
    ] {
        let played = Call::new(&[arguments, &["--target", &base]].concat()).play();
        played.failed(2, what, next);
    }
    for arguments in
        [&["get", "users/7"][..], &["find", "users"], &["create", "user"], &["delete", "users/7"]]
    {
        Call::new(arguments).play().failed(2, "no target is named", "--target");
    }
}

#[test]
fn what_is_no_scim_server_is_3() {
    let page = http("200 OK", "content-type: text/html\r\n", "<!doctype html><title>Sign in</title>");
    let missing = http("404 Not Found", "content-type: text/html\r\n", "<html>no such page</html>");
    for (answer, what, next) in [
        (page, "returns a web page (200)", "SCIM base URL"),
        (missing, "no SCIM service found", "base path"),
        (http("401 Unauthorized", "", ""), "does not accept the token (401)", "SCIMULATE_TOKEN"),
        (http("302 Found", "location: https://login.example.com/\r\n", ""), "redirects (302)", "final URL"),
        ("220 mail.example.com ESMTP\r\n".to_owned(), "not HTTP", "scheme"),
    ] {
        let base = format!("http://{}/scim", answering(&answer));
        for arguments in [&["get", "users/7"][..], &["find", "users"], &["create", "user", "--seed", "1"]] {
            let call = Call::new(&[arguments, &["--target", &base]].concat());
            call.env("SCIMULATE_TOKEN", "0123456789").play().failed(3, what, next);
        }
    }
    let base = format!("http://{}/scim", answering(&http("200 OK", "", "")));
    Call::new(&["get", "users/7", "--target", &base]).play().failed(1, "200 without a body", "RFC 7644");
    let gone = format!("http://{}/scim", free());
    Call::new(&["get", "users/7", "--target", &gone]).play().failed(
        3,
        "connection refused",
        "start the server",
    );
}

#[test]
fn answers_that_break_rules_are_told() {
    let hands = Hands::start(&["--fault", "total-results-missing"]);
    let found = hands.play(&["find", "users"]);
    assert_eq!(found.code, Some(1), "{}\n{}", found.out, found.err);
    assert!(found.err.contains("; see `scimulate explain rules/"), "{}", found.err);
    let mild = Hands::start(&["--fault", "list-schema-missing"]).play(&["find", "users"]);
    assert_eq!(mild.code, Some(0), "a warning: {}", mild.err);
    assert!(mild.err.contains("warning rules/list-schema-missing: "), "{}", mild.err);
}

#[test]
fn a_table_is_for_people() {
    let hands = Hands::start(&[]);
    let ada = id(&hands.done(&["create", "user", "userPrincipalName=ada@contoso.com", "displayName=Ada"]));
    let one = hands.play(&["get", &format!("users/{ada}"), "--output", "table"]);
    assert!(
        one.out.lines().any(|line| line.split_whitespace().eq(["userName", "ada@contoso.com"])),
        "{}",
        one.out
    );
    let many = hands.play(&["find", "users", "--count", "1", "--start-index", "1", "--output", "table"]);
    let lines: Vec<Vec<&str>> = many.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["id", "userName", "displayName", "active"], "{}", many.out);
    assert_eq!(lines[1][..4], [ada.as_str(), "ada@contoso.com", "Ada", "true"], "{}", many.out);
    for document in ["ServiceProviderConfig", "Schemas", "ResourceTypes"] {
        let played = hands.play(&["get", document, "--output", "table"]);
        assert_eq!(played.code, Some(0), "{}", played.err);
        assert!(!played.out.is_empty());
    }
}
