use super::*;
use crate::rules::scenario_run::{ScenarioRun, error, list, with};
use crate::scim::schema::SchemaSet;
use crate::scim::{discovery::Discovery, urn};
use serde_json::json;

fn config() -> Value {
    let no = json!({"supported": false});
    json!({"schemas": [urn::SERVICE_PROVIDER_CONFIG], "patch": {"supported": true}, "bulk": no, "filter": no,
        "changePassword": no, "sort": no, "etag": no, "authenticationSchemes": []})
}

fn answered(path: &str, status: u16, body: Value) -> ScenarioRun {
    let mut scenario_run = ScenarioRun::published().publishing(|discovery| {
        discovery.resource_types = Discovery::read(None, None, Some(&types())).resource_types;
    });
    scenario_run.get(path, status, body);
    scenario_run
}

fn types() -> Value {
    list(vec![
        json!({"name": "User", "endpoint": "/Users", "schema": urn::USER,
            "schemaExtensions": [{"schema": urn::ENTERPRISE, "required": false}]}),
        json!({"name": "Group", "endpoint": "/Groups", "schema": urn::GROUP}),
    ])
}

fn schemas() -> Vec<Value> {
    SchemaSet::core().schemas.iter().map(crate::scim::schema::Schema::to_json).collect()
}

#[test]
fn right_documents_are_left_alone() {
    answered("/ServiceProviderConfig", 200, config()).is_right();
    answered("/ResourceTypes", 200, types()).is_right();
    answered("/Schemas", 200, list(schemas())).is_right();
    answered("/Schemas?filter=id eq \"x\"", 200, list(schemas())).is_right();
    answered("/Schemas?filter=id eq \"x\"", 403, error(403, None)).finds(
        "discovery-filter-applied",
        0,
        Level::Warning,
    );
}

#[test]
fn missing_documents_are_found() {
    for path in ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes"] {
        answered(path, 404, error(404, None)).finds("discovery-missing", 1, Level::Warning);
    }
    answered("/Schemas/nobody", 404, error(404, None)).finds("discovery-missing", 0, Level::Warning);
}

#[test]
fn the_configuration_says_what_the_rfc_asks() {
    let no_patch = with(config(), json!({"patch": {"supported": false}}));
    answered("/ServiceProviderConfig", 200, no_patch).finds("patch-not-advertised", 1, Level::Warning);
    let scenario_run = answered(
        "/ServiceProviderConfig",
        200,
        with(config(), json!({"etag": null, "sort": {"supported": "no"}})),
    );
    scenario_run.finds("config-incomplete", 1, Level::Warning);
    let pagination = |value: Value| {
        answered("/ServiceProviderConfig", 200, with(config(), json!({ "pagination": value })))
    };
    pagination(json!({"cursor": true, "index": false})).is_right();
    for wrong in [json!({"cursor": "true", "index": true}), json!({"index": true}), json!(true)] {
        pagination(wrong).finds("pagination-not-boolean", 1, Level::Warning);
    }
    let scheme = |scheme: Value| {
        let schemes = json!({ "authenticationSchemes": [scheme] });
        answered("/ServiceProviderConfig", 200, with(config(), schemes))
    };
    let clear = json!({"type": "OAuthBearerToken", "name": "Token", "description": "A token"});
    scheme(clear.clone()).is_right();
    for wrong in [json!({"type": "bearer"}), json!({"type": null}), json!({"description": ""})] {
        scheme(with(clear.clone(), wrong)).finds("authentication-scheme-unclear", 1, Level::Note);
    }
    assert_eq!(scenario_run.findings("config-incomplete")[0].subject, "sort, etag");
}

#[test]
fn resource_types_name_published_schemas() {
    let odd = list(vec![json!({"name": "User", "endpoint": "/Users", "schema": "urn:example:2.0:User"})]);
    answered("/ResourceTypes", 200, odd).finds("resource-type-unresolved", 1, Level::Warning);
}

#[test]
fn schemas_use_the_words_of_the_rfc() {
    let schema = |attribute: Value| {
        list(vec![
            json!({"id": urn::USER, "attributes": [{"name": "name", "type": "complex", "subAttributes": [attribute]}]}),
        ])
    };
    answered("/Schemas", 200, schema(json!({"name": "a", "type": "string", "mutability": "readwrite"})))
        .finds("schema-word-unknown", 1, Level::Warning);
    answered("/Schemas", 200, schema(json!({"name": "a", "type": "string", "referenceTypes": null}))).finds(
        "schema-null-shown",
        1,
        Level::Warning,
    );
}

#[test]
fn a_filtered_part_of_discovery_is_found() {
    let one = list(schemas().into_iter().take(1).collect());
    answered("/Schemas?filter=id eq \"x\"", 200, one).finds("discovery-filter-applied", 1, Level::Warning);
}
