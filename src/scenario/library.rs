//! Where scenarios come from: embedded in the program, or a folder of the user's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

use super::{Scenario, load, load_as};
use crate::diagnostic::Diagnostic;
use crate::input;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A scenario is a page of text. More is something else that got into the folder.
const MOST_BYTES: u64 = 1 << 20;

/// Folders inside each other. A link that leads back to its own folder ends here.
const DEEPEST: usize = 8;

/// The files of the built-in scenarios: name below the repository and text, in the order of their ids.
#[must_use]
pub fn sources() -> Vec<(String, &'static str)> {
    fn walk(folder: &'static Dir<'static>, found: &mut Vec<(String, &'static str)>) {
        for file in folder.files() {
            if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8())
                && is_scenario(file.path())
            {
                found.push((format!("scenarios/{}", path.replace('\\', "/")), text));
            }
        }
        folder.dirs().for_each(|folder| walk(folder, found));
    }
    let mut found = Vec::new();
    walk(&EMBEDDED, &mut found);
    found.sort();
    found
}

/// The built-in scenarios, in the order of their ids.
///
/// # Errors
/// The mistakes of all files. A test loads every one, so there are none in a release.
pub fn builtin() -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    // A command and its parts ask several times, and a process of tests hundreds of times.
    static LOADED: OnceLock<Result<Vec<Scenario>, Vec<Diagnostic>>> = OnceLock::new();
    LOADED.get_or_init(|| collect(sources().into_iter().map(|(file, text)| load(&file, text)))).clone()
}

/// Every scenario in a folder and the folders in it, in the order of their ids. The id is the path
/// below the folder without its ending; other files than `.yaml` and `.yml` are left alone.
///
/// # Errors
/// The mistakes of all files, a folder or file that cannot be read, and a folder without scenarios.
pub fn from_dir(folder: &Path) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    find(folder, &mut Vec::new(), &mut files, &mut problems);
    files.sort();
    if files.is_empty() && problems.is_empty() {
        let problem =
            Diagnostic::about_file("there are no scenarios in this folder", folder.display().to_string());
        problems
            .push(problem.help("a scenario is a file that ends in .yaml; docs/scenarios.md describes it"));
    }
    let loaded = collect(files.into_iter().map(|id| {
        let path = folder.join(&id);
        let file = path.display().to_string();
        let text = read(&path).map_err(|problem| vec![problem])?;
        load_as(id.rsplit_once('.').map_or(&*id, |(id, _)| id), &file, &text)
    }));
    match loaded {
        Ok(scenarios) if problems.is_empty() => Ok(scenarios),
        Ok(_) => Err(problems),
        Err(more) => Err(problems.into_iter().chain(more).collect()),
    }
}

fn collect(
    loaded: impl Iterator<Item = Result<Scenario, Vec<Diagnostic>>>,
) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    for result in loaded {
        match result {
            Ok(scenario) => scenarios.push(scenario),
            Err(more) => problems.extend(more),
        }
    }
    scenarios.sort_by(|a, b| a.about.id.cmp(&b.about.id));
    for pair in scenarios.windows(2) {
        if pair[0].about.id == pair[1].about.id {
            let title = format!("two scenarios are called `{}`", pair[0].about.id);
            problems.push(Diagnostic::about_file(title, pair[0].about.id.clone()));
        }
    }
    let ids: BTreeSet<&str> = scenarios.iter().map(|scenario| scenario.about.id.as_str()).collect();
    let mut aliases = BTreeSet::new();
    for about in scenarios.iter().map(|scenario| &scenario.about) {
        for alias in &about.history.aliases {
            if ids.contains(alias.as_str()) || !aliases.insert(alias) {
                let title =
                    format!("`{alias}` was not `{}` before: another scenario has or had that id", about.id);
                problems.push(
                    Diagnostic::about_file(title, about.id.clone()).help("take it out of its `aliases`"),
                );
            }
        }
    }
    if problems.is_empty() { Ok(scenarios) } else { Err(problems) }
}

/// Collects the files below `root`, as paths with `/` relative to it.
fn find(root: &Path, below: &mut Vec<String>, files: &mut Vec<String>, problems: &mut Vec<Diagnostic>) {
    let folder = below.iter().fold(root.to_path_buf(), |path, part| path.join(part));
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(Diagnostic::about_file(
                format!("the folder cannot be read: {error}"),
                folder.display().to_string(),
            ));
            return;
        }
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
        if path.is_dir() {
            if below.len() < DEEPEST && !name.starts_with('.') {
                below.push(name);
                find(root, below, files, problems);
                below.pop();
            }
        } else if is_scenario(&path) {
            files.push(below.iter().chain([&name]).cloned().collect::<Vec<_>>().join("/"));
        }
    }
}

fn read(path: &Path) -> Result<String, Diagnostic> {
    let file = path.display().to_string();
    input::text(path, MOST_BYTES)
        .map_err(|error| Diagnostic::about_file(format!("the scenario cannot be read: {error}"), file))
}

fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Action, RawRequest};
    use indexmap::IndexMap;
    use serde_json::Value;

    const RIGHT: &str = "title: T\nlevel: note\nwhy: W\ntimeline: [cycle]\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn every_built_in_scenario_is_right_and_documented() {
        let scenarios = builtin().unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"))
        });
        assert_eq!(scenarios.len(), sources().len());
        for scenario in &scenarios {
            let about = &scenario.about;
            for (what, text) in [("fix", &about.fix), ("entra", &about.entra)] {
                assert!(!text.is_empty(), "{}: `{what}` is missing", about.id);
            }
            assert!(!about.refs.is_empty(), "{}: `refs` is missing", about.id);
            assert!(!about.faults.is_empty(), "{}: `faults` is missing", about.id);
        }
    }

    /// Attributes that a server may want to be unique, in Entra's words and in SCIM's. The names of people are not.
    fn is_unique(name: &str, of_group: bool) -> bool {
        let name = name.to_lowercase();
        let unique = ["username", "externalid", "userprincipalname", "mail", "mailnickname", "othermails"];
        let last = name.rsplit(':').next().unwrap_or_default();
        unique.contains(&last) || name.contains("emails") || (of_group && last == "displayname")
    }

    /// Values of such attributes below a body, each with its name.
    fn unique_in(body: &Value, of_group: bool, under: &str, found: &mut Vec<(String, String)>) {
        match body {
            Value::Object(members) => {
                // An operation says what its value is of; an element of `emails` its value alone.
                let path = members.get("path").and_then(Value::as_str);
                let path = path.filter(|_| members.contains_key("op")).unwrap_or(under);
                let of_group = of_group || path.starts_with("/Groups");
                for (name, value) in
                    members.iter().filter(|(name, _)| !["type", "op", "path"].contains(&name.as_str()))
                {
                    unique_in(value, of_group, if name == "value" { path } else { name }, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| unique_in(item, of_group, under, found)),
            Value::String(text) if is_unique(under, of_group) => found.push((under.to_owned(), text.clone())),
            _ => {}
        }
    }

    fn requests(action: &Action) -> Vec<&RawRequest> {
        match action {
            Action::Request(request) => vec![request],
            Action::AtOnce(together) => together.iter().map(|one| &one.request).collect(),
            Action::ExpectWalk(walk) => walk.between.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Every value of an attribute that may have to be unique, as the scenario writes it.
    fn unique_values(scenario: &Scenario) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut attributes = |of: &IndexMap<String, Option<String>>, of_group| {
            let written = of.iter().filter(|(name, _)| is_unique(name, of_group));
            found.extend(written.filter_map(|(name, value)| Some((name.clone(), value.clone()?))));
        };
        scenario.people.values().for_each(|person| attributes(&person.attributes, false));
        scenario.groups.values().for_each(|group| attributes(&group.attributes, true));
        for step in &scenario.timeline {
            let Action::Set(set) = &step.action else { continue };
            set.iter().for_each(|(key, values)| attributes(values, scenario.groups.contains_key(key)));
        }
        for account in scenario.accounts.values() {
            let of_group = scenario.groups.contains_key(&account.of);
            for (path, value) in &account.with {
                unique_in(value.as_ref().unwrap_or(&Value::Null), of_group, path, &mut found);
            }
        }
        for request in scenario.timeline.iter().flat_map(|step| requests(&step.action)) {
            if let Some(body) = &request.body {
                unique_in(body, request.path.starts_with("/Groups"), "", &mut found);
            }
        }
        found
    }

    /// Scenario runs share a target: with a fixed name two of them would be in each other's way.
    #[test]
    fn no_built_in_scenario_writes_a_fixed_name_that_may_have_to_be_unique() {
        let mut written = 0;
        for scenario in builtin().unwrap_or_default() {
            for (name, value) in unique_values(&scenario) {
                written += 1;
                // An empty name is what that scenario is about.
                let is_own = value.contains("{{") || value.is_empty();
                assert!(is_own, "{}: {name} is always `{value}`; use {{{{prefix}}}}", scenario.about.id);
            }
        }
        assert!(written > 50, "{written} values were looked at");
    }

    /// The guard takes what carries the prefix for the run's own, and a server that merges a create into somebody's
    /// account keeps that account's names, but not its title.
    #[test]
    fn no_built_in_scenario_creates_a_user_with_the_prefix_in_something_else_than_a_name() {
        // The guard does not read what speaks of other objects, and no answer shows a password.
        const NAMES: [&str; 8] =
            ["userName", "externalId", "displayName", "emails", "id", "password", "groups", "meta"];
        for scenario in builtin().unwrap_or_default() {
            for request in scenario.timeline.iter().flat_map(|step| requests(&step.action)) {
                let body = request.body.as_ref().filter(|_| request.path == "/Users");
                for (name, value) in body.and_then(Value::as_object).into_iter().flatten() {
                    let is_name = NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
                    let carries = value.to_string().contains("{{prefix");
                    assert!(is_name || !carries, "{}: {name} carries the prefix", scenario.about.id);
                }
            }
        }
    }

    #[test]
    fn a_folder_is_read_with_the_folders_in_it() {
        let folder = folder(&[
            ("mine/b.yaml", RIGHT),
            ("mine/deep/c.yml", RIGHT),
            ("a.yaml", RIGHT),
            ("README.md", "#"),
            (".git/d.yaml", "broken"),
        ]);
        let ids: Vec<_> = from_dir(folder.path()).unwrap().into_iter().map(|s| s.about.id).collect();
        assert_eq!(ids, ["a", "mine/b", "mine/deep/c"]);
    }

    #[test]
    fn the_mistakes_of_all_files_are_told() {
        let folder = folder(&[("a.yaml", "title: T\n"), ("b.yaml", RIGHT), ("c.yaml", "level: high\n")]);
        let problems = from_dir(folder.path()).unwrap_err();
        assert!(problems.iter().any(|p| p.file.ends_with("a.yaml")));
        assert!(problems.iter().any(|p| p.file.ends_with("c.yaml") && p.title.contains("`high`")));
        assert!(!problems.iter().any(|p| p.file.ends_with("b.yaml")));
    }

    #[test]
    fn folders_without_scenarios_and_files_that_are_no_text_are_mistakes() {
        let empty = folder(&[]);
        assert!(from_dir(empty.path()).unwrap_err()[0].title.contains("no scenarios"));
        assert!(from_dir(&empty.path().join("missing")).unwrap_err()[0].title.contains("cannot be read"));
        fs::write(empty.path().join("a.yaml"), [0xff, 0xfe, 0x00]).unwrap();
        assert!(from_dir(empty.path()).unwrap_err()[0].title.contains("cannot be read"));
        fs::write(empty.path().join("a.yaml"), "#".repeat(2 << 20)).unwrap();
        assert!(from_dir(empty.path()).unwrap_err()[0].title.contains("larger than 1 MiB"));
        let twice = folder(&[("a.yaml", RIGHT), ("a.yml", RIGHT)]);
        assert!(from_dir(twice.path()).unwrap_err()[0].title.contains("two scenarios"));
    }
    #[test]
    fn a_name_of_before_belongs_to_one_scenario() {
        let renamed = format!("aliases: [mine/old]\nsince: 0.2.0\n{RIGHT}");
        let folder = folder(&[("mine/a.yaml", &renamed), ("mine/b.yaml", RIGHT)]);
        let about = from_dir(folder.path()).unwrap().remove(0).about;
        assert!(about.is_called("mine/a") && about.is_called("mine/old") && !about.is_called("mine/b"));
        assert_eq!(about.history.since.to_string(), "0.2.0");
        for (other, text) in [("mine/old", RIGHT), ("mine/c", &renamed)] {
            fs::write(folder.path().join(format!("{other}.yaml")), text).unwrap();
            let problems = from_dir(folder.path()).unwrap_err();
            assert!(problems[0].title.contains("`mine/old` was not"), "{}", problems[0].title);
            fs::remove_file(folder.path().join(format!("{other}.yaml"))).unwrap();
        }
    }
}
