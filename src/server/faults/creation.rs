//! Faults of creating, and of values that only one may have.

use axum::http::header;
use serde_json::{Map, Value, json};

use super::context::{Effect, created, fail, patched, refuse, resources, status};
use super::fault::faults;
use crate::scim::message::ScimType;
use crate::scim::urn;
use crate::server::call::{RequestBody, ServerRequest};
use crate::server::model::ServedKind;
use crate::server::reply::{Reply, ReplyBody};
use crate::server::store::{StoreKey, StoredResource};

faults! {
    /// A create returns 200 instead of 201.
    CREATE_ANSWERS_200 = "create-answers-200", Named, create_answers_200;
    /// A create stores the user and returns 409.
    CREATE_ANSWERS_409 = "create-answers-409", Named, create_answers_409;
    /// A create returns no Location header.
    LOCATION_HEADER_MISSING = "location-header-missing", Named, location_header_missing;
    /// A create returns no body.
    CREATE_ANSWERS_EMPTY = "create-answers-empty", Drop, create_answers_empty;
    /// A create returns 201 and stores nothing.
    CREATE_NOT_STORED = "create-not-stored", Named, create_not_stored;
    /// The answer to a create shows other names than the stored ones.
    CREATE_ANSWER_WRONG = "create-answer-wrong", Named, create_answer_wrong;
    /// The answer to a create shows only `id` and the names.
    CREATE_ANSWER_PARTIAL = "create-answer-partial", Truncate, create_answer_partial;
    /// A create with a value that is already taken returns 500 instead of 409.
    CONFLICT_ANSWERS_500 = "conflict-answers-500", Named, conflict_answers_500;
    /// Two users can have the same `userName`.
    DUPLICATE_USER_ACCEPTED = "duplicate-user-accepted", Duplicate, duplicate_user_accepted;
    /// Two groups can have the same `displayName`.
    DUPLICATE_GROUP_ACCEPTED = "duplicate-group-accepted", Duplicate, duplicate_group_accepted;
    /// Two users can have a `userName` that differs in letter case only.
    DUPLICATE_BY_CASE_ACCEPTED = "duplicate-by-case-accepted", Named, duplicate_by_case_accepted;
    /// A create with a `userName` that is already taken returns 201 and the existing user.
    DUPLICATE_ADOPTS_EXISTING = "duplicate-adopts-existing", Named, duplicate_adopts_existing;
    /// A create with a mail address that another user has overwrites that user.
    CREATE_TAKES_OVER_BY_MAIL = "create-takes-over-by-mail", Named, create_takes_over_by_mail;
    /// A PATCH can give a user the `userName` of another user.
    NO_UNIQUENESS_ON_PATCH = "no-uniqueness-on-patch", Named, no_uniqueness_on_patch;
    /// A user who is created with `active` false is active.
    CREATE_IGNORES_INACTIVE = "create-ignores-inactive", Named, create_ignores_inactive;
    /// A user without an e-mail address is rejected.
    REQUIRES_EMAIL = "requires-email", Named, requires_email;
    /// A user without a manager is rejected.
    REQUIRES_MANAGER = "requires-manager", Named, requires_manager;
    /// A group without members is rejected.
    REQUIRES_MEMBERS = "requires-members", Named, requires_members;
    /// A group whose `schemas` names an unpublished schema is rejected.
    REFUSES_UNKNOWN_SCHEMAS = "refuses-unknown-schemas", Named, refuses_unknown_schemas;
    /// A new user gets a manager that was not sent.
    INVENTS_MANAGER = "invents-manager", Named, invents_manager;
    /// A new group gets a member that was not sent.
    INVENTS_MEMBERS = "invents-members", Named, invents_members;
    /// `externalId` is overwritten with an id from the server.
    EXTERNAL_ID_INVENTED = "external-id-invented", Named, external_id_invented;
}

/// The body of a POST that creates a resource of a type.
pub(super) fn sent(call: &mut ServerRequest, kind: ServedKind) -> Option<&mut Map<String, Value>> {
    created(call).filter(|created| *created == kind)?;
    match &mut call.body {
        RequestBody::Json(Value::Object(body)) => Some(body),
        _ => None,
    }
}

fn create_answers_200() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() && reply.status == 201 {
            reply.status = status(200);
        }
    })
}

fn create_answers_409() -> Effect {
    Effect::after(|call, reply, _| {
        // Kept, and yet refused: as when an answer is made after the transaction.
        if created(call) == Some(ServedKind::User) && reply.status == 201 {
            *reply = refuse(ScimType::Uniqueness, "the user exists already");
        }
    })
}

fn location_header_missing() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() {
            reply.headers.remove(header::LOCATION);
        }
    })
}

fn create_answers_empty() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() && reply.status == 201 {
            reply.content = ReplyBody::Empty;
        }
    })
}

fn create_not_stored() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call).is_some()
            && let Some((kind, id)) = context.written(call, reply)
        {
            context.store.remove(kind, &id);
        }
    })
}

fn create_answer_wrong() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call) == Some(ServedKind::User) {
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

fn create_answer_partial() -> Effect {
    Effect::after(|call, reply, _| {
        if created(call).is_some() {
            for resource in resources(reply) {
                resource.retain(|name, _| ["schemas", "id", "userName", "meta"].contains(&name.as_str()));
            }
        }
    })
}

fn create_takes_over_by_mail() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call) != Some(ServedKind::User) {
            return;
        }
        let Some((kind, id)) = context.written(call, reply) else { return };
        let Some(new) = context.store.get(kind, &id).cloned() else { return };
        let mails = |user: &StoredResource| -> Vec<String> {
            let emails = user.attributes.get("emails").and_then(Value::as_array);
            let values = emails.into_iter().flatten().filter_map(|email| email.get("value")?.as_str());
            values.map(str::to_lowercase).collect()
        };
        let sent = mails(&new);
        let other = context
            .store
            .all(kind)
            .find(|user| user.id != id && mails(user).iter().any(|mail| sent.contains(mail)));
        let Some(other) = other.cloned() else { return };
        context.store.remove(kind, &id);
        context.store.overwrite(kind, StoredResource { attributes: new.attributes, ..other.clone() });
        context.refresh(call, reply, kind, &other.id);
    })
}

fn conflict_answers_500() -> Effect {
    Effect::after(|_, reply, _| {
        if reply.status == 409 {
            *reply = fail(500, "duplicate key value violates unique constraint");
        }
    })
}

fn duplicate_user_accepted() -> Effect {
    Effect::before(|call, context| {
        context.store.duplicates_allowed = created(call) == Some(ServedKind::User);
        None
    })
}

fn duplicate_group_accepted() -> Effect {
    Effect::before(|call, context| {
        context.store.duplicates_allowed = created(call) == Some(ServedKind::Group);
        None
    })
}

fn duplicate_by_case_accepted() -> Effect {
    Effect::before(|call, context| {
        let name =
            sent(call, ServedKind::User).and_then(|user| user.get("userName")?.as_str().map(str::to_owned));
        context.store.duplicates_allowed = name.is_some_and(|name| {
            let mut same = context.store.with(ServedKind::User, StoreKey::Name, &name);
            same.all(|user| user.attributes.get("userName").is_some_and(|taken| *taken != *name))
        });
        None
    })
}

fn duplicate_adopts_existing() -> Effect {
    Effect::before(|call, context| {
        let name = sent(call, ServedKind::User)?.get("userName")?.as_str()?.to_owned();
        let id = context.store.with(ServedKind::User, StoreKey::Name, &name).next()?.id.clone();
        Some(Reply::json(status(201), context.show(call, ServedKind::User, &id)?))
    })
}

fn no_uniqueness_on_patch() -> Effect {
    Effect::before(|call, context| {
        context.store.duplicates_allowed = patched(call).is_some();
        None
    })
}

fn create_ignores_inactive() -> Effect {
    Effect::before(|call, _| {
        let user = sent(call, ServedKind::User)?;
        if user.get("active") == Some(&json!(false)) {
            user.insert("active".into(), json!(true));
        }
        None
    })
}

fn requires_email() -> Effect {
    Effect::before(|call, _| {
        let lacks =
            sent(call, ServedKind::User)?.get("emails").and_then(Value::as_array).is_none_or(Vec::is_empty);
        lacks.then(|| refuse(ScimType::InvalidValue, "emails is required"))
    })
}

fn requires_manager() -> Effect {
    Effect::before(|call, _| {
        let body = sent(call, ServedKind::User)?;
        let lacks = body.get(urn::ENTERPRISE).is_none_or(|employee| employee.get("manager").is_none());
        lacks.then(|| refuse(ScimType::InvalidValue, "manager is required"))
    })
}

fn refuses_unknown_schemas() -> Effect {
    Effect::before(|call, _| {
        let schemas = sent(call, ServedKind::Group)?.get("schemas")?.as_array()?;
        let unknown = schemas.iter().any(|schema| schema != urn::GROUP);
        unknown.then(|| refuse(ScimType::InvalidValue, "schemas names a schema that is not known here"))
    })
}

fn requires_members() -> Effect {
    Effect::before(|call, _| {
        let lacks =
            sent(call, ServedKind::Group)?.get("members").and_then(Value::as_array).is_none_or(Vec::is_empty);
        lacks.then(|| refuse(ScimType::InvalidValue, "a group needs members"))
    })
}

fn invents_manager() -> Effect {
    Effect::after(|call, reply, context| {
        if created(call) == Some(ServedKind::User) {
            let boss = context
                .store
                .all(ServedKind::User)
                .next()
                .map_or_else(|| "1".to_owned(), |user| user.id.clone());
            context.rewrite(call, reply, &[ServedKind::User], |user| {
                let employee = user.attributes.entry(urn::ENTERPRISE).or_insert_with(|| json!({}));
                employee["manager"] = json!({ "value": boss });
            });
        }
    })
}

fn invents_members() -> Effect {
    Effect::after(|call, reply, context| {
        let user = context.store.all(ServedKind::User).next().map(|user| user.id.clone());
        if let Some(id) = user.filter(|_| created(call) == Some(ServedKind::Group)) {
            context.rewrite(call, reply, &[ServedKind::Group], |group| {
                group.attributes.insert("members".into(), json!([{ "value": id }]));
            });
        }
    })
}

fn external_id_invented() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &ServedKind::ALL, |record| {
            record.attributes.insert("externalId".into(), format!("int-{}", record.id).into());
        });
    })
}
