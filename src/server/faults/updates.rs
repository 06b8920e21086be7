//! Faults of PATCH on users.

use serde_json::{Map, Value, json};

use super::context::{Effect, FaultContext, fail, patched, refuse};
use super::fault::faults;
use super::operations::{Change, USERS, asks, ignore, operation, operations, replace};
use crate::scim::message::ScimType;
use crate::scim::patch::Verb;
use crate::scim::{PatchPath, same_name, urn};
use crate::server::call::ServerRequest;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;

faults! {
    /// An addition to a group, but for members, is rejected.
    GROUP_ADDITIONS_REFUSED = "group-additions-refused", Named, group_additions_refused;
    /// An addition of `active` is rejected.
    ACTIVE_ADDITION_REFUSED = "active-addition-refused", Named, active_addition_refused;
    /// A PATCH with replacements is accepted and its additions change nothing.
    ADDITIONS_BESIDE_REPLACEMENTS_IGNORED = "additions-beside-replacements-ignored", Drop, additions_beside_replacements_ignored;
    /// Additions without a path are accepted and change nothing.
    PATHLESS_ADD_IGNORED = "pathless-add-ignored", Named, pathless_add_ignored;
    /// A PATCH with more than one operation returns 400.
    REFUSES_SEVERAL_OPERATIONS = "refuses-several-operations", Named, refuses_several_operations;
    /// `"active": "False"` is accepted and changes nothing.
    IGNORES_STRING_BOOLEAN = "ignores-string-boolean", Named, ignores_string_boolean;
    /// `"active": "False"` is rejected.
    REFUSES_STRING_BOOLEAN = "refuses-string-boolean", Named, refuses_string_boolean;
    /// `active` is stored and returned as the string that was sent.
    STRING_BOOLEAN_ECHOED = "string-boolean-echoed", Retype, string_boolean_echoed;
    /// A PATCH applies only its first operation.
    APPLIES_FIRST_OPERATION_ONLY = "applies-first-operation-only", Truncate, applies_first_operation_only;
    /// `Add`, `Replace` and `Remove` are rejected because of their capital letter.
    REFUSES_CAPITAL_OP = "refuses-capital-op", Named, refuses_capital_op;
    /// A PATCH that fails keeps the operations before the failing one.
    PATCH_NOT_ATOMIC = "patch-not-atomic", Named, patch_not_atomic;
    /// A PATCH rejected with 409 keeps the changes that do not conflict.
    CONFLICT_KEEPS_OTHER_CHANGES = "conflict-keeps-other-changes", Named, conflict_keeps_other_changes;
    /// A PATCH on a user is accepted and changes nothing.
    PATCH_NOT_APPLIED = "patch-not-applied", Named, patch_not_applied;
    /// Operations without a path are accepted and change nothing.
    PATHLESS_PATCH_IGNORED = "pathless-patch-ignored", Named, pathless_patch_ignored;
    /// Remove operations are accepted and change nothing.
    REMOVE_IGNORED = "remove-ignored", Named, remove_ignored;
    /// A replace of `displayName` is accepted and changes nothing.
    IGNORES_DISPLAY_NAME_REPLACE = "ignores-display-name-replace", Named, ignores_display_name_replace;
    /// A change of `userName` is rejected.
    USER_NAME_IMMUTABLE = "user-name-immutable", Named, user_name_immutable;
    /// A PATCH that makes `userName` longer than 70 characters is rejected.
    LONG_USER_NAMES_REFUSED = "long-user-names-refused", Named, long_user_names_refused;
    /// A change of `userName` is accepted and changes nothing.
    IGNORES_USER_NAME_CHANGE = "ignores-user-name-change", Named, ignores_user_name_change;
    /// A change of `externalId` is rejected.
    EXTERNAL_ID_IMMUTABLE = "external-id-immutable", Named, external_id_immutable;
    /// A PATCH returns 501 unless it changes `userName`, `name`, `externalId`, `active` or `members` by path.
    PATCH_PATHS_NOT_IMPLEMENTED = "patch-paths-not-implemented", Named, patch_paths_not_implemented;
    /// Paths with a schema's URN are accepted and change nothing.
    URN_PATHS_IGNORED = "urn-paths-ignored", Named, urn_paths_ignored;
    /// Keys with a schema's URN in operations without a path are accepted and change nothing.
    URN_KEYS_IGNORED = "urn-keys-ignored", Named, urn_keys_ignored;
    /// Dotted keys in operations without a path become attributes with a dot in their name.
    DOTTED_KEYS_LITERAL = "dotted-keys-literal", Named, dotted_keys_literal;
    /// A path with a URN is split at the dot of `2.0` and stored under both parts.
    URN_SPLIT_AT_DOT = "urn-split-at-dot", Named, urn_split_at_dot;
    /// Setting one sub-attribute of a complex attribute removes the others.
    COMPLEX_REPLACE_WIPES_SIBLINGS = "complex-replace-wipes-siblings", Wipe, complex_replace_wipes_siblings;
    /// A replace removes the attributes that it does not name.
    REPLACE_WIPES_OTHER_ATTRIBUTES = "replace-wipes-other-attributes", Wipe, replace_wipes_other_attributes;
}

fn additions_beside_replacements_ignored() -> Effect {
    Effect::before(|call, _| {
        if asks(call, USERS, |change| change.verb == Verb::Replace) {
            ignore(call, USERS, |change| change.verb == Verb::Add);
        }
        None
    })
}

fn ignores_string_boolean() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("active") && change.is_string_boolean());
        None
    })
}

fn refuses_string_boolean() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("active") && change.is_string_boolean())
            .then(|| refuse(ScimType::InvalidValue, "active: expected a boolean but found a string"))
    })
}

fn string_boolean_echoed() -> Effect {
    Effect::after(|call, reply, context| {
        let mut sent = None;
        super::operations::changes(&mut call.clone(), USERS, |change| {
            if change.concerns("active") && change.is_string_boolean() {
                sent = change.value.cloned();
            }
        });
        if let Some(text) = sent {
            context.rewrite(call, reply, USERS, |user| {
                user.attributes.insert("active".into(), text);
            });
        }
    })
}

fn applies_first_operation_only() -> Effect {
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

fn refuses_several_operations() -> Effect {
    Effect::before(|call, _| {
        let number = operations(call, &ServedKind::ALL)?.len();
        (number > 1).then(|| refuse(ScimType::InvalidSyntax, "a PATCH may have one operation"))
    })
}

fn refuses_capital_op() -> Effect {
    Effect::before(|call, _| {
        let capital = |operation: &Value| {
            operation.get("op").and_then(Value::as_str).is_some_and(|op| op.starts_with(char::is_uppercase))
        };
        operations(call, &ServedKind::ALL)?
            .iter()
            .any(capital)
            .then(|| refuse(ScimType::InvalidSyntax, "op must be one of add, replace, remove"))
    })
}

/// Applies the operations of a PATCH one by one, up to the first that cannot be; `unless` leaves some out.
fn apply_singly(call: &ServerRequest, context: &mut FaultContext<'_>, unless: fn(&Change) -> bool) {
    let Some((kind, id)) = patched(call) else { return };
    let mut call = call.clone();
    ignore(&mut call, &ServedKind::ALL, unless);
    let Some(operations) = operations(&mut call, &ServedKind::ALL).cloned() else { return };
    for operation in operations {
        let Some(record) = context.store.get(kind, &id) else { return };
        let body = json!({ "schemas": [urn::PATCH_OP], "Operations": [operation] });
        let Ok(attributes) = context.service.patched(kind, &record.attributes, &body) else { return };
        let mut record = record.clone();
        record.attributes = attributes;
        context.store.overwrite(kind, record);
    }
}

fn patch_not_atomic() -> Effect {
    Effect::after(|call, reply, context| {
        if reply.status == 400 {
            apply_singly(call, context, |_| false);
        }
    })
}

fn conflict_keeps_other_changes() -> Effect {
    Effect::after(|call, reply, context| {
        if reply.status == 409 {
            apply_singly(call, context, |change| change.concerns("userName"));
        }
    })
}

fn patch_not_applied() -> Effect {
    Effect::before(|call, _| {
        if let Some(operations) = operations(call, USERS) {
            operations.clear();
        }
        None
    })
}

fn pathless_patch_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &ServedKind::ALL, |change| change.bundled);
        None
    })
}

fn pathless_add_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &ServedKind::ALL, |change| change.bundled && change.verb == Verb::Add);
        None
    })
}

fn group_additions_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, &[ServedKind::Group], |change| change.verb == Verb::Add && !change.concerns("members"))
            .then(|| refuse(ScimType::InvalidPath, "add is supported for members only"))
    })
}

fn active_addition_refused() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.verb == Verb::Add && change.concerns("active"))
            .then(|| refuse(ScimType::InvalidValue, "unsupported operation: add"))
    })
}

fn remove_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &ServedKind::ALL, |change| change.verb == Verb::Remove);
        None
    })
}

fn ignores_display_name_replace() -> Effect {
    Effect::before(|call, _| {
        ignore(call, &ServedKind::ALL, |change| {
            change.concerns("displayName") && change.verb == Verb::Replace
        });
        None
    })
}

fn user_name_immutable() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("userName"))
            .then(|| refuse(ScimType::Mutability, "userName cannot be changed"))
    })
}

fn long_user_names_refused() -> Effect {
    Effect::before(|call, _| {
        let is_long = |change: &Change| {
            change.concerns("userName")
                && change.value.and_then(Value::as_str).is_some_and(|name| name.len() > 70)
        };
        asks(call, USERS, is_long)
            .then(|| refuse(ScimType::InvalidValue, "userName has at most 70 characters"))
    })
}

fn ignores_user_name_change() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.concerns("userName"));
        None
    })
}

fn external_id_immutable() -> Effect {
    Effect::before(|call, _| {
        asks(call, USERS, |change| change.concerns("externalId"))
            .then(|| refuse(ScimType::Mutability, "externalId cannot be changed"))
    })
}

fn patch_paths_not_implemented() -> Effect {
    Effect::before(|call, _| {
        let known = ["userName", "name", "externalId", "active", "members"];
        asks(call, &ServedKind::ALL, |change| {
            change.bundled || !known.iter().any(|name| change.concerns(name))
        })
        .then(|| fail(501, "this path is not implemented"))
    })
}

/// True when a path or a key is behind an extension's URN.
fn is_qualified(path: &PatchPath) -> bool {
    path.schema.as_deref().is_some_and(|schema| !same_name(schema, urn::USER))
}

fn urn_paths_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| !change.bundled && is_qualified(&change.path));
        None
    })
}

fn urn_keys_ignored() -> Effect {
    Effect::before(|call, _| {
        ignore(call, USERS, |change| change.bundled && is_qualified(&change.path));
        None
    })
}

/// Keeps some changes as members of the resource that no schema knows.
fn keep_literally(
    call: &ServerRequest,
    context: &mut FaultContext<'_>,
    reply: &mut Reply,
    mangle: fn(&Change<'_>) -> Option<(String, Value)>,
) {
    let mut literal = Vec::new();
    super::operations::changes(&mut call.clone(), USERS, |change| literal.extend(mangle(change)));
    if !literal.is_empty() {
        context.rewrite(call, reply, USERS, |user| user.attributes.extend(literal));
    }
}

fn dotted_keys_literal() -> Effect {
    Effect::both(
        |call, _| {
            ignore(call, USERS, |change| change.bundled && change.path.sub.is_some());
            None
        },
        |call, reply, context| {
            keep_literally(call, context, reply, |change| {
                let dotted = change.bundled && change.path.sub.is_some();
                dotted.then(|| (change.path.to_string(), change.value.cloned().unwrap_or_default()))
            });
        },
    )
}

fn urn_split_at_dot() -> Effect {
    Effect::both(
        |call, _| {
            ignore(call, USERS, |change| is_qualified(&change.path));
            None
        },
        |call, reply, context| {
            keep_literally(call, context, reply, |change| {
                let text = change.path.to_string();
                let (urn, rest) = text.split_once('.').filter(|_| is_qualified(&change.path))?;
                let mut inner = Map::new();
                inner.insert(rest.to_owned(), change.value.cloned().unwrap_or_default());
                Some((urn.to_owned(), Value::Object(inner)))
            });
        },
    )
}

fn complex_replace_wipes_siblings() -> Effect {
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

fn replace_wipes_other_attributes() -> Effect {
    Effect::after(|call, reply, context| {
        let mut named = Vec::new();
        super::operations::changes(&mut call.clone(), USERS, |change| {
            if change.verb == Verb::Replace {
                named.push(change.path.clone());
            }
        });
        if named.is_empty() || named.iter().all(|path| path.is("active")) {
            return;
        }
        context.rewrite(call, reply, USERS, |user| {
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
