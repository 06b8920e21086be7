//! Whether what was measured is enough.

use std::sync::Arc;
use std::time::Duration;

use super::about::ABOUTS;
use super::measure::{Measurements, Members, RequestOutcome};
use crate::check::{Finding, Level};
use crate::wire::Exchange;

/// What the gallery requires (app-gallery-user-provisioning-requirements, SCIM API Requirements).
const REQUIRED: u32 = 25;

/// A backlog that is worked off within this time is none: a pause of the machine is no finding.
const TOLERATED: Duration = Duration::from_secs(1);

/// Why a load that went well shows nothing, if it does not.
pub(super) fn too_little(rate: u32) -> Option<String> {
    (rate < REQUIRED)
        .then(|| format!("this run used {rate} requests per second; the gallery requires {REQUIRED}"))
}

/// What is wrong with the answers under load.
pub(super) fn judge(tally: &Measurements, rate: u32) -> Vec<Finding> {
    let about = &ABOUTS.rate;
    let achieved = tally.achieved();
    // Whoever asks for more than the requirement learns where the limit is; that is no fault.
    let beyond = rate > REQUIRED && achieved >= f64::from(REQUIRED);
    let level = |level| if beyond { Level::Note } else { level };
    let mut findings = Vec::new();
    let mut add = |fate: RequestOutcome, at: Level, message: &dyn Fn(usize) -> String, expected: &str| {
        let count = tally.count(fate);
        if count > 0 {
            let mut finding =
                Finding::of(about, message(count)).at(at).against(expected, example(tally, fate));
            finding.times = count;
            finding.exchanges = tally.evidence(fate).to_vec();
            findings.push(finding.concerning(subject(fate)));
        }
    };
    let requests = |count: usize, what: &str| {
        let s = if count == 1 { " was" } else { "s were" };
        format!("At {rate} requests per second, {count} request{s} {what}.")
    };
    add(
        RequestOutcome::Unanswered,
        level(Level::Error),
        &|count| requests(count, "not answered"),
        "a response to every request",
    );
    add(
        RequestOutcome::Failed,
        level(Level::Error),
        &|count| requests(count, "answered with a server error"),
        "2xx, as for the same requests without load",
    );
    for said in [true, false] {
        let how = if said { "429 with Retry-After" } else { "429 without Retry-After" };
        add(
            RequestOutcome::Throttled { said },
            level(Level::Error),
            &|count| requests(count, &format!("answered with {how}")),
            "no 429 below 25 requests per second",
        );
    }
    add(
        RequestOutcome::Refused,
        level(Level::Error),
        &|count| requests(count, "refused"),
        "2xx, as for the same requests without load",
    );
    add(
        RequestOutcome::Contended,
        Level::Warning,
        &|count| requests(count, "rejected because of another request"),
        "2xx for requests that do not contradict each other",
    );
    let backlog = tally.backlog();
    if backlog > TOLERATED {
        let message = format!(
            "Of {rate} requests per second the server completes {achieved:.1}; the backlog took {:.1} s.",
            backlog.as_secs_f64()
        );
        findings.push(
            Finding::of(about, message)
                .at(level(Level::Error))
                .concerning("backlog")
                .against(format!("{rate} requests per second"), format!("{achieved:.1}")),
        );
    }
    findings
}

fn subject(fate: RequestOutcome) -> &'static str {
    match fate {
        RequestOutcome::Done => "",
        RequestOutcome::Throttled { said: true } => "429 with Retry-After",
        RequestOutcome::Throttled { said: false } => "429 without Retry-After",
        RequestOutcome::Failed => "server errors",
        RequestOutcome::Contended => "conflicts",
        RequestOutcome::Refused => "refusals",
        RequestOutcome::Unanswered => "no answer",
    }
}

/// The status or the reason of one of them.
fn example(tally: &Measurements, fate: RequestOutcome) -> String {
    match tally.evidence(fate).last().map(|exchange| &exchange.outcome) {
        Some(Ok(answer)) => format!("status {}", answer.status),
        Some(Err(broken)) => broken.to_string(),
        None => String::new(),
    }
}

/// What is wrong with a group to which members were added at the same time. `refused` are those whose
/// request was not answered with 2xx.
pub(super) fn judge_members(
    members: Members,
    shown: &Arc<Exchange>,
    refused: &[Arc<Exchange>],
) -> Vec<Finding> {
    let about = &ABOUTS.members;
    let mut findings = Vec::new();
    let Members { added, kept } = members;
    if kept < added {
        let message = format!("{} of {added} added members are not in the group.", added - kept);
        findings.push(
            Finding::of(about, message)
                .against(format!("{added} members"), format!("only {kept} of them"))
                .shown_by(shown),
        );
    }
    if let Some(last) = refused.last() {
        let count = refused.len();
        let message = format!("{count} of {} concurrent requests that add a member fail.", added + count);
        let actual = match &last.outcome {
            Ok(answer) => format!("status {}", answer.status),
            Err(broken) => broken.to_string(),
        };
        // Nothing is lost: the service tries again in its next cycle.
        findings.push(
            Finding::of(about, message)
                .at(Level::Warning)
                .concerning("refusals")
                .against("2xx for each", actual)
                .shown_by(last),
        );
    }
    findings
}
