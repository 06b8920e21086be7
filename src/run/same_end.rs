//! Every dialect must lead to the same end state.

use super::steps::end_state::EndState;
use super::verdict::report::CheckResult;
use crate::check::{Aspect, Finding, Level, Outcome, Skip};
use crate::scenario::Scenario;

/// "Same end state in every dialect", as a check of its own.
pub(super) fn compare(
    scenario: &Scenario,
    ends: &[(String, CheckResult, EndState)],
    fail_on: Option<Level>,
) -> CheckResult {
    let about = &scenario.about;
    let title = format!("{}: the same end state in every dialect", about.title);
    let skipped = ends.iter().find_map(|(_, result, _)| match &result.outcome {
        Outcome::Skipped(skip) => Some(skip.clone()),
        _ => None,
    });
    if let Some(skip) = skipped {
        return CheckResult::new(&about.id, None, &title, Outcome::Skipped(skip));
    }
    let [(first, _, one), others @ ..] = ends else {
        return CheckResult::new(&about.id, None, &title, Outcome::Passed);
    };
    let mut findings = Vec::new();
    let mut compared = 0;
    for (second, _, other) in others {
        for (key, mine) in one {
            // Who is missing in one of them was complained about there.
            let Some(theirs) = other.get(key) else { continue };
            compared += 1;
            for (attribute, left, right) in mine.differences(theirs) {
                let message = format!(
                    "\"{key}\" ends with another {attribute} in dialect {second} than in dialect {first}"
                );
                // The scenario's level is meant for its subject, and another end may be in anything.
                findings.push(
                    Finding::of(about, message)
                        .at(about.level.min(Level::Error))
                        .concerning(attribute)
                        .about(Aspect::Value)
                        .against(format!("{left}, as in {first}"), format!("{right} in {second}"))
                        .shown_by(&mine.exchange)
                        .shown_by(&theirs.exchange),
                );
            }
        }
    }
    if compared == 0 {
        let failed = ends.iter().any(|(_, result, _)| !result.findings.is_empty());
        if failed {
            let skip = Skip::Blocked(format!("{}: it did not finish", about.id));
            return CheckResult::new(&about.id, None, &title, Outcome::Skipped(skip));
        }
        let skip = Skip::NotExercised("the scenario leaves no objects to compare".to_owned());
        return CheckResult::new(&about.id, None, &title, Outcome::Skipped(skip));
    }
    CheckResult::played(&about.id, None, &title, findings, fail_on)
}
