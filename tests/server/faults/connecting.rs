//! Before the first user: discovery, tokens right and wrong, lookups that find nobody.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;

use super::{SECRET, Witness};
use crate::client::{ENTERPRISE, TOKEN};

impl Witness<'_> {
    pub(super) fn connect(&mut self) {
        let schema = format!("/Schemas/{ENTERPRISE}");
        for path in ["/ServiceProviderConfig", &schema, "/ResourceTypes", "/ResourceTypes?filter=id+pr"] {
            self.send("GET", path, None);
        }
        let request = Request::builder().uri("/scim/Users").header(header::AUTHORIZATION, "Bearer wrong");
        let reply = self.client.raw(request.body(Body::empty()).unwrap());
        self.note("GET", "(wrong token)", &reply);
        for path in ["/Users", "/ServiceProviderConfig"] {
            let request = Request::builder().uri(format!("/scim{path}"));
            let reply = self.client.raw(request.body(Body::empty()).unwrap());
            self.note("GET", "(no token)", &reply);
        }
        self.sign_in();
        self.find("/Users", r#"userName eq "3e59e27b-68ad-41f5-bb0e-dadf130e2ac8""#);
        self.find("/Groups", r#"displayName eq "3e59e27b-68ad-41f5-bb0e-dadf130e2ac8""#);
        self.send("GET", "/Users/nobody", None);
    }

    /// Asks for tokens, and looks at what they open.
    fn sign_in(&mut self) {
        for authorization in
            ["Basic YTpi", "Bearer", &format!("bearer {TOKEN}"), "Bearer expired", "Bearer foreign"]
        {
            let request = Request::builder().uri("/scim/Users").header(header::AUTHORIZATION, authorization);
            let reply = self.client.raw(request.body(Body::empty()).unwrap());
            self.note("GET", authorization, &reply);
        }
        for secret in [SECRET, "wrong"] {
            let form = format!("grant_type=client_credentials&client_id=scimulate&client_secret={secret}");
            let request = Request::builder().method("POST").uri("/oauth2/token");
            let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let mut reply = self.client.raw(request.body(Body::from(form)).unwrap());
            let answer: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
            let token = answer["access_token"].as_str().unwrap_or("none").to_owned();
            reply.text = reply.text.replace(&token, "[token]");
            self.note("POST", "(token)", &reply);
            let request = Request::builder().uri("/scim/Users").header(header::HOST, "scim.example.com");
            let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            let reply = self.client.raw(request.body(Body::empty()).unwrap());
            self.note("GET", "(with that token)", &reply);
        }
    }
}
