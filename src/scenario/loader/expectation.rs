use indexmap::IndexMap;

use super::Loader;
use super::keys::{ANSWER, LOG, MODIFIED, STATE};
use super::names::{NameKind, Wanted};
use crate::scenario::{AnswerExpectation, FoundBy, LogExpectation, ModifiedExpectation, StateExpectation};
use crate::scim::message::ScimType;
use crate::yaml::{Node, NodeKind};

pub(super) const FOUND_BY: [(&str, FoundBy); 3] =
    [("id", FoundBy::Id), ("matching", FoundBy::Matching), ("filterable", FoundBy::Filterable)];

/// The words of Entra's provisioning log as scenarios write them.
pub(super) const ACTIONS: [(&str, &str); 6] = [
    ("create", "create"),
    ("update", "update"),
    ("disable", "disable"),
    ("delete", "delete"),
    ("staged-delete", "stagedDelete"),
    ("other", "other"),
];
pub(super) const STATUSES: [(&str, &str); 3] =
    [("success", "success"), ("failure", "failure"), ("skipped", "skipped")];

impl Loader<'_> {
    pub(super) fn expect_answer(&mut self, node: &Node) -> Option<AnswerExpectation> {
        let mut fields = self.reader.fields_of(node, &ANSWER)?;
        let mut expectation = AnswerExpectation {
            status: self.statuses(fields.get("status")),
            or_refused: self.statuses(fields.get("or-refused")),
            or_missing: self.statuses(fields.get("or-missing")),
            ..AnswerExpectation::default()
        };
        for (key, value) in fields.get("body").and_then(|node| self.reader.entries(node)).unwrap_or(&[]) {
            self.templates(value, false);
            expectation.body.insert(key.name.clone(), value.to_json());
        }
        for item in fields.get("present").and_then(|node| self.reader.list(node)).unwrap_or(&[]) {
            expectation.present.extend(self.reader.text(item));
        }
        for item in fields.get("empty").and_then(|node| self.reader.list(node)).unwrap_or(&[]) {
            expectation.empty.extend(self.reader.text(item));
        }
        expectation.headers = self.texts(fields.get("headers"));
        for (key, value) in fields.get("unlike").and_then(|node| self.reader.entries(node)).unwrap_or(&[]) {
            self.templates(value, false);
            expectation.unlike.insert(key.name.clone(), value.to_json());
        }
        let entries = fields.get("unchanged-since").and_then(|node| self.reader.entries(node));
        for (key, value) in entries.unwrap_or(&[]) {
            if let Some(name) = self.reader.text(value) {
                self.template(&format!("{{{{{name}}}}}"), &value.span, false);
                expectation.unchanged_since.insert(key.name.clone(), name);
            }
        }
        for item in fields.get("order").and_then(|node| self.reader.list(node)).unwrap_or(&[]) {
            expectation.order.extend(self.one(item, Wanted::Account));
        }
        expectation.holds = fields.get("holds").and_then(|node| self.one(node, Wanted::One));
        if let Some(node) = fields.get("scim-type") {
            let words = ScimType::ALL.map(|kind| (kind.as_str(), kind.as_str()));
            expectation.scim_type = self.reader.word(node, "scimType", &words).map(str::to_owned);
        }
        fields.finish(&mut self.reader);
        Some(expectation)
    }

    /// One status or a list of them.
    pub(super) fn statuses(&mut self, node: Option<&Node>) -> Vec<u16> {
        let items = match node.map(|node| &node.kind) {
            Some(NodeKind::List(items)) => items.as_slice(),
            _ => node.map(std::slice::from_ref).unwrap_or_default(),
        };
        let statuses = items.iter().filter_map(|item| self.reader.whole_number(item, 100..=599));
        statuses.filter_map(|status| u16::try_from(status).ok()).collect()
    }

    pub(super) fn expect(&mut self, node: &Node) -> Option<IndexMap<String, StateExpectation>> {
        let mut expectations = IndexMap::new();
        for (key, value) in self.reader.entries(node)? {
            if self.known(&key.name, &key.span, Wanted::Everybody)
                && let Some(expectation) = self.state(&key.name, value)
            {
                expectations.insert(key.name.clone(), expectation);
            }
        }
        Some(expectations)
    }

    fn state(&mut self, who: &str, node: &Node) -> Option<StateExpectation> {
        let mut expectation = StateExpectation::default();
        if let NodeKind::Text(_) = node.kind {
            let gone = self.reader.word(node, "expectation", &[("gone", true), ("never", false)])?;
            (expectation.gone, expectation.never) = (gone, !gone);
            return Some(expectation);
        }
        match &node.kind {
            NodeKind::Map(entries) if entries.is_empty() => {
                self.reader.refuse(&node.span, "this expects nothing");
                return None;
            }
            NodeKind::Map(_) => {}
            _ => {
                self.reader.expected(node, "`gone`, `never` or a map of what must stand there");
                return None;
            }
        }
        let mut fields = self.reader.fields_of(node, &STATE)?;
        if let Some(items) = fields.get("found-by").and_then(|node| self.reader.list(node)) {
            let ways = items.iter().filter_map(|item| self.reader.word(item, "way to find", &FOUND_BY));
            expectation.found_by = ways.collect();
        }
        if let Some(node) = fields.get("same-account-as") {
            expectation.same_account_as = self.one(node, Wanted::Account);
        }
        if self.names.what(who) == Some(NameKind::Group)
            && let Some(node) = fields.get("members")
        {
            expectation.members = Some(self.several(node, Wanted::Everybody, true));
        }
        for (key, value) in fields.others() {
            if self.target_path(&key.name, &key.span) {
                self.templates(value, false);
                expectation.attributes.insert(key.name.clone(), value.to_json());
            }
        }
        Some(expectation)
    }

    /// `{ manager: { old: null, new: grace } }`
    fn modified(&mut self, node: &Node) -> IndexMap<String, ModifiedExpectation> {
        let mut properties = IndexMap::new();
        for (key, value) in self.reader.entries(node).unwrap_or(&[]) {
            let known = self.target_path(&key.name, &key.span);
            let Some(mut fields) = self.reader.fields_of(value, &MODIFIED) else { continue };
            let (old, new) = (fields.get("old"), fields.get("new"));
            let property =
                ModifiedExpectation { old: self.somebody_or_null(old), new: self.somebody_or_null(new) };
            fields.finish(&mut self.reader);
            if known {
                properties.insert(key.name.clone(), property);
            }
        }
        properties
    }

    fn somebody_or_null(&mut self, node: Option<&Node>) -> Option<Option<String>> {
        match node?.kind {
            NodeKind::Null => Some(None),
            _ => self.one(node?, Wanted::One).map(Some),
        }
    }

    pub(super) fn expect_log(&mut self, node: &Node) -> Option<IndexMap<String, LogExpectation>> {
        let mut expectations = IndexMap::new();
        for (key, value) in self.reader.entries(node)? {
            let known = self.known(&key.name, &key.span, Wanted::Everybody);
            let Some(mut fields) = self.reader.fields_of(value, &LOG) else { continue };
            let expectation = LogExpectation {
                action: fields
                    .get("action")
                    .and_then(|node| self.reader.word(node, "action", &ACTIONS))
                    .map(str::to_owned),
                status: fields
                    .get("status")
                    .and_then(|node| self.reader.word(node, "status", &STATUSES))
                    .map(str::to_owned),
                code: fields.get("code").and_then(|node| self.reader.text(node)),
                modified: fields.get("modified").map(|node| self.modified(node)).unwrap_or_default(),
            };
            fields.finish(&mut self.reader);
            if known {
                expectations.insert(key.name.clone(), expectation);
            }
        }
        Some(expectations)
    }
}
