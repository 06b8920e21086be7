//! What a cycle did, for people.

use jiff::Timestamp;

use crate::entra::job::{CycleReport, CycleStop, Job, LogEntry, NextCycle, ProvisioningAction, Status};

const DISABLED: &str = "  the job is disabled after four weeks in quarantine; --restart enables it\n";

/// How many failures are listed.
const LISTED: usize = 20;

/// The outcome of one cycle.
pub(super) fn cycle(report: &CycleReport, job: &Job) -> String {
    let kind = if report.initial { "initial" } else { "incremental" };
    let mut text = match report.name.starts_with("cycle") {
        true => format!("{} ({kind})\n", report.name),
        false => format!("{}\n", report.name),
    };
    text.push_str(&format!("  {}\n", counts(report)));
    let skipped = report.entries.iter().filter(|entry| entry.status == Status::Skipped);
    let untold = |entry: &&LogEntry| {
        !matches!(entry.code.map(|code| code.as_str()), Some("RedundantExport" | "NotEffectivelyEntitled"))
    };
    let failures: Vec<&LogEntry> = report.failures().chain(skipped.filter(untold)).collect();
    for entry in failures.iter().take(LISTED) {
        let code = entry.code.map_or(entry.action.as_str(), |code| code.as_str());
        text.push_str(&format!("  {} {}: {}\n", entry.label, code, one_line(&entry.detail)));
    }
    if failures.len() > LISTED {
        text.push_str(&format!("  and {} more\n", failures.len() - LISTED));
    }
    if is_every_create_rejected(report) {
        text.push_str(
            "  every create was rejected, as by a server that does not parse application/scim+json; Entra labels its \
             bodies\n  so and no other way. `scimulate run` finds out whether that is the reason, and what to change\n",
        );
    }
    if report.escrows_pruned {
        text.push_str("  its failures were dropped, because they are too many; a restart tries them again\n");
    }
    if let Some(quarantine) = &report.quarantine {
        let problem = match quarantine.problem.code.as_str() == quarantine.reason {
            true => one_line(&quarantine.problem.detail),
            false => one_line(&quarantine.problem.to_string()),
        };
        text.push_str(&format!("  in quarantine ({}): {problem}\n", quarantine.reason));
        match job.next_cycle() {
            NextCycle::At(minute) => {
                text.push_str(&format!("  the service would try again at {}\n", date(job.date(minute))));
            }
            NextCycle::Disabled => text.push_str(DISABLED),
        }
    } else {
        text.push_str(&stopped(report.stopped.as_ref()));
    }
    if job.escrows().len() > 0 {
        text.push_str(&format!("  tried again later: {}\n", job.escrows().len()));
    }
    text
}

/// What a cycle would write, and who would be deleted if it were approved.
pub(super) fn plan(report: &CycleReport, requests: usize, missing: &[&str]) -> String {
    let mut text = String::from("plan\n");
    let written = report.entries.iter().filter(|entry| entry.status == Status::Success);
    for entry in written {
        let what = match entry.detail.split_once(": ") {
            Some((_, what)) => what.trim_end_matches('.').to_owned(),
            None => String::new(),
        };
        let line = format!("  {:<8} {} {what}", entry.action.as_str(), entry.label);
        text.push_str(&format!("{}\n", line.trim_end()));
    }
    for entry in report.entries.iter().filter(|entry| entry.action == ProvisioningAction::StagedDelete) {
        text.push_str(&format!("  held back: disable or delete {}\n", entry.label));
    }
    for label in missing {
        text.push_str(&format!("  held back: delete {label}\n"));
    }
    for entry in report.failures() {
        text.push_str(&format!("  fails    {}: {}\n", entry.label, one_line(&entry.detail)));
    }
    text.push_str(&format!("  {}; {requests} writes\n", counts(report)));
    text.push_str(&stopped(report.stopped.as_ref()));
    text
}

/// A job in quarantine that is not due.
pub(super) fn waiting(job: &Job, minute: u64) -> String {
    let reason = job.quarantine().map_or("", |quarantine| quarantine.reason);
    let next = date(job.date(minute));
    format!(
        "The job is in quarantine ({reason}) and tries again at {next}. No request was sent; --restart tries \
         again now{}.\n",
        if reason == "TooManyDeletes" { ", and --allow-deletes plays what is held back" } else { "" }
    )
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Creates were sent, and the target rejected every one.
fn is_every_create_rejected(report: &CycleReport) -> bool {
    let is_create = |entry: &&LogEntry| entry.action == ProvisioningAction::Create;
    let mut creates = report.entries.iter().filter(is_create).peekable();
    creates.peek().is_some() && creates.all(|entry| entry.status == Status::Failure)
}

fn counts(report: &CycleReport) -> String {
    let count = |action: ProvisioningAction| {
        let done = report.entries.iter();
        done.filter(|entry| entry.action == action && entry.status == Status::Success).count()
    };
    let skipped = report.entries.iter().filter(|entry| entry.status == Status::Skipped).count();
    format!(
        "created {} · updated {} · disabled {} · deleted {} · skipped {skipped} · failed {}",
        count(ProvisioningAction::Create),
        count(ProvisioningAction::Update),
        count(ProvisioningAction::Disable),
        count(ProvisioningAction::Delete),
        report.failures().count()
    )
}

fn stopped(stopped: Option<&CycleStop>) -> String {
    match stopped {
        None => String::new(),
        Some(CycleStop::Quarantined(quarantine)) => {
            format!("  stopped: {}\n", one_line(&quarantine.problem.to_string()))
        }
        Some(CycleStop::Withheld(why)) => format!("  stopped: {}\n", one_line(why)),
        Some(CycleStop::Interrupted) => "  stopped: interrupted\n".to_owned(),
        Some(CycleStop::Disabled) => DISABLED.to_owned(),
    }
}

/// A message may quote what a target answered, and that must not move the cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
