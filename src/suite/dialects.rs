//! The dialects of a run, by the words of the command line.

use std::str::FromStr;

use crate::entra::dialect::Dialect;
use crate::http::{Flag, TenantUrl};

/// One dialect, or all that matter today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialects(pub(crate) Vec<Dialect>);

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
    pub(crate) fn all() -> Self {
        Dialects(vec![Dialect::Default, Dialect::AadOptscim062020])
    }

    /// What the flags in a Tenant URL ask for; without one, all.
    pub(crate) fn of(url: Option<&TenantUrl>) -> Self {
        match url.and_then(|url| url.flags().last()) {
            Some(Flag::AadOptscim062020 | Flag::AzureAdScimPatch062020) => {
                Dialects(vec![Dialect::AadOptscim062020])
            }
            Some(Flag::AzureAdScimPatch2017) => Dialects(vec![Dialect::Default]),
            None => Dialects::all(),
        }
    }

    /// The one that a job with this Tenant URL speaks.
    #[cfg(feature = "cli")]
    pub(crate) fn one(url: Option<&TenantUrl>) -> Dialect {
        match Dialects::of(url).0[..] {
            [only] => only,
            _ => Dialect::Default,
        }
    }

    /// True when one of those that are usually played is not among them.
    pub(crate) fn are_narrowed(&self) -> bool {
        Dialects::all().0.iter().any(|dialect| !self.0.contains(dialect))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_mistakes_list_what_there_is() {
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
