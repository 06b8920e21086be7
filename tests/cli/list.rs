//! `list` and `explain`.

use std::process::Command;

use crate::program::{Call, SCENARIO};

#[test]
fn checks_are_listed_and_explained_as_text_and_as_json() {
    let list = Call::new(&["list", "--suite", "cycles"]).play();
    assert_eq!(list.code, Some(0), "{}", list.err);
    assert!(list.out.lines().any(|line| line.starts_with(&format!("{SCENARIO} "))), "{}", list.out);
    let switches = Call::new(&["list", "switches", "additions"]).play();
    assert_eq!(switches.code, Some(0), "{}", switches.err);
    assert!(
        switches.out.contains("bundled (default): ") && switches.out.contains("[captured: "),
        "{}",
        switches.out
    );
    let slip = Call::new(&["list", "switches", "aditions"]).play();
    assert!(slip.code == Some(2) && slip.err.contains("did you mean `additions`?"), "{}", slip.err);
    let list = Call::new(&["list", "--json"]).play();
    let checks: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    let ids: Vec<_> = checks.as_array().unwrap().iter().filter_map(|check| check["id"].as_str()).collect();
    assert!(ids.contains(&SCENARIO) && ids.contains(&"rules/member-lost"));
    assert_eq!(Call::new(&["list", SCENARIO, "--suite", "rules"]).play().code, Some(4));

    for id in [SCENARIO, "member-lost", "rules/snapshot-differs"] {
        let explained = Call::new(&["explain", id]).play();
        assert_eq!(explained.code, Some(0), "{}", explained.err);
        assert!(explained.out.contains(id) && explained.out.contains("Why "), "{}", explained.out);
        let json = Call::new(&["explain", id, "--json"]).play();
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert!(json[0]["why"].as_str().is_some_and(|why| !why.is_empty()));
    }
}

#[test]
fn sections_of_rfcs_and_words_select_checks_to_list_and_to_play() {
    let list = Call::new(&["list", "rfc7644#3.6", "--demand", "should"]).play();
    let ids: Vec<&str> = list.out.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(ids, ["rules/recreate-refused", "cycles/recreate-after-purge"], "{}", list.err);
    let sections = Call::new(&["list", "sections"]).play();
    assert!(sections.out.lines().any(|line| line.starts_with("rfc7644#3.5.2.3 ")), "{}", sections.out);
    for command in ["list", "run"] {
        let wrong = Call::new(&[command, "rfc7644#3.99"]).play();
        assert_eq!(wrong.code, Some(2), "{}", wrong.out);
        assert!(wrong.err.contains("no check is about RFC 7644 §3.99"), "{}", wrong.err);
        assert!(wrong.err.contains("3.5.2.1, 3.5.2.2"), "{}", wrong.err);
        let wrong = Call::new(&[command, "--demand", "PERHAPS"]).play();
        assert_eq!(wrong.code, Some(2), "{}", wrong.out);
        assert!(wrong.err.contains("write MUST, SHOULD or MAY"), "{}", wrong.err);
    }
    // Only rules are about this section, and a scenario that shows one of them is played for it.
    let played = Call::new(&["run", "rfc7643#2.3.6"]).play();
    assert!(matches!(played.code, Some(0 | 4)), "{}{}", played.out, played.err);
}

/// Whoever reads what a rule advises must find the option it names.
#[test]
fn rules_name_only_options_that_exist() {
    let help = Command::new(env!("CARGO_BIN_EXE_scimulate")).args(["run", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for rule in scimulate::rules::all() {
        let about = rule.about();
        for text in [&about.what, &about.why, &about.fix, &about.entra] {
            for option in text.split('`').filter(|word| word.starts_with("--")) {
                let name = option.split([' ', '=']).next().unwrap();
                assert!(help.contains(name), "{} names {option}", about.id);
            }
        }
    }
}
