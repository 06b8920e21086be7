//! One exchange as text.

use serde_json::{Map, Value};

use super::placeholder::{Context, Placeholders};
use crate::wire::{Answer, Broken, Exchange, Operation, ResourceKind, id_of};

/// Headers that say something about the resource or the body. Others are the transport's.
const HEADERS: [&str; 5] = ["content-type", "content-location", "location", "etag", "www-authenticate"];

/// A body that is no JSON is shown up to here, in characters.
const LONGEST_TEXT: usize = 8_192;

/// How JSON is written.
pub(super) type Print = fn(&Value) -> String;

/// Request line, status line, chosen headers, body.
pub(super) fn write(exchange: &Exchange, all: &mut Placeholders) -> String {
    format!("{}{}", request_line(exchange, all), answer(exchange, all, pretty))
}

fn request_line(exchange: &Exchange, all: &mut Placeholders) -> String {
    let target = Context { resource: "-", kind: exchange.operation.kind(), path: "url" };
    let target = all.text(&exchange.request.path_and_query(), target);
    format!("{} {target}\n", exchange.request.method.as_str())
}

/// Request line and body.
pub(super) fn request(exchange: &Exchange, all: &mut Placeholders, print: Print) -> String {
    let mut text = request_line(exchange, all);
    if let Some(json) = exchange.request.json() {
        let shown = value(&json, "-", exchange.operation.kind(), "", all);
        text.push_str(&format!("\n{}\n", print(&shown)));
    } else if let Some(body) = &exchange.request.body {
        let context = Context { resource: "-", kind: exchange.operation.kind(), path: "body" };
        text.push_str(&format!("\n{}\n", all.text(body, context)));
    }
    text
}

/// Status line, chosen headers, body.
pub(super) fn answer(exchange: &Exchange, all: &mut Placeholders, print: Print) -> String {
    let kind = exchange.operation.kind();
    let mut text = String::new();
    match &exchange.outcome {
        Ok(answer) => {
            let id =
                answer.body.json().and_then(id_of).or_else(|| exchange.operation.id().map(str::to_owned));
            let resource = id.map_or_else(|| "-".to_owned(), |id| all.resource(kind, &id));
            if changes(exchange) {
                all.written(&resource);
            }
            text.push_str(&status_and_headers(answer, kind, &resource, all));
            text.push_str(&body(exchange, answer, all, print));
        }
        Err(broken) => text.push_str(&format!("no answer: {}\n", why(broken))),
    }
    text
}

fn status_and_headers(
    answer: &Answer,
    kind: Option<ResourceKind>,
    resource: &str,
    all: &mut Placeholders,
) -> String {
    let mut text = format!("HTTP {}\n", answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str())) {
        let value = all.text(value, Context { resource, kind, path: name });
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

fn body(exchange: &Exchange, answer: &Answer, all: &mut Placeholders, print: Print) -> String {
    if answer.body.is_empty() {
        return String::new();
    }
    let Some(json) = answer.body.json() else {
        let context = Context { resource: "-", kind: exchange.operation.kind(), path: "body" };
        let shown: String = answer.body.text().chars().take(LONGEST_TEXT).collect();
        let shown = all.text(&shown.replace('\r', ""), context);
        // Control characters would be invisible in a review, and YAML readers refuse some of them.
        let visible = |c: char| c == '\n' || c == '\t' || !c.is_control();
        let shown: String = shown
            .chars()
            .map(|c| if visible(c) { c.to_string() } else { c.escape_default().to_string() })
            .collect();
        return format!("\n{}\n", shown.trim_end());
    };
    let shown = match &exchange.operation {
        // Schemas and resource types have ids too, but those are names.
        Operation::Discovery(_) => value(json, "-", None, "", all),
        operation => resource_or_list(json, operation.kind(), all),
    };
    format!("\n{}\n", print(&shown))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

/// A resource under its own id, or a list of them each under its own.
pub(super) fn resource_or_list(json: &Value, kind: Option<ResourceKind>, all: &mut Placeholders) -> Value {
    let Some(map) = json.as_object() else { return value(json, "-", kind, "", all) };
    if map.get("Resources").is_some_and(Value::is_array) {
        let shown = map.iter().map(|(name, member)| {
            let member = match (name.as_str(), member) {
                ("Resources", Value::Array(items)) => {
                    let mut items: Vec<&Value> = items.iter().collect();
                    // What has no id keeps its place behind the others.
                    items.sort_by_key(|item| {
                        id_of(item)
                            .map_or((usize::MAX, String::new()), |id| all.place(kind_of(item).or(kind), &id))
                    });
                    Value::Array(items.into_iter().map(|item| resource_or_list(item, kind, all)).collect())
                }
                _ => value(member, "-", kind, name, all),
            };
            (name.clone(), member)
        });
        return Value::Object(shown.collect());
    }
    let kind = kind_of(json).or(kind);
    let resource = id_of(json).map_or_else(|| "-".to_owned(), |id| all.resource(kind, &id));
    value(json, &resource, kind, "", all)
}

fn value(
    json: &Value,
    resource: &str,
    kind: Option<ResourceKind>,
    path: &str,
    all: &mut Placeholders,
) -> Value {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match json {
        Value::String(text) => Value::String(all.text(text, Context { resource, kind, path })),
        Value::Number(number) => {
            match all.id(kind, &number.to_string()) {
                // An id that came as a number must not look like one that came as a string.
                Some(placeholder) if (Context { resource, kind, path }).is_id() => {
                    Value::String(placeholder.replace(']', " as number]"))
                }
                _ => json.clone(),
            }
        }
        Value::Array(items) => {
            let mut items: Vec<&Value> = items.iter().collect();
            // Members and groups are sets.
            if (Context { resource, kind, path }).is_id() {
                items.sort_by_key(|item| member_id(item).map(|id| all.place(kind, &id)));
            }
            Value::Array(items.into_iter().map(|item| value(item, resource, kind, path, all)).collect())
        }
        Value::Object(members) => {
            let shown = members.iter().map(|(name, member)| {
                let kind = match name.as_str() {
                    "groups" => Some(ResourceKind::Group),
                    "members" | "manager" => Some(ResourceKind::User),
                    _ => kind,
                };
                (name.clone(), value(member, resource, kind, &below(name), all))
            });
            Value::Object(shown.collect::<Map<_, _>>())
        }
        Value::Bool(_) | Value::Null => json.clone(),
    }
}

/// The id in an element of `members` or `groups`.
fn member_id(element: &Value) -> Option<String> {
    element.get("value")?.as_str().map(str::to_owned)
}

/// True when the answer says that a resource was changed.
fn changes(exchange: &Exchange) -> bool {
    matches!(exchange.operation, Operation::Modify(..) | Operation::Replace(..)) && exchange.succeeded()
}

/// The kind a resource says it is of.
pub(super) fn kind_of(resource: &Value) -> Option<ResourceKind> {
    match resource.pointer("/meta/resourceType")?.as_str()? {
        "User" => Some(ResourceKind::User),
        "Group" => Some(ResourceKind::Group),
        _ => None,
    }
}

/// The same words in every run: no ports, no times.
fn why(broken: &Broken) -> &'static str {
    match broken {
        Broken::Refused(_) => "connection refused",
        Broken::NoSuchHost(_) => "host not found",
        Broken::Tls(_) => "TLS failed",
        Broken::TimedOut(_) => "timed out",
        Broken::Unrefused(_) => "wrong credentials were not refused in time",
        Broken::Gone(_) => "another service answers",
        Broken::Protocol(_) => "the connection broke",
        Broken::TooLarge(_) => "too large",
        Broken::NoToken(_) => "no access token",
        Broken::Unwritable(_) => "the request cannot be written",
        Broken::Unjournalled(_) => "not sent, the journal cannot be written",
        Broken::Withheld(_) => "not sent, it would have changed somebody else's object",
        Broken::Unproven(_) => "not sent, nothing proves that the object is the run's own",
        Broken::Interrupted => "interrupted",
    }
}
