//! The page as a browser without scripts uses it.

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::json;
use tower::ServiceExt as _;

use super::router;
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
async fn what_is_typed_wrong_is_told_and_stays_in_the_form() {
    let browser = Browser::new().await;
    let id = browser.id().to_owned();
    let seen = browser.post("/connectivity", &[("BaseAddress", "ftp://x"), ("do", "save")]).await;
    assert!(
        seen.status == 200 && seen.html.contains("ftp://x") && seen.html.contains("toast bad"),
        "{}",
        seen.html
    );
    let seen = browser
        .post("/people", &[("userPrincipalName", "ada"), ("displayName", "Ada"), ("do", "create-user")])
        .await;
    assert!(
        seen.html.contains("is no user principal name") && seen.html.contains("value=\"Ada\""),
        "{}",
        seen.html
    );
    let row =
        [("do", "row"), ("object", "User"), ("kind", "Direct"), ("source", "jobTitel"), ("target", "title")];
    let seen = browser.post("/mapping", &row).await;
    assert!(
        seen.html.contains("Did you mean `jobTitle`?") && seen.html.contains(">jobTitel<"),
        "{}",
        seen.html
    );
    let seen = browser.post("/mapping", &[("do", "import"), ("schema", "{ \"no\": \"schema\" }")]).await;
    assert!(
        seen.html.contains("class=\"mistake\"") && seen.html.contains("no&#34;: &#34;schema"),
        "{}",
        seen.html
    );
    let seen = browser.post("", &[("do", "interval"), ("seconds", "soon")]).await;
    assert!(seen.html.contains("`soon` is no number of seconds"), "{}", seen.html);
    let seen = browser.post("/on-demand", &[("who", "nobody")]).await;
    assert!(seen.html.contains("neither a user nor a group"), "{}", seen.html);
    assert_eq!(browser.live.job(&id).unwrap().mapping().user.rows.len(), 7);
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
    let ada = browser.live.objects(crate::entra::directory::ObjectKind::User, false)[0].0.clone();
    let shown = browser.get(&format!("/mapping?person={ada}")).await.html;
    assert!(shown.contains("ToUpper([jobTitle], )") && shown.contains("changed"), "{shown}");
    let filters =
        [("do", "filters"), ("object", "User"), ("filters", "country EQUALS US\n\ncity IS NOT NULL")];
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
    // Something is wrong in between: the token is still the one that was tested.
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
    let save =
        [("BaseAddress", url.as_str()), ("SecretToken", ""), ("tested", name.as_str()), ("do", "save")];
    assert_eq!(browser.post("/connectivity", &save).await.status, 303);
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
async fn logs_are_filtered_by_date_and_paged_and_the_files_hold_what_is_shown() {
    let browser = Browser::new().await;
    browser.live.fix_clock(Some("2026-03-31T12:00:00Z".parse().unwrap())).unwrap();
    browser.log("Old", "2026-01-01T00:00:00Z", "create", "success", "c1");
    browser.log("March", "2026-03-05T00:00:00Z", "create", "failure", "c2");
    browser.log("Week", "2026-03-28T00:00:00Z", "update", "success", "c2");
    browser.log("\u{c9}va", "2026-03-31T11:00:00Z", "delete", "success", "c3");
    for (query, names) in [
        ("", vec!["Old", "March", "Week", "\u{c9}va"]),
        ("?date=24h", vec!["\u{c9}va"]),
        ("?date=7d", vec!["Week", "\u{c9}va"]),
        ("?date=30d", vec!["March", "Week", "\u{c9}va"]),
        ("?date=custom&from=2026-03-05&to=2026-03-28T00:00", vec!["March", "Week"]),
        ("?date=custom&to=2026-03-04", vec!["Old"]),
        ("?cycle=c2&status=Success", vec!["Week"]),
        ("?q=%C3%A9VA", vec!["\u{c9}va"]),
        ("?action=create&date=30d", vec!["March"]),
    ] {
        let html = browser.get(&format!("/logs{query}")).await.html;
        let csv = browser.get(&browser.link(&html, "Download CSV").unwrap()).await.html;
        let lines = browser.get(&browser.link(&html, "Download JSON").unwrap()).await.html;
        for name in ["Old", "March", "Week", "\u{c9}va"] {
            let (shown, own) = (names.contains(&name), format!("\"{name}\""));
            assert_eq!(html.contains(&format!(">{name}</a>")), shown, "{query}: {name}");
            assert_eq!((csv.contains(&own), lines.contains(&own)), (shown, shown), "{query}: {name}");
        }
    }
    // Thirty days later the same lines are older.
    browser.live.forward(jiff::SignedDuration::from_hours(30 * 24)).unwrap();
    assert!(browser.get("/logs?date=7d").await.html.contains("0 to 0 of 0 lines"));
    let wrong = browser.get("/logs?date=custom&from=noon").await.html;
    assert!(wrong.contains("`noon` is no date") && wrong.contains(">Old</a>"), "{wrong}");
    assert_eq!(browser.get("/logs.csv?date=custom&from=noon").await.status, 400);
}

#[tokio::test]
async fn pages_of_the_log_lead_to_each_other_while_lines_are_added() {
    let browser = Browser::new().await;
    for number in 1..=450 {
        let action = if number % 2 == 0 { "create" } else { "update" };
        browser.log(&format!("Line {number}"), "2026-03-31T11:00:00Z", action, "success", "c");
    }
    let first = browser.get("/logs").await.html;
    assert!(first.contains("1 to 200 of 450 lines") && browser.link(&first, "Previous").is_none());
    browser.log("Line 451", "2026-03-31T11:00:00Z", "update", "success", "c");
    let second = browser.get(&browser.link(&first, "Next").unwrap()).await.html;
    assert!(second.contains("202 to 401 of 451 lines") && second.contains(">Line 250</a>"), "{second}");
    let third = browser.get(&browser.link(&second, "Next").unwrap()).await.html;
    assert!(third.contains("402 to 451 of 451 lines") && third.contains(">Line 1</a>"), "{third}");
    assert!(browser.link(&third, "Next").is_none());
    let back = browser.get(&browser.link(&third, "Previous").unwrap()).await.html;
    assert!(back.contains("202 to 401 of 451 lines") && back.contains(">Line 250</a>"), "{back}");
    let before = browser.get(&browser.link(&back, "Previous").unwrap()).await.html;
    assert!(before.contains("2 to 201 of 451 lines") && before.contains(">Line 450</a>"), "{before}");
    assert_eq!(browser.link(&before, "Previous").as_deref(), Some("/logs"));
    let filtered = browser.get("/logs?action=create").await.html;
    assert!(filtered.contains("1 to 200 of 225 lines"), "{filtered}");
    let rest = browser.get(&browser.link(&filtered, "Next").unwrap()).await.html;
    assert!(rest.contains("201 to 225 of 225 lines") && !rest.contains(">Line 49</a>"), "{rest}");
}

#[tokio::test]
async fn older_requests_are_a_page_away() {
    let browser = Browser::new().await;
    let before = browser.live.store().exchange_count(None).unwrap();
    for number in before..700 {
        let body = json!({"method": "GET", "path": format!("/Users/{number}"), "answer": {"status": 200}});
        let write = Write::Exchange { application: browser.id().to_owned(), body };
        browser.live.store().write(&[write]).unwrap();
    }
    let first = browser.get("/traffic").await.html;
    assert!(first.contains("1 to 500 of 700 requests"), "{first}");
    let second = browser.get(&browser.link(&first, "Next").unwrap()).await.html;
    assert!(second.contains("501 to 700 of 700 requests") && second.contains("/traffic/1\""), "{second}");
    assert_eq!(browser.link(&second, "Previous").as_deref(), Some("/traffic"));
}

#[tokio::test]
async fn the_overview_shows_the_last_cycles_and_leads_to_their_lines() {
    let browser = Browser::new().await;
    assert!(!browser.get("").await.html.contains("Recent cycles"));
    let first = browser.live.cycle(browser.id()).await.unwrap();
    browser
        .live
        .on_demand(browser.id(), &[browser.live.find("lucinda.bruen@contoso.example").unwrap()], false)
        .await
        .unwrap();
    let html = browser.get("").await.html;
    let rows = html.split("Recent cycles").nth(1).unwrap();
    assert_eq!(rows.matches("logs?cycle=").count(), 1, "what was provisioned on demand is no cycle: {rows}");
    assert!(rows.contains("<td>initial</td>") && html.contains("the last cycle: Succeeded"), "{html}");
    let created = first.counts.created;
    assert!(created > 0 && rows.contains(&format!("<td>{created}</td>")), "{rows}");
    let lines = browser.get(&format!("/logs?cycle={}", first.activity)).await.html;
    let all = first.counts;
    let all = all.created + all.updated + all.disabled + all.deleted + all.skipped + all.failed;
    assert!(lines.contains(&format!("1 to {all} of {all} lines")), "{lines}");
}
