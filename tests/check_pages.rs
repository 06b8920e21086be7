//! `docs/checks/` says what the checks say of themselves. That its examples are what is played is held for
//! some here and for all in `.ci/run`.
//!
//! After a change of texts or stories: `cargo run -- list --pages docs/checks`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scimulate::catalogue::{Catalogue, CheckKind};
use scimulate::examples::{Examples, index, page, without_example};
use scimulate::{load, rules, scenario, transport};

const HOW: &str = "write them anew with `cargo run -- list --pages docs/checks`";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks")
}

fn catalogue() -> Catalogue {
    Catalogue::new(rules::all(), &scenario::builtin().unwrap())
        .with_requirements(transport::abouts().chain(load::abouts()))
}

fn committed(id: &str) -> String {
    fs::read_to_string(folder().join(format!("{id}.md")))
        .unwrap_or_else(|_| panic!("{id} has no page: {HOW}"))
}

#[test]
fn every_check_has_its_page_and_every_page_its_check() {
    let catalogue = catalogue();
    let ids: BTreeSet<String> = catalogue.entries().iter().map(|entry| entry.about.id.clone()).collect();
    for entry in catalogue.entries() {
        let text = committed(&entry.about.id);
        assert_eq!(without_example(&text), page(entry, None), "{}: {HOW}", entry.about.id);
        // A rule is shown by a story of the table.
        let shows = text.contains("\n## Example\n");
        assert!(
            shows || entry.kind != CheckKind::Rule,
            "{} has no example: CONTRIBUTING.md says how it gets one",
            entry.about.id
        );
    }
    assert_eq!(fs::read_to_string(folder().join("README.md")).unwrap(), index(&catalogue), "{HOW}");
    for suite in catalogue.suites() {
        for file in fs::read_dir(folder().join(suite)).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let id = format!("{suite}/{}", name.trim_end_matches(".md"));
            assert!(ids.contains(&id), "the page of {id} is left over: {HOW}");
        }
    }
}

#[test]
fn examples_show_what_is_played() {
    let scenarios: Vec<_> = scenario::builtin().unwrap().into_iter().map(Arc::new).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let examples = Examples::new(scenarios, runtime.handle().clone());
    let catalogue = catalogue();
    let some = [
        "rules/password-returned",
        "cycles/disable-unassigned",
        "gallery/create-user",
        "validator/add-manager",
    ];
    let known: Vec<_> = some.iter().filter_map(|id| catalogue.find(id)).collect();
    assert!(known.len() >= 3);
    for entry in known {
        let example = examples.of(entry).unwrap();
        let shown = example.shown.as_ref().unwrap();
        assert_ne!(Some(&shown.wrong), shown.right.as_ref());
        assert_eq!(committed(&entry.about.id), page(entry, Some(&example)), "{HOW}");
    }
}
