//! Overview: what the job does, and its commands.

use jiff::{SignedDuration, Timestamp};

use super::form::Form;
use super::frame::{Frame, Told};
use super::mistake::Refused;
use super::{Page, Refusal, Shown, page};
use crate::entra::job::ResetScope;
use crate::tenant::{ApplicationInfo, JobStatus, ScheduleState};

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
    scopes: &'static [(&'static str, &'static str, bool)],
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
            status,
            scopes: SCOPES,
        })
    }

    /// A button of the command bar.
    pub(super) async fn command(&self, info: &ApplicationInfo, form: &Form) -> Result<Shown, Refusal> {
        let id = info.service_principal.to_string();
        let done = self.carry_out(&id, form).await;
        match done {
            Ok(told) => Ok(Shown::Done(format!("/app/{id}"), told)),
            Err(refusal) => {
                let mistakes = refusal.mistakes()?;
                self.overview(info, Some(Refused { form, mistakes }), None)
            }
        }
    }

    async fn carry_out(&self, id: &str, form: &Form) -> Result<String, Refusal> {
        let live = &self.live;
        let forward = |minutes: i64| live.forward(SignedDuration::from_mins(minutes));
        Ok(match form.get("do") {
            "create" => {
                live.add_job(id, None)?;
                "The application is connected: enter where its server is under Connectivity.".to_owned()
            }
            "start" => {
                live.start(id).await?;
                "Provisioning was started.".to_owned()
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
                live.restart(id, scope).await?;
                "Provisioning was restarted.".to_owned()
            }
            "allow-deletes" => {
                live.restart(id, ResetScope::ALLOW_DELETES).await?;
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
