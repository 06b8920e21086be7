//! Generic mutations of what is kept: state that is lost, late, exchanged, doubled or cut.

use serde_json::Value;

use super::scene::{Effect, Scene, created, listed, patched, read, writes};
use crate::scim::urn;
use crate::server::call::Call;
use crate::server::model::Kind;
use crate::server::reply::{Content, Reply};

pub(super) fn wipe_multivalued_on_patch() -> Effect {
    Effect::after(|call, reply, scene| {
        if patched(call).is_some() {
            scene.rewrite(call, reply, &[Kind::User], |user| {
                user.attributes.retain(|_, value| !value.is_array())
            });
        }
    })
}

pub(super) fn wipe_extension_on_patch() -> Effect {
    Effect::after(|call, reply, scene| {
        if patched(call).is_some() {
            scene.rewrite(call, reply, &[Kind::User], |user| {
                user.attributes.shift_remove(urn::ENTERPRISE);
            });
        }
    })
}

pub(super) fn wipe_name_on_patch() -> Effect {
    Effect::after(|call, reply, scene| {
        if patched(call).is_some() {
            scene.rewrite(call, reply, &[Kind::User], |user| {
                user.attributes.shift_remove("name");
            });
        }
    })
}

pub(super) fn wipe_external_id_on_patch() -> Effect {
    Effect::after(|call, reply, scene| {
        if patched(call).is_some() {
            scene.rewrite(call, reply, &Kind::ALL, |record| {
                record.attributes.shift_remove("externalId");
            });
        }
    })
}

pub(super) fn wipe_members_on_group_patch() -> Effect {
    Effect::before(|call, scene| {
        let (_, id) = patched(call).filter(|(kind, _)| *kind == Kind::Group)?;
        let mut group = scene.store.get(Kind::Group, &id)?.clone();
        group.attributes.shift_remove("members");
        scene.store.overwrite(Kind::Group, group);
        None
    })
}

/// Remembers the store before a write.
fn note(call: &Call, scene: &mut Scene<'_>) {
    if writes(call) {
        scene.memory.replica = Some(scene.store.clone());
    }
}

/// Serves a request from the store as it was before the last write.
fn serve_late(call: &Call, scene: &mut Scene<'_>) -> Option<Reply> {
    let mut replica = scene.memory.replica.take()?;
    let reply = scene.serve_from(call, &mut replica);
    scene.memory.replica = Some(replica);
    Some(reply)
}

pub(super) fn stale_reads() -> Effect {
    Effect::before(|call, scene| {
        note(call, scene);
        read(call).and_then(|_| serve_late(call, scene))
    })
}

pub(super) fn stale_queries() -> Effect {
    Effect::before(|call, scene| {
        note(call, scene);
        listed(call).and_then(|_| serve_late(call, scene))
    })
}

pub(super) fn stale_first_read() -> Effect {
    Effect::before(|call, scene| {
        note(call, scene);
        read(call)?;
        let reply = serve_late(call, scene);
        scene.memory.replica = None;
        reply
    })
}

pub(super) fn swap_given_and_family_name() -> Effect {
    Effect::after(|call, reply, scene| {
        if created(call).is_some() {
            scene.rewrite(call, reply, &[Kind::User], |user| {
                if let Some(Value::Object(name)) = user.attributes.get_mut("name") {
                    let (given, family) = (name.shift_remove("givenName"), name.shift_remove("familyName"));
                    name.extend(family.map(|value| ("givenName".to_owned(), value)));
                    name.extend(given.map(|value| ("familyName".to_owned(), value)));
                }
            });
        }
    })
}

pub(super) fn swap_email_types() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &[Kind::User], |user| {
            let emails = user.attributes.get_mut("emails").and_then(Value::as_array_mut);
            for email in emails.into_iter().flatten() {
                email["type"] = if email["type"] == "work" { "home".into() } else { "work".into() };
            }
        });
    })
}

pub(super) fn reads_swapped() -> Effect {
    Effect::after(|call, reply, scene| {
        // Somebody else of the same kind, as when an index counts from the other end.
        if let Some((kind, id)) = read(call).filter(|_| reply.status.is_success())
            && let Some(other) = scene.store.all(kind).find(|record| record.id != id)
            && let Some(body) = scene.show(call, kind, &other.id)
        {
            reply.content = Content::Json(body);
        }
    })
}

pub(super) fn swap_names_of_two_users() -> Effect {
    Effect::after(|call, reply, scene| {
        if created(call) != Some(Kind::User) {
            return;
        }
        let Some((_, id)) = scene.written(call, reply) else { return };
        let other = scene.store.all(Kind::User).find(|user| user.id != id).cloned();
        if let (Some(mut other), Some(mut this)) = (other, scene.store.get(Kind::User, &id).cloned()) {
            let (theirs, ours) =
                (other.attributes.get("displayName").cloned(), this.attributes.get("displayName").cloned());
            if let (Some(theirs), Some(ours)) = (theirs, ours) {
                other.attributes.insert("displayName".into(), ours);
                this.attributes.insert("displayName".into(), theirs);
                scene.store.overwrite(Kind::User, other);
                scene.store.overwrite(Kind::User, this);
            }
        }
    })
}

pub(super) fn duplicate_emails() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &[Kind::User], |user| {
            if let Some(Value::Array(emails)) = user.attributes.get_mut("emails") {
                let mut kept: Vec<Value> = Vec::new();
                for email in emails.drain(..) {
                    if !kept.contains(&email) {
                        kept.extend([email.clone(), email]);
                    }
                }
                *emails = kept;
            }
        });
    })
}

/// Cuts strings at a length, in characters.
fn cut(value: &mut Value, most: usize) {
    if let Value::String(text) = value
        && let Some((end, _)) = text.char_indices().nth(most)
    {
        text.truncate(end);
    }
}

pub(super) fn truncate_display_names() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &Kind::ALL, |record| {
            if let Some(name) = record.attributes.get_mut("displayName") {
                cut(name, 8);
            }
        });
    })
}

pub(super) fn truncate_emails_to_first() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &[Kind::User], |user| {
            if let Some(Value::Array(emails)) = user.attributes.get_mut("emails") {
                emails.truncate(1);
            }
        });
    })
}

pub(super) fn truncate_phone_numbers_to_first() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &[Kind::User], |user| {
            if let Some(Value::Array(numbers)) = user.attributes.get_mut("phoneNumbers") {
                numbers.truncate(1);
            }
        });
    })
}

pub(super) fn truncate_user_names() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &[Kind::User], |user| {
            if let Some(name) = user.attributes.get_mut("userName") {
                cut(name, 20);
            }
        });
    })
}
