//! Attribute paths (RFC 7644 §3.10) and PATCH paths (RFC 7644 §3.5.2).

use super::Filter;

/// `[URN:]attribute[.sub]`, as filters, `attributes` and mappings name it.
///
/// Names keep the letter case they were written in; they compare without it (RFC 7643 §2.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttributePath {
    /// Schema URN, if the path is qualified.
    pub schema: Option<String>,
    /// Attribute name.
    pub attribute: String,
    /// Sub-attribute name.
    pub sub: Option<String>,
}

/// `[URN:]attribute[valueFilter][.sub]`, as PATCH operations and mapping targets name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchPath {
    /// Schema URN, if the path is qualified.
    pub schema: Option<String>,
    /// Attribute name. Empty only when the path is a bare schema URN, which stands for the
    /// whole extension object.
    pub attribute: String,
    /// The filter in brackets.
    pub filter: Option<Filter>,
    /// Sub-attribute name.
    pub sub: Option<String>,
}
