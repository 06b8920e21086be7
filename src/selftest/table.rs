//! The matrix as text.

use std::collections::BTreeMap;
use std::fmt;

use super::headlines::HeadlineCounts;
use super::matrix::Matrix;
use super::subject::ServerUnderTest;
use crate::server::Fault;

/// Faults by class, a line each: how many scenarios and rules catch it, and the first that names it.
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut classes: BTreeMap<String, Vec<Fault>> = BTreeMap::new();
        let mut correct = 0;
        for subject in self.sightings.keys() {
            match subject {
                ServerUnderTest::Fault(fault) => {
                    classes.entry(fault.class().to_string()).or_default().push(*fault)
                }
                ServerUnderTest::Healthy | ServerUnderTest::Variant(_) => correct += 1,
            }
        }
        for (class, faults) in &classes {
            let seen = faults.iter().filter(|fault| self.is_seen(**fault)).count();
            writeln!(f, "{class}: {seen} of {} seen", faults.len())?;
            writeln!(f, "  {:44} {:>7} {:>5}  first of those that name it", "fault", "scenarios", "rules")?;
            for fault in faults {
                let caught = self.caught_by(*fault);
                let rules = caught.iter().filter(|check| check.id.starts_with("rules/")).count();
                let first = match caught.first().filter(|check| check.faults.contains(fault.name())) {
                    Some(check) => check.id.as_str(),
                    None if self.is_refused(*fault) => "preflight",
                    None => "none",
                };
                writeln!(f, "  {:44} {:>7} {:>5}  {first}", fault.name(), caught.len() - rules, rules)?;
            }
            writeln!(f)?;
        }
        let faults: usize = classes.values().map(Vec::len).sum();
        let seen = classes.values().flatten().filter(|fault| self.is_seen(**fault)).count();
        let problems = self.problems();
        let alarms = problems.iter().filter(|problem| problem.is_false_alarm()).count();
        writeln!(f, "{seen} of {faults} faults seen, {alarms} false alarms on {correct} correct servers")?;
        let rules = self.declared.iter().filter(|check| check.id.starts_with("rules/")).count();
        writeln!(
            f,
            "{} scenarios and {rules} rules, {} problems",
            self.declared.len() - rules,
            problems.len()
        )?;
        for problem in problems {
            writeln!(f, "  {problem}")?;
        }
        Ok(())
    }
}

impl Matrix {
    /// How many red lines the faults gave, and every fault with another first name or more than one of them; the number
    /// of those that the table of exceptions has otherwise.
    #[must_use]
    pub fn headlines(&self) -> (String, usize) {
        let counts = HeadlineCounts::of(self);
        let mut text = format!("{}{}\n", counts.exceptions(), counts.summary());
        for problem in counts.problems() {
            text.push_str(&format!("  {problem}\n"));
        }
        (text, counts.problems().len())
    }

    /// Every check that caught a fault, those that name it marked with a star.
    #[must_use]
    pub fn details(&self) -> String {
        let mut text = String::new();
        for subject in self.sightings.keys() {
            let ServerUnderTest::Fault(fault) = *subject else { continue };
            text.push_str(&format!("{}\n", fault.name()));
            for check in self.caught_by(fault) {
                let mark = if check.faults.contains(fault.name()) { '*' } else { ' ' };
                text.push_str(&format!("  {mark} {}\n", check.id));
            }
        }
        text
    }
}
