use std::fmt;

use serde_json::Value;

/// A property, or a property of a property: `servicePrincipal/id`. Names are the same in any letter case.
///
/// Type casts, as in `microsoft.graph.user/displayName`, are left out: without a schema there is nothing to cast to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(pub(super) Vec<String>);

impl Path {
    /// What is at this path. `None` when the object or one of its properties on the way does not have it.
    #[must_use]
    pub fn value<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(object, |value, name| member(value, name))
    }

    /// The same path, whatever the letter case.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        let mut names = other.split('/');
        self.0.iter().all(|name| names.next().is_some_and(|other| same_name(name, other)))
            && names.next().is_none()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

pub(super) fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The member of that name in any letter case, an exact match first.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let map = object.as_object()?;
    map.get(name).or_else(|| map.iter().find(|(key, _)| same_name(key, name)).map(|(_, value)| value))
}
