//! Generic mutations that double: something is there twice.

use serde_json::Value;

use super::context::{Effect, listed};
use super::fault::faults;
use super::shown::change;
use crate::server::model::ServedKind;

faults! {
    /// Lists show their first resource twice.
    RESOURCES_LISTED_TWICE = "resources-listed-twice", Duplicate, resources_listed_twice;
    /// Every e-mail is stored twice.
    DUPLICATE_EMAILS = "duplicate-emails", Duplicate, duplicate_emails;
    /// Answers show every member twice.
    DUPLICATE_MEMBERS = "duplicate-members", Duplicate, duplicate_members;
    /// `schemas` contains its first URN twice.
    SCHEMAS_REPEATED = "schemas-repeated", Duplicate, schemas_repeated;
}

fn resources_listed_twice() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(Value::Array(resources)) = reply.body_mut().and_then(|body| body.get_mut("Resources"))
            && let Some(first) = resources.first().cloned()
        {
            resources.push(first);
        }
    })
}

fn duplicate_emails() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
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

fn duplicate_members() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "members", |members| {
            let members = members.as_array().cloned().unwrap_or_default();
            members.iter().flat_map(|member| [member.clone(), member.clone()]).collect()
        });
    })
}

fn schemas_repeated() -> Effect {
    Effect::after(|_, reply, _| {
        change(reply, "schemas", |schemas| {
            let schemas = schemas.as_array().cloned().unwrap_or_default();
            schemas.iter().chain(schemas.first()).cloned().collect()
        });
    })
}
