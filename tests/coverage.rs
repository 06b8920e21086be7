//! docs/coverage.tsv: every single check of public SCIM tools and every problem of a real server, and what
//! covers it here.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Sections of the survey of public tools, and how many problems of real servers were collected.
const SECTIONS: [&str; 11] = ["4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11"];
const PROBLEMS: usize = 54;

struct Line<'a> {
    source: &'a str,
    demand: &'a str,
    covered_by: &'a str,
}

/// The lines of the table, in the order of their numbers, and the names of the readings.
fn read(text: &str) -> (Vec<Line<'_>>, BTreeSet<&str>) {
    let readings = text.lines().filter_map(|line| line.strip_prefix("# reading ")?.split_once(": "));
    let readings = readings.map(|(name, _)| name).collect();
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let [number, source, demand, covered_by] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(number, (lines.len() + 1).to_string(), "the numbers have no gap: {line}");
        assert!(!demand.is_empty(), "{line}");
        lines.push(Line { source, demand, covered_by });
    }
    (lines, readings)
}

fn ids_of_checks() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_scimulate")).arg("list").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
}

#[test]
fn every_item_names_checks_or_a_reading() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coverage.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let (lines, readings) = read(&text);
    let checks = ids_of_checks();
    let mut used = BTreeSet::new();
    for line in &lines {
        let Line { source, demand, covered_by } = line;
        if let Some(reading) = covered_by.strip_prefix("reading ") {
            assert!(readings.contains(reading), "{source}: {demand}: there is no reading `{reading}`");
            used.insert(reading);
        } else {
            assert!(!covered_by.is_empty(), "{source}: {demand}: nothing covers it");
            for id in covered_by.split(' ') {
                assert!(checks.contains(id), "{source}: {demand}: there is no check `{id}`");
            }
        }
    }
    assert_eq!(used, readings, "every reading is used");
    for section in SECTIONS {
        let source = format!("floor {section}");
        assert!(lines.iter().any(|line| line.source == source), "{source}");
    }
    let problems: BTreeSet<&str> =
        lines.iter().filter_map(|line| line.source.strip_prefix("field ")).collect();
    assert_eq!(problems.len(), PROBLEMS);
    assert!(lines.iter().filter(|line| line.source.starts_with("floor ")).count() >= 235);
}
