//! Elements of multi-valued attributes (RFC 7643 §2.4).

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use crate::check::Level;
use crate::scim::{member, same_name};
use serde_json::Value;
use std::collections::HashSet;

pub(super) const RULES: &[&RuleDeclaration] = &[&EQUAL_ELEMENTS, &SEVERAL_PRIMARIES];

/// The arrays of objects of every resource in the answer, with their names.
fn arrays<'v>(view: &'v View<'_>) -> impl Iterator<Item = (&'v str, &'v [Value])> {
    let of = |(name, value): (&'v String, &'v Value)| {
        value.as_array().map(|list| (name.as_str(), list.as_slice()))
    };
    view.resources().iter().flat_map(move |resource| {
        let inner = resource.members.iter().filter(|(name, _)| name.contains(':'));
        let inner = inner.filter_map(|(_, value)| value.as_object()).flatten();
        resource.members.iter().chain(inner).filter_map(of)
    })
}

const EQUAL_ELEMENTS: RuleDeclaration = RuleDeclaration {
    name: "equal-elements",
    title: "Multi-valued attributes hold no duplicates",
    level: Level::Warning,
    what: "No multi-valued attribute holds two elements with the same `value` and `type`.",
    why: "A server that appends an element it already has grows with every cycle, and a Remove deletes only \
          one of the duplicates.",
    fix: "When an element to be added exists already, treat the Add as done (RFC 7644 §3.5.2.1).",
    entra: "A removed member stays; large groups grow.",
    refs: &[Rfc("7643#2.4 SHOULD"), Rfc("7644#3.5.2.1"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["member-add-duplicates", "duplicate-emails", "duplicate-members"],
    judges: |view| arrays(view).any(|(_, list)| list.len() > 1),
    judge: RuleJudge::Exchange(equal_elements),
};

fn equal_elements(view: &View<'_>) -> Vec<Complaint> {
    let twice = arrays(view).find(|(_, list)| {
        let mut seen = HashSet::new();
        list.iter().any(|element| {
            let text = |name: &str| member(element, name).and_then(Value::as_str);
            text("value")
                .is_some_and(|value| !seen.insert((value, text("type").map(str::to_ascii_lowercase))))
        })
    });
    match twice {
        Some((name, _)) => Complaint::new(format!("{name} holds the same element twice."))
            .concerning(name)
            .against("each element once", "the same element twice")
            .into(),
        None => Vec::new(),
    }
}

const SEVERAL_PRIMARIES: RuleDeclaration = RuleDeclaration {
    name: "several-primaries",
    title: "At most one element is primary",
    level: Level::Warning,
    what: "At most one element of a multi-valued attribute has `primary: true`.",
    why: "With two primary values, each reader picks another one. Roles mapped through `roles[primary eq \
          \"True\"]` end up as two roles.",
    fix: "Clear `primary` on the other elements when one is set to primary.",
    entra: "A role or address that differs from the assigned one.",
    refs: &[
        Rfc("7643#2.4 MUST"),
        Microsoft("customize-application-attributes"),
        Field("pingidentity/scim2#239"),
    ],
    faults: &["several-primaries"],
    judges: |view| arrays(view).any(|(_, list)| list.len() > 1),
    judge: RuleJudge::Exchange(several_primaries),
};

fn several_primaries(view: &View<'_>) -> Vec<Complaint> {
    let primary = |element: &&Value| {
        member(element, "primary").is_some_and(|primary| {
            primary.as_bool() == Some(true) || primary.as_str().is_some_and(|text| same_name(text, "true"))
        })
    };
    let several = arrays(view).map(|(name, list)| (name, list.iter().filter(primary).count()));
    match several.into_iter().find(|(_, count)| *count > 1) {
        Some((name, count)) => Complaint::new(format!("{count} elements of {name} are primary."))
            .concerning(name)
            .against("at most one", count.to_string())
            .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, group, with};
    use serde_json::json;

    fn emails(list: Value) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/1", 200, ada(json!({"emails": list})));
        scenario_run
    }

    #[test]
    fn equal_elements_are_found() {
        emails(
            json!([{"value": "a@example.com", "type": "work"}, {"value": "a@example.com", "type": "Work"}]),
        )
        .finds("equal-elements", 1, Level::Warning);
        emails(
            json!([{"value": "a@example.com", "type": "work"}, {"value": "a@example.com", "type": "home"}]),
        )
        .is_right();
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get(
            "/Groups/g",
            200,
            with(group(&["1", "2"]), json!({"members": [{"value": "1"}, {"value": "1"}]})),
        );
        scenario_run.finds("equal-elements", 1, Level::Warning);
    }

    #[test]
    fn two_primaries_are_found() {
        let two = |a: bool, b: bool| {
            emails(json!([{"value": "a@example.com", "type": "work", "primary": a},
                {"value": "b@example.com", "type": "home", "primary": b}]))
        };
        two(true, true).finds("several-primaries", 1, Level::Warning);
        two(true, false).is_right();
        two(false, false).is_right();
    }
}
