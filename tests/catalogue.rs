//! The catalogue as a whole: ids, the ids of before, and since when a check exists.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use scimulate::catalogue::Catalogue;
use scimulate::check::{FIRST, History};
use scimulate::run::snapshots;
use scimulate::{load, rules, scenario, transport};

fn catalogue() -> Catalogue {
    Catalogue::new(rules::all(), &scenario::builtin().unwrap())
        .with_judgements([snapshots::about()])
        .with_requirements(transport::abouts().chain(load::abouts()))
}

/// What is to be released carries the version of Cargo.toml; what was released stands in the changelog.
#[test]
fn a_check_exists_since_a_version_that_there_is() {
    let changelog = include_str!("../CHANGELOG.md");
    let current: semver::Version = env!("CARGO_PKG_VERSION").parse().unwrap();
    for entry in catalogue().entries() {
        let History { since, .. } = &entry.about.history;
        assert!((&FIRST..=&current).contains(&since), "{} is of {since}", entry.about.id);
        let released = changelog.lines().any(|line| {
            line.strip_prefix("## ").is_some_and(|title| title.split(' ').next() == Some(&since.to_string()))
        });
        assert!(released || *since == current, "{}: there was no version {since}", entry.about.id);
    }
}

#[test]
fn an_id_of_before_belongs_to_one_check_alone() {
    let catalogue = catalogue();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for entry in catalogue.entries() {
        assert!(taken.insert(&entry.about.id), "{} is there twice", entry.about.id);
    }
    for entry in catalogue.entries() {
        for alias in &entry.about.history.aliases {
            assert!(taken.insert(alias), "{alias} of {} is taken", entry.about.id);
        }
    }
}

struct Played {
    code: i32,
    out: String,
    err: String,
}

fn call(arguments: &[&str], files: &[(&str, &str)]) -> Played {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimulate"));
    command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
    command.env("HOME", folder.path()).env("XDG_STATE_HOME", folder.path());
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Played { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Its update is written otherwise in each dialect.
const RENAMED: &str = "title: T\nlevel: note\nwhy: W\nsince: 0.2.0\naliases: [mine/old]\npeople: { ada: }\n\
                       timeline: [cycle, { set: { ada: { jobTitle: T } } }, cycle]\n";

/// One scenario that is older than this version and one that is younger.
const MINE: [(&str, &str); 2] =
    [("s/mine/a.yaml", "title: T\nlevel: note\nwhy: W\ntimeline: [cycle]\n"), ("s/mine/b.yaml", RENAMED)];

#[test]
fn the_id_of_before_is_known_everywhere() {
    let scenario = |arguments: &[&str]| call(&[arguments, &["--scenarios", "s"]].concat(), &MINE);
    let run = scenario(&["run", "mine/old", "--dialect", "default", "-vv"]);
    assert!(run.code == 0 && run.out.contains("mine/b [default]"), "{}{}", run.out, run.err);
    let explained = scenario(&["explain", "mine/old"]);
    assert!(explained.out.starts_with("mine/b ("), "{}", explained.out);
    assert!(explained.out.contains("Formerly    mine/old"), "{}", explained.out);
    let listed = scenario(&["list", "mine/old"]);
    assert!(listed.out.contains("mine/b  note  0.2.0  T (formerly mine/old)"), "{}", listed.out);
    let json = scenario(&["list", "mine/old", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json[0]["since"], &json[0]["aliases"][0]), (&"0.2.0".into(), &"mine/old".into()));
    let waiver = ("w.toml", "[[waiver]]\ncheck = \"mine/old\"\nreason = \"r\"\n");
    let waived = call(&["run", "--scenarios", "s", "--waivers", "w.toml"], &[MINE[0], MINE[1], waiver]);
    assert!(
        waived.out.contains("mine/b (w.toml:1) passes: remove the waiver"),
        "{}{}",
        waived.out,
        waived.err
    );
}

#[test]
fn younger_checks_are_left_out_when_that_is_asked_for() {
    let run = |more: &[&str]| {
        call(&[&["run", "--scenarios", "s", "--dialect", "default", "-vv"], more].concat(), &MINE)
    };
    let all = run(&[]);
    assert!(all.out.contains("mine/a") && all.out.contains("mine/b"), "{}{}", all.out, all.err);
    let old = run(&["--checks-as-of", "0.1.0"]);
    assert!(old.code == 0 && old.out.contains("mine/a") && !old.out.contains("mine/b"), "{}", old.out);
    let young = run(&["mine/b", "--checks-as-of", "0.1.0"]);
    assert_eq!(young.code, 2, "{}", young.out);
    assert!(young.err.contains("`mine/b` was added in 0.2.0"), "{}", young.err);
    for (version, told) in [
        ("99.0.0", "version 99.0.0 is newer than this scimulate"),
        ("0.0.9", "the first one is 0.1.0"),
        ("v0.1.0", "`v0.1.0` is not a version of scimulate: write it as"),
        ("0.1", "is not a version"),
    ] {
        let wrong = run(&["--checks-as-of", version]);
        assert!(wrong.code == 2 && wrong.err.contains(told), "{}", wrong.err);
    }
    let config = ("scimulate.toml", "checks-as-of = \"99.0.0\"\n");
    let wrong = call(&["run"], &[config]);
    assert!(wrong.code == 2 && wrong.err.contains("scimulate.toml:1:16"), "{}", wrong.err);
}

#[test]
fn checks_are_listed_by_what_they_need() {
    let listed = call(&["list", "--needs", "bulk", "--needs", "sort", "--suite", "conformance"], &[]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    assert!(listed.out.contains("conformance/bulk-") && listed.out.contains("conformance/sort-"));
    assert!(!listed.out.contains("conformance/filter-"), "{}", listed.out);
    let wrong = call(&["list", "--needs", "blk"], &[]);
    assert!(wrong.code == 2 && wrong.err.contains("there is no need `blk`; did you mean `bulk`?"));
}

#[test]
fn an_explanation_shows_the_request_and_a_wrong_and_a_right_answer() {
    let text = call(&["explain", "rules/password-returned", "requirements/tls"], &[]);
    assert_eq!(text.code, 0, "{}", text.err);
    for part in [
        "fault password-echoed",
        "    POST /Users",
        "Wrong answer (-) and right answer (+):",
        "-   \"password\"",
    ] {
        assert!(text.out.contains(part), "`{part}` is not in\n{}", text.out);
    }
    let json = call(&["explain", "cycles/disable-unassigned", "requirements/tls", "--json"], &[]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let example = &json[0]["example"];
    assert_eq!(example["fault"], "hides-disabled-users");
    let shown = &example["shown"];
    assert!(shown["request"].as_str().unwrap().starts_with("GET /Users/[user:"));
    assert!(shown["wrong"].as_str().unwrap().starts_with("HTTP 404\n"));
    assert!(shown["right"].as_str().unwrap().starts_with("HTTP 200\n"));
    assert!(json[1]["example"].is_null(), "no message shows it");
}
