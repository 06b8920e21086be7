//! Pieces of scenario files, for those who write them.

use std::fmt::Write as _;

/// Adds a line.
pub(crate) fn line(text: &mut String, line: &str) {
    // A string takes everything.
    let _ = writeln!(text, "{line}");
}

/// Adds a map with its entries; nothing when there are none.
pub(crate) fn section(text: &mut String, name: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        line(text, &format!("{name}:"));
        lines.iter().for_each(|each| line(text, &format!("  {each}")));
    }
}

/// A text between quotation marks, as JSON and YAML write it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Attributes with their values; `None` is null.
pub(crate) fn attributes<'a>(attributes: impl IntoIterator<Item = (&'a str, Option<String>)>) -> Vec<String> {
    let value = |value: Option<String>| value.map_or_else(|| "null".to_owned(), |text| quoted(&text));
    attributes.into_iter().map(|(name, text)| format!("{name}: {}", value(text))).collect()
}

/// A key with what is said of it.
pub(crate) fn entry(key: &str, mut said: Vec<String>, flags: &[(bool, &str)]) -> String {
    said.extend(flags.iter().filter(|(is_said, _)| *is_said).map(|(_, text)| (*text).to_owned()));
    if said.is_empty() { format!("{key}:") } else { format!("{key}: {{ {} }}", said.join(", ")) }
}
