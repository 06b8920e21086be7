//! Bulk requests (RFC 7644 §3.7) at the model server.

use scimulate::scim::urn;
use scimulate::wire::{Method, Request, ResourceKind};
use serde_json::{Value, json};

use super::fault::Fault;
use super::resource::get;
use super::server::{Reply, State};

impl State {
    pub(super) fn bulk(&mut self, body: &Value, request: &Request) -> Reply {
        let mut made: Vec<(String, String)> = Vec::new();
        let mut results = Vec::new();
        for operation in get(body, "Operations").and_then(Value::as_array).into_iter().flatten() {
            // References to what was made in the same request.
            let mut text = operation.to_string();
            for (bulk_id, id) in &made {
                text = text.replace(&format!("bulkId:{bulk_id}"), id);
            }
            let operation: Value = serde_json::from_str(&text).unwrap_or_default();
            let named =
                |name: &str| get(&operation, name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (path, bulk_id) = (named("path"), named("bulkId"));
            let Ok(method) = named("method").to_ascii_uppercase().parse::<Method>() else { continue };
            let count = self.store.all().len();
            let reply = self.route(method, &path, get(&operation, "data").cloned(), request);
            let mut result = json!({"method": method.as_str(), "status": reply.status().to_string()});
            if !bulk_id.is_empty() {
                result["bulkId"] = bulk_id.clone().into();
            }
            let new = self.store.all().get(count..).unwrap_or_default();
            if let Some(new) = new.iter().find(|object| !object.is_foreign()) {
                result["location"] = new.location().into();
                made.push((bulk_id, new.id.clone()));
            }
            results.push(result);
        }
        self.wrong_locations(&mut results);
        Reply::json(200, json!({"schemas": [urn::BULK_RESPONSE], "Operations": results}))
    }

    fn wrong_locations(&mut self, results: &mut [Value]) {
        if self.faults.has(Fault::BulkSwappedLocations) && results.len() > 1 {
            let all: Vec<Value> = results.iter().map(|result| result["location"].clone()).collect();
            for (at, result) in results.iter_mut().enumerate() {
                result["location"] = all[(at + 1) % all.len()].clone();
            }
        }
        for result in results {
            if self.faults.has(Fault::BulkWithoutLocations) {
                result["location"] = Value::Null;
            } else if self.met(Fault::BulkForeignLocations) {
                let kind = match result["location"].as_str() {
                    Some(location) if location.contains("/Groups/") => ResourceKind::Group,
                    _ => ResourceKind::User,
                };
                result["location"] = self.a_foreign(kind).map(|foreign| foreign.location()).into();
            }
        }
    }
}
