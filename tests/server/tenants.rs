//! Two tenants in one server: they share nothing but the address, except where a fault mixes them up.

use axum::body::Body;
use axum::http::{Request, header};
use scimulate::server::{Fault, SecondTenant, ServerSettings};
use serde_json::{Value, json};

use crate::client::{Client, Reply, TOKEN, USER};

const SECOND: &str = "second-letmein";

/// Faults that show when there are two tenants.
pub const FAULTS: [Fault; 7] = [
    Fault::TENANT_IGNORED_BY_ID,
    Fault::TENANT_IGNORED_BY_FILTERS,
    Fault::TENANT_IGNORED_BY_LISTS,
    Fault::TENANT_IGNORED_BY_SEARCH,
    Fault::TENANT_IGNORED_BY_WRITES,
    Fault::USER_NAME_UNIQUE_OVER_TENANTS,
    Fault::TOKEN_OPENS_OTHER_TENANTS,
];

struct Two(Client);

impl Two {
    fn with(fault: Option<Fault>) -> Self {
        let second = SecondTenant { token: SECOND.into(), base_path: "/second/scim".into() };
        Two(Client::of(ServerSettings {
            faults: fault.into_iter().collect(),
            second: Some(second),
            ..ServerSettings::default()
        }))
    }

    fn second(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("/second/scim{path}"))
            .header(header::HOST, "scim.example.com")
            .header(header::CONTENT_TYPE, "application/scim+json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.0.raw(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap())
    }

    /// What the second tenant answers about a user of the first: read, filter, list, search, create of the
    /// same name, delete, and the first one's token.
    fn answers(&self) -> Vec<(u16, Value)> {
        let ann = self.0.user(json!({ "userName": "ann" }));
        let path = format!("/Users/{ann}");
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "userName eq \"ann\"" });
        let same = json!({ "schemas": [USER], "userName": "ann" });
        let of = |reply: Reply| {
            let body: Value = serde_json::from_str(&reply.text).unwrap_or_default();
            (reply.status, body.get("totalResults").cloned().unwrap_or_default())
        };
        vec![
            of(self.second(SECOND, "GET", &path, None)),
            of(self.second(SECOND, "GET", "/Users?filter=userName+eq+%22ann%22", None)),
            of(self.second(SECOND, "GET", "/Users", None)),
            of(self.second(SECOND, "POST", "/Users/.search", Some(search))),
            of(self.second(SECOND, "DELETE", &path, None)),
            of(self.second(SECOND, "POST", "/Users", Some(same))),
            of(self.second(TOKEN, "GET", "/Users?count=0", None)),
        ]
    }
}

#[test]
fn tenants_share_nothing() {
    let two = Two::with(None);
    let (none, nobody) = (Value::Null, json!(0));
    let statuses: Vec<(u16, Value)> = vec![
        (404, none.clone()),
        (200, nobody.clone()),
        (200, nobody.clone()),
        (200, nobody),
        (404, none.clone()),
        (201, none.clone()),
        (401, none),
    ];
    assert_eq!(two.answers(), statuses);
    assert_eq!(two.0.read("/Users")["totalResults"], 1);
    assert_eq!(two.second(SECOND, "GET", "/Users", None).expect(200)["totalResults"], 1);
    let location =
        two.second(SECOND, "GET", "/Users", None).json()["Resources"][0]["meta"]["location"].clone();
    assert!(
        location.as_str().unwrap().starts_with("http://scim.example.com/second/scim/Users/"),
        "{location}"
    );
}

#[test]
fn each_fault_shows() {
    let right = Two::with(None).answers();
    for fault in FAULTS {
        let differences = Two::with(Some(fault)).answers().iter().zip(&right).filter(|(a, b)| a != b).count();
        assert_eq!(differences, 1, "{fault}");
    }
}
