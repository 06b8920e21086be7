//! Texts that are the same in every run.

use std::sync::LazyLock;

use fancy_regex::Regex;

use crate::report::{layout, shown};
use crate::wire::Exchange;

/// Ids this long stand nowhere by chance; shorter ones are looked for between quotes and slashes only.
const LONG: usize = 8;
/// How much of a request and an answer is shown beside the sentence.
const EXCERPT: usize = 600;

/// What differs from run to run besides ids and names: pattern as both `sed -E` and this program read it,
/// and what is written instead.
pub(super) const VOLATILE: [(&str, &str); 3] = [
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.0-9]*(Z|[+-][0-9]{2}:[0-9]{2})?", "{time}"),
    (r#"W/[\\]?"[^"\\]*[\\]?""#, "{version}"),
    (r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "{uuid}"),
];

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let compiled = VOLATILE
        .iter()
        .map(|(pattern, name)| (Regex::new(pattern).expect("the patterns are constant and tested"), *name));
    compiled.collect()
});

/// Makes texts of a run independent of it: ids, made-up names, times and versions become names in braces.
#[derive(Debug, Clone)]
pub struct Stable {
    ids: Vec<(String, String)>,
    prefix: String,
    base: String,
}

impl Stable {
    /// For a run with these ids, each with its name, this prefix and this base URL.
    #[must_use]
    pub fn new(mut ids: Vec<(String, String)>, prefix: &str, base: &str) -> Self {
        // An id may stand within another.
        ids.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        Stable { ids, prefix: prefix.to_owned(), base: base.trim_end_matches('/').to_owned() }
    }

    /// The text on one line.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = text.replace(['\r', '\n'], "").replace(&self.base, "{base}");
        for (id, name) in &self.ids {
            text = replaced(&text, id, &format!("{{{name}}}"));
        }
        text = text.replace(&self.prefix, "{run}").replace(&self.prefix.to_uppercase(), "{RUN}");
        for (pattern, name) in PATTERNS.iter() {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        text
    }

    /// Method, path and the beginning of the body.
    #[must_use]
    pub fn request(&self, exchange: &Exchange) -> String {
        layout::excerpt(&layout::clean(&self.text(&shown::request_line(exchange, None, usize::MAX))), EXCERPT)
    }

    /// Status and the beginning of the body, or why there was no answer.
    #[must_use]
    pub fn answer(&self, exchange: &Exchange) -> String {
        layout::excerpt(&layout::clean(&self.whole_answer(exchange)), EXCERPT)
    }

    pub(super) fn whole_answer(&self, exchange: &Exchange) -> String {
        match &exchange.outcome {
            // Pages of errors show paths and versions of the machine.
            Ok(answer) if answer.body.json().is_none() && !answer.body.is_empty() => {
                format!("{} {{text}}", answer.status)
            }
            Ok(answer) => self.text(format!("{} {}", answer.status, answer.body.text()).trim_end()),
            Err(broken) => self.text(&broken.to_string()),
        }
    }
}

/// The text with an id replaced where it stands as one.
pub(super) fn replaced(text: &str, id: &str, with: &str) -> String {
    if id.len() >= LONG {
        return text.replace(id, with);
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(id) {
        let (before, after) = (&rest[..place], &rest[place + id.len()..]);
        result.push_str(before);
        let opens = result.ends_with(['/', '"']) || result.ends_with("%22");
        let closes = after.is_empty() || after.starts_with(['/', '"', '?', '\\']) || after.starts_with("%22");
        result.push_str(if opens && closes { with } else { id });
        rest = after;
    }
    result + rest
}

/// Every UUID of the text.
pub(super) fn uuids(text: &str) -> Vec<String> {
    let pattern = PATTERNS.iter().find(|(_, name)| *name == "{uuid}").map(|(pattern, _)| pattern);
    let found = pattern.into_iter().flat_map(|pattern| pattern.find_iter(text)).filter_map(Result::ok);
    found.map(|found| found.as_str().to_owned()).collect()
}

/// True where the id stands in the text as one.
pub(super) fn names(text: &str, id: &str) -> bool {
    replaced(text, id, "\u{1}").contains('\u{1}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::verdict::example;
    use crate::wire::Method;

    #[test]
    fn what_differs_from_run_to_run_is_named() {
        let ids =
            vec![("12".to_owned(), "user_1".to_owned()), ("2819c223-aa".to_owned(), "group_1".to_owned())];
        let stable = Stable::new(ids, "smbcdfghjk", "http://127.0.0.1:8080/scim/");
        for (text, expected) in [
            (r#"{"id":"12","n":12,"title":"112"}"#, r#"{"id":"{user_1}","n":12,"title":"112"}"#),
            ("/Users/12?count=12", "/Users/{user_1}?count=12"),
            ("/Users?filter=id+eq+%2212%22", "/Users?filter=id+eq+%22{user_1}%22"),
            ("x2819c223-aax", "x{group_1}x"),
            ("smbcdfghjk.ada SMBCDFGHJK", "{run}.ada {RUN}"),
            ("2026-11-23T08:00:01.123Z\n2026-11-23T08:00:01+01:00", "{time}{time}"),
            (r#""version":"W/\"3694e05e\"""#, r#""version":"{version}""#),
            ("d996163a-f137-4df5-bb7c-05feeafa1830", "{uuid}"),
            ("http://127.0.0.1:8080/scim/Users/12", "{base}/Users/{user_1}"),
        ] {
            assert_eq!(stable.text(text), expected);
        }
    }

    #[test]
    fn a_page_of_an_error_is_known_by_its_status() {
        let page = crate::wire::Body::new(b"<html>at /srv/app/read.js:194".to_vec());
        let answer =
            crate::wire::Answer { status: 500, body: page, ..example::answer(500, &json!({})).unwrap() };
        let exchange = example::exchange(Method::Get, "/Users/1", None, Ok(answer));
        let stable = Stable::new(Vec::new(), "smbcdfghjk", "http://127.0.0.1:8080/scim");
        assert_eq!(stable.answer(&exchange), "500 {text}");
    }
}
