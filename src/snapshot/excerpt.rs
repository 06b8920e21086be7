//! Single exchanges of a scenario run as text, for people who want to see an example.

use std::sync::Arc;

use serde_json::Value;

use super::placeholder::{Context, Placeholders};
use super::{block, page};
use crate::wire::Exchange;

/// Columns of a value that stands on one line.
const WIDTH: usize = 96;

/// One exchange as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Method, path and body.
    pub request: String,
    /// Status, chosen headers and body; or why there is no answer.
    pub answer: String,
}

/// The chosen exchanges of a scenario run, by their places in its trace, and a sentence about them, with
/// placeholders for whatever differs from run to run. Bodies are JSON in as few lines as can be read.
#[must_use]
pub fn excerpts(
    trace: &[Arc<Exchange>],
    chosen: &[usize],
    sentence: &str,
    prefix: &str,
) -> (Vec<Excerpt>, String) {
    let mut all = Placeholders::new(prefix);
    let shown: Vec<Arc<Exchange>> = chosen.iter().filter_map(|place| trace.get(*place).cloned()).collect();
    // Who is shown first has the first number, whatever happened at the same time.
    let mut known = Placeholders::default();
    page::learn(trace, &mut known);
    for exchange in &shown {
        if let (Some(kind), Some(id)) = (exchange.operation.kind(), exchange.operation.id())
            && known.id(Some(kind), id).is_some()
        {
            all.learn(kind, id);
        }
    }
    page::learn(&shown, &mut all);
    page::learn(trace, &mut all);
    let excerpts = shown.iter().map(|exchange| Excerpt {
        request: block::request(exchange, &mut all, compact),
        answer: block::answer(exchange, &mut all, compact),
    });
    let excerpts: Vec<Excerpt> = excerpts.collect();
    let sentence: Vec<String> = sentence
        .split(' ')
        .map(|word| all.text(word, Context { resource: "-", kind: None, path: "sentence" }))
        .collect();
    (excerpts, sentence.join(" "))
}

/// JSON in which whatever fits into a line stands on one.
fn compact(value: &Value) -> String {
    let mut text = String::new();
    print(value, 0, &mut text);
    text
}

fn print(value: &Value, indent: usize, text: &mut String) {
    let flat = value.to_string();
    let (open, close, members): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(map) if indent == 0 || flat.chars().count() + indent > WIDTH => (
            '{',
            '}',
            map.iter().map(|(name, value)| (format!("{}: ", Value::from(name.as_str())), value)).collect(),
        ),
        Value::Array(items) if flat.chars().count() + indent > WIDTH => {
            ('[', ']', items.iter().map(|item| (String::new(), item)).collect())
        }
        _ => return text.push_str(&flat),
    };
    if members.is_empty() {
        return text.push_str(&flat);
    }
    text.push(open);
    let last = members.len() - 1;
    for (place, (name, member)) in members.into_iter().enumerate() {
        text.push_str(&format!("\n{:indent$}  {name}", ""));
        print(member, indent + 2, text);
        if place < last {
            text.push(',');
        }
    }
    text.push_str(&format!("\n{:indent$}{close}", ""));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::testing::{exchange, user};
    use crate::wire::{Answer, Method};
    use serde_json::json;

    #[test]
    fn what_is_shown_first_has_the_first_number_and_a_request_its_body() {
        let base = "http://127.0.0.1:7/scim";
        let created = |id: &str| {
            let body = user(id, "zq7f", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
            Arc::new(exchange(base, Method::Post, "/Users", "cycle 1: create", Answer::json(201, &body)))
        };
        let gone = exchange(base, Method::Get, "/Users/id-of-grace", "read", Answer::json(404, &json!({})));
        let trace = [created("id-of-ada"), created("id-of-grace"), Arc::new(gone)];
        let (shown, sentence) = excerpts(&trace, &[2], "GET /Users/id-of-grace of zq7f is 404", "zq7f");
        assert_eq!(shown[0].request, "GET /Users/[user:1]\n");
        assert_eq!(shown[0].answer, "HTTP 404\ncontent-type: application/scim+json\n\n{}\n");
        assert_eq!(sentence, "GET /Users/[user:1] of [prefix] is 404");
        let (shown, _) = excerpts(&trace, &[0, 1], "", "zq7f");
        assert!(shown[0].answer.contains("\"id\": \"[user:1]\"") && shown[1].answer.contains("[user:2]"));
    }

    #[test]
    fn what_fits_into_a_line_stands_on_one() {
        let long = "x".repeat(90);
        let value = json!({"a": [1, {"b": true}], "long": [long, {}], "none": []});
        let text = compact(&value);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[1], lines[2]), ("{", "  \"a\": [1,{\"b\":true}],", "  \"long\": ["));
        assert_eq!(lines.last(), Some(&"}"));
    }
}
