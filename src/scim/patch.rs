//! PATCH requests (RFC 7644 §3.5.2).

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::message::{ErrorMessage, ScimType};
use super::{PatchPath, member, same_name, urn};

/// What a PATCH operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Adds values, or sets what was not there.
    Add,
    /// Puts the value in place of what is there.
    Replace,
    /// Takes values away.
    Remove,
}

impl Verb {
    /// The verb as the RFC writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Add => "add",
            Verb::Replace => "replace",
            Verb::Remove => "remove",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Verb {
    type Err = String;

    /// Reads a verb in any letter case: Entra's first dialect writes `Add`.
    fn from_str(text: &str) -> Result<Self, String> {
        [Verb::Add, Verb::Replace, Verb::Remove]
            .into_iter()
            .find(|verb| same_name(verb.as_str(), text))
            .ok_or_else(|| format!("`{text}` is not an operation: add, replace and remove are"))
    }
}

/// One operation of a PATCH request.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchOperation {
    /// What it does.
    pub verb: Verb,
    /// What it does it to; `None` stands for the whole resource.
    pub path: Option<PatchPath>,
    /// The value. A remove may carry one too: Entra names the members to take away in it.
    pub value: Option<Value>,
}

/// A PATCH request's body.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    /// The operations in order; at least one.
    pub operations: Vec<PatchOperation>,
}

impl PatchRequest {
    /// Reads a body. Names are taken in any letter case; a `path` that is null counts as none.
    ///
    /// # Errors
    /// What a right server answers (RFC 7644 §3.5.2 and table 9): `invalidSyntax` for a wrong
    /// structure or an unknown verb, `invalidPath` for a path that cannot be read, `noTarget` for a
    /// remove without a path, `invalidValue` for a missing value or one that cannot stand without a path.
    pub fn read(body: &Value) -> Result<Self, ErrorMessage> {
        let syntax = |detail: &str| ErrorMessage::of(ScimType::InvalidSyntax, detail);
        if !body.is_object() {
            return Err(syntax("a PATCH request is a JSON object"));
        }
        let schemas = member(body, "schemas").and_then(Value::as_array);
        let named =
            |urns: &Vec<Value>| urns.iter().any(|u| u.as_str().is_some_and(|u| same_name(u, urn::PATCH_OP)));
        if !schemas.is_some_and(named) {
            return Err(syntax(&format!("`schemas` must hold {}", urn::PATCH_OP)));
        }
        let Some(operations) = member(body, "Operations").and_then(Value::as_array) else {
            return Err(syntax("`Operations` must be an array"));
        };
        if operations.is_empty() {
            return Err(syntax("`Operations` must hold at least one operation"));
        }
        let operations =
            operations.iter().enumerate().map(|(index, operation)| read_operation(index, operation));
        Ok(PatchRequest { operations: operations.collect::<Result<_, _>>()? })
    }
}

fn read_operation(index: usize, operation: &Value) -> Result<PatchOperation, ErrorMessage> {
    let wrong =
        |kind: ScimType, detail: String| ErrorMessage::of(kind, format!("operation {}: {detail}", index + 1));
    if !operation.is_object() {
        return Err(wrong(ScimType::InvalidSyntax, "it is not a JSON object".into()));
    }
    let verb: Verb = match member(operation, "op") {
        Some(Value::String(text)) => text.parse().map_err(|detail| wrong(ScimType::InvalidSyntax, detail))?,
        Some(_) => return Err(wrong(ScimType::InvalidSyntax, "`op` must be a string".into())),
        None => return Err(wrong(ScimType::InvalidSyntax, "`op` is missing".into())),
    };
    let path: Option<PatchPath> = match member(operation, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => {
            let path = text.parse();
            Some(path.map_err(|error| wrong(ScimType::InvalidPath, format!("path `{text}`: {error}")))?)
        }
        Some(_) => return Err(wrong(ScimType::InvalidPath, "`path` must be a string".into())),
    };
    let value = member(operation, "value").cloned();
    match verb {
        Verb::Remove if path.is_none() => Err(wrong(ScimType::NoTarget, "a remove needs a path".into())),
        Verb::Add | Verb::Replace if value.is_none() => {
            Err(wrong(ScimType::InvalidValue, format!("{verb} needs a value")))
        }
        Verb::Add | Verb::Replace if path.is_none() && !value.as_ref().is_some_and(Value::is_object) => {
            Err(wrong(ScimType::InvalidValue, "without a path the value must be an object".into()))
        }
        _ => Ok(PatchOperation { verb, path, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(operations: Value) -> Result<PatchRequest, ErrorMessage> {
        PatchRequest::read(&json!({"schemas": [urn::PATCH_OP], "Operations": operations}))
    }

    #[test]
    fn both_entra_dialects_are_read() {
        let request = read(json!([
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "a@example.com"},
            {"op": "add", "value": {"active": false}},
            {"op": "Remove", "path": "members", "value": [{"value": "1"}]},
            {"op": "remove", "path": "members[value eq \"1\"]"},
        ]))
        .unwrap();
        let verbs: Vec<_> = request.operations.iter().map(|o| o.verb).collect();
        assert_eq!(verbs, [Verb::Replace, Verb::Add, Verb::Remove, Verb::Remove]);
        assert!(request.operations[0].path.as_ref().unwrap().is(r#"emails[type eq "work"].value"#));
        assert_eq!(request.operations[1].path, None);
        assert_eq!(request.operations[2].value, Some(json!([{"value": "1"}])));
    }

    #[test]
    fn a_null_is_a_value_and_no_path() {
        let request = read(json!([{"op": "replace", "path": null, "value": {"title": null}}])).unwrap();
        assert_eq!(request.operations[0].path, None);
        let request = read(json!([{"op": "replace", "path": "title", "value": null}])).unwrap();
        assert_eq!(request.operations[0].value, Some(Value::Null));
    }

    #[test]
    fn each_mistake_has_its_keyword() {
        let kind = |operations: Value| read(operations).unwrap_err().scim_type.unwrap();
        assert_eq!(kind(json!([])), ScimType::InvalidSyntax);
        assert_eq!(kind(json!({})), ScimType::InvalidSyntax);
        assert_eq!(kind(json!(["x"])), ScimType::InvalidSyntax);
        assert_eq!(kind(json!([{"path": "title", "value": 1}])), ScimType::InvalidSyntax);
        assert_eq!(kind(json!([{"op": "upsert", "path": "title", "value": 1}])), ScimType::InvalidSyntax);
        assert_eq!(kind(json!([{"op": "add", "path": "emails[", "value": 1}])), ScimType::InvalidPath);
        assert_eq!(kind(json!([{"op": "add", "path": "", "value": 1}])), ScimType::InvalidPath);
        assert_eq!(kind(json!([{"op": "add", "path": 7, "value": 1}])), ScimType::InvalidPath);
        assert_eq!(kind(json!([{"op": "remove"}])), ScimType::NoTarget);
        assert_eq!(kind(json!([{"op": "add", "path": "title"}])), ScimType::InvalidValue);
        assert_eq!(kind(json!([{"op": "add", "value": "x"}])), ScimType::InvalidValue);
    }

    #[test]
    fn the_envelope_must_say_that_it_is_a_patch() {
        let operations = json!([{"op": "remove", "path": "title"}]);
        assert!(PatchRequest::read(&json!({"Operations": operations})).is_err());
        assert!(PatchRequest::read(&json!({"schemas": [urn::USER], "Operations": operations})).is_err());
        let lower = json!({"schemas": [urn::PATCH_OP.to_lowercase()], "operations": operations});
        assert!(PatchRequest::read(&lower).is_ok());
        assert!(PatchRequest::read(&json!([])).is_err());
    }
}
