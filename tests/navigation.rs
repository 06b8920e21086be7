//! `docs/navigation.tsv` is the navigation of the site that `packages/site.sh` builds: it has every page of docs/ once,
//! and nothing that does not exist.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The page of all checks, which `scimulate list --pages` writes.
const CHECKS: &str = "checks/README.md";

/// The rows below the header: section, page, title, sentence.
fn rows() -> Vec<[String; 4]> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/navigation.tsv");
    let text = fs::read_to_string(file).unwrap();
    let mut rows = text.lines().map(|line| {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        <[String; 4]>::try_from(fields).unwrap_or_else(|_| panic!("not four fields: {line}"))
    });
    assert_eq!(rows.next().unwrap(), ["section", "page", "title", "sentence"]);
    rows.collect()
}

#[test]
fn every_page_of_docs_is_in_the_navigation_once() {
    let mut named = BTreeSet::new();
    for [_, page, ..] in rows() {
        assert!(named.insert(page.clone()), "{page} is named twice");
    }
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap() {
        let name = format!("docs/{}", file.unwrap().file_name().to_str().unwrap());
        assert!(
            !name.ends_with(".md") || named.contains(&name),
            "docs/navigation.tsv has no line for {name}"
        );
    }
}

#[test]
fn every_line_of_the_navigation_names_a_page_and_says_something_of_it() {
    for [section, page, title, sentence] in rows() {
        assert!(
            page == CHECKS || Path::new(env!("CARGO_MANIFEST_DIR")).join(&page).is_file(),
            "{page} does not exist"
        );
        assert!(!section.is_empty() && !title.is_empty(), "{page} has no section or no title");
        assert!(sentence.ends_with('.') && sentence.len() > 20, "{page}: `{sentence}` is not a sentence");
    }
}
