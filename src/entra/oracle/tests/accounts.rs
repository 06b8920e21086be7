//! Accounts that were there before.

use serde_json::json;

use super::*;

fn adopted(play: &Play, name: &str) -> Option<String> {
    match play.object(name) {
        Expected::Present { origin: Origin::Adopted(key), .. } => Some(key),
        _ => None,
    }
}

// "How provisioning works", Initial cycle: a match is updated with the attributes of the source.
#[test]
fn a_matching_account_is_taken_over_and_its_mapped_values_overwritten() {
    let mut play = Play::with(&["ada"]);
    play.set("ada", "jobTitle", None);
    play.account(
        "old",
        &[("userName", json!("ADA@example.com")), ("displayName", json!("Byron")), ("title", json!("Poet"))],
    );
    play.account("other", &[("userName", json!("alan@example.com"))]);
    play.cycle();
    assert_eq!(adopted(&play, "ada").as_deref(), Some("old"));
    assert_eq!(play.text("ada", "displayName").as_deref(), Some("ada"));
    assert_eq!(play.text("ada", "title").as_deref(), Some("Poet"), "a null is skipped");
    assert_eq!(
        play.standing("ada", "preferredLanguage"),
        ValueDemand::Unjudged,
        "nobody said what stood there"
    );
    assert_eq!(play.active("ada"), Some(true));
    let expectation = play.expectation();
    assert_eq!(expectation.account("old"), Some(&AccountFate::Adopted(id("ada"))));
    assert_eq!(expectation.account("other"), Some(&AccountFate::Untouched));
}

// "Customize user provisioning attribute-mappings", Matching users: lowest precedence first, the
// next one only without a match, stop at the first.
#[test]
fn matching_attributes_are_tried_in_their_order() {
    let mut play = Play::with(&["ada"]);
    play.mapping = play.mapping.with_matching(&["externalId", "userName"]).unwrap();
    play.account("by-name", &[("userName", json!("ada@example.com")), ("externalId", Value::Null)]);
    play.account("by-id", &[("userName", json!("x@example.com")), ("externalId", json!("ada"))]);
    play.cycle();
    assert_eq!(adopted(&play, "ada").as_deref(), Some("by-id"));

    let mut play = Play::with(&["ada"]);
    play.mapping = play.mapping.with_matching(&["externalId", "userName"]).unwrap();
    play.account("by-name", &[("userName", json!("ada@example.com")), ("externalId", Value::Null)]);
    play.cycle();
    assert_eq!(adopted(&play, "ada").as_deref(), Some("by-name"));

    let mut play = Play::with(&["ada"]);
    play.mapping = play.mapping.with_matching(&["externalId", "userName"]).unwrap();
    play.set("ada", "mailNickname", None);
    play.account("by-name", &[("userName", json!("ada@example.com")), ("externalId", json!("z"))]);
    play.cycle();
    assert_eq!(
        adopted(&play, "ada").as_deref(),
        Some("by-name"),
        "a matching attribute without a value is passed over"
    );
}

// "How to analyze provisioning logs": DuplicateTargetEntries.
#[test]
fn two_matches_are_no_match() {
    let mut play = Play::with(&["ada"]);
    play.mapping = play.mapping.with_matching(&["displayName"]).unwrap();
    for key in ["one", "two"] {
        play.account(key, &[("displayName", json!("ada")), ("userName", json!(key))]);
    }
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Never { why: Why::SeveralMatch });
    assert_eq!(play.expectation().account("one"), Some(&AccountFate::Untouched));
}

// RFC 7643 §4.1.1: userName is unique; the create is refused with 409.
#[test]
fn a_taken_user_name_is_refused_and_the_holder_untouched() {
    let mut play = Play::with(&["ada"]);
    play.mapping = play.mapping.with_matching(&["externalId"]).unwrap();
    play.account("holder", &[("userName", json!("Ada@Example.com")), ("externalId", Value::Null)]);
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Never { why: Why::UserNameTaken });
    assert_eq!(play.expectation().account("holder"), Some(&AccountFate::Untouched));
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Never { why: Why::UserNameTaken });
}

#[test]
fn a_rename_to_a_taken_name_is_not_judged_in_what_came_with_it() {
    let mut play = Play::with(&["ada", "grace"]);
    play.cycle();
    play.set("ada", "userPrincipalName", Some("GRACE@example.com"));
    play.set("ada", "city", Some("London"));
    play.cycle();
    assert_eq!(play.standing("ada", "userName"), ValueDemand::Unjudged);
    assert_eq!(play.standing("ada", "addresses[type eq \"work\"].locality"), ValueDemand::Unjudged);
    assert_eq!(play.text("ada", "displayName").as_deref(), Some("ada"), "what did not change stays");
    assert_eq!(play.text("grace", "userName").as_deref(), Some("grace@example.com"));
}

// externalId is caseExact (RFC 7643 §3.1): another letter case is another value.
#[test]
fn letter_case_counts_where_the_attribute_is_case_exact() {
    let mut play = Play::with(&["ada"]);
    play.mapping = play.mapping.with_matching(&["externalId"]).unwrap();
    play.account("old", &[("userName", json!("x@example.com")), ("externalId", json!("ADA"))]);
    play.cycle();
    assert_eq!(adopted(&play, "ada"), None);
    assert_eq!(play.active("ada"), Some(true));
}

#[test]
fn a_match_that_depends_on_an_unknown_value_is_not_judged() {
    let mut play = Play::with(&["ada"]);
    play.account("old", &[("displayName", json!("Somebody"))]);
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Unjudged { why: Why::MatchUnclear });
}

// Whether the account of somebody who is blocked gets disabled is not documented; once they are
// active it is matched like any other.
#[test]
fn an_inactive_person_with_an_account() {
    let mut play = Play::with(&["ada"]);
    play.tenant.set_account_enabled(&id("ada"), false).unwrap();
    play.account("old", &[("userName", json!("ada@example.com"))]);
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Unjudged { why: Why::InactiveWithAccount });
    assert_eq!(play.expectation().account("old"), Some(&AccountFate::Unjudged));
    play.tenant.set_account_enabled(&id("ada"), true).unwrap();
    play.cycle();
    assert_eq!(adopted(&play, "ada").as_deref(), Some("old"));
    assert_eq!(play.active("ada"), Some(true));
}

#[test]
fn somebody_who_is_not_assigned_leaves_an_account_of_their_name_alone() {
    let mut play = Play::new();
    play.add("ada");
    play.account("old", &[("userName", json!("ada@example.com"))]);
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Never { why: Why::NotAssigned });
    assert_eq!(play.expectation().account("old"), Some(&AccountFate::Untouched));
}

// DuplicateSourceEntries: more than one source object with the same matching value.
#[test]
fn two_people_with_one_matching_value_are_not_judged() {
    let mut play = Play::with(&["ada", "grace"]);
    play.mapping = play.mapping.with_matching(&["displayName"]).unwrap();
    play.set("grace", "displayName", Some("ada"));
    play.cycle();
    for name in ["ada", "grace"] {
        assert_eq!(play.object(name), Expected::Unjudged { why: Why::MatchesAnothers }, "{name}");
    }
}

// "How provisioning works": a full restart drops the links; accounts are found again by matching.
#[test]
fn after_a_full_restart_accounts_are_found_again() {
    let mut play = Play::with(&["ada"]);
    play.set("ada", "jobTitle", Some("Analyst"));
    play.cycle();
    play.set("ada", "jobTitle", Some("Countess"));
    play.restart(true);
    assert_eq!(play.text("ada", "title").as_deref(), Some("Countess"));
    assert!(matches!(play.object("ada"), Expected::Present { origin: Origin::Created, .. }));
}

#[test]
fn an_account_put_there_between_two_cycles_is_found_by_whoever_joins() {
    let mut play = Play::new();
    play.cycle();
    play.hire("ada");
    play.account("old", &[("userName", json!("ada@example.com"))]);
    play.cycle();
    assert_eq!(adopted(&play, "ada").as_deref(), Some("old"));
}

// Failed objects are tried again some hours later ("Quarantine"); when is not modelled.
#[test]
fn a_name_that_becomes_free_may_be_taken_later() {
    let mut play = Play::with(&["grace", "ada"]);
    play.mapping = play.mapping.with_matching(&["externalId"]).unwrap();
    play.set("ada", "userPrincipalName", Some("grace@example.com"));
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Never { why: Why::UserNameTaken });
    play.tenant.purge(&id("grace")).unwrap();
    play.cycle();
    assert_eq!(play.object("ada"), Expected::Unjudged { why: Why::MayBeRetried });
}

#[test]
fn values_a_server_may_make_up_are_not_judged_in_an_account_that_was_made_without_them() {
    let mut play = Play::with(&["ada"]);
    play.account(
        "old",
        &[("userName", json!("ada@example.com")), ("preferredLanguage", Value::Null), ("title", Value::Null)],
    );
    play.cycle();
    assert_eq!(play.standing("ada", "preferredLanguage"), ValueDemand::Unjudged);
    assert_eq!(play.standing("ada", "title"), ValueDemand::Absent);
}

// The rename is refused with the disable that came with it; whether the service let go is not known.
#[test]
fn a_refused_disable_leaves_a_later_purge_unjudged() {
    let mut play = Play::with(&["ada", "grace"]);
    play.cycle();
    play.set("ada", "userPrincipalName", Some("grace@example.com"));
    play.tenant.unassign(&id("ada")).unwrap();
    play.cycle();
    assert_eq!(play.active("ada"), None);
    play.tenant.purge(&id("ada")).unwrap();
    play.cycle();
    assert!(matches!(play.object("ada"), Expected::Unjudged { .. }));
}

// A full restart finds another account under the new name: links to the old one may still stand.
#[test]
fn somebody_who_moved_to_another_account_leaves_links_behind() {
    let mut play = Play::with(&["ada"]);
    play.group("team", &["ada"]);
    play.cycle();
    play.set("ada", "userPrincipalName", Some("lovelace@example.com"));
    play.restart(true);
    assert_eq!(play.text("ada", "userName").as_deref(), Some("lovelace@example.com"));
    match play.standing("team", "members") {
        ValueDemand::Members { present, closed, .. } => {
            assert_eq!((present, closed), (vec![id("ada")], false))
        }
        other => panic!("{other:?}"),
    }
}

// An account that was taken over once is not untouched, whoever has it now.
#[test]
fn an_account_that_was_left_for_another_was_taken_over_all_the_same() {
    let mut play = Play::with(&["ada", "grace"]);
    play.account("old", &[("userName", json!("ada@example.com"))]);
    play.cycle();
    play.set("ada", "userPrincipalName", Some("lovelace@example.com"));
    play.restart(true);
    assert_eq!(play.expectation().account("old"), Some(&AccountFate::Adopted(id("ada"))));
}

// Assigned, provisioned on demand and unassigned again between two cycles: the states at both
// cycles are alike, and yet the account must go inactive.
#[test]
fn who_came_and_left_between_two_cycles_is_disabled() {
    let mut play = Play::new();
    play.add("ada");
    play.cycle();
    play.tenant.assign(&id("ada")).unwrap();
    play.on_demand("ada");
    play.tenant.unassign(&id("ada")).unwrap();
    play.cycle();
    assert_eq!(play.active("ada"), Some(false));
}
