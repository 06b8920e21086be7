//! Finding the account of an object nobody has linked yet.

use super::answers::{self, Asked, Resource, Trouble};
use super::pass::Pass;
use super::problem::{ErrorCode, JobProblem};
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{EvaluationError, MappingSubject, TargetValue};
use crate::wire::{ResourceKind, Target};

/// What the matching attributes found.
pub(super) enum Match {
    /// One account.
    One(Resource),
    /// Every question was answered with nobody.
    Nobody,
    /// The object has no value for any matching attribute, so nothing could be asked.
    NothingToAsk,
}

impl From<EvaluationError> for Trouble {
    fn from(error: EvaluationError) -> Self {
        Trouble::Object(JobProblem::new(ErrorCode::AttributeValidationFailed, format!("{error}.")))
    }
}

impl<T: Target> Pass<'_, T> {
    /// Asks by one matching attribute after the other, in their order of precedence, and stops at
    /// the first hit (customize-application-attributes, Matching users).
    pub async fn find(&mut self, subject: &MappingSubject<'_>) -> Result<Match, Trouble> {
        let (id, object_kind) = (subject.object.id(), subject.object.kind());
        let kind = ResourceKind::from(object_kind);
        let settings = self.settings;
        let rows = settings.mapping.object(object_kind).map(|mapping| mapping.matching()).unwrap_or_default();
        let mut asked = false;
        for row in rows {
            let value = match row.value(subject)? {
                Some(TargetValue::Text(text)) => text,
                Some(TargetValue::Boolean(flag)) => flag.to_string(),
                Some(TargetValue::Integer(number)) => number.to_string(),
                _ => continue,
            };
            if value.is_empty() {
                continue;
            }
            asked = true;
            let request = self.writer.lookup(kind, &row.target, &value, self.step("match", id));
            let answer = self.ask(Asked::Query, request).await?;
            let (total, mut resources) = answers::list(kind, &answer)?;
            if resources.len() > 1 || (total > 1 && !resources.is_empty()) {
                return Err(duplicate(&row.written, &value, total.max(resources.len() as u64)).into());
            }
            if let Some(resource) = resources.pop() {
                self.check_unclaimed(object_kind, subject, &resource)?;
                return Ok(Match::One(resource));
            }
        }
        Ok(if asked { Match::Nobody } else { Match::NothingToAsk })
    }

    /// One account can be linked to one object only.
    fn check_unclaimed(
        &self,
        kind: ObjectKind,
        subject: &MappingSubject<'_>,
        resource: &Resource,
    ) -> Result<(), JobProblem> {
        match self.state.links.source_of(kind, &resource.id) {
            Some(other) if other != subject.object.id() => Err(JobProblem::new(
                ErrorCode::DuplicateSourceEntries,
                format!(
                    "The matching attribute found `{}`, which is already linked to {}.",
                    resource.id,
                    self.settings.label(other)
                ),
            )),
            _ => Ok(()),
        }
    }
}

fn duplicate(attribute: &str, value: &str, total: u64) -> JobProblem {
    JobProblem::new(
        ErrorCode::DuplicateTargetEntries,
        format!(
            "{total} entries at the target match {attribute} \"{value}\"; exactly one or none is expected."
        ),
    )
}
