//! A server that accepts everything: the embedded one, and what it rejects of a write is carried out all the same.
//! POST makes a resource without a name, PUT and PATCH make the one they name, and an invalid PATCH is a success.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use http_body_util::BodyExt as _;
use scimulate::server::{self, ServerSettings};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

/// What should not be there.
#[derive(Debug, Clone)]
struct Odd {
    endpoint: String,
    id: String,
    resource: Map<String, Value>,
}

/// The server's hands: the tests look at what it holds.
pub struct Careless {
    router: axum::Router,
    base: String,
    odd: Mutex<Vec<Odd>>,
    made: AtomicUsize,
}

impl Careless {
    /// Serves on a loopback port; `base` of the result is the URL.
    pub async fn start(token: &str) -> Arc<Careless> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/scim", listener.local_addr().unwrap());
        let settings = ServerSettings { token: token.to_owned(), ..ServerSettings::default() };
        let careless = Arc::new(Careless {
            router: server::router(settings),
            base,
            odd: Mutex::default(),
            made: AtomicUsize::new(0),
        });
        let served = axum::Router::new().fallback(answer).with_state(Arc::clone(&careless));
        tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
        careless
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// How many resources it made that no right server makes.
    pub fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// Where each of them is that is still there.
    pub fn kept(&self) -> Vec<String> {
        self.odd.lock().unwrap().iter().map(|odd| format!("/{}/{}", odd.endpoint, odd.id)).collect()
    }

    fn find(&self, endpoint: &str, id: &str) -> Option<Odd> {
        self.odd.lock().unwrap().iter().find(|odd| odd.endpoint == endpoint && odd.id == id).cloned()
    }

    fn forget(&self, endpoint: &str, id: &str) {
        self.odd.lock().unwrap().retain(|odd| odd.endpoint != endpoint || odd.id != id);
    }

    /// Keeps what was sent under an id, instead of what was there.
    fn keep(&self, endpoint: &str, id: String, sent: &Value) -> Value {
        let mut resource = sent.as_object().cloned().unwrap_or_default();
        let schema = format!("urn:ietf:params:scim:schemas:core:2.0:{}", endpoint.trim_end_matches('s'));
        resource.retain(|name, _| !["id", "meta", "Operations"].contains(&name.as_str()));
        resource.insert("schemas".into(), json!([schema]));
        resource.insert("id".into(), json!(id));
        let location = format!("{}/{endpoint}/{id}", self.base);
        let now = "2026-01-02T03:04:05Z";
        let meta = json!({
            "resourceType": endpoint.trim_end_matches('s'), "created": now, "lastModified": now, "location": location
        });
        resource.insert("meta".into(), meta);
        self.forget(endpoint, &id);
        let odd = Odd { endpoint: endpoint.to_owned(), id, resource: resource.clone() };
        self.odd.lock().unwrap().push(odd);
        Value::Object(resource)
    }

    fn make(&self, endpoint: &str, id: String, sent: &Value) -> Value {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.keep(endpoint, id, sent)
    }

    /// Adds to a list what belongs in it.
    fn listed(&self, endpoint: &str, query: &str, list: &mut Value) {
        let parameter = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let filter = parameter("filter");
        let all = self.odd.lock().unwrap().clone();
        let mine: Vec<Value> = all
            .into_iter()
            .filter(|odd| {
                odd.endpoint == endpoint && filter.as_deref().is_none_or(|it| matches(&odd.resource, it))
            })
            .map(|odd| Value::Object(odd.resource))
            .collect();
        let total = list["totalResults"].as_u64().unwrap() as usize;
        let shown = list["Resources"].as_array().map_or(0, Vec::len);
        let number =
            |name: &str, else_: usize| parameter(name).and_then(|text| text.parse().ok()).unwrap_or(else_);
        let (start, count) = (number("startIndex", 1).max(1), number("count", usize::MAX));
        let before = (start - 1 + shown).saturating_sub(total);
        let room = count.saturating_sub(shown);
        let added: Vec<Value> = match start - 1 + shown >= total {
            true => mine.iter().skip(before).take(room).cloned().collect(),
            false => Vec::new(),
        };
        list["totalResults"] = json!(total + mine.len());
        if let Some(items) = list.get_mut("itemsPerPage") {
            *items = json!(shown + added.len());
        }
        if !added.is_empty() {
            let mut resources = list["Resources"].as_array().cloned().unwrap_or_default();
            resources.extend(added);
            list["Resources"] = json!(resources);
        }
    }
}

/// `attribute eq "value"`, and nothing else.
fn matches(resource: &Map<String, Value>, filter: &str) -> bool {
    let mut parts = filter.splitn(3, ' ');
    let (attribute, operator, value) = (parts.next(), parts.next(), parts.next());
    let value = value.unwrap_or_default().trim_matches('"').to_lowercase();
    let held = attribute.and_then(|name| resource.get(name)?.as_str()).map(str::to_lowercase);
    operator.is_some_and(|operator| operator.eq_ignore_ascii_case("eq")) && held == Some(value)
}

type Response = http::Response<Body>;

fn reply(status: u16, body: &Value) -> Response {
    let builder = http::Response::builder().status(status).header("content-type", "application/scim+json");
    let builder = match (status, body.pointer("/meta/location").and_then(Value::as_str)) {
        (201, Some(location)) => builder.header("location", location),
        _ => builder,
    };
    builder.body(Body::from(if body.is_null() { String::new() } else { body.to_string() })).unwrap()
}

async fn answer(State(careless): State<Arc<Careless>>, request: http::Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = head.uri.path().trim_start_matches("/scim").trim_matches('/').to_owned();
    let query = head.uri.query().unwrap_or("").to_owned();
    let (endpoint, id) = path.split_once('/').unwrap_or((&path, ""));
    let method = head.method.as_str().to_owned();
    let asked = |method: &str, body: Bytes| {
        let mut request = http::Request::from_parts(head.clone(), Body::from(body));
        *request.method_mut() = method.parse().unwrap();
        careless.router.clone().oneshot(request)
    };
    if let Some(odd) = careless.find(endpoint, id) {
        return match method.as_str() {
            "GET" => reply(200, &Value::Object(odd.resource)),
            "DELETE" => {
                careless.forget(endpoint, id);
                reply(204, &Value::Null)
            }
            "PUT" => reply(200, &careless.keep(endpoint, id.to_owned(), &sent)),
            _ => reply(200, &Value::Object(odd.resource)),
        };
    }
    let right = asked(&method, body.clone()).await.unwrap();
    let status = right.status().as_u16();
    let is_resource = ["Users", "Groups"].contains(&endpoint);
    if status == 200 && method == "GET" && is_resource && id.is_empty() {
        let (head, body) = right.into_parts();
        let mut list: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        careless.listed(endpoint, &query, &mut list);
        let mut response = reply(200, &list);
        *response.headers_mut() = head.headers;
        response.headers_mut().remove("content-length");
        return response;
    }
    if status < 400
        || status == 401
        || method == "GET"
        || method == "DELETE"
        || id == ".search"
        || path == "Bulk"
    {
        return right;
    }
    match method.as_str() {
        "POST" if is_resource => {
            let id = format!("odd-{}", careless.made());
            reply(201, &careless.make(endpoint, id, &sent))
        }
        "POST" => reply(201, &json!({"id": "odd-document"})),
        _ if is_resource && status == 404 => reply(200, &careless.make(endpoint, id.to_owned(), &sent)),
        // What is there is as it was, or as PUT says.
        _ if is_resource => {
            let mut there = asked("GET", Bytes::new()).await.unwrap();
            *there.status_mut() = http::StatusCode::OK;
            there
        }
        _ => reply(200, &sent),
    }
}
