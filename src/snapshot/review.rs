//! Pending snapshots: looked at, accepted or thrown away, one step at a time.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};

use super::file::{Outdated, Section, SnapshotFile};
use super::folder;
use super::group::{Group, groups};

/// The answers of a step, which wait for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its file below the folder, without ending, and its section: `cycles/a/default/01-cycle-1`.
    pub name: String,
    /// What was accepted before; `None` when nothing was.
    pub old: Option<String>,
    /// What the target answers now.
    pub new: String,
    file: PathBuf,
    section: String,
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

    /// Makes it the accepted one; the rest of its file stays as it was accepted.
    ///
    /// # Errors
    /// When it no longer waits, or a file cannot be read or written.
    pub fn accept(&self) -> io::Result<()> {
        accept_in(&self.file, std::slice::from_ref(self))
    }

    /// Throws it away; what was accepted stays.
    ///
    /// # Errors
    /// When it no longer waits, or a file cannot be read or written.
    pub fn reject(&self) -> io::Result<()> {
        let (accepted, waiting) = both(&self.file)?;
        self.still_waits(accepted.as_ref(), &waiting)?;
        let rest = waiting.sections().iter().filter(|section| section.name != self.section);
        let rest = waiting.only(rest.cloned().collect()).completed_by(accepted.as_ref());
        rest.keep_pending(accepted.as_ref(), &self.file)
    }

    /// Another run or review may have come between.
    fn still_waits(&self, accepted: Option<&SnapshotFile>, waiting: &SnapshotFile) -> io::Result<()> {
        let same = |section: &Section| section.name == self.section && section.text == self.new;
        if waiting.news(accepted).any(same) { Ok(()) } else { Err(gone(&self.name)) }
    }
}

fn gone(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{name} no longer waits for a review"))
}

/// What was accepted, and the pending file beside it.
fn both(pending: &Path) -> io::Result<(Option<SnapshotFile>, SnapshotFile)> {
    // `default.snap.new` lies beside `default.snap`.
    let accepted = SnapshotFile::read(&pending.with_extension(""))?;
    let waiting = SnapshotFile::read(pending)?.ok_or_else(|| gone(&pending.display().to_string()))?;
    let has_news = waiting.news(accepted.as_ref()).next().is_some();
    if has_news && !waiting.was_compared_with(accepted.as_ref()) {
        return Err(Outdated::at(pending).into());
    }
    Ok((accepted, waiting))
}

/// Accepts these sections of a pending file; its others go on waiting.
fn accept_in(pending: &Path, chosen: &[Pending]) -> io::Result<()> {
    let (accepted, waiting) = both(pending)?;
    chosen.iter().try_for_each(|one| one.still_waits(accepted.as_ref(), &waiting))?;
    let sections = chosen.iter().map(|one| Section::new(&one.section, &one.new)).collect();
    let accepted = waiting.only(sections).completed_by(accepted.as_ref());
    accepted.write(&pending.with_extension(""))?;
    waiting.keep_pending(Some(&accepted), pending)
}

/// Every pending snapshot in a folder whose name begins with one of the filters (all of them without
/// filters), in the order of their names and steps.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn pending(folder: &Path, filters: &[String]) -> io::Result<Vec<Pending>> {
    let mut found = Vec::new();
    for file in folder::pending_files(folder)? {
        let below = file.strip_prefix(folder).unwrap_or(&file);
        let scenario_run = below.with_extension("").with_extension("").to_string_lossy().replace('\\', "/");
        // A filter may go on after the scenario run's name, with the step's.
        let meant =
            |filter: &String| scenario_run.starts_with(filter.as_str()) || filter.starts_with(&scenario_run);
        if filters.is_empty() || filters.iter().any(meant) {
            found.extend(pending_in(&file, &scenario_run)?);
        }
    }
    found.retain(|one| filters.is_empty() || filters.iter().any(|filter| one.name.starts_with(filter)));
    Ok(found)
}

fn pending_in(file: &Path, scenario_run: &str) -> io::Result<Vec<Pending>> {
    let (accepted, waiting) = both(file)?;
    let found = waiting.news(accepted.as_ref()).map(|section| Pending {
        name: format!("{scenario_run}/{}", section.name),
        old: accepted.as_ref().and_then(|accepted| accepted.text(&section.name)).map(str::to_owned),
        new: section.text.clone(),
        file: file.to_owned(),
        section: section.name.clone(),
    });
    Ok(found.collect())
}

/// Accepts all of these, each file at once, and says how many that were.
///
/// # Errors
/// When one no longer waits, or a file cannot be read or written; those before it are accepted then.
pub fn accept(pending: &[Pending]) -> io::Result<usize> {
    for chosen in pending.chunk_by(|a, b| a.file == b.file) {
        accept_in(&chosen[0].file, chosen)?;
    }
    Ok(pending.len())
}

/// Shows one change after the other, each with every answer that changed in the same way, and asks what to do with it.
/// The end of the input leaves the rest for later.
///
/// # Errors
/// When the terminal or a file fails.
pub fn review(
    pending: &[Pending],
    input: &mut impl BufRead,
    output: &mut impl Write,
    color: bool,
) -> io::Result<Decisions> {
    let groups = groups(pending);
    if groups.len() < pending.len() {
        writeln!(output, "{} answers in {} of equal changes:", pending.len(), counted(groups.len()))?;
        for group in &groups {
            writeln!(output, "  {} {}", group.members.len(), group.title)?;
        }
    }
    let mut talk = Talk { input, output, color, decisions: Decisions::default() };
    for (index, group) in groups.iter().enumerate() {
        let Next::GoOn = talk.group(group, index + 1, groups.len())? else {
            talk.decisions.skipped = pending.len() - talk.decisions.accepted - talk.decisions.rejected;
            break;
        };
    }
    Ok(talk.decisions)
}

fn counted(groups: usize) -> String {
    if groups == 1 { "1 group".to_owned() } else { format!("{groups} groups") }
}

/// What comes after a decision.
enum Next {
    GoOn,
    Quit,
}

/// The questions of a review and their answers.
struct Talk<'t, I, O> {
    input: &'t mut I,
    output: &'t mut O,
    color: bool,
    decisions: Decisions,
}

impl<I: BufRead, O: Write> Talk<'_, I, O> {
    fn group(&mut self, group: &Group<'_>, number: usize, of: usize) -> io::Result<Next> {
        let [only] = group.members.as_slice() else { return self.several(group, number, of) };
        let what = if only.old.is_some() { "different" } else { "new" };
        writeln!(self.output, "\n{number} of {of}: {} ({what})\n", only.name)?;
        self.one(only)
    }

    /// Asks about one snapshot whose name was said.
    fn one(&mut self, snapshot: &Pending) -> io::Result<Next> {
        writeln!(self.output, "{}\n", painted(&snapshot.diff(), self.color))?;
        match self.ask("[a]ccept, [r]eject, [s]kip, [q]uit? ", "arsq")? {
            'a' => {
                snapshot.accept()?;
                self.decisions.accepted += 1;
            }
            'r' => {
                snapshot.reject()?;
                self.decisions.rejected += 1;
            }
            's' => self.decisions.skipped += 1,
            _ => return Ok(Next::Quit),
        }
        Ok(Next::GoOn)
    }

    /// Asks about all members of a group at once.
    fn several(&mut self, group: &Group<'_>, number: usize, of: usize) -> io::Result<Next> {
        let count = group.members.len();
        writeln!(self.output, "\n{number} of {of}: {}, {count} places", group.title)?;
        if let Some(example) = group.example() {
            let shown = painted(&example.diff(), self.color);
            writeln!(self.output, "for example {}:\n\n{shown}\n", example.name)?;
        }
        match self.ask(
            &format!("[a]ccept all {count}, [r]eject all, [o]ne by one, [l]ist, [s]kip, [q]uit? "),
            "arolsq",
        )? {
            'a' => {
                let members: Vec<Pending> = group.members.iter().copied().cloned().collect();
                self.decisions.accepted += accept(&members)?;
            }
            'r' => {
                group.members.iter().try_for_each(|member| member.reject())?;
                self.decisions.rejected += count;
            }
            'l' => {
                for member in &group.members {
                    writeln!(self.output, "  {}", member.name)?;
                }
                return self.several(group, number, of);
            }
            'o' => {
                for (place, member) in group.members.iter().enumerate() {
                    writeln!(self.output, "\n{} of {count}: {}\n", place + 1, member.name)?;
                    if let Next::Quit = self.one(member)? {
                        return Ok(Next::Quit);
                    }
                }
            }
            's' => self.decisions.skipped += count,
            _ => return Ok(Next::Quit),
        }
        Ok(Next::GoOn)
    }

    /// Asks until one of these letters, or a word that begins with it, is the answer.
    fn ask(&mut self, question: &str, letters: &str) -> io::Result<char> {
        loop {
            write!(self.output, "{question}")?;
            self.output.flush()?;
            let mut answer = String::new();
            if self.input.read_line(&mut answer)? == 0 {
                return Ok('q');
            }
            let answer = answer.trim();
            let words = ["accept", "reject", "one", "list", "skip", "quit"];
            let letter = answer.chars().next().filter(|letter| letters.contains(*letter));
            if let Some(letter) = letter
                && (answer.len() == 1 || words.contains(&answer))
            {
                return Ok(letter);
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{SnapshotPage, SnapshotStore, SnapshotVerdict};

    fn page(name: &str, text: &str) -> SnapshotPage {
        SnapshotPage { name: name.into(), step: "cycle 1".into(), text: text.into(), foreign: 0, last: 0 }
    }

    /// A folder with one changed and two new snapshots.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let update = SnapshotStore::new(folder.path(), true, true);
        update.compare("cycles/a", "default", &[page("01-x", "old")], true).unwrap();
        let store = SnapshotStore::new(folder.path(), false, true);
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
            assert!(snapshot.accept().is_err() && snapshot.reject().is_err(), "it is no longer pending");
        }
        let pages = [page("01-x", "new"), page("02-y", "y")];
        let outcomes = SnapshotStore::new(folder.path(), false, false)
            .compare("cycles/a", "default", &pages, true)
            .unwrap();
        assert_eq!(
            outcomes.iter().map(|o| o.verdict.clone()).collect::<Vec<_>>(),
            [SnapshotVerdict::Same, SnapshotVerdict::New]
        );
        assert_eq!(names(folder.path(), &[]), ["cycles/b/default/01-z"]);
    }

    #[test]
    fn what_was_compared_with_other_accepted_answers_is_outdated_until_it_is_played_again() {
        let folder = folder();
        let waiting = pending(folder.path(), &["cycles/a".into()]).unwrap();
        // Others accept answers: what waits would take theirs back.
        let accepted = folder.path().join("cycles/a/default.snap");
        let pulled = std::fs::read_to_string(&accepted).unwrap() + "\n=== 03-w\npulled\n";
        std::fs::write(&accepted, &pulled).unwrap();
        for error in [
            pending(folder.path(), &[]).unwrap_err(),
            accept(&waiting).unwrap_err(),
            waiting[0].accept().unwrap_err(),
            waiting[0].reject().unwrap_err(),
        ] {
            assert!(error.get_ref().is_some_and(|inner| inner.is::<Outdated>()), "{error}");
            assert!(error.to_string().contains("default.snap.new is outdated"), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&accepted).unwrap(), pulled);
        let store = SnapshotStore::new(folder.path(), false, true);
        store.compare("cycles/a", "default", &[page("01-x", "new")], false).unwrap();
        assert_eq!(names(folder.path(), &["cycles/a"]), ["cycles/a/default/01-x"], "02 was not played again");
        assert_eq!(accept(&pending(folder.path(), &["cycles/a".into()]).unwrap()).unwrap(), 1);
        assert!(std::fs::read_to_string(&accepted).unwrap().ends_with("=== 03-w\npulled\n"));
    }

    #[test]
    fn a_review_asks_until_it_understands() {
        let folder = folder();
        let all = pending(folder.path(), &[]).unwrap();
        let mut shown = Vec::new();
        let decisions = review(&all, &mut &b"what\none\na\nr\n"[..], &mut shown, true).unwrap();
        assert_eq!(decisions, Decisions { accepted: 1, rejected: 1, skipped: 1 });
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(shown.matches("[q]uit?").count(), 5);
        assert!(
            shown.contains("3 answers in 2 groups of equal changes:\n  2 new\n  1 `new` instead of `old`\n"),
            "{shown}"
        );
        assert!(shown.contains("1 of 2: new, 2 places\nfor example cycles/a/default/02-y:"), "{shown}");
        assert!(shown.contains("2 of 2: cycles/a/default/01-x (different)"), "{shown}");
        assert!(shown.contains("\u{1b}[31m-old\u{1b}[0m\n\u{1b}[32m+new\u{1b}[0m"), "{shown}");
        assert_eq!(names(folder.path(), &[]), ["cycles/a/default/01-x"]);
    }

    #[test]
    fn equal_changes_are_one_decision() {
        let folder = tempfile::tempdir().unwrap();
        let text = |version: &str| format!("{{\n  \"id\": \"[user:1]\"{version}\n}}");
        let steps = |text: &str| [page("01-x", text), page("02-y", text), page("03-z", text)];
        for scenario in ["cycles/a", "cycles/b"] {
            let update = SnapshotStore::new(folder.path(), true, true);
            update.compare(scenario, "default", &steps(&text("")), true).unwrap();
            let store = SnapshotStore::new(folder.path(), false, true);
            let mut changed = steps(&text(",\n  \"version\": \"1\""));
            changed[2] = page("03-z", &text(",\n  \"locked\": true"));
            store.compare(scenario, "default", &changed, true).unwrap();
        }
        let all = pending(folder.path(), &[]).unwrap();
        let mut shown = Vec::new();
        let decisions = review(&all, &mut &b"l\na\nr\n"[..], &mut shown, false).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.contains("1 of 2: `version` added, 4 places\n"), "{shown}");
        assert!(shown.contains("\n  cycles/b/default/02-y\n"), "the list: {shown}");
        assert!(shown.contains("2 of 2: `locked` added, 2 places\n"), "{shown}");
        assert_eq!(decisions, Decisions { accepted: 4, rejected: 2, skipped: 0 });
        assert!(pending(folder.path(), &[]).unwrap().is_empty());
    }

    #[test]
    fn quitting_leaves_the_rest() {
        let folder = folder();
        let all = pending(folder.path(), &[]).unwrap();
        let decisions = review(&all, &mut &b"s\nq\n"[..], &mut Vec::new(), false).unwrap();
        assert_eq!(decisions, Decisions { accepted: 0, rejected: 0, skipped: 3 });
        assert_eq!(names(folder.path(), &[]).len(), 3);
    }

    fn texts(folder: &Path, file: &str) -> Option<Vec<String>> {
        let file = SnapshotFile::read(&folder.join("cycles/a").join(file)).unwrap()?;
        Some(file.sections().iter().map(|section| format!("{}={}", section.name, section.text)).collect())
    }

    #[test]
    fn a_decision_about_a_step_leaves_the_others_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let pages = |text: &str| ["01-a", "02-b", "03-c", "04-d"].map(|name| page(name, text));
        let old = pages("old");
        SnapshotStore::new(folder.path(), true, true)
            .compare("cycles/a", "default", &old[..3], true)
            .unwrap();
        let mut new = pages("new");
        new[1] = page("02-b", "old");
        SnapshotStore::new(folder.path(), false, true).compare("cycles/a", "default", &new, true).unwrap();
        let all = pending(folder.path(), &[]).unwrap();
        assert_eq!(names(folder.path(), &[]).join(" ").replace("cycles/a/default/", ""), "01-a 03-c 04-d");
        all[2].accept().unwrap();
        let kept = texts(folder.path(), "default.snap").unwrap();
        assert_eq!(kept, ["01-a=old", "02-b=old", "03-c=old", "04-d=new"]);
        all[0].reject().unwrap();
        let waiting = texts(folder.path(), "default.snap.new").unwrap();
        assert_eq!(waiting, ["01-a=old", "02-b=old", "03-c=new", "04-d=new"]);
        all[1].accept().unwrap();
        let kept = texts(folder.path(), "default.snap").unwrap();
        assert_eq!(kept, ["01-a=old", "02-b=old", "03-c=new", "04-d=new"]);
        assert_eq!(texts(folder.path(), "default.snap.new"), None, "nothing waits any more");
    }

    #[test]
    fn accepting_does_not_remove_the_steps_that_were_not_played() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (page("01-a", "old"), page("02-b", "old"));
        SnapshotStore::new(folder.path(), true, true).compare("cycles/a", "default", &[a, b], true).unwrap();
        let store = SnapshotStore::new(folder.path(), false, true);
        store.compare("cycles/a", "default", &[page("01-a", "new")], true).unwrap();
        assert_eq!(accept(&pending(folder.path(), &[]).unwrap()).unwrap(), 1);
        assert_eq!(texts(folder.path(), "default.snap").unwrap(), ["01-a=new", "02-b=old"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_not_replaced() {
        let folder = folder();
        let waiting = pending(folder.path(), &["cycles/a".into()]).unwrap();
        let path = folder.path().join("cycles/a/default.snap");
        let broken = "---\nsource: x\n---\n=== 01-x\n=======\n";
        std::fs::write(&path, broken).unwrap();
        for error in [pending(folder.path(), &[]).unwrap_err(), accept(&waiting).unwrap_err()] {
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().contains("default.snap:5: `=======`"), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        assert_eq!(names(folder.path(), &["cycles/b"]), ["cycles/b/default/01-z"]);
    }
}
