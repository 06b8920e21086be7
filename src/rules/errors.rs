//! Error answers (RFC 7644 §3.12). What an administrator learns of a failing job stands in them.
//! These rules judge refusals that a scenario wants, too.

use super::View;
use super::body::kind;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::scim::message::ScimType;
use crate::scim::{member, urn};
use crate::wire::{Answer, Method, Operation};
use serde_json::{Map, Value};

pub(super) const RULES: &[&RuleDeclaration] = &[
    &ERROR_WITHOUT_BODY,
    &ERROR_SCHEMA_MISSING,
    &ERROR_STATUS_NOT_A_STRING,
    &ERROR_STATUS_DIFFERS,
    &ERROR_DETAIL_UNREADABLE,
    &SCIM_TYPE_MISSING,
    &SCIM_TYPE_WRONG,
    &ERROR_SHOWS_INTERNALS,
];

/// An error answer and its body, when that is an object.
fn error<'v>(view: &View<'v>) -> Option<(&'v Answer, &'v Map<String, Value>)> {
    let answer = view.answer().filter(|answer| answer.status >= 400)?;
    Some((answer, answer.body.json()?.as_object()?))
}

/// The same, when the body is a SCIM error message or has what no other error body has: `status` and `detail` stand in
/// those of web frameworks too. What is no such message lacks the rest of it, too, and is told once.
fn message<'v>(view: &View<'v>) -> Option<(&'v Answer, &'v Value)> {
    let (answer, body) = error(view)?;
    (body.contains_key("scimType") || super::returned::is_message(body, urn::ERROR))
        .then_some((answer, answer.body.json()?))
}

const ERROR_WITHOUT_BODY: RuleDeclaration = RuleDeclaration {
    name: "error-without-body",
    title: "Error responses have a body",
    level: Level::Warning,
    what: "A 4xx or 5xx response has a body. 404, throttling with 429 or 503, and routes that Entra does \
           not use may omit it.",
    why: "The administrator sees only the status and cannot know which attribute was rejected.",
    fix: "Return a SCIM error message for every error, with a `detail` that names the attribute and the \
          value.",
    entra: "The provisioning log quotes an empty \"Web Response\".",
    refs: &[
        Rfc("7644#3.12 MUST"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("lightdash/lightdash#24458"),
    ],
    faults: &["error-without-body"],
    judges: |view| subject::an_error(view) && view.exchange.request.method != Method::Head,
    judge: RuleJudge::Exchange(error_without_body),
};

fn error_without_body(view: &View<'_>) -> Vec<Complaint> {
    let Some(answer) = view.answer().filter(|answer| answer.status >= 400 && answer.body.is_empty()) else {
        return Vec::new();
    };
    if [404, 410, 429, 503].contains(&answer.status)
        || subject::is_off_the_routes(view)
        || view.exchange.request.method == Method::Head
    {
        return Vec::new();
    }
    Complaint::new(format!("The server returns {} without a body.", answer.status))
        .against("a SCIM error message", "no body")
        .into()
}

const ERROR_SCHEMA_MISSING: RuleDeclaration = RuleDeclaration {
    name: "error-schema-missing",
    title: "Error bodies are SCIM error messages",
    level: Level::Warning,
    what: "`schemas` of an error body is [\"urn:ietf:params:scim:api:messages:2.0:Error\"].",
    why: "A web framework's error body has other members; clients that look for `detail` and `scimType` find \
          nothing.",
    fix: "Build SCIM error messages also for routing, authentication and unhandled exceptions.",
    entra: "The provisioning log quotes the framework's body.",
    refs: &[Rfc("7644#3.12"), Field("getsentry/sentry#117860")],
    faults: &["error-without-schemas", "framework-errors"],
    judges: |view| error(view).is_some(),
    judge: RuleJudge::Exchange(error_schema_missing),
};

fn error_schema_missing(view: &View<'_>) -> Vec<Complaint> {
    match error(view) {
        Some((_, body)) if !super::returned::is_message(body, urn::ERROR) => {
            let actual = body.get("schemas").map_or_else(
                || format!("members {}", body.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
                Value::to_string,
            );
            Complaint::new("The error body is not a SCIM error message.")
                .concerning("schemas")
                .against(urn::ERROR, actual)
                .into()
        }
        _ => Vec::new(),
    }
}

const ERROR_STATUS_NOT_A_STRING: RuleDeclaration = RuleDeclaration {
    name: "error-status-not-a-string",
    title: "`status` in an error message is a string",
    level: Level::Warning,
    what: "`status` of an error message is present and a JSON string: \"409\", not 409.",
    why: "RFC 7644 defines a string. Strict clients cannot read the message.",
    fix: "Write the status in quotes.",
    entra: "Nothing: the validator does not check it.",
    refs: &[Rfc("7644#3.12 MUST"), Field("getsentry/sentry#117860")],
    faults: &["error-status-number"],
    judges: |view| message(view).is_some(),
    judge: RuleJudge::Exchange(error_status_not_a_string),
};

fn error_status_not_a_string(view: &View<'_>) -> Vec<Complaint> {
    let Some((answer, body)) = message(view) else {
        return Vec::new();
    };
    let is = match member(body, "status") {
        Some(Value::String(_)) => return Vec::new(),
        Some(other) => kind(other),
        None => "absent",
    };
    Complaint::new(format!("`status` in the error message is {is}, expected a string."))
        .concerning("status")
        .against(format!("\"{}\"", answer.status), is)
        .into()
}

const ERROR_STATUS_DIFFERS: RuleDeclaration = RuleDeclaration {
    name: "error-status-differs",
    title: "`status` in an error message equals the HTTP status",
    level: Level::Warning,
    what: "`status` of an error message repeats the HTTP status of the response.",
    why: "A reader of the log sees another error than the one Entra acted on.",
    fix: "Set both from the same value.",
    entra: "A log entry that contradicts itself.",
    refs: &[Rfc("7644#3.12 MUST")],
    faults: &["error-status-differs"],
    judges: |view| message(view).is_some_and(|(_, body)| member(body, "status").is_some()),
    judge: RuleJudge::Exchange(error_status_differs),
};

fn error_status_differs(view: &View<'_>) -> Vec<Complaint> {
    let Some((answer, body)) = message(view) else {
        return Vec::new();
    };
    match member(body, "status").and_then(super::reading::text) {
        Some(stated) if stated.trim() != answer.status.to_string() => Complaint::new(format!(
            "The error message says status {stated}, the HTTP status is {}.",
            answer.status
        ))
        .concerning("status")
        .against(answer.status.to_string(), stated)
        .into(),
        _ => Vec::new(),
    }
}

const ERROR_DETAIL_UNREADABLE: RuleDeclaration = RuleDeclaration {
    name: "error-detail-unreadable",
    title: "`detail` in an error message is a sentence",
    level: Level::Warning,
    what: "`detail` is a string. The RFC makes it optional: without it the finding is a note.",
    why: "It is the only text an administrator sees. An object or a list is shown as JSON.",
    fix: "Write one plain sentence that names the attribute and the value.",
    entra: "The provisioning log quotes JSON instead of a reason.",
    refs: &[Rfc("7644#3.12 MAY"), Field("getsentry/sentry#79354")],
    faults: &["error-detail-object"],
    judges: |view| message(view).is_some(),
    judge: RuleJudge::Exchange(error_detail_unreadable),
};

fn error_detail_unreadable(view: &View<'_>) -> Vec<Complaint> {
    let Some((_, body)) = message(view) else {
        return Vec::new();
    };
    let (is, level) = match member(body, "detail") {
        Some(Value::String(text)) if !text.trim().is_empty() => return Vec::new(),
        None | Some(Value::Null | Value::String(_)) => ("absent or empty", Level::Note),
        Some(other) => (kind(other), Level::Warning),
    };
    Complaint::new(format!("`detail` in the error message is {is}, expected a sentence."))
        .concerning("detail")
        .against("a string", is)
        .at(level)
        .into()
}

/// The keyword the RFC demands for an answer, and how much its absence matters.
fn demanded(view: &View<'_>, status: u16) -> Option<(Option<ScimType>, Level)> {
    match (view.operation(), status) {
        (Operation::Create(_) | Operation::Replace(..) | Operation::Modify(..), 409) => {
            Some((Some(ScimType::Uniqueness), Level::Warning))
        }
        (Operation::Query { filter: Some(_), .. }, 400) => {
            Some((Some(ScimType::InvalidFilter), Level::Warning))
        }
        (_, 400) => Some((None, Level::Note)),
        _ => None,
    }
}

const SCIM_TYPE_MISSING: RuleDeclaration = RuleDeclaration {
    name: "scim-type-missing",
    title: "Errors carry a scimType",
    level: Level::Warning,
    what: "A conflict has scimType `uniqueness`, a rejected filter `invalidFilter`. Another 400 without a \
           scimType is a note.",
    why: "By this keyword clients distinguish a userName that is taken from other conflicts, and an \
          unsupported filter from a malformed request.",
    fix: "Add the `scimType` from table 9 of RFC 7644.",
    entra: "Nothing: Entra goes by the status.",
    refs: &[Rfc("7644#3.12 MAY"), Field("getsentry/sentry#117860")],
    faults: &["conflict-without-keyword"],
    judges: |view| message(view).is_some_and(|(answer, _)| demanded(view, answer.status).is_some()),
    judge: RuleJudge::Exchange(scim_type_missing),
};

fn scim_type_missing(view: &View<'_>) -> Vec<Complaint> {
    let Some((answer, body)) = message(view) else {
        return Vec::new();
    };
    let missing = member(body, "scimType").is_none_or(|keyword| keyword.is_null() || keyword == "");
    match demanded(view, answer.status) {
        Some((keyword, level)) if missing => {
            let expected = keyword.map_or("a keyword from RFC 7644 table 9", ScimType::as_str);
            Complaint::new(format!("The error response {} has no scimType.", answer.status))
                .concerning("scimType")
                .against(expected, "absent")
                .at(level)
                .into()
        }
        _ => Vec::new(),
    }
}

const SCIM_TYPE_WRONG: RuleDeclaration = RuleDeclaration {
    name: "scim-type-wrong",
    title: "scimType is the keyword defined for the case",
    level: Level::Warning,
    what: "The keyword of a conflict is `uniqueness`. The keyword of a rejected filter is `invalidFilter` or \
           `tooMany`; another one there, or a keyword that RFC 7644 does not list, is a note.",
    why: "A wrong keyword points the reader to the wrong cause.",
    fix: "Use the keywords of table 9 of RFC 7644, in their letter case.",
    entra: "Nothing.",
    refs: &[Rfc("7644#3.12 MAY")],
    faults: &["conflict-keyword-wrong"],
    judges: |view| message(view).is_some_and(|(_, body)| member(body, "scimType").is_some()),
    judge: RuleJudge::Exchange(scim_type_wrong),
};

fn scim_type_wrong(view: &View<'_>) -> Vec<Complaint> {
    let Some((answer, body)) = message(view) else {
        return Vec::new();
    };
    let Some(stated) = member(body, "scimType").filter(|keyword| !keyword.is_null() && *keyword != "") else {
        return Vec::new();
    };
    let listed = ScimType::ALL.into_iter().find(|keyword| stated.as_str() == Some(keyword.as_str()));
    let wrong = match (demanded(view, answer.status), listed) {
        (Some((Some(ScimType::Uniqueness), level)), keyword) if keyword != Some(ScimType::Uniqueness) => {
            Some(("uniqueness", level))
        }
        (Some((Some(ScimType::InvalidFilter), _)), Some(keyword))
            if !["invalidFilter", "tooMany"].contains(&keyword.as_str()) =>
        {
            Some(("invalidFilter", Level::Note))
        }
        (_, None) => Some(("a keyword from RFC 7644 table 9", Level::Note)),
        _ => None,
    };
    match wrong {
        Some((expected, level)) => Complaint::new(format!("scimType is {stated}."))
            .concerning("scimType")
            .against(expected, stated.to_string())
            .at(level)
            .into(),
        None => Vec::new(),
    }
}

const ERROR_SHOWS_INTERNALS: RuleDeclaration = RuleDeclaration {
    name: "error-shows-internals",
    title: "Error responses show no stack trace",
    level: Level::Note,
    what: "No error body holds a stack trace.",
    why: "It ends up in the customer's provisioning log, where it helps no administrator and discloses the \
          server's internals.",
    fix: "Log the trace on the server; return a sentence and the id of the log entry.",
    entra: "The provisioning log quotes the trace.",
    refs: &[Rfc("7644#3.12"), Field("1Password/scim-examples#82")],
    faults: &["stack-traces-shown"],
    judges: subject::an_error_with_body,
    judge: RuleJudge::Exchange(error_shows_internals),
};

fn error_shows_internals(view: &View<'_>) -> Vec<Complaint> {
    let signs = [
        "Traceback (most recent call last)",
        "\n   at ",
        "\\n   at ",
        "\\tat ",
        "\tat ",
        "\\n    at ",
        "\n    at ",
    ];
    let Some(answer) = view.answer().filter(|answer| answer.status >= 400) else {
        return Vec::new();
    };
    let text = answer.body.text();
    match signs.iter().find(|sign| text.contains(**sign)) {
        Some(_) => Complaint::new("The error body holds a stack trace.")
            .against("a sentence", "a stack trace")
            .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, answer, error, raw, with};
    use crate::wire::{Actor, Request};
    use serde_json::json;

    /// A refusal that a scenario wants.
    fn refused(method: Method, path: &str, status: u16, body: Value) -> ScenarioRun {
        let mut request = Request::new(Actor::Observer, method, path, "test").provoked();
        if path == "/Users" && method == Method::Get {
            request = request.with_query("filter=userName+xx+%22a%22");
        }
        let mut scenario_run = ScenarioRun::published();
        scenario_run.send(request, Ok(answer(status, &body)));
        scenario_run
    }

    fn conflict(body: Value) -> ScenarioRun {
        refused(Method::Post, "/Users", 409, body)
    }

    fn right() -> Value {
        error(409, Some("uniqueness"))
    }

    #[test]
    fn right_errors_are_left_alone() {
        conflict(right()).is_right();
        refused(Method::Get, "/Users/1", 404, error(404, None)).is_right();
        refused(Method::Get, "/Users/1", 404, Value::Null).is_right();
        refused(Method::Get, "/Users", 400, error(400, Some("invalidFilter"))).is_right();
        refused(Method::Get, "/Users", 400, error(400, Some("tooMany"))).is_right();
        refused(Method::Patch, "/Users/1", 400, with(error(400, None), json!({"detail": null}))).is_right();
    }

    #[test]
    fn an_error_without_a_body_is_found() {
        refused(Method::Post, "/Users", 400, Value::Null).finds("error-without-body", 1, Level::Warning);
        refused(Method::Delete, "/Schemas", 405, Value::Null).finds("error-without-body", 0, Level::Warning);
        refused(Method::Delete, "/Schemas", 500, Value::Null).finds("error-without-body", 1, Level::Warning);
    }

    #[test]
    fn an_error_is_a_scim_message() {
        conflict(json!({"error": "Conflict", "message": "taken"})).finds(
            "error-schema-missing",
            1,
            Level::Warning,
        );
        conflict(with(right(), json!({"schemas": null}))).finds("error-schema-missing", 1, Level::Warning);
        let rest = ["error-status-not-a-string", "error-detail-unreadable", "scim-type-missing"];
        for body in [json!({"status": 409, "error": "Conflict"}), json!({"detail": ["taken"]})] {
            for rule in rest {
                conflict(body.clone()).finds(rule, 0, Level::Warning);
            }
        }
    }

    #[test]
    fn the_status_is_a_string_and_the_right_one() {
        conflict(with(right(), json!({"status": 409}))).finds("error-status-not-a-string", 1, Level::Warning);
        conflict(with(right(), json!({"status": null}))).finds(
            "error-status-not-a-string",
            1,
            Level::Warning,
        );
        conflict(with(right(), json!({"status": "400"}))).finds("error-status-differs", 1, Level::Warning);
        conflict(with(right(), json!({"status": 409}))).finds("error-status-differs", 0, Level::Warning);
    }

    #[test]
    fn the_detail_is_a_sentence() {
        conflict(with(right(), json!({"detail": {"userName": ["taken"]}}))).finds(
            "error-detail-unreadable",
            1,
            Level::Warning,
        );
        conflict(with(right(), json!({"detail": null}))).finds("error-detail-unreadable", 1, Level::Note);
    }

    #[test]
    fn keywords_are_demanded_where_the_rfc_demands_them() {
        conflict(error(409, None)).finds("scim-type-missing", 1, Level::Warning);
        refused(Method::Get, "/Users", 400, error(400, None)).finds("scim-type-missing", 1, Level::Warning);
        refused(Method::Patch, "/Users/1", 400, error(400, None)).finds("scim-type-missing", 1, Level::Note);
        refused(Method::Get, "/Users/1", 404, error(404, None)).finds("scim-type-missing", 0, Level::Note);
        conflict(error(409, Some("mutability"))).finds("scim-type-wrong", 1, Level::Warning);
        refused(Method::Get, "/Users", 400, error(400, Some("invalidValue"))).finds(
            "scim-type-wrong",
            1,
            Level::Note,
        );
        refused(Method::Patch, "/Users/1", 400, error(400, Some("myOwn"))).finds(
            "scim-type-wrong",
            1,
            Level::Note,
        );
    }

    #[test]
    fn a_stack_trace_is_a_note() {
        let mut scenario_run = ScenarioRun::published();
        let request = Request::new(Actor::Observer, Method::Post, "/Users", "test").provoked();
        let body = with(
            error(400, None),
            json!({"detail": "System.NullReferenceException\n   at App.Scim.Create()"}),
        );
        scenario_run.send(request, Ok(raw(400, Some("application/scim+json"), &body.to_string())));
        scenario_run.finds("error-shows-internals", 1, Level::Note);
    }
}
