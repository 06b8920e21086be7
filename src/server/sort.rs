//! The order of a list: `sortBy` and `sortOrder` (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::evaluate::Values;
use super::model::Model;
use super::render::RenderedResource;
use super::reply::ReplyOutcome;
use super::store::folded;
use super::values::{invalid_value, is_primary};
use crate::scim::schema::{AttributeType, Returned};
use crate::scim::{AttributePath, datetime, same_name};

/// An order as asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    by: AttributePath,
    descending: bool,
}

/// What a resource is sorted by. Values of one attribute are all of one kind.
#[derive(Debug, PartialEq)]
enum SortKey {
    Text(String),
    Number(f64),
    Instant(Timestamp),
    Flag(bool),
}

impl SortKey {
    fn compare(&self, other: &SortKey) -> Ordering {
        match (self, other) {
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
            (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(b),
            (SortKey::Instant(a), SortKey::Instant(b)) => a.cmp(b),
            (SortKey::Flag(a), SortKey::Flag(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}

impl Order {
    /// Reads both parameters; `None` without `sortBy`, whatever `sortOrder` says.
    ///
    /// # Errors
    /// `invalidValue` for a path that cannot be read and for an order that is none.
    pub(super) fn read(by: Option<&str>, order: Option<&str>) -> ReplyOutcome<Option<Self>> {
        let Some(by) = by.map(str::trim).filter(|by| !by.is_empty()) else { return Ok(None) };
        let by = by.parse().map_err(|error| invalid_value(format!("sortBy \"{by}\": {error}")))?;
        let descending = match order.map(str::trim) {
            None | Some("") => false,
            Some(order) if same_name(order, "ascending") => false,
            Some(order) if same_name(order, "descending") => true,
            Some(other) => {
                return Err(invalid_value(format!("sortOrder is ascending or descending, not \"{other}\"")));
            }
        };
        Ok(Some(Order { by, descending }))
    }

    /// Checks that resources of one type can be sorted so.
    ///
    /// # Errors
    /// `invalidValue` when they have no such attribute, or never show it.
    pub(super) fn check(&self, model: &Model) -> ReplyOutcome<()> {
        match model.find_path(&self.by) {
            Some(place) if place.attribute.returned != Returned::Never => Ok(()),
            _ => Err(invalid_value(format!(
                "sortBy: a {} has no attribute \"{}\"",
                model.kind.name(),
                self.by
            ))),
        }
    }

    /// Puts resources in order; those that are equal stay as they are.
    pub(super) fn sort(&self, found: &mut Vec<RenderedResource<'_>>) {
        let mut keyed: Vec<(Option<SortKey>, RenderedResource<'_>)> =
            found.drain(..).map(|shown| (self.key(&shown), shown)).collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let order = match (a, b) {
                (Some(a), Some(b)) => a.compare(b),
                // Who has no value is last, or first in descending order.
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            if self.descending { order.reverse() } else { order }
        });
        found.extend(keyed.into_iter().map(|(_, shown)| shown));
    }

    /// The value that counts: of several the primary one, or the first.
    fn key(&self, shown: &RenderedResource<'_>) -> Option<SortKey> {
        let place = shown.model.find_path(&self.by)?;
        let value = shown.value(place.extension, place.attribute)?;
        let element = match &*value {
            Value::Array(elements) => {
                elements.iter().find(|element| is_primary(element)).or(elements.first())?
            }
            single => single,
        };
        let leaf = place.leaf();
        let value = match element {
            Value::Object(members) => members.get(&leaf.name)?,
            simple => simple,
        };
        match (leaf.kind, value) {
            (AttributeType::DateTime, Value::String(text)) => datetime::parse(text).map(SortKey::Instant),
            (_, Value::String(text)) if leaf.case_exact => Some(SortKey::Text(text.clone())),
            (_, Value::String(text)) => Some(SortKey::Text(folded(text))),
            (_, Value::Number(number)) => number.as_f64().map(SortKey::Number),
            (_, Value::Bool(flag)) => Some(SortKey::Flag(*flag)),
            _ => None,
        }
    }
}
