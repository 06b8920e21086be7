//! Functions about the flow of the attribute rather than its value.

use super::super::evaluation::{Computed, FunctionCall, Stop};
use super::super::function::Function;
use super::super::signature::{Arity, Page};
use crate::entra::mapping::expression::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("IgnoreFlowIfNullOrEmpty", &["expression"], Arity::Exactly(1), ignore_flow),
    Function::new("Redact", &["value"], Arity::Exactly(1), redact),
    Function::new("SelectUniqueValue", &["rule1", "rule2", "…"], Arity::AtLeast(2), select_unique_value),
    Function::new("Error", &["message"], Arity::Exactly(1), error).documented_on(Page::CloudSync),
    Function::new("DefaultDomain", &[], Arity::Exactly(0), default_domain).documented_on(Page::Graph),
];

/// Leaves the attribute out of the flow when the value is null or empty.
fn ignore_flow<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    match call.value(0)? {
        Some(value) if !value.is_empty() => Ok(Some(value)),
        _ => Err(Stop::Ignored),
    }
}

/// The value as it is; the provisioning log shows `[Redact]`.
fn redact<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    call.redact();
    call.value(0)
}

/// The first rule's value that the target directory does not hold. "SelectUniqueValue isn't supported
/// for use with other provisioning applications" than those that write to on-premises Active Directory.
/// Names are compared as that directory does, without regard to letter case.
fn select_unique_value<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    let Some(taken) = call.circumstances().taken else {
        return Err(call.failure("Entra does not support this function for SCIM applications"));
    };
    for rule in 0..call.count() {
        if let Some(value) = call.text(rule)?
            && !taken.iter().any(|taken| taken.to_lowercase() == value.to_lowercase())
        {
            return Ok(Some(Value::from(value)));
        }
    }
    Err(call.failure("every rule gives a value that is taken, or none; Entra escrows the object"))
}

/// Fails with the message.
fn error<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    Err(call.failure(call.text(0)?.unwrap_or_default()))
}

/// The tenant's default domain.
fn default_domain<'a>(call: &FunctionCall<'a, '_>) -> Computed<'a> {
    match call.circumstances().default_domain {
        Some(domain) => Ok(Some(Value::from(domain.to_owned()))),
        None => Err(call.failure("the tenant's default domain is not known here")),
    }
}
