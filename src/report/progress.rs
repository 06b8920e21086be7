//! What is shown while a run goes on: one line that is written over on a terminal, and a sign of
//! life every ten seconds elsewhere.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::layout;
use crate::check::Level;
use crate::run::event::{Event, Listener};
use crate::wire::Exchange;

/// How often the line on a terminal is written anew at most.
const REDRAW: Duration = Duration::from_millis(80);
/// How often a line is written where nobody watches, as in a CI log.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// A target whose usual answer takes so long is slow: a whole run lasts minutes.
const SLOW: Duration = Duration::from_millis(50);
/// So many answers tell what is usual.
const ENOUGH: usize = 5;
/// Longest line on a terminal: a longer one would be broken and could not be written over.
const WIDTH: usize = 78;

/// Writes the progress of a run.
pub struct Progress<W: Write> {
    out: W,
    live: bool,
    scenario_runs: usize,
    jobs: usize,
    finished: usize,
    findings: usize,
    written: Option<Instant>,
    /// Until when the target is waited for, as was told: jobs that wait for the same pause tell it once.
    waiting_until: Option<Instant>,
    /// How many columns of the line are written over.
    covered: usize,
    lost: bool,
}

impl<W: Write> Progress<W> {
    /// Progress on `out`; `live` when it is a terminal.
    pub fn new(out: W, live: bool) -> Self {
        Progress {
            out,
            live,
            scenario_runs: 0,
            jobs: 0,
            finished: 0,
            findings: 0,
            written: None,
            waiting_until: None,
            covered: 0,
            lost: false,
        }
    }

    fn tell(&mut self, what: &str) {
        let pause = if self.live { REDRAW } else { SIGN_OF_LIFE };
        if self.lost || self.written.is_some_and(|written| written.elapsed() < pause) {
            return;
        }
        self.written = Some(Instant::now());
        let mut line = format!("{}/{} {}", self.finished, self.scenario_runs, layout::clean(what));
        if self.findings > 0 {
            line.push_str(&format!(" ({} so far)", layout::counted(self.findings, "finding")));
        }
        let line = layout::excerpt(&line, WIDTH);
        let written = if self.live { self.write_over(&line) } else { writeln!(self.out, "{line}") };
        // Progress is a courtesy: when nobody reads it any more, the run goes on without.
        self.lost = written.is_err();
    }

    /// Writes a line that stays.
    fn remark(&mut self, text: &str) {
        self.clear();
        if !self.lost {
            self.lost = writeln!(self.out, "{text}").is_err();
        }
    }

    fn clear(&mut self) {
        if self.live && self.written.is_some() && !self.lost {
            let wiped = self.write_over("").and_then(|()| self.write_over(""));
            self.lost = wiped.is_err();
        }
        self.written = None;
    }

    /// Writes over the line before with spaces where it was longer: every terminal can do that.
    fn write_over(&mut self, line: &str) -> io::Result<()> {
        let covered = std::mem::replace(&mut self.covered, line.chars().count());
        write!(self.out, "\r{line:covered$}")?;
        self.out.flush()
    }
}

impl<W: Write> Listener for Progress<W> {
    fn on(&mut self, event: &Event) {
        match event {
            Event::Started { target, scenario_runs, jobs, .. } => {
                self.scenario_runs = *scenario_runs;
                self.jobs = *jobs;
                // The first sign of life is due after ten seconds, not at once.
                if !self.live {
                    self.written = Some(Instant::now());
                }
                self.tell(&format!("checking what {target} can do"));
            }
            Event::Prepared { trace, .. } => {
                if self.jobs == 1
                    && let Some(usual) = usual_time(trace).filter(|usual| *usual >= SLOW)
                {
                    self.remark(&format!(
                        "the target takes {} ms for an answer: `--jobs 4` plays four scenarios at once, `--quick` fewer",
                        usual.as_millis()
                    ));
                }
            }
            Event::ScenarioStarted(scenario_run) => self.tell(&scenario_run.to_string()),
            Event::Waiting { pause, .. } => {
                let now = Instant::now();
                if self.waiting_until.is_some_and(|until| now < until) {
                    return;
                }
                self.waiting_until = now.checked_add(*pause);
                // A line that is due later must not leave a long silence unexplained.
                if self.live || *pause >= SIGN_OF_LIFE {
                    self.written = None;
                }
                let seconds = pause.as_secs_f32().ceil();
                self.tell(&format!(
                    "waiting {seconds} s for the target (429 or 503); see --pace, --quick, --jobs"
                ));
            }
            Event::Finding { finding, .. } => self.findings += usize::from(finding.level >= Level::Error),
            Event::ScenarioFinished { scenario_run, .. } => {
                self.finished += 1;
                self.tell(&scenario_run.to_string());
            }
            Event::CheckFinished(_) => {}
            Event::Finished(_) => self.clear(),
        }
    }
}

/// The median of the times that answers took; `None` if there are too few.
fn usual_time(trace: &[Arc<Exchange>]) -> Option<Duration> {
    let mut times: Vec<Duration> =
        trace.iter().filter_map(|exchange| Some(exchange.answer()?.elapsed)).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().filter(|_| times.len() >= ENOUGH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::event::ScenarioRunId;
    use crate::run::verdict::example;
    use crate::wire::{Answer, Method};
    use serde_json::json;

    fn played(live: bool) -> String {
        let mut out = Vec::new();
        let mut progress = Progress::new(&mut out, live);
        let scenario_run = ScenarioRunId { scenario: "cycles/a".into(), dialect: "default".into() };
        progress.on(&Event::Started {
            target: "http://127.0.0.1:1/\x1b[31m".into(),
            seed: 0,
            prefix: "p".into(),
            dialects: Vec::new(),
            scenario_runs: 2,
            jobs: 1,
        });
        progress.on(&Event::ScenarioStarted(scenario_run));
        progress.on(&Event::Finished(Arc::new(example::report())));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_terminal_gets_one_line_that_is_wiped_at_the_end() {
        let out = played(true);
        let line = out.strip_prefix('\r').and_then(|out| out.split_once('\r')).unwrap();
        assert!(line.0.starts_with("0/2 checking what http://127.0.0.1:1/"), "{out:?}");
        assert_eq!(line.1, format!("{}\r", " ".repeat(line.0.chars().count())));
        assert!(!out.contains('\x1b') && !out.contains('\n'));
    }

    #[test]
    fn a_shorter_line_covers_the_longer_one_before() {
        let mut out = Vec::new();
        let mut progress = Progress::new(&mut out, true);
        for line in ["long", "é", "ab"] {
            progress.write_over(line).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), "\rlong\ré   \rab");
    }

    #[test]
    fn a_long_pause_is_told_at_once_and_a_short_one_when_a_line_is_due() {
        for (seconds, told) in
            [(60, "0/0 waiting 60 s for the target (429 or 503); see --pace, --quick, --jobs\n"), (1, "")]
        {
            let mut out = Vec::new();
            let mut progress = Progress::new(&mut out, false);
            progress.written = Some(Instant::now());
            // Several jobs meet the same pause.
            for _ in 0..3 {
                progress.on(&Event::Waiting { scenario_run: None, pause: Duration::from_secs(seconds) });
            }
            assert_eq!(String::from_utf8(out).unwrap(), told);
        }
    }

    #[test]
    fn a_slow_target_is_told_once_where_one_scenario_is_played_at_a_time() {
        let answers = |milliseconds: u64| -> Vec<Arc<Exchange>> {
            let elapsed = Duration::from_millis(milliseconds);
            let answer = Ok(Answer { elapsed, ..Answer::json(200, &json!({})) });
            (0..ENOUGH).map(|_| example::exchange(Method::Get, "/Users", None, answer.clone())).collect()
        };
        let told = |jobs: usize, milliseconds: u64| {
            let mut out = Vec::new();
            let mut progress = Progress::new(&mut out, false);
            progress.jobs = jobs;
            let abilities = Arc::default();
            progress.on(&Event::Prepared { abilities, trace: answers(milliseconds) });
            String::from_utf8(out).unwrap()
        };
        assert!(told(1, 120).starts_with("the target takes 120 ms for an answer: `--jobs 4`"));
        assert_eq!((told(1, 3), told(4, 120)), (String::new(), String::new()));
    }

    #[test]
    fn a_log_stays_quiet_in_a_short_run() {
        assert_eq!(played(false), "");
    }

    #[test]
    fn a_log_gets_a_line_when_a_run_takes_long() {
        let mut out = Vec::new();
        let mut progress = Progress::new(&mut out, false);
        progress.scenario_runs = 9;
        progress.findings = 2;
        progress.tell("cycles/a [default]");
        progress.tell("cycles/b [default]");
        assert_eq!(String::from_utf8(out).unwrap(), "0/9 cycles/a [default] (2 findings so far)\n");
    }
}
