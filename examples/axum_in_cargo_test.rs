//! A small SCIM server made with axum, and a test that plays Entra's cycles against it.
//!
//! `cargo test --example axum_in_cargo_test` runs the test, `cargo run --example axum_in_cargo_test` the server. It keeps
//! users in memory and has neither groups nor the enterprise extension; the attribute mapping beside this file provisions
//! only what it stores, as its customers would set it up in Entra.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

const TOKEN: &str = "a-token-for-this-example";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

type Users = Arc<Mutex<BTreeMap<String, Map<String, Value>>>>;
type Answer = Result<Response, Response>;

/// The server, apart from `main`, so that a test can serve it too.
fn app() -> Router {
    let users = Users::default();
    Router::new()
        .route("/scim/ServiceProviderConfig", get(config))
        .route("/scim/Users", get(list).post(create))
        .route("/scim/Users/{id}", get(read).patch(patch).delete(remove))
        .fallback(|| async { error(StatusCode::NOT_FOUND, None, "no such resource") })
        .with_state(users)
}

async fn config(headers: HeaderMap) -> Answer {
    authorized(&headers)?;
    let no = json!({ "supported": false });
    Ok(scim(
        StatusCode::OK,
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": { "supported": true },
            "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
            "filter": { "supported": true, "maxResults": 100 },
            "changePassword": no, "sort": no, "etag": no,
            "authenticationSchemes": [
                { "type": "oauthbearertoken", "name": "OAuth bearer token", "description": "A token in a header" }
            ],
        }),
    ))
}

async fn list(State(users): State<Users>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    authorized(&headers)?;
    let query: BTreeMap<String, String> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let number = |name: &str, usual| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (start, count): (usize, usize) = (number("startIndex", 1).max(1), number("count", 100).min(100));
    let wanted = query.get("filter").map(|text| Filter::parse(text)).transpose()?;
    let users = users.lock().unwrap_or_else(PoisonError::into_inner);
    let found: Vec<_> =
        users.values().filter(|user| wanted.as_ref().is_none_or(|it| it.fits(user))).collect();
    let page: Vec<_> = found.iter().skip(start - 1).take(count).collect();
    Ok(scim(
        StatusCode::OK,
        &json!({
            "schemas": [LIST],
            "totalResults": found.len(),
            "startIndex": start,
            "itemsPerPage": page.len(),
            "Resources": page,
        }),
    ))
}

/// `attribute eq "value"`: the only filter with which Entra looks for users. Letter case does not matter.
struct Filter {
    attribute: String,
    value: String,
}

impl Filter {
    fn parse(text: &str) -> Result<Self, Response> {
        let mut words = text.splitn(3, ' ');
        let (attribute, operator, value) = (words.next(), words.next(), words.next());
        match (attribute, operator, value.and_then(|value| serde_json::from_str(value).ok())) {
            (Some(attribute), Some(operator), Some(value)) if operator.eq_ignore_ascii_case("eq") => {
                Ok(Filter { attribute: attribute.to_owned(), value })
            }
            _ => Err(error(
                StatusCode::BAD_REQUEST,
                Some("invalidFilter"),
                "only `attribute eq \"value\"` is supported",
            )),
        }
    }

    fn fits(&self, user: &Map<String, Value>) -> bool {
        let held = user.iter().find(|(name, _)| name.eq_ignore_ascii_case(&self.attribute));
        held.and_then(|(_, held)| held.as_str()).is_some_and(|held| held.eq_ignore_ascii_case(&self.value))
    }
}

async fn create(State(users): State<Users>, headers: HeaderMap, body: String) -> Answer {
    authorized(&headers)?;
    let mut user = object(&body)?;
    let id = uuid::Uuid::new_v4().to_string();
    let mut users = users.lock().unwrap_or_else(PoisonError::into_inner);
    check_user_name(&users, &id, &user)?;
    let now = jiff::Timestamp::now().to_string();
    let location = format!("{}/{id}", base(&headers));
    user.insert("schemas".to_owned(), json!([USER]));
    user.insert("id".to_owned(), json!(id));
    user.entry("active").or_insert(json!(true));
    user.remove("password");
    user.retain(|name, _| !name.starts_with("urn:"));
    let meta = json!({ "resourceType": "User", "created": now, "lastModified": now, "location": location });
    user.insert("meta".to_owned(), meta);
    let answer = scim(StatusCode::CREATED, &json!(user));
    users.insert(id, user);
    Ok(([(header::LOCATION, location)], answer).into_response())
}

/// userName is required and unique, whatever its letter case.
fn check_user_name(
    users: &BTreeMap<String, Map<String, Value>>,
    id: &str,
    user: &Map<String, Value>,
) -> Result<(), Response> {
    let Some(name) = user.get("userName").and_then(Value::as_str) else {
        return Err(error(StatusCode::BAD_REQUEST, Some("invalidValue"), "userName is required"));
    };
    let same = Filter { attribute: "userName".to_owned(), value: name.to_owned() };
    if users.iter().any(|(other, user)| other != id && same.fits(user)) {
        return Err(error(StatusCode::CONFLICT, Some("uniqueness"), "userName is taken"));
    }
    Ok(())
}

async fn read(State(users): State<Users>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    authorized(&headers)?;
    let users = users.lock().unwrap_or_else(PoisonError::into_inner);
    users.get(&id).map(|user| scim(StatusCode::OK, &json!(user))).ok_or_else(no_user)
}

async fn patch(
    State(users): State<Users>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: String,
) -> Answer {
    authorized(&headers)?;
    let message = object(&body)?;
    let operations = message.get("Operations").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut users = users.lock().unwrap_or_else(PoisonError::into_inner);
    // A PATCH is applied as a whole or not at all.
    let mut changed = users.get(&id).ok_or_else(no_user)?.clone();
    for operation in &operations {
        apply(&mut changed, operation)?;
    }
    check_user_name(&users, &id, &changed)?;
    changed["meta"]["lastModified"] = json!(jiff::Timestamp::now().to_string());
    let answer = scim(StatusCode::OK, &json!(changed));
    users.insert(id, changed);
    Ok(answer)
}

/// Applies one operation. Entra writes `op` with a capital letter, and `active` as the text "False" in one dialect.
fn apply(user: &mut Map<String, Value>, operation: &Value) -> Result<(), Response> {
    let op = operation["op"].as_str().unwrap_or_default().to_ascii_lowercase();
    let mut value = operation["value"].clone();
    let Some(path) = operation["path"].as_str() else {
        let Value::Object(values) = value else {
            return Err(error(StatusCode::BAD_REQUEST, Some("invalidValue"), "value must be an object"));
        };
        return values
            .into_iter()
            .try_for_each(|(path, value)| apply(user, &json!({ "op": op, "path": path, "value": value })));
    };
    if path.eq_ignore_ascii_case("active")
        && let Some(text) = value.as_str()
    {
        value = json!(text.eq_ignore_ascii_case("true"));
    }
    // A list with a filter (`emails[type eq "work"].value`) is beyond this example.
    let (outer, inner) = match path.split_once('.') {
        Some((outer, inner)) => (outer, Some(inner)),
        None => (path, None),
    };
    if outer.contains(['[', ':']) {
        return Err(error(StatusCode::BAD_REQUEST, Some("invalidPath"), "this path is not supported"));
    }
    if ["id", "meta", "schemas"].iter().any(|name| outer.eq_ignore_ascii_case(name)) {
        return Err(error(StatusCode::BAD_REQUEST, Some("mutability"), "this attribute is read-only"));
    }
    let place = match inner {
        None => user,
        Some(_) => match user.entry(outer).or_insert_with(|| json!({})) {
            Value::Object(place) => place,
            _ => {
                return Err(error(
                    StatusCode::BAD_REQUEST,
                    Some("invalidPath"),
                    "this path is not supported",
                ));
            }
        },
    };
    let name = inner.unwrap_or(outer);
    match op.as_str() {
        "add" | "replace" => drop(place.insert(name.to_owned(), value)),
        "remove" => drop(place.remove(name)),
        _ => {
            return Err(error(
                StatusCode::BAD_REQUEST,
                Some("invalidSyntax"),
                "op must be add, replace or remove",
            ));
        }
    }
    Ok(())
}

async fn remove(State(users): State<Users>, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    authorized(&headers)?;
    let mut users = users.lock().unwrap_or_else(PoisonError::into_inner);
    users.remove(&id).map(|_| StatusCode::NO_CONTENT.into_response()).ok_or_else(no_user)
}

fn authorized(headers: &HeaderMap) -> Result<(), Response> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given.and_then(|value| value.strip_prefix("Bearer ")) == Some(TOKEN) {
        return Ok(());
    }
    let refused = error(StatusCode::UNAUTHORIZED, None, "the bearer token is missing or wrong");
    Err(([(header::WWW_AUTHENTICATE, "Bearer")], refused).into_response())
}

fn object(body: &str) -> Result<Map<String, Value>, Response> {
    serde_json::from_str(body)
        .map_err(|_| error(StatusCode::BAD_REQUEST, Some("invalidSyntax"), "the body must be a JSON object"))
}

fn base(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}/scim/Users")
}

fn scim(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/scim+json")], body.to_string()).into_response()
}

fn error(status: StatusCode, scim_type: Option<&str>, detail: &str) -> Response {
    let mut body = json!({ "schemas": [ERROR], "status": status.as_str(), "detail": detail });
    if let Some(scim_type) = scim_type {
        body["scimType"] = json!(scim_type);
    }
    scim(status, &body)
}

fn no_user() -> Response {
    error(StatusCode::NOT_FOUND, None, "no such user")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://{}/scim, token {TOKEN}", listener.local_addr()?);
    axum::serve(listener, app()).await
}

#[cfg(test)]
mod tests {
    use scimulate::Suite;

    use super::*;

    #[tokio::test]
    async fn entra_can_provision_users() -> Result<(), Box<dyn std::error::Error>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/scim", listener.local_addr()?);
        tokio::spawn(axum::serve(listener, app()).into_future());

        let mapping = "examples/axum_in_cargo_test.yaml";
        let report = Suite::new(url).token(TOKEN).profile(mapping).scenario("cycles/").play().await?;
        report.assert_passed();
        Ok(())
    }
}
