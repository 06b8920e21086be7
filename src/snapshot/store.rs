//! Answers compared with the snapshots that were accepted before.

use std::io;
use std::path::{Path, PathBuf};

use super::SnapshotPage;
use super::file::{ACCEPTED, PENDING, Section, SnapshotFile, Unreadable};

/// A folder of snapshots.
#[derive(Debug, Clone)]
pub struct SnapshotStore {
    folder: PathBuf,
    update: bool,
    keep_pending: bool,
}

/// What became of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotOutcome {
    /// Name of the page: `03-cycle-2`; of the scenario run when its file cannot be read.
    pub name: String,
    /// The file of accepted answers, whether it exists or not.
    pub path: PathBuf,
    /// What became of it.
    pub verdict: SnapshotVerdict,
}

/// How a page compares with what was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotVerdict {
    /// As before.
    Same,
    /// Nothing was accepted yet.
    New,
    /// Different; the difference as unified diff.
    Changed(String),
    /// Something was accepted for a step that is no longer there.
    Obsolete,
    /// The file of the scenario run cannot be read, and stays as it is.
    Unreadable(Unreadable),
    /// Written, changed or removed because an update was asked for.
    Updated,
}

impl SnapshotStore {
    /// Snapshots in this folder; it need not exist yet. With `update` whatever is new or different is
    /// accepted at once. Otherwise, with `keep_pending`, it is kept beside the accepted one for a
    /// review; without, as in CI, nothing is written.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, update: bool, keep_pending: bool) -> Self {
        SnapshotStore { folder: folder.into(), update, keep_pending }
    }

    /// Compares all pages of a scenario run. `complete` says that the scenario run was played to its end: only then
    /// are sections without a page obsolete.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn compare(
        &self,
        scenario: &str,
        dialect: &str,
        pages: &[SnapshotPage],
        complete: bool,
    ) -> io::Result<Vec<SnapshotOutcome>> {
        let path = self.path_of(scenario, dialect);
        let played = pages.iter().map(|page| Section::new(&page.name, &page.text)).collect();
        let played = SnapshotFile::new(scenario, dialect, played);
        let accepted = match SnapshotFile::read(&path) {
            Ok(accepted) => accepted,
            // All of the file is written again: no section is lost.
            Err(_) if self.update && complete => None,
            Err(unreadable) => {
                let name = format!("{scenario}/{dialect}");
                return Ok(vec![SnapshotOutcome {
                    name,
                    path,
                    verdict: SnapshotVerdict::Unreadable(unreadable),
                }]);
            }
        };
        if self.update || self.keep_pending {
            self.keep(&path, accepted.as_ref(), &played, complete)?;
        }
        Ok(self.outcomes(&path, accepted.as_ref(), &played, complete))
    }

    fn outcomes(
        &self,
        path: &Path,
        accepted: Option<&SnapshotFile>,
        played: &SnapshotFile,
        complete: bool,
    ) -> Vec<SnapshotOutcome> {
        let compared = played.sections().iter().map(|new| {
            let verdict = match accepted.and_then(|accepted| accepted.text(&new.name)) {
                Some(old) if old == new.text => SnapshotVerdict::Same,
                Some(old) => SnapshotVerdict::Changed(diff(old, &new.text)),
                None => SnapshotVerdict::New,
            };
            (&new.name, verdict)
        });
        let kept = accepted.filter(|_| complete).map(SnapshotFile::sections).unwrap_or_default().iter();
        let obsolete = kept
            .filter(|section| played.text(&section.name).is_none())
            .map(|section| (&section.name, SnapshotVerdict::Obsolete));
        compared
            .chain(obsolete)
            .map(|(name, verdict)| {
                let written = self.update && verdict != SnapshotVerdict::Same;
                let verdict = if written { SnapshotVerdict::Updated } else { verdict };
                SnapshotOutcome { name: name.clone(), path: path.to_owned(), verdict }
            })
            .collect()
    }

    /// Writes what is accepted at once, and what waits for a review.
    fn keep(
        &self,
        path: &Path,
        accepted: Option<&SnapshotFile>,
        played: &SnapshotFile,
        complete: bool,
    ) -> io::Result<()> {
        let pending = path.with_extension(PENDING);
        // What a scenario run that broke off did not play may wait from an earlier run.
        let earlier = if complete { None } else { SnapshotFile::read(&pending).ok().flatten() };
        let earlier = earlier.filter(|earlier| earlier.was_compared_with(accepted));
        let updated = self.update.then(|| played.clone().completed_by(accepted.filter(|_| !complete)));
        if let Some(updated) = updated.as_ref().filter(|updated| Some(*updated) != accepted) {
            updated.write(path)?;
        }
        let accepted = updated.as_ref().or(accepted);
        let waiting = played.clone().completed_by(earlier.as_ref()).completed_by(accepted);
        waiting.keep_pending(accepted, &pending)
    }

    fn path_of(&self, scenario: &str, dialect: &str) -> PathBuf {
        let mut path = self.folder.clone();
        for part in scenario.split('/').chain([dialect]) {
            let plain: String = part
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
                .collect();
            // `..` in the name of a scenario must not lead out of the folder.
            let plain = plain.trim_start_matches('.');
            path.push(if plain.is_empty() { "-" } else { plain });
        }
        path.with_added_extension(ACCEPTED)
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
    use std::fs;

    fn page(name: &str, text: &str) -> SnapshotPage {
        SnapshotPage { name: name.into(), step: "cycle 1".into(), text: text.into(), foreign: 0, last: 0 }
    }

    fn verdicts(store: &SnapshotStore, pages: &[SnapshotPage]) -> Vec<SnapshotVerdict> {
        store.compare("cycles/a", "default", pages, true).unwrap().into_iter().map(|o| o.verdict).collect()
    }

    /// Compares as a scenario run that broke off after these pages.
    fn partly(store: &SnapshotStore, pages: &[SnapshotPage]) -> Vec<SnapshotVerdict> {
        store.compare("cycles/a", "default", pages, false).unwrap().into_iter().map(|o| o.verdict).collect()
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = match fs::read_dir(folder.join("cycles/a")) {
            Ok(entries) => entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect(),
            Err(_) => Vec::new(),
        };
        names.sort();
        names
    }

    /// The sections of a file as `name=text`.
    fn sections(folder: &Path, file: &str) -> Vec<String> {
        let file = SnapshotFile::read(&folder.join("cycles/a").join(file)).unwrap().unwrap();
        file.sections().iter().map(|section| format!("{}={}", section.name, section.text)).collect()
    }

    #[test]
    fn new_changed_and_same_pages_are_told_apart_and_kept_for_review() {
        let folder = tempfile::tempdir().unwrap();
        let store = SnapshotStore::new(folder.path(), false, true);
        assert_eq!(verdicts(&store, &[page("01-a", "x")]), [SnapshotVerdict::New]);
        assert_eq!(files(folder.path()), ["default.snap.new"]);
        let update = SnapshotStore::new(folder.path(), true, true);
        let (a, b) = (page("01-a", "one\ntwo"), page("02-b", "b"));
        assert_eq!(
            verdicts(&update, &[a.clone(), b.clone()]),
            [SnapshotVerdict::Updated, SnapshotVerdict::Updated]
        );
        assert_eq!(files(folder.path()), ["default.snap"]);
        assert_eq!(verdicts(&store, &[a.clone(), b.clone()]), [SnapshotVerdict::Same, SnapshotVerdict::Same]);
        let changed = verdicts(&store, &[page("01-a", "one\nthree"), b.clone(), page("03-c", "c")]);
        let difference = SnapshotVerdict::Changed("@@ -1,2 +1,2 @@\n one\n-two\n+three".into());
        assert_eq!(changed, [difference, SnapshotVerdict::Same, SnapshotVerdict::New]);
        assert_eq!(files(folder.path()), ["default.snap", "default.snap.new"]);
        assert_eq!(sections(folder.path(), "default.snap"), ["01-a=one\ntwo", "02-b=b"]);
        let waiting = sections(folder.path(), "default.snap.new");
        assert_eq!(waiting, ["01-a=one\nthree", "02-b=b", "03-c=c"], "as cargo-insta would accept it");
        assert_eq!(verdicts(&store, &[a, b]), [SnapshotVerdict::Same, SnapshotVerdict::Same]);
        assert_eq!(files(folder.path()), ["default.snap"]);
    }

    #[test]
    fn in_ci_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = SnapshotStore::new(folder.path().join("none"), false, false);
        assert_eq!(verdicts(&store, &[page("01-a", "x")]), [SnapshotVerdict::New]);
        assert!(!folder.path().join("none").exists());
    }

    #[test]
    fn sections_of_steps_that_are_gone_are_obsolete_and_an_update_removes_them() {
        let folder = tempfile::tempdir().unwrap();
        let update = SnapshotStore::new(folder.path(), true, true);
        let (a, b) = (page("01-a", "x"), page("02-b", "y"));
        verdicts(&update, &[a.clone(), b]);
        let store = SnapshotStore::new(folder.path(), false, true);
        assert_eq!(
            verdicts(&store, std::slice::from_ref(&a)),
            [SnapshotVerdict::Same, SnapshotVerdict::Obsolete]
        );
        assert_eq!(files(folder.path()), ["default.snap"], "no answer waits for a review");
        assert_eq!(
            partly(&store, std::slice::from_ref(&a)),
            [SnapshotVerdict::Same],
            "nothing is known of the rest"
        );
        assert_eq!(partly(&update, &[page("01-a", "z")]), [SnapshotVerdict::Updated]);
        assert_eq!(sections(folder.path(), "default.snap"), ["01-a=z", "02-b=y"]);
        assert_eq!(
            verdicts(&update, &[page("01-a", "z")]),
            [SnapshotVerdict::Same, SnapshotVerdict::Updated]
        );
        assert_eq!(sections(folder.path(), "default.snap"), ["01-a=z"]);
        assert_eq!(verdicts(&update, &[]), [SnapshotVerdict::Updated]);
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_scenario_run_that_broke_off_leaves_what_waits_for_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        verdicts(&SnapshotStore::new(folder.path(), true, true), &[page("01-a", "x"), page("02-b", "y")]);
        let store = SnapshotStore::new(folder.path(), false, true);
        verdicts(&store, &[page("01-a", "x"), page("02-b", "waits")]);
        assert_eq!(partly(&store, &[page("01-a", "new")]).len(), 1);
        assert_eq!(sections(folder.path(), "default.snap.new"), ["01-a=new", "02-b=waits"]);
        assert_eq!(partly(&SnapshotStore::new(folder.path(), true, true), &[page("01-a", "new")]).len(), 1);
        assert_eq!(sections(folder.path(), "default.snap"), ["01-a=new", "02-b=y"]);
        assert_eq!(sections(folder.path(), "default.snap.new"), ["01-a=new", "02-b=waits"]);
    }

    #[test]
    fn each_dialect_has_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let update = SnapshotStore::new(folder.path(), true, true);
        for (dialect, text) in [("default", "x"), ("aadOptscim062020", "y")] {
            update.compare("cycles/a", dialect, &[page("01-a", text)], true).unwrap();
        }
        assert_eq!(files(folder.path()), ["aadOptscim062020.snap", "default.snap"]);
        assert_eq!(sections(folder.path(), "default.snap"), ["01-a=x"]);
        assert_eq!(sections(folder.path(), "aadOptscim062020.snap"), ["01-a=y"]);
        let text = fs::read_to_string(folder.path().join("cycles/a/aadOptscim062020.snap")).unwrap();
        assert!(text.contains("expression: \"cycles/a, dialect aadOptscim062020\"\n"), "{text}");
    }

    #[test]
    fn the_same_answers_leave_the_file_alone_and_another_name_in_its_header_is_corrected() {
        let folder = tempfile::tempdir().unwrap();
        let update = SnapshotStore::new(folder.path(), true, true);
        verdicts(&update, &[page("01-a", "x")]);
        let path = folder.path().join("cycles/a/default.snap");
        let text = fs::read_to_string(&path).unwrap();
        let windows = text.replace('\n', "\r\n");
        fs::write(&path, &windows).unwrap();
        assert_eq!(verdicts(&update, &[page("01-a", "x")]), [SnapshotVerdict::Same]);
        assert_eq!(fs::read_to_string(&path).unwrap(), windows);
        fs::write(&path, text.replace("cycles/a", "cycles/old")).unwrap();
        assert_eq!(
            verdicts(&SnapshotStore::new(folder.path(), false, true), &[page("01-a", "x")]),
            [SnapshotVerdict::Same]
        );
        assert_eq!(verdicts(&update, &[page("01-a", "x")]), [SnapshotVerdict::Same]);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_file_that_cannot_be_read_stays_until_all_of_it_is_updated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cycles/a/default.snap");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let broken = "---\nsource: x\n---\n=== 01-a\nx\n=======\ny\n";
        fs::write(&path, broken).unwrap();
        let (update, store) =
            (SnapshotStore::new(folder.path(), true, true), SnapshotStore::new(folder.path(), false, true));
        for verdicts in [verdicts(&store, &[page("01-a", "x")]), partly(&update, &[page("01-a", "x")])] {
            let [SnapshotVerdict::Unreadable(why)] = &verdicts[..] else { panic!("{verdicts:?}") };
            assert!(why.to_string().contains("default.snap:6: `=======`"), "{why}");
            assert_eq!(fs::read_to_string(&path).unwrap(), broken);
            assert_eq!(files(folder.path()), ["default.snap"]);
        }
        assert_eq!(verdicts(&update, &[page("01-a", "x")]), [SnapshotVerdict::Updated]);
        assert_eq!(verdicts(&store, &[page("01-a", "x")]), [SnapshotVerdict::Same]);
    }

    #[test]
    fn names_of_scenarios_do_not_lead_out_of_the_folder() {
        let store = SnapshotStore::new("/s", false, false);
        assert_eq!(store.path_of("../../etc", "a b"), Path::new("/s/-/-/etc/a-b.snap"));
        assert_eq!(store.path_of("cycles/x.y", "default"), Path::new("/s/cycles/x.y/default.snap"));
    }
}
