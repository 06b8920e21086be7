use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value as Json, json};

use super::failure::CommandFailure;
use super::{Exit, console};
use crate::diagnostic;
use crate::entra::mapping::Circumstances;
use crate::entra::mapping::expression::{
    EvaluatedValue, Expression, READINGS, Readings, UnknownReading, Value, parse_date, signatures,
};
use crate::input;

/// Compute a mapping expression, as Entra's expression builder does
#[derive(Debug, clap::Args)]
pub(super) struct Eval {
    /// The expression, or `-` to read it from standard input
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    expression: String,

    /// Set a source attribute; repeat a name to make it multi-valued. Attributes that are not set are null
    #[arg(long = "attr", value_name = "NAME=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,

    /// Print the value as JSON
    #[arg(long)]
    json: bool,

    /// Choose how a contradiction in Microsoft's pages is read; `scimulate list functions` shows the readings
    #[arg(long = "reading", value_name = "NAME=VALUE", value_parser = pair)]
    readings: Vec<(String, String)>,

    /// Time that Now() returns, in UTC unless it has an offset [default: the current time]
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,

    /// Seed for Guid() and RandomString(); the same seed gives the same values
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Source attribute that changed since the last cycle, for the reading switch-unchanged=null (repeatable)
    /// [default: all of them]
    #[arg(long, value_name = "NAME")]
    changed: Vec<String>,

    /// Value that the target already has, for SelectUniqueValue (repeatable)
    #[arg(long, value_name = "VALUE")]
    taken: Vec<String>,

    /// Domain that DefaultDomain() returns
    #[arg(long, value_name = "NAME")]
    default_domain: Option<String>,
}

/// What stands for a file's name in messages.
const NAME: &str = "expression";

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    let moment = parse_date(text).and_then(|date| Offset::UTC.to_timestamp(date).ok());
    moment.ok_or_else(|| "write a date, as 2026-01-31 or 2026-01-31T10:00:00Z".to_owned())
}

impl Eval {
    pub(super) fn execute(self) -> Result<Exit, CommandFailure> {
        let written = self.written()?;
        let expression = Expression::parse(&written)
            .map_err(|error| CommandFailure::from(error.diagnostic(NAME, &written)))?;
        let mut readings = Readings::default();
        for (name, value) in &self.readings {
            readings.choose(name, value)?;
        }
        let expression = expression.with_readings(readings);
        let attributes = self.values();
        let mut circumstances = Circumstances::new(
            self.now.unwrap_or_else(Timestamp::now),
            self.seed.unwrap_or_else(rand::random),
        );
        circumstances.changed = (!self.changed.is_empty()).then_some(self.changed.as_slice());
        circumstances.taken = Some(&self.taken);
        circumstances.default_domain = self.default_domain.as_deref();
        let source = |name: &str| {
            attributes.iter().find(|(given, _)| *given == name).map(|(_, values)| match values.as_slice() {
                [only] => Value::from(only.as_str()),
                several => Value::Texts(Cow::Borrowed(several)),
            })
        };
        remark_on(&expression, &attributes);
        let outcome = expression
            .evaluate(&source, &circumstances)
            .map_err(|error| CommandFailure::from(error.diagnostic(NAME, &written)))?;
        self.show(outcome)?;
        Ok(Exit::Success)
    }

    fn written(&self) -> Result<String, CommandFailure> {
        if self.expression != "-" {
            return Ok(self.expression.clone());
        }
        input::standard_input(input::WRITTEN).map_err(|error| {
            CommandFailure::usage(
                format!("standard input cannot be read: {error}"),
                "write the expression as text in UTF-8",
            )
        })
    }

    /// The values of every attribute, in the order the attributes are first named.
    fn values(&self) -> Vec<(&str, Vec<String>)> {
        let mut attributes: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, value) in &self.attributes {
            match attributes.iter_mut().find(|(given, _)| given == name) {
                Some((_, values)) => values.push(value.clone()),
                None => attributes.push((name, vec![value.clone()])),
            }
        }
        attributes
    }

    fn show(&self, outcome: EvaluatedValue<'_>) -> Result<(), CommandFailure> {
        if outcome.ignored {
            console::remark("note: the attribute is not sent");
        } else if outcome.value.is_none() {
            console::remark("note: the value is null");
        }
        if outcome.redacted {
            console::remark("note: the provisioning log shows [Redact] instead of the value");
        }
        match outcome.value {
            value if self.json => console::say_json(&value.map_or(Json::Null, to_json)),
            Some(value) => console::hand_over(&format!("{value}\n")),
            None => Ok(()),
        }
    }
}

/// What is likely to be a slip, or different in a job.
fn remark_on(expression: &Expression, attributes: &[(&str, Vec<String>)]) {
    let read: Vec<&str> = expression.attributes().into_iter().map(|(name, _)| name).collect();
    for (name, _) in attributes.iter().filter(|(name, _)| !read.contains(name)) {
        let near = diagnostic::closest(name, read.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        console::remark(&format!("note: the expression does not use `{name}`{near}"));
    }
    if expression.functions().iter().any(|(name, _)| *name == "SelectUniqueValue") {
        console::remark(
            "note: Entra rejects SelectUniqueValue for SCIM applications; it works only for on-premises \
             Active Directory",
        );
    }
}

/// Numbers and booleans as such, everything else as text.
fn to_json(value: Value<'_>) -> Json {
    match value {
        Value::Number(number) => number.into(),
        Value::Boolean(value) => value.into(),
        other => match other.into_text() {
            Ok(text) => text.into_owned().into(),
            Err(texts) => texts.into_owned().into(),
        },
    }
}

/// `scimulate list functions`: every function, then every reading.
pub(super) fn list_functions(as_json: bool) -> Result<Exit, CommandFailure> {
    let functions = signatures();
    if as_json {
        let functions = functions.iter().map(|function| {
            json!({ "name": function.name, "parameters": function.parameters, "source": function.page.as_str() })
        });
        let readings = READINGS.iter().map(|reading| {
            let values =
                reading.values.iter().map(|(value, meaning)| json!({ "value": value, "meaning": meaning }));
            json!({ "name": reading.name, "about": reading.about, "values": values.collect::<Json>() })
        });
        console::say_json(
            &json!({ "functions": functions.collect::<Json>(), "readings": readings.collect::<Json>() }),
        )?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    for function in &functions {
        let call = format!("{}({})", function.name, function.parameters.join(", "));
        text.push_str(&format!("{call}  [{}]\n", function.page.as_str()));
    }
    text.push_str("\nReadings; the first value is the default:\n");
    for reading in READINGS {
        text.push_str(&format!("{}: {}\n", reading.name, reading.about));
        for (value, meaning) in reading.values {
            text.push_str(&format!("  {value}: {meaning}\n"));
        }
    }
    console::say(&text)?;
    Ok(Exit::Success)
}

impl From<UnknownReading> for CommandFailure {
    fn from(unknown: UnknownReading) -> Self {
        CommandFailure::usage(unknown.message, unknown.help)
    }
}
