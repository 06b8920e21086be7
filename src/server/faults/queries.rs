//! Faults of queries that Entra does not send and other clients do.

use serde_json::Value;

use super::context::{Effect, endpoint, listed, queried, read, refuse, resources};
use super::fault::faults;
use super::lookups::{each_comparison, nothing, refilter};
use crate::scim::message::ScimType;
use crate::scim::{Comparison, Filter, Literal, same_name};
use crate::server::call::RequestBody;
use crate::server::endpoint::Endpoint;
use crate::server::model::ServedKind;

faults! {
    /// Filters treat `co`, `sw` and `ew` as `eq`.
    TEXT_OPERATORS_AS_EQ = "text-operators-as-eq", Swap, text_operators_as_eq;
    /// A comparison with null matches every value.
    NULL_MATCHES_ANYTHING = "null-matches-anything", Swap, null_matches_anything;
    /// Filters with `gt` on certificates are accepted, and never match.
    BINARY_VALUES_ORDERED = "binary-values-ordered", Hide, binary_values_ordered;
    /// Filters with `gt` and `ge` never match.
    DATES_NEVER_LATER = "dates-never-later", Hide, dates_never_later;
    /// A malformed filter returns an empty list.
    BROKEN_FILTERS_FIND_NOTHING = "broken-filters-find-nothing", Hide, broken_filters_find_nothing;
    /// Filters on users are ignored, except `eq` on `userName`, `externalId` or `id`.
    UNSUPPORTED_FILTERS_IGNORED = "unsupported-filters-ignored", Drop, unsupported_filters_ignored;
    /// A filter matches nothing when it writes `userName` in another letter case.
    FILTER_NAMES_CASE_EXACT = "filter-names-case-exact", Hide, filter_names_case_exact;
    /// Filters of groups by member never match.
    MEMBER_FILTER_FINDS_NOTHING = "member-filter-finds-nothing", Hide, member_filter_finds_nothing;
    /// `externalId` is compared case-insensitively in filters.
    EXTERNAL_ID_CASE_FOLDED = "external-id-case-folded", Swap, external_id_case_folded;
    /// A `.search` ignores its filter and returns every user.
    SEARCH_IGNORES_FILTER = "search-ignores-filter", Drop, search_ignores_filter;
    /// `startIndex=0` returns 400.
    START_INDEX_ZERO_REFUSED = "start-index-zero-refused", Named, start_index_zero_refused;
    /// A negative `count` returns every user.
    NEGATIVE_COUNT_RETURNS_ALL = "negative-count-returns-all", Named, negative_count_returns_all;
    /// `excludedAttributes=id` leaves `id` out.
    EXCLUDED_ID_LEFT_OUT = "excluded-id-left-out", Drop, excluded_id_left_out;
}

fn text_operators_as_eq() -> Effect {
    Effect::before(|call, _| {
        use Comparison::{Contains, EndsWith, Equal, StartsWith};
        refilter(call, |filter| {
            each_comparison(filter, &|comparison, literal| match comparison {
                Contains | StartsWith | EndsWith => (Equal, literal),
                other => (other, literal),
            })
        });
        None
    })
}

fn null_matches_anything() -> Effect {
    Effect::before(|call, _| {
        refilter(call, |filter| {
            each_comparison(filter, &|comparison, literal| match literal {
                Literal::Null => (Comparison::NotEqual, Literal::Text(String::new())),
                other => (comparison, other),
            })
        });
        None
    })
}

fn binary_values_ordered() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        if text.contains("x509Certificates") && text.contains(" gt ") {
            refilter(call, |_| nothing());
        }
        None
    })
}

fn dates_never_later() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        if [" gt ", " ge "].iter().any(|operator| text.contains(operator)) {
            refilter(call, |_| nothing());
        }
        None
    })
}

fn broken_filters_find_nothing() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        if text.parse::<Filter>().is_err() {
            call.forget_parameter("filter");
            call.parameters.push(("filter".into(), nothing().to_string()));
        }
        None
    })
}

fn unsupported_filters_ignored() -> Effect {
    Effect::before(|call, _| {
        let (kind, text) = queried(call)?;
        let known = matches!(text.parse(), Ok(Filter::Compare(path, Comparison::Equal, _))
            if path.is("userName") || path.is("externalId") || path.is("id"));
        if kind == ServedKind::User && !known {
            call.forget_parameter("filter");
        }
        None
    })
}

fn filter_names_case_exact() -> Effect {
    Effect::before(|call, _| {
        let (_, text) = queried(call)?;
        let first = text.split(' ').next().unwrap_or_default();
        if same_name(first, "userName") && first != "userName" {
            refilter(call, |_| nothing());
        }
        None
    })
}

fn member_filter_finds_nothing() -> Effect {
    Effect::before(|call, _| {
        let (kind, text) = queried(call)?;
        if kind == ServedKind::Group && text.contains("members") {
            refilter(call, |_| nothing());
        }
        None
    })
}

fn external_id_case_folded() -> Effect {
    Effect::before(|call, context| {
        let (kind, text) = queried(call)?;
        let Ok(Filter::Compare(path, Comparison::Equal, Literal::Text(asked))) = text.parse() else {
            return None;
        };
        let folded = asked.to_lowercase();
        let kept = context.store.all(kind).find_map(|record| {
            record.text("externalId").filter(|id| id.to_lowercase() == folded).map(str::to_owned)
        });
        if let (true, Some(kept)) = (path.is("externalId"), kept) {
            refilter(call, |_| Filter::equals(path.clone(), kept.clone()));
        }
        None
    })
}

fn search_ignores_filter() -> Effect {
    Effect::before(|call, _| {
        if let (Endpoint::Search(_), RequestBody::Json(Value::Object(body))) =
            (endpoint(call), &mut call.body)
        {
            body.retain(|name, _| !same_name(name, "filter"));
        }
        None
    })
}

fn start_index_zero_refused() -> Effect {
    Effect::before(|call, _| {
        (listed(call).is_some() && call.parameter("startIndex") == Some("0"))
            .then(|| refuse(ScimType::InvalidValue, "startIndex must be 1 or more"))
    })
}

fn negative_count_returns_all() -> Effect {
    Effect::before(|call, _| {
        if listed(call).is_some() && call.parameter("count").is_some_and(|count| count.starts_with('-')) {
            call.forget_parameter("count");
        }
        None
    })
}

fn excluded_id_left_out() -> Effect {
    Effect::after(|call, reply, _| {
        let excluded = call.parameter("excludedAttributes").unwrap_or_default();
        if read(call).is_some() && excluded.split(',').any(|name| same_name(name.trim(), "id")) {
            for resource in resources(reply) {
                resource.shift_remove("id");
            }
        }
    })
}
