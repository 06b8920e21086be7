//! The discovery documents.

use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, GROUP, USER};

#[test]
fn what_is_published_is_true() {
    let client = Client::new();
    let config = client.read("/ServiceProviderConfig");
    assert_eq!(config["patch"]["supported"], json!(true));
    for feature in ["etag", "sort"] {
        assert_eq!(config[feature]["supported"], json!(true), "{feature}");
    }
    assert_eq!(config["bulk"], json!({ "supported": true, "maxOperations": 100, "maxPayloadSize": 262_144 }));
    assert_eq!(
        config["pagination"],
        json!({ "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 1000,
            "maxPageSize": 1000, "cursorTimeout": 600 })
    );
    client.get("/Me").refused(501, None);
}

#[test]
fn schemas_and_resource_types_are_listed_and_found() {
    let client = Client::new();
    let schemas = client.read("/Schemas");
    let ids: Vec<&str> =
        schemas["Resources"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    for urn in [USER, GROUP, ENTERPRISE] {
        assert!(ids.contains(&urn));
    }
    for (index, id) in ids.iter().enumerate() {
        assert_eq!(client.read(&format!("/Schemas/{id}")), schemas["Resources"][index]);
    }
    let types = client.read("/ResourceTypes");
    let names: Vec<&Value> =
        types["Resources"].as_array().unwrap().iter().map(|kind| &kind["name"]).collect();
    assert_eq!(names, ["User", "Group"]);
    assert_eq!(client.read("/ResourceTypes/User"), types["Resources"][0]);
    for path in ["/Schemas/urn:none", "/ResourceTypes/Car"] {
        client.get(path).refused(404, None);
    }
}

#[test]
fn documents_cannot_be_filtered_or_written() {
    let client = Client::new();
    for path in ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/Schemas/urn:x"] {
        client.find(path, r#"name eq "User""#).refused(403, None);
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            client.send(method, path, Some(json!({}))).refused(405, None);
        }
    }
    client.read("/Schemas?aadOptscim062020");
}
