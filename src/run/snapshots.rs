//! Compares the answers of each scenario run with those that were accepted before.

use std::io;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::event::ScenarioRunId;
use super::plan::TraceJudge;
use crate::check::{About, Finding, History, Level, Reference};
use crate::scim::discovery::Discovery;
use crate::snapshot::{
    self, SnapshotOutcome, SnapshotPage, SnapshotSettings, SnapshotStore, SnapshotVerdict, Unreadable,
};
use crate::wire::Exchange;

/// Compares every scenario run's answers with a store of snapshots and counts what it saw.
#[derive(Debug)]
pub struct Snapshots {
    store: SnapshotStore,
    settings: SnapshotSettings,
    level: Level,
    tally: Mutex<SnapshotCounts>,
}

/// What was seen, over all scenario runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotCounts {
    /// Pages as before.
    pub same: usize,
    /// Pages of steps that nothing was accepted for yet.
    pub new: usize,
    /// Pages that differ, pages of steps that were removed, and unreadable files.
    pub different: usize,
    /// Pages that were written because an update was asked for.
    pub updated: usize,
    /// Resources of others that were left out, on a shared target.
    pub foreign: usize,
    /// Why snapshots could not be read or written, the first time it happened. This is our problem,
    /// not the target's.
    pub problem: Option<String>,
}

/// What the finding `snapshot-differs` says of itself.
#[must_use]
pub fn about() -> &'static About {
    static ABOUT: LazyLock<About> = LazyLock::new(|| About {
        id: "rules/snapshot-differs".to_owned(),
        title: "Responses match the accepted snapshots".to_owned(),
        level: Level::Note,
        what: "The responses of each step, with ids, dates and versions replaced by numbered placeholders, \
               equal those of the accepted snapshot."
            .to_owned(),
        why: "An unintended change shows up here first: a missing attribute, another status, another type."
            .to_owned(),
        fix: "Review the difference with `scimulate review`, accept what you intended, and fix the rest."
            .to_owned(),
        entra: "Nothing by itself; the change may have any effect.".to_owned(),
        refs: vec![Reference::Rfc("7644#3".into())],
        faults: Vec::new(),
        history: History::default(),
    });
    &ABOUT
}

impl Snapshots {
    /// Compares with this store. Differences are findings of this level: note, or error when they
    /// are to fail the run.
    #[must_use]
    pub fn new(store: SnapshotStore, settings: SnapshotSettings, level: Level) -> Arc<Self> {
        Arc::new(Snapshots { store, settings, level, tally: Mutex::default() })
    }

    /// The judge of a [`super::plan::Plan`].
    #[must_use]
    pub fn judge(self: &Arc<Self>) -> TraceJudge {
        let snapshots = Arc::clone(self);
        Arc::new(move |scenario_run, trace, discovery| snapshots.compare(scenario_run, trace, discovery))
    }

    /// What was seen so far.
    #[must_use]
    pub fn tally(&self) -> SnapshotCounts {
        self.counted().clone()
    }

    fn compare(
        &self,
        scenario_run: &ScenarioRunId,
        trace: &[Arc<Exchange>],
        discovery: &Discovery,
    ) -> Vec<Finding> {
        let no_etags = discovery.supports("etag") != Some(true);
        let pages = snapshot::pages(trace, &SnapshotSettings { no_etags, ..self.settings.clone() });
        // After a broken connection the rest was not played: what is missing says nothing.
        let complete = trace.iter().all(|exchange| exchange.outcome.is_ok());
        let outcomes = self.store.compare(&scenario_run.scenario, &scenario_run.dialect, &pages, complete);
        let mut tally = self.counted();
        tally.foreign += pages.iter().map(|page| page.foreign).sum::<usize>();
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tally.problem.get_or_insert_with(|| sentence(&error));
                return Vec::new();
            }
        };
        for outcome in &outcomes {
            match outcome.verdict {
                SnapshotVerdict::Same => tally.same += 1,
                SnapshotVerdict::Updated => tally.updated += 1,
                SnapshotVerdict::New => tally.new += 1,
                SnapshotVerdict::Changed(_) | SnapshotVerdict::Obsolete | SnapshotVerdict::Unreadable(_) => {
                    tally.different += 1;
                }
            }
        }
        drop(tally);
        outcomes.iter().filter_map(|outcome| self.finding(outcome, &pages, trace)).collect()
    }

    fn finding(
        &self,
        outcome: &SnapshotOutcome,
        pages: &[SnapshotPage],
        trace: &[Arc<Exchange>],
    ) -> Option<Finding> {
        let name = &outcome.name;
        let (message, actual) = match &outcome.verdict {
            SnapshotVerdict::Same | SnapshotVerdict::Updated => return None,
            SnapshotVerdict::New => {
                (format!("no responses were accepted yet for {name}"), "new responses".to_owned())
            }
            SnapshotVerdict::Changed(diff) => {
                (format!("the responses of {name} differ from the accepted ones"), diff.clone())
            }
            SnapshotVerdict::Obsolete => {
                (format!("{name} was accepted, but the scenario has no such step"), "no such step".to_owned())
            }
            SnapshotVerdict::Unreadable(why) => {
                (format!("snapshots cannot be read: {why}; {}", Unreadable::WAY_OUT), why.to_string())
            }
        };
        let expected = format!("as in {}", outcome.path.display());
        let mut finding = Finding::of(about(), message).against(expected, actual).at(self.level);
        let last = pages.iter().find(|page| page.name == *name).map(|page| page.last);
        if let Some(exchange) = trace.iter().find(|exchange| Some(exchange.number) == last) {
            finding = finding.shown_by(exchange);
        }
        Some(finding)
    }

    fn counted(&self) -> MutexGuard<'_, SnapshotCounts> {
        // A panic elsewhere must not cost the count.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sentence(error: &io::Error) -> String {
    format!("snapshots cannot be stored: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::observer::testing;
    use crate::wire::{Answer, Broken};
    use serde_json::json;

    fn scenario_run() -> ScenarioRunId {
        ScenarioRunId { scenario: "cycles/a".into(), dialect: "default".into() }
    }

    fn trace(name: &str) -> Vec<Arc<Exchange>> {
        vec![Arc::new(testing::exchange(Ok(Answer::json(200, &json!({"userName": name})))))]
    }

    fn snapshots(folder: &std::path::Path, update: bool) -> Arc<Snapshots> {
        Snapshots::new(SnapshotStore::new(folder, update, false), SnapshotSettings::default(), Level::Note)
    }

    #[test]
    fn a_changed_answer_is_a_finding_with_the_difference_and_its_exchange() {
        let folder = tempfile::tempdir().unwrap();
        let update = snapshots(folder.path(), true);
        assert!((update.judge())(&scenario_run(), &trace("ada"), &Discovery::default()).is_empty());
        assert_eq!(update.tally().updated, 1);
        let check = snapshots(folder.path(), false);
        assert!((check.judge())(&scenario_run(), &trace("ada"), &Discovery::default()).is_empty());
        let findings = (check.judge())(&scenario_run(), &trace("grace"), &Discovery::default());
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].rule.as_str(), findings[0].level), ("rules/snapshot-differs", Level::Note));
        assert!(findings[0].actual.contains("-  \"userName\": \"ada\"\n+  \"userName\": \"grace\""));
        assert_eq!(findings[0].exchanges.len(), 1);
        assert_eq!((check.tally().same, check.tally().different), (1, 1));
    }

    #[test]
    fn a_scenario_run_that_broke_off_does_not_make_the_rest_obsolete() {
        let folder = tempfile::tempdir().unwrap();
        (snapshots(folder.path(), true).judge())(&scenario_run(), &trace("ada"), &Discovery::default());
        let check = snapshots(folder.path(), false);
        assert_eq!(
            (check.judge())(&scenario_run(), &[], &Discovery::default()).len(),
            1,
            "played to its end, without a step"
        );
        let mut broken = testing::exchange(Err(Broken::Interrupted));
        broken.request.step = "other".into();
        assert!((check.judge())(&scenario_run(), &[Arc::new(broken)], &Discovery::default()).is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_finding_with_its_line_and_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        (snapshots(folder.path(), true).judge())(&scenario_run(), &trace("ada"), &Discovery::default());
        let path = folder.path().join("cycles/a/default.snap");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("=== 0", "== 0")).unwrap();
        let check = snapshots(folder.path(), false);
        let findings = (check.judge())(&scenario_run(), &trace("ada"), &Discovery::default());
        assert_eq!((findings.len(), check.tally().different), (1, 1));
        let message = &findings[0].message;
        assert!(message.contains("default.snap:5: ") && message.contains("remove it"), "{message}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_our_problem_and_no_finding() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cycles"), "a file where a folder is needed").unwrap();
        let update = snapshots(folder.path(), true);
        assert!((update.judge())(&scenario_run(), &trace("ada"), &Discovery::default()).is_empty());
        assert!(update.tally().problem.is_some_and(|problem| problem.contains("cannot be stored")));
    }
}
