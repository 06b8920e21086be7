//! The waiver file: TOML, read strictly, every mistake with its place.

use std::ops::Range;
use std::path::Path;

use jiff::civil::Date;
use serde_json::{Value as Json, json};
use toml_edit::{Document, InlineTable, Item, Table, TableLike, Value};

use super::DIALECTS;
use crate::catalogue::{Catalogue, CheckKind};
use crate::diagnostic::Diagnostic;
use crate::input;
use crate::keys::{Key, document, map, shape};
use crate::run::verdict::waived::WaiverNote;

/// What a waiver may say.
const KEYS: [Key; 6] = [
    Key::required(
        "check",
        shape::prose,
        "The id of the check that may fail; `scimulate list` prints the ids.",
    ),
    Key::new("dialect", || shape::one_of_words(DIALECTS), "Only in this dialect; without the key in all."),
    Key::new("subject", shape::prose, "Only findings about this attribute, header or member."),
    Key::required("reason", shape::prose, "Why the check may fail."),
    Key::new("issue", shape::prose, "Where that is followed up."),
    // TOML has dates of its own, which reach a schema as texts.
    Key::new("expires", day_shape, "The last day of the waiver, in UTC, as 2027-01-31."),
];

/// The whole file.
const FILE: [Key; 1] = [Key::new("waiver", || shape::list(map(&KEYS)), "A check that is known to fail.")];

/// How a file with one waiver looks.
const EXAMPLE: &str =
    "write a waiver as [[waiver]] with `check` and `reason`; docs/waivers.md has an example";

/// One waiver: a check or a rule that is known to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Id of the check or rule, as it is called today.
    pub check: String,
    /// The dialect it is about, or [`super::COMPARISON`]; `None` for all.
    pub dialect: Option<String>,
    /// The attribute, header or member it is about, as findings name it; `None` for all of the check.
    pub subject: Option<String>,
    /// Why it may fail.
    pub reason: String,
    /// Where that is followed up.
    pub issue: Option<String>,
    /// The last day on which it waives, in UTC.
    pub expires: Option<Date>,
    /// Its place in the list of the file, from 0.
    pub number: usize,
    /// Where it stands, as `waivers.toml:3`.
    pub place: String,
}

impl Waiver {
    /// The reason as reports give it, with date and issue.
    #[must_use]
    pub fn told(&self) -> String {
        let mut text = self.reason.clone();
        if let Some(expires) = self.expires {
            text.push_str(&format!(", until {expires}"));
        }
        if let Some(issue) = &self.issue {
            text.push_str(&format!(" ({issue})"));
        }
        text
    }

    /// Whether it is about a check in that dialect; `None` is the comparison of dialects.
    #[must_use]
    pub fn is_about(&self, dialect: Option<&str>) -> bool {
        self.dialect.as_deref().is_none_or(|wanted| wanted == dialect.unwrap_or(super::COMPARISON))
    }

    /// Whether it is about a finding with that subject. Letter case does not matter in names of attributes
    /// (RFC 7643 §2.1) and headers.
    #[must_use]
    pub fn is_about_subject(&self, subject: &str) -> bool {
        self.subject.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(subject))
    }

    fn is_the_same(&self, other: &Waiver) -> bool {
        (&self.check, &self.dialect, &self.subject) == (&other.check, &other.dialect, &other.subject)
    }

    /// Whether its last day is over.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    pub(super) fn note(
        &self,
        state: crate::run::verdict::waived::WaiverState,
        message: String,
    ) -> WaiverNote {
        WaiverNote {
            check: self.check.clone(),
            dialect: self.dialect.clone(),
            state,
            message,
            place: self.place.clone(),
        }
    }
}

/// The waivers of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers {
    /// In the order of the file.
    pub list: Vec<Waiver>,
}

impl Waivers {
    /// Reads a file. Ids are looked up in the catalogue, which also knows the names checks had before.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn read(path: &Path, catalogue: &Catalogue) -> Result<Self, Diagnostic> {
        let file = path.display().to_string();
        let text = input::text(path, input::WRITTEN).map_err(|error| {
            Diagnostic::about_file(format!("the waivers cannot be read: {error}"), &file)
                .help("`scimulate waive --from REPORT --into FILE` writes such a file")
        })?;
        Waivers::parse(&text, &file, catalogue)
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str, file: &str, catalogue: &Catalogue) -> Result<Self, Diagnostic> {
        let reader = WaiverReader { text, file, catalogue };
        let document = Document::parse(text).map_err(|error| {
            let first = error.message().lines().next().unwrap_or("this is not TOML").to_owned();
            reader.wrong(first, error.span()).help(EXAMPLE)
        })?;
        let mut list: Vec<Waiver> = Vec::new();
        for (number, (table, span)) in reader.tables(document.as_table())?.into_iter().enumerate() {
            let (waiver, check_at) = reader.waiver(number, table, span)?;
            if let Some(first) = list.iter().find(|other| other.is_the_same(&waiver)) {
                let title = format!("`{}` is waived twice", waiver.check);
                let help = format!("keep one of them; the other is at {}", first.place);
                return Err(reader.wrong(title, Some(check_at)).help(help));
            }
            list.push(waiver);
        }
        Ok(Waivers { list })
    }
}

/// The JSON Schema of a waiver file, made of the keys that its reader knows.
#[must_use]
pub fn json_schema() -> Json {
    let about = "Checks that are known to fail, each with the reason (docs/waivers.md).";
    document("Waivers of scimulate", about, map(&FILE), &[])
}

fn is_key(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name)
}

fn day_shape() -> Json {
    json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
}

/// One waiver as the file has it, and its place.
type Placed<'t> = (&'t dyn TableLike, Range<usize>);

struct WaiverReader<'a> {
    text: &'a str,
    file: &'a str,
    catalogue: &'a Catalogue,
}

impl WaiverReader<'_> {
    fn wrong(&self, title: impl Into<String>, span: Option<Range<usize>>) -> Diagnostic {
        Diagnostic::new(title, self.file, self.text, span.unwrap_or(0..0))
    }

    /// The waivers as tables, in order: `[[waiver]]`, or `waiver = [{ … }]`.
    fn tables<'t>(&self, root: &'t Table) -> Result<Vec<Placed<'t>>, Diagnostic> {
        for (name, _) in root.iter() {
            if !FILE.iter().any(|key| key.name == name) {
                let mistake = self.wrong(format!("unknown key `{name}`"), key_span(root, name));
                return Err(match is_key(name) {
                    true => mistake.help("it belongs to a waiver: write [[waiver]] on a line above it"),
                    false => or_help(mistake.did_you_mean(name, FILE.map(|key| key.name)), EXAMPLE),
                });
            }
        }
        match root.get("waiver") {
            None => Ok(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => Ok(tables
                .iter()
                .map(|table| (table as &dyn TableLike, table.span().unwrap_or(0..0)))
                .collect()),
            Some(Item::Value(Value::Array(array))) => array
                .iter()
                .map(|value| match value {
                    Value::InlineTable(table) => {
                        Ok((table as &dyn TableLike, InlineTable::span(table).unwrap_or(0..0)))
                    }
                    other => Err(self.wrong("this is not a waiver", other.span()).help(EXAMPLE)),
                })
                .collect(),
            Some(other) => {
                let span = other.span().or_else(|| key_span(root, "waiver"));
                Err(self.wrong("`waiver` must be a list", span).help("write [[waiver]] with two brackets"))
            }
        }
    }

    /// One waiver, and the place of its id.
    fn waiver(
        &self,
        number: usize,
        table: &dyn TableLike,
        span: Range<usize>,
    ) -> Result<(Waiver, Range<usize>), Diagnostic> {
        for (name, _) in table.iter() {
            if !is_key(name) {
                let at = table.key(name).and_then(toml_edit::Key::span);
                let mistake = self.wrong(format!("unknown key `{name}`"), at);
                let names = KEYS.map(|key| key.name);
                let known = format!("a waiver has {}", names.join(", "));
                return Err(or_help(mistake.did_you_mean(name, names), &known));
            }
        }
        let (asked, at) = self.required(table, "check", &span, "the id of the check that may fail")?;
        let check = self.id(asked, at.clone())?;
        let dialect = self.text(table, "dialect")?;
        if let Some((word, at)) = &dialect
            && !DIALECTS.contains(word)
        {
            let mistake = self.wrong(format!("`{word}` is not a dialect"), Some(at.clone()));
            let known =
                format!("write one of {}; without `dialect` the waiver applies to all", DIALECTS.join(", "));
            return Err(or_help(mistake.did_you_mean(word, DIALECTS), &known));
        }
        let (reason, _) = self.required(table, "reason", &span, "why the check may fail")?;
        let waiver = Waiver {
            check,
            dialect: dialect.map(|(word, _)| word.to_owned()),
            subject: self.text(table, "subject")?.map(|(text, _)| text.to_owned()),
            reason: reason.to_owned(),
            issue: self.text(table, "issue")?.map(|(text, _)| text.to_owned()),
            expires: self.date(table)?,
            number,
            place: format!("{}:{}", self.file, self.line(span.start)),
        };
        Ok((waiver, at))
    }

    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }

    /// The id as it is today.
    fn id(&self, asked: &str, at: Range<usize>) -> Result<String, Diagnostic> {
        if let Some(suite) = asked.strip_suffix('/').or_else(|| asked.strip_suffix("/*")) {
            let help = format!("leave the suite `{suite}` out of the run, or waive its checks one by one");
            return Err(self
                .wrong(format!("`{asked}` is not a check but a whole suite"), Some(at))
                .help(help));
        }
        match self.catalogue.get(asked) {
            Ok(entry) if entry.kind == CheckKind::Requirement => {
                let title = format!("`{}` is judged only by `scimulate gallery`", entry.about.id);
                Err(self.wrong(title, Some(at)).help(
                    "`scimulate gallery` does not use waivers: remove this \
                                                      one",
                ))
            }
            Ok(entry) => Ok(entry.about.id.clone()),
            Err(unknown) => {
                let help = match unknown.meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`scimulate list` shows every check".to_owned(),
                };
                Err(self.wrong(format!("there is no check `{asked}`"), Some(at)).help(help))
            }
        }
    }

    fn text<'t>(
        &self,
        table: &'t dyn TableLike,
        key: &str,
    ) -> Result<Option<(&'t str, Range<usize>)>, Diagnostic> {
        let Some(item) = table.get(key) else { return Ok(None) };
        let span = item.span().unwrap_or(0..0);
        match item.as_str() {
            Some(text) if !text.trim().is_empty() => Ok(Some((text, span))),
            Some(_) => Err(self.wrong(format!("`{key}` is empty"), Some(span))),
            None => Err(self.wrong(format!("`{key}` must be a text in quotes"), Some(span))),
        }
    }

    fn required<'t>(
        &self,
        table: &'t dyn TableLike,
        key: &str,
        whole: &Range<usize>,
        what: &str,
    ) -> Result<(&'t str, Range<usize>), Diagnostic> {
        self.text(table, key)?.ok_or_else(|| {
            // Of a table only its head is underlined.
            let end = self.text[whole.start..].find('\n').map_or(whole.end, |length| whole.start + length);
            let head = whole.start..end.min(whole.end.max(whole.start));
            self.wrong(format!("this waiver has no `{key}`"), Some(head))
                .help(format!("write `{key} = \"…\"`: {what}"))
        })
    }

    /// A day, as TOML writes it or in quotes.
    fn date(&self, table: &dyn TableLike) -> Result<Option<Date>, Diagnostic> {
        let Some(item) = table.get("expires") else { return Ok(None) };
        let read = match (item.as_datetime(), item.as_str()) {
            (Some(toml_edit::Datetime { date: Some(day), time: None, offset: None }), _) => {
                let (year, month, day) = (day.year.try_into(), day.month.try_into(), day.day.try_into());
                match (year, month, day) {
                    (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
                    _ => None,
                }
            }
            (None, Some(text)) => day(text).ok(),
            _ => None,
        };
        match read {
            Some(date) => Ok(Some(date)),
            None => Err(self
                .wrong("`expires` is not a day", item.span())
                .help("write the last day of the waiver, for example 2027-01-31")),
        }
    }
}

/// A day as `2027-01-31`.
///
/// # Errors
/// One sentence.
pub(super) fn day(text: &str) -> Result<Date, String> {
    let looks = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let parsed = looks.then(|| text.parse::<Date>().ok()).flatten();
    parsed.ok_or_else(|| format!("`{text}` is not a day: write it as 2027-01-31"))
}

fn key_span(table: &Table, name: &str) -> Option<Range<usize>> {
    table.key(name).and_then(toml_edit::Key::span)
}

fn or_help(mistake: Diagnostic, help: &str) -> Diagnostic {
    if mistake.help.is_some() { mistake } else { mistake.help(help) }
}
