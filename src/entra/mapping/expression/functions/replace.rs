//! `Replace`, whose five ways of working are told apart by which parameters are there.

use std::sync::Arc;

use super::super::evaluation::{Computed, FunctionCall, Stop};
use super::super::function::Function;
use super::super::node::{ExpressionNode, Part};
use super::super::prepared::{Misfit, PreparedArguments};
use super::super::readings::ReplaceAttribute;
use super::super::signature::Arity;
use crate::entra::mapping::expression::Value;
use crate::entra::mapping::expression::dotnet::regex::{Pattern, Replacement};

pub(super) static FUNCTIONS: &[Function] = &[Function {
    prepare: Some(prepare),
    ..Function::new(
        "Replace",
        &[
            "source",
            "oldValue",
            "regexPattern",
            "regexGroupName",
            "replacementValue",
            "replacementAttributeName",
            "template",
        ],
        Arity::Between(3, 7),
        replace,
    )
}];

const OLD: usize = 1;
const PATTERN: usize = 2;
const GROUP: usize = 3;
const VALUE: usize = 4;
const ATTRIBUTE: usize = 5;
const TEMPLATE: usize = 6;

/// True when something stands at that parameter, be its value null.
fn given(arguments: &[Part], position: usize) -> bool {
    arguments.get(position).is_some_and(|part| part.node != ExpressionNode::Empty)
}

fn prepare(arguments: &[Part]) -> Result<PreparedArguments, Misfit> {
    let given = |position| given(arguments, position);
    let constant = |position: usize| arguments.get(position).and_then(Part::constant);
    let misfit = |position, what: &str| Misfit { position, what: what.to_owned() };
    if !given(PATTERN) && !given(OLD) {
        return Err(misfit(OLD, "is missing, and regexPattern too: nothing says what to replace"));
    }
    if given(PATTERN) && !given(VALUE) && !(given(GROUP) && given(ATTRIBUTE)) {
        return Err(misfit(PATTERN, "has neither a replacementValue nor a group and an attribute beside it"));
    }
    if !given(PATTERN) && !given(VALUE) && !given(TEMPLATE) {
        return Err(misfit(OLD, "has neither a replacementValue nor a template beside it"));
    }
    let pattern = match constant(PATTERN).map(Pattern::new).transpose() {
        Ok(pattern) => pattern,
        Err(what) => return Err(Misfit { position: PATTERN, what }),
    };
    if let (Some(pattern), Some(group)) = (&pattern, constant(GROUP))
        && !pattern.has(group)
    {
        return Err(misfit(GROUP, &format!("is \"{group}\", and the pattern has no such group")));
    }
    let replacement = constant(VALUE).map(Replacement::new).map(Arc::new);
    Ok(PreparedArguments::Replacement { pattern: pattern.map(Arc::new), replacement })
}

fn replace<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let given = |position| call.part(position).is_some_and(|part| part.node != ExpressionNode::Empty);
    if given(PATTERN) {
        with_pattern(call, given(GROUP), given(ATTRIBUTE))
    } else {
        with_old_value(call, given(TEMPLATE))
    }
}

/// Every `oldValue` in the source, or the source in place of every `oldValue` in the template.
fn with_old_value<'a>(call: &FunctionCall<'a, '_>, template: bool) -> Computed<'a> {
    let Some(source) = call.text(0)? else { return Ok(None) };
    let old = call.text(OLD)?.unwrap_or_default();
    if old.is_empty() {
        return Err(call.misfit(OLD, "is empty"));
    }
    let replaced = |text: &str, new: &str| {
        let matches = text.matches(&*old).count();
        call.allow((text.len() - matches * old.len()).saturating_add(matches.saturating_mul(new.len())))?;
        Ok(text.replace(&*old, new))
    };
    Ok(Some(Value::from(if template {
        replaced(&call.text(TEMPLATE)?.unwrap_or_default(), &source)?
    } else if source.contains(&*old) {
        replaced(&source, &call.text(VALUE)?.unwrap_or_default())?
    } else {
        source.into_owned()
    })))
}

fn with_pattern<'a>(call: &FunctionCall<'a, '_>, group: bool, attribute: bool) -> Computed<'a> {
    let (prepared, replacement) = match call.prepared() {
        PreparedArguments::Replacement { pattern, replacement } => (pattern.clone(), replacement.clone()),
        _ => (None, None),
    };
    let pattern = match prepared {
        Some(pattern) => pattern,
        None => {
            let text = call.text(PATTERN)?.unwrap_or_default();
            Arc::new(Pattern::new(&text).map_err(|what| call.misfit(PATTERN, &what))?)
        }
    };
    let stopped = |what: String| call.misfit(PATTERN, &what);
    if !group {
        let Some(source) = call.text(0)? else { return Ok(None) };
        let replacement = match replacement {
            Some(replacement) => replacement,
            None => Arc::new(Replacement::new(&call.text(VALUE)?.unwrap_or_default())),
        };
        return Ok(Some(Value::from(pattern.replace(&source, &replacement).map_err(stopped)?)));
    }
    let group = call.text(GROUP)?.unwrap_or_default();
    if !pattern.has(&group) {
        return Err(call.misfit(GROUP, &format!("is \"{group}\", and the pattern has no such group")));
    }
    if attribute {
        return from_attribute(call, &pattern, &group);
    }
    let Some(source) = call.text(0)? else { return Ok(None) };
    let value = call.text(VALUE)?.unwrap_or_default();
    Ok(Some(Value::from(pattern.replace_group(&source, &group, &value).map_err(stopped)?)))
}

/// Source, pattern, group and another attribute: the two pages tell it in opposite ways.
fn from_attribute<'a>(
    call: &FunctionCall<'a, '_>,
    pattern: &Pattern,
    group: &str,
) -> Result<Option<Value<'a>>, Stop> {
    let stopped = |what: String| call.misfit(PATTERN, &what);
    let source = call.text(0)?;
    let has_value = source.as_ref().is_some_and(|source| !source.is_empty());
    match (call.readings().replace_attribute, source) {
        (ReplaceAttribute::Substitutes, Some(source)) if has_value => {
            let value = call.text(ATTRIBUTE)?.unwrap_or_default();
            Ok(Some(Value::from(pattern.replace_group(&source, group, &value).map_err(stopped)?)))
        }
        (ReplaceAttribute::FillsIn, _) if !has_value => match call.text(ATTRIBUTE)? {
            Some(other) => Ok(pattern.first(&other, group).map_err(stopped)?.map(Value::from)),
            None => Ok(None),
        },
        (_, source) => Ok(source.map(Value::from)),
    }
}
