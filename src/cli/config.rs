//! `scimulate.toml` in the working folder: the options of `run` under their long names, and what is
//! too long for a command line.

use std::fmt::Display;
use std::io::ErrorKind;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;

use super::failure::Failure;
use crate::diagnostic::Diagnostic;

/// The file's name.
pub(super) const FILE: &str = "scimulate.toml";

/// What the file says. A key that is not here is a mistake.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Config {
    pub(super) target: Option<String>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) header: Vec<String>,
    pub(super) cacert: Option<PathBuf>,
    pub(super) timeout: Option<u64>,
    pub(super) pace: Option<u64>,
    pub(super) yes: bool,
    /// Never accepted: a file that is checked in is no place for it.
    pub(super) token: Option<Spanned<de::IgnoredAny>>,
}

impl Config {
    /// Reads the file in the working folder. Without one, nothing is configured.
    pub(super) fn read() -> Result<Self, Failure> {
        Config::read_from(Path::new(FILE))
    }

    fn read_from(path: &Path) -> Result<Self, Failure> {
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(&path.display().to_string(), &text).map_err(Failure::from),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Config::default()),
            Err(error) => {
                let title = format!("cannot read {FILE}: {error}");
                Err(Diagnostic::about_file(title, path.display().to_string()).into())
            }
        }
    }

    fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let config: Config = toml::from_str(text).map_err(|error| mistake(file, text, &error))?;
        if let Some(token) = &config.token {
            return Err(Diagnostic::new("a token does not belong into this file", file, text, token.span())
                .help(
                    "give it in SCIMULATE_TOKEN, or name a file that is not checked in with `token-file`",
                ));
        }
        Ok(config)
    }
}

/// What the TOML reader found wrong, with a near name where a name is wrong.
fn mistake(file: &str, text: &str, error: &toml::de::Error) -> Diagnostic {
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let span = error.span().unwrap_or(0..0);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(name)) => {
            let known: Vec<&str> = quoted.filter(|known| *known != "token").collect();
            let named = Diagnostic::new(format!("unknown setting `{name}`"), file, text, span);
            let named = named.did_you_mean(name, known.iter().copied());
            if named.help.is_some() {
                named
            } else {
                named.help(format!("the settings here are {}", known.join(", ")))
            }
        }
        _ => Diagnostic::new(message, file, text, span),
    }
}

/// Reads a value that is a word on the command line in the same way, so that the mistake has its place.
#[expect(dead_code, reason = "used by the options of `run`")]
pub(super) fn word<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    reader: D,
) -> Result<Option<T>, D::Error> {
    struct Word<T>(PhantomData<T>);

    impl<T: FromStr<Err: Display>> Visitor<'_> for Word<T> {
        type Value = T;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    reader.deserialize_str(Word(PhantomData)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Diagnostic {
        Config::parse(FILE, text).unwrap_err()
    }

    #[test]
    fn settings_have_the_names_of_the_options() {
        let config =
            Config::parse(FILE, "target = 'http://localhost/scim'\ntoken-file = 'token'\nyes = true")
                .unwrap();
        assert_eq!(config.target.as_deref(), Some("http://localhost/scim"));
        assert_eq!(config.token_file.as_deref(), Some(Path::new("token")));
        assert!(config.yes);
        assert!(Config::parse(FILE, "").unwrap().target.is_none());
    }

    #[test]
    fn a_mistake_is_shown_at_its_place_with_a_way_out() {
        let unknown = wrong("yes = true\ntagret = 'x'\n");
        assert_eq!((unknown.title.as_str(), unknown.line()), ("unknown setting `tagret`", 2));
        assert_eq!(unknown.help.as_deref(), Some("did you mean `target`?"));
        let far = wrong("zzzzzzzz = 1");
        assert!(far.help.is_some_and(|help| help.contains("target, ") && !help.contains("token,")));
        let typed = wrong("\n\ntimeout = 'long'");
        assert_eq!(typed.line(), 3);
        assert!(typed.title.contains("invalid type"), "{}", typed.title);
        let broken = wrong("target = ");
        assert_eq!(broken.line(), 1);
    }

    #[test]
    fn a_token_in_the_file_is_refused_and_not_shown() {
        let refused = wrong("token = 'hunter2'");
        assert!(refused.help.is_some_and(|help| help.contains("SCIMULATE_TOKEN")));
    }
}
