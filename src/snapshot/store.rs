//! Accepted snapshots on disk, in insta's file format.
//!
//! insta finds, reads and normalises what was accepted; the comparison and the writing are ours. Its
//! assertions (`assert_snapshot!`) cannot be used in a program that runs in other people's folders:
//! they take their orders from the environment (`INSTA_UPDATE`, `INSTA_FORCE_PASS`) and from an
//! `insta.yaml` in the working folder, which may well be the user's own for something else; they print
//! and panic; and the program cannot set the environment itself, because that is unsafe once there are
//! threads, and starting itself again for it would double the time to start. What is left is insta's
//! public [`insta::Snapshot`], which depends on none of that. The files stay insta's: `.snap` is
//! accepted, `.snap.new` beside it is pending, and cargo-insta reviews them too.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Page;
use crate::input;

const ACCEPTED: &str = "snap";
pub(super) const PENDING: &str = "snap.new";

/// A folder of snapshots.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    update: bool,
    keep_pending: bool,
}

/// What became of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the page: `03-cycle-2`.
    pub name: String,
    /// The accepted file, whether it is there or not.
    pub path: PathBuf,
    /// What became of it.
    pub verdict: Verdict,
}

/// How a page compares with what was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As before.
    Same,
    /// Nothing was accepted yet.
    New,
    /// Different; the difference as unified diff.
    Changed(String),
    /// Something was accepted for a step that is no longer there.
    Obsolete,
    /// What was accepted cannot be read, with the reason.
    Unreadable(String),
    /// Written, changed or removed because an update was asked for.
    Updated,
}

impl Store {
    /// Snapshots in this folder; it need not exist yet. With `update` whatever is new or different is
    /// accepted at once. Otherwise, with `keep_pending`, it is kept beside the accepted one for a
    /// review; without, as in CI, nothing is written.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, update: bool, keep_pending: bool) -> Self {
        Store { folder: folder.into(), update, keep_pending }
    }

    /// Compares all pages of a trial. `complete` says that the trial was played to its end: only then
    /// are files without a page obsolete.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn compare(
        &self,
        scenario: &str,
        dialect: &str,
        pages: &[Page],
        complete: bool,
    ) -> io::Result<Vec<Outcome>> {
        let folder = self.folder_of(scenario, dialect);
        let mut outcomes = Vec::with_capacity(pages.len());
        for page in pages {
            let path = folder.join(&page.name).with_added_extension(ACCEPTED);
            let verdict = self.compare_page(scenario, dialect, page, &path)?;
            outcomes.push(Outcome { name: page.name.clone(), path, verdict });
        }
        if complete {
            outcomes.extend(self.obsolete(&folder, pages)?);
        }
        Ok(outcomes)
    }

    fn compare_page(&self, scenario: &str, dialect: &str, page: &Page, path: &Path) -> io::Result<Verdict> {
        let new = file_text(scenario, dialect, page);
        let pending = path.with_extension(PENDING);
        let verdict = match accepted(path) {
            Ok(Some(old)) if old == page.text => {
                remove_if_there(&pending, self.update || self.keep_pending)?;
                return Ok(Verdict::Same);
            }
            Ok(Some(old)) => Verdict::Changed(diff(&old, &page.text)),
            Ok(None) => Verdict::New,
            Err(problem) => Verdict::Unreadable(problem),
        };
        if self.update {
            write(path, &new)?;
            remove_if_there(&pending, true)?;
            return Ok(Verdict::Updated);
        }
        if self.keep_pending {
            write(&pending, &new)?;
        }
        Ok(verdict)
    }

    fn obsolete(&self, folder: &Path, pages: &[Page]) -> io::Result<Vec<Outcome>> {
        let names: HashSet<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut outcomes = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let Some((name, ending)) =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('.'))
            else {
                continue;
            };
            if names.contains(name) {
                continue;
            }
            let name = name.to_owned();
            match ending {
                ACCEPTED => {
                    remove_if_there(&path, self.update)?;
                    let verdict = if self.update { Verdict::Updated } else { Verdict::Obsolete };
                    outcomes.push(Outcome { name, path, verdict });
                }
                PENDING => remove_if_there(&path, self.update || self.keep_pending)?,
                _ => {}
            }
        }
        outcomes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(outcomes)
    }

    fn folder_of(&self, scenario: &str, dialect: &str) -> PathBuf {
        let mut folder = self.folder.clone();
        for part in scenario.split('/').chain([dialect]) {
            let plain: String = part
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
                .collect();
            // `..` in the name of a scenario must not lead out of the folder.
            let plain = plain.trim_start_matches('.');
            folder.push(if plain.is_empty() { "-" } else { plain });
        }
        folder
    }
}

/// The text of an accepted or pending snapshot; `None` when there is no file.
pub(super) fn accepted(path: &Path) -> Result<Option<String>, String> {
    // insta reads files without the first line as an older format of its own and warns on the terminal.
    match input::bytes(path, input::WRITTEN) {
        Ok(bytes) if bytes.starts_with(b"---\n") || bytes.starts_with(b"---\r\n") => {}
        Ok(_) => return Err("it is not a snapshot in insta's format".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let snapshot = insta::Snapshot::from_file(path).map_err(|error| error.to_string())?;
    let text = snapshot.as_text().ok_or_else(|| "it is not a snapshot of a text".to_owned())?;
    Ok(Some(text.to_string()))
}

/// The whole file: insta's header and the text.
fn file_text(scenario: &str, dialect: &str, page: &Page) -> String {
    // A JSON string is a YAML string too.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        "---\nsource: {}\nexpression: {}\n---\n{}\n",
        quoted(&format!("scenarios/{scenario}.yaml")),
        quoted(&format!("{dialect}: {}", page.step)),
        page.text
    )
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn remove_if_there(path: &Path, may: bool) -> io::Result<()> {
    if !may {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The difference of two texts as unified diff with three lines around each change.
#[must_use]
pub fn diff(old: &str, new: &str) -> String {
    // The last line has its break too, or the diff would speak of that.
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let difference = similar::TextDiff::from_lines(&old, &new);
    difference.unified_diff().context_radius(3).to_string().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str, text: &str) -> Page {
        Page { name: name.into(), step: "cycle 1".into(), text: text.into(), foreign: 0, last: 0 }
    }

    fn verdicts(store: &Store, pages: &[Page]) -> Vec<Verdict> {
        store.compare("cycles/a", "default", pages, true).unwrap().into_iter().map(|o| o.verdict).collect()
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = match fs::read_dir(folder.join("cycles/a/default")) {
            Ok(entries) => entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect(),
            Err(_) => Vec::new(),
        };
        names.sort();
        names
    }

    #[test]
    fn new_changed_and_same_pages_are_told_apart_and_kept_for_review() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), false, true);
        assert_eq!(verdicts(&store, &[page("01-a", "x")]), [Verdict::New]);
        assert_eq!(files(folder.path()), ["01-a.snap.new"]);
        let update = Store::new(folder.path(), true, true);
        assert_eq!(verdicts(&update, &[page("01-a", "one\ntwo")]), [Verdict::Updated]);
        assert_eq!(files(folder.path()), ["01-a.snap"]);
        assert_eq!(verdicts(&store, &[page("01-a", "one\ntwo")]), [Verdict::Same]);
        let changed = verdicts(&store, &[page("01-a", "one\nthree")]);
        assert_eq!(changed, [Verdict::Changed("@@ -1,2 +1,2 @@\n one\n-two\n+three".into())]);
        assert_eq!(files(folder.path()), ["01-a.snap", "01-a.snap.new"]);
        assert_eq!(verdicts(&store, &[page("01-a", "one\ntwo")]), [Verdict::Same]);
        assert_eq!(files(folder.path()), ["01-a.snap"]);
    }

    #[test]
    fn in_ci_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("none"), false, false);
        assert_eq!(verdicts(&store, &[page("01-a", "x")]), [Verdict::New]);
        assert!(!folder.path().join("none").exists());
    }

    #[test]
    fn files_of_steps_that_are_gone_are_obsolete() {
        let folder = tempfile::tempdir().unwrap();
        let update = Store::new(folder.path(), true, true);
        verdicts(&update, &[page("01-a", "x"), page("02-b", "y")]);
        let store = Store::new(folder.path(), false, true);
        assert_eq!(verdicts(&store, &[page("01-a", "x")]), [Verdict::Same, Verdict::Obsolete]);
        let partly = store.compare("cycles/a", "default", &[page("01-a", "x")], false).unwrap();
        assert_eq!(partly.len(), 1, "a trial that broke off says nothing of the rest");
        assert_eq!(verdicts(&update, &[page("01-a", "x")]), [Verdict::Same, Verdict::Updated]);
        assert_eq!(files(folder.path()), ["01-a.snap"]);
    }

    #[test]
    fn what_was_accepted_survives_texts_of_every_kind() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "",
            "---\nx: y\n---",
            "  indented\n\n\nend",
            "é 😀 \u{2028}\ttab",
            "{\n  \"a\": \"\\r\\u0000\"\n}",
        ] {
            verdicts(&Store::new(folder.path(), true, true), &[page("01-a", text)]);
            let again = verdicts(&Store::new(folder.path(), false, false), &[page("01-a", text)]);
            assert_eq!(again, [Verdict::Same], "{text:?}");
        }
    }

    #[test]
    fn a_broken_file_is_said_to_be_broken_and_can_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cycles/a/default/01-a.snap");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for broken in ["<<<<<<< HEAD\n", "---\nsource: [\n---\nx\n", ""] {
            fs::write(&path, broken).unwrap();
            let store = Store::new(folder.path(), false, true);
            assert!(
                matches!(verdicts(&store, &[page("01-a", "x")])[..], [Verdict::Unreadable(_)]),
                "{broken:?}"
            );
        }
        assert_eq!(
            verdicts(&Store::new(folder.path(), true, true), &[page("01-a", "x")]),
            [Verdict::Updated]
        );
        assert_eq!(verdicts(&Store::new(folder.path(), false, true), &[page("01-a", "x")]), [Verdict::Same]);
    }

    #[test]
    fn names_of_scenarios_do_not_lead_out_of_the_folder() {
        let store = Store::new("/s", false, false);
        assert_eq!(store.folder_of("../../etc", "a b"), Path::new("/s/-/-/etc/a-b"));
        assert_eq!(store.folder_of("cycles/x.y", "default"), Path::new("/s/cycles/x.y/default"));
    }
}
