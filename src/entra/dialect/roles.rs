//! App roles on the wire (customize-application-attributes, Provisioning a role to a SCIM app). The
//! page prints one form for creates and, without the flag, another for updates.

use serde_json::{Map, Value, json};

use super::{Assignment, AttributeChange, Dialect, RoleName, Writer};
use crate::scim::PatchPath;
use crate::scim::patch::Verb;

/// What creates print as the `type` of every role.
pub const ROLE_TYPE: &str = "WindowsAzureActiveDirectoryRole";

/// An app role, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The app role's id.
    pub id: String,
    /// Its value.
    pub value: String,
    /// Its name.
    pub display_name: String,
}

/// How roles are mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleForm {
    /// SingleAppRoleAssignment: one role, the primary one.
    Single,
    /// AppRoleAssignmentsComplex: roles are added.
    Complex,
    /// AssertiveAppRoleAssignmentsComplex: roles replace those that are there.
    Assertive,
}

impl RoleForm {
    /// Roles as a create writes them, and updates too where nothing else is printed.
    fn elements(self, roles: &[Role], name: RoleName) -> Value {
        let name = match (self, name) {
            (RoleForm::Complex, RoleName::DisplayName) => "displayName",
            _ => "display",
        };
        let element = |role: &Role| {
            let mut element = Map::new();
            element.insert("primary".into(), json!(self == RoleForm::Single));
            element.insert("type".into(), json!(ROLE_TYPE));
            if self != RoleForm::Single {
                element.insert(name.into(), json!(role.display_name));
            }
            element.insert("value".into(), json!(role.value));
            Value::Object(element)
        };
        roles.iter().map(element).collect()
    }
}

impl Writer {
    /// Roles in a create: the list, or, for a single role with a target inside `roles`, that value with
    /// its type.
    #[must_use]
    pub fn created_roles(
        &self,
        form: RoleForm,
        target: &PatchPath,
        value: Option<Value>,
        roles: &[Role],
    ) -> Vec<Assignment> {
        if target.filter.is_none() && target.sub.is_none() {
            return vec![(target.clone(), Some(form.elements(roles, self.switches.role_name)))];
        }
        let of_type = PatchPath { sub: Some("type".to_owned()), ..target.clone() };
        let mut assignments = vec![(of_type, Some(json!(ROLE_TYPE)))];
        assignments.push((target.clone(), value));
        assignments
    }

    /// The difference in roles. Without the flag what is added stands as a JSON text inside `value`;
    /// "the flag makes the two the same". `replaces` tells that a single role stands in the place of
    /// another.
    #[must_use]
    pub fn changed_roles(&self, form: RoleForm, roles: &[Role], replaces: bool) -> AttributeChange {
        let flagged = self.dialect == Dialect::AadOptscim062020;
        let value = match form {
            RoleForm::Single | RoleForm::Complex if !flagged => {
                roles.iter().map(|role| json!({ "value": assignment(role) })).collect()
            }
            _ => form.elements(roles, self.switches.role_name),
        };
        let verb = match form {
            RoleForm::Assertive => Verb::Replace,
            RoleForm::Single if flagged && replaces => Verb::Replace,
            RoleForm::Single | RoleForm::Complex => Verb::Add,
        };
        AttributeChange { verb, path: PatchPath::simple("roles"), value, roles: Some(form) }
    }
}

/// The whole assignment as a JSON text.
fn assignment(role: &Role) -> String {
    json!({ "id": role.id, "value": role.value, "displayName": role.display_name }).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::entra::dialect::Switches;
    use crate::wire::ResourceKind;

    // "The feature flag makes the format of PATCH and POST the same"; the other forms are compared with
    // Microsoft's samples in tests/wire_samples.rs.
    #[test]
    fn with_the_flag_updates_write_what_creates_write() {
        let roles = [Role { id: "1".into(), value: "25".into(), display_name: "Editor".into() }];
        let writer = Writer::new(Dialect::AadOptscim062020, Switches::default());
        let sent = |form: RoleForm, replaces: bool| {
            let changes = [
                AttributeChange::new(Verb::Replace, "title".parse().unwrap(), json!("a")),
                AttributeChange::new(Verb::Replace, "nickName".parse().unwrap(), json!("b")),
                writer.changed_roles(form, &roles, replaces),
            ];
            let request = writer.modify(ResourceKind::User, "1", &changes, "t");
            request.json().unwrap()["Operations"].clone()
        };
        let single = json!({"op": "add", "path": "roles", "value": [
            {"primary": true, "type": ROLE_TYPE, "value": "25"}]});
        let bundle = json!({"op": "replace", "value": {"title": "a", "nickName": "b"}});
        assert_eq!(sent(RoleForm::Single, false), json!([single, bundle]));
        assert_eq!(sent(RoleForm::Single, true)[0]["op"], "replace");
        assert_eq!(
            sent(RoleForm::Complex, true)[0],
            json!({"op": "add", "path": "roles", "value": [
                {"primary": false, "type": ROLE_TYPE, "display": "Editor", "value": "25"}]})
        );
        assert_eq!(sent(RoleForm::Assertive, true)[0]["op"], "replace");
    }
}
