use super::{CatalogueEntry, CheckKind};
use crate::check::{Passage, Reference};

/// Columns of an explanation.
const WIDTH: usize = 100;
/// Columns of its field names.
const INDENT: usize = 12;

/// One line for each entry: id, level, the version that has it first, title, and the ids it had before.
#[must_use]
pub fn listing(entries: &[&CatalogueEntry]) -> String {
    let width = entries.iter().map(|entry| entry.about.id.chars().count()).max().unwrap_or(0);
    let level = entries.iter().map(|entry| entry.about.level.as_str().len()).max().unwrap_or(0);
    let line = |entry: &&CatalogueEntry| {
        let about = &entry.about;
        let formerly = match about.history.aliases.as_slice() {
            [] => String::new(),
            aliases => format!(" (formerly {})", aliases.join(", ")),
        };
        let since = about.history.since.to_string();
        format!("{:width$}  {:level$}  {since}  {}{formerly}\n", about.id, about.level, about.title)
    };
    entries.iter().map(line).collect()
}

/// The whole entry, field by field; empty fields are left out.
pub(super) fn explanation(entry: &CatalogueEntry) -> String {
    let about = &entry.about;
    let mut text = format!("{} ({})\n", about.id, about.level);
    text.push_str(&wrap("", &about.title, 0));
    text.push('\n');
    let mut field = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            text.push_str(&wrap(name, value, INDENT));
        }
    };
    field("What", &about.what);
    field("Why", &about.why);
    field("Fix", &about.fix);
    field("In Entra", &about.entra);
    if let CheckKind::Scenario { needs, dialects, large } = &entry.kind {
        field("Needs", &needs.join(", "));
        field("Dialects", &dialects.join(", "));
        if *large {
            field("Size", "large");
        }
    }
    for (index, reference) in about.refs.iter().enumerate() {
        let mut text = reference.to_string();
        if let Reference::Rfc(Passage { demand: Some(demand), .. }) = reference {
            text.push_str(&format!(" ({demand})"));
        }
        field(if index == 0 { "References" } else { "" }, &text);
    }
    field("Faults", &about.faults.join(", "));
    field("Since", &about.history.since.to_string());
    field("Formerly", &about.history.aliases.join(", "));
    text
}

/// A field's name and its text, wrapped at [`WIDTH`]. Words longer than a line stay whole.
fn wrap(name: &str, text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut line = format!("{name:indent$}");
    let mut empty = true;
    for word in text.split_whitespace() {
        let length = line.chars().count() + usize::from(!empty) + word.chars().count();
        if !empty && length > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push_str(line.trim_end());
    lines.push('\n');
    lines
}
