use std::ops::Range;

use super::super::target::{self, MappingTarget};
use super::super::{
    AttributeDefinition, AttributeMapping, DataType, FlowBehavior, FlowType, IS_SOFT_DELETED, RoleFunction,
    ValueSource, source_attribute,
};
use super::Profile;
use super::keys::{APPLY, ROW};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::{self, AttributeKind, ObjectKind, SourceAttribute};
use crate::scim::schema::{self, Schema};
use crate::scim::{PatchPath, SyntaxError, same_name};
use crate::yaml::Node;

impl Profile<'_> {
    pub(super) fn row(
        &mut self,
        kind: ObjectKind,
        node: &Node,
        before: &[AttributeMapping],
    ) -> Option<AttributeMapping> {
        let mut fields = self.reader.fields_of(node, &ROW)?;
        let target = fields.required(&mut self.reader, "target");
        let sources =
            ["source", "expression", "constant"].map(|name| fields.get(name).map(|node| (name, node)));
        let precedence = fields.get("match");
        let apply = fields.get("apply");
        let behavior = fields.get("behavior");
        let default = fields.get("default");
        let filterable = fields.get("filterable");
        let declared = ["type", "case-exact", "required", "multi-valued"].map(|name| fields.get(name));
        fields.finish(&mut self.reader);

        let target_node = target?;
        let source = self.source(kind, target_node, sources, default);
        let written = self.reader.text(target_node)?;
        let target = self.target(kind, target_node, &written);
        let matching = precedence.map(|node| self.reader.whole_number(node, 1..=100));
        let apply = apply.map(|node| self.reader.word(node, "choice", &APPLY));
        let behaviors = FlowBehavior::ALL.map(|known| (known.as_str(), known));
        let behavior = behavior.map(|node| self.reader.word(node, "behavior", &behaviors));
        let default_text = default.map(|node| self.reader.text(node));
        let filterable = filterable.map(|node| self.reader.boolean(node));
        let (MappingTarget { path, written }, source) = (target?, source?);
        let declared = self.declared(declared, AttributeDefinition::of(&path, &source));
        let row = AttributeMapping {
            target: path,
            written,
            source,
            matching: match matching {
                Some(matching) => Some(u32::try_from(matching?).ok()?),
                None => None,
            },
            flow: apply.map_or(Some(FlowType::Always), |word| word)?,
            behavior: behavior.map_or(Some(FlowBehavior::default()), |word| word)?,
            default: default_text.map_or(Some(None), |text| text.map(Some))?,
            filterable: filterable.map_or(Some(false), |flag| flag)?,
            declared: declared?,
        };
        self.fits(&row, before, target_node, precedence, default).then_some(row)
    }

    /// What can only be said of the whole row.
    pub(in super::super) fn fits(
        &mut self,
        row: &AttributeMapping,
        before: &[AttributeMapping],
        target: &Node,
        precedence: Option<&Node>,
        default: Option<&Node>,
    ) -> bool {
        let mut problems = Vec::new();
        if before.iter().any(|other| other.target.same_as(&row.target)) {
            problems.push((target, format!("`{}` is mapped twice", row.written)));
        }
        if let Some(node) = precedence {
            if let Some(other) = before.iter().find(|other| other.matching == row.matching) {
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

    /// Puts what the row itself says of its target in the place of what RFC 7643 says.
    fn declared(
        &mut self,
        nodes: [Option<&Node>; 4],
        mut known: AttributeDefinition,
    ) -> Option<AttributeDefinition> {
        let [data_type, case_exact, required, multivalued] = nodes;
        let types = DataType::ALL.map(|known| (known.as_str(), known));
        if let Some(node) = data_type {
            known.data_type = self.reader.word(node, "type", &types)?;
        }
        let flags = [
            (case_exact, &mut known.case_exact),
            (required, &mut known.required),
            (multivalued, &mut known.multivalued),
        ];
        for (node, flag) in flags {
            if let Some(node) = node {
                *flag = self.reader.boolean(node)?;
            }
        }
        Some(known)
    }

    fn source(
        &mut self,
        kind: ObjectKind,
        row: &Node,
        sources: [Option<(&str, &Node)>; 3],
        default: Option<&Node>,
    ) -> Option<ValueSource> {
        let mut given = sources.into_iter().flatten();
        let Some((name, node)) = given.next() else {
            if default.is_some() {
                return Some(ValueSource::None);
            }
            let problem = self.reader.problem(&row.span, "this row has no source");
            self.reader.note(problem.help(
                "add `source:` with an attribute of Entra, `expression:` or `constant:`; or `default:` alone",
            ));
            return None;
        };
        if let Some((other, node)) = given.next() {
            let problem = self.reader.problem(&node.span, format!("this row has both {name} and {other}"));
            self.reader.note(problem.help("keep one of them"));
            return None;
        }
        match name {
            "expression" => self.expression(kind, node),
            "constant" => self.reader.text(node).map(ValueSource::Constant),
            _ => {
                let name = self.reader.text(node)?;
                self.attribute(kind, &name, &node.span).map(ValueSource::Attribute)
            }
        }
    }

    pub(in super::super) fn attribute(
        &mut self,
        kind: ObjectKind,
        name: &str,
        at: &Range<usize>,
    ) -> Option<&'static SourceAttribute> {
        match source_attribute(kind, name) {
            Ok(attribute) if attribute.kind == AttributeKind::Roles => {
                let title = format!("`{name}` cannot be mapped as it is");
                let functions = RoleFunction::ALL.map(RoleFunction::expression).join(", ");
                let problem = self.reader.problem(at, title).help(format!("use one of {functions}"));
                self.reader.note(problem);
                None
            }
            Ok(attribute) => Some(attribute),
            Err(_) => {
                self.unknown_source(kind, name, at);
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

    pub(in super::super) fn expression(&mut self, kind: ObjectKind, node: &Node) -> Option<ValueSource> {
        let written = self.reader.text(node)?;
        let expression = match ValueSource::parse(&written) {
            Ok(ValueSource::Expression(expression)) => expression,
            Ok(ValueSource::Roles(_)) if kind == ObjectKind::Group => {
                self.reader.refuse(&node.span, "groups have no app roles of their own");
                return None;
            }
            Ok(source) => return Some(source),
            Err(error) => {
                let at = self.inside(node, &written, &error.at);
                let problem = self.reader.problem(&at, error.message);
                self.reader.note(Diagnostic { help: error.help, ..problem });
                return None;
            }
        };
        let mut right = true;
        if let Some((name, at)) =
            expression.functions().into_iter().find(|(name, _)| *name == "SelectUniqueValue")
        {
            let at = self.inside(node, &written, &at);
            let title = format!("Entra does not support `{name}` for SCIM applications");
            let problem = self.reader.problem(&at, title);
            self.reader.note(problem.help("it works only towards on-premises Active Directory"));
            right = false;
        }
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
        right.then_some(ValueSource::Expression(expression))
    }

    pub(in super::super) fn target(
        &mut self,
        kind: ObjectKind,
        node: &Node,
        written: &str,
    ) -> Option<MappingTarget> {
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
}

/// The published schema that a target belongs to, if RFC 7643 defines it.
pub(super) fn schema_of(kind: ObjectKind, target: &PatchPath) -> Option<&'static Schema> {
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
