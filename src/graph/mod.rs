//! The part of Microsoft Graph with which a tenant is set up and watched: users, groups, applications, assignments,
//! synchronization jobs and provisioning logs, as v1.0 and beta have them.
//!
//! It knows addresses, names and forms; what is done is done by [`LiveTenant`]. What is missing answers 501 and names
//! itself.

mod applications;
mod assignments;
mod batch;
mod call;
mod control;
mod delta;
mod directory;
mod groups;
mod list;
mod logs;
mod on_demand;
mod reply;
mod schema;
mod shapes;
mod sign_in;
mod synchronization;
#[cfg(test)]
mod tests;
mod types;
mod users;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request, Response, StatusCode, header};
use axum::routing::any;
use axum::{Router, body};

use call::Call;
use reply::{GraphError, Reply, response};
use types::ListOf;

use crate::door::Door;
use crate::entra::directory::ObjectKind;
use crate::tenant::LiveTenant;

/// The largest body of a request in bytes: room for a file of people.
const MAX_BODY: usize = 64 << 20;

/// Graph over a tenant.
#[derive(Debug, Clone)]
pub struct Graph {
    live: LiveTenant,
    door: Door,
    /// `http` or `https`, for addresses in answers.
    scheme: &'static str,
}

/// The addresses of Graph, of the sign-in beside it, and of the control API.
pub fn router(live: LiveTenant, scheme: &'static str, door: Door) -> Router {
    let graph = Arc::new(Graph { live, door, scheme });
    let paths = [
        "/v1.0",
        "/v1.0/",
        "/v1.0/{*rest}",
        "/beta",
        "/beta/",
        "/beta/{*rest}",
        "/metadata/endpoints",
        "/common/discovery/instance",
        "/{tenant}/oauth2/{*rest}",
        "/{tenant}/v2.0/{*rest}",
        "/{tenant}/discovery/{*rest}",
        "/_scimulate",
        "/_scimulate/{*rest}",
    ];
    let router = paths.into_iter().fold(Router::new(), |router, path| router.route(path, any(handle)));
    router.fallback(elsewhere).with_state(graph)
}

async fn handle(State(graph): State<Arc<Graph>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = body::to_bytes(body, MAX_BODY).await else {
        let error = GraphError::new(413, "RequestEntityTooLarge", "The body of the request is too long.");
        return response(Err(error), &head.headers, uuid::Uuid::new_v4());
    };
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(|host| host.as_str())).unwrap_or("localhost");
    let origin = format!("{}://{host}", graph.scheme);
    if head.uri.path().starts_with("/_scimulate") {
        return control::answer(&graph.live, &head.method, &head.uri, &head.headers, &body).await;
    }
    if let Some(call) =
        Call::read(head.method.clone(), &head.uri, head.headers.clone(), body.clone(), graph.scheme)
    {
        let outcome = graph.answer(&call).await;
        return response(outcome, &head.headers, call.request_id);
    }
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let answered = sign_in::answer(&graph.door, &head, &origin, graph.live.id(), &form);
    let (status, value) = answered.unwrap_or_else(|| (404, serde_json::json!({ "error": "not_found" })));
    control::json(status, &value)
}

/// What no address is: a version that Graph does not have is refused in Graph's form.
async fn elsewhere(request: Request<Body>) -> Response<Body> {
    let version = request.uri().path().split('/').nth(1).unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = version.strip_prefix(['v', 'V']).and_then(|number| number.split_once('.'));
    if !parts.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let error =
        GraphError::new(404, "BadRequest", format!("Invalid version: {version}. There are v1.0 and beta."));
    response(Err(error), request.headers(), uuid::Uuid::new_v4())
}

impl Graph {
    /// What Graph answers to a call.
    async fn answer(&self, call: &Call) -> Result<Reply, GraphError> {
        let live = &self.live;
        // Names of Graph are compared without letter case, ids keep theirs.
        let words: Vec<&str> = call
            .segments
            .iter()
            .map(|own| {
                NAMES.iter().find(|name| name.eq_ignore_ascii_case(own)).map_or(own.as_str(), |name| *name)
            })
            .collect();
        let rest = |from: usize| words.get(from..).unwrap_or_default();
        match words.as_slice() {
            ["users"] => users::all(live, call),
            ["users", "$count"] => self.count(call, ObjectKind::User),
            ["users", "delta"] => delta::answer(live, call, ObjectKind::User),
            ["users", asked] => users::one(live, call, ObjectKind::User, users::key(asked)),
            ["users", asked, ..] => users::below(live, call, users::key(asked), rest(2)),
            ["groups"] => groups::all(live, call),
            ["groups", "$count"] => self.count(call, ObjectKind::Group),
            ["groups", "delta"] => delta::answer(live, call, ObjectKind::Group),
            ["groups", asked] => groups::single(live, call, asked),
            ["groups", asked, ..] => groups::below(live, call, asked, rest(2)),
            ["directory", "deleteditems", ..] => directory::deleted_items(live, call, rest(2)),
            ["directoryobjects", id] => directory::object(live, call, id),
            ["organization"] => directory::organization(live, call),
            ["me"] if call.method == Method::GET => Ok(directory::me(live, call)),
            ["applicationtemplates", ..] => applications::templates(live, call, rest(1)),
            ["applications", ..] => applications::applications(live, call, rest(1)).await,
            ["serviceprincipals", ..] => applications::service_principals(live, call, rest(1)).await,
            ["auditlogs", "provisioning"] if call.method == Method::GET => logs::list(live, call),
            ["auditlogs", "provisioning", id] if call.method == Method::GET => logs::single(live, call, id),
            ["$batch"] if call.method == Method::POST => batch::answer(self, call).await,
            _ => Err(GraphError::not_implemented(&format!("'{} /{}'", call.method, call.segments.join("/")))),
        }
    }

    fn count(&self, call: &Call, kind: ObjectKind) -> Result<Reply, GraphError> {
        let query = call.options_of(ListOf::Objects(kind))?;
        let Some(filter) = &query.filter else {
            return Ok(Reply::Count(self.live.window(kind, false, 0, 0).1));
        };
        let mut count = 0;
        self.live.visit(kind, false, |id, record| {
            count += usize::from(filter.matches(&shapes::lean(id, record)));
        });
        Ok(Reply::Count(count))
    }
}

/// The words of addresses.
const NAMES: &[&str] = &[
    "$batch",
    "$count",
    "$ref",
    "acquireaccesstoken",
    "application",
    "applications",
    "applicationtemplates",
    "approleassignedto",
    "approleassignments",
    "auditlogs",
    "bulkupload",
    "checkmembergroups",
    "connectivityparameters",
    "deleteditems",
    "delta",
    "directories",
    "directory",
    "directoryobjects",
    "directreports",
    "discover",
    "filteroperators",
    "functions",
    "getmembergroups",
    "getmemberobjects",
    "group",
    "groups",
    "instantiate",
    "jobs",
    "manager",
    "me",
    "memberof",
    "members",
    "objectconnections",
    "organization",
    "owners",
    "parseexpression",
    "pause",
    "provisioning",
    "provisionondemand",
    "restart",
    "restore",
    "schema",
    "secrets",
    "serviceprincipal",
    "serviceprincipals",
    "start",
    "synchronization",
    "templates",
    "transitivememberof",
    "transitivemembers",
    "user",
    "users",
    "validatecredentials",
];
