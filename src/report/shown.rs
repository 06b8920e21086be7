//! How one exchange is shown: in a line of the terminal, and in the JSON report.

use serde_json::Value;

use super::focus::{self, Focus};
use super::layout;
use crate::wire::{Answer, Exchange};

/// Longest body that is kept whole in a report, in bytes.
const WHOLE_BODY: usize = 64 * 1024;

/// The answer in one line: status, media type and the beginning of the body, or the part of it that is in `focus`. If
/// no answer arrived, the reason for that.
pub(in crate::report) fn answer_line(exchange: &Exchange, focus: Option<&Focus>, limit: usize) -> String {
    match &exchange.outcome {
        Err(broken) => layout::clean(&broken.to_string()),
        Ok(answer) => {
            let mut line = status_line(answer);
            if answer.body.is_empty() {
                line.push_str(", no body");
            } else {
                if let Some(media_type) = answer.header("content-type") {
                    line.push_str(&format!(" {}", layout::clean(media_type)));
                }
                line.push(' ');
                line.push_str(&focus::excerpt(&answer.body.text(), answer.body.json(), focus, limit));
            }
            line
        }
    }
}

/// The request in one line without headers: method, path, query and the beginning of the body, or the part of it that
/// is in `focus`.
pub(in crate::report) fn request_line(exchange: &Exchange, focus: Option<&Focus>, limit: usize) -> String {
    let request = &exchange.request;
    let mut line = format!("{} {}", request.method.as_str(), layout::clean(&request.path_and_query()));
    if let Some(body) = &request.body {
        line.push(' ');
        line.push_str(&focus::excerpt(body, request.json().as_ref(), focus, limit));
    }
    line
}

/// Status with its reason phrase, as `404 Not Found`.
pub fn status_line(answer: &Answer) -> String {
    match reason(answer.status) {
        "" => answer.status.to_string(),
        reason => format!("{} {reason}", answer.status),
    }
}

/// The reason phrase of RFC 9110, or nothing for a status it does not know.
pub fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("")
}

/// A request's body for a report: JSON as JSON, other text as text, `null` when there is none.
pub fn request_body(exchange: &Exchange) -> Value {
    match &exchange.request.body {
        None => Value::Null,
        Some(text) if text.len() > WHOLE_BODY => cut(text),
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_string())),
    }
}

/// An answer's body for a report, as [`request_body`]; where no answer came, the sentence that says why.
pub fn answer_body(exchange: &Exchange) -> Value {
    match &exchange.outcome {
        Err(broken) => Value::String(broken.to_string()),
        Ok(answer) if answer.body.is_empty() => Value::Null,
        Ok(answer) if answer.body.bytes().len() > WHOLE_BODY => cut(&answer.body.text()),
        Ok(answer) => {
            answer.body.json().cloned().unwrap_or_else(|| Value::String(answer.body.text().into_owned()))
        }
    }
}

fn cut(text: &str) -> Value {
    Value::String(whole(text))
}

/// A body's text, or its beginning and its length when it is too long for a report.
pub(in crate::report) fn whole(text: &str) -> String {
    if text.len() <= WHOLE_BODY {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(WHOLE_BODY);
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::verdict::example;
    use crate::wire::{Broken, Method};
    use serde_json::json;

    #[test]
    fn an_answer_is_one_line_with_its_status_and_type() {
        let exchange =
            example::exchange(Method::Get, "/Users/1", None, example::answer(404, &json!({"status": "404"})));
        assert_eq!(
            answer_line(&exchange, None, 100),
            r#"404 Not Found application/scim+json {"status":"404"}"#
        );
        assert_eq!(answer_line(&exchange, None, 4), r#"404 Not Found application/scim+json {"st…"#);
        let broken =
            example::exchange(Method::Get, "/Users/1", None, Err(Broken::Refused("localhost:1".into())));
        assert_eq!(answer_line(&broken, None, 100), "connection refused: localhost:1");
        assert_eq!(answer_body(&broken), json!("connection refused: localhost:1"));
    }

    #[test]
    fn bodies_are_json_where_they_are_json_and_long_ones_are_cut() {
        let body = json!({"userName": "a"});
        let exchange = example::exchange(Method::Post, "/Users", Some(&body), example::answer(201, &body));
        assert_eq!((request_body(&exchange), answer_body(&exchange)), (body.clone(), body));
        let long = json!("ä".repeat(WHOLE_BODY));
        let exchange = example::exchange(Method::Post, "/Users", Some(&long), example::answer(200, &long));
        for shown in [request_body(&exchange), answer_body(&exchange)] {
            let text = shown.as_str().unwrap();
            assert!(
                text.len() < WHOLE_BODY + 40 && text.ends_with("(131074 bytes in all)"),
                "{}",
                text.len()
            );
        }
    }
}
