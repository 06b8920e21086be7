//! Values and `active` of one person, ada, whose jobTitle is Analyst.

use super::*;

// "Known issues", Null attribute: "the provisioning service currently can't provision null
// attributes; if an attribute is null on the user object, it will be skipped".
#[test]
fn nulls_are_skipped() {
    check(
        &[
            (
                "a value that is cleared stays",
                |play| {
                    play.cycle();
                    play.set("ada", "jobTitle", None);
                    play.cycle();
                },
                Some("Analyst".to_owned()),
            ),
            (
                "a value that never was is absent",
                |play| {
                    play.set("ada", "jobTitle", None);
                    play.cycle();
                },
                None,
            ),
            (
                "a value that comes later is added",
                |play| {
                    play.set("ada", "jobTitle", None);
                    play.cycle();
                    play.set("ada", "jobTitle", Some("Countess"));
                    play.cycle();
                },
                Some("Countess".to_owned()),
            ),
            (
                "a restart does not clear it either",
                |play| {
                    play.cycle();
                    play.set("ada", "jobTitle", None);
                    play.restart(false);
                },
                Some("Analyst".to_owned()),
            ),
        ],
        |play| play.text("ada", "title"),
    );
}

// "How provisioning works", Incremental cycles 7-9 and Deprovisioning.
#[test]
fn who_leaves_is_disabled_and_who_returns_is_enabled_in_place() {
    check(
        &[
            ("assigned", Play::cycle, Some(true)),
            (
                "unassigned",
                |play| {
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                },
                Some(false),
            ),
            (
                "blocked from sign-in",
                |play| {
                    play.cycle();
                    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
                    play.cycle();
                },
                Some(false),
            ),
            (
                "soft-deleted",
                |play| {
                    play.cycle();
                    play.tenant.soft_delete(&id("ada")).unwrap();
                    play.cycle();
                },
                Some(false),
            ),
            (
                "assigned again",
                |play| {
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                    play.tenant.assign(&id("ada")).unwrap();
                    play.cycle();
                },
                Some(true),
            ),
            (
                "restored",
                |play| {
                    play.cycle();
                    play.tenant.soft_delete(&id("ada")).unwrap();
                    play.cycle();
                    play.tenant.restore(&id("ada")).unwrap();
                    play.cycle();
                },
                Some(true),
            ),
            (
                "left the only assigned group",
                |play| {
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.group("team", &["ada"]);
                    play.cycle();
                    play.tenant.remove_member(&id("team"), &id("ada")).unwrap();
                    play.cycle();
                },
                Some(false),
            ),
            (
                "left one of two ways to be assigned",
                |play| {
                    play.group("team", &["ada"]);
                    play.cycle();
                    play.tenant.remove_member(&id("team"), &id("ada")).unwrap();
                    play.cycle();
                },
                Some(true),
            ),
            // A restart evaluates everybody anew ("Scoping filters", IMPORTANT).
            (
                "unassigned, then restarted before the next cycle",
                |play| {
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.restart(false);
                },
                Some(false),
            ),
            // An initial cycle lists users, and who is in the recycle bin is not listed.
            (
                "soft-deleted, then restarted before the next cycle",
                |play| {
                    play.cycle();
                    play.tenant.soft_delete(&id("ada")).unwrap();
                    play.restart(false);
                },
                None,
            ),
            // "Provision on demand", Known limitations: unassigned users can be disabled, those
            // disabled in the directory are not found.
            (
                "unassigned and provisioned on demand",
                |play| {
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.on_demand("ada");
                },
                Some(false),
            ),
            (
                "blocked, unassigned and provisioned on demand",
                |play| {
                    play.cycle();
                    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.on_demand("ada");
                },
                Some(true),
            ),
            (
                "blocked and provisioned on demand",
                |play| {
                    play.cycle();
                    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
                    play.on_demand("ada");
                },
                Some(true),
            ),
        ],
        |play| play.active("ada"),
    );
}

// Attributes travel with the disable; afterwards an unassigned user is not managed any more
// ("How provisioning works", Known limitations), and of a blocked one nothing is documented.
#[test]
fn a_disable_carries_the_changes_of_its_cycle_and_later_ones_depend() {
    check(
        &[
            (
                "changed with the unassignment",
                |play| {
                    play.cycle();
                    play.set("ada", "jobTitle", Some("Leaver"));
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                },
                ValueDemand::Equal(TargetValue::Text("Leaver".into())),
            ),
            (
                "changed after the unassignment",
                |play| {
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                    play.set("ada", "jobTitle", Some("Leaver"));
                    play.cycle();
                },
                ValueDemand::Equal(TargetValue::Text("Analyst".into())),
            ),
            (
                "changed while blocked",
                |play| {
                    play.cycle();
                    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
                    play.cycle();
                    play.set("ada", "jobTitle", Some("Leaver"));
                    play.cycle();
                },
                ValueDemand::Unjudged,
            ),
            (
                "changed while blocked, then allowed again",
                |play| {
                    play.cycle();
                    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
                    play.cycle();
                    play.set("ada", "jobTitle", Some("Back"));
                    play.cycle();
                    play.tenant.set_account_enabled(&id("ada"), true).unwrap();
                    play.cycle();
                },
                ValueDemand::Equal(TargetValue::Text("Back".into())),
            ),
            (
                "changed while unassigned, then assigned again",
                |play| {
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                    play.set("ada", "jobTitle", Some("Back"));
                    play.tenant.assign(&id("ada")).unwrap();
                    play.cycle();
                },
                ValueDemand::Equal(TargetValue::Text("Back".into())),
            ),
            (
                "changed with the soft deletion",
                |play| {
                    play.cycle();
                    play.set("ada", "jobTitle", Some("Leaver"));
                    play.tenant.soft_delete(&id("ada")).unwrap();
                    play.cycle();
                },
                ValueDemand::Unjudged,
            ),
        ],
        |play| play.standing("ada", "title"),
    );
}

#[test]
fn who_never_gets_an_account() {
    let never = |why| Expected::Never { why };
    check(
        &[
            // "How provisioning works", Known limitations: a disabled user must be active before
            // they are provisioned.
            (
                "blocked before the first cycle",
                |play| {
                    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
                    play.cycle();
                },
                never(Why::NotActive),
            ),
            (
                "soft-deleted before the first cycle",
                |play| {
                    play.tenant.soft_delete(&id("ada")).unwrap();
                    play.cycle();
                },
                never(Why::NotActive),
            ),
            (
                "not assigned",
                |play| {
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                },
                never(Why::NotAssigned),
            ),
            // "Known issues": nested groups are not read.
            (
                "member of a group in an assigned group",
                |play| {
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.tenant.add_group(Group::new(id("inner"), "inner")).unwrap();
                    play.tenant.add_member(&id("inner"), &id("ada")).unwrap();
                    play.group("outer", &["inner"]);
                    play.cycle();
                },
                never(Why::NotAssigned),
            ),
            // "How to analyze provisioning logs": the object cannot be imported.
            (
                "no value in the matching attribute",
                |play| {
                    play.set("ada", "userPrincipalName", None);
                    play.cycle();
                },
                never(Why::NoMatchingValue),
            ),
            ("purged before any cycle", |play| play.tenant.purge(&id("ada")).unwrap(), never(Why::NeverSeen)),
        ],
        |play| play.object("ada"),
    );
}

// "How provisioning works", Incremental cycles: a hard delete, 30 days after the soft delete or by
// hand, sends DELETE. Known limitations: not when the user was unassigned before.
#[test]
fn hard_deletes() {
    let gone = |play: &Play| matches!(play.object("ada"), Expected::Gone);
    check(
        &[
            (
                "purged",
                |play| {
                    play.cycle();
                    play.tenant.purge(&id("ada")).unwrap();
                    play.cycle();
                },
                true,
            ),
            (
                "thirty days in the recycle bin",
                |play| {
                    play.cycle();
                    play.tenant.soft_delete(&id("ada")).unwrap();
                    play.cycle();
                    play.tenant.advance(31 * 24);
                    play.cycle();
                },
                true,
            ),
            (
                "blocked, then purged",
                |play| {
                    play.cycle();
                    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
                    play.cycle();
                    play.tenant.purge(&id("ada")).unwrap();
                    play.cycle();
                },
                true,
            ),
            (
                "unassigned, then purged",
                |play| {
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                    play.tenant.purge(&id("ada")).unwrap();
                    play.cycle();
                },
                false,
            ),
            (
                "purged, and no cycle since",
                |play| {
                    play.cycle();
                    play.tenant.purge(&id("ada")).unwrap();
                    play.on_demand("ada");
                },
                false,
            ),
        ],
        gone,
    );
}

#[test]
fn the_reading_of_2017_deletes_who_was_unassigned_before_the_purge() {
    let mut play = Play::with(&["ada"]);
    play.cycle();
    play.tenant.unassign(&id("ada")).unwrap();
    play.cycle();
    play.tenant.purge(&id("ada")).unwrap();
    play.cycle();
    assert_eq!(play.active("ada"), Some(false));
    let readings = OracleReadings { purge_after_unassignment_deletes: true };
    let other = expected_under(&play.history, &play.mapping, &play.scope, readings, Safeguards::default());
    assert_eq!(other.object(&id("ada")), &Expected::Gone);
}

#[test]
fn what_a_restart_cannot_know_is_not_judged() {
    let mut play = Play::with(&["ada"]);
    play.cycle();
    play.tenant.purge(&id("ada")).unwrap();
    play.restart(false);
    assert_eq!(play.object("ada"), Expected::Unjudged { why: Why::LeftBeforeRestart });
}

#[test]
fn the_first_cycle_is_an_initial_one_whatever_it_is_called() {
    let mut play = Play::with(&["ada"]);
    play.on_demand("ada");
    play.tenant.purge(&id("ada")).unwrap();
    play.run(CycleKind::Incremental);
    assert_eq!(play.object("ada"), Expected::Unjudged { why: Why::LeftBeforeRestart });
}

// "Customize user provisioning attribute-mappings": only during creation; default value if null.
#[test]
fn rows_for_creation_alone_and_defaults() {
    use crate::entra::mapping::FlowType;
    let mut play = Play::with(&["ada", "grace"]);
    for row in &mut play.mapping.user.rows {
        if row.target.is("title") {
            row.flow = FlowType::ObjectAddOnly;
        }
        if row.target.is("preferredLanguage") {
            row.default = Some("en-US".to_owned());
        }
    }
    play.set("ada", "jobTitle", Some("Analyst"));
    play.set("grace", "preferredLanguage", Some("de-DE"));
    play.cycle();
    play.set("ada", "jobTitle", Some("Countess"));
    play.set("grace", "preferredLanguage", None);
    play.cycle();
    assert_eq!(play.text("ada", "title").as_deref(), Some("Analyst"));
    assert_eq!(play.text("ada", "preferredLanguage").as_deref(), Some("en-US"));
    assert_eq!(play.text("grace", "preferredLanguage").as_deref(), Some("de-DE"));
}

// "Customize user provisioning attribute-mappings": saving a mapping starts an initial cycle.
#[test]
fn a_changed_mapping_is_applied_to_everybody() {
    let mut play = Play::with(&["ada"]);
    play.set("ada", "jobTitle", Some("Analyst"));
    let whole = play.mapping.clone();
    play.mapping = whole.without(&["title"]).unwrap();
    play.cycle();
    play.change_mapping(whole);
    assert_eq!(play.text("ada", "title").as_deref(), Some("Analyst"));
}

// Without a value in the source the server may compose one; nothing is said of those.
#[test]
fn values_a_server_may_make_up_are_not_judged() {
    let mut play = Play::with(&["ada"]);
    play.set("ada", "displayName", None);
    play.cycle();
    for target in
        ["displayName", "preferredLanguage", "name.formatted", "addresses[type eq \"work\"].formatted"]
    {
        assert_eq!(play.standing("ada", target), ValueDemand::Unjudged, "{target}");
    }
    for target in ["title", "name.givenName", "emails[type eq \"work\"].value", "employeeNumber", "manager"] {
        assert_eq!(play.standing("ada", target), ValueDemand::Absent, "{target}");
    }
}

#[test]
fn everybody_is_in_scope_when_the_scope_says_so() {
    let mut play = Play::new();
    play.scope = Scope::Everyone;
    play.add("ada");
    play.cycle();
    assert_eq!(play.active("ada"), Some(true));
}

#[test]
fn a_purged_person_who_is_hired_again_has_a_new_account() {
    let mut play = Play::with(&["ada"]);
    play.cycle();
    play.tenant.purge(&id("ada")).unwrap();
    play.cycle();
    play.hire("ada-2");
    play.set("ada-2", "userPrincipalName", Some("ada@example.com"));
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Gone);
    assert_eq!(play.text("ada-2", "userName").as_deref(), Some("ada@example.com"));
}

#[test]
fn who_is_hired_again_after_an_unassignment_and_a_purge_gets_the_account_that_was_left() {
    let mut play = Play::with(&["ada"]);
    play.cycle();
    play.tenant.unassign(&id("ada")).unwrap();
    play.cycle();
    play.tenant.purge(&id("ada")).unwrap();
    play.cycle();
    play.hire("ada-2");
    play.set("ada-2", "userPrincipalName", Some("ada@example.com"));
    play.cycle();
    assert_eq!(play.active("ada-2"), Some(true));
    assert_eq!(play.text("ada-2", "externalId").as_deref(), Some("ada-2"));
}

#[test]
fn purged_and_hired_again_within_one_cycle_is_not_judged() {
    let mut play = Play::with(&["ada"]);
    play.cycle();
    play.tenant.purge(&id("ada")).unwrap();
    play.hire("ada-2");
    play.set("ada-2", "userPrincipalName", Some("ada@example.com"));
    play.cycle();
    assert_eq!(play.object("ada-2"), Expected::Unjudged { why: Why::MatchUnclear });
}
