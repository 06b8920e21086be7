//! Bodies as JSON (RFC 8259), before anything in them is looked at.

use serde_json::Value;

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::scim::urn;
use crate::wire::Operation;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &BODY_NOT_JSON,
    &BYTE_ORDER_MARK,
    &BODY_NOT_AN_OBJECT,
    &DUPLICATE_KEYS,
    &BODY_ON_NO_CONTENT,
    &ERROR_UNDER_SUCCESS,
    &READ_ANSWERED_WITH_LIST,
];

const BODY_NOT_JSON: RuleDeclaration = RuleDeclaration {
    name: "body-not-json",
    title: "Response bodies are JSON",
    level: Level::Error,
    what: "Every SCIM response body is JSON in UTF-8. Anything else in an error response is a warning, and a note where \
           Entra sends no requests.",
    why: "Entra cannot read the resource, and no change to that person succeeds until it can.",
    fix: "Return complete JSON in UTF-8. Look for a proxy, a login page or an exception that cuts the \
          response off.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the response cannot be parsed.",
    refs: &[Rfc("7644#3.1"), Rfc("8259#2"), Field("HumanSignal/label-studio#3487")],
    faults: &["broken-json"],
    judges: subject::a_body,
    judge: RuleJudge::Exchange(body_not_json),
};

fn body_not_json(view: &View<'_>) -> Vec<Complaint> {
    let Some((answer, problem)) = view.answer().and_then(|a| Some((a, a.body.problem()?))) else {
        return Vec::new();
    };
    // A page where Entra sends no requests is told once, by its media type.
    let says_json = answer.header("content-type").is_none_or(|declared| declared.contains("json"));
    if subject::is_off_the_routes(view) && !says_json {
        return Vec::new();
    }
    // A refusal in plain text is worth a warning; its media type is judged elsewhere.
    let level = match answer.status {
        _ if subject::is_off_the_routes(view) => Level::Note,
        300.. => Level::Warning,
        _ => Level::Error,
    };
    let start: String = answer.body.text().chars().take(80).collect();
    Complaint::new(format!("The response body is not JSON: {problem}."))
        .against("a JSON object", start)
        .at(level)
        .into()
}

const BYTE_ORDER_MARK: RuleDeclaration = RuleDeclaration {
    name: "byte-order-mark",
    title: "Response bodies begin without a byte order mark",
    level: Level::Error,
    what: "The first byte of a JSON body belongs to the JSON: no U+FEFF (EF BB BF in UTF-8) precedes it. Parsers \
           may reject a JSON text that begins with one.",
    why: "A strict JSON parser rejects every such response, although it looks right in an editor or a browser.",
    fix: "Encode responses as UTF-8 without a byte order mark. .NET: `new UTF8Encoding(false)` instead of \
          `Encoding.UTF8`. PHP: save the source files without a byte order mark. Python: `utf-8`, not \
          `utf-8-sig`.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible, where the response cannot be parsed.",
    refs: &[Rfc("8259#8.1 MUST")],
    faults: &["byte-order-mark"],
    judges: subject::json,
    judge: RuleJudge::Exchange(byte_order_mark),
};

fn byte_order_mark(view: &View<'_>) -> Vec<Complaint> {
    let marked = view.answer().is_some_and(|answer| answer.body.has_byte_order_mark());
    if !marked || view.json().is_none() {
        return Vec::new();
    }
    Complaint::new("The response body begins with a byte order mark (U+FEFF).")
        .against("{ as the first byte", "EF BB BF before the JSON")
        .into()
}

const BODY_NOT_AN_OBJECT: RuleDeclaration = RuleDeclaration {
    name: "body-not-an-object",
    title: "Response bodies are JSON objects",
    level: Level::Error,
    what: "Resources, lists and errors are JSON objects: a query returns a ListResponse, never a bare array.",
    why: "Entra requires a ListResponse for every query and a resource for every read; an array or a string \
          is neither.",
    fix: "Wrap the results of a query in a ListResponse; return the resource itself for a read by id.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the response cannot be parsed.",
    refs: &[Rfc("7644#3.4.2 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["bare-array-lists"],
    judges: subject::json,
    judge: RuleJudge::Exchange(body_not_an_object),
};

fn body_not_an_object(view: &View<'_>) -> Vec<Complaint> {
    match view.json() {
        Some(Value::Object(_)) | None => Vec::new(),
        Some(other) => Complaint::new(format!("The response body is {}, expected an object.", kind(other)))
            .against("a JSON object", kind(other))
            .into(),
    }
}

/// What a JSON value is, with its article.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

const DUPLICATE_KEYS: RuleDeclaration = RuleDeclaration {
    name: "duplicate-keys",
    title: "No object has the same key twice",
    level: Level::Warning,
    what: "A key occurs once per object (RFC 8259 §4 says SHOULD; how a duplicate is read is undefined).",
    why: "Parsers differ: some use the first value, some the last, some reject the body. Entra may see \
          another value than your other clients do.",
    fix: "Serialise each attribute once. The usual cause is an attribute that is kept both as a field and in \
          a map of additional attributes.",
    entra: "Nothing, or an attribute that is sent again in every cycle.",
    refs: &[Rfc("8259#4 SHOULD")],
    faults: &["duplicate-keys"],
    judges: subject::json,
    judge: RuleJudge::Exchange(duplicate_keys),
};

fn duplicate_keys(view: &View<'_>) -> Vec<Complaint> {
    let pointers = view.answer().map_or(&[][..], |answer| answer.body.duplicate_keys());
    let Some(first) = pointers.first() else {
        return Vec::new();
    };
    let name = first.rsplit('/').next().unwrap_or(first).to_owned();
    Complaint::new(format!("The key `{name}` occurs twice in one object (at {first})."))
        .concerning(name)
        .against("each key once", pointers.join(", "))
        .into()
}

const BODY_ON_NO_CONTENT: RuleDeclaration = RuleDeclaration {
    name: "body-on-no-content",
    title: "204 has no body",
    level: Level::Warning,
    what: "A response with status 204 ends after its headers.",
    why: "A client that reuses the connection reads the body as the start of the next response.",
    fix: "With 204, send no body and no Content-Length other than 0; or return 200 with the resource.",
    entra: "WebExceptionProtocolError on the next request, retried after 40 minutes.",
    refs: &[Rfc("9110#15.3.5")],
    faults: &["body-on-204"],
    judges: |view| view.status() == Some(204),
    judge: RuleJudge::Exchange(body_on_no_content),
};

fn body_on_no_content(view: &View<'_>) -> Vec<Complaint> {
    let Some(answer) = view.answer().filter(|answer| answer.status == 204) else {
        return Vec::new();
    };
    let announced = answer.header("content-length").and_then(|length| length.trim().parse::<u64>().ok());
    if answer.body.is_empty() && announced.unwrap_or(0) == 0 {
        return Vec::new();
    }
    let length = announced.unwrap_or(answer.body.bytes().len() as u64);
    Complaint::new("The server returns 204 with a body.").against("no body", format!("{length} bytes")).into()
}

const ERROR_UNDER_SUCCESS: RuleDeclaration = RuleDeclaration {
    name: "error-under-success",
    title: "Errors are not returned with 2xx",
    level: Level::Error,
    what: "A response whose body is a SCIM error message has a 4xx or 5xx status.",
    why: "Entra goes by the status: it considers the write done and never sends it again, or reads the error \
          message as a resource without an id.",
    fix: "Set the HTTP status to the one in the error message.",
    entra: "Success in the provisioning log although nothing was written, or \
            SystemForCrossDomainIdentityManagementServiceIncompatible on a read.",
    refs: &[Rfc("7644#3.12 SHOULD")],
    faults: &["errors-as-200"],
    judges: subject::a_success_with_body,
    judge: RuleJudge::Exchange(error_under_success),
};

fn error_under_success(view: &View<'_>) -> Vec<Complaint> {
    let body = view.json().and_then(Value::as_object);
    match (view.answer(), body) {
        (Some(answer), Some(body))
            if answer.is_success() && super::returned::is_message(body, urn::ERROR) =>
        {
            let named = body.get("status").map_or_else(String::new, Value::to_string);
            Complaint::new(format!("The server returns an error message with status {}.", answer.status))
                .against("a 4xx or 5xx status", format!("{} with an error message {named}", answer.status))
                .into()
        }
        _ => Vec::new(),
    }
}

const READ_ANSWERED_WITH_LIST: RuleDeclaration = RuleDeclaration {
    name: "read-answered-with-list",
    title: "GET by id returns a single resource",
    level: Level::Error,
    what: "GET on a resource's own URL returns the resource, not a list that contains it.",
    why: "Entra expects exactly one entry when it reads by id and otherwise stops processing the object.",
    fix: "Return the resource as the top-level object of `GET /Users/{id}`.",
    entra: "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse or …ServiceIncompatible.",
    refs: &[Rfc("7644#3.4.1"), Microsoft("howto-analyze-provisioning-logs")],
    faults: &["list-on-read"],
    judges: |view| matches!(view.operation(), Operation::Read(..)) && view.exchange.succeeded(),
    judge: RuleJudge::Exchange(read_answered_with_list),
};

fn read_answered_with_list(view: &View<'_>) -> Vec<Complaint> {
    let body = view.json().and_then(Value::as_object);
    let is_list = body.is_some_and(|body| {
        super::returned::is_message(body, urn::LIST_RESPONSE) || body.contains_key("Resources")
    });
    if !matches!(view.operation(), Operation::Read(..)) || !view.exchange.succeeded() || !is_list {
        return Vec::new();
    }
    Complaint::new("GET by id returns a list.").against("the resource", "a ListResponse").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, answer, error, list, raw};
    use crate::wire::{Actor, Method, Request};
    use serde_json::json;

    const SCIM: Option<&str> = Some("application/scim+json");

    fn read(status: u16, body: &str) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::new();
        scenario_run
            .send(Request::new(Actor::Entra, Method::Get, "/Users/1", "test"), Ok(raw(status, SCIM, body)));
        scenario_run
    }

    #[test]
    fn what_is_not_json_is_found() {
        for broken in ["<html>", "{\"id\": \"1\"", "", "\u{0}"] {
            let expected = usize::from(!broken.is_empty());
            read(200, broken).finds("body-not-json", expected, Level::Error);
        }
        read(500, "oops").finds("body-not-json", 1, Level::Warning);
        read(200, &ada(json!({"displayName": "Añá 🌱"})).to_string()).is_right();
    }

    #[test]
    fn a_byte_order_mark_is_named_and_the_json_behind_it_is_read() {
        let marked = format!("\u{feff}{}", ada(json!({})));
        read(200, &marked).finds("byte-order-mark", 1, Level::Error);
        read(200, &marked).finds("body-not-json", 0, Level::Error);
        read(200, &ada(json!({})).to_string()).finds("byte-order-mark", 0, Level::Error);
        // A body that is not JSON has another cause.
        read(200, "\u{feff}<html>").finds("byte-order-mark", 0, Level::Error);
        read(200, "\u{feff}<html>").finds("body-not-json", 1, Level::Error);
    }

    #[test]
    fn arrays_and_scalars_are_no_answers() {
        read(200, "[]").finds("body-not-an-object", 1, Level::Error);
        read(404, "\"not found\"").finds("body-not-an-object", 1, Level::Error);
        read(200, &ada(json!({})).to_string()).finds("body-not-an-object", 0, Level::Error);
    }

    #[test]
    fn repeated_keys_are_found_at_any_depth() {
        let twice = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"ada@example.com",
            "name":{"givenName":"A","givenName":"B"}}"#;
        let findings = read(200, twice).findings("duplicate-keys");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].subject, "givenName");
        // The same name in two objects, or in another letter case, is not a repeated key.
        let right = ada(json!({"emails": [{"value": "a@example.com"}, {"value": "b@example.com"}]}));
        read(200, &right.to_string()).finds("duplicate-keys", 0, Level::Warning);
    }

    #[test]
    fn no_content_means_no_body() {
        let deleted = |answer| {
            let mut scenario_run = ScenarioRun::new();
            scenario_run.send(Request::new(Actor::Entra, Method::Delete, "/Users/1", "test"), Ok(answer));
            scenario_run
        };
        deleted(raw(204, SCIM, "{}")).finds("body-on-no-content", 1, Level::Warning);
        let mut announced = answer(204, &Value::Null);
        announced.headers.push(("content-length".into(), "12".into()));
        deleted(announced).finds("body-on-no-content", 1, Level::Warning);
        let mut zero = answer(204, &Value::Null);
        zero.headers.push(("content-length".into(), "0".into()));
        deleted(zero).is_right();
    }

    #[test]
    fn an_error_under_200_is_found() {
        read(200, &error(404, None).to_string()).finds("error-under-success", 1, Level::Error);
        read(404, &error(404, None).to_string()).finds("error-under-success", 0, Level::Error);
    }

    #[test]
    fn a_list_is_no_answer_to_a_read() {
        read(200, &list(vec![ada(json!({}))]).to_string()).finds("read-answered-with-list", 1, Level::Error);
        let mut query = ScenarioRun::new();
        query.get(r#"/Users?filter=userName eq "ada@example.com""#, 200, list(vec![ada(json!({}))]));
        query.is_right();
    }
}
