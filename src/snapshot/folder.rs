//! What is in a folder of snapshots.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{ACCEPTED, PENDING};

/// A file of the layout before this one, a file for each step, if there is one in the folder. A folder
/// that does not exist has none.
///
/// # Errors
/// When the folder cannot be read.
pub fn old_layout(folder: &Path) -> io::Result<Option<PathBuf>> {
    match files(folder) {
        Ok(files) => Ok(files.into_iter().find(|path| is_old(path))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Files were named after steps, as `03-cycle-2.snap`; names of dialects begin with a letter.
fn is_old(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('.'));
    name.is_some_and(|(name, ending)| {
        [ACCEPTED, PENDING].contains(&ending) && name.starts_with(|first: char| first.is_ascii_digit())
    })
}

/// The files that wait for a review.
pub(super) fn pending_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let ending = format!(".{PENDING}");
    let mut files = files(folder)?;
    files.retain(|path| path.to_str().is_some_and(|path| path.ends_with(&ending)));
    Ok(files)
}

/// All files of a folder and of those in it, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    find(folder, &mut found)?;
    found.sort();
    Ok(found)
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_file_for_each_step_is_recognised() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(old_layout(&folder.path().join("none")).unwrap(), None);
        let scenario_run = folder.path().join("cycles/01-a/default");
        fs::create_dir_all(&scenario_run).unwrap();
        for name in ["cycles/01-a/default.snap", "cycles/01-a/default.snap.new", "cycles/01-notes.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(old_layout(folder.path()).unwrap(), None);
        for name in ["02-cycle-1.snap", "01-expect-ada.snap.new"] {
            fs::write(scenario_run.join(name), "").unwrap();
            assert_eq!(old_layout(folder.path()).unwrap(), Some(scenario_run.join(name)));
        }
    }
}
