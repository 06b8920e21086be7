//! A claim held against a resource that came back.

use serde_json::Value;

use super::claim::{Claim, Holds, Spot};
use crate::rules::reading::{Likeness, definition, elements, fits, home, likeness};
use crate::scim::discovery::Discovery;
use crate::scim::schema::{Mutability, Returned};
use crate::scim::{member, same_name};
use crate::wire::ResourceKind;

/// What a resource says to a claim.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum ClaimResult {
    /// It holds.
    Right,
    /// The value differs in letter case alone, which does not matter here.
    LetterCase(Value),
    /// The value is right, and what selects its element, as `type`, differs in letter case alone; the spot as it is
    /// shown.
    SelectorCase(Spot),
    /// The value has the same letters and digits in another form.
    Reformatted(Value),
    /// The resource holds another value.
    Other(Value),
    /// The resource holds no value.
    Missing,
    /// The resource holds a value that it should not.
    Kept(Value),
    /// The resource holds the right value, and another one in a second element of the same kind.
    Doubled(Value),
}

/// Whether a claim can be judged: the server publishes the attribute, and answers hold it.
pub(in crate::rules) fn is_judged(spot: &Spot, kind: ResourceKind, discovery: &Discovery) -> bool {
    // What Entra cannot do without is judged whatever /Schemas says.
    if spot.is_core("active") || spot.is_core("userName") {
        return true;
    }
    let path = spot.path();
    let published = discovery.schemas.find_within(kind.schema(), &path);
    if !discovery.schemas.is_empty() && published.is_none() {
        return false;
    }
    definition(discovery, kind, &path).is_none_or(|definition| {
        !matches!(definition.mutability, Mutability::ReadOnly | Mutability::WriteOnly)
            && !matches!(definition.returned, Returned::Never | Returned::Request)
    })
}

/// What `resource` says to `claim`, letter case being judged as `case_exact` says.
pub(in crate::rules) fn reply(
    claim: &Claim,
    resource: &Value,
    kind: ResourceKind,
    case_exact: bool,
) -> ClaimResult {
    let spot = &claim.spot;
    let attribute =
        home(resource, kind, spot.schema.as_deref()).and_then(|home| member(home, &spot.attribute));
    let selected: Vec<&Value> = attribute
        .into_iter()
        .flat_map(elements)
        .filter(|element| spot.selector.is_empty() || fits(element, &spot.selector))
        .collect();
    let found: Vec<&Value> = selected
        .iter()
        .copied()
        .filter_map(|element| match &spot.sub {
            None => Some(element),
            // That `manager` is a bare string is for the rules about types to say.
            Some(sub) if same_name(sub, "value") && element.is_string() => Some(element),
            Some(sub) => member(element, sub),
        })
        .filter(|value| !is_nothing(value))
        .collect();
    match &claim.holds {
        Holds::Absent => found.first().map_or(ClaimResult::Right, |&value| ClaimResult::Kept(value.clone())),
        Holds::Present if found.is_empty() => ClaimResult::Missing,
        Holds::Present => ClaimResult::Right,
        Holds::Value(sent) => {
            let replies: Vec<(Likeness, &Value)> =
                found.iter().map(|&value| (likeness(sent, value), value)).collect();
            let right = |likeness: Likeness| match likeness {
                Likeness::Same => true,
                Likeness::LetterCase => !case_exact,
                Likeness::Reformatted | Likeness::Different => false,
            };
            let best = replies.iter().find(|(l, _)| *l == Likeness::Same);
            let best = best.or_else(|| replies.iter().find(|(l, _)| right(*l)));
            let wrong = replies.iter().find(|(l, _)| !right(*l));
            match (best, wrong) {
                (None, None) => ClaimResult::Missing,
                (Some(_), Some((_, other))) => ClaimResult::Doubled((*other).clone()),
                (Some((Likeness::Same, _)), None) => {
                    other_case(spot, &selected).map_or(ClaimResult::Right, ClaimResult::SelectorCase)
                }
                (Some((_, value)), None) => ClaimResult::LetterCase((*value).clone()),
                (None, Some((Likeness::Reformatted, value))) => ClaimResult::Reformatted((*value).clone()),
                (None, Some((_, value))) => ClaimResult::Other((*value).clone()),
            }
        }
    }
}

/// The spot as the elements that it selects show it, where the letter case of a selecting text is another one.
fn other_case(spot: &Spot, selected: &[&Value]) -> Option<Spot> {
    let [element] = selected else { return None };
    let shown = |(name, sent): &(String, Value)| {
        let shown = member(element, name).filter(|shown| shown.is_string() && sent.is_string());
        (name.clone(), shown.unwrap_or(sent).clone())
    };
    let selector: Vec<(String, Value)> = spot.selector.iter().map(shown).collect();
    (selector != spot.selector).then(|| Spot { selector, ..spot.clone() })
}

/// Null, an empty array or object: no value (RFC 7643 §2.5). Microsoft's gallery test takes an empty
/// string for none too.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        _ => false,
    }
}
