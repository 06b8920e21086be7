//! YAML: `users:` and `groups:`, each a list. Items are cut out at their dashes and parsed on their
//! own, so that a large file is not held as a tree and a broken item does not break the others.

use std::io::BufRead;

use super::Contents;
use super::raw::{Field, RawRow};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::ObjectKind;
use crate::yaml::{self, Node, NodeKind};

/// An item that is being collected.
struct Item {
    kind: ObjectKind,
    line: usize,
    text: String,
}

pub(super) fn read(source: impl BufRead, contents: &mut Contents) -> Result<(), Diagnostic> {
    let mut kind: Option<ObjectKind> = None;
    let mut indent: Option<usize> = None;
    let mut item: Option<Item> = None;
    for (number, line) in (1..).zip(source.split(b'\n')) {
        let unreadable = |error: std::io::Error| {
            Diagnostic::about_file(format!("the directory cannot be read: {error}"), &contents.file)
        };
        let bytes = line.map_err(unreadable)?;
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
        let content = line.trim_start();
        let depth = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') || (depth == 0 && content == "---") {
            if let Some(item) = &mut item {
                item.text.push_str(line);
                item.text.push('\n');
            }
            continue;
        }
        if depth == 0 && kind.is_none() && content.starts_with("- ") {
            // A list alone is one of users.
            kind = Some(ObjectKind::User);
        }
        let begins_item = (content == "-" || content.starts_with("- "))
            && kind.is_some()
            && indent.is_none_or(|indent| indent == depth);
        if begins_item {
            if let Some(item) = item.take() {
                take(&item, contents);
            }
            indent = Some(depth);
            item = kind.map(|kind| Item { kind, line: number, text: format!("{line}\n") });
        } else if depth == 0 {
            if let Some(item) = item.take() {
                take(&item, contents);
            }
            indent = None;
            kind = Some(section(contents, number, line)?);
        } else if let Some(item) = &mut item {
            item.text.push_str(line);
            item.text.push('\n');
        } else {
            return Err(Diagnostic::new("users and groups are lists", &contents.file, line, 0..line.len())
                .from_line(number)
                .help("write `users:` and below it `- userPrincipalName: ada@example.com`"));
        }
    }
    if let Some(item) = item {
        take(&item, contents);
    }
    Ok(())
}

/// `users:` or `groups:`, at the beginning of a line.
fn section(contents: &Contents, number: usize, line: &str) -> Result<ObjectKind, Diagnostic> {
    let name = line.split('#').next().unwrap_or_default().trim_end();
    let problem =
        |title: String| Diagnostic::new(title, &contents.file, line, 0..name.len()).from_line(number);
    match name {
        "users:" => Ok(ObjectKind::User),
        "groups:" => Ok(ObjectKind::Group),
        _ if name.starts_with("users:") || name.starts_with("groups:") => {
            Err(problem("users and groups are lists with one item below the other".to_owned())
                .help("write `users:` and below it `- userPrincipalName: ada@example.com`"))
        }
        _ => {
            let key = name.split(':').next().unwrap_or_default();
            Err(problem(format!("`{key}` is neither `users` nor `groups`"))
                .did_you_mean(key, ["users", "groups"]))
        }
    }
}

fn take(item: &Item, contents: &mut Contents) {
    let Item { kind, line, text } = item;
    match yaml::parse(&contents.file, text) {
        Ok(Node { kind: NodeKind::List(items), .. }) => match items.as_slice() {
            [Node { kind: NodeKind::Map(entries), .. }] => {
                let fields = entries.iter().cloned().map(Field::from).collect();
                contents.take(&RawRow { kind: *kind, line: *line, text, fields, untyped: false });
            }
            _ => contents.fault(
                Diagnostic::new(format!("a {kind} is a map of its attributes"), &contents.file, text, 0..1)
                    .from_line(*line),
            ),
        },
        Ok(_) => contents.fault(
            Diagnostic::new(format!("a {kind} is a map of its attributes"), &contents.file, text, 0..1)
                .from_line(*line),
        ),
        Err(problems) => {
            // One mistake for a row is enough.
            if let Some(problem) = problems.into_iter().next() {
                contents.fault(problem.from_line(*line));
            }
        }
    }
}
