//! What requests are like, so that those that went wrong can be compared with those that went well.

use super::Aspect;

/// In which respect requests are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// The HTTP method.
    Method,
    /// The kind of resource.
    Endpoint,
    /// What an operation of a PATCH does.
    Verb,
    /// How `op` is spelled.
    Spelling,
    /// The form of the path of an operation.
    Path,
    /// The JSON form of the value that is written.
    Value,
    /// The attribute that is written or filtered by.
    Attribute,
    /// One operation or several.
    Count,
    /// The state of the resource.
    State,
    /// The form of a filter.
    Filter,
}

/// One property of a request, as a phrase that ends a sentence about requests: `without a path`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feature {
    /// In which respect.
    pub dimension: Dimension,
    /// The phrase.
    pub phrase: String,
}

impl Feature {
    /// That property.
    #[must_use]
    pub fn new(dimension: Dimension, phrase: impl Into<String>) -> Self {
        Feature { dimension, phrase: phrase.into() }
    }
}

/// A request, or the write of one value, that rules judged, and which of them found it wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Observation {
    /// What the rules look at.
    pub aspect: Aspect,
    /// What the request is like, in order.
    pub features: Vec<Feature>,
    /// Ids of the rules that judged it.
    pub judged_by: Vec<&'static str>,
    /// Ids of the rules that found it wrong, each with the subject of its finding.
    pub wrong: Vec<(String, String)>,
}
