use serde_json::Value;

use super::{Operation, Request};
use crate::scim::patch::PatchRequest;
use crate::scim::{AttributePath, Comparison, Filter, Literal, same_name};

/// Query parameters that no request of Entra's has.
const OTHERS: [&str; 3] = ["sortBy", "sortOrder", "cursor"];

impl Request {
    /// False for a request of a kind that Entra is not known to send: PUT, `.search`, bulk, a filter that is more
    /// than one `eq` or that selects by members, sorting, cursors, a malformed PATCH, a value of a JSON type that
    /// only other clients use.
    #[must_use]
    pub fn is_known_of_entra(&self) -> bool {
        match Operation::of(self) {
            Operation::Query { filter, .. } => {
                OTHERS.iter().all(|name| self.parameter(name).is_none())
                    && filter.is_none_or(|filter| filter.parse().is_ok_and(|filter| is_lookup(&filter)))
            }
            Operation::Modify(..) => self.json().is_some_and(|body| is_update(&body)),
            Operation::Create(_) => self.json().is_some_and(|body| body.is_object()),
            Operation::Read(..) | Operation::Delete(..) | Operation::Discovery(_) => true,
            Operation::Replace(..) | Operation::Search | Operation::Other => false,
        }
    }
}

/// True for `attribute eq "text"`, the element selected by its type included.
fn is_lookup(filter: &Filter) -> bool {
    match filter {
        Filter::Compare(attribute, Comparison::Equal, Literal::Text(_)) => !is_members(attribute),
        Filter::Selected(attribute, selector, test) => {
            !is_members(attribute)
                && matches!(**selector, Filter::Compare(_, Comparison::Equal, _))
                && matches!(**test, Filter::Compare(_, Comparison::Equal, Literal::Text(_)))
        }
        _ => false,
    }
}

fn is_members(attribute: &AttributePath) -> bool {
    same_name(&attribute.attribute, "members")
}

/// True for operations whose paths can be read and whose values are texts, booleans, objects or lists: Entra
/// writes numbers as text, and clears an attribute with Remove instead of null.
fn is_update(body: &Value) -> bool {
    let is_known = |value: &Value| !matches!(value, Value::Null | Value::Number(_));
    PatchRequest::read(body).is_ok_and(|request| {
        request.operations.iter().all(|operation| operation.value.as_ref().is_none_or(is_known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::urn;
    use crate::wire::{Actor, Method};
    use serde_json::json;

    fn request(method: Method, path: &str) -> Request {
        Request::new(Actor::Probe, method, path, "t")
    }

    fn query(filter: &str) -> Request {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        request(Method::Get, "/Users").with_query(query)
    }

    fn patch(operation: Value) -> Request {
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
        request(Method::Patch, "/Users/1").with_json(&body)
    }

    #[test]
    fn what_a_job_sends_is_known() {
        for known in [
            query(r#"userName eq "ada""#),
            query(r#"emails[type eq "work"].value eq "ada@example.com""#),
            request(Method::Get, "/Users").with_query("startIndex=1&count=5"),
            request(Method::Get, "/Groups/1").with_query("excludedAttributes=members"),
            request(Method::Get, "/Schemas"),
            request(Method::Delete, "/Users/1"),
            request(Method::Post, "/Users").with_json(&json!({"userName": "ada"})),
            patch(json!({"op": "Replace", "path": "active", "value": "False"})),
            patch(json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "1"}]})),
        ] {
            assert!(known.is_known_of_entra(), "{known:?}");
        }
    }

    #[test]
    fn what_only_other_clients_send_is_not() {
        for other in [
            request(Method::Put, "/Users/1").with_json(&json!({"userName": "ada"})),
            request(Method::Post, "/Users/.search").with_json(&json!({})),
            request(Method::Post, "/Bulk").with_json(&json!({})),
            request(Method::Post, "/Users").with_json(&json!([])),
            request(Method::Get, "/Users").with_query("sortBy=userName"),
            query(r#"userName eq "ada" and active eq true"#),
            query(r#"userName co "ada""#),
            query(r#"members.value eq "1""#),
            query("userName eq"),
            patch(json!({"op": "Replace", "path": "emails[type eq", "value": "x"})),
            patch(json!({"op": "Replace", "path": "title", "value": null})),
            patch(json!({"op": "Replace", "path": "title", "value": 7})),
        ] {
            assert!(!other.is_known_of_entra(), "{other:?}");
        }
    }
}
