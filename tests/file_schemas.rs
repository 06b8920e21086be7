//! The JSON Schemas in `docs/schemas`: they are those of the program, they admit every built-in and documented file,
//! and they refuse an unknown key exactly where the reader refuses it.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use scimulate::catalogue::Catalogue;
use scimulate::diagnostic::Diagnostic;
use scimulate::entra::directory_file;
use scimulate::entra::mapping::profiles;
use scimulate::waivers::Waivers;
use scimulate::{rules, scenario, yaml};

const KINDS: [&str; 5] = ["config", "scenario", "profile", "waivers", "directory"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema(kind: &str) -> Value {
    let path = root().join(format!("docs/schemas/{kind}.schema.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A validator, of a schema that is itself one of draft-07.
fn validator(kind: &str) -> jsonschema::Validator {
    let schema = schema(kind);
    jsonschema::draft7::meta::validate(&schema).unwrap_or_else(|error| panic!("{kind}: {error}"));
    jsonschema::draft7::new(&schema).unwrap()
}

#[track_caller]
fn admits(validator: &jsonschema::Validator, what: &str, file: &Value) {
    let problems: Vec<String> = validator
        .iter_errors(file)
        .map(|error| format!("{what}, at {}: {error:.300}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn yaml_value(name: &str, text: &str) -> Value {
    yaml::parse(name, text).unwrap().to_json()
}

/// A TOML file as a schema sees it: dates are texts.
fn toml_value(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => json!(date.to_string()),
            toml::Value::Array(items) => items.into_iter().map(plain).collect(),
            toml::Value::Table(entries) => {
                Value::Object(entries.into_iter().map(|(key, value)| (key, plain(value))).collect())
            }
            toml::Value::String(text) => json!(text),
            toml::Value::Integer(number) => json!(number),
            toml::Value::Float(number) => json!(number),
            toml::Value::Boolean(flag) => json!(flag),
        }
    }
    plain(toml::from_str(text).unwrap())
}

/// The examples of a page in a language, in order.
fn examples(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let begin = format!("```{language}\n");
    let blocks = text.split(&begin).skip(1);
    blocks.filter_map(|rest| Some(rest.split("\n```").next()?.to_owned() + "\n")).collect()
}

#[test]
fn the_schemas_are_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let written = Command::new(env!("CARGO_BIN_EXE_scimulate"))
        .args(["list", "--schemas"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(written.status.code(), Some(0), "{}", String::from_utf8_lossy(&written.stderr));
    let said = String::from_utf8(written.stdout).unwrap();
    assert_eq!(said.lines().count(), KINDS.len(), "{said}");
    for kind in KINDS {
        let name = format!("{kind}.schema.json");
        let now = fs::read_to_string(folder.path().join(&name)).unwrap();
        let kept = fs::read_to_string(root().join("docs/schemas").join(&name)).unwrap_or_default();
        assert!(
            now == kept,
            "docs/schemas/{name} is old: write it again with `cargo run -- list --schemas docs/schemas`"
        );
    }
    assert_eq!(fs::read_dir(root().join("docs/schemas")).unwrap().count(), KINDS.len());
}

#[test]
fn every_built_in_file_is_admitted() {
    let scenarios = validator("scenario");
    let mut number = 0;
    for (name, text) in scenario::sources() {
        admits(&scenarios, &name, &yaml_value(&name, text));
        number += 1;
    }
    assert!(number > 200, "{number}");
    let profile = validator("profile");
    for (name, text) in profiles::texts() {
        admits(&profile, name, &yaml_value(name, text));
    }
}

#[test]
fn every_documented_file_is_admitted() {
    let config = validator("config");
    for page in ["configuration.md", "target.md"] {
        for example in examples(page, "toml") {
            admits(&config, page, &toml_value(&example));
        }
    }
    for example in examples("waivers.md", "toml").iter().filter(|text| text.contains("[[waiver]]")) {
        admits(&validator("waivers"), "waivers.md", &toml_value(example));
    }
    let whole = examples("scenarios.md", "yaml");
    admits(&validator("scenario"), "scenarios.md", &yaml_value("scenarios.md", &whole[0]));
    admits(
        &validator("profile"),
        "mapping.md",
        &yaml_value("mapping.md", &examples("mapping.md", "yaml")[0]),
    );
    admits(&validator("directory"), "sync.md", &yaml_value("sync.md", &examples("sync.md", "yaml")[0]));
}

/// Every place of a map in a value, as JSON pointers.
fn maps(value: &Value, at: &str, found: &mut Vec<String>) {
    let step = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(entries) => {
            found.push(at.to_owned());
            entries.iter().for_each(|(key, value)| maps(value, &step(key), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| maps(item, &step(&index.to_string()), found));
        }
        _ => {}
    }
}

const SLIP: &str = "zzzzzz";

/// Puts a key that nobody knows into each map of a file, one after the other. The reader and the schema must be of one
/// mind: what the schema refuses the reader refuses, and what the reader does not know the schema does not know.
fn slips(
    what: &str,
    file: &Value,
    validator: &jsonschema::Validator,
    read: impl Fn(&str) -> Vec<Diagnostic>,
) -> usize {
    let mut places = Vec::new();
    maps(file, "", &mut places);
    let mut refused = 0;
    for place in places {
        let mut wrong = file.clone();
        let map: &mut Map<String, Value> = wrong.pointer_mut(&place).unwrap().as_object_mut().unwrap();
        map.insert(SLIP.to_owned(), json!(7));
        let problems = read(&wrong.to_string());
        let unknown = problems.iter().any(|problem| {
            ["unknown key", "unknown step"].iter().any(|begin| problem.title.starts_with(begin))
        });
        let admitted = validator.is_valid(&wrong);
        assert!(!(unknown && admitted), "{what} {place}: the reader does not know the key, the schema does");
        assert!(
            admitted || !problems.is_empty(),
            "{what} {place}: the schema refuses what the reader accepts"
        );
        refused += usize::from(!admitted);
    }
    refused
}

#[test]
fn a_slip_in_a_scenario_is_refused_by_reader_and_schema_alike() {
    let validator = validator("scenario");
    let mut refused = 0;
    for (name, text) in scenario::sources() {
        let read = |text: &str| scenario::load(&name, text).err().unwrap_or_default();
        refused += slips(&name, &yaml_value(&name, text), &validator, read);
    }
    assert!(refused > 2000, "{refused}");
}

#[test]
fn a_slip_in_a_profile_is_refused_by_reader_and_schema_alike() {
    let validator = validator("profile");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profile.yaml");
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        profiles::load(path.to_str().unwrap()).err().unwrap_or_default()
    };
    let example = yaml_value("mapping.md", &examples("mapping.md", "yaml")[0]);
    assert!(slips("mapping.md", &example, &validator, read) > 10);
    for (name, text) in profiles::texts() {
        assert!(slips(name, &yaml_value(name, text), &validator, read) > 5);
    }
}

#[test]
fn a_slip_in_a_directory_is_refused_by_reader_and_schema_alike() {
    let validator = validator("directory");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.json");
    let read = |text: &str| {
        fs::write(&path, text).unwrap();
        match directory_file::read(&path) {
            Ok(contents) => contents.problems,
            Err(problem) => vec![problem],
        }
    };
    let file = json!({
        "users": [{ "id": "a", "userPrincipalName": "ada@example.com", "assigned": true, "deleted": false,
                    "manager": null, "accountEnabled": true, "otherMails": ["a@example.com"],
                    "appRoleAssignments": ["Admin"], "extension_0123_badge": "7" }],
        "groups": [{ "objectId": "t", "displayName": "Team", "members": ["a"], "mailEnabled": false }],
    });
    admits(&validator, "a directory", &file);
    assert!(read(&file.to_string()).iter().all(|problem| !problem.title.contains("stands")));
    assert_eq!(slips("a directory", &file, &validator, read), 3);
    // A key of users is none of groups.
    let mut wrong = file;
    wrong["groups"][0]["manager"] = json!("a");
    assert!(!validator.is_valid(&wrong) && !read(&wrong.to_string()).is_empty());
}

#[test]
fn a_slip_in_waivers_is_refused_by_reader_and_schema_alike() {
    let validator = validator("waivers");
    let catalogue = Catalogue::new(rules::all(), &scenario::builtin().unwrap());
    let right = "[[waiver]]\ncheck = 'cycles/disable-unassigned'\nreason = 'x'\nexpires = 2027-01-31\n";
    let read = |text: &str| Waivers::parse(text, "waivers.toml", &catalogue);
    assert!(read(right).is_ok());
    admits(&validator, "waivers", &toml_value(right));
    for wrong in [
        format!("{right}{SLIP} = 7\n"),
        format!("{SLIP} = 7\n{right}"),
        right.replace("reason = 'x'\n", ""),
        right.replace("'x'", "''"),
        right.replace("2027-01-31", "'soon'"),
        format!("{right}dialect = 'other'\n"),
    ] {
        assert!(read(&wrong).is_err() && !validator.is_valid(&toml_value(&wrong)), "{wrong}");
    }
}

/// Whether `run` refuses a configuration before it sends anything.
fn refuses_config(folder: &Path, text: &str) -> bool {
    fs::write(folder.join("scimulate.toml"), text).unwrap();
    let listed = Command::new(env!("CARGO_BIN_EXE_scimulate"))
        .args(["list", "--level", "critical", "--suite", "rules"])
        .current_dir(folder)
        .output()
        .unwrap();
    match listed.status.code() {
        Some(0) => false,
        Some(2) => true,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(&listed.stderr)),
    }
}

#[test]
fn a_slip_in_the_configuration_is_refused_by_reader_and_schema_alike() {
    let validator = validator("config");
    let folder = tempfile::tempdir().unwrap();
    let right = "target = 'http://127.0.0.1:1/scim'\ntimeout = 5\n[people]\nlocale = 'de-DE'\n[mapping]\ngroups = true\n";
    assert!(!refuses_config(folder.path(), right));
    admits(&validator, "a configuration", &toml_value(right));
    for wrong in [
        format!("{SLIP} = 7\n{right}"),
        right.replace("[mapping]", &format!("{SLIP} = 7\n[mapping]")),
        format!("{right}{SLIP} = 7\n"),
        format!("[target]\nurl = 'http://127.0.0.1:1/scim'\n{SLIP} = 7\n"),
        format!("[gallery]\n{SLIP} = 7\n"),
        "token = 'hunter2'\n".to_owned(),
        "timeout = 'long'\n".to_owned(),
        "dialect = 'other'\n".to_owned(),
        "fail-on = 'sometimes'\n".to_owned(),
        "[people]\nlocale = 'xx'\n".to_owned(),
        "[gallery]\ntemplate = '9'\n".to_owned(),
    ] {
        assert!(refuses_config(folder.path(), &wrong), "the reader accepts {wrong}");
        assert!(!validator.is_valid(&toml_value(&wrong)), "the schema accepts {wrong}");
    }
}
