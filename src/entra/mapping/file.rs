//! Profile files: a mapping written down in YAML, built in or the user's own.

use std::ops::Range;

use super::expression::Expression;
use super::target::{self, Target};
use super::{
    AttributeMapping, Declared, FlowBehavior, FlowType, IS_SOFT_DELETED, Mapping, ObjectMapping, Source,
    source_attribute,
};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{self, ObjectKind};
use crate::scim::schema::{self, Schema};
use crate::scim::{PatchPath, SyntaxError, same_name};
use crate::yaml::{self, Node, Reader};

/// Reads a profile. `name` becomes the mapping's name, `file` stands in messages.
///
/// # Errors
/// Every mistake of the file, with its place.
pub(super) fn read(name: &str, file: &str, text: &str) -> Result<Mapping, Vec<Diagnostic>> {
    let root = yaml::parse(file, text)?;
    let mut profile = Profile { reader: Reader::new(file, text), text, own: Vec::new() };
    let mapping = profile.mapping(name, &root);
    match mapping {
        Some(mapping) if profile.reader.is_clean() => Ok(mapping),
        _ => Err(profile.reader.into_problems()),
    }
}

/// A profile while it is read. A part that cannot be read is noted and missing.
struct Profile<'a> {
    reader: Reader<'a>,
    text: &'a str,
    /// Target attributes beyond those of RFC 7643, as Entra's "Edit attribute list" adds them.
    own: Vec<String>,
}

impl Profile<'_> {
    fn mapping(&mut self, name: &str, root: &Node) -> Option<Mapping> {
        let mut fields = self.reader.fields(root)?;
        let about = fields.get("about").and_then(|node| self.reader.text(node)).unwrap_or_default();
        if let Some(items) = fields.get("attributes").and_then(|node| self.reader.list(node)) {
            self.own = items.iter().filter_map(|item| self.reader.text(item)).collect();
        }
        let user = fields.required(&mut self.reader, "user");
        let user = user.and_then(|node| self.object(ObjectKind::User, node));
        let group = fields.get("group").map(|node| self.object(ObjectKind::Group, node));
        fields.finish(&mut self.reader);
        Some(Mapping { about, ..Mapping::new(name, user?, group.flatten()) })
    }

    fn object(&mut self, kind: ObjectKind, node: &Node) -> Option<ObjectMapping> {
        let mut mapping = ObjectMapping::default();
        let mut complete = true;
        for row in self.reader.list(node)? {
            match self.row(kind, row, &mapping) {
                Some(read) => mapping.rows.push(read),
                None => complete = false,
            }
        }
        if complete && mapping.matching().is_empty() {
            let problem = self.reader.problem(&node.span, format!("no {kind} attribute matches"));
            self.reader.note(problem.help(
                "add `match: 1` to the attribute Entra shall look existing accounts up by, as userName",
            ));
        }
        complete.then_some(mapping)
    }

    fn row(&mut self, kind: ObjectKind, node: &Node, before: &ObjectMapping) -> Option<AttributeMapping> {
        let mut fields = self.reader.fields(node)?;
        let target = fields.required(&mut self.reader, "target");
        let (source, expression) = (fields.get("source"), fields.get("expression"));
        let precedence = fields.get("match");
        let apply = fields.get("apply");
        let default = fields.get("default");
        let filterable = fields.get("filterable");
        fields.finish(&mut self.reader);

        let target_node = target?;
        let source = self.source(kind, target_node, source, expression);
        let written = self.reader.text(target_node)?;
        let target = self.target(kind, target_node, &written);
        let matching = precedence.map(|node| self.reader.whole_number(node, 1..=100));
        let words = [("always", FlowType::Always), ("create", FlowType::ObjectAddOnly)];
        let apply = apply.map(|node| self.reader.word(node, "choice", &words));
        let default_text = default.map(|node| self.reader.text(node));
        let filterable = filterable.map(|node| self.reader.boolean(node));
        let Target { path, written } = target?;
        let row = AttributeMapping {
            target: path,
            written,
            source: source?,
            matching: match matching {
                Some(matching) => Some(u32::try_from(matching?).ok()?),
                None => None,
            },
            flow: apply.map_or(Some(FlowType::Always), |word| word)?,
            behavior: FlowBehavior::default(),
            default: default_text.map_or(Some(None), |text| text.map(Some))?,
            filterable: filterable.map_or(Some(false), |flag| flag)?,
            declared: Declared::default(),
        };
        self.fits(&row, before, target_node, precedence, default).then_some(row)
    }

    /// What can only be said of the whole row.
    fn fits(
        &mut self,
        row: &AttributeMapping,
        before: &ObjectMapping,
        target: &Node,
        precedence: Option<&Node>,
        default: Option<&Node>,
    ) -> bool {
        let mut problems = Vec::new();
        if before.rows.iter().any(|other| other.target.same_as(&row.target)) {
            problems.push((target, format!("`{}` is mapped twice", row.written)));
        }
        if let Some(node) = precedence {
            if let Some(other) = before.rows.iter().find(|other| other.matching == row.matching) {
                problems.push((node, format!("`{}` has this matching precedence already", other.written)));
            }
            if row.is_reference() {
                problems.push((node, "a reference cannot match".to_owned()));
            }
        }
        if let Some(node) = default.filter(|_| row.is_reference()) {
            problems.push((node, "a reference has no default".to_owned()));
        }
        for (node, title) in &problems {
            self.reader.refuse(&node.span, title);
        }
        problems.is_empty()
    }

    fn source(
        &mut self,
        kind: ObjectKind,
        row: &Node,
        source: Option<&Node>,
        expression: Option<&Node>,
    ) -> Option<Source> {
        match (source, expression) {
            (Some(node), None) => {
                let name = self.reader.text(node)?;
                match source_attribute(kind, &name) {
                    Ok(attribute) => Some(Source::Attribute(attribute)),
                    Err(_) => {
                        self.unknown_source(kind, &name, &node.span);
                        None
                    }
                }
            }
            (None, Some(node)) => self.expression(kind, node).map(Source::Expression),
            (None, None) => {
                let problem = self.reader.problem(&row.span, "this row has neither source nor expression");
                self.reader.note(problem.help("add `source:` with an attribute of Entra, or `expression:`"));
                None
            }
            (Some(_), Some(node)) => {
                let problem = self.reader.problem(&node.span, "this row has both source and expression");
                self.reader.note(problem.help("keep one of them"));
                None
            }
        }
    }

    fn unknown_source(&mut self, kind: ObjectKind, name: &str, at: &Range<usize>) {
        let names = directory::attributes(kind).iter().map(|attribute| attribute.name);
        let problem = self
            .reader
            .problem(at, format!("`{name}` is not an attribute of an Entra {kind}"))
            .did_you_mean(name, names.chain([IS_SOFT_DELETED.name]));
        self.reader.note(problem);
    }

    fn expression(&mut self, kind: ObjectKind, node: &Node) -> Option<Expression> {
        let written = self.reader.text(node)?;
        let expression = match Expression::parse(&written) {
            Ok(expression) => expression,
            Err(error) => {
                let at = self.inside(node, &written, &error.at);
                let problem = self.reader.problem(&at, error.message);
                self.reader.note(Diagnostic { help: error.help, ..problem });
                return None;
            }
        };
        let mut right = true;
        for (name, at) in expression.attributes() {
            let at = self.inside(node, &written, &at);
            match source_attribute(kind, name) {
                Ok(attribute) if attribute.kind.is_reference() => {
                    let title = format!("`{name}` is a reference, and functions cannot take one");
                    let problem = self.reader.problem(&at, title);
                    self.reader.note(problem.help(format!("map it directly with `source: {name}`")));
                }
                Ok(_) => continue,
                Err(_) => self.unknown_source(kind, name, &at),
            }
            right = false;
        }
        right.then_some(expression)
    }

    fn target(&mut self, kind: ObjectKind, node: &Node, written: &str) -> Option<Target> {
        let target = match target::read(written) {
            Ok(target) => target,
            Err(error) => {
                let SyntaxError { message, at, help } = error;
                let problem = self.reader.problem(&self.inside(node, written, &at), message);
                self.reader.note(Diagnostic { help, ..problem });
                return None;
            }
        };
        match self.known(kind, &target.path, node) {
            Ok(()) => Some(target),
            Err(problem) => {
                self.reader.note(*problem);
                None
            }
        }
    }

    /// Attributes of the schemas that RFC 7643 defines must exist; those of other URNs are the
    /// application's own.
    fn known(&self, kind: ObjectKind, target: &PatchPath, node: &Node) -> Result<(), Box<Diagnostic>> {
        let Some(schema) = schema_of(kind, target) else { return Ok(()) };
        if self.own.iter().any(|own| same_name(own, &target.attribute)) {
            return Ok(());
        }
        let attributes = || schema.attributes.iter().chain(schema::common());
        let Some(attribute) = attributes().find(|a| same_name(&a.name, &target.attribute)) else {
            let title = format!("`{}` is not an attribute of {}", target.attribute, schema.id);
            let problem = self
                .reader
                .problem(&node.span, title)
                .did_you_mean(&target.attribute, attributes().map(|a| a.name.as_str()));
            let extension = schema::enterprise();
            let help = if kind == ObjectKind::User && extension.attribute(&target.attribute).is_some() {
                format!("write `{}:{}`", extension.id, target.attribute)
            } else if let Some(help) = problem.help {
                help
            } else {
                format!(
                    "if the application has it, add it to the profile: `attributes: [{}]`",
                    target.attribute
                )
            };
            return Err(Box::new(Diagnostic { help: Some(help), ..problem }));
        };
        match &target.sub {
            Some(sub) if attribute.sub(sub).is_none() => Err(Box::new(
                self.reader
                    .problem(&node.span, format!("`{}` has no sub-attribute `{sub}`", attribute.name))
                    .did_you_mean(sub, attribute.sub_attributes.iter().map(|a| a.name.as_str())),
            )),
            _ => Ok(()),
        }
    }

    /// A place inside a text. Where the file writes the text with escapes or over several lines,
    /// the whole of it is meant.
    fn inside(&self, node: &Node, value: &str, at: &Range<usize>) -> Range<usize> {
        let rest = self.text.get(node.span.start..).unwrap_or_default();
        let quote = usize::from(rest.starts_with(['"', '\'']));
        match rest.get(quote..) {
            Some(plain) if plain.starts_with(value) => {
                let start = node.span.start + quote;
                start + at.start..start + at.end
            }
            _ => node.span.clone(),
        }
    }
}

/// The published schema that a target belongs to, if RFC 7643 defines it.
fn schema_of(kind: ObjectKind, target: &PatchPath) -> Option<&'static Schema> {
    let core = match kind {
        ObjectKind::User => schema::user(),
        ObjectKind::Group => schema::group(),
    };
    let extension = schema::enterprise();
    match &target.schema {
        None => Some(core),
        Some(urn) if same_name(urn, &core.id) => Some(core),
        Some(urn) if kind == ObjectKind::User && same_name(urn, &extension.id) => Some(extension),
        Some(_) => None,
    }
}
