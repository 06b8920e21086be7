use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// So many are kept at once.
const MOST: usize = 100;

/// What one page leaves for the next, under a name that nobody guesses.
#[derive(Debug)]
pub(super) struct Kept<T>(Mutex<VecDeque<(Uuid, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// Keeps it; the oldest one gives way.
    pub fn keep(&self, what: T) -> String {
        let name = Uuid::new_v4();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back((name, what));
        name.to_string()
    }

    /// Gives it out, once.
    pub fn take(&self, name: &str) -> Option<T> {
        let name = Uuid::parse_str(name).ok()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().position(|(known, _)| *known == name)?;
        all.remove(place).map(|(_, what)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_given_out_once_and_the_oldest_gives_way() {
        let kept = Kept::default();
        let first = kept.keep(0);
        assert_eq!((kept.take(&first), kept.take(&first), kept.take("x")), (Some(0), None, None));
        let names: Vec<String> = (0..=MOST).map(|number| kept.keep(number)).collect();
        assert_eq!((kept.take(&names[0]), kept.take(&names[MOST])), (None, Some(MOST)));
    }
}
