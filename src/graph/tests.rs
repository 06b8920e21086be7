//! Graph as its clients use it, over a tenant whose target is a real server.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::router;
use crate::door::Door;
use crate::tenant::{LiveSettings, LiveTenant};
use crate::testserver::TestServer;

/// A client.
struct Client {
    router: axum::Router,
}

/// What a client sees.
#[derive(Debug)]
struct Seen {
    status: u16,
    body: Value,
    text: String,
    /// What of `Prefer` was followed.
    preference: Option<String>,
}

impl Seen {
    fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    fn refuses(self, status: u16, code: &str) -> String {
        let body = self.is(status);
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(body["error"]["innerError"]["request-id"].is_string(), "{body}");
        body["error"]["message"].as_str().unwrap().to_owned()
    }
}

impl Client {
    fn new() -> Self {
        let live = LiveTenant::open(LiveSettings::default()).unwrap();
        let door = Door::of_this_machine("http");
        Client { router: router(live, "http", door) }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Seen {
        let request = Request::builder().method(method).uri(path);
        self.answered(request, body).await
    }

    async fn answered(&self, request: request::Builder, body: Option<&Value>) -> Seen {
        let mut request = request.header("host", "127.0.0.1:1");
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let preference =
            response.headers().get("preference-applied").map(|name| name.to_str().unwrap().to_owned());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(status != 204 || bytes.is_empty());
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Seen { status, body: serde_json::from_str(&text).unwrap_or_default(), text, preference }
    }

    async fn get(&self, path: &str) -> Seen {
        self.send(Method::GET, &path.replace(' ', "%20"), None).await
    }

    /// What a client gets that knows the objects and wants to hear of changes alone.
    async fn get_minimal(&self, path: &str) -> Seen {
        let request = Request::builder().uri(path.replace(' ', "%20")).header("prefer", "return=minimal");
        self.answered(request, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Seen {
        self.send(Method::POST, path, Some(&body)).await
    }

    async fn act(&self, path: &str) -> Seen {
        self.send(Method::POST, path, None).await
    }

    async fn patch(&self, path: &str, body: Value) -> Seen {
        self.send(Method::PATCH, path, Some(&body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Seen {
        self.send(Method::PUT, path, Some(&body)).await
    }

    async fn delete(&self, path: &str) -> Seen {
        self.send(Method::DELETE, path, None).await
    }

    /// Somebody with everything that Microsoft's validation gives them.
    async fn person(&self, name: &str) -> String {
        let user = json!({
            "accountEnabled": true, "displayName": name, "mailNickname": name.to_lowercase(),
            "userPrincipalName": format!("{}@contoso.example", name.to_lowercase()),
            "passwordProfile": {"forceChangePasswordNextSignIn": true, "password": "s3cr3t-pass"},
            "givenName": name, "surname": "Lovelace", "jobTitle": "Engineer", "department": "Research",
            "employeeId": "42", "mail": format!("{}@contoso.example", name.to_lowercase()),
            "businessPhones": ["+1 425 555 0100"], "mobilePhone": "+1 425 555 0101", "faxNumber": "+1 425 555 0102",
            "officeLocation": "18/2111", "streetAddress": "1 Way", "city": "Redmond", "state": "WA",
            "postalCode": "98052", "country": "US", "preferredLanguage": "en-US", "usageLocation": "US",
            "employeeOrgData": {"costCenter": "1", "division": "2"}, "otherMails": ["x@contoso.example"],
            "hireDate": "2026-01-01T00:00:00Z", "employeeType": "Employee", "companyName": "Contoso",
        });
        let made = self.post("/v1.0/users", user).await.is(201);
        assert!(made["@odata.context"].as_str().unwrap().ends_with("#users/$entity"));
        made["id"].as_str().unwrap().to_owned()
    }

    /// An application from a template with a job against that server: the ids of service principal, job and role.
    async fn application(&self, template: &str, server: &TestServer) -> (String, String, String) {
        let made = self
            .post(
                &format!("/v1.0/applicationTemplates/{template}/instantiate"),
                json!({"displayName": "App"}),
            )
            .await
            .is(201);
        let sp = made["servicePrincipal"]["id"].as_str().unwrap().to_owned();
        let sync = format!("/v1.0/servicePrincipals/{sp}/synchronization");
        let secrets = json!({"value": [
            {"key": "BaseAddress", "value": server.url()}, {"key": "SecretToken", "value": server.token()},
            {"key": "SyncAll", "value": "false"},
            {"key": "SyncNotificationSettings", "value": "{\"Enabled\":false,\"DeleteThresholdEnabled\":false}"},
        ]});
        let templates = self.get(&format!("{sync}/templates")).await.is(200);
        let template = templates["value"][0]["id"].clone();
        let tested = json!({"templateId": template, "credentials": secrets["value"]});
        self.post(&format!("{sync}/jobs/validateCredentials"), tested).await.is(204);
        self.put(&format!("{sync}/secrets"), secrets).await.is(204);
        let job = self.post(&format!("{sync}/jobs"), json!({"templateId": template})).await.is(201);
        let roles = self.get(&format!("/v1.0/servicePrincipals/{sp}?$select=appRoles")).await.is(200);
        let role = roles["appRoles"].as_array().unwrap().iter().find(|role| role["displayName"] == "User");
        let role = role.unwrap()["id"].as_str().unwrap().to_owned();
        (sp, job["id"].as_str().unwrap().to_owned(), role)
    }

    async fn cycle(&self) -> Value {
        self.act("/_scimulate/cycle").await.is(200)["value"][0].clone()
    }

    async fn newest(&self, filter: &str) -> Value {
        let path =
            format!("/v1.0/auditLogs/provisioning?$filter={filter}&$top=1&$orderby=activityDateTime desc");
        let found = self.get(&path).await.is(200);
        found["value"].get(0).cloned().unwrap_or_default()
    }
}

/// Every call of Microsoft's own validation (AzureAD/SCIMReferenceCode, Microsoft.SCIM.LogicAppValidationTemplate), with
/// its filters of the log.
#[tokio::test]
async fn microsofts_validation_finds_everything_it_asks_for() {
    let (client, server) = (Client::new(), TestServer::start().unwrap());
    let (sp, job, role) = client.application("2e388773-2016-40c0-a06e-743486cef3bf", &server).await;
    let sync = format!("/v1.0/servicePrincipals/{sp}/synchronization");
    let jobs = client.get(&format!("{sync}/jobs")).await.is(200);
    assert_eq!(
        (jobs["value"][0]["id"].as_str(), jobs["value"].as_array().unwrap().len()),
        (Some(job.as_str()), 1)
    );
    assert!(job.starts_with("isvonboarding."));
    let before = client.get(&format!("{sync}/jobs/{job}")).await.is(200);
    assert_eq!(before["schedule"], json!({"expiration": null, "interval": "PT40M", "state": "Disabled"}));
    assert_eq!(before["status"]["code"], "Paused");
    assert_eq!(before["status"]["steadyStateLastAchievedTime"], "0001-01-01T00:00:00Z");
    let schema = client.get(&format!("{sync}/jobs/{job}/schema")).await.is(200);
    let rule = &schema["synchronizationRules"][0];
    assert_eq!(schema["directories"][0]["name"], "Microsoft Entra ID");
    let users = rule["objectMappings"].as_array().unwrap().iter().find(|mapping| {
        mapping["targetObjectName"] == "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    });
    assert!(users.unwrap()["attributeMappings"].as_array().unwrap().len() > 15);
    let parameters = client
        .get(&format!("/beta/servicePrincipals/{sp}/synchronization/connectivityParameters"))
        .await
        .is(200);
    assert_eq!(
        parameters["value"][0],
        json!({"key": "baseaddress", "name": "BaseAddress", "value": server.url()})
    );

    let (ada, boss) = (client.person("Ada").await, client.person("Boss").await);
    let assign = |who: &str| json!({"principalId": who, "resourceId": sp, "appRoleId": role});
    for who in [&ada, &boss] {
        client.post(&format!("/v1.0/users/{who}/appRoleAssignments"), assign(who)).await.is(201);
    }
    let on_demand = |who: &str, kind: &str| json!({"parameters": [{"ruleId": rule["id"], "subjects": [{"objectId": who, "objectTypeName": kind}]}]});
    let path = format!("{sync}/jobs/{job}/provisionOnDemand");
    let made = client.post(&path, on_demand(&ada, "User")).await.is(200);
    let (key, value): (Value, Value) = (
        serde_json::from_str(made["key"].as_str().unwrap()).unwrap(),
        serde_json::from_str(made["value"].as_str().unwrap()).unwrap(),
    );
    assert_eq!((key["result"].as_str(), value["action"].as_str()), (Some("Success"), Some("Create")));
    assert!(value["provisioningSteps"].as_array().unwrap().len() >= 3, "{value}");
    client.act(&format!("{sync}/jobs/{job}/start")).await.is(204);
    client.cycle().await;

    let of = |who: &str, rest: &str| {
        format!(
            "jobId eq '{job}' and servicePrincipal/id eq '{sp}' and sourceIdentity/id eq '{who}' and {rest}"
        )
    };
    let created = client.newest(&of(&ada, "provisioningAction eq 'Create'")).await;
    assert_eq!(created["provisioningStatusInfo"]["status"], "success");
    let began = created["activityDateTime"].as_str().unwrap().to_owned();

    client.patch(&format!("/v1.0/users/{ada}"), json!({"jobTitle": "Countess"})).await.is(204);
    let url = format!("https://graph.microsoft.com/v1.0/users/{boss}");
    client.put(&format!("/v1.0/users/{ada}/manager/$ref"), json!({"@odata.id": url})).await.is(204);
    assert_eq!(client.get(&format!("/v1.0/users/{ada}/manager")).await.is(200)["id"], boss.as_str());
    client.cycle().await;
    let managed = client
        .newest(&of(&ada, &format!(
            "provisioningAction eq 'Update' and activityDateTime ge {began} and modifiedProperties/any(p: p/displayName eq 'manager' or p/displayName eq 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager')"
        )))
        .await;
    let boss_at_target =
        client.newest(&of(&boss, "provisioningAction eq 'create'")).await["targetIdentity"]["id"].clone();
    assert_eq!(managed["modifiedProperties"][0]["newValue"], boss_at_target, "{managed}");
    client.delete(&format!("/v1.0/users/{ada}/manager/$ref")).await.is(204);
    client.get(&format!("/v1.0/users/{ada}/manager")).await.refuses(404, "Request_ResourceNotFound");

    let group = json!({
        "displayName": "Team", "mailEnabled": false, "mailNickname": "team", "securityEnabled": true, "groupTypes": [],
    });
    let team = client.post("/v1.0/groups", group).await.is(201)["id"].as_str().unwrap().to_owned();
    let assigned =
        client.post(&format!("/v1.0/servicePrincipals/{sp}/appRoleAssignedTo"), assign(&team)).await.is(201);
    client.post(&path, on_demand(&team, "Group")).await.is(200);
    let member = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{ada}")});
    client.post(&format!("/v1.0/groups/{team}/members/$ref"), member.clone()).await.is(204);
    client
        .post(&format!("/v1.0/groups/{team}/members/$ref"), member)
        .await
        .refuses(400, "Request_BadRequest");
    client.cycle().await;
    let joined = client
        .newest(&of(
            &team,
            "provisioningAction eq 'Update' and modifiedProperties/any(p: p/displayName eq 'members')",
        ))
        .await;
    assert_eq!(joined["modifiedProperties"][0]["oldValue"], Value::Null, "{joined}");
    assert!(joined["modifiedProperties"][0]["newValue"].is_string(), "{joined}");
    client.patch(&format!("/v1.0/groups/{team}"), json!({"displayName": "Crew"})).await.is(204);
    client.delete(&format!("/v1.0/groups/{team}/members/{ada}/$ref")).await.is(204);
    client.cycle().await;
    let left = client.newest(&of(&team, "modifiedProperties/any(p: p/displayName eq 'members')")).await;
    assert!(left["modifiedProperties"][0]["oldValue"].is_string(), "{left}");

    // Taken away at the address of the service principal's own assignments, found with a GUID without quotes.
    let found =
        client.get(&format!("/v1.0/users/{ada}/appRoleAssignments?$filter=resourceId eq {sp}")).await.is(200);
    let id = found["value"][0]["id"].as_str().unwrap().to_owned();
    client.delete(&format!("/v1.0/servicePrincipals/{sp}/appRoleAssignments/{id}")).await.is(204);
    client.cycle().await;
    let gone = "(provisioningAction eq 'Disable' or provisioningAction eq 'Delete')";
    assert_eq!(client.newest(&of(&ada, gone)).await["provisioningAction"], "disable");

    client.delete(&format!("/v1.0/users/{boss}")).await.is(204);
    client.cycle().await;
    client.delete(&format!("/v1.0/directory/deletedItems/{boss}")).await.is(204);
    client.cycle().await;
    assert_eq!(client.newest(&of(&boss, gone)).await["provisioningAction"], "delete");
    client
        .delete(&format!("/v1.0/groups/{team}/appRoleAssignments/{}", assigned["id"].as_str().unwrap()))
        .await
        .is(204);
    client.delete(&format!("/v1.0/groups/{team}")).await.is(204);
    client.cycle().await;
    assert_eq!(client.newest(&of(&team, gone)).await["provisioningAction"], "delete");

    let restart = json!({"criteria": {"resetScope": "Full"}});
    client.post(&format!("{sync}/jobs/{job}/restart"), restart).await.is(204);
    client.delete(&format!("{sync}/jobs/{job}")).await.is(204);
    client.get(&format!("{sync}/jobs/{job}")).await.refuses(404, "Request_ResourceNotFound");
    let text = client.get("/v1.0/auditLogs/provisioning?$top=500").await.text;
    assert!(!text.contains(server.token()) && !text.contains("s3cr3t-pass"));
}

#[tokio::test]
async fn lists_are_selected_filtered_ordered_and_paged() {
    let client = Client::new();
    client.act("/_scimulate/people?made-up=25").await.is(200);
    let ada = client.person("Ada").await;
    let default = client.get(&format!("/v1.0/users/{ada}")).await.is(200);
    assert_eq!((default["jobTitle"].as_str(), default.get("employeeId")), (Some("Engineer"), None));
    let chosen =
        client.get("/v1.0/users('ada@contoso.example')?$select=id,employeeId,onPremisesSyncEnabled").await;
    let chosen = chosen.is(200);
    assert_eq!((chosen["employeeId"].as_str(), &chosen["onPremisesSyncEnabled"]), (Some("42"), &Value::Null));
    assert_eq!(chosen.get("jobTitle"), None);
    let mut path = "/v1.0/users?%24top=10&$select=id,displayName&$orderby=displayName&$count=true".to_owned();
    let (mut names, mut pages) = (Vec::new(), 0);
    loop {
        let page = client.get(&path).await.is(200);
        assert_eq!(page.get("@odata.count"), (pages == 0).then(|| json!(26)).as_ref());
        names.extend(
            page["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["displayName"].to_string().to_lowercase()),
        );
        pages += 1;
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.strip_prefix("http://127.0.0.1:1").unwrap().to_owned();
    }
    assert_eq!((pages, names.len(), names.is_sorted()), (3, 26, true), "{names:?}");
    assert_eq!(client.get("/v1.0/users/$count").await.text, "26");
    let few = client
        .get("/v1.0/users?$filter=startswith(displayName,'ad') and surname eq 'lovelace'")
        .await
        .is(200);
    assert_eq!(few["value"].as_array().unwrap().len(), 1);
    let refused = client.get("/v1.0/users?$filter=displayName eq").await.refuses(400, "Request_BadRequest");
    assert!(!refused.is_empty());
    client.get("/v1.0/users?$skip=1").await.refuses(400, "Request_UnsupportedQuery");
    client.get("/v1.0/users?$filter=displayName has 'x'").await.refuses(400, "Request_BadRequest");
}

#[tokio::test]
async fn wrong_requests_are_answered_in_graphs_form() {
    let client = Client::new();
    client.get("/v1.0/users/nobody").await.refuses(404, "Request_ResourceNotFound");
    client.post("/v1.0/users", json!([])).await.refuses(400, "Request_BadRequest");
    client.act("/v1.0/users").await.refuses(400, "Request_BadRequest");
    let missing = client.post("/v1.0/users", json!({"displayName": "x"})).await;
    assert!(missing.refuses(400, "Request_BadRequest").contains("accountEnabled"));
    let what = client.get("/v1.0/identity/conditionalAccess").await.refuses(501, "NotImplemented");
    assert!(what.contains("identity/conditionalAccess"), "{what}");
    let ada = client.person("Ada").await;
    client.person_again(&ada).await;
    let wrong = client.patch(&format!("/v1.0/users/{ada}"), json!({"accountEnabled": "no"})).await;
    assert!(wrong.refuses(400, "Request_BadRequest").contains("accountEnabled"));
    client.send(Method::PUT, &format!("/v1.0/users/{ada}"), Some(&json!({}))).await.is(405);
    let app = json!({"displayName": "Own"});
    let own = client.post("/v1.0/applications", app).await.is(201);
    let sp = client.post("/v1.0/servicePrincipals", json!({"appId": own["appId"]})).await.is(201);
    let sp = sp["id"].as_str().unwrap();
    let jobs = format!("/v1.0/servicePrincipals/{sp}/synchronization/jobs");
    client.post(&jobs, json!({"templateId": "scim"})).await.refuses(400, "NotConfigured");
    client.get("/nowhere").await.is(404);
}

impl Client {
    async fn person_again(&self, ada: &str) {
        let found = self.get(&format!("/v1.0/users/{ada}?$select=userPrincipalName")).await.is(200);
        let again = json!({
            "accountEnabled": true, "displayName": "x", "mailNickname": "x", "passwordProfile": {},
            "userPrincipalName": found["userPrincipalName"],
        });
        let refused = self.post("/v1.0/users", again).await;
        assert_eq!(refused.body["error"]["details"][0]["code"], "ObjectConflict");
        refused.refuses(400, "Request_BadRequest");
    }
}

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
async fn a_schema_comes_back_as_it_was_put_and_with_its_mistakes_named() {
    let (client, server) = (Client::new(), TestServer::start().unwrap());
    let (sp, job, _) = client.application("8adf8e6e-67b2-4cf2-a259-e3dc5476c621", &server).await;
    let path = format!("/v1.0/servicePrincipals/{sp}/synchronization/jobs/{job}/schema");
    let schema = client.get(&path).await.is(200);
    client.put(&path, schema.clone()).await.is(204);
    assert_eq!(client.get(&path).await.is(200), schema);
    client.patch(&path, schema.clone()).await.refuses(404, "ResourceNotFound");
    let mut wrong = schema.clone();
    let mappings = wrong["synchronizationRules"][0]["objectMappings"].as_array_mut().unwrap();
    for mapping in mappings.iter_mut() {
        mapping["attributeMappings"][0]["targetAttributeName"] = json!("emails[type");
    }
    let told = client.put(&path, wrong).await.refuses(400, "SchemaInvalid");
    assert!(told.contains("emails[type"), "{told}");
    let mut cut = schema.clone();
    let mappings = cut["synchronizationRules"][0]["objectMappings"].as_array_mut().unwrap();
    for mapping in mappings.iter_mut() {
        mapping["attributeMappings"][1]["source"] =
            json!({"expression": "Join(", "type": "Function", "name": "Join", "parameters": []});
    }
    let told = client.put(&path, cut).await.refuses(400, "SchemaInvalid");
    assert!(told.contains("Join("), "{told}");
    assert_eq!(client.get(&path).await.is(200), schema);
    let tested = json!({
        "expression": "Join(\" \", [givenName], [surname])",
        "testInputObject": {"properties": [{"key": "givenName", "value": "Ada"}, {"key": "surname", "value": "L"}]},
    });
    let parsed = client.post(&format!("{path}/parseExpression"), tested).await.is(200);
    assert_eq!(parsed["evaluationResult"], json!(["Ada L"]));
    let functions = client.get(&format!("{path}/functions()")).await.is(200);
    assert!(functions["value"].as_array().unwrap().len() > 30);
    assert_eq!(
        client.get(&format!("{path}/filterOperators")).await.is(200)["value"].as_array().unwrap().len(),
        14
    );
}

#[tokio::test]
async fn terraforms_calls_are_answered_as_it_needs_them() {
    let (client, server) = (Client::new(), TestServer::start().unwrap());
    let metadata = client.get("/metadata/endpoints?api-version=2022-09-01").await.is(200);
    assert!(
        metadata["microsoftGraphResourceId"].is_string()
            && metadata["authentication"]["audiences"].is_array()
    );
    let form = "grant_type=client_credentials&client_id=c&client_secret=s";
    let request = Request::builder()
        .method("POST")
        .uri("/tenant/oauth2/v2.0/token")
        .header("host", "localhost")
        .body(Body::from(form))
        .unwrap();
    let response = client.router.clone().oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let token: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(token["access_token"].as_str().unwrap().split('.').count(), 3);
    let (sp, job, role) = client.application("8adf8e6e-67b2-4cf2-a259-e3dc5476c621", &server).await;
    let ada = client.person("Ada").await;
    client.patch(&format!("/beta/users/{ada}"), json!({"showInAddressList": true})).await.is(204);
    let assigned = json!({"principalId": ada, "resourceId": sp, "appRoleId": role});
    let assigned =
        client.post(&format!("/v1.0/servicePrincipals/{sp}/appRoleAssignedTo"), assigned).await.is(201);
    let path = format!("/v1.0/servicePrincipals/{sp}/appRoleAssignedTo/{}", assigned["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.is(200)["principalDisplayName"], "Ada");
    let secrets = format!("/v1.0/servicePrincipals/{sp}/synchronization/secrets");
    let shown = client.get(&secrets).await.is(200);
    assert_eq!(shown["value"].as_array().unwrap().len(), 4);
    assert!(!shown.to_string().contains(server.token()));
    let emptied: Vec<Value> = shown["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| json!({"key": pair["key"], "value": ""}))
        .collect();
    client.put(&secrets, json!({"value": emptied})).await.is(204);
    assert_eq!(client.get(&secrets).await.is(200)["value"], json!([]));
    client.delete(&format!("/v1.0/servicePrincipals/{sp}/synchronization/jobs/{job}")).await.is(204);
    let applications = client.get("/v1.0/applications?%24filter=displayName+eq+%27App%27").await.is(200);
    let id = applications["value"][0]["id"].as_str().unwrap();
    client.delete(&format!("/v1.0/applications/{id}")).await.is(204);
    client.get(&format!("/v1.0/servicePrincipals/{sp}")).await.refuses(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn a_batch_is_answered_one_by_one() {
    let client = Client::new();
    let ada = client.person("Ada").await;
    let batch = json!({"requests": [
        {"id": "1", "method": "GET", "url": format!("/users/{ada}?$select=displayName")},
        {"id": "2", "method": "GET", "url": "/users/nobody"},
        {"id": "3", "method": "DELETE", "url": format!("/users/{ada}"), "dependsOn": ["2"]},
        {"id": "4", "method": "PATCH", "url": format!("/users/{ada}"), "body": {"jobTitle": "x"}, "headers": {"Content-Type": "application/json"}},
        {"id": "5", "method": "GET", "url": format!("http://127.0.0.1:1/v1.0/users/{ada}")},
        {"id": "6", "method": "GET", "url": format!("http://127.0.0.1:10/v1.0/users/{ada}")},
    ]});
    let answered = client.post("/v1.0/$batch", batch).await.is(200);
    let statuses: Vec<u64> =
        answered["responses"].as_array().unwrap().iter().filter_map(|one| one["status"].as_u64()).collect();
    assert_eq!(statuses, [200, 404, 424, 204, 200, 501]);
    assert_eq!(answered["responses"][0]["body"]["displayName"], "Ada");
}

#[tokio::test]
async fn a_test_has_its_own_clock_and_can_go_back() {
    let client = Client::new();
    client.put("/_scimulate/clock", json!({"now": "2026-01-01T00:00:00Z"})).await.is(200);
    client.put("/_scimulate/ids", json!({"from": 0})).await.is(200);
    let ada = client.person("Ada").await;
    let shown = client.get(&format!("/beta/users/{ada}")).await.is(200);
    assert_eq!(shown["createdDateTime"], "2026-01-01T00:00:00Z");
    client.act("/_scimulate/checkpoint?name=before").await.is(200);
    client.delete(&format!("/v1.0/users/{ada}")).await.is(204);
    let moved = client.put("/_scimulate/clock", json!({"forward": "P30D"})).await.is(200);
    assert_eq!(moved["now"], "2026-01-31T00:00:00Z");
    client.get(&format!("/v1.0/directory/deletedItems/{ada}")).await.is(404);
    client.act("/_scimulate/restore?name=before").await.is(200);
    assert_eq!(client.get(&format!("/v1.0/users/{ada}")).await.is(200)["displayName"], "Ada");
    client.act("/_scimulate/reset").await.is(200);
    assert_eq!(client.person("Ada").await, ada, "ids are counted anew");
    client.put("/_scimulate/clock", json!({"forward": "P-1D"})).await.is(400);
    client.put("/_scimulate/clock", json!({"now": "noon"})).await.is(400);
    client.act("/_scimulate/restore?name=never").await.is(404);
    for name in ["", "a%20b", "a'b"] {
        client.act(&format!("/_scimulate/checkpoint?name={name}")).await.is(400);
        client.act(&format!("/_scimulate/restore?name={name}")).await.is(400);
    }
}

/// What Microsoft's clients told of this Graph (tests/judges/graph).
#[tokio::test]
async fn links_keep_the_address_as_the_client_spells_it() {
    let client = Client::new();
    let (ada, grace) = (client.person("Ada").await, client.person("Grace#EXT#").await);
    let path = |link: &Value| link.as_str().unwrap().strip_prefix("http://127.0.0.1:1").unwrap().to_owned();
    for key in ["ada@contoso.example", "Ada%40Contoso.example"] {
        let found = client.get(&format!("/v1.0/users(userPrincipalName='{key}')")).await.is(200);
        assert_eq!(found["id"], ada.as_str());
    }
    client.get("/v1.0/users(userPrincipalName='x')/manager").await.refuses(404, "Request_ResourceNotFound");
    let group = json!({
        "displayName": "Team", "mailEnabled": false, "mailNickname": "t", "securityEnabled": true,
        "members@odata.bind": [format!("users/{ada}"), format!("users/{grace}")],
    });
    let team = client.post("/v1.0/groups", group).await.is(201)["id"].as_str().unwrap().to_owned();
    let cast = format!("/v1.0/groups('{team}')/members/microsoft.graph.user");
    let first = client.get(&format!("{cast}?%24top=1")).await.is(200);
    assert!(path(&first["@odata.nextLink"]).starts_with(&format!("{cast}?%24top=1&$skiptoken=")));
    let second = client.get(&path(&first["@odata.nextLink"])).await.is(200);
    assert_eq!(
        (second["value"][0]["id"].as_str(), second.get("@odata.nextLink")),
        (Some(grace.as_str()), None)
    );
    let manager = json!({ "@odata.id": format!("users/{grace}") });
    client.put(&format!("/v1.0/users/{ada}/manager/$ref"), manager.clone()).await.is(204);
    client.person("Alan").await;
    let alan = "/v1.0/users/alan%40contoso.example/manager/$ref";
    client.put(alan, manager).await.is(204);
    let reports = "/v1.0/users/grace%23ext%23%40contoso.example/directReports?$top=1";
    let first = client.get(reports).await.is(200);
    assert_eq!(
        client.get(&path(&first["@odata.nextLink"])).await.is(200)["value"].as_array().unwrap().len(),
        1
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

#[tokio::test]
async fn a_query_that_fits_no_property_is_refused_and_does_not_match_nothing() {
    let client = Client::new();
    let ada = client.person("Ada").await;
    let user = "Could not find a property named 'foo' on type 'microsoft.graph.user'.";
    let types = |left: &str, right: &str, operator: &str| {
        format!(
            "A binary operator with incompatible types was detected. Found operand types 'Edm.{left}' and 'Edm.{right}' for \
             operator kind '{operator}'."
        )
    };
    let log = "/v1.0/auditLogs/provisioning";
    for (path, why) in [
        ("/v1.0/users?$filter=foo eq 1".to_owned(), user.to_owned()),
        ("/v1.0/users?$filter=not(startswith(foo,'x')) and id eq 'x'".to_owned(), user.to_owned()),
        ("/v1.0/users?$filter=userPrincpalName eq 'x'".to_owned(), "userPrincpalName".to_owned()),
        ("/v1.0/users/$count?$filter=foo eq 'x'".to_owned(), user.to_owned()),
        ("/v1.0/users?$orderby=foo".to_owned(), user.to_owned()),
        ("/v1.0/users?$expand=foo".to_owned(), user.to_owned()),
        (format!("/v1.0/users/{ada}?$expand=members"), "'members' on type 'microsoft.graph.user'".to_owned()),
        ("/v1.0/groups?$expand=manager".to_owned(), "'manager' on type 'microsoft.graph.group'".to_owned()),
        ("/v1.0/users?$filter=displayName/foo eq 'x'".to_owned(), "'foo' on type 'Edm.String'".to_owned()),
        ("/v1.0/users?$filter=accountEnabled eq 'true'".to_owned(), types("Boolean", "String", "Equal")),
        ("/v1.0/users?$filter=displayName eq 5".to_owned(), types("String", "Int32", "Equal")),
        ("/v1.0/users?$filter=displayName in ('a', 5)".to_owned(), types("String", "Int32", "Equal")),
        (
            "/v1.0/users?$filter=createdDateTime gt 'x'".to_owned(),
            types("DateTimeOffset", "String", "GreaterThan"),
        ),
        ("/v1.0/users?$filter=otherMails/any(m: m eq 5)".to_owned(), types("String", "Int32", "Equal")),
        ("/v1.0/users?$filter=otherMails eq 'x'".to_owned(), "Collection(Edm.String)".to_owned()),
        ("/v1.0/users?$filter=startswith(accountEnabled,'x')".to_owned(), "startsWith".to_owned()),
        (format!("{log}?$filter=foo eq 'x'"), "microsoft.graph.provisioningObjectSummary".to_owned()),
        (
            format!("{log}?$filter=servicePrincipal/foo eq 'x'"),
            "provisioningObjectSummary/servicePrincipal".to_owned(),
        ),
        (format!("{log}?$filter=modifiedProperties/any(p: p/foo eq 'x')"), "'foo'".to_owned()),
        (format!("{log}?$filter=action eq 'Create'"), "'action'".to_owned()),
        (format!("{log}?$orderby=foo"), "'foo'".to_owned()),
        (format!("{log}?$expand=foo"), "'foo'".to_owned()),
        (format!("/v1.0/users/{ada}/appRoleAssignments?$filter=foo eq 'x'"), "appRoleAssignment".to_owned()),
        (
            format!("/v1.0/users/{ada}/memberOf?$filter=foo eq 'x'"),
            "microsoft.graph.directoryObject".to_owned(),
        ),
    ] {
        let told = client.get(&path).await.refuses(400, "BadRequest");
        assert!(told.contains(&why), "{path}: {told}");
    }
    client.get(&format!("{log}?$skip=5")).await.refuses(400, "Request_UnsupportedQuery");
    client.get("/v1.0/users?$expand=ownedObjects").await.refuses(501, "NotImplemented");
    // Names in any letter case, dates in quotes, what only other tenants have, and extensions are right.
    for (path, found) in [
        ("/v1.0/users?$filter=DISPLAYNAME eq 'ada' and createdDateTime gt '2020-01-01T00:00:00Z'", 1),
        ("/v1.0/users?$filter=accountEnabled eq true and deletedDateTime eq null and jobTitle ne null", 1),
        ("/v1.0/users?$filter=businessPhones/$count eq 1 and otherMails/any(m: startswith(m,'x'))", 1),
        ("/v1.0/users?$filter=hireDate ge 2026-01-01 and employeeOrgData/costCenter eq '1'", 1),
        ("/v1.0/users?$filter=assignedLicenses/$count ne 0 or memberOf/any(g: g/displayName eq 'x')", 0),
        ("/v1.0/users?$filter=extension_0123456789abcdef0123456789abcdef_badge eq 'x'", 0),
        ("/v1.0/groups?$filter=groupTypes/any(c: c eq 'Unified') and mailEnabled eq false", 0),
    ] {
        assert_eq!(client.get(path).await.is(200)["value"].as_array().unwrap().len(), found, "{path}");
    }
    for filter in [
        "durationInMilliseconds gt 5 and activityDateTime gt 2022-12-10",
        "contains(tolower(servicePrincipal/id), 'x') or servicePrincipal/any(s: s/id eq 'x')",
        "provisioningStatusInfo/errorInformation/errorCode eq 'x' and provisioningSteps/any(s: s/status eq 'failure')",
        "targetIdentity/details/x eq 'y'",
    ] {
        client.get(&format!("{log}?$filter={filter}")).await.is(200);
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let (client, server) = (Client::new(), TestServer::start().unwrap());
    let (sp, job, _) = client.application("8adf8e6e-67b2-4cf2-a259-e3dc5476c621", &server).await;
    let ada = client.person("Ada").await;
    let job = format!("/v1.0/servicePrincipals/{sp}/synchronization/jobs/{job}");
    let restart = format!("{job}/restart");
    for criteria in [json!("x"), json!(["Full"]), json!({"resetScope": 1})] {
        client.post(&restart, json!({ "criteria": criteria })).await.refuses(400, "Request_BadRequest");
    }
    client.post(&restart, json!({"criteria": null})).await.is(204);
    for schedule in [
        json!("PT40M"),
        json!({"state": "Foo"}),
        json!({"interval": "PT0S"}),
        json!({"interval": "-PT40M"}),
        json!({"interval": 40}),
        json!({"interval": "40 minutes"}),
    ] {
        client.patch(&job, json!({ "schedule": schedule })).await.refuses(400, "Request_BadRequest");
    }
    let before = client.get(&job).await.is(200);
    client.patch(&job, json!({"schedule": before["schedule"]})).await.is(204);
    assert_eq!(client.get(&job).await.is(200)["schedule"], before["schedule"]);
    for kind in [json!("Device"), json!("Group"), json!(7)] {
        let subject = json!({"objectId": ada, "objectTypeName": kind});
        let asked = json!({"parameters": [{"subjects": [subject]}]});
        client.post(&format!("{job}/provisionOnDemand"), asked).await.refuses(400, "RequestParameterInvalid");
    }
    client.delete("/v1.0/organization").await.refuses(405, "Request_BadRequest");
    client.post("/v1.0/organization", json!({})).await.refuses(405, "Request_BadRequest");
    assert!(client.get("/v2.0/users").await.refuses(404, "BadRequest").contains("v2.0"));
    client.get("/v1.0/").await.refuses(501, "NotImplemented");
    client.get("/v1.0").await.refuses(501, "NotImplemented");
    assert_eq!(client.get("/nowhere").await.text, "");
    for path in ["traffic?limit=abc", "traffic?limit=-1", "har?limit=abc"] {
        client.get(&format!("/_scimulate/{path}")).await.is(400);
    }
    for path in ["people?made-up=x", "people?made-up=100001", "people?made-up=1&seed=x"] {
        client.act(&format!("/_scimulate/{path}")).await.is(400);
    }
}

#[tokio::test]
async fn relationships_are_expanded() {
    let client = Client::new();
    let (ada, grace) = (client.person("Ada").await, client.person("Grace").await);
    let manager = json!({ "@odata.id": format!("users/{grace}") });
    client.put(&format!("/v1.0/users/{ada}/manager/$ref"), manager).await.is(204);
    let group = |name: &str, member: &str| {
        json!({
            "displayName": name, "mailEnabled": false, "mailNickname": "t", "securityEnabled": true,
            "members@odata.bind": [format!("directoryObjects/{member}")],
        })
    };
    let team =
        client.post("/v1.0/groups", group("Team", &ada)).await.is(201)["id"].as_str().unwrap().to_owned();
    client.post("/v1.0/groups", group("All", &team)).await.is(201);
    let names = |object: &Value, name: &str| {
        let related = object[name].as_array().unwrap_or_else(|| panic!("{object}"));
        related.iter().map(|one| one["displayName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let path = format!("/v1.0/users/{ada}?$expand=memberOf($select=displayName),transitiveMemberOf");
    let shown = client.get(&path).await.is(200);
    assert_eq!(
        (names(&shown, "memberOf"), names(&shown, "transitiveMemberOf")),
        (vec!["Team".into()], vec!["Team".into(), "All".into()])
    );
    let shown =
        client.get(&format!("/v1.0/users?$filter=id eq '{grace}'&$expand=directReports")).await.is(200);
    assert_eq!(names(&shown["value"][0], "directReports"), ["Ada"]);
    let shown = client
        .get("/v1.0/groups?$filter=displayName eq 'All'&$expand=transitiveMembers,owners")
        .await
        .is(200);
    assert_eq!(names(&shown["value"][0], "transitiveMembers"), ["Team", "Ada"]);
    assert_eq!(shown["value"][0]["owners"], json!([]));
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

/// The link of a page, as a path.
fn link(page: &Value, name: &str) -> String {
    page[name]
        .as_str()
        .unwrap_or_else(|| panic!("{page}"))
        .strip_prefix("http://127.0.0.1:1")
        .unwrap()
        .to_owned()
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
    // Whoever does not ask for it hears all that they selected.
    let page = client.get(&delta).await;
    assert_eq!(page.preference, None);
    let ada = json!({"id": ada, "displayName": "Ada", "jobTitle": "Admiral", "accountEnabled": false});
    assert_eq!(page.is(200)["value"][0], ada);
}

/// A page begins after the last object of the one before, whatever came and went in between.
#[tokio::test]
async fn nobody_is_passed_over_when_somebody_goes_between_two_pages() {
    for (first, names) in [
        ("/v1.0/users?$top=2&$select=displayName", ["Rosa", "Ada", "Mary", "Ida", "Eve"]),
        ("/v1.0/users?$top=2&$orderby=displayName desc", ["Rosa", "Mary", "Ida", "Eve", "Ada"]),
        ("/v1.0/users?$top=2&$filter=accountEnabled eq true", ["Rosa", "Ada", "Mary", "Ida", "Eve"]),
    ] {
        let client = Client::new();
        let mut ids = std::collections::HashMap::new();
        for name in ["Rosa", "Ada", "Mary", "Ida", "Eve"] {
            ids.insert(name, client.person(name).await);
        }
        let page = client.get(first).await.is(200);
        assert_eq!(
            [&page["value"][0]["displayName"], &page["value"][1]["displayName"]],
            [names[0], names[1]]
        );
        for gone in &names[..2] {
            client.delete(&format!("/v1.0/users/{}", ids[gone])).await.is(204);
        }
        let mut seen = Vec::new();
        let mut next = link(&page, "@odata.nextLink");
        loop {
            let page = client.get(&next).await.is(200);
            seen.extend(page["value"].as_array().unwrap().iter().map(|user| user["displayName"].clone()));
            if page.get("@odata.nextLink").is_none() {
                break;
            }
            next = link(&page, "@odata.nextLink");
        }
        assert_eq!(seen, names[2..], "{first}");
        for foreign in ["7", "WzFd", "e30"] {
            let path = format!("{first}&$skiptoken={foreign}");
            client.get(&path).await.refuses(400, "Request_BadRequest");
        }
    }
}

#[tokio::test]
async fn on_demand_tells_what_was_made_although_a_manager_has_no_account_yet() {
    let (client, server) = (Client::new(), TestServer::start().unwrap());
    let (sp, job, role) = client.application("8adf8e6e-67b2-4cf2-a259-e3dc5476c621", &server).await;
    let (ada, boss) = (client.person("Ada").await, client.person("Boss").await);
    let manager = json!({ "@odata.id": format!("users/{boss}") });
    client.put(&format!("/v1.0/users/{ada}/manager/$ref"), manager).await.is(204);
    for who in [&ada, &boss] {
        let assigned = json!({"principalId": who, "resourceId": sp, "appRoleId": role});
        client.post(&format!("/v1.0/users/{who}/appRoleAssignments"), assigned).await.is(201);
    }
    let path = format!("/v1.0/servicePrincipals/{sp}/synchronization/jobs/{job}/provisionOnDemand");
    let asked = json!({"parameters": [{"subjects": [{"objectId": ada, "objectTypeName": "User"}]}]});
    let done = client.post(&path, asked).await.is(200);
    let (key, value): (Value, Value) = (
        serde_json::from_str(done["key"].as_str().unwrap()).unwrap(),
        serde_json::from_str(done["value"].as_str().unwrap()).unwrap(),
    );
    assert_eq!(
        (key["result"].as_str(), value["action"].as_str()),
        (Some("Success"), Some("Create")),
        "{value}"
    );
    assert_eq!(value["modifiedProperties"][0]["displayName"], "userName");
    // Beta's names can be filtered by as well.
    let line = client.get("/beta/auditLogs/provisioning?$filter=action eq 'Create'").await.is(200);
    assert_eq!(line["value"].as_array().unwrap().len(), 1);
    assert_eq!(line["value"][0]["statusInfo"]["status"], "success");
}

#[tokio::test]
async fn a_job_whose_credentials_are_refused_says_so_in_its_own_words() {
    let (client, server) = (Client::new(), TestServer::start().unwrap());
    let (sp, job, _) = client.application("8adf8e6e-67b2-4cf2-a259-e3dc5476c621", &server).await;
    let sync = format!("/v1.0/servicePrincipals/{sp}/synchronization");
    let wrong = json!({"value": [
        {"key": "BaseAddress", "value": server.url()}, {"key": "SecretToken", "value": "wrong"},
    ]});
    client.put(&format!("{sync}/secrets"), wrong).await.is(204);
    client.cycle().await;
    let status = client.get(&format!("{sync}/jobs/{job}")).await.is(200)["status"].clone();
    let code = "SystemForCrossDomainIdentityManagementInvalidCredentials";
    assert_eq!(status["lastExecution"]["error"]["code"], code, "{status}");
    assert_eq!(status["quarantine"]["error"]["code"], code, "{status}");
}
