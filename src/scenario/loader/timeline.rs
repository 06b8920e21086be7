use std::ops::Range;

use indexmap::IndexMap;

use super::Loader;
use super::before::EarlierSteps;
use super::direct::reading_of;
use super::keys::{DISCOVER, REQUEST};
use super::names::{NameKind, Wanted};
use super::paging::MOST_LISTED;
use super::steps;
use crate::check::JudgedBy;
use crate::entra::directory::ObjectKind;
use crate::scenario::{Action, RawRequest, Step};
use crate::wire::{Method, Tenant};
use crate::yaml::{Fields, Node, NodeKey, NodeKind};

pub(super) const METHODS: [(&str, Method); 7] = [
    ("GET", Method::Get),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("PATCH", Method::Patch),
    ("DELETE", Method::Delete),
    ("HEAD", Method::Head),
    ("OPTIONS", Method::Options),
];

/// Whose request it is.
pub(super) const TENANTS: [(&str, Tenant); 2] = [("first", Tenant::First), ("second", Tenant::Second)];

/// The token that the service sends, and whether it is the right one.
pub(super) const TOKENS: [(&str, bool); 2] = [("right", true), ("wrong", false)];

/// The longest time a clock is advanced by, in hours: ten years.
const MOST_HOURS: u64 = 24 * 3653;

impl Loader<'_> {
    pub(super) fn timeline(&mut self, node: &Node) -> Vec<Step> {
        let Some(items) = self.reader.list(node) else { return Vec::new() };
        if items.is_empty() {
            self.reader.refuse(&node.span, "nothing happens in this scenario");
        }
        let mut before = EarlierSteps::default();
        let mut steps = Vec::new();
        for item in items {
            match &item.kind {
                NodeKind::Map(entries)
                    if let [(key, value)] = entries.as_slice()
                        && let Some(reading) = reading_of(&key.name) =>
                {
                    steps.extend(self.read_by(reading, value, &mut before));
                }
                _ => {
                    let action = self.step(item, &mut before);
                    steps.extend(action.map(|action| Step {
                        line: item.line,
                        reading: JudgedBy::Both,
                        action,
                    }));
                }
            }
        }
        steps
    }

    pub(super) fn step(&mut self, item: &Node, before: &mut EarlierSteps) -> Option<Action> {
        match &item.kind {
            NodeKind::Text(name) => self.bare_step(name, &item.span, before),
            NodeKind::Map(entries) => match entries.as_slice() {
                [(key, value)] if value.kind == NodeKind::Null && steps::is_bare(&key.name) => {
                    self.bare_step(&key.name, &key.span, before)
                }
                [(key, value)] => self.full_step(key, value, before),
                [_, (second, _), ..] => {
                    let problem = self.reader.problem(&second.span, "a step has one name");
                    self.reader.note(problem.help("write each step with a `-` of its own"));
                    None
                }
                [] => {
                    self.reader.refuse(&item.span, "this step has no name");
                    None
                }
            },
            _ => {
                self.reader.expected(item, "a step, as `cycle` or `assign: [ada]`");
                None
            }
        }
    }

    fn bare_step(&mut self, name: &str, at: &Range<usize>, before: &mut EarlierSteps) -> Option<Action> {
        match name {
            "test-connection" => Some(Action::TestConnection),
            "cycle" => {
                before.cycle = true;
                Some(Action::Cycle)
            }
            "restart" => Some(Action::Restart { reset: String::new() }),
            "allow-deletes" => Some(Action::AllowDeletes),
            "retry-refused" => {
                self.after(before.at_once, at, "`at-once`");
                Some(Action::RetryRefused)
            }
            "expect-no-writes" => {
                self.after(before.cycle, at, "`cycle` or `on-demand`");
                Some(Action::ExpectNoWrites)
            }
            "expect-discoverable" => Some(Action::ExpectDiscoverable),
            "expect-bulk-limits" => Some(Action::ExpectBulkLimits),
            "expect-token-apart" => {
                self.second_tenant(at);
                Some(Action::ExpectTokenApart)
            }
            _ if steps::is_full(name) => {
                self.reader.refuse(at, format!("`{name}` needs more than its name"));
                None
            }
            _ => {
                self.reader.unknown(at, "step", name, steps::all_names());
                None
            }
        }
    }

    fn full_step(&mut self, key: &NodeKey, value: &Node, before: &mut EarlierSteps) -> Option<Action> {
        let everybody = |loader: &mut Self| loader.several(value, Wanted::Everybody, false);
        let people = |loader: &mut Self| loader.several(value, Wanted::People, false);
        Some(match key.name.as_str() {
            "on-demand" => {
                before.cycle = true;
                Action::OnDemand(everybody(self))
            }
            "restart" => Action::Restart { reset: self.reset(value)? },
            "change-mapping" => Action::ChangeMapping(self.mapping(value)?),
            "change-scope" => Action::ChangeScope { everyone: self.scope(value)? },
            "token" => Action::Token { right: self.reader.word(value, "token", &TOKENS)? },
            "discover" => {
                before.discover = true;
                let mut fields = self.reader.fields_of(value, &DISCOVER)?;
                let count = fields
                    .required(&mut self.reader, "count")
                    .and_then(|node| self.reader.whole_number(node, 1..=MOST_LISTED));
                fields.finish(&mut self.reader);
                Action::Discover { count: usize::try_from(count?).unwrap_or(usize::MAX) }
            }
            "advance" => Action::Advance { hours: self.hours(value)? },
            "appear" => Action::Appear(everybody(self)),
            "set" => Action::Set(self.set(value)?),
            "set-manager" => Action::SetManager(self.set_manager(value)?),
            "assign" => Action::Assign(everybody(self)),
            "unassign" => Action::Unassign(everybody(self)),
            "assign-role" => Action::AssignRole(self.role_changes(value)?),
            "unassign-role" => Action::UnassignRole(self.role_changes(value)?),
            "block-sign-in" => Action::BlockSignIn(people(self)),
            "allow-sign-in" => Action::AllowSignIn(people(self)),
            "soft-delete" => Action::SoftDelete(everybody(self)),
            "restore" => Action::Restore(everybody(self)),
            "purge" => Action::Purge(everybody(self)),
            "add-members" => Action::AddMembers(self.memberships(value)?),
            "remove-members" => Action::RemoveMembers(self.memberships(value)?),
            "sign-in" => {
                before.sign_in = true;
                self.sign_in(value)?
            }
            "expect-token" => {
                self.after(before.sign_in, &key.span, "`sign-in`");
                Action::ExpectToken(self.expect_token(value)?)
            }
            "request" => {
                before.request = true;
                Action::Request(self.request(value)?)
            }
            "expect-answer" => {
                self.after(before.request, &key.span, "`request`");
                Action::ExpectAnswer(self.expect_answer(value)?)
            }
            "at-once" => {
                before.at_once = true;
                Action::AtOnce(self.at_once(value)?)
            }
            "expect-answers" => {
                self.after(before.at_once, &key.span, "`at-once`");
                Action::ExpectAnswers(self.expect_answers(value)?)
            }
            "expect" => Action::Expect(self.expect(value)?),
            "expect-unseen" | "expect-untouchable" => {
                self.second_tenant(&key.span);
                let keys = everybody(self);
                if key.name == "expect-unseen" {
                    Action::ExpectUnseen(keys)
                } else {
                    Action::ExpectUntouchable(keys)
                }
            }
            "expect-settled" => Action::ExpectSettled(self.expect(value)?),
            "expect-walk" => Action::ExpectWalk(self.walk(value)?),
            "expect-mirrored" => Action::ExpectMirrored(everybody(self)),
            "expect-discovered" => {
                self.after(before.discover, &key.span, "`discover`");
                Action::ExpectDiscovered(people(self))
            }
            "expect-log" => {
                self.after(before.cycle, &key.span, "`cycle` or `on-demand`");
                Action::ExpectLog(self.expect_log(value)?)
            }
            "expect-job" => {
                self.after(before.cycle, &key.span, "`cycle` or `on-demand`");
                Action::ExpectJob(self.expect_job(value)?)
            }
            "expect-deprovisioned" => Action::ExpectDeprovisioned(everybody(self)),
            "expect-updated" => {
                self.after(before.cycle, &key.span, "`cycle` or `on-demand`");
                Action::ExpectUpdated(everybody(self))
            }
            "expect-pages" => self.pages(value)?,
            "update-attributes" => Action::UpdateAttributes(self.attribute_update(value)?),
            "sweep-attributes" => Action::SweepAttributes(self.sweep(value)?),
            "clear-attributes" => {
                let (of, null) = self.clearing(value)?;
                Action::ClearAttributes { of, null }
            }
            name if steps::is_bare(name) => {
                self.reader.refuse(&value.span, format!("`{name}` stands alone"));
                return None;
            }
            name => {
                self.reader.unknown(&key.span, "step", name, steps::all_names());
                return None;
            }
        })
    }

    /// Refuses an expectation that has nothing to look at.
    fn after(&mut self, happened: bool, at: &Range<usize>, what: &str) {
        if !happened {
            self.reader.refuse(at, format!("no step before this one is a {what}"));
        }
    }

    /// `30 days` or `1 hour`.
    pub(super) fn hours(&mut self, node: &Node) -> Option<u64> {
        let text = self.reader.text(node)?;
        let hours = text.split_once(' ').and_then(|(number, unit)| {
            let number: u64 = number.parse().ok()?;
            match unit {
                "hour" | "hours" => Some(number),
                "day" | "days" => number.checked_mul(24),
                _ => None,
            }
        });
        let hours = hours.filter(|hours| (1..=MOST_HOURS).contains(hours));
        if hours.is_none() {
            let problem = self.reader.problem(&node.span, format!("`{text}` is no time"));
            self.reader.note(problem.help("write `30 days` or `12 hours`, ten years at most"));
        }
        hours
    }

    fn set(&mut self, node: &Node) -> Option<IndexMap<String, IndexMap<String, Option<String>>>> {
        let mut changes = IndexMap::new();
        for (key, value) in self.reader.entries(node)? {
            if !self.known(&key.name, &key.span, Wanted::Everybody) {
                continue;
            }
            let kind = match self.names.what(&key.name) {
                Some(NameKind::Group) => ObjectKind::Group,
                _ => ObjectKind::User,
            };
            let Some(entries) = self.reader.entries(value) else { continue };
            let attributes = self.attributes(&entries.iter().collect::<Vec<_>>(), kind, &[]);
            changes.insert(key.name.clone(), attributes);
        }
        Some(changes)
    }

    fn set_manager(&mut self, node: &Node) -> Option<IndexMap<String, Option<String>>> {
        let mut changes = IndexMap::new();
        for (key, value) in self.reader.entries(node)? {
            let known = self.known(&key.name, &key.span, Wanted::People);
            let manager = match value.kind {
                NodeKind::Null => None,
                _ => Some(self.one(value, Wanted::Person)),
            };
            if let (true, None | Some(Some(_))) = (known, &manager) {
                changes.insert(key.name.clone(), manager.flatten());
            }
        }
        Some(changes)
    }

    fn role_changes(&mut self, node: &Node) -> Option<IndexMap<String, Vec<String>>> {
        let mut changes = IndexMap::new();
        for (key, value) in self.reader.entries(node)? {
            let known = self.known(&key.name, &key.span, Wanted::People);
            let roles = self.role_names(value);
            if known {
                changes.insert(key.name.clone(), roles);
            }
        }
        Some(changes)
    }

    fn memberships(&mut self, node: &Node) -> Option<IndexMap<String, Vec<String>>> {
        let mut memberships = IndexMap::new();
        for (key, value) in self.reader.entries(node)? {
            let known = self.known(&key.name, &key.span, Wanted::Group);
            let members = self.several(value, Wanted::Everybody, false);
            if known {
                memberships.insert(key.name.clone(), members);
            }
        }
        Some(memberships)
    }

    pub(super) fn request(&mut self, node: &Node) -> Option<RawRequest> {
        let mut fields = self.reader.fields_of(node, &REQUEST)?;
        let request = self.request_in(&mut fields);
        fields.finish(&mut self.reader);
        request
    }

    /// A request whose keys stand beside others.
    pub(super) fn request_in(&mut self, fields: &mut Fields<'_>) -> Option<RawRequest> {
        let tenant = fields.get("tenant").and_then(|node| {
            let tenant = self.reader.word(node, "tenant", &TENANTS)?;
            if tenant.is_second() {
                self.second_tenant(&node.span);
            }
            Some(tenant)
        });
        let method = fields
            .required(&mut self.reader, "method")
            .and_then(|node| self.reader.word(node, "method", &METHODS));
        let path = fields.required(&mut self.reader, "path").and_then(|node| self.path(node));
        let query = self.texts(fields.get("query"));
        let headers = self.texts(fields.get("headers"));
        let scheme = fields.get("scheme").and_then(|node| self.scheme(node));
        let body = fields.get("body").map(|node| {
            self.templates(node, false);
            node.to_json()
        });
        let text = fields.get("text").and_then(|node| {
            let text = self.reader.text(node)?;
            if body.is_some() {
                self.reader.refuse(&node.span, "a request has a `body` or a `text`, not both");
            }
            self.template(&text, &node.span, false);
            Some(text)
        });
        let provoked = fields.get("provoked").and_then(|node| self.reader.boolean(node)).unwrap_or(false);
        let capture = fields.get("as").and_then(|node| {
            let name = self.reader.text(node)?;
            // A later request may answer under the same name again.
            if self.names.what(&name) != Some(NameKind::Capture) {
                self.learn(&NodeKey { name: name.clone(), span: node.span.clone() }, NameKind::Capture);
            }
            Some(name)
        });
        Some(RawRequest {
            tenant: tenant.unwrap_or_default(),
            method: method?,
            path: path?,
            query,
            headers,
            scheme,
            body,
            text,
            capture,
            provoked,
        })
    }

    fn path(&mut self, node: &Node) -> Option<String> {
        let path = self.reader.text(node)?;
        self.template(&path, &node.span, false);
        let help = if !path.starts_with('/') {
            "a path begins with `/` and continues the base URL, as `/Users`"
        } else if path.contains('?') {
            "write the query as `query: { filter: … }`, unencoded"
        } else {
            return Some(path);
        };
        let problem = self.reader.problem(&node.span, format!("`{path}` is no path"));
        self.reader.note(problem.help(help));
        None
    }

    /// A map of texts in which templates may stand.
    pub(super) fn texts(&mut self, node: Option<&Node>) -> IndexMap<String, String> {
        let Some(entries) = node.and_then(|node| self.reader.entries(node)) else { return IndexMap::new() };
        let mut texts = IndexMap::new();
        for (key, value) in entries {
            if let Some(text) = self.reader.text(value) {
                self.template(&text, &value.span, false);
                texts.insert(key.name.clone(), text);
            }
        }
        texts
    }
}
