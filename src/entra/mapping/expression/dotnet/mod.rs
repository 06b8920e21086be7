//! What .NET does where the documentation prints results of .NET or points to its pages.

pub(super) mod casing;
pub(super) mod date;
pub(super) mod date_format;
pub(super) mod regex;

mod pattern;
