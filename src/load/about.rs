//! What the checks of this room say of themselves.

use std::sync::LazyLock;

use crate::check::{About, History, Level, Reference};

/// Microsoft's page of requirements for gallery applications.
const GALLERY: &str = "app-gallery-user-provisioning-requirements";

/// The checks, in the order in which they are reported.
#[derive(Debug)]
pub(super) struct LoadAbouts {
    pub rate: About,
    pub members: About,
}

pub(super) static ABOUTS: LazyLock<LoadAbouts> = LazyLock::new(|| {
    LoadAbouts {
    rate: About {
        id: "requirements/rate".into(),
        title: "The server handles 25 requests per second".into(),
        level: Level::Error,
        what: "For the configured time, 25 requests (or the requested number) start in every second, whether \
               or not earlier ones have been answered: lookups, creates, reads, updates, disables and added \
               members, as the service writes them. All get a response, none with 5xx or 429, and the \
               backlog does not grow."
            .into(),
        why: "The gallery requires 25 requests per second and tenant; its validation does not measure them, \
              but counts 429 as a failure. The service does not limit its rate for applications that are not \
              in the gallery."
            .into(),
        fix: "Raise the provisioning limit to 25 requests per second for each tenant, and look for slow \
              code: a lookup without an index, a lock around every write, a directory call for each request."
            .into(),
        entra: "TooManyRequests, InternalServerError or Timeout; the object that met one is tried again \
                later, and many of them put the job into quarantine."
            .into(),
        refs: vec![
            Reference::Microsoft(GALLERY.into()),
            Reference::Microsoft("howto-analyze-provisioning-logs".into()),
            Reference::Rfc("6585#4".into()),
        ],
        faults: Vec::new(),
        history: History::default(),
    },
    members: About {
        id: "requirements/group-members-kept".into(),
        title: "Members added concurrently are all kept".into(),
        level: Level::Critical,
        what: "Requests that each add one member to the same group are sent five at a time. Every member \
               whose request returned 2xx is in the group afterwards."
            .into(),
        why: "The service adds members in parallel. A server that reads the group, changes it and writes it \
              back loses members that were added in between, and no error is shown: Entra considers the link \
              written."
            .into(),
        fix: "Write one membership as one record, or lock the group (or compare its version) from reading to writing."
            .into(),
        entra: "Success in the provisioning log, but some users have no access.".into(),
        refs: vec![Reference::Rfc("7644#3.5.2.1".into()), Reference::Microsoft(GALLERY.into())],
        faults: Vec::new(),
        history: History::default(),
    },
}
});

/// What the checks of this room say of themselves, for the catalogue.
pub fn abouts() -> impl Iterator<Item = &'static About> {
    let LoadAbouts { rate, members } = &*ABOUTS;
    [rate, members].into_iter()
}
