//! Writing a mapping as a synchronizationSchema.

use serde_json::{Map, Value, json};

use super::super::{
    AttributeMapping, Clause, FilterGroup, IS_SOFT_DELETED, Mapping, ObjectMapping, ScopingFilter,
    ValueSource,
};
use super::source::Tree;
use super::{ENTRA, Frame, object_name};
use crate::entra::directory::{self, AttributeKind, ObjectKind, SourceAttribute};
use crate::scim::urn;

/// The name under which jobs of custom applications know their target.
const TARGET: &str = "customappsso";

/// Writes a mapping as Entra exports its own. An imported one comes back as it was, with what was
/// changed since; a mapping of another origin gets directories and names of the custom template.
///
/// What Graph has no place for is not in it: the profile's name, its line about itself, and which
/// attributes the target is documented to filter on.
#[must_use]
pub fn export(mapping: &Mapping) -> Value {
    match &mapping.frame {
        Some(frame) => frame.with(mapping),
        None => fresh(mapping),
    }
}

impl Frame {
    /// The document with the mapping's object mappings in the place of those that were imported.
    fn with(&self, mapping: &Mapping) -> Value {
        let mut document = Value::clone(&self.document);
        let mut added = Vec::new();
        for kind in [ObjectKind::User, ObjectKind::Group] {
            let Some((index, before)) = self.object(kind) else {
                added.extend(mapping.object(kind).map(|now| (kind, now)));
                continue;
            };
            let place = &mut document["synchronizationRules"][self.rule]["objectMappings"][index];
            match mapping.object(kind) {
                None => place["enabled"] = json!(false),
                Some(now) => {
                    if place["enabled"] == json!(false) {
                        place["enabled"] = json!(true);
                    }
                    change(place, before, now);
                    let target = place["targetObjectName"].as_str().unwrap_or_default().to_owned();
                    self.define(&mut document, kind, &target, now);
                }
            }
        }
        for (kind, now) in added {
            let target = target_object(kind);
            if let Some(mappings) =
                document["synchronizationRules"][self.rule]["objectMappings"].as_array_mut()
            {
                mappings.push(object_mapping(kind, now));
            }
            self.define(&mut document, kind, target, now);
            self.define_source(&mut document, kind, now);
        }
        document
    }

    /// Adds the definition of a source object that the document's source directory does not list.
    fn define_source(&self, document: &mut Value, kind: ObjectKind, mapping: &ObjectMapping) {
        let name = document["synchronizationRules"][self.rule]["sourceDirectoryName"].clone();
        let directories = document["directories"].as_array_mut().into_iter().flatten();
        for directory in directories.filter(|directory| directory["name"] == name) {
            if let Some(objects) = directory["objects"].as_array_mut()
                && !objects.iter().any(|object| object["name"] == object_name(kind))
            {
                objects.push(source_definition(kind, mapping));
            }
        }
    }

    /// Adds the definitions of targets that the document's target directory does not list.
    fn define(&self, document: &mut Value, kind: ObjectKind, target: &str, mapping: &ObjectMapping) {
        let name = document["synchronizationRules"][self.rule]["targetDirectoryName"].clone();
        let Some(directories) = document["directories"].as_array_mut() else { return };
        let Some(directory) = directories.iter_mut().find(|directory| directory["name"] == name) else {
            return;
        };
        let Some(objects) = directory["objects"].as_array_mut() else { return };
        if !objects.iter().any(|object| object["name"] == target) {
            objects.push(target_definition(kind, mapping));
            return;
        }
        let object = objects.iter_mut().find(|object| object["name"] == target);
        let Some(attributes) = object.and_then(|object| object["attributes"].as_array_mut()) else { return };
        for row in &mapping.rows {
            let listed = |attribute: &Value| {
                attribute["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&row.written))
            };
            if !attributes.iter().any(listed) {
                attributes.push(target_attribute(row));
            }
        }
    }
}

/// Puts what differs into an object mapping of the document.
fn change(place: &mut Value, before: &ObjectMapping, now: &ObjectMapping) {
    if now.actions != before.actions {
        place["flowTypes"] = json!(now.actions.to_string());
    }
    if now.filter != before.filter {
        change_scope(&mut place["scope"], &before.filter, &now.filter);
    }
    if now.rows == before.rows {
        return;
    }
    let written = place["attributeMappings"].as_array().cloned().unwrap_or_default();
    let rows = now.rows.iter().map(|row| {
        let index = before.rows.iter().position(|known| known.written == row.written);
        let known = index.and_then(|index| Some((before.rows.get(index)?, written.get(index)?)));
        match known {
            Some((before, written)) if before == row => written.clone(),
            Some((before, written)) => {
                let mut changed = written.clone();
                let fresh = attribute_mapping(row);
                if let (Value::Object(changed), Value::Object(fresh)) = (&mut changed, fresh) {
                    let same_source = before.source == row.source;
                    let kept = |key: &str| key == "exportMissingReferences" || key == "source" && same_source;
                    changed.extend(fresh.into_iter().filter(|(key, _)| !kept(key)));
                }
                changed
            }
            None => attribute_mapping(row),
        }
    });
    place["attributeMappings"] = rows.collect();
}

fn fresh(mapping: &Mapping) -> Value {
    // Entra's own order: groups before users.
    let objects: Vec<(ObjectKind, &ObjectMapping)> = [ObjectKind::Group, ObjectKind::User]
        .into_iter()
        .filter_map(|kind| Some((kind, mapping.object(kind)?)))
        .collect();
    let sources: Vec<Value> =
        objects.iter().map(|(kind, mapping)| source_definition(*kind, mapping)).collect();
    let targets: Vec<Value> =
        objects.iter().map(|(kind, mapping)| target_definition(*kind, mapping)).collect();
    let mappings: Vec<Value> = objects.iter().map(|(kind, mapping)| object_mapping(*kind, mapping)).collect();
    json!({
        "@odata.type": "#microsoft.graph.synchronizationSchema",
        "id": format!("scim.{}", mapping.name),
        "version": "1",
        "directories": [directory(ENTRA[0], sources), directory(TARGET, targets)],
        "synchronizationRules": [{
            "id": mapping.name,
            "name": "USER_OUTBOUND_USER",
            "editable": true,
            "priority": 1,
            "sourceDirectoryName": ENTRA[0],
            "targetDirectoryName": TARGET,
            "metadata": [],
            "objectMappings": mappings,
        }],
    })
}

fn directory(name: &str, objects: Vec<Value>) -> Value {
    json!({
        "id": name,
        "name": name,
        "discoverabilities": "None",
        "discoveryDateTime": null,
        "readOnly": false,
        "version": null,
        "objects": objects,
    })
}

fn source_definition(kind: ObjectKind, mapping: &ObjectMapping) -> Value {
    let mut attributes: Vec<&SourceAttribute> = directory::attributes(kind).iter().collect();
    if kind == ObjectKind::User {
        attributes.push(&IS_SOFT_DELETED);
    }
    // Those that only this tenant has.
    for attribute in mapping.attributes_read().filter_map(|name| directory::find(kind, name).ok()) {
        if !attributes.iter().any(|known| known.name == attribute.name) {
            attributes.push(attribute);
        }
    }
    let attributes = attributes.into_iter().map(|attribute| {
        let (data_type, multivalued) = match attribute.kind {
            AttributeKind::Text => ("String", false),
            AttributeKind::Texts | AttributeKind::Roles => ("String", true),
            AttributeKind::Boolean => ("Boolean", false),
            AttributeKind::Reference => ("Reference", false),
            AttributeKind::References => ("Reference", true),
        };
        let referenced: &[&str] = match attribute.kind {
            AttributeKind::Reference => &["User"],
            AttributeKind::References => &["User", "Group"],
            _ => &[],
        };
        definition(attribute.name, data_type, multivalued, referenced)
    });
    json!({ "name": object_name(kind), "metadata": [], "supportedApis": [], "attributes": attributes.collect::<Vec<_>>() })
}

fn target_object(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => urn::ENTERPRISE,
        ObjectKind::Group => urn::GROUP,
    }
}

fn target_definition(kind: ObjectKind, mapping: &ObjectMapping) -> Value {
    let mut id = definition("id", "String", false, &[]);
    (id["anchor"], id["required"]) = (json!(true), json!(true));
    let mut attributes = vec![id];
    attributes.extend(mapping.rows.iter().map(target_attribute));
    json!({ "name": target_object(kind), "metadata": [], "supportedApis": [], "attributes": attributes })
}

fn target_attribute(row: &AttributeMapping) -> Value {
    let declared = row.declared;
    let referenced: &[&str] = match (row.is_reference(), row.is_list()) {
        (false, _) => &[],
        (true, false) => &[urn::ENTERPRISE],
        (true, true) => &[urn::ENTERPRISE, urn::GROUP],
    };
    let mut attribute =
        definition(&row.written, declared.data_type.as_str(), declared.multivalued, referenced);
    (attribute["caseExact"], attribute["required"]) = (json!(declared.case_exact), json!(declared.required));
    attribute
}

fn definition(name: &str, data_type: &str, multivalued: bool, referenced: &[&str]) -> Value {
    let referenced: Vec<Value> = referenced
        .iter()
        .map(|object| json!({ "referencedObjectName": object, "referencedProperty": null }))
        .collect();
    json!({
        "name": name,
        "type": data_type,
        "anchor": name == "objectId",
        "apiExpressions": [],
        "caseExact": false,
        "defaultValue": null,
        "flowNullValues": false,
        "metadata": [],
        "multivalued": multivalued,
        "mutability": "ReadWrite",
        "referencedObjects": referenced,
        "required": false,
    })
}

fn object_mapping(kind: ObjectKind, mapping: &ObjectMapping) -> Value {
    json!({
        "enabled": true,
        "flowTypes": mapping.actions.to_string(),
        "name": format!("Provision Microsoft Entra ID {}s", object_name(kind)),
        "sourceObjectName": object_name(kind),
        "targetObjectName": target_object(kind),
        "metadata": [],
        "scope": scope(&mapping.filter.groups),
        "attributeMappings": mapping.rows.iter().map(attribute_mapping).collect::<Vec<_>>(),
    })
}

/// Puts other filters into a scope of the document; what it says beside them stays.
fn change_scope(place: &mut Value, before: &ScopingFilter, now: &ScopingFilter) {
    let written = place["groups"].as_array().cloned().unwrap_or_default();
    let groups = now.groups.iter().map(|group| {
        let alike: [&dyn Fn(&FilterGroup) -> bool; 3] = [
            &|known| known == group,
            &|known| known.name == group.name && !known.name.is_empty(),
            &|known| known.clauses == group.clauses,
        ];
        let index = alike.iter().find_map(|alike| before.groups.iter().position(alike));
        let known = index.and_then(|index| Some((before.groups.get(index)?, written.get(index)?)));
        known.map_or_else(|| filter_group(group), |(before, written)| changed_group(written, before, group))
    });
    let groups: Vec<Value> = groups.collect();
    match place {
        Value::Object(scope) => drop(scope.insert("groups".to_owned(), Value::Array(groups))),
        other => *other = scope(&now.groups),
    }
}

fn changed_group(written: &Value, before: &FilterGroup, now: &FilterGroup) -> Value {
    let mut changed = written.clone();
    if before.name != now.name {
        changed["name"] = json!(now.name);
    }
    let clauses = now.clauses.iter().map(|clause| {
        let known = before.clauses.iter().position(|known| known == clause);
        let known = known.and_then(|index| written["clauses"].get(index));
        known.cloned().unwrap_or_else(|| filter_clause(clause))
    });
    changed["clauses"] = clauses.collect();
    changed
}

fn scope(groups: &[FilterGroup]) -> Value {
    if groups.is_empty() {
        return Value::Null;
    }
    let groups: Vec<Value> = groups.iter().map(filter_group).collect();
    json!({ "categoryFilterGroups": [], "groups": groups, "inputFilterGroups": [] })
}

fn filter_group(group: &FilterGroup) -> Value {
    json!({ "name": group.name, "clauses": group.clauses.iter().map(filter_clause).collect::<Vec<_>>() })
}

fn filter_clause(clause: &Clause) -> Value {
    let values = if clause.operator().takes_value() { vec![clause.value()] } else { Vec::new() };
    json!({
        "operatorName": clause.operator().as_str(),
        "sourceOperandName": clause.attribute().name,
        "targetOperand": { "values": values },
    })
}

fn attribute_mapping(row: &AttributeMapping) -> Value {
    let source = match &row.source {
        ValueSource::None => Value::Null,
        ValueSource::Attribute(attribute) => sourced(&Tree::Attribute(attribute.name.to_owned()), None),
        ValueSource::Constant(text) => sourced(&Tree::Constant(text.clone()), None),
        source @ (ValueSource::Expression(_) | ValueSource::Roles(_)) => {
            let written = source.expression().unwrap_or_default();
            // The reader of expressions has read it, so that its parentheses and quotes pair.
            let tree = Tree::of(&written).unwrap_or_else(|| Tree::Constant(written.clone()));
            sourced(&tree, Some(&written))
        }
    };
    let mut mapping = Map::new();
    mapping.insert("defaultValue".into(), json!(row.default));
    mapping.insert("exportMissingReferences".into(), json!(false));
    mapping.insert("flowBehavior".into(), json!(row.behavior.as_str()));
    mapping.insert("flowType".into(), json!(row.flow.as_str()));
    mapping.insert("matchingPriority".into(), json!(row.matching.unwrap_or(0)));
    mapping.insert("targetAttributeName".into(), json!(row.written));
    mapping.insert("source".into(), source);
    Value::Object(mapping)
}

fn sourced(tree: &Tree, written: Option<&str>) -> Value {
    tree.to_json(written.unwrap_or(&tree.text()))
}
