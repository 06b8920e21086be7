//! Words of the command line and of the configuration file that no other room knows.

use std::str::FromStr;

use semver::Version;

use crate::check::{FIRST, Level};
use crate::entra::dialect::Dialect;
use crate::http::{Flag, TenantUrl};

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

/// `--dialect`: one, or all that matter today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialects(pub(super) Vec<Dialect>);

impl FromStr for Dialects {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Dialects::all());
        }
        match text.parse() {
            Ok(dialect) => Ok(Dialects(vec![dialect])),
            Err(_) => Err(format!(
                "`{text}` is not a dialect: write default, aadOptscim062020, customappsso or all"
            )),
        }
    }
}

impl Dialects {
    /// The two that jobs of today speak.
    pub(super) fn all() -> Self {
        Dialects(vec![Dialect::Default, Dialect::AadOptscim062020])
    }

    /// What the flags in a Tenant URL ask for; without one, all.
    pub(super) fn of(url: Option<&TenantUrl>) -> Self {
        match url.and_then(|url| url.flags().last()) {
            Some(Flag::AadOptscim062020 | Flag::AzureAdScimPatch062020) => {
                Dialects(vec![Dialect::AadOptscim062020])
            }
            Some(Flag::AzureAdScimPatch2017) => Dialects(vec![Dialect::Default]),
            None => Dialects::all(),
        }
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
        assert_eq!("all".parse(), Ok(Dialects(vec![Dialect::Default, Dialect::AadOptscim062020])));
        assert_eq!("default".parse(), Ok(Dialects(vec![Dialect::Default])));
        assert!("Default".parse::<Dialects>().is_err_and(|why| why.contains("or all")));
    }

    #[test]
    fn a_flag_in_the_url_selects_its_dialect() {
        let of = |url| Dialects::of(Some(&TenantUrl::parse(url).unwrap())).0;
        assert_eq!(of("http://localhost/scim/?aadOptscim062020"), [Dialect::AadOptscim062020]);
        assert_eq!(of("http://localhost/scim?AzureAdScimPatch2017"), [Dialect::Default]);
        assert_eq!(of("http://localhost/scim?tenant=1").len(), 2);
        assert_eq!(Dialects::of(None), Dialects::all());
    }
}
