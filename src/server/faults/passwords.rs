//! Faults of attributes that no answer may show.

use serde_json::Value;

use super::context::{Effect, FaultContext, read, resources};
use super::fault::faults;
use super::identity::show_vendor_attribute;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;
use crate::server::variants::Variant;

faults! {
    /// Answers to writes show the password.
    PASSWORD_ECHOED = "password-echoed", Named, password_echoed;
    /// Reads show the password.
    PASSWORD_SHOWN_BY_READS = "password-shown-by-reads", Named, password_shown_by_reads;
    /// An extension attribute with mutability `writeOnly` and returned `never` is shown.
    WRITE_ONLY_RETURNED = "write-only-returned", Named, write_only_returned;
}

fn password_echoed() -> Effect {
    Effect::after(|call, reply, context| {
        if super::context::writes(call) {
            show_passwords(reply, context);
        }
    })
}

fn password_shown_by_reads() -> Effect {
    Effect::after(|call, reply, context| {
        if read(call).is_some() {
            show_passwords(reply, context);
        }
    })
}

fn write_only_returned() -> Effect {
    Effect::after(|_, reply, _| show_vendor_attribute(reply, "recoveryCode", "hopper-1906"))
        .needing(Variant::ExtraVendorSchema)
}

/// Shows passwords in an answer.
fn show_passwords(reply: &mut Reply, context: &FaultContext<'_>) {
    for user in resources(reply) {
        let id = user.get("id").and_then(Value::as_str).unwrap_or("");
        if let Some(password) =
            context.store.get(ServedKind::User, id).and_then(|user| user.attributes.get("password"))
        {
            user.insert("password".into(), password.clone());
        }
    }
}
