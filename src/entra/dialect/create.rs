//! `POST /Users` and `POST /Groups`.

use serde_json::{Map, Value, json};

use super::elements::elements;
use super::{
    Assignment, Dialect, EmptyRoles, EnterpriseData, GroupMembers, GroupSchemas, Nulls, PhonePrimary,
    UserMeta, UserSchemas, Writer,
};
use crate::scim::{Comparison, Filter, Literal, PatchPath, same_name, urn};
use crate::wire::{Method, Request, ResourceKind};

/// Microsoft's own group schema, in bodies of 2018 and still in the tutorial.
const ADSCIM_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
/// The enterprise URN as the tutorial's second example prints it.
const MISSPELT_ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User";

/// Members of a body in the order they are captured in: identifiers first, the rest by the alphabet.
const ORDER: &[&str] = &[
    "schemas",
    "externalId",
    "userName",
    "active",
    "addresses",
    "displayName",
    "emails",
    "ims",
    "locale",
    "members",
    "meta",
    "name",
    "nickName",
    "phoneNumbers",
    "preferredLanguage",
    "profileUrl",
    "roles",
    "timezone",
    "title",
    "userType",
];
/// Order inside `name`.
const NAME_ORDER: &[&str] = &["formatted", "familyName", "givenName"];
/// Order inside an element of a multi-valued attribute.
const ELEMENT_ORDER: &[&str] = &[
    "primary",
    "type",
    "country",
    "display",
    "formatted",
    "locality",
    "postalCode",
    "region",
    "streetAddress",
    "value",
];

impl Writer {
    /// Makes a resource. References are left to the second pass, so none are among `values`.
    #[must_use]
    pub fn create(&self, kind: ResourceKind, values: &[Assignment], step: impl Into<String>) -> Request {
        let body = match kind {
            ResourceKind::User => self.user_body(values),
            ResourceKind::Group => self.group_body(values),
        };
        self.request_with_body(Method::Post, kind.endpoint().to_owned(), &body, step)
    }

    fn user_body(&self, values: &[Assignment]) -> Value {
        let mut body = Map::new();
        let extension = match self.switches.user_schemas {
            UserSchemas::CoreAndEnterprise => Some(urn::ENTERPRISE),
            UserSchemas::Core => None,
            UserSchemas::Misspelt => Some(MISSPELT_ENTERPRISE),
        };
        // A custom extension's URN is not listed even when its data are sent
        // (customize-application-attributes, Provisioning a custom extension attribute).
        let schemas: Vec<&str> = [Some(urn::USER), extension].into_iter().flatten().collect();
        body.insert("schemas".into(), json!(schemas));
        if self.switches.user_meta == UserMeta::ResourceType {
            body.insert("meta".into(), json!({ "resourceType": ResourceKind::User.as_str() }));
        }
        self.fill(&mut body, values);
        for (attribute, primary) in
            [("emails", Primary::First), ("phoneNumbers", self.phones()), ("addresses", Primary::Never)]
        {
            mark_primary(&mut body, attribute, primary);
        }
        mark_primary(&mut body, "roles", Primary::Never);
        if self.switches.empty_roles == EmptyRoles::Sent && !body.contains_key("roles") {
            body.insert("roles".into(), json!([]));
        }
        Value::Object(ordered(body))
    }

    fn group_body(&self, values: &[Assignment]) -> Value {
        let mut body = Map::new();
        let adscim = self.switches.group_schemas == GroupSchemas::CoreAndAdscim
            || self.dialect == Dialect::Customappsso;
        let schemas: Vec<&str> = if adscim { vec![urn::GROUP, ADSCIM_GROUP] } else { vec![urn::GROUP] };
        body.insert("schemas".into(), json!(schemas));
        body.insert("meta".into(), json!({ "resourceType": ResourceKind::Group.as_str() }));
        if self.switches.group_members == GroupMembers::Empty {
            body.insert("members".into(), json!([]));
        }
        self.fill(&mut body, values);
        Value::Object(ordered(body))
    }

    fn phones(&self) -> Primary {
        match self.switches.phone_primary {
            PhonePrimary::First => Primary::First,
            PhonePrimary::Absent => Primary::Unsaid,
        }
    }

    fn fill(&self, body: &mut Map<String, Value>, values: &[Assignment]) {
        for (path, value) in values {
            if let Some(value) = value {
                place(self.object(body, path), path, elements(path, value.clone()));
            }
        }
        if self.switches.nulls == Nulls::Printed {
            for (path, _) in values.iter().filter(|(_, value)| value.is_none()) {
                let name = canonical(&path.attribute).to_owned();
                self.object(body, path).entry(name).or_insert(Value::Null);
            }
        }
    }

    /// The object a path's attribute stands in: the resource itself or one of its extensions.
    fn object<'a>(&self, body: &'a mut Map<String, Value>, path: &PatchPath) -> &'a mut Map<String, Value> {
        let schema = path.schema.as_deref().filter(|schema| {
            let core = same_name(schema, urn::USER) || same_name(schema, urn::GROUP);
            let lifted = self.switches.enterprise_data == EnterpriseData::TopLevel
                && same_name(schema, urn::ENTERPRISE);
            !core && !lifted
        });
        match schema {
            None => body,
            Some(schema) => object_at(body, schema),
        }
    }
}

/// Which elements of an attribute are primary, where the mapping does not say.
#[derive(Clone, Copy)]
enum Primary {
    First,
    Never,
    Unsaid,
}

fn mark_primary(body: &mut Map<String, Value>, attribute: &str, primary: Primary) {
    let Some(Value::Array(elements)) = body.get_mut(attribute) else { return };
    let taken = elements.iter().any(|element| element.get("primary") == Some(&Value::Bool(true)));
    for (index, element) in elements.iter_mut().enumerate() {
        let Some(element) = element.as_object_mut() else { continue };
        if element.contains_key("primary") {
            continue;
        }
        match primary {
            Primary::First => {
                element.insert("primary".into(), json!(index == 0 && !taken));
            }
            Primary::Never => {
                element.insert("primary".into(), json!(false));
            }
            Primary::Unsaid => {}
        }
    }
}

/// Puts a value where its path says; a value path makes the element it describes.
fn place(object: &mut Map<String, Value>, path: &PatchPath, value: Value) {
    if path.attribute.is_empty() {
        // A bare extension URN stands for the whole object.
        if let Value::Object(members) = value {
            object.extend(members);
        }
        return;
    }
    let published = is_published(path);
    let canonical = |name| if published { canonical(name) } else { name };
    let attribute = canonical(&path.attribute);
    match (&path.filter, &path.sub) {
        (None, None) => {
            object.insert(attribute.to_owned(), value);
        }
        (None, Some(sub)) => {
            object_at(object, attribute).insert(canonical(sub).to_owned(), value);
        }
        (Some(filter), sub) => {
            let element = element(object, attribute, filter);
            let sub = sub.as_deref().map_or("value", canonical);
            match value {
                Value::Object(members) if path.sub.is_none() => element.extend(members),
                value => {
                    element.insert(sub.to_owned(), value);
                }
            }
        }
    }
}

/// Names of an application's own schemas keep their spelling.
fn is_published(path: &PatchPath) -> bool {
    path.schema.as_deref().is_none_or(|schema| {
        [urn::USER, urn::GROUP, urn::ENTERPRISE].iter().any(|known| same_name(known, schema))
    })
}

fn object_at<'a>(object: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let entry = object.entry(name.to_owned()).or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    entry.as_object_mut().expect("it was made an object just above")
}

/// The element a filter describes, made if need be: `[type eq "work"]` is `{"type": "work"}`.
fn element<'a>(
    object: &'a mut Map<String, Value>,
    attribute: &str,
    filter: &Filter,
) -> &'a mut Map<String, Value> {
    let mut described = Map::new();
    describe(filter, &mut described);
    let entry = object.entry(attribute.to_owned()).or_insert_with(|| json!([]));
    if !entry.is_array() {
        *entry = json!([]);
    }
    let elements = entry.as_array_mut().expect("it was made an array just above");
    let found = elements
        .iter()
        .position(|element| described.iter().all(|(name, value)| element.get(name) == Some(value)));
    let index = found.unwrap_or_else(|| {
        elements.push(Value::Object(described));
        elements.len() - 1
    });
    elements[index].as_object_mut().expect("elements of these arrays are objects made here")
}

fn describe(filter: &Filter, element: &mut Map<String, Value>) {
    match filter {
        Filter::And(left, right) => {
            describe(left, element);
            describe(right, element);
        }
        Filter::Compare(path, Comparison::Equal, literal) => {
            let name = canonical(&path.attribute).to_owned();
            let value = match literal {
                // Entra compares `primary` with a quoted string and means the boolean.
                Literal::Text(text) if name == "primary" => json!(text.eq_ignore_ascii_case("true")),
                Literal::Text(text) => json!(text),
                Literal::Boolean(flag) => json!(flag),
                Literal::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| json!(number)),
                Literal::Null => return,
            };
            element.insert(name, value);
        }
        // Other filters describe no single element.
        _ => {}
    }
}

/// The spelling of RFC 7643 for names it knows: mappings also write `.Value` and `.Formatted`.
fn canonical(name: &str) -> &str {
    ORDER
        .iter()
        .chain(NAME_ORDER)
        .chain(ELEMENT_ORDER)
        .find(|known| same_name(known, name))
        .map_or(name, |known| known)
}

fn ordered(body: Map<String, Value>) -> Map<String, Value> {
    let mut sorted = in_order(body, ORDER);
    for (name, value) in &mut sorted {
        match value {
            Value::Object(members) if name == "name" => {
                *members = in_order(std::mem::take(members), NAME_ORDER)
            }
            Value::Array(elements) => {
                for members in elements.iter_mut().filter_map(Value::as_object_mut) {
                    *members = in_order(std::mem::take(members), ELEMENT_ORDER);
                }
            }
            _ => {}
        }
    }
    sorted
}

/// Known names in their order, then the others as they came.
fn in_order(mut object: Map<String, Value>, order: &[&str]) -> Map<String, Value> {
    let mut sorted = Map::new();
    for name in order {
        if let Some((name, value)) = object.remove_entry(*name) {
            sorted.insert(name, value);
        }
    }
    sorted.extend(object);
    sorted
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::entra::dialect::{Assignment, Dialect, Switches, Writer};
    use crate::wire::ResourceKind;

    fn values(given: &[(&str, Value)]) -> Vec<Assignment> {
        given
            .iter()
            .map(|(path, value)| (path.parse().unwrap(), Some(value.clone()).filter(|v| !v.is_null())))
            .collect()
    }

    fn body(kind: ResourceKind, switches: &[(&str, &str)], given: &[(&str, Value)]) -> String {
        let mut set = Switches::default();
        for (name, value) in switches {
            set.set(name, value).unwrap();
        }
        Writer::new(Dialect::Default, set).create(kind, &values(given), "t").body.unwrap().to_string()
    }

    #[test]
    fn a_user_is_created_in_the_order_microsoft_prints() {
        let text = body(
            ResourceKind::User,
            &[],
            &[
                ("userName", json!("ada@example.com")),
                ("active", json!(true)),
                ("emails[type eq \"work\"].value", json!("ada@example.com")),
                ("name.givenName", json!("Ada")),
                ("name.formatted", json!("Ada Byron")),
                ("addresses[type eq \"work\"].formatted", json!("1")),
                ("addresses[type eq \"work\"].country", json!("GB")),
                ("phoneNumbers[type eq \"work\"].value", json!("+1-555-0100")),
                ("phoneNumbers[type eq \"mobile\"].value", json!("+1-555-0101")),
                ("externalId", json!("ada")),
                ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", json!("00123")),
                ("title", Value::Null),
            ],
        );
        assert_eq!(
            text,
            concat!(
                r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"#,
                r#""externalId":"ada","userName":"ada@example.com","active":true,"#,
                r#""addresses":[{"primary":false,"type":"work","country":"GB","formatted":"1"}],"#,
                r#""emails":[{"primary":true,"type":"work","value":"ada@example.com"}],"meta":{"resourceType":"User"},"#,
                r#""name":{"formatted":"Ada Byron","givenName":"Ada"},"#,
                r#""phoneNumbers":[{"primary":true,"type":"work","value":"+1-555-0100"},{"primary":false,"type":"mobile","value":"+1-555-0101"}],"#,
                r#""roles":[],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"00123"}}"#,
            )
        );
    }

    #[test]
    fn odd_targets_make_the_element_they_describe() {
        let text = body(
            ResourceKind::User,
            &[("phone-primary", "absent")],
            &[
                ("emails[type eq \"other\"].Value", json!("b@example.com")),
                ("phoneNumbers[type eq \"fax\"].value", json!("+1-555-0102")),
                ("roles[primary eq \"True\"].display", json!("Admin")),
                ("roles[primary eq \"True\"].value", json!("admin")),
                ("urn:ietf:params:scim:schemas:extension:Custom:2.0:User:tag", json!("x")),
            ],
        );
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["emails"], json!([{"primary": true, "type": "other", "value": "b@example.com"}]));
        assert_eq!(value["phoneNumbers"], json!([{"type": "fax", "value": "+1-555-0102"}]));
        assert_eq!(value["roles"], json!([{"primary": true, "display": "Admin", "value": "admin"}]));
        assert_eq!(value["urn:ietf:params:scim:schemas:extension:Custom:2.0:User"], json!({"tag": "x"}));
        assert_eq!(value["schemas"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_group_is_created_empty() {
        let given = [("displayName", json!("Staff")), ("externalId", json!("9a"))];
        assert_eq!(
            body(ResourceKind::Group, &[], &given),
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"externalId":"9a","displayName":"Staff","members":[],"meta":{"resourceType":"Group"}}"#
        );
        let printed = body(
            ResourceKind::Group,
            &[("group-schemas", "core-and-adscim"), ("group-members", "absent")],
            &given,
        );
        assert!(printed.contains("ADSCIM/2.0/Group") && !printed.contains("members"));
    }
}
