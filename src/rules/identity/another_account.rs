//! A create that is answered with somebody else's account.

use std::sync::Arc;

use serde_json::Value;

use crate::check::Level;
use crate::rules::declaration::DemandSource::{Microsoft, Rfc};
use crate::rules::declaration::{Complaint, RuleDeclaration, RuleJudge};
use crate::rules::{View, subject};
use crate::scim::member;
use crate::wire::{Exchange, Operation, ResourceKind};

pub(super) const CREATE_ANSWERS_EXISTING: RuleDeclaration = RuleDeclaration {
    name: "create-answers-existing",
    title: "A create does not return another person's account",
    level: Level::Critical,
    what: "The response to a create, and the resource read under its id, are what was sent. Another \
           userName, together with another externalId, another displayName and other e-mail addresses, means \
           another account.",
    why: "Entra keeps the id. From then on it writes this person's changes into the other account and disables the \
          other account when this person leaves.",
    fix: "Return 409 when the new resource conflicts with an existing one, and return the id of the resource \
          that was created.",
    entra: "Nothing: the create succeeds, and two people share one account.",
    refs: &[Rfc("7644#3.3"), Microsoft("how-provisioning-works")],
    faults: &["create-answers-existing"],
    judges: |view| match view.operation() {
        Operation::Create(_) => subject::resources(view),
        Operation::Read(kind, id) => subject::resources(view) && untouched_create(view, *kind, id).is_some(),
        _ => false,
    },
    judge: RuleJudge::Exchange(create_answers_existing),
};

fn create_answers_existing(view: &View<'_>) -> Vec<Complaint> {
    let [resource] = view.resources() else { return Vec::new() };
    match view.operation() {
        Operation::Create(_) => match view.sent() {
            Some(sent) if is_another(sent, resource.value) => taken(resource.value).into(),
            _ => Vec::new(),
        },
        Operation::Read(kind, id)
            if !view.projection().narrows() && resource.id().is_none_or(|shown| shown == id) =>
        {
            let Some(made) = untouched_create(view, *kind, id) else { return Vec::new() };
            match made.request.json() {
                Some(sent) if is_another(&sent, resource.value) => {
                    taken(resource.value).shown_by(made).into()
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The create that named an id, if nothing was written to it since.
fn untouched_create<'v>(view: &'v View<'_>, kind: ResourceKind, id: &str) -> Option<&'v Arc<Exchange>> {
    match view.ledger.known(kind, id) {
        Some(known) => {
            let made = known.made.as_ref()?;
            known.last_write.as_ref().is_none_or(|write| write.number == made.number).then_some(made)
        }
        // A create that was answered without a body.
        None => view.before.iter().rev().find(|exchange| {
            exchange.operation == Operation::Create(kind) && exchange.made_id(kind).as_deref() == Some(id)
        }),
    }
}

fn taken(resource: &Value) -> Complaint {
    let text = |name: &str| member(resource, name).and_then(Value::as_str);
    let names: Vec<String> =
        ["userName", "displayName"].into_iter().filter_map(text).map(|name| format!("`{name}`")).collect();
    Complaint::new("A create returns an account that existed before.")
        .concerning("account")
        .against("the resource that was sent", names.join(", "))
}

/// True when a resource is somebody else's than what was sent: it has another name, and nothing by which people are
/// told apart is the same. A server may change how a name is written, so that one may contain the other.
fn is_another(sent: &Value, shown: &Value) -> bool {
    let text = |value: &Value, name: &str| {
        member(value, name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_lowercase)
    };
    let emails = |value: &Value| -> Vec<String> {
        let list = member(value, "emails").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|email| text(email, "value")).collect()
    };
    let main = if member(sent, "userName").is_some() { "userName" } else { "displayName" };
    let (Some(wanted), Some(held)) = (text(sent, main), text(shown, main)) else { return false };
    let local = |name: &str| name.split('@').next().unwrap_or_default().to_owned();
    let alike = wanted.contains(&local(&held)) || held.contains(&local(&wanted));
    let same = |name: &str| text(sent, name).is_some_and(|sent| text(shown, name) == Some(sent));
    let shared_email = emails(sent).iter().any(|email| emails(shown).contains(email));
    !alike && !same("externalId") && !same("displayName") && !shared_email
}
