use std::time::Duration;

use super::*;
use crate::wire::{Actor, Method};

/// Holds what each encoding writes in its own way.
const TOKEN: &str = "MARK+ab/cd==\"7731\"&<x>%41";

fn hiding(values: &[&str]) -> Secrets {
    let secrets = Secrets::default();
    for value in values {
        secrets.add(value);
    }
    secrets
}

fn json_escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("\\u{byte:04X}")).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn html(text: &str) -> String {
    let entity = |letter: char| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '+' => "&#43;".to_owned(),
        '/' => "&#x2F;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(entity).collect()
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn base64url(text: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

fn slashes(text: &str) -> String {
    Value::from(text).to_string().trim_matches('"').replace('/', r"\/").replace('+', r"\u002b")
}

#[test]
fn a_secret_is_hidden_in_every_spelling_and_in_spellings_of_spellings() {
    let secrets = hiding(&[TOKEN]);
    let spellings: [fn(&str) -> String; 8] =
        [str::to_owned, json_escaped, slashes, percent, form, html, base64, base64url];
    let cases: [fn(&str) -> String; 4] =
        [str::to_lowercase, str::to_uppercase, hex, |text| hex(text).to_uppercase()];
    for inner in spellings.into_iter().chain(cases) {
        for outer in spellings {
            for before in ["", "Bearer ", "user:", "a:", "ab:"] {
                let written = outer(&inner(&format!("{before}{TOKEN}")));
                let text = format!("before {written} after");
                let hidden = secrets.hide(&text);
                assert!(hidden.starts_with("before ") && hidden.ends_with(" after"), "{hidden}");
                assert!(hidden.contains(REDACTED), "{text}");
                // Of a prefix may be left what was encoded with it, of the secret nothing.
                let left = hidden.replace(REDACTED, "");
                assert!(left.len() <= "before  after==".len() + outer(&inner(before)).len() + 12, "{left}");
            }
        }
    }
    assert_eq!(secrets.hide("MARK+ab/cd is no secret yet"), "MARK+ab/cd is no secret yet");
}

#[test]
fn what_stands_around_a_secret_stays() {
    let secrets = hiding(&["0123456789-token"]);
    for (text, shown) in [
        ("0123456789-token", "[redacted]"),
        ("Bearer 0123456789-token, twice 0123456789-token.", "Bearer [redacted], twice [redacted]."),
        (r#"{"a":"50 %","b":"\u00300123456789-token"}"#, r#"{"a":"50 %","b":"\u0030[redacted]"}"#),
        ("%2B%30123456789-token%2B", "%2B[redacted]%2B"),
    ] {
        assert_eq!(secrets.hide(text), shown);
    }
    assert!(matches!(secrets.hide("nothing of it, 100 % sure & safe"), Cow::Borrowed(_)));
}

#[test]
fn the_longest_secret_is_hidden_whole() {
    let secrets = hiding(&["abcdefgh", "abcdefgh-and-more", "with-abcdefgh-and"]);
    assert_eq!(secrets.hide("abcdefgh-and-more"), "[redacted]");
    assert_eq!(secrets.hide("with-abcdefgh-and-more"), "[redacted]");
    assert_eq!(secrets.hide("with-abcdefgh"), "with-[redacted]");
}

#[test]
fn of_long_tokens_that_end_alike_the_right_one_is_hidden() {
    let end = "0123456789abcdef0123456789abcdef0123456789";
    let (one, other) = (format!("one.{end}"), format!("another.{end}"));
    let secrets = hiding(&[&one, &other, &format!("Bearer {one}")]);
    assert_eq!(secrets.hide(&format!("<{one}|{other}>")), "<[redacted]|[redacted]>");
    assert_eq!(secrets.hide(&format!("Bearer {one}")), "[redacted]");
}

#[test]
fn a_short_secret_is_hidden_as_a_whole_value_alone() {
    let secrets = hiding(&["t0k3n", "t"]);
    for (text, shown) in [
        ("t0k3n", "[redacted]"),
        ("Bearer t0k3n", "[redacted]"),
        (
            r#"{"t":"t","list":["t0k3n" , "not t0k3n"]}"#,
            r#"{"t":"[redacted]","list":["[redacted]" , "not t0k3n"]}"#,
        ),
        ("http://a/?t=t&u=%74&v=tt#t", "http://a/?t=[redacted]&u=[redacted]&v=tt#t"),
        ("the text is not blank", "the text is not blank"),
    ] {
        assert_eq!(secrets.hide(text), shown);
    }
    let flags = hiding(&["true", "2", "42", ""]);
    assert_eq!(flags.hide(r#"{"id":"42","active":"true"}"#), r#"{"id":"42","active":"true"}"#);
}

#[test]
fn a_clone_knows_what_was_added_later_and_nothing_is_printed() {
    let secrets = hiding(&["first-secret"]);
    let clone = secrets.clone();
    assert_eq!(clone.hide("first-secret, second-secret"), "[redacted], second-secret");
    secrets.add("second-secret");
    assert_eq!(clone.hide("first-secret, second-secret"), "[redacted], [redacted]");
    assert_eq!(format!("{clone:?}"), "2 secrets");
}

#[test]
fn headers_and_urls_hold_more_than_one_secret() {
    let secrets = Secrets::default();
    secrets.add_header("authorization", &format!("Basic {}", base64("user:pass-word-1")));
    secrets.add_header("Cookie", "sid=cookie-value-2; a=b");
    secrets.add_url("https://someone:pass-word-3@host.example/path?key=query-value-4&bare-value-5#x");
    for secret in ["pass-word-1", "cookie-value-2", "pass-word-3", "query-value-4", "bare-value-5"] {
        assert_eq!(secrets.hide(&format!("<{secret}>")), "<[redacted]>");
    }
    assert_eq!(secrets.hide("host.example/path"), "host.example/path");
}

#[test]
fn what_is_sent_as_data_is_given_back_by_a_right_server() {
    let secrets = hiding(&["contoso.com", "0123456789-token"]);
    assert_eq!(secrets.hide("ada@contoso.com"), "ada@[redacted]");
    let request = Request::new(Actor::Entra, Method::Get, "/Users", "match")
        .with_query("filter=userName+eq+%22ada%40contoso.com%22");
    secrets.publish_data(&request);
    assert_eq!(secrets.hide("ada@contoso.com 0123456789-token"), "ada@contoso.com [redacted]");
}

fn answer(headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { status: 200, headers, body: Body::new(body.as_bytes().to_vec()), elapsed: Duration::ZERO }
}

#[test]
fn a_body_that_was_json_is_json_still() {
    let secrets = hiding(&["1234567890"]);
    let clean = |body: &str| secrets.clean(Ok(answer(&[], body))).unwrap().body;
    let body = clean(r#"{"n":1234567890,"m":[7,"1234567890"],"1234567890":null}"#);
    assert_eq!(body.json().unwrap().to_string(), r#"{"n":0,"m":[7,"[redacted]"],"[redacted]":null}"#);
    assert_eq!(clean("1234567890 is no JSON").text(), "[redacted] is no JSON");
    assert_eq!(clean("\u{ff}1234567890").text(), "\u{ff}[redacted]");
}

#[test]
fn cookies_are_hidden_in_their_answer_and_in_later_ones() {
    let secrets = Secrets::default();
    let given = [("set-cookie", "sid=session-7731; Path=/"), ("x-sid", "session-7731")];
    let clean = secrets.clean(Ok(answer(&given, r#""session-7731""#))).unwrap();
    assert!(!format!("{clean:?}").contains("7731"), "{clean:?}");
    assert_eq!(secrets.hide("session-7731"), "[redacted]");
    secrets.clean(Ok(answer(&[("set-cookie", "language=en-US-posix; tz=1")], ""))).unwrap();
    assert_eq!(secrets.hide("en-US-posix"), "en-US-posix");
    for number in 0..100 {
        let cookie = format!("lb=balanced-{number}");
        let echo = answer(&[("set-cookie", &cookie)], &format!("balanced-{number}"));
        secrets.clean(Ok(echo)).unwrap();
    }
    assert_eq!(format!("{secrets:?}"), format!("{MOST_COOKIES} secrets"));
}

#[test]
fn errors_hold_no_secret_either() {
    let secrets = hiding(&["0123456789-token"]);
    let why = || "header `0123456789-token`".to_owned();
    for broken in [
        Broken::Refused(why()),
        Broken::NoSuchHost(why()),
        Broken::Tls(why()),
        Broken::Protocol(why()),
        Broken::Unwritable(why()),
    ] {
        let clean = secrets.clean(Err(broken)).unwrap_err();
        assert!(clean.to_string().contains("header `[redacted]`"), "{clean}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_holds_no_secret_stays(
        text in r#"([\\%&#;xu0-9a-f"'?=+/é😀-]|\\u[0-9a-f]{4}|%[0-9a-f]{2}|&#[0-9]{1,7};|QUJD){0,40}"#,
    ) {
        let secrets = hiding(&["0123456789-token", "short"]);
        proptest::prop_assert_eq!(secrets.hide(&text), text.as_str());
        let hidden = secrets.hide(&format!("{text} 0123456789-token {text}")).into_owned();
        proptest::prop_assert_eq!(hidden, format!("{text} [redacted] {text}"));
    }
}
