//! The `schemas` of a resource, and attributes that stand under a path in place of a name.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::returned::Returned;
use super::subject;
use crate::check::Level;
use crate::scim::{same_name, urn};
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &SCHEMAS_MISSING,
    &BASE_SCHEMA_MISSING,
    &EXTENSION_NOT_DECLARED,
    &SCHEMA_DECLARED_TWICE,
    &UNKNOWN_SCHEMA_DECLARED,
    &PATH_STORED_AS_KEY,
];

/// The resources whose `schemas` can be judged: the request did not ask for chosen attributes.
fn judged<'v>(view: &'v View<'_>) -> &'v [Returned<'v>] {
    if view.projection().narrows() { &[] } else { view.resources() }
}

/// The URNs a resource declares; `None` when `schemas` is no array of strings or is empty.
fn declared<'v>(resource: &Returned<'v>) -> Option<Vec<&'v str>> {
    let schemas = resource.member("schemas")?.as_array()?;
    let urns: Option<Vec<&str>> = schemas.iter().map(Value::as_str).collect();
    urns.filter(|urns| !urns.is_empty())
}

const SCHEMAS_MISSING: RuleDeclaration = RuleDeclaration {
    name: "schemas-missing",
    title: "Every resource declares its schemas",
    level: Level::Error,
    what: "`schemas` is a non-empty array of strings in every resource.",
    why: "Entra's client recognises a resource by its schemas; all of Microsoft's samples have them.",
    fix: "Write `schemas` into every resource, also in lists and in responses to writes.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the resource cannot be deserialised.",
    refs: &[Rfc("7643#3 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["schemas-missing", "retype-schemas-to-string"],
    judges: |view| !judged(view).is_empty(),
    judge: RuleJudge::Exchange(schemas_missing),
};

fn schemas_missing(view: &View<'_>) -> Vec<Complaint> {
    match judged(view).iter().find(|resource| declared(resource).is_none()) {
        Some(resource) => {
            let actual = resource.member("schemas").map_or_else(|| "absent".to_owned(), Value::to_string);
            Complaint::new("A resource does not declare its schemas.")
                .concerning("schemas")
                .against(format!("[\"{}\"]", resource.kind.schema()), actual)
                .into()
        }
        None => Vec::new(),
    }
}

const BASE_SCHEMA_MISSING: RuleDeclaration = RuleDeclaration {
    name: "base-schema-missing",
    title: "A resource declares its core schema",
    level: Level::Error,
    what: "`schemas` of a user holds the core User URN, `schemas` of a group the core Group URN.",
    why: "Without it Entra cannot recognise the resource.",
    fix: "Begin `schemas` with urn:ietf:params:scim:schemas:core:2.0:User or …:Group.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the resource cannot be deserialised.",
    refs: &[Rfc("7643#3 MUST"), Rfc("7643#4.1"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["base-schema-missing"],
    judges: |view| judged(view).iter().any(|resource| declared(resource).is_some()),
    judge: RuleJudge::Exchange(base_schema_missing),
};

fn base_schema_missing(view: &View<'_>) -> Vec<Complaint> {
    let wrong = judged(view).iter().find_map(|resource| {
        let urns = declared(resource)?;
        let core = resource.kind.schema();
        // A server may publish another main schema for the endpoint.
        let main = view.discovery.resource_type(resource.kind.endpoint()).map_or(core, |kind| &kind.schema);
        let declares = |urn: &str| urns.iter().any(|declared| same_name(declared, urn));
        (!declares(core) && !declares(main)).then_some((core, urns))
    });
    match wrong {
        Some((core, urns)) => Complaint::new("`schemas` does not hold the resource's core schema.")
            .concerning("schemas")
            .against(core, urns.join(", "))
            .into(),
        None => Vec::new(),
    }
}

const EXTENSION_NOT_DECLARED: RuleDeclaration = RuleDeclaration {
    name: "extension-not-declared",
    title: "Extensions in use are declared",
    level: Level::Warning,
    what: "When a resource holds an object under an extension's URN, `schemas` holds that URN. Microsoft's \
           own samples omit custom ones.",
    why: "A client that goes by `schemas` does not see the department or the manager.",
    fix: "Add the URN of each extension whose object the resource holds.",
    entra: "Nothing, or extension attributes that are written again in every cycle.",
    refs: &[Rfc("7643#3.3 MAY"), Microsoft("customize-application-attributes")],
    faults: &["extension-not-declared"],
    judges: |view| judged(view).iter().any(|resource| resource.members.keys().any(|key| key.contains(':'))),
    judge: RuleJudge::Exchange(extension_not_declared),
};

fn extension_not_declared(view: &View<'_>) -> Vec<Complaint> {
    let hidden = judged(view).iter().find_map(|resource| {
        let urns = declared(resource)?;
        let extensions = resource.members.iter().filter(|(key, value)| {
            key.contains(':') && value.as_object().is_some_and(|members| !members.is_empty())
        });
        let undeclared = |key: &&String| !urns.iter().any(|declared| same_name(declared, key));
        extensions.map(|(key, _)| key).find(undeclared)
    });
    match hidden {
        Some(urn) => Complaint::new("A resource holds an extension that `schemas` does not declare.")
            .concerning(urn)
            .against(format!("{urn} in `schemas`"), "not declared")
            .into(),
        None => Vec::new(),
    }
}

const SCHEMA_DECLARED_TWICE: RuleDeclaration = RuleDeclaration {
    name: "schema-declared-twice",
    title: "No schema is declared twice",
    level: Level::Note,
    what: "Each URN is in `schemas` once.",
    why: "A duplicate shows that the list is extended on each write and keeps growing.",
    fix: "Compute `schemas` from the resource when it is read.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3 MUST")],
    faults: &["schemas-repeated"],
    judges: |view| judged(view).iter().any(|resource| declared(resource).is_some()),
    judge: RuleJudge::Exchange(schema_declared_twice),
};

fn schema_declared_twice(view: &View<'_>) -> Vec<Complaint> {
    let twice = judged(view).iter().find_map(|resource| {
        let urns = declared(resource)?;
        let again =
            |(index, urn): (usize, &&str)| urns[..index].iter().any(|earlier| same_name(earlier, urn));
        urns.iter().enumerate().find(|pair| again(*pair)).map(|(_, urn)| *urn)
    });
    match twice {
        Some(urn) => Complaint::new("A schema is declared twice.")
            .concerning("schemas")
            .against("each URN once", format!("{urn} twice"))
            .into(),
        None => Vec::new(),
    }
}

const UNKNOWN_SCHEMA_DECLARED: RuleDeclaration = RuleDeclaration {
    name: "unknown-schema-declared",
    title: "Declared schemas are published",
    level: Level::Note,
    what: "Every URN in `schemas` is in /Schemas, if that is published.",
    why: "A URN that the server only copied from a client's request tells other clients of attributes that \
          do not exist.",
    fix: "Ignore URNs you do not know when a resource is written.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3 MUST"), Field("1Password/scim-examples#82")],
    faults: &["unknown-schemas-kept"],
    judges: |view| !view.discovery.schemas.is_empty() && !judged(view).is_empty(),
    judge: RuleJudge::Exchange(unknown_schema_declared),
};

fn unknown_schema_declared(view: &View<'_>) -> Vec<Complaint> {
    if view.discovery.schemas.is_empty() {
        return Vec::new();
    }
    let unknown = judged(view).iter().find_map(|resource| {
        declared(resource)?.into_iter().find(|urn| view.discovery.schemas.get(urn).is_none())
    });
    match unknown {
        Some(urn) => Complaint::new("A resource declares a schema that is not published.")
            .concerning("schemas")
            .against("a URN in /Schemas", urn)
            .into(),
        None => Vec::new(),
    }
}

const PATH_STORED_AS_KEY: RuleDeclaration = RuleDeclaration {
    name: "path-stored-as-key",
    title: "A path is resolved, not stored as a name",
    level: Level::Error,
    what: "No resource has a member called `name.familyName`, `emails[type eq \"work\"].value` or \
           `urn:…:User:department`, and no URN is split at its dot.",
    why: "With the flag aadOptscim062020 Entra bundles changes under such keys. The server returns 2xx, the \
          real attribute keeps its old value, and the change is sent again in every cycle.",
    fix: "In an operation without a path, read every key of the value as an attribute path: find the longest \
          known URN first, then split at dots.",
    entra: "Success in the log and the same update in every cycle. The SCIM Validator: \"Missing from the fetched \
            Resource\".",
    refs: &[
        Rfc("7644#3.10"),
        Microsoft("application-provisioning-config-problem-scim-compatibility"),
        Field("pingidentity/scim2#224"),
        Field("jelhub/scimgateway#124"),
    ],
    faults: &["dotted-keys-literal", "urn-split-at-dot"],
    judges: subject::resources,
    judge: RuleJudge::Exchange(path_stored_as_key),
};

fn path_stored_as_key(view: &View<'_>) -> Vec<Complaint> {
    let known = |urn: &str| {
        [urn::USER, urn::GROUP, urn::ENTERPRISE].iter().any(|core| same_name(core, urn))
            || view.discovery.schemas.get(urn).is_some()
    };
    let is_path = |key: &str, value: &Value| {
        if let Some(at) = key.rfind(':') {
            let cut_in_two = value.as_object().is_some_and(|members| {
                members
                    .keys()
                    .any(|inner| inner.starts_with(|c: char| c.is_ascii_digit()) && inner.contains(':'))
            });
            cut_in_two || known(&key[..at]) && !known(key)
        } else {
            key.contains('[') || key.contains('.')
        }
    };
    let found = view.resources().iter().find_map(|resource| {
        let top = resource.members.iter();
        let extensions = resource.members.iter().filter(|(key, _)| key.contains(':'));
        let inner = extensions.filter_map(|(_, value)| value.as_object()).flatten();
        top.chain(inner.filter(|(key, _)| !key.contains(':'))).find(|(key, value)| is_path(key, value))
    });
    match found {
        Some((key, _)) => Complaint::new(format!(
            "The resource has a member called `{key}`: the server stored a path as a \
                                    name."
        ))
        .concerning(key)
        .against("the value at that path", "a member of that name")
        .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, group, with};
    use serde_json::json;

    fn read(change: Value) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/1", 200, with(ada(json!({})), change));
        scenario_run
    }

    #[test]
    fn schemas_are_a_list_of_urns() {
        for wrong in [Value::Null, json!([]), json!(urn::USER), json!([1])] {
            read(json!({"schemas": wrong})).finds("schemas-missing", 1, Level::Error);
        }
        read(json!({})).is_right();
        let mut asked = ScenarioRun::published();
        asked.get("/Users/1?attributes=id", 200, json!({"id": "1"}));
        asked.is_right();
    }

    #[test]
    fn the_core_schema_is_declared() {
        read(json!({"schemas": [urn::ENTERPRISE]})).finds("base-schema-missing", 1, Level::Error);
        read(json!({"schemas": [urn::USER.to_lowercase()]})).is_right();
        let mut swapped = ScenarioRun::published();
        swapped.get("/Groups/g", 200, with(group(&[]), json!({"schemas": [urn::USER]})));
        swapped.finds("base-schema-missing", 1, Level::Error);
    }

    #[test]
    fn used_extensions_are_declared() {
        let enterprise = json!({(urn::ENTERPRISE): {"department": "X"}});
        read(enterprise.clone()).finds("extension-not-declared", 1, Level::Warning);
        read(with(enterprise, json!({"schemas": [urn::USER, urn::ENTERPRISE]}))).is_right();
        read(json!({(urn::ENTERPRISE): {}})).is_right();
        read(json!({"schemas": [urn::USER, urn::ENTERPRISE]})).is_right();
    }

    #[test]
    fn repeated_and_unknown_schemas_are_notes() {
        read(json!({"schemas": [urn::USER, urn::USER]})).finds("schema-declared-twice", 1, Level::Note);
        let odd = "http://schemas.example.com/2006/11/Group";
        read(json!({"schemas": [urn::USER, odd]})).finds("unknown-schema-declared", 1, Level::Note);
        let mut silent = ScenarioRun::new();
        silent.get("/Users/1", 200, ada(json!({"schemas": [urn::USER, odd]})));
        silent.finds("unknown-schema-declared", 0, Level::Note);
    }

    #[test]
    fn paths_stored_as_names_are_found() {
        let department = format!("{}:department", urn::ENTERPRISE);
        for wrong in [
            json!({"name.familyName": "X"}),
            json!({"emails[type eq \"work\"].value": "x@example.com"}),
            json!({(department): "X"}),
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2": {"0:User": {"department": "X"}}}),
            json!({"schemas": [urn::USER, urn::ENTERPRISE], (urn::ENTERPRISE): {"manager.value": "9"}}),
        ] {
            read(wrong).finds("path-stored-as-key", 1, Level::Error);
        }
        read(json!({"schemas": [urn::USER, "urn:example:params:scim:schemas:extension:2.0:User"],
            "urn:example:params:scim:schemas:extension:2.0:User": {"tag": "1"}}))
        .finds("path-stored-as-key", 0, Level::Error);
    }
}
