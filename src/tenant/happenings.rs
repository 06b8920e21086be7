//! What a job did, as far as it is remembered.

use std::sync::Arc;

use crate::entra::directory::{DirectoryState, ObjectId, Watermark};
use crate::entra::job::ResetScope;

/// So much is remembered; what was before is not part of the scenario.
const MOST_EVENTS: usize = 500;

/// So many objects are in all states together that are remembered: states of a large directory take much memory, and no
/// scenario is made of them that anybody reads.
const MOST_REMEMBERED: usize = 100_000;

/// One thing that the job did.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    Cycle,
    OnDemand(Vec<ObjectId>),
    Restart(ResetScope),
    Remapped,
}

/// When it did it: what stood in the directory then, and how long its change log was.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub what: Happening,
    pub state: Arc<DirectoryState>,
    pub position: Watermark,
}

/// What a job did since the program began, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub events: Vec<Event>,
    /// The oldest was forgotten.
    pub cut: bool,
}

impl Story {
    pub fn note(&mut self, event: Event) {
        self.events.push(event);
        let mut remembered = 0;
        let mut after: Option<&Event> = None;
        // The newest is kept, however large it is.
        let kept = self.events.iter().rev().take(MOST_EVENTS).take_while(|event| {
            let first = after.is_none();
            // A state that nothing changed since takes no room of its own.
            if !after.is_some_and(|after| Arc::ptr_eq(&after.state, &event.state)) {
                remembered += event.state.users().len() + event.state.groups().len();
            }
            after = Some(event);
            first || remembered <= MOST_REMEMBERED
        });
        let forgotten = self.events.len() - kept.count();
        self.events.drain(..forgotten);
        self.cut |= forgotten > 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::directory::{Tenant, User};

    #[test]
    fn many_states_of_a_large_directory_are_not_remembered() {
        let event = |tenant: &Tenant| Event {
            what: Happening::Cycle,
            state: tenant.state(),
            position: tenant.watermark(),
        };
        let mut tenant = Tenant::new();
        let mut story = Story::default();
        for _ in 0..MOST_EVENTS {
            story.note(event(&tenant));
        }
        assert_eq!((story.events.len(), story.cut), (MOST_EVENTS, false));
        for number in 0..MOST_REMEMBERED / 20 {
            tenant.add_user(User::new(ObjectId::new(&number.to_string()))).unwrap();
        }
        // Nothing happens in between: all of these have one state.
        for _ in 0..MOST_EVENTS {
            story.note(event(&tenant));
        }
        assert_eq!((story.events.len(), story.cut), (MOST_EVENTS, true));
        for _ in 0..MOST_EVENTS {
            tenant.advance_minutes(40);
            story.note(event(&tenant));
        }
        assert_eq!(story.events.len(), 20);
        let newest = story.events.last().unwrap();
        assert!(Arc::ptr_eq(&newest.state, &tenant.state()));
    }
}
