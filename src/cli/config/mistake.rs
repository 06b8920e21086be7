//! What is said of a wrong line of the file.

use std::collections::BTreeMap;

use super::settings::FILE;
use crate::diagnostic::Diagnostic;

/// What the TOML reader found wrong, with a near name where a name is wrong. It shows no value, since a secret may
/// stand in the wrong line.
pub(super) fn mistake(text: &str, error: &toml::de::Error) -> Diagnostic {
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let span = error.span().unwrap_or(0..0);
    let shown = masked(text);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(name)) => {
            let known: Vec<&str> =
                quoted.filter(|known| !["token", "client-secret"].contains(known)).collect();
            let named = Diagnostic::new(format!("unknown setting `{name}`"), FILE, shown, span)
                .did_you_mean(name, known.iter().copied());
            if named.help.is_some() {
                named
            } else {
                named.help(format!("the known settings here are {}", known.join(", ")))
            }
        }
        _ => {
            let written = text.get(span.clone()).unwrap_or("");
            Diagnostic::new(without_value(message, written), FILE, shown, span)
        }
    }
}

/// A message without the value that it is about.
fn without_value(message: &str, written: &str) -> String {
    for begin in ["invalid type: ", "invalid value: "] {
        if let Some((found, expected)) =
            message.strip_prefix(begin).and_then(|rest| rest.rsplit_once(", expected "))
        {
            let kind = found.split(' ').next().unwrap_or("");
            return format!("{begin}{kind}, expected {expected}");
        }
    }
    match toml::from_str::<BTreeMap<String, String>>(&format!("value = {written}")) {
        Ok(read) => message.replace(&format!("`{}`", read["value"]), "the value"),
        Err(_) => message.to_owned(),
    }
}

/// The text with its places, but with nothing in it than the names of settings and tables.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"-.".contains(&byte))
    };
    let table = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if table.is_some_and(is_name) {
        return line.to_owned();
    }
    let visible = match line.split_once('=') {
        Some((name, _)) if is_name(name.trim()) => name.len() + 1,
        _ => 0,
    };
    let (shown, hidden) = line.split_at(visible);
    // A byte for a byte, so that places stay where they are.
    let mask = |letter: char| match letter.is_whitespace() {
        true => letter.to_string(),
        false => "*".repeat(letter.len_utf8()),
    };
    shown.chars().map(String::from).chain(hidden.chars().map(mask)).collect()
}
