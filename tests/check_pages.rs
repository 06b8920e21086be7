//! The pages of the checks, as `scimulate list --pages` writes them: every text of a check is on its page, the
//! index leads to every page, and an example shows what is played. `.ci/run` writes and reads all of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use scimulate::catalogue::{Catalogue, CheckKind};
use scimulate::check::{Demand, passages};
use scimulate::examples::{Examples, index, kept, page, sections};
use scimulate::{load, rules, scenario, transport};

fn catalogue() -> Catalogue {
    Catalogue::new(rules::all(), &scenario::builtin().unwrap())
        .with_requirements(transport::abouts().chain(load::abouts()))
}

/// The words of a text, whatever Markdown makes of its special characters.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

#[test]
fn a_page_has_every_text_of_its_check() {
    let catalogue = catalogue();
    assert!(catalogue.entries().iter().any(|entry| matches!(entry.kind, CheckKind::Scenario { .. })));
    for entry in catalogue.entries() {
        let about = &entry.about;
        let page = page(entry, None);
        let unescaped = page.replace("&lt;", "<");
        let on_page = words(&unescaped).join(" ");
        for text in [&about.title, &about.what, &about.why, &about.fix, &about.entra] {
            assert!(on_page.contains(&words(text).join(" ")), "{}: `{text}` is not in\n{page}", about.id);
        }
        for name in about.faults.iter().chain([&about.id]) {
            assert!(page.contains(&format!("`{name}`")), "{}: {name} is not in\n{page}", about.id);
        }
        for reference in &about.refs {
            let reference = reference.to_string();
            assert!(on_page.contains(&words(&reference).join(" ")), "{}: {reference} is missing", about.id);
        }
    }
}

#[test]
fn the_index_leads_to_every_page_and_to_nothing_else() {
    let catalogue = catalogue();
    let index = index(&catalogue);
    let linked = index.split("](").skip(1).map(|rest| rest.split_once(".md)").unwrap().0);
    // The other page of the folder that is no check's.
    let (others, linked): (Vec<&str>, Vec<&str>) = linked.partition(|link| *link == "sections");
    assert_eq!(others.len(), 1);
    let ids: BTreeSet<&str> = catalogue.entries().iter().map(|entry| entry.about.id.as_str()).collect();
    assert_eq!(linked.len(), ids.len(), "a page is linked twice, or not at all");
    assert_eq!(linked.into_iter().collect::<BTreeSet<_>>(), ids);
}

#[test]
fn the_page_of_the_sections_links_every_reference_of_every_check() {
    let catalogue = catalogue();
    let page = sections(&catalogue);
    let mut links = 0;
    for entry in catalogue.entries() {
        for passage in passages(&entry.about) {
            links += 1;
            let row = format!(
                "| [{0}](https://www.rfc-editor.org/rfc/rfc{1}#section-{0}) |",
                passage.section, passage.rfc
            );
            let row = page
                .lines()
                .find(|line| line.starts_with(&row))
                .unwrap_or_else(|| panic!("{row} is missing"));
            let column = match passage.demand {
                Some(Demand::Must) => 2,
                Some(Demand::Should) => 3,
                Some(Demand::May) => 4,
                None => 5,
            };
            let cell = row.split(" | ").nth(column - 1).unwrap();
            assert!(
                cell.contains(&format!("]({}.md)", entry.about.id)),
                "{}: {passage:?} in {row}",
                entry.about.id
            );
        }
    }
    assert_eq!(page.matches(".md)").count(), links, "a check stands in a cell that it does not name");
}

/// With ids, dates and prefixes replaced by placeholders, playing a check again gives the same page.
#[test]
fn examples_show_what_is_played_and_are_the_same_each_time() {
    let scenarios: Vec<_> = scenario::builtin().unwrap().into_iter().map(Arc::new).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let examples = Examples::new(scenarios, runtime.handle().clone());
    let catalogue = catalogue();
    for id in [
        "rules/password-returned",
        "cycles/disable-unassigned",
        "gallery/create-user",
        "validator/add-manager",
    ] {
        let entry = catalogue.find(id).unwrap();
        let example = examples.of(entry).unwrap();
        assert!(entry.about.faults.contains(&example.fault), "{id}: {}", example.fault);
        let shown = example.shown.as_ref().unwrap();
        assert_ne!(Some(&shown.wrong), shown.right.as_ref(), "{id}");
        let written = page(entry, Some(&example));
        assert!(written.starts_with(&page(entry, None)), "{id}: the example stands below the texts");
        for part in ["\n## Example\n", shown.request.lines().next().unwrap(), "\n- "] {
            assert!(written.contains(part), "{id}: `{part}` is not in\n{written}");
        }
        assert_eq!(page(entry, examples.of(entry).as_ref()), written, "{id}");
    }
}

/// A scenario shows what a rule finds; without a line in the table its page has no example.
#[test]
fn the_table_of_examples_has_a_line_for_each_rule_and_no_other() {
    let table = include_str!("../src/examples/rules.tsv");
    let scenarios: Vec<_> = scenario::builtin().unwrap().into_iter().map(Arc::new).collect();
    let kept = rules::all().iter().filter_map(|rule| kept(rule.about(), &scenarios));
    let kept: Vec<String> = kept.collect();
    assert_eq!(kept.len(), rules::all().len(), "`cargo run -- regenerate` adds what is missing");
    assert_eq!(kept, table.lines().collect::<Vec<_>>(), "`cargo run -- regenerate` writes it");
}
