//! What the checks cover of the RFCs: for each section those that stand for a demand in it, by its word.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Catalogue, CatalogueEntry};
use crate::check::{Demand, Passage, passages};

/// A section of an RFC and the checks that are about it.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionCoverage<'a> {
    /// The RFC's number.
    pub rfc: &'a str,
    /// The section's number; empty for the whole RFC.
    pub section: &'a str,
    /// The checks, by the word of the demand, strongest first; `None` comes last.
    pub checks: Vec<(Option<Demand>, Vec<&'a CatalogueEntry>)>,
}

impl SectionCoverage<'_> {
    /// How many checks stand for a demand with this word.
    #[must_use]
    pub fn count(&self, demand: Option<Demand>) -> usize {
        let of_word = self.checks.iter().find(|(word, _)| *word == demand);
        of_word.map_or(0, |(_, checks)| checks.len())
    }

    /// As the command line takes it, as `rfc7644#3.5.2`.
    #[must_use]
    pub fn name(&self) -> String {
        if self.section.is_empty() {
            format!("rfc{}", self.rfc)
        } else {
            format!("rfc{}#{}", self.rfc, self.section)
        }
    }

    fn to_json(&self) -> Value {
        let checks = self.checks.iter().map(|(word, checks)| {
            let ids: Vec<&str> = checks.iter().map(|entry| entry.about.id.as_str()).collect();
            (word.map_or("unworded", Demand::as_str).to_owned(), json!(ids))
        });
        json!({
            "rfc": self.rfc,
            "section": self.section,
            "checks": checks.collect::<serde_json::Map<_, _>>(),
        })
    }
}

/// A passage, and a check that refers to it.
type Referrer<'a> = (&'a Passage, &'a CatalogueEntry);

/// The words in the order of a table: strongest first, then the demands without one.
pub const WORDS: [Option<Demand>; 4] = [Some(Demand::Must), Some(Demand::Should), Some(Demand::May), None];

impl Catalogue {
    /// Every section that a check refers to, in the order of the RFCs.
    #[must_use]
    pub fn sections(&self) -> Vec<SectionCoverage<'_>> {
        let mut sections: BTreeMap<_, Vec<Referrer<'_>>> = BTreeMap::new();
        for entry in self.entries() {
            for passage in passages(&entry.about) {
                sections.entry(passage.order()).or_default().push((passage, entry));
            }
        }
        let coverage = sections.values().filter_map(|met| {
            let (first, _) = met.first()?;
            let of_word = |word| {
                let of_word = met.iter().filter(|(passage, _)| passage.demand == word);
                (word, of_word.map(|(_, entry)| *entry).collect::<Vec<_>>())
            };
            let checks = WORDS.into_iter().map(of_word).filter(|(_, checks)| !checks.is_empty()).collect();
            Some(SectionCoverage { rfc: &first.rfc, section: &first.section, checks })
        });
        coverage.collect()
    }
}

/// A line for each section: its name, and how many checks stand for a demand with each word.
#[must_use]
pub fn section_listing(sections: &[SectionCoverage<'_>]) -> String {
    let width = sections.iter().map(|section| section.name().len()).max().unwrap_or(0);
    let mut text =
        format!("{:width$}  {:>4}  {:>6}  {:>3}  {:>8}\n", "", "MUST", "SHOULD", "MAY", "unworded");
    for section in sections {
        let [must, should, may, none] = WORDS.map(|word| section.count(word));
        text.push_str(&format!("{:width$}  {must:>4}  {should:>6}  {may:>3}  {none:>8}\n", section.name()));
    }
    text
}

/// The sections as JSON: `rfc`, `section`, and `checks` by word.
#[must_use]
pub fn sections_json(sections: &[SectionCoverage<'_>]) -> Value {
    sections.iter().map(SectionCoverage::to_json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::About;
    use crate::check::{History, Level, Reference};

    fn about(id: &str, refs: &[&str]) -> About {
        About {
            id: id.into(),
            title: String::new(),
            level: Level::Error,
            what: String::new(),
            why: String::new(),
            fix: String::new(),
            entra: String::new(),
            refs: refs.iter().map(|place| Reference::Rfc((*place).into())).collect(),
            faults: Vec::new(),
            history: History::default(),
        }
    }

    #[test]
    fn sections_come_in_the_order_of_the_rfc_with_their_checks_by_word() {
        let abouts = [
            about("requirements/b", &["7644#3.10", "7644#3.9 SHOULD"]),
            about("requirements/a", &["7644#3.9 MUST", "7643#7"]),
            about("requirements/c", &["7644#3.9 SHALL NOT"]),
        ];
        let catalogue = Catalogue::default().with_requirements(&abouts);
        let sections = catalogue.sections();
        let names: Vec<String> = sections.iter().map(SectionCoverage::name).collect();
        assert_eq!(names, ["rfc7643#7", "rfc7644#3.9", "rfc7644#3.10"]);
        assert_eq!(WORDS.map(|word| sections[1].count(word)), [2, 1, 0, 0]);
        assert_eq!(
            section_listing(&sections[1..2]),
            "             MUST  SHOULD  MAY  unworded\nrfc7644#3.9     2       1    0         0\n"
        );
        let json = sections_json(&sections);
        assert_eq!(json[1]["checks"]["MUST"], json!(["requirements/a", "requirements/c"]));
        assert_eq!(json[0]["checks"], json!({ "unworded": ["requirements/a"] }));
    }
}
