//! The form of one attribute mapping: its fields, and the row that they describe.

use serde_json::{Value, json};

use super::form::Form;
use super::mistake::Mistake;
use crate::diagnostic::Diagnostic;
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{AttributeMapping, FlowType, ValueSource, source_attribute};
use crate::scim::SyntaxError;

/// The fields of one row's form.
#[derive(Debug, Clone, Default)]
pub(super) struct Edit {
    /// The row's place; empty for a new one.
    pub number: String,
    /// The row as it was when the form was opened.
    pub shown: String,
    pub kind: String,
    pub source: String,
    pub default: String,
    pub target: String,
    pub matching: String,
    pub flow: String,
}

/// All that the page shows of a row, by which a form says which one it was made from: its place may be another's by now.
fn shown(row: &AttributeMapping) -> String {
    let (kind, source) = source_of(row);
    let matching = row.matching.map(|precedence| precedence.to_string());
    json!([row.written, kind, source, row.default, matching, row.flow.as_str()]).to_string()
}

/// The place of the row that a form was made from; none for a new row.
///
/// # Errors
/// When the row is not there any more, or is another one than the form was made from.
pub(super) fn place(rows: &[AttributeMapping], form: &Form) -> Result<Option<usize>, Mistake> {
    let number = form.get("number");
    if number.is_empty() {
        return Ok(None);
    }
    if !form.has("shown") {
        let place = number.parse().ok().filter(|place| *place < rows.len());
        return place
            .map(Some)
            .ok_or_else(|| Mistake::new("", format!("There is no mapping number {number}.")));
    }
    let own = form.get("shown");
    if let Some(place) = rows.iter().position(|row| shown(row) == own) {
        return Ok(Some(place));
    }
    let gone = "This mapping was removed while the form was open. Save it as a new one, or leave it.";
    let changed =
        "This mapping was changed while the form was open, as the table shows. Save again to replace it.";
    let there = now(rows, own).is_some();
    Err(Mistake::new("", if there { changed } else { gone }))
}

/// Where the row of that target stands now.
fn now(rows: &[AttributeMapping], shown: &str) -> Option<usize> {
    let fields: Vec<Value> = serde_json::from_str(shown).unwrap_or_default();
    let target = fields.first().and_then(Value::as_str)?;
    rows.iter().position(|row| row.written == target)
}

/// The source of a row as its form has it: its type and its text.
pub(super) fn source_of(row: &AttributeMapping) -> (&'static str, String) {
    match &row.source {
        ValueSource::Attribute(attribute) => ("Direct", attribute.name.to_owned()),
        ValueSource::Constant(text) => ("Constant", text.clone()),
        ValueSource::None => ("None", String::new()),
        source @ (ValueSource::Expression(_) | ValueSource::Roles(_)) => {
            ("Expression", source.expression().unwrap_or_default())
        }
    }
}

impl Edit {
    pub fn of(number: usize, row: &AttributeMapping) -> Self {
        let (kind, source) = source_of(row);
        Edit {
            number: number.to_string(),
            shown: shown(row),
            kind: kind.to_owned(),
            source,
            default: row.default.clone().unwrap_or_default(),
            target: row.written.clone(),
            matching: row.matching.map(|precedence| precedence.to_string()).unwrap_or_default(),
            flow: row.flow.as_str().to_owned(),
        }
    }

    pub fn typed(form: &Form) -> Self {
        let text = |name: &str| form.get(name).to_owned();
        Edit {
            number: text("number"),
            shown: text("shown"),
            kind: text("kind"),
            source: text("source"),
            default: text("default"),
            target: text("target"),
            matching: text("matching"),
            flow: text("flow"),
        }
    }

    /// The fields of a form that was refused, for the row as it is now.
    pub fn again(rows: &[AttributeMapping], form: &Form) -> Self {
        let typed = Edit::typed(form);
        let place = place(rows, form).ok().flatten().or_else(|| now(rows, &typed.shown));
        match place {
            Some(place) if !typed.number.is_empty() => {
                Edit { number: place.to_string(), shown: shown(&rows[place]), ..typed }
            }
            _ => Edit { number: String::new(), shown: String::new(), ..typed },
        }
    }

    /// The row that the form describes, or what is wrong with it.
    pub fn row(&self, kind: ObjectKind) -> Result<AttributeMapping, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let source = source(kind, &self.kind, &self.source).unwrap_or_else(|why| {
            mistakes.push(Mistake::new("source", why));
            ValueSource::None
        });
        let matching = self.matching.trim();
        let precedence = matching.parse().ok().filter(|precedence| *precedence > 0);
        if precedence.is_none() && !matching.is_empty() {
            let why = format!("The matching precedence `{matching}` is no whole number from 1 on.");
            mistakes.push(Mistake::new("matching", why));
        }
        let target = self.target.trim();
        let row = AttributeMapping::new(target, source)
            .map_err(|error| mistakes.push(Mistake::new("target", mistake(error, target))));
        let Some(row) = row.ok().filter(|_| mistakes.is_empty()) else { return Err(mistakes) };
        let default = Some(self.default.clone()).filter(|default| !default.is_empty());
        let flow = FlowType::ALL.into_iter().find(|flow| flow.as_str() == self.flow).unwrap_or_default();
        Ok(AttributeMapping { matching: precedence, default, flow, ..row })
    }
}

/// A mistake in a target attribute with its place.
fn mistake(error: SyntaxError, target: &str) -> String {
    let SyntaxError { message, at, help } = error;
    Diagnostic { help, ..Diagnostic::new(message, "target attribute", target, at) }.render(false)
}

pub(super) fn source(kind: ObjectKind, of: &str, text: &str) -> Result<ValueSource, String> {
    match of {
        "Constant" => Ok(ValueSource::Constant(text.to_owned())),
        "None" => Ok(ValueSource::None),
        "Expression" => {
            let source = ValueSource::parse(text.trim())
                .map_err(|error| error.diagnostic("expression", text.trim()).render(false))?;
            attributes_are_known(kind, &source)?;
            Ok(source)
        }
        _ => {
            let name = text.trim().trim_start_matches('[').trim_end_matches(']');
            let found = source_attribute(kind, name).map(ValueSource::Attribute);
            found.map_err(|unknown| match unknown.closest() {
                Some(near) => format!("{unknown}. Did you mean `{near}`?"),
                None => format!("{unknown}."),
            })
        }
    }
}

/// The schema would refuse it as well, and could not say where in the form it stands.
fn attributes_are_known(kind: ObjectKind, source: &ValueSource) -> Result<(), String> {
    let ValueSource::Expression(expression) = source else { return Ok(()) };
    for (name, at) in expression.attributes() {
        if let Err(unknown) = source_attribute(kind, name) {
            let help = unknown.closest().map(|near| format!("did you mean `{near}`?"));
            let diagnostic = Diagnostic::new(unknown.to_string(), "expression", expression.as_written(), at);
            return Err(Diagnostic { help, ..diagnostic }.render(false));
        }
    }
    Ok(())
}
