//! Faults of creating, and of values that only one may have.

use axum::http::header;
use serde_json::{Map, Value, json};

use super::scene::{Effect, created, fail, patched, refuse, resources, status};
use crate::scim::message::ScimType;
use crate::scim::urn;
use crate::server::call::{Call, Document};
use crate::server::model::Kind;
use crate::server::reply::{Content, Reply};
use crate::server::store::Key;

/// The body of a POST that creates a resource of a type.
pub(super) fn sent(call: &mut Call, kind: Kind) -> Option<&mut Map<String, Value>> {
    created(call).filter(|created| *created == kind)?;
    match &mut call.body {
        Document::Json(Value::Object(body)) => Some(body),
        _ => None,
    }
}

pub(super) fn create_answers_200() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() && reply.status == 201 {
            reply.status = status(200);
        }
    })
}

pub(super) fn create_answers_409() -> Effect {
    Effect::after(|call, reply, _| {
        // Kept, and yet refused: as when an answer is made after the transaction.
        if created(call) == Some(Kind::User) && reply.status == 201 {
            *reply = refuse(ScimType::Uniqueness, "the user exists already");
        }
    })
}

pub(super) fn location_header_missing() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() {
            reply.headers.remove(header::LOCATION);
        }
    })
}

pub(super) fn create_answers_empty() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() && reply.status == 201 {
            reply.content = Content::Empty;
        }
    })
}

pub(super) fn create_not_stored() -> Effect {
    Effect::after(|call, reply, scene| {
        if created(call).is_some()
            && let Some((kind, id)) = scene.written(call, reply)
        {
            scene.store.remove(kind, &id);
        }
    })
}

pub(super) fn create_answer_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call) == Some(Kind::User) {
            for user in resources(reply) {
                for name in ["displayName", "userName"] {
                    if let Some(Value::String(text)) = user.get_mut(name) {
                        text.push_str(" (new)");
                    }
                }
            }
        }
    })
}

pub(super) fn create_answer_partial() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() {
            for resource in resources(reply) {
                resource.retain(|name, _| ["schemas", "id", "userName", "meta"].contains(&name.as_str()));
            }
        }
    })
}

pub(super) fn conflict_answers_500() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status == 409 {
            *reply = fail(500, "duplicate key value violates unique constraint");
        }
    })
}

pub(super) fn duplicate_user_accepted() -> Effect {
    Effect::before(|call, scene| {
        scene.store.duplicates_allowed = created(call) == Some(Kind::User);
        None
    })
}

pub(super) fn duplicate_group_accepted() -> Effect {
    Effect::before(|call, scene| {
        scene.store.duplicates_allowed = created(call) == Some(Kind::Group);
        None
    })
}

pub(super) fn duplicate_by_case_accepted() -> Effect {
    Effect::before(|call, scene| {
        let name = sent(call, Kind::User).and_then(|user| user.get("userName")?.as_str().map(str::to_owned));
        scene.store.duplicates_allowed = name.is_some_and(|name| {
            let mut same = scene.store.with(Kind::User, Key::Name, &name);
            same.all(|user| user.attributes.get("userName").is_some_and(|taken| *taken != *name))
        });
        None
    })
}

pub(super) fn duplicate_adopts_existing() -> Effect {
    Effect::before(|call, scene| {
        let name = sent(call, Kind::User)?.get("userName")?.as_str()?.to_owned();
        let id = scene.store.with(Kind::User, Key::Name, &name).next()?.id.clone();
        Some(Reply::json(status(201), scene.show(call, Kind::User, &id)?))
    })
}

pub(super) fn no_uniqueness_on_patch() -> Effect {
    Effect::before(|call, scene| {
        scene.store.duplicates_allowed = patched(call).is_some();
        None
    })
}

pub(super) fn requires_email() -> Effect {
    Effect::before(|call, _| {
        let lacks = sent(call, Kind::User)?.get("emails").and_then(Value::as_array).is_none_or(Vec::is_empty);
        lacks.then(|| refuse(ScimType::InvalidValue, "emails is required"))
    })
}

pub(super) fn requires_manager() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, Kind::User)?;
        let lacks = body.get(urn::ENTERPRISE).is_none_or(|employee| employee.get("manager").is_none());
        lacks.then(|| refuse(ScimType::InvalidValue, "manager is required"))
    })
}

pub(super) fn refuses_unknown_schemas() -> Effect {
    Effect::before(|call, _| {
        let schemas = sent(call, Kind::Group)?.get("schemas")?.as_array()?;
        let unknown = schemas.iter().any(|schema| schema != urn::GROUP);
        unknown.then(|| refuse(ScimType::InvalidValue, "schemas names a schema that is not known here"))
    })
}

pub(super) fn requires_members() -> Effect {
    Effect::before(|call, _| {
        let lacks =
            sent(call, Kind::Group)?.get("members").and_then(Value::as_array).is_none_or(Vec::is_empty);
        lacks.then(|| refuse(ScimType::InvalidValue, "a group needs members"))
    })
}

pub(super) fn invents_manager() -> Effect {
    Effect::after(|call, reply, scene| {
        if created(call) == Some(Kind::User) {
            let boss =
                scene.store.all(Kind::User).next().map_or_else(|| "1".to_owned(), |user| user.id.clone());
            scene.rewrite(call, reply, &[Kind::User], |user| {
                let employee = user.attributes.entry(urn::ENTERPRISE).or_insert_with(|| json!({}));
                employee["manager"] = json!({ "value": boss });
            });
        }
    })
}

pub(super) fn invents_members() -> Effect {
    Effect::after(|call, reply, scene| {
        let user = scene.store.all(Kind::User).next().map(|user| user.id.clone());
        if let Some(id) = user.filter(|_| created(call) == Some(Kind::Group)) {
            scene.rewrite(call, reply, &[Kind::Group], |group| {
                group.attributes.insert("members".into(), json!([{ "value": id }]));
            });
        }
    })
}

pub(super) fn external_id_invented() -> Effect {
    Effect::after(|call, reply, scene| {
        scene.rewrite(call, reply, &Kind::ALL, |record| {
            record.attributes.insert("externalId".into(), format!("int-{}", record.id).into());
        });
    })
}
