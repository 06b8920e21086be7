//! Reading one attribute mapping: its target, its source, and how they flow.

use super::super::target::{self, MappingTarget};
use super::super::{AttributeDefinition, AttributeMapping, FlowBehavior, FlowType, ValueSource};
use super::import::{Import, ListedAttribute, below, given};
use super::source::{Tree, is_whole};
use crate::diagnostic::Diagnostic;
use crate::entra::directory::ObjectKind;
use crate::scim::{SyntaxError, same_name};
use crate::yaml::{Node, NodeKind};

impl Import<'_> {
    pub fn row(
        &mut self,
        kind: ObjectKind,
        node: &Node,
        path: &str,
        definitions: Option<&[ListedAttribute]>,
        before: &[AttributeMapping],
    ) -> Option<AttributeMapping> {
        let mut fields = self.profile.reader.fields(node)?;
        let target = fields.required(&mut self.profile.reader, "targetAttributeName");
        let source = given(&mut fields, "source");
        let default = given(&mut fields, "defaultValue");
        let precedence = given(&mut fields, "matchingPriority");
        let flow = given(&mut fields, "flowType");
        let behavior = given(&mut fields, "flowBehavior");
        let missing_references = given(&mut fields, "exportMissingReferences");
        fields.get("id");
        self.finish(fields, path);
        if let Some(node) = missing_references.filter(|node| node.kind == NodeKind::Boolean(true)) {
            let message = "is for Microsoft's own use and not played";
            self.remark(node, &below(path, "exportMissingReferences"), message);
        }
        let target_node = target?;
        let source = self.source(kind, source, &below(path, "source"));
        let target = self.target(target_node, definitions);
        let flows = FlowType::ALL.map(|known| (known.as_str(), known));
        let flow = flow.map_or(Some(FlowType::default()), |node| self.word(node, "flow type", &flows));
        let behaviors = FlowBehavior::ALL.map(|known| (known.as_str(), known));
        let behavior = behavior
            .map_or(Some(FlowBehavior::default()), |node| self.word(node, "flow behavior", &behaviors));
        let default_text = default.map_or(Some(String::new()), |node| self.profile.reader.text(node));
        let matching = precedence.map_or(Some(0), |node| self.profile.reader.whole_number(node, 0..=100));
        let (MappingTarget { path: target, written }, definition) = target?;
        let source = source?;
        let declared = match definition {
            Some(definition) => AttributeDefinition {
                data_type: definition.data_type,
                case_exact: definition.case_exact,
                required: definition.required,
                multivalued: definition.multivalued,
            },
            None => AttributeDefinition::of(&target, &source),
        };
        let row = AttributeMapping {
            target,
            written,
            source,
            matching: u32::try_from(matching?).ok().filter(|precedence| *precedence > 0),
            flow: flow?,
            behavior: behavior?,
            default: Some(default_text?).filter(|text| !text.is_empty()),
            filterable: false,
            declared,
        };
        let default = default.filter(|_| row.default.is_some());
        let precedence = precedence.filter(|_| row.matching.is_some());
        self.profile.fits(&row, before, target_node, precedence, default).then_some(row)
    }

    fn target<'d>(
        &mut self,
        node: &Node,
        definitions: Option<&'d [ListedAttribute]>,
    ) -> Option<(MappingTarget, Option<&'d ListedAttribute>)> {
        let written = self.profile.reader.text(node)?;
        let target = match target::read(&written) {
            Ok(target) => target,
            Err(SyntaxError { message, at, help }) => {
                let at = self.profile.inside(node, &written, &at);
                let problem = self.profile.reader.problem(&at, message);
                self.profile.reader.note(Diagnostic { help, ..problem });
                return None;
            }
        };
        let Some(definitions) = definitions else { return Some((target, None)) };
        let found = definitions.iter().find(|definition| same_name(&definition.name, &written));
        if found.is_none() {
            let title = format!("`{written}` is not in the target directory's list of attributes");
            let names = definitions.iter().map(|definition| definition.name.as_str());
            let problem = self.profile.reader.problem(&node.span, title).did_you_mean(&written, names);
            self.profile.reader.note(match problem.help {
                Some(_) => problem,
                None => problem.help("add its definition to the target object in `directories`"),
            });
            return None;
        }
        Some((target, found))
    }

    fn source(&mut self, kind: ObjectKind, node: Option<&Node>, path: &str) -> Option<ValueSource> {
        let Some(node) = node else { return Some(ValueSource::None) };
        let tree = self.tree(kind, node, path)?;
        let NodeKind::Map(entries) = &node.kind else { return None };
        let text = entries.iter().find(|(key, _)| key.name == "expression").map(|(_, node)| node);
        let written = text.and_then(Node::as_text).filter(|text| !text.trim().is_empty());
        let said = match written {
            None => tree,
            Some(written) => match Tree::of(written) {
                None => Tree::Function(String::new(), Vec::new()),
                Some(said) => {
                    if !said.agrees(&tree) {
                        let message = format!(
                            "`name` and `parameters` say {}, `expression` says {written}: the expression is played",
                            tree.text()
                        );
                        self.remark(node, path, message);
                    }
                    said
                }
            },
        };
        match said {
            Tree::Attribute(name) => {
                self.profile.attribute(kind, &name, &text.unwrap_or(node).span).map(ValueSource::Attribute)
            }
            Tree::Constant(text) => Some(ValueSource::Constant(text)),
            Tree::Function(..) => {
                let place = text.unwrap_or(node);
                let written = written.map_or_else(|| said.text(), str::to_owned);
                let stands = Node { kind: NodeKind::Text(written), ..place.clone() };
                self.profile.expression(kind, &stands)
            }
        }
    }

    /// The tree of a source, with what is missing in it taken from the expressions beside it.
    fn tree(&mut self, object: ObjectKind, node: &Node, path: &str) -> Option<Tree> {
        let mut fields = self.profile.reader.fields(node)?;
        let written = given(&mut fields, "expression");
        let expression = written.and_then(Node::as_text);
        let name = given(&mut fields, "name");
        let kind = given(&mut fields, "type");
        let parameters = given(&mut fields, "parameters");
        self.finish(fields, path);
        let kinds = [("Attribute", 0), ("Constant", 1), ("Function", 2)];
        let kind = kind.map_or(Some(0), |node| self.word(node, "type of source", &kinds))?;
        let from_text = expression.and_then(Tree::of);
        // A constant may stand without quotes where its type says that it is one. Elsewhere it would be a call that is
        // spelt wrong, and everybody would get its text: the reader of expressions says what is wrong with it.
        let is_constant = kind == 1
            && from_text.as_ref().is_some_and(|tree| {
                name.and_then(Node::as_text).is_none_or(|name| tree.agrees(&Tree::Constant(name.to_owned())))
            });
        if let Some((node, text)) = written.zip(expression)
            && !is_constant
            && !is_whole(text)
        {
            self.profile.expression(object, node)?;
        }
        let Some(name) = name else {
            if from_text.is_none() {
                self.problem(node, "this source has neither name nor expression", "add `expression`");
            }
            return from_text;
        };
        let name = self.profile.reader.text(name)?;
        let parameters = parameters.map_or(Some(&[][..]), |node| self.profile.reader.list(node))?;
        match kind {
            0 => Some(Tree::Attribute(name)),
            1 => Some(Tree::Constant(name)),
            // Without parameters, an export trusts the expression.
            _ if parameters.is_empty() && from_text.is_some() => from_text,
            _ => {
                let mut arguments = Vec::new();
                for (index, parameter) in parameters.iter().enumerate() {
                    let path = format!("{path}.parameters[{index}]");
                    let mut fields = self.profile.reader.fields(parameter)?;
                    let key = fields.required(&mut self.profile.reader, "key");
                    let value = fields.required(&mut self.profile.reader, "value");
                    self.finish(fields, &path);
                    let key = self.profile.reader.text(key?)?;
                    arguments.push((key, self.tree(object, value?, &below(&path, "value"))?));
                }
                Some(Tree::Function(name, arguments))
            }
        }
    }
}
