//! Media types of requests and answers (RFC 7644 §3.1, §8.1).

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::wire::{Actor, Answer, Exchange, Operation};
use std::sync::Arc;

pub(super) const RULES: &[&RuleDeclaration] =
    &[&SCIM_JSON_NOT_PARSED, &ANSWER_NOT_SCIM_JSON, &ERROR_NOT_SCIM_JSON, &CHARSET_NOT_UTF_8];

const SCIM_JSON_NOT_PARSED: RuleDeclaration = RuleDeclaration {
    name: "scim-json-not-parsed",
    title: "Request bodies of the type application/scim+json are parsed",
    level: Level::Critical,
    what: "A create labelled `Content-Type: application/scim+json` is read as JSON. The same create succeeds no \
           less than with `application/json`.",
    why: "Entra labels every body application/scim+json. A web framework that parses only application/json gives \
          the handler an empty body: no user is ever created, changed or disabled.",
    fix: "Let the body parser accept application/scim+json. Express: `app.use(express.json({ type: \
          ['application/json', 'application/scim+json'] }))`. ASP.NET: `[Consumes(\"application/json\", \
          \"application/scim+json\")]`; before ASP.NET Core also `config.Formatters.JsonFormatter\
          .SupportedMediaTypes.Add(new MediaTypeHeaderValue(\"application/scim+json\"))`. Django REST framework: in \
          `parser_classes`, a subclass of `JSONParser` with `media_type = 'application/scim+json'`. Flask: \
          `request.get_json(force=True)`. Rails: `Mime::Type.register 'application/json', :json, \
          %w[application/scim+json]`. Spring: `consumes = { \"application/json\", \"application/scim+json\" }` \
          in the `@RequestMapping`.",
    entra: "SystemForCrossDomainIdentityManagementBadRequest or …ServiceIncompatible at EntryExportAdd, for every \
            user.",
    refs: &[Rfc("7644#3.1"), Rfc("7644#8.1 SHOULD"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["scim-json-unparsed"],
    judges: |view| is_create(view.exchange) && view.answer().is_some(),
    judge: RuleJudge::Exchange(scim_json_not_parsed),
};

fn is_create(exchange: &Exchange) -> bool {
    matches!(exchange.operation, Operation::Create(_))
}

/// The media type of a request's body, without parameters.
fn sent_as(exchange: &Exchange) -> String {
    let headers = exchange.request.headers.iter();
    let label = headers.rev().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    label.map_or_else(String::new, |(_, value)| media_type(value))
}

fn media_type(header: &str) -> String {
    header.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

fn scim_json_not_parsed(view: &View<'_>) -> Vec<Complaint> {
    // Scenarios send equal creates for other reasons.
    let is_probe = |exchange: &Exchange| is_create(exchange) && exchange.request.actor == Actor::Probe;
    let accepted = is_probe(view.exchange) && view.exchange.succeeded();
    if !accepted || sent_as(view.exchange) != "application/json" {
        return Vec::new();
    }
    // The same body under another label: what a label changes is whether it is read.
    let is_twin = |earlier: &&Arc<Exchange>| {
        is_probe(earlier)
            && earlier.request.body == view.exchange.request.body
            && sent_as(earlier) == "application/scim+json"
            && earlier.answer().is_some_and(|answer| !answer.is_throttled())
    };
    let told = |earlier: &Arc<Exchange>| {
        is_probe(earlier) && earlier.succeeded() && sent_as(earlier) == "application/json"
    };
    if view.before.iter().any(told) {
        return Vec::new();
    }
    let twin = view.before.iter().rev().find(is_twin);
    let Some(twin) = twin else { return Vec::new() };
    let status = twin.answer().map_or(0, |answer| answer.status);
    let what = match twin.succeeded() {
        true => "stores nothing of a create",
        false => "rejects a create",
    };
    Complaint::new(format!(
        "The server {what} that is labelled application/scim+json ({status}), and accepts the same create as \
         application/json. All scenarios are played with application/json."
    ))
    .concerning("Content-Type")
    .against("a body labelled application/scim+json is read", format!("{status} for application/scim+json"))
    .shown_by(twin)
    .into()
}

const ANSWER_NOT_SCIM_JSON: RuleDeclaration = RuleDeclaration {
    name: "answer-not-scim-json",
    title: "Responses with a body have the type application/scim+json",
    level: Level::Error,
    what: "Every 2xx response with a body has `Content-Type: application/scim+json`. `application/json` is \
           understood and a warning; any other type, or none, is an error.",
    why: "Entra's documentation asks for application/scim+json on all responses, and Microsoft's validator \
          stops at the first response with another type. HTML usually comes from a login page or a proxy.",
    fix: "Set `Content-Type: application/scim+json` (optionally with charset=utf-8) on every response of the \
          SCIM endpoint, and keep login redirects and error pages of the web framework away from it.",
    entra: "With HTML: SystemForCrossDomainIdentityManagementServiceIncompatible, \"We are not able to \
            deserialize the resource received from your SCIM endpoint\". With application/json: nothing in \
            production; the SCIM Validator aborts its run.",
    refs: &[
        Rfc("7644#8.1 SHOULD"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("MicrosoftDocs/azure-docs#104859"),
        Field("HumanSignal/label-studio#3487"),
    ],
    faults: &["plain-json-media-type", "html-media-type", "no-media-type"],
    judges: subject::a_success_with_body,
    judge: RuleJudge::Exchange(answer_not_scim_json),
};

fn answer_not_scim_json(view: &View<'_>) -> Vec<Complaint> {
    match view.answer() {
        Some(answer) if answer.is_success() => wrong_type(answer, "The response", Level::Error),
        _ => Vec::new(),
    }
}

const ERROR_NOT_SCIM_JSON: RuleDeclaration = RuleDeclaration {
    name: "error-not-scim-json",
    title: "Error responses have the type application/scim+json",
    level: Level::Error,
    what: "Every 4xx and 5xx response with a body has `Content-Type: application/scim+json`. \
           `application/json` is a warning, and so is any other type, or none, on 401, 429 and 503; \
           elsewhere HTML, another type or none is an error. Routes that Entra does not use are a note.",
    why: "Entra shows the administrator the text of the error body. An HTML page hides the cause of a \
          failing provisioning job for days.",
    fix: "Let the SCIM endpoint build its own error messages, also for unknown routes and unhandled \
          exceptions, and return them as application/scim+json.",
    entra: "The provisioning log quotes the body after \"Web Response:\", so the administrator reads HTML \
            source instead of a reason.",
    refs: &[
        Rfc("7644#3.12 MUST"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("AzureAD/SCIMReferenceCode#108"),
    ],
    faults: &["html-errors", "plain-json-errors"],
    judges: subject::an_error_with_body,
    judge: RuleJudge::Exchange(error_not_scim_json),
};

fn error_not_scim_json(view: &View<'_>) -> Vec<Complaint> {
    match view.answer() {
        Some(answer) if answer.status >= 400 => {
            // Gateways answer these, often before SCIM is reached.
            let by_gateway = [401, 429, 503].contains(&answer.status);
            let worst = match by_gateway {
                _ if subject::is_off_the_routes(view) => Level::Note,
                true => Level::Warning,
                false => Level::Error,
            };
            wrong_type(answer, "The error response", worst)
        }
        _ => Vec::new(),
    }
}

/// What is wrong with an answer's media type.
fn wrong_type(answer: &Answer, subject: &str, worst: Level) -> Vec<Complaint> {
    if answer.body.is_empty() {
        return Vec::new();
    }
    let header = answer.header("content-type").unwrap_or("");
    let (level, is) = match media_type(header).as_str() {
        "application/scim+json" => return Vec::new(),
        "application/json" => (Level::Warning.min(worst), "is application/json".to_owned()),
        "" => (worst, "has a body and no Content-Type".to_owned()),
        other => (worst, format!("is {other}")),
    };
    let actual =
        if header.is_empty() { "no Content-Type".to_owned() } else { format!("Content-Type: {header}") };
    Complaint::new(format!("{subject} {is}, expected application/scim+json."))
        .concerning("Content-Type")
        .against("Content-Type: application/scim+json", actual)
        .at(level)
        .into()
}

const CHARSET_NOT_UTF_8: RuleDeclaration = RuleDeclaration {
    name: "charset-not-utf-8",
    title: "The charset, if given, is utf-8",
    level: Level::Warning,
    what: "SCIM's JSON is UTF-8. A `charset` parameter may be absent; if present, it is utf-8.",
    why: "A client that trusts another charset reads accented names wrong and writes them back wrong.",
    fix: "Encode responses as UTF-8, and write `charset=utf-8` or omit the parameter.",
    entra: "Names with accents differ between Entra and the application, and the same update is sent in every \
            cycle.",
    refs: &[Rfc("7644#8.1"), Rfc("8259#8.1 MUST")],
    faults: &["latin-1-charset"],
    judges: |view| view.answer().is_some_and(|answer| answer.header("content-type").is_some()),
    judge: RuleJudge::Exchange(charset_not_utf_8),
};

fn charset_not_utf_8(view: &View<'_>) -> Vec<Complaint> {
    let Some(header) = view.answer().and_then(|answer| answer.header("content-type")) else {
        return Vec::new();
    };
    let charset = header.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    match charset {
        Some(charset) if !["utf-8", "utf8"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8)) => {
            Complaint::new(format!("The response's charset is {charset}, expected utf-8."))
                .concerning("Content-Type")
                .against("charset=utf-8, or none", format!("Content-Type: {header}"))
                .into()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, answer, error, raw};
    use crate::wire::{Method, Request};
    use serde_json::json;

    fn answered(status: u16, media_type: Option<&str>, body: &str) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::new();
        let request = Request::new(Actor::Observer, Method::Get, "/Users/1", "test");
        scenario_run.send(request, Ok(raw(status, media_type, body)));
        scenario_run
    }

    fn create(actor: Actor, label: &str) -> Request {
        Request::new(actor, Method::Post, "/Users", "create")
            .with_header("Content-Type", label)
            .with_json(&json!({"userName": "ada@example.com"}))
    }

    #[test]
    fn a_create_that_only_another_label_gets_through_is_critical() {
        let (scim, plain) = ("application/scim+json; charset=utf-8", "application/json; charset=utf-8");
        let sent = |actor, first, status, second| {
            let mut scenario_run = ScenarioRun::new();
            scenario_run.send(create(actor, first), Ok(answer(status, &error(status, None))));
            scenario_run.send(create(actor, second), Ok(answer(201, &ada(json!({})))));
            scenario_run.findings("scim-json-not-parsed")
        };
        for status in [400, 403, 415, 500] {
            let findings = sent(Actor::Probe, scim, status, plain);
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].level, Level::Critical);
            assert!(findings[0].message.contains(&status.to_string()), "{}", findings[0].message);
        }
        assert_eq!(sent(Actor::Probe, scim, 400, scim).len(), 0, "the label is the same");
        assert_eq!(sent(Actor::Probe, plain, 400, plain).len(), 0);
        assert_eq!(sent(Actor::Probe, scim, 429, plain).len(), 0, "a busy server reads nothing");
        assert_eq!(sent(Actor::Entra, scim, 409, plain).len(), 0, "a scenario had its reasons");
    }

    #[test]
    fn other_media_types_are_found_by_their_weight() {
        let body = ada(json!({})).to_string();
        let level = |media_type| {
            let findings = answered(200, media_type, &body).findings("answer-not-scim-json");
            findings.first().map(|finding| finding.level)
        };
        assert_eq!(level(Some("application/json; charset=utf-8")), Some(Level::Warning));
        assert_eq!(level(Some("text/html")), Some(Level::Error));
        assert_eq!(level(None), Some(Level::Error));
        assert_eq!(level(Some("application/scim+json")), None);
        assert_eq!(level(Some("Application/SCIM+JSON;charset=UTF-8")), None);
    }

    #[test]
    fn error_answers_have_a_media_type_too() {
        let body = error(400, Some("invalidFilter")).to_string();
        answered(400, Some("application/json"), &body).finds("error-not-scim-json", 1, Level::Warning);
        answered(400, Some("text/html"), "<h1>no</h1>").finds("error-not-scim-json", 1, Level::Error);
        answered(401, Some("text/html"), "<h1>no</h1>").finds("error-not-scim-json", 1, Level::Warning);
        answered(400, Some("application/scim+json"), &body).finds("error-not-scim-json", 0, Level::Error);
        let mut elsewhere = ScenarioRun::new();
        let request = Request::new(Actor::Observer, Method::Get, "/Nowhere", "test");
        elsewhere.send(request, Ok(raw(404, Some("text/html"), "<h1>no</h1>")));
        elsewhere.finds("error-not-scim-json", 1, Level::Note);
        elsewhere.finds("body-not-json", 0, Level::Note);
        // Microsoft: a 404 needs no body.
        answered(404, None, "").finds("error-not-scim-json", 0, Level::Error);
    }

    #[test]
    fn only_utf_8_is_a_right_charset() {
        let body = ada(json!({})).to_string();
        for right in
            ["application/scim+json", "application/scim+json; charset=\"UTF-8\"", "application/scim+json;v=2"]
        {
            answered(200, Some(right), &body).finds("charset-not-utf-8", 0, Level::Warning);
        }
        answered(200, Some("application/scim+json; charset=iso-8859-1"), &body).finds(
            "charset-not-utf-8",
            1,
            Level::Warning,
        );
    }
}
