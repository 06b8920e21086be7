//! The filter grammar of RFC 7644 §3.4.2.2.

use std::fmt;
use std::str::FromStr;

use super::parser::Parser;
use super::{AttributePath, SyntaxError};

/// A parsed filter.
///
/// `and` and `or` group to the left: `a and b and c` is `And(And(a, b), c)`. Printing writes only
/// the parentheses that are needed, and reading the print gives the same filter again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Both hold.
    And(Box<Filter>, Box<Filter>),
    /// Either holds.
    Or(Box<Filter>, Box<Filter>),
    /// Does not hold.
    Not(Box<Filter>),
    /// `attribute pr`: it has a value that is not empty.
    Present(AttributePath),
    /// `attribute op value`.
    Compare(AttributePath, Comparison, Literal),
    /// `attribute[filter]`: one element for which the filter holds.
    Element(AttributePath, Box<Filter>),
    /// `attribute[filter].sub op value`: one element for which the filter holds and the last part,
    /// a [`Filter::Compare`] or [`Filter::Present`] on the element's sub-attribute, holds too. The
    /// RFC's grammar has no such form; Entra sends it when a matching attribute stands in a
    /// multi-valued one.
    Selected(AttributePath, Box<Filter>, Box<Filter>),
}

impl Filter {
    /// `attribute eq "text"`, the filter Entra looks objects up with.
    #[must_use]
    pub fn equals(attribute: AttributePath, text: impl Into<String>) -> Self {
        Filter::Compare(attribute, Comparison::Equal, Literal::Text(text.into()))
    }

    /// Every attribute that it compares, in the order of the text.
    #[must_use]
    pub fn attributes(&self) -> Vec<&AttributePath> {
        match self {
            Filter::And(left, right) | Filter::Or(left, right) => {
                [left.attributes(), right.attributes()].concat()
            }
            Filter::Not(filter) => filter.attributes(),
            Filter::Present(attribute) | Filter::Compare(attribute, ..) => vec![attribute],
            Filter::Element(attribute, _) | Filter::Selected(attribute, ..) => vec![attribute],
        }
    }

    /// Both this filter and another one.
    #[must_use]
    pub fn and(self, other: Filter) -> Self {
        Filter::And(Box::new(self), Box::new(other))
    }
}

impl FromStr for Filter {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        Parser::new(text).whole_filter()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Chains of `and` and `or` lean to the left: the left side may be another link of the same
        // chain, the right side may not. `or` binds weaker than `and`, so it needs parentheses on both sides.
        match self {
            Filter::And(left, right) => {
                grouped(f, left, matches!(**left, Filter::Or(..)))?;
                f.write_str(" and ")?;
                grouped(f, right, matches!(**right, Filter::And(..) | Filter::Or(..)))
            }
            Filter::Or(left, right) => {
                write!(f, "{left} or ")?;
                grouped(f, right, matches!(**right, Filter::Or(..)))
            }
            Filter::Not(filter) => write!(f, "not ({filter})"),
            Filter::Present(attribute) => write!(f, "{attribute} pr"),
            Filter::Compare(attribute, comparison, literal) => {
                write!(f, "{attribute} {comparison} {literal}")
            }
            Filter::Element(attribute, filter) => write!(f, "{attribute}[{filter}]"),
            Filter::Selected(attribute, filter, test) => write!(f, "{attribute}[{filter}].{test}"),
        }
    }
}

fn grouped(f: &mut fmt::Formatter<'_>, filter: &Filter, parentheses: bool) -> fmt::Result {
    if parentheses { write!(f, "({filter})") } else { write!(f, "{filter}") }
}

/// Comparison operators (RFC 7644 table 3), without `pr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
}

impl Comparison {
    /// All operators, in the order of the RFC's table.
    pub const ALL: [Comparison; 9] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Contains,
        Comparison::StartsWith,
        Comparison::EndsWith,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
    ];

    /// The operator's two letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Comparison::Equal => "eq",
            Comparison::NotEqual => "ne",
            Comparison::Contains => "co",
            Comparison::StartsWith => "sw",
            Comparison::EndsWith => "ew",
            Comparison::Greater => "gt",
            Comparison::GreaterOrEqual => "ge",
            Comparison::Less => "lt",
            Comparison::LessOrEqual => "le",
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value compared with: JSON's `false`, `null`, `true`, number or string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// A number, kept as the text it was written as.
    Number(String),
    /// A string, unescaped.
    Text(String),
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Boolean(value) => write!(f, "{value}"),
            Literal::Null => f.write_str("null"),
            Literal::Number(text) => f.write_str(text),
            Literal::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Filter {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> SyntaxError {
        match text.parse::<Filter>() {
            Ok(filter) => panic!("{text} was read as {filter:?}"),
            Err(error) => error,
        }
    }

    fn path(text: &str) -> AttributePath {
        text.parse().unwrap()
    }

    #[test]
    fn not_binds_before_and_before_or() {
        assert_eq!(read("a pr or b pr and c pr").to_string(), "a pr or b pr and c pr");
        let Filter::Or(_, right) = read("a pr or b pr and c pr") else { panic!("or is outermost") };
        assert!(matches!(*right, Filter::And(..)));
        let Filter::And(left, _) = read("not (a pr) and b pr") else { panic!("and is outermost") };
        assert!(matches!(*left, Filter::Not(_)));
        assert!(matches!(read("(a pr or b pr) and c pr"), Filter::And(..)));
    }

    #[test]
    fn chains_lean_to_the_left_and_print_without_needless_parentheses() {
        let Filter::And(left, _) = read("a pr and b pr and c pr") else { panic!("and is outermost") };
        assert!(matches!(*left, Filter::And(..)));
        for text in [
            "a pr and (b pr and c pr)",
            "a pr or (b pr or c pr)",
            "(a pr or b pr) and c pr",
            "a pr and b pr or c pr and d pr",
            "not (a pr and b pr)",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(read("((a pr)) and (b pr)").to_string(), "a pr and b pr");
    }

    #[test]
    fn the_rfcs_examples_are_read_and_printed_as_they_stand() {
        for text in [
            r#"userName eq "bjensen""#,
            r#"name.familyName co "O'Malley""#,
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
            "title pr",
            r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
            r#"title pr and userType eq "Employee""#,
            r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
            r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
            r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
            r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
            r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
        ] {
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn entras_sub_attribute_after_brackets_is_read() {
        let text = r#"emails[type eq "work"].value eq "ada@example.com""#;
        assert_eq!(
            read(text),
            Filter::Selected(
                path("emails"),
                Box::new(Filter::equals(path("type"), "work")),
                Box::new(Filter::equals(path("value"), "ada@example.com"))
            )
        );
        assert_eq!(read(text).to_string(), text);
        assert_eq!(
            read(r#"EMAILS[Type EQ "work"].Value PR"#).to_string(),
            r#"EMAILS[Type eq "work"].Value pr"#
        );
    }

    #[test]
    fn operators_are_read_in_any_letter_case_and_names_may_look_like_operators() {
        assert_eq!(read(r#"A EQ "x" AND NOT(b Pr)"#).to_string(), r#"A eq "x" and not (b pr)"#);
        for text in ["not pr", "and pr and or pr", "pr pr", "eq eq 1", "not (not pr)"] {
            assert_eq!(read(text).to_string(), text);
        }
    }

    #[test]
    fn strings_follow_json() {
        let Filter::Compare(_, _, Literal::Text(text)) =
            read(r#"a eq "q\"b\\s\/ \u00e9 \ud83d\ude00 😀 + & ' ]) or x""#)
        else {
            panic!("a comparison")
        };
        assert_eq!(text, "q\"b\\s/ é 😀 😀 + & ' ]) or x");
        assert_eq!(refused(r#"a eq "\ud83d""#).at, 5..13);
        assert_eq!(refused("a eq \"x\ny\"").at, 5..10);
        assert_eq!(refused(r#"a eq "open"#).at, 5..10);
        assert!(refused(r#"a eq "open\""#).message.contains("closing quote"));
    }

    #[test]
    fn numbers_and_the_three_words_follow_json() {
        for text in ["a eq -0.5e+10", "a gt 42", "a eq true", "a ne false", "a eq null"] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(refused("a eq True").help.as_deref(), Some("write `true`"));
        assert_eq!(refused("a eq 007").at, 5..8);
        assert_eq!(
            refused("a eq bjensen").help.as_deref(),
            Some("a text stands in double quotes: `\"bjensen\"`")
        );
        assert!(refused("a eq 'x'").help.is_some_and(|help| help.contains("\"x\"")));
    }

    #[test]
    fn mistakes_are_placed() {
        assert_eq!(refused("").at, 0..0);
        assert_eq!(refused("   ").at, 3..3);
        assert_eq!(refused("userName").at, 8..8);
        assert_eq!(refused("userName == \"x\"").at, 9..11);
        assert_eq!(refused("userName eq").at, 11..11);
        assert_eq!(refused("userName eq \"x\" und b pr").at, 16..19);
        assert_eq!(refused("(a pr").at, 5..5);
        assert_eq!(refused("a pr)").at, 4..5);
        assert_eq!(refused("a[b pr").at, 6..6);
        assert_eq!(refused("a[b[c pr] pr]").at, 3..4);
        assert_eq!(refused("1a pr").at, 0..2);
        assert_eq!(refused("a.b.c pr").at, 0..5);
        assert_eq!(refused("a[b pr].").at, 8..8);
        assert_eq!(refused("a[b pr].c.d pr").at, 8..11);
        assert_eq!(refused("urn:x:1.0:User pr").at, 0..14);
    }

    #[test]
    fn depth_and_length_are_limited() {
        let nested = |n: usize| format!("{}a pr{}", "(".repeat(n), ")".repeat(n));
        assert!(nested(30).parse::<Filter>().is_ok());
        assert!(refused(&nested(100_000)).message.contains("deep"));
        let nots = |n: usize| format!("{}a pr{}", "not (".repeat(n), ")".repeat(n));
        assert!(refused(&nots(100_000)).message.contains("deep"));
        let chain = |n: usize| vec!["a pr"; n].join(" and ");
        assert_eq!(read(&chain(500)).to_string(), chain(500));
        assert!(refused(&chain(100_000)).message.contains("comparisons"));
    }
}
