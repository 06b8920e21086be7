//! The page as a browser without scripts uses it.

mod lists;
mod mistakes;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use futures_util::StreamExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use super::router;
use crate::entra::directory::ObjectKind;
use crate::store::Write;
use crate::tenant::{ConnectionSecrets, LiveSettings, LiveTenant, TIMECLOCK};
use crate::testserver::TestServer;

struct Browser {
    router: axum::Router,
    live: LiveTenant,
    app: String,
    token: String,
    server: TestServer,
}

struct Seen {
    status: u16,
    html: String,
    location: String,
}

impl Browser {
    async fn new() -> Self {
        let server = TestServer::builder().profile("timeclock-365-saml").start().unwrap();
        let live = LiveTenant::open(LiveSettings::default()).unwrap();
        let secrets = ConnectionSecrets::bearer(server.url(), server.token());
        let info = live.furnish(TIMECLOCK, secrets, false, true).await.unwrap();
        let app = format!("/app/{}", info.service_principal);
        let mut browser = Browser { router: router(live.clone()), live, app, token: String::new(), server };
        let html = browser.get("").await.html;
        let token = html.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        browser.token = token.unwrap().to_owned();
        browser
    }

    async fn send(&self, request: Request<Body>) -> Seen {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        if status == 200 {
            let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
        }
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Seen {
            status,
            html: String::from_utf8(bytes.to_vec()).unwrap(),
            location: location.unwrap_or_default(),
        }
    }

    async fn get(&self, path: &str) -> Seen {
        self.send(Request::get(format!("{}{path}", self.app)).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", &self.token).extend_pairs(fields);
        let request = Request::post(format!("{}{path}", self.app)).body(Body::from(form.finish()));
        self.send(request.unwrap()).await
    }

    fn id(&self) -> &str {
        self.app.strip_prefix("/app/").unwrap()
    }
}

const PAGES: &[&str] = &[
    "",
    "/on-demand",
    "/connectivity",
    "/mapping",
    "/people",
    "/people?show=groups",
    "/people?show=assigned",
    "/logs",
    "/traffic",
    "/traffic/1",
    "/drift",
    "/drift?read=now",
    "/logs.csv",
    "/logs.json",
    "/scenario.yaml",
    "/traffic.har",
    "/mapping.json",
];

#[tokio::test]
async fn every_page_is_shown_and_none_shows_the_token_of_the_target() {
    let browser = Browser::new().await;
    browser.live.cycle(browser.id()).await.unwrap();
    for path in PAGES {
        let seen = browser.get(path).await;
        assert_eq!(seen.status, 200, "{path}: {}", seen.html);
        assert!(!seen.html.contains(browser.server.token()), "{path}");
    }
    let drift = browser.get("/drift?read=now").await.html;
    assert!(drift.contains("5 of 5 are as they should be"), "{drift}");
    for path in
        ["/nowhere", "/traffic/999", "/traffic/x", "/logs/999", "/people/nobody", "/logs/9223372036854775807"]
    {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let wrong = browser.send(Request::get("/app/nobody").body(Body::empty()).unwrap()).await;
    assert_eq!(wrong.status, 404);
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let mut browser = Browser::new().await;
    browser.token = "of somebody else".to_owned();
    for path in ["", "/connectivity", "/mapping", "/people", "/on-demand"] {
        assert_eq!(browser.post(path, &[("do", "pause")]).await.status, 403, "{path}");
    }
    let put = Request::put(browser.app.clone()).body(Body::empty()).unwrap();
    assert_eq!(browser.send(put).await.status, 404);
}

#[tokio::test]
async fn rows_filters_and_actions_of_a_mapping_are_changed() {
    let browser = Browser::new().await;
    let row = [
        ("do", "row"),
        ("object", "User"),
        ("kind", "Expression"),
        ("source", "ToUpper([jobTitle], )"),
        ("target", "title"),
        ("flow", "ObjectAddOnly"),
    ];
    assert_eq!(browser.post("/mapping", &row).await.status, 303);
    let ada = browser.live.objects(ObjectKind::User, false)[0].0.clone();
    let shown = browser.get(&format!("/mapping?person={ada}")).await.html;
    assert!(shown.contains("ToUpper([jobTitle], )") && shown.contains("changed"), "{shown}");
    let filters = [
        ("do", "filters"),
        ("object", "User"),
        ("filter.0.title", "Offices"),
        ("filter.0.0.attribute", "country"),
        ("filter.0.0.operator", "EQUALS"),
        ("filter.0.0.value", "US"),
        ("filter.1.title", "Anywhere"),
        ("filter.1.0.attribute", "city"),
        ("filter.1.0.operator", "IS NOT NULL"),
        ("filter.1.0.value", ""),
    ];
    assert_eq!(browser.post("/mapping", &filters).await.status, 303);
    let actions = [("do", "actions"), ("object", "User"), ("action", "Create")];
    assert_eq!(browser.post("/mapping", &actions).await.status, 303);
    let mapping = browser.live.job(browser.id()).unwrap().mapping();
    assert_eq!((mapping.user.rows.len(), mapping.user.filter.groups.len()), (8, 2));
    assert_eq!(mapping.user.actions.to_string(), "Add");
    assert_eq!(browser.post("/mapping", &[("do", "default"), ("object", "User")]).await.status, 303);
    assert_eq!(browser.live.job(browser.id()).unwrap().mapping().user.rows.len(), 7);
    let only = [("do", "remove"), ("object", "User"), ("number", "0")];
    assert!(browser.post("/mapping", &only).await.html.contains("only matching attribute"));
}

#[tokio::test]
async fn people_are_created_changed_assigned_deleted_and_restored() {
    let browser = Browser::new().await;
    let fields = [
        ("userPrincipalName", "ada@contoso.example"),
        ("displayName", "Ada <b>Lovelace"),
        ("do", "create-user"),
    ];
    let made = browser.post("/people", &fields).await;
    let path = made.location.strip_prefix(&browser.app).unwrap().split('?').next().unwrap().to_owned();
    let shown = browser.get(&path).await.html;
    assert!(shown.contains("Ada &#60;b&#62;Lovelace"), "{shown}");
    for (fields, word) in [
        (
            vec![
                ("do", "save"),
                ("p.jobTitle", "Countess"),
                ("enabled", "on"),
                ("manager", "lucinda.bruen@contoso.example"),
            ],
            "Countess",
        ),
        (vec![("do", "assign"), ("role", "")], "Remove assignment"),
        (vec![("do", "delete")], "in the recycle bin"),
        (vec![("do", "restore")], "Countess"),
        (vec![("do", "unassign")], "Assign to the application"),
    ] {
        let done = browser.post(&path, &fields).await;
        assert_eq!(
            done.status,
            if fields[1..].iter().any(|(name, _)| *name == "role") { 200 } else { 303 },
            "{}",
            done.html
        );
        if done.status == 200 {
            // The role that was chosen is none of the application's.
            let role = browser.live.application(browser.id()).unwrap().roles[0].id.to_string();
            assert_eq!(browser.post(&path, &[("do", "assign"), ("role", &role)]).await.status, 303);
        }
        let shown = browser.get(&path).await.html;
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let wrong = browser.post(&path, &[("do", "save"), ("manager", "nobody")]).await;
    assert!(wrong.html.contains("`nobody` is nobody in the directory"), "{}", wrong.html);
    let csv = "userPrincipalName,displayName\ngrace@contoso.example,Grace\n";
    assert_eq!(browser.post("/people", &[("do", "import"), ("text", csv)]).await.status, 303);
    assert!(browser.get("/people?q=grace").await.html.contains("grace@contoso.example"));
    let json = json!({"users": [{"userPrincipalName": "x"}, {"displayName": "nameless"}]}).to_string();
    let left_out = browser.post("/people", &[("do", "import"), ("text", &json)]).await;
    assert!(left_out.html.contains("1 rows were left out"), "{}", left_out.html);
}

#[tokio::test]
async fn a_token_that_was_tested_is_the_one_that_is_saved() {
    let browser = Browser::new().await;
    let url = browser.server.url().to_owned();
    let hidden = |html: &str| {
        let named = html.split("name=\"tested\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        named.unwrap_or_default().to_owned()
    };
    let wrong = [("BaseAddress", url.as_str()), ("SecretToken", "an-0ld-one"), ("do", "save")];
    browser.post("/connectivity", &wrong).await;
    let right = [("BaseAddress", url.as_str()), ("SecretToken", browser.server.token()), ("do", "test")];
    let tested = browser.post("/connectivity", &right).await.html;
    assert!(tested.contains("authorized") && !tested.contains(browser.server.token()), "{tested}");
    // Something is wrong in between: the token is still the one that was tested, or the one that was typed.
    let name = hidden(&tested);
    let mistaken = [
        ("BaseAddress", url.as_str()),
        ("SecretToken", ""),
        ("threshold", "x"),
        ("tested", name.as_str()),
        ("do", "save"),
    ];
    let again = browser.post("/connectivity", &mistaken).await.html;
    let name = hidden(&again);
    let save = |name: &str| {
        [
            ("BaseAddress", url.clone()),
            ("SecretToken", String::new()),
            ("tested", name.to_owned()),
            ("do", "save".to_owned()),
        ]
    };
    let saved = save(&name);
    let saved = saved.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(browser.post("/connectivity", &saved).await.status, 303);
    browser.live.test_connection(browser.id(), None).await.unwrap();
    // A token is typed beside a mistake: it is kept without being shown.
    browser.post("/connectivity", &wrong).await;
    let mistaken = [("BaseAddress", ""), ("SecretToken", browser.server.token()), ("do", "save")];
    let again = browser.post("/connectivity", &mistaken).await.html;
    assert!(again.contains("as it was typed") && !again.contains(browser.server.token()), "{again}");
    let saved = save(&hidden(&again));
    let saved = saved.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(browser.post("/connectivity", &saved).await.status, 303);
    browser.live.test_connection(browser.id(), None).await.unwrap();
}

#[tokio::test]
async fn an_address_cannot_put_words_into_a_page() {
    let browser = Browser::new().await;
    assert!(!browser.get("?told=Call+this+number").await.html.contains("Call this number"));
    let done = browser.post("", &[("do", "pause")]).await.location;
    let path = done.strip_prefix(browser.app.as_str()).unwrap().to_owned();
    assert!(browser.get(&path).await.html.contains("Provisioning was paused"));
    assert!(!browser.get(&path).await.html.contains("Provisioning was paused"), "it is said once");
}

impl Browser {
    /// Creates somebody, and says which id they have.
    fn user(&self, principal: &str, name: &str) -> String {
        let (local, _) = principal.split_once('@').unwrap();
        let body = json!({
            "accountEnabled": true, "displayName": name, "mailNickname": local, "passwordProfile": {},
            "userPrincipalName": principal, "mail": format!("{local}@mail.example"),
        });
        self.live.create_user(body.as_object().unwrap()).unwrap().0.as_str().to_owned()
    }

    fn group(&self, name: &str) -> String {
        let body = json!({
            "displayName": name, "mailEnabled": false, "mailNickname": "group", "securityEnabled": true
        });
        self.live.create_group(body.as_object().unwrap(), &[]).unwrap().0.as_str().to_owned()
    }
}

#[tokio::test]
async fn scoping_filters_are_made_clause_by_clause_and_saved_when_wanted() {
    let browser = Browser::new().await;
    let saved = || browser.live.job(browser.id()).unwrap().mapping().user.filter.clone();
    let added = browser.post("/mapping", &[("object", "User"), ("change", "add-filter")]).await;
    assert!(
        added.html.contains("name=\"filter.0.title\"") && added.html.contains("Filter 1"),
        "{}",
        added.html
    );
    assert!(
        added.html.contains("not saved yet") && added.html.contains("Choose an attribute"),
        "{}",
        added.html
    );
    let mut fields = vec![
        ("object", "User"),
        ("filter.0.title", "Engineers & co"),
        ("filter.0.0.attribute", "department"),
        ("filter.0.0.operator", "LIKE"),
        ("filter.0.0.value", "Engineering"),
    ];
    let with = |fields: &[(&'static str, &'static str)], button| {
        let mut all = fields.to_vec();
        all.push(button);
        all
    };
    let two = browser.post("/mapping", &with(&fields, ("change", "add-clause.0"))).await.html;
    assert!(two.contains("Engineers &#38; co") && two.contains("name=\"filter.0.1.value\""), "{two}");
    assert!(two.contains("<option selected>LIKE</option>"), "what was typed stays: {two}");
    assert!(saved().groups.is_empty(), "nothing is saved before it is wanted");
    let wrong = browser.post("/mapping", &with(&fields, ("do", "filters"))).await.html;
    assert!(is_marked(&wrong, "filter.0.0.operator", "is not an operator of scoping filters"), "{wrong}");
    fields[3].1 = "EQUALS";
    assert_eq!(browser.post("/mapping", &with(&fields, ("do", "filters"))).await.status, 303);
    assert_eq!((saved().groups.len(), saved().groups[0].name.as_str()), (1, "Engineers & co"));
    let shown = browser.get("/mapping").await.html;
    assert!(
        shown.contains("value=\"Engineers &#38; co\"") && shown.contains("<option selected>department"),
        "{shown}"
    );
    let exported = browser.get("/mapping.json").await.html;
    assert!(exported.contains("\"name\": \"Engineers & co\""), "{exported}");
    let none = browser.post("/mapping", &with(&fields, ("change", "remove-clause.0.0"))).await.html;
    assert!(!none.contains("filter.0.0.") && none.contains("filter.0.title"), "{none}");
    let empty = [("object", "User"), ("filter.0.title", "Nobody"), ("do", "filters")];
    assert!(is_marked(&browser.post("/mapping", &empty).await.html, "filter.0.title", "no clause"));
    assert_eq!(browser.post("/mapping", &[("object", "User"), ("do", "filters")]).await.status, 303);
    assert!(saved().groups.is_empty());
}

#[tokio::test]
async fn groups_are_mapped_where_the_template_maps_none() {
    let browser = Browser::new().await;
    let night = browser.group("Night shift");
    let grace = browser.user("grace@contoso.example", "Grace Hopper");
    browser.live.add_members(&night, &[grace]).unwrap();
    let role = browser.live.application(browser.id()).unwrap().roles[0].id;
    browser.live.assign(browser.id(), &night, role).unwrap();
    let mapped = || browser.live.job(browser.id()).unwrap().mapping().group.clone();
    let off = browser.get("/mapping?object=Group").await.html;
    assert!(off.contains("Add the group mapping") && off.contains("<code>members</code>"), "{off}");
    let row = [("do", "row"), ("object", "Group"), ("kind", "Direct")];
    assert!(browser.post("/mapping", &row).await.html.contains("Groups are not mapped"));
    let on = [("object", "Group"), ("do", "groups-on")];
    let done = browser.post("/mapping", &on).await.location;
    let told = browser.get(done.strip_prefix(browser.app.as_str()).unwrap()).await.html;
    for word in ["A group mapping was added", "displayName from displayName", "externalId from objectId"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(!told.contains("class=\"differs\""), "it is what Entra adds");
    assert_eq!(mapped().unwrap().rows.len(), 3);
    browser.live.cycle(browser.id()).await.unwrap();
    let accounts = browser.live.known_links(browser.id());
    assert!(accounts.iter().any(|(id, _)| id.as_str() == night), "the group was provisioned: {accounts:?}");
    // What is changed before it is switched off is there when it is switched on again.
    let remove = [("do", "remove"), ("object", "Group"), ("number", "1")];
    assert_eq!(browser.post("/mapping", &remove).await.status, 303);
    assert_eq!(browser.post("/mapping", &[("object", "Group"), ("do", "groups-off")]).await.status, 303);
    assert_eq!(mapped(), None);
    let off = browser.get("/mapping?object=Group").await.html;
    assert!(off.contains("Switch the group mapping on") && !off.contains("externalId"), "{off}");
    assert_eq!(browser.post("/mapping", &on).await.status, 303);
    assert_eq!(mapped().unwrap().rows.len(), 2);
}

impl Browser {
    /// Writes a line of the log as a cycle would.
    fn log(&self, name: &str, at: &str, action: &str, status: &str, cycle: &str) {
        let body = json!({
            "activityDateTime": at, "cycleId": cycle, "provisioningAction": action, "changeId": name,
            "provisioningStatusInfo": {"status": status}, "sourceIdentity": {"id": "1", "displayName": name},
        });
        let write = Write::Log { application: self.id().to_owned(), object: "1".into(), body };
        self.live.store().write(&[write]).unwrap();
    }

    /// The address that a link of this name leads to, below the application's.
    fn link(&self, html: &str, name: &str) -> Option<String> {
        let before =
            html.split(&format!("\">{name}</a>")).next().filter(|before| before.len() < html.len())?;
        let path = before.rsplit("href=\"").next()?.split('"').next()?.strip_prefix(&self.app)?;
        Some(path.replace("&#38;", "&"))
    }
}

#[tokio::test]
async fn an_event_has_data_or_a_browser_drops_it() {
    let browser = Browser::new().await;
    let request = Request::get("/events").body(Body::empty()).unwrap();
    let response = browser.router.clone().oneshot(request).await.unwrap();
    let mut events = response.into_body().into_data_stream();
    browser.user("eve@contoso.example", "Eve");
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(event, "event: directory\ndata: directory\n\n");
}

/// A field is marked as wrong and what is wrong with it stands beside it.
fn is_marked(html: &str, field: &str, word: &str) -> bool {
    let marked = format!("id=\"field-{field}\" aria-invalid=\"true\" aria-describedby=\"wrong-{field}\"");
    let beside =
        html.split(&format!("id=\"wrong-{field}\"")).nth(1).and_then(|rest| rest.split("</p").next());
    html.contains(&marked) && beside.is_some_and(|text| text.contains(word)) && html.contains("toast bad")
}
