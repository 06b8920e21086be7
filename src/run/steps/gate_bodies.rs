//! Creates as Microsoft's gates send them straight to the endpoint. They differ from those of the provisioning
//! service, and the two gates differ from each other.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::test_values;
use super::test_values::{Material, Simple};
use crate::entra::dialect::Assignment;
use crate::entra::mapping::ObjectMapping;
use crate::scenario::{Scenario, Through};
use crate::scim::discovery::Discovery;
use crate::scim::{PatchPath, urn};
use crate::wire::{Exchange, Operation, ResourceKind};

/// Whose body it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// The SCIM Validator, as captured in February 2026.
    Validator,
    /// The gallery's validation template, as its source says.
    Template,
}

/// What the validator sends of a user that Entra's default mapping does not hold, as captured.
const VALIDATOR: [&str; 11] = [
    "name.middleName",
    "name.honorificPrefix",
    "name.honorificSuffix",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
    "userType",
    "nickName",
    "locale",
    "timezone",
    "profileUrl",
];

/// The sub-attributes of the one role that the validator sends.
pub(super) const ROLE: [&str; 3] = ["display", "value", "type"];

impl Gate {
    /// The gate of a scenario that stands for a test which the gate sends straight to the endpoint.
    pub(super) fn of(scenario: &Scenario) -> Option<Self> {
        let is_direct = scenario.test.as_ref().is_some_and(|test| test.through == Through::Endpoint);
        let suite = scenario.about.id.split('/').next().unwrap_or_default();
        match suite {
            _ if !is_direct => None,
            "validator" => Some(Gate::Validator),
            _ => Some(Gate::Template),
        }
    }

    /// True for what the mapping gives and the gate does not send: the validator tells users apart by the attribute
    /// they are joined by, and sends no other externalId.
    pub(super) fn leaves_out(self, kind: ResourceKind, mapping: &ObjectMapping, path: &PatchPath) -> bool {
        self == Gate::Validator
            && kind == ResourceKind::User
            && path.is("externalId")
            && !mapping.matching().iter().any(|row| row.target.same_as(path))
    }

    /// What GET must show of the role that the validator sends: its text for `primary` is not compared.
    pub(super) fn role(self, kind: ResourceKind, discovery: &Discovery) -> Vec<Assignment> {
        let sends = self == Gate::Validator && kind == ResourceKind::User && is_published("roles", discovery);
        let of_the_role = |sub: &str| format!("roles[type eq \"{}\"].{sub}", word("type")).parse().ok();
        let shown = ROLE.iter().filter(|sub| sends && **sub != "type");
        shown.filter_map(|sub| Some((of_the_role(sub)?, Some(json!(word(sub)))))).collect()
    }

    /// What a create of the gate has beside the mapping's values, where the target publishes the attribute.
    pub(super) fn beside(
        self,
        kind: ResourceKind,
        mapped: &[Assignment],
        discovery: &Discovery,
        given: &IndexMap<String, String>,
        material: Material<'_>,
    ) -> Vec<Assignment> {
        if self == Gate::Template || kind == ResourceKind::Group {
            return Vec::new();
        }
        let lacks = |path: &PatchPath| !mapped.iter().any(|(held, _)| held.same_as(path));
        let paths = VALIDATOR.iter().filter_map(|path| path.parse::<PatchPath>().ok());
        paths
            .filter(lacks)
            .filter_map(|path| test_values::of_path(&path.to_string(), Simple::Text, discovery))
            .map(|candidate| (candidate.path.clone(), Some(candidate.value(given, None, material).value)))
            .collect()
    }

    /// The body of a create of the provisioning service in the form of the gate.
    pub(super) fn create(
        self,
        kind: ResourceKind,
        mut body: Map<String, Value>,
        discovery: &Discovery,
    ) -> Value {
        body.shift_remove("meta");
        if kind == ResourceKind::Group {
            body.shift_remove("members");
        }
        match self {
            Gate::Template => {
                body.retain(|name, value| {
                    name != "roles" || value.as_array().is_none_or(|all| !all.is_empty())
                });
                body.values_mut().for_each(|value| first_is_primary(value, Some(false)));
            }
            Gate::Validator => {
                if kind == ResourceKind::User {
                    body.values_mut().for_each(|value| first_is_primary(value, None));
                    body.shift_remove("roles");
                    if is_published("roles", discovery) {
                        // A text where RFC 7643 §2.3.2 wants a Boolean: so it was captured.
                        let mut role = Map::from_iter([("primary".to_owned(), json!("True"))]);
                        role.extend(ROLE.map(|sub| (sub.to_owned(), json!(word(sub)))));
                        body.insert("roles".to_owned(), json!([role]));
                    }
                    let manager = format!("{}:manager", urn::ENTERPRISE);
                    if let Some(Value::Object(extension)) = body.get_mut(urn::ENTERPRISE)
                        && is_published(&manager, discovery)
                    {
                        extension.insert("manager".to_owned(), json!({ "value": word("manager") }));
                    }
                }
                if let Some(schemas) = body.shift_remove("schemas") {
                    body.insert("schemas".to_owned(), schemas);
                }
            }
        }
        Value::Object(body)
    }
}

/// What a finding adds where the server is right to refuse the validator's create.
pub(super) const RIGHTLY_REFUSED: &str =
    "; the validator sends the text \"True\" for roles.primary, where RFC 7643 §2.3.2 wants a Boolean";

/// True when the answer to a create of the validator refuses it and speaks of `primary`: the text that the validator
/// sends there is none of RFC 7643's Booleans, so that the server is right.
pub(super) fn is_rightly_refused(scenario: &Scenario, exchange: &Exchange) -> bool {
    let Some(answer) = exchange.answer() else { return false };
    let sends_text = || {
        exchange.request.json().is_some_and(|sent| sent.pointer("/roles/0/primary") == Some(&json!("True")))
    };
    Gate::of(scenario) == Some(Gate::Validator)
        && matches!(exchange.operation, Operation::Create(ResourceKind::User))
        && (400..500).contains(&answer.status)
        && answer.body.text().to_lowercase().contains("primary")
        && sends_text()
}

fn is_published(path: &str, discovery: &Discovery) -> bool {
    path.parse::<PatchPath>().is_ok_and(|path| discovery.schemas.find_patch(&path).is_some())
}

/// Twelve capital letters, the same for the same attribute: the validator sends random ones.
pub(super) fn word(of: &str) -> String {
    let seed = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, of.as_bytes());
    seed.as_bytes().iter().take(12).map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// The first element of a list of complex values is its primary one; the others say `others`, or nothing.
fn first_is_primary(list: &mut Value, others: Option<bool>) {
    let elements = list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
    for (place, element) in elements.enumerate() {
        let says = if place == 0 { Some(true) } else { others };
        match says {
            Some(primary) => {
                element.insert("primary".to_owned(), json!(primary));
            }
            None => {
                element.shift_remove("primary");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::SchemaSet;

    fn core() -> Discovery {
        Discovery { schemas: SchemaSet::core(), ..Discovery::default() }
    }

    fn body() -> Map<String, Value> {
        let body = json!({
            "schemas": [urn::USER, urn::ENTERPRISE],
            "userName": "ada",
            "phoneNumbers": [{"type": "work", "value": "1"}, {"primary": false, "type": "fax", "value": "2"}],
            "meta": {"resourceType": "User"},
            "roles": [],
            (urn::ENTERPRISE): {"department": "Sales"},
        });
        body.as_object().cloned().unwrap()
    }

    #[test]
    fn the_validator_sends_a_role_with_a_text_and_a_manager_who_does_not_exist() {
        let sent = Gate::Validator.create(ResourceKind::User, body(), &core());
        let role = json!([{"primary": "True", "display": word("display"), "value": word("value"), "type": word("type")}]);
        let expected = json!({
            "userName": "ada",
            "phoneNumbers": [{"type": "work", "value": "1", "primary": true}, {"type": "fax", "value": "2"}],
            (urn::ENTERPRISE): {"department": "Sales", "manager": {"value": word("manager")}},
            "roles": role,
            "schemas": [urn::USER, urn::ENTERPRISE],
        });
        assert_eq!(sent, expected);
        assert_eq!(sent.as_object().unwrap().keys().next_back().unwrap(), "schemas");
    }

    #[test]
    fn what_is_not_published_the_validator_does_not_add() {
        let sent = Gate::Validator.create(ResourceKind::User, body(), &Discovery::default());
        assert!(sent.get("roles").is_none() && sent[urn::ENTERPRISE].get("manager").is_none(), "{sent}");
        let material = Material { prefix: "run1", domain: "example.com" };
        let beside = |discovery: &Discovery| {
            let mapped = [("userType".parse().unwrap(), Some(json!("x")))];
            Gate::Validator.beside(ResourceKind::User, &mapped, discovery, &IndexMap::new(), material)
        };
        assert_eq!(beside(&Discovery::default()), []);
        assert_eq!(beside(&core()).len(), VALIDATOR.len() - 1, "userType is mapped already");
    }

    #[test]
    fn the_template_sends_neither_meta_nor_an_empty_list_of_roles() {
        let sent = Gate::Template.create(ResourceKind::User, body(), &core());
        assert!(sent.get("meta").is_none() && sent.get("roles").is_none(), "{sent}");
        assert_eq!(sent["phoneNumbers"][0]["primary"], true);
        assert_eq!(sent["phoneNumbers"][1]["primary"], false);
        assert_eq!(sent["userName"], "ada");
    }
}
