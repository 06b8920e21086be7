use serde_json::Value;

use super::claim::ClaimedChange;
use super::seen::Stamps;
use crate::rules::asked::RequestedAttributes;
use crate::rules::reading::Term;

/// What a request says, parsed once.
pub(in crate::rules) struct ParsedRequest {
    /// Its body, if it is JSON.
    pub sent: Option<Value>,
    /// The comparisons of a filter made of `eq` and `and`.
    pub terms: Option<Vec<Term>>,
    /// The attributes asked for.
    pub projection: RequestedAttributes,
    /// What it changes if it is accepted.
    pub changes: Vec<ClaimedChange>,
    /// The dates of each resource in the answer.
    pub stamps: Vec<Stamps>,
}
