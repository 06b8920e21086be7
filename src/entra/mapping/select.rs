use std::fmt;

use super::{AttributeMapping, Mapping, ObjectMapping};
use crate::diagnostic;

/// Why a mapping cannot be cut down or matched as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectionError {
    /// The name is no target of the mapping.
    UnknownTarget {
        /// The name as given.
        name: String,
        /// The closest target there is.
        closest: Option<String>,
    },
    /// Without a matching attribute Entra cannot look anything up.
    NothingMatches {
        /// The matching attributes that the selection leaves out.
        missing: Vec<String>,
    },
    /// Links to other objects cannot match.
    ReferenceCannotMatch(String),
    /// The name stands twice.
    Twice(String),
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SelectionError::UnknownTarget { name, closest } => {
                write!(f, "`{name}` is not a target of the mapping")?;
                match closest {
                    Some(closest) => write!(f, ": did you mean `{closest}`?"),
                    None => Ok(()),
                }
            }
            SelectionError::NothingMatches { missing } if missing.is_empty() => {
                f.write_str("a mapping needs at least one matching attribute")
            }
            SelectionError::NothingMatches { missing } => {
                write!(f, "nothing would be left to match by: keep `{}`", missing.join("` or `"))
            }
            SelectionError::ReferenceCannotMatch(name) => {
                write!(f, "`{name}` is a reference, and references cannot match")
            }
            SelectionError::Twice(name) => write!(f, "`{name}` stands twice"),
        }
    }
}

impl std::error::Error for SelectionError {}

/// A name of that prefix means the group mapping, as `group:externalId`.
const GROUP_PREFIX: &str = "group:";

impl Mapping {
    /// The mapping with nothing but these user targets. A name is a target path, or an attribute
    /// that stands for all its rows: `addresses`, `manager`. Names with the prefix `group:` do the
    /// same to the group mapping, which otherwise stays as it is.
    ///
    /// # Errors
    /// [`SelectionError`] for names that are no targets and for selections without a matching attribute.
    pub fn only<S: AsRef<str>>(&self, names: &[S]) -> Result<Mapping, SelectionError> {
        self.cut(names, true)
    }

    /// The mapping without these targets; names are those of [`Mapping::only`], and `groups` takes
    /// the whole group mapping away.
    ///
    /// # Errors
    /// [`SelectionError`] for names that are no targets and for selections without a matching attribute.
    pub fn without<S: AsRef<str>>(&self, names: &[S]) -> Result<Mapping, SelectionError> {
        self.cut(names, false)
    }

    /// The mapping with these user targets as its matching attributes, in this order, and no others.
    ///
    /// # Errors
    /// [`SelectionError`].
    pub fn with_matching<S: AsRef<str>>(&self, names: &[S]) -> Result<Mapping, SelectionError> {
        let mut changed = self.clone();
        for row in &mut changed.user.rows {
            row.matching = None;
        }
        for (precedence, name) in (1..).zip(names) {
            let name = name.as_ref();
            let index = match self.user.select(name)?.as_slice() {
                [index] => *index,
                _ => return Err(self.user.unknown(name)),
            };
            let Some(row) = changed.user.rows.get_mut(index) else { return Err(self.user.unknown(name)) };
            if row.is_reference() {
                return Err(SelectionError::ReferenceCannotMatch(name.to_owned()));
            }
            if row.matching.replace(precedence).is_some() {
                return Err(SelectionError::Twice(name.to_owned()));
            }
        }
        if names.is_empty() {
            return Err(SelectionError::NothingMatches { missing: Vec::new() });
        }
        Ok(changed)
    }

    fn cut<S: AsRef<str>>(&self, names: &[S], keep: bool) -> Result<Mapping, SelectionError> {
        let mut changed = self.clone();
        let mut user_names = Vec::new();
        let mut group_names = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            match name.strip_prefix(GROUP_PREFIX) {
                Some(name) => group_names.push(name),
                None if !keep && name == "groups" => changed.group = None,
                None => user_names.push(name),
            }
        }
        if !user_names.is_empty() {
            changed.user = self.user.cut(&user_names, keep)?;
        }
        match (&self.group, group_names.first()) {
            (Some(group), Some(_)) => changed.group = Some(group.cut(&group_names, keep)?),
            (None, Some(name)) => {
                let name = format!("{GROUP_PREFIX}{name}");
                return Err(SelectionError::UnknownTarget { name, closest: None });
            }
            (_, None) => {}
        }
        Ok(changed)
    }
}

impl ObjectMapping {
    /// Indices of the rows a name stands for: the row of that path, or else every row of that attribute.
    fn select(&self, name: &str) -> Result<Vec<usize>, SelectionError> {
        let indices = |matches: &dyn Fn(&AttributeMapping) -> bool| -> Vec<usize> {
            self.rows.iter().enumerate().filter(|(_, row)| matches(row)).map(|(index, _)| index).collect()
        };
        let exact = indices(&|row| row.is(name));
        if !exact.is_empty() {
            return Ok(exact);
        }
        let whole = indices(&|row| crate::scim::same_name(&row.target.attribute, name));
        if whole.is_empty() { Err(self.unknown(name)) } else { Ok(whole) }
    }

    fn unknown(&self, name: &str) -> SelectionError {
        let targets: Vec<String> = self
            .rows
            .iter()
            .flat_map(|row| {
                let mut short = row.target.clone();
                short.schema = None;
                [row.written.clone(), short.to_string()]
            })
            .collect();
        let closest = diagnostic::closest(name, targets.iter().map(String::as_str)).map(str::to_owned);
        SelectionError::UnknownTarget { name: name.to_owned(), closest }
    }

    fn cut(&self, names: &[&str], keep: bool) -> Result<ObjectMapping, SelectionError> {
        let mut named = vec![false; self.rows.len()];
        for name in names {
            for index in self.select(name)? {
                if let Some(flag) = named.get_mut(index) {
                    *flag = true;
                }
            }
        }
        let rows: Vec<_> = self
            .rows
            .iter()
            .zip(named)
            .filter(|(_, named)| *named == keep)
            .map(|(row, _)| row.clone())
            .collect();
        let cut = ObjectMapping { rows, ..self.clone() };
        if cut.matching().is_empty() {
            let missing = self.matching().into_iter().map(|row| row.written.clone()).collect();
            return Err(SelectionError::NothingMatches { missing });
        }
        Ok(cut)
    }
}
