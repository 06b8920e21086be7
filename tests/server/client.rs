//! A client that talks to the router in the same process.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use scimulate::server::{self, ServerSettings, Variant};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const TOKEN: &str = "letmein";

pub struct Client {
    router: Router,
    runtime: tokio::runtime::Runtime,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {:?}", self.text))
    }

    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks that this is a SCIM error with this status and keyword.
    #[track_caller]
    pub fn refused(&self, status: u16, scim_type: Option<&str>) {
        let body = self.expect(status);
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(body["status"], json!(status.to_string()));
        assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{body}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert_eq!(self.header(header::CONTENT_TYPE), Some("application/scim+json"));
    }
}

async fn answer(router: Router, request: Request<Body>) -> Reply {
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let text = match body.collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(error) => error.to_string(),
    };
    Reply { status: StatusCode::as_u16(&head.status), headers: head.headers, text }
}

impl Client {
    pub fn new() -> Self {
        Client::with([])
    }

    pub fn with(variants: impl IntoIterator<Item = Variant>) -> Self {
        Client::of(ServerSettings { variants: variants.into_iter().collect(), ..ServerSettings::default() })
    }

    /// A server with these settings and the token of all tests.
    pub fn of(settings: ServerSettings) -> Self {
        let settings = ServerSettings { token: TOKEN.into(), ..settings };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Client { router: server::router(settings), runtime }
    }

    /// Sends a request as it is.
    pub fn raw(&self, request: Request<Body>) -> Reply {
        self.runtime.block_on(answer(self.router.clone(), request))
    }

    /// Sends two requests of one kind at the same time, with a body each.
    pub fn both(&self, method: &str, path: &str, bodies: [Value; 2]) -> [Reply; 2] {
        let [one, other] = bodies.map(|body| {
            let request = Request::builder()
                .method(method)
                .uri(format!("/scim{path}"))
                .header(header::HOST, "scim.example.com")
                .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
                .header(header::CONTENT_TYPE, "application/scim+json");
            answer(self.router.clone(), request.body(Body::from(body.to_string())).unwrap())
        });
        let (one, other) = self.runtime.block_on(async { tokio::join!(one, other) });
        [one, other]
    }

    pub fn send(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.request(method, path, None, body)
    }

    /// Sends a request with a header more.
    pub fn conditional(&self, method: &str, path: &str, header: (&str, &str), body: Option<Value>) -> Reply {
        self.request(method, path, Some(header), body)
    }

    fn request(&self, method: &str, path: &str, more: Option<(&str, &str)>, body: Option<Value>) -> Reply {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("/scim{path}"))
            .header(header::HOST, "scim.example.com")
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
        if let Some((name, value)) = more {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/scim+json; charset=utf-8");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.raw(request.body(body).unwrap())
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None)
    }

    /// What a filter finds on an endpoint.
    pub fn find(&self, endpoint: &str, filter: &str) -> Reply {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        self.get(&format!("{endpoint}?{query}"))
    }

    pub fn patch(&self, path: &str, operations: Value) -> Reply {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.send("PATCH", path, Some(json!({ "schemas": schemas, "Operations": operations })))
    }

    /// Creates a user from these attributes and returns its id.
    #[track_caller]
    pub fn user(&self, mut attributes: Value) -> String {
        attributes["schemas"] = json!([USER, ENTERPRISE]);
        id(&self.send("POST", "/Users", Some(attributes)).expect(201))
    }

    /// Creates a group and returns its id.
    #[track_caller]
    pub fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        id(&self.send("POST", "/Groups", Some(body)).expect(201))
    }

    /// The resource at a path.
    #[track_caller]
    pub fn read(&self, path: &str) -> Value {
        self.get(path).expect(200)
    }

    /// Sends operations to a new user and returns what it is afterwards.
    #[track_caller]
    pub fn patched(&self, mut before: Value, operations: Value) -> Value {
        before["userName"] = json!(format!("u{}", self.read("/Users?count=0")["totalResults"]));
        let path = format!("/Users/{}", self.user(before));
        let answered = self.patch(&path, operations).expect(200);
        assert_eq!(answered, self.read(&path), "the answer is what is kept");
        answered
    }
}

pub fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}
