//! The page that says what the checks cover of the RFCs.

use std::fmt::Write as _;

use crate::catalogue::{Catalogue, SectionCoverage, WORDS};
use crate::check::Demand;

/// The coverage by section and word: a table of numbers for each RFC, then the checks.
#[must_use]
pub fn sections(catalogue: &Catalogue) -> String {
    let sections = catalogue.sections();
    let mut page = String::from(
        "# Checks by RFC section\n\nWritten by `scimulate list --pages DIR`; `scimulate list rfc7644#3.5.2 --demand \
         MUST` lists one cell, and `scimulate run` with the same words plays it.\n\nA check stands below the word of \
         the sentence that it checks: SHALL and REQUIRED count as MUST, RECOMMENDED as SHOULD, OPTIONAL as MAY. \
         *Unworded* are sentences without such a word, and checks of what Entra needs beyond it.\n",
    );
    let mut rfc = "";
    for section in &sections {
        if section.rfc != rfc {
            rfc = section.rfc;
            let _ = write!(
                page,
                "\n## RFC {rfc}\n\n| section | MUST | SHOULD | MAY | unworded |\n|---|---|---|---|---|\n"
            );
        }
        let cells = WORDS.map(|word| cell(section, word));
        let _ = writeln!(page, "| {} | {} |", linked(section), cells.join(" | "));
    }
    page
}

fn cell(section: &SectionCoverage<'_>, word: Option<Demand>) -> String {
    let checks = section.checks.iter().find(|(of, _)| *of == word);
    let links = checks.map(|(_, checks)| {
        let links: Vec<String> =
            checks.iter().map(|entry| format!("[{0}]({0}.md)", entry.about.id)).collect();
        links.join(", ")
    });
    links.unwrap_or_default()
}

/// The section's number with a link to it.
fn linked(section: &SectionCoverage<'_>) -> String {
    let (rfc, number) = (section.rfc, section.section);
    if number.is_empty() {
        format!("[all](https://www.rfc-editor.org/rfc/rfc{rfc})")
    } else {
        format!("[{number}](https://www.rfc-editor.org/rfc/rfc{rfc}#section-{number})")
    }
}
