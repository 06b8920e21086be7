//! Pending snapshots: looked at, accepted or thrown away.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};

use super::store::{PENDING, accepted};

/// A snapshot that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Where it lies below the folder, without ending: `cycles/a/default/01-cycle-1`.
    pub name: String,
    /// What was accepted before; `None` when nothing was, or when it cannot be read.
    pub old: Option<String>,
    /// What the target answers now.
    pub new: String,
    file: PathBuf,
}

/// How many decisions were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Accepted.
    pub accepted: usize,
    /// Thrown away.
    pub rejected: usize,
    /// Left for later.
    pub skipped: usize,
}

impl Pending {
    /// The difference as unified diff; a new snapshot is all additions.
    #[must_use]
    pub fn diff(&self) -> String {
        match &self.old {
            Some(old) => super::diff(old, &self.new),
            None => self.new.lines().map(|line| format!("+{line}")).collect::<Vec<_>>().join("\n"),
        }
    }

    /// Makes it the accepted one.
    ///
    /// # Errors
    /// When the file cannot be moved.
    pub fn accept(&self) -> io::Result<()> {
        // `.snap.new` becomes `.snap`; renaming replaces what was there in one go.
        fs::rename(&self.file, self.file.with_extension(""))
    }

    /// Throws it away; what was accepted stays.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn reject(&self) -> io::Result<()> {
        fs::remove_file(&self.file)
    }
}

/// Every pending snapshot in a folder whose name begins with one of the filters (all of them without
/// filters), in the order of their names.
///
/// # Errors
/// When the folder cannot be read, or a pending snapshot is none.
pub fn pending(folder: &Path, filters: &[String]) -> io::Result<Vec<Pending>> {
    let mut files = Vec::new();
    find(folder, &mut files)?;
    let mut found = Vec::new();
    for file in files {
        let below = file.strip_prefix(folder).unwrap_or(&file);
        let name = below.with_extension("").with_extension("").to_string_lossy().replace('\\', "/");
        if !filters.is_empty() && !filters.iter().any(|filter| name.starts_with(filter.as_str())) {
            continue;
        }
        let unreadable =
            |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", file.display()));
        let new = accepted(&file).map_err(unreadable)?.unwrap_or_default();
        let old = accepted(&file.with_extension("")).ok().flatten();
        found.push(Pending { name, old, new, file });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Accepts all of these, and says how many that were.
///
/// # Errors
/// When a file cannot be moved; those before it are accepted then.
pub fn accept(pending: &[Pending]) -> io::Result<usize> {
    pending.iter().try_for_each(Pending::accept)?;
    Ok(pending.len())
}

/// Shows one pending snapshot after the other and asks what to do with it. The end of the input
/// leaves the rest for later.
///
/// # Errors
/// When the terminal or a file fails.
pub fn review(
    pending: &[Pending],
    input: &mut impl BufRead,
    output: &mut impl Write,
    color: bool,
) -> io::Result<Decisions> {
    let mut decisions = Decisions::default();
    for (index, snapshot) in pending.iter().enumerate() {
        let what = if snapshot.old.is_some() { "changed" } else { "new" };
        writeln!(output, "\n{} of {}: {} ({what})\n", index + 1, pending.len(), snapshot.name)?;
        writeln!(output, "{}\n", painted(&snapshot.diff(), color))?;
        loop {
            write!(output, "[a]ccept, [r]eject, [s]kip, [q]uit? ")?;
            output.flush()?;
            let mut answer = String::new();
            if input.read_line(&mut answer)? == 0 {
                "q".clone_into(&mut answer);
            }
            match answer.trim() {
                "a" | "accept" => {
                    snapshot.accept()?;
                    decisions.accepted += 1;
                }
                "r" | "reject" => {
                    snapshot.reject()?;
                    decisions.rejected += 1;
                }
                "s" | "skip" => decisions.skipped += 1,
                "q" | "quit" => {
                    decisions.skipped += pending.len() - index;
                    return Ok(decisions);
                }
                _ => continue,
            }
            break;
        }
    }
    Ok(decisions)
}

/// A diff with its additions green and its removals red.
fn painted(diff: &str, color: bool) -> String {
    if !color {
        return diff.to_owned();
    }
    let paint = |line: &str| {
        let style = match line.as_bytes().first() {
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        format!("{style}{line}{style:#}")
    };
    diff.lines().map(paint).collect::<Vec<_>>().join("\n")
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            find(&path, files)?;
        } else if path.to_str().is_some_and(|path| path.ends_with(&format!(".{PENDING}"))) {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Page, Store, Verdict};

    fn page(name: &str, text: &str) -> Page {
        Page { name: name.into(), step: "cycle 1".into(), text: text.into(), foreign: 0, last: 0 }
    }

    /// A folder with one changed and two new snapshots.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let update = Store::new(folder.path(), true, true);
        update.compare("cycles/a", "default", &[page("01-x", "old")], true).unwrap();
        let store = Store::new(folder.path(), false, true);
        store.compare("cycles/a", "default", &[page("01-x", "new"), page("02-y", "y")], true).unwrap();
        store.compare("cycles/b", "default", &[page("01-z", "z")], true).unwrap();
        folder
    }

    fn names(folder: &Path, filters: &[&str]) -> Vec<String> {
        let filters: Vec<String> = filters.iter().map(|&f| f.to_owned()).collect();
        pending(folder, &filters).unwrap().into_iter().map(|p| p.name).collect()
    }

    #[test]
    fn pending_snapshots_are_listed_with_their_difference() {
        let folder = folder();
        let all = pending(folder.path(), &[]).unwrap();
        assert_eq!(all[0].diff(), "@@ -1 +1 @@\n-old\n+new");
        assert_eq!(all[1].diff(), "+y");
        assert_eq!(
            names(folder.path(), &[]),
            ["cycles/a/default/01-x", "cycles/a/default/02-y", "cycles/b/default/01-z"]
        );
        assert_eq!(names(folder.path(), &["cycles/b/"]), ["cycles/b/default/01-z"]);
        assert!(pending(&folder.path().join("missing"), &[]).is_err());
    }

    #[test]
    fn what_is_accepted_is_the_same_next_time_and_what_is_rejected_is_not() {
        let folder = folder();
        let one = pending(folder.path(), &["cycles/a/default/01".into()]).unwrap();
        assert_eq!(accept(&one).unwrap(), 1);
        assert!(accept(&one).is_err(), "it is no longer pending");
        for snapshot in pending(folder.path(), &["cycles/a/default/02".into()]).unwrap() {
            snapshot.reject().unwrap();
        }
        let pages = [page("01-x", "new"), page("02-y", "y")];
        let outcomes =
            Store::new(folder.path(), false, false).compare("cycles/a", "default", &pages, true).unwrap();
        assert_eq!(
            outcomes.iter().map(|o| o.verdict.clone()).collect::<Vec<_>>(),
            [Verdict::Same, Verdict::New]
        );
        assert_eq!(names(folder.path(), &[]), ["cycles/b/default/01-z"]);
    }

    #[test]
    fn a_review_asks_until_it_understands() {
        let folder = folder();
        let all = pending(folder.path(), &[]).unwrap();
        let mut shown = Vec::new();
        let decisions = review(&all, &mut &b"what\na\nr\n"[..], &mut shown, true).unwrap();
        assert_eq!(decisions, Decisions { accepted: 1, rejected: 1, skipped: 1 });
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(shown.matches("[q]uit?").count(), 4);
        assert!(shown.contains("1 of 3: cycles/a/default/01-x (changed)"), "{shown}");
        assert!(shown.contains("\u{1b}[31m-old\u{1b}[0m\n\u{1b}[32m+new\u{1b}[0m"), "{shown}");
        assert_eq!(names(folder.path(), &[]), ["cycles/b/default/01-z"]);
    }

    #[test]
    fn quitting_leaves_the_rest() {
        let folder = folder();
        let all = pending(folder.path(), &[]).unwrap();
        let decisions = review(&all, &mut &b"s\nq\n"[..], &mut Vec::new(), false).unwrap();
        assert_eq!(decisions, Decisions { accepted: 0, rejected: 0, skipped: 3 });
        assert_eq!(names(folder.path(), &[]).len(), 3);
    }
}
