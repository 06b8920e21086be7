//! Scoping filters: groups of clauses on source attributes, as a part of the object mapping
//! (Microsoft Learn, "Scoping users or groups to be provisioned with scoping filters"; Graph: filter,
//! filterGroup, filterClause). Whether somebody passes is the business of `entra::scope`.

use std::fmt;
use std::sync::Arc;

use fancy_regex::Regex;

use crate::diagnostic;
use crate::entra::directory::{self, AttributeKind, ObjectKind, SourceAttribute};

/// The filter of one kind of object. Without a group everybody passes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopingFilter {
    /// Passing one of them is enough. Who stops passing is deprovisioned.
    pub groups: Vec<FilterGroup>,
}

/// Clauses that must all hold. The portal calls it a scoping filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilterGroup {
    /// Its title in the portal.
    pub name: String,
    /// The clauses.
    pub clauses: Vec<Clause>,
}

/// One condition on one source attribute. An attribute without a value fails every condition but
/// `IS NULL`.
#[derive(Debug, Clone)]
pub struct Clause {
    attribute: &'static SourceAttribute,
    operator: Operator,
    value: String,
    /// Of the two operators that match patterns.
    pattern: Option<Arc<Regex>>,
}

impl PartialEq for Clause {
    fn eq(&self, other: &Self) -> bool {
        self.attribute == other.attribute && self.operator == other.operator && self.value == other.value
    }
}

impl Eq for Clause {}

/// What a clause asks, in the page's spelling. There is no less-than.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// "The evaluated attribute exists in the input string value."
    And,
    /// It does not.
    NotAnd,
    /// It ends with the value.
    EndsWith,
    /// It is the value, letter case included.
    Equals,
    /// Both are whole numbers, and it is the greater one.
    GreaterThan,
    /// Both are whole numbers, and it is not the smaller one.
    GreaterThanOrEquals,
    /// It contains the value, letter case included.
    Includes,
    /// It is the Boolean false.
    IsFalse,
    /// It has a value that is not empty.
    IsNotNull,
    /// It has no value, or an empty one.
    IsNull,
    /// It is the Boolean true.
    IsTrue,
    /// It is another value, letter case included.
    NotEquals,
    /// The pattern is found nowhere in it.
    NotRegexMatch,
    /// The pattern is found in it, letter case included. Whether Entra binds it to both ends is not
    /// stated; .NET's own search does not.
    RegexMatch,
}

impl Operator {
    /// Every operator, in the portal's order.
    pub const ALL: [Operator; 14] = [
        Operator::And,
        Operator::NotAnd,
        Operator::EndsWith,
        Operator::Equals,
        Operator::GreaterThan,
        Operator::GreaterThanOrEquals,
        Operator::Includes,
        Operator::IsFalse,
        Operator::IsNotNull,
        Operator::IsNull,
        Operator::IsTrue,
        Operator::NotEquals,
        Operator::NotRegexMatch,
        Operator::RegexMatch,
    ];

    /// The page's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::And => "&",
            Operator::NotAnd => "!&",
            Operator::EndsWith => "ENDS_WITH",
            Operator::Equals => "EQUALS",
            Operator::GreaterThan => "Greater_Than",
            Operator::GreaterThanOrEquals => "Greater_Than_OR_EQUALS",
            Operator::Includes => "Includes",
            Operator::IsFalse => "IS FALSE",
            Operator::IsNotNull => "IS NOT NULL",
            Operator::IsNull => "IS NULL",
            Operator::IsTrue => "IS TRUE",
            Operator::NotEquals => "NOT EQUALS",
            Operator::NotRegexMatch => "NOT REGEX MATCH",
            Operator::RegexMatch => "REGEX MATCH",
        }
    }

    /// The operator of that name. Letter case, blanks and underscores make no difference: the page,
    /// the portal and Graph do not agree on them.
    #[must_use]
    pub fn find(name: &str) -> Option<Operator> {
        let plain = |text: &str| -> String {
            text.chars().filter(|c| !matches!(c, ' ' | '_')).map(|c| c.to_ascii_lowercase()).collect()
        };
        Operator::ALL.into_iter().find(|operator| plain(operator.as_str()) == plain(name))
    }

    /// False for the four that ask of the attribute alone.
    #[must_use]
    pub fn takes_value(self) -> bool {
        !matches!(self, Operator::IsFalse | Operator::IsTrue | Operator::IsNull | Operator::IsNotNull)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which part of a clause is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClausePart {
    /// The attribute.
    Attribute,
    /// The operator.
    Operator,
    /// The value.
    Value,
}

/// Why Entra refuses a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ClauseError {
    /// The part.
    pub part: ClausePart,
    /// One sentence.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// Date attributes, which the known issues exclude from filters.
const DATES: [&str; 1] = ["employeeHireDate"];
/// Single attributes that the known issues exclude from filters.
const EXCLUDED: [&str; 3] = ["manager", "userType", "appRoleAssignments"];

impl ScopingFilter {
    /// Names of the source attributes that it reads.
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.groups.iter().flat_map(|group| &group.clauses).map(|clause| clause.attribute.name)
    }
}

impl Clause {
    /// Reads a clause as Entra would take it when it is saved.
    ///
    /// # Errors
    /// [`ClauseError`] for attributes and operators that filters do not support, for a value where
    /// none belongs, and for a value that the operator cannot use.
    pub fn read(
        kind: ObjectKind,
        attribute: &str,
        operator: &str,
        value: Option<&str>,
    ) -> Result<Self, ClauseError> {
        let attribute = filterable(kind, attribute)?;
        let operator = operator_named(operator)?;
        let value = match (operator.takes_value(), value) {
            (true, Some(value)) if !value.is_empty() => value.to_owned(),
            (true, _) => {
                return Err(wrong(ClausePart::Value, format!("`{operator}` compares with a value"), None));
            }
            (false, None | Some("")) => String::new(),
            (false, Some(_)) => {
                let help = Some("leave the value out".to_owned());
                return Err(wrong(ClausePart::Value, format!("`{operator}` takes no value"), help));
            }
        };
        let boolean = attribute.kind == AttributeKind::Boolean;
        let mut pattern = None;
        match operator {
            Operator::IsTrue | Operator::IsFalse if !boolean => {
                let message = format!("`{operator}` asks of a Boolean, and `{}` is a text", attribute.name);
                return Err(wrong(
                    ClausePart::Operator,
                    message,
                    Some("write EQUALS and the text".to_owned()),
                ));
            }
            Operator::GreaterThan | Operator::GreaterThanOrEquals if whole_number(&value).is_none() => {
                let message = format!("`{operator}` compares whole numbers, and `{value}` is none");
                return Err(wrong(ClausePart::Value, message, Some("write 0, 1, 2 and so on".to_owned())));
            }
            Operator::RegexMatch | Operator::NotRegexMatch => {
                let regex = Regex::new(&value).map_err(|error| {
                    let message = format!("the pattern cannot be read: {error}");
                    wrong(ClausePart::Value, message, None)
                })?;
                pattern = Some(Arc::new(regex));
            }
            _ => {}
        }
        Ok(Clause { attribute, operator, value, pattern })
    }

    /// The source attribute.
    #[must_use]
    pub fn attribute(&self) -> &'static SourceAttribute {
        self.attribute
    }

    /// What is asked of it.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// What it is compared with; empty for operators that take no value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether an attribute with this text, or none, holds the condition. Booleans are `True` and
    /// `False`.
    #[must_use]
    pub fn holds(&self, text: Option<&str>) -> bool {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return self.operator == Operator::IsNull;
        };
        let value = self.value.as_str();
        let compared = || Some((whole_number(text)?, whole_number(value)?));
        // A pattern that takes too long is not found.
        let found = || self.pattern.as_ref().is_some_and(|regex| regex.is_match(text).unwrap_or(false));
        match self.operator {
            Operator::And => value.contains(text),
            Operator::NotAnd => !value.contains(text),
            Operator::EndsWith => text.ends_with(value),
            Operator::Equals => text == value,
            Operator::GreaterThan => compared().is_some_and(|(attribute, value)| attribute > value),
            Operator::GreaterThanOrEquals => compared().is_some_and(|(attribute, value)| attribute >= value),
            Operator::Includes => text.contains(value),
            Operator::IsFalse => text == "False",
            Operator::IsTrue => text == "True",
            Operator::IsNotNull => true,
            Operator::IsNull => false,
            Operator::NotEquals => text != value,
            Operator::NotRegexMatch => !found(),
            Operator::RegexMatch => found(),
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.attribute.name, self.operator)?;
        if self.operator.takes_value() { write!(f, " '{}'", self.value) } else { Ok(()) }
    }
}

/// Only digits: "both must be integers 0, 1, 2 …" (provision-on-demand, Step 3).
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn filterable(kind: ObjectKind, name: &str) -> Result<&'static SourceAttribute, ClauseError> {
    let attribute = directory::find(kind, name).map_err(|unknown| {
        let help = unknown.closest().map(|near| format!("did you mean `{near}`?"));
        wrong(ClausePart::Attribute, unknown.to_string(), help)
    })?;
    let why = if matches!(attribute.kind, AttributeKind::Texts | AttributeKind::References) {
        "has several values"
    } else if DATES.contains(&attribute.name) {
        "is a date"
    } else if EXCLUDED.contains(&attribute.name) {
        "is excluded"
    } else {
        return Ok(attribute);
    };
    let message = format!("Entra does not filter on `{name}`: it {why}");
    let help = "multi-valued attributes, dates, members, manager, userType and appRoleAssignments cannot be filtered on";
    Err(wrong(ClausePart::Attribute, message, Some(help.to_owned())))
}

fn operator_named(name: &str) -> Result<Operator, ClauseError> {
    Operator::find(name).ok_or_else(|| {
        let known = Operator::ALL.map(Operator::as_str);
        let help = if name.eq_ignore_ascii_case("IsMemberOf") {
            "Entra does not support IsMemberOf: assign the group to the application instead".to_owned()
        } else {
            match diagnostic::closest(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("operators: {}", known.join(", ")),
            }
        };
        wrong(ClausePart::Operator, format!("`{name}` is not an operator of scoping filters"), Some(help))
    })
}

fn wrong(part: ClausePart, message: String, help: Option<String>) -> ClauseError {
    ClauseError { part, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(attribute: &str, operator: &str, value: &str, text: Option<&str>) -> bool {
        Clause::read(ObjectKind::User, attribute, operator, Some(value)).unwrap().holds(text)
    }

    fn refused(attribute: &str, operator: &str, value: Option<&str>) -> ClauseError {
        Clause::read(ObjectKind::User, attribute, operator, value).unwrap_err()
    }

    // "Scoping filters", step 8: what each operator says. One row that holds and one that does not.
    #[test]
    fn all_fourteen_operators_say_what_the_page_says() {
        let table = [
            ("&", "department", "Sales and Support", "Sales", "Legal"),
            ("!&", "department", "Sales and Support", "Legal", "Sales"),
            ("ENDS_WITH", "userPrincipalName", "@example.com", "ada@example.com", "ada@example.net"),
            ("EQUALS", "state", "NY", "NY", "ny"),
            ("Greater_Than", "employeeId", "10", "11", "10"),
            ("Greater_Than_OR_EQUALS", "employeeId", "10", "10", "9"),
            ("Includes", "jobTitle", "Engineer", "Chief Engineer", "chief engineer"),
            ("IS FALSE", "accountEnabled", "", "False", "True"),
            ("IS TRUE", "accountEnabled", "", "True", "False"),
            ("NOT EQUALS", "state", "NY", "WA", "NY"),
            ("NOT REGEX MATCH", "employeeId", "^1", "21", "12"),
            ("REGEX MATCH", "employeeId", "([1-9][0-9])", "12", "1"),
        ];
        for (operator, attribute, value, right, wrong) in table {
            assert!(holds(attribute, operator, value, Some(right)), "{operator} {right}");
            assert!(!holds(attribute, operator, value, Some(wrong)), "{operator} {wrong}");
        }
        assert!(holds("state", "IS NULL", "", None) && holds("state", "IS NULL", "", Some("")));
        assert!(!holds("state", "IS NULL", "", Some("NY")) && holds("state", "IS NOT NULL", "", Some("NY")));
    }

    // "Scoping filters", the note marked important: null or empty makes a clause false.
    #[test]
    fn no_value_fails_every_operator_but_one() {
        for operator in Operator::ALL {
            let attribute = match operator {
                Operator::IsTrue | Operator::IsFalse => "accountEnabled",
                _ => "employeeId",
            };
            let value = if operator.takes_value() { "1" } else { "" };
            for text in [None, Some("")] {
                let right = operator == Operator::IsNull;
                assert_eq!(holds(attribute, operator.as_str(), value, text), right, "{operator}");
            }
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_nothing_else_is() {
        assert!(holds("employeeId", "GREATER_THAN", "9", Some("10")));
        assert!(!holds("employeeId", "GREATER_THAN", "9", Some("A10")));
        assert!(refused("employeeId", "GREATER THAN", Some("-1")).message.contains("whole numbers"));
    }

    #[test]
    fn what_entra_does_not_filter_on_is_refused() {
        for name in ["manager", "userType", "proxyAddresses", "employeeHireDate"] {
            let error = refused(name, "IS NOT NULL", None);
            assert_eq!(error.part, ClausePart::Attribute);
            assert!(error.message.starts_with("Entra does not filter on"), "{error}");
        }
        let members = Clause::read(ObjectKind::Group, "members", "IS NOT NULL", None).unwrap_err();
        assert!(members.message.contains("several values"), "{members}");
        assert_eq!(
            refused("departmnt", "EQUALS", Some("x")).help.as_deref(),
            Some("did you mean `department`?")
        );
        let member_of = refused("department", "IsMemberOf", Some("x"));
        assert!(
            member_of.part == ClausePart::Operator && member_of.help.unwrap().contains("assign the group")
        );
        assert_eq!(refused("state", "EQUALZ", Some("x")).help.as_deref(), Some("did you mean `EQUALS`?"));
        assert_eq!(refused("state", "EQUALS", None).part, ClausePart::Value);
        assert_eq!(refused("state", "IS NULL", Some("x")).message, "`IS NULL` takes no value");
        assert_eq!(refused("state", "IS TRUE", None).part, ClausePart::Operator);
        assert!(refused("state", "REGEX MATCH", Some("(")).message.starts_with("the pattern cannot be read"));
    }
}
