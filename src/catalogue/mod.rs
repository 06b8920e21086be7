//! One id space over rules, scenarios and requirements: what `list` and `explain` show.
//!
//! Nothing is written twice: the texts are those of the rules' files and of the scenarios.

mod entry;
mod sections;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::{About, Demand, Level, RfcSection, is_demanded};
use crate::diagnostic::closest;
use crate::rules::Rule;
use crate::scenario::Scenario;

pub use entry::{CatalogueEntry, CheckKind};
pub use sections::{SectionCoverage, WORDS, section_listing, sections_json};
pub use text::listing;

/// Every rule, scenario and requirement, by id.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    entries: Vec<CatalogueEntry>,
    by_id: BTreeMap<String, usize>,
    by_alias: BTreeMap<String, usize>,
}

/// Which entries to list. The default is all of them.
#[derive(Debug, Clone, Default)]
pub struct CatalogueFilter {
    /// Only this suite: `rules`, `cycles`, `field` and so on.
    pub suite: Option<String>,
    /// Only this level and those above it.
    pub level: Option<Level>,
    /// Only scenarios that need one of these abilities or attributes. Empty means all.
    pub needs: Vec<String>,
    /// Only these: exact ids, prefixes that end in `/`, or sections of RFCs. Empty means all.
    pub filters: Vec<String>,
    /// Only checks of a demand with one of these words, in the section if one is asked for. Empty means all.
    pub demands: Vec<Demand>,
}

/// There is no such id, suite or prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownId {
    /// What kind of thing it is, as `check` or `need`.
    pub what: &'static str,
    /// What was asked for.
    pub asked: String,
    /// What it may have been meant to be.
    pub meant: Option<String>,
    /// What there is instead, if the question was for a section of an RFC.
    pub instead: Option<String>,
}

impl fmt::Display for UnknownId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(instead) = &self.instead {
            return f.write_str(instead);
        }
        write!(f, "there is no {} `{}`", self.what, self.asked)?;
        match &self.meant {
            Some(meant) => write!(f, "; did you mean `{meant}`?"),
            None => write!(f, "; `scimulate list` shows all of them"),
        }
    }
}

impl std::error::Error for UnknownId {}

impl Catalogue {
    /// The catalogue of these rules and scenarios: rules by family, scenarios in the order they come.
    /// Of two entries with one id the first counts.
    #[must_use]
    pub fn new<'a>(
        rules: impl IntoIterator<Item = &'a Rule>,
        scenarios: impl IntoIterator<Item = &'a Scenario>,
    ) -> Self {
        let rules = rules.into_iter().map(CatalogueEntry::of_rule);
        let mut catalogue = Catalogue::default();
        rules
            .chain(scenarios.into_iter().map(CatalogueEntry::of_scenario))
            .for_each(|entry| catalogue.add(entry));
        catalogue
    }

    /// The same catalogue with judgements at its end that are rules in all but their place: they do not
    /// watch exchanges.
    #[must_use]
    pub fn with_judgements<'a>(mut self, abouts: impl IntoIterator<Item = &'a About>) -> Self {
        abouts
            .into_iter()
            .for_each(|about| self.add(CatalogueEntry { about: about.clone(), kind: CheckKind::Rule }));
        self
    }

    /// The same catalogue with requirements at its end: checks that neither watch exchanges nor play a
    /// scenario.
    #[must_use]
    pub fn with_requirements<'a>(mut self, abouts: impl IntoIterator<Item = &'a About>) -> Self {
        abouts.into_iter().for_each(|about| self.add(CatalogueEntry::of_requirement(about)));
        self
    }

    fn add(&mut self, entry: CatalogueEntry) {
        let next = self.entries.len();
        if *self.by_id.entry(entry.about.id.clone()).or_insert(next) == next {
            for alias in &entry.about.history.aliases {
                self.by_alias.entry(alias.clone()).or_insert(next);
            }
            self.entries.push(entry);
        }
    }

    /// Every entry.
    #[must_use]
    pub fn entries(&self) -> &[CatalogueEntry] {
        &self.entries
    }

    /// The entry that has that id, or had it once.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&CatalogueEntry> {
        self.by_id.get(id).or_else(|| self.by_alias.get(id)).and_then(|index| self.entries.get(*index))
    }

    /// The entry of that id. A rule may be named without `rules/`.
    ///
    /// # Errors
    /// [`UnknownId`], with the id that comes closest.
    pub fn get(&self, id: &str) -> Result<&CatalogueEntry, UnknownId> {
        self.find(id).or_else(|| self.find(&format!("rules/{id}"))).ok_or_else(|| self.unknown(id))
    }

    /// The entries of a selection.
    ///
    /// # Errors
    /// [`UnknownId`] for a suite without entries and for an id or prefix that selects nothing by itself.
    pub fn list(&self, selection: &CatalogueFilter) -> Result<Vec<&CatalogueEntry>, UnknownId> {
        if let Some(suite) = &selection.suite
            && !self.suites().contains(&suite.as_str())
        {
            let meant = closest(suite, self.suites()).map(str::to_owned);
            return Err(UnknownId { what: "suite", asked: suite.clone(), meant, instead: None });
        }
        for filter in &selection.filters {
            if !self.entries.iter().any(|entry| selects(filter, entry, &[])) {
                return Err(match RfcSection::read(filter) {
                    Some(section) => self.unknown_section(filter, &section),
                    None => self.unknown(filter),
                });
            }
        }
        for need in &selection.needs {
            let known: BTreeSet<&str> =
                self.entries.iter().flat_map(CatalogueEntry::needs).map(needed).collect();
            if !known.contains(need.as_str()) {
                return Err(UnknownId {
                    what: "need",
                    asked: need.clone(),
                    meant: closest(need, known).map(str::to_owned),
                    instead: None,
                });
            }
        }
        let wanted = |entry: &&CatalogueEntry| {
            (selection.needs.is_empty()
                || entry.needs().any(|need| selection.needs.iter().any(|wanted| wanted == needed(need))))
                && selection.suite.as_deref().is_none_or(|suite| entry.suite() == suite)
                && selection.level.is_none_or(|level| entry.about.level >= level)
                && if selection.filters.is_empty() {
                    is_demanded(&entry.about, &selection.demands)
                } else {
                    selection.filters.iter().any(|filter| selects(filter, entry, &selection.demands))
                }
        };
        Ok(self.entries.iter().filter(wanted).collect())
    }

    /// The suites, in the order of their first entries.
    #[must_use]
    pub fn suites(&self) -> Vec<&str> {
        let mut suites: Vec<&str> = Vec::new();
        for entry in &self.entries {
            if !suites.contains(&entry.suite()) {
                suites.push(entry.suite());
            }
        }
        suites
    }

    fn unknown(&self, asked: &str) -> UnknownId {
        let suites = self.suites();
        let prefixes: Vec<String> = suites.iter().map(|suite| format!("{suite}/")).collect();
        let candidates = self.by_id.keys().map(String::as_str).chain(prefixes.iter().map(String::as_str));
        let meant = closest(asked, candidates).map(str::to_owned);
        // Without its suite an id is far from every other, so names are compared alone, too.
        let meant = meant.or_else(|| {
            let names = self.entries.iter().map(CatalogueEntry::name);
            let name = closest(asked, names)?.to_owned();
            self.entries.iter().find(|entry| entry.name() == name).map(|entry| entry.about.id.clone())
        });
        UnknownId { what: "check", asked: asked.to_owned(), meant, instead: None }
    }

    fn unknown_section(&self, asked: &str, section: &RfcSection) -> UnknownId {
        let instead = section.unknown(self.entries.iter().map(|entry| &entry.about));
        UnknownId { what: "section", asked: asked.to_owned(), meant: None, instead: Some(instead) }
    }
}

/// The ability or attribute that a need is about, in whatever way it is needed.
fn needed(need: &str) -> &str {
    need.strip_prefix("filter on ").or_else(|| need.strip_suffix(" in /Schemas")).unwrap_or(need)
}

/// True when a filter selects an entry: an exact id, a prefix that ends in `/`, or a section of an RFC. The check must
/// have a reference with one of the words, and if a section is asked for, there.
fn selects(filter: &str, entry: &CatalogueEntry, demands: &[Demand]) -> bool {
    let about = &entry.about;
    if let Some(section) = RfcSection::read(filter) {
        return section.is_of(about, demands);
    }
    let is_named = about.is_called(filter) || (filter.ends_with('/') && about.id.starts_with(filter));
    is_named && is_demanded(about, demands)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Reference;
    use serde_json::json;

    fn scenario(id: &str, level: Level) -> Scenario {
        Scenario {
            about: About {
                id: id.into(),
                title: "A disabled user is re-enabled in place".into(),
                level,
                what: String::new(),
                why: "Entra looks the user up again.".into(),
                fix: "Answer with the user.".into(),
                entra: String::new(),
                refs: vec![Reference::Rfc("7643#4.1.1".into())],
                faults: vec!["hides-disabled-users".into()],
                history: crate::check::History::default(),
            },
            test: None,
            needs: vec![
                crate::scenario::Need::Ability(crate::scenario::Ability::Bulk),
                crate::scenario::Need::Filterable("externalId".into()),
            ],
            dialects: vec!["default".into()],
            large: false,
            mapping: crate::scenario::MappingChange::default(),
            job: crate::scenario::JobSpec::default(),
            people: indexmap::IndexMap::new(),
            groups: indexmap::IndexMap::new(),
            accounts: indexmap::IndexMap::new(),
            timeline: Vec::new(),
            attributes: crate::scenario::NamedAttributes::default(),
        }
    }

    fn catalogue() -> Catalogue {
        let scenarios = [scenario("cycles/disable", Level::Critical), scenario("field/disable", Level::Note)];
        Catalogue::new(crate::rules::all(), &scenarios)
    }

    #[test]
    fn rules_and_scenarios_share_one_id_space() {
        let catalogue = catalogue();
        assert_eq!(catalogue.suites(), ["rules", "cycles", "field"]);
        assert!(matches!(catalogue.get("cycles/disable").unwrap().kind, CheckKind::Scenario { .. }));
        assert_eq!(catalogue.get("password-returned").unwrap().about.id, "rules/password-returned");
        let twice = [scenario("cycles/a", Level::Note), scenario("cycles/a", Level::Error)];
        let catalogue = Catalogue::new([], &twice);
        assert_eq!(catalogue.entries().len(), 1);
        assert_eq!(catalogue.get("cycles/a").unwrap().about.level, Level::Note);
    }

    #[test]
    fn requirements_stand_beside_them() {
        let about = scenario("requirements/tls", Level::Error).about;
        let catalogue = catalogue().with_requirements([&about]);
        assert_eq!(catalogue.suites(), ["rules", "cycles", "field", "requirements"]);
        let entry = catalogue.get("requirements/tls").unwrap();
        assert_eq!(
            (&entry.kind, entry.to_json()["kind"].as_str()),
            (&CheckKind::Requirement, Some("requirement"))
        );
    }

    #[test]
    fn selections_narrow_by_suite_level_and_id() {
        let catalogue = catalogue();
        let ids = |selection: CatalogueFilter| -> Vec<String> {
            catalogue.list(&selection).unwrap().iter().map(|entry| entry.about.id.clone()).collect()
        };
        let suite = |suite: &str| CatalogueFilter { suite: Some(suite.into()), ..CatalogueFilter::default() };
        assert_eq!(ids(suite("cycles")), ["cycles/disable"]);
        assert_eq!(ids(CatalogueFilter::default()).len(), crate::rules::all().len() + 2);
        let critical = ids(CatalogueFilter { level: Some(Level::Critical), ..CatalogueFilter::default() });
        assert!(critical.contains(&"rules/member-lost".to_owned()));
        assert!(!critical.contains(&"field/disable".to_owned()));
        let needs = |need: &str| CatalogueFilter { needs: vec![need.into()], ..CatalogueFilter::default() };
        assert_eq!(ids(needs("externalId")), ["cycles/disable", "field/disable"]);
        assert_eq!(ids(needs("bulk")), ["cycles/disable", "field/disable"]);
        let unknown = catalogue.list(&needs("blk")).unwrap_err();
        assert_eq!(unknown.to_string(), "there is no need `blk`; did you mean `bulk`?");
        let filters = vec!["field/".to_owned(), "cycles/disable".to_owned()];
        assert_eq!(
            ids(CatalogueFilter { filters, ..CatalogueFilter::default() }),
            ["cycles/disable", "field/disable"]
        );
    }

    #[test]
    fn unknown_names_come_with_what_may_have_been_meant() {
        let catalogue = catalogue();
        let meant = |id: &str| catalogue.get(id).unwrap_err().meant;
        assert_eq!(meant("rules/member-lots").as_deref(), Some("rules/member-lost"));
        assert_eq!(meant("disabel").as_deref(), Some("cycles/disable"));
        assert_eq!(meant("cycle/").as_deref(), Some("cycles/"));
        assert_eq!(meant("something else entirely"), None);
        let selection = CatalogueFilter { suite: Some("rule".into()), ..CatalogueFilter::default() };
        assert_eq!(catalogue.list(&selection).unwrap_err().meant.as_deref(), Some("rules"));
        let selection = CatalogueFilter { filters: vec!["cycles".into()], ..CatalogueFilter::default() };
        let unknown = catalogue.list(&selection).unwrap_err();
        assert_eq!(unknown.to_string(), "there is no check `cycles`; did you mean `cycles/`?");
    }

    #[test]
    fn a_section_selects_its_checks_and_those_below_it_and_a_wrong_one_names_those_that_exist() {
        let mut scenarios = [scenario("cycles/disable", Level::Note), scenario("field/name", Level::Note)];
        scenarios[0].about.refs =
            ["7643#4.1.1 MUST", "7644#3.5.2.1"].map(|place| Reference::Rfc(place.into())).into();
        scenarios[1].about.refs =
            ["7643#4.1.1", "7644#3.5.2.3 MUST"].map(|place| Reference::Rfc(place.into())).into();
        let catalogue = Catalogue::new([], &scenarios);
        let list = |filter: &[&str], demands: &[Demand]| {
            let filters = filter.iter().map(|filter| (*filter).to_owned()).collect();
            let selection =
                CatalogueFilter { filters, demands: demands.into(), ..CatalogueFilter::default() };
            catalogue.list(&selection).map(|entries| -> Vec<String> {
                entries.iter().map(|entry| entry.about.id.clone()).collect()
            })
        };
        assert_eq!(list(&["rfc7644#3.5.2"], &[]).unwrap(), ["cycles/disable", "field/name"]);
        assert_eq!(list(&["rfc7644#3.5.2.3"], &[]).unwrap(), ["field/name"]);
        // The word belongs to the section that is asked for, not to any other of the check.
        assert_eq!(list(&["rfc7644#3.5"], &[Demand::Must]).unwrap(), ["field/name"]);
        assert_eq!(list(&["rfc7643"], &[Demand::Must]).unwrap(), ["cycles/disable"]);
        assert_eq!(list(&[], &[Demand::Must]).unwrap().len(), 2);
        assert_eq!(list(&["cycles/"], &[Demand::Must]).unwrap(), ["cycles/disable"]);
        assert!(list(&[], &[Demand::May]).unwrap().is_empty());
        let told = |filter: &str| list(&[filter], &[]).unwrap_err().to_string();
        assert_eq!(
            told("rfc7644#3.4"),
            "no check is about RFC 7644 §3.4; there are checks of its sections 3.5.2.1, 3.5.2.3"
        );
        assert_eq!(told("rfc2119"), "no check is about RFC 2119; there are checks of RFC 7643, 7644");
    }

    /// A demand that is misspelt would be read as a place without one.
    #[test]
    fn every_passage_of_a_rule_can_be_read() {
        for about in crate::rules::all().iter().map(Rule::about) {
            for passage in crate::check::passages(about) {
                let is_number = passage.rfc.bytes().all(|byte| byte.is_ascii_digit());
                assert!(is_number && !passage.section.is_empty(), "{}: {passage:?}", about.id);
            }
        }
    }

    #[test]
    fn explanations_hold_every_field_that_is_written() {
        let catalogue = catalogue();
        let text = catalogue.get("cycles/disable").unwrap().explain();
        for part in [
            "cycles/disable",
            "critical",
            "re-enabled",
            "Why",
            "Fix",
            "RFC 7643 §4.1.1",
            "hides-disabled-users",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("What"), "an empty field is left out: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let json = catalogue.get("cycles/disable").unwrap().to_json();
        assert_eq!(json["suite"], json!("cycles"));
        assert_eq!(json["kind"], json!("scenario"));
        assert_eq!(json["dialects"], json!(["default"]));
        assert_eq!(json["sections"], json!([{ "rfc": "7643", "section": "4.1.1", "demand": null }]));
        assert_eq!(catalogue.get("rules/id-missing").unwrap().to_json()["kind"], json!("rule"));
    }

    #[test]
    fn a_listing_has_a_line_for_each_entry() {
        let catalogue = catalogue();
        let selection = CatalogueFilter { filters: vec!["field/".into()], ..CatalogueFilter::default() };
        let text = listing(&catalogue.list(&selection).unwrap());
        assert_eq!(text, "field/disable  note  0.1.0  A disabled user is re-enabled in place\n");
    }
}
