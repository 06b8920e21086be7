use super::Loader;
use super::keys::NEED;
use crate::check::{About, History, Level, Passage, Reference};
use crate::scenario::{Ability, Need};
use crate::scim::{PatchPath, schema};
use crate::yaml::{Fields, Node, NodeKind};

/// The dialects a scenario may ask for, by the names of the command line.
pub(super) const DIALECTS: [(&str, &str); 3] =
    [("default", "default"), ("aadOptscim062020", "aadOptscim062020"), ("customappsso", "customappsso")];

pub(super) const LEVELS: [(&str, Level); 4] = [
    ("note", Level::Note),
    ("warning", Level::Warning),
    ("error", Level::Error),
    ("critical", Level::Critical),
];

pub(super) const ABILITIES: [(&str, Ability); 8] = [
    ("groups", Ability::Groups),
    ("bulk", Ability::Bulk),
    ("sort", Ability::Sort),
    ("etag", Ability::Etag),
    ("cursor", Ability::Cursor),
    ("search", Ability::Search),
    ("me", Ability::Me),
    ("second-tenant", Ability::SecondTenant),
];

impl Loader<'_> {
    /// The documentation. `None` when a part that must be there is missing or wrong.
    pub(super) fn about(&mut self, id: &str, fields: &mut Fields<'_>) -> Option<About> {
        let title = fields.required(&mut self.reader, "title").and_then(|node| self.prose(node));
        let level = fields
            .required(&mut self.reader, "level")
            .and_then(|node| self.reader.word(node, "level", &LEVELS));
        let why = fields.required(&mut self.reader, "why").and_then(|node| self.prose(node));
        let mut optional = |name| fields.get(name).and_then(|node| self.prose(node)).unwrap_or_default();
        let (what, fix, entra) = (optional("what"), optional("fix"), optional("entra"));
        let refs = self.refs(fields.get("refs"));
        let faults = self.faults(fields.get("faults"));
        let history = self.history(id, fields);
        let title = title?;
        let what = if what.is_empty() { title.clone() } else { what };
        Some(About {
            id: id.to_owned(),
            title,
            level: level?,
            what,
            why: why?,
            fix,
            entra,
            refs,
            faults,
            history,
        })
    }

    /// Since when the scenario exists, and what it was called before.
    fn history(&mut self, id: &str, fields: &mut Fields<'_>) -> History {
        let mut history = History::default();
        if let Some(node) = fields.get("since")
            && let Some(text) = self.reader.text(node)
        {
            match text.parse() {
                Ok(since) => history.since = since,
                Err(_) => {
                    let problem = self.reader.problem(&node.span, format!("`{text}` is not a version"));
                    self.reader
                        .note(problem.help("write the version of scimulate that has it first, as 0.2.0"));
                }
            }
        }
        for item in fields.get("aliases").and_then(|node| self.reader.list(node)).unwrap_or_default() {
            let Some(alias) = self.reader.text(item) else { continue };
            if alias == id || !is_id(&alias) || history.aliases.contains(&alias) {
                let problem = self.reader.problem(&item.span, format!("`{alias}` is no id of before"));
                self.reader.note(problem.help("write the path the file had, as cycles/old-name, once"));
            } else {
                history.aliases.push(alias);
            }
        }
        history
    }

    /// A text that says something, without line breaks at its ends.
    fn prose(&mut self, node: &Node) -> Option<String> {
        let text = self.reader.text(node)?.trim().to_owned();
        if text.is_empty() {
            self.reader.refuse(&node.span, "this says nothing");
            return None;
        }
        Some(text)
    }

    fn refs(&mut self, node: Option<&Node>) -> Vec<Reference> {
        let Some(items) = node.and_then(|node| self.reader.list(node)) else { return Vec::new() };
        items.iter().filter_map(|item| self.reference(item)).collect()
    }

    fn reference(&mut self, item: &Node) -> Option<Reference> {
        let NodeKind::Map(entries) = &item.kind else {
            self.reader.expected(item, "a reference such as { rfc: \"7644#3.4.2\" }");
            return None;
        };
        let [(key, value)] = entries.as_slice() else {
            self.reader.refuse(&item.span, "a reference has one key: rfc, entra or field");
            return None;
        };
        let text = self.prose(value);
        match key.name.as_str() {
            "rfc" => {
                let place = text?;
                if let Some(passage) = Passage::read(&place) {
                    return Some(Reference::Rfc(passage));
                }
                let problem = self.reader.problem(&value.span, format!("`{place}` is no place in an RFC"));
                self.reader
                    .note(problem.help(
                        "write number and section, and the word of the demand, as \"7644#3.4.2 MUST\"",
                    ));
                None
            }
            "entra" => text.map(Reference::Microsoft),
            "field" => text.map(Reference::Field),
            name => {
                self.reader.unknown(&key.span, "kind of reference", name, ["rfc", "entra", "field"]);
                None
            }
        }
    }

    fn faults(&mut self, node: Option<&Node>) -> Vec<String> {
        let Some(items) = node.and_then(|node| self.reader.list(node)) else { return Vec::new() };
        let mut faults = Vec::new();
        for item in items {
            let Some(name) = self.reader.text(item) else { continue };
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if is_name {
                faults.push(name);
            } else {
                let problem = self.reader.problem(&item.span, format!("`{name}` is no name of a fault"));
                self.reader
                    .note(problem.help("a fault's name is words joined by `-`, as hides-disabled-users"));
            }
        }
        faults
    }

    pub(super) fn needs(&mut self, node: Option<&Node>) -> Vec<Need> {
        let Some(items) = node.and_then(|node| self.reader.list(node)) else { return Vec::new() };
        items.iter().filter_map(|item| self.need(item)).collect()
    }

    fn need(&mut self, item: &Node) -> Option<Need> {
        if let NodeKind::Map(_) = item.kind {
            let mut fields = self.reader.fields_of(item, &NEED)?;
            let [reading, published, filterable] =
                ["reading", "published", "filterable"].map(|name| fields.get(name));
            if let Some(node) = reading {
                let reading = self.reading(node);
                fields.finish(&mut self.reader);
                return reading;
            }
            let node = published.or(filterable);
            if node.is_none() {
                self.reader.refuse(&item.span, "`filterable` is missing");
            }
            let path = node.and_then(|node| {
                let text = self.reader.text(node)?;
                self.target_path(&text, &node.span).then_some(text)
            });
            fields.finish(&mut self.reader);
            return path.map(if published.is_some() { Need::Published } else { Need::Filterable });
        }
        let text = self.reader.text(item)?;
        if let Some((_, ability)) = ABILITIES.iter().find(|(name, _)| *name == text) {
            return Some(Need::Ability(*ability));
        }
        self.target_path(&text, &item.span).then_some(Need::Mapped(text))
    }

    fn reading(&mut self, node: &Node) -> Option<Need> {
        let text = self.reader.text(node)?;
        match text.split_once('=') {
            Some((switch, value)) => {
                Some(Need::Reading { switch: switch.trim().to_owned(), value: value.trim().to_owned() })
            }
            None => {
                self.reader.refuse(&node.span, "a reading is the name of a switch, `=` and its value");
                None
            }
        }
    }

    pub(super) fn dialects(&mut self, node: Option<&Node>) -> Vec<String> {
        let Some(items) = node.and_then(|node| self.reader.list(node)) else { return Vec::new() };
        items
            .iter()
            .filter_map(|item| self.reader.word(item, "dialect", &DIALECTS))
            .map(str::to_owned)
            .collect()
    }

    /// Whether a text is a path of a target attribute. Names without a URN must be those of the core
    /// schemas, so that a slip is no attribute that nobody maps; behind a URN any name may stand.
    pub(super) fn target_path(&mut self, text: &str, at: &std::ops::Range<usize>) -> bool {
        let path: PatchPath = match text.parse() {
            Ok(path) => path,
            Err(error) => {
                // The error's place is one inside the text.
                let whole = self.reader.part(at, text);
                let at = if whole.len() == text.len() {
                    whole.start + error.at.start..whole.start + error.at.end
                } else {
                    whole
                };
                let title = format!("`{text}` is not the path of an attribute: {}", error.message);
                let problem = self.reader.problem(&at, title);
                self.reader.note(match error.help {
                    Some(help) => problem.help(help),
                    None => problem,
                });
                return false;
            }
        };
        if path.schema.is_some() {
            return true;
        }
        let schemas = [schema::user(), schema::enterprise(), schema::group()];
        let known = schemas
            .into_iter()
            .filter_map(|schema| schema.attribute(&path.attribute))
            .chain(schema::common().iter().filter(|attribute| attribute.name == path.attribute))
            .collect::<Vec<_>>();
        if known.is_empty() {
            let names = schemas.into_iter().flat_map(|schema| &schema.attributes).map(|a| a.name.as_str());
            let names = names.chain(schema::common().iter().map(|a| a.name.as_str()));
            let mut problem = self
                .reader
                .problem(at, format!("`{}` is not an attribute of the core schemas", path.attribute))
                .did_you_mean(&path.attribute, names.chain(ABILITIES.iter().map(|(name, _)| *name)));
            if problem.help.is_none() {
                problem = problem.help("write an attribute of another schema with its URN in front");
            }
            self.reader.note(problem);
            return false;
        }
        let Some(sub) = &path.sub else { return true };
        if known.iter().any(|attribute| attribute.sub(sub).is_some()) {
            return true;
        }
        let subs = known.iter().flat_map(|attribute| &attribute.sub_attributes).map(|a| a.name.as_str());
        let title = format!("`{}` has no sub-attribute `{sub}`", path.attribute);
        let problem = self.reader.problem(at, title).did_you_mean(sub, subs);
        self.reader.note(problem);
        false
    }
}

/// Whether a text can be an id: words joined by `-`, below a suite.
fn is_id(text: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.contains('/') && text.split('/').all(is_name)
}
