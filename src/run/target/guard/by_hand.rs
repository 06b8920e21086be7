//! What requests by hand ask of the guard: each is a process of its own, and only a journal tells it of earlier ones.

use super::evidence::ShownOwner;
use super::mentions;
use super::ownership::Ownership;
use super::standing::Standing;
use crate::wire::{Request, ResourceKind, Tenant};

impl Ownership {
    /// A journal says that an earlier create of ours named this object: a read must bear that out before a write.
    pub fn recall(&self, kind: ResourceKind, id: &str) {
        self.settle(Tenant::First, &(kind, id.to_owned()), Standing::Candidate { echoed: false });
    }

    /// True when a request's body says whose the object will be: by this run's prefix, or by a GUID that was drawn in it.
    #[must_use]
    pub fn is_marked(&self, request: &Request) -> bool {
        let sent = request.json().unwrap_or_default();
        self.shown(request.tenant, None, &sent) == ShownOwner::Ours
    }
}

/// The users and groups that the body of a write makes members of a group or a manager.
#[must_use]
pub fn mentioned(request: &Request) -> Vec<(ResourceKind, String)> {
    mentions::of(request)
}
