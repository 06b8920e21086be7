//! Profile files: a mapping written down in YAML, built in or the user's own.

use std::ops::Range;

use serde::Deserialize;

use super::expression::Expression;
use super::{Apply, AttributeMapping, IS_SOFT_DELETED, Mapping, ObjectMapping, Source, source_attribute};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::yaml::{self, Spanned};
use crate::entra::directory::{self, ObjectKind};
use crate::scim::{PatchPath, same_name, schema};

/// A profile file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    /// One line about the application, for lists.
    #[serde(default)]
    about: Option<String>,
    /// Attributes of the target beyond those of RFC 7643, as Entra's "Edit attribute list" adds them.
    #[serde(default)]
    attributes: Vec<String>,
    user: Spanned<Vec<Row>>,
    #[serde(default)]
    group: Option<Spanned<Vec<Row>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    target: Spanned<String>,
    #[serde(default)]
    source: Option<Spanned<String>>,
    #[serde(default)]
    expression: Option<Spanned<String>>,
    #[serde(default, rename = "match")]
    precedence: Option<Spanned<u32>>,
    #[serde(default)]
    apply: ApplyWord,
    #[serde(default)]
    default: Option<String>,
    #[serde(default)]
    filterable: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ApplyWord {
    #[default]
    Always,
    Create,
}

/// Reads a profile. `name` becomes the mapping's name, `file` stands in messages.
///
/// # Errors
/// A [`Diagnostic`] at the first mistake.
pub(super) fn read(name: &str, file: &str, text: &str) -> Result<Mapping, Diagnostic> {
    let profile: ProfileFile = yaml::read(file, text)?;
    let reader = Reader { file, text, own: &profile.attributes };
    Ok(Mapping {
        name: name.to_owned(),
        about: profile.about.unwrap_or_default(),
        user: reader.object(ObjectKind::User, &profile.user)?,
        group: profile.group.map(|rows| reader.object(ObjectKind::Group, &rows)).transpose()?,
    })
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// Target attributes that the profile declares itself.
    own: &'a [String],
}

impl Reader<'_> {
    fn mistake(&self, title: impl Into<String>, span: Range<usize>) -> Diagnostic {
        Diagnostic::new(title, self.file, self.text, span)
    }

    fn object(&self, kind: ObjectKind, rows: &Spanned<Vec<Row>>) -> Result<ObjectMapping, Diagnostic> {
        let mut mapping = ObjectMapping::default();
        for row in &rows.value {
            let read = self.row(kind, row)?;
            if mapping.rows.iter().any(|before| before.target.same_as(&read.target)) {
                let title = format!("`{}` is mapped twice", read.written);
                return Err(self.mistake(title, yaml::place(&row.target, self.text)));
            }
            if let Some(precedence) = &row.precedence
                && mapping.rows.iter().any(|before| before.matching == read.matching)
            {
                let title = format!("two attributes have the matching precedence {}", precedence.value);
                return Err(self.mistake(title, yaml::place(precedence, self.text)));
            }
            mapping.rows.push(read);
        }
        if mapping.matching().is_empty() {
            let title = format!("no {kind} attribute matches");
            return Err(self.mistake(title, yaml::place(rows, self.text)).help(
                "add `match: 1` to the attribute Entra shall look existing accounts up by, as userName",
            ));
        }
        Ok(mapping)
    }

    fn row(&self, kind: ObjectKind, row: &Row) -> Result<AttributeMapping, Diagnostic> {
        let source = self.source(kind, row)?;
        let target = self.target(kind, &row.target)?;
        let mapping = AttributeMapping {
            target,
            written: row.target.value.clone(),
            source,
            matching: row.precedence.as_ref().map(|precedence| precedence.value),
            apply: match row.apply {
                ApplyWord::Always => Apply::Always,
                ApplyWord::Create => Apply::OnCreate,
            },
            default: row.default.clone(),
            filterable: row.filterable,
        };
        if let Some(precedence) = &row.precedence {
            let span = yaml::place(precedence, self.text);
            if precedence.value == 0 {
                return Err(self
                    .mistake("matching precedence begins at 1", span)
                    .help("leave `match` out for an attribute that does not match"));
            }
            if mapping.is_reference() {
                return Err(self.mistake("a reference cannot match", span));
            }
        }
        if mapping.is_reference() && mapping.default.is_some() {
            let span = yaml::place(&row.target, self.text);
            return Err(self.mistake("a reference has no default", span));
        }
        Ok(mapping)
    }

    fn source(&self, kind: ObjectKind, row: &Row) -> Result<Source, Diagnostic> {
        match (&row.source, &row.expression) {
            (Some(source), None) => source_attribute(kind, &source.value)
                .map(Source::Attribute)
                .map_err(|_| self.unknown_source(kind, &source.value, yaml::place(source, self.text))),
            (None, Some(expression)) => self.expression(kind, expression).map(Source::Expression),
            (None, None) => Err(self
                .mistake("this row has neither source nor expression", yaml::place(&row.target, self.text))
                .help("add `source:` with an attribute of Entra, or `expression:`")),
            (Some(_), Some(expression)) => Err(self
                .mistake("this row has both source and expression", yaml::place(expression, self.text))
                .help("keep one of them")),
        }
    }

    fn unknown_source(&self, kind: ObjectKind, name: &str, span: Range<usize>) -> Diagnostic {
        let names = directory::attributes(kind).iter().map(|attribute| attribute.name);
        self.mistake(format!("`{name}` is not an attribute of an Entra {kind}"), span)
            .did_you_mean(name, names.chain([IS_SOFT_DELETED.name]))
    }

    fn expression(&self, kind: ObjectKind, written: &Spanned<String>) -> Result<Expression, Diagnostic> {
        let place = yaml::place(written, self.text);
        let expression = Expression::parse(&written.value).map_err(|error| {
            let mut diagnostic = self.mistake(error.message, self.inside(&place, &written.value, &error.at));
            diagnostic.help = error.help;
            diagnostic
        })?;
        for (name, at) in expression.attributes() {
            let span = self.inside(&place, &written.value, &at);
            match source_attribute(kind, name) {
                Err(_) => return Err(self.unknown_source(kind, name, span)),
                Ok(attribute) if attribute.kind.is_reference() => {
                    return Err(self
                        .mistake(format!("`{name}` is a reference, and functions cannot take one"), span)
                        .help(format!("map it directly with `source: {name}`")));
                }
                Ok(_) => {}
            }
        }
        Ok(expression)
    }

    fn target(&self, kind: ObjectKind, written: &Spanned<String>) -> Result<PatchPath, Diagnostic> {
        let place = yaml::place(written, self.text);
        let target: PatchPath = written.value.parse().map_err(|error: crate::scim::SyntaxError| {
            let mut diagnostic = self.mistake(error.message, self.inside(&place, &written.value, &error.at));
            diagnostic.help = error.help;
            diagnostic
        })?;
        if target.is_bare_schema() {
            return Err(self.mistake("the target names a schema and no attribute of it", place));
        }
        if target.is("id") {
            return Err(self
                .mistake("`id` is given by the target and cannot be mapped", place)
                .help("map externalId for an identifier of your own"));
        }
        self.known(kind, &target, place)?;
        Ok(target)
    }

    /// Attributes of the schemas that RFC 7643 defines must exist; those of other URNs are the
    /// application's own.
    fn known(&self, kind: ObjectKind, target: &PatchPath, place: Range<usize>) -> Result<(), Diagnostic> {
        let core = match kind {
            ObjectKind::User => schema::user(),
            ObjectKind::Group => schema::group(),
        };
        let schema = match &target.schema {
            None => core,
            Some(urn) if same_name(urn, &core.id) => core,
            Some(urn) if kind == ObjectKind::User && same_name(urn, &schema::enterprise().id) => {
                schema::enterprise()
            }
            Some(_) => return Ok(()),
        };
        if self.own.iter().any(|own| same_name(own, &target.attribute)) {
            return Ok(());
        }
        let attributes = || schema.attributes.iter().chain(schema::common());
        let Some(attribute) = attributes().find(|a| same_name(&a.name, &target.attribute)) else {
            let title = format!("`{}` is not an attribute of {}", target.attribute, schema.id);
            let diagnostic = self
                .mistake(title, place)
                .did_you_mean(&target.attribute, attributes().map(|a| a.name.as_str()));
            let extension = schema::enterprise();
            return Err(match &diagnostic.help {
                _ if kind == ObjectKind::User && extension.attribute(&target.attribute).is_some() => {
                    let help = format!("write `{}:{}`", extension.id, target.attribute);
                    Diagnostic { help: Some(help), ..diagnostic }
                }
                Some(_) => diagnostic,
                None => diagnostic.help(format!(
                    "if the application has it, add it to the profile: `attributes: [{}]`",
                    target.attribute
                )),
            });
        };
        match &target.sub {
            Some(sub) if attribute.sub(sub).is_none() => Err(self
                .mistake(format!("`{}` has no sub-attribute `{sub}`", attribute.name), place)
                .did_you_mean(sub, attribute.sub_attributes.iter().map(|a| a.name.as_str()))),
            _ => Ok(()),
        }
    }

    /// A place inside a value. Where the file writes the value with escapes or over several lines,
    /// the whole of it is meant.
    fn inside(&self, place: &Range<usize>, value: &str, at: &Range<usize>) -> Range<usize> {
        let rest = self.text.get(place.start..).unwrap_or_default();
        let quote = usize::from(rest.starts_with(['"', '\'']));
        match rest.get(quote..) {
            Some(plain) if plain.starts_with(value) => {
                let start = place.start + quote;
                start + at.start..start + at.end
            }
            _ => place.clone(),
        }
    }
}
