//! What a resource in an answer says of its owner.

use serde_json::Value;

use crate::run::observer::reader;
use crate::wire::{Request, ResourceKind, id_of};

/// A user or a group at a target.
pub(super) type Key = (ResourceKind, String);

/// The attribute and the value by which a create of ours wanted to know an object.
pub(in crate::run) type GivenName = (&'static str, String);

/// Attributes by which people know an object.
const NAMING: [&str; 3] = ["userName", "displayName", "externalId"];

/// Members that speak of other objects, of the server's own bookkeeping, or of nothing.
const SPEAKS_OF_OTHERS: [&str; 6] = ["id", "meta", "schemas", "members", "groups", "manager"];

/// What a resource shows of its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) enum ShownOwner {
    /// The run's prefix, or a GUID that was drawn in this run.
    Ours,
    /// Names, and none of them ours.
    Another(String),
    /// No name.
    Nothing,
}

/// Texts that only this run can have written.
#[derive(Debug, Clone, Copy)]
pub(in crate::run) struct Marks<'a> {
    /// The run's prefix in lower case.
    pub prefix: &'a str,
    /// GUIDs drawn in this run, in lower case.
    pub drawn: &'a std::collections::HashSet<String>,
}

impl Marks<'_> {
    /// True for a text that only this run can have written, in any letter case: some servers change it.
    pub(in crate::run) fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        (!self.prefix.is_empty() && text.contains(self.prefix)) || self.drawn.contains(&text)
    }
}

/// Whom a resource belongs to by what it shows. Values that a create of ours sent and that others may have too,
/// a display name for example, speak neither for us nor against us: `sent` holds them in lower case. `given` is the name
/// by which a create of ours wanted to know the object.
pub(in crate::run) fn shown(
    resource: &Value,
    marks: Marks<'_>,
    sent: &[String],
    given: Option<&GivenName>,
) -> ShownOwner {
    let strange = |name: &str| {
        let held = reader::member(resource, name).and_then(Value::as_str).unwrap_or_default();
        !held.is_empty() && !sent.contains(&held.to_lowercase()) && !marks.are_in(held)
    };
    if carries(resource, marks) {
        // A create may have been taken over into somebody's account, which now carries an id or an address of ours.
        let renamed = given.is_some_and(|(name, value)| marks.are_in(value) && strange(name));
        return if renamed { ShownOwner::Nothing } else { ShownOwner::Ours };
    }
    let stranger = NAMING.iter().any(|name| strange(name));
    if stranger { ShownOwner::Another(named(resource)) } else { ShownOwner::Nothing }
}

/// Whom a resource belongs to, if all that is known of a run is its prefix, and of a create by hand the GUID that was
/// drawn for it. A run gives its users names with the prefix; by hand any name may have been given.
pub(in crate::run) fn shown_with(prefix: &str, by_hand: Option<&str>, resource: &Value) -> ShownOwner {
    let drawn = by_hand.map(str::to_lowercase).into_iter().collect();
    let given = by_hand.is_none().then(|| ("userName", prefix.to_owned()));
    shown(resource, Marks { prefix: &prefix.to_lowercase(), drawn: &drawn }, &[], given.as_ref())
}

fn carries(value: &Value, marks: Marks<'_>) -> bool {
    match value {
        Value::String(text) => marks.are_in(text),
        Value::Array(items) => items.iter().any(|item| carries(item, marks)),
        Value::Object(members) => members.iter().any(|(name, member)| {
            !SPEAKS_OF_OTHERS.iter().any(|other| other.eq_ignore_ascii_case(name)) && carries(member, marks)
        }),
        _ => false,
    }
}

/// How a resource that no create of this run named carries the run's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::run) enum Named {
    /// A name begins with it, as the names of what a run makes do.
    Begins,
    /// A name holds it: the object may be ours, or somebody may speak of us.
    Holds,
    /// No name holds it.
    Not,
}

/// How the names of a resource carry a prefix, in any letter case.
pub(in crate::run) fn named_with(prefix: &str, resource: &Value) -> Named {
    let prefix = prefix.to_lowercase();
    let names = NAMING.iter().filter_map(|name| reader::member(resource, name).and_then(Value::as_str));
    let mut named = Named::Not;
    for name in names.map(str::to_lowercase) {
        if name.starts_with(&prefix) {
            return Named::Begins;
        }
        if name.contains(&prefix) {
            named = Named::Holds;
        }
    }
    named
}

/// Every text of what was sent, in lower case.
pub(in crate::run) fn texts(sent: &Value) -> Vec<String> {
    match sent {
        Value::String(text) if !text.is_empty() => vec![text.to_lowercase()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The attribute and the value by which a filter finds what was sent.
pub(in crate::run) fn name_sent(sent: &Value) -> Option<GivenName> {
    ["userName", "displayName", "externalId"].into_iter().find_map(|name| {
        let value = reader::member(sent, name).and_then(Value::as_str).filter(|value| !value.is_empty())?;
        Some((name, value.to_owned()))
    })
}

/// A resource as a person knows it: its names and its id.
pub(in crate::run) fn named(resource: &Value) -> String {
    let names: Vec<&str> =
        NAMING.iter().filter_map(|name| reader::member(resource, name).and_then(Value::as_str)).collect();
    let id = id_of(resource).unwrap_or_else(|| "?".to_owned());
    match names.is_empty() {
        true => format!("an object without a name (id {id})"),
        false => format!("`{}` (id {id})", names.join("`, `")),
    }
}

/// Ids of other objects that a resource names: its members and its groups. A manager is not read: his id is written by
/// whoever maps it, and need not be anybody's.
pub(super) fn referred_to(resource: &Value) -> Vec<Key> {
    let mut found = Vec::new();
    for (name, kind) in [("members", ResourceKind::User), ("groups", ResourceKind::Group)] {
        let elements = reader::member(resource, name).and_then(Value::as_array);
        for element in elements.into_iter().flatten() {
            let is_group = reader::member(element, "type").and_then(Value::as_str) == Some("Group");
            let kind = if is_group { ResourceKind::Group } else { kind };
            if let Some(Value::String(id)) = reader::member(element, "value") {
                found.push((kind, id.clone()));
            }
        }
    }
    found
}

/// The request asks for some attributes only, so that names may be missing in the answer.
pub(super) fn narrows(request: &Request) -> bool {
    let excluded = request.parameter("excludedAttributes").unwrap_or_default().to_lowercase();
    request.parameter("attributes").is_some() || excluded.contains("name") || excluded.contains("externalid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::HashSet;

    fn judge(resource: &Value, sent: &[&str]) -> ShownOwner {
        let drawn = HashSet::from(["5c1a0000-aaaa-4000-8000-000000000001".to_owned()]);
        let sent: Vec<String> = sent.iter().map(|text| (*text).to_owned()).collect();
        shown(resource, Marks { prefix: "sm7f3k", drawn: &drawn }, &sent, None)
    }

    #[test]
    fn an_account_with_another_name_than_was_given_does_not_show_that_it_is_ours() {
        let drawn = HashSet::new();
        let marks = Marks { prefix: "sm7f3k", drawn: &drawn };
        let given = ("userName", "sm7f3k.ada@example.com".to_owned());
        let judge = |resource: Value, sent: &[&str]| {
            let sent: Vec<String> = sent.iter().map(|text| (*text).to_owned()).collect();
            shown(&resource, marks, &sent, Some(&given))
        };
        let taken =
            json!({"userName": "ceo@example.com", "externalId": "sm7f3k-1", "displayName": "sm7f3k Ada"});
        assert_eq!(judge(taken.clone(), &[]), ShownOwner::Nothing);
        // We named it so.
        assert_eq!(judge(taken, &["ceo@example.com"]), ShownOwner::Ours);
        for ours in [
            json!({"userName": "SM7F3K.ADA", "externalId": "x"}),
            json!({"externalId": "sm7f3k-1", "displayName": "Chief"}),
        ] {
            assert_eq!(judge(ours.clone(), &[]), ShownOwner::Ours, "{ours}");
        }
        assert_eq!(
            shown_with("sm7f3k", None, &json!({"userName": "ceo", "title": "sm7f3k"})),
            ShownOwner::Nothing
        );
        let by_hand = json!({"userName": "ceo", "externalId": "5C1A"});
        assert_eq!(shown_with("sm7f3k", Some("5c1a"), &by_hand), ShownOwner::Ours);
    }

    #[test]
    fn a_mark_of_the_run_in_any_text_of_the_object_itself_makes_it_ours() {
        for ours in [
            json!({"userName": "SM7F3K.ada@example.com"}),
            json!({"emails": [{"value": "ada.sm7f3k@example.com"}]}),
            json!({"urn:x": {"code": "sm7f3k"}}),
            json!({"userName": "x", "externalId": "5C1A0000-AAAA-4000-8000-000000000001"}),
        ] {
            assert_eq!(judge(&ours, &[]), ShownOwner::Ours, "{ours}");
        }
    }

    #[test]
    fn marks_on_other_objects_and_in_bookkeeping_prove_nothing() {
        for nothing in [
            json!({"id": "sm7f3k", "meta": {"location": "/Users/sm7f3k"}, "schemas": ["sm7f3k"]}),
            json!({"members": [{"value": "1", "display": "sm7f3k Ada"}]}),
            json!({"groups": [{"value": "1", "display": "sm7f3k Team"}]}),
            json!({"manager": {"displayName": "sm7f3k"}, "active": true}),
        ] {
            assert_eq!(judge(&nothing, &[]), ShownOwner::Nothing, "{nothing}");
        }
    }

    #[test]
    fn what_no_create_named_is_ours_only_if_a_name_begins_with_the_prefix() {
        for (names, named) in [
            (json!({"userName": "SM7F3K.ada@example.com"}), Named::Begins),
            (json!({"userName": "x", "displayName": "sm7f3k Sales"}), Named::Begins),
            (json!({"userName": "shadow-sm7f3k.ada@example.com"}), Named::Holds),
            (json!({"displayName": "about sm7f3k"}), Named::Holds),
            (json!({"userName": "bob", "title": "Looks after sm7f3k"}), Named::Not),
        ] {
            assert_eq!(named_with("sm7f3k", &names), named, "{names}");
        }
    }

    #[test]
    fn names_without_a_mark_are_somebody_elses_unless_we_sent_them() {
        let bob = json!({"id": "7", "displayName": "Bob", "title": "Boss"});
        assert_eq!(judge(&bob, &[]), ShownOwner::Another("`Bob` (id 7)".to_owned()));
        assert_eq!(judge(&bob, &["bob"]), ShownOwner::Nothing);
        assert_eq!(judge(&json!({"id": "7", "title": "Boss"}), &[]), ShownOwner::Nothing);
    }
}
