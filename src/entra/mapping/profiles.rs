//! Built-in profiles, those of the gallery included, and profiles of the user's own.

use std::path::Path;

use include_dir::{Dir, include_dir};
use serde_json::Value;

use super::{Mapping, file, gallery, schema};
use crate::diagnostic::{Diagnostic, closest};
use crate::input;

/// The profile that is used when none is named: Entra's default mapping.
pub const DEFAULT: &str = "default";

const SEE_LIST: &str =
    "`scimulate list profiles` names the built-in ones; for a file of your own write its path";
const NO_TABLE: &str = "use `default`, or write down the attributes that its mapping shows in the portal";

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/entra/mapping/profiles");

fn built_in() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES
        .files()
        .filter(|file| file.path().extension().is_some_and(|ending| ending == "yaml"))
        .filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
}

/// Names of the built-in profiles, sorted.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let applications = gallery::applications().filter(|application| application.missing.is_none());
    let mut names: Vec<_> =
        built_in().map(|(name, _)| name).chain(applications.map(|application| application.name)).collect();
    names.sort_unstable();
    names
}

/// The JSON Schema of a profile in YAML, made of the keys that its reader knows.
#[must_use]
pub fn json_schema() -> Value {
    file::json_schema()
}

/// A mapping as a profile in YAML. One that was imported from a synchronizationSchema loses what only that form has.
#[must_use]
pub fn written(mapping: &Mapping) -> String {
    file::write(mapping)
}

/// The built-in profiles that are written in YAML: name and text.
pub fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    built_in()
}

/// Loads a built-in profile by its name, or a file of the user's own: anything that holds a path
/// separator or ends in `.yaml`, `.yml` or `.json`. A JSON file is a synchronizationSchema as Entra
/// exports it.
///
/// # Errors
/// One [`Diagnostic`] when there is no such profile or the file cannot be read; otherwise every
/// mistake of the file.
pub fn load(name_or_file: &str) -> Result<Mapping, Vec<Diagnostic>> {
    if let Some((name, text)) = built_in().find(|(name, _)| *name == name_or_file) {
        return file::read(name, &format!("{name}.yaml"), text);
    }
    if let Some(application) = gallery::applications().find(|application| application.name == name_or_file) {
        return application.mapping().ok_or_else(|| {
            let why = application.missing.unwrap_or("it has no table");
            let title = format!("there is no profile for {}: {why}", application.title);
            vec![Diagnostic::about_file(title, name_or_file).help(NO_TABLE)]
        });
    }
    let path = Path::new(name_or_file);
    let is_file = name_or_file.contains(std::path::is_separator)
        || path
            .extension()
            .is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known));
    if !is_file {
        let help = match closest(name_or_file, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => SEE_LIST.to_owned(),
        };
        let title = format!("there is no profile `{name_or_file}`");
        return Err(vec![Diagnostic::about_file(title, name_or_file).help(help)]);
    }
    let text = input::text(path, input::WRITTEN).map_err(|error| {
        let title = format!("the profile cannot be read: {error}");
        vec![Diagnostic::about_file(title, name_or_file).help(SEE_LIST)]
    })?;
    let name = path.file_stem().map_or_else(|| name_or_file.into(), |stem| stem.to_string_lossy());
    // A profile in YAML's JSON notation begins with a brace as well, but has no rules.
    if path.extension().is_some_and(|ending| ending == "json") || text.contains("\"synchronizationRules\"") {
        return schema::import(&name, name_or_file, &text);
    }
    file::read(&name, name_or_file, &text)
}
