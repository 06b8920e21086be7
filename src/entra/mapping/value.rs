use serde_json::Value;

use crate::entra::directory::{AppRole, ObjectId};

/// A value on its way to the target. Null is `Option::None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetValue {
    /// A text.
    Text(String),
    /// The value of a Boolean target. Mappings compute it as the text `True` or `False`; how it
    /// stands on the wire is the dialect's affair.
    Boolean(bool),
    /// The value of an Integer target.
    Integer(i64),
    /// Several texts.
    Texts(Vec<String>),
    /// Another object of the directory, which has an id of its own at the target.
    Reference(ObjectId),
    /// Several other objects.
    References(Vec<ObjectId>),
    /// App roles, for a target that takes them as objects.
    Roles(Vec<AppRole>),
}

impl TargetValue {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            TargetValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The JSON value as requests write it; references have none, as they are written in a second pass.
    #[must_use]
    pub fn on_the_wire(self) -> Option<Value> {
        match self {
            TargetValue::Text(text) => Some(Value::String(text)),
            TargetValue::Boolean(flag) => Some(Value::Bool(flag)),
            TargetValue::Integer(number) => Some(Value::from(number)),
            TargetValue::Texts(texts) => Some(texts.into_iter().map(Value::String).collect()),
            TargetValue::Roles(roles) => {
                Some(roles.into_iter().map(|role| Value::String(role.value)).collect())
            }
            TargetValue::Reference(_) | TargetValue::References(_) => None,
        }
    }

    /// True for links to other objects.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        matches!(self, TargetValue::Reference(_) | TargetValue::References(_))
    }
}
