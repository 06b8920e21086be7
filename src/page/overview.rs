//! Overview: what the job does, and its commands.

use jiff::{SignedDuration, Timestamp};

use super::form::Form;
use super::frame::{Frame, Told};
use super::mistake::Refused;
use super::{Page, Refusal, Shown, page};
use crate::entra::job::ResetScope;
use crate::tenant::{ApplicationInfo, Effect, Execution, JobStatus, LineCounts, ScheduleState};

#[derive(askama::Template)]
#[template(path = "tenant/overview.html")]
struct Overview {
    frame: Frame,
    status: JobStatus,
    code: &'static str,
    active: bool,
    job: String,
    interval: String,
    /// The interval as its field has it.
    seconds: String,
    now: Timestamp,
    cycles: Vec<CycleRow>,
    scopes: &'static [(&'static str, &'static str, bool)],
}

/// A cycle that came to its end.
struct CycleRow {
    activity: String,
    began: Timestamp,
    kind: &'static str,
    state: String,
    class: &'static str,
    error: String,
    duration: String,
    counts: LineCounts,
}

impl CycleRow {
    fn of(cycle: &Execution) -> Self {
        CycleRow {
            activity: cycle.activity.clone(),
            began: cycle.began,
            kind: if cycle.initial { "initial" } else { "incremental" },
            state: cycle.state.clone(),
            class: match cycle.state.as_str() {
                "Succeeded" => "success",
                "Failed" => "failure",
                _ => "warning",
            },
            error: cycle.error.as_ref().map(|(code, _)| code.clone()).unwrap_or_default(),
            duration: duration(cycle.ended.duration_since(cycle.began)),
            counts: cycle.counts,
        }
    }
}

/// As people say how long something took.
fn duration(took: SignedDuration) -> String {
    match (took.as_secs(), took.as_millis()) {
        (_, milliseconds @ ..1_000) => format!("{} ms", milliseconds.max(0)),
        (seconds @ ..60, milliseconds) => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
        (seconds, _) => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// The first visit, and the one after the configuration was deleted.
#[derive(askama::Template)]
#[template(path = "tenant/get_started.html")]
struct GetStarted {
    frame: Frame,
}

/// Words of resetScope, what each is, and whether the portal's Restart has it.
const SCOPES: &[(&str, &str, bool)] = &[
    ("Watermark", "the next cycle looks at everybody", true),
    ("Escrows", "failures are forgotten and tried again at once", true),
    ("QuarantineState", "the job leaves quarantine", true),
    (
        "ConnectorDataStore",
        "links between people and accounts are broken; Microsoft advises against it",
        false,
    ),
    ("ForceDeletes", "deletions that were held back are allowed", false),
];

/// What was done, and when it holds.
fn after(done: &str, effect: Effect) -> String {
    match effect {
        Effect::Now => format!("{done}."),
        Effect::AfterRun => format!("{done}: it takes effect when the cycle that is under way has ended."),
    }
}

impl Page {
    pub(super) fn overview(
        &self,
        info: &ApplicationInfo,
        refused: Option<Refused<'_>>,
        told: Option<Told>,
    ) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let Ok(job) = self.live.job(&id) else {
            return page(&GetStarted { frame: self.frame(info, "Overview", told) });
        };
        let status = job.status();
        let configured = self.live.secrets(&id)?.has("BaseAddress");
        let interval = match status.interval {
            seconds if seconds % 60 == 0 => format!("{} minutes", seconds / 60),
            seconds => format!("{seconds} seconds"),
        };
        page(&Overview {
            frame: self.frame_with(info, "Overview", told, refused.as_ref()),
            seconds: match refused.filter(|refused| refused.form.has("seconds")) {
                Some(refused) => refused.form.get("seconds").to_owned(),
                None => status.interval.to_string(),
            },
            code: status.code(configured),
            active: status.state == ScheduleState::Active,
            job: job.id.clone(),
            interval,
            now: self.live.now(),
            cycles: status.recent.iter().map(CycleRow::of).collect(),
            status,
            scopes: SCOPES,
        })
    }

    /// A button of the command bar.
    pub(super) fn command(&self, info: &ApplicationInfo, form: &Form) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let done = self.carry_out(&id, form);
        match done {
            Ok(told) => Ok(Shown::Done(format!("/app/{id}"), told)),
            Err(refusal) => {
                let mistakes = refusal.mistakes()?;
                self.overview(info, Some(Refused { form, mistakes }), None)
            }
        }
    }

    fn carry_out(&self, id: &str, form: &Form) -> Result<String, Refusal> {
        let live = &self.live;
        let forward = |minutes: i64| live.forward(SignedDuration::from_mins(minutes));
        Ok(match form.get("do") {
            "create" => {
                live.add_job(id, None)?;
                "The application is connected: enter where its server is under Connectivity.".to_owned()
            }
            "start" => {
                let effect = live.start(id)?;
                after("Provisioning was started", effect)
            }
            "pause" => {
                live.pause(id)?;
                "Provisioning was paused; a cycle that is under way comes to its end.".to_owned()
            }
            "cycle" => {
                // The page shows it while it goes on.
                let (live, id) = (live.clone(), id.to_owned());
                live.job(&id)?;
                tokio::spawn(async move { live.cycle_now(&id).await });
                "A cycle was begun.".to_owned()
            }
            "restart" => {
                let words: Vec<&str> = form.all("scope").collect();
                let scope: ResetScope =
                    if words.is_empty() { Ok(ResetScope::NONE) } else { words.join(",").parse() }
                        .map_err(Refusal::Wrong)?;
                let effect = live.restart(id, scope)?;
                after("Provisioning was restarted", effect)
            }
            "allow-deletes" => {
                live.restart(id, ResetScope::ALLOW_DELETES)?;
                "The deletions are allowed: the next cycle carries them out.".to_owned()
            }
            "interval" => {
                let seconds =
                    form.get("seconds").parse().ok().filter(|seconds| (1..=31_536_000).contains(seconds));
                let seconds: u64 = seconds.ok_or_else(|| {
                    let typed = form.get("seconds");
                    Refusal::at("seconds", format!("`{typed}` is no number of seconds from 1 to 31536000."))
                })?;
                live.set_interval(id, seconds)?;
                format!("The interval is {seconds} seconds.")
            }
            "forward-40m" => {
                forward(40)?;
                "It is 40 minutes later.".to_owned()
            }
            "forward-1d" => {
                forward(24 * 60)?;
                "It is a day later.".to_owned()
            }
            "forward-30d" => {
                forward(30 * 24 * 60)?;
                "It is 30 days later: whoever lay in the recycle bin is gone for good.".to_owned()
            }
            _ => return Err(Refusal::NotFound),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_cycle_took_is_told_in_fitting_units() {
        for (milliseconds, told) in [
            (-3, "0 ms"),
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (59_990, "59.9 s"),
            (192_345, "3 min 12 s"),
        ] {
            assert_eq!(duration(SignedDuration::from_millis(milliseconds)), told);
        }
    }
}
