//! The form of one user or group: its fields, and what of them is saved.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::form::Form;
use super::mistake::Mistake;
use super::{Page, Refusal};
use crate::entra::directory::{ObjectId, ObjectKind, User};
use crate::tenant::{Record, TenantError};

/// Properties that the form of a user has, beside those that the user has.
const USER_FORM: &[&str] = &[
    "userPrincipalName",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "mailNickname",
    "jobTitle",
    "department",
    "employeeId",
    "companyName",
    "businessPhones",
    "mobilePhone",
    "officeLocation",
    "streetAddress",
    "city",
    "state",
    "postalCode",
    "country",
    "preferredLanguage",
];

/// What the names of their fields begin with.
const PROPERTY: &str = "p.";

const GROUP_FORM: &[&str] = &["displayName", "description", "mailNickname"];

/// The fields of a form with their values.
pub(super) struct PersonFields {
    /// Names of properties, in their order.
    pub properties: Vec<String>,
    values: BTreeMap<String, String>,
}

impl PersonFields {
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map(String::as_str).unwrap_or_default()
    }

    /// The value of a property's field.
    pub fn property(&self, name: &str) -> &str {
        self.value(&format!("{PROPERTY}{name}"))
    }

    /// What stands in the form before somebody types, as the form sends it back.
    pub fn shown(&self) -> String {
        json!(self.values).to_string()
    }

    /// What was typed stays; what nobody touched is as it is now.
    pub fn typed(mut self, form: Option<&Form>) -> Self {
        if let Some(form) = form {
            let before = self.before(form);
            for (field, value) in &mut self.values {
                let typed = typed(form, field);
                if typed != before.get(field).map(String::as_str).unwrap_or_default() {
                    *value = typed;
                }
            }
        }
        self
    }

    /// What the form showed when it was opened; a form that does not say it showed what is there now.
    fn before(&self, form: &Form) -> BTreeMap<String, String> {
        serde_json::from_str(form.get("shown")).unwrap_or_else(|_| self.values.clone())
    }

    /// What was typed over what the form showed. What somebody else changed meanwhile is not replaced unseen.
    fn touched(&self, form: &Form) -> Result<BTreeMap<String, String>, Refusal> {
        let before = self.before(form);
        let (mut touched, mut mistakes) = (BTreeMap::new(), Vec::new());
        let own = form.below(PROPERTY).map(|(name, _)| format!("{PROPERTY}{name}"));
        for field in own.chain(OTHERS.map(str::to_owned)) {
            let (typed, now) = (typed(form, &field), self.value(&field));
            let was = before.get(&field).map(String::as_str).unwrap_or_default();
            if typed == was || typed == now {
                continue;
            }
            if now != was {
                let other = if now.is_empty() { "emptied".to_owned() } else { format!("changed to `{now}`") };
                let why = format!("It was {other} while this form was open. Save again to replace that.");
                mistakes.push(Mistake::new(field.clone(), why));
            }
            touched.insert(field, typed);
        }
        if mistakes.is_empty() { Ok(touched) } else { Err(Refusal::Mistaken(mistakes)) }
    }
}

/// Fields of a user that are no properties.
const OTHERS: [&str; 2] = ["enabled", "manager"];

/// What a field holds, as a browser sends it: a line, without spaces around it.
fn typed(form: &Form, field: &str) -> String {
    one_line(form.get(field))
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], "").trim().to_owned()
}

impl Page {
    /// The fields that every object's form has, and those of the other texts that it has.
    pub(super) fn person_fields(&self, record: &Record, user: Option<&User>) -> PersonFields {
        let names: &[&str] = if record.kind == ObjectKind::User { USER_FORM } else { GROUP_FORM };
        let others = record
            .properties
            .iter()
            .filter(|(name, value)| value.is_string() && !names.contains(&name.as_str()));
        let properties: Vec<String> =
            names.iter().map(|name| (*name).to_owned()).chain(others.map(|(name, _)| name.clone())).collect();
        let value = |name: &str| match record.properties.get(name) {
            Some(Value::String(text)) => one_line(text),
            Some(Value::Array(all)) => one_line(all.first().and_then(Value::as_str).unwrap_or_default()),
            _ => String::new(),
        };
        let mut values: BTreeMap<String, String> =
            properties.iter().map(|name| (format!("{PROPERTY}{name}"), value(name))).collect();
        if let Some(user) = user {
            let manager = user.manager().and_then(|id| self.live.object(None, id.as_str(), false).ok());
            let manager = manager.and_then(|(_, record)| record.text("userPrincipalName").map(str::to_owned));
            values.insert("manager".to_owned(), manager.unwrap_or_default());
            let enabled = if user.account_enabled() { "on" } else { "" };
            values.insert("enabled".to_owned(), enabled.to_owned());
        }
        PersonFields { properties, values }
    }

    /// Saves what was typed, and nothing else.
    pub(super) fn save_person(
        &self,
        application: &str,
        asked: &str,
        kind: ObjectKind,
        form: &Form,
    ) -> Result<(), Refusal> {
        let (id, record) = self.live.object(Some(kind), asked, false)?;
        let directory = self.live.directory_of(application)?;
        let user = directory.user(&id);
        let touched = self.person_fields(&record, user).touched(form)?;
        let mut changed = Map::new();
        for (field, text) in &touched {
            let Some(name) = field.strip_prefix(PROPERTY) else { continue };
            let value = match (name, text.is_empty()) {
                ("businessPhones", true) => json!([]),
                ("businessPhones", false) => json!([text]),
                (_, true) => Value::Null,
                _ => json!(text),
            };
            changed.insert(name.to_owned(), value);
        }
        let Some(user) = user else {
            return self.live.update(kind, asked, &changed).map_err(at_property);
        };
        if let Some(enabled) = touched.get("enabled") {
            changed.insert("accountEnabled".to_owned(), json!(enabled == "on"));
        }
        let manager: Option<ObjectId> = match touched.get("manager").map(String::as_str) {
            None => user.manager().cloned(),
            Some("") => None,
            Some(who) => Some(self.named(who, Some(kind)).map_err(|why| Refusal::at("manager", why))?),
        };
        self.live.update_user(asked, &changed, manager.as_ref()).map_err(at_property)
    }
}

/// The refusal of a value, at the field of its property.
fn at_property(error: TenantError) -> Refusal {
    Refusal::from(error).moved(|property| match property.as_str() {
        "manager" => property,
        "accountEnabled" => "enabled".to_owned(),
        _ => format!("{PROPERTY}{property}"),
    })
}
