//! When cycles begin.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::WRONG_CREDENTIALS;
use crate::tenant::application::Application;
use crate::tenant::error::TenantError;
use crate::tenant::live::{LiveTenant, TenantEvent};
use crate::tenant::status::{Execution, LineCounts, ScheduleState};

impl LiveTenant {
    /// Applications whose job runs, each with the moment of its next cycle.
    fn due(&self) -> Vec<(String, Timestamp)> {
        let state = self.read();
        let due = |(id, application): (&String, &Application)| {
            let status = application.job.as_ref()?.status();
            let waits = status.state == ScheduleState::Active && status.progress.is_none();
            Some((id.clone(), status.next.filter(|_| waits)?))
        };
        state.applications.iter().filter_map(due).collect()
    }

    /// Plays the cycles that are due, until the program ends.
    pub async fn run_schedule(self) {
        loop {
            let active = self.due();
            let now = self.now();
            for (application, _) in active.iter().filter(|(_, due)| *due <= now) {
                // Until it has ended nothing is due; the end says when the next one is.
                if let Ok(job) = self.job(application) {
                    job.with_status(|status| status.next = None);
                }
                let (live, application) = (self.clone(), application.clone());
                tokio::spawn(async move { live.cycle_now(&application).await });
            }
            let soonest = active.iter().map(|(_, due)| *due).filter(|due| *due > now).min();
            let pause = soonest.map_or(Duration::from_secs(3_600), |due| {
                Duration::try_from(due.duration_since(now)).unwrap_or(Duration::from_secs(1))
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.woken() => {}
            }
        }
    }

    /// Plays one cycle now. One that cannot even begin is told in the job's status.
    pub async fn cycle_now(&self, application: &str) {
        if let Err(error) = self.cycle(application).await {
            self.could_not_begin(application, &error);
        }
    }

    /// A cycle that could not even begin, as without a Tenant URL, is tried again after an interval.
    fn could_not_begin(&self, application: &str, error: &TenantError) {
        let Ok(handle) = self.job(application) else { return };
        let (now, activity) = (self.now(), self.new_id().to_string());
        handle.with_status(|status| {
            let interval = SignedDuration::from_secs(i64::try_from(status.interval).unwrap_or(i64::MAX));
            status.next = now.saturating_add(interval).ok();
            status.note(Execution {
                activity,
                state: "Failed".to_owned(),
                began: now,
                ended: now,
                initial: status.last.is_none(),
                imported: 0,
                entitled: 0,
                exported: 0,
                escrowed: 0,
                references_failed: 0,
                counts: LineCounts::default(),
                error: Some((WRONG_CREDENTIALS.to_owned(), error.to_string())),
            });
        });
        self.record(&[handle.written(application)]);
        self.tell(TenantEvent::Job);
        self.wake();
    }
}
