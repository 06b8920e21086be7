use super::Loader;
use super::keys::{JOB, JOB_STATE, MAPPING, QUARANTINE};
use super::names::Wanted;
use crate::entra::mapping::{Edits, RoleFunction};
use crate::scenario::{JobExpectation, JobSpec, MappingChange, QuarantineSpec};
use crate::yaml::{Node, NodeKind};

pub(super) const SCOPES: [(&str, bool); 2] = [("everyone", true), ("assigned", false)];

/// Entra's functions for app roles.
pub(super) const ROLES: [(&str, RoleFunction); 3] = [
    ("single", RoleFunction::Single),
    ("complex", RoleFunction::Complex),
    ("assertive", RoleFunction::Assertive),
];

/// Graph's words for what a restart forgets, and the word that scenarios use for `Full`.
pub(super) const RESETS: [(&str, &str); 7] = [
    ("full", "Full"),
    ("Escrows", "Escrows"),
    ("Watermark", "Watermark"),
    ("QuarantineState", "QuarantineState"),
    ("ConnectorDataStore", "ConnectorDataStore"),
    ("ForceDeletes", "ForceDeletes"),
    ("None", "None"),
];

/// Larger numbers are a slip: scenarios scale Microsoft's down.
pub(super) const MOST: u64 = 100_000;

impl Loader<'_> {
    /// `matching`, and the keys of a profile that change.
    pub(super) fn mapping(&mut self, node: &Node) -> Option<MappingChange> {
        let mut change = MappingChange::default();
        let mut fields = self.reader.fields_of(node, &MAPPING)?;
        for item in fields.get("matching").and_then(|node| self.reader.list(node)).unwrap_or_default() {
            if let Some(text) = self.reader.text(item)
                && self.target_path(&text, &item.span)
            {
                change.matching.push(text);
            }
        }
        change.roles = fields.get("roles").and_then(|node| self.reader.word(node, "role function", &ROLES));
        match Edits::read(self.file, self.text, &mut fields) {
            Ok(edits) => change.edits = edits,
            Err(problems) => problems.into_iter().for_each(|problem| self.reader.note(problem)),
        }
        fields.finish(&mut self.reader);
        Some(change)
    }

    pub(super) fn job(&mut self, node: &Node) -> Option<JobSpec> {
        let mut fields = self.reader.fields_of(node, &JOB)?;
        let scope = fields.get("scope").and_then(|node| self.scope(node));
        let connection_test = fields.get("connection-test").and_then(|node| self.reader.boolean(node));
        let tombstone_name = fields.get("tombstone-name").and_then(|node| self.reader.boolean(node));
        let skips = fields.get("skip-out-of-scope-deletions").and_then(|node| self.reader.boolean(node));
        let threshold =
            fields.get("deletion-threshold").and_then(|node| self.reader.whole_number(node, 0..=MOST));
        let quarantine = fields.get("quarantine").and_then(|node| self.quarantine(node));
        fields.finish(&mut self.reader);
        Some(JobSpec {
            everyone: scope.unwrap_or_default(),
            connection_test: connection_test.unwrap_or_default(),
            tombstone_name: tombstone_name.unwrap_or_default(),
            skip_out_of_scope_deletions: skips.unwrap_or_default(),
            deletion_threshold: threshold.and_then(|threshold| usize::try_from(threshold).ok()),
            quarantine,
        })
    }

    pub(super) fn scope(&mut self, node: &Node) -> Option<bool> {
        self.reader.word(node, "scope", &SCOPES)
    }

    fn quarantine(&mut self, node: &Node) -> Option<QuarantineSpec> {
        let mut fields = self.reader.fields_of(node, &QUARANTINE)?;
        let mut number = |name| {
            let node = fields.required(&mut self.reader, name)?;
            self.reader.whole_number(node, 0..=MOST)
        };
        let numbers = [number("evaluated-from"), number("percent"), number("failures"), number("total")];
        fields.finish(&mut self.reader);
        let [evaluated_from, percent, failures, total] = numbers;
        Some(QuarantineSpec {
            evaluated_from: evaluated_from?,
            percent: percent?,
            failures: failures?,
            total: total?,
        })
    }

    /// `full`, or Graph's words in a list.
    pub(super) fn reset(&mut self, node: &Node) -> Option<String> {
        let items = match &node.kind {
            NodeKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let words: Vec<&str> =
            items.iter().filter_map(|item| self.reader.word(item, "way to restart", &RESETS)).collect();
        (words.len() == items.len()).then(|| words.join(", "))
    }

    pub(super) fn expect_job(&mut self, node: &Node) -> Option<JobExpectation> {
        let mut fields = self.reader.fields_of(node, &JOB_STATE)?;
        let quarantine = fields.get("quarantine").and_then(|node| self.reader.text_or_null(node));
        let held_back = fields.get("held-back");
        let failing = fields.get("failing");
        let expectation = JobExpectation {
            quarantine,
            held_back: held_back.map(|node| self.several(node, Wanted::Everybody, true)),
            failing: failing.map(|node| self.several(node, Wanted::Everybody, true)),
            next_cycle: fields.get("next-cycle").and_then(|node| self.hours(node)),
            disabled: fields.get("disabled").and_then(|node| self.reader.boolean(node)),
        };
        fields.finish(&mut self.reader);
        Some(expectation)
    }
}
