//! Whether a filter and an order fit the properties that a type has. A property that nobody has equals null everywhere: a
//! name that is spelt wrong, or a text where true or false belongs, would match nothing and say nothing.

use std::fmt;

use super::expression::{Comparison, Expression, Function, Literal, Property};
use super::path::{Path, same_name};
use super::query::Query;

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PropertyType {
    /// A text, an id or a word of an enumeration.
    Text,
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// A date or a date-time.
    Instant,
    /// These properties.
    Structure(&'static [(&'static str, PropertyType)]),
    /// Several of one type.
    List(&'static PropertyType),
    /// Nobody says what: everything fits.
    Any,
}

impl PropertyType {
    /// The name in OData.
    fn name(self) -> String {
        match self {
            PropertyType::Text => "Edm.String".to_owned(),
            PropertyType::Boolean => "Edm.Boolean".to_owned(),
            PropertyType::Number => "Edm.Int32".to_owned(),
            PropertyType::Instant => "Edm.DateTimeOffset".to_owned(),
            PropertyType::Structure(_) => "Edm.ComplexType".to_owned(),
            PropertyType::List(of) => format!("Collection({})", of.name()),
            PropertyType::Any => "Edm.Untyped".to_owned(),
        }
    }
}

/// The properties of a list's objects.
#[derive(Clone, Copy)]
pub struct EntityType<'a> {
    /// The name in errors.
    pub name: &'a str,
    /// What the property of that name holds, in any letter case; `None` when there is none.
    pub property: &'a dyn Fn(&str) -> Option<PropertyType>,
}

/// What does not fit, as Graph says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The type has no such property.
    Unknown {
        /// The property.
        property: String,
        /// The type.
        of: String,
    },
    /// Values that cannot be compared.
    Incompatible {
        /// The type on the left.
        left: String,
        /// The type on the right.
        right: String,
        /// The name of the comparison.
        operator: &'static str,
    },
    /// A function of texts that is given something else.
    Function(String),
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Unknown { property, of } => {
                write!(f, "Could not find a property named '{property}' on type '{of}'.")
            }
            Misfit::Incompatible { left, right, operator } => write!(
                f,
                "A binary operator with incompatible types was detected. Found operand types '{left}' and '{right}' for \
                 operator kind '{operator}'."
            ),
            Misfit::Function(name) => write!(
                f,
                "No function signature for the function with name '{name}' matches the specified arguments: it takes texts."
            ),
        }
    }
}

impl Query {
    /// Holds `$filter` and `$orderby` to a type.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn fits(&self, entity: &EntityType<'_>) -> Result<(), Misfit> {
        if let Some(filter) = &self.filter {
            type_of(filter.expression(), entity, &[])?;
        }
        self.order.iter().try_for_each(|by| found(&by.path, None, entity).map(drop))
    }
}

/// What is at a path that begins at the object, or at the variable of a lambda.
fn found(
    path: &Path,
    variable: Option<PropertyType>,
    entity: &EntityType<'_>,
) -> Result<PropertyType, Misfit> {
    let mut here = variable;
    let mut of = entity.name.to_owned();
    for name in &path.0 {
        let inner = match here {
            None => (entity.property)(name),
            Some(PropertyType::Any) => return Ok(PropertyType::Any),
            Some(PropertyType::Structure(properties)) => {
                properties.iter().find(|(known, _)| same_name(known, name)).map(|(_, inner)| *inner)
            }
            Some(other) => {
                of = other.name();
                None
            }
        };
        here = Some(inner.ok_or_else(|| Misfit::Unknown { property: name.clone(), of: of.clone() })?);
        of = format!("{of}/{name}");
    }
    Ok(here.unwrap_or(PropertyType::Any))
}

fn type_of(
    expression: &Expression,
    entity: &EntityType<'_>,
    variables: &[PropertyType],
) -> Result<PropertyType, Misfit> {
    let of_property = |property: &Property| {
        let variable =
            property.variable.map(|index| variables.get(index).copied().unwrap_or(PropertyType::Any));
        found(&property.path, variable, entity)
    };
    Ok(match expression {
        Expression::Literal(literal) => of_literal(literal),
        Expression::Property(property) => of_property(property)?,
        Expression::Count(property) => {
            of_property(property)?;
            PropertyType::Number
        }
        Expression::Call(function, arguments) => {
            for argument in arguments {
                let argument = type_of(argument, entity, variables)?;
                if !matches!(argument, PropertyType::Text | PropertyType::Any) {
                    let name = Function::NAMES.iter().find(|(_, known)| known == function);
                    return Err(Misfit::Function(name.map_or("", |(name, _)| name).to_owned()));
                }
            }
            match function {
                Function::Length => PropertyType::Number,
                Function::ToLower | Function::ToUpper => PropertyType::Text,
                Function::StartsWith | Function::EndsWith | Function::Contains => PropertyType::Boolean,
            }
        }
        Expression::Compare(left, comparison, right) => {
            let types = [type_of(left, entity, variables)?, type_of(right, entity, variables)?];
            let instant = [left, right].iter().any(|side| writes_instant(side));
            compared(types, instant, *comparison)?;
            PropertyType::Boolean
        }
        Expression::In(value, literals) => {
            let value = type_of(value, entity, variables)?;
            for literal in literals {
                compared([value, of_literal(literal)], literal.is_instant(), Comparison::Equal)?;
            }
            PropertyType::Boolean
        }
        Expression::And(parts) | Expression::Or(parts) => {
            parts.iter().try_for_each(|part| type_of(part, entity, variables).map(drop))?;
            PropertyType::Boolean
        }
        Expression::Not(condition) => type_of(condition, entity, variables)?,
        Expression::Lambda(_, property, condition) => {
            let element = match of_property(property)? {
                PropertyType::List(of) => *of,
                // One object counts as a collection of one.
                structure @ PropertyType::Structure(_) => structure,
                _ => PropertyType::Any,
            };
            let mut inner = variables.to_vec();
            inner.push(element);
            condition.as_ref().map(|condition| type_of(condition, entity, &inner)).transpose()?;
            PropertyType::Boolean
        }
    })
}

fn of_literal(literal: &Literal) -> PropertyType {
    match literal {
        Literal::Null => PropertyType::Any,
        Literal::Boolean(_) => PropertyType::Boolean,
        Literal::Number(_) => PropertyType::Number,
        Literal::Text(_) => PropertyType::Text,
        Literal::Instant(_) => PropertyType::Instant,
    }
}

fn writes_instant(expression: &Expression) -> bool {
    matches!(expression, Expression::Literal(literal) if literal.is_instant())
}

/// Whether two types can be compared. A date may stand in quotes: clients write it so, and it can mean nothing else.
fn compared(types: [PropertyType; 2], instant: bool, comparison: Comparison) -> Result<(), Misfit> {
    use PropertyType::{Any, Boolean, Instant, Number, Text};
    match types {
        [Any, _] | [_, Any] | [Text, Text] | [Boolean, Boolean] | [Number, Number] | [Instant, Instant] => {
            Ok(())
        }
        [Text, Instant] | [Instant, Text] if instant => Ok(()),
        [left, right] => {
            Err(Misfit::Incompatible { left: left.name(), right: right.name(), operator: comparison.name() })
        }
    }
}
