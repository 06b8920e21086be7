//! `scimulate list profiles`: names and what they are, or the rows of some of them.

use serde_json::{Map, Value, json};

use super::failure::CommandFailure;
use super::{Exit, console};
use crate::entra::mapping::{
    AttributeMapping, FlowBehavior, FlowType, Mapping, ObjectMapping, ValueSource, profiles,
};

/// How many remarks on an imported schema are shown.
const MOST_REMARKS: usize = 50;

/// Lists every built-in profile, or the rows of those named.
pub(super) fn list(names: &[String], json: bool) -> Result<Exit, CommandFailure> {
    if names.is_empty() {
        let all = profiles::names().into_iter().map(profiles::load).collect::<Result<Vec<_>, _>>()?;
        if json {
            console::say_json(&all.iter().map(summary).collect())?;
        } else {
            console::say(&overview(&all))?;
        }
        return Ok(Exit::Success);
    }
    let named = names.iter().map(|name| load(name)).collect::<Result<Vec<_>, _>>()?;
    if json {
        console::say_json(&named.iter().map(whole).collect())?;
    } else {
        let pages: Vec<String> = named.iter().map(page).collect();
        console::say(&pages.join("\n"))?;
    }
    Ok(Exit::Success)
}

/// Loads a profile, and says what of an imported schema is not played.
pub(super) fn load(name_or_file: &str) -> Result<Mapping, CommandFailure> {
    let mapping = profiles::load(name_or_file)?;
    let remarks = mapping.frame.as_ref().map_or(&[][..], |frame| &frame.remarks);
    for remark in remarks.iter().take(MOST_REMARKS) {
        console::remark(&format!("warning: {name_or_file}: {remark}"));
    }
    if remarks.len() > MOST_REMARKS {
        console::remark(&format!(
            "warning: {name_or_file}: and {} more like these",
            remarks.len() - MOST_REMARKS
        ));
    }
    Ok(mapping)
}

fn overview(all: &[Mapping]) -> String {
    let width = all.iter().map(|mapping| mapping.name.len()).max().unwrap_or(0);
    all.iter()
        .map(|mapping| {
            let users = mapping.user.rows.len();
            let groups = mapping.group.as_ref().map_or(0, |group| group.rows.len());
            format!("{:width$}  {users:2} user, {groups} group  {}\n", mapping.name, mapping.about)
        })
        .collect()
}

fn summary(mapping: &Mapping) -> Value {
    let matching = |object: &ObjectMapping| -> Value {
        object.matching().iter().map(|row| row.written.as_str()).collect()
    };
    json!({
        "name": mapping.name,
        "about": mapping.about,
        "userAttributes": mapping.user.rows.len(),
        "userMatching": matching(&mapping.user),
        "groupAttributes": mapping.group.as_ref().map_or(0, |group| group.rows.len()),
        "groupMatching": mapping.group.as_ref().map_or_else(|| json!([]), matching),
    })
}

fn page(mapping: &Mapping) -> String {
    let mut text = format!("{}: {}\n", mapping.name, mapping.about);
    for (title, object) in objects(mapping) {
        text.push_str(&format!("  {title}\n"));
        let width = object.rows.iter().map(|row| row.written.chars().count()).max().unwrap_or(0);
        for row in &object.rows {
            let mut notes = Vec::new();
            notes.extend(row.matching.map(|precedence| format!("match {precedence}")));
            notes.extend((row.flow != FlowType::Always).then(|| row.flow.to_string()));
            notes.extend(row.declared.required.then(|| "required".to_owned()));
            notes.extend(row.default.as_ref().map(|default| format!("default \"{default}\"")));
            let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) };
            text.push_str(&format!("    {:width$}  {}{notes}\n", row.written, source(row)));
        }
    }
    text
}

fn whole(mapping: &Mapping) -> Value {
    let mut profile = Map::new();
    profile.insert("name".into(), json!(mapping.name));
    profile.insert("about".into(), json!(mapping.about));
    for (title, object) in objects(mapping) {
        profile.insert(title.into(), object.rows.iter().map(row).collect());
    }
    Value::Object(profile)
}

fn row(row: &AttributeMapping) -> Value {
    let (kind, source) = match &row.source {
        ValueSource::Attribute(attribute) => ("direct", Some(attribute.name.to_owned())),
        ValueSource::Constant(text) => ("constant", Some(text.clone())),
        computed @ (ValueSource::Expression(_) | ValueSource::Roles(_)) => {
            ("expression", computed.expression())
        }
        ValueSource::None => ("none", None),
    };
    json!({
        "target": row.written,
        "kind": kind,
        "source": source,
        "type": row.declared.data_type.as_str(),
        "match": row.matching,
        "flowType": row.flow.as_str(),
        "flowAlways": row.behavior == FlowBehavior::FlowAlways,
        "default": row.default,
        "filterable": row.is_filterable(),
        "required": row.declared.required,
    })
}

fn source(row: &AttributeMapping) -> String {
    match &row.source {
        ValueSource::Attribute(attribute) => attribute.name.to_owned(),
        ValueSource::Constant(text) => format!("\"{text}\""),
        computed @ (ValueSource::Expression(_) | ValueSource::Roles(_)) => {
            computed.expression().unwrap_or_default()
        }
        ValueSource::None => "-".to_owned(),
    }
}

fn objects(mapping: &Mapping) -> impl Iterator<Item = (&'static str, &ObjectMapping)> {
    [("user", Some(&mapping.user)), ("group", mapping.group.as_ref())]
        .into_iter()
        .filter_map(|(title, object)| Some((title, object?)))
}
