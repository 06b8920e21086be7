//! Who may ask a server of this machine that has people's data and writes to a target: no web page of somebody else.
//!
//! A page in a browser can send requests to 127.0.0.1, and a name of its own can lead there (DNS rebinding). So the
//! `Host` of a request must be one that leads here, and its `Origin` must be this server's own. A server that listens for
//! other machines asks for a token as well.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// The door of one server.
#[derive(Debug, Clone)]
pub struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    scheme: &'static str,
    /// Names under which other machines know this one; with them a token is asked for.
    hosts: Vec<String>,
    token: Option<String>,
    /// Tokens that were given out for the first one.
    issued: Mutex<HashSet<String>>,
}

/// The cookie in which a browser keeps the token.
const COOKIE: &str = "scimulate-token";

impl Door {
    /// Opens to this machine alone, without a token.
    #[must_use]
    pub fn of_this_machine(scheme: &'static str) -> Self {
        Door::new(scheme, Vec::new(), None)
    }

    /// Opens to other machines, which know this one by these names and have the token.
    #[must_use]
    pub fn of_others(scheme: &'static str, hosts: Vec<String>, token: String) -> Self {
        Door::new(scheme, hosts, Some(token))
    }

    fn new(scheme: &'static str, hosts: Vec<String>, token: Option<String>) -> Self {
        Door(Arc::new(Inner { scheme, hosts, token, issued: Mutex::default() }))
    }

    /// The router behind the door.
    pub fn guard(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), pass))
    }

    /// A token that was given out to somebody who has the secret opens the door from now on; false when they have not.
    #[must_use]
    pub fn give_out(&self, secret: Option<&str>, token: &str) -> bool {
        let Some(own) = &self.0.token else { return true };
        if secret != Some(own.as_str()) {
            return false;
        }
        self.0.issued.lock().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned());
        true
    }

    /// Why a request may not come in.
    fn refusal(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<(StatusCode, String)> {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST).unwrap_or_default();
        if !self.leads_here(host) {
            let mut why = format!("The request came for the host `{host}`, which is not this server.");
            if self.0.token.is_some() {
                why.push_str(" Give the name under which other machines know it with --host.");
            }
            return Some((StatusCode::FORBIDDEN, why));
        }
        if let Some(origin) = text(header::ORIGIN)
            && origin != format!("{}://{host}", self.0.scheme)
        {
            let why = format!("The request came from a page of {origin}, which is not this server.");
            return Some((StatusCode::FORBIDDEN, why));
        }
        let from_elsewhere =
            headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
        let follows_link =
            *method == Method::GET && headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        if from_elsewhere && !follows_link {
            return Some((
                StatusCode::FORBIDDEN,
                "The request came from a page of somebody else.".to_owned(),
            ));
        }
        // Where tokens are asked for, nobody has one yet.
        let signs_in = path.contains("/oauth2/")
            || path.contains("/.well-known/")
            || path.starts_with("/metadata/")
            || path.starts_with("/common/discovery/");
        (!signs_in && !self.knows(headers)).then(|| {
            (
                StatusCode::UNAUTHORIZED,
                "The token is missing or wrong: this server asks for the one of --access-token-file. A browser brings it \
                 once, as ?token=TOKEN behind the address."
                    .to_owned(),
            )
        })
    }

    fn leads_here(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let local = ["127.0.0.1", "localhost", "[::1]"];
        local.contains(&name) || self.0.hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let Some(own) = &self.0.token else { return true };
        let issued = self.0.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |token: &str| token == own || issued.contains(token);
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        bearer.is_some_and(|(_, token)| known(token.trim()))
            || pairs.any(|(name, value)| name == COOKIE && known(value))
    }

    /// A browser brings the token once, in the address, and keeps it in a cookie.
    fn brought(&self, request: &Request) -> Option<Response> {
        let own = self.0.token.as_ref()?;
        let query = request.uri().query()?;
        let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token")?.1;
        if token != own.as_str() {
            return None;
        }
        let cookie = format!("{COOKIE}={own}; HttpOnly; SameSite=Strict; Path=/");
        let cookie = HeaderValue::try_from(cookie).ok()?;
        let mut response =
            (StatusCode::SEE_OTHER, [(header::LOCATION, request.uri().path().to_owned())]).into_response();
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        Some(response)
    }
}

async fn pass(State(door): State<Door>, request: Request, next: Next) -> Response {
    let refusal = door.refusal(request.method(), request.uri().path(), request.headers());
    match refusal {
        Some((StatusCode::UNAUTHORIZED, why)) => {
            if request.method() == Method::GET
                && let Some(response) = door.brought(&request)
            {
                return response;
            }
            refused(StatusCode::UNAUTHORIZED, &why, &request)
        }
        Some((status, why)) => refused(status, &why, &request),
        None => next.run(request).await,
    }
}

/// In the form of whoever asked: Graph's clients read JSON and the ids of the request, people read text.
fn refused(status: StatusCode, why: &str, request: &Request) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/v1.0") && !path.starts_with("/beta") {
        return (status, format!("{why}\n")).into_response();
    }
    let code = if status == StatusCode::UNAUTHORIZED {
        "InvalidAuthenticationToken"
    } else {
        "Authorization_RequestDenied"
    };
    let id = Uuid::new_v4().to_string();
    let client = request.headers().get("client-request-id").and_then(|id| id.to_str().ok());
    let client = client.unwrap_or(&id);
    let date = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let inner = json!({ "date": date, "request-id": id, "client-request-id": client });
    let error = json!({ "error": { "code": code, "message": why, "innerError": inner } });
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json"),
        ("odata-version", "4.0"),
        ("request-id", id.as_str()),
        ("client-request-id", client),
    ];
    let mut response = (status, headers, error.to_string()).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt as _;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn status(door: &Door, method: Method, path: &str, pairs: &[(&'static str, &'static str)]) -> u16 {
        door.refusal(&method, path, &headers(pairs)).map_or(200, |(status, _)| status.as_u16())
    }

    #[test]
    fn a_name_that_is_led_here_and_a_page_of_somebody_else_stay_outside() {
        let door = Door::of_this_machine("http");
        let get = |pairs: &[(&'static str, &'static str)]| status(&door, Method::GET, "/", pairs);
        for host in ["127.0.0.1:8080", "localhost", "localhost:80", "[::1]:8080", "127.0.0.1"] {
            assert_eq!(get(&[("host", host)]), 200, "{host}");
        }
        for host in
            ["evil.example:8080", "", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::2]:80"]
        {
            assert_eq!(get(&[("host", host)]), 403, "{host}");
        }
        let host = ("host", "127.0.0.1:8080");
        let post = |pairs: &[(&'static str, &'static str)]| status(&door, Method::POST, "/v1.0/users", pairs);
        assert_eq!(post(&[host, ("origin", "http://127.0.0.1:8080")]), 200);
        for origin in ["http://127.0.0.1:9", "https://127.0.0.1:8080", "http://evil.example", "null"] {
            assert_eq!(post(&[host, ("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(post(&[host, ("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(get(&[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]), 200);
        assert_eq!(get(&[host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]), 403);
    }

    #[test]
    fn other_machines_need_the_token() {
        let door = Door::of_others("https", vec!["tenant".into()], "t0ken".into());
        let get =
            |path: &str, pairs: &[(&'static str, &'static str)]| status(&door, Method::GET, path, pairs);
        let host = ("host", "tenant:8443");
        assert_eq!(get("/v1.0/users", &[host]), 401);
        assert_eq!(get("/v1.0/users", &[host, ("authorization", "Bearer t0ken")]), 200);
        assert_eq!(get("/v1.0/users", &[host, ("authorization", "Bearer wrong")]), 401);
        assert_eq!(get("/", &[host, ("cookie", "a=b; scimulate-token=t0ken")]), 200);
        assert_eq!(get("/x/oauth2/v2.0/token", &[host]), 200);
        assert!(!door.give_out(Some("wrong"), "jwt") && door.give_out(Some("t0ken"), "jwt"));
        assert_eq!(get("/v1.0/users", &[host, ("authorization", "Bearer jwt")]), 200);
        assert_eq!(get("/v1.0/users", &[("host", "other"), ("authorization", "Bearer t0ken")]), 403);
    }

    #[tokio::test]
    async fn graphs_clients_are_refused_in_graphs_form() {
        let router = Router::new().route("/v1.0/users", axum::routing::get(|| async { "people" }));
        let router = Door::of_others("https", vec!["tenant".into()], "t0ken".into()).guard(router);
        let request = Request::builder().uri("/v1.0/users").header("client-request-id", "mine");
        let request = request.header("host", "tenant").body(axum::body::Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        assert_eq!(
            (head.status.as_u16(), &head.headers["www-authenticate"]),
            (401, &"Bearer".parse().unwrap())
        );
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let error = &error["error"];
        assert_eq!(error["code"], "InvalidAuthenticationToken");
        let id = head.headers["request-id"].to_str().unwrap();
        assert_eq!(error["innerError"]["request-id"], id);
        assert_eq!(error["innerError"]["client-request-id"], "mine");
    }
}
