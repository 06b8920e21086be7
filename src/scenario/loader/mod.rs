//! From a YAML file to a [`Scenario`], strictly: what is unknown, of the wrong kind or refers to nobody
//! is a mistake with its place, and all mistakes of a file are shown at once. The format is described
//! for people in `docs/scenarios.md`.

mod about;
mod before;
mod direct;
mod expectation;
mod job;
mod keys;
mod names;
mod paging;
mod sign_in;
mod steps;
mod tenant;
#[cfg(test)]
mod tests;
mod timeline;
mod together;

use serde_json::Value;

use self::names::ScenarioNames;
use super::{Ability, NamedAttributes, Need, Scenario};
use crate::diagnostic::Diagnostic;
use crate::yaml::{self, Reader};

/// Reads one scenario. Its id is the name of the file without a leading `scenarios/` and without its ending.
///
/// # Errors
/// Every mistake of the file, in the order of their places.
pub fn load(file: &str, text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    let id = file.strip_prefix("scenarios/").unwrap_or(file);
    load_as(id.strip_suffix(".yaml").or_else(|| id.strip_suffix(".yml")).unwrap_or(id), file, text)
}

/// Reads one scenario under an id; the file's name is for messages.
///
/// # Errors
/// Every mistake of the file, in the order of their places.
pub fn load_as(id: &str, file: &str, text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    let root = yaml::parse(file, text)?;
    let mut loader = Loader { file, text, reader: Reader::new(file, text), names: ScenarioNames::default() };
    let scenario = loader.scenario(id, &root);
    match scenario {
        Some(scenario) if loader.reader.is_clean() => Ok(scenario),
        _ => Err(loader.reader.into_problems()),
    }
}

/// The JSON Schema of a scenario file, made of the keys that its reader knows.
#[must_use]
pub fn json_schema() -> Value {
    keys::json_schema()
}

/// The faults a file names that are none of `known`. The embedded server's faults are no part of
/// this room, so whoever knows them asks.
///
/// # Errors
/// What is no YAML.
pub fn unknown_faults(file: &str, text: &str, known: &[&str]) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let root = yaml::parse(file, text)?;
    let mut reader = Reader::new(file, text);
    let mut faults = Vec::new();
    if let Some(mut fields) = reader.fields(&root)
        && let Some(list) = fields.get("faults").and_then(|node| reader.list(node))
    {
        faults = list.iter().filter_map(|node| Some((node.as_text()?, node))).collect();
    }
    for (name, node) in faults {
        if !known.contains(&name) {
            reader.unknown(&node.span, "fault", name, known.iter().copied());
        }
    }
    Ok(reader.into_problems())
}

/// The walk through one file.
struct Loader<'a> {
    file: &'a str,
    text: &'a str,
    reader: Reader<'a>,
    names: ScenarioNames,
}

impl Loader<'_> {
    fn scenario(&mut self, id: &str, root: &yaml::Node) -> Option<Scenario> {
        if root.kind == yaml::NodeKind::Null {
            let problem = self.reader.problem(&root.span, "there is no scenario in this file");
            self.reader.note(problem.help("docs/scenarios.md describes what belongs here"));
            return None;
        }
        let mut fields = self.reader.fields_of(root, &keys::SCENARIO)?;
        let about = self.about(id, &mut fields);
        let test = fields.get("test").and_then(|node| self.test(node));
        let needs = self.needs(fields.get("needs"));
        self.names.second_tenant = needs.contains(&Need::Ability(Ability::SecondTenant));
        let dialects = self.dialects(fields.get("dialects"));
        let large = fields.get("size").and_then(|node| self.reader.word(node, "size", &[("large", true)]));
        let mapping = fields.get("mapping").and_then(|node| self.mapping(node)).unwrap_or_default();
        let job = fields.get("job").and_then(|node| self.job(node)).unwrap_or_default();
        let (people, groups, accounts) = (fields.get("people"), fields.get("groups"), fields.get("accounts"));
        // Everybody may be named before they are described.
        self.learn_names(people, groups, accounts);
        let people = self.people(people);
        let groups = self.groups(groups);
        let accounts = self.accounts(accounts);
        let timeline = match fields.required(&mut self.reader, "timeline") {
            Some(node) => self.timeline(node),
            None => Vec::new(),
        };
        fields.finish(&mut self.reader);
        let mut scenario = Scenario {
            about: about?,
            test,
            needs,
            dialects,
            large: large.unwrap_or(false),
            mapping,
            job,
            people,
            groups,
            accounts,
            timeline,
            attributes: NamedAttributes::default(),
        };
        scenario.attributes = NamedAttributes::of(&scenario);
        Some(scenario)
    }
}
