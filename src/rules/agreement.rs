//! Answers agree with each other: what a write is answered with, what a read shows and what a query
//! shows are one resource.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::echo::{complaint, outcomes};
use super::ledger::{ClaimResult, Fate, Ledger, SearchedBy, ValueOutcome};
use super::reading;
use super::subject;
use crate::check::Level;
use crate::scim::schema::Returned as Shown;
use crate::scim::{AttributePath, same_name};
use crate::wire::{Operation, ResourceKind};
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &CREATE_ANSWER_DIFFERS,
    &CREATE_ANSWER_INCOMPLETE,
    &UPDATE_ANSWER_DIFFERS,
    &QUERY_SHOWS_OTHER_VALUES,
    &READ_STALE,
    &ANSWER_DIFFERS_FROM_READ,
];

const CREATE_ANSWER_DIFFERS: RuleDeclaration = RuleDeclaration {
    name: "create-answer-differs",
    title: "The response to POST shows what the server stored",
    level: Level::Error,
    what: "The resource in the response to POST has the values that were sent, and GET returns the same \
           values.",
    why: "Entra continues with the values of the response. A userName that differs between POST and GET \
          makes Entra match the wrong account, or update the same account in every cycle.",
    fix: "Build the response from the stored resource, not from the request or from defaults.",
    entra: "An update right after the create, in every cycle.",
    refs: &[Rfc("7644#3.3 SHOULD"), Field("Infisical/infisical#5947")],
    faults: &["create-answer-wrong", "swap-given-and-family-name", "truncate-display-names"],
    judges: |view| subject::shown_by(view, subject::a_creation),
    judge: RuleJudge::Trace(create_answer_differs),
};

/// Values the answer to a write shows wrong, while no read shows them wrong too.
fn wrong_answers(ledger: &Ledger, create: bool, missing: bool) -> Vec<Complaint> {
    let which = move |outcome: &ValueOutcome| {
        matches!(outcome.fate, Fate::WrongAnswer { .. })
            && matches!(outcome.by.operation, Operation::Create(_)) == create
            && (outcome.reply == ClaimResult::Missing) == missing
            && !(missing && names_the_resource_alone(outcome))
    };
    outcomes(ledger, which)
        .map(|outcome| {
            let spot = &outcome.claim.spot;
            let message = match (&outcome.fate, missing) {
                (_, true) => format!("The response omits {spot}, which the request wrote."),
                (Fate::WrongAnswer { right: Some(_) }, false) => {
                    format!("The response shows another value of {spot} than a read right after it.")
                }
                _ => format!("The response shows another value of {spot} than the request wrote."),
            };
            complaint(outcome, message)
        })
        .collect()
}

fn create_answer_differs(ledger: &Ledger) -> Vec<Complaint> {
    wrong_answers(ledger, true, false)
}

const CREATE_ANSWER_INCOMPLETE: RuleDeclaration = RuleDeclaration {
    name: "create-answer-incomplete",
    title: "The response to POST is the complete resource",
    level: Level::Warning,
    what: "The body of a 201 holds every attribute that was written and is returned by default, or `schemas`, \
           `id` and `meta` alone.",
    why: "Entra tolerates it, because it reads the resource again before its next update. Other identity \
          providers treat the missing attributes as lost.",
    fix: "Return from POST the same resource that GET returns.",
    entra: "Nothing.",
    refs: &[Rfc("7644#3.3 SHOULD")],
    faults: &[
        "create-answer-partial",
        "drop-department",
        "drop-given-name",
        "truncate-phone-numbers-to-first",
    ],
    judges: |view| subject::shown_by(view, subject::a_creation),
    judge: RuleJudge::Trace(create_answer_incomplete),
};

fn create_answer_incomplete(ledger: &Ledger) -> Vec<Complaint> {
    wrong_answers(ledger, true, true)
}

/// True when an answer has only `schemas`, `id` and `meta`: it identifies the resource and does not show it.
fn names_the_resource_alone(outcome: &ValueOutcome) -> bool {
    let body = outcome.by.json().and_then(Value::as_object);
    body.is_some_and(|body| body.keys().all(|name| ["schemas", "id", "meta"].contains(&name.as_str())))
}

const UPDATE_ANSWER_DIFFERS: RuleDeclaration = RuleDeclaration {
    name: "update-answer-differs",
    title: "The response to an update shows the new values",
    level: Level::Error,
    what: "When PATCH returns 200 with the resource, the resource has the values just written. The body may \
           be partial; 204 without a body is equally valid.",
    why: "A response with the old values makes every client believe that the write failed.",
    fix: "Read the resource after the change is stored, or return 204.",
    entra: "An update that is logged as successful and sent again.",
    refs: &[Rfc("7644#3.5.2 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["stale-patch-answer"],
    judges: |view| subject::shown_by(view, subject::an_update),
    judge: RuleJudge::Trace(update_answer_differs),
};

fn update_answer_differs(ledger: &Ledger) -> Vec<Complaint> {
    wrong_answers(ledger, false, false)
}

const QUERY_SHOWS_OTHER_VALUES: RuleDeclaration = RuleDeclaration {
    name: "query-shows-other-values",
    title: "A query returns the same values as GET by id",
    level: Level::Warning,
    what: "The resources of a ListResponse have the values that GET by id returns.",
    why: "Entra compares with the response it already has: after a match, that is the query's. Attributes \
          missing there are written again.",
    fix: "Build the resources in lists with the same code as single resources.",
    entra: "Updates without a change after each match.",
    refs: &[Rfc("7644#3.4.2"), Field("getsentry/sentry#79354")],
    faults: &["stale-queries", "lists-show-summaries"],
    judges: |view| {
        matches!(view.operation(), Operation::Query { .. })
            && subject::reads_written(view, |_, held| subject::is_value(held))
    },
    judge: RuleJudge::Trace(query_shows_other_values),
};

fn query_shows_other_values(ledger: &Ledger) -> Vec<Complaint> {
    outcomes(ledger, |outcome| matches!(outcome.fate, Fate::ListDiffers { .. }))
        .map(|outcome| {
            let spot = &outcome.claim.spot;
            let told = |shown: &str| {
                complaint(outcome, format!("A query shows another value of {spot} than {shown}."))
            };
            match &outcome.fate {
                Fate::ListDiffers { right: Some(right) } => told("a read by id").shown_by(right),
                _ => told("the response to the write"),
            }
        })
        .collect()
}

const READ_STALE: RuleDeclaration = RuleDeclaration {
    name: "read-stale",
    title: "A read shows all earlier writes",
    level: Level::Warning,
    what: "A read sent after the response to a write shows that write. The RFC does not guarantee this.",
    why: "When a lookup does not find a new account, Entra creates it a second time; an update that does not \
          show is sent again.",
    fix: "For SCIM requests, read from the primary database and do not use caches.",
    entra: "Conflict errors for accounts that were just created, and repeated updates.",
    refs: &[Field("fleetdm/fleet#50724"), Field("BerriAI/litellm#37009")],
    faults: &["stale-reads"],
    judges: |view| subject::reads_written(view, |_, held| subject::is_value(held)),
    judge: RuleJudge::Trace(read_stale),
};

fn read_stale(ledger: &Ledger) -> Vec<Complaint> {
    let values = outcomes(ledger, |outcome| matches!(outcome.fate, Fate::Stale { .. })).map(|outcome| {
        let spot = &outcome.claim.spot;
        let complaint = complaint(
            outcome,
            format!(
                "{spot} was missing from the first read; a later read \
                                                    shows it."
            ),
        );
        match &outcome.fate {
            Fate::Stale { right } => complaint.shown_by(right),
            _ => complaint,
        }
    });
    let objects = ledger.vanished().iter().filter_map(|vanished| {
        let found = vanished.found.as_ref()?;
        let message = format!(
            "The first request did not find a {}; the same request found it later.",
            vanished.kind.as_str()
        );
        let asked = match vanished.search {
            SearchedBy::Id => "GET by id",
            SearchedBy::Filter { .. } => "a query",
        };
        let complaint = Complaint::new(message).concerning(asked).against(
            "found at once",
            "found only when the same request \
                                                                          was repeated",
        );
        let complaint = match &vanished.by {
            Some(write) => complaint.shown_by(write),
            None => complaint,
        };
        Some(complaint.shown_by(&vanished.seen).shown_by(found))
    });
    values.chain(objects).collect()
}

const ANSWER_DIFFERS_FROM_READ: RuleDeclaration = RuleDeclaration {
    name: "answer-differs-from-read",
    title: "GET returns what the response to the write showed",
    level: Level::Warning,
    what: "With no write in between, GET returns the attributes that the response to POST or PATCH showed, \
           with the same values. Dates, versions and `groups` are not compared.",
    why: "One of the two responses is wrong, and Entra acts on both.",
    fix: "Build both responses from the stored resource with the same code.",
    entra: "Another update after each successful one.",
    refs: &[Rfc("7644#3.3 SHOULD"), Rfc("7644#3.5.2 MUST"), Field("Infisical/infisical#5947")],
    faults: &["write-answers-invent", "reads-swapped"],
    judges: |view| subject::reads_known(view, |known| known.shown.is_some()),
    judge: RuleJudge::Exchange(answer_differs_from_read),
};

fn answer_differs_from_read(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Read(kind, id), [resource]) = (view.operation(), view.resources()) else {
        return Vec::new();
    };
    let shown = view.ledger.known(*kind, id).and_then(|known| {
        let (shown, writes) = known.shown.as_ref()?;
        (*writes == view.ledger.writes() && known.is_settled_for(view.exchange)).then_some((known, shown))
    });
    let Some((known, shown)) = shown else {
        return Vec::new();
    };
    let before = shown.json().and_then(Value::as_object).into_iter().flatten();
    before
        .filter(|(name, _)| !["meta", "groups", "members", "schemas"].iter().any(|n| same_name(n, name)))
        // What was written is judged as a written value, once.
        .filter(|(name, _)| {
            !known.all_held().iter().any(|held| {
                same_name(&held.claim.spot.attribute, name)
                    || held.claim.spot.schema.as_deref().is_some_and(|urn| same_name(urn, name))
            })
        })
        .filter_map(|(name, value)| {
            let message = match resource.member(name) {
                Some(now) if alike(value, now) => return None,
                Some(_) => format!(
                    "A read shows another value of {name} than the response to the write \
                                    before it."
                ),
                None if is_due(view, *kind, name) && !is_empty(value) => {
                    format!("A read omits {name}, which the response to the write before it shows.")
                }
                None => return None,
            };
            let now = resource.member(name).map_or_else(|| "absent".to_owned(), Value::to_string);
            let complaint = Complaint::new(message).concerning(name).against(value.to_string(), now);
            Some(complaint.shown_by(shown))
        })
        .collect()
}

/// True for what stands for no value (RFC 7643 §2.5).
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// True when a read has to show an attribute that has a value: the server publishes it as returned by
/// default, and the read asks for it.
fn is_due(view: &View<'_>, kind: ResourceKind, name: &str) -> bool {
    let path = AttributePath::simple(name);
    let published = view.discovery.schemas.find_within(kind.schema(), &path);
    view.projection().asks_for(&path)
        && published.is_some_and(|definition| matches!(definition.returned, Shown::Always | Shown::Default))
}

/// Equal but for the order of elements.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| alike(x, y)))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, x)| b.get(name).is_some_and(|y| alike(x, y)))
        }
        _ => reading::likeness(a, b) == reading::Likeness::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, answer, patch, with};
    use serde_json::json;

    #[test]
    fn an_attribute_that_only_the_write_answer_shows_differently_is_found() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({"nickName": "a"}));
        let mut answered = ada(json!({"nickName": "a"}));
        answered["profileUrl"] = json!("http://example.com/a");
        let sent = json!([{"op": "Replace", "path": "title", "value": "X"}]);
        scenario_run.patch("/Users/1", sent, 200, with(answered.clone(), json!({"title": "X"})));
        scenario_run.get(
            "/Users/1",
            200,
            with(answered.clone(), json!({"title": "X", "profileUrl": "http://example.com/b"})),
        );
        scenario_run.finds("answer-differs-from-read", 1, Level::Warning);
        let mut right = ScenarioRun::published();
        right.makes_ada(json!({"nickName": "a"})).get("/Users/1", 200, ada(json!({"nickName": "a"})));
        right.is_right();
    }

    #[test]
    fn what_two_writes_at_once_are_answered_with_may_be_older_than_the_other_one() {
        let rename = patch("/Users/1", json!([{"op": "Replace", "path": "nickName", "value": "b"}]));
        let promote = patch("/Users/1", json!([{"op": "Replace", "path": "title", "value": "X"}]));
        let (renamed, both) = (ada(json!({"nickName": "b"})), ada(json!({"nickName": "b", "title": "X"})));
        let titled = ada(json!({"nickName": "a", "title": "X"}));
        for answers in [[&both, &titled], [&renamed, &both]] {
            let mut right = ScenarioRun::published();
            right.makes_ada(json!({"nickName": "a"}));
            right.together([
                (rename.clone(), answer(200, answers[0])),
                (promote.clone(), answer(200, answers[1])),
            ]);
            right.get("/Users/1", 200, both.clone());
            right.is_right();
        }
    }

    #[test]
    fn a_create_may_name_the_resource_alone() {
        let whole = ada(json!({"title": "X"}));
        let alone = json!({"schemas": whole["schemas"], "id": "1", "meta": whole["meta"]});
        let made = |answer: Value| {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.post("/Users", whole.clone(), 201, answer).get("/Users/1", 200, whole.clone());
            scenario_run
        };
        made(alone.clone()).finds("create-answer-incomplete", 0, Level::Warning);
        let partial = made(with(alone, json!({"userName": whole["userName"]})));
        assert!(!partial.findings("create-answer-incomplete").is_empty());
    }

    #[test]
    fn an_attribute_that_only_the_write_answer_shows_is_found_where_it_is_published() {
        let answered = |scenario_run: &mut ScenarioRun, invented: Value| {
            scenario_run.makes_ada(json!({}));
            let sent = json!([{"op": "Replace", "path": "title", "value": "X"}]);
            scenario_run.patch("/Users/1", sent, 200, with(ada(json!({"title": "X"})), invented));
        };
        let mut scenario_run = ScenarioRun::published();
        answered(&mut scenario_run, json!({"nickName": "new"}));
        scenario_run.get("/Users/1", 200, ada(json!({"title": "X"})));
        scenario_run.finds("answer-differs-from-read", 1, Level::Warning);
        for (invented, read) in [
            // Nobody publishes it, nothing is in it, or it is not asked for.
            (json!({"badge": "7"}), "/Users/1"),
            (json!({"nickName": null, "roles": []}), "/Users/1"),
            (json!({"nickName": "new"}), "/Users/1?attributes=title"),
        ] {
            let mut right = ScenarioRun::published();
            answered(&mut right, invented);
            right.get(read, 200, ada(json!({"title": "X"})));
            right.finds("answer-differs-from-read", 0, Level::Warning);
        }
    }
}
