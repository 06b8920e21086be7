//! Where in an RFC a demand stands, with the word that it uses there, and the selection of checks by both.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::{About, Reference};

/// How strongly an RFC demands something (RFC 2119): SHALL and REQUIRED are MUST, RECOMMENDED is SHOULD, OPTIONAL is
/// MAY, and each stands for its negation too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// A server that does otherwise violates the RFC.
    Must,
    /// There may be reasons to do otherwise.
    Should,
    /// Either is right.
    May,
}

impl Demand {
    /// All of them, strongest first.
    pub const ALL: [Demand; 3] = [Demand::Must, Demand::Should, Demand::May];

    /// The word of RFC 2119.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Demand::Must => "MUST",
            Demand::Should => "SHOULD",
            Demand::May => "MAY",
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Demand {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.to_ascii_uppercase();
        match word.strip_suffix(" NOT").unwrap_or(&word) {
            "MUST" | "SHALL" | "REQUIRED" => Ok(Demand::Must),
            "SHOULD" | "RECOMMENDED" => Ok(Demand::Should),
            "MAY" | "OPTIONAL" => Ok(Demand::May),
            _ => Err(format!("`{text}` is not a demand: write MUST, SHOULD or MAY")),
        }
    }
}

/// A section of an RFC, with the word of its sentence that a check stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Passage {
    /// The number, as `7644`.
    pub rfc: String,
    /// The section, as `3.5.2`; empty for the whole RFC.
    pub section: String,
    /// How strongly it is demanded; `None` where the sentence has no word of RFC 2119, or one that is said to clients.
    pub demand: Option<Demand>,
}

impl Passage {
    /// Reads `7644#3.5.2 MUST`; section and word may be absent. `None` if the text names no passage.
    #[must_use]
    pub fn read(text: &str) -> Option<Passage> {
        let (place, demand) = match text.split_once(' ') {
            Some((place, word)) => (place, Some(word.parse().ok()?)),
            None => (text, None),
        };
        let (rfc, section) = match place.split_once('#') {
            Some((rfc, section)) if !section.is_empty() => (rfc, section),
            Some(_) => return None,
            None => (place, ""),
        };
        let is_section = !section.contains(char::is_whitespace);
        (is_number(rfc) && is_section).then(|| Passage {
            rfc: rfc.to_owned(),
            section: section.to_owned(),
            demand,
        })
    }

    /// What orders sections as an RFC does: 3.9 before 3.10.
    #[must_use]
    pub fn order(&self) -> (u32, Vec<u32>) {
        (number(&self.rfc), self.section.split('.').map(number).collect())
    }
}

/// Whether a text can be the number of an RFC.
fn is_number(rfc: &str) -> bool {
    !rfc.is_empty() && rfc.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number that a text is; what is none comes last.
fn number(text: &str) -> u32 {
    text.parse().unwrap_or(u32::MAX)
}

impl From<&str> for Passage {
    /// A place that the program itself names. Every one of them is read by a test.
    fn from(text: &str) -> Self {
        Passage::read(text).unwrap_or(Passage { rfc: text.to_owned(), section: String::new(), demand: None })
    }
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RFC {}", self.rfc)?;
        if self.section.is_empty() { Ok(()) } else { write!(f, " §{}", self.section) }
    }
}

/// A section of an RFC with all below it, as `rfc7644#3.5` on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfcSection {
    rfc: String,
    section: String,
}

impl RfcSection {
    /// Reads `rfc7644#3.5.2`, or `rfc7644` for all of it. `None` if the text is meant as something else.
    #[must_use]
    pub fn read(text: &str) -> Option<RfcSection> {
        let prefix = text.get(..3).filter(|prefix| prefix.eq_ignore_ascii_case("rfc"))?;
        let (rfc, section) = text[prefix.len()..].split_once('#').unwrap_or((&text[prefix.len()..], ""));
        is_number(rfc).then(|| RfcSection {
            rfc: rfc.to_owned(),
            section: section.trim_start_matches('§').trim_end_matches('.').to_owned(),
        })
    }

    /// Whether a passage stands in this section or below it.
    #[must_use]
    pub fn holds(&self, passage: &Passage) -> bool {
        passage.rfc == self.rfc
            && (self.section.is_empty()
                || passage.section.strip_prefix(self.section.as_str()).is_some_and(|rest| {
                    // 3.1 is not a part of 3.10.
                    rest.is_empty() || rest.starts_with('.')
                }))
    }

    /// Whether a check has a reference into this section with one of these words; without words, with any.
    #[must_use]
    pub fn is_of(&self, about: &About, demands: &[Demand]) -> bool {
        passages(about).any(|passage| self.holds(passage) && is_one_of(passage, demands))
    }

    /// What is wrong with a section that no check is about, and which there are.
    #[must_use]
    pub fn unknown<'a>(&self, abouts: impl Iterator<Item = &'a About>) -> String {
        let mut known: BTreeMap<(u32, Vec<u32>), &Passage> = BTreeMap::new();
        for passage in abouts.flat_map(passages) {
            known.entry(passage.order()).or_insert(passage);
        }
        let sections: Vec<&str> = known
            .values()
            .filter(|passage| passage.rfc == self.rfc && !passage.section.is_empty())
            .map(|passage| passage.section.as_str())
            .collect();
        if sections.is_empty() {
            let mut rfcs: Vec<&str> = known.values().map(|passage| passage.rfc.as_str()).collect();
            rfcs.dedup();
            format!("no check is about RFC {}; there are checks of RFC {}", self.rfc, rfcs.join(", "))
        } else {
            format!(
                "no check is about RFC {} §{}; there are checks of its sections {}",
                self.rfc,
                self.section,
                sections.join(", ")
            )
        }
    }
}

/// The passages of RFCs that a check refers to.
pub fn passages(about: &About) -> impl Iterator<Item = &Passage> {
    about.refs.iter().filter_map(|reference| match reference {
        Reference::Rfc(passage) => Some(passage),
        Reference::Microsoft(_) | Reference::Field(_) => None,
    })
}

/// Whether a check has a reference with one of these words; without words, always.
#[must_use]
pub fn is_demanded(about: &About, demands: &[Demand]) -> bool {
    demands.is_empty() || passages(about).any(|passage| is_one_of(passage, demands))
}

fn is_one_of(passage: &Passage, demands: &[Demand]) -> bool {
    demands.is_empty() || passage.demand.is_some_and(|demand| demands.contains(&demand))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(rfc: &str, section: &str, demand: Option<Demand>) -> Passage {
        Passage { rfc: rfc.into(), section: section.into(), demand }
    }

    #[test]
    fn a_passage_has_an_rfc_a_section_and_a_word() {
        assert_eq!(Passage::read("7644#3.12 MUST"), Some(passage("7644", "3.12", Some(Demand::Must))));
        assert_eq!(Passage::read("7644#3.12 SHALL NOT").unwrap().demand, Some(Demand::Must));
        assert_eq!(Passage::read("7644#3.6 RECOMMENDED").unwrap().demand, Some(Demand::Should));
        assert_eq!(Passage::read("7644#Table 9"), None);
        assert_eq!(Passage::read("7644"), Some(passage("7644", "", None)));
        for wrong in ["", "#3", "7644#", "7644#3.12 must-have", "RFC 7644"] {
            assert_eq!(Passage::read(wrong), None, "{wrong}");
        }
        assert_eq!(passage("7644", "3.12", Some(Demand::Must)).to_string(), "RFC 7644 §3.12");
        let mut ordered = ["7644#3.10", "7643#7", "7644#3.9"].map(Passage::from);
        ordered.sort_by_key(Passage::order);
        assert_eq!(ordered.map(|passage| passage.section), ["7", "3.9", "3.10"]);
    }

    #[test]
    fn a_section_holds_what_is_below_it_and_no_neighbour() {
        let holds = |asked: &str, place: &str| RfcSection::read(asked).unwrap().holds(&Passage::from(place));
        assert!(holds("rfc7644#3.5", "7644#3.5.2.1 SHOULD") && holds("RFC7644#3.5.2.1", "7644#3.5.2.1"));
        assert!(holds("rfc7644", "7644#8.1") && holds("rfc7644#3.", "7644#3.14"));
        assert!(!holds("rfc7644#3.1", "7644#3.12") && !holds("rfc7644#3.5", "7643#3.5"));
        assert!(!holds("rfc7644#3.5.2.1", "7644#3.5.2"));
        for other in ["cycles/", "rfc", "rfcs/one", "rfc7644/x", "ré"] {
            assert_eq!(RfcSection::read(other), None, "{other}");
        }
    }
}
