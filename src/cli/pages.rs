//! The pages of the checks, and, for maintainers, the table of the stories that show rules.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::failure::Failure;
use super::{Exit, console, list};
use crate::catalogue::Kind;
use crate::examples::{self, Examples};
use crate::{rules, scenario};

/// Writes a page for each check with a played example, and the index. What else stands in the folder and
/// ends in `.md` is of a check that is gone, and goes too.
pub(super) fn write(folder: &Path) -> Result<Exit, Failure> {
    let scenarios = scenario::builtin()?;
    let catalogue = list::catalogue(&scenarios);
    let runtime = super::runtime()?;
    let player = Examples::new(scenarios.into_iter().map(Arc::new).collect(), runtime.handle().clone());
    let pages = at_once(catalogue.entries(), |entry| {
        if player.depends_on_chance(entry) {
            return (format!("{}.md", entry.about.id), examples::page(entry, None));
        }
        let example = player.of(entry);
        if example.is_none() && !entry.about.faults.is_empty() {
            let next = match entry.kind {
                Kind::Rule => "; has it a line in src/examples/rules.tsv?",
                _ => "",
            };
            console::remark(&format!("{}: no fault shows it{next}", entry.about.id));
        }
        (format!("{}.md", entry.about.id), examples::page(entry, example.as_ref()))
    });
    let unwritable = |path: &Path, error: &io::Error| {
        Failure::usage(format!("cannot write {}: {error}", path.display()), "name a folder with --pages")
    };
    let mut wanted: Vec<PathBuf> = Vec::new();
    for (name, text) in pages.into_iter().chain([("README.md".to_owned(), examples::index(&catalogue))]) {
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

/// Prints the story that shows each rule, or each of these.
pub(super) fn stories(ids: &[String]) -> Result<Exit, Failure> {
    let scenarios: Vec<_> = scenario::builtin()?.into_iter().map(Arc::new).collect();
    let runtime = super::runtime()?;
    let rules: Vec<_> = rules::all()
        .iter()
        .map(rules::Rule::about)
        .filter(|about| ids.is_empty() || ids.contains(&about.id))
        .collect();
    let lines = at_once(&rules, |about| {
        let line = examples::search(about, &scenarios, runtime.handle());
        if line.is_none() {
            console::remark(&format!("{}: no story shows it", about.id));
        }
        line
    });
    let text: String = lines.into_iter().flatten().map(|line| line + "\n").collect();
    console::say(&text)?;
    Ok(Exit::Success)
}

/// Does something for each item, on every core, and gives the results in order.
fn at_once<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::default();
    let told = io::stderr().is_terminal();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { break };
                    let result = work(item);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
                    if told {
                        console::remark(&format!("{} of {}", place + 1, items.len()));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
