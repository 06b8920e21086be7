//! Assignments of app roles, below a user, a group or a service principal.

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::list::{chosen, page, select};
use super::reply::{GraphError, Reply};
use super::shapes;
use super::types::ListOf;
use super::users::{extend, not_allowed};
use crate::entra::directory::ObjectId;
use crate::tenant::{ApplicationInfo, Assignment, LiveTenant};

fn shown(live: &LiveTenant, info: &ApplicationInfo, assignment: &Assignment) -> Value {
    let found = live.object(None, assignment.principal.as_str(), false);
    let found = found.or_else(|_| live.object(None, assignment.principal.as_str(), true));
    let name = found.map(|(_, record)| record.text("displayName").unwrap_or_default().to_owned());
    shapes::assignment(info, assignment, &name.unwrap_or_default())
}

fn guid(body: &serde_json::Map<String, Value>, name: &str) -> Result<Uuid, GraphError> {
    let text = Call::required(body, name)?;
    Uuid::parse_str(&text)
        .map_err(|_| GraphError::bad_request(format!("The property '{name}' takes a GUID, not '{text}'.")))
}

/// `appRoleAssignments` of a user or group.
pub(super) fn of_principal(
    live: &LiveTenant,
    call: &Call,
    principal: &ObjectId,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let own = || live.assignments_of(principal);
    let context = "appRoleAssignments";
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let query = call.options_of(ListOf::Assignments)?;
            let all = own().into_iter().map(|(info, assignment)| shown(live, &info, &assignment));
            let chosen = chosen(all.collect::<Vec<_>>().into_iter(), &query)?;
            page(call, &query, context, chosen, |item| select(&item, &query))
        }
        (&Method::POST, []) => create(live, call, Some(principal.as_str()), None),
        (method, [id]) => {
            let found = own().into_iter().find(|(_, assignment)| assignment.id == *id);
            let (info, assignment) = found.ok_or_else(|| GraphError::not_found(id))?;
            single(live, call, method, &info, &assignment)
        }
        _ => Err(not_allowed(call)),
    }
}

/// `appRoleAssignedTo` of a service principal; Microsoft's validation takes assignments away through its
/// `appRoleAssignments` as well.
pub(super) fn of_application(
    live: &LiveTenant,
    call: &Call,
    info: &ApplicationInfo,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let application = info.service_principal.to_string();
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let query = call.options_of(ListOf::Assignments)?;
            let all = live.assignments(&application)?;
            let items = all.iter().map(|assignment| shown(live, info, assignment));
            let chosen = chosen(items.collect::<Vec<_>>().into_iter(), &query)?;
            page(call, &query, "appRoleAssignments", chosen, |item| select(&item, &query))
        }
        (&Method::POST, []) => create(live, call, None, Some(&application)),
        (method, [id]) => {
            let found = live.assignments(&application)?.into_iter().find(|assignment| assignment.id == *id);
            let assignment = found.ok_or_else(|| GraphError::not_found(id))?;
            single(live, call, method, info, &assignment)
        }
        _ => Err(not_allowed(call)),
    }
}

fn single(
    live: &LiveTenant,
    call: &Call,
    method: &Method,
    info: &ApplicationInfo,
    assignment: &Assignment,
) -> Result<Reply, GraphError> {
    match *method {
        Method::GET => {
            let mut object = json!({ "@odata.context": call.context("appRoleAssignments/$entity") });
            extend(&mut object, select(&shown(live, info, assignment), &call.options()?));
            Ok(Reply::Ok(object))
        }
        Method::DELETE => {
            live.unassign(&assignment.id)?;
            Ok(Reply::Nothing)
        }
        _ => Err(not_allowed(call)),
    }
}

fn create(
    live: &LiveTenant,
    call: &Call,
    principal: Option<&str>,
    application: Option<&str>,
) -> Result<Reply, GraphError> {
    let body = call.object()?;
    let (who, what) = (guid(&body, "principalId")?, guid(&body, "resourceId")?);
    let role = guid(&body, "appRoleId")?;
    let fits = |stated: Uuid, place: Option<&str>| {
        place.is_none_or(|place| place.eq_ignore_ascii_case(&stated.to_string()))
    };
    if !fits(who, principal) || !fits(what, application) {
        return Err(GraphError::bad_request(
            "The assignment names another object than the address of the request.",
        ));
    }
    let info = live.application(&what.to_string())?;
    let assignment = live.assign(&info.service_principal.to_string(), &who.to_string(), role)?;
    let mut object = json!({ "@odata.context": call.context("appRoleAssignments/$entity") });
    extend(&mut object, shown(live, &info, &assignment));
    let location = format!(
        "{}/servicePrincipals/{}/appRoleAssignedTo/{}",
        call.base, info.service_principal, assignment.id
    );
    Ok(Reply::Created(object, location))
}
