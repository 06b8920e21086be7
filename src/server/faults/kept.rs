//! Generic mutations of what is kept: state that is lost, late, exchanged, doubled or cut.

use serde_json::Value;

use super::context::{Effect, FaultContext, created, listed, patched, read, writes};
use super::fault::faults;
use crate::scim::urn;
use crate::server::call::ServerRequest;
use crate::server::model::ServedKind;
use crate::server::reply::{Reply, ReplyBody};

faults! {
    /// A PATCH removes every multi-valued attribute of a user.
    WIPE_MULTIVALUED_ON_PATCH = "wipe-multivalued-on-patch", Wipe, wipe_multivalued_on_patch;
    /// A PATCH removes the enterprise extension.
    WIPE_EXTENSION_ON_PATCH = "wipe-extension-on-patch", Wipe, wipe_extension_on_patch;
    /// A PATCH removes `name`.
    WIPE_NAME_ON_PATCH = "wipe-name-on-patch", Wipe, wipe_name_on_patch;
    /// A PATCH removes `externalId`.
    WIPE_EXTERNAL_ID_ON_PATCH = "wipe-external-id-on-patch", Wipe, wipe_external_id_on_patch;
    /// A PATCH on a group removes the existing members.
    WIPE_MEMBERS_ON_GROUP_PATCH = "wipe-members-on-group-patch", Wipe, wipe_members_on_group_patch;
    /// Reads by id return the state before the last write.
    STALE_READS = "stale-reads", Stale, stale_reads;
    /// Lists return the state before the last write.
    STALE_QUERIES = "stale-queries", Stale, stale_queries;
    /// The first read after a write returns the state before it.
    STALE_FIRST_READ = "stale-first-read", Stale, stale_first_read;
    /// A create stores given name and family name swapped.
    SWAP_GIVEN_AND_FAMILY_NAME = "swap-given-and-family-name", Swap, swap_given_and_family_name;
    /// Work and home e-mails are stored swapped.
    SWAP_EMAIL_TYPES = "swap-email-types", Swap, swap_email_types;
    /// A read by id returns another resource.
    READS_SWAPPED = "reads-swapped", Swap, reads_swapped;
    /// Each create swaps the `displayName` of two users.
    SWAP_NAMES_OF_TWO_USERS = "swap-names-of-two-users", Swap, swap_names_of_two_users;
}

fn wipe_multivalued_on_patch() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_some() {
            context.rewrite(call, reply, &[ServedKind::User], |user| {
                user.attributes.retain(|_, value| !value.is_array())
            });
        }
    })
}

fn wipe_extension_on_patch() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_some() {
            context.rewrite(call, reply, &[ServedKind::User], |user| {
                user.attributes.shift_remove(urn::ENTERPRISE);
            });
        }
    })
}

fn wipe_name_on_patch() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_some() {
            context.rewrite(call, reply, &[ServedKind::User], |user| {
                user.attributes.shift_remove("name");
            });
        }
    })
}

fn wipe_external_id_on_patch() -> Effect {
    Effect::after(|call, reply, context| {
        if patched(call).is_some() {
            context.rewrite(call, reply, &ServedKind::ALL, |record| {
                record.attributes.shift_remove("externalId");
            });
        }
    })
}

fn wipe_members_on_group_patch() -> Effect {
    Effect::before(|call, context| {
        let (_, id) = patched(call).filter(|(kind, _)| *kind == ServedKind::Group)?;
        let mut group = context.store.get(ServedKind::Group, &id)?.clone();
        group.attributes.shift_remove("members");
        context.store.overwrite(ServedKind::Group, group);
        None
    })
}

/// Remembers the store before a write.
fn note(call: &ServerRequest, context: &mut FaultContext<'_>) {
    if writes(call) {
        context.memory.replica = Some(context.store.clone());
    }
}

/// Serves a request from the store as it was before the last write.
fn serve_late(call: &ServerRequest, context: &mut FaultContext<'_>) -> Option<Reply> {
    let mut replica = context.memory.replica.take()?;
    let reply = context.serve_from(call, &mut replica);
    context.memory.replica = Some(replica);
    Some(reply)
}

fn stale_reads() -> Effect {
    Effect::before(|call, context| {
        note(call, context);
        read(call).and_then(|_| serve_late(call, context))
    })
}

fn stale_queries() -> Effect {
    Effect::before(|call, context| {
        note(call, context);
        listed(call).and_then(|_| serve_late(call, context))
    })
}

fn stale_first_read() -> Effect {
    Effect::before(|call, context| {
        note(call, context);
        read(call)?;
        let reply = serve_late(call, context);
        context.memory.replica = None;
        reply
    })
}

fn swap_given_and_family_name() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call).is_some() {
            context.rewrite(call, reply, &[ServedKind::User], |user| {
                if let Some(Value::Object(name)) = user.attributes.get_mut("name") {
                    let (given, family) = (name.shift_remove("givenName"), name.shift_remove("familyName"));
                    name.extend(family.map(|value| ("givenName".to_owned(), value)));
                    name.extend(given.map(|value| ("familyName".to_owned(), value)));
                }
            });
        }
    })
}

fn swap_email_types() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
            let emails = user.attributes.get_mut("emails").and_then(Value::as_array_mut);
            for email in emails.into_iter().flatten() {
                email["type"] = if email["type"] == "work" { "home".into() } else { "work".into() };
            }
        });
    })
}

fn reads_swapped() -> Effect {
    Effect::after(|call, reply, context| {
        // Somebody else of the same kind, as when an index counts from the other end.
        if let Some((kind, id)) = read(call).filter(|_| reply.status.is_success())
            && let Some(other) = context.store.all(kind).find(|record| record.id != id)
            && let Some(body) = context.show(call, kind, &other.id)
        {
            reply.content = ReplyBody::Json(body);
        }
    })
}

fn swap_names_of_two_users() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call) != Some(ServedKind::User) {
            return;
        }
        let Some((_, id)) = context.written(call, reply) else { return };
        let other = context.store.all(ServedKind::User).find(|user| user.id != id).cloned();
        if let (Some(mut other), Some(mut this)) = (other, context.store.get(ServedKind::User, &id).cloned())
        {
            let (theirs, ours) =
                (other.attributes.get("displayName").cloned(), this.attributes.get("displayName").cloned());
            if let (Some(theirs), Some(ours)) = (theirs, ours) {
                other.attributes.insert("displayName".into(), ours);
                this.attributes.insert("displayName".into(), theirs);
                context.store.overwrite(ServedKind::User, other);
                context.store.overwrite(ServedKind::User, this);
            }
        }
    })
}
