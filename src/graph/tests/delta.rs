//! Delta queries.

use super::*;

#[tokio::test]
async fn a_delta_query_tells_what_changed_since() {
    let client = Client::new();
    let (ada, grace) = (client.person("Ada").await, client.person("Grace").await);
    let first = client.get("/v1.0/users/delta()?$select=displayName").await.is(200);
    assert_eq!(first["value"].as_array().unwrap().len(), 2);
    let link = |page: &Value| {
        page["@odata.deltaLink"].as_str().unwrap().strip_prefix("http://127.0.0.1:1").unwrap().to_owned()
    };
    assert!(client.get(&link(&first)).await.is(200)["value"].as_array().unwrap().is_empty());
    client.patch(&format!("/v1.0/users/{ada}"), json!({"displayName": "Ada L"})).await.is(204);
    client.delete(&format!("/v1.0/users/{grace}")).await.is(204);
    let second = client.get(&link(&first)).await.is(200);
    assert_eq!(
        second["value"],
        json!([
            {"displayName": "Ada L", "id": ada}, {"id": grace, "@removed": {"reason": "changed"}},
        ])
    );
    client.get("/v1.0/users/delta?$deltatoken=x.1.0.").await.refuses(410, "syncStateNotFound");
    let latest = client.get("/v1.0/groups/delta?$deltatoken=latest").await.is(200);
    let group = json!({
        "displayName": "Team", "mailEnabled": false, "mailNickname": "t", "securityEnabled": true,
        "members@odata.bind": [format!("https://x/v1.0/users/{ada}")],
    });
    let team = client.post("/v1.0/groups", group).await.is(201)["id"].clone();
    let third = client.get(&link(&latest)).await.is(200);
    assert_eq!(third["value"][0]["id"], team);
    assert_eq!(
        third["value"][0]["members@delta"],
        json!([{"@odata.type": "#microsoft.graph.user", "id": ada}])
    );
}

#[tokio::test]
async fn a_delta_query_keeps_its_filter() {
    let client = Client::new();
    let (ada, grace) = (client.person("Ada").await, client.person("Grace").await);
    let path = |page: &Value| {
        page["@odata.deltaLink"].as_str().unwrap().strip_prefix("http://127.0.0.1:1").unwrap().to_owned()
    };
    let mut page = client.get(&format!("/v1.0/users/delta?$filter=id eq '{ada}'")).await.is(200);
    for name in ["Ada 2", "Ada 3"] {
        client.patch(&format!("/v1.0/users/{ada}"), json!({"displayName": name})).await.is(204);
        client.patch(&format!("/v1.0/users/{grace}"), json!({"displayName": name})).await.is(204);
        page = client.get(&path(&page)).await.is(200);
        assert_eq!(page["value"].as_array().unwrap().len(), 1);
        assert_eq!(page["value"][0]["displayName"], name);
    }
    client.delete(&format!("/v1.0/users/{grace}")).await.is(204);
    assert_eq!(client.get(&path(&page)).await.is(200)["value"], json!([]));
}

/// Graph: delta-query-overview. Only what is selected is tracked; relationships are, if they are or nothing is.
#[tokio::test]
async fn a_delta_query_tracks_what_is_selected() {
    let client = Client::new();
    let (ada, grace) = (client.person("Ada").await, client.person("Grace").await);
    let manager = json!({ "@odata.id": format!("users/{grace}") });
    client.put(&format!("/v1.0/users/{ada}/manager/$ref"), manager.clone()).await.is(204);
    let group = json!({
        "displayName": "Team", "mailEnabled": false, "mailNickname": "t", "securityEnabled": true,
        "members@odata.bind": [format!("users/{ada}")],
    });
    let team = client.post("/v1.0/groups", group).await.is(201)["id"].as_str().unwrap().to_owned();
    let first = async |path: &str| client.get(path).await.is(200);
    let names = first("/v1.0/users/delta?$select=displayName").await;
    let managers = first("/v1.0/users/delta?$select=displayName,manager").await;
    let all = first("/v1.0/users/delta").await;
    let group_names = first("/v1.0/groups/delta?$select=displayName").await;
    let groups = first("/v1.0/groups/delta").await;
    let of_grace = json!([{"@odata.type": "#microsoft.graph.user", "id": grace}]);
    assert_eq!(names["value"][0], json!({"id": ada, "displayName": "Ada"}));
    assert_eq!(
        (&managers["value"][0]["manager@delta"], &all["value"][0]["manager@delta"]),
        (&of_grace, &of_grace)
    );
    assert_eq!(group_names["value"][0], json!({"id": team, "displayName": "Team"}));
    assert_eq!(groups["value"][0]["members@delta"][0]["id"], ada.as_str());
    let then =
        async |page: &Value| client.get(&link(page, "@odata.deltaLink")).await.is(200)["value"].clone();
    client.patch(&format!("/v1.0/users/{ada}"), json!({"department": "Sales"})).await.is(204);
    assert_eq!((then(&names).await, then(&managers).await), (json!([]), json!([])));
    assert_eq!(then(&all).await[0]["id"], ada.as_str());
    client.delete(&format!("/v1.0/users/{ada}/manager/$ref")).await.is(204);
    client.delete(&format!("/v1.0/groups/{team}/members/{ada}/$ref")).await.is(204);
    let removed =
        json!([{"@odata.type": "#microsoft.graph.user", "id": grace, "@removed": {"reason": "deleted"}}]);
    assert_eq!(then(&names).await, json!([]));
    assert_eq!(then(&managers).await, json!([{"id": ada, "displayName": "Ada", "manager@delta": removed}]));
    assert_eq!(then(&all).await[0]["manager@delta"], removed);
    assert_eq!(then(&group_names).await, json!([]));
    assert_eq!(then(&groups).await[0]["members@delta"][0]["@removed"], json!({"reason": "deleted"}));
    for filter in
        ["displayName eq 'Ada'", "id ne 'x'", "id eq 'x' and id eq 'y'", &vec!["id eq 'x'"; 51].join(" or ")]
    {
        let path = format!("/v1.0/users/delta?$filter={filter}");
        client.get(&path).await.refuses(400, "Request_UnsupportedQuery");
    }
    let path = format!("/v1.0/users/delta?$filter={} or id eq '{ada}'", vec!["id eq 'x'"; 49].join(" or "));
    assert_eq!(client.get(&path).await.is(200)["value"].as_array().unwrap().len(), 1);
}

/// The change log of a tenant that was put back is another one: a token of the old one would pass over changes.
#[tokio::test]
async fn a_delta_token_ends_with_the_state_that_gave_it_out() {
    let client = Client::new();
    client.person("Ada").await;
    client.act("/_scimulate/checkpoint?name=c").await.is(200);
    for back in ["/_scimulate/restore?name=c", "/_scimulate/reset"] {
        let page = client.get("/v1.0/users/delta").await.is(200);
        let delta = link(&page, "@odata.deltaLink");
        client.get(&delta).await.is(200);
        client.act(back).await.is(200);
        client.person("Grace").await;
        client.get(&delta).await.refuses(410, "syncStateNotFound");
    }
}

#[tokio::test]
async fn whoever_prefers_little_hears_what_changed_alone() {
    let client = Client::new();
    let (ada, grace) = (client.person("Ada").await, client.person("Grace").await);
    let whole = client.get_minimal("/v1.0/users/delta?$select=displayName,jobTitle,accountEnabled").await;
    assert_eq!(whole.preference, None, "who is not known yet is whole");
    let delta = link(&whole.is(200), "@odata.deltaLink");
    client
        .patch(&format!("/v1.0/users/{ada}"), json!({"jobTitle": "Admiral", "accountEnabled": false}))
        .await
        .is(204);
    client.patch(&format!("/v1.0/users/{grace}"), json!({"city": "London"})).await.is(204);
    let mary = client.person("Mary").await;
    let page = client.get_minimal(&delta).await;
    assert_eq!(page.preference.as_deref(), Some("return=minimal"));
    let expected = json!([
        {"id": ada, "jobTitle": "Admiral", "accountEnabled": false},
        {"id": mary, "displayName": "Mary", "jobTitle": "Engineer", "accountEnabled": true},
    ]);
    assert_eq!(page.is(200)["value"], expected, "what was not asked for did not change");
    // Without the preference, all selected properties are returned.
    let page = client.get(&delta).await;
    assert_eq!(page.preference, None);
    let ada = json!({"id": ada, "displayName": "Ada", "jobTitle": "Admiral", "accountEnabled": false});
    assert_eq!(page.is(200)["value"][0], ada);
}
