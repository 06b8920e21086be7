use super::*;
use crate::entra::directory::AttributeKind;

fn id(text: &str) -> ObjectId {
    ObjectId::new(text)
}

fn tenant(users: &[&str]) -> Tenant {
    let mut tenant = Tenant::new();
    for user in users {
        tenant.add_user(User::new(id(user))).expect("the id is new");
    }
    tenant
}

fn whats(tenant: &Tenant, since: Watermark) -> Vec<ChangeKind> {
    tenant.changes_since(since).into_iter().map(|change| change.what).collect()
}

#[test]
fn a_watermark_shows_what_came_after_it_and_nothing_else() {
    let mut tenant = tenant(&["ada"]);
    let mark = tenant.watermark();
    assert_eq!(tenant.changes_since(mark), []);
    tenant.set(&id("ada"), "jobTitle", Some("Countess".into())).unwrap();
    tenant.assign(&id("ada")).unwrap();
    assert_eq!(whats(&tenant, mark), [ChangeKind::Attribute("jobTitle"), ChangeKind::Assigned]);
    assert_eq!(tenant.changes_since(Watermark::default()).len(), 3);
}

#[test]
fn setting_what_is_already_so_is_no_change() {
    let mut tenant = tenant(&["ada", "grace"]);
    tenant.set(&id("ada"), "city", Some("London".into())).unwrap();
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    tenant.assign(&id("ada")).unwrap();
    let mark = tenant.watermark();
    tenant.set(&id("ada"), "city", Some("London".into())).unwrap();
    tenant.set(&id("ada"), "state", None).unwrap();
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    tenant.assign(&id("ada")).unwrap();
    tenant.set_account_enabled(&id("ada"), true).unwrap();
    assert_eq!(tenant.changes_since(mark), []);
}

#[test]
fn an_earlier_state_does_not_see_later_changes() {
    let mut tenant = tenant(&["ada"]);
    let before = tenant.state();
    tenant.set(&id("ada"), "city", Some("London".into())).unwrap();
    assert_eq!(before.user(&id("ada")).unwrap().text("city"), None);
    assert_eq!(tenant.state().user(&id("ada")).unwrap().text("city"), Some("London"));
}

#[test]
fn a_change_that_was_taken_back_leaves_a_trace() {
    let mut tenant = tenant(&["ada"]);
    let before = tenant.state();
    tenant.set(&id("ada"), "city", Some("London".into())).unwrap();
    tenant.set(&id("ada"), "city", None).unwrap();
    assert_ne!(before.user(&id("ada")), tenant.state().user(&id("ada")));
    let after = tenant.state();
    tenant.set(&id("ada"), "city", None).unwrap();
    assert_eq!(after, tenant.state());
}

#[test]
fn a_purge_takes_the_links_to_the_object_with_it() {
    let mut tenant = tenant(&["ada", "grace"]);
    tenant.add_group(Group::new(id("team"), "Team")).unwrap();
    tenant.add_member(&id("team"), &id("grace")).unwrap();
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    let mark = tenant.watermark();
    tenant.purge(&id("grace")).unwrap();
    assert_eq!(
        whats(&tenant, mark),
        [ChangeKind::Manager, ChangeKind::MemberRemoved(id("grace")), ChangeKind::Purged]
    );
    let state = tenant.state();
    assert_eq!(state.user(&id("ada")).unwrap().manager(), None);
    assert!(state.group(&id("team")).unwrap().members().is_empty());
    assert_eq!(tenant.purge(&id("grace")), Err(DirectoryError::NoSuchObject(id("grace"))));
}

#[test]
fn thirty_days_in_the_recycle_bin_end_in_a_purge() {
    let mut tenant = tenant(&["ada"]);
    tenant.advance(5);
    tenant.soft_delete(&id("ada")).unwrap();
    tenant.advance(RECYCLE_BIN_HOURS - 1);
    assert!(tenant.state().user(&id("ada")).is_some_and(User::is_soft_deleted));
    let mark = tenant.watermark();
    tenant.advance(1);
    assert!(tenant.state().user(&id("ada")).is_none());
    assert_eq!(whats(&tenant, mark), [ChangeKind::Purged]);
}

#[test]
fn hours_are_made_of_minutes() {
    let mut tenant = tenant(&["ada"]);
    tenant.soft_delete(&id("ada")).unwrap();
    tenant.advance(RECYCLE_BIN_HOURS - 1);
    tenant.advance_minutes(59);
    assert_eq!((tenant.minute() + 1, tenant.clock() + 1), (RECYCLE_BIN_HOURS * 60, RECYCLE_BIN_HOURS));
    assert!(tenant.state().user(&id("ada")).is_some());
    tenant.advance_minutes(1);
    assert!(tenant.state().user(&id("ada")).is_none());
}

#[test]
fn restore_takes_a_user_out_of_the_recycle_bin_and_nobody_else() {
    let mut tenant = tenant(&["ada"]);
    assert_eq!(tenant.restore(&id("ada")), Err(DirectoryError::NotDeleted(id("ada"))));
    tenant.soft_delete(&id("ada")).unwrap();
    assert_eq!(tenant.soft_delete(&id("ada")), Err(DirectoryError::AlreadyDeleted(id("ada"))));
    tenant.restore(&id("ada")).unwrap();
    tenant.advance(RECYCLE_BIN_HOURS);
    assert!(tenant.state().user(&id("ada")).is_some_and(|user| !user.is_soft_deleted()));
}

#[test]
fn a_deleted_group_is_gone_at_once() {
    let mut tenant = Tenant::new();
    tenant.add_group(Group::new(id("team"), "Team")).unwrap();
    tenant.soft_delete(&id("team")).unwrap();
    assert!(tenant.state().group(&id("team")).is_none());
}

#[test]
fn managers_do_not_go_round_in_a_circle() {
    let mut tenant = tenant(&["ada", "grace"]);
    tenant.set_manager(&id("ada"), Some(id("grace"))).unwrap();
    let circle = tenant.set_manager(&id("grace"), Some(id("ada")));
    assert_eq!(circle, Err(DirectoryError::CyclicManager(id("grace"))));
    assert!(tenant.set_manager(&id("ada"), Some(id("ada"))).is_err());
}

#[test]
fn values_must_fit_their_attribute() {
    let mut tenant = tenant(&["ada"]);
    assert_eq!(
        tenant.set(&id("ada"), "jobTitel", None).expect_err("a slip").to_string(),
        "`jobTitel` is not an attribute of an Entra user: did you mean `jobTitle`?"
    );
    assert_eq!(
        tenant.set(&id("ada"), "city", Some(true.into())),
        Err(DirectoryError::WrongKind { name: "city", expected: AttributeKind::Text })
    );
    assert_eq!(
        tenant.set(&id("ada"), "objectId", Some("x".into())),
        Err(DirectoryError::Computed("objectId"))
    );
    tenant.set(&id("ada"), "accountEnabled", Some(false.into())).unwrap();
    assert!(!tenant.state().user(&id("ada")).unwrap().account_enabled());
}
