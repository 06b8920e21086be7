//! The core schemas of RFC 7643 §8.7 as data.
//!
//! Where the RFC's JSON and its text differ, the text wins: a group's `displayName` is required
//! (§4.2), every multi-valued complex attribute has `primary` (§2.4), Base64 is case exact (§2.3.6).

use std::sync::LazyLock;

use super::{Attribute, AttributeType, Mutability, Returned, Schema, Uniqueness};
use crate::scim::urn;

/// The User schema (RFC 7643 §4.1).
#[must_use]
pub fn user() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> =
        LazyLock::new(|| define(urn::USER, "User", "A person's account.", user_attributes()));
    &SCHEMA
}

/// The Group schema (RFC 7643 §4.2).
#[must_use]
pub fn group() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let members = complex(
            "members",
            "Who belongs to the group.",
            [
                text("value", "Id of the member.").immutable(),
                reference("$ref", "URI of the member.", ["User", "Group"]).immutable(),
                text("display", "The member's name for people.").immutable(),
                text("type", "Resource type of the member.").canonical(["User", "Group"]).immutable(),
            ],
        );
        let attributes = vec![text("displayName", "The group's name for people.").required(), members.many()];
        define(urn::GROUP, "Group", "A set of accounts.", attributes)
    });
    &SCHEMA
}

/// The enterprise extension of users (RFC 7643 §4.3).
#[must_use]
pub fn enterprise() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let manager = complex(
            "manager",
            "Whom the person reports to.",
            [
                text("value", "Id of the manager's account."),
                reference("$ref", "URI of the manager's account.", ["User"]),
                text("displayName", "The manager's name for people.").read_only(),
            ],
        );
        let attributes = vec![
            text("employeeNumber", "What the organization numbers the person by."),
            text("costCenter", "Name of the cost center."),
            text("organization", "Name of the organization."),
            text("division", "Name of the division."),
            text("department", "Name of the department."),
            manager,
        ];
        define(urn::ENTERPRISE, "EnterpriseUser", "What employers keep of their people.", attributes)
    });
    &SCHEMA
}

/// The schema of `/ServiceProviderConfig` (RFC 7643 §5, RFC 9865 §4).
#[must_use]
pub fn service_provider_config() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let feature = |name, about, more: Vec<Attribute>| {
            let supported = flag("supported", "The server can do it.").required().read_only();
            complex(name, about, std::iter::once(supported).chain(more)).required().read_only()
        };
        let limit = |name, about| whole(name, about).required().read_only();
        let schemes = complex(
            "authenticationSchemes",
            "How clients may authenticate.",
            [
                text("type", "Kind of the scheme.")
                    .canonical(["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"])
                    .required()
                    .read_only(),
                text("name", "Name for people.").required().read_only(),
                text("description", "What it is.").required().read_only(),
                reference("specUri", "Page of its specification.", ["external"]).read_only(),
                reference("documentationUri", "Page that tells how to use it here.", ["external"])
                    .read_only(),
                flag("primary", "It is preferred.").read_only(),
            ],
        );
        let pagination = complex(
            "pagination",
            "Ways to read a long list in pages.",
            [
                flag("cursor", "By cursor.").required().read_only(),
                flag("index", "By start index.").required().read_only(),
                text("defaultPaginationMethod", "Which one is used unless asked otherwise.")
                    .canonical(["cursor", "index"])
                    .read_only(),
                whole("defaultPageSize", "Resources on a page unless asked otherwise.").read_only(),
                whole("maxPageSize", "Most resources on a page.").read_only(),
                whole("cursorTimeout", "Seconds for which a cursor is good.").read_only(),
            ],
        );
        let attributes = vec![
            reference("documentationUri", "Page that tells people about this server.", ["external"])
                .read_only(),
            feature("patch", "Changing parts of a resource.", vec![]),
            feature(
                "bulk",
                "Many operations in one request.",
                vec![
                    limit("maxOperations", "Most operations in one request."),
                    limit("maxPayloadSize", "Most bytes in one request."),
                ],
            ),
            feature(
                "filter",
                "Filters in queries.",
                vec![limit("maxResults", "Most resources in one answer.")],
            ),
            feature("changePassword", "Setting passwords.", vec![]),
            feature("sort", "Sorted answers.", vec![]),
            feature("etag", "Versions of resources in HTTP headers.", vec![]),
            pagination.read_only(),
            schemes.many().required().read_only(),
        ];
        define(
            urn::SERVICE_PROVIDER_CONFIG,
            "ServiceProviderConfig",
            "What this server can do and where its limits are.",
            attributes,
        )
    });
    &SCHEMA
}

/// The schema of `/ResourceTypes` (RFC 7643 §6).
#[must_use]
pub fn resource_type() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let extensions = complex(
            "schemaExtensions",
            "Schemas that add attributes to the main one.",
            [
                reference("schema", "URN of the extension.", ["uri"]).required().read_only().case_exact(),
                flag("required", "A resource must have it.").required().read_only(),
            ],
        );
        let attributes = vec![
            text("id", "Often the same as the name.").read_only(),
            text("name", "Name of the resource type, as meta.resourceType shows it.").required().read_only(),
            text("description", "What its resources are.").read_only(),
            reference("endpoint", "Path of its resources below the base URL.", ["uri"])
                .required()
                .read_only(),
            reference("schema", "URN of its main schema.", ["uri"]).required().read_only().case_exact(),
            extensions.many().read_only(),
        ];
        define(urn::RESOURCE_TYPE, "ResourceType", "A kind of resource and where it is found.", attributes)
    });
    &SCHEMA
}

/// The schema of `/Schemas` (RFC 7643 §7).
#[must_use]
pub fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let subs = complex("subAttributes", "Members of a complex attribute.", definition());
        let parts = definition().into_iter().chain([subs.many().read_only()]);
        let attributes = vec![
            text("id", "The schema's URN.").required().read_only(),
            text("name", "Name for people.").read_only(),
            text("description", "What it is for.").read_only(),
            complex("attributes", "What it defines.", parts).many().required().read_only(),
        ];
        define(urn::SCHEMA, "Schema", "Attributes under one URN.", attributes)
    });
    &SCHEMA
}

/// What every resource has although no schema lists it: `schemas`, `id`, `externalId` and `meta`
/// (RFC 7643 §3.1).
#[must_use]
pub fn common() -> &'static [Attribute] {
    static COMMON: LazyLock<[Attribute; 4]> = LazyLock::new(|| {
        let meta = complex(
            "meta",
            "What the server knows of the resource.",
            [
                text("resourceType", "Name of its resource type.").read_only().case_exact(),
                of("created", AttributeType::DateTime, "When it was made.").read_only(),
                of("lastModified", AttributeType::DateTime, "When it was changed last.").read_only(),
                reference("location", "Its URI.", ["uri"]).read_only().case_exact(),
                text("version", "Its version, as the ETag header shows it.").read_only().case_exact(),
            ],
        );
        [
            reference("schemas", "URNs of the schemas it uses.", ["uri"])
                .many()
                .required()
                .case_exact()
                .returned(Returned::Always),
            text("id", "What the server calls it, for ever.")
                .read_only()
                .case_exact()
                .returned(Returned::Always)
                .unique(),
            text("externalId", "What the client calls it.").case_exact(),
            meta.read_only(),
        ]
    });
    &*COMMON
}

fn user_attributes() -> Vec<Attribute> {
    let name = complex(
        "name",
        "Parts of the person's name.",
        [
            text("formatted", "The whole name as it is shown."),
            text("familyName", "Family name, the last name in most Western languages."),
            text("givenName", "Given name, the first name in most Western languages."),
            text("middleName", "Middle names."),
            text("honorificPrefix", "Title before the name, as `Ms.`"),
            text("honorificSuffix", "What follows the name, as `III`."),
        ],
    );
    let addresses = complex(
        "addresses",
        "Places where the person is found.",
        [
            text("formatted", "The whole address as it is shown, with line breaks."),
            text("streetAddress", "Street, number, post-office box."),
            text("locality", "City or town."),
            text("region", "State or region."),
            text("postalCode", "Postal code."),
            text("country", "Country, as two letters of ISO 3166-1."),
            text("type", "What the address is for.").canonical(["work", "home", "other"]),
            flag("primary", "It is the preferred one; at most one is."),
        ],
    );
    let groups = complex(
        "groups",
        "Groups the person belongs to.",
        [
            text("value", "Id of the group.").read_only(),
            reference("$ref", "URI of the group.", ["User", "Group"]).read_only(),
            text("display", "The group's name for people.").read_only(),
            text("type", "A member itself, or through another group.")
                .canonical(["direct", "indirect"])
                .read_only(),
        ],
    );
    let certificate = of("value", AttributeType::Binary, "DER-encoded X.509 certificate.").case_exact();
    let picture = reference("value", "URI of the picture.", ["external"]);
    vec![
        text("userName", "What the person signs in with.").required().unique(),
        name,
        text("displayName", "The name shown to others."),
        text("nickName", "What friends call the person."),
        reference("profileUrl", "Page about the person.", ["external"]),
        text("title", "Title at work, as `Vice President`."),
        text("userType", "Relation to the organization, as `Employee` or `Contractor`."),
        text("preferredLanguage", "Languages the person reads, as in HTTP's Accept-Language."),
        text("locale", "Where numbers, dates and currency are taken from, as `en-US`."),
        text("timezone", "Time zone by its IANA name, as `America/Los_Angeles`."),
        flag("active", "The account can be used."),
        text("password", "Password in clear, only ever written.").write_only(),
        valued("emails", "Mail addresses.", text("value", "The address."), &["work", "home", "other"]),
        valued(
            "phoneNumbers",
            "Telephone numbers.",
            text("value", "The number, as in RFC 3966 if possible."),
            &["work", "home", "mobile", "fax", "pager", "other"],
        ),
        valued(
            "ims",
            "Addresses for instant messages.",
            text("value", "The address."),
            &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        ),
        valued("photos", "Pictures of the person.", picture, &["photo", "thumbnail"]),
        addresses.many(),
        groups.many().read_only(),
        valued("entitlements", "Things the person has a right to.", text("value", "The entitlement."), &[]),
        valued("roles", "Roles the person has.", text("value", "The role."), &[]),
        valued("x509Certificates", "Certificates issued to the person.", certificate, &[]),
    ]
}

/// What defines an attribute, without `subAttributes`.
fn definition() -> Vec<Attribute> {
    let types = ["string", "complex", "boolean", "decimal", "integer", "dateTime", "reference", "binary"];
    vec![
        text("name", "Name of the attribute.").required().read_only().case_exact(),
        text("type", "Type of its values.").canonical(types).required().read_only(),
        flag("multiValued", "It holds an array.").required().read_only(),
        text("description", "What it means.").read_only(),
        flag("required", "A resource must have it.").read_only(),
        text("canonicalValues", "Values that are suggested.").many().read_only().case_exact(),
        flag("caseExact", "Letter case matters when values are compared.").read_only(),
        text("mutability", "Who may write it, and when.")
            .canonical(["readOnly", "readWrite", "immutable", "writeOnly"])
            .read_only()
            .case_exact(),
        text("returned", "When answers hold it.")
            .canonical(["always", "never", "default", "request"])
            .read_only()
            .case_exact(),
        text("uniqueness", "Among which resources its values are unique.")
            .canonical(["none", "server", "global"])
            .read_only()
            .case_exact(),
        text("referenceTypes", "What a reference may point at.").many().read_only().case_exact(),
    ]
}

fn define(id: &str, name: &str, description: &str, attributes: Vec<Attribute>) -> Schema {
    Schema { id: id.to_owned(), name: name.to_owned(), description: description.to_owned(), attributes }
}

/// An array of objects with the sub-attributes of RFC 7643 §2.4.
fn valued(name: &str, description: &str, value: Attribute, types: &[&str]) -> Attribute {
    let mut kind = text("type", "What it is for.");
    kind.canonical_values = types.iter().map(|&t| t.to_owned()).collect();
    let parts = [
        value,
        text("display", "Text for people."),
        kind,
        flag("primary", "It is the preferred one; at most one is."),
    ];
    complex(name, description, parts).many()
}

fn of(name: &str, kind: AttributeType, description: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        multi_valued: false,
        description: description.to_owned(),
        required: false,
        case_exact: false,
        canonical_values: Vec::new(),
        mutability: Mutability::ReadWrite,
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        reference_types: Vec::new(),
        sub_attributes: Vec::new(),
    }
}

fn text(name: &str, description: &str) -> Attribute {
    of(name, AttributeType::String, description)
}

fn flag(name: &str, description: &str) -> Attribute {
    of(name, AttributeType::Boolean, description)
}

fn whole(name: &str, description: &str) -> Attribute {
    of(name, AttributeType::Integer, description)
}

fn reference<const N: usize>(name: &str, description: &str, types: [&str; N]) -> Attribute {
    Attribute {
        reference_types: types.into_iter().map(str::to_owned).collect(),
        ..of(name, AttributeType::Reference, description)
    }
}

fn complex(name: &str, description: &str, parts: impl IntoIterator<Item = Attribute>) -> Attribute {
    Attribute { sub_attributes: parts.into_iter().collect(), ..of(name, AttributeType::Complex, description) }
}

impl Attribute {
    fn many(self) -> Self {
        Attribute { multi_valued: true, ..self }
    }

    fn required(self) -> Self {
        Attribute { required: true, ..self }
    }

    fn case_exact(self) -> Self {
        Attribute { case_exact: true, ..self }
    }

    fn unique(self) -> Self {
        Attribute { uniqueness: Uniqueness::Server, ..self }
    }

    fn read_only(self) -> Self {
        Attribute { mutability: Mutability::ReadOnly, ..self }
    }

    fn immutable(self) -> Self {
        Attribute { mutability: Mutability::Immutable, ..self }
    }

    fn write_only(self) -> Self {
        Attribute { mutability: Mutability::WriteOnly, returned: Returned::Never, ..self }
    }

    fn returned(self, returned: Returned) -> Self {
        Attribute { returned, ..self }
    }

    fn canonical<const N: usize>(self, values: [&str; N]) -> Self {
        Attribute { canonical_values: values.into_iter().map(str::to_owned).collect(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::SchemaSet;
    use serde_json::json;

    #[test]
    fn every_core_schema_reads_back_from_its_json() {
        for schema in SchemaSet::core().schemas {
            assert_eq!(Schema::read(&schema.to_json()).as_ref(), Some(&schema), "{}", schema.id);
        }
    }

    #[test]
    fn every_attribute_is_described_and_complex_ones_have_parts() {
        fn check(attribute: &Attribute) {
            assert!(attribute.description.ends_with(['.', '`']), "{attribute:?}");
            let has_parts = !attribute.sub_attributes.is_empty();
            assert_eq!(attribute.kind == AttributeType::Complex, has_parts, "{}", attribute.name);
            let has_targets = !attribute.reference_types.is_empty();
            assert_eq!(attribute.kind == AttributeType::Reference, has_targets, "{}", attribute.name);
            attribute.sub_attributes.iter().for_each(check);
        }
        SchemaSet::core()
            .schemas
            .iter()
            .flat_map(|schema| &schema.attributes)
            .chain(common())
            .for_each(check);
    }

    #[test]
    fn the_characteristics_that_matter_to_provisioning_are_those_of_the_rfc() {
        let names: Vec<_> = user().attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names.len(), 21);
        let password = user().attribute("password").unwrap();
        assert_eq!((password.mutability, password.returned), (Mutability::WriteOnly, Returned::Never));
        let user_name = user().attribute("userName").unwrap();
        assert!(user_name.required && !user_name.case_exact);
        assert_eq!(user_name.uniqueness, Uniqueness::Server);
        assert_eq!(user().attribute("groups").unwrap().mutability, Mutability::ReadOnly);
        let members = group().attribute("members").unwrap();
        assert_eq!(members.sub("value").unwrap().mutability, Mutability::Immutable);
        assert_eq!(
            enterprise().attribute("manager").unwrap().sub("displayName").unwrap().mutability,
            Mutability::ReadOnly
        );
        assert!(common()[1].case_exact && common()[1].returned == Returned::Always);
    }

    #[test]
    fn json_leaves_out_what_does_not_apply() {
        let active = user().attribute("active").unwrap().to_json();
        assert_eq!(active["type"], json!("boolean"));
        for absent in ["caseExact", "canonicalValues", "referenceTypes", "subAttributes"] {
            assert_eq!(active.get(absent), None, "{absent}");
        }
        let emails = user().attribute("emails").unwrap().to_json();
        assert_eq!(emails["subAttributes"][2]["canonicalValues"], json!(["work", "home", "other"]));
    }

    #[test]
    fn schemas_of_other_servers_are_read_leniently() {
        let read = |value| Attribute::read(&value).unwrap();
        let bare = read(json!({"Name": "shoeSize"}));
        assert_eq!(
            (bare.kind, bare.mutability, bare.returned),
            (AttributeType::String, Mutability::ReadWrite, Returned::Default)
        );
        assert_eq!(read(json!({"name": "x", "type": "json"})).kind, AttributeType::Unknown);
        assert_eq!(read(json!({"name": "x", "type": "DATETIME"})).kind, AttributeType::DateTime);
        assert_eq!(read(json!({"name": "x", "subAttributes": [{"name": "y"}]})).kind, AttributeType::Complex);
        assert_eq!(
            read(json!({"name": "x", "mutability": null, "multiValued": "yes"})).mutability,
            Mutability::ReadWrite
        );
        assert!(Attribute::read(&json!({"type": "string"})).is_none());
        assert!(Schema::read(&json!({"name": "User"})).is_none());
        let mut deep = json!({"name": "x"});
        for _ in 0..100 {
            deep = json!({"name": "x", "subAttributes": [deep]});
        }
        assert!(Attribute::read(&deep).is_some());
    }
}
