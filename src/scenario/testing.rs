//! What unit tests about scenarios share.

use indexmap::IndexMap;

use super::{JobSpec, MappingChange, NamedAttributes, Scenario};
use crate::check::{About, History, Level};

/// A scenario without people and steps.
pub(crate) fn scenario(id: &str) -> Scenario {
    Scenario {
        about: About {
            id: id.to_owned(),
            title: format!("title of {id}"),
            level: Level::Error,
            what: String::new(),
            why: "why".into(),
            fix: "fix".into(),
            entra: "entra".into(),
            refs: Vec::new(),
            faults: Vec::new(),
            history: History::default(),
        },
        test: None,
        needs: Vec::new(),
        dialects: Vec::new(),
        large: false,
        mapping: MappingChange::default(),
        job: JobSpec::default(),
        people: IndexMap::new(),
        groups: IndexMap::new(),
        accounts: IndexMap::new(),
        timeline: Vec::new(),
        attributes: NamedAttributes::default(),
    }
}
