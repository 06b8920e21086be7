//! Members of groups: whom a group is believed to hold, and whom it holds.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::{Ledger, MemberOutcome};
use super::subject;
use crate::check::Level;
use crate::scim::{member, same_name};
use crate::wire::{Operation, ResourceKind};
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &MEMBER_LOST,
    &REMOVED_MEMBER_KEPT,
    &EXCLUDED_MEMBERS_RETURNED,
    &GROUP_PATCH_LISTS_MEMBERS,
    &USER_GROUPS_DIFFER,
];

const MEMBER_LOST: RuleDeclaration = RuleDeclaration {
    name: "member-lost",
    title: "Members stay until they are removed",
    level: Level::Critical,
    what: "After a 2xx to Add, everyone who was added is a member, and all earlier members still are. \
           Removing one member removes only that one.",
    why: "Entra never reads members back. A lost member loses access for good, and a group emptied by a \
          Remove that carried its member in `value` stays empty.",
    fix: "Treat `Remove` on `members` with a value as the removal of those members; apply additions as a change \
          to the set, in one transaction, so that parallel requests do not overwrite each other.",
    entra: "Success in the log. People lose access and nothing shows why.",
    refs: &[
        Rfc("7644#3.5.2"),
        Microsoft("application-provisioning-config-problem-scim-compatibility"),
        Field("simpleidserver/SimpleIdServer#164"),
        Field("fleetdm/fleet#50724"),
    ],
    faults: &[
        "member-remove-wipes-group",
        "member-add-replaces-list",
        "member-add-ignored",
        "group-rename-wipes-members",
        "reenable-changes-id",
    ],
    judges: |view| subject::reads_known(view, |known| known.counts_members(true)),
    judge: RuleJudge::Trace(member_lost),
};

fn member_lost(ledger: &Ledger) -> Vec<Complaint> {
    let lost = ledger.member_outcomes().iter().filter(|outcome| outcome.missing);
    lost.map(|outcome| {
        let people = people(outcome.count);
        let message = match outcome.seen_before {
            0 => format!("{people} missing from the group after an accepted Add."),
            _ => format!("{people} missing from the group although no request removed any."),
        };
        complaint(outcome, message, "among the members", "absent")
    })
    .collect()
}

const REMOVED_MEMBER_KEPT: RuleDeclaration = RuleDeclaration {
    name: "removed-member-kept",
    title: "A removed member leaves the group",
    level: Level::Critical,
    what: "After a 2xx to the removal of a member, in either of Entra's two forms, the group no longer holds \
           that member.",
    why: "The person keeps the rights of the group. Entra considers the removal done after the 2xx and never \
          checks it.",
    fix: "Support both `members[value eq \"…\"]` without a value and `members` with the members in `value`.",
    entra: "Success in the log. Nothing shows that the person still has access.",
    refs: &[
        Rfc("7644#3.5.2.2"),
        Microsoft("application-provisioning-config-problem-scim-compatibility"),
        Field("thomaspoignant/scim-patch#959"),
    ],
    faults: &["member-remove-ignored", "member-remove-value-ignored"],
    judges: |view| subject::reads_known(view, |known| known.counts_members(false)),
    judge: RuleJudge::Trace(removed_member_kept),
};

fn removed_member_kept(ledger: &Ledger) -> Vec<Complaint> {
    let kept = ledger.member_outcomes().iter().filter(|outcome| !outcome.missing);
    kept.map(|outcome| {
        let message = format!("{} still in the group after an accepted Remove.", people(outcome.count));
        complaint(outcome, message, "not among the members", "among the members")
    })
    .collect()
}

fn people(count: usize) -> String {
    if count == 1 { "One member is".to_owned() } else { format!("{count} members are") }
}

fn complaint(outcome: &MemberOutcome, message: String, expected: &str, actual: &str) -> Complaint {
    let complaint = Complaint::new(message)
        .concerning("members")
        .against(expected, format!("{actual}: {}", outcome.count))
        .shown_by(&outcome.by);
    let complaint = match &outcome.last_write {
        Some(write) if !std::sync::Arc::ptr_eq(write, &outcome.by) => complaint.shown_by(write),
        _ => complaint,
    };
    complaint.shown_by(&outcome.seen)
}

const EXCLUDED_MEMBERS_RETURNED: RuleDeclaration = RuleDeclaration {
    name: "excluded-members-returned",
    title: "excludedAttributes=members omits the members",
    level: Level::Error,
    what: "A read or query with `excludedAttributes=members` returns groups without `members`.",
    why: "Entra reads groups only in this way. A thousand members in each response slow every cycle down, \
          and Microsoft documents an error for responses that include all members anyway.",
    fix: "Honour excludedAttributes on GET by id and on queries, wherever it appears in the query string, \
          and do not load the members at all.",
    entra: "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse.",
    refs: &[
        Rfc("7644#3.9"),
        Microsoft("howto-analyze-provisioning-logs"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("Infisical/infisical#6525"),
    ],
    faults: &["excluded-attributes-ignored"],
    judges: |view| {
        let of_groups = |resource: &super::returned::Returned<'_>| resource.kind == ResourceKind::Group;
        view.projection().excludes("members") && view.resources().iter().any(of_groups)
    },
    judge: RuleJudge::Exchange(excluded_members_returned),
};

fn excluded_members_returned(view: &View<'_>) -> Vec<Complaint> {
    if !view.projection().excludes("members") {
        return Vec::new();
    }
    let members = view.resources().iter().find_map(|resource| {
        let members = resource.member("members")?.as_array()?;
        // An empty list and none at all are the same (RFC 7643 §2.5).
        (resource.kind == ResourceKind::Group && !members.is_empty()).then_some(members.len())
    });
    match members {
        Some(count) => Complaint::new("The response holds members although the request excluded them.")
            .concerning("members")
            .against("no members", format!("{count} members"))
            .into(),
        None => Vec::new(),
    }
}

const GROUP_PATCH_LISTS_MEMBERS: RuleDeclaration = RuleDeclaration {
    name: "group-patch-lists-members",
    title: "The response to a group PATCH does not list its members",
    level: Level::Note,
    what: "For PATCH on a group, 204 is best; a body with all members is allowed but wasteful.",
    why: "Entra never uses that body. In a group with thousands of members, each added member costs a \
          response of megabytes.",
    fix: "Return 204 for PATCH on /Groups.",
    entra: "Slow cycles for large groups.",
    refs: &[Microsoft("use-scim-to-provision-users-and-groups"), Rfc("7644#3.5.2 MAY")],
    faults: &["group-patch-lists-members"],
    judges: |view| {
        view.exchange.succeeded() && matches!(view.operation(), Operation::Modify(ResourceKind::Group, _))
    },
    judge: RuleJudge::Exchange(group_patch_lists_members),
};

fn group_patch_lists_members(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Modify(ResourceKind::Group, _), [group]) = (view.operation(), view.resources()) else {
        return Vec::new();
    };
    match group.member("members").and_then(Value::as_array).map(Vec::len) {
        Some(count) if count > 0 => Complaint::new("The response to a group PATCH lists the members.")
            .concerning("members")
            .against("204 without a body", format!("200 with {count} members"))
            .into(),
        _ => Vec::new(),
    }
}

const USER_GROUPS_DIFFER: RuleDeclaration = RuleDeclaration {
    name: "user-groups-differ",
    title: "A user's `groups` match the memberships",
    level: Level::Warning,
    what: "A server that publishes the user's read-only `groups` keeps it up to date: direct members have \
           the group there, removed members do not.",
    why: "Entra does not read it. Administrators and other clients do, and see wrong rights.",
    fix: "Compute `groups` from the memberships when a user is read, or omit the attribute from /Schemas.",
    entra: "Nothing.",
    refs: &[Rfc("7643#4.1.2")],
    faults: &["user-groups-stale"],
    judges: |view| match view.operation() {
        Operation::Read(ResourceKind::User, id) => {
            publishes_groups(view) && view.ledger.groups_naming(id).next().is_some()
        }
        _ => false,
    },
    judge: RuleJudge::Exchange(user_groups_differ),
};

/// Whether the answer has to show the groups of a user.
fn publishes_groups(view: &View<'_>) -> bool {
    let path = crate::scim::AttributePath::simple("groups");
    let published = view.discovery.schemas.find_within(crate::scim::urn::USER, &path);
    published.is_some() && view.projection().asks_for(&path)
}

fn user_groups_differ(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Read(ResourceKind::User, id), [user]) = (view.operation(), view.resources()) else {
        return Vec::new();
    };
    if !publishes_groups(view) {
        return Vec::new();
    }
    let groups: Vec<&str> = super::reading::elements(user.member("groups").unwrap_or(&Value::Null))
        .filter(|group| {
            member(group, "type").and_then(Value::as_str).is_none_or(|kind| same_name(kind, "direct"))
        })
        .filter_map(|group| member(group, "value")?.as_str())
        .collect();
    let wrong = view.ledger.groups_naming(id).find_map(|group| {
        if !group.is_there() || !group.is_settled_for(view.exchange) {
            return None;
        }
        let inside = group.has_member(id)?;
        (inside != groups.contains(&group.id.as_str())).then_some((inside, group))
    });
    let Some((inside, group)) = wrong else {
        return Vec::new();
    };
    let (expected, actual) = if inside { ("listed", "missing") } else { ("not listed", "listed") };
    let complaint =
        Complaint::new(format!("A group must be {expected} in the user's `groups`, but is {actual}."))
            .concerning("groups")
            .against(format!("the group is {expected}"), format!("the group is {actual}"));
    match &group.last_write {
        Some(write) => complaint.shown_by(write).into(),
        None => complaint.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, answer, group, list, patch, user, with};
    use serde_json::json;

    fn add(ids: &[&str]) -> Value {
        let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
        json!([{"op": "Add", "path": "members", "value": members}])
    }

    /// Users `a`, `b` and `c` and the empty group `g`.
    fn team() -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        for id in ["a", "b", "c"] {
            let sent = json!({"schemas": [crate::scim::urn::USER], "userName": format!("{id}@example.com")});
            scenario_run.post("/Users", sent, 201, user(id));
        }
        scenario_run.makes_group();
        scenario_run
    }

    #[test]
    fn a_group_emptied_by_the_removal_of_one_is_found() {
        let mut scenario_run = team();
        scenario_run.patch("/Groups/g", add(&["a", "b"]), 204, Value::Null).patch(
            "/Groups/g",
            add(&["c"]),
            204,
            Value::Null,
        );
        scenario_run.get("/Groups/g", 200, group(&["a", "b", "c"]));
        scenario_run.is_right();
        scenario_run.patch(
            "/Groups/g",
            json!([{"op": "Remove", "path": "members", "value": [{"value": "c"}]}]),
            204,
            Value::Null,
        );
        scenario_run.get("/Groups/g", 200, group(&[]));
        scenario_run.finds("member-lost", 1, Level::Critical);
        assert!(scenario_run.findings("member-lost")[0].message.starts_with("2 members"));
        scenario_run.finds("removed-member-kept", 0, Level::Critical);
    }

    #[test]
    fn members_are_followed_in_both_dialects() {
        let mut scenario_run = team();
        scenario_run.patch("/Groups/g", add(&["a", "b"]), 204, Value::Null);
        scenario_run.patch(
            "/Groups/g",
            json!([{"op": "remove", "path": "members[value eq \"a\"]"}]),
            204,
            Value::Null,
        );
        scenario_run.get("/Groups/g", 200, group(&["b"]));
        scenario_run.patch("/Groups/g", json!([{"op": "Remove", "path": "members"}]), 204, Value::Null);
        scenario_run.get("/Groups/g", 200, group(&[]));
        scenario_run.is_right();
        scenario_run.patch("/Groups/g", add(&["a"]), 204, Value::Null).get("/Groups/g", 200, group(&[]));
        scenario_run.finds("member-lost", 1, Level::Critical);
    }

    #[test]
    fn a_removal_without_effect_is_found() {
        let mut scenario_run = team();
        scenario_run.patch("/Groups/g", add(&["a"]), 204, Value::Null);
        scenario_run.patch(
            "/Groups/g",
            json!([{"op": "remove", "path": "members[value eq \"a\"]"}]),
            204,
            Value::Null,
        );
        scenario_run.get("/Groups/g", 200, group(&["a"]));
        scenario_run.finds("removed-member-kept", 1, Level::Critical);
    }

    #[test]
    fn unknown_deleted_and_unread_members_are_not_judged() {
        let mut scenario_run = team();
        scenario_run
            .patch("/Groups/g", add(&["stranger", "a", "b"]), 204, Value::Null)
            .delete("/Users/a", 204);
        scenario_run.get("/Groups/g?excludedAttributes=members", 200, group(&[])).get(
            "/Groups/g",
            200,
            group(&["b"]),
        );
        scenario_run.get("/Groups?filter=displayName eq \"Team\"", 200, list(vec![group(&[])]));
        scenario_run.is_right();
    }

    #[test]
    fn changes_at_the_same_time_have_no_order() {
        let mut scenario_run = team();
        scenario_run.together([
            (patch("/Groups/g", add(&["a"])), answer(204, &Value::Null)),
            (
                patch("/Groups/g", json!([{"op": "Remove", "path": "members", "value": [{"value": "a"}]}])),
                answer(204, &Value::Null),
            ),
        ]);
        scenario_run.get("/Groups/g", 200, group(&["a"]));
        scenario_run.is_right();
        let mut adds = team();
        adds.together([
            (patch("/Groups/g", add(&["a"])), answer(204, &Value::Null)),
            (patch("/Groups/g", add(&["b"])), answer(204, &Value::Null)),
        ]);
        adds.get("/Groups/g", 200, group(&["b"]));
        adds.finds("member-lost", 1, Level::Critical);
    }

    #[test]
    fn excluded_members_must_stay_out() {
        let mut scenario_run = team();
        scenario_run.get("/Groups/g?excludedAttributes=members", 200, group(&["a"]));
        scenario_run.get(
            "/Groups?excludedAttributes=members&filter=displayName eq \"Team\"",
            200,
            list(vec![group(&["a"])]),
        );
        scenario_run.finds("excluded-members-returned", 2, Level::Error);
        let mut right = team();
        right.get("/Groups/g?excludedAttributes=members", 200, with(group(&[]), json!({"members": []})));
        right.is_right();
    }

    #[test]
    fn listing_members_after_a_patch_is_a_note() {
        let mut scenario_run = team();
        scenario_run.patch("/Groups/g", add(&["a"]), 200, group(&["a"]));
        scenario_run.finds("group-patch-lists-members", 1, Level::Note);
        scenario_run.is_right();
        let mut lean = team();
        lean.patch("/Groups/g", add(&["a"]), 200, group(&[]));
        lean.finds("group-patch-lists-members", 0, Level::Note);
    }

    #[test]
    fn a_users_groups_are_judged_where_they_are_published() {
        let lonely = |scenario_run: &mut ScenarioRun| {
            scenario_run.patch("/Groups/g", add(&["a"]), 204, Value::Null).get("/Users/a", 200, user("a"));
        };
        let mut scenario_run = team();
        lonely(&mut scenario_run);
        scenario_run.finds("user-groups-differ", 1, Level::Warning);
        let mut silent = team().publishing(|discovery| {
            for schema in &mut discovery.schemas.schemas {
                schema.attributes.retain(|attribute| attribute.name != "groups");
            }
        });
        lonely(&mut silent);
        silent.is_right();
    }
}
