//! What is typed wrong, or over what somebody else saved.

use super::*;

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
