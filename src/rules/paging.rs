//! Pages, and walks over them (RFC 7644 §3.4.2.4). Foreign objects may come and go on a shared
//! target: what they could explain is not judged.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::{PageWalk, SeenState};
use super::list::{count, is_by_cursor, page, start_index, total};
use crate::check::Level;
use crate::scim::member;
use crate::wire::Operation;
use std::collections::HashSet;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &START_INDEX_NOT_ECHOED,
    &COUNT_EXCEEDED,
    &PAGE_BEYOND_END_NOT_EMPTY,
    &RESOURCE_TWICE_IN_WALK,
    &RESOURCE_MISSING_IN_WALK,
    &TOTAL_RESULTS_TOO_SMALL,
    &TOTAL_CHANGES_IN_WALK,
];

fn is_query(view: &View<'_>) -> bool {
    view.list().is_some() && matches!(view.operation(), Operation::Query { .. })
}

const START_INDEX_NOT_ECHOED: RuleDeclaration = RuleDeclaration {
    name: "start-index-not-echoed",
    title: "startIndex in the response is the requested one",
    level: Level::Error,
    what: "The response to a request with `startIndex` above 1 has that startIndex, as a number. Values \
           below 1 count as 1. A complete list may omit it.",
    why: "The gallery's mandatory pagination test requests page after page and compares startIndex; a client \
          that gets 1 back starts again.",
    fix: "Return the startIndex of the first resource on the page.",
    entra: "SCIM_User_Pagination_Test: FAILED.",
    refs: &[
        Rfc("7644#3.4.2.4"),
        Microsoft("validate-user-provisioning-app-gallery"),
        Field("bitwarden/server#4034"),
    ],
    faults: &["start-index-fixed", "start-index-from-zero"],
    judges: |view| is_query(view) && !page(view).is_empty(),
    judge: RuleJudge::Exchange(start_index_not_echoed),
};

fn start_index_not_echoed(view: &View<'_>) -> Vec<Complaint> {
    if !is_query(view) || page(view).is_empty() {
        return Vec::new();
    }
    let asked = start_index(view);
    let expected = asked.unwrap_or(1).max(1);
    let stated = view.json().and_then(|body| member(body, "startIndex")).filter(|value| !value.is_null());
    let right = match stated {
        Some(stated) => stated.as_i64() == Some(expected),
        None => expected == 1,
    };
    if right {
        return Vec::new();
    }
    let actual = stated.map_or_else(|| "absent".to_owned(), ToString::to_string);
    // Where no page was asked for, nothing is computed from it.
    let level = if asked.is_some_and(|asked| asked > 1) { Level::Error } else { Level::Warning };
    Complaint::new(format!("startIndex is {actual} on a page that starts at {expected}."))
        .concerning("startIndex")
        .against(expected.to_string(), actual)
        .at(level)
        .into()
}

const COUNT_EXCEEDED: RuleDeclaration = RuleDeclaration {
    name: "count-exceeded",
    title: "A page holds at most `count` resources",
    level: Level::Error,
    what: "With `count` the response holds at most that many resources; fewer are allowed. With `count=0` it \
           holds none.",
    why: "The gallery's pagination test requests five and needs at least two pages. A server that ignores \
          count sends its whole directory in one response.",
    fix: "Limit the page to `count`, or to your own limit if that is lower.",
    entra: "SCIM_User_Pagination_Test: FAILED; slow or failing account discovery.",
    refs: &[
        Rfc("7644#3.4.2.4 MUST"),
        Microsoft("how-to-account-discovery"),
        Field("15five/django-scim2#208"),
    ],
    faults: &["count-ignored"],
    judges: |view| is_query(view) && count(view).is_some(),
    judge: RuleJudge::Exchange(count_exceeded),
};

fn count_exceeded(view: &View<'_>) -> Vec<Complaint> {
    let (Some(count), true) = (count(view), is_query(view)) else {
        return Vec::new();
    };
    let (size, most) = (page(view).len(), usize::try_from(count).unwrap_or(0));
    if size <= most {
        return Vec::new();
    }
    // Entra asks for no empty page.
    let level = if most == 0 { Level::Warning } else { Level::Error };
    Complaint::new(format!("The page holds {size} resources, the request asked for {most}."))
        .concerning("count")
        .against(format!("at most {most}"), size.to_string())
        .at(level)
        .into()
}

const PAGE_BEYOND_END_NOT_EMPTY: RuleDeclaration = RuleDeclaration {
    name: "page-beyond-end-not-empty",
    title: "A page beyond the end is empty",
    level: Level::Error,
    what: "With `startIndex` above totalResults the response is 200 without resources.",
    why: "A client that reads until a page is empty never ends, and reads the same accounts again.",
    fix: "Return an empty list when startIndex is beyond the last resource.",
    entra: "Account discovery does not finish or lists accounts twice.",
    refs: &[Rfc("7644#3.4.2.4"), Microsoft("how-to-account-discovery")],
    faults: &["last-page-repeated"],
    judges: |view| {
        let start = start_index(view).and_then(|start| u64::try_from(start).ok());
        is_query(view) && start.zip(total(view)).is_some_and(|(start, total)| start > total)
    },
    judge: RuleJudge::Exchange(page_beyond_end_not_empty),
};

fn page_beyond_end_not_empty(view: &View<'_>) -> Vec<Complaint> {
    let (Some(total), Some(start), true) = (total(view), start_index(view), is_query(view)) else {
        return Vec::new();
    };
    let size = page(view).len();
    if size == 0 || start <= 1 || u64::try_from(start).is_ok_and(|start| start <= total) {
        return Vec::new();
    }
    Complaint::new(format!(
        "startIndex {start} is beyond the {total} results, but the page holds {size} resources."
    ))
    .concerning("Resources")
    .against("an empty page", format!("{size} resources"))
    .into()
}

const RESOURCE_TWICE_IN_WALK: RuleDeclaration = RuleDeclaration {
    name: "resource-twice-in-walk",
    title: "Paging returns no resource twice",
    level: Level::Error,
    what: "While nothing changes, no resource is on two pages.",
    why: "A resource on two pages displaces another one: account discovery misses a person, whose account \
          then stays unnoticed.",
    fix: "Sort by a unique attribute before you select a page.",
    entra: "Account discovery shows duplicates and misses accounts.",
    refs: &[
        Rfc("7644#3.4.2.4"),
        Microsoft("how-to-account-discovery"),
        Field("Captain-P-Goldfish/scim-for-keycloak#157"),
    ],
    faults: &["start-index-ignored"],
    judges: |view| steady_walk(view).is_some(),
    judge: RuleJudge::Exchange(resource_twice_in_walk),
};

/// The walk this page goes on with, when all its pages and this one count the same total: with
/// another total, somebody else's objects have changed.
fn steady_walk<'v>(view: &'v View<'_>) -> Option<&'v PageWalk> {
    let walk = is_query(view).then(|| view.ledger.walk(view.exchange)).flatten()?;
    (walk.total.is_some() && walk.total == total(view)).then_some(walk)
}

fn resource_twice_in_walk(view: &View<'_>) -> Vec<Complaint> {
    let Some(walk) = steady_walk(view) else {
        return Vec::new();
    };
    let again =
        view.resources().iter().filter_map(|resource| resource.id()).filter(|id| walk.ids.contains(*id));
    let again = again.count();
    if again == 0 || walk.total.is_some_and(|total| PageWalk::start(view.exchange) > total) {
        return Vec::new();
    }
    Complaint::new("A page holds resources that earlier pages held.")
        .concerning("Resources")
        .against("other resources on each page", format!("{again} again"))
        .shown_by(&walk.last)
        .into()
}

const RESOURCE_MISSING_IN_WALK: RuleDeclaration = RuleDeclaration {
    name: "resource-missing-in-walk",
    title: "Paging returns every resource",
    level: Level::Error,
    what: "The pages of a complete list hold every resource this scenario run created and did not delete, \
           disabled users included, and as many as totalResults says. No page before the end is empty.",
    why: "Account discovery does not find an account that is on no page, and the account stays when its \
          person leaves.",
    fix: "Sort by a unique attribute, include disabled users, and let no page start after the end of the \
          previous one.",
    entra: "Account discovery misses accounts.",
    refs: &[Rfc("7644#3.4.2.4"), Microsoft("how-to-account-discovery")],
    faults: &["unordered-pages"],
    judges: |view| {
        is_query(view)
            && total(view).is_some()
            && matches!(view.operation(), Operation::Query { filter: None, .. })
    },
    judge: RuleJudge::Exchange(resource_missing_in_walk),
};

fn resource_missing_in_walk(view: &View<'_>) -> Vec<Complaint> {
    let (Some(total), false) = (total(view), is_counted_page(view)) else {
        return Vec::new();
    };
    let missing = missing_in_walk(view);
    if missing.is_empty() {
        return Vec::new();
    }
    let disabled = missing.iter().filter(|known| known.is_disabled()).count();
    let is_short = page(view).is_empty();
    let (subject, message) = match (disabled == missing.len(), is_short) {
        (true, _) => ("active", "The list omits disabled users."),
        (false, true) => {
            ("Resources", "A page before the end of the list is empty, and resources are on no page.")
        }
        (false, false) => (
            "Resources",
            "The list has as many resources as totalResults says, but misses resources that exist.",
        ),
    };
    Complaint::new(message)
        .concerning(subject)
        .against("every resource", format!("{} of {total} missing", missing.len()))
        .into()
}

/// The resources that exist and are on none of the pages of a list that ends with this one; none where it goes on, or
/// where not every page was seen.
fn missing_in_walk<'v>(view: &'v View<'_>) -> Vec<&'v SeenState> {
    let Operation::Query { kind, filter: None, .. } = view.operation() else {
        return Vec::new();
    };
    let (Some(total), true, start) = (total(view), is_query(view), PageWalk::start(view.exchange)) else {
        return Vec::new();
    };
    let walk = view.ledger.walk(view.exchange);
    // Only a walk from the first page to the last can miss somebody.
    let steady = start == 1 || walk.is_some_and(|walk| walk.total == Some(total));
    let size = page(view).len() as u64;
    // A first page without resources is said elsewhere.
    let is_short = size == 0 && start > 1 && !is_by_cursor(view);
    let is_last = start - 1 + size >= total || is_short;
    if !steady || !is_last || count(view).is_some_and(|count| count <= 0) {
        return Vec::new();
    }
    let mut met: HashSet<&str> = view.resources().iter().filter_map(|resource| resource.id()).collect();
    met.extend(walk.into_iter().flat_map(|walk| walk.ids.iter().map(String::as_str)));
    let missing = view.ledger.objects().filter(|known| {
        known.kind == *kind
            && known.made.is_some()
            && known.is_there()
            && !known.is_missed()
            && known.is_settled_for(walk.map_or(view.exchange, |walk| &walk.first))
            && !met.contains(known.id.as_str())
    });
    missing.collect()
}

/// True when totalResults is the number of resources on a first page that is as full as it may be. If others exist, the
/// page was counted instead of the matches.
fn is_counted_page(view: &View<'_>) -> bool {
    let asked = count(view).and_then(|count| u64::try_from(count).ok()).filter(|count| *count > 0);
    let size = page(view).len() as u64;
    asked == Some(size) && total(view) == Some(size) && PageWalk::start(view.exchange) == 1
}

const TOTAL_RESULTS_TOO_SMALL: RuleDeclaration = RuleDeclaration {
    name: "total-results-too-small",
    title: "totalResults counts all matches, not the page",
    level: Level::Error,
    what: "`totalResults` is at least the index of the last resource on the page. On a first page that is full \
           it is more than `count` if this scenario run created more resources than the page holds: it counts \
           every match, not only those on this page.",
    why: "A client that pages stops when it has seen totalResults resources. If totalResults is the page \
          size, account discovery and the gallery's pagination test read only the first page.",
    fix: "Count the matches before you select the page.",
    entra: "Account discovery misses existing accounts; SCIM_User_Pagination_Test fails.",
    refs: &[Rfc("7644#3.4.2 MUST"), Microsoft("how-to-account-discovery"), Field("scimmyjs/scimmy#21")],
    faults: &["paging-overlaps", "total-is-page-size"],
    judges: |view| total(view).is_some() && !page(view).is_empty(),
    judge: RuleJudge::Exchange(total_results_too_small),
};

fn total_results_too_small(view: &View<'_>) -> Vec<Complaint> {
    let (Some(total), size) = (total(view), page(view).len() as u64) else {
        return Vec::new();
    };
    let start = match view.operation() {
        Operation::Query { .. } => PageWalk::start(view.exchange),
        _ => 1,
    };
    let last = start - 1 + size;
    if is_counted_page(view) && !missing_in_walk(view).is_empty() {
        return Complaint::new(format!(
            "totalResults is {total}, as many as the request asked for, although more resources exist."
        ))
        .concerning("totalResults")
        .against("every match", total.to_string())
        .into();
    }
    // A page that starts beyond the end is wrong itself, and said elsewhere.
    if size == 0 || last <= total || start > total.max(1) {
        return Vec::new();
    }
    Complaint::new(format!("totalResults is {total}, but the page holds resource number {last}."))
        .concerning("totalResults")
        .against(format!("{last} or more"), total.to_string())
        .into()
}

const TOTAL_CHANGES_IN_WALK: RuleDeclaration = RuleDeclaration {
    name: "total-changes-in-walk",
    title: "totalResults stays the same from page to page",
    level: Level::Note,
    what: "While nothing changes, every page has the same totalResults.",
    why: "A client that plans its pages by the first totalResults misses what a later page adds. On a shared \
          server other clients may have caused the change.",
    fix: "Count all matches on every page.",
    entra: "Nothing.",
    refs: &[Rfc("7644#3.4.2.4")],
    faults: &["hide-newest-from-lists"],
    judges: |view| is_query(view) && view.ledger.walk(view.exchange).is_some(),
    judge: RuleJudge::Exchange(total_changes_in_walk),
};

fn total_changes_in_walk(view: &View<'_>) -> Vec<Complaint> {
    let walk = is_query(view).then(|| view.ledger.walk(view.exchange)).flatten();
    match (walk.and_then(|walk| Some((walk, walk.total?))), total(view)) {
        (Some((walk, before)), Some(now)) if before != now => {
            Complaint::new(format!("totalResults changed from {before} to {now} between two pages."))
                .concerning("totalResults")
                .against(before.to_string(), now.to_string())
                .shown_by(&walk.last)
                .into()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, list, user, with};
    use serde_json::{Value, json};

    /// A page that starts at `start`, with these users, of `total`.
    fn page_of(scenario_run: &mut ScenarioRun, start: i64, count: u64, ids: &[u64], total: u64) {
        let body = with(
            list(ids.iter().map(|id| user(&id.to_string())).collect()),
            json!({"totalResults": total, "startIndex": start.max(1)}),
        );
        scenario_run.get(&format!("/Users?startIndex={start}&count={count}"), 200, body);
    }

    #[test]
    fn a_right_walk_is_left_alone() {
        let mut scenario_run = ScenarioRun::published();
        page_of(&mut scenario_run, 1, 2, &[1, 2], 5);
        page_of(&mut scenario_run, 3, 2, &[3, 4], 5);
        page_of(&mut scenario_run, 5, 2, &[5], 5);
        page_of(&mut scenario_run, 7, 2, &[], 5);
        page_of(&mut scenario_run, 0, 2, &[1, 2], 5);
        page_of(&mut scenario_run, 1, 5, &[1, 2, 3, 4, 5], 5);
        scenario_run.is_right();
        scenario_run.finds("total-changes-in-walk", 0, Level::Note);
    }

    #[test]
    fn what_another_scenario_run_writes_between_pages_moves_them() {
        let walk = |other: bool| {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.makes_ada(json!({}));
            page_of(&mut scenario_run, 1, 2, &[7, 8], 4);
            if other {
                scenario_run.another_writes(None);
            }
            page_of(&mut scenario_run, 3, 2, &[8, 9], 4);
            scenario_run
        };
        walk(false).finds("resource-twice-in-walk", 1, Level::Error);
        walk(false).finds("resource-missing-in-walk", 1, Level::Error);
        walk(true).is_right();
    }

    #[test]
    fn a_page_that_is_counted_and_one_that_is_empty_leave_resources_out() {
        let listed = |pages: &[(i64, &[u64], u64)]| {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.makes_ada(json!({}));
            for (start, ids, total) in pages {
                page_of(&mut scenario_run, *start, 2, ids, *total);
            }
            scenario_run
        };
        let counted = listed(&[(1, &[7, 8], 2)]);
        counted.finds("total-results-too-small", 1, Level::Error);
        counted.finds("resource-missing-in-walk", 0, Level::Error);
        listed(&[(1, &[7, 8], 3), (3, &[], 3)]).finds("resource-missing-in-walk", 1, Level::Error);
        listed(&[(1, &[7, 8], 3), (3, &[1], 3)]).finds("resource-missing-in-walk", 0, Level::Error);
        listed(&[(1, &[7, 8], 3), (4, &[], 3)]).is_right();
    }

    #[test]
    fn what_another_scenario_run_wrote_before_the_walk_explains_nothing() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.another_writes(None);
        page_of(&mut scenario_run, 1, 2, &[7, 8], 4);
        page_of(&mut scenario_run, 3, 2, &[8, 9], 4);
        scenario_run.another_writes(None);
        scenario_run.finds("resource-twice-in-walk", 1, Level::Error);
    }

    #[test]
    fn a_start_index_that_is_not_echoed_is_found() {
        for echoed in [json!(1), Value::Null, json!("3")] {
            let mut scenario_run = ScenarioRun::published();
            let body = with(list(vec![user("3")]), json!({"totalResults": 9, "startIndex": echoed}));
            scenario_run.get("/Users?startIndex=3&count=1", 200, body);
            scenario_run.finds("start-index-not-echoed", 1, Level::Error);
        }
        let mut zero = ScenarioRun::published();
        zero.get("/Users", 200, with(list(vec![user("1")]), json!({"startIndex": 0})));
        zero.finds("start-index-not-echoed", 1, Level::Warning);
    }

    #[test]
    fn count_is_the_most_a_page_may_hold() {
        let mut scenario_run = ScenarioRun::published();
        page_of(&mut scenario_run, 1, 2, &[1, 2, 3], 3);
        scenario_run.finds("count-exceeded", 1, Level::Error);
        let mut none = ScenarioRun::published();
        page_of(&mut none, 1, 0, &[1], 3);
        none.finds("count-exceeded", 1, Level::Warning);
        let mut fewer = ScenarioRun::published();
        page_of(&mut fewer, 1, 1000, &[1, 2], 5);
        fewer.is_right();
    }

    #[test]
    fn beyond_the_end_there_is_nothing() {
        let mut scenario_run = ScenarioRun::published();
        page_of(&mut scenario_run, 100, 2, &[1], 3);
        scenario_run.finds("page-beyond-end-not-empty", 1, Level::Error);
    }

    #[test]
    fn a_resource_on_two_pages_is_found() {
        let mut scenario_run = ScenarioRun::published();
        page_of(&mut scenario_run, 1, 2, &[1, 2], 4);
        page_of(&mut scenario_run, 3, 2, &[2, 3], 4);
        scenario_run.finds("resource-twice-in-walk", 1, Level::Error);
        // Somebody else's account came in between: the pages have moved.
        let mut shared = ScenarioRun::published();
        page_of(&mut shared, 1, 2, &[1, 2], 4);
        page_of(&mut shared, 3, 2, &[2, 3], 5);
        shared.finds("resource-twice-in-walk", 0, Level::Error);
        shared.finds("total-changes-in-walk", 1, Level::Note);
    }

    #[test]
    fn our_own_write_between_two_pages_ends_the_walk() {
        let mut scenario_run = ScenarioRun::published();
        page_of(&mut scenario_run, 1, 2, &[1, 2], 4);
        scenario_run.delete("/Users/1", 204);
        page_of(&mut scenario_run, 3, 2, &[4], 3);
        scenario_run.is_right();
    }

    #[test]
    fn a_walk_that_misses_what_was_made_is_found() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"active": true}));
        page_of(&mut scenario_run, 1, 2, &[2, 3], 4);
        page_of(&mut scenario_run, 3, 2, &[4, 5], 4);
        scenario_run.finds("resource-missing-in-walk", 1, Level::Error);
        let mut whole = ScenarioRun::published();
        whole.makes_ada(json!({})).get("/Users", 200, list(vec![user("2"), ada(json!({}))]));
        page_of(&mut whole, 1, 1, &[2], 2);
        whole.finds("resource-missing-in-walk", 0, Level::Error);
        let mut hidden = ScenarioRun::published();
        hidden.makes_ada(json!({"active": true}));
        let disable = json!([{"op": "Replace", "path": "active", "value": "False"}]);
        hidden.patch("/Users/1", disable, 204, Value::Null).get("/Users", 200, list(vec![user("2")]));
        assert_eq!(hidden.findings("resource-missing-in-walk")[0].subject, "active");
    }
}
