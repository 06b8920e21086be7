//! What an answer means to the service: a resource it can read, or a problem with its code.

use serde_json::Value;

use super::log::CycleStop;
use super::problem::{ErrorCode, JobProblem};
use super::quarantine::Quarantine;
use crate::scim::message::ListResponse;
use crate::scim::{member, urn};
use crate::wire::{Answer, Broken, ResourceKind, made_id};

/// How much of a refusing answer is quoted in the log.
const QUOTED: usize = 1000;

/// Attributes that must be arrays where they are present.
const LISTS: &[&str] = &[
    "schemas",
    "emails",
    "phoneNumbers",
    "addresses",
    "ims",
    "photos",
    "roles",
    "entitlements",
    "groups",
    "members",
];
/// Attributes that must be objects where they are present.
const OBJECTS: &[&str] = &["name", "meta", urn::ENTERPRISE];
/// Attributes that must be single values where they are present.
const SINGLE: &[&str] = &["userName", "externalId", "displayName", "title", "preferredLanguage", "nickName"];

/// Why one object could not be handled, or the whole job has to stop.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trouble {
    /// This object fails; the others go on.
    Object(JobProblem),
    /// Nothing goes on.
    Stop(CycleStop),
}

impl From<JobProblem> for Trouble {
    fn from(problem: JobProblem) -> Self {
        Trouble::Object(problem)
    }
}

/// What was asked; the same status means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The probe that opens an activity.
    Probe,
    /// A filter query.
    Query,
    /// A known id.
    Read,
    /// POST
    Create,
    /// PATCH
    Modify,
    /// DELETE
    Delete,
}

/// A resource in a form the service understands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resource {
    /// Its id at the target.
    pub id: String,
    /// Everything it holds.
    pub value: Value,
}

/// The answer, if it is a success.
pub(super) fn accepted(asked: Asked, sent: Result<Answer, Broken>) -> Result<Answer, Trouble> {
    let answer = sent.map_err(|broken| without_answer(asked, broken))?;
    if answer.is_success() {
        return Ok(answer);
    }
    let problem = JobProblem {
        status: Some(answer.status),
        ..JobProblem::new(code(asked, answer.status), refusal(&answer))
    };
    let compliance = answer.status == 404 && matches!(asked, Asked::Probe | Asked::Query);
    if answer.status == 401 || compliance || asked == Asked::Probe {
        return Err(Trouble::Stop(CycleStop::Quarantined(Quarantine::at_once(problem))));
    }
    Err(Trouble::Object(problem))
}

fn without_answer(asked: Asked, broken: Broken) -> Trouble {
    let code = match &broken {
        Broken::Interrupted | Broken::Unjournalled(_) => return Trouble::Stop(CycleStop::Interrupted),
        Broken::Withheld(reason) | Broken::Unproven(reason) => {
            return Trouble::Stop(CycleStop::Withheld(reason.clone()));
        }
        // The service does not reach the target: its credentials are not valid any more.
        Broken::NoToken(_) => {
            let problem = JobProblem::new(ErrorCode::Unauthorized, broken.to_string());
            return Trouble::Stop(CycleStop::Quarantined(Quarantine::at_once(problem)));
        }
        Broken::TimedOut(_) | Broken::Unrefused(_) => ErrorCode::Timeout,
        Broken::Refused(_)
        | Broken::NoSuchHost(_)
        | Broken::Tls(_)
        | Broken::Protocol(_)
        | Broken::Gone(_)
        | Broken::Unwritable(_)
        | Broken::TooLarge(_) => ErrorCode::WebExceptionProtocolError,
    };
    if asked == Asked::Probe {
        let problem = JobProblem::new(ErrorCode::CredentialValidationUnavailable, broken.to_string());
        return Trouble::Stop(CycleStop::Quarantined(Quarantine::at_once(problem)));
    }
    Trouble::Object(JobProblem::new(code, broken.to_string()))
}

/// The code for a status (entra-docs: howto-analyze-provisioning-logs; codes quoted from real logs
/// where the page names none).
fn code(asked: Asked, status: u16) -> ErrorCode {
    match (status, asked) {
        (401, _) => ErrorCode::Unauthorized,
        (404, Asked::Probe | Asked::Query) => ErrorCode::ServiceIncompatible,
        (_, Asked::Probe) => ErrorCode::CredentialValidationUnavailable,
        (400 | 409, Asked::Query) => ErrorCode::ServiceIncompatibleFiltering,
        (400, Asked::Create) => ErrorCode::BadRequest,
        (403, _) => ErrorCode::InsufficientRights,
        (404, Asked::Read | Asked::Modify | Asked::Delete) => ErrorCode::InvalidAnchor,
        (405, _) => ErrorCode::MethodNotAllowed,
        (409, Asked::Modify) => ErrorCode::ServiceIncompatibleFiltering,
        (409, _) => ErrorCode::Conflict,
        (422, _) => ErrorCode::UnprocessableEntity,
        (429, _) => ErrorCode::TooManyRequests,
        (501, _) => ErrorCode::NotImplemented,
        (500..=599, _) => ErrorCode::InternalServerError,
        _ => ErrorCode::ServiceIncompatible,
    }
}

fn refusal(answer: &Answer) -> String {
    let text = answer.body.text();
    let text = text.trim();
    let quoted: String = text.chars().take(QUOTED).collect();
    let more = if quoted.len() < text.len() { "…" } else { "" };
    match quoted.is_empty() {
        true => format!("The target answered {}, without a body.", answer.status),
        false => format!("The target answered {}. Web Response: {quoted}{more}", answer.status),
    }
}

fn unreadable(why: &str) -> JobProblem {
    JobProblem::new(
        ErrorCode::ServiceIncompatible,
        format!("We are not able to deserialize the resource received from your SCIM endpoint: {why}."),
    )
}

fn json(answer: &Answer) -> Result<&Value, JobProblem> {
    answer.body.json().ok_or_else(|| match answer.body.problem() {
        None => unreadable("the answer has no body"),
        Some(problem) => unreadable(&format!("the body is not JSON ({problem})")),
    })
}

/// The resource of an answer to GET by id or to POST.
pub(super) fn resource(kind: ResourceKind, answer: &Answer) -> Result<Resource, JobProblem> {
    readable(kind, json(answer)?.clone())
}

/// The resource of a create that was answered without a body. No page says what the service makes of that, and
/// RFC 7644 §3.3 does not forbid it: our reading is that it goes on with the id in the `Location`.
pub(super) fn located(
    kind: ResourceKind,
    answer: &Answer,
    sent_to: &str,
    path: &str,
) -> Result<Resource, JobProblem> {
    match made_id(kind, answer, sent_to, path) {
        Some(id) => readable(kind, serde_json::json!({ "id": id })),
        None => resource(kind, answer),
    }
}

/// The resources of an answer to a query.
pub(super) fn list(kind: ResourceKind, answer: &Answer) -> Result<(u64, Vec<Resource>), JobProblem> {
    let body = json(answer)?;
    let list =
        ListResponse::read(body).ok_or_else(|| unreadable("the answer to a query is not a ListResponse"))?;
    let resources: Result<Vec<Resource>, JobProblem> =
        list.resources.into_iter().map(|resource| readable(kind, resource)).collect();
    Ok((list.total_results, resources?))
}

/// Whether Entra's model of a user or group can take this value in. Servers were refused for each
/// of these: no id, a manager as a string, HTML instead of JSON.
fn readable(kind: ResourceKind, value: Value) -> Result<Resource, JobProblem> {
    if !value.is_object() {
        return Err(unreadable("a resource is not a JSON object"));
    }
    let present = |name: &str| member(&value, name).filter(|value| !value.is_null());
    let id = match present("id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        Some(_) => return Err(unreadable("`id` is not a string")),
        None => return Err(unreadable("`id` is missing")),
    };
    for name in LISTS {
        if present(name).is_some_and(|value| !value.is_array()) {
            return Err(unreadable(&format!("`{name}` is not an array")));
        }
    }
    for name in OBJECTS {
        if present(name).is_some_and(|value| !value.is_object()) {
            return Err(unreadable(&format!("`{name}` is not an object")));
        }
    }
    for name in SINGLE {
        if present(name).is_some_and(|value| value.is_object() || value.is_array()) {
            return Err(unreadable(&format!("`{name}` is not a single value")));
        }
    }
    if kind == ResourceKind::User {
        let boolean = |value: &Value| match value {
            Value::Bool(_) => true,
            Value::String(text) => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
            _ => false,
        };
        if present("active").is_some_and(|value| !boolean(value)) {
            return Err(unreadable("`active` is not a boolean"));
        }
        let manager = present(urn::ENTERPRISE).and_then(|extension| member(extension, "manager"));
        if manager.is_some_and(|manager| !manager.is_object() && !manager.is_null()) {
            return Err(unreadable("`manager` is not an object"));
        }
    }
    Ok(Resource { id, value })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::wire::Body;

    fn problem(kind: ResourceKind, body: &Value) -> String {
        resource(kind, &Answer::json(200, body)).unwrap_err().detail
    }

    #[test]
    fn what_entra_cannot_read_is_a_problem() {
        let user = ResourceKind::User;
        assert!(problem(user, &json!({"userName": "a"})).contains("`id` is missing"));
        assert!(problem(user, &json!({"id": ""})).contains("`id` is not a string"));
        assert!(
            problem(user, &json!({"id": "1", (urn::ENTERPRISE): {"manager": "2"}})).contains("`manager`")
        );
        assert!(problem(user, &json!({"id": "1", "emails": {}})).contains("`emails` is not an array"));
        assert!(problem(user, &json!({"id": "1", "active": "yes"})).contains("`active`"));
        assert!(problem(user, &json!([])).contains("not a JSON object"));
        let html = Answer { body: Body::new(b"<html>".to_vec()), ..Answer::json(200, &json!({})) };
        assert!(resource(user, &html).unwrap_err().detail.contains("not JSON"));
    }

    #[test]
    fn what_entra_can_read_is_read() {
        let right = json!({"id": "1", "active": true, "emails": [], "manager": null, "name": {},
            (urn::ENTERPRISE): {"manager": {"value": "2"}}});
        assert_eq!(resource(ResourceKind::User, &Answer::json(200, &right)).unwrap().id, "1");
        let none = json!({"totalResults": 0});
        assert_eq!(list(ResourceKind::User, &Answer::json(200, &none)), Ok((0, Vec::new())));
        assert!(list(ResourceKind::User, &Answer::json(200, &right)).is_err());
    }

    #[test]
    fn statuses_have_entras_codes() {
        let object = |asked, status| match accepted(asked, Ok(Answer::json(status, &json!({})))) {
            Err(Trouble::Object(problem)) => problem.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(object(Asked::Create, 409), ErrorCode::Conflict);
        assert_eq!(object(Asked::Modify, 409), ErrorCode::ServiceIncompatibleFiltering);
        assert_eq!(object(Asked::Query, 400), ErrorCode::ServiceIncompatibleFiltering);
        assert_eq!(object(Asked::Read, 404), ErrorCode::InvalidAnchor);
        assert_eq!(object(Asked::Modify, 503), ErrorCode::InternalServerError);
        assert!(accepted(Asked::Modify, Ok(Answer::json(204, &json!({})))).is_ok());
    }

    #[test]
    fn credentials_and_missing_endpoints_quarantine_the_job() {
        for (asked, status) in [(Asked::Modify, 401), (Asked::Query, 404), (Asked::Probe, 500)] {
            let trouble = accepted(asked, Ok(Answer::json(status, &json!({})))).unwrap_err();
            assert!(matches!(trouble, Trouble::Stop(CycleStop::Quarantined(_))), "{asked:?} {status}");
        }
        let late = accepted(Asked::Modify, Err(Broken::TimedOut(Duration::from_secs(60)))).unwrap_err();
        assert!(matches!(late, Trouble::Object(JobProblem { code: ErrorCode::Timeout, .. })));
        let held = accepted(Asked::Modify, Err(Broken::Withheld("x".into()))).unwrap_err();
        assert_eq!(held, Trouble::Stop(CycleStop::Withheld("x".into())));
    }
}
