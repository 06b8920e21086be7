//! App roles: what the directory assigns, as the dialect writes it, and whether the target has it.

use serde_json::Value;

use super::comparison::held;
use crate::entra::dialect::{Role, RoleForm};
use crate::entra::directory::Object;
use crate::entra::mapping::{AttributeMapping, MappingSubject, RoleFunction};
use crate::scim::{PatchPath, member};

/// The form and the roles that a row writes; `None` for rows of another kind and without a role.
pub(super) fn of(row: &AttributeMapping, subject: &MappingSubject<'_>) -> Option<(RoleForm, Vec<Role>)> {
    let form = match row.role_function()? {
        RoleFunction::Single => RoleForm::Single,
        RoleFunction::Complex => RoleForm::Complex,
        RoleFunction::Assertive => RoleForm::Assertive,
        RoleFunction::Plain => return None,
    };
    let Object::User(user) = subject.object else { return None };
    let at_most = if form == RoleForm::Single { 1 } else { usize::MAX };
    let roles: Vec<Role> = user
        .app_roles()
        .iter()
        .take(at_most)
        .map(|role| Role {
            id: role.id.clone(),
            value: role.value.clone(),
            display_name: role.display_name.clone(),
        })
        .collect();
    (!roles.is_empty()).then_some((form, roles))
}

/// What the target holds in `roles`, by value.
pub(super) fn there(resource: &Value) -> Vec<String> {
    let roles = held(resource, &PatchPath::simple("roles"));
    roles.and_then(Value::as_array).into_iter().flatten().filter_map(value).collect()
}

/// An element's value. What an update without the flag wrote is the assignment as a JSON text.
fn value(element: &Value) -> Option<String> {
    let text = match element {
        Value::String(text) => text.as_str(),
        element => member(element, "value")?.as_str()?,
    };
    let assignment: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
    let inner = assignment.as_ref().and_then(|assignment| member(assignment, "value")?.as_str());
    Some(inner.unwrap_or(text).to_owned())
}

/// True when nothing is to be written: the single role, or all of them, are there, and for the form
/// that replaces nothing else is.
pub(super) fn are_there(form: RoleForm, there: &[String], roles: &[Role]) -> bool {
    let all = roles.iter().all(|role| there.contains(&role.value));
    all && (form != RoleForm::Assertive
        || there.iter().all(|held| roles.iter().any(|role| role.value == *held)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn roles_are_known_in_both_forms_they_are_written_in() {
        let role = |value: &str| Role { id: "1".into(), value: value.into(), display_name: value.into() };
        let text = r#"{"id":"1","value":"User","displayName":"User"}"#;
        let resource = json!({"roles": [{"value": "Admin", "primary": true}, {"value": text}, "plain"]});
        let there = there(&resource);
        assert_eq!(there, ["Admin", "User", "plain"]);
        let both = [role("User"), role("Admin")];
        assert!(are_there(RoleForm::Single, &there, &both[..1]));
        assert!(are_there(RoleForm::Complex, &there, &both));
        assert!(!are_there(RoleForm::Complex, &there, &[role("Test")]));
        assert!(!are_there(RoleForm::Assertive, &there, &both), "there is one more");
        assert!(are_there(RoleForm::Assertive, &there[..2], &both));
    }
}
