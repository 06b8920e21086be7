//! What a run made at a target, on disk before it is used, so that an interrupted run can be cleaned up.
//!
//! One file for each run in the user's state folder. Its first line says where the objects are, each
//! further line is one object made or removed. No secret stands in it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

use super::prefix;
use crate::wire::ResourceKind;

const FORMAT: &str = "scimulate-journal/1";

/// The journal of the run that is going on. While it lives, its file is locked.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    head: Head,
    state: Mutex<JournalState>,
}

#[derive(Debug, Default)]
struct JournalState {
    file: Option<File>,
    /// A create may have been sent.
    used: bool,
    made: Vec<(ResourceKind, String)>,
}

/// The first line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    base: String,
    prefix: String,
    /// The objects are those of the second tenant, which has another token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    second: bool,
    /// It is about one create by hand, for whose object this GUID was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_hand: Option<String>,
}

impl Head {
    /// The name of the file without its ending.
    fn name(&self) -> String {
        format!("{}{}", self.prefix, if self.second { "-second" } else { "" })
    }
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum JournalLine {
    Made(JournalObject),
    Removed(JournalObject),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalObject {
    kind: String,
    id: String,
}

/// The folder of the journals: `scimulate` below the user's state folder, or below the data folder
/// where the system has none.
///
/// # Errors
/// When the user has no home folder.
pub fn folder() -> io::Result<PathBuf> {
    let places = etcetera::choose_base_strategy().map_err(io::Error::other)?;
    Ok(places.state_dir().unwrap_or_else(|| places.data_dir()).join("scimulate"))
}

impl Journal {
    /// A journal for a run against `base` (a URL without credentials and parameters) whose objects
    /// carry `prefix`. The file appears with the first object.
    #[must_use]
    pub fn new(folder: &Path, base: &str, prefix: &str) -> Self {
        let head = Head {
            format: FORMAT.to_owned(),
            base: base.to_owned(),
            prefix: prefix.to_owned(),
            second: false,
            by_hand: None,
        };
        Journal { path: folder.join(format!("{}.jsonl", head.name())), head, state: Mutex::default() }
    }

    /// The same for objects of the second tenant, which only its own token can remove.
    #[must_use]
    pub fn of_second_tenant(mut self) -> Self {
        self.head.second = true;
        self.path = self.path.with_file_name(format!("{}.jsonl", self.head.name()));
        self
    }

    /// The same for one create by hand: whoever named the object may have given it no name with the prefix, but no other
    /// object carries the GUID that was drawn for it.
    #[must_use]
    pub fn by_hand(mut self, drawn: &str) -> Self {
        self.head.by_hand = Some(drawn.to_owned());
        self
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that the file can be written, before anything is made at the target.
    ///
    /// # Errors
    /// When the folder cannot be made or holds a file of the same name.
    pub fn open(&self) -> io::Result<()> {
        self.file(&mut self.state()).map(|_| ())
    }

    /// Says that a create is about to be sent: from now on something may be at the target.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn creating(&self) -> io::Result<()> {
        let mut state = self.state();
        state.used = true;
        self.file(&mut state).map(|_| ())
    }

    /// Writes down that the target made an object. The line has left the process when this returns.
    ///
    /// # Errors
    /// When it cannot be written; then nothing more may be made.
    pub fn made(&self, kind: ResourceKind, id: &str) -> io::Result<()> {
        let mut state = self.state();
        state.used = true;
        self.write(
            &mut state,
            &JournalLine::Made(JournalObject { kind: kind.as_str().to_owned(), id: id.to_owned() }),
        )?;
        state.made.push((kind, id.to_owned()));
        Ok(())
    }

    /// Writes down that an object is gone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn removed(&self, kind: ResourceKind, id: &str) -> io::Result<()> {
        let mut state = self.state();
        let count = state.made.len();
        state.made.retain(|(known, made)| *known != kind || made != id);
        if state.made.len() == count {
            return Ok(());
        }
        self.write(
            &mut state,
            &JournalLine::Removed(JournalObject { kind: kind.as_str().to_owned(), id: id.to_owned() }),
        )
    }

    /// What was made and is not gone, in the order in which it was made.
    pub fn remaining(&self) -> Vec<(ResourceKind, String)> {
        self.state().made.clone()
    }

    /// Removes the file if nothing is left at the target. Otherwise it stays for `scimulate cleanup`.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn close(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.made.is_empty() && state.file.take().is_some() {
            fs::remove_file(&self.path)?;
        }
        Ok(())
    }

    /// Removes the file: nothing of the run is left at the target, whatever DELETE each object went by.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn finish(&self) -> io::Result<()> {
        self.state().made.clear();
        self.close()
    }

    fn write(&self, state: &mut JournalState, line: &JournalLine) -> io::Result<()> {
        let file = self.file(state)?;
        append(file, line)
    }

    fn file<'a>(&self, state: &'a mut JournalState) -> io::Result<&'a mut File> {
        if state.file.is_none() {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = File::options().append(true).create_new(true).open(&self.path)?;
            // Some file systems know no locks; then `cleanup` cannot tell that the run goes on.
            let _ = file.try_lock();
            append(&mut file, &self.head)?;
            state.file = Some(file);
        }
        state.file.as_mut().ok_or_else(|| io::Error::other("the journal is closed"))
    }

    fn state(&self) -> MutexGuard<'_, JournalState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that ended before it made anything leaves no file. Any other that was not closed did not see to its end.
impl Drop for Journal {
    fn drop(&mut self) {
        if !self.state().used {
            // A journal that cannot be removed is found again by `cleanup`, which sees that nothing is left.
            let _ = self.close();
        }
    }
}

/// One line, written at once: a `File` has no buffer of its own, so the line survives a crash of this
/// process.
fn append(file: &mut File, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}

/// The journal of a run that did not clean up after itself.
#[derive(Debug)]
pub struct Abandoned {
    /// The file.
    pub path: PathBuf,
    /// Base URL of the target.
    pub base: String,
    /// The prefix of the run's objects.
    pub prefix: String,
    /// The objects are those of the second tenant.
    pub second: bool,
    /// The GUID that was drawn for the object of a create by hand; `None` for the journal of a run.
    pub by_hand: Option<String>,
    /// What was made and not removed, in the order in which it was made.
    pub remaining: Vec<(ResourceKind, String)>,
    /// Lines that cannot be read, each with its number and the reason. What they name is in no list.
    pub unread: Vec<String>,
    /// Held while the run lives, so that two clean-ups do not meet.
    file: File,
}

impl Abandoned {
    /// Removes the file, when nothing is left at the target.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn close(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    /// Writes down that an object is gone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn removed(&mut self, kind: ResourceKind, id: &str) -> io::Result<()> {
        self.remaining.retain(|(known, made)| *known != kind || made != id);
        append(
            &mut self.file,
            &JournalLine::Removed(JournalObject { kind: kind.as_str().to_owned(), id: id.to_owned() }),
        )
    }
}

/// What stands in a folder of journals.
#[derive(Debug, Default)]
pub struct FoundJournals {
    /// Journals of runs that have ended.
    pub abandoned: Vec<Abandoned>,
    /// Journals of runs that are still going on.
    pub running: Vec<PathBuf>,
    /// Files that are not journals, each with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Reads every journal in a folder. A folder that does not exist holds none.
///
/// # Errors
/// When the folder cannot be read.
pub fn find(folder: &Path) -> io::Result<FoundJournals> {
    let mut found = FoundJournals::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    paths.sort();
    for path in paths {
        let file = match File::options().read(true).append(true).open(&path) {
            Ok(file) => file,
            Err(error) => {
                found.unreadable.push((path, error.to_string()));
                continue;
            }
        };
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            found.running.push(path);
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Through the same handle: where locks are mandatory, another one could not read.
        match io::read_to_string(&file).map_err(|error| error.to_string()).and_then(|text| read(&name, &text))
        {
            Ok((head, JournalLines { remaining, unread })) => {
                let Head { base, prefix, second, by_hand, .. } = head;
                found.abandoned.push(Abandoned {
                    path,
                    base,
                    prefix,
                    second,
                    by_hand,
                    remaining,
                    unread,
                    file,
                });
            }
            Err(why) => found.unreadable.push((path, why)),
        }
    }
    Ok(found)
}

/// What the lines after the first say.
#[derive(Debug, Default)]
struct JournalLines {
    remaining: Vec<(ResourceKind, String)>,
    unread: Vec<String>,
}

/// `name` is the name of the file without its ending.
fn read(name: &str, text: &str) -> Result<(Head, JournalLines), String> {
    let mut written = text.lines();
    let head: Head =
        serde_json::from_str(written.next().unwrap_or("")).map_err(|error| format!("line 1: {error}"))?;
    if head.format != FORMAT {
        return Err(format!("it is a {}, but this version reads {FORMAT}", head.format));
    }
    // A prefix that scimulate does not draw may be found in anybody's name.
    if !prefix::is_drawn(&head.prefix) {
        return Err(format!("`{}` is not a prefix that scimulate generates", head.prefix));
    }
    if head.name() != name {
        return Err(format!("the journal of prefix {} must be called {}.jsonl", head.prefix, head.name()));
    }
    // So may a text that is no GUID.
    if head.by_hand.as_ref().is_some_and(|drawn| uuid::Uuid::try_parse(drawn).is_err()) {
        return Err("what was drawn for its object is not a GUID".to_owned());
    }
    let mut lines = JournalLines::default();
    for (position, line) in written.enumerate() {
        if let Err(why) = lines.take(line) {
            // The last line of a killed process may be cut short; the object is found by its prefix.
            if text.ends_with('\n') || position + 2 < text.lines().count() {
                lines.unread.push(format!("line {}: {why}", position + 2));
            }
        }
    }
    Ok((head, lines))
}

impl JournalLines {
    fn take(&mut self, line: &str) -> Result<(), String> {
        match serde_json::from_str(line).map_err(|error| error.to_string())? {
            JournalLine::Made(object) => self.remaining.push((kind(&object.kind)?, object.id)),
            JournalLine::Removed(object) => {
                let kind = kind(&object.kind)?;
                self.remaining.retain(|(known, id)| *known != kind || *id != object.id);
            }
        }
        Ok(())
    }
}

fn kind(name: &str) -> Result<ResourceKind, String> {
    [ResourceKind::User, ResourceKind::Group]
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| format!("`{name}` is neither User nor Group"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://api.example.com/scim";
    const PREFIX: &str = "smbcdfghjk";

    #[test]
    fn an_interrupted_run_leaves_what_it_made_and_did_not_remove() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("deep/down");
        let journal = Journal::new(&place, BASE, PREFIX);
        assert!(find(&place).unwrap().abandoned.is_empty());
        journal.made(ResourceKind::User, "1").unwrap();
        journal.made(ResourceKind::Group, "1").unwrap();
        journal.made(ResourceKind::User, "2\"\n").unwrap();
        journal.removed(ResourceKind::User, "1").unwrap();
        journal.removed(ResourceKind::User, "unknown").unwrap();
        let left = vec![(ResourceKind::Group, "1".to_owned()), (ResourceKind::User, "2\"\n".to_owned())];
        assert_eq!(journal.remaining(), left);

        let found = find(&place).unwrap();
        assert_eq!((found.running.len(), found.abandoned.len()), (1, 0), "the run is still going on");
        drop(journal);
        let found = find(&place).unwrap();
        let abandoned = &found.abandoned[0];
        assert_eq!((abandoned.base.as_str(), abandoned.prefix.as_str()), (BASE, PREFIX));
        assert_eq!(abandoned.remaining, left);
    }

    #[test]
    fn a_run_that_cleaned_up_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path(), BASE, PREFIX);
        journal.made(ResourceKind::User, "1").unwrap();
        journal.close().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something is left at the target");
        journal.removed(ResourceKind::User, "1").unwrap();
        journal.close().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_line_cut_short_by_a_crash_is_left_out_and_any_other_is_told() {
        let head = format!(r#"{{"format":"{FORMAT}","base":"{BASE}","prefix":"{PREFIX}"}}"#);
        let read = |text: &str| read(PREFIX, text);
        let made = r#"{"made":{"kind":"User","id":"1"}}"#;
        let (_, lines) = read(&format!("{head}\n{made}\n{{\"made\":{{\"ki")).unwrap();
        assert_eq!((lines.remaining.len(), lines.unread.len()), (1, 0));
        let (_, lines) = read(&format!("{head}\n{{\"made\":\n{made}\n")).unwrap();
        assert_eq!(lines.remaining.len(), 1, "the lines that can be read are used");
        assert!(lines.unread[0].starts_with("line 2"));
        assert!(read("").unwrap_err().starts_with("line 1"));
        assert!(read(&head.replace("journal/1", "journal/9")).unwrap_err().contains("this version reads"));
        for wrong in ["", "e", "smith", "smBCDFGHJK", "%"] {
            let text = head.replace(PREFIX, wrong);
            assert!(read(&text).unwrap_err().contains("not a prefix"), "{wrong}");
        }
        assert!(
            read(&head.replace(PREFIX, "smkjhgfdcb"))
                .unwrap_err()
                .contains("must be called smkjhgfdcb.jsonl")
        );
        let second = head.replace("\"}", "\",\"second\":true}");
        assert!(read(&second).unwrap_err().contains("-second.jsonl"));
        let by_hand = head.replace("\"}", "\",\"by_hand\":\"e\"}");
        assert!(read(&by_hand).unwrap_err().contains("not a GUID"));
    }

    #[test]
    fn a_file_that_is_no_journal_is_told_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.jsonl"), "hello").unwrap();
        fs::write(folder.path().join("b.txt"), "hello").unwrap();
        let journal = Journal::new(folder.path(), BASE, PREFIX);
        journal.made(ResourceKind::User, "1").unwrap();
        drop(journal);
        let found = find(folder.path()).unwrap();
        assert_eq!((found.abandoned.len(), found.unreadable.len()), (1, 1));
    }
}
