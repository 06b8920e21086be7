//! The recycle bin, the organization, and objects of any type.

use axum::http::Method;
use serde_json::{Value, json};

use super::call::Call;
use super::list::{chosen, page};
use super::reply::{GraphError, Reply};
use super::shapes;
use super::types::ListOf;
use super::users::{extend, not_allowed, show};
use crate::entra::directory::ObjectKind;
use crate::tenant::LiveTenant;

/// `/directory/deletedItems`.
pub(super) fn deleted_items(live: &LiveTenant, call: &Call, rest: &[&str]) -> Result<Reply, GraphError> {
    match (&call.method, rest) {
        (&Method::GET, []) => Err(GraphError::bad_request(
            "The type of the deleted items must be named, as in directory/deletedItems/microsoft.graph.user.",
        )),
        (&Method::GET, ["user"]) => {
            let query = call.options_of(ListOf::Objects(ObjectKind::User))?;
            show(live, call, &query, ObjectKind::User, true)
        }
        // Security groups, applications and service principals are gone at once here.
        (&Method::GET, ["group" | "application" | "serviceprincipal"]) => {
            page(call, &call.options()?, "directoryObjects", Vec::new(), |item| item)
        }
        (&Method::GET, [id]) => {
            let found = live.object(None, id, true)?;
            let mut object = json!({ "@odata.context": call.context("directoryObjects/$entity") });
            extend(&mut object, shapes::typed(found.1.kind, shapes::object(call, &call.options()?, &found)));
            Ok(Reply::Ok(object))
        }
        (&Method::DELETE, [id]) => {
            live.purge(id)?;
            Ok(Reply::Nothing)
        }
        (&Method::POST, [id, "restore"]) => {
            let found = live.restore(id)?;
            let mut object = json!({ "@odata.context": call.context("directoryObjects/$entity") });
            extend(&mut object, shapes::typed(found.1.kind, shapes::object(call, &call.options()?, &found)));
            Ok(Reply::Ok(object))
        }
        _ => Err(not_allowed(call)),
    }
}

/// `/directoryObjects/{id}`.
pub(super) fn object(live: &LiveTenant, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let found = live.object(None, id, false)?;
    match call.method {
        Method::GET => {
            let mut object = json!({ "@odata.context": call.context("directoryObjects/$entity") });
            extend(&mut object, shapes::typed(found.1.kind, shapes::object(call, &call.options()?, &found)));
            Ok(Reply::Ok(object))
        }
        Method::DELETE => {
            live.delete(found.1.kind, id)?;
            Ok(Reply::Nothing)
        }
        _ => Err(not_allowed(call)),
    }
}

/// `/organization`.
pub(super) fn organization(live: &LiveTenant, call: &Call) -> Result<Reply, GraphError> {
    if call.method != Method::GET {
        return Err(not_allowed(call));
    }
    let (name, domain) = live.organization();
    let organization = json!({
        "id": live.id(),
        "displayName": name,
        "tenantType": "AAD",
        "verifiedDomains": [{
            "name": domain, "isDefault": true, "isInitial": true, "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline",
        }],
    });
    let query = call.options()?;
    let chosen = chosen(std::iter::once(organization), &query)?;
    page(call, &query, "organization", chosen, |item| super::list::select(&item, &query))
}

/// `/me`: whoever asks is an administrator of the tenant.
pub(super) fn me(live: &LiveTenant, call: &Call) -> Reply {
    let (_, domain) = live.organization();
    let mut object = json!({ "@odata.context": call.context("users/$entity") });
    let admin: Value = json!({
        "id": live.id(), "displayName": "Administrator", "userPrincipalName": format!("admin@{domain}"),
        "mail": null, "givenName": null, "surname": null, "jobTitle": null, "businessPhones": [],
        "mobilePhone": null, "officeLocation": null, "preferredLanguage": null,
    });
    extend(&mut object, admin);
    Reply::Ok(object)
}
