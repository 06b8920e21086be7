//! Queries with a filter: the answer holds what matches, nothing else, and no match is no error.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::SeenState;
use super::reading::{self, Term};
use super::returned::Returned;
use super::subject;
use crate::check::Level;
use crate::scim::schema;
use crate::wire::{Actor, Operation, ResourceKind};
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] =
    &[&FILTER_IGNORED, &FILTER_TOO_WIDE, &MATCH_NOT_UNIQUE, &NO_MATCH_NOT_EMPTY_LIST, &LOOKUP_REFUSED];

/// The resources of the answer, each with whether it answers to the filter. Empty when the request
/// has no filter of `eq` and `and`.
fn matches<'v>(view: &'v View<'_>) -> Vec<(&'v Returned<'v>, bool)> {
    let Some(terms) = view.terms() else {
        return Vec::new();
    };
    view.resources()
        .iter()
        .map(|resource| (resource, terms.iter().all(|term| answers(view, resource, term))))
        .collect()
}

/// Whether a resource answers to a term. What cannot be judged counts as an answer: attributes that
/// were not asked for or are never returned, and values this trace wrote that are not shown.
fn answers(view: &View<'_>, resource: &Returned<'_>, term: &Term) -> bool {
    if !view.projection().asks_for(&term.path) {
        return true;
    }
    if reading::answers(resource.value, resource.kind, term) {
        return true;
    }
    let known = resource.id().and_then(|id| view.ledger.known(resource.kind, id));
    if !reading::values(resource.value, resource.kind, &term.path).is_empty() {
        // Where the server shows another value than was written, the filter may know the written one.
        return known.is_some_and(|known| known.holds(term));
    }
    let hidden = view.definition(resource.kind, &term.path).is_some_and(|definition| {
        matches!(definition.returned, schema::Returned::Never | schema::Returned::Request)
    });
    hidden || known.is_some_and(|known| known.was_given(term) || known.answers(term, view.discovery))
}

/// True when the answer to a filter of `eq` and `and` can show that others are left out: it holds some, or the
/// trace knows of some.
fn tells_apart(view: &View<'_>) -> bool {
    let (Some(terms), Operation::Query { kind, .. }) = (view.terms(), view.operation()) else {
        return view.terms().is_some();
    };
    let is_other =
        |known: &SeenState| known.is_there() && !terms.iter().all(|term| known.answers(term, view.discovery));
    matches(view).iter().any(|(_, right)| !right)
        || view.ledger.objects().filter(|known| known.kind == *kind).any(is_other)
}

/// True when every resource that does not match has a value that contains the one asked for: the filter is a search.
fn all_resemble(view: &View<'_>, matches: &[(&Returned<'_>, bool)]) -> bool {
    let [term] = view.terms().unwrap_or_default() else { return false };
    let Some(asked) = reading::text(&term.value).filter(|text| !text.is_empty()) else { return false };
    let asked = asked.to_lowercase();
    let resembles = |resource: &Returned<'_>| {
        let held = reading::values(resource.value, resource.kind, &term.path);
        held.iter().any(|value| reading::text(value).is_some_and(|text| text.to_lowercase().contains(&asked)))
    };
    matches.iter().filter(|(_, right)| !right).all(|(resource, _)| resembles(resource))
}

/// The attributes a filter compares, for a finding's subject.
fn subject(view: &View<'_>) -> String {
    let paths = view.terms().unwrap_or_default().iter().map(|term| term.path.to_string());
    paths.collect::<Vec<_>>().join(" and ")
}

fn filter_text<'v>(view: &'v View<'_>) -> &'v str {
    match view.operation() {
        Operation::Query { filter: Some(filter), .. } => filter,
        _ => view.sent().and_then(|body| body.get("filter")).and_then(Value::as_str).unwrap_or("the filter"),
    }
}

const FILTER_IGNORED: RuleDeclaration = RuleDeclaration {
    name: "filter-ignored",
    title: "Filters are not ignored",
    level: Level::Critical,
    what: "A query with a filter returns the matching resources, or none. A filter that is not supported is \
           rejected with 400 invalidFilter.",
    why: "Entra asks for one person and gets the whole directory. If the application has one account, Entra \
          links that account to the wrong person and disables or overwrites it.",
    fix: "Return 400 with scimType invalidFilter for every filter you do not evaluate; never fall back to \
          the unfiltered list.",
    entra: "DuplicateTargetEntries or SystemForCrossDomainIdentityManagementMultipleEntriesInResponse with many \
            accounts; with one, success and the wrong person.",
    refs: &[
        Rfc("7644#3.4.2.2 MUST"),
        Microsoft("howto-analyze-provisioning-logs"),
        Field("eneo-ai/eneo#443"),
        Field("langwatch/langwatch#6973"),
    ],
    faults: &[
        "filter-ignored",
        "group-filter-ignored",
        "external-id-filter-ignored",
        "filters-answer-first-resource",
    ],
    judges: |view| subject::a_list(view) && tells_apart(view),
    judge: RuleJudge::Exchange(filter_ignored),
};

fn filter_ignored(view: &View<'_>) -> Vec<Complaint> {
    let matches = matches(view);
    if matches.is_empty() || matches.iter().any(|(_, right)| *right) || all_resemble(view, &matches) {
        return Vec::new();
    }
    Complaint::new("The response holds resources, and none of them matches the filter.")
        .concerning(subject(view))
        .against(format!("resources with {}", filter_text(view)), format!("{} others", matches.len()))
        .into()
}

const FILTER_TOO_WIDE: RuleDeclaration = RuleDeclaration {
    name: "filter-too-wide",
    title: "`eq` matches whole values only",
    level: Level::Critical,
    what: "When a filter of `eq` and `and` has matches, the response holds only these.",
    why: "If a lookup of the group `app` also returns `app-test`, Entra cannot match it, or matches the \
          wrong group.",
    fix: "Compare whole values; `eq` is neither a prefix match nor a search. Apply every part of an `and`.",
    entra: "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse: \"Multiple entries were found to \
            match this value, when no more than one was expected\".",
    refs: &[Rfc("7644#3.4.2.2 MUST"), Field("FusionAuth/fusionauth-issues#3111")],
    faults: &["eq-as-prefix"],
    judges: |view| !matches(view).is_empty() && tells_apart(view),
    judge: RuleJudge::Exchange(filter_too_wide),
};

fn filter_too_wide(view: &View<'_>) -> Vec<Complaint> {
    let matches = matches(view);
    let wrong = matches.iter().filter(|(_, right)| !right).count();
    let message = match wrong {
        0 => return Vec::new(),
        _ if wrong < matches.len() => {
            "The response holds resources that do not match the filter in addition to those that do."
        }
        _ if all_resemble(view, &matches) => {
            "The response holds resources whose value only contains the one that the filter asks for."
        }
        _ => return Vec::new(),
    };
    Complaint::new(message)
        .concerning(subject(view))
        .against(
            format!("resources with {}", filter_text(view)),
            format!("{wrong} of {} do not match", matches.len()),
        )
        .into()
}

const MATCH_NOT_UNIQUE: RuleDeclaration = RuleDeclaration {
    name: "match-not-unique",
    title: "userName identifies at most one user",
    level: Level::Error,
    what: "A filter on `userName` finds at most one user: the name is unique without regard to letter case.",
    why: "With two matches Entra does nothing for the person: no update, no disable.",
    fix: "Reject a second user with the same name with 409, compare names without regard to letter case, and \
          merge accounts that exist twice.",
    entra: "DuplicateTargetEntries: the object is skipped in every cycle.",
    refs: &[Rfc("7643#4.1.1 MUST"), Microsoft("howto-analyze-provisioning-logs")],
    faults: &["no-uniqueness-on-patch"],
    judges: |view| subject::a_list(view) && matches!(view.terms(), Some([term]) if term.path.is("userName")),
    judge: RuleJudge::Exchange(match_not_unique),
};

fn match_not_unique(view: &View<'_>) -> Vec<Complaint> {
    let [term] = view.terms().unwrap_or_default() else {
        return Vec::new();
    };
    let found = matches(view).into_iter().filter(|(_, right)| *right).count();
    if found < 2 || !term.path.is("userName") {
        return Vec::new();
    }
    Complaint::new("Several users have the same userName.")
        .concerning("userName")
        .against("at most one user", format!("{found} users"))
        .into()
}

const NO_MATCH_NOT_EMPTY_LIST: RuleDeclaration = RuleDeclaration {
    name: "no-match-not-empty-list",
    title: "A query without matches returns 200 with an empty list",
    level: Level::Error,
    what: "A query that finds nothing returns 200 and a ListResponse with `totalResults` 0, not 404, and not 204 \
           without a body.",
    why: "Test Connection and the start of every cycle look up a user that does not exist. Entra reads a 404 \
          as a wrong Tenant URL and puts the whole job into quarantine.",
    fix: "Return a list for every query, even an empty one; 404 is for URLs of resources.",
    entra: "SystemForCrossDomainIdentityManagementCredentialValidationUnavailable at Test Connection, quarantine \
            later: \"An HTTP/404 Not Found response was returned rather than the expected HTTP/200 OK response\".",
    refs: &[
        Rfc("7644#3.4.2 MUST"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Microsoft("app-gallery-user-provisioning-requirements"),
        Field("jelhub/scimgateway#18"),
    ],
    faults: &["not-found-for-no-match"],
    judges: |view| {
        let none = view.status() == Some(404) || (view.exchange.succeeded() && !subject::resources(view));
        none && view.expects_success() && matches!(view.operation(), Operation::Query { .. })
    },
    judge: RuleJudge::Exchange(no_match_not_empty_list),
};

fn no_match_not_empty_list(view: &View<'_>) -> Vec<Complaint> {
    let Operation::Query { kind, .. } = view.operation() else {
        return Vec::new();
    };
    if !view.expects_success() || !view.is_served(*kind) {
        return Vec::new();
    }
    let how = match view.status() {
        Some(404) => "404".to_owned(),
        Some(status) if view.exchange.succeeded() && !subject::a_body(view) => {
            format!("{status} without a body")
        }
        _ => return Vec::new(),
    };
    Complaint::new(format!("A query on {} returns {how}.", kind.endpoint()))
        .concerning(subject(view))
        .against("200 with an empty ListResponse", format!("status {how}"))
        .into()
}

const LOOKUP_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "lookup-refused",
    title: "Entra's lookups return 200",
    level: Level::Error,
    what: "A filter that Entra uses for matching returns 200. `userName eq`, a group's `displayName eq` and \
           `id eq` must work; another attribute that is rejected with 400 invalidFilter is a note, because \
           the customer's mapping decides which attributes are used for matching.",
    why: "If its lookup fails, Entra does nothing for the object.",
    fix: "Support `eq` and `and` on every attribute a customer may match by, and GET on lists with and \
          without startIndex and count.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering; the import step fails and no \
            user is provisioned.",
    refs: &[
        Rfc("7644#3.4.2.2 MAY"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("OctopusDeploy/Issues#9841"),
    ],
    faults: &["user-name-filter-refused"],
    judges: |view| view.expects_success() && matches!(view.operation(), Operation::Query { .. }),
    judge: RuleJudge::Exchange(lookup_refused),
};

fn lookup_refused(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Query { kind, filter, .. }, Some(status)) = (view.operation(), view.status()) else {
        return Vec::new();
    };
    let is_refusal = (400..500).contains(&status) && status != 404;
    if !view.expects_success() || !is_refusal || !view.is_served(*kind) {
        return Vec::new();
    }
    let scim_type = view.json().and_then(|body| body.get("scimType")).and_then(Value::as_str);
    let needed = match view.terms() {
        Some([term]) => match kind {
            ResourceKind::User => term.path.is("userName"),
            ResourceKind::Group => term.path.is("displayName"),
        },
        Some(_) => false,
        // A list without a filter; account discovery needs it.
        None => filter.is_none(),
    };
    let level = match (needed, view.exchange.request.actor) {
        (true, _) => Level::Error,
        // Refused in the right way: whether the customer matches by it is not known here.
        (false, _) if status == 400 && scim_type == Some("invalidFilter") => Level::Note,
        (false, Actor::Entra) if view.terms().is_some_and(|terms| terms.len() == 1) => Level::Error,
        // Entra's reference check, known from old documents only, and our own questions.
        (false, _) => Level::Warning,
    };
    Complaint::new(format!("A query on {} is rejected with {status}.", kind.endpoint()))
        .concerning(subject(view))
        .against("200 with a ListResponse", format!("status {status}"))
        .at(level)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, error, group, list, user, with};
    use serde_json::json;

    fn bob() -> Value {
        user("bob")
    }

    fn asked(filter: &str, status: u16, body: Value) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get(&format!("/Users?filter={filter}"), status, body);
        scenario_run
    }

    #[test]
    fn an_unfiltered_dump_is_critical() {
        let two = list(vec![ada(json!({})), bob()]);
        asked(r#"userName eq "nobody""#, 200, two.clone()).finds("filter-ignored", 1, Level::Critical);
        asked(r#"externalId eq "x""#, 200, list(vec![bob()])).finds("filter-ignored", 1, Level::Critical);
        asked(r#"shoeSize eq "42""#, 200, two.clone()).finds("filter-ignored", 1, Level::Critical);
        asked(r#"emails[type eq "work"].value eq "x@example.com""#, 200, two).finds(
            "filter-ignored",
            1,
            Level::Critical,
        );
    }

    #[test]
    fn right_answers_to_filters_are_left_alone() {
        let with_mail =
            ada(json!({"emails": [{"type": "work", "value": "X@example.com"}], "externalId": "x"}));
        for (filter, body) in [
            (r#"userName eq "ADA@example.com""#, list(vec![ada(json!({}))])),
            (r#"emails[type eq "work"].value eq "x@example.com""#, list(vec![with_mail.clone()])),
            (r#"externalId eq "x""#, list(vec![with_mail])),
            (r#"id eq "1""#, list(vec![ada(json!({}))])),
            (r#"userName eq "nobody""#, list(vec![])),
            // Only the id was asked for, so that the rest of the filter cannot be judged.
            (
                r#"id eq "1" and manager eq "9"&attributes=id"#,
                list(vec![json!({"schemas": [crate::scim::urn::USER], "id": "1"})]),
            ),
            // Other operators are not the judges' to evaluate.
            (r#"userName co "zzz""#, list(vec![ada(json!({}))])),
        ] {
            asked(filter, 200, body).is_right();
        }
    }

    #[test]
    fn a_value_that_was_written_and_is_not_shown_is_no_wrong_match() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"externalId": "x"}));
        scenario_run.get(r#"/Users?filter=externalId eq "x""#, 200, list(vec![ada(json!({}))]));
        scenario_run.finds("filter-ignored", 0, Level::Critical);
    }

    #[test]
    fn a_value_that_is_shown_otherwise_than_it_was_written_is_no_wrong_match() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"externalId": "x"}));
        let other = list(vec![ada(json!({"externalId": "other"}))]);
        scenario_run.get(r#"/Users?filter=externalId eq "x""#, 200, other.clone());
        scenario_run.finds("filter-ignored", 0, Level::Critical);
        scenario_run.get(r#"/Users?filter=externalId eq "y""#, 200, other);
        scenario_run.finds("filter-ignored", 1, Level::Critical);
    }

    #[test]
    fn a_prefix_is_no_match() {
        let longer = with(bob(), json!({"userName": "ada@example.com.au"}));
        let both = list(vec![ada(json!({})), longer]);
        asked(r#"userName eq "ada@example.com""#, 200, both.clone()).finds(
            "filter-too-wide",
            1,
            Level::Critical,
        );
        asked(r#"userName eq "ada@example.com""#, 200, both).finds("match-not-unique", 0, Level::Error);
    }

    #[test]
    fn two_users_of_one_name_are_found() {
        let twin = with(user("2"), json!({"userName": "ADA@example.com"}));
        asked(r#"userName eq "ada@example.com""#, 200, list(vec![ada(json!({})), twin])).finds(
            "match-not-unique",
            1,
            Level::Error,
        );
        // Two people may share an address.
        let mail = json!({"emails": [{"value": "x@example.com"}]});
        let shared = list(vec![ada(mail.clone()), with(bob(), mail)]);
        asked(r#"emails.value eq "x@example.com""#, 200, shared).is_right();
    }

    #[test]
    fn no_match_is_no_404() {
        asked(r#"userName eq "nobody""#, 404, error(404, None)).finds(
            "no-match-not-empty-list",
            1,
            Level::Error,
        );
        asked(r#"userName eq "nobody""#, 204, Value::Null).finds("no-match-not-empty-list", 1, Level::Error);
        let mut users_only = ScenarioRun::published().publishing(|discovery| {
            let types = json!([{"name": "User", "endpoint": "/Users", "schema": crate::scim::urn::USER}]);
            discovery.resource_types =
                crate::scim::discovery::Discovery::read(None, None, Some(&types)).resource_types;
        });
        users_only.get(r#"/Groups?filter=displayName eq "x""#, 404, error(404, None));
        users_only.is_right();
    }

    #[test]
    fn refused_lookups_weigh_by_their_attribute() {
        let invalid = error(400, Some("invalidFilter"));
        asked(r#"userName eq "a""#, 400, invalid.clone()).finds("lookup-refused", 1, Level::Error);
        asked(r#"externalId eq "a""#, 400, invalid.clone()).finds("lookup-refused", 1, Level::Note);
        asked(r#"externalId eq "a""#, 400, error(400, None)).finds("lookup-refused", 1, Level::Error);
        asked(r#"id eq "1" and manager eq "2"&attributes=id"#, 400, error(400, None)).finds(
            "lookup-refused",
            1,
            Level::Warning,
        );
        let mut groups = ScenarioRun::published();
        groups.get(
            r#"/Groups?excludedAttributes=members&filter=displayName eq "Team""#,
            400,
            invalid.clone(),
        );
        groups.finds("lookup-refused", 1, Level::Error);
        let mut provoked = ScenarioRun::published();
        let request = crate::wire::Request::new(Actor::Entra, crate::wire::Method::Get, "/Users", "test")
            .with_query("filter=userName+xx+%22a%22")
            .provoked();
        provoked.send(request, Ok(crate::rules::scenario_run::answer(400, &invalid)));
        provoked.is_right();
        let mut found = ScenarioRun::published();
        found.get(r#"/Groups?filter=displayName eq "team""#, 200, list(vec![group(&[])]));
        found.is_right();
    }
}
