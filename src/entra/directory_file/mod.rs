//! A tenant's users and groups written down in a file: YAML, JSON, or CSV of users.
//!
//! Files are read object by object, so a large one costs no more memory than what it holds, and a
//! wrong row does not take the others with it. What changed since an earlier reading becomes the
//! change log of the tenant ([`apply`]), as Graph's delta query gives it to Entra.

mod changes;
mod csv_rows;
mod json_rows;
mod raw;
mod row;
#[cfg(test)]
mod tests;
mod yaml_rows;

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

pub use changes::{Missing, apply};
pub use row::DirectoryRow;

use raw::RawRow;
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::input;
use crate::keys::{described, document, shape};

/// What a file holds, as far as it could be read.
#[derive(Debug, Default)]
pub struct Contents {
    /// The file's name, for messages.
    pub file: String,
    /// Users, in the file's order.
    pub users: Vec<DirectoryRow>,
    /// Groups, in the file's order.
    pub groups: Vec<DirectoryRow>,
    /// Rows that were left out, one mistake each, and mistakes in links between objects.
    pub problems: Vec<Diagnostic>,
    /// How many rows were left out.
    pub left_out: usize,
    /// Objects whose row was left out: they are not taken for deleted.
    kept: HashSet<ObjectId>,
    /// A row was left out of which not even the object is known, so nobody is taken for deleted.
    incomplete: bool,
    /// Lines by object, to tell of a second row.
    lines: HashMap<ObjectId, usize>,
    names: HashMap<String, usize>,
}

impl Contents {
    /// False when a row could not be read at all: whoever is missing may stand in it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.incomplete
    }

    fn take(&mut self, raw: &RawRow) {
        let read = row::read(&self.file, raw).and_then(|row| self.unique(row, raw));
        match read {
            Ok(row) => {
                self.lines.insert(row.id.clone(), row.line);
                self.names.insert(row.unique_name(), row.line);
                match row.kind {
                    ObjectKind::User => self.users.push(row),
                    ObjectKind::Group => self.groups.push(row),
                }
            }
            Err(problem) => {
                self.left_out += 1;
                self.problems.push(problem);
                match row::identity(raw) {
                    Some(id) => drop(self.kept.insert(id)),
                    None => self.incomplete = true,
                }
            }
        }
    }

    fn unique(&mut self, row: DirectoryRow, raw: &RawRow) -> Result<DirectoryRow, Diagnostic> {
        let (name, of) = match row.kind {
            ObjectKind::User => ("userPrincipalName", "user"),
            ObjectKind::Group => ("displayName", "group"),
        };
        if let Some(line) = self.names.get(&row.unique_name()) {
            let title = format!("`{}` is the {name} of two {of}s", row.name);
            // Whose row this was meant to be is not known.
            self.incomplete = true;
            return Err(raw
                .problem(&self.file, name, title)
                .help(format!("line {line} has it already: give each {of} a {name} of its own")));
        }
        if let Some(line) = self.lines.get(&row.id) {
            self.incomplete = true;
            let title = format!("`{}` is the id of two objects", row.id);
            return Err(raw.problem(&self.file, "id", title).help(format!("line {line} has it already")));
        }
        Ok(row)
    }

    fn fault(&mut self, problem: Diagnostic) {
        self.left_out += 1;
        self.incomplete = true;
        self.problems.push(problem);
    }
}

/// The JSON Schema of a directory file in YAML or JSON, made of the keys that its reader knows.
#[must_use]
pub fn json_schema() -> Value {
    let about = "A tenant's users and groups (docs/sync.md).";
    let users = || shape::list(row::json_schema(ObjectKind::User));
    let groups = || shape::list(row::json_schema(ObjectKind::Group));
    // Nothing below a name is a list without items.
    let or_nothing = |of: Value| shape::either([of, shape::nothing()]);
    let both = json!({
        "type": "object",
        "properties": {
            "users": described(or_nothing(users()), "The users of the tenant."),
            "groups": described(or_nothing(groups()), "The groups of the tenant."),
        },
        "additionalProperties": false,
        "minProperties": 1,
    });
    document("A directory of scimulate", about, shape::either([both, users()]), &[])
}

/// Reads a directory file; the ending of its name says what it is.
///
/// # Errors
/// When the file cannot be opened, or holds no directory at all.
pub fn read(path: &Path) -> Result<Contents, Diagnostic> {
    let file = path.display().to_string();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    let opened = input::open(path, input::RECORDED).map_err(|error| {
        Diagnostic::about_file(format!("the directory cannot be read: {error}"), &file)
            .help("name a file of users and groups: .yaml, .yml, .json, or .csv with users")
    })?;
    read_from(&file, &ending, BufReader::new(opened))
}

/// Reads a directory that comes from elsewhere; `file` stands in messages, and `ending` says what it is: `csv`, `json` or
/// `yaml`.
///
/// # Errors
/// When it holds no directory at all.
pub fn read_from(file: &str, ending: &str, source: impl BufRead) -> Result<Contents, Diagnostic> {
    let mut contents = Contents { file: file.to_owned(), ..Contents::default() };
    match ending {
        "csv" => csv_rows::read(source, &mut contents)?,
        "json" => json_rows::read(source, &mut contents)?,
        "yaml" | "yml" => yaml_rows::read(source, &mut contents)?,
        _ => {
            return Err(Diagnostic::about_file(
                "what kind of file this is cannot be told from its name",
                file,
            )
            .help("let its name end in .yaml, .yml, .json or .csv"));
        }
    }
    if contents.users.is_empty() && contents.groups.is_empty() && contents.problems.is_empty() {
        return Err(Diagnostic::about_file("the directory file holds nobody", file)
            .help("write `users:` and below it `- userPrincipalName: ada@example.com`"));
    }
    Ok(contents)
}
