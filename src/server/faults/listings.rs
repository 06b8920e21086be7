//! Faults of the form of lists, and of the attributes they show.

use serde_json::json;

use super::context::{Effect, listed, queried, read, resources};
use super::fault::faults;
use crate::server::reply::ReplyBody;

faults! {
    /// A query with one match returns the resource instead of a list.
    QUERY_ANSWERS_RESOURCE = "query-answers-resource", Named, query_answers_resource;
    /// Lists are returned as bare arrays.
    BARE_ARRAY_LISTS = "bare-array-lists", Named, bare_array_lists;
    /// A read by id returns a list of one resource.
    LIST_ON_READ = "list-on-read", Named, list_on_read;
    /// Lists show only names and ids of resources.
    LISTS_SHOW_SUMMARIES = "lists-show-summaries", Truncate, lists_show_summaries;
    /// The parameter `attributes` is ignored.
    ATTRIBUTES_IGNORED = "attributes-ignored", Named, attributes_ignored;
    /// With the parameter `attributes` the answer lacks `id`.
    ATTRIBUTES_WITHOUT_ID = "attributes-without-id", Drop, attributes_without_id;
    /// The parameter `excludedAttributes` is ignored.
    EXCLUDED_ATTRIBUTES_IGNORED = "excluded-attributes-ignored", Named, excluded_attributes_ignored;
}

fn query_answers_resource() -> Effect {
    Effect::after(|call, reply, _| {
        if queried(call).is_none() {
            return;
        }
        if let Some(body) = reply.body().filter(|body| body["totalResults"] == 1) {
            reply.content = ReplyBody::Json(body["Resources"][0].clone());
        }
    })
}

fn bare_array_lists() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some()
            && let Some(found) = reply.body().and_then(|body| body.get("Resources")).cloned()
        {
            reply.content = ReplyBody::Json(found);
        }
    })
}

fn list_on_read() -> Effect {
    Effect::after(|call, reply, _| {
        if read(call).is_some()
            && reply.status.is_success()
            && let Some(resource) = reply.body().cloned()
        {
            let list = json!({
                "schemas": [crate::scim::urn::LIST_RESPONSE], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1,
                "Resources": [resource],
            });
            reply.content = ReplyBody::Json(list);
        }
    })
}

fn lists_show_summaries() -> Effect {
    Effect::after(|call, reply, _| {
        if listed(call).is_some() {
            for resource in resources(reply) {
                resource.retain(|name, _| {
                    ["schemas", "id", "userName", "displayName", "meta"].contains(&name.as_str())
                });
            }
        }
    })
}

fn attributes_ignored() -> Effect {
    Effect::before(|call, _| {
        call.forget_parameter("attributes");
        None
    })
}

fn attributes_without_id() -> Effect {
    Effect::after(|call, reply, _| {
        if call.parameter("attributes").is_some() {
            for resource in resources(reply) {
                resource.shift_remove("id");
            }
        }
    })
}

fn excluded_attributes_ignored() -> Effect {
    Effect::before(|call, _| {
        call.forget_parameter("excludedAttributes");
        None
    })
}
