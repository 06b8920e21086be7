//! From a scenario run's exchanges to one text per step.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::block;
use super::placeholder::Placeholders;
use crate::wire::{Actor, Broken, Exchange, Operation, ResourceKind, id_of};

/// How texts are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotSettings {
    /// The run's prefix, which every object of the run bears.
    pub prefix: String,
    /// Others work on the target too: what this scenario run did not make is left out of unfiltered lists
    /// and counted.
    pub shared: bool,
    /// The target promises no ETags, so that those it sends mean nothing.
    pub no_etags: bool,
}

/// The answers of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPage {
    /// Name of its section, as `03-cycle-2`.
    pub name: String,
    /// The step, as `cycle 2` or `expect ada`.
    pub step: String,
    /// The text.
    pub text: String,
    /// Resources of others that were left out.
    pub foreign: usize,
    /// Number of its last exchange in the trace.
    pub last: usize,
}

/// The pages of one scenario run, in the order of its steps.
///
/// What the probe and the clean-up exchanged is left out, and so are answers that were waited
/// for: how often a target returns 429 is not part of its answers.
#[must_use]
pub fn pages(exchanges: &[Arc<Exchange>], settings: &SnapshotSettings) -> Vec<SnapshotPage> {
    let mut all = Placeholders::new(&settings.prefix);
    if settings.no_etags {
        all = all.without_versions();
    }
    let ours = learn(exchanges, &mut all);
    let mut pages: Vec<SnapshotPage> = Vec::new();
    let mut open: Option<String> = None;
    let shown: Vec<&Arc<Exchange>> = exchanges.iter().filter(|exchange| is_shown(exchange)).collect();
    let mut rest = shown.as_slice();
    while let Some((first, _)) = rest.split_first() {
        let group = group_of(&first.request.step);
        if open.as_deref() != Some(group) {
            let step = label(&first.request.step).to_owned();
            let name = format!("{:02}-{}", pages.len() + 1, slug(&step, &settings.prefix));
            pages.push(SnapshotPage { name, step, text: String::new(), foreign: 0, last: 0 });
            open = Some(group.to_owned());
        }
        let Some(page) = pages.last_mut() else { break };
        let lists = rest.iter().take_while(|e| group_of(&e.request.step) == group && is_open_list(e)).count();
        if !page.text.is_empty() {
            page.text.push('\n');
        }
        if settings.shared && lists > 0 {
            let (text, foreign) = shared_list(&rest[..lists], &ours, &mut all);
            page.text.push_str(&text);
            page.foreign += foreign;
            page.last = rest[lists - 1].number;
            rest = &rest[lists..];
        } else {
            if let Some((_, what)) = first.request.step.split_once(": ")
                && what != page.step
            {
                page.text.push_str(&format!("# {what}\n"));
            }
            page.text.push_str(&block::write(first, &mut all));
            page.last = first.number;
            rest = &rest[1..];
        }
    }
    for page in &mut pages {
        let end = page.text.trim_end().len();
        page.text.truncate(end);
    }
    pages
}

/// Learns every id in the order in which it appears, and says which resources the scenario run made itself.
pub(super) fn learn(exchanges: &[Arc<Exchange>], all: &mut Placeholders) -> HashSet<(ResourceKind, String)> {
    let mut ours = HashSet::new();
    for exchange in exchanges {
        if let Some(base) = base_of(exchange) {
            all.set_base(base);
        }
        let Some(kind) = exchange.operation.kind() else { continue };
        // A create may name its id in the `Location` alone.
        if let (Operation::Create(_), Some(id)) = (&exchange.operation, exchange.made_id(kind)) {
            all.learn(kind, &id);
            ours.insert((kind, id));
        }
        let Some(json) = exchange.json().filter(|_| exchange.succeeded()) else { continue };
        let created = matches!(exchange.operation, Operation::Create(_));
        let items = match json.get("Resources").and_then(Value::as_array) {
            Some(items) => items.as_slice(),
            None => std::slice::from_ref(json),
        };
        for item in items {
            if let Some(id) = id_of(item) {
                let kind = block::kind_of(item).unwrap_or(kind);
                // Foreign resources must not take numbers: there may be more of them next time.
                if created || !is_open_list(exchange) {
                    all.learn(kind, &id);
                }
                if created {
                    ours.insert((kind, id));
                }
            }
        }
    }
    ours
}

/// The URL in front of the request's path.
fn base_of(exchange: &Exchange) -> Option<&str> {
    let url = exchange.url.split(['?', '#']).next()?;
    url.strip_suffix(exchange.request.path.as_str()).filter(|base| !base.is_empty())
}

fn is_shown(exchange: &Exchange) -> bool {
    let retry_after = exchange.answer().is_some_and(|answer| answer.is_throttled());
    matches!(exchange.request.actor, Actor::Entra | Actor::Observer)
        && !retry_after
        && !matches!(exchange.outcome, Err(Broken::Interrupted))
}

/// A list that nothing but the target's content limits.
fn is_open_list(exchange: &Exchange) -> bool {
    matches!(exchange.operation, Operation::Query { filter: None, .. })
        && exchange.json().is_some_and(|json| json.get("Resources").is_some_and(Value::is_array))
}

/// Pages of a list of a shared target, as one list of what is ours.
fn shared_list(
    pages: &[&Arc<Exchange>],
    ours: &HashSet<(ResourceKind, String)>,
    all: &mut Placeholders,
) -> (String, usize) {
    let Some(first) = pages.first() else { return (String::new(), 0) };
    let kind = first.operation.kind();
    let (mut kept, mut foreign) = (Vec::new(), 0);
    for item in pages.iter().filter_map(|page| page.json()?.get("Resources")?.as_array()).flatten() {
        let kind = block::kind_of(item).or(kind);
        match (kind, id_of(item)) {
            (Some(kind), Some(id)) if ours.contains(&(kind, id.clone())) => kept.push((kind, id, item)),
            _ => foreign += 1,
        }
    }
    kept.sort_by_key(|(kind, id, _)| all.place(Some(*kind), id));
    let kept: Vec<Value> =
        kept.into_iter().map(|(kind, _, item)| block::resource_or_list(item, Some(kind), all)).collect();
    let status = first.answer().map_or(0, |answer| answer.status);
    let list = json!({ "Resources": kept });
    let pretty = serde_json::to_string_pretty(&list).unwrap_or_else(|_| list.to_string());
    let line = format!("{} {}, all pages, ours only", first.request.method.as_str(), first.request.path);
    (format!("{line}\nHTTP {status}\n\n{pretty}\n"), foreign)
}

/// Exchanges with the same beginning belong to one step: `cycle 2: match ada`, `cycle 2: create ada`.
fn group_of(step: &str) -> &str {
    step.split_once(": ").map_or(step, |(group, _)| group)
}

/// What a step is called. Lines of the scenario's file are left out: a comment added there would
/// rename every section that follows.
fn label(step: &str) -> &str {
    match step.split_once(": ") {
        Some((group, what)) if group.starts_with("line ") => what,
        Some((group, _)) => group,
        None => step,
    }
}

/// A step's name as part of a section's name.
fn slug(step: &str, prefix: &str) -> String {
    let step = if prefix.is_empty() { step.to_owned() } else { step.replace(prefix, "") };
    let words = step.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    slug.truncate(48);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "step".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::testing::{exchange, user};
    use crate::wire::{Answer, Method};

    fn settings() -> SnapshotSettings {
        SnapshotSettings { prefix: "zq7f".into(), ..SnapshotSettings::default() }
    }

    /// A small scenario run; what a run makes up is `salt`.
    fn scenario_run(salt: u32) -> Vec<Arc<Exchange>> {
        let prefix = format!("zq{salt}");
        let (id, base) = (format!("id-{salt}-of-ada"), format!("http://127.0.0.1:{salt}/scim"));
        let guid = format!("{salt:08}-0000-4000-8000-000000000000");
        let answer = |status, time: &str, name: &str| {
            let mut body = user(&id, &prefix, &format!("2026-01-{salt}T00:00:00Z"), time);
            body["displayName"] = json!(name);
            body["meta"]["location"] = json!(format!("{base}/Users/{id}"));
            let mut answer = Answer::json(status, &body);
            answer.headers.push(("location".into(), format!("{base}/Users/{id}")));
            answer.headers.push(("date".into(), format!("{salt}")));
            answer
        };
        let empty = Answer::json(200, &json!({"totalResults": 0, "Resources": []}));
        let probe = format!("/Users?filter=userName+eq+%22{guid}%22");
        let look = format!("/Users?filter=userName+eq+%22{prefix}.ada%40example.com%22");
        let mut retry_after =
            exchange(&base, Method::Get, "/Users/x", "cycle 2: read ada", Answer::json(429, &json!({})));
        if salt == 28 {
            retry_after.request.actor = Actor::Cleanup;
        }
        vec![
            exchange(&base, Method::Get, &probe, "cycle 1: probe", empty.clone()),
            exchange(&base, Method::Get, &look, "cycle 1: match ada", empty),
            exchange(
                &base,
                Method::Post,
                "/Users",
                "cycle 1: create ada",
                answer(201, "2026-01-11T00:00:00Z", "A"),
            ),
            exchange(
                &base,
                Method::Get,
                &format!("/Users/{id}"),
                "line 9: expect ada",
                answer(200, "2026-01-11T00:00:00Z", "A"),
            ),
            retry_after,
            exchange(
                &base,
                Method::Patch,
                &format!("/Users/{id}"),
                "cycle 2: update ada",
                answer(200, &format!("2026-01-12T00:00:{salt}Z"), "B"),
            ),
            exchange(
                &base,
                Method::Get,
                &format!("/Users/{id}"),
                &format!("line {salt}: expect ada"),
                answer(200, &format!("2026-01-12T00:00:{salt}Z"), "B"),
            ),
        ]
        .into_iter()
        .map(Arc::new)
        .collect()
    }

    #[test]
    fn a_scenario_run_becomes_one_page_per_step() {
        let pages = pages(&scenario_run(17), &SnapshotSettings { prefix: "zq17".into(), ..settings() });
        let names: Vec<_> = pages.iter().map(|p| (p.name.as_str(), p.step.as_str())).collect();
        assert_eq!(
            names,
            [
                ("01-cycle-1", "cycle 1"),
                ("02-expect-ada", "expect ada"),
                ("03-cycle-2", "cycle 2"),
                ("04-expect-ada", "expect ada")
            ]
        );
        let expected = r#"# probe
GET /Users?filter=userName+eq+%22[guid:1]%22
HTTP 200
content-type: application/scim+json

{
  "totalResults": 0,
  "Resources": []
}

# match ada
GET /Users?filter=userName+eq+%22[prefix].ada%40example.com%22
HTTP 200
content-type: application/scim+json

{
  "totalResults": 0,
  "Resources": []
}

# create ada
POST /Users
HTTP 201
content-type: application/scim+json
location: [base]/Users/[user:1]

{
  "id": "[user:1]",
  "userName": "[prefix].ada@example.com",
  "meta": {
    "resourceType": "User",
    "created": "[time:1]",
    "lastModified": "[time:2]",
    "location": "[base]/Users/[user:1]"
  },
  "displayName": "A"
}"#;
        assert_eq!(pages[0].text, expected);
        assert!(pages[1].text.starts_with("GET /Users/[user:1]\nHTTP 200\n"), "{}", pages[1].text);
        assert!(pages[1].text.contains(r#""lastModified": "[time:2]""#));
        assert!(pages[2].text.contains(r#""lastModified": "[time:3]""#));
        assert!(pages[3].text.contains(r#""lastModified": "[time:3]""#));
        assert!(pages[3].text.contains(r#""created": "[time:1]""#));
    }

    #[test]
    fn two_runs_give_the_same_pages() {
        let run = |salt: u32| {
            pages(&scenario_run(salt), &SnapshotSettings { prefix: format!("zq{salt}"), ..settings() })
        };
        assert_eq!(run(17), run(28));
    }

    #[test]
    fn another_id_that_comes_back_shows() {
        let base = "http://h/scim";
        let trace: Vec<_> = ["first-id-1", "other-id-2"]
            .into_iter()
            .map(|id| {
                let body = user(id, "zq7f", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
                Arc::new(exchange(
                    base,
                    Method::Get,
                    "/Users/first-id-1",
                    "line 1: expect ada",
                    Answer::json(200, &body),
                ))
            })
            .collect();
        let text = &pages(&trace, &settings())[0].text;
        assert!(text.contains(r#""id": "[user:1]""#) && text.contains(r#""id": "[user:2]""#), "{text}");
    }

    #[test]
    fn others_people_are_left_out_of_lists_on_a_shared_target() {
        let base = "http://h/scim";
        let list = |step: &str, ids: &[&str]| {
            let items: Vec<_> = ids
                .iter()
                .map(|id| user(id, "zq7f", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"))
                .collect();
            let body = json!({"totalResults": 100 + ids.len(), "Resources": items});
            Arc::new(exchange(
                base,
                Method::Get,
                "/Users?startIndex=1&count=2",
                step,
                Answer::json(200, &body),
            ))
        };
        let made = user("ours-0001", "zq7f", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
        let made =
            Arc::new(exchange(base, Method::Post, "/Users", "cycle 1: create ada", Answer::json(201, &made)));
        let shared = SnapshotSettings { shared: true, ..settings() };
        let one = [
            Arc::clone(&made),
            list("discovery: page 1", &["theirs-1", "ours-0001"]),
            list("discovery: page 2", &["theirs-2"]),
        ];
        let other = [made, list("discovery: page 1", &["ours-0001"])];
        let (one_pages, other_pages) = (pages(&one, &shared), pages(&other, &shared));
        assert_eq!(one_pages[1].text, other_pages[1].text);
        assert_eq!((one_pages[1].foreign, other_pages[1].foreign), (2, 0));
        assert!(!one_pages[1].text.contains("theirs") && one_pages[1].text.contains("[user:1]"));
        let own = pages(&one, &settings());
        assert!(own[1].text.contains("theirs"), "{}", own[1].text);
    }

    #[test]
    fn an_order_that_was_not_asked_for_does_not_count() {
        let base = "http://h/scim";
        let ids = ["id-of-ada-1", "id-of-bob-2", "id-of-eve-3"];
        let made = ids.map(|id| {
            let made = user(id, "zq7f", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
            Arc::new(exchange(base, Method::Post, "/Users", "cycle 1: create", Answer::json(201, &made)))
        });
        let scenario_run = |order: [usize; 3], shared: bool| {
            let at = |place: usize| {
                user(ids[order[place]], "zq7f", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
            };
            let list = |path: &str, items: Vec<Value>| {
                let body = json!({"totalResults": 3, "Resources": items});
                Arc::new(exchange(base, Method::Get, path, "discovery: page", Answer::json(200, &body)))
            };
            let group =
                json!({"id": "id-of-team-4", "members": order.map(|place| json!({"value": ids[place]}))});
            let mut trace = made.to_vec();
            trace.push(list("/Users?filter=title+pr", vec![at(0), at(1), at(2)]));
            trace.push(list("/Users?startIndex=1&count=2", vec![at(0), at(1)]));
            trace.push(list("/Users?startIndex=3&count=2", vec![at(2)]));
            let read = exchange(base, Method::Get, "/Groups/id-of-team-4", "end", Answer::json(200, &group));
            trace.push(Arc::new(read));
            pages(&trace, &SnapshotSettings { shared, ..settings() })
        };
        assert_eq!(scenario_run([0, 1, 2], true), scenario_run([2, 0, 1], true));
        let own = [scenario_run([0, 1, 2], false), scenario_run([1, 0, 2], false)];
        assert_eq!(own[0], own[1]);
    }

    #[test]
    fn bodies_that_are_no_json_and_missing_answers_are_shown() {
        let base = "http://h/scim";
        let html = Answer {
            status: 502,
            headers: vec![("content-type".into(), "text/html".into()), ("server".into(), "x".into())],
            body: crate::wire::Body::new(b"<h1>Bad\r\ngateway</h1>\x07".to_vec()),
            elapsed: std::time::Duration::ZERO,
        };
        let mut broken = exchange(
            base,
            Method::Delete,
            "/Users/1",
            "cycle 1: delete ada",
            Answer::json(204, &json!(null)),
        );
        broken.outcome = Err(Broken::TimedOut(std::time::Duration::from_secs(3)));
        let mut number = exchange(
            base,
            Method::Get,
            "/Users/7",
            "cycle 1: read",
            Answer::json(200, &json!({"id": 7, "x": 7})),
        );
        number.request.provoked = true;
        let trace =
            [exchange(base, Method::Get, "/Users/1", "cycle 1: read", html), broken, number].map(Arc::new);
        let text = &pages(&trace, &settings())[0].text;
        assert_eq!(
            text,
            "# read\nGET /Users/1\nHTTP 502\ncontent-type: text/html\n\n<h1>Bad\ngateway</h1>\\u{7}\n\n\
             # delete ada\nDELETE /Users/1\nno answer: timed out\n\n\
             # read\nGET /Users/[user:1]\nHTTP 200\ncontent-type: application/scim+json\n\n\
             {\n  \"id\": \"[user:1 as number]\",\n  \"x\": 7\n}"
        );
    }

    #[test]
    fn names_of_sections_are_plain() {
        assert_eq!(slug("PATCH /Users/zq7f.x", "zq7f"), "patch-users-x");
        assert_eq!(slug("éé", ""), "step");
        assert!(slug(&"a b ".repeat(40), "").len() <= 48);
        assert!(pages(&[], &settings()).is_empty());
    }
}
