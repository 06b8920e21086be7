//! Managers and members.

use super::*;

// "How provisioning works", Initial cycle: references are written when all users exist. "Known
// issues": a manager out of scope is not written, nor when they join, until a restart.
#[test]
fn managers() {
    let grace = || Ok(Some("grace".to_owned()));
    check(
        &[
            (
                "set before the first cycle, the manager comes after the report",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                },
                grace(),
            ),
            (
                "set later",
                |play| {
                    play.hire("grace");
                    play.cycle();
                    play.manager("ada", Some("grace"));
                    play.cycle();
                },
                grace(),
            ),
            (
                "hired and set in one cycle",
                |play| {
                    play.cycle();
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                },
                grace(),
            ),
            (
                "changed",
                |play| {
                    play.hire("grace");
                    play.hire("alan");
                    play.manager("ada", Some("alan"));
                    play.cycle();
                    play.manager("ada", Some("grace"));
                    play.cycle();
                },
                grace(),
            ),
            (
                "cleared",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.manager("ada", None);
                    play.cycle();
                },
                Ok(None),
            ),
            (
                "not assigned",
                |play| {
                    play.add("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                },
                Ok(None),
            ),
            (
                "joins later, and nothing else of the report changes",
                |play| {
                    play.add("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.tenant.assign(&id("grace")).unwrap();
                    play.cycle();
                    play.cycle();
                },
                Ok(None),
            ),
            (
                "joins later, then the job is restarted",
                |play| {
                    play.add("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.tenant.assign(&id("grace")).unwrap();
                    play.cycle();
                    play.restart(false);
                },
                grace(),
            ),
            (
                "joins later, and something else of the report changes",
                |play| {
                    play.add("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.tenant.assign(&id("grace")).unwrap();
                    play.cycle();
                    play.set("ada", "city", Some("London"));
                    play.cycle();
                },
                Err(()),
            ),
            (
                "stays when the manager is unassigned",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.tenant.unassign(&id("grace")).unwrap();
                    play.cycle();
                    play.set("ada", "city", Some("London"));
                    play.cycle();
                },
                grace(),
            ),
            (
                "set to somebody who was disabled",
                |play| {
                    play.hire("grace");
                    play.cycle();
                    play.tenant.unassign(&id("grace")).unwrap();
                    play.cycle();
                    play.manager("ada", Some("grace"));
                    play.cycle();
                },
                Err(()),
            ),
            (
                "purged with the manager",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.tenant.purge(&id("grace")).unwrap();
                    play.cycle();
                },
                Ok(None),
            ),
            (
                "restart with links dropped",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.restart(true);
                },
                grace(),
            ),
            (
                "cleared before a restart, which has no delta",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.manager("ada", None);
                    play.restart(false);
                },
                Err(()),
            ),
            (
                "changed while the report is unassigned",
                |play| {
                    play.hire("grace");
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                    play.manager("ada", Some("grace"));
                    play.cycle();
                },
                Ok(None),
            ),
            (
                "changed while the report was unassigned, who then came back",
                |play| {
                    play.hire("grace");
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                    play.manager("ada", Some("grace"));
                    play.tenant.assign(&id("ada")).unwrap();
                    play.cycle();
                },
                grace(),
            ),
            (
                "the manager joined while the report was unassigned, who then came back",
                |play| {
                    play.add("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.tenant.assign(&id("grace")).unwrap();
                    play.cycle();
                    play.tenant.assign(&id("ada")).unwrap();
                    play.cycle();
                },
                grace(),
            ),
            (
                "purged when nobody looks after the report any more",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.cycle();
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.cycle();
                    play.tenant.purge(&id("grace")).unwrap();
                    play.cycle();
                },
                Err(()),
            ),
            (
                "on demand nothing is documented",
                |play| {
                    play.hire("grace");
                    play.cycle();
                    play.manager("ada", Some("grace"));
                    play.on_demand("ada");
                },
                Err(()),
            ),
            (
                "on demand, then the cycle",
                |play| {
                    play.hire("grace");
                    play.manager("ada", Some("grace"));
                    play.on_demand("ada");
                    play.cycle();
                },
                grace(),
            ),
        ],
        |play| play.manager_of("ada"),
    );
}

// "Known issues": a member out of scope is not provisioned, nor when they return, until a restart.
// "How provisioning works", Known limitations: memberships of the disabled are left alone.
#[test]
fn members() {
    let certain = |names: &[&str]| (names.iter().map(ToString::to_string).collect(), Vec::new());
    let perhaps =
        |sure: &[&str], maybe: &str| (sure.iter().map(ToString::to_string).collect(), vec![maybe.to_owned()]);
    check(
        &[
            (
                "everybody in scope",
                |play| {
                    play.hire("grace");
                    play.group("team", &["ada", "grace"]);
                    play.cycle();
                },
                certain(&["ada", "grace"]),
            ),
            (
                "one is blocked and was never provisioned",
                |play| {
                    play.hire("grace");
                    play.tenant.set_account_enabled(&id("grace"), false).unwrap();
                    play.group("team", &["ada", "grace"]);
                    play.cycle();
                },
                certain(&["ada"]),
            ),
            (
                "and is allowed in later",
                |play| {
                    play.hire("grace");
                    play.tenant.set_account_enabled(&id("grace"), false).unwrap();
                    play.group("team", &["ada", "grace"]);
                    play.cycle();
                    play.tenant.set_account_enabled(&id("grace"), true).unwrap();
                    play.cycle();
                },
                certain(&["ada"]),
            ),
            (
                "and the job is restarted",
                |play| {
                    play.hire("grace");
                    play.tenant.set_account_enabled(&id("grace"), false).unwrap();
                    play.group("team", &["ada", "grace"]);
                    play.cycle();
                    play.tenant.set_account_enabled(&id("grace"), true).unwrap();
                    play.restart(false);
                },
                certain(&["ada", "grace"]),
            ),
            (
                "added and removed",
                |play| {
                    play.hire("grace");
                    play.group("team", &["ada"]);
                    play.cycle();
                    play.tenant.add_member(&id("team"), &id("grace")).unwrap();
                    play.cycle();
                    play.tenant.remove_member(&id("team"), &id("ada")).unwrap();
                    play.cycle();
                },
                certain(&["grace"]),
            ),
            (
                "a disabled member stays",
                |play| {
                    play.group("team", &["ada"]);
                    play.cycle();
                    play.tenant.soft_delete(&id("ada")).unwrap();
                    play.cycle();
                },
                certain(&["ada"]),
            ),
            (
                "leaving the group is leaving the application",
                |play| {
                    play.tenant.unassign(&id("ada")).unwrap();
                    play.group("team", &["ada"]);
                    play.cycle();
                    play.tenant.remove_member(&id("team"), &id("ada")).unwrap();
                    play.cycle();
                },
                certain(&[]),
            ),
            // What a target does with a deleted member is its own affair.
            (
                "a purged member",
                |play| {
                    play.hire("grace");
                    play.group("team", &["ada", "grace"]);
                    play.cycle();
                    play.tenant.purge(&id("grace")).unwrap();
                    play.cycle();
                },
                perhaps(&["ada"], "grace"),
            ),
            (
                "allowed in later, and somebody else joins the group",
                |play| {
                    play.hire("grace");
                    play.tenant.set_account_enabled(&id("grace"), false).unwrap();
                    play.group("team", &["grace"]);
                    play.cycle();
                    play.tenant.set_account_enabled(&id("grace"), true).unwrap();
                    play.cycle();
                    play.tenant.add_member(&id("team"), &id("ada")).unwrap();
                    play.cycle();
                },
                perhaps(&["ada"], "grace"),
            ),
            // The delta names a member who left and came back, so it may be looked at again.
            (
                "allowed in later, and taken out and put back in between",
                |play| {
                    play.hire("grace");
                    play.tenant.set_account_enabled(&id("grace"), false).unwrap();
                    play.group("team", &["ada", "grace"]);
                    play.cycle();
                    play.tenant.remove_member(&id("team"), &id("grace")).unwrap();
                    play.tenant.add_member(&id("team"), &id("grace")).unwrap();
                    play.tenant.set_account_enabled(&id("grace"), true).unwrap();
                    play.cycle();
                },
                perhaps(&["ada"], "grace"),
            ),
            // A developer of the service: the nested group itself becomes a member.
            (
                "a group in a group",
                |play| {
                    play.group("inner", &["ada"]);
                    play.group("team", &["inner"]);
                    play.cycle();
                },
                certain(&["inner"]),
            ),
        ],
        |play| play.members("team"),
    );
}

// "How provisioning works", Incremental cycles: an unassigned or deleted group is deleted.
#[test]
fn groups_that_leave_are_deleted() {
    let mut play = Play::with(&["ada"]);
    play.group("team", &["ada"]);
    play.group("club", &["ada"]);
    play.cycle();
    play.tenant.unassign(&id("team")).unwrap();
    play.tenant.soft_delete(&id("club")).unwrap();
    play.cycle();
    assert_eq!((play.object("team"), play.object("club")), (Expected::Gone, Expected::Gone));
    assert_eq!(play.active("ada"), Some(true));
    play.tenant.assign(&id("team")).unwrap();
    play.cycle();
    assert_eq!(play.members("team").0, ["ada"]);
}

#[test]
fn groups_keep_their_name_in_step() {
    let mut play = Play::new();
    play.group("team", &[]);
    play.cycle();
    play.set("team", "displayName", Some("Team 2"));
    play.cycle();
    assert_eq!(play.text("team", "displayName").as_deref(), Some("Team 2"));
    assert_eq!(play.text("team", "externalId").as_deref(), Some("team"));
}

#[test]
fn without_a_group_mapping_there_are_no_groups() {
    let mut play = Play::with(&["ada"]);
    play.mapping = play.mapping.without(&["groups"]).unwrap();
    play.group("team", &["ada"]);
    play.cycle();
    assert_eq!(play.object("team"), Expected::Never { why: Why::NotMapped });
}
