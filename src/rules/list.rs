//! The shape and the arithmetic of a ListResponse (RFC 7644 §3.4.2).

use super::View;
use super::body::kind;
use super::declaration::DemandSource::{Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::subject;
use crate::check::Level;
use crate::scim::{member, same_name, urn};
use crate::wire::Operation;
use serde_json::{Map, Value};
use std::collections::HashSet;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &LIST_WITHOUT_MEMBERS,
    &LIST_SCHEMA_MISSING,
    &TOTAL_RESULTS_NOT_A_NUMBER,
    &RESOURCES_NOT_AN_ARRAY,
    &RESOURCES_NULL,
    &RESOURCES_MISSING,
    &TOTAL_RESULTS_NOT_FILTERED,
    &ITEMS_PER_PAGE_DIFFERS,
    &RESOURCE_TWICE_IN_LIST,
    &MAX_RESULTS_EXCEEDED,
];

/// A member of a list, and the list itself, for answers that are lists.
fn part<'v>(view: &View<'v>, name: &str) -> Option<(&'v Map<String, Value>, Option<&'v Value>)> {
    let list = view.list()?;
    let value = list.iter().find(|(key, _)| same_name(key, name)).map(|(_, value)| value);
    Some((list, value.filter(|value| !value.is_null())))
}

/// `totalResults`, when it is a number.
pub(super) fn total(view: &View<'_>) -> Option<u64> {
    part(view, "totalResults")?.1?.as_u64()
}

/// The elements of `Resources`; none when it is absent.
pub(super) fn page<'v>(view: &View<'v>) -> &'v [Value] {
    part(view, "Resources").and_then(|(_, value)| value?.as_array()).map_or(&[], Vec::as_slice)
}

/// `count` as asked for.
pub(super) fn count(view: &View<'_>) -> Option<i64> {
    match view.operation() {
        Operation::Query { count, .. } => count.as_deref()?.parse().ok(),
        Operation::Search => member(view.sent()?, "count")?.as_i64(),
        _ => None,
    }
}

/// `startIndex` as asked for.
pub(super) fn start_index(view: &View<'_>) -> Option<i64> {
    match view.operation() {
        Operation::Query { start_index, .. } => start_index.as_deref()?.parse().ok(),
        Operation::Search => member(view.sent()?, "startIndex")?.as_i64(),
        _ => None,
    }
}

const LIST_WITHOUT_MEMBERS: RuleDeclaration = RuleDeclaration {
    name: "list-without-members",
    title: "A query returns a ListResponse",
    level: Level::Error,
    what: "The response to a query holds `totalResults`, and `Resources` if there are any.",
    why: "Entra requires a list in response to every query, even with one resource or none. It reads a bare \
          resource as an empty list and creates the person again.",
    fix: "Wrap the result of every query, /Schemas and /ResourceTypes included, in a ListResponse.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible, or duplicates.",
    refs: &[Rfc("7644#3.4.2 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["query-answers-resource"],
    judges: subject::a_list,
    judge: RuleJudge::Exchange(list_without_members),
};

fn list_without_members(view: &View<'_>) -> Vec<Complaint> {
    let Some(list) = view.list() else {
        return Vec::new();
    };
    if ["totalResults", "Resources"].iter().any(|name| list.keys().any(|key| same_name(key, name))) {
        return Vec::new();
    }
    Complaint::new("A query returns an object that is not a ListResponse.")
        .against("totalResults and Resources", list.keys().cloned().collect::<Vec<_>>().join(", "))
        .into()
}

const LIST_SCHEMA_MISSING: RuleDeclaration = RuleDeclaration {
    name: "list-schema-missing",
    title: "A list declares the ListResponse schema",
    level: Level::Warning,
    what: "`schemas` of a ListResponse is [\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"].",
    why: "Entra tolerates it. Clients that choose their parser by `schemas` do not.",
    fix: "Put the URN into every list.",
    entra: "Nothing.",
    refs: &[Rfc("7644#3.4.2 MUST"), Rfc("7644#8.2")],
    faults: &["list-schema-missing"],
    judges: subject::a_list,
    judge: RuleJudge::Exchange(list_schema_missing),
};

fn list_schema_missing(view: &View<'_>) -> Vec<Complaint> {
    let Some(list) = view.list().filter(|list| list.keys().any(|key| same_name(key, "totalResults"))) else {
        return Vec::new();
    };
    if super::returned::is_message(list, urn::LIST_RESPONSE) {
        return Vec::new();
    }
    let actual = list.get("schemas").map_or_else(|| "absent".to_owned(), Value::to_string);
    Complaint::new("`schemas` of the list does not name ListResponse.")
        .concerning("schemas")
        .against(urn::LIST_RESPONSE, actual)
        .into()
}

const TOTAL_RESULTS_NOT_A_NUMBER: RuleDeclaration = RuleDeclaration {
    name: "total-results-not-a-number",
    title: "totalResults is a whole number",
    level: Level::Error,
    what: "`totalResults` is present and a JSON integer, not a string.",
    why: "The number of matches decides whether Entra creates, updates or stops. It is the only required \
          member of the list.",
    fix: "Return the number of all matching resources, as a number.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the response cannot be parsed.",
    refs: &[Rfc("7644#3.4.2 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["total-results-missing", "total-results-as-string"],
    judges: subject::a_list,
    judge: RuleJudge::Exchange(total_results_not_a_number),
};

fn total_results_not_a_number(view: &View<'_>) -> Vec<Complaint> {
    match part(view, "totalResults") {
        Some((_, Some(Value::Number(number)))) if number.is_u64() => Vec::new(),
        Some((_, Some(other))) => {
            Complaint::new(format!("totalResults is {}, expected a whole number.", kind(other)))
                .concerning("totalResults")
                .against("a whole number", other.to_string())
                .into()
        }
        // Without Resources too it is no list at all, which is said elsewhere.
        Some((list, None)) if list.keys().any(|key| same_name(key, "Resources")) => {
            Complaint::new("totalResults is missing.")
                .concerning("totalResults")
                .against("a number", "absent")
                .into()
        }
        _ => Vec::new(),
    }
}

const RESOURCES_NOT_AN_ARRAY: RuleDeclaration = RuleDeclaration {
    name: "resources-not-an-array",
    title: "Resources is an array of objects",
    level: Level::Error,
    what: "`Resources` is an array even for a single resource; its elements are objects. Its name has a \
           capital R.",
    why: "A single object instead of an array, or a member named `resources`, is read as an empty list: \
          Entra creates the person again.",
    fix: "Always return `Resources` as an array.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible, or Conflict on create.",
    refs: &[Rfc("7644#3.4.2")],
    faults: &["resources-lower-case", "resources-single-object"],
    judges: |view| part(view, "Resources").is_some_and(|(_, value)| value.is_some()),
    judge: RuleJudge::Exchange(resources_not_an_array),
};

fn resources_not_an_array(view: &View<'_>) -> Vec<Complaint> {
    let Some((list, Some(resources))) = part(view, "Resources") else {
        return Vec::new();
    };
    let complaint = |message: String| -> Vec<Complaint> {
        Complaint::new(message).concerning("Resources").against("an array of objects", kind(resources)).into()
    };
    match resources {
        Value::Array(elements) => match elements.iter().find(|element| !element.is_object()) {
            Some(element) => complaint(format!("Resources contains {}.", kind(element))),
            None if !list.contains_key("Resources") => {
                complaint("The name of the member is not spelled `Resources`.".into())
            }
            None => Vec::new(),
        },
        other => complaint(format!("Resources is {}.", kind(other))),
    }
}

const RESOURCES_NULL: RuleDeclaration = RuleDeclaration {
    name: "resources-null",
    title: "Resources is an array or left out, never null",
    level: Level::Warning,
    what: "A ListResponse without resources has an empty `Resources` array, or none.",
    why: "RFC 7643 §2.5 makes null and absent the same, but clients that read a list fail on null: vendors report that \
          Entra's Test Connection does.",
    fix: "Return `\"Resources\": []`. Many languages write an empty or uninitialised list as null.",
    entra: "Test Connection fails: Invalid response.",
    refs: &[Rfc("7644#3.4.2"), Rfc("7643#2.5")],
    faults: &["resources-null"],
    judges: |view| view.list().is_some(),
    judge: RuleJudge::Exchange(resources_null),
};

fn resources_null(view: &View<'_>) -> Vec<Complaint> {
    let null = view.list().and_then(|list| list.iter().find(|(key, _)| same_name(key, "Resources")));
    match null {
        Some((_, Value::Null)) => Complaint::new("Resources is null.")
            .concerning("Resources")
            .against("an empty array, or no member of that name", "null")
            .into(),
        _ => Vec::new(),
    }
}

/// True for a page by cursor. It may be empty where what stood on it has gone since (RFC 9865 §2).
pub(super) fn is_by_cursor(view: &View<'_>) -> bool {
    let query = view.exchange.request.query.as_deref().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "cursor")
}

const RESOURCES_MISSING: RuleDeclaration = RuleDeclaration {
    name: "resources-missing",
    title: "Resources is present whenever totalResults > 0",
    level: Level::Error,
    what: "If `totalResults` is above 0, the first page holds resources, unless `count` is 0.",
    why: "Entra reads the entries themselves. A count without entries gives it nothing to match.",
    fix: "Return the resources, up to your page size. `Resources` may be omitted only when it is empty.",
    entra: "The match fails, and the create after it ends in a conflict.",
    refs: &[Rfc("7644#3.4.2 MUST")],
    faults: &["resources-withheld"],
    judges: |view| total(view).is_some_and(|total| total > 0),
    judge: RuleJudge::Exchange(resources_missing),
};

fn resources_missing(view: &View<'_>) -> Vec<Complaint> {
    let (Some(total), true) = (total(view), page(view).is_empty()) else {
        return Vec::new();
    };
    // An empty page after the first leaves resources out, which is judged over all pages.
    let is_first = start_index(view).unwrap_or(1) <= 1;
    let unreadable = part(view, "Resources").is_some_and(|(_, value)| value.is_some_and(|v| !v.is_array()));
    if total == 0
        || !is_first
        || is_by_cursor(view)
        || unreadable
        || count(view).is_some_and(|count| count <= 0)
    {
        return Vec::new();
    }
    Complaint::new(format!("totalResults is {total}, but the page holds no resources."))
        .concerning("Resources")
        .against("at least one resource", "none")
        .into()
}

const TOTAL_RESULTS_NOT_FILTERED: RuleDeclaration = RuleDeclaration {
    name: "total-results-not-filtered",
    title: "totalResults counts only what matches the filter",
    level: Level::Warning,
    what: "When a lookup by `userName` returns one user, `totalResults` is 1.",
    why: "A client that goes by totalResults takes the single match for several and stops processing the \
          person.",
    fix: "Apply the filter before you count.",
    entra: "Possibly DuplicateTargetEntries.",
    refs: &[Rfc("7644#3.4.2 MUST")],
    faults: &["total-results-unfiltered"],
    judges: |view| is_by_user_name(view) && total(view).is_some() && page(view).len() == 1,
    judge: RuleJudge::Exchange(total_results_not_filtered),
};

fn is_by_user_name(view: &View<'_>) -> bool {
    matches!(view.terms(), Some([term]) if term.path.is("userName"))
}

fn total_results_not_filtered(view: &View<'_>) -> Vec<Complaint> {
    let (Some(total), true) = (total(view), is_by_user_name(view) && count(view).is_none()) else {
        return Vec::new();
    };
    let size = page(view).len();
    if size != 1 || total <= 1 {
        return Vec::new();
    }
    Complaint::new(format!("One user matches, but totalResults is {total}."))
        .concerning("totalResults")
        .against("1", total.to_string())
        .into()
}

const ITEMS_PER_PAGE_DIFFERS: RuleDeclaration = RuleDeclaration {
    name: "items-per-page-differs",
    title: "itemsPerPage is the number of resources on the page",
    level: Level::Warning,
    what: "If present, `itemsPerPage` is the number of resources in this response, as a number. It may be \
           absent when the list is complete. Microsoft's own samples show 20 with a single resource.",
    why: "A client that computes the next startIndex from it skips resources.",
    fix: "Return the number of resources on this page.",
    entra: "Nothing.",
    refs: &[Rfc("7644#3.4.2.4"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["items-per-page-is-count"],
    judges: |view| part(view, "itemsPerPage").is_some_and(|(_, value)| value.is_some()),
    judge: RuleJudge::Exchange(items_per_page_differs),
};

fn items_per_page_differs(view: &View<'_>) -> Vec<Complaint> {
    let Some((_, Some(stated))) = part(view, "itemsPerPage") else {
        return Vec::new();
    };
    let size = page(view).len() as u64;
    // With nothing on the page the page size the server would use is as good an answer.
    if stated.as_u64().is_some_and(|stated| stated == size || size == 0) {
        return Vec::new();
    }
    Complaint::new(format!("itemsPerPage is {stated}, but the page holds {size} resources."))
        .concerning("itemsPerPage")
        .against(size.to_string(), stated.to_string())
        .into()
}

const RESOURCE_TWICE_IN_LIST: RuleDeclaration = RuleDeclaration {
    name: "resource-twice-in-list",
    title: "A list holds each resource once",
    level: Level::Error,
    what: "No two resources in one response have the same id.",
    why: "Entra stops processing the object when it gets two entries instead of one; the usual cause is a \
          join that multiplies rows by e-mails or groups.",
    fix: "Select distinct resources.",
    entra: "DuplicateTargetEntries or SystemForCrossDomainIdentityManagementMultipleEntriesInResponse.",
    refs: &[Rfc("7644#3.4.2"), Microsoft("howto-analyze-provisioning-logs")],
    faults: &["resources-listed-twice"],
    judges: |view| !page(view).is_empty(),
    judge: RuleJudge::Exchange(resource_twice_in_list),
};

fn resource_twice_in_list(view: &View<'_>) -> Vec<Complaint> {
    let mut seen = HashSet::new();
    let ids = page(view).iter().filter_map(|resource| resource.get("id")?.as_str());
    let twice = ids.filter(|id| !seen.insert(*id)).count();
    if twice == 0 {
        return Vec::new();
    }
    Complaint::new("A list holds the same resource twice.")
        .concerning("Resources")
        .against("each id once", format!("{twice} repeated"))
        .into()
}

const MAX_RESULTS_EXCEEDED: RuleDeclaration = RuleDeclaration {
    name: "max-results-exceeded",
    title: "No list is longer than `filter.maxResults`",
    level: Level::Note,
    what: "A list of users or groups holds at most as many resources as `filter.maxResults` of ServiceProviderConfig \
           says; fewer are allowed. 0 counts as no limit.",
    why: "A client that takes the number for the longest page makes room for no more.",
    fix: "Limit pages to this number, or publish the limit that the server has.",
    entra: "Nothing: Entra does not read it.",
    refs: &[Rfc("7643#5"), Rfc("7644#3.4.2.4")],
    faults: &["max-results-exceeded"],
    judges: |view| lists_resources(view) && most_results(view).is_some(),
    judge: RuleJudge::Exchange(max_results_exceeded),
};

fn lists_resources(view: &View<'_>) -> bool {
    view.list().is_some() && !matches!(view.operation(), Operation::Discovery(_))
}

/// The limit that the server publishes.
fn most_results(view: &View<'_>) -> Option<u64> {
    view.discovery.limit("filter", "maxResults").filter(|most| *most > 0)
}

fn max_results_exceeded(view: &View<'_>) -> Vec<Complaint> {
    let size = page(view).len() as u64;
    match most_results(view) {
        Some(most) if lists_resources(view) && size > most => {
            Complaint::new(format!("A list holds {size} resources, more than filter.maxResults says."))
                .concerning("filter.maxResults")
                .against(format!("at most {most}"), size.to_string())
                .into()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
