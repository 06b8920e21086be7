//! Graph as its clients use it, over a tenant whose target is a real server.

mod delta;
mod queries;

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
