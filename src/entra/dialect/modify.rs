//! PATCH and DELETE.

use serde_json::{Map, Value, json};

use super::elements::{custom_elements, elements};
use super::{
    AddedMember, Additions, AttributeChange, Booleans, CustomLists, Dialect, ManagerPath, ManagerRemoval,
    ManagerValue, PatchBody, RemovedMember, RoleForm, Verb, Writer,
};
use crate::scim::{AttributePath, Filter, PatchPath, urn};
use crate::wire::{Method, Request, ResourceKind};

impl Writer {
    /// All changes of one object, in one PATCH.
    ///
    /// Without the flag each change is an operation, unless the job is set to compact bodies. With it, additions of plain attributes are bundled in one
    /// operation without a path, and so are replacements, after all others; value paths keep their own, and so does a
    /// single addition or replacement.
    #[must_use]
    pub fn modify(
        &self,
        kind: ResourceKind,
        id: &str,
        changes: &[AttributeChange],
        step: impl Into<String>,
    ) -> Request {
        let mut alone: Vec<&AttributeChange> = changes.iter().collect();
        let mut bundles = Vec::new();
        for verb in [Verb::Add, Verb::Replace] {
            let is_of_it = |change: &&AttributeChange| change.verb == verb && self.may_bundle(change);
            let bundle: Vec<&AttributeChange> = changes.iter().filter(is_of_it).collect();
            if bundle.len() > 1 {
                alone.retain(|change| !is_of_it(change));
                let members: Map<String, Value> =
                    bundle.iter().map(|change| (change.path.to_string(), self.written(change))).collect();
                bundles.push(json!({ "op": self.op(verb), "value": members }));
            }
        }
        let operations = alone.into_iter().map(|change| self.changed(change)).chain(bundles).collect();
        self.patch(kind, id, operations, step)
    }

    /// Removes attributes, one operation each.
    #[must_use]
    pub fn remove(
        &self,
        kind: ResourceKind,
        id: &str,
        paths: &[PatchPath],
        step: impl Into<String>,
    ) -> Request {
        let operations =
            paths.iter().map(|path| self.operation(Verb::Remove, &self.path(path), None)).collect();
        self.patch(kind, id, operations, step)
    }

    /// True when the change goes into an operation without a path, if there is another one.
    fn may_bundle(&self, change: &AttributeChange) -> bool {
        let bundles = match self.dialect {
            Dialect::AadOptscim062020 => true,
            Dialect::Default => self.switches.patch_body == PatchBody::Compact,
            Dialect::Customappsso => false,
        };
        bundles
            && (change.verb == Verb::Replace || self.switches.additions == Additions::Bundled)
            && change.path.filter.is_none()
            && change.roles.is_none()
    }

    /// Sets a reference such as the manager, `path` being its target in the mapping.
    #[must_use]
    pub fn set_manager(
        &self,
        id: &str,
        path: &PatchPath,
        manager: &str,
        verb: Verb,
        step: impl Into<String>,
    ) -> Request {
        let form = match self.dialect {
            Dialect::Customappsso => ManagerValue::Array,
            _ => self.switches.manager_value,
        };
        let value = match form {
            ManagerValue::Text => json!(manager),
            ManagerValue::Object => json!({ "value": manager }),
            ManagerValue::Array => {
                let reference =
                    self.switches.reference_base.as_ref().map(|base| format!("{base}/Users/{manager}"));
                json!([{ "$ref": reference, "value": manager }])
            }
        };
        let operation = self.operation(verb, &self.manager_path(path), Some(value));
        self.patch(ResourceKind::User, id, vec![operation], step)
    }

    /// Takes a reference such as the manager away; `manager` is the one the target holds.
    #[must_use]
    pub fn clear_manager(
        &self,
        id: &str,
        path: &PatchPath,
        manager: &str,
        step: impl Into<String>,
    ) -> Request {
        let plain = self.manager_path(path);
        let operation = match self.switches.manager_removal {
            ManagerRemoval::Remove => self.operation(Verb::Remove, &plain, None),
            ManagerRemoval::EmptyText => self.operation(Verb::Replace, &plain, Some(json!(""))),
            ManagerRemoval::EmptyObject => {
                self.operation(Verb::Replace, &plain, Some(json!({ "value": "" })))
            }
            ManagerRemoval::ValuePath => {
                let selected =
                    format!("{plain}[{}]", Filter::equals(AttributePath::simple("value"), manager));
                self.operation(Verb::Remove, &selected, None)
            }
        };
        self.patch(ResourceKind::User, id, vec![operation], step)
    }

    /// Adds members to a group, all in one operation.
    #[must_use]
    pub fn add_members(&self, id: &str, members: &[String], step: impl Into<String>) -> Request {
        let with_reference = match self.dialect {
            Dialect::Default => self.switches.added_member == AddedMember::NullReference,
            Dialect::AadOptscim062020 => false,
            Dialect::Customappsso => true,
        };
        let operation = self.operation(Verb::Add, "members", Some(links(members, with_reference)));
        self.patch(ResourceKind::Group, id, vec![operation], step)
    }

    /// Removes members from a group: by a list of values, or with the flag by one value path each.
    #[must_use]
    pub fn remove_members(&self, id: &str, members: &[String], step: impl Into<String>) -> Request {
        let operations = match self.dialect {
            Dialect::AadOptscim062020 => members
                .iter()
                .map(|member| {
                    let filter = Filter::equals(AttributePath::simple("value"), member);
                    self.operation(Verb::Remove, &format!("members[{filter}]"), None)
                })
                .collect(),
            Dialect::Default | Dialect::Customappsso => {
                let with_reference = self.dialect == Dialect::Customappsso
                    || self.switches.removed_member == RemovedMember::NullReference;
                vec![self.operation(Verb::Remove, "members", Some(links(members, with_reference)))]
            }
        };
        self.patch(ResourceKind::Group, id, operations, step)
    }

    /// Deletes a resource for good.
    #[must_use]
    pub fn delete(&self, kind: ResourceKind, id: &str, step: impl Into<String>) -> Request {
        self.request(Method::Delete, super::query::resource(kind, id), None, step)
    }

    fn patch(
        &self,
        kind: ResourceKind,
        id: &str,
        operations: Vec<Value>,
        step: impl Into<String>,
    ) -> Request {
        let body = json!({ "schemas": [urn::PATCH_OP], "Operations": operations });
        self.request_with_body(Method::Patch, super::query::resource(kind, id), &body, step)
    }

    fn operation(&self, verb: Verb, path: &str, value: Option<Value>) -> Value {
        let mut operation = Map::new();
        operation.insert("op".into(), json!(self.op(verb)));
        operation.insert("path".into(), json!(path));
        if let Some(value) = value {
            operation.insert("value".into(), value);
        }
        Value::Object(operation)
    }

    fn manager_path(&self, path: &PatchPath) -> String {
        if self.dialect == Dialect::Customappsso || self.switches.manager_path == ManagerPath::Plain {
            path.attribute.clone()
        } else {
            self.path(path)
        }
    }

    fn changed(&self, change: &AttributeChange) -> Value {
        match change.roles {
            // The one sample of it has the verb in lower case although no flag is set.
            Some(RoleForm::Assertive) => {
                json!({ "op": "replace", "path": change.path.to_string(), "value": change.value })
            }
            Some(RoleForm::Single | RoleForm::Complex) => {
                self.operation(change.verb, &change.path.to_string(), Some(change.value.clone()))
            }
            None => self.operation(change.verb, &self.path(&change.path), Some(self.written(change))),
        }
    }

    fn written(&self, change: &AttributeChange) -> Value {
        let value = match self.switches.custom_lists {
            CustomLists::Compared => change.value.clone(),
            CustomLists::OnlyAdded => custom_elements(&change.path, change.value.clone()),
        };
        self.value(&elements(&change.path, value))
    }

    /// A value in a PATCH: without the flag booleans are words, in 2018 every value was wrapped.
    fn value(&self, value: &Value) -> Value {
        let words = self.dialect != Dialect::AadOptscim062020 && self.switches.booleans == Booleans::Text;
        let value = match value {
            Value::Bool(flag) if words => json!(if *flag { "True" } else { "False" }),
            other => other.clone(),
        };
        match self.dialect {
            Dialect::Customappsso => json!([{ "$ref": null, "value": value }]),
            Dialect::Default | Dialect::AadOptscim062020 => value,
        }
    }
}

fn links(members: &[String], with_reference: bool) -> Value {
    members
        .iter()
        .map(|id| if with_reference { json!({ "$ref": null, "value": id }) } else { json!({ "value": id }) })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::entra::dialect::{AttributeChange, Dialect, Switches, Verb, Writer};
    use crate::wire::{Request, ResourceKind};

    const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

    fn writer(dialect: Dialect, switches: &[(&str, &str)]) -> Writer {
        let mut set = Switches::default();
        for (name, value) in switches {
            set.set(name, value).unwrap();
        }
        Writer::new(dialect, set)
    }

    fn change(verb: Verb, path: &str, value: Value) -> AttributeChange {
        AttributeChange::new(verb, path.parse().unwrap(), value)
    }

    fn operations(request: &Request) -> Value {
        request.json().unwrap()["Operations"].clone()
    }

    #[test]
    fn a_disable_is_a_word_without_the_flag_and_a_boolean_with_it() {
        let changes = [change(Verb::Replace, "active", json!(false))];
        let sent = |dialect, switches: &[(&str, &str)]| {
            operations(&writer(dialect, switches).modify(ResourceKind::User, "1", &changes, "t"))
        };
        assert_eq!(
            sent(Dialect::Default, &[]),
            json!([{"op": "Replace", "path": "active", "value": "False"}])
        );
        assert_eq!(
            sent(Dialect::Default, &[("booleans", "json")]),
            json!([{"op": "Replace", "path": "active", "value": false}])
        );
        assert_eq!(
            sent(Dialect::AadOptscim062020, &[]),
            json!([{"op": "replace", "path": "active", "value": false}])
        );
        assert_eq!(
            sent(Dialect::Customappsso, &[]),
            json!([{"op": "Replace", "path": "active", "value": [{"$ref": null, "value": "False"}]}])
        );
    }

    #[test]
    fn the_flag_bundles_replacements_of_plain_attributes_last() {
        let changes = [
            change(Verb::Replace, "displayName", json!("A")),
            change(Verb::Add, "title", json!("B")),
            change(Verb::Replace, "emails[type eq \"work\"].value", json!("c@example.com")),
            change(Verb::Replace, "name.givenName", json!("D")),
        ];
        let flag = writer(Dialect::AadOptscim062020, &[]);
        assert_eq!(
            operations(&flag.modify(ResourceKind::User, "1", &changes, "t")),
            json!([
                {"op": "add", "path": "title", "value": "B"},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "c@example.com"},
                {"op": "replace", "value": {"displayName": "A", "name.givenName": "D"}}
            ])
        );
        let default = writer(Dialect::Default, &[]);
        let plain = operations(&default.modify(ResourceKind::User, "1", &changes, "t"));
        assert_eq!(plain.as_array().unwrap().len(), 4);
        assert_eq!(plain[3], json!({"op": "Replace", "path": "name.givenName", "value": "D"}));
    }

    #[test]
    fn the_flag_bundles_several_additions_unless_a_switch_says_otherwise() {
        let changes = [
            change(Verb::Add, "title", json!("B")),
            change(Verb::Replace, "active", json!(true)),
            change(Verb::Add, "name.givenName", json!("D")),
            change(Verb::Add, "phoneNumbers[type eq \"work\"].value", json!("1")),
        ];
        let phone = json!({"op": "add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1"});
        let active = json!({"op": "replace", "path": "active", "value": true});
        let sent = |switches: &[(&str, &str)]| {
            operations(&writer(Dialect::AadOptscim062020, switches).modify(
                ResourceKind::User,
                "1",
                &changes,
                "t",
            ))
        };
        let bundle = json!({"op": "add", "value": {"title": "B", "name.givenName": "D"}});
        assert_eq!(sent(&[]), json!([active, phone, bundle]));
        let apart = sent(&[("additions", "apart")]);
        assert_eq!(apart[0], json!({"op": "add", "path": "title", "value": "B"}));
        assert_eq!(apart.as_array().unwrap().len(), 4);
    }

    #[test]
    fn a_job_of_compact_bodies_bundles_without_the_flag_and_keeps_its_words() {
        let changes = [
            change(Verb::Replace, "displayName", json!("A")),
            change(Verb::Replace, "active", json!(false)),
            change(Verb::Add, "title", json!("B")),
        ];
        let compact = writer(Dialect::Default, &[("patch-body", "compact")]);
        assert_eq!(
            operations(&compact.modify(ResourceKind::User, "1", &changes, "t")),
            json!([
                {"op": "Add", "path": "title", "value": "B"},
                {"op": "Replace", "value": {"displayName": "A", "active": "False"}}
            ])
        );
    }

    #[test]
    fn lists_of_custom_attributes_are_elements_where_the_switch_says_so() {
        let sent = |path: &str, word: &str| {
            let changes = [change(Verb::Add, path, json!(["1"]))];
            let writer = writer(Dialect::Default, &[("custom-lists", word)]);
            operations(&writer.modify(ResourceKind::User, "1", &changes, "t"))[0]["value"].clone()
        };
        assert_eq!(sent("badges", "compared"), json!(["1"]));
        assert_eq!(sent("badges", "only-added"), json!([{"value": "1"}]));
        assert_eq!(sent("urn:example:1.0:User:badges", "only-added"), json!(["1"]));
    }

    #[test]
    fn one_replacement_beside_a_value_path_keeps_its_path() {
        let changes = [
            change(Verb::Replace, "emails[type eq \"work\"].value", json!("c@example.com")),
            change(Verb::Replace, "active", json!(false)),
        ];
        let flag = writer(Dialect::AadOptscim062020, &[]);
        assert_eq!(
            operations(&flag.modify(ResourceKind::User, "1", &changes, "t"))[1],
            json!({"op": "replace", "path": "active", "value": false})
        );
    }

    #[test]
    fn managers_are_bare_strings_at_the_urn_path() {
        let path = MANAGER.parse().unwrap();
        let set = |dialect, switches: &[(&str, &str)]| {
            operations(&writer(dialect, switches).set_manager("1", &path, "2", Verb::Add, "t"))[0].clone()
        };
        assert_eq!(set(Dialect::Default, &[]), json!({"op": "Add", "path": MANAGER, "value": "2"}));
        assert_eq!(set(Dialect::AadOptscim062020, &[]), json!({"op": "add", "path": MANAGER, "value": "2"}));
        assert_eq!(
            set(Dialect::Customappsso, &[("reference-base", "https://example.com")]),
            json!({"op": "Add", "path": "manager", "value": [{"$ref": "https://example.com/Users/2", "value": "2"}]})
        );
        assert_eq!(set(Dialect::Default, &[("manager-value", "object")])["value"], json!({"value": "2"}));
    }

    #[test]
    fn managers_are_cleared_as_the_switch_says() {
        let path = MANAGER.parse().unwrap();
        let cleared = |word: &str| {
            operations(
                &writer(Dialect::Default, &[("manager-removal", word)]).clear_manager("1", &path, "2", "t"),
            )[0]
            .clone()
        };
        assert_eq!(cleared("remove"), json!({"op": "Remove", "path": MANAGER}));
        assert_eq!(cleared("empty-text"), json!({"op": "Replace", "path": MANAGER, "value": ""}));
        assert_eq!(cleared("empty-object")["value"], json!({"value": ""}));
        assert_eq!(cleared("value-path")["path"], json!(format!("{MANAGER}[value eq \"2\"]")));
    }

    #[test]
    fn members_come_and_go_as_the_dialect_says() {
        let two = ["a".to_owned(), "b".to_owned()];
        let default = writer(Dialect::Default, &[]);
        assert_eq!(
            operations(&default.add_members("g", &two, "t")),
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}, {"$ref": null, "value": "b"}]}])
        );
        assert_eq!(
            operations(&default.remove_members("g", &two[..1], "t")),
            json!([{"op": "Remove", "path": "members", "value": [{"value": "a"}]}])
        );
        let flag = writer(Dialect::AadOptscim062020, &[]);
        assert_eq!(
            operations(&flag.remove_members("g", &two, "t")),
            json!([{"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "remove", "path": "members[value eq \"b\"]"}])
        );
        assert_eq!(
            operations(&flag.add_members("g", &two[..1], "t")),
            json!([{"op": "add", "path": "members", "value": [{"value": "a"}]}])
        );
    }

    #[test]
    fn bodies_are_announced_as_scim() {
        let request = writer(Dialect::Default, &[]).delete(ResourceKind::User, "1", "t");
        assert_eq!(request.headers.len(), 1);
        let request = writer(Dialect::Default, &[]).add_members("g", &["a".to_owned()], "t");
        assert_eq!(
            request.headers,
            [
                ("ADSCIMVersion".to_owned(), "6.0".to_owned()),
                ("Content-Type".to_owned(), "application/scim+json; charset=utf-8".to_owned())
            ]
        );
    }
}
