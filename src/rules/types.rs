//! JSON types of what comes back, by the published schema and RFC 7643.

mod mismatch;

use super::View;
use super::body::kind;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::returned::Returned;
use super::subject;
use crate::check::Level;
use crate::scim::schema::{Attribute, AttributeType};
use crate::scim::{AttributePath, member, same_name, urn};
use crate::wire::ResourceKind;
use serde_json::Value;

use mismatch::TypeFault;
pub(super) use mismatch::{Mismatch, mismatches};

pub(super) const RULES: &[&RuleDeclaration] = &[
    &ACTIVE_NOT_A_BOOLEAN,
    &BOOLEAN_AS_TEXT,
    &NUMBER_AS_TEXT,
    &TEXT_AS_OTHER_TYPE,
    &LIST_EXPECTED,
    &SINGLE_VALUE_EXPECTED,
    &OBJECT_EXPECTED,
    &MANAGER_NOT_AN_OBJECT,
    &MEMBERS_NOT_OBJECTS,
    &DATE_TIME_EXPECTED,
    &BINARY_NOT_BASE64,
    &NAME_IN_OTHER_LETTER_CASE,
    &ATTRIBUTE_NOT_PUBLISHED,
];

/// The first mismatch of a kind at each path that fits.
fn complaints(
    view: &View<'_>,
    fault: TypeFault,
    fits: impl Fn(&str) -> bool,
    expected: &str,
) -> Vec<Complaint> {
    let mut told: Vec<&str> = Vec::new();
    let mismatches = view.mismatches().iter().filter(|found| found.fault == fault && fits(&found.path));
    let mut complaints = Vec::new();
    for found in mismatches {
        if told.contains(&found.path.as_str()) {
            continue;
        }
        told.push(&found.path);
        complaints.push(
            Complaint::new(format!("{} is {}, expected {expected}.", found.path, found.is))
                .concerning(&found.path)
                .against(format!("{}: {expected}", found.path), format!("{}: {}", found.path, found.value)),
        );
    }
    complaints
}

/// Whether the answer holds an attribute whose definition is so, or which has such a sub-attribute.
fn holds(view: &View<'_>, is_so: fn(&Attribute) -> bool) -> bool {
    let defined = |resource: &Returned<'_>, schema: Option<&str>, name: &str| {
        let path = AttributePath { schema: schema.map(str::to_owned), ..AttributePath::simple(name) };
        let definition = view.definition(resource.kind, &path);
        definition.is_some_and(|of| is_so(of) || of.sub_attributes.iter().any(is_so))
    };
    view.resources().iter().any(|resource| {
        resource.members.iter().any(|(name, value)| match value.as_object().filter(|_| name.contains(':')) {
            Some(inner) => inner.keys().any(|inner| defined(resource, Some(name), inner)),
            None => defined(resource, None, name),
        })
    })
}

/// The managers of the users in the answer.
fn managers<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v Value> {
    view.resources().iter().filter_map(|resource| member(resource.member(urn::ENTERPRISE)?, "manager"))
}

fn is_manager(path: &str) -> bool {
    path.rsplit(':').next().is_some_and(|name| same_name(name, "manager"))
}

const ACTIVE_NOT_A_BOOLEAN: RuleDeclaration = RuleDeclaration {
    name: "active-not-a-boolean",
    title: "active is true or false",
    level: Level::Error,
    what: "`active` is returned as a JSON boolean, in whatever form it was sent.",
    why: "Entra sends \"False\" as a string but cannot read a string back: after that no change to the \
          person succeeds, including the disable.",
    fix: "Convert values to the schema's type when you store them, and repair stored values.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: \"We are not able to deserialize the resource \
            received from your SCIM endpoint\".",
    refs: &[
        Rfc("7643#4.1.1"),
        Microsoft("application-provisioning-config-problem-scim-compatibility"),
        Field("learn.microsoft.com/answers/questions/5618325"),
    ],
    faults: &["string-boolean-echoed", "retype-active-to-string"],
    judges: |view| {
        subject::users(view) && view.resources().iter().any(|user| user.member("active").is_some())
    },
    judge: RuleJudge::Exchange(active_not_a_boolean),
};

fn active_not_a_boolean(view: &View<'_>) -> Vec<Complaint> {
    // Judged even where a server publishes another type for it.
    let wrong =
        view.resources().iter().filter(|resource| resource.kind == ResourceKind::User).find_map(|user| {
            user.member("active").filter(|active| !active.is_boolean() && !active.is_null())
        });
    match wrong {
        Some(active) => Complaint::new(format!("active is {}, expected a boolean.", kind(active)))
            .concerning("active")
            .against("true or false", active.to_string())
            .into(),
        None => Vec::new(),
    }
}

const BOOLEAN_AS_TEXT: RuleDeclaration = RuleDeclaration {
    name: "boolean-as-text",
    title: "Booleans are true or false",
    level: Level::Error,
    what: "Every boolean attribute is returned as a JSON boolean: `primary: true`, not \"True\".",
    why: "A server that returns values as they were sent locks Entra out of the resource.",
    fix: "Convert values to the schema's type when you store them, inside array elements too.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible, for some people only.",
    refs: &[Rfc("7643#2.3.2"), Field("learn.microsoft.com/answers/questions/5618325")],
    faults: &["primary-as-text"],
    judges: |view| holds(view, |a| a.kind == AttributeType::Boolean && !same_name(&a.name, "active")),
    judge: RuleJudge::Exchange(boolean_as_text),
};

fn boolean_as_text(view: &View<'_>) -> Vec<Complaint> {
    complaints(view, TypeFault::Boolean, |path| !same_name(path, "active"), "a boolean")
}

const NUMBER_AS_TEXT: RuleDeclaration = RuleDeclaration {
    name: "number-as-text",
    title: "Numbers are numbers",
    level: Level::Warning,
    what: "Attributes of type integer and decimal are returned as JSON numbers.",
    why: "Entra writes numbers as strings; a server that returns them as strings contradicts its own schema.",
    fix: "Convert values to the schema's type when you store them.",
    entra: "Possibly SystemForCrossDomainIdentityManagementServiceIncompatible.",
    refs: &[Rfc("7643#2.3.4"), Rfc("7643#2.3.3"), Field("elimity-com/scim#165")],
    faults: &["numbers-as-text"],
    judges: |view| holds(view, |a| matches!(a.kind, AttributeType::Integer | AttributeType::Decimal)),
    judge: RuleJudge::Exchange(number_as_text),
};

fn number_as_text(view: &View<'_>) -> Vec<Complaint> {
    complaints(view, TypeFault::Number, |_| true, "a number")
}

const TEXT_AS_OTHER_TYPE: RuleDeclaration = RuleDeclaration {
    name: "text-as-other-type",
    title: "Strings are strings",
    level: Level::Error,
    what: "Attributes of type string and reference are returned as JSON strings, even if they consist of \
           digits.",
    why: "An employee number that is stored as a number loses its leading zeros, and Entra cannot read the \
          resource.",
    fix: "Store strings as strings; do not guess the type from the content.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible, or the same update in every cycle.",
    refs: &[Rfc("7643#2.3.1"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["numbers-from-text"],
    judges: |view| holds(view, |a| matches!(a.kind, AttributeType::String | AttributeType::Reference)),
    judge: RuleJudge::Exchange(text_as_other_type),
};

fn text_as_other_type(view: &View<'_>) -> Vec<Complaint> {
    complaints(view, TypeFault::Text, |path| !is_manager(path), "a string")
}

const LIST_EXPECTED: RuleDeclaration = RuleDeclaration {
    name: "list-expected",
    title: "A multi-valued attribute is an array",
    level: Level::Error,
    what: "`emails`, `phoneNumbers`, `members` and all other multi-valued attributes are arrays, even with \
           one element.",
    why: "A single object instead of an array has another type: the resource cannot be read.",
    fix: "Serialise lists as lists; check for converters that unwrap lists of one element.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the resource cannot be deserialised.",
    refs: &[Rfc("7643#2.4")],
    faults: &["retype-emails-to-object"],
    judges: |view| holds(view, |attribute| attribute.multi_valued),
    judge: RuleJudge::Exchange(list_expected),
};

fn list_expected(view: &View<'_>) -> Vec<Complaint> {
    complaints(view, TypeFault::ListExpected, |_| true, "an array")
}

const SINGLE_VALUE_EXPECTED: RuleDeclaration = RuleDeclaration {
    name: "single-value-expected",
    title: "A single-valued attribute is not an array",
    level: Level::Error,
    what: "`userName`, `name`, `manager` and all other single-valued attributes are not arrays.",
    why: "A client that expects one value cannot read the resource.",
    fix: "Store the value, not the list in which it may have been sent.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the resource cannot be deserialised.",
    refs: &[Rfc("7643#2.3"), Field("MicrosoftDocs/azure-docs#42220")],
    faults: &["retype-display-name-to-list"],
    judges: |view| holds(view, |attribute| !attribute.multi_valued),
    judge: RuleJudge::Exchange(single_value_expected),
};

fn single_value_expected(view: &View<'_>) -> Vec<Complaint> {
    complaints(view, TypeFault::SingleExpected, |_| true, "a single value")
}

const OBJECT_EXPECTED: RuleDeclaration = RuleDeclaration {
    name: "object-expected",
    title: "A complex attribute is an object",
    level: Level::Error,
    what: "`name`, and each element of `emails` or `addresses`, is an object with the sub-attributes of its schema.",
    why: "A string instead of an object cannot be read, and a value path finds nothing in it.",
    fix: "Return the sub-attributes, not one joined string.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the resource cannot be deserialised.",
    refs: &[Rfc("7643#2.3.8")],
    faults: &["retype-emails-to-strings", "retype-name-to-string"],
    judges: |view| holds(view, |attribute| attribute.kind == AttributeType::Complex),
    judge: RuleJudge::Exchange(object_expected),
};

fn object_expected(view: &View<'_>) -> Vec<Complaint> {
    let elsewhere = |path: &str| is_manager(path) || same_name(path, "members");
    complaints(view, TypeFault::Object, |path| !elsewhere(path), "an object")
}

const MANAGER_NOT_AN_OBJECT: RuleDeclaration = RuleDeclaration {
    name: "manager-not-an-object",
    title: "manager is returned as an object",
    level: Level::Error,
    what: "`manager` of the enterprise extension is an object whose `value` is the manager's id, although \
           Entra sends the id as a plain string.",
    why: "Entra cannot read a resource whose manager is a string, so it cannot change anything about that \
          person.",
    fix: "Store the string as `value`, and return {\"value\": \"…\"}; `$ref` and `displayName` are optional.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: \"We are not able to deserialize the resource\".",
    refs: &[Rfc("7643#4.3"), Field("apache/directory-scimple#1242"), Field("Budibase/budibase#15369")],
    faults: &["manager-as-string"],
    judges: |view| managers(view).next().is_some(),
    judge: RuleJudge::Exchange(manager_not_an_object),
};

fn manager_not_an_object(view: &View<'_>) -> Vec<Complaint> {
    // An empty string is said elsewhere.
    let is_wrong = |manager: &&Value| !manager.is_object() && !manager.is_null() && **manager != "";
    match managers(view).find(is_wrong) {
        Some(manager) => Complaint::new(format!("The manager is {}, expected an object.", kind(manager)))
            .concerning("manager")
            .against("{\"value\": the manager's id}", manager.to_string())
            .into(),
        None => Vec::new(),
    }
}

const MEMBERS_NOT_OBJECTS: RuleDeclaration = RuleDeclaration {
    name: "members-not-objects",
    title: "Members are objects with an id in `value`",
    level: Level::Error,
    what: "Each element of `members` is an object whose `value` is the member's id, a string.",
    why: "Plain ids or numbers cannot be read, and `members[value eq \"…\"]` removes no member.",
    fix: "Return [{\"value\": \"id\"}]; `$ref`, `type` and `display` are optional.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible when the group is read with its members.",
    refs: &[Rfc("7643#4.2")],
    faults: &["members-as-strings"],
    judges: |view| {
        let of_groups = |resource: &Returned<'_>| {
            resource.kind == ResourceKind::Group && resource.member("members").is_some()
        };
        view.resources().iter().any(of_groups)
    },
    judge: RuleJudge::Exchange(members_not_objects),
};

fn members_not_objects(view: &View<'_>) -> Vec<Complaint> {
    let groups = view.resources().iter().filter(|resource| resource.kind == ResourceKind::Group);
    let wrong = groups
        .filter_map(|group| group.member("members")?.as_array())
        .flatten()
        .find(|element| member(element, "value").is_none_or(|value| !value.is_string()));
    match wrong {
        Some(element) => Complaint::new("An element of members has no id in `value`.")
            .concerning("members")
            .against("{\"value\": the member's id}", element.to_string())
            .into(),
        None => Vec::new(),
    }
}

const DATE_TIME_EXPECTED: RuleDeclaration = RuleDeclaration {
    name: "date-time-expected",
    title: "dateTime attributes hold dates with a time zone",
    level: Level::Warning,
    what: "Attributes that the schema calls dateTime are returned as xsd:dateTime with a time zone.",
    why: "A date without a time zone is a different instant for each reader.",
    fix: "Convert dates when you store them; return UTC.",
    entra: "The same update in every cycle.",
    refs: &[Rfc("7643#2.3.5 MUST")],
    faults: &["date-attributes-without-zone"],
    judges: |view| holds(view, |attribute| attribute.kind == AttributeType::DateTime),
    judge: RuleJudge::Exchange(date_time_expected),
};

fn date_time_expected(view: &View<'_>) -> Vec<Complaint> {
    complaints(view, TypeFault::DateTime, |_| true, "a dateTime with a time zone")
}

const BINARY_NOT_BASE64: RuleDeclaration = RuleDeclaration {
    name: "binary-not-base64",
    title: "Binary values are base64",
    level: Level::Warning,
    what: "Attributes that the schema calls binary, such as a certificate, are returned as base64.",
    why: "Other text, such as PEM with its header lines, contradicts the type.",
    fix: "Return the DER bytes in base64.",
    entra: "Nothing: Entra maps no binary attribute.",
    refs: &[Rfc("7643#2.3.6 MUST"), Rfc("7643#4.1.2 MUST")],
    faults: &["certificates-as-pem"],
    judges: |view| holds(view, |attribute| attribute.kind == AttributeType::Binary),
    judge: RuleJudge::Exchange(binary_not_base64),
};

fn binary_not_base64(view: &View<'_>) -> Vec<Complaint> {
    complaints(view, TypeFault::Binary, |_| true, "base64")
}

const NAME_IN_OTHER_LETTER_CASE: RuleDeclaration = RuleDeclaration {
    name: "name-in-other-letter-case",
    title: "Attribute names have the schema's letter case",
    level: Level::Warning,
    what: "Attribute names in JSON have the letter case of the schema: `userName`, not `UserName` or \
           `username`.",
    why: "SCIM compares names without regard to letter case, but many JSON parsers do not.",
    fix: "Name the fields explicitly instead of relying on the serialiser's convention.",
    entra: "An attribute that Entra does not see and writes again in every cycle.",
    refs: &[Rfc("7643#2.1"), Field("learn.microsoft.com/answers/questions/2238842")],
    faults: &["names-capitalised"],
    judges: subject::resources,
    judge: RuleJudge::Exchange(name_in_other_letter_case),
};

fn name_in_other_letter_case(view: &View<'_>) -> Vec<Complaint> {
    let found = view.mismatches().iter().find(|found| found.fault == TypeFault::LetterCase);
    match found {
        Some(found) => Complaint::new(format!("The server writes {} as {}.", found.path, found.value))
            .concerning(&found.path)
            .against(&found.path, &found.value)
            .into(),
        None => Vec::new(),
    }
}

const ATTRIBUTE_NOT_PUBLISHED: RuleDeclaration = RuleDeclaration {
    name: "attribute-not-published",
    title: "Attributes in responses are published in /Schemas",
    level: Level::Note,
    what: "Every attribute of a resource is defined by a published schema.",
    why: "The gallery's discoverability test looks for each mapped attribute in /Schemas; an attribute that \
          appears only in responses cannot be mapped.",
    fix: "Publish what you return.",
    entra: "Schema_Discoverability_Test fails when the attribute is mapped.",
    refs: &[Rfc("7643#7"), Microsoft("validate-user-provisioning-app-gallery")],
    faults: &["unpublished-attributes", "write-answers-invent"],
    judges: |view| !view.discovery.schemas.is_empty() && subject::resources(view),
    judge: RuleJudge::Exchange(attribute_not_published),
};

fn attribute_not_published(view: &View<'_>) -> Vec<Complaint> {
    let found = view.mismatches().iter().find(|found| found.fault == TypeFault::Unpublished);
    match found {
        Some(found) => Complaint::new(format!("{} is in no published schema.", found.path))
            .concerning(&found.path)
            .against("defined in /Schemas", "not defined")
            .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, group, with};
    use serde_json::json;

    fn read(attributes: Value) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        let enterprise = attributes.get(urn::ENTERPRISE).is_some();
        let schemas = if enterprise { json!([urn::USER, urn::ENTERPRISE]) } else { json!([urn::USER]) };
        scenario_run.get("/Users/1", 200, with(ada(attributes), json!({"schemas": schemas})));
        scenario_run
    }

    #[test]
    fn right_types_are_left_alone() {
        read(json!({
            "active": true, "name": {"familyName": "L", "middleName": null}, "title": null, "emails": [],
            "phoneNumbers": [{"value": "+1 555 0100", "type": "work", "primary": false, "custom": 1}],
            "x509Certificates": [{"value": "MIIB+/=="}], "addresses": [{"type": "work", "country": "US"}],
            "profileUrl": "http://example.com/a", "groups": [{"value": "g", "$ref": "../Groups/g"}],
            (urn::ENTERPRISE): {"employeeNumber": "007", "manager": {"value": "9"}}
        }))
        .is_right();
        read(json!({(urn::ENTERPRISE): {"manager": null}})).is_right();
    }

    #[test]
    fn wrong_types_are_found() {
        for (attributes, rule, level) in [
            (json!({"active": "False"}), "active-not-a-boolean", Level::Error),
            (json!({"active": 1}), "active-not-a-boolean", Level::Error),
            (
                json!({"emails": [{"value": "a@example.com", "primary": "True"}]}),
                "boolean-as-text",
                Level::Error,
            ),
            (json!({"externalId": 5}), "text-as-other-type", Level::Error),
            (json!({(urn::ENTERPRISE): {"employeeNumber": 7}}), "text-as-other-type", Level::Error),
            (json!({"roles": [{"value": {"id": "x"}}]}), "text-as-other-type", Level::Error),
            (json!({"emails": {"value": "a@example.com"}}), "list-expected", Level::Error),
            (json!({"emails": "a@example.com"}), "list-expected", Level::Error),
            (json!({"displayName": ["A"]}), "single-value-expected", Level::Error),
            (json!({"name": "Ada L"}), "object-expected", Level::Error),
            (json!({"emails": ["a@example.com"]}), "object-expected", Level::Error),
            (json!({(urn::ENTERPRISE): {"manager": "9"}}), "manager-not-an-object", Level::Error),
            (
                json!({"x509Certificates": [{"value": "-----BEGIN CERTIFICATE-----"}]}),
                "binary-not-base64",
                Level::Warning,
            ),
            (json!({"DisplayName": "A"}), "name-in-other-letter-case", Level::Warning),
            (json!({"shoeSize": "42"}), "attribute-not-published", Level::Note),
        ] {
            read(attributes.clone()).finds(rule, 1, level);
            read(json!({"title": "X"})).finds(rule, 0, level);
        }
        // One fault is one finding.
        read(json!({(urn::ENTERPRISE): {"manager": "9"}})).finds("object-expected", 0, Level::Error);
        read(json!({"active": "False"})).finds("boolean-as-text", 0, Level::Error);
    }

    #[test]
    fn types_are_those_the_server_publishes() {
        let custom = |value: Value| {
            let mut scenario_run = ScenarioRun::published().publishing(|discovery| {
                let schema = json!({"id": "urn:example:2.0:Ext", "attributes": [
                    {"name": "size", "type": "integer"}, {"name": "weight", "type": "decimal"},
                    {"name": "hired", "type": "dateTime"}, {"name": "odd", "type": "thing"}]});
                discovery.schemas.schemas.push(crate::scim::schema::Schema::read(&schema).unwrap());
            });
            scenario_run.get(
                "/Users/1",
                200,
                with(
                    ada(json!({"urn:example:2.0:Ext": value})),
                    json!({"schemas": [urn::USER, "urn:example:2.0:Ext"]}),
                ),
            );
            scenario_run
        };
        custom(json!({"size": 1, "weight": 1.5, "hired": "2026-01-02T00:00:00Z", "odd": {"x": 1}}))
            .is_right();
        custom(json!({"size": "1"})).finds("number-as-text", 1, Level::Warning);
        custom(json!({"hired": "2026-01-02"})).finds("date-time-expected", 1, Level::Warning);
    }

    #[test]
    fn members_have_their_id_in_value() {
        let members = |list: Value| {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.get("/Groups/g", 200, with(group(&[]), json!({"members": list})));
            scenario_run
        };
        members(json!(["1"])).finds("members-not-objects", 1, Level::Error);
        members(json!([{"value": 1}])).finds("members-not-objects", 1, Level::Error);
        members(json!([{"value": "1", "display": "Ada", "type": "User", "$ref": "../Users/1"}])).is_right();
        members(json!([])).is_right();
    }
}
