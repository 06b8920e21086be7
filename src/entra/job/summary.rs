//! Events in the shape of Microsoft Graph's `provisioningObjectSummary` (v1.0), as
//! `GET /auditLogs/provisioning` lists them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::log::LogEntry;
use super::problem::{ErrorCode, JobProblem};
use super::record::{LogRecord, LogStep, ObjectFailure, SOURCE_NAME, TARGET_NAME};
use super::step_log::type_name;
use crate::entra::directory::ObjectKind;
use crate::scim::urn;

/// Identifier of the template of every custom application.
const CUSTOM_APPLICATION: &str = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";

/// Whose job it is: the identifiers a log repeats in every line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The tenant.
    pub tenant: Uuid,
    /// The job, after the tenant's part of its name.
    pub job: Uuid,
    /// The application's service principal.
    pub service_principal: Uuid,
    /// The application's name.
    pub name: String,
}

impl Identity {
    /// Made-up identifiers for an application of that name.
    #[must_use]
    pub fn random(name: &str) -> Self {
        let [tenant, job, service_principal] = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
        Identity { tenant, job, service_principal, name: name.to_owned() }
    }

    /// The job's id: `scim`, the tenant without hyphens, a GUID.
    #[must_use]
    pub fn job_id(&self) -> String {
        format!("scim.{}.{}", self.tenant.simple(), self.job)
    }

    /// One line of the provisioning log. The cycle's id is the same for all lines of one cycle.
    #[must_use]
    pub fn summary(&self, cycle: Uuid, entry: &LogEntry, record: &LogRecord) -> Value {
        let kind = type_name(entry.kind);
        let name = record.display_name.clone().unwrap_or_default();
        let mut source = json!({ "id": entry.id.as_str(), "odatatype": kind, "DisplayName": name });
        if let Some(principal) = &record.user_principal_name {
            source["UserPrincipalName"] = json!(principal);
        }
        json!({
            "id": Uuid::new_v4().to_string(),
            "activityDateTime": seconds(record.at),
            "tenantId": self.tenant.to_string(),
            "jobId": self.job_id(),
            "cycleId": cycle.to_string(),
            "changeId": Uuid::new_v4().to_string(),
            "provisioningAction": entry.action.as_str(),
            "durationInMilliseconds": i32::try_from(record.elapsed.as_millis()).unwrap_or(i32::MAX),
            // The service still calls itself so.
            "initiatedBy": { "id": "", "displayName": "Azure AD Provisioning Service", "initiatorType": "system" },
            "sourceSystem": { "id": self.tenant.to_string(), "displayName": SOURCE_NAME, "details": {} },
            "targetSystem": {
                "id": self.service_principal.to_string(),
                "displayName": TARGET_NAME,
                "details": {
                    "ApplicationId": CUSTOM_APPLICATION,
                    "ServicePrincipalId": self.service_principal.to_string(),
                    "ServicePrincipalDisplayName": self.name,
                },
            },
            "sourceIdentity": { "id": entry.id.as_str(), "displayName": name, "identityType": kind, "details": source },
            "targetIdentity": {
                "id": entry.target_id.clone().unwrap_or_default(),
                "displayName": "",
                "identityType": target_type(entry.kind),
                "details": {},
            },
            // Documented as a collection; real records hold one object.
            "servicePrincipal": { "id": self.service_principal.to_string(), "displayName": self.name },
            "provisioningStatusInfo": {
                "status": entry.status.as_str(),
                "errorInformation": record.failure.as_ref().map_or(Value::Null, error_information),
            },
            "provisioningSteps": record.steps.iter().map(step).collect::<Vec<_>>(),
            "modifiedProperties": record.modified.iter().map(|property| {
                json!({ "displayName": property.name, "oldValue": property.old, "newValue": property.new })
            }).collect::<Vec<_>>(),
        })
    }
}

/// The SCIM object of the default template.
fn target_type(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => urn::ENTERPRISE,
        ObjectKind::Group => urn::GROUP,
    }
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn step(step: &LogStep) -> Value {
    let details: Map<String, Value> =
        step.details.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "name": step.name,
        "provisioningStepType": step.kind.as_str(),
        "status": step.status.as_str(),
        "description": step.description,
        "details": details,
    })
}

fn error_information(failure: &ObjectFailure) -> Value {
    json!({
        "errorCode": failure.problem.code.as_str(),
        "reason": reason(failure),
        "additionalDetails": Value::Null,
        "errorCategory": category(failure.problem.code),
        "recommendedAction": failure.problem.code.recommendation(),
    })
}

/// What the service says of every refusal, whatever the target answered; administrators' alerts look for it.
const REFUSED: &str = "Processing of the HTTP request resulted in an exception. Please see the HTTP response returned \
                       by the 'Response' property of this exception for details.";

/// The frame of the text follows real records: the .NET name of the status, the answer, the retries.
fn reason(failure: &ObjectFailure) -> String {
    let ObjectFailure { problem, retries, next } = failure;
    let mut text = match problem.status.map(dotnet_name) {
        Some(status) => {
            let body = web_response(problem).unwrap_or_default();
            format!("StatusCode: {status}\r\nMessage: {REFUSED}\r\nWeb Response: \r\n{body}")
        }
        None => problem.detail.trim_end_matches('.').to_owned(),
    };
    text.push_str(&format!(". This operation was retried {retries} times."));
    if let Some(next) = next {
        let date = next.strftime("%Y-%m-%dT%H:%M:%S%.7fZ");
        text.push_str(&format!(" It will be retried again after this date: {date} UTC"));
    }
    text
}

fn web_response(problem: &JobProblem) -> Option<&str> {
    problem.detail.split_once("Web Response: ").map(|(_, body)| body)
}

fn dotnet_name(status: u16) -> String {
    let name = match status {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        412 => "PreconditionFailed",
        415 => "UnsupportedMediaType",
        422 => "UnprocessableEntity",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        501 => "NotImplemented",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        other => return other.to_string(),
    };
    name.to_owned()
}

/// Whether the service or somebody else is to blame (Graph: provisioningErrorInfo, errorCategory). One
/// real record calls a refusal of the target `nonServiceFailure`.
fn category(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InternalError => "failure",
        _ => "nonServiceFailure",
    }
}
