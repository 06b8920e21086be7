//! YAML read strictly, with its mistakes as [`Diagnostic`]s.
//!
//! Texts never change their type: `00123`, `no`, `1_000` and `~` stay what they look like where a
//! text belongs, and `yes` is not a boolean.

use std::ops::Range;

use serde::de::DeserializeOwned;
pub use serde_saphyr::Spanned;
use serde_saphyr::{Error, Location, Options};

use super::Diagnostic;

/// Reads one YAML document. Unknown keys are refused by types that `deny_unknown_fields`.
///
/// # Errors
/// A [`Diagnostic`] at the place of the first mistake.
pub fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| explain(file, text, &error))
}

/// The bytes of the text a value was read from.
#[must_use]
pub fn place<T>(value: &Spanned<T>, text: &str) -> Range<usize> {
    bytes(value.referenced, text)
}

fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

fn bytes(location: Location, text: &str) -> Range<usize> {
    let span = location.span();
    let start = match span.byte_offset().and_then(|offset| usize::try_from(offset).ok()) {
        Some(offset) if location != Location::UNKNOWN => offset,
        _ => return 0..0,
    };
    let length = span.byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let end = (start + length).min(text.len());
    // A block's span reaches over the line breaks after it; one line is enough to see where.
    let first_line = text.get(start..end).and_then(|taken| taken.split('\n').next()).map_or(0, str::len);
    if first_line > 0 { start..start + first_line } else { word_at(text, start) }
}

/// Some mistakes have a position and no length: the word that stands there is meant.
fn word_at(text: &str, start: usize) -> Range<usize> {
    let rest = text.get(start..).unwrap_or_default();
    let length =
        rest.find(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ']' | '}')).unwrap_or(rest.len());
    start..start + length
}

fn explain(file: &str, text: &str, error: &Error) -> Diagnostic {
    let error = error.without_snippet();
    let span = error.location().map_or(0..0, |location| bytes(location, text));
    let at = |title: String| Diagnostic::new(title, file, text, span.clone());
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let diagnostic =
                at(format!("unknown key `{field}`")).did_you_mean(field, expected.iter().copied());
            if diagnostic.help.is_some() {
                diagnostic
            } else {
                diagnostic.help(choices("known keys", expected))
            }
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let diagnostic = at(format!("`{variant}` is not a choice here"))
                .did_you_mean(variant, expected.iter().copied());
            if diagnostic.help.is_some() {
                diagnostic
            } else {
                diagnostic.help(choices("write one of", expected))
            }
        }
        Error::SerdeMissingField { field, .. } => at(format!("the key `{field}` is missing")),
        Error::DuplicateMappingKey { key: Some(key), .. } => at(format!("the key `{key}` stands twice")),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            at(format!("{unexpected} stands where {expected} belongs"))
        }
        Error::Unexpected { expected, .. } => at(format!("{} belongs here", plain(expected))),
        Error::InvalidScalar { ty, .. } => at(format!("{} belongs here", plain(ty))),
        Error::InvalidBooleanStrict { .. } => at("`true` or `false` belongs here".to_owned()),
        Error::NullIntoString { .. } => at("a text belongs here, and this is null".to_owned())
            .help("write null in quotes if it is meant as a text"),
        other => {
            let message = other.render();
            // The place is shown by the diagnostic itself.
            let message = message.split(" at line ").next().unwrap_or_default();
            at(message.lines().next().unwrap_or("this is not YAML").trim_start_matches("error: ").to_owned())
        }
    }
}

/// The parser's words for what it expected, in words of YAML.
fn plain(expected: &str) -> &str {
    match expected {
        "string scalar" => "a text",
        "sequence start" => "a list",
        "mapping start" => "a mapping of keys to values",
        integer if integer.starts_with(['u', 'i']) && integer[1..].parse::<u8>().is_ok() => "a whole number",
        other => other,
    }
}

fn choices(intro: &str, expected: &[&str]) -> String {
    format!("{intro}: `{}`", expected.join("`, `"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        target: Spanned<String>,
        #[serde(default)]
        precedence: Option<u32>,
        #[serde(default)]
        apply: Apply,
        #[serde(default)]
        filterable: bool,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Apply {
        #[default]
        Always,
        Create,
    }

    fn mistake(text: &str) -> (String, String, Option<String>) {
        let diagnostic = read::<Vec<Row>>("x.yaml", text).expect_err("there is a mistake");
        let marked = text.get(diagnostic.span.clone()).unwrap_or("outside").to_owned();
        (diagnostic.title, marked, diagnostic.help)
    }

    #[test]
    fn texts_stay_what_they_look_like() {
        for text in ["00123", "no", "1_000", "on", "0x1F", "12", "1.50", "true", "2024-01-01", "12:30:00"] {
            let rows: Vec<Row> = read("x.yaml", &format!("- target: {text}\n")).expect("it is a text");
            assert_eq!(rows[0].target.value, text);
            assert_eq!(place(&rows[0].target, &format!("- target: {text}\n")), 10..10 + text.len());
        }
        let rows: Vec<Row> =
            read("x.yaml", "- target: a\n  precedence: 2\n  apply: create\n").expect("right");
        assert_eq!(
            (rows[0].precedence, &rows[0].apply, rows[0].filterable),
            (Some(2), &Apply::Create, false)
        );
    }

    #[test]
    fn unknown_keys_and_choices_are_met_with_the_right_ones() {
        assert_eq!(
            mistake("- target: a\n  aply: always\n"),
            ("unknown key `aply`".into(), "aply".into(), Some("did you mean `apply`?".into()))
        );
        assert_eq!(
            mistake("- target: a\n  apply: sometimes\n"),
            (
                "`sometimes` is not a choice here".into(),
                "sometimes".into(),
                Some("write one of: `always`, `create`".into())
            )
        );
    }

    #[test]
    fn missing_and_doubled_keys_and_wrong_types_are_placed() {
        assert_eq!(mistake("- filterable: true\n").0, "the key `target` is missing");
        assert_eq!(mistake("- target: a\n  target: b\n").0, "the key `target` stands twice");
        let title_and_place = |text| {
            let (title, place, _) = mistake(text);
            (title, place)
        };
        assert_eq!(
            title_and_place("- target: a\n  precedence: first\n"),
            ("a whole number belongs here".into(), "first".into())
        );
        assert_eq!(
            title_and_place("- target: a\n  filterable: yes\n"),
            ("`true` or `false` belongs here".into(), "yes".into())
        );
        assert_eq!(title_and_place("- target: [a]\n"), ("a text belongs here".into(), "[".into()));
        assert_eq!(title_and_place("a: b\n"), ("a list belongs here".into(), "a".into()));
        assert_eq!(title_and_place("- a\n"), ("a mapping of keys to values belongs here".into(), "a".into()));
        assert_eq!(mistake("- target: ~\n").1, "~");
    }

    #[test]
    fn what_is_no_yaml_is_said_without_a_second_place() {
        let (title, _, _) = mistake("- target: \"a\n");
        assert!(!title.contains("line"), "{title}");
        assert!(!title.is_empty());
    }
}
