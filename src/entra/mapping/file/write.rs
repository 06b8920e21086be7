//! A mapping as a profile in YAML, which [`super::read`] reads as the same mapping.

use super::super::{
    AttributeDefinition, AttributeMapping, FilterGroup, FlowBehavior, Mapping, ObjectActions, ObjectMapping,
    ValueSource,
};
use super::keys::{ACTIONS, APPLY};
use super::row::schema_of;
use crate::entra::directory::ObjectKind;
use crate::scim::{same_name, schema};

/// The text of a profile.
pub(in super::super) fn write(mapping: &Mapping) -> String {
    let mut text = String::new();
    if !mapping.about.is_empty() {
        text.push_str(&format!("about: {}\n", quoted(&mapping.about)));
    }
    let own = own_attributes(mapping);
    if !own.is_empty() {
        let own: Vec<String> = own.into_iter().map(quoted).collect();
        text.push_str(&format!("attributes: [{}]\n", own.join(", ")));
    }
    for (name, object) in [("user", Some(&mapping.user)), ("group", mapping.group.as_ref())] {
        if let Some(object) = object {
            text.push_str(&format!("{name}:\n{}", written(object)));
        }
    }
    text
}

fn written(object: &ObjectMapping) -> String {
    let mut text = String::new();
    if object.actions != ObjectActions::default() {
        let ObjectActions { create, update, delete } = object.actions;
        let on = ACTIONS.iter().filter(|(_, place)| [create, update, delete].get(*place) == Some(&true));
        let on: Vec<&str> = on.map(|(word, _)| *word).collect();
        text.push_str(&format!("  actions: [{}]\n", on.join(", ")));
    }
    if !object.filter.groups.is_empty() {
        text.push_str("  scope:\n");
        object.filter.groups.iter().for_each(|group| text.push_str(&scope(group)));
    }
    text.push_str("  rows:\n");
    object.rows.iter().filter(|row| !is_silent(row)).for_each(|row| text.push_str(&row_text(row)));
    text
}

/// Whether a row writes nothing, as some of the gallery's tables have them. A profile cannot say that.
fn is_silent(row: &AttributeMapping) -> bool {
    row.source == ValueSource::None && row.default.is_none()
}

fn scope(group: &FilterGroup) -> String {
    let mut text = format!("    - name: {}\n      clauses:\n", quoted(&group.name));
    for clause in &group.clauses {
        text.push_str(&format!("        - attribute: {}\n", quoted(clause.attribute().name)));
        text.push_str(&format!("          operator: {}\n", quoted(clause.operator().as_str())));
        if clause.operator().takes_value() {
            text.push_str(&format!("          value: {}\n", quoted(clause.value())));
        }
    }
    text
}

fn row_text(row: &AttributeMapping) -> String {
    let mut lines = vec![format!("target: {}", quoted(&row.written))];
    match &row.source {
        ValueSource::Attribute(attribute) => lines.push(format!("source: {}", quoted(attribute.name))),
        ValueSource::Constant(text) => lines.push(format!("constant: {}", quoted(text))),
        computed @ (ValueSource::Expression(_) | ValueSource::Roles(_)) => {
            lines.extend(computed.expression().map(|text| format!("expression: {}", quoted(&text))));
        }
        ValueSource::None => {}
    }
    lines.extend(row.matching.map(|precedence| format!("match: {precedence}")));
    let apply = APPLY.iter().skip(1).find(|(_, flow)| *flow == row.flow);
    lines.extend(apply.map(|(word, _)| format!("apply: {word}")));
    if row.behavior != FlowBehavior::default() {
        lines.push(format!("behavior: {}", row.behavior.as_str()));
    }
    lines.extend(row.default.as_ref().map(|text| format!("default: {}", quoted(text))));
    lines.extend(row.filterable.then(|| "filterable: true".to_owned()));
    let usual = AttributeDefinition::of(&row.target, &row.source);
    let declared = row.declared;
    if declared.data_type != usual.data_type {
        lines.push(format!("type: {}", declared.data_type.as_str()));
    }
    for (name, is, was) in [
        ("case-exact", declared.case_exact, usual.case_exact),
        ("required", declared.required, usual.required),
        ("multi-valued", declared.multivalued, usual.multivalued),
    ] {
        if is != was {
            lines.push(format!("{name}: {is}"));
        }
    }
    format!("    - {}\n", lines.join("\n      "))
}

/// Targets in a schema of RFC 7643 that the RFC does not have.
fn own_attributes(mapping: &Mapping) -> Vec<&str> {
    let mut own: Vec<&str> = Vec::new();
    let objects = [(ObjectKind::User, Some(&mapping.user)), (ObjectKind::Group, mapping.group.as_ref())];
    for (kind, object) in objects {
        for row in object.iter().flat_map(|object| &object.rows) {
            let name = row.target.attribute.as_str();
            let Some(schema) = schema_of(kind, &row.target) else { continue };
            let mut known = schema.attributes.iter().chain(schema::common());
            if !known.any(|attribute| same_name(&attribute.name, name)) && !own.contains(&name) {
                own.push(name);
            }
        }
    }
    own
}

/// A text as YAML takes it: plain where it cannot mean anything else, in single quotes if it has double ones, or as a
/// JSON string.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else if text.contains('"') && !text.contains('\'') && !text.contains(char::is_control) {
        format!("'{text}'")
    } else {
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::entra::mapping::profiles;

    #[test]
    fn what_is_written_is_read_as_the_same_mapping() {
        let page = include_str!("../../../../docs/mapping.md");
        let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let built_in = profiles::names().into_iter().map(|name| profiles::load(name).unwrap());
        for mut mapping in built_in.chain([read("acme", "acme.yaml", example).unwrap()]) {
            let text = write(&mapping);
            let again = read(&mapping.name, "x.yaml", &text).unwrap_or_else(|problems| {
                panic!("{}: {}\n{text}", mapping.name, problems[0].render(false));
            });
            let rows = mapping.group.iter_mut().map(|group| &mut group.rows).chain([&mut mapping.user.rows]);
            rows.for_each(|rows| rows.retain(|row| !is_silent(row)));
            assert_eq!(again, mapping, "{text}");
        }
    }
}
