//! `/servicePrincipals/{id}/synchronization`: templates, secrets, jobs and what can be done to them.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::list::{chosen, page, select};
use super::reply::{GraphError, Reply};
use super::users::{extend, not_allowed};
use super::{on_demand, schema, shapes};
use crate::entra::job::ResetScope;
use crate::tenant::{ApplicationInfo, ConnectionSecrets, JobHandle, LiveTenant, Template};

pub(super) async fn answer(
    live: &LiveTenant,
    call: &Call,
    info: &ApplicationInfo,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let application = info.service_principal.to_string();
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let secrets = secrets(live, &application)?;
            let jobs: Vec<Value> = job(live, &application).into_iter().collect();
            Ok(Reply::Ok(json!({
                "@odata.context": call.context("servicePrincipals/synchronization/$entity"),
                "id": application, "secrets": secrets, "jobs": jobs,
            })))
        }
        (_, ["templates", rest @ ..]) => templates(live, call, info, rest),
        (&Method::GET, ["secrets"]) => {
            let secrets = secrets(live, &application)?;
            Ok(Reply::Ok(json!({
                "@odata.context": call.context("Collection(microsoft.graph.synchronizationSecretKeyStringValuePair)"),
                "value": secrets,
            })))
        }
        (&Method::PUT, ["secrets"]) => {
            let body = call.object()?;
            // The table of the page says `credentials`, its examples `value`.
            let pairs = body.get("value").or_else(|| body.get("credentials")).unwrap_or(&Value::Null);
            let secrets = ConnectionSecrets::read(pairs, &live.secrets(&application)?)?;
            live.set_secrets(&application, secrets)?;
            Ok(Reply::Nothing)
        }
        (&Method::POST, ["acquireaccesstoken"]) => {
            let body = call.object()?;
            let credentials = body.get("credentials").unwrap_or(&Value::Null);
            let secrets = ConnectionSecrets::read(credentials, &live.secrets(&application)?)?;
            live.test_connection(&application, Some(&secrets)).await?;
            Ok(Reply::Nothing)
        }
        (&Method::GET, ["connectivityparameters"]) => {
            let secrets = live.secrets(&application)?;
            let pairs: Vec<Value> = secrets
                .masked()
                .map(|(key, value)| json!({ "key": key.to_ascii_lowercase(), "name": key, "value": value }))
                .collect();
            Ok(Reply::Ok(json!({ "value": pairs })))
        }
        (&Method::GET, ["jobs"]) => {
            let query = call.options()?;
            let jobs = job(live, &application).into_iter();
            let context = format!("servicePrincipals('{application}')/synchronization/jobs");
            page(call, &query, &context, chosen(jobs, &query)?, |item| select(&item, &query))
        }
        (&Method::POST, ["jobs"]) => {
            let body = call.object_or_nothing()?;
            let template = body.get("templateId").and_then(Value::as_str);
            let handle = live.add_job(&application, template)?;
            let location =
                format!("{}/servicePrincipals/{application}/synchronization/jobs/{}", call.base, handle.id);
            Ok(Reply::Created(whole(live, call, &application, &handle)?, location))
        }
        (&Method::POST, ["jobs", "validatecredentials"]) => {
            let body = call.object()?;
            if !body.contains_key("templateId") && !body.contains_key("useSavedCredentials") {
                return Err(missing("templateId"));
            }
            validate(live, &application, &body).await
        }
        (_, ["jobs", id, rest @ ..]) => {
            let handle = live.job(&application)?;
            if !handle.id.eq_ignore_ascii_case(id) {
                return Err(GraphError::not_found(id));
            }
            of_job(live, call, info, &handle, rest).await
        }
        _ => Err(GraphError::not_implemented(&format!("'{}' below synchronization", rest.join("/")))),
    }
}

fn missing(what: &str) -> GraphError {
    let message = format!("The request misses the required parameter '{what}'.");
    GraphError::new(400, "RequestMissingRequiredParameter", message)
}

fn secrets(live: &LiveTenant, application: &str) -> Result<Vec<Value>, GraphError> {
    let secrets = live.secrets(application)?;
    Ok(secrets.masked().map(|(key, value)| json!({ "key": key, "value": value })).collect())
}

/// The job of an application as JSON, if it has one.
fn job(live: &LiveTenant, application: &str) -> Option<Value> {
    let handle = live.job(application).ok()?;
    Some(shown(live, application, &handle))
}

fn shown(live: &LiveTenant, application: &str, handle: &JobHandle) -> Value {
    let secrets = live.secrets(application).unwrap_or_default();
    let threshold = secrets.policy(None).deletion_threshold.unwrap_or(500);
    let settings = json!([
        { "name": "QuarantineTooManyDeletesThreshold", "value": threshold.to_string() },
        { "name": "AzureIngestionAttributeOptimization", "value": "False" },
        { "name": "LookaheadQueryEnabled", "value": "False" },
    ]);
    shapes::job(handle, secrets.has("BaseAddress"), settings)
}

fn whole(live: &LiveTenant, call: &Call, application: &str, handle: &JobHandle) -> Result<Value, GraphError> {
    let query = call.options()?;
    let context = format!("servicePrincipals('{application}')/synchronization/jobs/$entity");
    let mut object = json!({ "@odata.context": call.context(&context) });
    let mut job = shown(live, application, handle);
    if query.expand.iter().any(|expansion| expansion.name == "schema") {
        job["schema"] = schema::document(&handle.mapping());
    }
    extend(&mut object, select(&job, &query));
    Ok(object)
}

async fn validate(
    live: &LiveTenant,
    application: &str,
    body: &Map<String, Value>,
) -> Result<Reply, GraphError> {
    let saved = body.get("useSavedCredentials") == Some(&json!(true));
    if saved {
        live.test_connection(application, None).await?;
        return Ok(Reply::Nothing);
    }
    let credentials = body.get("credentials").ok_or_else(|| missing("credentials"))?;
    let secrets = ConnectionSecrets::read(credentials, &live.secrets(application)?)
        // The service answers so to a key that it does not know.
        .map_err(|error| GraphError::new(500, "InternalError", error.to_string()))?;
    live.test_connection(application, Some(&secrets)).await?;
    Ok(Reply::Nothing)
}

async fn of_job(
    live: &LiveTenant,
    call: &Call,
    info: &ApplicationInfo,
    handle: &JobHandle,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let application = info.service_principal.to_string();
    match (&call.method, rest) {
        (&Method::GET, []) => Ok(Reply::Ok(whole(live, call, &application, handle)?)),
        (&Method::PATCH, []) => {
            let body = call.object()?;
            if let Some(interval) = interval(&body)? {
                live.set_interval(&application, interval)?;
            }
            Ok(Reply::Nothing)
        }
        (&Method::DELETE, []) => {
            live.remove_job(&application)?;
            Ok(Reply::Nothing)
        }
        (&Method::POST, ["start"]) => {
            live.start(&application)?;
            Ok(Reply::Nothing)
        }
        (&Method::POST, ["pause"]) => {
            live.pause(&application)?;
            Ok(Reply::Nothing)
        }
        (&Method::POST, ["restart"]) => {
            let body = call.object_or_nothing()?;
            let scope = part(&body, "criteria")?.and_then(|criteria| criteria.get("resetScope"));
            let scope: ResetScope = match scope {
                None | Some(Value::Null) => ResetScope::PORTAL,
                Some(Value::String(words)) => {
                    words.parse().map_err(|problem: String| GraphError::bad_request(format!("{problem}.")))?
                }
                Some(_) => return Err(GraphError::bad_request("'resetScope' takes a text.")),
            };
            live.restart(&application, scope)?;
            Ok(Reply::Nothing)
        }
        (&Method::POST, ["validatecredentials"]) => validate(live, &application, &call.object()?).await,
        (&Method::POST, ["provisionondemand"]) => on_demand::answer(live, call, info, handle).await,
        (_, ["schema", rest @ ..]) => schema::answer(live, call, &application, handle, rest).await,
        (_, ["bulkupload", ..]) => {
            let message = "Bulk upload is for inbound provisioning; this job provisions to an application.";
            Err(GraphError::new(404, "ResourceNotFound", message))
        }
        (&Method::GET, ["objectconnections"]) => {
            Err(GraphError::bad_request("The connections of a job cannot be listed: name an object."))
        }
        (method, ["objectconnections", object]) => {
            connection(live, call, &application, handle, method, object).await
        }
        _ => Err(GraphError::not_implemented(&format!("'{}' below a job", rest.join("/")))),
    }
}

/// An object in a body; null is as good as none.
fn part<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, GraphError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(part)) => Ok(Some(part)),
        Some(_) => Err(GraphError::bad_request(format!("The property '{name}' takes an object."))),
    }
}

/// The interval of a job's schedule in seconds, if the body has one. The state in it is changed by `start` and `pause`
/// alone; clients that read a job and write it back send it as it is.
fn interval(body: &Map<String, Value>) -> Result<Option<u64>, GraphError> {
    let Some(schedule) = part(body, "schedule")? else { return Ok(None) };
    let text = |name: &str| match schedule.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(GraphError::bad_request(format!("The property '{name}' takes a text."))),
    };
    let states = ["Active", "Disabled", "Paused"];
    if let Some(state) =
        text("state")?.filter(|state| !states.iter().any(|known| known.eq_ignore_ascii_case(state)))
    {
        let message = format!("'{state}' is not the state of a schedule: write {}.", states.join(", "));
        return Err(GraphError::bad_request(message));
    }
    let Some(interval) = text("interval")? else { return Ok(None) };
    let wrong = || {
        let message = format!("'{interval}' is not an ISO 8601 duration of a second or more, as PT40M.");
        GraphError::bad_request(message)
    };
    // Words such as `40 minutes` would be read as well.
    let span: Option<jiff::Span> = interval.parse().ok().filter(|_| interval.starts_with(['P', 'p']));
    let seconds =
        span.ok_or_else(wrong)?.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours()));
    let seconds = seconds.ok().filter(|seconds| *seconds >= 1.0).ok_or_else(wrong)?;
    Ok(Some(seconds as u64))
}

/// The link of one object to its account, found by either end (beta).
async fn connection(
    live: &LiveTenant,
    call: &Call,
    application: &str,
    handle: &JobHandle,
    method: &Method,
    object: &str,
) -> Result<Reply, GraphError> {
    let links = handle.links().await;
    let found = links
        .iter()
        .find(|(id, _)| id.as_str().eq_ignore_ascii_case(object))
        .or_else(|| links.iter().find(|(_, target)| target == object));
    match (method, found) {
        (&Method::GET, None) => Err(GraphError::not_found(object)),
        (&Method::GET, Some((id, target))) => {
            let known =
                live.object(None, id.as_str(), false).or_else(|_| live.object(None, id.as_str(), true));
            let name = known.ok().and_then(|(_, record)| record.text("displayName").map(str::to_owned));
            Ok(Reply::Ok(json!({
                "@odata.context": call.context("objectConnections/$entity"),
                "objectId": id, "sourceAnchor": id, "targetAnchor": target, "displayName": name,
                "objectTypeName": "User",
            })))
        }
        (&Method::DELETE, found) => {
            if handle.status().state == crate::tenant::ScheduleState::Active {
                return Err(GraphError::new(409, "Conflict", "The job is active: pause it first."));
            }
            if let Some((id, _)) = found {
                live.forget_link(application, id).await?;
            }
            Ok(Reply::Nothing)
        }
        _ => Err(not_allowed(call)),
    }
}

/// `synchronization/templates`: what jobs of the application can be made from.
pub(super) fn templates(
    live: &LiveTenant,
    call: &Call,
    info: &ApplicationInfo,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let Some(template) = info.template.as_deref().and_then(|id| Template::find(id).ok()) else {
        return page(call, &call.options()?, "templates", Vec::new(), |item| item);
    };
    let mapping = live.default_mapping(&info.service_principal.to_string())?;
    let fields = r#"[{"name":"baseaddress"},{"name":"secrettoken","secret":true}]"#;
    let shown = json!({
        "id": template.synchronization,
        "applicationId": info.app_id,
        "default": true,
        "description": template.about,
        "discoverable": true,
        "factoryTag": "customappsso",
        "metadata": [
            { "key": "galleryApplicationIdentifier", "value": template.id },
            { "key": "galleryApplicationKey", "value": template.synchronization },
            { "key": "isSynchronizationInPreview", "value": "False" },
            { "key": "configurationFields", "value": fields },
        ],
    });
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let query = call.options()?;
            let chosen = chosen(std::iter::once(shown), &query)?;
            page(call, &query, "templates", chosen, |item| select(&item, &query))
        }
        (&Method::GET, [id]) if *id == template.synchronization => {
            let mut object = json!({ "@odata.context": call.context("templates/$entity") });
            extend(&mut object, shown);
            Ok(Reply::Ok(object))
        }
        (&Method::GET, [id, "schema"]) if *id == template.synchronization => {
            let mut object = json!({ "@odata.context": call.context("schema/$entity") });
            extend(&mut object, schema::document(&mapping));
            Ok(Reply::Ok(object))
        }
        (&Method::GET, [id, ..]) => Err(GraphError::not_found(id)),
        _ => Err(not_allowed(call)),
    }
}
