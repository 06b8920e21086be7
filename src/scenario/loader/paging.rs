//! Which list a step reads in pages, and how.

use super::Loader;
use crate::wire::ResourceKind;
use crate::yaml::Fields;

pub(super) const LISTED: [(&str, ResourceKind); 2] =
    [("users", ResourceKind::User), ("groups", ResourceKind::Group)];
pub(super) const PAGED: [(&str, bool); 2] = [("index", false), ("cursor", true)];

/// The largest page.
pub(super) const MOST_LISTED: u64 = 10_000;

/// What could be read of it; the mistakes are noted.
pub(super) struct Paging {
    pub(super) kind: Option<ResourceKind>,
    /// Page size.
    pub(super) count: Option<usize>,
    /// By cursor; otherwise by index.
    pub(super) by_cursor: Option<bool>,
}

impl Loader<'_> {
    /// `of: users, count: 5, by: cursor`
    pub(super) fn paging(&mut self, fields: &mut Fields<'_>) -> Paging {
        let kind =
            fields.required(&mut self.reader, "of").and_then(|node| self.reader.word(node, "list", &LISTED));
        let count = fields
            .required(&mut self.reader, "count")
            .and_then(|node| self.reader.whole_number(node, 1..=MOST_LISTED));
        let by_cursor = match fields.get("by") {
            Some(node) => self.reader.word(node, "way to page", &PAGED),
            None => Some(false),
        };
        let count = count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        Paging { kind, count, by_cursor }
    }
}
