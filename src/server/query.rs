//! Queries: filter, order, paging and projection, from a URL or from a `.search` body (RFC 7644 §3.4.2, §3.4.3).

use serde_json::{Map, Value, json};

use super::call::ServerRequest;
use super::cursors::{CursorPage, Walks};
use super::evaluate::{self, Operators};
use super::model::ServedKind;
use super::projection::Projection;
use super::render::{RenderedResource, Rendering};
use super::reply::ReplyOutcome;
use super::sort::Order;
use super::store::{StoreKey, StoredResource};
use super::values::invalid_value;
use super::variants::Variant;
use crate::scim::message::{ErrorMessage, ScimType};
use crate::scim::{Filter, member, urn};

/// Resources on one page at most; ServiceProviderConfig says so.
pub(super) const MAX_RESULTS: usize = 1000;

/// A query as asked.
#[derive(Debug)]
pub(super) struct Query {
    filter: Option<Filter>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    /// An empty one asks for the first page.
    cursor: Option<String>,
    /// From 1.
    start: usize,
    count: usize,
    projection: Projection,
}

/// `attributes` and `excludedAttributes` of a URL.
pub(super) fn projection(call: &ServerRequest) -> Projection {
    let excluded = call.parameter("excludedAttributes").unwrap_or("");
    Projection::new(call.parameter("attributes").map(|names| names.split(',')), excluded.split(','))
}

impl Query {
    /// Reads a URL's parameters.
    ///
    /// # Errors
    /// `invalidFilter` for a filter that cannot be read, `invalidValue` for paging that is no number.
    pub(super) fn of_url(call: &ServerRequest) -> ReplyOutcome<Self> {
        let number = |name: &str| call.parameter(name).map(|text| whole(name, text)).transpose();
        let text = |name: &str| call.parameter(name).map(str::to_owned);
        let query =
            Query::new(call.parameter("filter"), number("startIndex")?, number("count")?, projection(call))?;
        Ok(Query { sort_by: text("sortBy"), sort_order: text("sortOrder"), cursor: text("cursor"), ..query })
    }

    /// Reads the body of a `.search`.
    ///
    /// # Errors
    /// `invalidSyntax` when it is no SearchRequest, else as [`Query::of_url`].
    pub(super) fn of_search(body: &Value) -> ReplyOutcome<Self> {
        let syntax = |detail: String| Err(ErrorMessage::of(ScimType::InvalidSyntax, detail));
        let schemas = member(body, "schemas").and_then(Value::as_array);
        if !schemas.is_some_and(|urns| urns.iter().any(|text| text == urn::SEARCH_REQUEST)) {
            return syntax(format!("`schemas` must hold {}", urn::SEARCH_REQUEST));
        }
        let filter = match member(body, "filter") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.as_str()),
            Some(other) => return syntax(format!("`filter` is a string, not {other}")),
        };
        let number = |name: &str| match member(body, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => whole(name, &number.to_string()).map(Some),
            Some(Value::String(text)) => whole(name, text).map(Some),
            Some(other) => Err(invalid_value(format!("{name} is a whole number, not {other}"))),
        };
        // Lists of names; a single string with commas is what careless clients write.
        let names = |name: &str| -> Option<Vec<&str>> {
            match member(body, name)? {
                Value::Array(names) => Some(names.iter().filter_map(Value::as_str).collect()),
                Value::String(names) => Some(names.split(',').collect()),
                _ => None,
            }
        };
        let projection =
            Projection::new(names("attributes"), names("excludedAttributes").unwrap_or_default());
        let text = |name: &str| member(body, name).and_then(Value::as_str).map(str::to_owned);
        let query = Query::new(filter, number("startIndex")?, number("count")?, projection)?;
        Ok(Query { sort_by: text("sortBy"), sort_order: text("sortOrder"), cursor: text("cursor"), ..query })
    }

    fn new(
        filter: Option<&str>,
        start: Option<i64>,
        count: Option<i64>,
        projection: Projection,
    ) -> ReplyOutcome<Self> {
        let filter = filter
            .map(|text| {
                text.trim().parse::<Filter>().map_err(|error| {
                    ErrorMessage::of(ScimType::InvalidFilter, format!("filter `{text}`: {error}"))
                })
            })
            .transpose()?;
        // RFC 7644 §3.4.2.4: an index below 1 is 1, a negative count is 0.
        let start = usize::try_from(start.unwrap_or(1).max(1)).unwrap_or(usize::MAX);
        let count = count.map_or(MAX_RESULTS, |count| usize::try_from(count.max(0)).unwrap_or(MAX_RESULTS));
        let count = count.min(MAX_RESULTS);
        Ok(Query { filter, sort_by: None, sort_order: None, cursor: None, start, count, projection })
    }

    /// Answers the query with a ListResponse.
    ///
    /// # Errors
    /// `invalidFilter` when the filter fits none of the resource types, `invalidValue` when the order does
    /// not, and what [`Walks::turn`] says of cursors.
    pub(super) fn answer(
        &self,
        view: Rendering<'_>,
        kinds: &[ServedKind],
        walks: &mut Walks,
    ) -> ReplyOutcome<Value> {
        let cursor = self.cursor.as_deref().filter(|_| !view.is(Variant::NoCursors));
        let Some(cursor) = cursor else {
            let found = self.found(view, kinds)?;
            let total = found.len();
            let page = found.into_iter().skip(self.start - 1).take(self.count);
            let resources: Vec<Value> = page.map(|shown| shown.to_json(&self.projection)).collect();
            return Ok(list(view, total, self.start, resources));
        };
        let asked = format!("{kinds:?} {:?} {:?} {:?}", self.filter, self.sort_by, self.sort_order);
        let query = walks.fingerprint(&asked);
        let page = if cursor.is_empty() {
            let found = self.found(view, kinds)?;
            let found = found.iter().map(|shown| (shown.model.kind, shown.record.id.clone())).collect();
            walks.begin(query, self.count, found)
        } else {
            walks.turn(cursor, query, self.count)?
        };
        Ok(self.cursor_page(view, page))
    }

    /// A page of a walk (RFC 9865 §2).
    fn cursor_page(&self, view: Rendering<'_>, page: CursorPage) -> Value {
        let shown = |(kind, id): &(ServedKind, String)| {
            view.store.get(*kind, id).map(|record| view.show(*kind, record).to_json(&self.projection))
        };
        let resources: Vec<Value> = page.found.iter().filter_map(shown).collect();
        let mut body = Map::new();
        body.insert("schemas".into(), json!([urn::LIST_RESPONSE]));
        body.insert("totalResults".into(), page.total.into());
        body.insert("itemsPerPage".into(), resources.len().into());
        for (name, cursor) in [("previousCursor", page.previous), ("nextCursor", page.next)] {
            if let Some(cursor) = cursor {
                body.insert(name.into(), cursor.into());
            }
        }
        body.insert("Resources".into(), Value::Array(resources));
        Value::Object(body)
    }

    /// Everything that the query finds, in order.
    fn found<'a>(
        &self,
        view: Rendering<'a>,
        kinds: &[ServedKind],
    ) -> ReplyOutcome<Vec<RenderedResource<'a>>> {
        let order = match view.is(Variant::NoSort) {
            true => None,
            false => Order::read(self.sort_by.as_deref(), self.sort_order.as_deref())?,
        };
        let mut refusal = None;
        let mut found: Vec<RenderedResource<'a>> = Vec::new();
        for kind in
            kinds.iter().copied().filter(|kind| *kind == ServedKind::User || !view.is(Variant::UsersOnly))
        {
            let sorted = order.as_ref().map_or(Ok(()), |order| order.check(view.model(kind)));
            match self.check(view, kind).and(sorted) {
                Ok(()) => found.extend(self.find(view, kind)),
                Err(error) => refusal = Some(error),
            }
        }
        // Across resource types an attribute that one of them lacks has no value there.
        if let Some(error) = refusal.filter(|_| kinds.len() == 1 || found.is_empty()) {
            return Err(error);
        }
        if let Some(order) = order {
            order.sort(&mut found);
        }
        Ok(found)
    }

    fn check(&self, view: Rendering<'_>, kind: ServedKind) -> ReplyOutcome<()> {
        let Some(filter) = &self.filter else { return Ok(()) };
        if view.is(Variant::ExternalIdFilterRefused) && mentions(filter, "externalId") {
            let detail = "externalId cannot be searched for on this server";
            return Err(ErrorMessage::of(ScimType::InvalidFilter, detail));
        }
        let operators = if view.is(Variant::EqOnly) { Operators::EqualAndAnd } else { Operators::All };
        evaluate::check(view.model(kind), filter, operators)
    }

    fn find<'a>(&self, view: Rendering<'a>, kind: ServedKind) -> Vec<RenderedResource<'a>> {
        let model = view.model(kind);
        let store = view.store;
        let Some(filter) = &self.filter else {
            return store.all(kind).map(|record| view.show(kind, record)).collect();
        };
        let fits = |record: &&'a StoredResource| evaluate::holds(model, filter, &view.show(kind, record));
        let demanded = |name: &str| evaluate::demanded(filter, name);
        let found: Vec<&StoredResource> = if let Some(id) = demanded("id") {
            store.get(kind, id).into_iter().filter(fits).collect()
        } else if let Some(name) = demanded(kind.unique_attribute()) {
            store.with(kind, StoreKey::Name, name).filter(fits).collect()
        } else if let Some(id) = demanded("externalId") {
            store.with(kind, StoreKey::ExternalId, id).filter(fits).collect()
        } else {
            store.all(kind).filter(fits).collect()
        };
        found.into_iter().map(|record| view.show(kind, record)).collect()
    }
}

/// A ListResponse.
pub(super) fn list(view: Rendering<'_>, total: usize, start: usize, resources: Vec<Value>) -> Value {
    let mut body = Map::new();
    body.insert("schemas".into(), json!([urn::LIST_RESPONSE]));
    body.insert("totalResults".into(), total.into());
    let complete = resources.len() == total && start == 1;
    if !(complete && view.is(Variant::NoPagingFieldsOnFullLists)) {
        body.insert("startIndex".into(), start.into());
        body.insert("itemsPerPage".into(), resources.len().into());
    }
    if !(total == 0 && view.is(Variant::ResourcesAbsentAtZero)) {
        body.insert("Resources".into(), Value::Array(resources));
    }
    Value::Object(body)
}

fn whole(name: &str, text: &str) -> ReplyOutcome<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid_value(format!("{name} is a whole number, not \"{text}\"")));
    }
    // Whatever does not fit is as good as the largest number.
    Ok(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

fn mentions(filter: &Filter, name: &str) -> bool {
    match filter {
        Filter::And(left, right) | Filter::Or(left, right) => mentions(left, name) || mentions(right, name),
        Filter::Not(inner) => mentions(inner, name),
        Filter::Present(path) | Filter::Compare(path, ..) => path.is(name),
        Filter::Element(..) | Filter::Selected(..) => false,
    }
}
