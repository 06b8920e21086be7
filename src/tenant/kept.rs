//! What the database holds of the directory's change log.

use serde_json::{Value, json};

use crate::entra::directory::{ChangeKind, DirectoryChange, ObjectId, ObjectKind, find};

pub(super) fn kind_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "user",
        ObjectKind::Group => "group",
    }
}

pub(super) fn kind_named(name: &str) -> Option<ObjectKind> {
    [ObjectKind::User, ObjectKind::Group].into_iter().find(|kind| kind_name(*kind) == name)
}

/// A change of the directory.
pub(super) fn change(change: &DirectoryChange) -> Value {
    let (what, about) = match &change.what {
        ChangeKind::Added => ("added", None),
        ChangeKind::Attribute(name) => ("attribute", Some(*name)),
        ChangeKind::Manager => ("manager", None),
        ChangeKind::AccountEnabled => ("accountEnabled", None),
        ChangeKind::Assigned => ("assigned", None),
        ChangeKind::Unassigned => ("unassigned", None),
        ChangeKind::SoftDeleted => ("softDeleted", None),
        ChangeKind::Restored => ("restored", None),
        ChangeKind::Purged => ("purged", None),
        ChangeKind::MemberAdded(member) => ("memberAdded", Some(member.as_str())),
        ChangeKind::MemberRemoved(member) => ("memberRemoved", Some(member.as_str())),
    };
    json!({ "hour": change.hour, "id": change.id, "kind": kind_name(change.kind), "what": what, "about": about })
}

/// The change that was kept so.
pub(super) fn change_of(kept: &Value) -> Option<DirectoryChange> {
    let text = |name: &str| kept.get(name).and_then(Value::as_str);
    let kind = kind_named(text("kind")?)?;
    let what = match (text("what")?, text("about")) {
        ("added", _) => ChangeKind::Added,
        ("attribute", Some(name)) => ChangeKind::Attribute(find(kind, name).ok()?.name),
        ("manager", _) => ChangeKind::Manager,
        ("accountEnabled", _) => ChangeKind::AccountEnabled,
        ("assigned", _) => ChangeKind::Assigned,
        ("unassigned", _) => ChangeKind::Unassigned,
        ("softDeleted", _) => ChangeKind::SoftDeleted,
        ("restored", _) => ChangeKind::Restored,
        ("purged", _) => ChangeKind::Purged,
        ("memberAdded", Some(member)) => ChangeKind::MemberAdded(ObjectId::new(member)),
        ("memberRemoved", Some(member)) => ChangeKind::MemberRemoved(ObjectId::new(member)),
        _ => return None,
    };
    let (hour, id) = (kept.get("hour")?.as_u64()?, ObjectId::new(text("id")?));
    // Whoever was the manager is for delta queries, whose tokens do not outlast the program.
    Some(DirectoryChange { hour, id, kind, what, former: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_comes_back_as_it_was() {
        let member = ObjectId::new("m");
        for what in [
            ChangeKind::Added,
            ChangeKind::Attribute("jobTitle"),
            ChangeKind::Manager,
            ChangeKind::AccountEnabled,
            ChangeKind::Assigned,
            ChangeKind::Unassigned,
            ChangeKind::SoftDeleted,
            ChangeKind::Restored,
            ChangeKind::Purged,
        ] {
            let (id, kind) = (ObjectId::new("u"), ObjectKind::User);
            let kept = DirectoryChange { hour: 7, id, kind, what, former: None };
            assert_eq!(change_of(&change(&kept)), Some(kept));
        }
        for what in [ChangeKind::MemberAdded(member.clone()), ChangeKind::MemberRemoved(member)] {
            let (id, kind) = (ObjectId::new("g"), ObjectKind::Group);
            let kept = DirectoryChange { hour: 7, id, kind, what, former: None };
            assert_eq!(change_of(&change(&kept)), Some(kept));
        }
        assert_eq!(change_of(&json!({"what": "added"})), None);
    }
}
