use serde_json::{Map, Value, json};

use crate::scim::{member, same_name};

/// An attribute's definition (RFC 7643 §2.2, §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// The type of its values; of one element, when it is multi-valued.
    pub kind: AttributeType,
    /// It holds an array.
    pub multi_valued: bool,
    /// What it means.
    pub description: String,
    /// A resource must have it.
    pub required: bool,
    /// Letter case matters when values are compared.
    pub case_exact: bool,
    /// Values that are suggested; others are allowed (RFC 7643 §7).
    pub canonical_values: Vec<String>,
    /// Who may write it, and when.
    pub mutability: Mutability,
    /// When answers hold it.
    pub returned: Returned,
    /// Among which resources its values are unique.
    pub uniqueness: Uniqueness,
    /// What a reference may point at: names of resource types, `external` or `uri`.
    pub reference_types: Vec<String>,
    /// Members of a complex attribute.
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// A singular attribute of that type, with the defaults of RFC 7643 §2.2.
    #[must_use]
    pub fn new(name: &str, kind: AttributeType) -> Self {
        Attribute {
            name: name.to_owned(),
            kind,
            multi_valued: false,
            description: format!("The attribute {name}"),
            required: false,
            case_exact: false,
            canonical_values: Vec::new(),
            mutability: Mutability::default(),
            returned: Returned::default(),
            uniqueness: Uniqueness::default(),
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
        }
    }

    /// The sub-attribute of that name, in any letter case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        self.sub_attributes.iter().find(|attribute| same_name(&attribute.name, name))
    }

    /// Reads one element of `attributes` or `subAttributes`, leniently. `None` when it has no name.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        Self::read_at(value, 0)
    }

    fn read_at(value: &Value, depth: usize) -> Option<Self> {
        let text = |name: &str| member(value, name).and_then(Value::as_str);
        let flag = |name: &str| member(value, name).and_then(Value::as_bool).unwrap_or(false);
        let list = |name: &str| member(value, name).and_then(Value::as_array).into_iter().flatten();
        let texts = |name: &str| list(name).filter_map(Value::as_str).map(str::to_owned).collect();
        let name = text("name").filter(|name| !name.is_empty())?.to_owned();
        // RFC 7643 §2.3.8: a complex attribute holds no complex attributes; the schema of schemas
        // needs one level more. What is deeper is not read, whoever sent it.
        let sub_attributes: Vec<_> = if depth < 3 {
            list("subAttributes").filter_map(|sub| Self::read_at(sub, depth + 1)).collect()
        } else {
            Vec::new()
        };
        let kind = match text("type") {
            Some(kind) => AttributeType::read(kind).unwrap_or(AttributeType::Unknown),
            None if sub_attributes.is_empty() => AttributeType::String,
            None => AttributeType::Complex,
        };
        Some(Attribute {
            name,
            kind,
            multi_valued: flag("multiValued"),
            description: text("description").unwrap_or("").to_owned(),
            required: flag("required"),
            case_exact: flag("caseExact"),
            canonical_values: texts("canonicalValues"),
            mutability: text("mutability").and_then(Mutability::read).unwrap_or_default(),
            returned: text("returned").and_then(Returned::read).unwrap_or_default(),
            uniqueness: text("uniqueness").and_then(Uniqueness::read).unwrap_or_default(),
            reference_types: texts("referenceTypes"),
            sub_attributes,
        })
    }

    /// The definition as `/Schemas` shows it. What does not apply to the type is left out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("name".into(), json!(self.name));
        body.insert("type".into(), json!(self.kind.as_str()));
        body.insert("multiValued".into(), json!(self.multi_valued));
        body.insert("description".into(), json!(self.description));
        body.insert("required".into(), json!(self.required));
        if matches!(self.kind, AttributeType::String | AttributeType::Reference | AttributeType::Binary) {
            body.insert("caseExact".into(), json!(self.case_exact));
        }
        if !self.canonical_values.is_empty() {
            body.insert("canonicalValues".into(), json!(self.canonical_values));
        }
        body.insert("mutability".into(), json!(self.mutability.as_str()));
        body.insert("returned".into(), json!(self.returned.as_str()));
        body.insert("uniqueness".into(), json!(self.uniqueness.as_str()));
        if !self.reference_types.is_empty() {
            body.insert("referenceTypes".into(), json!(self.reference_types));
        }
        if !self.sub_attributes.is_empty() {
            body.insert("subAttributes".into(), self.sub_attributes.iter().map(Attribute::to_json).collect());
        }
        Value::Object(body)
    }
}

/// A closed list of words on the wire.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$meaning])* $variant,)+ }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// Reads a word in any letter case.
            fn read(text: &str) -> Option<Self> {
                [$($name::$variant),+].into_iter().find(|word| same_name(word.as_str(), text))
            }
        }
    };
}

words! {
    /// The types of RFC 7643 §2.3.
    AttributeType {
        /// Text.
        String = "string",
        /// `true` or `false`.
        Boolean = "boolean",
        /// A number with a decimal point.
        Decimal = "decimal",
        /// A whole number.
        Integer = "integer",
        /// An instant, as [`crate::scim::datetime`] reads it.
        DateTime = "dateTime",
        /// Base64.
        Binary = "binary",
        /// A URI.
        Reference = "reference",
        /// An object with sub-attributes.
        Complex = "complex",
        /// A server published a type the RFC does not know; nothing can be said of its values.
        Unknown = "unknown",
    }
}

words! {
    /// Who may write an attribute, and when (RFC 7643 §7).
    #[derive(Default)]
    Mutability {
        /// Only the server.
        ReadOnly = "readOnly",
        /// The client, at any time.
        #[default]
        ReadWrite = "readWrite",
        /// The client, once.
        Immutable = "immutable",
        /// The client, and nobody can read it.
        WriteOnly = "writeOnly",
    }
}

words! {
    /// When answers hold an attribute (RFC 7643 §7).
    #[derive(Default)]
    Returned {
        /// In every answer, whatever was asked for.
        Always = "always",
        /// In no answer.
        Never = "never",
        /// Unless it was excluded or others were asked for.
        #[default]
        Default = "default",
        /// Only when it was asked for.
        Request = "request",
    }
}

words! {
    /// Among which resources an attribute's values are unique (RFC 7643 §7).
    #[derive(Default)]
    Uniqueness {
        /// Nothing is promised.
        #[default]
        None = "none",
        /// Among the resources of this type on this server.
        Server = "server",
        /// Everywhere.
        Global = "global",
    }
}
