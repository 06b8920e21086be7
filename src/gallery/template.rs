//! Microsoft's validation template, which comes in editions.

use std::fmt;
use std::str::FromStr;

/// The edition of Microsoft's template that is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Template {
    /// August 2026: an endpoint without groups fails.
    Ten,
    /// September 2026: endpoints for users alone are supported, and tests of groups are skipped there.
    #[default]
    Eleven,
}

impl Template {
    /// Its number.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Template::Ten => "10",
            Template::Eleven => "11",
        }
    }

    /// When it came out.
    #[must_use]
    pub fn edition(self) -> &'static str {
        match self {
            Template::Ten => "August 2026",
            Template::Eleven => "September 2026",
        }
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "10" => Ok(Template::Ten),
            "11" => Ok(Template::Eleven),
            _ => Err(format!("`{text}` is not an edition of the template: write 10 or 11")),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
