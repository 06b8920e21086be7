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
    /// By one property, the smallest first.
    #[must_use]
    pub fn ascending(name: &str) -> Self {
        OrderBy { path: Path(vec![name.to_owned()]), descending: false }
    }

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
    items.sort_by_cached_key(|item| keys(by.iter().map(|by| by.path.value(item)), by));
}

/// What gives an object its place in that order.
#[must_use]
pub fn place(item: &Value, by: &[OrderBy]) -> Vec<Value> {
    by.iter().map(|by| by.path.value(item).cloned().unwrap_or_default()).collect()
}

/// True when an object comes after such a place, whether or not the object of the place is still there.
#[must_use]
pub fn follows(item: &Value, place: &[Value], by: &[OrderBy]) -> bool {
    keys(by.iter().map(|by| by.path.value(item)), by) > keys(place.iter().map(Some), by)
}

fn keys<'a>(values: impl Iterator<Item = Option<&'a Value>>, by: &[OrderBy]) -> Vec<Key> {
    let key = |(value, by): (Option<&Value>, &OrderBy)| {
        let atom = Atom::of(value);
        if by.descending { Key::Descending(Reverse(atom)) } else { Key::Ascending(atom) }
    };
    values.zip(by).map(key).collect()
}

/// In one place of the list all are of one kind.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Ascending(Atom),
    Descending(Reverse<Atom>),
}
