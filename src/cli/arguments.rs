//! Words of the command line and of the configuration file that no other room knows.

use std::str::FromStr;

use semver::Version;

use crate::check::{FIRST, Level};

/// `--fail-on`: a level, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FailOn(pub(super) Option<Level>);

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(FailOn(None));
        }
        match text.parse() {
            Ok(level) => Ok(FailOn(Some(level))),
            Err(_) => Err(format!("`{text}` is not a level: write critical, error, warning, note or never")),
        }
    }
}

/// `--checks-as-of`: a version of scimulate that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AsOf(pub(super) Version);

impl FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let current = env!("CARGO_PKG_VERSION");
        let version = Version::parse(text)
            .map_err(|_| format!("`{text}` is not a version of scimulate: write it as {current}"))?;
        if current.parse().is_ok_and(|current: Version| version > current) {
            return Err(format!("version {version} is newer than this scimulate {current}"));
        }
        if version < FIRST {
            return Err(format!("version {version} does not exist: the first one is {FIRST}"));
        }
        Ok(AsOf(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_mistakes_list_what_there_is() {
        assert_eq!("never".parse(), Ok(FailOn(None)));
        assert_eq!("critical".parse(), Ok(FailOn(Some(Level::Critical))));
        assert!("fatal".parse::<FailOn>().is_err_and(|why| why.contains("never")));
    }
}
