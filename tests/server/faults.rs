//! Every fault shows itself to somebody who plays Entra's requests and looks at everything.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, header};
use scimulate::server::{Fault, FaultClass, OAuth, ServerSettings, Variant};
use serde_json::{Value, json};

use crate::client::{Client, ENTERPRISE, GROUP, Reply, TOKEN, USER};

const SECRET: &str = "correct-horse";

/// What a judge sees of a server whose ids are the same in every run, with dates compared in place of shown.
struct Witness<'a> {
    client: Client,
    /// What is seen of a healthy server; at the first difference the witness has seen enough.
    healthy: &'a [String],
    lines: Vec<String>,
    dates: BTreeMap<String, (String, String)>,
}

impl Witness<'_> {
    fn of(fault: Option<Fault>, healthy: &[String]) -> Vec<String> {
        let settings = ServerSettings {
            faults: fault.into_iter().collect(),
            variants: [Variant::NumericLookingIds].into(),
            expired: "expired".into(),
            foreign: "foreign".into(),
            oauth: OAuth { client_secret: SECRET.into(), ..OAuth::default() },
            ..ServerSettings::default()
        };
        let client = Client::of(settings);
        let mut witness = Witness { client, healthy, lines: Vec::new(), dates: BTreeMap::new() };
        witness.play();
        witness.lines
    }

    fn has_seen_enough(&self) -> bool {
        !self.healthy.is_empty() && !self.healthy.starts_with(&self.lines)
    }

    fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        if self.has_seen_enough() {
            return Value::Null;
        }
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/scim{path}"))
            .header(header::HOST, "scim.example.com")
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .header("ADSCIMVersion", "6.0");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/scim+json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let reply = self.client.raw(request.body(body).unwrap());
        self.note(method, path, &reply)
    }

    fn note(&mut self, method: &str, path: &str, reply: &Reply) -> Value {
        let body: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
        let resources = body["Resources"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
        let text = |name: header::HeaderName| reply.header(name).unwrap_or("-").to_owned();
        let line = format!(
            "{method} {path} {} {} {} {} {} {} {} {} {}",
            reply.status,
            text(header::DATE),
            text(header::ETAG),
            text(header::CONTENT_LOCATION),
            text(header::CONTENT_TYPE),
            text(header::LOCATION),
            text(header::WWW_AUTHENTICATE),
            text(header::ALLOW),
            reply.text
        );
        let line = self.normal(line, &resources);
        self.lines.push(line);
        body
    }

    /// Dates say how they compare with what was seen before.
    fn normal(&mut self, mut line: String, resources: &[Value]) -> String {
        for resource in resources {
            let date = |name: &str| resource["meta"][name].as_str().unwrap_or("").to_owned();
            let (created, modified) = (date("created"), date("lastModified"));
            for date in [&created, &modified] {
                if !date.is_empty() {
                    line = line.replace(date.as_str(), "[date]");
                }
            }
            let id = resource["id"].as_str().unwrap_or("").to_owned();
            let (first, latest) = self.dates.entry(id).or_insert_with(|| (created.clone(), modified.clone()));
            line.push_str(&format!(" {} {} {}", created == *first, modified >= *latest, created <= modified));
            line.push_str(if created.ends_with('Z') { " Z" } else { " -" });
            *latest = modified;
        }
        line
    }

    fn post(&mut self, endpoint: &str, mut body: Value) -> String {
        body["schemas"] = if endpoint == "/Users" { json!([USER, ENTERPRISE]) } else { json!([GROUP]) };
        let created = self.send("POST", endpoint, Some(body));
        created["id"].as_str().unwrap_or("lost").to_owned()
    }

    fn patch(&mut self, path: &str, operations: Value) {
        let body =
            json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.send("PATCH", path, Some(body));
        self.send("GET", path, None);
    }

    fn find(&mut self, endpoint: &str, filter: &str) -> Value {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        self.send("GET", &format!("{endpoint}?{query}"), None)
    }

    fn play(&mut self) {
        self.connect();
        let [ann, bea, guest] = self.create();
        self.update(&ann, &bea);
        self.roles();
        self.groups(&ann, &bea, &guest);
        self.disable(&ann);
        self.versions(&ann);
        self.page();
        self.order();
        self.bulk();
        self.others(&bea);
        self.forms(&ann, &bea);
        self.delete(&ann, &bea);
    }

    fn connect(&mut self) {
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

    fn create(&mut self) -> [String; 3] {
        let ann = self.post("/Users", json!({
            "userName": "Ann.O'Neil+x@long.example.com", "externalId": "E1", "active": true, "displayName": "Zoë <O'Neil> 🦊",
            "name": { "givenName": "Zoë", "familyName": "O'Neil", "formatted": "f" }, "title": "Boss", "password": "s3cret",
            "emails": [{ "type": "work", "value": "ann@example.com", "primary": true }, { "type": "home", "value": "a@example.org" }],
            "phoneNumbers": [{ "type": "work", "value": "+1 555-0100" }, { "type": "mobile", "value": "+1 555-0101" }],
            "addresses": [{ "type": "work", "locality": "Here", "region": "R" }],
            (ENTERPRISE): { "employeeNumber": "00123", "department": "R&D" },
        }));
        self.find("/Users", r#"userName eq "Ann.O'Neil+x@long.example.com""#);
        self.find("/Users", r#"userName eq "ANN.O'NEIL+X@LONG.EXAMPLE.COM""#);
        self.find("/Users", r#"userName eq "Neil""#);
        self.find("/Users", r#"emails[type eq "work"].value eq "ann@example.com""#);
        self.find("/Users", r#"displayName eq "Zoë <O'Neil> 🦊""#);
        let bea = self.post("/Users", json!({ "userName": "bea", "active": true, "displayName": "Bea", "emails": [{ "type": "work", "value": "b@example.com" }] }));
        self.post("/Users", json!({ "userName": "BEA" }));
        let guest = self.post("/Users", json!({ "userName": "plain" }));
        self.post("/Users", json!({ "userName": "inactive", "active": false }));
        self.find("/Users", r#"externalId eq "E1""#);
        self.find("/Users", r#"userName eq "plain""#);
        // Somebody else makes an account, which Entra then looks for.
        let elsewhere = json!({ "schemas": [USER], "userName": "elsewhere", "emails": [{ "value": "e@example.com" }],
            (ENTERPRISE): { "manager": "x" } });
        let reply = self.client.send("POST", "/Users", Some(elsewhere));
        self.note("POST", "(elsewhere)", &reply);
        self.find("/Users", r#"userName eq "elsewhere""#);
        for id in [&ann, &bea] {
            self.send("GET", &format!("/Users/{id}"), None);
        }
        [ann, bea, guest]
    }

    fn roles(&mut self) {
        let id = self.post("/Users", json!({ "userName": "with-roles", "roles": [{ "value": "reader" }] }));
        let path = format!("/Users/{id}");
        self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "Add", "path": "roles", "value": [{ "value": "editor" }] }]));
        self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "replace", "path": "roles", "value": [{ "value": "owner" }] }]));
        self.send("GET", &path, None);
        self.send("DELETE", &path, None);
    }

    fn update(&mut self, ann: &str, bea: &str) {
        let path = format!("/Users/{ann}");
        self.patch(&path, json!([{ "op": "Replace", "path": "displayName", "value": "New Name" }]));
        self.patch(
            &path,
            json!([
                { "op": "Replace", "path": "name.givenName", "value": "Given" },
                { "op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@example.com" },
                { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "w@example.com" },
                { "op": "Replace", "path": "addresses[type eq \"work\"].locality", "value": "There" },
                { "op": "Replace", "path": format!("{ENTERPRISE}:department"), "value": "Sales" },
            ]),
        );
        self.patch(&path, json!([{ "op": "replace", "value": {
            "title": "Chief", "name.familyName": "Family", (format!("{ENTERPRISE}:costCenter")): "7", "displayName": "Other",
        } }]));
        let manager = format!("{ENTERPRISE}:manager");
        self.patch(&path, json!([{ "op": "Add", "path": manager, "value": bea }]));
        self.patch(&path, json!([{ "op": "Replace", "path": manager, "value": ann }]));
        self.patch(&path, json!([{ "op": "Remove", "path": manager }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "title" }]));
        self.patch(&path, json!([{ "op": "Add", "path": "nickName", "value": "kept?" }, { "op": "Add", "path": "noSuch", "value": 1 }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "title", "value": "Kept?" }, { "op": "Replace", "path": "userName", "value": "bea" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "userName", "value": "renamed" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "externalId", "value": "E2" }]));
        let wrapped = json!([{ "$ref": null, "value": "Wrapped Name" }]);
        self.patch(&path, json!([{ "op": "Replace", "path": "displayName", "value": wrapped }]));
        for name in ["renamed", "Ann.O'Neil+x@long.example.com"] {
            self.find("/Users", &format!("userName eq \"{name}\""));
        }
    }

    fn groups(&mut self, ann: &str, bea: &str, guest: &str) {
        let name = r#"The "Équipe" eq team"#;
        let one = self.post("/Groups", json!({ "displayName": name, "externalId": "G1", "members": [] }));
        let two = self.post("/Groups", json!({ "displayName": "Two", "members": [] }));
        self.find("/Groups", r#"displayName eq "TWO""#);
        self.find("/Groups", r#"displayName eq "two.too""#);
        self.post("/Groups", json!({ "displayName": "two" }));
        let old = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
        self.send("POST", "/Groups", Some(json!({ "schemas": [GROUP, old], "displayName": "Old" })));
        let filter = format!("displayName eq {}", json!(name));
        self.find("/Groups", &filter);
        let (path, other) = (format!("/Groups/{one}"), format!("/Groups/{two}"));
        let add = |ids: &[&str]| {
            let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
            json!([{ "op": "Add", "path": "members", "value": members }])
        };
        let many: Vec<String> = (0..101).map(|number| format!("m{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        self.patch(&path, add(&[ann]));
        self.patch(&path, add(&[bea, "ghost"]));
        self.send("GET", "/Users/ghost", None);
        self.patch(&path, add(&[ann]));
        self.patch(&other, add(&[ann, bea]));
        self.send("GET", &path, None);
        self.send("GET", &format!("{path}?excludedAttributes=members"), None);
        self.send("GET", &format!("{path}?attributes=displayName"), None);
        self.send("GET", &format!("/Users/{ann}"), None);
        self.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "One" }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "members", "value": [{ "value": ann }] }]));
        self.send("GET", &other, None);
        self.send("GET", &format!("/Users/{ann}"), None);
        self.patch(&path, json!([{ "op": "remove", "path": format!("members[value eq \"{bea}\"]") }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "members", "value": [{ "value": bea }] }]));
        self.patch(&path, json!([{ "op": "Remove", "path": "members", "value": [{ "value": "ghost" }] }]));
        self.patch(&path, add(&many));
        self.patch(&other, add(&[ann]));
        self.send("DELETE", &path, None);
        self.send("GET", &path, None);
        self.send("GET", &format!("/Users/{ann}"), None);
        let three =
            self.post("/Groups", json!({ "displayName": "A \"B\"", "members": [{ "value": guest }] }));
        self.find("/Groups", r#"displayName eq "A \"B\"""#);
        self.find("/Groups", r#"displayName eq "A""#);
        self.send("DELETE", &format!("/Groups/{three}"), None);
        self.send("GET", &format!("/Users/{guest}"), None);
    }

    fn disable(&mut self, ann: &str) {
        let path = format!("/Users/{ann}");
        for value in [json!("False"), json!(false)] {
            self.patch(
                &path,
                json!([
                    { "op": "Replace", "path": "active", "value": value },
                    { "op": "Replace", "path": "displayName", "value": "Leaver" },
                ]),
            );
            self.find("/Users", r#"userName eq "renamed""#);
            self.find("/Groups", r#"displayName eq "Two""#);
            self.patch(&path, json!([{ "op": "replace", "value": { "active": true } }]));
            self.patch(&path, json!([{ "op": "Replace", "path": "displayName", "value": "Returner" }]));
        }
        self.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "x" }]));
    }

    /// Asks for what it has seen, and writes to what is no longer there.
    fn versions(&mut self, ann: &str) {
        let path = format!("/Users/{ann}");
        let known = self.tag(&path);
        let read = self.client.conditional("GET", &path, ("If-None-Match", &known), None);
        self.note("GET", "(known)", &read);
        self.patch(&path, json!([{ "op": "replace", "path": "nickName", "value": "newer" }]));
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "nickName", "value": "stale" }] });
        for (method, body) in [("PATCH", Some(body)), ("DELETE", None)] {
            let reply = self.client.conditional(method, &path, ("If-Match", &known), body);
            self.note(method, "(stale)", &reply);
        }
        let any = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "nickName", "value": "any" }] });
        let reply = self.client.conditional("PATCH", &path, ("If-Match", "*"), Some(any));
        self.note("PATCH", "(any)", &reply);
    }

    fn tag(&mut self, path: &str) -> String {
        let reply = self.client.get(path);
        self.note("GET", path, &reply);
        reply.header(header::ETAG).unwrap_or("none").to_owned()
    }

    fn page(&mut self) {
        for query in
            ["", "?startIndex=1&count=2", "?startIndex=3&count=2", "?startIndex=50&count=2", "?count=0"]
        {
            self.send("GET", &format!("/Users{query}"), None);
        }
    }

    /// Lists in an order, and a walk by cursor; cursors differ from run to run.
    fn order(&mut self) {
        self.post("/Users", json!({ "userName": "Zed", "title": "T" }));
        for query in ["sortBy=userName", "sortBy=userName&sortOrder=descending", "sortBy=title"] {
            self.send("GET", &format!("/Users?{query}"), None);
        }
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "userName" });
        self.send("POST", "/Users/.search", Some(search));
        let mut cursor = String::new();
        for _ in 0..4 {
            let mut reply = self.client.get(&format!("/Users?cursor={cursor}&count=2"));
            let body: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
            for name in ["nextCursor", "previousCursor"] {
                if let Some(shown) = body[name].as_str() {
                    let form = format!(
                        "[{name} of {} parts, safe: {}]",
                        shown.split('.').count(),
                        !shown.contains('=')
                    );
                    reply.text = reply.text.replace(shown, &form);
                }
            }
            self.note("GET", "(page by cursor)", &reply);
            body["nextCursor"].as_str().unwrap_or("").clone_into(&mut cursor);
        }
        for query in ["cursor=made-up&count=2", "cursor=&count=0"] {
            let mut reply = self.client.get(&format!("/Users?{query}"));
            let body: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
            if let Some(shown) = body["nextCursor"].as_str() {
                reply.text = reply.text.replace(shown, "[cursor]");
            }
            self.note("GET", query, &reply);
        }
    }

    /// Bulk requests: with references, in a circle, with an error in the midst, and beyond the limit.
    fn bulk(&mut self) {
        let user = |name: &str| {
            json!({ "method": "POST", "path": "/Users", "bulkId": name,
                "data": { "schemas": [USER], "userName": name } })
        };
        let group = |name: &str, member: &str| {
            json!({ "method": "POST", "path": "/Groups", "bulkId": name,
                "data": { "schemas": [GROUP], "displayName": name, "members": [{ "value": member }] } })
        };
        let many: Vec<Value> =
            (0..101).map(|_| json!({ "method": "DELETE", "path": "/Users/nobody" })).collect();
        for (operations, most) in [
            (json!([user("in-bulk"), group("Bulk", "bulkId:in-bulk")]), 9),
            (json!([group("Round", "bulkId:Trip"), group("Trip", "bulkId:Round")]), 9),
            (json!([user("in-bulk"), user("after-an-error")]), 1),
            (json!([user("in-bulk"), user("after-errors")]), 9),
            (json!(many), 9),
        ] {
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                "failOnErrors": most, "Operations": operations });
            self.send("POST", "/Bulk", Some(body));
        }
        let other = json!({ "schemas": [USER], "Operations": [user("in-another-schema")] });
        self.send("POST", "/Bulk", Some(other));
        let leaver = self.post("/Users", json!({ "userName": "leaver" }));
        let leaves = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{ "method": "DELETE", "path": format!("/Users/{leaver}") }] });
        self.send("POST", "/Bulk", Some(leaves));
        self.send("GET", &format!("/Users/{leaver}"), None);
        self.send("GET", "/Groups", None);
    }

    /// A request whose headers or body are unusual.
    fn odd(&mut self, method: &str, path: &str, headers: &[(header::HeaderName, &str)], body: &str) {
        let mut request = Request::builder().method(method).uri(format!("/scim{path}"));
        request = request.header(header::HOST, "scim.example.com");
        request = request.header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let reply = self.client.raw(request.body(Body::from(body.to_owned())).unwrap());
        self.note(method, path, &reply);
    }

    /// What other clients ask.
    fn others(&mut self, bea: &str) {
        self.send("GET", "/Schemas/urn:example:none", None);
        self.send("POST", "/Schemas", Some(json!({})));
        self.send("GET", "/Nothing", None);
        let path = format!("/Users/{bea}");
        self.send("POST", &path, Some(json!({})));
        self.odd("GET", &path, &[(header::ACCEPT, "application/json")], "");
        let rename = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"title","value":"x"}]}"#;
        self.odd("PATCH", &path, &[(header::CONTENT_TYPE, "application/json")], rename);
        self.odd("POST", "/Users", &[(header::CONTENT_TYPE, "application/scim+json")], "{");
        let long = json!({ "schemas": [USER], "userName": "long", "title": "x".repeat(2 << 20) }).to_string();
        self.odd("POST", "/Users", &[(header::CONTENT_TYPE, "application/scim+json")], &long);
        self.send(
            "POST",
            "/Users",
            Some(json!({ "schemas": [ENTERPRISE, USER], "userName": "extension-first" })),
        );
        self.repeat(bea);
        self.post("/Users", json!({ "USERNAME": "any-case" }));
        self.post("/Users", json!({ "displayName": "Nobody" }));
        self.post(
            "/Users",
            json!({ "userName": "old", "externalId": "Old", "meta": { "created": "2001-01-01T00:00:00Z" } }),
        );
        for filter in [
            r#"userName sw "any""#,
            r#"userName eq "old" and meta.lastModified gt "2001-01-01T00:00:00Z""#,
            r#"userName eq "old" and meta.created lt "2002-01-01T00:00:00Z""#,
            "userName eq",
            r#"title eq "nobody's""#,
            r#"userName eq "bea" and title eq null"#,
            r#"x509Certificates.value gt "MIIB""#,
            r#"USERNAME eq "old""#,
            r#"externalId eq "OLD""#,
        ] {
            self.find("/Users", filter);
        }
        self.find("/Groups", &format!("members.value eq \"{bea}\""));
        let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
        self.send(
            "POST",
            "/Users/.search",
            Some(json!({ "schemas": [search], "filter": "userName eq \"old\"" })),
        );
        for query in ["startIndex=0&count=1", "count=-1"] {
            self.send("GET", &format!("/Users?{query}"), None);
        }
        self.send("GET", &format!("{path}?excludedAttributes=id"), None);
        let whole = json!({ "schemas": [USER], "userName": "bea", "displayName": "Put" });
        self.send("PUT", &format!("{path}?attributes=userName"), Some(whole.clone()));
        self.send("PUT", &path, Some(whole));
        self.send("GET", &path, None);
        self.send("PUT", "/Users/nobody", Some(json!({ "schemas": [USER], "userName": "put" })));
        self.send("POST", "/Users", Some(json!({ "schemas": [USER], "userName": "nulls", "title": null })));
        self.post("/Users", json!({ "userName": "no-mail", "emails": [{ "type": "work" }] }));
        for (name, mail) in [("first-of-mail", "m@example.com"), ("second-of-mail", "M@example.com")] {
            self.post("/Users", json!({ "userName": name, "emails": [{ "type": "work", "value": mail }] }));
        }
        self.post("/Users", json!({ "userName": "text", "active": "True" }));
        let role = json!({ "userName": "role", "roles": [{ "value": "a", "primary": "True" }] });
        self.post("/Users", role);
        self.post("/Users", json!({ "userName": "away", "active": false }));
        self.post("/Users", json!({ "userName": "away", "active": true }));
    }

    /// Sends what is there, and looks whether anything changed.
    fn repeat(&mut self, bea: &str) {
        let path = format!("/Users/{bea}");
        let before = self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "add", "path": "userName", "value": "bea" }]));
        let after = self.send("GET", &path, None);
        self.lines
            .push(format!("unchanged: {}", before["meta"]["lastModified"] == after["meta"]["lastModified"]));
    }

    /// Forms of a PATCH that are rare.
    fn forms(&mut self, ann: &str, bea: &str) {
        let path = format!("/Users/{ann}");
        let other = "3e59e27b-68ad-41f5-bb0e-dadf130e2ac8";
        self.patch(&path, json!([]));
        self.patch(&path, json!([{ "op": "replace", "path": "emails[type eq", "value": "x" }]));
        self.patch(&path, json!([{ "op": "remove", "path": "userName" }]));
        self.patch(&path, json!([{ "op": "add", "path": "emails", "value": [{ "value": "p@example.com", "primary": true }] }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "active", "value": "false" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": format!("{USER}:title"), "value": "By URN" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "title", "value": "By URN" }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "phoneNumbers[type eq \"pager\"].value", "value": "+1 555-0102" }]));
        self.patch(
            &path,
            json!([{ "op": "Replace", "path": "roles[primary eq true].value", "value": "boss" }]),
        );
        self.patch(&path, json!([{ "op": "Replace", "path": "name", "value": { "familyName": "Alone" } }]));
        let boss = self.post("/Users", json!({ "userName": "boss" }));
        self.patch(&path, json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": boss }]));
        self.send("DELETE", &format!("/Users/{boss}"), None);
        self.send("GET", &path, None);
        self.patch(&path, json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": other }]));
        let group = self.post("/Groups", json!({ "displayName": "Forms", "members": [{ "value": ann }] }));
        let part = self.post("/Groups", json!({ "displayName": "Part" }));
        let path = format!("/Groups/{group}");
        self.patch(&path, json!([{ "op": "replace", "value": { "externalId": "F" } }]));
        self.patch(
            &path,
            json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": bea }] }]),
        );
        self.patch(&path, json!([{ "op": "Replace", "path": "members", "value": [{ "value": bea }] }]));
        let exchange = format!("members[value eq \"{bea}\"].value");
        self.patch(&path, json!([{ "op": "replace", "path": exchange, "value": ann }]));
        self.patch(&path, json!([{ "op": "Add", "path": "members", "value": [{ "value": part }] }]));
        self.patch(&path, json!([{ "op": "Add", "path": "members", "value": [{ "value": other }] }]));
        self.patch(&path, json!([{ "op": "Replace", "path": "members", "value": [] }]));
        self.patch(&format!("/Users/{bea}"), json!([{ "op": "replace", "path": "id", "value": "chosen" }]));
        self.send("GET", &format!("/Users/{bea}"), None);
        self.patch("/Users/chosen", json!([{ "op": "replace", "path": "id", "value": bea }]));
    }

    fn delete(&mut self, ann: &str, bea: &str) {
        let path = format!("/Users/{bea}");
        let (name, long) = (json!({ "title": "x", "nickName": "y" }), format!("bea{}", "0".repeat(80)));
        self.patch(&path, json!([{ "op": "add", "value": name }]));
        self.patch(&path, json!([{ "op": "Add", "path": "active", "value": "True" }]));
        self.patch(&path, json!([{ "op": "replace", "path": "userType", "value": "Guest" }]));
        self.patch(&path, json!([{ "op": "replace", "path": "nickName", "value": "Bee" }]));
        self.find("/Users", r#"nickName eq "Bee""#);
        let group = self.post("/Groups", json!({ "displayName": "Nobody's" }));
        let named = json!([{ "op": "Add", "path": "externalId", "value": "g" }]);
        self.patch(&format!("/Groups/{group}"), named);
        self.patch(&path, json!([{ "op": "replace", "path": "userName", "value": long }]));
        self.patch(&path, json!([{ "op": "replace", "path": "userName", "value": "bea" }]));
        self.patch(&path, json!([{ "op": "replace", "path": "active", "value": false }]));
        for id in [ann, bea] {
            let path = format!("/Users/{id}");
            self.send("DELETE", &path, None);
            self.send("DELETE", &path, None);
            self.send("GET", &path, None);
            self.send("GET", "/Users", None);
            self.send("GET", "/Groups", None);
        }
        self.post("/Users", json!({ "userName": "bea" }));
        self.find("/Users", r#"userName eq "bea""#);
    }
}

#[test]
fn two_runs_against_a_healthy_server_are_the_same() {
    let once = Witness::of(None, &[]);
    assert_eq!(Witness::of(None, &once), once);
}

#[test]
fn every_fault_shows() {
    let healthy = Witness::of(None, &[]);
    // One has a unit test that does not wait for it, one needs a socket; assertions need an issuer.
    let mut apart = vec![Fault::ANSWERS_SLOWLY, Fault::BODY_ON_204];
    apart.push(Fault::ASSERTION_BREAKS_ENDPOINT);
    apart.extend(crate::federation::FAULTS.map(|(fault, _)| fault));
    // Those of two requests at once and of two tenants have tests of their own.
    apart.extend(crate::together::FAULTS);
    apart.extend(crate::tenants::FAULTS);
    let unseen: Vec<&str> = Fault::ALL
        .iter()
        .filter(|fault| !apart.contains(fault) && Witness::of(Some(**fault), &healthy) == healthy)
        .map(|fault| fault.name())
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn every_class_has_faults() {
    for class in FaultClass::ALL {
        assert!(Fault::ALL.iter().filter(|fault| fault.class() == class).count() >= 4, "{class}");
    }
}
