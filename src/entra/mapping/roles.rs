//! The functions that turn app role assignments into what a target takes (Microsoft Learn, "Customize
//! attribute-mappings", Provisioning a role to a SCIM app). Each is the whole of a mapping: what they
//! give are objects, which the other functions of the expression language do not know.

use super::expression::{Expression, ExpressionError};
use super::{AttributeMapping, Mapping, ValueSource};
use crate::scim::same_name;

/// The source attribute that they read.
pub const APP_ROLE_ASSIGNMENTS: &str = "appRoleAssignments";

/// One of the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleFunction {
    /// One role; which of several is not said.
    Single,
    /// All roles, added to those that are there.
    Complex,
    /// All roles, in the place of those that are there.
    Assertive,
    /// The values of all roles. Graph's list of functions has it without a description.
    Plain,
}

impl RoleFunction {
    /// Every function.
    pub const ALL: [RoleFunction; 4] =
        [RoleFunction::Single, RoleFunction::Complex, RoleFunction::Assertive, RoleFunction::Plain];

    /// Its name in expressions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RoleFunction::Single => "SingleAppRoleAssignment",
            RoleFunction::Complex => "AppRoleAssignmentsComplex",
            RoleFunction::Assertive => "AssertiveAppRoleAssignmentsComplex",
            RoleFunction::Plain => "AppRoleAssignments",
        }
    }

    /// The expression that calls it.
    #[must_use]
    pub fn expression(self) -> String {
        format!("{}([{APP_ROLE_ASSIGNMENTS}])", self.as_str())
    }
}

impl ValueSource {
    /// Reads an expression, those that call a role function included.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match RoleFunction::ALL.into_iter().find(|function| function.expression() == plain) {
            Some(function) => Ok(ValueSource::Roles(function)),
            None => Expression::parse(text).map(ValueSource::Expression),
        }
    }

    /// The text of its expression, if it has one.
    #[must_use]
    pub fn expression(&self) -> Option<String> {
        match self {
            ValueSource::Expression(expression) => Some(expression.as_written().to_owned()),
            ValueSource::Roles(function) => Some(function.expression()),
            ValueSource::Attribute(_) | ValueSource::Constant(_) | ValueSource::None => None,
        }
    }
}

impl Mapping {
    /// The function that writes app roles into `roles`, if the mapping has one.
    #[must_use]
    pub fn role_function(&self) -> Option<RoleFunction> {
        self.user.rows.iter().filter(|row| same_name(&row.target.attribute, "roles")).find_map(
            |row| match row.source {
                ValueSource::Roles(function) => Some(function),
                _ => None,
            },
        )
    }

    /// The mapping with this function for app roles, in the place of whatever it writes into `roles`.
    #[must_use]
    pub fn with_roles(&self, function: RoleFunction) -> Mapping {
        let mut changed = self.clone();
        changed.user.rows.retain(|row| !same_name(&row.target.attribute, "roles"));
        let target = match function {
            RoleFunction::Single => r#"roles[primary eq "True"].value"#,
            _ => "roles",
        };
        let row = AttributeMapping::new(target, ValueSource::Roles(function));
        changed.user.rows.push(row.expect("both targets are paths"));
        changed
    }
}

impl AttributeMapping {
    /// The role function whose objects the row writes into `roles`. A text that goes elsewhere, as the
    /// role's name to `userType`, is written like any other.
    #[must_use]
    pub fn role_function(&self) -> Option<RoleFunction> {
        match self.source {
            ValueSource::Roles(RoleFunction::Plain) => None,
            ValueSource::Roles(function) if same_name(&self.target.attribute, "roles") => Some(function),
            _ => None,
        }
    }

    /// True when an update adds roles to those that are there, in a form of its own, so that what
    /// stands there afterwards depends on how the service speaks.
    #[must_use]
    pub fn adds_roles(&self) -> bool {
        matches!(self.role_function(), Some(RoleFunction::Single | RoleFunction::Complex))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MappingSubject, Phase, TargetValue, source_attribute};
    use super::*;
    use crate::entra::directory::{AppRole, Object, ObjectId, ObjectKind, SourceValue, User};
    use crate::entra::mapping::{Circumstances, ObjectMapping};

    #[test]
    fn the_functions_are_whole_expressions() {
        assert_eq!(
            ValueSource::parse("SingleAppRoleAssignment( [appRoleAssignments] )"),
            Ok(ValueSource::Roles(RoleFunction::Single))
        );
        for function in RoleFunction::ALL {
            assert_eq!(ValueSource::parse(&function.expression()), Ok(ValueSource::Roles(function)));
        }
        assert!(ValueSource::parse("ToLower(SingleAppRoleAssignment([appRoleAssignments]))").is_err());
        assert!(source_attribute(ObjectKind::User, APP_ROLE_ASSIGNMENTS).is_ok());
    }

    // customize-application-attributes: which part of an assignment goes where.
    #[test]
    fn each_function_gives_what_its_target_takes() {
        let roles = vec![AppRole::new("1", "25", "Role1234"), AppRole::new("2", "26", "Other")];
        let user = User::new(ObjectId::new("1"))
            .with(APP_ROLE_ASSIGNMENTS, SourceValue::Roles(roles.clone()))
            .expect("users have app roles");
        let nobody = User::new(ObjectId::new("2"));
        let value = |user: &User, target: &str, function: RoleFunction| {
            let row = AttributeMapping::new(target, ValueSource::Roles(function)).expect("a path");
            let subject = MappingSubject {
                object: Object::User(user),
                is_soft_deleted: false,
                circumstances: Circumstances::default(),
            };
            ObjectMapping::new(vec![row]).evaluate(&subject, Phase::Create).expect("it is computed")[0]
                .1
                .clone()
        };
        let text = |text: &str| Some(TargetValue::Text(text.into()));
        let single = RoleFunction::Single;
        assert_eq!(value(&user, r#"roles[primary eq "True"].value"#, single), text("25"));
        assert_eq!(value(&user, r#"roles[primary eq "True"].display"#, single), text("Role1234"));
        assert_eq!(value(&user, "userType", single), text("Role1234"));
        assert_eq!(value(&user, "roles", RoleFunction::Complex), Some(TargetValue::Roles(roles.clone())));
        assert_eq!(value(&user, "roles", RoleFunction::Assertive), Some(TargetValue::Roles(roles)));
        assert_eq!(
            value(&user, "roles", RoleFunction::Plain),
            Some(TargetValue::Texts(vec!["25".into(), "26".into()]))
        );
        for function in RoleFunction::ALL {
            assert_eq!(value(&nobody, "roles", function), None);
        }
    }
}
