//! Every broken scenario in `tests/broken-scenarios` is refused with the message beside it.
//!
//! After a deliberate change of a message: `SNAPSHOTS=overwrite cargo test --test broken_scenarios`,
//! then read the difference.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use scimulate::scenario;

fn files(ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken-scenarios");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    files.sort();
    files
}

#[test]
fn every_broken_scenario_is_refused_with_its_message() {
    let golden = snapbox::Assert::new().action_env("SNAPSHOTS");
    for path in files("yaml") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let problems = match scenario::load(name, &fs::read_to_string(&path).unwrap()) {
            Ok(_) => panic!("{name} was accepted"),
            Err(problems) => problems,
        };
        let shown: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
        let expected = path.with_extension("txt");
        golden.eq(shown.join("\n\n") + "\n", snapbox::Data::read_from(&expected, None).raw());
    }
}

#[test]
fn no_message_is_without_its_scenario() {
    for path in files("txt") {
        assert!(path.with_extension("yaml").exists(), "{}", path.display());
    }
}

/// Examples in the documentation are scenarios too.
#[test]
fn every_example_in_the_documentation_is_right() {
    const HEAD: &str = "title: T\nlevel: error\nwhy: W\n";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md")).unwrap();
    let examples: Vec<&str> =
        text.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 3, "the documentation has lost its examples");
    for example in examples {
        let mut whole = example.to_owned();
        if !example.contains("title:") {
            whole.insert_str(0, HEAD);
        }
        if !example.contains("people:") {
            whole.push_str("people:\n  ada:\n  grace:\n");
        }
        if !example.contains("timeline:") {
            whole.push_str("timeline: [cycle]\n");
        }
        scenario::load("docs/scenarios.md", &whole).unwrap_or_else(|problems| panic!("{}", problems[0]));
    }
}
