use super::file::{self, Profile};
use super::{AttributeMapping, Mapping, ObjectActions, ScopingFilter, SelectionError};
use crate::diagnostic::Diagnostic;
use crate::keys::Key;
use crate::yaml::Fields;

/// What an administrator changes of a job's user mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Rows in the place of those with the same target, or beside the others.
    pub rows: Vec<AttributeMapping>,
    /// Targets whose rows are deleted.
    pub without: Vec<String>,
    /// Target Object Actions, if they change.
    pub actions: Option<ObjectActions>,
    /// The scoping filter, if it changes.
    pub filter: Option<ScopingFilter>,
}

impl Edits {
    /// The keys that [`Edits::read`] reads.
    pub const KEYS: [Key; 4] = file::EDITS;

    /// Reads the keys `rows`, `without`, `actions` and `scope` of a map in a file, as in a profile.
    ///
    /// # Errors
    /// Every mistake in them, with its place.
    pub fn read(file: &str, text: &str, fields: &mut Fields<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut profile = Profile::new(file, text);
        let edits = profile.edits(fields);
        let problems = profile.reader.into_problems();
        if problems.is_empty() { Ok(edits) } else { Err(problems) }
    }

    /// The mapping with these changes.
    ///
    /// # Errors
    /// [`SelectionError`] when a target that shall go is not mapped, or nothing is left to match by.
    pub fn applied(&self, mapping: &Mapping) -> Result<Mapping, SelectionError> {
        let mut changed = mapping.without(&self.without)?;
        for row in &self.rows {
            match changed.user.rows.iter_mut().find(|known| known.target.same_as(&row.target)) {
                Some(known) => *known = row.clone(),
                None => changed.user.rows.push(row.clone()),
            }
        }
        if changed.user.matching().is_empty() {
            let missing = mapping.user.matching().into_iter().map(|row| row.written.clone()).collect();
            return Err(SelectionError::NothingMatches { missing });
        }
        changed.user.actions = self.actions.unwrap_or(changed.user.actions);
        if let Some(filter) = &self.filter {
            changed.user.filter = filter.clone();
        }
        Ok(changed)
    }

    /// True when nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Edits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::mapping::{FlowType, ValueSource, profiles};
    use crate::yaml;

    fn read(text: &str) -> Result<Edits, Vec<Diagnostic>> {
        let root = yaml::parse("x.yaml", text)?;
        let mut reader = yaml::Reader::new("x.yaml", text);
        Edits::read("x.yaml", text, &mut reader.fields(&root).unwrap())
    }

    #[test]
    fn rows_replace_and_join_and_others_go() {
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let edits = read(
            "rows:\n\
             - { target: title, constant: Staff, apply: create }\n\
             - { target: userType, default: Employee }\n\
             without: [preferredLanguage]\n\
             actions: [create, update]\n\
             scope: [{ clauses: [{ attribute: country, operator: EQUALS, value: GB }] }]",
        )
        .unwrap();
        assert!(!edits.is_empty() && Edits::default().is_empty());
        let changed = edits.applied(&mapping).unwrap();
        let title = changed.user.find("title").unwrap();
        assert_eq!(
            (&title.source, title.flow),
            (&ValueSource::Constant("Staff".into()), FlowType::ObjectAddOnly)
        );
        assert_eq!(changed.user.find("userType").unwrap().source, ValueSource::None);
        assert!(changed.user.find("preferredLanguage").is_none());
        assert_eq!(changed.user.rows.len(), mapping.user.rows.len());
        assert!(!changed.user.actions.delete && changed.user.actions.update);
        assert_eq!(changed.user.filter.groups.len(), 1);
        assert_eq!(changed.group, mapping.group);
    }

    #[test]
    fn what_cannot_be_changed_so_is_told() {
        let problems = read("rows: [{ target: titel, constant: x }]").unwrap_err();
        assert!(problems[0].title.contains("titel"), "{problems:?}");
        let mapping = profiles::load(profiles::DEFAULT).unwrap();
        let unmapped = read("without: [nickName]").unwrap();
        assert!(matches!(unmapped.applied(&mapping), Err(SelectionError::UnknownTarget { .. })));
        let unmatched = read("rows: [{ target: userName, source: userPrincipalName }]").unwrap();
        assert!(matches!(unmatched.applied(&mapping), Err(SelectionError::NothingMatches { .. })));
    }
}
