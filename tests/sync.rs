//! `scimulate sync` and `test-connection` as a user runs them, against `scimulate serve`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running server, and a folder for the files of one test.
struct Stage {
    child: Child,
    base: String,
    token: String,
    folder: tempfile::TempDir,
}

struct Played {
    code: i32,
    out: String,
    err: String,
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("SCIMULATE_TOKEN");
    for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command
}

impl Stage {
    fn new(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child =
            program(folder.path()).arg("serve").args(options).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["READY", base, token] = words[..] else { panic!("{line}") };
        Stage { base: base.to_owned(), token: token.to_owned(), child, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn play(&self, arguments: &[&str]) -> Played {
        let output =
            program(self.folder.path()).args(arguments).env("SCIMULATE_TOKEN", &self.token).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let played = Played {
            code: output.status.code().unwrap(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        assert!(!played.err.contains("panicked"), "{}", played.err);
        played
    }

    /// `sync` with a directory file of that text.
    fn sync(&self, people: &str, options: &[&str]) -> Played {
        self.write("people.yaml", people);
        let mut arguments = vec!["sync", "--directory", "people.yaml", "--target", &self.base];
        arguments.extend(options);
        self.play(&arguments)
    }

    /// What the server holds.
    fn held(&self, endpoint: &str) -> Vec<Value> {
        let (authority, path) = self.base.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        let token = &self.token;
        write!(
            stream,
            "GET /{path}/{endpoint} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["Resources"].as_array().unwrap().clone()
    }

    fn user(&self, name: &str) -> Option<Value> {
        self.held("Users").into_iter().find(|user| user["userName"] == name)
    }

    /// The provisioning log: action, status, and the source's name, since the last call.
    fn log(&self) -> Vec<String> {
        let path = self.path("log.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        lines
            .map(|line| {
                format!(
                    "{} {} {}",
                    word(&line["provisioningAction"]),
                    word(&line["provisioningStatusInfo"]["status"]),
                    word(&line["sourceIdentity"]["displayName"])
                )
            })
            .collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ADA: &str = "  - id: a
    userPrincipalName: ada@example.com
    displayName: Ada
    jobTitle: Analyst
    manager: grace@example.com
";
const GRACE: &str = "  - id: g
    userPrincipalName: grace@example.com
    displayName: Grace
";
const TEAM: &str = "groups:
  - id: t
    displayName: Team
    members: [ada@example.com]
";
const KEPT: [&str; 4] = ["--state", "state.json", "--logs", "log.jsonl"];

fn people(users: &[&str]) -> String {
    format!("users:\n{}", users.concat())
}

#[test]
fn a_job_goes_on_from_run_to_run_through_create_update_scope_out_and_purge() {
    let deployment = Stage::new(&[]);
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

/// The synchronizationSchema that was written by hand from Graph's documentation, without the two rows of
/// an extension that the embedded server does not have, and with sales alone in scope.
fn sales_schema() -> String {
    let text = include_str!("schemas/acme.json");
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
    let deployment = Stage::new(&[]);
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
fn a_list_that_is_only_added_to_keeps_what_it_holds() {
    let deployment = Stage::new(&[]);
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
    let deployment = Stage::new(&[]);
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
fn deletions_above_the_threshold_wait_until_they_are_allowed() {
    let deployment = Stage::new(&[]);
    deployment.sync(&people(&[ADA, GRACE, TEAM]), &KEPT);
    deployment.log();
    let none = people(&["  - userPrincipalName: alan@example.com\n    displayName: Alan\n"]);
    let told = "--notify=cat > told.json";
    let held = deployment.sync(&none, &[&KEPT[..], &["--delete-threshold", "2", told]].concat());
    assert_eq!(held.code, 1, "{}", held.out);
    assert!(held.out.contains("in quarantine (TooManyDeletes)"), "{}", held.out);
    assert_eq!(
        deployment.log(),
        ["stageddelete skipped ", "stageddelete skipped ", "create success Alan", "stageddelete skipped "]
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
    let deployment = Stage::new(&[]);
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
    let deployment = Stage::new(&[]);
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

#[cfg(unix)]
#[test]
fn a_log_stays_readable_when_runs_are_killed_and_lines_are_broken_off() {
    let deployment = Stage::new(&[]);
    let many: String = (0..50).map(|n| format!("  - userPrincipalName: user{n}@example.com\n")).collect();
    deployment.write("people.yaml", &people(&[&many]));
    let arguments = ["sync", "--directory", "people.yaml", "--target", &deployment.base, "--pace", "60"];
    let mut running = program(deployment.folder.path())
        .args(arguments)
        .args(["--logs", "log.jsonl"])
        .env("SCIMULATE_TOKEN", &deployment.token)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while deployment.held("Users").len() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let lines = |text: &str| text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
    let text = fs::read_to_string(deployment.path("log.jsonl")).unwrap();
    assert!(lines(&text) >= 2, "what is written is written at once: {text}");
    deployment.write("log.jsonl", &format!("{text}{{\"broken"));
    let played = deployment.sync(&people(&[GRACE]), &["--logs", "log.jsonl"]);
    assert_eq!(played.code, 0, "{}", played.err);
    let after = fs::read_to_string(deployment.path("log.jsonl")).unwrap();
    assert!(after.contains("{\"broken\n"), "{after}");
    assert_eq!(lines(&after), lines(&text) + 1);
}

#[test]
fn a_user_is_provisioned_on_demand_and_nobody_else() {
    let deployment = Stage::new(&[]);
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
fn wrong_rows_are_listed_and_the_others_are_provisioned() {
    let deployment = Stage::new(&[]);
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
fn a_state_file_of_another_job_is_refused_and_left_alone() {
    let deployment = Stage::new(&[]);
    let all = people(&[ADA, GRACE]);
    deployment.sync(&all, &KEPT);
    let state = fs::read(deployment.path("state.json")).unwrap();
    let other = deployment.play(&[
        "sync",
        "--directory",
        "people.yaml",
        "--target",
        "http://127.0.0.1:1/scim",
        "--state",
        "state.json",
    ]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("belongs to the target") && other.err.contains("--state"), "{}", other.err);
    let other = deployment.sync(&all, &["--state", "state.json", "--profile", "zoom"]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("belongs to the mapping `default`"), "{}", other.err);
    assert_eq!(fs::read(deployment.path("state.json")).unwrap(), state);
    deployment.write("state.json", "{");
    let broken = deployment.sync(&all, &KEPT);
    assert_eq!(broken.code, 2);
    assert!(broken.err.contains("the state file cannot be read"), "{}", broken.err);
    assert_eq!(fs::read_to_string(deployment.path("state.json")).unwrap(), "{");
    let embedded = deployment.play(&["sync", "--directory", "people.yaml", "--state", "state.json"]);
    assert!(embedded.code == 2 && embedded.err.contains("--target"), "{}", embedded.err);
}

#[test]
fn another_mapping_looks_at_everybody_again() {
    let deployment = Stage::new(&[]);
    let all = people(&[ADA, GRACE]);
    deployment.sync(&all, &KEPT);
    deployment.write("scimulate.toml", "[mapping]\nwithout = ['title']\n");
    let played = deployment.sync(&all, &KEPT);
    assert!(played.out.starts_with("cycle 2 (initial)"), "{}", played.out);
    assert!(played.err.contains("the mapping has changed"), "{}", played.err);
    assert_eq!(deployment.held("Users").len(), 2, "links stay");
}

#[test]
fn two_rows_of_one_name_are_one_too_many() {
    let deployment = Stage::new(&[]);
    let twin = GRACE.replace("id: g", "id: x").replace("grace@", "GRACE@");
    let played = deployment.sync(&people(&[GRACE, &twin]), &KEPT);
    assert!(played.err.contains("is the userPrincipalName of two users"), "{}", played.err);
    assert!(played.err.contains("line 2 has it already"), "{}", played.err);
    assert_eq!(deployment.held("Users").len(), 1);
}

#[test]
fn a_target_that_cannot_be_asked_says_so_by_the_exit_code() {
    let mut deployment = Stage::new(&[]);
    let base = deployment.base.clone();
    let connection = deployment.play(&["test-connection", "--target", &base]);
    assert_eq!(connection.code, 0, "{}", connection.err);
    assert_eq!(deployment.play(&["test-connection"]).code, 2);
    deployment.token = "wrong".to_owned();
    let refused = deployment.play(&["test-connection", "--target", &base]);
    assert!(refused.code == 3 && refused.err.contains("Unauthorized"), "{}", refused.err);
    let played = deployment.sync(&people(&[ADA, GRACE]), &["--cycles", "40"]);
    assert_eq!(played.code, 3, "{}", played.err);
    // 6, 12 and 24 hours, then daily to the 28th day: 31 attempts, and then the job is disabled.
    assert!(played.out.contains("cycle 31 ") && !played.out.contains("cycle 32 "), "{}", played.out);
    assert!(played.out.contains("the job is disabled"), "{}", played.out);
    assert_eq!(played.out.matches("\n! ").count(), 1, "a lasting quarantine is told once: {}", played.out);
}

#[test]
fn without_a_target_the_embedded_server_is_provisioned() {
    let deployment = Stage::new(&[]);
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
    let deployment = Stage::new(&["--fault", "create-answers-409"]);
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
fn a_schema_drives_the_job_as_a_profile_does() {
    let deployment = Stage::new(&[]);
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

#[cfg(unix)]
#[test]
fn an_interrupted_job_keeps_what_it_did() {
    let deployment = Stage::new(&[]);
    let many: String = (0..50).map(|n| format!("  - userPrincipalName: user{n}@example.com\n")).collect();
    deployment.write("people.yaml", &people(&[&many]));
    let mut running = program(deployment.folder.path())
        .args(["sync", "--directory", "people.yaml", "--target", &deployment.base, "--pace", "60"])
        .args(KEPT)
        .env("SCIMULATE_TOKEN", &deployment.token)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while deployment.held("Users").is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let made = deployment.held("Users").len();
    assert!(made < 50, "{made}");
    // Nobody is made twice, and the others follow.
    let rest = deployment.play(&[
        "sync",
        "--directory",
        "people.yaml",
        "--target",
        &deployment.base,
        "--state",
        "state.json",
    ]);
    assert!(rest.out.starts_with(&format!("cycle 2 (initial)\n  created {} ·", 50 - made)), "{}", rest.out);
    assert_eq!(deployment.held("Users").len(), 50);
}

#[test]
fn elsewhere_nothing_is_written_without_apply() {
    // No name that leads anywhere: the plan already fails, and nothing is asked twice.
    let deployment = Stage::new(&[]);
    deployment.write("people.yaml", &people(&[GRACE]));
    let away = ["sync", "--directory", "people.yaml", "--target", "https://scim.invalid/v2"];
    let played = deployment.play(&[&away[..], &["--apply"]].concat());
    assert_eq!(played.code, 3, "{}", played.out);
    assert!(played.out.starts_with("plan\n") && !played.out.contains("cycle 1"), "{}", played.out);
}
