use std::cmp::Reverse;

use serde_json::Value;

use super::atom::Atom;
use super::error::ODataError;
use super::path::Path;
use super::scanner::Scanner;

/// One property of `$orderby`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    /// What is compared.
    pub path: Path,
    /// Largest first, and `null` last.
    pub descending: bool,
}

impl OrderBy {
    /// Reads `activityDateTime desc,id`.
    pub(super) fn list(text: &str) -> Result<Vec<OrderBy>, ODataError> {
        let mut scanner = Scanner::new(text);
        let mut list = Vec::new();
        loop {
            scanner.skip_space();
            let path = scanner.path()?;
            if scanner.peek() == Some('(') {
                return Err(ODataError::new("does not support functions").at(scanner.position));
            }
            scanner.skip_space();
            let descending = scanner.eat_word("desc");
            if !descending {
                scanner.eat_word("asc");
            }
            list.push(OrderBy { path, descending });
            scanner.skip_space();
            if scanner.peek().is_none() {
                return Ok(list);
            }
            if !scanner.eat(',') {
                return Err(scanner.expected("`asc`, `desc` or `,`"));
            }
        }
    }
}

/// Sorts objects by their properties; those that are equal in all of them keep their order.
///
/// `null` is less than everything, texts are compared without letter case, and dates as instants.
pub fn order(items: &mut [Value], by: &[OrderBy]) {
    items.sort_by_cached_key(|item| {
        let key = |OrderBy { path, descending }: &OrderBy| {
            let atom = Atom::of(path.value(item));
            if *descending { Key::Descending(Reverse(atom)) } else { Key::Ascending(atom) }
        };
        by.iter().map(key).collect::<Vec<_>>()
    });
}

/// In one place of the list all are of one kind.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Ascending(Atom),
    Descending(Reverse<Atom>),
}
