//! Whether a filter is true for an object.
//!
//! A condition is true, false or unknown, which is `None`: the functions are unknown for `null`, and so is `not` of what
//! is unknown ("Logical Operators" of OData 4.01, part 2). Comparisons are always true or false.

use std::borrow::Cow;

use serde_json::Value;

use super::atom::{Atom, fold};
use super::expression::{Comparison, Expression, Function, Literal, Property, Quantifier};

/// `elements` are those that the variables of the lambdas around stand for, the outermost first.
pub(super) fn truth(expression: &Expression, object: &Value, elements: &[&Value]) -> Option<bool> {
    match expression {
        Expression::And(parts) => joined(parts, object, elements, false),
        Expression::Or(parts) => joined(parts, object, elements, true),
        Expression::Not(condition) => truth(condition, object, elements).map(|holds| !holds),
        Expression::Compare(left, comparison, right) => {
            let (left, right) = (atom(left, object, elements), atom(right, object, elements));
            Some(compare(&left, *comparison, &right))
        }
        Expression::In(value, literals) => {
            let value = atom(value, object, elements);
            Some(literals.iter().any(|literal| value.equals(&literal.atom())))
        }
        Expression::Lambda(quantifier, property, condition) => Some(lambda(
            *quantifier,
            collection(property, object, elements),
            condition.as_deref(),
            object,
            elements,
        )),
        Expression::Call(function, arguments) if function.is_condition() => {
            let [text, part] = arguments.as_slice() else { return None };
            let (text, part) = (text_of(text, object, elements)?, text_of(part, object, elements)?);
            let (text, part) = (fold(&text), fold(&part));
            Some(match function {
                Function::StartsWith => text.starts_with(&part),
                Function::EndsWith => text.ends_with(&part),
                _ => text.contains(&part),
            })
        }
        Expression::Property(property) => value(property, object, elements)?.as_bool(),
        Expression::Literal(Literal::Boolean(holds)) => Some(*holds),
        Expression::Literal(_) | Expression::Count(_) | Expression::Call(..) => None,
    }
}

/// `and` and `or`: one part of the deciding truth decides, otherwise one unknown part makes all unknown.
fn joined(parts: &[Expression], object: &Value, elements: &[&Value], decides: bool) -> Option<bool> {
    let mut result = Some(!decides);
    for part in parts {
        match truth(part, object, elements) {
            Some(holds) if holds == decides => return Some(decides),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

fn compare(left: &Atom, comparison: Comparison, right: &Atom) -> bool {
    let order = || left.order(right);
    match comparison {
        Comparison::Equal => left.equals(right),
        Comparison::NotEqual => !left.equals(right),
        Comparison::Greater => order().is_some_and(|order| order.is_gt()),
        Comparison::GreaterOrEqual => order().is_some_and(|order| order.is_ge()),
        Comparison::Less => order().is_some_and(|order| order.is_lt()),
        Comparison::LessOrEqual => order().is_some_and(|order| order.is_le()),
    }
}

fn lambda(
    quantifier: Quantifier,
    collection: &[Value],
    condition: Option<&Expression>,
    object: &Value,
    elements: &[&Value],
) -> bool {
    let Some(condition) = condition else { return !collection.is_empty() };
    let mut inner = elements.to_vec();
    let mut holds = |element| {
        inner.truncate(elements.len());
        inner.push(element);
        truth(condition, object, &inner) == Some(true)
    };
    match quantifier {
        Quantifier::Any => collection.iter().any(&mut holds),
        Quantifier::All => collection.iter().all(&mut holds),
    }
}

/// The elements of a collection. An object counts as a collection of one: Microsoft's table of the provisioning log
/// gives `servicePrincipal` as a collection, and every sample has an object.
fn collection<'a>(property: &Property, object: &'a Value, elements: &[&'a Value]) -> &'a [Value] {
    match value(property, object, elements) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
    }
}

fn value<'a>(property: &Property, object: &'a Value, elements: &[&'a Value]) -> Option<&'a Value> {
    let start = match property.variable {
        None => object,
        Some(index) => elements.get(index)?,
    };
    property.path.value(start)
}

fn atom(expression: &Expression, object: &Value, elements: &[&Value]) -> Atom {
    match expression {
        Expression::Literal(literal) => literal.atom(),
        Expression::Property(property) => Atom::of(value(property, object, elements)),
        Expression::Count(property) => count(collection(property, object, elements).len()),
        Expression::Call(Function::Length, arguments) => {
            let text = arguments.first().and_then(|text| text_of(text, object, elements));
            text.map_or(Atom::Null, |text| count(text.chars().count()))
        }
        Expression::Call(Function::ToLower | Function::ToUpper, _) => {
            text_of(expression, object, elements).map_or(Atom::Null, |text| Atom::text(&text))
        }
        condition => truth(condition, object, elements).map_or(Atom::Null, Atom::Boolean),
    }
}

fn count(number: usize) -> Atom {
    Atom::of(Some(&Value::from(number)))
}

/// The text of an expression; `None` for null and for what is no text.
fn text_of<'a>(
    expression: &'a Expression,
    object: &'a Value,
    elements: &[&'a Value],
) -> Option<Cow<'a, str>> {
    match expression {
        Expression::Literal(Literal::Text(text)) => Some(Cow::Borrowed(text)),
        Expression::Property(property) => value(property, object, elements)?.as_str().map(Cow::Borrowed),
        Expression::Call(function @ (Function::ToLower | Function::ToUpper), arguments) => {
            let text = text_of(arguments.first()?, object, elements)?;
            let is_lower = *function == Function::ToLower;
            Some(Cow::Owned(if is_lower { text.to_lowercase() } else { text.to_uppercase() }))
        }
        _ => None,
    }
}
