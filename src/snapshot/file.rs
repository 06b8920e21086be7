//! The file of one scenario in one dialect: insta's header and a section for each step.
//!
//! ```text
//! ---
//! source: "scenarios/cycles/disable-unassigned.yaml"
//! expression: "cycles/disable-unassigned, dialect default"
//! ---
//! === 01-cycle-1
//! # match ada
//! GET /Users?filter=userName+eq+%22[prefix].ada%40example.com%22
//! HTTP 200
//! …
//!
//! === 02-expect-ada
//! …
//! ```
//!
//! A line of an answer that begins with `===`, or with backslashes and `===`, is written with one more
//! backslash, so every line that begins with `===` is a heading. git's conflict marker `=======` is not a
//! valid heading: a file with a conflict is an error and never taken for answers.
//!
//! insta reads the files and normalises their text; the comparison and the writing are ours. Its
//! assertions (`assert_snapshot!`) cannot be used in a program that runs in other people's folders:
//! they take their orders from the environment (`INSTA_UPDATE`, `INSTA_FORCE_PASS`) and from an
//! `insta.yaml` in the working folder, which may well be the user's own for something else; they print
//! and panic; and the program cannot set the environment itself, because that is unsafe once there are
//! threads, and starting itself again for it would double the time to start. What is left is insta's
//! public [`insta::Snapshot`], which depends on none of that. The files stay insta's: `.snap` is
//! accepted, `.snap.new` beside it is pending and holds the whole file as it would be once accepted, so
//! cargo-insta reviews them too.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::input;

/// Ending of accepted files.
pub(super) const ACCEPTED: &str = "snap";
/// Ending of files that wait for a review.
pub(super) const PENDING: &str = "snap.new";

/// What the header of a pending file says before the fingerprint of the answers it was compared with.
const COMPARED_WITH: &str = "compared with ";

/// Every line that begins so is the heading of a section.
const MARK: &str = "===";

/// Why a file of snapshots cannot be read, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    path: PathBuf,
    line: Option<usize>,
    why: String,
}

impl Unreadable {
    /// What to do about it.
    pub const WAY_OUT: &str = "correct the file, or remove it and accept the answers again with \
                               `scimulate run --snapshots DIR --update`";
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl std::error::Error for Unreadable {}

impl From<Unreadable> for io::Error {
    fn from(unreadable: Unreadable) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, unreadable)
    }
}

/// A pending file that was compared with other answers than those that are accepted now: after a pull, its copies of
/// unchanged sections would take back what others accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outdated {
    path: PathBuf,
}

impl Outdated {
    /// What to do about it.
    pub const WAY_OUT: &str =
        "play the scenario again with `scimulate run --snapshots DIR`, or remove the file";
}

impl Outdated {
    pub(super) fn at(path: &Path) -> Self {
        Outdated { path: path.to_owned() }
    }
}

impl fmt::Display for Outdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is outdated: the accepted answers beside it have changed since", self.path.display())
    }
}

impl std::error::Error for Outdated {}

impl From<Outdated> for io::Error {
    fn from(outdated: Outdated) -> Self {
        io::Error::other(outdated)
    }
}

/// The answers of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) text: String,
}

impl Section {
    pub(super) fn new(name: &str, text: &str) -> Self {
        // A checkout may change line breaks, and where a text ends is not visible in a review.
        Section { name: name.to_owned(), text: text.replace('\r', "").trim_end().to_owned() }
    }

    /// The number its name begins with: its place in the order of the steps.
    fn number(&self) -> u64 {
        self.name.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
    }
}

/// The answers of one scenario in one dialect, in the order of its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SnapshotFile {
    source: String,
    expression: String,
    /// Of a pending file: the fingerprint of what it was compared with.
    compared_with: Option<String>,
    sections: Vec<Section>,
}

impl SnapshotFile {
    pub(super) fn new(scenario: &str, dialect: &str, sections: Vec<Section>) -> Self {
        SnapshotFile {
            source: format!("scenarios/{scenario}.yaml"),
            expression: format!("{scenario}, dialect {dialect}"),
            compared_with: None,
            sections,
        }
    }

    /// Reads a file; `None` when it does not exist.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Unreadable> {
        let unreadable = |line, why: String| Unreadable { path: path.to_owned(), line, why };
        let bytes = match input::bytes(path, input::RECORDED) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(None, error.to_string())),
        };
        let raw = std::str::from_utf8(&bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            unreadable(Some(line), "the line is not UTF-8".to_owned())
        })?;
        // insta reads files without the first line as an older format of its own and warns on the terminal.
        let header = header_lines(raw).ok_or_else(|| {
            unreadable(Some(1), "the file does not begin with a header between two lines `---`".to_owned())
        })?;
        let mut between = raw.lines().zip(1..).take(header - 1).skip(1);
        if let Some((text, line)) = between.find(|(text, _)| !is_plain(text)) {
            return Err(unreadable(Some(line), format!("`{}` is not part of a header", text.trim())));
        }
        let snapshot = insta::Snapshot::from_file(path)
            .map_err(|_| unreadable(Some(2), "insta cannot read the header".to_owned()))?;
        let text = snapshot
            .as_text()
            .ok_or_else(|| unreadable(Some(2), "the header says that it is not a text".to_owned()))?;
        let sections =
            sections(&text.to_string(), header + 1).map_err(|(line, why)| unreadable(Some(line), why))?;
        let about = snapshot.metadata();
        Ok(Some(SnapshotFile {
            source: about.source().unwrap_or_default().to_owned(),
            expression: about.expression().unwrap_or_default().to_owned(),
            compared_with: about
                .description()
                .and_then(|text| text.strip_prefix(COMPARED_WITH))
                .map(str::to_owned),
            sections,
        }))
    }

    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The text of a section.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|section| section.name == name).map(|section| section.text.as_str())
    }

    /// The sections that differ from what was accepted, or are new.
    pub(super) fn news<'a>(
        &'a self,
        accepted: Option<&'a SnapshotFile>,
    ) -> impl Iterator<Item = &'a Section> {
        self.sections.iter().filter(move |section| {
            accepted.and_then(|accepted| accepted.text(&section.name)) != Some(section.text.as_str())
        })
    }

    /// These sections as accepted ones, under the same header.
    pub(super) fn only(&self, sections: Vec<Section>) -> Self {
        SnapshotFile { sections, compared_with: None, ..self.clone() }
    }

    /// Whether a pending file was compared with what is accepted now.
    pub(super) fn was_compared_with(&self, accepted: Option<&SnapshotFile>) -> bool {
        self.compared_with.as_deref() == Some(&fingerprint(accepted))
    }

    /// Adds the sections of another file that this one does not have, where their numbers belong.
    pub(super) fn completed_by(mut self, other: Option<&SnapshotFile>) -> Self {
        let missing = other.map(SnapshotFile::sections).unwrap_or_default().iter();
        let missing: Vec<Section> =
            missing.filter(|section| self.text(&section.name).is_none()).cloned().collect();
        self.sections.extend(missing);
        self.sections.sort_by_key(Section::number);
        self
    }

    /// Replaces a file: at every moment it is the old one or the new one. A file without sections is
    /// removed.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        if self.sections.is_empty() {
            return remove_if_there(path);
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = path.with_added_extension(format!("{}.tmp", std::process::id()));
        let written = fs::write(&beside, self.to_string()).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Keeps the file for a review, or removes what was kept when nothing in it is news.
    pub(super) fn keep_pending(&self, accepted: Option<&SnapshotFile>, pending: &Path) -> io::Result<()> {
        if self.news(accepted).next().is_none() {
            return remove_if_there(pending);
        }
        SnapshotFile { compared_with: Some(fingerprint(accepted)), ..self.clone() }.write(pending)
    }
}

impl fmt::Display for SnapshotFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A JSON string is a YAML string too.
        let quoted = |text: &str| serde_json::Value::from(text);
        writeln!(f, "---\nsource: {}", quoted(&self.source))?;
        writeln!(f, "expression: {}", quoted(&self.expression))?;
        if let Some(fingerprint) = &self.compared_with {
            writeln!(f, "description: {}", quoted(&format!("{COMPARED_WITH}{fingerprint}")))?;
        }
        writeln!(f, "---")?;
        for (place, section) in self.sections.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{MARK} {}", section.name)?;
            for line in section.text.lines() {
                writeln!(f, "{}", escaped(line))?;
            }
        }
        Ok(())
    }
}

/// Tells one set of accepted answers from another.
fn fingerprint(accepted: Option<&SnapshotFile>) -> String {
    let sections = accepted.map(SnapshotFile::sections).unwrap_or_default().iter();
    let text: String =
        sections.map(|section| format!("{MARK} {}\n{}\n", section.name, section.text)).collect();
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, text.as_bytes()).to_string()
}

/// True for the lines that insta and scimulate write into a header: a key, and a word or a quoted text. insta panics on
/// other values, such as `.inf`.
fn is_plain(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, value)| {
        !key.is_empty()
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            && value.trim().starts_with(|first: char| first.is_alphanumeric() || "\"'/_".contains(first))
    })
}

/// The number of lines of the header, with the two `---` around it.
fn header_lines(text: &str) -> Option<usize> {
    let mut lines = text.lines();
    lines.next().filter(|line| *line == "---")?;
    lines.position(|line| line.trim_end() == "---").map(|between| between + 2)
}

/// Divides what follows the header, whose first line has this number. An error has its line.
fn sections(text: &str, first: usize) -> Result<Vec<Section>, (usize, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (line, place) in text.split('\n').zip(first..) {
        if let Some(rest) = line.strip_prefix(MARK) {
            let name = rest.strip_prefix(' ').filter(|name| is_name(name)).ok_or_else(|| {
                (place, format!("`{line}` is not the heading of a section, as `{MARK} 01-cycle-1` is"))
            })?;
            if found.iter().any(|(other, _)| *other == name) {
                return Err((place, format!("the section {name} appears twice")));
            }
            found.push((name, String::new()));
        } else if let Some((_, text)) = found.last_mut() {
            text.push_str(unescaped(line));
            text.push('\n');
        } else if !line.trim().is_empty() {
            return Err((place, format!("a section begins with a heading, as `{MARK} 01-cycle-1`")));
        }
    }
    if found.is_empty() {
        return Err((first, "the file has no section".to_owned()));
    }
    Ok(found.into_iter().map(|(name, text)| Section::new(name, &text)).collect())
}

/// True for the names that steps get: a number and words, as `03-cycle-2`.
fn is_name(name: &str) -> bool {
    name.split_once('-').is_some_and(|(number, words)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !words.is_empty()
            && words.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

fn looks_like_heading(line: &str) -> bool {
    line.trim_start_matches('\\').starts_with(MARK)
}

fn escaped(line: &str) -> Cow<'_, str> {
    if looks_like_heading(line) { format!("\\{line}").into() } else { line.into() }
}

fn unescaped(line: &str) -> &str {
    line.strip_prefix('\\').filter(|rest| looks_like_heading(rest)).unwrap_or(line)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(sections: &[(&str, &str)]) -> SnapshotFile {
        let sections = sections.iter().map(|(name, text)| Section::new(name, text)).collect();
        SnapshotFile::new("cycles/a", "default", sections)
    }

    fn why(folder: &Path, text: impl AsRef<[u8]>) -> String {
        let path = folder.join("default.snap");
        fs::write(&path, text).unwrap();
        let why = SnapshotFile::read(&path).unwrap_err().to_string();
        why.strip_prefix(&format!("{}", path.display())).unwrap().to_owned()
    }

    #[test]
    fn a_file_names_its_scenario_and_dialect_and_has_a_section_for_each_step() {
        assert_eq!(
            file(&[("01-cycle-1", "GET /Users\nHTTP 200"), ("02-end", ""), ("03-x", "y")]).to_string(),
            "---\nsource: \"scenarios/cycles/a.yaml\"\nexpression: \"cycles/a, dialect default\"\n---\n\
             === 01-cycle-1\nGET /Users\nHTTP 200\n\n=== 02-end\n\n=== 03-x\ny\n"
        );
    }

    #[test]
    fn texts_of_every_kind_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("default.snap");
        let texts = [
            "",
            "=== 02-b\n===\n=======\n====== Title",
            "\\=== 02-b\n\\\\===\n\\\\\\=== x\n\\ ===\n\\not",
            " === indented\nx === y",
            "---\nx: y\n---",
            "\n\n  indented\n\n\nend",
            "\u{0}\u{1b}[31m\u{7}\u{b}\u{c}\u{85} \u{feff}",
            "é 😀 \u{2028}\ttab",
            "{\n  \"a\": \"\\r\\u0000\"\n}",
        ];
        let names: Vec<String> = (1..=texts.len()).map(|number| format!("{number:02}-b")).collect();
        let all: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts).collect();
        file(&all).write(&path).unwrap();
        let read = SnapshotFile::read(&path).unwrap().unwrap();
        assert_eq!(read, file(&all));
        let texts: Vec<&str> = texts.iter().map(|text| text.trim_end()).collect();
        assert_eq!(read.sections().iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), texts);
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| line.starts_with(MARK)) {
            assert!(is_name(&line[4..]), "{line}");
        }
    }

    #[test]
    fn line_breaks_of_windows_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("default.snap");
        let written = file(&[("01-a", "one\r\ntwo\r\n\r\n"), ("02-b", "a\r\r\nb\rc")]);
        assert_eq!((written.text("01-a"), written.text("02-b")), (Some("one\ntwo"), Some("a\nbc")));
        fs::write(&path, written.to_string().replace('\n', "\r\n")).unwrap();
        assert_eq!(SnapshotFile::read(&path), Ok(Some(written)));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let head = "---\nsource: \"x\"\n---\n";
        for (text, place, part) in [
            (String::new(), 1, "header between two lines `---`"),
            ("<<<<<<< HEAD\n".to_owned(), 1, "header"),
            ("---\nsource: x\n".to_owned(), 1, "header"),
            ("---\nsource: \"\n---\n=== 01-a\n".to_owned(), 2, "insta cannot read the header"),
            // insta panics on these.
            (
                "---\nsource: x\ninfo: .inf\n---\n=== 01-a\n".to_owned(),
                3,
                "`info: .inf` is not part of a header",
            ),
            ("---\ninfo: [-.inf]\n---\n=== 01-a\n".to_owned(), 2, "is not part of a header"),
            ("---\ninfo:\n  a: .NAN\n---\n=== 01-a\n".to_owned(), 2, "is not part of a header"),
            ("---\nextension: png\nsnapshot_kind: binary\n---\n".to_owned(), 2, "not a text"),
            (format!("{head}\n"), 4, "no section"),
            (format!("{head}\nGET /Users\n"), 5, "a section begins with a heading"),
            (format!("{head}=== 01-a\nx\n=== 02-b\ny\n=== 01-a\n"), 8, "01-a appears twice"),
            (format!("{head}=== 01-a\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n"), 7, "`=======`"),
            (format!("{head}=== a\n"), 4, "`=== a` is not the heading"),
            (format!("{head}===01-a\n"), 4, "`===01-a` is not the heading"),
        ] {
            let why = why(folder.path(), &text);
            assert!(why.starts_with(&format!(":{place}: ")) && why.contains(part), "{text:?}: {why}");
        }
        assert_eq!(why(folder.path(), b"---\n---\n=== 01-a\n\xff\n"), ":4: the line is not UTF-8");
        let missing = SnapshotFile::read(&folder.path().join("none.snap"));
        assert_eq!(missing, Ok(None));
        assert!(SnapshotFile::read(folder.path()).is_err());
    }

    #[test]
    fn missing_sections_are_added_in_the_order_of_their_numbers() {
        let new = file(&[("02-b", "new"), ("100-d", "new")]);
        let old = file(&[("01-a", "old"), ("02-b", "old"), ("99-c", "old")]);
        let both = new.completed_by(Some(&old));
        let shown: Vec<_> = both.sections().iter().map(|s| (s.name.as_str(), s.text.as_str())).collect();
        assert_eq!(shown, [("01-a", "old"), ("02-b", "new"), ("99-c", "old"), ("100-d", "new")]);
    }

    #[test]
    fn a_write_that_fails_leaves_what_was_there_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("default.snap");
        fs::create_dir_all(path.join("a folder where a file is needed")).unwrap();
        assert!(file(&[("01-a", "x")]).write(&path).is_err());
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["default.snap"]);
        assert!(path.join("a folder where a file is needed").is_dir());
    }
}
