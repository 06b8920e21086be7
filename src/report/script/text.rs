//! The words of a script.

use std::fmt::Write as _;

use super::replay::{Made, Replay};
use super::stable::{Stable, VOLATILE, replaced};
use crate::check::Finding;
use crate::report::layout;
use crate::run::verdict::cause::Cause;
use crate::wire::{Exchange, Operation};

/// Columns of comments.
const WIDTH: usize = 100;

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
            pattern: None,
            also: Vec::new(),
            advice: None,
            stage: crate::run::verdict::stage::Stage::Update,
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
