//! The words of a script, and texts that are the same in every run.

use std::fmt::Write as _;
use std::sync::LazyLock;

use fancy_regex::Regex;

use super::replay::{Made, Replay};
use crate::check::Finding;
use crate::report::{layout, shown};
use crate::run::verdict::cause::Cause;
use crate::wire::{Exchange, Operation};

/// Ids this long stand nowhere by chance; shorter ones are looked for between quotes and slashes only.
const LONG: usize = 8;
/// How much of a request and an answer is shown beside the sentence.
const EXCERPT: usize = 600;
/// Columns of comments.
const WIDTH: usize = 100;

/// What differs from run to run besides ids and names: pattern as both `sed -E` and this program read it,
/// and what is written instead.
const VOLATILE: [(&str, &str); 3] = [
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
        layout::excerpt(&layout::clean(&self.text(&shown::request_line(exchange, usize::MAX))), EXCERPT)
    }

    /// Status and the beginning of the body, or why there was no answer.
    #[must_use]
    pub fn answer(&self, exchange: &Exchange) -> String {
        layout::excerpt(&layout::clean(&self.whole_answer(exchange)), EXCERPT)
    }

    fn whole_answer(&self, exchange: &Exchange) -> String {
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
fn replaced(text: &str, id: &str, with: &str) -> String {
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

/// The script.
pub(super) fn write(cause: &Cause<'_>, finding: &Finding, replay: &Replay<'_>, stable: &Stable) -> String {
    let mut text = String::from("#!/bin/sh\n");
    let mut comment = |line: &str| {
        for line in layout::wrap(&layout::clean(line), WIDTH - 2) {
            let _ = writeln!(text, "{}", format!("# {line}").trim_end());
        }
    };
    comment(&format!("{} ({}): {}", finding.rule, cause.level, cause.check.title));
    comment("");
    comment(&stable.text(&finding.message));
    comment("");
    comment(
        "Written by scimulate. Needs SCIMULATE_TARGET (the SCIM base URL) and SCIMULATE_TOKEN. Exits with 0 \
         if the target still returns this response, else with 1.",
    );
    text.push_str(PREAMBLE);
    let volatile: Vec<String> =
        VOLATILE.iter().map(|(pattern, name)| format!("s#{pattern}#{name}#g")).collect();
    let _ = writeln!(text, "volatile='{}'", volatile.join(";"));
    for step in &replay.steps {
        let what = layout::clean(&stable.text(&step.request.step));
        let _ = write!(text, "\n# {what}\n{}", ask(step, replay));
        if let Some(made) = replay.made.iter().find(|made| made.number == step.number) {
            let Made { variable, kind, .. } = made;
            let _ = writeln!(text, "keep {variable} {}", kind.endpoint());
            let _ = writeln!(text, "{variable}=$id");
        }
    }
    let refs: Vec<String> = finding.refs.iter().map(ToString::to_string).collect();
    let say = |label: &str, value: &str| {
        let value = layout::clean(&stable.text(value));
        let line = format!("{label} {value}").replace('\'', r"'\''");
        if value.is_empty() { String::new() } else { format!("echo '{line}'\n") }
    };
    text.push('\n');
    text.push_str(&say("violated:", &finding.message));
    text.push_str(&say("expected:", &finding.expected));
    text.push_str(&say("see:     ", &refs.join("; ")));
    text.push_str(&say("fix:     ", &finding.fix));
    let last = replay.last();
    let whole = stable.whole_answer(last);
    // A list of everybody, or a body that cannot be compared, is known by its status.
    let everybody = matches!(&last.operation, Operation::Query { filter: None, .. } | Operation::Search);
    let published = match last.answer() {
        Some(answer) if everybody => answer.status.to_string(),
        Some(_) => whole,
        None => "000".to_owned(),
    };
    let _ = writeln!(text, "published '{}'", published.replace('\'', r"'\''"));
    text
}

/// One request as a curl line.
fn ask(exchange: &Exchange, replay: &Replay<'_>) -> String {
    let request = &exchange.request;
    let mut line = format!("ask {} {}", request.method.as_str(), quoted(&request.path_and_query(), replay));
    let mut authorized = false;
    for (name, value) in &request.headers {
        if name.eq_ignore_ascii_case("authorization") {
            authorized = true;
            let scheme = value.split(' ').next().unwrap_or("Bearer");
            if scheme != "Bearer" {
                let _ = write!(line, " -H \"Authorization: {scheme} $SCIMULATE_TOKEN\"");
            }
        } else if !["host", "content-length"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            let _ = write!(line, " \\\n  -H {}", quoted(&format!("{name}: {value}"), replay));
        }
    }
    if !authorized {
        line.push_str(" -H Authorization:");
    }
    if let Some(body) = &request.body {
        let _ = write!(line, " \\\n  --data-binary {}", quoted(body, replay));
    }
    line.push('\n');
    line
}

/// A text as one word of a shell, with the ids and names of the run at hand in it.
fn quoted(text: &str, replay: &Replay<'_>) -> String {
    // No text holds these control characters: they are not allowed in JSON, URLs and headers.
    let mut text = text.to_owned();
    for made in &replay.made {
        text = replaced(&text, &made.id, &format!("\u{1}{}\u{2}", made.variable));
    }
    for (place, uuid) in replay.uuids.iter().enumerate() {
        text = text.replace(uuid, &format!("\u{1}tag\u{2}-0000-4000-8000-{:012}", place + 1));
    }
    text = text.replace(replay.prefix, "\u{1}run\u{2}");
    text = text.replace(&replay.prefix.to_uppercase(), "\u{1}run_upper\u{2}");
    let text = text.replace('\'', r"'\''").replace('\u{1}', "'\"$").replace('\u{2}', "\"'");
    format!("'{text}'")
}

/// What every script begins with.
const PREAMBLE: &str = r#"set -u
: "${SCIMULATE_TARGET:?set it to the SCIM base URL}" "${SCIMULATE_TOKEN:?set it to the bearer token}"
base=${SCIMULATE_TARGET%/}
run=${RUN:-sm$((($(date +%s) * 101 + $$) % 90000000 + 10000000))}
tag=${run#sm}
run_upper=$(printf '%s' "$run" | tr '[:lower:]' '[:upper:]')
answer=$(mktemp)
ids=''
made=''
status=000

# send METHOD PATH [CURL OPTION...]
send() {
  method=$1 path=$2
  shift 2
  status=$(curl --silent --globoff --max-time 60 --output "$answer" --write-out '%{http_code}' --request "$method" \
    "$base$path" -H "Authorization: Bearer $SCIMULATE_TOKEN" -H Accept: -H User-Agent: "$@") || status=000
}
# ask METHOD PATH [CURL OPTION...]: sends a request, and prints it and its answer.
ask() {
  : >"$answer"
  send "$@"
  printf '> %s %s\n' "$1" "$2"
  for word in "$@"; do case $word in '{'*) printf '%s\n' "$word" ;; esac; done
  printf '< %s %s\n\n' "$status" "$(tr -d '\r\n' <"$answer")"
}
# literal TEXT: the text as a pattern of sed
literal() { printf '%s' "$1" | sed 's/[][\.*^$()+?{}|#]/\\&/g'; }
# keep NAME ENDPOINT: keeps the id of what the last answer shows
keep() {
  id=$(tr ',{' '\n\n' <"$answer" | sed -n 's/^[[:space:]]*"id"[[:space:]]*:[[:space:]]*"\{0,1\}\([^"}]*\).*$/\1/p' | head -n 1)
  [ -n "$id" ] || return 0
  made="$2/$id $made"
  pattern=$(literal "$id")
  if [ ${#id} -ge 8 ]; then
    ids="$ids;s#$pattern#{$1}#g"
  else
    ids="$ids;s#([/\"])$pattern([/\"?\\\\]|\$)#\\1{$1}\\2#g"
  fi
}
# published ANSWER: compares the last answer with the published one, which may be a status alone
published() {
  body=$(tr -d '\r\n' <"$answer" | sed -E "s#$(literal "$base")#{base}#g$ids;s#$run#{run}#g;s#$run_upper#{RUN}#g;$volatile")
  case $body in '' | '{'* | '['*) ;; *) body='{text}' ;; esac
  now="$status${body:+ $body}"
  for path in $made; do send DELETE "$path"; done
  rm -f "$answer"
  if [ "$1" = "$now" ] || [ "$1" = "${now%% *}" ]; then
    echo 'confirmed: the answer is the published one'
    exit 0
  fi
  printf 'changed:   the answer is another one than was published\npublished: %s\nnow:       %s\n' "$1" "$now"
  exit 1
}
"#;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::check::{Level, Outcome};
    use crate::run::verdict::example;
    use crate::run::verdict::report::CheckResult;
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

    #[test]
    fn a_script_makes_what_it_needs_under_names_of_its_own_and_compares_the_last_answer() {
        let object_id = "d996163a-f137-4df5-bb7c-05feeafa1830";
        let user = json!({"externalId": object_id, "userName": "smbcdfghjk.o'neill@example.com"});
        let made = example::answer(
            201,
            &json!({"id": "2819c223-7f76", "userName": "smbcdfghjk.o'neill@example.com"}),
        );
        let mut create = Arc::unwrap_or_clone(example::exchange(Method::Post, "/Users", Some(&user), made));
        create.number = 1;
        let told = example::still_active("cycles/x");
        let mut read = Arc::unwrap_or_clone(example::exchange(
            Method::Get,
            "/Users/2819c223-7f76",
            None,
            example::answer(200, &json!({"id": "2819c223-7f76", "active": true})),
        ));
        read.number = 2;
        let trace = [Arc::new(create), Arc::new(read)];
        let finding = Finding { exchanges: vec![Arc::clone(&trace[1])], ..told };
        let replay = Replay::of(&finding, &trace, "smbcdfghjk").unwrap();
        let check = CheckResult::new("cycles/x", Some("default"), "The title", Outcome::Failed);
        let cause = Cause {
            level: Level::Critical,
            check: &check,
            finding: &finding,
            times: 1,
            checks: vec!["cycles/x"],
            dialects: Default::default(),
            consequences: Default::default(),
            decides: true,
        };
        let script = write(&cause, &finding, &replay, &replay.stable("http://127.0.0.1:8080/scim"));
        assert!(script.starts_with("#!/bin/sh\n# cycles/x (critical): The title\n"), "{script}");
        let body = r#"--data-binary '{"externalId":"'"$tag"'-0000-4000-8000-000000000001","userName":"'"$run"'.o'\''neill@example.com"}'"#;
        assert!(script.contains(&format!("ask POST '/Users' \\\n  -H 'ADSCIMVersion: 6.0' \\\n  -H 'Content-Type: application/scim+json; charset=utf-8' \\\n  {body}\nkeep user_1 /Users\nuser_1=$id\n")), "{script}");
        assert!(script.contains("ask GET '/Users/'\"$user_1\"''"), "{script}");
        assert!(script.ends_with("published '200 {\"id\":\"{user_1}\",\"active\":true}'\n"), "{script}");
        assert!(!script.contains("sesame") && !script.contains("smbcdfghjk"));
    }
}
