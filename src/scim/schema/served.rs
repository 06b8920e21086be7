use super::{Schema, enterprise, group, user};
use crate::scim::{same_name, urn};

/// The schemas of one resource type (RFC 7643 §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSchemas {
    /// The main schema.
    pub core: Schema,
    /// The extensions.
    pub extensions: Vec<Schema>,
}

/// The schemas of the resources that a server provisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedSchemas {
    /// Those of `/Users`.
    pub user: ResourceSchemas,
    /// Those of `/Groups`.
    pub group: ResourceSchemas,
}

impl Default for ServedSchemas {
    /// Those of RFC 7643 §8.7: users with the enterprise extension, and groups.
    fn default() -> Self {
        ServedSchemas {
            user: ResourceSchemas { core: user().clone(), extensions: vec![enterprise().clone()] },
            group: ResourceSchemas { core: group().clone(), extensions: Vec::new() },
        }
    }
}

impl ResourceSchemas {
    /// The schema of that URN, which becomes an extension without attributes if it is not there.
    pub fn schema_mut(&mut self, id: &str) -> &mut Schema {
        if same_name(id, &self.core.id) || same_name(id, urn::USER) || same_name(id, urn::GROUP) {
            return &mut self.core;
        }
        let index =
            self.extensions.iter().position(|schema| same_name(&schema.id, id)).unwrap_or_else(|| {
                self.extensions.push(Schema {
                    id: id.to_owned(),
                    name: id.rsplit(':').next().unwrap_or(id).to_owned(),
                    description: format!("The attributes of {id}"),
                    attributes: Vec::new(),
                });
                self.extensions.len() - 1
            });
        &mut self.extensions[index]
    }
}
