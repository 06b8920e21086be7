//! Generic mutations: answers and stored values that go wrong in ways no rule was written for.
//!
//! They know attributes by name and nothing of SCIM's demands, so that a judge who sees them all
//! is not one who was taught each of them.

use serde_json::{Map, Value, json};

use super::scene::{Effect, created, fail, listed, patched, queried, read, resources, withhold, writes};
use crate::scim::urn;
use crate::server::model::Kind;
use crate::server::reply::{Content, Reply};

/// Changes every resource an answer shows.
fn each(reply: &mut Reply, change: impl Fn(&mut Map<String, Value>)) {
    for resource in resources(reply) {
        change(resource);
    }
}

/// Takes an attribute out of every resource.
fn drop_attribute(reply: &mut Reply, name: &str) {
    each(reply, |resource| {
        resource.shift_remove(name);
    });
}

/// Takes a part of an attribute out of every resource.
fn drop_part(reply: &mut Reply, name: &str, part: &str) {
    each(reply, |resource| {
        if let Some(Value::Object(members)) = resource.get_mut(name) {
            members.shift_remove(part);
        }
    });
}

/// Changes the value of an attribute where it stands.
fn change(reply: &mut Reply, name: &str, change: impl Fn(&Value) -> Value) {
    each(reply, |resource| {
        if let Some(value) = resource.get_mut(name) {
            *value = change(value);
        }
    });
}

pub(super) fn id_missing() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "id"))
}

pub(super) fn schemas_missing() -> Effect {
    Effect::after(|_, reply, _| {
        // Last, since what has no schemas is no resource to other faults.
        drop_attribute(reply, "schemas");
    })
}

pub(super) fn list_schema_missing() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Object(body)) = reply.body_mut()
        {
            body.shift_remove("schemas");
        }
    })
}

pub(super) fn meta_missing() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "meta"))
}

pub(super) fn drop_resource_type() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "meta", "resourceType"))
}

pub(super) fn meta_dates_missing() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "meta", "lastModified"))
}

pub(super) fn drop_user_name() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "userName"))
}

pub(super) fn drop_active() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "active"))
}

pub(super) fn drop_display_name() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "displayName"))
}

pub(super) fn drop_emails() -> Effect {
    Effect::after(|_, reply, _| drop_attribute(reply, "emails"))
}

pub(super) fn drop_given_name() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, "name", "givenName"))
}

pub(super) fn drop_department() -> Effect {
    Effect::after(|_, reply, _| drop_part(reply, urn::ENTERPRISE, "department"))
}

pub(super) fn total_results_missing() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(Value::Object(body)) = reply.body_mut() {
            body.shift_remove("totalResults");
        }
    })
}

pub(super) fn numeric_ids() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "id", |id| {
            let digits = id
                .as_str()
                .map(|text| text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte)));
            digits.map_or(Value::Null, Value::from)
        });
    })
}

pub(super) fn retype_active_to_string() -> Effect {
    Effect::after(|_, reply, _| {
        change(
            reply,
            "active",
            |active| if active == &Value::Bool(true) { "True".into() } else { "False".into() },
        );
    })
}

pub(super) fn retype_emails_to_object() -> Effect {
    Effect::after(|_, reply, _| change(reply, "emails", |emails| emails[0].clone()))
}

pub(super) fn retype_emails_to_strings() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "emails", |emails| {
            emails.as_array().into_iter().flatten().map(|email| email["value"].clone()).collect()
        });
    })
}

pub(super) fn retype_display_name_to_list() -> Effect {
    Effect::after(|_, reply, _| change(reply, "displayName", |name| json!([name])))
}

pub(super) fn retype_name_to_string() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "name", |name| {
            let part = |part: &str| name[part].as_str().unwrap_or("").to_owned();
            format!("{} {}", part("givenName"), part("familyName")).into()
        });
    })
}

pub(super) fn dates_as_numbers() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "meta", |meta| {
            let mut meta = meta.clone();
            for name in ["created", "lastModified"] {
                let seconds = meta[name]
                    .as_str()
                    .and_then(crate::scim::datetime::parse)
                    .map(jiff::Timestamp::as_second);
                if let Some(seconds) = seconds {
                    meta[name] = seconds.into();
                }
            }
            meta
        });
    })
}

pub(super) fn total_results_as_string() -> Effect {
    Effect::after(|_, reply, _| {
        if let Some(total) = reply.body_mut().and_then(|body| body.get_mut("totalResults")) {
            *total = total.to_string().into();
        }
    })
}

pub(super) fn retype_schemas_to_string() -> Effect {
    Effect::after(|_, reply, _| change(reply, "schemas", |schemas| schemas[0].clone()))
}

pub(super) fn hide_by_id() -> Effect {
    Effect::after(|call, reply, _| {
        if read(call).is_some() {
            *reply = fail(404, "there is no such resource");
        }
    })
}

pub(super) fn hide_newest_from_lists() -> Effect {
    Effect::after(|call, reply, scene| {
        if let Some(kind) = listed(call)
            && let Some(newest) = scene.store.all(kind).last()
        {
            withhold(reply, |resource| resource["id"] == *newest.id);
        }
    })
}

pub(super) fn hide_changed_from_filters() -> Effect {
    Effect::after(|call, reply, scene| {
        if let Some((_, id)) = patched(call).filter(|_| reply.status.is_success()) {
            scene.memory.marked.insert(id);
        }
        if queried(call).is_some() {
            let marked = &scene.memory.marked;
            withhold(reply, |resource| resource["id"].as_str().is_some_and(|id| marked.contains(id)));
        }
    })
}

pub(super) fn hide_groups() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call) == Some(Kind::Group) {
            withhold(reply, |_| true);
        }
    })
}

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
fn note(call: &crate::server::call::Call, scene: &mut super::scene::Scene<'_>) {
    if writes(call) {
        scene.memory.replica = Some(scene.store.clone());
    }
}

/// Serves a request from the store as it was before the last write.
fn serve_late(call: &crate::server::call::Call, scene: &mut super::scene::Scene<'_>) -> Option<Reply> {
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

pub(super) fn resources_listed_twice() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Array(resources)) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
            && let Some(first) = resources.first().cloned()
        {
            resources.push(first);
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

pub(super) fn duplicate_members() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "members", |members| {
            let members = members.as_array().cloned().unwrap_or_default();
            members.iter().flat_map(|member| [member.clone(), member.clone()]).collect()
        });
    })
}

pub(super) fn schemas_repeated() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "schemas", |schemas| {
            let schemas = schemas.as_array().cloned().unwrap_or_default();
            schemas.iter().chain(schemas.first()).cloned().collect()
        });
    })
}

pub(super) fn resources_withheld() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Array(resources)) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
        {
            resources.pop();
        }
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
