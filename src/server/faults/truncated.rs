//! Generic mutations that cut: lists and texts that end too early.

use serde_json::Value;

use super::context::{Effect, listed};
use super::fault::faults;
use crate::server::model::ServedKind;

faults! {
    /// Lists lack their last resource.
    RESOURCES_WITHHELD = "resources-withheld", Truncate, resources_withheld;
    /// `displayName` is truncated to eight characters.
    TRUNCATE_DISPLAY_NAMES = "truncate-display-names", Truncate, truncate_display_names;
    /// Only the first of several e-mails is stored.
    TRUNCATE_EMAILS_TO_FIRST = "truncate-emails-to-first", Truncate, truncate_emails_to_first;
    /// Only the first of several phone numbers is stored.
    TRUNCATE_PHONE_NUMBERS_TO_FIRST = "truncate-phone-numbers-to-first", Truncate, truncate_phone_numbers_to_first;
    /// `userName` is truncated to twenty characters.
    TRUNCATE_USER_NAMES = "truncate-user-names", Truncate, truncate_user_names;
}

fn resources_withheld() -> Effect {
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

fn truncate_display_names() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &ServedKind::ALL, |record| {
            if let Some(name) = record.attributes.get_mut("displayName") {
                cut(name, 8);
            }
        });
    })
}

fn truncate_emails_to_first() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
            if let Some(Value::Array(emails)) = user.attributes.get_mut("emails") {
                emails.truncate(1);
            }
        });
    })
}

fn truncate_phone_numbers_to_first() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
            if let Some(Value::Array(numbers)) = user.attributes.get_mut("phoneNumbers") {
                numbers.truncate(1);
            }
        });
    })
}

fn truncate_user_names() -> Effect {
    Effect::after(|call, reply, context| {
        context.rewrite(call, reply, &[ServedKind::User], |user| {
            if let Some(name) = user.attributes.get_mut("userName") {
                cut(name, 20);
            }
        });
    })
}
