//! The pages of the checks.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::CommandFailure;
use super::play_each::play_each;
use super::{Exit, console, runtime};
use crate::catalogue::CheckKind;
use crate::examples::{self, Examples};
use crate::scenario;
use crate::suite;

/// Writes a page for each check with a played example, and the index. What else stands in the folder and
/// ends in `.md` is of a check that is gone, and goes too.
pub(super) fn write(folder: &Path) -> Result<Exit, CommandFailure> {
    let scenarios = scenario::builtin()?;
    let catalogue = suite::catalogue(&scenarios);
    let runtime = runtime::start()?;
    let player = Examples::new(scenarios.into_iter().map(Arc::new).collect(), runtime.handle().clone());
    let pages = play_each(catalogue.entries(), |entry| {
        if player.depends_on_chance(entry) {
            return (format!("{}.md", entry.about.id), examples::page(entry, None));
        }
        let example = player.of(entry);
        if example.is_none() && !entry.about.faults.is_empty() {
            let next = match entry.kind {
                CheckKind::Rule => "; does src/examples/rules.tsv have a line for it?",
                _ => "",
            };
            console::remark(&format!("{}: no fault makes it fail{next}", entry.about.id));
        }
        (format!("{}.md", entry.about.id), examples::page(entry, example.as_ref()))
    });
    let unwritable = |path: &Path, error: &io::Error| {
        CommandFailure::usage(
            format!("cannot write {}: {error}", path.display()),
            "name a folder with --pages",
        )
    };
    let mut wanted: Vec<PathBuf> = Vec::new();
    for (name, text) in pages.into_iter().chain([
        ("README.md".to_owned(), examples::index(&catalogue)),
        ("sections.md".to_owned(), examples::sections(&catalogue)),
    ]) {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))?;
        }
        std::fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        wanted.push(path);
    }
    for suite in catalogue.suites() {
        for file in std::fs::read_dir(folder.join(suite)).into_iter().flatten().filter_map(Result::ok) {
            let path = file.path();
            if path.extension().is_some_and(|ending| ending == "md") && !wanted.contains(&path) {
                std::fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
            }
        }
    }
    Ok(Exit::Success)
}
