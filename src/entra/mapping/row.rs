use std::sync::OnceLock;

use crate::entra::directory::{self, AttributeKind, ObjectKind, SourceAttribute, UnknownAttribute};
use crate::scim::schema::{AttributeType, SchemaSet};
use crate::scim::{PatchPath, SyntaxError, same_name, urn};

use super::expression::Expression;
use super::flow::{DataType, FlowBehavior, FlowType};
use super::roles::{APP_ROLE_ASSIGNMENTS, RoleFunction};
use super::target::{self, MappingTarget};

/// The computed source attribute that tells a leaver: true when the user is unassigned, out of
/// scope, in the recycle bin or blocked from sign-in.
pub static IS_SOFT_DELETED: SourceAttribute =
    SourceAttribute { name: "IsSoftDeleted", kind: AttributeKind::Boolean, computed: true };

/// The attribute a mapping may read by that name: those of the directory, and `IsSoftDeleted`.
///
/// # Errors
/// [`UnknownAttribute`].
pub fn source_attribute(kind: ObjectKind, name: &str) -> Result<&'static SourceAttribute, UnknownAttribute> {
    if name == IS_SOFT_DELETED.name { Ok(&IS_SOFT_DELETED) } else { directory::find(kind, name) }
}

/// Where a mapping's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// Direct: the attribute as it is.
    Attribute(&'static SourceAttribute),
    /// The same text for everybody.
    Constant(String),
    /// Computed.
    Expression(Expression),
    /// Computed from the assignments of app roles.
    Roles(RoleFunction),
    /// None: the target is left alone, but for the row's default value, which fills it when it is
    /// empty ("Customize attribute-mappings", Understanding attribute-mapping types).
    None,
}

/// What the target attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// Texts, and whatever else is written as one.
    Text,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// One link or several to other objects.
    Reference,
}

/// What a target attribute is declared to be in the application's attribute list (Graph:
/// attributeDefinition). What is not declared follows RFC 7643, or is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AttributeDefinition {
    /// Its data type.
    pub data_type: DataType,
    /// Whether a difference in letter case alone is a change.
    pub case_exact: bool,
    /// An object without a value here cannot be created.
    pub required: bool,
    /// It takes several values.
    pub multivalued: bool,
}

/// The schemas that RFC 7643 defines.
fn core() -> &'static SchemaSet {
    static CORE: OnceLock<SchemaSet> = OnceLock::new();
    CORE.get_or_init(SchemaSet::core)
}

impl AttributeDefinition {
    /// What RFC 7643 says of a target, or a text.
    #[must_use]
    pub fn of(target: &PatchPath, source: &ValueSource) -> Self {
        let reference = match source {
            ValueSource::Attribute(attribute) => attribute.kind.is_reference(),
            _ => false,
        };
        let known = core().find_patch(target);
        let data_type = match known.map(|attribute| attribute.kind) {
            _ if reference => DataType::Reference,
            Some(AttributeType::Boolean) => DataType::Boolean,
            Some(AttributeType::Integer) => DataType::Integer,
            Some(AttributeType::DateTime) => DataType::DateTime,
            Some(AttributeType::Binary) => DataType::Binary,
            _ => DataType::String,
        };
        let multivalued = target.filter.is_none()
            && target.sub.is_none()
            && known.is_some_and(|attribute| attribute.multi_valued);
        let case_exact = known.is_some_and(|attribute| attribute.case_exact);
        AttributeDefinition { data_type, case_exact, required: false, multivalued }
    }
}

/// One row: a source and the target attribute it flows to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeMapping {
    /// The target attribute.
    pub target: PatchPath,
    /// The target's text as the profile writes it: Entra sends odd capitals as they are.
    pub written: String,
    /// Where the value comes from.
    pub source: ValueSource,
    /// Matching precedence, 1 first; `None` for attributes that do not match.
    pub matching: Option<u32>,
    /// Which differences are written ("Apply this mapping").
    pub flow: FlowType,
    /// Whether a value flows when nothing changed.
    pub behavior: FlowBehavior,
    /// "Default value if null": used when the source has no value, and on creation only.
    pub default: Option<String>,
    /// The target is documented to filter on the attribute. Matching attributes are filterable
    /// whether it says so or not: ask [`AttributeMapping::is_filterable`].
    pub filterable: bool,
    /// What the target attribute is declared to be.
    pub declared: AttributeDefinition,
}

impl AttributeMapping {
    /// A row that is always applied, does not match and has no default.
    ///
    /// # Errors
    /// When the target is no path, or one that Entra cannot write.
    pub fn new(target: &str, source: ValueSource) -> Result<Self, SyntaxError> {
        let MappingTarget { path, written } = target::read(target)?;
        Ok(AttributeMapping {
            declared: AttributeDefinition::of(&path, &source),
            target: path,
            written,
            source,
            matching: None,
            flow: FlowType::default(),
            behavior: FlowBehavior::default(),
            default: None,
            filterable: false,
        })
    }

    /// The same row as a matching attribute of that precedence.
    #[must_use]
    pub fn matching(mut self, precedence: u32) -> Self {
        self.matching = Some(precedence);
        self
    }

    /// True when the attribute matches, or the target is documented to filter on it.
    #[must_use]
    pub fn is_filterable(&self) -> bool {
        self.filterable || self.matching.is_some()
    }

    /// Whether an object that is there is given the row's value, its target holding something or
    /// nothing at that attribute. A row without a source fills what is empty and changes nothing.
    #[must_use]
    pub fn updates(&self, held: bool) -> bool {
        match self.source {
            ValueSource::None => !held && self.flow != FlowType::ObjectAddOnly,
            _ => self.flow.updates(held, self.declared.multivalued),
        }
    }

    /// True when an update adds values to a list and takes none away.
    #[must_use]
    pub fn only_adds(&self) -> bool {
        self.declared.multivalued && matches!(self.flow, FlowType::MultiValueAddOnly | FlowType::ValueAddOnly)
    }

    /// True for an attribute that RFC 7643 does not have and that stands in no schema of its own.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        let is_core = |schema: &str| same_name(schema, urn::USER) || same_name(schema, urn::GROUP);
        self.target.schema.as_deref().is_none_or(is_core) && core().find_patch(&self.target).is_none()
    }

    /// True for links to other objects, which are written after all objects exist. The source
    /// decides: an app may call its manager a String.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        matches!(&self.source, ValueSource::Attribute(attribute) if attribute.kind.is_reference())
    }

    /// True when the row's source is that attribute, or its expression reads it.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        match &self.source {
            ValueSource::Attribute(attribute) => attribute.name == name,
            ValueSource::Expression(expression) => {
                expression.attributes().iter().any(|(read, _)| *read == name)
            }
            ValueSource::Roles(_) => name == APP_ROLE_ASSIGNMENTS,
            ValueSource::Constant(_) | ValueSource::None => false,
        }
    }

    /// True for links to several objects, as `members`.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(&self.source, ValueSource::Attribute(attribute) if attribute.kind == AttributeKind::References)
    }

    /// What the target attribute takes: what it is declared to be, and otherwise text. `active` and
    /// every `primary` are Boolean (RFC 7643 §4.1.1, §2.4).
    #[must_use]
    pub fn target_kind(&self) -> TargetKind {
        let boolean = match &self.target.sub {
            Some(sub) => same_name(sub, "primary"),
            None => self.target.filter.is_none() && same_name(&self.target.attribute, "active"),
        };
        match self.declared.data_type {
            _ if self.is_reference() => TargetKind::Reference,
            DataType::Integer => TargetKind::Integer,
            DataType::Boolean => TargetKind::Boolean,
            _ if boolean => TargetKind::Boolean,
            _ => TargetKind::Text,
        }
    }

    /// True when `name` means this row's target: letter case is ignored and the schema URN may be
    /// left out, so `manager` finds the enterprise extension's manager.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let Ok(MappingTarget { path, .. }) = target::read(name) else { return self.target.is(name) };
        self.target.same_as(&path) || PatchPath { schema: None, ..self.target.clone() }.same_as(&path)
    }

    /// True for the row that disables: its target is the core attribute `active`.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.target.is("active")
    }
}
