//! Protocol messages: lists of resources and errors (RFC 7644 §3.4.2, §3.12).

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::{member, same_name, urn};

/// The `scimType` keywords of RFC 7644 table 9 and of RFC 9865 §4 (cursors).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter cannot be read, or the attribute cannot be compared like that.
    InvalidFilter,
    /// The filter finds more than the server is willing to work on.
    TooMany,
    /// Another resource has this value already.
    Uniqueness,
    /// The attribute cannot be changed.
    Mutability,
    /// The body's structure is wrong.
    InvalidSyntax,
    /// The path of a PATCH operation cannot be read or names nothing.
    InvalidPath,
    /// The path's filter matched no value, or a remove has no path.
    NoTarget,
    /// A required value is missing, or the value does not fit the attribute.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVersion,
    /// Personal data in the URL.
    Sensitive,
    /// The cursor is none of this server's.
    InvalidCursor,
    /// The cursor's time is over.
    ExpiredCursor,
    /// The count differs from that of the earlier pages.
    InvalidCount,
}

impl ScimType {
    /// All keywords.
    pub const ALL: [ScimType; 13] = [
        ScimType::InvalidFilter,
        ScimType::TooMany,
        ScimType::Uniqueness,
        ScimType::Mutability,
        ScimType::InvalidSyntax,
        ScimType::InvalidPath,
        ScimType::NoTarget,
        ScimType::InvalidValue,
        ScimType::InvalidVersion,
        ScimType::Sensitive,
        ScimType::InvalidCursor,
        ScimType::ExpiredCursor,
        ScimType::InvalidCount,
    ];

    /// The keyword on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ScimType::InvalidFilter => "invalidFilter",
            ScimType::TooMany => "tooMany",
            ScimType::Uniqueness => "uniqueness",
            ScimType::Mutability => "mutability",
            ScimType::InvalidSyntax => "invalidSyntax",
            ScimType::InvalidPath => "invalidPath",
            ScimType::NoTarget => "noTarget",
            ScimType::InvalidValue => "invalidValue",
            ScimType::InvalidVersion => "invalidVers",
            ScimType::Sensitive => "sensitive",
            ScimType::InvalidCursor => "invalidCursor",
            ScimType::ExpiredCursor => "expiredCursor",
            ScimType::InvalidCount => "invalidCount",
        }
    }

    /// The status the RFCs pair the keyword with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            ScimType::Uniqueness => 409,
            ScimType::Sensitive => 403,
            _ => 400,
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ScimType {
    type Err = String;

    /// Reads a keyword in any letter case.
    fn from_str(text: &str) -> Result<Self, String> {
        ScimType::ALL
            .into_iter()
            .find(|kind| same_name(kind.as_str(), text))
            .ok_or_else(|| format!("`{text}` is not a scimType of RFC 7644 table 9"))
    }
}

/// An error answer's body (RFC 7644 §3.12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorMessage {
    /// HTTP status; 0 when a body that was read does not say.
    pub status: u16,
    /// Keyword, for 400, 403 and 409.
    pub scim_type: Option<ScimType>,
    /// What is wrong, for people.
    pub detail: String,
}

impl ErrorMessage {
    /// An error with a keyword and the status that belongs to it.
    #[must_use]
    pub fn of(kind: ScimType, detail: impl Into<String>) -> Self {
        ErrorMessage { status: kind.status(), scim_type: Some(kind), detail: detail.into() }
    }

    /// An error without a keyword.
    #[must_use]
    pub fn plain(status: u16, detail: impl Into<String>) -> Self {
        ErrorMessage { status, scim_type: None, detail: detail.into() }
    }

    /// The body. The status is a string, as the RFC demands.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".into(), json!([urn::ERROR]));
        if let Some(kind) = self.scim_type {
            body.insert("scimType".into(), json!(kind.as_str()));
        }
        body.insert("detail".into(), json!(self.detail));
        body.insert("status".into(), json!(self.status.to_string()));
        Value::Object(body)
    }

    /// Reads a body leniently: names in any letter case, the status as string or number, `schemas`
    /// not asked for. `None` when nothing in it is of an error message. Whether it is a *right*
    /// error message is for rules to say.
    #[must_use]
    pub fn read(body: &Value) -> Option<Self> {
        let status = member(body, "status").and_then(whole_number).and_then(|n| u16::try_from(n).ok());
        let detail = member(body, "detail").and_then(Value::as_str);
        let scim_type = member(body, "scimType").and_then(Value::as_str);
        if status.is_none() && detail.is_none() && scim_type.is_none() {
            return None;
        }
        Some(ErrorMessage {
            status: status.unwrap_or(0),
            scim_type: scim_type.and_then(|text| text.parse().ok()),
            detail: detail.unwrap_or("").to_owned(),
        })
    }
}

impl fmt::Display for ErrorMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(kind) = self.scim_type {
            write!(f, " {kind}")?;
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

impl std::error::Error for ErrorMessage {}

/// A query's answer (RFC 7644 §3.4.2).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListResponse {
    /// How many resources match in all.
    pub total_results: u64,
    /// How many resources this page holds, as the server says it.
    pub items_per_page: Option<u64>,
    /// Index of the first resource, from 1, as the server says it.
    pub start_index: Option<u64>,
    /// The resources of this page.
    pub resources: Vec<Value>,
}

impl ListResponse {
    /// A list that is complete on one page.
    #[must_use]
    pub fn complete(resources: Vec<Value>) -> Self {
        ListResponse::page(resources.len() as u64, 1, resources)
    }

    /// One page of a longer list.
    #[must_use]
    pub fn page(total_results: u64, start_index: u64, resources: Vec<Value>) -> Self {
        ListResponse {
            total_results,
            items_per_page: Some(resources.len() as u64),
            start_index: Some(start_index),
            resources,
        }
    }

    /// The body.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".into(), json!([urn::LIST_RESPONSE]));
        body.insert("totalResults".into(), json!(self.total_results));
        if let Some(number) = self.items_per_page {
            body.insert("itemsPerPage".into(), json!(number));
        }
        if let Some(index) = self.start_index {
            body.insert("startIndex".into(), json!(index));
        }
        body.insert("Resources".into(), Value::Array(self.resources.clone()));
        Value::Object(body)
    }

    /// Reads a body leniently: names in any letter case, numbers also as strings, `schemas` not
    /// asked for. `None` when it holds neither `totalResults` nor `Resources`. Whether it is a
    /// *right* list is for rules to say.
    #[must_use]
    pub fn read(body: &Value) -> Option<Self> {
        let number = |name: &str| member(body, name).and_then(whole_number);
        let resources = member(body, "Resources").and_then(Value::as_array);
        let total = number("totalResults");
        if resources.is_none() && total.is_none() {
            return None;
        }
        let resources = resources.cloned().unwrap_or_default();
        Some(ListResponse {
            total_results: total.unwrap_or(resources.len() as u64),
            items_per_page: number("itemsPerPage"),
            start_index: number("startIndex"),
            resources,
        })
    }
}

/// A whole number, also when it is written as a string.
pub(super) fn whole_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_written_as_the_rfc_demands_and_read_back() {
        let error = ErrorMessage::of(ScimType::Uniqueness, "userName is taken");
        let body = error.to_json();
        assert_eq!(body["status"], json!("409"));
        assert_eq!(body["schemas"], json!([urn::ERROR]));
        assert_eq!(ErrorMessage::read(&body), Some(error));
        assert_eq!(ErrorMessage::plain(404, "gone").to_json().get("scimType"), None);
    }

    #[test]
    fn errors_of_other_servers_are_read_leniently() {
        let read = |value: Value| ErrorMessage::read(&value);
        assert_eq!(read(json!({"status": 404, "Detail": "no"})), Some(ErrorMessage::plain(404, "no")));
        let unknown = read(json!({"scimType": "conflict", "status": "409"})).unwrap();
        assert_eq!((unknown.status, unknown.scim_type), (409, None));
        assert_eq!(read(json!({"status": 70000, "detail": "x"})).unwrap().status, 0);
        assert_eq!(read(json!({"error": "x"})), None);
        assert_eq!(read(json!([1])), None);
        assert_eq!(
            read(json!({"scimtype": "INVALIDFILTER"})).unwrap().scim_type,
            Some(ScimType::InvalidFilter)
        );
    }

    #[test]
    fn lists_are_written_and_read_back() {
        let list = ListResponse::page(7, 3, vec![json!({"id": "1"}), json!({"id": "2"})]);
        let body = list.to_json();
        assert_eq!(
            (&body["itemsPerPage"], &body["startIndex"], &body["totalResults"]),
            (&json!(2), &json!(3), &json!(7))
        );
        assert_eq!(ListResponse::read(&body), Some(list));
        assert_eq!(ListResponse::complete(vec![]).to_json()["Resources"], json!([]));
    }

    #[test]
    fn lists_of_other_servers_are_read_leniently() {
        let empty = ListResponse::read(&json!({"totalResults": "0"})).unwrap();
        assert_eq!((empty.total_results, empty.items_per_page, empty.resources.len()), (0, None, 0));
        assert_eq!(ListResponse::read(&json!({"resources": [{}]})).unwrap().total_results, 1);
        assert_eq!(ListResponse::read(&json!({"id": "1"})), None);
        assert_eq!(ListResponse::read(&json!({"Resources": {}})), None);
    }
}
