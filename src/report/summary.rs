//! The run in one word and one sentence, the same in every report for people.

use super::layout;
use crate::check::{Level, Outcome};
use crate::run::verdict::cause::Cause;
use crate::run::verdict::report::{Report, Verdict};

/// The verdict; a run that looked at nothing has none.
pub(super) fn word(report: &Report) -> &'static str {
    match report.verdict {
        // The questions before the first check are requests too.
        _ if report.is_empty() && report.exchanges > 0 => "nothing checked",
        _ if report.is_empty() => "nothing ran",
        verdict => verdict.as_str(),
    }
}

/// True when the word is neither good nor bad.
pub(super) fn is_odd(report: &Report) -> bool {
    report.is_empty() || report.verdict == Verdict::Incomplete
}

/// How many checks failed, how much was found, and what it cost.
pub(super) fn sentence(report: &Report, causes: &[Cause<'_>]) -> String {
    let counts = report.counts();
    let results = counts.passed + counts.failed + counts.expected;
    let played = report.distinct(|outcome| !matches!(outcome, Outcome::Skipped(_)));
    let failed = report.distinct(|outcome| *outcome == Outcome::Failed);
    let mut sentence = match failed {
        0 if played == 0 && !report.checks.is_empty() => "all checks were skipped".to_owned(),
        0 => layout::counted(played, "check"),
        failed => format!("{} of {} failed", layout::thousands(failed), layout::counted(played, "check")),
    };
    if results > played {
        sentence.push_str(&format!(" ({} results)", layout::thousands(results)));
    }
    let levels: Vec<String> = Level::ALL.into_iter().rev().filter_map(|level| found(causes, level)).collect();
    if !levels.is_empty() {
        sentence.push_str(&format!("; {}", levels.join(", ")));
    }
    sentence.push_str(&format!(
        "; {} in {:.1} s",
        layout::counted(report.exchanges, "request"),
        report.elapsed.as_secs_f64()
    ));
    sentence
}

/// How many causes of a level there are, if any.
fn found(causes: &[Cause<'_>], level: Level) -> Option<String> {
    let number = causes.iter().filter(|cause| cause.level == level).count();
    match level {
        _ if number == 0 => None,
        Level::Critical => Some(format!("{number} critical")),
        _ => Some(layout::counted(number, level.as_str())),
    }
}
