//! Faults of what happens at the same time, and of what happens to a write later.

use serde_json::Value;

use super::context::{Effect, created, listed, patched, writes};
use super::fault::faults;
use crate::server::model::ServedKind;
use crate::server::race::Race;

faults! {
    /// Of two concurrent changes of a group, one is lost: each reads the group, changes it and writes it back.
    GROUP_UPDATE_LOST = "group-update-lost", Named, group_update_lost;
    /// Of two concurrent changes of a group, one returns 500.
    GROUP_LOCK_ERROR = "group-lock-error", Named, group_lock_error;
    /// The check for a taken `userName` runs before the user is stored, so concurrent creates can both pass it.
    UNIQUENESS_CHECKED_EARLY = "uniqueness-checked-early", Duplicate, uniqueness_checked_early;
    /// The change of a user is undone when another user is written.
    UPDATE_UNDONE_LATER = "update-undone-later", Stale, update_undone_later;
    /// A cursor is an offset: the next page skips a user when an earlier one is deleted.
    CURSOR_COUNTS_RESOURCES = "cursor-counts-resources", Hide, cursor_counts_resources;
    /// Each create reverses the order of lists.
    ORDER_TURNS_WITH_CREATES = "order-turns-with-creates", Swap, order_turns_with_creates;
}

fn group_update_lost() -> Effect {
    Effect::racing(Race::GroupUpdateLost)
}

fn group_lock_error() -> Effect {
    Effect::racing(Race::GroupLockError)
}

fn uniqueness_checked_early() -> Effect {
    Effect::racing(Race::UniquenessCheckedEarly)
}

/// A cache that writes back late, over what is there.
fn update_undone_later() -> Effect {
    Effect::before(|call, context| {
        if !writes(call) {
            return None;
        }
        let own = patched(call).filter(|(kind, _)| *kind == ServedKind::User).map(|(_, id)| id);
        let undone: Vec<String> =
            context.memory.records.keys().filter(|id| Some(*id) != own.as_ref()).cloned().collect();
        for id in undone {
            if let Some(record) = context.memory.records.remove(&id)
                && context.store.get(ServedKind::User, &id).is_some()
            {
                context.store.overwrite(ServedKind::User, record);
            }
        }
        if let Some(id) = own
            && let Some(record) = context.store.get(ServedKind::User, &id)
        {
            context.memory.records.entry(id).or_insert_with(|| record.clone());
        }
        None
    })
}

fn cursor_counts_resources() -> Effect {
    Effect::before(|call, context| {
        listed(call)?;
        let start: u64 = match call.parameter("cursor")? {
            "" => 1,
            text => text.strip_prefix('r')?.parse().ok()?,
        };
        let mut by_index = call.clone();
        by_index.forget_parameter("cursor");
        by_index.parameters.push(("startIndex".into(), start.to_string()));
        let mut reply = context.serve_again(&by_index);
        let Some(Value::Object(body)) = reply.body_mut() else { return Some(reply) };
        body.shift_remove("startIndex");
        let total = body.get("totalResults").and_then(Value::as_u64).unwrap_or(0);
        let shown = body.get("Resources").and_then(Value::as_array).map_or(0, Vec::len) as u64;
        if shown > 0 && start + shown <= total {
            body.insert("nextCursor".into(), format!("r{}", start + shown).into());
        }
        Some(reply)
    })
}

fn order_turns_with_creates() -> Effect {
    Effect::before(|call, context| {
        if created(call).is_some() {
            context.memory.counter += 1;
        }
        let kind = listed(call).filter(|_| context.memory.counter % 2 == 1)?;
        let mut backwards = context.store.backwards(kind);
        Some(context.serve_from(call, &mut backwards))
    })
}
