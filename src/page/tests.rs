//! The page as a browser without scripts uses it.

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

#[tokio::test]
async fn a_long_list_is_paged_through_with_its_search() {
    use crate::page::people::SHOWN;
    let browser = Browser::new().await;
    browser.live.make_people(2 * SHOWN, 1).unwrap();
    let names = |html: &str| html.matches("<tr><td><a href=").count();
    let first = browser.get("/people?q=@&show=users").await.html;
    assert!(first.contains("1 to 200 of 410") && !first.contains("rel=\"prev\""), "{first}");
    assert_eq!(names(&first), SHOWN);
    assert_eq!(browser.link(&first, "Next").as_deref(), Some("/people?show=users&q=%40&page=2"));
    let second = browser.get("/people?show=users&q=%40&page=2").await.html;
    assert!(second.contains("201 to 400 of 410") && second.contains("rel=\"prev\""), "{second}");
    assert!(second.contains("value=\"@\""), "the search stays");
    for beyond in ["3", "4", "18446744073709551615"] {
        let last = browser.get(&format!("/people?page={beyond}")).await.html;
        assert!(last.contains("401 to 410 of 410") && !last.contains("rel=\"next\""), "{last}");
        assert_eq!(names(&last), 10);
    }
    for first in ["0", "-1", "x", ""] {
        assert!(browser.get(&format!("/people?page={first}")).await.html.contains("1 to 200 of 410"));
    }
}

#[tokio::test]
async fn a_list_says_who_is_assigned_through_a_group() {
    let browser = Browser::new().await;
    let group = json!({
        "displayName": "Night shift", "mailEnabled": false, "mailNickname": "night", "securityEnabled": true
    });
    let user = json!({
        "accountEnabled": true, "displayName": "Grace", "mailNickname": "grace", "passwordProfile": {},
        "userPrincipalName": "grace@contoso.example",
    });
    let (grace, _) = browser.live.create_user(user.as_object().unwrap()).unwrap();
    let members = [grace.as_str().to_owned()];
    let (night, _) = browser.live.create_group(group.as_object().unwrap(), &members).unwrap();
    assert!(!browser.get("/people?q=grace").await.html.contains("through a group"));
    let role = browser.live.application(browser.id()).unwrap().roles[0].id;
    browser.live.assign(browser.id(), night.as_str(), role).unwrap();
    assert!(browser.get("/people?q=grace").await.html.contains("through a group"));
    assert!(browser.get("/people?show=assigned&q=night").await.html.contains("1 to 1 of 1"));
}

/// A field is marked as wrong and what is wrong with it stands beside it.
fn is_marked(html: &str, field: &str, word: &str) -> bool {
    let marked = format!("id=\"field-{field}\" aria-invalid=\"true\" aria-describedby=\"wrong-{field}\"");
    let beside =
        html.split(&format!("id=\"wrong-{field}\"")).nth(1).and_then(|rest| rest.split("</p").next());
    html.contains(&marked) && beside.is_some_and(|text| text.contains(word)) && html.contains("toast bad")
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
async fn a_name_that_several_have_is_refused_and_tells_them_apart() {
    let browser = Browser::new().await;
    let ids: Vec<String> =
        (1..=7).map(|number| browser.user(&format!("kim{number}@contoso.example"), "Kim Lee")).collect();
    let grace = browser.user("grace@contoso.example", "Grace Hopper");
    let group = browser.group("Night shift");
    let path = format!("/people/{group}");
    let seen = browser.post(&path, &[("do", "add-member"), ("member", "kim lee")]).await;
    assert!(is_marked(&seen.html, "member", "any of 7: kim1@contoso.example"), "{}", seen.html);
    assert!(seen.html.contains(&ids[0]) && seen.html.contains("and 2 more"), "{}", seen.html);
    assert!(seen.html.contains("value=\"kim lee\""), "what was typed stays");
    for member in [ids[0].as_str(), "KIM2@contoso.example", "kim3@mail.example", "grace hopper"] {
        let added = browser.post(&path, &[("do", "add-member"), ("member", member)]).await;
        assert_eq!(added.status, 303, "{member}: {}", added.html);
    }
    let twice = browser.post(&path, &[("do", "add-member"), ("member", &ids[0])]).await;
    assert!(is_marked(&twice.html, "member", "already exist"), "{}", twice.html);
    let person = format!("/people/{grace}");
    let manager = |who| [("do", "save"), ("enabled", "on"), ("p.jobTitle", "Admiral"), ("manager", who)];
    for (who, word) in
        [("Kim Lee", "any of 7"), ("Night shift", "nobody in the directory"), (grace.as_str(), "manager")]
    {
        let seen = browser.post(&person, &manager(who)).await;
        assert!(is_marked(&seen.html, "manager", word), "{who}: {}", seen.html);
        assert!(seen.html.contains("value=\"Admiral\""), "{who}: what was typed stays");
    }
    let record = browser.live.object(None, &grace, false).unwrap().1;
    assert_eq!(record.text("jobTitle"), None, "a refused form changes nothing");
    assert_eq!(browser.post(&person, &manager("kim4@mail.example")).await.status, 303);
    let seen = browser.post("/on-demand", &[("who", "Kim Lee")]).await;
    assert!(is_marked(&seen.html, "who", "any of 7"), "{}", seen.html);
    let seen = browser.get("/mapping?person=Kim+Lee").await;
    assert!(is_marked(&seen.html, "person", "any of 7"), "{}", seen.html);
}

#[tokio::test]
async fn a_mistake_stands_at_its_field_and_what_was_typed_stays() {
    let browser = Browser::new().await;
    browser.user("grace@contoso.example", "Grace Hopper");
    let ada = format!("/people/{}", browser.user("ada@contoso.example", "Ada Lovelace"));
    let url = browser.server.url().to_owned();
    let long = "x".repeat(65);
    type Fields<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, Fields<'_>, Fields<'_>)] = &[
        (
            "/people",
            &[("do", "create-user"), ("userPrincipalName", "ada"), ("displayName", " ")],
            &[("userPrincipalName", "no user principal name"), ("displayName", "needs a display name")],
        ),
        (
            "/people",
            &[("do", "create-user"), ("userPrincipalName", "Grace@contoso.example"), ("displayName", "Ada")],
            &[("userPrincipalName", "already exists")],
        ),
        ("/people", &[("do", "create-group"), ("group", "")], &[("group", "needs a display name")]),
        ("/people", &[("do", "make-up"), ("number", "100001")], &[("number", "1 to 100000")]),
        (
            &ada,
            &[("do", "save"), ("p.userPrincipalName", "grace@contoso.example"), ("p.city", "Marylebone")],
            &[("p.userPrincipalName", "already exists")],
        ),
        (
            &ada,
            &[("do", "save"), ("p.displayName", ""), ("p.city", "Marylebone")],
            &[("p.displayName", "null")],
        ),
        (
            &ada,
            &[("do", "save"), ("p.userPrincipalName", "a b@contoso.example"), ("p.city", "Marylebone")],
            &[("p.userPrincipalName", "is invalid")],
        ),
        (
            "/people",
            &[("do", "create-user"), ("userPrincipalName", "x@elsewhere.example"), ("displayName", "Ada")],
            &[("userPrincipalName", "verified domain names")],
        ),
        (
            "/people",
            &[("do", "create-user"), ("userPrincipalName", "x@contoso.example"), ("displayName", &long)],
            &[("displayName", "at most 64 characters")],
        ),
        ("/people", &[("do", "create-group"), ("group", &long)], &[("group", "at most 64 characters")]),
        (
            "/connectivity",
            &[("do", "save"), ("BaseAddress", "ftp://x"), ("threshold", "0"), ("recipients", "all")],
            &[("BaseAddress", "http"), ("threshold", "whole number"), ("recipients", "no mail address")],
        ),
        (
            "/connectivity",
            &[("do", "test"), ("BaseAddress", &url), ("SecretToken", "two words")],
            &[("SecretToken", "header")],
        ),
        (
            "/connectivity",
            &[("do", "test"), ("BaseAddress", &url), ("Oauth2TokenExchangeUri", "x"), ("Oauth2ClientId", "")],
            &[("Oauth2TokenExchangeUri", "URL"), ("Oauth2ClientId", "need"), ("Oauth2ClientSecret", "need")],
        ),
        ("", &[("do", "interval"), ("seconds", "soon")], &[("seconds", "no number of seconds")]),
        (
            "/mapping",
            &[("do", "row"), ("kind", "Direct"), ("source", "nick"), ("target", "["), ("matching", "first")],
            &[("source", "nick"), ("target", "["), ("matching", "no whole number")],
        ),
        (
            "/mapping",
            &[("do", "row"), ("kind", "Direct"), ("source", "jobTitle"), ("target", "userName")],
            &[("target", "mapped already")],
        ),
    ];
    for (path, fields, mistakes) in cases {
        let seen = browser.post(path, fields).await;
        assert_eq!(
            (seen.status, seen.html.matches("aria-invalid").count()),
            (200, mistakes.len()),
            "{}",
            seen.html
        );
        for (field, word) in *mistakes {
            assert!(is_marked(&seen.html, field, word), "{field}: {}", seen.html);
        }
        for (name, value) in &fields[1..] {
            let secret = ["SecretToken", "Oauth2ClientSecret"].contains(name);
            assert_eq!(seen.html.contains(value), !secret, "{name}: {}", seen.html);
        }
    }
    let record = browser.live.object(None, "ada@contoso.example", false).unwrap().1;
    assert_eq!(record.text("city"), None);
    let expression = "Join(\" \", [givenName], [sirname])";
    let row = [("do", "row"), ("kind", "Expression"), ("source", expression), ("target", "title")];
    let row = browser.post("/mapping", &row).await.html;
    assert!(
        row.contains("aria-describedby=\"wrong-source\"") && row.contains("did you mean `surname`?"),
        "{row}"
    );
    let import = browser.post("/people", &[("do", "import"), ("text", "displayName\nAda\n")]).await;
    assert!(import.html.contains("aria-describedby=\"wrong-text\""), "{}", import.html);
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

/// The field of a page's forms that says what they were made from, by a word that stands in it.
fn shown(html: &str, word: &str) -> String {
    let fields = html.split("name=\"shown\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let fields = fields.map(|field| field.replace("&#34;", "\"").replace("&#38;", "&").replace("&#60;", "<"));
    let found = fields.map(|field| field.replace("&#62;", ">")).find(|field| field.contains(word));
    found.unwrap_or_else(|| panic!("{word}: {html}"))
}

#[tokio::test]
async fn what_somebody_else_saved_meanwhile_is_not_replaced_unseen() {
    let browser = Browser::new().await;
    let ada = browser.user("ada@contoso.example", "Ada");
    let path = format!("/people/{ada}");
    let open = shown(&browser.get(&path).await.html, "p.displayName");
    browser.live.update(ObjectKind::User, &ada, json!({"jobTitle": "Newer"}).as_object().unwrap()).unwrap();
    let text = |name: &str| browser.live.object(None, &ada, false).unwrap().1.text(name).map(str::to_owned);
    let save = |name: &'static str, job: &'static str, open: &str| {
        [
            ("do", "save".to_owned()),
            ("enabled", "on".to_owned()),
            ("shown", open.to_owned()),
            ("p.displayName", name.to_owned()),
            ("p.jobTitle", job.to_owned()),
            ("p.userPrincipalName", "ada@contoso.example".to_owned()),
            ("p.mailNickname", "ada".to_owned()),
            ("p.mail", "ada@mail.example".to_owned()),
        ]
    };
    fn borrowed<'a>(form: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
        form.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
    // What nobody touched is not sent.
    assert_eq!(browser.post(&path, &borrowed(&save("Ada L", "", &open))).await.status, 303);
    assert_eq!((text("displayName").as_deref(), text("jobTitle").as_deref()), (Some("Ada L"), Some("Newer")));
    // What both changed is told, and replaced when it is wanted still.
    let both = save("Ada L", "Mine", &open);
    let refused = browser.post(&path, &borrowed(&both)).await.html;
    assert!(refused.contains("changed to `Newer`") && refused.contains("value=\"Mine\""), "{refused}");
    assert_eq!(text("jobTitle").as_deref(), Some("Newer"));
    let again = save("Ada L", "Mine", &shown(&refused, "p.displayName"));
    assert_eq!(browser.post(&path, &borrowed(&again)).await.status, 303);
    assert_eq!(text("jobTitle").as_deref(), Some("Mine"));

    let targets = || -> Vec<String> {
        let mapping = browser.live.job(browser.id()).unwrap().mapping();
        mapping.user.rows.iter().map(|row| row.written.clone()).collect()
    };
    let before = targets();
    let (gone, next) = (&before[4], &before[5]);
    let (first, second) =
        (browser.get("/mapping?edit=4").await.html, browser.get("/mapping?edit=5").await.html);
    let remove = |html: &str, number: &'static str, target: &str| {
        [
            ("do", "remove".to_owned()),
            ("number", number.to_owned()),
            ("shown", shown(html, &format!("[\"{target}\""))),
        ]
    };
    assert_eq!(browser.post("/mapping", &borrowed(&remove(&first, "4", gone))).await.status, 303);
    // The row that the second form was made from has another place now; the first form's is gone.
    assert_eq!(browser.post("/mapping", &borrowed(&remove(&second, "5", next))).await.status, 303);
    let refused = browser.post("/mapping", &borrowed(&remove(&first, "4", gone))).await.html;
    assert!(refused.contains("This mapping was removed while the form was open"), "{refused}");
    let left: Vec<String> =
        before.iter().filter(|target| *target != gone && *target != next).cloned().collect();
    assert_eq!(targets(), left);
    let absent = browser
        .post("/mapping", &[("do", "row"), ("number", "999"), ("source", "city"), ("target", "title")])
        .await;
    assert!(absent.html.contains("There is no mapping number 999"), "{}", absent.html);
    assert_eq!(targets(), left);

    let open = browser.get("/mapping").await.html;
    let filters = shown(&open, "[]");
    let clause =
        [("filter.0.0.attribute", "city"), ("filter.0.0.operator", "EQUALS"), ("filter.0.0.value", "London")];
    let save = |shown: &str| {
        let mut form = vec![
            ("do", "filters".to_owned()),
            ("shown", shown.to_owned()),
            ("filter.0.title", "Londoners".to_owned()),
        ];
        form.extend(clause.map(|(name, value)| (name, value.to_owned())));
        form
    };
    assert_eq!(browser.post("/mapping", &borrowed(&save(&filters))).await.status, 303);
    let refused = browser.post("/mapping", &borrowed(&save(&filters))).await.html;
    assert!(refused.contains("The scoping filters were changed while the form was open"), "{refused}");
    assert_eq!(browser.post("/mapping", &borrowed(&save(&shown(&refused, "Londoners")))).await.status, 303);
    let actions = [("do", "actions"), ("shown", "Create"), ("action", "Create")];
    assert!(browser.post("/mapping", &actions).await.html.contains("actions were changed while"));
}
