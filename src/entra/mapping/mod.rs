//! Attribute mappings: which source attribute or expression of the tenant flows to which attribute
//! of the target.
//!
//! Null is not provisioned: a source without a value is left out, so that clearing a value in
//! Entra does not clear it at the target (Microsoft Learn, "Customize user provisioning
//! attribute-mappings", "What you should know").

mod edits;
pub mod expression;
mod file;
mod filter;
mod fit;
mod flow;
mod gallery;
mod guest;
mod object;
pub mod profiles;
mod roles;
mod row;
pub mod schema;
mod select;
mod served;
mod target;
mod value;

pub use edits::Edits;
pub use expression::Circumstances;
pub use filter::{Clause, ClauseError, ClausePart, FilterGroup, Operator, ScopingFilter};
pub use fit::{FitChange, Fitted};
pub use flow::{DataType, FlowBehavior, FlowType, ObjectActions};
pub use object::{EvaluationError, MappingSubject, ObjectMapping, Phase};
pub use roles::RoleFunction;
pub use row::{
    AttributeDefinition, AttributeMapping, IS_SOFT_DELETED, TargetKind, ValueSource, source_attribute,
};
pub use select::SelectionError;
pub use value::TargetValue;

use crate::entra::directory::{self, ObjectKind, SourceAttribute};

/// The mappings of one provisioning job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The profile's name.
    pub name: String,
    /// One line about the application, for lists.
    pub about: String,
    /// What is mapped to `/Users`.
    pub user: ObjectMapping,
    /// What is mapped to `/Groups`; without it groups are not provisioned.
    pub group: Option<ObjectMapping>,
    /// The document it was imported from, if it was.
    pub frame: Option<schema::Frame>,
}

impl Mapping {
    /// A mapping of that name.
    #[must_use]
    pub fn new(name: &str, user: ObjectMapping, group: Option<ObjectMapping>) -> Self {
        Mapping { name: name.to_owned(), about: String::new(), user, group, frame: None }
    }

    /// The mapping with contradictions in Microsoft's pages on expressions read in this way.
    #[must_use]
    pub fn with_readings(mut self, readings: expression::Readings) -> Self {
        let groups = self.group.iter_mut().flat_map(|group| &mut group.rows);
        for row in self.user.rows.iter_mut().chain(groups) {
            if let ValueSource::Expression(expression) = &mut row.source {
                *expression = expression.clone().with_readings(readings);
            }
        }
        self
    }

    /// The mapping with lists of custom attributes to which values are added and from which none is taken away.
    #[must_use]
    pub fn with_custom_lists_only_added(mut self) -> Self {
        let groups = self.group.iter_mut().flat_map(|group| &mut group.rows);
        for row in self.user.rows.iter_mut().chain(groups) {
            if row.declared.multivalued && row.is_custom() && row.flow == FlowType::Always {
                row.flow = FlowType::MultiValueAddOnly;
            }
        }
        self
    }

    /// The source attributes of that kind of object that are known here: Entra's own, those that an imported document
    /// lists, and those that are read.
    #[must_use]
    pub fn source_attributes(&self, kind: ObjectKind) -> Vec<&'static SourceAttribute> {
        let mut known: Vec<&'static SourceAttribute> = directory::attributes(kind).iter().collect();
        let listed = self.frame.iter().flat_map(|frame| frame.source_attributes(kind));
        let read = self.object(kind).into_iter().flat_map(ObjectMapping::attributes_read);
        for attribute in listed.chain(read).filter_map(|name| directory::find(kind, name).ok()) {
            if !known.iter().any(|known| known.name == attribute.name) {
                known.push(attribute);
            }
        }
        known
    }

    /// The mapping of that kind of object, if it is provisioned at all.
    #[must_use]
    pub fn object(&self, kind: ObjectKind) -> Option<&ObjectMapping> {
        match kind {
            ObjectKind::User => Some(&self.user),
            ObjectKind::Group => self.group.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests;
