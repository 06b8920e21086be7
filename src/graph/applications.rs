//! Applications, service principals, and the templates that they are made from.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::assignments;
use super::call::{Call, reference};
use super::list::{chosen, page, select};
use super::reply::{GraphError, Reply};
use super::shapes;
use super::synchronization;
use super::users::{extend, not_allowed};
use crate::tenant::{ApplicationInfo, LiveTenant, RoleDefinition, TEMPLATES, Template, TenantError};

/// `/applicationTemplates`.
pub(super) fn templates(live: &LiveTenant, call: &Call, rest: &[&str]) -> Result<Reply, GraphError> {
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let query = call.options()?;
            let chosen = chosen(TEMPLATES.iter().map(Template::to_json), &query)?;
            page(call, &query, "applicationTemplates", chosen, |item| select(&item, &query))
        }
        (&Method::GET, [id]) => {
            let mut object = json!({ "@odata.context": call.context("applicationTemplates/$entity") });
            extend(&mut object, Template::find(id)?.to_json());
            Ok(Reply::Ok(object))
        }
        (&Method::POST, [id, "instantiate"]) => {
            let template = Template::find(id)?;
            let body = call.object_or_nothing()?;
            let name = body.get("displayName").and_then(Value::as_str).unwrap_or(template.name);
            let info = live.add_application(Some(template.id), name)?;
            let object = json!({
                "@odata.context": call.context("microsoft.graph.applicationServicePrincipal"),
                "application": shapes::application(&info),
                "servicePrincipal": shapes::service_principal(&info, live.id()),
            });
            let location = format!("{}/servicePrincipals/{}", call.base, info.service_principal);
            Ok(Reply::Created(object, location))
        }
        _ => Err(not_allowed(call)),
    }
}

/// The application of a path's segment: an id, or `appId=` and one.
fn named(live: &LiveTenant, asked: &str) -> Result<ApplicationInfo, GraphError> {
    let (by_app_id, id) = match asked.split_once('=') {
        Some((name, id)) if name.eq_ignore_ascii_case("appId") => (true, id),
        _ => (false, asked),
    };
    let info = live.application(id)?;
    let is_app_id = info.app_id.to_string().eq_ignore_ascii_case(id);
    if by_app_id == is_app_id { Ok(info) } else { Err(GraphError::not_found(id)) }
}

/// The roles of a body.
fn roles(body: &Map<String, Value>) -> Result<Option<Vec<RoleDefinition>>, GraphError> {
    let Some(roles) = body.get("appRoles") else { return Ok(None) };
    serde_json::from_value(roles.clone())
        .map(Some)
        .map_err(|error| GraphError::bad_request(format!("'appRoles' cannot be read: {error}.")))
}

/// Changes an application: its name, its roles, and what is only kept.
fn update(live: &LiveTenant, info: &ApplicationInfo, body: &Map<String, Value>) -> Result<(), GraphError> {
    let roles = roles(body)?;
    let name = match body.get("displayName") {
        None => None,
        Some(Value::String(name)) if !name.is_empty() => Some(name.clone()),
        Some(_) => return Err(GraphError::bad_request("The property 'displayName' takes a text.")),
    };
    live.change_application(&info.service_principal.to_string(), |info| {
        if let Some(name) = name {
            info.name = name;
        }
        if let Some(roles) = roles {
            info.roles = roles;
        }
        let own = ["displayName", "appRoles", "id", "appId"];
        let others = body.iter().filter(|(name, _)| !name.contains('@') && !own.contains(&name.as_str()));
        info.others.extend(others.map(|(name, value)| (name.clone(), value.clone())));
        Ok(())
    })?;
    Ok(())
}

/// `/applications`.
pub(super) async fn applications(live: &LiveTenant, call: &Call, rest: &[&str]) -> Result<Reply, GraphError> {
    let query = call.options()?;
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let all = live.applications();
            let chosen = chosen(all.iter().map(shapes::application), &query)?;
            page(call, &query, "applications", chosen, |item| select(&item, &query))
        }
        (&Method::POST, []) => {
            let body = call.object()?;
            let name = Call::required(&body, "displayName")?;
            let info = live.add_application(None, &name)?;
            update(live, &info, &body)?;
            let info = live.application(&info.object.to_string())?;
            let mut object = json!({ "@odata.context": call.context("applications/$entity") });
            extend(&mut object, shapes::application(&info));
            Ok(Reply::Created(object, format!("{}/applications/{}", call.base, info.object)))
        }
        (method, [asked, rest @ ..]) => {
            let info = named(live, asked)?;
            if info.service_principal.to_string().eq_ignore_ascii_case(asked) {
                return Err(GraphError::not_found(asked));
            }
            match (method, rest) {
                (&Method::GET, []) => {
                    let mut object = json!({ "@odata.context": call.context("applications/$entity") });
                    extend(&mut object, select(&shapes::application(&info), &query));
                    Ok(Reply::Ok(object))
                }
                (&Method::PATCH, []) => {
                    update(live, &info, &call.object()?)?;
                    Ok(Reply::Nothing)
                }
                (&Method::DELETE, []) => {
                    live.remove_application(&info.service_principal.to_string())?;
                    Ok(Reply::Nothing)
                }
                (_, ["synchronization", "templates", rest @ ..]) => {
                    synchronization::templates(live, call, &info, rest)
                }
                (_, ["owners", rest @ ..]) => owners(live, call, &info, rest),
                _ => Err(GraphError::not_implemented(&format!("'{}' below an application", rest.join("/")))),
            }
        }
        _ => Err(not_allowed(call)),
    }
}

/// `/servicePrincipals`.
pub(super) async fn service_principals(
    live: &LiveTenant,
    call: &Call,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let tenant = live.id();
    let shown = |info: &ApplicationInfo| shapes::service_principal(info, tenant);
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let query = call.options()?;
            let all = live.applications();
            let chosen = chosen(all.iter().map(shown), &query)?;
            page(call, &query, "servicePrincipals", chosen, |item| select(&item, &query))
        }
        (&Method::POST, []) => {
            // Here an application and its service principal come into being together.
            let info = live.application(&Call::required(&call.object()?, "appId")?)?;
            let mut object = json!({ "@odata.context": call.context("servicePrincipals/$entity") });
            extend(&mut object, shown(&info));
            Ok(Reply::Created(object, format!("{}/servicePrincipals/{}", call.base, info.service_principal)))
        }
        (method, [asked, rest @ ..]) => {
            let info = named(live, asked)?;
            if info.object.to_string().eq_ignore_ascii_case(asked) {
                return Err(GraphError::not_found(asked));
            }
            match (method, rest) {
                (&Method::GET, []) => {
                    let mut object = json!({ "@odata.context": call.context("servicePrincipals/$entity") });
                    extend(&mut object, select(&shown(&info), &call.options()?));
                    Ok(Reply::Ok(object))
                }
                (&Method::PATCH, []) => {
                    update(live, &info, &call.object()?)?;
                    Ok(Reply::Nothing)
                }
                (&Method::DELETE, []) => {
                    live.remove_application(&info.service_principal.to_string())?;
                    Ok(Reply::Nothing)
                }
                (_, ["approleassignedto", rest @ ..]) => assignments::of_application(live, call, &info, rest),
                // What an application is assigned itself is nothing; Microsoft's validation takes assignments to it away
                // at this address.
                (&Method::GET, ["approleassignments"]) => {
                    page(call, &call.options()?, "appRoleAssignments", Vec::new(), |item| item)
                }
                (_, ["approleassignments", rest @ ..]) => {
                    assignments::of_application(live, call, &info, rest)
                }
                (_, ["owners", rest @ ..]) => owners(live, call, &info, rest),
                (_, ["synchronization", rest @ ..]) => synchronization::answer(live, call, &info, rest).await,
                _ => Err(GraphError::not_implemented(&format!(
                    "'{}' below a service principal",
                    rest.join("/")
                ))),
            }
        }
        _ => Err(not_allowed(call)),
    }
}

fn owners(
    live: &LiveTenant,
    call: &Call,
    info: &ApplicationInfo,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let application = info.service_principal.to_string();
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let owners = info.owners.iter().filter_map(|id| live.object(None, id, false).ok()).collect();
            super::users::related(live, call, owners, &[])
        }
        (&Method::POST, ["$ref"]) => {
            let owner = reference(call.object()?.get("@odata.id").unwrap_or(&Value::Null))?;
            let known = info.owners.contains(&owner);
            live.change_application(&application, |info| {
                if known {
                    return Err(TenantError::Invalid(
                        "One or more added object references already exist for the following modified properties: 'owners'."
                            .to_owned(),
                    ));
                }
                info.owners.push(owner);
                Ok(())
            })?;
            Ok(Reply::Nothing)
        }
        (&Method::DELETE, [owner, "$ref"]) => {
            live.change_application(&application, |info| {
                info.owners.retain(|known| !known.eq_ignore_ascii_case(owner));
                Ok(())
            })?;
            Ok(Reply::Nothing)
        }
        _ => Err(not_allowed(call)),
    }
}
