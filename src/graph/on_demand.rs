//! `provisionOnDemand`: one user, or a group with a few members, at once.

use serde_json::{Value, json};

use super::call::Call;
use super::reply::{GraphError, Reply};
use super::schema;
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::entra::job::MEMBERS_ON_DEMAND;
use crate::tenant::{ApplicationInfo, JobHandle, LiveTenant, OnDemand};

/// A subject of the request.
struct Subject {
    named: Named,
    members: Vec<Named>,
}

/// An id, and of which type its object is said to be.
struct Named {
    id: String,
    kind: Option<ObjectKind>,
}

fn named(value: &Value) -> Result<Named, GraphError> {
    let id = value["objectId"].as_str().map(str::to_owned);
    let id = id.ok_or_else(|| wrong("A subject has no 'objectId'."))?;
    let is = |name: &str, known: &str| name.eq_ignore_ascii_case(known);
    let kind = match &value["objectTypeName"] {
        Value::Null => None,
        Value::String(name) if is(name, "User") => Some(ObjectKind::User),
        Value::String(name) if is(name, "Group") => Some(ObjectKind::Group),
        other => return Err(wrong(format!("The objectTypeName {other} is neither 'User' nor 'Group'."))),
    };
    Ok(Named { id, kind })
}

fn wrong(message: impl Into<String>) -> GraphError {
    GraphError::new(400, "RequestParameterInvalid", message)
}

fn subjects(parameter: &Value) -> Result<Vec<Subject>, GraphError> {
    let listed = parameter["subjects"].as_array().filter(|subjects| !subjects.is_empty());
    let listed = listed.ok_or_else(|| wrong("A parameter names no 'subjects'."))?;
    listed
        .iter()
        .map(|subject| {
            let members: Vec<Named> = subject["links"]["members"]
                .as_array()
                .into_iter()
                .flatten()
                .map(named)
                .collect::<Result<_, _>>()?;
            if members.len() > MEMBERS_ON_DEMAND {
                return Err(wrong(format!(
                    "A group is provisioned with {MEMBERS_ON_DEMAND} members at most."
                )));
            }
            Ok(Subject { named: named(subject)?, members })
        })
        .collect()
}

pub(super) async fn answer(
    live: &LiveTenant,
    call: &Call,
    info: &ApplicationInfo,
    handle: &JobHandle,
) -> Result<Reply, GraphError> {
    let body = call.object().map_err(|_| {
        GraphError::new(
            400,
            "RequestMissingRequiredParameter",
            "The request misses the required parameter 'parameters'.",
        )
    })?;
    let parameters = body.get("parameters").and_then(Value::as_array).filter(|all| !all.is_empty());
    let parameters = parameters.ok_or_else(|| {
        GraphError::new(
            400,
            "RequestMissingRequiredParameter",
            "The request misses the required parameter 'parameters'.",
        )
    })?;
    let document = schema::document(&handle.mapping());
    let rules = document["synchronizationRules"].as_array().cloned().unwrap_or_default();
    let mut asked = Vec::new();
    for parameter in parameters {
        if let Some(rule) = parameter["ruleId"].as_str()
            && !rules.iter().any(|known| known["id"].as_str() == Some(rule))
        {
            return Err(wrong(format!("The job '{}' has no rule '{rule}'.", handle.id)));
        }
        asked.extend(subjects(parameter)?);
    }
    let mut ids: Vec<ObjectId> = Vec::new();
    for subject in &asked {
        for Named { id, kind } in std::iter::once(&subject.named).chain(&subject.members) {
            let found = live.object(None, id, false).or_else(|_| live.object(None, id, true))?;
            if kind.is_some_and(|kind| kind != found.1.kind) {
                return Err(wrong(format!(
                    "The object '{id}' is a {}, and not what objectTypeName says.",
                    found.1.kind
                )));
            }
            ids.push(found.0);
        }
    }
    let subject = ids.first().cloned().unwrap_or_else(|| ObjectId::new(""));
    let done = live.on_demand(&info.service_principal.to_string(), &ids, true).await?;
    Ok(Reply::Ok(shown(call, &subject, &done)))
}

/// Two texts that hold JSON: the result, and what was done to the subject.
fn shown(call: &Call, subject: &ObjectId, done: &OnDemand) -> Value {
    let own: Vec<&Value> =
        done.lines.iter().filter(|line| line["sourceIdentity"]["id"] == subject.as_str()).collect();
    let line = telling(&own).or(done.lines.last());
    let status =
        line.map_or_else(|| json!({ "status": "failure" }), |line| line["provisioningStatusInfo"].clone());
    let error = &status["errorInformation"];
    let result = pascal(status["status"].as_str().unwrap_or("failure"));
    let (code, message) = match (&done.error, error.is_null()) {
        (Some((code, message)), _) => (json!(code), json!(message)),
        (None, false) => (error["errorCode"].clone(), error["reason"].clone()),
        (None, true) => (Value::Null, Value::Null),
    };
    let details =
        if code.is_null() { json!({}) } else { json!({ "errorCode": code, "errorMessage": message }) };
    let key = json!({ "result": result, "details": details });
    let identity = |name: &str| {
        let identity = line.map_or(Value::Null, |line| line[name].clone());
        json!({
            "id": identity["id"], "displayName": identity["displayName"], "type": identity["identityType"],
            "details": identity["details"],
        })
    };
    let system = |name: &str| {
        let system = line.map_or(Value::Null, |line| line[name].clone());
        json!({ "id": system["id"], "name": system["displayName"], "details": system["details"] })
    };
    let steps = line.and_then(|line| line["provisioningSteps"].as_array()).cloned().unwrap_or_default();
    let steps: Vec<Value> = steps
        .iter()
        .map(|step| {
            json!({
                "name": step["name"],
                "type": pascal(step["provisioningStepType"].as_str().unwrap_or_default()),
                "status": pascal(step["status"].as_str().unwrap_or_default()),
                "description": step["description"],
                "timestamp": done.ended,
                "details": step["details"],
            })
        })
        .collect();
    let modified: Vec<Value> = own
        .iter()
        .filter(|line| wrote(line))
        .flat_map(|line| line["modifiedProperties"].as_array().cloned().unwrap_or_default())
        .collect();
    let value = json!({
        "action": line.map_or_else(|| "Other".to_owned(), |line| pascal(line["provisioningAction"].as_str().unwrap_or("other"))),
        "changeId": line.map(|line| line["changeId"].clone()),
        "startTime": done.began,
        "endTime": done.ended,
        "reportableIdentifier": line.map(|line| line["sourceIdentity"]["details"]["UserPrincipalName"].clone()),
        "statusInfo": {
            "status": result,
            "errorCode": code,
            "reason": message,
            "additionalDetails": null,
            "errorCategory": error["errorCategory"],
            "recommendedAction": error["recommendedAction"],
        },
        "sourceIdentity": identity("sourceIdentity"),
        "targetIdentity": identity("targetIdentity"),
        "sourceSystem": system("sourceSystem"),
        "targetSystem": system("targetSystem"),
        "modifiedProperties": modified,
        "provisioningSteps": steps,
    });
    json!({
        "@odata.context": call.context("microsoft.graph.stringKeyStringValuePair"),
        "key": key.to_string(),
        "value": value.to_string(),
    })
}

/// A line of the log that says that the target was written to.
fn wrote(line: &Value) -> bool {
    line["provisioningStatusInfo"]["status"] == "success" && line["provisioningAction"] != "other"
}

/// What happened to somebody, of all lines of theirs: what failed, or the first that was written. A manager or member who
/// is not provisioned yet is a line of its own, and hides neither.
fn telling<'a>(lines: &[&'a Value]) -> Option<&'a Value> {
    let failed = lines.iter().find(|line| line["provisioningStatusInfo"]["status"] == "failure");
    failed.or_else(|| lines.iter().find(|line| wrote(line))).or(lines.first()).copied()
}

/// `success` is `Success` in this answer, and `stagedDelete` is `StagedDelete`.
fn pascal(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
