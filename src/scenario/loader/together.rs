//! Steps about requests that are under way at the same time, and about lists that change while they are
//! read.

use super::Loader;
use super::keys::{ANSWERS, TOGETHER, WALK};
use super::names::{NameKind, Wanted};
use super::paging::Paging;
use crate::scenario::{AnswersExpectation, Successes, Together, WalkExpectation};
use crate::wire::Method;
use crate::yaml::{Node, NodeKind};

/// More requests of a kind than this are a slip.
pub(super) const MOST_TIMES: u64 = 1000;

impl Loader<'_> {
    /// `[{ each: crowd, method: PATCH, … }, { times: 2, method: POST, … }]`
    pub(super) fn at_once(&mut self, node: &Node) -> Option<Vec<Together>> {
        let items = self.reader.list(node)?;
        if items.is_empty() {
            self.reader.refuse(&node.span, "nothing is sent here");
        }
        Some(items.iter().filter_map(|item| self.together(item)).collect())
    }

    fn together(&mut self, node: &Node) -> Option<Together> {
        let mut fields = self.reader.fields_of(node, &TOGETHER)?;
        let each = fields.get("each");
        let times = fields.get("times").and_then(|node| self.reader.whole_number(node, 2..=MOST_TIMES));
        let each = match each {
            Some(node) => Some(self.one(node, Wanted::People)?),
            None => None,
        };
        if let Some((name, node)) = each.as_ref().zip(fields.get("each"))
            && !matches!(self.names.what(name), Some(NameKind::Person(Some(_))))
        {
            let problem = self.reader.problem(&node.span, format!("`{name}` is one person"));
            self.reader.note(problem.help("`each` stands for one after the other of a `many`"));
        }
        let request = match each {
            Some(_) => self.with_each(|loader| loader.request_in(&mut fields)),
            None => self.request_in(&mut fields),
        };
        fields.finish(&mut self.reader);
        let times = times.and_then(|times| usize::try_from(times).ok()).unwrap_or(1);
        Some(Together { each, times, request: request? })
    }

    /// `{ succeeded: all }`, `{ succeeded: 1, others: [409] }`
    pub(super) fn expect_answers(&mut self, node: &Node) -> Option<AnswersExpectation> {
        let mut fields = self.reader.fields_of(node, &ANSWERS)?;
        let succeeded = fields.required(&mut self.reader, "succeeded").and_then(|node| match node.kind {
            NodeKind::Text(_) => self.reader.word(node, "number", &[("all", Successes::All)]),
            _ => {
                let number = self.reader.whole_number(node, 0..=MOST_TIMES)?;
                Some(Successes::Exactly(usize::try_from(number).ok()?))
            }
        });
        let others = self.statuses(fields.get("others"));
        fields.finish(&mut self.reader);
        Some(AnswersExpectation { succeeded: succeeded?, others })
    }

    /// `{ of: users, count: 2, by: cursor, between: [{ method: POST, … }] }`
    pub(super) fn walk(&mut self, node: &Node) -> Option<WalkExpectation> {
        let mut fields = self.reader.fields_of(node, &WALK)?;
        let Paging { kind, count, by_cursor } = self.paging(&mut fields);
        let mut between = Vec::new();
        let items = fields
            .required(&mut self.reader, "between")
            .and_then(|node| self.reader.list(node))
            .unwrap_or(&[]);
        for item in items {
            let Some(request) = self.request(item) else { continue };
            if request.method == Method::Delete && by_cursor == Some(false) {
                let problem = self.reader.problem(&item.span, "pages by index shift when somebody goes");
                let help = "a correct server skips users behind the deleted one too (RFC 7644 §3.4.2.4); \
                            write `by: cursor`, or delete nobody";
                self.reader.note(problem.help(help));
            }
            between.push(request);
        }
        fields.finish(&mut self.reader);
        Some(WalkExpectation { kind: kind?, count: count?, by_cursor: by_cursor?, between })
    }
}
