//! Runs scenario runs through libtest-mimic, which shares them among threads and survives their panics.
//!
//! Its printer writes to the null device: it panics when standard output is closed, and it would say
//! "ok" for a scenario in which a rule found something. The terminal is a reporter like any other.

use libtest_mimic::{Arguments, Failed, Trial};

/// Where libtest-mimic's own report goes.
const NULL_DEVICE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// One piece of work with its name.
pub(in crate::run) struct Work {
    /// Name of the scenario run.
    pub(in crate::run) name: String,
    /// What it does. It returns its results by itself, over a channel or the like.
    pub(in crate::run) body: Box<dyn FnOnce() + Send>,
}

/// Plays every piece of work on `jobs` threads, starting them in order, and returns how many panicked.
pub(in crate::run) fn play(work: Vec<Work>, jobs: usize) -> u64 {
    let scenario_runs = work
        .into_iter()
        .map(|Work { name, body }| {
            Trial::test(name, move || {
                body();
                Ok::<(), Failed>(())
            })
        })
        .collect();
    let arguments = Arguments {
        test_threads: Some(jobs.max(1)),
        logfile: Some(NULL_DEVICE.to_owned()),
        quiet: true,
        ..Arguments::default()
    };
    libtest_mimic::run(&arguments, scenario_runs).num_failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_piece_is_played_and_a_panic_is_counted() {
        let played = Arc::new(AtomicUsize::new(0));
        let mut work: Vec<Work> = (0..5)
            .map(|number| {
                let played = Arc::clone(&played);
                Work {
                    name: format!("scenario run {number}"),
                    body: Box::new(move || {
                        played.fetch_add(1, Ordering::Relaxed);
                    }),
                }
            })
            .collect();
        assert_eq!(play(std::mem::take(&mut work), 2), 0);
        assert_eq!(played.load(Ordering::Relaxed), 5);
        work.push(Work {
            name: "wrong".into(),
            body: Box::new(|| std::panic::resume_unwind(Box::new("quiet"))),
        });
        assert_eq!(play(work, 1), 1);
    }
}
