//! The user or group that `scimulate create` writes: what was given, and the rest made up.

use super::value::Given;
use crate::cli::console;
use crate::cli::failure::CommandFailure;
use crate::diagnostic::Diagnostic;
use crate::entra::dialect::Assignment;
use crate::entra::directory::{
    AttributeKind, DirectoryError, Group, Object, ObjectKind, SourceValue, User, find,
};
use crate::entra::mapping::{Circumstances, Mapping, MappingSubject, Phase, TargetValue, ValueSource};
use crate::people::People;

/// Stands for the scenario and the dialect of people who play in none: the same seed gives the same person.
const BY_HAND: &str = "by hand";

/// A source attribute of the command line; `None` leaves it out.
type SourceAttribute = (&'static str, Option<SourceValue>);

/// A user with the attributes that were given.
pub(super) fn user(people: &People, given: &[Given], mapping: &Mapping) -> Result<User, CommandFailure> {
    let made_up = people.person(BY_HAND, "", "user");
    let values = values(ObjectKind::User, given, mapping)?;
    let mut user = User::new(made_up.id().clone());
    let mut enabled = true;
    let kept = made_up.attributes().filter(|(name, _)| !values.iter().any(|(known, _)| known == name));
    for (name, value) in kept {
        user = user.with(name, value.clone()).map_err(unsettable)?;
    }
    for (name, value) in values {
        match value {
            Some(SourceValue::Boolean(on)) if name == "accountEnabled" => enabled = on,
            Some(value) => user = user.with(name, value).map_err(unsettable)?,
            None => {}
        }
    }
    user.set_account_enabled(enabled);
    Ok(user)
}

/// A group with the attributes that were given.
pub(super) fn group(people: &People, given: &[Given], mapping: &Mapping) -> Result<Group, CommandFailure> {
    let mut group = people.group(BY_HAND, "", "group");
    for (name, value) in values(ObjectKind::Group, given, mapping)? {
        let value = value.unwrap_or_else(|| SourceValue::Text(String::new()));
        group = group.with(name, value).map_err(unsettable)?;
    }
    Ok(group)
}

/// What the mapping makes of an object, as Entra would create it.
pub(super) fn assignments(mapping: &Mapping, object: Object<'_>) -> Result<Vec<Assignment>, CommandFailure> {
    let Some(rows) = mapping.object(object.kind()) else {
        return Err(CommandFailure::usage(
            format!("the mapping `{}` provisions no groups", mapping.name),
            "choose a mapping with groups with --profile or --schema, or write the body with --body",
        ));
    };
    let is_soft_deleted = matches!(object, Object::User(user) if !user.account_enabled());
    let subject = MappingSubject { object, is_soft_deleted, circumstances: Circumstances::default() };
    let values = rows.evaluate(&subject, Phase::Create).map_err(|error| {
        CommandFailure::usage(
            error.to_string(),
            "give the attribute that it reads another value, or change the mapping",
        )
    })?;
    Ok(values
        .into_iter()
        .map(|(row, value)| (row.target.clone(), value.and_then(TargetValue::on_the_wire)))
        .collect())
}

fn values(
    kind: ObjectKind,
    given: &[Given],
    mapping: &Mapping,
) -> Result<Vec<SourceAttribute>, CommandFailure> {
    let mut values: Vec<SourceAttribute> = Vec::new();
    for argument in given {
        let attribute = find(kind, &argument.name).map_err(|_| unknown(kind, argument, mapping))?;
        let before = values.iter().position(|(name, _)| *name == attribute.name);
        let value = match (attribute.kind, argument.value.as_str()) {
            _ if attribute.computed && attribute.name != "accountEnabled" => return Err(computed(argument)),
            (AttributeKind::Text | AttributeKind::Texts, "") => None,
            (AttributeKind::Text, text) => Some(SourceValue::Text(text.to_owned())),
            (AttributeKind::Texts, text) => {
                let mut texts = match before.map(|at| values.remove(at)) {
                    Some((_, Some(SourceValue::Texts(texts)))) => texts,
                    _ => Vec::new(),
                };
                texts.push(text.to_owned());
                values.push((attribute.name, Some(SourceValue::Texts(texts))));
                continue;
            }
            (AttributeKind::Boolean, text) => Some(SourceValue::Boolean(argument.boolean(text)?)),
            _ => return Err(computed(argument)),
        };
        if before.is_some() {
            let what = format!("`{}` has one value, and it is given twice", attribute.name);
            return Err(argument.mistake(what).help("give it once").into());
        }
        remark_unread(kind, argument, mapping);
        values.push((attribute.name, value));
    }
    Ok(values)
}

/// Many know the target's names better than those of the source.
fn unknown(kind: ObjectKind, argument: &Given, mapping: &Mapping) -> CommandFailure {
    let name = &argument.name;
    let what = format!("`{name}` is not an attribute of an Entra {kind}");
    let row = mapping.object(kind).and_then(|rows| rows.find(name));
    let mistake: Diagnostic = match row.map(|row| &row.source) {
        Some(ValueSource::Attribute(source)) => argument
            .mistake(what)
            .help(format!("the mapping fills `{name}` from `{}`: write {0}={}", source.name, argument.value)),
        Some(source) if source.expression().is_some() => argument
            .mistake(what)
            .help(format!("the mapping computes `{name}`: {}", source.expression().unwrap_or_default())),
        _ => {
            let attributes = crate::entra::directory::attributes(kind).iter().map(|known| known.name);
            argument.mistake(what).did_you_mean(name, attributes)
        }
    };
    match mistake.help {
        Some(_) => mistake.into(),
        None => {
            mistake.help("write an attribute that the mapping reads, or send any body with --body").into()
        }
    }
}

fn computed(argument: &Given) -> CommandFailure {
    let help = match argument.name.as_str() {
        "manager" => "Entra links the manager after the create: `scimulate patch users/ID --manager ID`",
        "members" => "write --member ID",
        _ => "leave it out, or write the body with --body",
    };
    argument.mistake(format!("`{}` cannot be set here", argument.name)).help(help).into()
}

fn remark_unread(kind: ObjectKind, argument: &Given, mapping: &Mapping) {
    let rows = mapping.object(kind).map(|object| object.rows.as_slice()).unwrap_or_default();
    let through = argument.name == "accountEnabled" && rows.iter().any(|row| row.reads("IsSoftDeleted"));
    if !through && !rows.iter().any(|row| row.reads(&argument.name)) {
        console::remark(&format!(
            "note: the mapping `{}` does not read `{}`, so it is not sent",
            mapping.name, argument.name
        ));
    }
}

/// Kinds were looked at before.
fn unsettable(error: DirectoryError) -> CommandFailure {
    CommandFailure::usage(error.to_string(), "leave it out, or write the body with --body")
}
