//! Lets no write through that would concern an object which is not this run's.
//!
//! A server that answers a lookup or a create with somebody else's account would make a faithful simulator
//! disable a real person. Such a write is not sent. docs/safety.md says what has to be shown before a write.

mod by_hand;
mod evidence;
mod mentions;
mod ownership;
mod proof;
mod reach;
mod standing;

use std::sync::Arc;

use crate::wire::{Actor, Answer, Broken, Method, Operation, Request, Sent, Target};

pub use by_hand::mentioned;
pub(in crate::run) use evidence::{Named, ShownOwner, name_sent, named, named_with, shown_with, texts};
pub use ownership::Ownership;
use reach::Reach;
pub(in crate::run) use reach::posted_to;

/// True for a path that servers and proxies may read differently, because an id in it contains a slash, dots, a question
/// mark or another character with a meaning in URLs: nothing is written there.
#[must_use]
pub fn is_read_differently(path: &str) -> bool {
    Reach::of(&Request::new(Actor::Cleanup, Method::Delete, path, "")) == Reach::Unclear
}

/// Asks whose object a write would reach, and lets it through only if the answer is: this run's.
#[derive(Debug)]
pub struct Guard<T> {
    inner: T,
    ownership: Arc<Ownership>,
}

/// Why a write is not sent as it is.
enum HeldBack {
    /// It must not be sent.
    Back(Broken),
    /// The target is busy and answered the guard's question like this. Whoever waits for the target waits now.
    Busy(Answer),
}

impl<T: Target> Guard<T> {
    /// Guards `inner` by what is known of the target's objects, and adds to it.
    pub fn new(inner: T, ownership: Arc<Ownership>) -> Self {
        Guard { inner, ownership }
    }

    /// Ends well if the request may be sent.
    async fn check(&self, request: &Request) -> Result<(), HeldBack> {
        for key in mentions::of(request) {
            self.check_mention(request, &key).await?;
        }
        match Reach::of(request) {
            Reach::New => Ok(()),
            Reach::Collection => Err(HeldBack::Back(Broken::Withheld(format!(
                "{} {} could reach more than one object: the path names a whole collection",
                request.method.as_str(),
                request.path
            )))),
            // The id is the server's own, and a right server finds it: only what else it reaches cannot be told.
            Reach::Unclear => Err(HeldBack::Back(Broken::Unproven(format!(
                "{} {} could reach another object, because the id contains a slash, dots, a question mark or another character that is read as none of an id, \
                 which servers and proxies read differently",
                request.method.as_str(),
                request.path
            )))),
            Reach::Objects(objects) => {
                for object in &objects {
                    match &object.key {
                        Some(key) => self.check_object(request, &object.path, key).await?,
                        None => self.check_path(request, &object.path).await?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl<T: Target> Target for Guard<T> {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        if request.writes() {
            match self.check(&request).await {
                Ok(()) => {}
                Err(HeldBack::Back(broken)) => return Err(broken),
                Err(HeldBack::Busy(answer)) => return Ok(answer),
            }
        }
        if request.method == Method::Post
            && let Some(journal) = self.ownership.journal(request.tenant)
        {
            journal.creating().map_err(|error| unwritable(&error))?;
        }
        let sent_to = self.inner.sent_as(&request).url;
        let begun = self.ownership.now();
        let Operation::Delete(kind, id) = Operation::of(&request) else {
            let answer = self.inner.send(request.clone()).await?;
            self.ownership.learn(&request, &answer, &sent_to, begun).map_err(|error| unwritable(&error))?;
            return Ok(answer);
        };
        let key = (kind, id);
        self.ownership.deleting(request.tenant, &key, true);
        let outcome = self.inner.send(request.clone()).await;
        let learnt = match &outcome {
            Ok(answer) => self.ownership.learn(&request, answer, &sent_to, begun),
            Err(_) => {
                self.ownership.doubt(request.tenant, &key);
                Ok(())
            }
        };
        self.ownership.deleting(request.tenant, &key, false);
        learnt.map_err(|error| unwritable(&error))?;
        outcome
    }

    fn sent_as(&self, request: &Request) -> Sent {
        self.inner.sent_as(request)
    }
}

fn unwritable(error: &std::io::Error) -> Broken {
    Broken::Unjournalled(format!(
        "the journal of created objects cannot be written ({error}), so no more objects may be created at \
         the target"
    ))
}

#[cfg(test)]
mod tests;
