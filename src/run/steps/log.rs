//! What the provisioning log must say of one object.

use std::sync::{Arc, Mutex, PoisonError};

use super::Player;
use super::fixture::{FixtureSource, Mistake};
use crate::check::{Aspect, Finding};
use crate::entra::directory::ObjectId;
use crate::entra::job::{LogEntry, LogRecord, ModifiedProperty, Watcher};
use crate::scenario::{Action, LogExpectation, ModifiedExpectation, Scenario};
use crate::scim::PatchPath;
use crate::wire::Target;

/// Keeps which properties were modified, for scenarios that ask.
#[derive(Debug, Default)]
pub(super) struct Modifications(Mutex<Vec<(ObjectId, ModifiedProperty)>>);

impl Modifications {
    /// A keeper for a scenario that reads the log; others keep none.
    pub(super) fn wanted_by(scenario: &Scenario) -> Option<Arc<Self>> {
        let asks = scenario.timeline.iter().any(|step| match &step.action {
            Action::ExpectLog(expected) => expected.values().any(|expected| !expected.modified.is_empty()),
            Action::ExpectUpdated(_) => true,
            _ => false,
        });
        asks.then(Arc::default)
    }

    /// Those of one object in the last cycle.
    fn of(&self, id: &ObjectId) -> Vec<ModifiedProperty> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(other, _)| other == id).map(|(_, property)| property.clone()).collect()
    }
}

impl Watcher for Modifications {
    fn begins(&self, _: &str, _: bool, _: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn logged(&self, entry: &LogEntry, record: &LogRecord) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(record.modified.iter().map(|property| (entry.id.clone(), property.clone())));
    }
}

impl<T: Target, C: FixtureSource> Player<'_, T, C> {
    /// What the provisioning log says of one object.
    pub(super) fn expect_log(&mut self, key: &str, expectation: &LogExpectation) -> Result<(), Mistake> {
        if self.blocked.contains(key) {
            return Ok(());
        }
        let id = self.fixture.id(key)?;
        let Some((report, range)) = &self.last else {
            return Err(Mistake::Other("there was no cycle before `expect-log`".to_owned()));
        };
        let agrees =
            |wanted: &Option<String>, said: &str| wanted.as_deref().is_none_or(|wanted| wanted == said);
        let entries: Vec<_> = report.of(&id).collect();
        let found = entries.iter().any(|entry| {
            agrees(&expectation.action, entry.action.as_str())
                && agrees(&expectation.status, entry.status.as_str())
                && agrees(&expectation.code, entry.code.map_or("", |code| code.as_str()))
        });
        if found {
            return self.expect_modified(key, &id, expectation);
        }
        let wanted: Vec<&str> = [&expectation.action, &expectation.status, &expectation.code]
            .into_iter()
            .filter_map(|word| word.as_deref())
            .collect();
        let wanted = wanted.join(" ");
        let said: Vec<String> = entries
            .iter()
            .map(|entry| {
                let code = entry.code.map_or("", |code| code.as_str());
                format!("{} {} {code}", entry.action.as_str(), entry.status.as_str()).trim_end().to_owned()
            })
            .collect();
        let said = if said.is_empty() { "nothing".to_owned() } else { said.join(", ") };
        let message = format!("the provisioning log for \"{key}\" says {said}; expected {wanted}");
        let mut finding = Finding::of(&self.scenario.about, message)
            .about(Aspect::Job)
            .concerning("provisioning log")
            .against(wanted, said);
        if let Some(exchange) = super::failure::last_about(key, &self.recorder.trace()[range.clone()]) {
            finding = finding.shown_by(&exchange);
        }
        self.findings.push(finding);
        Ok(())
    }

    /// What the last cycle modified reads back as the directory has it; nothing else is looked at.
    pub(super) async fn expect_updated(&mut self, keys: &[String], line: usize) -> Result<(), Mistake> {
        let told = self.findings.len();
        self.expect_mirrored(keys, line).await?;
        let mut modified = Vec::new();
        for key in keys {
            for key in self.fixture.expand(key)? {
                let id = self.fixture.id(&key)?;
                modified.extend(self.modifications.iter().flat_map(|all| all.of(&id)));
            }
        }
        // A finding about no attribute is about the whole account.
        let is_attribute = |subject: &str| {
            let rows =
                self.mapping.user.rows.iter().chain(self.mapping.group.iter().flat_map(|group| &group.rows));
            rows.into_iter().any(|row| row.target.to_string() == subject || row.written == subject)
        };
        let keep = |finding: &Finding| {
            !is_attribute(&finding.subject)
                || modified.iter().any(|property| {
                    let path = property.name.parse::<PatchPath>().map(|path| path.to_string());
                    property.name == finding.subject || path.is_ok_and(|path| path == finding.subject)
                })
        };
        let found = self.findings.split_off(told);
        let kept: Vec<Finding> = found.into_iter().filter(keep).collect();
        self.findings.extend(kept);
        Ok(())
    }

    /// The log names the modified properties with their old and new values. Only a link to somebody who has
    /// an account can be asked for.
    fn expect_modified(
        &mut self,
        key: &str,
        id: &ObjectId,
        expectation: &LogExpectation,
    ) -> Result<(), Mistake> {
        let Some(modifications) = &self.modifications else { return Ok(()) };
        let seen = modifications.of(id);
        for (name, wanted) in &expectation.modified {
            let kind = self.fixture.participant(key).map(|participant| participant.kind);
            let Some(row) = kind.and_then(|kind| self.rows(kind)).and_then(|rows| rows.find(name)) else {
                continue;
            };
            let written = row.written.clone();
            let of_name: Vec<_> = seen.iter().filter(|property| property.name == written).collect();
            let right = of_name.iter().any(|property| self.agrees(property, wanted));
            if right {
                continue;
            }
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let said: Vec<String> = of_name
                .iter()
                .map(|property| format!("{} changed to {}", shown(&property.old), shown(&property.new)))
                .collect();
            let said = if said.is_empty() { "no change to it".to_owned() } else { said.join(", ") };
            let message = format!("the provisioning log for \"{key}\" does not show the change to {name}");
            let mut finding = Finding::of(&self.scenario.about, message)
                .about(Aspect::Job)
                .concerning(name.as_str())
                .against(format!("{name} in the modified properties, with the right value"), said);
            if let Some((_, range)) = &self.last
                && let Some(exchange) = super::failure::last_about(key, &self.recorder.trace()[range.clone()])
            {
                finding = finding.shown_by(&exchange);
            }
            self.findings.push(finding);
        }
        Ok(())
    }

    fn agrees(&self, property: &ModifiedProperty, wanted: &ModifiedExpectation) -> bool {
        let same = |wanted: &Option<Option<String>>, said: &Option<String>| match wanted {
            None => true,
            Some(None) => said.as_deref().is_none_or(str::is_empty),
            Some(Some(key)) => self.target_id(key) == *said,
        };
        same(&wanted.old, &property.old) && same(&wanted.new, &property.new)
    }
}
