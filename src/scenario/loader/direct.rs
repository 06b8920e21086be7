//! Steps and keys of the scenarios that stand for tests of Microsoft's gates.

use super::Loader;
use super::before::EarlierSteps;
use super::keys::{CLEARING, PAGES, SWEEP, TEST, UPDATE};
use super::names::{NameKind, Wanted};
use super::paging::Paging;
use crate::check::JudgedBy;
use crate::scenario::{
    Action, AttributeSweep, AttributeUpdate, Step, SweepForm, TestKind, TestSpec, Through, UpdateForm,
};
use crate::wire::ResourceKind;
use crate::yaml::{Node, NodeKind};

pub(super) const KINDS: [(&str, TestKind); 3] =
    [("mandatory", TestKind::Mandatory), ("optional", TestKind::Optional), ("preview", TestKind::Preview)];
pub(super) const WAYS: [(&str, Through); 2] = [("tenant", Through::Tenant), ("endpoint", Through::Endpoint)];
pub(super) const FORMS: [(&str, UpdateForm); 2] =
    [("compact", UpdateForm::Compact), ("verbose", UpdateForm::Verbose)];

pub(super) const SWEEPS: [(&str, SweepForm); 5] = [
    ("create", SweepForm::Create),
    ("add", SweepForm::Add),
    ("replace", SweepForm::Replace),
    ("remove", SweepForm::Remove),
    ("filter", SweepForm::Filter),
];

/// Which resources an update is about.
pub(super) const GROUP_OR_USER: [(&str, ResourceKind); 2] =
    [("User", ResourceKind::User), ("Group", ResourceKind::Group)];
/// The operation of an update, and whether it adds.
pub(super) const OPERATIONS: [(&str, bool); 2] = [("replace", false), ("add", true)];
/// Whose attributes an update is about, and whether they are those that /Schemas publishes.
pub(super) const SOURCES: [(&str, bool); 2] = [("mapping", false), ("schemas", true)];

/// More tests than any of the gates has.
pub(super) const MOST_TESTS: u64 = 99;

impl Loader<'_> {
    /// `test: { name: Create_User_Test, number: 1, kind: mandatory, through: tenant }`
    pub(super) fn test(&mut self, node: &Node) -> Option<TestSpec> {
        let mut fields = self.reader.fields_of(node, &TEST)?;
        let name = fields.required(&mut self.reader, "name").and_then(|node| self.reader.text(node));
        let number = fields
            .required(&mut self.reader, "number")
            .and_then(|node| self.reader.whole_number(node, 1..=MOST_TESTS));
        let kind = fields
            .required(&mut self.reader, "kind")
            .and_then(|node| self.reader.word(node, "kind of test", &KINDS));
        let through = fields
            .required(&mut self.reader, "through")
            .and_then(|node| self.reader.word(node, "way", &WAYS));
        let sample = fields.get("sample").and_then(|node| self.reader.text(node));
        fields.finish(&mut self.reader);
        let number = number.and_then(|number| u32::try_from(number).ok());
        Some(TestSpec { name: name?, number: number?, kind: kind?, through: through?, sample })
    }

    /// The steps behind `ours` and `microsoft`.
    pub(super) fn read_by(&mut self, reading: JudgedBy, node: &Node, before: &mut EarlierSteps) -> Vec<Step> {
        let Some(items) = self.reader.list(node) else { return Vec::new() };
        if items.is_empty() {
            self.reader.refuse(&node.span, "nothing is judged here");
        }
        let mut steps = Vec::new();
        for item in items {
            if let NodeKind::Map(entries) = &item.kind
                && let Some((key, _)) = entries.first().filter(|(key, _)| reading_of(&key.name).is_some())
            {
                self.reader.refuse(&key.span, "whose judgement it is, is said once");
                continue;
            }
            let step = self.step(item, before);
            steps.extend(step.map(|action| Step { line: item.line, reading, action }));
        }
        steps
    }

    pub(super) fn attribute_update(&mut self, node: &Node) -> Option<AttributeUpdate> {
        let mut fields = self.reader.fields_of(node, &UPDATE)?;
        let of = fields.required(&mut self.reader, "of").and_then(|node| self.capture(node));
        let kind =
            fields.get("kind").and_then(|node| self.reader.word(node, "resource type", &GROUP_OR_USER));
        let form =
            fields.required(&mut self.reader, "form").and_then(|node| self.reader.word(node, "form", &FORMS));
        let adds = fields.get("op").and_then(|node| self.reader.word(node, "operation", &OPERATIONS));
        let published = fields.get("from").and_then(|node| self.reader.word(node, "source", &SOURCES));
        let keeps_matching = fields.get("keep-matching").and_then(|node| self.reader.boolean(node));
        fields.finish(&mut self.reader);
        Some(AttributeUpdate {
            of: of?,
            kind: kind.unwrap_or(ResourceKind::User),
            form: form?,
            adds: adds.unwrap_or(false),
            published: published.unwrap_or(false),
            keeps_matching: keeps_matching.unwrap_or(false),
        })
    }

    /// `{ of: made, with: empty }`, or `with: "null"`
    pub(super) fn clearing(&mut self, node: &Node) -> Option<(String, bool)> {
        let mut fields = self.reader.fields_of(node, &CLEARING)?;
        let of = fields.required(&mut self.reader, "of").and_then(|node| self.capture(node));
        let with = fields.required(&mut self.reader, "with").and_then(|node| match node.kind {
            NodeKind::Null => Some(true),
            _ => self.reader.word(node, "value", &[("empty", false)]),
        });
        fields.finish(&mut self.reader);
        Some((of?, with?))
    }

    /// `{ of: ada, form: add }`
    pub(super) fn sweep(&mut self, node: &Node) -> Option<AttributeSweep> {
        let mut fields = self.reader.fields_of(node, &SWEEP)?;
        let of = fields.required(&mut self.reader, "of").and_then(|node| self.one(node, Wanted::One));
        let form = fields
            .required(&mut self.reader, "form")
            .and_then(|node| self.reader.word(node, "form", &SWEEPS));
        fields.finish(&mut self.reader);
        Some(AttributeSweep { of: of?, form: form? })
    }

    /// `{ of: users, count: 5 }`
    pub(super) fn pages(&mut self, node: &Node) -> Option<Action> {
        let mut fields = self.reader.fields_of(node, &PAGES)?;
        let Paging { kind, count, by_cursor } = self.paging(&mut fields);
        fields.finish(&mut self.reader);
        Some(Action::ExpectPages { kind: kind?, count: count?, by_cursor: by_cursor? })
    }

    /// The name of an answer before.
    fn capture(&mut self, node: &Node) -> Option<String> {
        let name = self.reader.text(node)?;
        if self.names.what(&name) == Some(NameKind::Capture) {
            return Some(name);
        }
        if self.known(&name, &node.span, Wanted::Account) {
            let problem = self.reader.problem(&node.span, format!("`{name}` is no answer"));
            self.reader.note(problem.help("name the request before with `as:`, and write that name here"));
        }
        None
    }
}

/// Whose judgement stands behind a wrapper.
pub(super) fn reading_of(name: &str) -> Option<JudgedBy> {
    match name {
        "ours" => Some(JudgedBy::Ours),
        "microsoft" => Some(JudgedBy::Microsoft),
        _ => None,
    }
}
