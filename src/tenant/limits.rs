//! What Graph accepts as a value of somebody's property, beside its type. Imported and made up people are not held to it:
//! their directory is another one.

use serde_json::{Map, Value};

use super::error::TenantError;
use crate::entra::directory::ObjectKind;

/// Most characters of a text (Graph: user and group, Properties).
const LENGTHS: &[(&str, usize)] = &[
    ("city", 128),
    ("companyName", 64),
    ("country", 128),
    ("department", 64),
    ("displayName", 256),
    ("employeeId", 16),
    ("givenName", 64),
    ("jobTitle", 128),
    ("mailNickname", 64),
    ("postalCode", 40),
    ("state", 128),
    ("streetAddress", 1024),
    ("surname", 64),
];

/// Holds the properties that change to it. `before` are those that the object has: what stays as it is may stay.
pub(super) fn check(
    kind: ObjectKind,
    changed: &Map<String, Value>,
    before: &Map<String, Value>,
    domain: &str,
) -> Result<(), TenantError> {
    for (name, value) in changed {
        let Some(text) = value.as_str().filter(|_| before.get(name) != Some(value)) else { continue };
        let invalid = |why: String| {
            let why = format!("Invalid value specified for property '{name}' of resource '{kind}': {why}.");
            Err(TenantError::property(name, why))
        };
        if name == "displayName" && text.trim().is_empty() {
            return invalid("it may not be empty".to_owned());
        }
        if let Some((_, most)) = LENGTHS.iter().find(|(known, _)| known == name)
            && text.chars().count() > *most
        {
            return invalid(format!("it has at most {most} characters"));
        }
        if kind == ObjectKind::User && name == "userPrincipalName" {
            principal_name(text, domain)?;
        }
    }
    Ok(())
}

fn principal_name(text: &str, domain: &str) -> Result<(), TenantError> {
    let parts = text.split_once('@').filter(|(local, rest)| {
        let no_blanks = !text.contains(|c: char| c.is_whitespace() || c.is_control());
        no_blanks && !local.is_empty() && !rest.is_empty() && !rest.contains('@')
    });
    let refused = |why: String| Err(TenantError::property("userPrincipalName", why));
    match parts {
        None => refused(format!(
            "Property userPrincipalName is invalid. It takes a name and a domain, as ada@{domain}."
        )),
        Some((_, own)) if !own.eq_ignore_ascii_case(domain) => refused(format!(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names \
             in your organization. Here that is {domain}."
        )),
        Some(_) => Ok(()),
    }
}
