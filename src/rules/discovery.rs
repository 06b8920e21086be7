//! The documents in which a server describes itself (RFC 7644 §4).

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::scim::{member, same_name};
use crate::wire::Operation;
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &DISCOVERY_MISSING,
    &PATCH_NOT_ADVERTISED,
    &CONFIG_INCOMPLETE,
    &AUTHENTICATION_SCHEME_UNCLEAR,
    &PAGINATION_NOT_BOOLEAN,
    &RESOURCE_TYPE_UNRESOLVED,
    &SCHEMA_WORD_UNKNOWN,
    &SCHEMA_NULL_SHOWN,
    &DISCOVERY_FILTER_APPLIED,
];

/// The answer's body, when the request asks for that discovery document and succeeds.
fn document<'v>(view: &View<'v>, endpoint: &str) -> Option<&'v Value> {
    match view.operation() {
        Operation::Discovery(path) if same_name(path, endpoint) && view.exchange.succeeded() => view.json(),
        _ => None,
    }
}

/// The elements of a discovery list; a bare array and a single object are read as one.
fn items(document: &Value) -> Vec<&Value> {
    match member(document, "Resources").unwrap_or(document) {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    }
}

const DISCOVERY_MISSING: RuleDeclaration = RuleDeclaration {
    name: "discovery-missing",
    title: "The discovery endpoints return 200",
    level: Level::Warning,
    what: "/ServiceProviderConfig, /Schemas and /ResourceTypes return 200.",
    why: "The gallery's mandatory discoverability test reads /Schemas. Without these documents a client can \
          only find out by trying what the server supports.",
    fix: "Publish the three documents and keep their content correct.",
    entra: "Schema_Discoverability_Test fails; attributes have to be entered by hand.",
    refs: &[
        Rfc("7644#4 MUST"),
        Microsoft("validate-user-provisioning-app-gallery"),
        Microsoft("use-scim-to-provision-users-and-groups"),
    ],
    faults: &["no-discovery"],
    judges: |view| subject::an_answer(view) && matches!(view.operation(), Operation::Discovery(_)),
    judge: RuleJudge::Exchange(discovery_missing),
};

fn discovery_missing(view: &View<'_>) -> Vec<Complaint> {
    let Operation::Discovery(path) = view.operation() else {
        return Vec::new();
    };
    // Preflight asks as a probe, and no check wants a refusal of the document itself.
    let whole =
        ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes"].iter().any(|own| same_name(own, path));
    let filtered = view.exchange.request.parameter("filter").is_some();
    match view.status() {
        Some(status @ (404 | 405 | 501)) if whole && !filtered && !view.exchange.request.provoked => {
            Complaint::new(format!("GET {path} returns {status}."))
                .concerning(path)
                .against("200", format!("status {status}"))
                .into()
        }
        _ => Vec::new(),
    }
}

const PATCH_NOT_ADVERTISED: RuleDeclaration = RuleDeclaration {
    name: "patch-not-advertised",
    title: "ServiceProviderConfig announces PATCH support",
    level: Level::Warning,
    what: "`patch.supported` is true.",
    why: "Entra uses PATCH for every update, and other clients check here first.",
    fix: "Set it to true if PATCH works.",
    entra: "Nothing: Entra is not known to read it.",
    refs: &[
        Rfc("7643#5"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("goauthentik/authentik#20764"),
    ],
    faults: &["patch-not-advertised"],
    judges: |view| document(view, "/ServiceProviderConfig").is_some(),
    judge: RuleJudge::Exchange(patch_not_advertised),
};

fn patch_not_advertised(view: &View<'_>) -> Vec<Complaint> {
    let Some(config) =
        document(view, "/ServiceProviderConfig").map(items).and_then(|all| all.into_iter().next())
    else {
        return Vec::new();
    };
    match member(config, "patch").and_then(|patch| member(patch, "supported")) {
        Some(Value::Bool(true)) => Vec::new(),
        other => Complaint::new("ServiceProviderConfig does not announce PATCH support.")
            .concerning("patch.supported")
            .against("true", other.map_or_else(|| "absent".to_owned(), Value::to_string))
            .into(),
    }
}

const CONFIG_INCOMPLETE: RuleDeclaration = RuleDeclaration {
    name: "config-incomplete",
    title: "ServiceProviderConfig is complete",
    level: Level::Warning,
    what: "It holds patch, bulk, filter, changePassword, sort and etag, each with a boolean `supported`, and \
           authenticationSchemes.",
    why: "The RFC requires them; a client cannot tell \"not supported\" from \"omitted\".",
    fix: "Publish all of them.",
    entra: "Nothing.",
    refs: &[Rfc("7643#5 MUST")],
    faults: &["config-incomplete"],
    judges: |view| document(view, "/ServiceProviderConfig").is_some(),
    judge: RuleJudge::Exchange(config_incomplete),
};

fn config_incomplete(view: &View<'_>) -> Vec<Complaint> {
    let Some(config) =
        document(view, "/ServiceProviderConfig").map(items).and_then(|all| all.into_iter().next())
    else {
        return Vec::new();
    };
    let features = ["patch", "bulk", "filter", "changePassword", "sort", "etag"];
    let says = |name: &&str| {
        member(config, name).and_then(|feature| member(feature, "supported")).is_some_and(Value::is_boolean)
    };
    let mut lacking: Vec<&str> = features.into_iter().filter(|name| !says(name)).collect();
    if !member(config, "authenticationSchemes").is_some_and(Value::is_array) {
        lacking.push("authenticationSchemes");
    }
    if lacking.is_empty() {
        return Vec::new();
    }
    Complaint::new(format!("ServiceProviderConfig lacks {}.", lacking.join(", ")))
        .concerning(lacking.join(", "))
        .against("present, with a boolean `supported`", "absent or of another type")
        .into()
}

const AUTHENTICATION_SCHEME_UNCLEAR: RuleDeclaration = RuleDeclaration {
    name: "authentication-scheme-unclear",
    title: "Each authentication scheme has a type of the RFC, a name and a description",
    level: Level::Note,
    what: "`type` in `authenticationSchemes` is oauth, oauth2, oauthbearertoken, httpbasic or httpdigest, and `name` and \
           `description` are present.",
    why: "Clients choose by `type` how they sign in, and show name and description to the administrator.",
    fix: "Write `oauthbearertoken` for a bearer token, with a name and a description.",
    entra: "Nothing: the administrator chooses the authentication method.",
    refs: &[Rfc("7643#5 MUST")],
    faults: &["authentication-scheme-unclear"],
    judges: |view| schemes(view).next().is_some(),
    judge: RuleJudge::Exchange(authentication_scheme_unclear),
};

/// The authentication schemes of ServiceProviderConfig.
fn schemes<'v>(view: &View<'v>) -> impl Iterator<Item = &'v Value> {
    let config = document(view, "/ServiceProviderConfig").map(items).and_then(|all| all.into_iter().next());
    config.and_then(|config| member(config, "authenticationSchemes")?.as_array()).into_iter().flatten()
}

fn authentication_scheme_unclear(view: &View<'_>) -> Vec<Complaint> {
    const TYPES: [&str; 5] = ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"];
    let text = |scheme, name| member(scheme, name).and_then(Value::as_str).unwrap_or_default();
    let is_known = |scheme| TYPES.iter().any(|known| known.eq_ignore_ascii_case(text(scheme, "type")));
    let unclear = schemes(view).find_map(|scheme| {
        let empty = ["name", "description"].into_iter().find(|name| text(scheme, name).is_empty());
        if is_known(scheme) {
            empty.map(|name| (name, "a text"))
        } else {
            Some(("type", "a type of RFC 7643 §5"))
        }
        .map(|(name, expected)| (scheme, name, expected))
    });
    match unclear {
        Some((scheme, name, expected)) => {
            let actual = member(scheme, name).map_or_else(|| "absent".to_owned(), Value::to_string);
            Complaint::new(format!("An authentication scheme has the {name} {actual}."))
                .concerning(format!("authenticationSchemes.{name}"))
                .against(expected, actual)
                .into()
        }
        None => Vec::new(),
    }
}

const PAGINATION_NOT_BOOLEAN: RuleDeclaration = RuleDeclaration {
    name: "pagination-not-boolean",
    title: "`pagination.index` and `pagination.cursor` are booleans",
    level: Level::Warning,
    what: "If ServiceProviderConfig has `pagination`, its `cursor` and `index` are booleans.",
    why: "Clients use them to choose how to page. `\"true\"`, or an object as for other features, is read as \
          false or not at all.",
    fix: "Publish `\"pagination\": {\"cursor\": true, \"index\": true}` with the values that apply, or omit \
          it.",
    entra: "Nothing: Entra pages by index; other clients look here.",
    refs: &[Rfc("9865#4 MUST")],
    faults: &["pagination-as-text"],
    judges: |view| pagination(view).is_some(),
    judge: RuleJudge::Exchange(pagination_not_boolean),
};

/// What ServiceProviderConfig says of paging.
fn pagination<'v>(view: &View<'v>) -> Option<&'v Value> {
    let config = document(view, "/ServiceProviderConfig").map(items)?.into_iter().next()?;
    member(config, "pagination").filter(|pagination| !pagination.is_null())
}

fn pagination_not_boolean(view: &View<'_>) -> Vec<Complaint> {
    let Some(pagination) = pagination(view) else {
        return Vec::new();
    };
    let wrong: Vec<&str> = ["cursor", "index"]
        .into_iter()
        .filter(|name| !member(pagination, name).is_some_and(Value::is_boolean))
        .collect();
    if wrong.is_empty() {
        return Vec::new();
    }
    Complaint::new(format!("ServiceProviderConfig has no boolean in pagination.{}.", wrong.join(", ")))
        .concerning(wrong.join(", "))
        .against("booleans", pagination.to_string())
        .into()
}

const RESOURCE_TYPE_UNRESOLVED: RuleDeclaration = RuleDeclaration {
    name: "resource-type-unresolved",
    title: "The schemas that a resource type names are published",
    level: Level::Warning,
    what: "`schema` and `schemaExtensions` of each resource type name schemas that /Schemas contains.",
    why: "A client that looks up the attributes of an endpoint finds nothing.",
    fix: "Publish every schema that a resource type names.",
    entra: "Mapped attributes cannot be discovered.",
    refs: &[Rfc("7643#6 MUST"), Rfc("7643#7")],
    faults: &["schema-unpublished"],
    judges: |view| !view.discovery.schemas.is_empty() && document(view, "/ResourceTypes").is_some(),
    judge: RuleJudge::Exchange(resource_type_unresolved),
};

fn resource_type_unresolved(view: &View<'_>) -> Vec<Complaint> {
    let Some(types) = document(view, "/ResourceTypes").filter(|_| !view.discovery.schemas.is_empty()) else {
        return Vec::new();
    };
    let named = items(types).into_iter().flat_map(|kind| {
        let extensions = member(kind, "schemaExtensions").and_then(Value::as_array).into_iter().flatten();
        let extensions = extensions.filter_map(|extension| member(extension, "schema")?.as_str());
        member(kind, "schema").and_then(Value::as_str).into_iter().chain(extensions)
    });
    match named.into_iter().find(|urn| view.discovery.schemas.get(urn).is_none()) {
        Some(urn) => Complaint::new("A resource type names a schema that /Schemas does not contain.")
            .concerning(urn)
            .against(format!("{urn} in /Schemas"), "absent")
            .into(),
        None => Vec::new(),
    }
}

/// Every attribute definition in a /Schemas answer, sub-attributes too. Their depth is limited, as
/// the RFC's is.
fn definitions<'v>(schemas: &'v Value, found: &mut Vec<&'v Value>, depth: usize) {
    for name in ["attributes", "subAttributes"] {
        for attribute in member(schemas, name).and_then(Value::as_array).into_iter().flatten() {
            found.push(attribute);
            if depth < 4 {
                definitions(attribute, found, depth + 1);
            }
        }
    }
}

fn all_definitions<'v>(view: &View<'v>) -> Vec<&'v Value> {
    let mut found = Vec::new();
    for schema in document(view, "/Schemas").map(items).unwrap_or_default() {
        definitions(schema, &mut found, 0);
    }
    found
}

const SCHEMA_WORD_UNKNOWN: RuleDeclaration = RuleDeclaration {
    name: "schema-word-unknown",
    title: "/Schemas writes the RFC's keywords in the RFC's letter case",
    level: Level::Warning,
    what: "`type`, `mutability`, `returned` and `uniqueness` have values from RFC 7643 §7, such as \
           `readWrite`.",
    why: "Microsoft asks for camelCase property values; attributes with other spellings are not recognised \
          during discovery.",
    fix: "Write the keywords as the RFC does.",
    entra: "Attributes are missing or read-only in the mapping editor.",
    refs: &[Rfc("7643#7"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["schema-words-lower-case"],
    judges: |view| !all_definitions(view).is_empty(),
    judge: RuleJudge::Exchange(schema_word_unknown),
};

fn schema_word_unknown(view: &View<'_>) -> Vec<Complaint> {
    const WORDS: [(&str, &[&str]); 4] = [
        ("type", &["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"]),
        ("mutability", &["readOnly", "readWrite", "immutable", "writeOnly"]),
        ("returned", &["always", "never", "default", "request"]),
        ("uniqueness", &["none", "server", "global"]),
    ];
    let wrong = all_definitions(view).into_iter().find_map(|definition| {
        WORDS.iter().find_map(|(property, words)| {
            let stated = member(definition, property)?.as_str()?;
            (!words.contains(&stated)).then_some((*property, stated))
        })
    });
    match wrong {
        Some((property, stated)) => Complaint::new(format!("/Schemas has {property} {stated}."))
            .concerning(property)
            .against("a keyword from RFC 7643 §7", stated)
            .into(),
        None => Vec::new(),
    }
}

const SCHEMA_NULL_SHOWN: RuleDeclaration = RuleDeclaration {
    name: "schema-null-shown",
    title: "/Schemas omits properties without a value",
    level: Level::Warning,
    what: "No property of an attribute definition is null.",
    why: "Microsoft asks for absent properties instead of null in /Schemas.",
    fix: "Omit properties that do not apply.",
    entra: "Attributes cannot be discovered.",
    refs: &[Microsoft("use-scim-to-provision-users-and-groups"), Rfc("7643#7")],
    faults: &["schema-nulls"],
    judges: |view| !all_definitions(view).is_empty(),
    judge: RuleJudge::Exchange(schema_null_shown),
};

fn schema_null_shown(view: &View<'_>) -> Vec<Complaint> {
    let null = all_definitions(view)
        .into_iter()
        .filter_map(Value::as_object)
        .find_map(|definition| definition.iter().find(|(_, value)| value.is_null()).map(|(name, _)| name));
    match null {
        Some(name) => Complaint::new(format!("An attribute definition in /Schemas has `{name}`: null."))
            .concerning(name)
            .against("absent", "null")
            .into(),
        None => Vec::new(),
    }
}

const DISCOVERY_FILTER_APPLIED: RuleDeclaration = RuleDeclaration {
    name: "discovery-filter-applied",
    title: "Discovery endpoints do not filter",
    level: Level::Warning,
    what: "A discovery request with a filter is rejected with 403, or answered as if it had no filter; RFC \
           7644 §4 allows both. A filtered list is wrong.",
    why: "A client that gets a part of the list believes it is complete.",
    fix: "Ignore the filter or return 403.",
    entra: "Nothing: Entra sends no filter to these endpoints.",
    refs: &[Rfc("7644#4 SHOULD")],
    faults: &["discovery-filter-applied"],
    judges: |view| {
        view.exchange.request.parameter("filter").is_some()
            && matches!(view.operation(), Operation::Discovery(_))
    },
    judge: RuleJudge::Exchange(discovery_filter_applied),
};

fn discovery_filter_applied(view: &View<'_>) -> Vec<Complaint> {
    if view.exchange.request.parameter("filter").is_none() {
        return Vec::new();
    }
    let held =
        |endpoint| document(view, endpoint).and_then(|document| member(document, "Resources")?.as_array());
    let (size, all) = match (held("/Schemas"), held("/ResourceTypes")) {
        (Some(schemas), _) => (schemas.len(), view.discovery.schemas.schemas.len()),
        (None, Some(types)) => (types.len(), view.discovery.resource_types.len()),
        (None, None) => return Vec::new(),
    };
    if size >= all {
        return Vec::new();
    }
    Complaint::new("A discovery request with a filter returns only a part of the list.")
        .against(format!("403, or all {all}"), format!("{size} of {all}"))
        .into()
}

#[cfg(test)]
mod tests;
