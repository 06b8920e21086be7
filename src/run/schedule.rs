//! Plays scenario runs on several threads, and survives their panics.
//!
//! The program plays them through libtest-mimic. That depends on clap, so the library without the feature `cli` does the
//! same on threads of its own.

#[cfg(feature = "cli")]
use libtest_mimic::{Arguments, Failed, Trial};

/// One scenario run. It returns its results by itself, over a channel or the like.
pub(in crate::run) type Work = Box<dyn FnOnce() + Send>;

/// Plays every piece of work on `jobs` threads, starting them in order, and returns how many panicked.
pub(in crate::run) fn play(work: Vec<Work>, jobs: usize) -> u64 {
    #[cfg(feature = "cli")]
    return with_libtest_mimic(work, jobs);
    #[cfg(not(feature = "cli"))]
    return on_threads(work, jobs);
}

/// libtest-mimic's printer writes to the null device: it panics when standard output is closed, and it would say "ok" for
/// a scenario in which a rule found something. The terminal is a reporter like any other.
#[cfg(feature = "cli")]
fn with_libtest_mimic(work: Vec<Work>, jobs: usize) -> u64 {
    let scenario_runs = work
        .into_iter()
        .map(|body| {
            Trial::test("scenario run", move || {
                body();
                Ok::<(), Failed>(())
            })
        })
        .collect();
    let arguments = Arguments {
        test_threads: Some(jobs.max(1)),
        logfile: Some(if cfg!(windows) { "NUL" } else { "/dev/null" }.to_owned()),
        quiet: true,
        ..Arguments::default()
    };
    libtest_mimic::run(&arguments, scenario_runs).num_failed
}

#[cfg(any(test, not(feature = "cli")))]
fn on_threads(work: Vec<Work>, jobs: usize) -> u64 {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Mutex, PoisonError};

    // Whoever takes a piece of work out plays it.
    let work: Vec<Mutex<Option<Work>>> = work.into_iter().map(|body| Mutex::new(Some(body))).collect();
    let panicked = crate::threads::on_threads(jobs, &work, |body| {
        let body = body.lock().unwrap_or_else(PoisonError::into_inner).take();
        body.is_some_and(|body| catch_unwind(AssertUnwindSafe(body)).is_err())
    });
    panicked.into_iter().map(u64::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What the tests hold every way to play to.
    const WAYS: &[fn(Vec<Work>, usize) -> u64] = &[
        play,
        #[cfg(feature = "cli")]
        on_threads,
    ];

    /// Plays `number` pieces, of which those in `wrong` panic; how many panicked, and the pieces in the order in which
    /// they were started.
    fn played(
        way: fn(Vec<Work>, usize) -> u64,
        number: usize,
        wrong: &[usize],
        jobs: usize,
    ) -> (u64, Vec<usize>) {
        let started = Arc::new(Mutex::new(Vec::new()));
        let work = (0..number).map(|piece| -> Work {
            let (started, is_wrong) = (Arc::clone(&started), wrong.contains(&piece));
            Box::new(move || {
                started.lock().unwrap().push(piece);
                if is_wrong {
                    std::panic::resume_unwind(Box::new("quiet"));
                }
            })
        });
        let panicked = way(work.collect(), jobs);
        let started = started.lock().unwrap().clone();
        (panicked, started)
    }

    #[test]
    fn every_piece_is_played_and_a_panic_is_counted() {
        for way in WAYS {
            assert_eq!(played(*way, 0, &[], 2), (0, vec![]));
            for jobs in [0, 1, 2, 9] {
                let (panicked, mut started) = played(*way, 5, &[], jobs);
                started.sort_unstable();
                assert_eq!((panicked, started), (0, vec![0, 1, 2, 3, 4]), "{jobs} jobs");
                let (panicked, started) = played(*way, 5, &[0, 3], jobs);
                assert_eq!((panicked, started.len()), (2, 5), "{jobs} jobs");
            }
        }
    }

    #[test]
    fn pieces_are_started_in_order() {
        for way in WAYS {
            assert_eq!(played(*way, 20, &[7], 1), (1, (0..20).collect()));
        }
    }

    #[test]
    fn several_pieces_are_played_at_the_same_time() {
        for way in WAYS {
            // Each waits for the other, so that one after the other would wait for ever.
            let together = Arc::new(std::sync::Barrier::new(2));
            let work = (0..2).map(|_| -> Work {
                let together = Arc::clone(&together);
                Box::new(move || {
                    together.wait();
                })
            });
            assert_eq!(way(work.collect(), 2), 0);
        }
    }
}
