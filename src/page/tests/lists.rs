//! People, log lines, requests and cycles in pages.

use super::*;

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
