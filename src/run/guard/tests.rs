use super::*;
use serde_json::json;

const PREFIX: &str = "s7f3k";

/// A target with a few prepared GET answers. Creates get the ids 100, 101, …
#[derive(Default)]
struct Shelf {
    gets: Vec<(&'static str, Answer)>,
    sent: Mutex<Vec<Request>>,
}

impl Shelf {
    fn with(gets: Vec<(&'static str, Answer)>) -> Self {
        Shelf { gets, sent: Mutex::default() }
    }

    fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|r| format!("{} {} {}", r.actor.as_str(), r.method.as_str(), r.path)).collect()
    }
}

impl Target for Shelf {
    async fn send(&self, request: Request) -> Result<Answer, Broken> {
        let number = {
            let mut sent = self.sent.lock().unwrap();
            sent.push(request.clone());
            99 + sent.iter().filter(|r| r.method == Method::Post).count()
        };
        Ok(match request.method {
            Method::Get => match self.gets.iter().find(|(path, _)| *path == request.path) {
                Some((_, answer)) => answer.clone(),
                None => Answer::json(404, &json!({})),
            },
            Method::Post => Answer::json(201, &json!({"id": number.to_string()})),
            _ => Answer::json(204, &json!({})),
        })
    }

    fn sent_as(&self, request: &Request) -> Sent {
        Sent { url: request.path.clone(), headers: Vec::new() }
    }
}

fn request(method: Method, path: &str) -> Request {
    Request::new(Actor::Entra, method, path, "t")
}

fn bob() -> Answer {
    Answer::json(200, &json!({"id": "42", "userName": "bob@contoso.example", "displayName": "Bob"}))
}

fn why(outcome: Result<Answer, Broken>) -> String {
    match outcome {
        Err(Broken::Withheld(why)) => why,
        other => panic!("not withheld: {other:?}"),
    }
}

#[tokio::test]
async fn a_write_to_somebody_elses_account_is_not_sent_and_names_them() {
    let shelf = Shelf::with(vec![("/Users/42", bob())]);
    let guard = Guard::new(&shelf, PREFIX);
    for method in [Method::Patch, Method::Put, Method::Delete] {
        let why = why(guard.send(request(method, "/Users/42")).await);
        assert!(why.contains("bob@contoso.example") && why.contains("Bob") && why.contains("42"), "{why}");
    }
    assert_eq!(shelf.sent(), ["probe GET /Users/42"; 3]);
}

#[tokio::test]
async fn what_was_made_in_one_tenant_is_nobodys_in_the_other() {
    let shelf = Shelf::with(vec![("/Users/100", bob())]);
    let guard = Guard::new(&shelf, PREFIX);
    guard.send(request(Method::Post, "/Users")).await.unwrap();
    let second = request(Method::Delete, "/Users/100").to(Tenant::Second);
    assert!(why(guard.send(second).await).contains("bob@contoso.example"));
    guard.send(request(Method::Delete, "/Users/100")).await.unwrap();
    let asked = shelf.sent.lock().unwrap()[1].clone();
    assert_eq!((asked.method, asked.tenant), (Method::Get, Tenant::Second));
}

#[tokio::test]
async fn what_a_post_of_this_run_made_may_be_written_without_a_question() {
    let shelf = Shelf::default();
    let guard = Guard::new(&shelf, PREFIX);
    guard.send(request(Method::Post, "/Users")).await.unwrap();
    guard.send(request(Method::Patch, "/Users/100")).await.unwrap();
    guard.send(request(Method::Delete, "/Users/100")).await.unwrap();
    assert_eq!(shelf.sent(), ["entra POST /Users", "entra PATCH /Users/100", "entra DELETE /Users/100"]);
}

#[tokio::test]
async fn an_id_of_one_kind_is_not_ours_in_the_other() {
    let shelf = Shelf::with(vec![("/Groups/100", bob())]);
    let guard = Guard::new(&shelf, PREFIX);
    guard.send(request(Method::Post, "/Users")).await.unwrap();
    why(guard.send(request(Method::Delete, "/Groups/100")).await);
}

#[tokio::test]
async fn the_prefix_in_any_naming_attribute_and_letter_case_makes_it_ours() {
    let of = |resource| Shelf::with(vec![("/Users/7", Answer::json(200, &resource))]);
    for resource in [
        json!({"userName": "S7F3K.ada@example.com"}),
        json!({"displayname": "Team s7f3k"}),
        json!({"externalId": "s7f3k-1"}),
    ] {
        let shelf = of(resource);
        let guard = Guard::new(&shelf, PREFIX);
        guard.send(request(Method::Patch, "/Users/7")).await.unwrap();
        guard.send(request(Method::Patch, "/Users/7")).await.unwrap();
        assert_eq!(shelf.sent().len(), 3, "the question is asked once");
    }
    let shelf = of(json!({"nickName": "s7f3k"}));
    let why = why(Guard::new(&shelf, PREFIX).send(request(Method::Patch, "/Users/7")).await);
    assert!(why.contains("without a name"), "{why}");
}

#[tokio::test]
async fn where_nothing_is_nothing_can_be_overwritten() {
    let shelf = Shelf::default();
    Guard::new(&shelf, PREFIX).send(request(Method::Delete, "/Users/9a1f")).await.unwrap();
    assert_eq!(shelf.sent(), ["probe GET /Users/9a1f", "entra DELETE /Users/9a1f"]);
}

#[tokio::test]
async fn a_target_that_does_not_tell_whose_it_is_gets_no_write() {
    for status in [500, 403, 302] {
        let shelf = Shelf::with(vec![("/Users/7", Answer::json(status, &json!({})))]);
        let why = why(Guard::new(&shelf, PREFIX).send(request(Method::Patch, "/Users/7")).await);
        assert!(why.contains(&status.to_string()), "{why}");
    }
    let mut html = Answer::json(200, &json!({}));
    html.body = crate::wire::Body::new(b"<html>".to_vec());
    let shelf = Shelf::with(vec![("/Users/7", html)]);
    why(Guard::new(&shelf, PREFIX).send(request(Method::Patch, "/Users/7")).await);
}

#[tokio::test]
async fn whole_collections_and_the_tokens_owner_are_out_of_reach() {
    let shelf = Shelf::with(vec![("/Me", bob())]);
    let guard = Guard::new(&shelf, PREFIX);
    for (method, path) in [
        (Method::Delete, "/Users"),
        (Method::Delete, "/Users/"),
        (Method::Patch, "/"),
        (Method::Put, "/Groups"),
    ] {
        assert!(why(guard.send(request(method, path)).await).contains("every object"), "{path}");
    }
    for method in [Method::Patch, Method::Delete, Method::Post] {
        assert!(why(guard.send(request(method, "/Me")).await).contains("Bob"));
    }
    assert!(shelf.sent().iter().all(|line| line == "probe GET /Me"));
    guard.send(request(Method::Put, "/Schemas/urn:x")).await.unwrap();
}

#[tokio::test]
async fn each_operation_of_a_bulk_request_is_looked_at() {
    let shelf = Shelf::with(vec![("/Users/42", bob())]);
    let guard = Guard::new(&shelf, PREFIX);
    let bulk = |operations| request(Method::Post, "/Bulk").with_json(&json!({ "Operations": operations }));
    let harmless = json!([
        {"method": "POST", "path": "/Users", "bulkId": "a"},
        {"method": "PATCH", "path": "/Groups/bulkId:a"}
    ]);
    guard.send(bulk(harmless)).await.unwrap();
    why(guard.send(bulk(json!([{"method": "DELETE", "path": "/Users/42"}]))).await);
    why(guard.send(bulk(json!([{"method": "patch", "path": "/Users/42"}]))).await);
    why(guard.send(bulk(json!([{"method": "DELETE", "path": "/Users"}]))).await);
}

#[tokio::test]
async fn an_account_seen_before_does_not_become_ours_by_a_create_that_returns_it() {
    let list = json!({"totalResults": 1, "Resources": [
        {"id": "100", "userName": "bob@contoso.example"},
        {"id": "200", "userName": "s7f3k.ada@example.com"},
        {"id": "300"}
    ]});
    let shelf = Shelf::with(vec![("/Users", Answer::json(200, &list)), ("/Users/100", bob())]);
    let guard = Guard::new(&shelf, PREFIX);
    guard.send(request(Method::Get, "/Users")).await.unwrap();
    guard.send(request(Method::Post, "/Users")).await.unwrap();
    why(guard.send(request(Method::Delete, "/Users/100")).await);
    assert_eq!(guard.known(Tenant::First).foreign.len(), 1);
}

#[tokio::test]
async fn objects_are_journalled_before_the_answer_is_handed_on_and_struck_out_when_gone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(Journal::new(folder.path(), "http://target", PREFIX));
    let guard = Guard::new(Shelf::default(), PREFIX).journalled(Arc::clone(&journal));
    guard.send(request(Method::Post, "/Users")).await.unwrap();
    assert_eq!(journal.remaining(), [(ResourceKind::User, "100".to_owned())]);
    guard.send(request(Method::Delete, "/Users/100")).await.unwrap();
    assert_eq!(journal.remaining(), []);
}

#[tokio::test]
async fn without_a_journal_to_write_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let occupied = folder.path().join("file");
    std::fs::write(&occupied, "").unwrap();
    let shelf = Shelf::default();
    let guard =
        Guard::new(&shelf, PREFIX).journalled(Arc::new(Journal::new(&occupied, "http://target", PREFIX)));
    assert!(why(guard.send(request(Method::Post, "/Users")).await).contains("journal"));
    assert!(shelf.sent().is_empty());
}

#[test]
fn a_create_tells_its_id_in_the_body_or_else_in_its_location() {
    let mut answer = Answer::json(201, &json!({"id": 7}));
    answer.headers.push(("location".into(), "https://a.example/scim/Users/8".into()));
    assert_eq!(made_id(&answer), HashSet::from(["7".to_owned()]));
    answer.body = crate::wire::Body::default();
    assert_eq!(made_id(&answer), HashSet::from(["8".to_owned()]));
    answer.headers.clear();
    assert_eq!(made_id(&answer), HashSet::new());
}
