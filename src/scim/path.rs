//! Attribute paths (RFC 7644 §3.10) and PATCH paths (RFC 7644 §3.5.2).

use std::fmt;
use std::str::FromStr;

use super::parser::Parser;
use super::{Filter, SyntaxError, same_name, urn};

/// `[URN:]attribute[.sub]`, as filters, `attributes` and mappings name it.
///
/// Names keep the letter case they were written in; they compare without it (RFC 7643 §2.1), so
/// ask [`AttributePath::is`] rather than `==`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttributePath {
    /// Schema URN, if the path is qualified.
    pub schema: Option<String>,
    /// Attribute name. Empty only when the path is a bare schema URN, which stands for the
    /// whole extension object; filters have no such paths.
    pub attribute: String,
    /// Sub-attribute name.
    pub sub: Option<String>,
    /// The attribute follows its schema after a dot and not after a colon, as in SCIM 1:
    /// `urn:scim:schemas:extension:enterprise:1.0.department`, or as Entra's jobs of 2018 write it:
    /// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department`.
    pub dotted: bool,
}

impl AttributePath {
    /// An unqualified path without a sub-attribute.
    #[must_use]
    pub fn simple(attribute: impl Into<String>) -> Self {
        AttributePath { schema: None, attribute: attribute.into(), sub: None, dotted: false }
    }

    /// True when `text` names the same attribute: letter case is ignored, and a core schema's URN
    /// may be written or left out.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        text.parse::<AttributePath>().is_ok_and(|other| self.same_as(&other))
    }

    /// [`AttributePath::is`] against a parsed path.
    #[must_use]
    pub fn same_as(&self, other: &AttributePath) -> bool {
        same_schema(self.schema.as_deref(), other.schema.as_deref())
            && same_name(&self.attribute, &other.attribute)
            && same_optional(self.sub.as_deref(), other.sub.as_deref())
    }

    /// True when the path is a schema URN and nothing else.
    #[must_use]
    pub fn is_bare_schema(&self) -> bool {
        self.attribute.is_empty()
    }
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
    /// As [`AttributePath::dotted`].
    pub dotted: bool,
}

impl PatchPath {
    /// An unqualified path without a filter and a sub-attribute.
    #[must_use]
    pub fn simple(attribute: impl Into<String>) -> Self {
        AttributePath::simple(attribute).into()
    }

    /// The path without its filter: `emails[type eq "work"].value` becomes `emails.value`.
    #[must_use]
    pub fn attribute_path(&self) -> AttributePath {
        AttributePath {
            schema: self.schema.clone(),
            attribute: self.attribute.clone(),
            sub: self.sub.clone(),
            dotted: self.dotted,
        }
    }

    /// True when `text` is the same path: names compare without letter case, a core schema's URN
    /// may be written or left out, and filters compare as they print, names without letter case.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        text.parse::<PatchPath>().is_ok_and(|other| self.same_as(&other))
    }

    /// [`PatchPath::is`] against a parsed path.
    #[must_use]
    pub fn same_as(&self, other: &PatchPath) -> bool {
        self.attribute_path().same_as(&other.attribute_path())
            && match (&self.filter, &other.filter) {
                (None, None) => true,
                (Some(mine), Some(theirs)) => same_filter(mine, theirs),
                _ => false,
            }
    }

    /// True when the path is a schema URN and nothing else.
    #[must_use]
    pub fn is_bare_schema(&self) -> bool {
        self.attribute.is_empty()
    }
}

impl From<AttributePath> for PatchPath {
    fn from(path: AttributePath) -> Self {
        let AttributePath { schema, attribute, sub, dotted } = path;
        PatchPath { schema, attribute, filter: None, sub, dotted }
    }
}

impl FromStr for AttributePath {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Parser::new(text).whole_attribute_path()
    }
}

impl FromStr for PatchPath {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Parser::new(text).whole_patch_path()
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(f, self.schema.as_deref(), &self.attribute, self.dotted)?;
        sub_attribute(f, self.sub.as_deref())
    }
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(f, self.schema.as_deref(), &self.attribute, self.dotted)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        sub_attribute(f, self.sub.as_deref())
    }
}

fn name(f: &mut fmt::Formatter<'_>, schema: Option<&str>, attribute: &str, dotted: bool) -> fmt::Result {
    match schema {
        Some(schema) if attribute.is_empty() => f.write_str(schema),
        Some(schema) => write!(f, "{schema}{}{attribute}", if dotted { '.' } else { ':' }),
        None => f.write_str(attribute),
    }
}

fn sub_attribute(f: &mut fmt::Formatter<'_>, sub: Option<&str>) -> fmt::Result {
    sub.map_or(Ok(()), |sub| write!(f, ".{sub}"))
}

fn same_optional(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same_name(a, b),
        _ => false,
    }
}

fn same_schema(a: Option<&str>, b: Option<&str>) -> bool {
    let beyond_core =
        |schema: Option<&str>| schema.is_none_or(|s| same_name(s, urn::USER) || same_name(s, urn::GROUP));
    same_optional(a, b) || (a.is_none() || b.is_none()) && beyond_core(a) && beyond_core(b)
}

fn same_filter(a: &Filter, b: &Filter) -> bool {
    match (a, b) {
        (Filter::And(a1, a2), Filter::And(b1, b2))
        | (Filter::Or(a1, a2), Filter::Or(b1, b2))
        | (Filter::Selected(_, a1, a2), Filter::Selected(_, b1, b2)) => {
            same_filter(a1, b1) && same_filter(a2, b2) && same_attribute(a, b)
        }
        (Filter::Not(a), Filter::Not(b)) => same_filter(a, b),
        (Filter::Element(_, inner_a), Filter::Element(_, inner_b)) => {
            same_attribute(a, b) && same_filter(inner_a, inner_b)
        }
        (Filter::Present(a), Filter::Present(b)) => a.same_as(b),
        (Filter::Compare(a, op_a, value_a), Filter::Compare(b, op_b, value_b)) => {
            a.same_as(b) && op_a == op_b && value_a == value_b
        }
        _ => false,
    }
}

/// Whether the attributes before the brackets are the same; true for filters without brackets.
fn same_attribute(a: &Filter, b: &Filter) -> bool {
    match (a, b) {
        (
            Filter::Element(a, _) | Filter::Selected(a, _, _),
            Filter::Element(b, _) | Filter::Selected(b, _, _),
        ) => a.same_as(b),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(text: &str) -> AttributePath {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn patch(text: &str) -> PatchPath {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_urn_ends_at_its_last_colon_and_its_dots_do_not_split() {
        let path = attribute("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value");
        assert_eq!(path.schema.as_deref(), Some(urn::ENTERPRISE));
        assert_eq!((path.attribute.as_str(), path.sub.as_deref()), ("manager", Some("value")));
        let path = patch(r#"urn:example:ext:1.0:Thing:mails[value co "a:b[c]"].value"#);
        assert_eq!(path.schema.as_deref(), Some("urn:example:ext:1.0:Thing"));
        assert_eq!((path.attribute.as_str(), path.sub.as_deref()), ("mails", Some("value")));
    }

    #[test]
    fn a_dot_after_the_resource_type_ends_the_urn_too() {
        let text = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager.value";
        let path = attribute(text);
        assert_eq!(path.schema.as_deref(), Some(urn::ENTERPRISE));
        assert_eq!((path.attribute.as_str(), path.sub.as_deref()), ("manager", Some("value")));
        assert_eq!(path.to_string(), text, "it is printed as it was written");
        let path = attribute("urn:example:ext:1.0:Thing:user.name");
        assert_eq!(path.schema.as_deref(), Some("urn:example:ext:1.0:Thing"), "an attribute of that name");
    }

    #[test]
    fn a_bare_urn_stands_for_the_whole_extension() {
        for text in
            [urn::ENTERPRISE, "urn:example:custom:1:Thing", "URN:IETF:params:scim:schemas:core:2.0:user"]
        {
            let path = patch(text);
            assert_eq!((path.schema.as_deref(), path.is_bare_schema()), (Some(text), true));
            assert_eq!(path.to_string(), text);
            assert_eq!(attribute(text).schema.as_deref(), Some(text));
        }
    }

    // Both spellings stand in gallery tutorials (Slack, Workplace): a SCIM 1 schema ends in its version.
    #[test]
    fn an_attribute_of_scim_1_follows_the_version_after_a_dot_or_a_colon() {
        for (text, schema, name, sub) in [
            (
                "urn:scim:schemas:extension:enterprise:1.0.department",
                "urn:scim:schemas:extension:enterprise:1.0",
                "department",
                None,
            ),
            (
                "urn:scim:schemas:extension:enterprise:1.0.manager.value",
                "urn:scim:schemas:extension:enterprise:1.0",
                "manager",
                Some("value"),
            ),
            (
                "urn:scim:schemas:extension:acme:auth:1.0:auth",
                "urn:scim:schemas:extension:acme:auth:1.0",
                "auth",
                None,
            ),
        ] {
            let path = patch(text);
            assert_eq!(path.schema.as_deref(), Some(schema));
            assert_eq!((path.attribute.as_str(), path.sub.as_deref()), (name, sub));
            assert_eq!(path.to_string(), text);
        }
        assert!(patch("urn:scim:schemas:core:1.0").is_bare_schema());
        let at = |text: &str| text.parse::<PatchPath>().unwrap_err().at;
        assert_eq!(at("urn:x:1.0."), 0..10);
        assert!("urn:x:1.0.5a".parse::<PatchPath>().is_err());
    }

    #[test]
    fn entras_paths_print_as_they_were_written() {
        for text in [
            "active",
            "name.familyName",
            r#"emails[type eq "other"].Value"#,
            r#"roles[primary eq "True"].display"#,
            r#"addresses[type eq "work" and primary eq true].formatted"#,
            r#"members[value eq "7f4bc1a3-285e-48ae-8202-5accb43efb0e"]"#,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "manager.$ref",
        ] {
            assert_eq!(patch(text).to_string(), text);
        }
    }

    #[test]
    fn names_compare_without_letter_case_and_core_urns_may_be_left_out() {
        assert!(attribute("Name.FAMILYNAME").is("name.familyName"));
        assert!(attribute("urn:ietf:params:scim:schemas:core:2.0:User:userName").is("username"));
        assert!(
            !attribute("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager").is("manager")
        );
        assert!(!attribute("name").is("name.familyName"));
        assert!(patch(r#"Emails[Type EQ "work"].Value"#).is(r#"emails[type eq "work"].value"#));
        assert!(!patch(r#"emails[type eq "work"].value"#).is(r#"emails[type eq "home"].value"#));
        assert!(!patch("emails.value").is(r#"emails[type eq "home"].value"#));
    }

    #[test]
    fn mistakes_are_placed() {
        let at = |text: &str| text.parse::<PatchPath>().unwrap_err().at;
        assert_eq!(at(""), 0..0);
        assert_eq!(at("/userName"), 0..9);
        assert_eq!(at("emails[type eq \"work\""), 21..21);
        assert_eq!(at("emails[type eq]"), 14..15);
        assert_eq!(at("emails[]"), 7..8);
        assert_eq!(at("emails[type pr]value"), 15..20);
        assert_eq!(at("emails[type pr].value.x"), 16..23);
        assert_eq!(at("name.x[type pr]"), 0..6);
        assert_eq!(at("a b"), 1..3);
        assert_eq!(at("urn:x:"), 0..6);
        assert!("emails[type pr]".parse::<AttributePath>().is_err());
        assert!("a.b.c".parse::<AttributePath>().is_err());
        assert!(":a".parse::<AttributePath>().is_err());
        assert!("naïve".parse::<AttributePath>().is_err());
    }
}
