//! The JSON Schema of `scimulate.toml`, made of the settings that its reader knows. What a setting does is
//! said by the help of the option with the same name.

use std::collections::BTreeMap;

use clap::CommandFactory as _;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::settings::FileSettings;
use crate::check::Level;
use crate::cli::Arguments;
use crate::entra::dialect::{Dialect, Switches};
use crate::entra::mapping::expression::READINGS;
use crate::http::SentIn;
use crate::keys::{described, document, shape};
use crate::people::Locale;
use crate::run::plan::Protection;

/// Settings beyond the options of `run`.
const ABOUT: [(&str, &str); 6] = [
    ("people", "What the people of a run look like."),
    ("mapping", "How the mapping differs from the profile's."),
    ("switch", "Readings of Entra's behaviour; `scimulate list switches` explains them."),
    ("gallery", "How the tests of Microsoft's gallery are played."),
    ("target", "SCIM base URL, as you would enter it as Tenant URL in Entra; or a table about the target."),
    ("exec", "The server under test: a command that is started before the run and stopped after it."),
];

/// The schema.
pub(in crate::cli) fn json_schema() -> Value {
    let generator =
        SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut shape = generator.into_root_schema_for::<FileSettings>().to_value();
    tidy(&mut shape);
    let options = options();
    if let Some(properties) = shape["properties"].as_object_mut() {
        for (name, property) in properties.iter_mut() {
            let about = ABOUT.iter().find(|(of, _)| of == name).map(|(_, about)| *about);
            if let Some(about) = about.or_else(|| options.get(name).map(String::as_str)) {
                *property = described(property.take(), about);
            }
        }
    }
    for name in ["$schema", "title", "description"] {
        if let Some(schema) = shape.as_object_mut() {
            schema.remove(name);
        }
    }
    let about = "The options of `scimulate run` under their long names, and what is too long for a command line \
                 (docs/configuration.md).";
    document("scimulate.toml", about, shape, &[])
}

/// The help of every option of `run` and `gallery`, by its long name.
fn options() -> BTreeMap<String, String> {
    let program = Arguments::command();
    let of = |name: &str| program.find_subcommand(name).into_iter().flat_map(clap::Command::get_arguments);
    let told = |option: &clap::Arg| Some((option.get_long()?.to_owned(), option.get_help()?.to_string()));
    of("gallery").chain(of("run")).filter_map(told).collect()
}

/// Takes out what says nothing of a TOML file: defaults, widths of numbers, and nothing as a value.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            entries.remove("default");
            if entries.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint"))
            {
                entries.remove("format");
            }
            if let Some(Value::Array(types)) = entries.get("type")
                && let [one, Value::String(null)] = types.as_slice()
                && null == "null"
            {
                let one = one.clone();
                entries.insert("type".to_owned(), one);
            }
            // The description of a whole table keeps its line breaks otherwise.
            entries.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn schema(value: Value) -> Schema {
    Schema::try_from(value).unwrap_or_default()
}

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Schema {
    schema(shape::one_of_words(words))
}

/// What can be repeated on the command line.
pub(super) fn one_or_many(_: &mut SchemaGenerator) -> Schema {
    schema(shape::text_or_texts())
}

/// A URL, or a table.
pub(super) fn target(generator: &mut SchemaGenerator) -> Schema {
    let table = generator.subschema_for::<super::settings::TargetTable>().to_value();
    schema(shape::either([shape::text(), table]))
}

pub(super) fn credentials_in(_: &mut SchemaGenerator) -> Schema {
    schema(shape::words(&SentIn::ALL))
}

pub(super) fn dialect(_: &mut SchemaGenerator) -> Schema {
    words(Dialect::ALL.map(Dialect::as_str).into_iter().chain(["all"]))
}

pub(super) fn fail_on(_: &mut SchemaGenerator) -> Schema {
    words(Level::ALL.map(Level::as_str).into_iter().chain(["never"]))
}

pub(super) fn shard(_: &mut SchemaGenerator) -> Schema {
    schema(json!({ "type": "string", "pattern": "^[0-9]+/[0-9]+$" }))
}

pub(super) fn locale(_: &mut SchemaGenerator) -> Schema {
    words(Locale::ALL.iter().map(|locale| locale.as_str()))
}

pub(super) fn template(_: &mut SchemaGenerator) -> Schema {
    words(["10", "11"])
}

pub(super) fn protects(_: &mut SchemaGenerator) -> Schema {
    schema(shape::list(shape::one_of_words(Protection::ALL.iter().map(|known| known.as_str()))))
}

pub(super) fn id(_: &mut SchemaGenerator) -> Schema {
    words([super::target::USER_NAME])
}

pub(super) fn switches(_: &mut SchemaGenerator) -> Schema {
    let all = Switches::all();
    let values = all.iter().map(|switch| {
        let words = shape::one_of_words(switch.positions.iter().map(|position| position.value));
        match switch.form {
            None => (switch.name.to_owned(), described(words, switch.about)),
            Some(form) => {
                let about = format!("{} Write {form}.", switch.about);
                (switch.name.to_owned(), described(shape::text(), &about))
            }
        }
    });
    table(values)
}

pub(super) fn readings(_: &mut SchemaGenerator) -> Schema {
    table(READINGS.iter().map(|reading| {
        let words = shape::one_of_words(reading.values.iter().map(|(value, _)| *value));
        (reading.name.to_owned(), described(words, reading.about))
    }))
}

fn table(properties: impl Iterator<Item = (String, Value)>) -> Schema {
    let properties: serde_json::Map<String, Value> = properties.collect();
    schema(json!({ "type": "object", "properties": properties, "additionalProperties": false }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_of_a_switch_is_admitted() {
        let schema = json_schema();
        let validator = jsonschema::draft7::new(&schema).unwrap();
        let admits = |name: &str, value: &str| validator.is_valid(&json!({ "switch": { name: value } }));
        for switch in Switches::all() {
            assert!(admits(switch.name, &switch.default), "{} = {}", switch.name, switch.default);
            for position in &switch.positions {
                assert!(admits(switch.name, position.value), "{} = {}", switch.name, position.value);
            }
        }
        assert!(!admits("additions", "aprat") && !admits("aditions", "apart"));
        assert!(admits("adscim-version", "7.0"));
    }

    #[test]
    fn every_setting_says_what_it_does() {
        let schema = json_schema();
        let settings = schema["properties"].as_object().unwrap();
        assert!(settings.len() > 40, "{settings:?}");
        for (name, setting) in settings {
            assert!(setting["description"].is_string(), "{name}: {setting}");
        }
        assert_eq!(schema["additionalProperties"], json!(false));
        assert!(settings.get("token").is_none() && settings.get("client-secret").is_none());
    }
}
