//! Makes waivers of what failed in a report, and puts them into a file without losing what people
//! wrote there.

use jiff::civil::Date;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::file::day;
use super::{COMPARISON, PastReport, Waivers};
use crate::catalogue::{Catalogue, CheckKind};
use crate::diagnostic::Diagnostic;

/// What shall be waived, and why.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Why these checks may fail.
    pub reason: String,
    /// Where that is followed up.
    pub issue: Option<String>,
    /// The last day on which they may.
    pub expires: Date,
    /// Only these, by the ids of today; empty means every check that failed.
    pub checks: Vec<String>,
}

/// Why there is nothing to waive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NothingToWaive {
    /// A check that was named is not in the report.
    #[error("`{0}` is not in that report")]
    Missing(String),
    /// A check that was named did not fail.
    #[error("`{0}` did not fail in that report")]
    DidNotFail(String),
    /// What failed cannot be waived.
    #[error("no failure in that report can be waived: {}", _0.join("; "))]
    LeftOut(Vec<String>),
}

/// Waivers made of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafted {
    entries: Vec<DraftEntry>,
    /// What failed and cannot be waived, each with the reason.
    pub left_out: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct DraftEntry {
    check: String,
    dialect: Option<String>,
    reason: String,
    issue: Option<String>,
    expires: Date,
}

/// A file with drafted waivers in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The file's new text.
    pub text: String,
    /// How many waivers were added.
    pub added: usize,
    /// How many were there and have a new last day.
    pub renewed: usize,
}

/// The last day of a waiver, as it is written on a command line.
///
/// # Errors
/// One sentence when it is not a day, or is over.
pub fn last_day(text: &str, today: Date) -> Result<Date, String> {
    let day = day(text)?;
    if day < today { Err(format!("{day} is in the past: today is {today}")) } else { Ok(day) }
}

impl Draft {
    /// Waivers of what failed: one without a dialect where a check failed in every dialect played.
    ///
    /// # Errors
    /// [`NothingToWaive`] when something was named that did not fail, and when nothing that failed can be
    /// waived. A report in which nothing failed gives an empty draft.
    pub fn of(&self, report: &PastReport, catalogue: &Catalogue) -> Result<Drafted, NothingToWaive> {
        let today = |id: &str| catalogue.find(id).map_or(id, |entry| entry.about.id.as_str()).to_owned();
        for wanted in &self.checks {
            let mut named = report.checks.iter().filter(|check| today(&check.id) == *wanted).peekable();
            if named.peek().is_none() {
                return Err(NothingToWaive::Missing(wanted.clone()));
            }
            if !named.any(super::PastCheck::failed) {
                return Err(NothingToWaive::DidNotFail(wanted.clone()));
            }
        }
        let mut drafted = Drafted { entries: Vec::new(), left_out: Vec::new() };
        let mut seen: Vec<String> = Vec::new();
        for check in report.checks.iter().filter(|check| check.failed()) {
            let id = today(&check.id);
            if seen.contains(&id) || !self.checks.is_empty() && !self.checks.contains(&id) {
                continue;
            }
            seen.push(id.clone());
            match catalogue.find(&id).map(|entry| &entry.kind) {
                None => {
                    let known = if report.version == env!("CARGO_PKG_VERSION") {
                        "its scenario is in another folder: name that with --scenarios".to_owned()
                    } else {
                        format!("scimulate {} had it, but this version does not", report.version)
                    };
                    drafted.left_out.push(format!("{id}: {known}"));
                }
                Some(CheckKind::Requirement) => {
                    drafted.left_out.push(format!("{id}: `scimulate gallery` does not use waivers"));
                }
                Some(_) => drafted.entries.extend(self.entries(report, &id, |other| today(other) == id)),
            }
        }
        if drafted.entries.is_empty() && !drafted.left_out.is_empty() {
            return Err(NothingToWaive::LeftOut(drafted.left_out));
        }
        Ok(drafted)
    }

    fn entries(&self, report: &PastReport, id: &str, is_it: impl Fn(&str) -> bool) -> Vec<DraftEntry> {
        let played = report.checks.iter().filter(|check| is_it(&check.id) && check.was_played());
        let (comparisons, scenario_runs): (Vec<_>, Vec<_>) =
            played.partition(|check| check.dialect.is_none());
        let failed: Vec<&str> = scenario_runs
            .iter()
            .filter(|check| check.failed())
            .filter_map(|check| check.dialect.as_deref())
            .collect();
        let entry = |dialect: Option<&str>| DraftEntry {
            check: id.to_owned(),
            dialect: dialect.map(str::to_owned),
            reason: self.reason.clone(),
            issue: self.issue.clone(),
            expires: self.expires,
        };
        if failed.len() > 1 && failed.len() == scenario_runs.len() {
            vec![entry(None)]
        } else if failed.is_empty() && comparisons.iter().any(|check| check.failed()) {
            vec![entry(Some(COMPARISON))]
        } else {
            failed.into_iter().map(|dialect| entry(Some(dialect))).collect()
        }
    }
}

impl Drafted {
    /// How many waivers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing to waive.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The waivers as a file of their own.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut document = DocumentMut::new();
        append(&mut document, &self.entries.iter().collect::<Vec<_>>());
        document.to_string()
    }

    /// A file's text with the waivers in it. One that is there already has a new last day, and a new issue
    /// if one is given; its reason, its place and all comments stay.
    ///
    /// # Errors
    /// The first mistake of the file.
    pub fn merged_into(&self, text: &str, file: &str, catalogue: &Catalogue) -> Result<Merged, Diagnostic> {
        let there = Waivers::parse(text, file, catalogue)?;
        let mut document: DocumentMut = text
            .parse()
            .map_err(|error: toml_edit::TomlError| Diagnostic::about_file(error.message(), file))?;
        let mut new: Vec<&DraftEntry> = Vec::new();
        let mut renewed = 0;
        for entry in &self.entries {
            let known = |dialect: &Option<String>| {
                there.list.iter().find(|waiver| {
                    waiver.check == entry.check && waiver.dialect == *dialect && waiver.subject.is_none()
                })
            };
            let known = known(&entry.dialect).or_else(|| known(&None));
            match known.and_then(|waiver| table(&mut document, waiver.number)) {
                Some(table) => {
                    put(table, "expires", expiry(entry.expires));
                    if let Some(issue) = &entry.issue {
                        put(table, "issue", issue.as_str().into());
                    }
                    renewed += 1;
                }
                None => new.push(entry),
            }
        }
        append(&mut document, &new);
        let mut merged = document.to_string();
        if text.contains("\r\n") {
            // A file from Windows stays one.
            merged = merged.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        Ok(Merged { text: merged, added: new.len(), renewed })
    }
}

/// The table of the waiver with that number.
fn table(document: &mut DocumentMut, number: usize) -> Option<&mut dyn TableLike> {
    match document.get_mut("waiver")? {
        Item::ArrayOfTables(tables) => tables.get_mut(number).map(|table| table as &mut dyn TableLike),
        Item::Value(Value::Array(array)) => match array.get_mut(number) {
            Some(Value::InlineTable(table)) => Some(table),
            _ => None,
        },
        _ => None,
    }
}

/// Sets a value and keeps the comment behind the one before.
fn put(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => drop(table.insert(key, Item::Value(value))),
    }
}

fn expiry(day: Date) -> Value {
    // Every day of the calendar here fits: it was read from four digits.
    let date = toml_edit::Date {
        year: u16::try_from(day.year()).unwrap_or_default(),
        month: day.month().unsigned_abs(),
        day: day.day().unsigned_abs(),
    };
    Value::from(toml_edit::Datetime { date: Some(date), time: None, offset: None })
}

fn append(document: &mut DocumentMut, entries: &[&DraftEntry]) {
    if entries.is_empty() {
        return;
    }
    if let Some(Item::Value(Value::Array(array))) = document.get_mut("waiver") {
        for entry in entries {
            let mut table = InlineTable::new();
            fill(&mut table, entry);
            array.push(table);
        }
        return;
    }
    // What stands at the end of the file belongs to what is above it.
    let tail = document.trailing().as_str().unwrap_or_default().to_owned();
    let mut gap = if document.is_empty() && tail.is_empty() { String::new() } else { format!("{tail}\n") };
    document.set_trailing("");
    let list = document.entry("waiver").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(list) = list.as_array_of_tables_mut() else { return };
    for entry in entries {
        let mut table = Table::new();
        table.decor_mut().set_prefix(std::mem::replace(&mut gap, "\n".to_owned()));
        fill(&mut table, entry);
        list.push(table);
    }
}

fn fill(table: &mut dyn TableLike, entry: &DraftEntry) {
    let texts = [
        ("check", Some(&entry.check)),
        ("dialect", entry.dialect.as_ref()),
        ("reason", Some(&entry.reason)),
        ("issue", entry.issue.as_ref()),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            table.insert(key, toml_edit::value(text.as_str()));
        }
    }
    table.insert("expires", Item::Value(expiry(entry.expires)));
}
