//! `--switch NAME=VALUE`, the table `[switch]` of the file, and `scimulate list switches`.

use serde_json::{Value as Json, json};

use super::config::Config;
use super::failure::CommandFailure;
use super::{Exit, console};
use crate::diagnostic;
use crate::entra::dialect::{CustomLists, SwitchAbout, Switches, UnknownSwitch};
use crate::entra::mapping::Mapping;

/// The switches of the file, and over them those of the command line.
pub(super) fn chosen(config: &Config, given: &[String]) -> Result<Switches, CommandFailure> {
    let mut switches = config.switches()?;
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            return Err(CommandFailure::usage(
                format!("`--switch {text}` has no `=`"),
                format!("write --switch {text}=VALUE; `scimulate list switches` shows the values"),
            ));
        };
        switches.set(name.trim(), value.trim()).map_err(|unknown| {
            CommandFailure::usage(unknown.to_string(), way_out(&unknown).unwrap_or_else(look))
        })?;
    }
    Ok(switches)
}

/// The mapping as the switches make it: that values are only added to a list is a property of its row.
pub(super) fn applied(switches: &Switches, mapping: Mapping) -> Mapping {
    match switches.custom_lists {
        CustomLists::Compared => mapping,
        CustomLists::OnlyAdded => mapping.with_custom_lists_only_added(),
    }
}

/// The name that was probably meant.
pub(super) fn way_out(unknown: &UnknownSwitch) -> Option<String> {
    let all = Switches::all();
    let near = match unknown {
        UnknownSwitch::Name(name) => diagnostic::closest(name, all.iter().map(|switch| switch.name)),
        UnknownSwitch::Value { name, value, .. } => {
            let switch = all.iter().find(|switch| switch.name == name)?;
            diagnostic::closest(value, switch.positions.iter().map(|position| position.value))
        }
    };
    near.map(|near| format!("did you mean `{near}`? `scimulate list switches` shows all"))
}

fn look() -> String {
    "`scimulate list switches` shows the switches and their values".to_owned()
}

/// `scimulate list switches`: every switch, or those that are named.
pub(super) fn list(names: &[String], as_json: bool) -> Result<Exit, CommandFailure> {
    let mut all = Switches::all();
    if let Some(wrong) = names.iter().find(|name| !all.iter().any(|switch| switch.name == name.as_str())) {
        let unknown = UnknownSwitch::Name(wrong.clone());
        return Err(CommandFailure::usage(unknown.to_string(), way_out(&unknown).unwrap_or_else(look)));
    }
    all.retain(|switch| names.is_empty() || names.iter().any(|name| name == switch.name));
    if as_json {
        console::say_json(&all.iter().map(to_json).collect())?;
    } else {
        let texts: Vec<String> = all.iter().map(to_text).collect();
        console::say(&texts.join("\n"))?;
    }
    Ok(Exit::Success)
}

fn to_json(switch: &SwitchAbout) -> Json {
    let values = switch.positions.iter().map(|position| {
        json!({
            "value": position.value,
            "meaning": position.meaning,
            "strength": position.evidence.as_str(),
            "source": position.source,
        })
    });
    json!({
        "name": switch.name,
        "about": switch.about,
        "default": switch.default,
        "values": values.collect::<Json>(),
        "form": switch.form,
        "strength": switch.evidence.as_str(),
        "source": switch.source,
    })
}

fn to_text(switch: &SwitchAbout) -> String {
    let mut text = format!("{}: {}\n", switch.name, switch.about);
    let mut line = |value: &str, meaning: &str, strength: &str, source: &str| {
        let usual = if value == switch.default { " (default)" } else { "" };
        text.push_str(&format!("  {value}{usual}: {meaning} [{strength}: {source}]\n"));
    };
    match switch.form {
        Some(form) => line(&switch.default, form, switch.evidence.as_str(), switch.source),
        None => {
            for position in &switch.positions {
                let strength = position.evidence.as_str();
                line(position.value, position.meaning, strength, position.source);
            }
        }
    }
    text
}
