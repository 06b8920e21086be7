//! How many red lines one fault gives, and whether the first one has the right name.
//!
//! `headlines.tsv` has a line for each fault: its name, the level that it is expected to have, and the ids of the
//! checks of which any is a right name for it, best first. It is written from what the faults say of themselves and
//! never from what a run said.
//!
//! `exceptions.tsv` has the faults that miss this, each with the number of red lines that it may give and the reason. A
//! fault that misses it and is not listed, gives more lines than that, or is listed and misses nothing is a problem.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::matrix::Matrix;
use super::subject::ServerUnderTest;
use crate::check::Level;
use crate::run::verdict::cause::causes;
use crate::run::verdict::report::Report;
use crate::server::Fault;

const HEADLINES: &str = include_str!("headlines.tsv");
const EXCEPTIONS: &str = include_str!("exceptions.tsv");

/// A cause at `error` or `critical`, as a report tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedLine {
    /// The check that is its headline.
    pub check: String,
    /// Its level.
    pub level: Level,
    /// What the headline says.
    pub message: String,
    /// Ids of the other checks that met it, and of those that it blocks.
    pub others: Vec<String>,
}

/// The red lines of a report, in its order.
pub(super) fn red_lines(report: &Report) -> Vec<RedLine> {
    let red = causes(report).into_iter().filter(|cause| cause.level >= Level::Error);
    red.map(|cause| RedLine {
        check: cause.finding.rule.clone(),
        level: cause.level,
        message: cause.finding.message.clone(),
        others: cause.checks.iter().chain(&cause.consequences).map(ToString::to_string).collect(),
    })
    .collect()
}

/// What is expected of the first red line of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExpectedHeadline {
    /// The level of the fault.
    pub(super) level: Level,
    /// The checks of which any is a right name, best first.
    pub(super) checks: Vec<&'static str>,
}

/// The expected headlines, by the name of the fault.
///
/// # Panics
/// When the table is not as its head says; a test reads it.
pub(super) fn expected_headlines() -> BTreeMap<&'static str, ExpectedHeadline> {
    let lines = HEADLINES.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut cells = line.split('\t');
            let (Some(fault), Some(level), Some(checks)) = (cells.next(), cells.next(), cells.next()) else {
                panic!("headlines.tsv: `{line}` has not three cells");
            };
            let level = level.parse().unwrap_or_else(|error| panic!("headlines.tsv: {fault}: {error}"));
            (fault, ExpectedHeadline { level, checks: checks.split(',').map(str::trim).collect() })
        })
        .collect()
}

/// What a fault may give although it is not one red line with the right name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HeadlineException {
    /// The most red lines.
    most: usize,
    reason: &'static str,
}

/// The listed exceptions, by the name of the fault.
///
/// # Panics
/// When the table is not as its head says; a test reads it.
fn listed_exceptions() -> BTreeMap<&'static str, HeadlineException> {
    let lines = EXCEPTIONS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut cells = line.splitn(3, '\t');
            let (Some(fault), Some(most), Some(reason)) = (cells.next(), cells.next(), cells.next()) else {
                panic!("exceptions.tsv: `{line}` has not three cells");
            };
            let most = most.parse().unwrap_or_else(|error| panic!("exceptions.tsv: {fault}: {error}"));
            (fault, HeadlineException { most, reason })
        })
        .collect()
}

/// The red lines of the faults that are expected to have one.
#[derive(Debug, Default)]
pub(super) struct HeadlineCounts {
    faults: usize,
    named: usize,
    one: usize,
    two: usize,
    /// Faults that miss the first two measures, with what they gave.
    exceptions: Vec<String>,
    /// What `exceptions.tsv` says otherwise.
    problems: Vec<String>,
}

impl HeadlineCounts {
    pub(super) fn of(matrix: &Matrix) -> Self {
        let (expected, exceptions) = (expected_headlines(), listed_exceptions());
        let mut counts = HeadlineCounts::default();
        for (subject, sighting) in &matrix.sightings {
            let ServerUnderTest::Fault(fault) = subject else { continue };
            let Some(headline) = expected.get(fault.name()).filter(|it| it.level >= Level::Error) else {
                continue;
            };
            // What cannot be tested at all is told in one sentence.
            if sighting.unplayable {
                continue;
            }
            counts.faults += 1;
            counts.add(*fault, headline, exceptions.get(fault.name()).copied(), &sighting.red_lines);
        }
        counts
    }

    fn add(
        &mut self,
        fault: Fault,
        headline: &ExpectedHeadline,
        listed: Option<HeadlineException>,
        lines: &[RedLine],
    ) {
        let named = lines.first().is_some_and(|first| headline.checks.contains(&first.check.as_str()));
        self.named += usize::from(named);
        self.one += usize::from(lines.len() == 1);
        self.two += usize::from((1..=2).contains(&lines.len()));
        let name = fault.name();
        let is_exception = !named || lines.len() != 1;
        match listed {
            None if is_exception => self.problems.push(format!("{name} is not listed in exceptions.tsv")),
            Some(_) if !is_exception => {
                self.problems.push(format!("{name} is listed in exceptions.tsv and misses nothing"));
            }
            Some(listed) if lines.len() > listed.most => self.problems.push(format!(
                "{name} gives {} red lines; exceptions.tsv allows {}",
                lines.len(),
                listed.most
            )),
            _ => {}
        }
        if !is_exception {
            return;
        }
        let mut text = format!("{name}: {} red, expected {}\n", lines.len(), headline.checks.join(" or "));
        for line in lines {
            let _ = writeln!(text, "    {} {}: {}", line.level, line.check, line.message);
        }
        if let Some(listed) = listed {
            let _ = writeln!(text, "    reason: {}", listed.reason);
        }
        self.exceptions.push(text);
    }

    /// The measures, a line.
    pub(super) fn summary(&self) -> String {
        format!(
            "{} faults of level error or above: {} named right by the first red line, {} with one red line, {} with at \
             most two",
            self.faults, self.named, self.one, self.two
        )
    }

    /// Where `exceptions.tsv` says otherwise, a line each.
    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Every fault with another first name or more than one red line, and what it gave.
    pub(super) fn exceptions(&self) -> String {
        self.exceptions.concat()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{rules, scenario};

    #[test]
    fn every_fault_has_a_line_and_every_name_is_that_of_a_check() {
        let expected = expected_headlines();
        let faults: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(expected.keys().copied().collect::<BTreeSet<_>>(), faults);
        let scenarios = scenario::builtin().unwrap();
        for (fault, headline) in expected {
            for check in headline.checks {
                let is_known = rules::find(check).is_some()
                    || scenarios.iter().any(|scenario| scenario.about.id == check)
                    || check.starts_with("requirements/");
                assert!(is_known, "headlines.tsv: {fault}: there is no check {check}");
            }
        }
    }

    #[test]
    fn every_exception_is_a_fault_with_a_reason() {
        for (fault, exception) in listed_exceptions() {
            assert!(Fault::ALL.iter().any(|known| known.name() == fault), "exceptions.tsv: no fault {fault}");
            assert!(exception.reason.len() > 20, "exceptions.tsv: {fault} has no reason");
        }
    }

    #[test]
    fn a_right_name_and_a_single_line_are_counted_apart() {
        let line = |check: &str| RedLine {
            check: check.into(),
            level: Level::Error,
            message: "m".into(),
            others: Vec::new(),
        };
        let headline = ExpectedHeadline { level: Level::Error, checks: vec!["rules/a"] };
        let mut counts = HeadlineCounts::default();
        let fault = Fault::FILTER_IGNORED;
        let listed = |most| Some(HeadlineException { most, reason: "r" });
        counts.add(fault, &headline, None, &[line("rules/a")]);
        counts.add(fault, &headline, listed(2), &[line("rules/b"), line("rules/a")]);
        assert!(counts.problems().is_empty());
        counts.add(fault, &headline, None, &[]);
        assert_eq!((counts.named, counts.one, counts.two), (1, 1, 2));
        assert!(
            counts.exceptions().contains("filter-ignored: 2 red, expected rules/a\n    error rules/b: m\n")
        );
        assert!(counts.exceptions().contains("filter-ignored: 0 red"));
        assert!(counts.exceptions().contains("reason: r"));
        counts.add(fault, &headline, listed(1), &[line("rules/a")]);
        counts.add(fault, &headline, listed(1), &[line("rules/a"), line("rules/b")]);
        let problems = [
            "filter-ignored is not listed in exceptions.tsv",
            "filter-ignored is listed in exceptions.tsv and misses nothing",
            "filter-ignored gives 2 red lines; exceptions.tsv allows 1",
        ];
        assert_eq!(counts.problems(), problems);
    }
}
