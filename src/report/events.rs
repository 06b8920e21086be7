//! The events of a run as they come, a JSON object in each line (`scimulate-events/1`).
//!
//! A line says in `event` what happened; a program that reads them leaves alone what it does not know.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::run::event::{Event, Listener, ScenarioRunId};
use crate::run::verdict::report::CheckResult;

/// The value of `format` in the first line.
pub const FORMAT: &str = "scimulate-events/1";

/// Writes a line for each event, at once.
pub struct Events<W: Write> {
    out: W,
    problem: Option<io::Error>,
}

impl<W: Write> Events<W> {
    /// Writes to this.
    pub fn new(out: W) -> Self {
        Events { out, problem: None }
    }

    /// Ends the list.
    ///
    /// # Errors
    /// The first one that occurred while writing. A reader that has gone away is none.
    pub fn finish(self) -> io::Result<()> {
        self.problem.filter(|problem| problem.kind() != io::ErrorKind::BrokenPipe).map_or(Ok(()), Err)
    }

    fn write(&mut self, line: &Value) -> io::Result<()> {
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }
}

impl<W: Write> Listener for Events<W> {
    fn on(&mut self, event: &Event) {
        if self.problem.is_none() {
            self.problem = self.write(&line(event)).err();
        }
    }
}

fn line(event: &Event) -> Value {
    match event {
        Event::Started { target, seed, prefix, dialects, scenario_runs, jobs } => json!({
            "event": "started", "format": FORMAT, "version": env!("CARGO_PKG_VERSION"), "target": target,
            "seed": seed, "prefix": prefix, "dialects": dialects, "scenario_runs": scenario_runs, "jobs": jobs,
        }),
        Event::Prepared { trace, .. } => json!({ "event": "prepared", "requests": trace.len() }),
        Event::ScenarioStarted(scenario_run) => {
            of(Some(scenario_run), json!({ "event": "scenario-started" }))
        }
        Event::Waiting { scenario_run, pause } => {
            of(scenario_run.as_ref(), json!({ "event": "waiting", "seconds": pause.as_secs_f64() }))
        }
        Event::Finding { scenario_run, finding } => of(
            scenario_run.as_ref(),
            json!({
                "event": "finding", "rule": finding.rule, "level": finding.level.as_str(),
                "message": finding.message, "fix": finding.fix,
            }),
        ),
        Event::ScenarioFinished { scenario_run, result, trace } => of(
            Some(scenario_run),
            with_outcome(result, json!({ "event": "scenario-finished", "requests": trace.len() })),
        ),
        Event::CheckFinished(check) => with_outcome(
            check,
            json!({ "event": "check-finished", "id": check.id, "dialect": check.dialect }),
        ),
        Event::Finished(report) => {
            let counts = report.counts();
            json!({
                "event": "finished", "verdict": report.verdict.as_str(), "passed": counts.passed,
                "failed": counts.failed, "skipped": counts.skipped, "not_exercised": counts.not_exercised,
                "requests": report.exchanges, "seconds": report.elapsed.as_secs_f64(),
                "left_behind": report.left_behind.len(),
            })
        }
    }
}

/// The same with the scenario run that it belongs to, if there is one.
fn of(scenario_run: Option<&ScenarioRunId>, mut line: Value) -> Value {
    if let Some(scenario_run) = scenario_run {
        line["scenario"] = scenario_run.scenario.as_str().into();
        line["dialect"] = scenario_run.dialect.as_str().into();
    }
    line
}

fn with_outcome(check: &CheckResult, mut line: Value) -> Value {
    line["status"] = check.outcome.as_str().into();
    line["seconds"] = check.elapsed.as_secs_f64().into();
    if let Some(reason) = check.outcome.reason() {
        line["reason"] = reason.into();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::run::verdict::example;

    fn written(events: &[Event]) -> Vec<Value> {
        let mut out = Vec::new();
        let mut writer = Events::new(&mut out);
        events.iter().for_each(|event| writer.on(event));
        writer.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn each_event_is_one_line_that_says_where_it_belongs() {
        let report = example::report();
        let check = report.checks.iter().find(|check| check.id == "cycles/disable-unassigned").unwrap();
        let scenario_run = ScenarioRunId { scenario: check.id.clone(), dialect: "default".into() };
        let lines = written(&[
            Event::ScenarioStarted(scenario_run.clone()),
            Event::Finding {
                scenario_run: Some(scenario_run.clone()),
                finding: Arc::new(example::still_active(&check.id)),
            },
            Event::ScenarioFinished { scenario_run, result: Arc::new(check.clone()), trace: Vec::new() },
            Event::Finished(Arc::new(report.clone())),
        ]);
        assert_eq!(
            lines[0],
            json!({"event": "scenario-started", "scenario": check.id, "dialect": "default"})
        );
        assert_eq!((&lines[1]["level"], &lines[1]["rule"]), (&json!("critical"), &json!(check.id)));
        assert_eq!((&lines[2]["status"], &lines[2]["requests"]), (&json!("failed"), &json!(0)));
        assert_eq!((&lines[3]["verdict"], &lines[3]["failed"]), (&json!("failed"), &json!(3)));
    }

    #[test]
    fn a_reader_that_has_gone_away_is_no_error_and_a_full_disk_is() {
        struct Broken(io::ErrorKind);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for (kind, is_right) in [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)] {
            let mut writer = Events::new(Broken(kind));
            writer.on(&Event::Finished(Arc::new(example::report())));
            assert_eq!(writer.finish().is_ok(), is_right, "{kind}");
        }
    }
}
