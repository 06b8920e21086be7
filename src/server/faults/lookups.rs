//! Faults of the queries by which Entra finds out whether it knows somebody.

use serde_json::{Value, json};

use super::context::{
    Effect, FaultContext, fail, is_disabled, is_from_entra, listed, patched, queried, read, refuse, withhold,
};
use super::fault::faults;
use crate::scim::message::ScimType;
use crate::scim::{Comparison, Filter, Literal};
use crate::server::call::ServerRequest;
use crate::server::evaluate::demanded;
use crate::server::model::ServedKind;
use crate::server::reply::Reply;

faults! {
    /// Queries of users ignore their filter and return every user.
    FILTER_IGNORED = "filter-ignored", Named, filter_ignored;
    /// Queries of groups ignore their filter and return every group.
    GROUP_FILTER_IGNORED = "group-filter-ignored", Named, group_filter_ignored;
    /// A filter on `externalId` is ignored, and every user is returned.
    EXTERNAL_ID_FILTER_IGNORED = "external-id-filter-ignored", Named, external_id_filter_ignored;
    /// A filter without a match returns 404.
    NOT_FOUND_FOR_NO_MATCH = "not-found-for-no-match", Named, not_found_for_no_match;
    /// `eq` matches values that only contain the one asked for.
    EQ_AS_CONTAINS = "eq-as-contains", Named, eq_as_contains;
    /// `eq` matches values that only begin with the one asked for.
    EQ_AS_PREFIX = "eq-as-prefix", Named, eq_as_prefix;
    /// A filter with an apostrophe returns 500.
    APOSTROPHE_BREAKS_FILTER = "apostrophe-breaks-filter", Named, apostrophe_breaks_filter;
    /// A filter's string ends at its first apostrophe.
    FILTER_ENDS_AT_APOSTROPHE = "filter-ends-at-apostrophe", Named, filter_ends_at_apostrophe;
    /// A filter of groups with a dot in its string returns 400.
    DOT_BREAKS_GROUP_FILTER = "dot-breaks-group-filter", Named, dot_breaks_group_filter;
    /// A list of groups without a filter returns 400.
    GROUP_LIST_NEEDS_FILTER = "group-list-needs-filter", Named, group_list_needs_filter;
    /// A filter with letters beyond ASCII returns 400.
    NON_ASCII_BREAKS_FILTER = "non-ascii-breaks-filter", Named, non_ascii_breaks_filter;
    /// Backslash escapes in a filter are not decoded, so values with quotes are never found.
    ESCAPES_NOT_DECODED = "escapes-not-decoded", Named, escapes_not_decoded;
    /// The query string is decoded twice, so that a plus becomes a space.
    QUERY_DECODED_TWICE = "query-decoded-twice", Named, query_decoded_twice;
    /// A filter is cut at the name of an operator inside its string.
    FILTER_SPLIT_AT_OPERATORS = "filter-split-at-operators", Named, filter_split_at_operators;
    /// A filter's string ends at its first space.
    FILTER_SPLITS_AT_SPACES = "filter-splits-at-spaces", Named, filter_splits_at_spaces;
    /// A filter on `userName` is rejected.
    USER_NAME_FILTER_REFUSED = "user-name-filter-refused", Named, user_name_filter_refused;
    /// A filter without a match returns the first resource.
    FILTERS_ANSWER_FIRST_RESOURCE = "filters-answer-first-resource", Swap, filters_answer_first_resource;
    /// Filters never match.
    FILTERS_FIND_NOTHING = "filters-find-nothing", Hide, filters_find_nothing;
    /// Filters with a value path never match.
    VALUE_PATH_FILTERS_FIND_NOTHING = "value-path-filters-find-nothing", Hide, value_path_filters_find_nothing;
    /// `userName` is case-sensitive, in filters and for uniqueness.
    USER_NAME_CASE_EXACT = "user-name-case-exact", Named, user_name_case_exact;
    /// `userName` is case-sensitive in filters, but not for uniqueness.
    USER_NAME_FILTER_CASE_EXACT = "user-name-filter-case-exact", Named, user_name_filter_case_exact;
    /// `displayName` of groups is case-sensitive in filters.
    GROUP_NAME_CASE_EXACT = "group-name-case-exact", Named, group_name_case_exact;
    /// A filter on an unknown `userName` creates a user with that name.
    LOOKUP_CREATES_USER = "lookup-creates-user", Named, lookup_creates_user;
    /// Filters find only users that Entra created.
    HIDES_ACCOUNTS_MADE_ELSEWHERE = "hides-accounts-made-elsewhere", Named, hides_accounts_made_elsewhere;
    /// After a rename, filters find the user by the old `userName`.
    STALE_USER_NAME_INDEX = "stale-user-name-index", Stale, stale_user_name_index;
    /// Disabled users return 404 by id and are missing from lists.
    HIDES_DISABLED_USERS = "hides-disabled-users", Named, hides_disabled_users;
    /// Disabled users can be read by id, but filters do not find them.
    LISTS_HIDE_DISABLED_USERS = "lists-hide-disabled-users", Named, lists_hide_disabled_users;
}

/// Rewrites the filter of a query, if it can be read.
pub(super) fn refilter(call: &mut ServerRequest, rewrite: impl Fn(Filter) -> Filter) {
    let parsed = queried(call).and_then(|(_, text)| text.parse::<Filter>().ok());
    if let Some(filter) = parsed {
        call.forget_parameter("filter");
        call.parameters.push(("filter".into(), rewrite(filter).to_string()));
    }
}

/// Rewrites every comparison of a filter.
pub(super) fn each_comparison(
    filter: Filter,
    rewrite: &impl Fn(Comparison, Literal) -> (Comparison, Literal),
) -> Filter {
    let boxed = |inner: Box<Filter>| Box::new(each_comparison(*inner, rewrite));
    match filter {
        Filter::And(left, right) => Filter::And(boxed(left), boxed(right)),
        Filter::Or(left, right) => Filter::Or(boxed(left), boxed(right)),
        Filter::Not(inner) => Filter::Not(boxed(inner)),
        Filter::Element(path, inner) => Filter::Element(path, boxed(inner)),
        Filter::Selected(path, inner, last) => Filter::Selected(path, boxed(inner), boxed(last)),
        Filter::Compare(path, comparison, literal) => {
            let (comparison, literal) = rewrite(comparison, literal);
            Filter::Compare(path, comparison, literal)
        }
        Filter::Present(path) => Filter::Present(path),
    }
}

/// Rewrites every string a filter compares with.
fn each_text(call: &mut ServerRequest, rewrite: fn(&str) -> String) {
    refilter(call, |filter| {
        each_comparison(filter, &|comparison, literal| match literal {
            Literal::Text(text) => (comparison, Literal::Text(rewrite(&text))),
            other => (comparison, other),
        })
    });
}

/// A filter nothing fits.
pub(super) fn nothing() -> Filter {
    Filter::Compare(crate::scim::AttributePath::simple("id"), Comparison::Equal, Literal::Text("-".into()))
}

fn filter_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() {
            call.forget_parameter("filter");
        }
        None
    })
}

fn group_filter_ignored() -> Effect {
    Effect::before(|call, _| {
        if listed(call) == Some(ServedKind::Group) {
            call.forget_parameter("filter");
        }
        None
    })
}

fn external_id_filter_ignored() -> Effect {
    Effect::before(|call, _| {
        if queried(call).is_some_and(|(_, filter)| filter.to_ascii_lowercase().contains("externalid")) {
            call.forget_parameter("filter");
        }
        None
    })
}

fn not_found_for_no_match() -> Effect {
    Effect::after(|call, reply, _| {
        if queried(call).is_some() && reply.body().is_some_and(|body| body["totalResults"] == 0) {
            *reply = fail(404, "nothing matches the filter");
        }
    })
}

/// Reads `eq` with a text as another operator.
fn eq_read_as(call: &mut ServerRequest, wrong: Comparison) {
    refilter(call, |filter| {
        each_comparison(filter, &|comparison, literal| match (comparison, literal) {
            (Comparison::Equal, Literal::Text(text)) => (wrong, Literal::Text(text)),
            other => other,
        })
    });
}

fn eq_as_contains() -> Effect {
    Effect::before(|call, _| {
        eq_read_as(call, Comparison::Contains);
        None
    })
}

fn eq_as_prefix() -> Effect {
    Effect::before(|call, _| {
        eq_read_as(call, Comparison::StartsWith);
        None
    })
}

fn apostrophe_breaks_filter() -> Effect {
    Effect::before(|call, _| {
        let (_, filter) = queried(call)?;
        filter.contains('\'').then(|| fail(500, "syntax error at or near the apostrophe"))
    })
}

fn filter_ends_at_apostrophe() -> Effect {
    Effect::before(|call, _| {
        each_text(call, |text| text.split('\'').next().unwrap_or("").to_owned());
        None
    })
}

fn dot_breaks_group_filter() -> Effect {
    Effect::before(|call, _| {
        let (_, filter) = queried(call).filter(|(kind, _)| *kind == ServedKind::Group)?;
        let value = filter.split('"').nth(1)?;
        value.contains('.').then(|| refuse(ScimType::InvalidFilter, "the filter's path cannot be read"))
    })
}

fn group_list_needs_filter() -> Effect {
    Effect::before(|call, _| {
        let whole = listed(call) == Some(ServedKind::Group) && call.parameter("filter").is_none();
        whole.then(|| refuse(ScimType::TooMany, "a list of groups needs a filter"))
    })
}

fn non_ascii_breaks_filter() -> Effect {
    Effect::before(|call, _| {
        let (_, filter) = queried(call)?;
        (!filter.is_ascii()).then(|| refuse(ScimType::InvalidFilter, "the filter cannot be read"))
    })
}

fn escapes_not_decoded() -> Effect {
    Effect::before(|call, _| {
        each_text(call, |text| text.replace('\\', "\\\\").replace('"', "\\\""));
        None
    })
}

fn query_decoded_twice() -> Effect {
    Effect::before(|call, _| {
        each_text(call, |text| {
            let spaced = text.replace('+', " ");
            percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        });
        None
    })
}

fn filter_split_at_operators() -> Effect {
    Effect::before(|call, _| {
        each_text(call, |text| {
            let cut = [" and ", " or ", " eq ", " not "].iter().filter_map(|word| text.find(word)).min();
            text[..cut.unwrap_or(text.len())].to_owned()
        });
        None
    })
}

fn filter_splits_at_spaces() -> Effect {
    Effect::before(|call, _| {
        each_text(call, |text| text.split(' ').next().unwrap_or("").to_owned());
        None
    })
}

fn user_name_filter_refused() -> Effect {
    Effect::before(|call, _| {
        let (_, filter) = queried(call).filter(|(kind, _)| *kind == ServedKind::User)?;
        let names = filter.to_ascii_lowercase().contains("username");
        names.then(|| refuse(ScimType::InvalidFilter, "userName cannot be searched for"))
    })
}

fn filters_answer_first_resource() -> Effect {
    Effect::after(|call, reply, context| {
        // Nobody fits, so the first who comes to hand is answered.
        if let Some((kind, _)) = queried(call)
            && reply.body().is_some_and(|body| body["totalResults"] == 0)
            && let Some(first) =
                context.store.all(kind).next().and_then(|first| context.show(call, kind, &first.id))
            && let Some(body) = reply.body_mut()
        {
            body["totalResults"] = 1.into();
            body["itemsPerPage"] = 1.into();
            body["Resources"] = json!([first]);
        }
    })
}

fn filters_find_nothing() -> Effect {
    Effect::before(|call, _| {
        refilter(call, |_| nothing());
        None
    })
}

fn value_path_filters_find_nothing() -> Effect {
    Effect::before(|call, _| {
        refilter(call, |filter| match filter {
            Filter::Element(..) | Filter::Selected(..) => nothing(),
            other => other,
        });
        None
    })
}

fn user_name_case_exact() -> Effect {
    Effect::before(|_, context| {
        context.store.exact_user_names = true;
        None
    })
}

fn user_name_filter_case_exact() -> Effect {
    Effect::after(|call, reply, _| {
        let Some((ServedKind::User, text)) = queried(call) else { return };
        let filter = text.parse::<Filter>().ok();
        if let Some(name) = filter.as_ref().and_then(|filter| demanded_name(filter, ServedKind::User)) {
            withhold(reply, |user| user["userName"] != name);
        }
    })
}

fn group_name_case_exact() -> Effect {
    Effect::after(|call, reply, _| {
        let Some((ServedKind::Group, text)) = queried(call) else { return };
        let filter = text.parse::<Filter>().ok();
        if let Some(name) = filter.as_ref().and_then(|filter| demanded_name(filter, ServedKind::Group)) {
            withhold(reply, |group| group["displayName"] != name);
        }
    })
}

fn demanded_name(filter: &Filter, kind: ServedKind) -> Option<&str> {
    demanded(filter, kind.unique_attribute())
}

fn lookup_creates_user() -> Effect {
    Effect::after(|call, reply, context| {
        let Some((ServedKind::User, text)) = queried(call) else { return };
        if reply.body().is_none_or(|body| body["totalResults"] != 0) {
            return;
        }
        let filter = text.parse::<Filter>().ok();
        if let Some(name) = filter.as_ref().and_then(|filter| demanded_name(filter, ServedKind::User)) {
            let mut attributes = serde_json::Map::new();
            attributes.insert("userName".into(), name.into());
            // The answer stays empty; the account shows itself to whoever looks next.
            drop(context.store.insert(context.service.model(ServedKind::User), attributes));
        }
    })
}

/// Remembers who was made by a request that did not come from Entra.
fn note_stranger(call: &ServerRequest, reply: &Reply, context: &mut FaultContext<'_>) {
    if !is_from_entra(call)
        && super::context::created(call) == Some(ServedKind::User)
        && let Some((_, id)) = context.written(call, reply)
    {
        context.memory.marked.insert(id);
    }
}

fn hides_accounts_made_elsewhere() -> Effect {
    Effect::after(|call, reply, context| {
        note_stranger(call, reply, context);
        if queried(call).is_some_and(|(kind, _)| kind == ServedKind::User) {
            let marked = &context.memory.marked;
            withhold(reply, |user| user["id"].as_str().is_some_and(|id| marked.contains(id)));
        }
    })
}

fn stale_user_name_index() -> Effect {
    fn look_up(call: &mut ServerRequest, context: &mut FaultContext<'_>) -> Option<Reply> {
        // Before a rename, note the name under which the index goes on finding the user.
        if let Some((ServedKind::User, id)) = patched(call)
            && let Some(name) =
                context.store.get(ServedKind::User, &id).and_then(|user| user.text("userName"))
        {
            let name = name.to_lowercase();
            context.memory.values.entry(id).or_insert_with(|| name.into());
        }
        let (_, text) = queried(call).filter(|(kind, _)| *kind == ServedKind::User)?;
        let filter = text.parse::<Filter>().ok()?;
        let wanted = demanded_name(&filter, ServedKind::User)?.to_lowercase();
        let holder =
            context.memory.values.iter().find(|(_, name)| **name == *wanted).map(|(id, _)| id.clone());
        let now = context.store.with(ServedKind::User, crate::server::store::StoreKey::Name, &wanted).next();
        let renamed = now.is_some_and(|user| context.memory.values.contains_key(&user.id));
        if holder.is_some() || renamed {
            let id = holder.unwrap_or_else(|| "-".into());
            refilter(call, |_| Filter::equals(crate::scim::AttributePath::simple("id"), id.clone()));
        }
        None
    }
    Effect::before(look_up)
}

fn hides_disabled_users() -> Effect {
    Effect::after(|call, reply, _| {
        if read(call).is_some_and(|(kind, _)| kind == ServedKind::User)
            && reply.body().is_some_and(is_disabled)
        {
            *reply = fail(404, "the user does not exist");
        }
        if listed(call) == Some(ServedKind::User) {
            withhold(reply, is_disabled);
        }
    })
}

fn lists_hide_disabled_users() -> Effect {
    Effect::after(|call, reply, _| {
        if queried(call).is_some_and(|(kind, _)| kind == ServedKind::User) {
            withhold(reply, is_disabled);
        }
    })
}

/// True for an empty list.
pub(super) fn is_empty_list(body: &Value) -> bool {
    body.get("Resources").and_then(Value::as_array).is_some_and(Vec::is_empty)
}
