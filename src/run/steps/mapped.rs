//! What the mapping gives an object, as it is written into requests.

use serde_json::Value;

use crate::entra::dialect::Assignment;
use crate::entra::directory::Object;
use crate::entra::mapping::{Circumstances, MappingSubject, ObjectMapping, Phase, TargetValue};

/// What Entra would send to create this object. Rows that cannot be computed are left out, as the job
/// leaves the whole object out then and says so.
#[must_use]
pub fn assignments(mapping: &ObjectMapping, object: Object<'_>, is_soft_deleted: bool) -> Vec<Assignment> {
    let subject = MappingSubject { object, is_soft_deleted, circumstances: Circumstances::default() };
    let Ok(values) = mapping.evaluate(&subject, Phase::Create) else { return Vec::new() };
    values.into_iter().filter_map(|(row, value)| Some((row.target.clone(), Some(json(&value?)?)))).collect()
}

/// A mapped value as JSON; references have none before the accounts exist.
pub(in crate::run) fn json(value: &TargetValue) -> Option<Value> {
    match value {
        TargetValue::Text(text) => Some(Value::String(text.clone())),
        TargetValue::Boolean(flag) => Some(Value::Bool(*flag)),
        TargetValue::Integer(number) => Some(Value::from(*number)),
        TargetValue::Texts(texts) => Some(texts.iter().cloned().map(Value::String).collect()),
        TargetValue::Roles(roles) => {
            Some(roles.iter().map(|role| serde_json::json!({ "value": role.value })).collect())
        }
        TargetValue::Reference(_) | TargetValue::References(_) => None,
    }
}
