use serde_json::{Map, Value, json};

use crate::check::{About, Demand, passages};
use crate::rules::Rule;
use crate::scenario::{Ability, Need, Scenario};

/// One check of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueEntry {
    /// What it says of itself.
    pub about: About,
    /// Rule, requirement or scenario.
    pub kind: CheckKind,
}

/// What a check is.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckKind {
    /// It watches every exchange.
    Rule,
    /// It looks at the endpoint itself, beside any scenario: TLS, the Tenant URL, the rate.
    Requirement,
    /// It drives a situation.
    Scenario {
        /// What must be mapped or supported, in words.
        needs: Vec<String>,
        /// Dialects it is played in; empty means every one.
        dialects: Vec<String>,
        /// It is left out on targets that are not loopback unless asked for.
        large: bool,
    },
}

impl CatalogueEntry {
    pub(super) fn of_rule(rule: &Rule) -> Self {
        CatalogueEntry { about: rule.about().clone(), kind: CheckKind::Rule }
    }

    pub(super) fn of_requirement(about: &About) -> Self {
        CatalogueEntry { about: about.clone(), kind: CheckKind::Requirement }
    }

    pub(super) fn of_scenario(scenario: &Scenario) -> Self {
        let kind = CheckKind::Scenario {
            needs: scenario.needs.iter().map(need).chain(scenario.attributes.mapped()).collect(),
            dialects: scenario.dialects.clone(),
            large: scenario.large,
        };
        CatalogueEntry { about: scenario.about.clone(), kind }
    }

    /// The part of the id before its first slash: `rules`, `cycles`, `field` and so on.
    #[must_use]
    pub fn suite(&self) -> &str {
        self.about.id.split_once('/').map_or(self.about.id.as_str(), |(suite, _)| suite)
    }

    /// What must be mapped or supported, in words; of scenarios alone.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        let needs: &[String] = match &self.kind {
            CheckKind::Scenario { needs, .. } => needs,
            CheckKind::Rule | CheckKind::Requirement => &[],
        };
        needs.iter().map(String::as_str)
    }

    /// The id without its suite.
    #[must_use]
    pub fn name(&self) -> &str {
        self.about.id.split_once('/').map_or(self.about.id.as_str(), |(_, name)| name)
    }

    /// The whole entry as text of at most 100 columns.
    #[must_use]
    pub fn explain(&self) -> String {
        super::text::explanation(self)
    }

    /// The whole entry as JSON: `id`, `suite`, `kind`, `title`, `level`, `what`, `why`, `fix`, `entra`,
    /// `refs`, `sections` (those of RFCs, with the word of the demand), `faults`, `since`, `aliases`; of a
    /// scenario also `needs`, `dialects` and `large`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let About { id, title, level, what, why, fix, entra, refs, faults, history } = &self.about;
        let mut json = Map::new();
        let mut add = |name: &str, value: Value| json.insert(name.to_owned(), value);
        add("id", json!(id));
        add("suite", json!(self.suite()));
        add(
            "kind",
            json!(match self.kind {
                CheckKind::Rule => "rule",
                CheckKind::Requirement => "requirement",
                CheckKind::Scenario { .. } => "scenario",
            }),
        );
        add("title", json!(title));
        add("level", json!(level.as_str()));
        add("what", json!(what));
        add("why", json!(why));
        add("fix", json!(fix));
        add("entra", json!(entra));
        add("refs", refs.iter().map(|reference| Value::String(reference.to_string())).collect());
        let sections = passages(&self.about).map(|passage| {
            json!({ "rfc": passage.rfc, "section": passage.section, "demand": passage.demand.map(Demand::as_str) })
        });
        add("sections", sections.collect());
        add("faults", json!(faults));
        add("since", json!(history.since.to_string()));
        add("aliases", json!(history.aliases));
        if let CheckKind::Scenario { needs, dialects, large } = &self.kind {
            add("needs", json!(needs));
            add("dialects", json!(dialects));
            add("large", json!(large));
        }
        Value::Object(json)
    }
}

/// A need as scenario files write it.
fn need(need: &Need) -> String {
    match need {
        Need::Mapped(target) => target.clone(),
        Need::Filterable(target) => format!("filter on {target}"),
        Need::Published(target) => format!("{target} in /Schemas"),
        Need::Reading { switch, value } => format!("the reading {switch}={value}"),
        Need::Ability(ability) => match ability {
            Ability::Groups => "groups",
            Ability::Bulk => "bulk",
            Ability::Sort => "sort",
            Ability::Etag => "etag",
            Ability::Cursor => "cursor",
            Ability::Search => "search",
            Ability::Me => "me",
            Ability::SecondTenant => "second-tenant",
        }
        .to_owned(),
    }
}
