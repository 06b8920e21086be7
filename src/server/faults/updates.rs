//! Faults of PATCH on users.

use axum::http::Method;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::operations::{Change, asks, element, ignore, operation, operations, replace};
use super::scene::{Effect, Scene, fail, patched, refuse, resources, status};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::{PatchPath, same_name, urn};
use crate::server::call::{Call, Document};
use crate::server::model::Kind;
use crate::server::reply::{Content, Reply};

const USERS: &[Kind] = &[Kind::User];

pub(super) fn ignores_string_boolean() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("active") && change.is_string_boolean());
        None
    })
}

pub(super) fn refuses_string_boolean() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("active") && change.is_string_boolean())
            .then(|| refuse(ScimType::InvalidValue, "active: expected a boolean but found a string"))
    })
}

pub(super) fn string_boolean_echoed() -> Effect {
    Effect::after(|call, reply, scene| {
        let mut sent = None;
        super::operations::changes(&mut call.clone(), USERS, |change| {
            if change.concerns("active") && change.is_string_boolean() {
                sent = change.value.cloned();
            }
        });
        if let Some(text) = sent {
            scene.rewrite(call, reply, USERS, |user| {
                user.attributes.insert("active".into(), text);
            });
        }
    })
}

pub(super) fn applies_first_operation_only() -> Effect {
    Effect::before(|call, _| {
        if let Some(operations) = operations(call, USERS) {
            operations.truncate(1);
            // Of a bundle, the first attribute.
            if let Some(Value::Object(members)) =
                operations.first_mut().and_then(|first| first.get_mut("value"))
            {
                let first = members.keys().next().cloned();
                members.retain(|name, _| Some(name) == first.as_ref());
            }
        }
        None
    })
}

pub(super) fn refuses_capital_op() -> Effect {
    Effect::before(|call, _| {
        let capital = |operation: &Value| {
            operation.get("op").and_then(Value::as_str).is_some_and(|op| op.starts_with(char::is_uppercase))
        };
        operations(call, &Kind::ALL)?
            .iter()
            .any(capital)
            .then(|| refuse(ScimType::InvalidSyntax, "op must be one of add, replace, remove"))
    })
}

/// Applies the operations of a PATCH one by one, up to the first that cannot be; `unless` leaves some out.
fn apply_singly(call: &Call, scene: &mut Scene<'_>, unless: fn(&Change) -> bool) {
    let Some((kind, id)) = patched(call) else { return };
    let mut call = call.clone();
    ignore(&mut call, &Kind::ALL, unless);
    let Some(operations) = operations(&mut call, &Kind::ALL).cloned() else { return };
    for operation in operations {
        let Some(record) = scene.store.get(kind, &id) else { return };
        let body = json!({ "schemas": [urn::PATCH_OP], "Operations": [operation] });
        let Ok(attributes) = scene.service.patched(kind, &record.attributes, &body) else { return };
        let mut record = record.clone();
        record.attributes = attributes;
        scene.store.overwrite(kind, record);
    }
}

pub(super) fn patch_not_atomic() -> Effect {
    Effect::after(|call, reply, scene| {
        if reply.status == 400 {
            apply_singly(call, scene, |_| false);
        }
    })
}

pub(super) fn conflict_keeps_other_changes() -> Effect {
    Effect::after(|call, reply, scene| {
        if reply.status == 409 {
            apply_singly(call, scene, |change| change.concerns("userName"));
        }
    })
}

pub(super) fn patch_not_applied() -> Effect {
    Effect::before(|call, _| {
        if let Some(operations) = operations(call, USERS) {
            operations.clear();
        }
        None
    })
}

pub(super) fn pathless_patch_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &Kind::ALL, |change| change.bundled);
        None
    })
}

pub(super) fn remove_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &Kind::ALL, |change| change.verb == Verb::Remove);
        None
    })
}

pub(super) fn ignores_display_name_replace() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &Kind::ALL, |change| change.concerns("displayName") && change.verb == Verb::Replace);
        None
    })
}

pub(super) fn user_name_immutable() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("userName"))
            .then(|| refuse(ScimType::Mutability, "userName cannot be changed"))
    })
}

pub(super) fn ignores_user_name_change() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("userName"));
        None
    })
}

pub(super) fn external_id_immutable() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("externalId"))
            .then(|| refuse(ScimType::Mutability, "externalId cannot be changed"))
    })
}

/// True when a path or a key is behind an extension's URN.
fn is_qualified(path: &PatchPath) -> bool {
    path.schema.as_deref().is_some_and(|schema| !same_name(schema, urn::USER))
}

pub(super) fn urn_paths_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| !change.bundled && is_qualified(&change.path));
        None
    })
}

pub(super) fn urn_keys_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.bundled && is_qualified(&change.path));
        None
    })
}

/// Keeps some changes as members of the resource that no schema knows.
fn keep_literally(
    call: &Call,
    scene: &mut Scene<'_>,
    reply: &mut Reply,
    mangle: fn(&Change<'_>) -> Option<(String, Value)>,
) {
    let mut literal = Vec::new();
    super::operations::changes(&mut call.clone(), USERS, |change| literal.extend(mangle(change)));
    if !literal.is_empty() {
        scene.rewrite(call, reply, USERS, |user| user.attributes.extend(literal));
    }
}

pub(super) fn dotted_keys_literal() -> Effect {
    Effect::both(
        |call, _| {
            ignore(call, USERS, |change| change.bundled && change.path.sub.is_some());
            None
        },
        |call, reply, scene| {
            keep_literally(call, scene, reply, |change| {
                let dotted = change.bundled && change.path.sub.is_some();
                dotted.then(|| (change.path.to_string(), change.value.cloned().unwrap_or_default()))
            });
        },
    )
}

pub(super) fn urn_split_at_dot() -> Effect {
    Effect::both(
        |call, _| {
            ignore(call, USERS, |change| is_qualified(&change.path));
            None
        },
        |call, reply, scene| {
            keep_literally(call, scene, reply, |change| {
                let text = change.path.to_string();
                let (urn, rest) = text.split_once('.').filter(|_| is_qualified(&change.path))?;
                let mut inner = Map::new();
                inner.insert(rest.to_owned(), change.value.cloned().unwrap_or_default());
                Some((urn.to_owned(), Value::Object(inner)))
            });
        },
    )
}

pub(super) fn complex_replace_wipes_siblings() -> Effect {
    Effect::before(|call, _| {
        // Whatever is set of a complex attribute becomes all there is of it: in `name` and in elements.
        replace(call, USERS, |change| {
            let (sub, value) = (change.path.sub.as_ref()?, change.value?);
            if change.verb == Verb::Remove || same_name(&change.path.attribute, "manager") {
                return None;
            }
            let mut whole = change.path.clone();
            whole.sub = None;
            let mut operations = vec![json!({ "op": "remove", "path": whole.to_string() })];
            operations.push(operation(Verb::Add, &whole.to_string(), json!({ (sub.clone()): value })));
            Some(operations)
        });
        for operation in operations(call, USERS)? {
            let Some(members) = operation.get_mut("value").and_then(Value::as_object_mut) else { continue };
            let dotted = members.keys().any(|name| name.starts_with("name."));
            if dotted && operation.get("path").is_none() {
                let members = operation["value"].as_object_mut()?;
                let last = members.keys().rfind(|name| name.starts_with("name.")).cloned();
                members.retain(|name, _| !name.starts_with("name.") || Some(name) == last.as_ref());
            }
        }
        None
    })
}

pub(super) fn replace_wipes_other_attributes() -> Effect {
    Effect::after(|call, reply, scene| {
        let mut named = Vec::new();
        super::operations::changes(&mut call.clone(), USERS, |change| {
            if change.verb == Verb::Replace {
                named.push(change.path.clone());
            }
        });
        if named.is_empty() || named.iter().all(|path| path.is("active")) {
            return;
        }
        scene.rewrite(call, reply, USERS, |user| {
            user.attributes.retain(|name, _| {
                ["userName", "active", "externalId"].contains(&name.as_str())
                    || named.iter().any(|path| {
                        same_name(&path.attribute, name)
                            || path.schema.as_deref().is_some_and(|schema| same_name(schema, name))
                    })
            });
        });
    })
}

/// True when a change has a value path that selects no element of what is kept.
pub(super) fn selects_nothing(change: &Change<'_>, attributes: &Map<String, Value>) -> bool {
    let Some(filter) = &change.path.filter else { return false };
    let model = crate::server::model::Model::of(Kind::User, false);
    let Some(place) = model.find_target(&change.path) else { return false };
    let elements = attributes.get(&place.attribute.name).and_then(Value::as_array);
    !elements
        .into_iter()
        .flatten()
        .any(|element| crate::server::evaluate::element_holds(place.attribute, filter, element))
}

pub(super) fn kept(call: &Call, scene: &Scene<'_>) -> Map<String, Value> {
    patched(call)
        .and_then(|(kind, id)| scene.store.get(kind, &id))
        .map(|record| record.attributes.clone())
        .unwrap_or_default()
}

pub(super) fn value_path_no_target() -> Effect {
    Effect::before(|call, scene| {
        let kept = kept(call, scene);
        asks(call, USERS, |change| change.verb != Verb::Remove && selects_nothing(change, &kept))
            .then(|| refuse(ScimType::NoTarget, "the path's filter selects nothing"))
    })
}

pub(super) fn value_path_create_ignored() -> Effect {
    Effect::before(|call, scene| {
        let kept = kept(call, scene);
        ignore(call, USERS, |change| selects_nothing(change, &kept));
        None
    })
}

pub(super) fn value_path_appends_always() -> Effect {
    Effect::before(|call, _| {
        replace(call, USERS, |change| {
            let new = element(change).filter(|_| change.verb != Verb::Remove)?;
            Some(vec![operation(Verb::Add, &change.path.attribute, json!([new]))])
        });
        None
    })
}

pub(super) fn value_path_replaces_list() -> Effect {
    Effect::before(|call, _| {
        replace(call, USERS, |change| {
            let new = element(change).filter(|_| change.verb != Verb::Remove)?;
            Some(vec![operation(Verb::Replace, &change.path.attribute, json!([new]))])
        });
        None
    })
}

pub(super) fn stale_patch_answer() -> Effect {
    Effect::both(
        |call, scene| {
            if let Some((kind, id)) = patched(call) {
                let body = scene.show(call, kind, &id)?;
                scene.memory.values.insert(id, body);
            }
            None
        },
        |call, reply, scene| {
            if let Some((_, id)) = patched(call)
                && reply.status == 200
                && let Some(old) = scene.memory.values.get(&id)
            {
                reply.content = Content::Json(old.clone());
            }
        },
    )
}

pub(super) fn patch_answers_200_without_body() -> Effect {
    Effect::after(|call, reply, _| {
        if patched(call).is_some() && reply.status.is_success() {
            reply.status = status(200);
            reply.content = Content::Empty;
        }
    })
}

pub(super) fn patch_answers_its_request() -> Effect {
    Effect::after(|call, reply, _| {
        if patched(call).is_some()
            && reply.status.is_success()
            && let Document::Json(body) = &call.body
        {
            *reply = Reply::json(status(200), body.clone());
        }
    })
}

pub(super) fn patch_answers_500() -> Effect {
    Effect::after(|call, reply, _| {
        // Written, and yet an error.
        if patched(call).is_some_and(|(kind, _)| kind == Kind::User) && reply.status.is_success() {
            *reply = fail(500, "the answer could not be written");
        }
    })
}

pub(super) fn write_answers_invent() -> Effect {
    Effect::after(|call, reply, _| {
        if call.method != Method::GET {
            for resource in resources(reply) {
                resource.insert("nickName".into(), "new".into());
            }
        }
    })
}

pub(super) fn last_modified_goes_back() -> Effect {
    Effect::after(|call, reply, scene| {
        if patched(call).is_some() {
            scene.rewrite(call, reply, &Kind::ALL, |record| {
                let earlier = record.modified.checked_sub(SignedDuration::from_hours(1));
                record.modified = earlier.unwrap_or(record.modified);
            });
        }
    })
}

pub(super) fn created_changes() -> Effect {
    Effect::after(|call, reply, scene| {
        if patched(call).is_some() {
            scene.rewrite(call, reply, &Kind::ALL, |record| {
                record.created =
                    record.modified.checked_add(SignedDuration::from_secs(1)).unwrap_or(record.modified);
                record.modified = record.created;
            });
        }
    })
}
