//! The closed lists of words in a mapping, as Microsoft Graph spells them (synchronization resources
//! attributeMapping, attributeDefinition and objectMapping).

use std::fmt;

/// Which differences between source and target are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlowType {
    /// All, on creation and on every update ("Always").
    #[default]
    Always,
    /// On creation of the object and never again ("Only during object creation").
    ObjectAddOnly,
    /// Only what adds values to a multi-valued attribute.
    MultiValueAddOnly,
    /// With a value there, additions only; nothing is taken away.
    ValueAddOnly,
    /// Only while the target has no value.
    AttributeAddOnly,
}

impl FlowType {
    /// Every flow type.
    pub const ALL: [FlowType; 5] = [
        FlowType::Always,
        FlowType::ObjectAddOnly,
        FlowType::MultiValueAddOnly,
        FlowType::ValueAddOnly,
        FlowType::AttributeAddOnly,
    ];

    /// Graph's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FlowType::Always => "Always",
            FlowType::ObjectAddOnly => "ObjectAddOnly",
            FlowType::MultiValueAddOnly => "MultiValueAddOnly",
            FlowType::ValueAddOnly => "ValueAddOnly",
            FlowType::AttributeAddOnly => "AttributeAddOnly",
        }
    }

    /// Whether an object that is there is given this value, its target holding something or nothing
    /// at that attribute. Of a single value nothing can be added to what is there, so the three
    /// types that only add differ in multi-valued attributes alone.
    #[must_use]
    pub fn updates(self, held: bool, multivalued: bool) -> bool {
        match self {
            FlowType::Always => true,
            FlowType::ObjectAddOnly => false,
            FlowType::AttributeAddOnly => !held,
            FlowType::MultiValueAddOnly => multivalued,
            FlowType::ValueAddOnly => !held || multivalued,
        }
    }
}

impl fmt::Display for FlowType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a value flows when nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlowBehavior {
    /// Only what changed.
    #[default]
    FlowWhenChanged,
    /// Whatever changed, the attribute is written with it.
    FlowAlways,
}

impl FlowBehavior {
    /// Every behaviour.
    pub const ALL: [FlowBehavior; 2] = [FlowBehavior::FlowWhenChanged, FlowBehavior::FlowAlways];

    /// Graph's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FlowBehavior::FlowWhenChanged => "FlowWhenChanged",
            FlowBehavior::FlowAlways => "FlowAlways",
        }
    }
}

/// What an attribute holds, as the application's attribute list declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataType {
    /// Texts, and dates that are none of the others.
    #[default]
    String,
    /// Whole numbers.
    Integer,
    /// Links to other objects.
    Reference,
    /// Bytes.
    Binary,
    /// True or false.
    Boolean,
    /// Points in time.
    DateTime,
}

impl DataType {
    /// Every data type.
    pub const ALL: [DataType; 6] = [
        DataType::String,
        DataType::Integer,
        DataType::Reference,
        DataType::Binary,
        DataType::Boolean,
        DataType::DateTime,
    ];

    /// Graph's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DataType::String => "String",
            DataType::Integer => "Integer",
            DataType::Reference => "Reference",
            DataType::Binary => "Binary",
            DataType::Boolean => "Boolean",
            DataType::DateTime => "DateTime",
        }
    }
}

/// What the job may do to objects at the target ("Target Object Actions"; Graph: objectMapping,
/// flowTypes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectActions {
    /// Create objects. Without it those that are there are kept up to date, and nobody new comes.
    pub create: bool,
    /// Update them; a disable is an update of `active`.
    pub update: bool,
    /// Delete them.
    pub delete: bool,
}

impl Default for ObjectActions {
    fn default() -> Self {
        ObjectActions { create: true, update: true, delete: true }
    }
}

/// Graph's one text: `Add, Update, Delete`, and `None` for nothing of it.
impl fmt::Display for ObjectActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = [(self.create, "Add"), (self.update, "Update"), (self.delete, "Delete")]
            .into_iter()
            .filter_map(|(on, word)| on.then_some(word))
            .collect();
        f.write_str(if words.is_empty() { "None" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Graph, attributeMapping: what each flow type lets through.
    #[test]
    fn flow_types_that_only_add_leave_what_is_there() {
        let updates = |flow: FlowType| {
            [(false, false), (true, false), (false, true), (true, true)]
                .map(|(held, multivalued)| flow.updates(held, multivalued))
        };
        assert_eq!(updates(FlowType::Always), [true; 4]);
        assert_eq!(updates(FlowType::ObjectAddOnly), [false; 4]);
        assert_eq!(updates(FlowType::AttributeAddOnly), [true, false, true, false]);
        assert_eq!(updates(FlowType::MultiValueAddOnly), [false, false, true, true]);
        assert_eq!(updates(FlowType::ValueAddOnly), [true, false, true, true]);
    }

    #[test]
    fn object_actions_are_one_text() {
        assert_eq!(ObjectActions::default().to_string(), "Add, Update, Delete");
        let update = ObjectActions { create: false, delete: false, ..ObjectActions::default() };
        assert_eq!(update.to_string(), "Update");
        assert_eq!(ObjectActions { update: false, ..update }.to_string(), "None");
    }
}
