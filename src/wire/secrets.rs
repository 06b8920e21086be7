//! What must never be shown, known to all who record or print.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::exchange::{Named, REDACTED};

/// Values that must never be shown, each with the name of the header it belongs to. Clones share one
/// list, since access tokens become known while a run is under way.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Vec<(String, String)>>>);

impl Secrets {
    /// Adds a value. The header of that name is never shown; an empty value hides nothing else.
    pub fn add(&self, name: impl Into<String>, value: impl Into<String>) {
        let added = (name.into(), value.into());
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !list.contains(&added) {
            list.push(added);
        }
    }

    /// Gives the list as it is now to whoever must hide it.
    pub fn with<R>(&self, hide: impl FnOnce(Named<'_>) -> R) -> R {
        hide(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text without any of the values.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        self.with(|list| {
            let values = list.iter().map(|(_, value)| value).filter(|value| !value.is_empty());
            values.fold(text.to_owned(), |text, value| text.replace(value.as_str(), REDACTED))
        })
    }
}

impl From<Vec<(String, String)>> for Secrets {
    fn from(list: Vec<(String, String)>) -> Self {
        Secrets(Arc::new(RwLock::new(list)))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|list| write!(f, "{} secrets", list.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_knows_what_was_added_later_and_nothing_is_printed() {
        let secrets = Secrets::from(vec![("a".to_owned(), "first-secret".to_owned())]);
        let clone = secrets.clone();
        secrets.add("authorization", "second-secret");
        secrets.add("x-word", "");
        assert_eq!(clone.hide("first-secret, second-secret"), "[redacted], [redacted]");
        assert_eq!(format!("{clone:?}"), "3 secrets");
    }
}
