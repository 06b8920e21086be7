//! The status of each operation, and what comes with it (RFC 7644 §3.3–3.6). Refusals of writes are
//! in `refusals`.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::{Holds, Spot};
use super::reading::is_case_exact;
use super::subject;
use crate::check::Level;
use crate::scim::{AttributePath, urn};
use crate::wire::{Actor, Operation, ResourceKind};
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &CREATE_NOT_201,
    &DUPLICATE_ACCEPTED,
    &UPDATE_STATUS_UNUSUAL,
    &UPDATE_200_WITHOUT_BODY,
    &UPDATE_ANSWER_NOT_A_RESOURCE,
    &DELETE_NOT_204,
    &DELETED_TWICE,
    &READ_REFUSED,
];

const CREATE_NOT_201: RuleDeclaration = RuleDeclaration {
    name: "create-not-201",
    title: "A create returns 201",
    level: Level::Warning,
    what: "POST on /Users and /Groups returns 201 and the resource. 200 is a warning; 202 and 204, which \
           return no id, are errors.",
    why: "The validator requires 201; the gallery test accepts 200 too. Without a resource Entra does not \
          learn the id.",
    fix: "Create synchronously and return 201 with the resource and its Location.",
    entra: "Nothing with 200. Without a body: the account exists, but Entra cannot reach it.",
    refs: &[Rfc("7644#3.3 MUST"), Microsoft("scim-validator-tutorial")],
    faults: &["create-answers-200"],
    judges: |view| subject::a_creation(view) && !view.exchange.request.provoked,
    judge: RuleJudge::Exchange(create_not_201),
};

fn create_not_201(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Create(_), Some(status @ 200..300)) = (view.operation(), view.status()) else {
        return Vec::new();
    };
    if status == 201 || view.exchange.request.provoked {
        return Vec::new();
    }
    let level = if status == 200 { Level::Warning } else { Level::Error };
    Complaint::new(format!("A create returns {status}."))
        .against("201", format!("status {status}"))
        .at(level)
        .into()
}

const DUPLICATE_ACCEPTED: RuleDeclaration = RuleDeclaration {
    name: "duplicate-accepted",
    title: "userName is unique",
    level: Level::Error,
    what: "A create with a `userName` that another user already has, in any letter case and whether that \
           user is disabled or not, is rejected with 409. A response with success and the existing resource is \
           critical. A second group with the same `displayName` is a warning: Entra wants unique group names, the \
           RFC does not.",
    why: "With two accounts of one name Entra finds two matches and stops: neither is updated or disabled.",
    fix: "Check uniqueness without regard to letter case, over disabled users too, and return 409 with \
          scimType uniqueness.",
    entra: "DuplicateTargetEntries: the object is skipped in every cycle.",
    refs: &[
        Rfc("7643#4.1.1 MUST"),
        Rfc("7644#3.3 MUST"),
        Microsoft("scim-validator-tutorial"),
        Field("ory/polis#4067"),
    ],
    faults: &["duplicate-user-accepted", "duplicate-adopts-existing"],
    judges: creates_a_double,
    judge: RuleJudge::Exchange(duplicate_accepted),
};

/// A create whose name another resource has already.
fn creates_a_double(view: &View<'_>) -> bool {
    let Operation::Create(kind) = view.operation() else {
        return false;
    };
    let spot = Spot::core(name_of(*kind));
    view.claims().any(|claim| match &claim.holds {
        Holds::Value(value) => {
            claim.spot == spot
                && !view.ledger.holders(*kind, &spot, value).is_empty()
                && subject::an_answer(view)
        }
        _ => false,
    })
}

/// The attribute that names a resource of the kind.
fn name_of(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    }
}

fn duplicate_accepted(view: &View<'_>) -> Vec<Complaint> {
    let Operation::Create(kind) = view.operation() else {
        return Vec::new();
    };
    if !view.exchange.succeeded() {
        return Vec::new();
    }
    let name = name_of(*kind);
    let level = match kind {
        ResourceKind::User => Level::Error,
        ResourceKind::Group => Level::Warning,
    };
    let spot = Spot::core(name);
    let value = view.claims().find_map(|claim| match &claim.holds {
        Holds::Value(value) if claim.spot == spot => Some(value),
        _ => None,
    });
    let Some(value) = value else {
        return Vec::new();
    };
    let exact = is_case_exact(view.discovery, *kind, &AttributePath::simple(name));
    let other = view.ledger.holders(*kind, &spot, value).into_iter().find(|known| {
        !known.is_missed()
            && known.is_settled_for(view.exchange)
            && (!exact
                || known.held(&spot).is_some_and(|held| held.claim.holds == Holds::Value(value.clone())))
    });
    let Some((known, made)) = other.and_then(|known| Some((known, known.made.as_ref()?))) else {
        return Vec::new();
    };
    let is_its_own = view.resources().iter().all(|resource| resource.id() != Some(known.id.as_str()));
    let (message, level) = match is_its_own {
        true => (format!("The server created a second {} with the same {name}.", kind.as_str()), level),
        // Entra takes the new person for the owner of that account.
        false => (
            format!("A create with a {name} that is taken returns the {} that has it.", kind.as_str()),
            Level::Critical,
        ),
    };
    Complaint::new(message)
        .concerning(name)
        .against("409 with scimType uniqueness", format!("status {}", view.status().unwrap_or(0)))
        .at(level)
        .shown_by(made)
        .into()
}

/// The status of a successful PATCH or PUT.
fn updated(view: &View<'_>) -> Option<u16> {
    match view.operation() {
        Operation::Modify(..) | Operation::Replace(..) => {
            view.status().filter(|status| (200..300).contains(status))
        }
        _ => None,
    }
}

const UPDATE_STATUS_UNUSUAL: RuleDeclaration = RuleDeclaration {
    name: "update-status-unusual",
    title: "An update returns 200 or 204",
    level: Level::Warning,
    what: "PATCH returns 200 with the resource, or 204; both are valid. PUT returns 200.",
    why: "201 says that something was created, 202 that the outcome is not known yet.",
    fix: "Return 200 or 204 when the change is stored.",
    entra: "No effect known.",
    refs: &[
        Rfc("7644#3.5.2 MUST"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("MicrosoftDocs/azure-docs#11784"),
    ],
    faults: &["update-answers-201"],
    judges: subject::an_update,
    judge: RuleJudge::Exchange(update_status_unusual),
};

fn update_status_unusual(view: &View<'_>) -> Vec<Complaint> {
    match updated(view) {
        None | Some(200 | 204) => Vec::new(),
        Some(status) => Complaint::new(format!("An update returns {status}."))
            .against("200 or 204", format!("status {status}"))
            .into(),
    }
}

const UPDATE_200_WITHOUT_BODY: RuleDeclaration = RuleDeclaration {
    name: "update-200-without-body",
    title: "An update with 200 returns the resource",
    level: Level::Warning,
    what: "A PATCH or PUT that returns 200 has a body; without a body the status is 204.",
    why: "Entra tolerates it. Other identity providers read the empty body and fail.",
    fix: "Return 204, or send the resource.",
    entra: "Nothing: the validator does not notice.",
    refs: &[Rfc("7644#3.5.2 MUST"), Field("jelhub/scimgateway#89")],
    faults: &["patch-answers-200-without-body"],
    judges: |view| updated(view) == Some(200),
    judge: RuleJudge::Exchange(update_200_without_body),
};

fn update_200_without_body(view: &View<'_>) -> Vec<Complaint> {
    let empty = view.answer().is_some_and(|answer| answer.body.is_empty());
    if updated(view) != Some(200) || !empty {
        return Vec::new();
    }
    Complaint::new("An update returns 200 without a body.").against("the resource, or 204", "no body").into()
}

const UPDATE_ANSWER_NOT_A_RESOURCE: RuleDeclaration = RuleDeclaration {
    name: "update-answer-not-a-resource",
    title: "The body returned by an update is the resource",
    level: Level::Warning,
    what: "The body of a 200 to PATCH or PUT is the resource, not a copy of the request and not a list. It \
           may hold only some attributes.",
    why: "A client that reads it as the resource sees an account without attributes.",
    fix: "Return the stored resource, or 204.",
    entra: "No effect known.",
    refs: &[Rfc("7644#3.5.2 MUST"), Field("jelhub/scimgateway#33")],
    faults: &["patch-answers-its-request"],
    judges: |view| subject::an_update(view) && subject::json(view),
    judge: RuleJudge::Exchange(update_answer_not_a_resource),
};

fn update_answer_not_a_resource(view: &View<'_>) -> Vec<Complaint> {
    let Some(body) = updated(view).and_then(|_| view.json()).and_then(Value::as_object) else {
        return Vec::new();
    };
    let is = if super::returned::is_message(body, urn::PATCH_OP) || body.contains_key("Operations") {
        "a PATCH request"
    } else if super::returned::is_message(body, urn::LIST_RESPONSE) {
        "a list"
    } else if body.is_empty() {
        "an empty object"
    } else {
        return Vec::new();
    };
    Complaint::new(format!("An update returns {is}.")).against("the resource, or 204", is).into()
}

const DELETE_NOT_204: RuleDeclaration = RuleDeclaration {
    name: "delete-not-204",
    title: "A delete returns 204",
    level: Level::Warning,
    what: "DELETE returns 204 and no body.",
    why: "Entra expects 204. 200 and 202 leave open whether the account is gone.",
    fix: "Delete before you respond, and return 204.",
    entra: "No effect known with 200.",
    refs: &[Rfc("7644#3.6 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["delete-answers-200"],
    judges: |view| matches!(view.operation(), Operation::Delete(..)) && view.exchange.succeeded(),
    judge: RuleJudge::Exchange(delete_not_204),
};

fn delete_not_204(view: &View<'_>) -> Vec<Complaint> {
    match (view.operation(), view.status()) {
        (Operation::Delete(..), Some(status @ 200..300)) if status != 204 => {
            Complaint::new(format!("A delete returns {status}."))
                .against("204", format!("status {status}"))
                .into()
        }
        _ => Vec::new(),
    }
}

const DELETED_TWICE: RuleDeclaration = RuleDeclaration {
    name: "deleted-twice",
    title: "A second delete returns 404",
    level: Level::Warning,
    what: "A second DELETE of the same resource returns 404.",
    why: "The validator tests it. A server that returns 204 for any id hides a delete that went to the wrong \
          one.",
    fix: "Return 404 when there is nothing to delete.",
    entra: "Nothing; the SCIM Validator's preview test fails.",
    refs: &[Rfc("7644#3.6 MUST"), Microsoft("scim-validator-tutorial")],
    faults: &["delete-always-204"],
    judges: deletes_again,
    judge: RuleJudge::Exchange(deleted_twice),
};

fn deletes_again(view: &View<'_>) -> bool {
    let (Operation::Delete(kind, id), true) = (view.operation(), subject::an_answer(view)) else {
        return false;
    };
    view.ledger.known(*kind, id).is_some_and(|known| known.gone.is_some())
}

fn deleted_twice(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Delete(kind, id), Some(200..300)) = (view.operation(), view.status()) else {
        return Vec::new();
    };
    let known = view.ledger.known(*kind, id).filter(|known| known.is_settled_for(view.exchange));
    match known.and_then(|known| known.gone.as_ref()) {
        Some(first) => {
            Complaint::new(format!("The server accepted a second delete of the same {}.", kind.as_str()))
                .against("404", format!("status {}", view.status().unwrap_or(0)))
                .shown_by(first)
                .into()
        }
        None => Vec::new(),
    }
}

const READ_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "read-refused",
    title: "GET by id is supported",
    level: Level::Error,
    what: "GET by id returns 200, or 404 when the resource does not exist; no other 4xx.",
    why: "Entra reads each account before it updates it.",
    fix: "Support GET on the resource's URL, without an Accept header and with `excludedAttributes`.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible or NotPermitted on each update.",
    refs: &[
        Rfc("7644#3.4.1"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("MicrosoftDocs/azure-docs#94189"),
    ],
    faults: &["read-needs-accept"],
    judges: |view| matches!(view.operation(), Operation::Read(..)) && view.expects_success(),
    judge: RuleJudge::Exchange(read_refused),
};

fn read_refused(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Read(kind, id), Some(status @ 400..500)) = (view.operation(), view.status()) else {
        return Vec::new();
    };
    let unserved = !view.is_served(*kind) || [404, 410].contains(&status);
    // Whether an id that no create returned must be 404 depends on why it was asked for.
    let ours = view.ledger.known(*kind, id).is_some_and(|known| known.is_there());
    if unserved || !view.expects_success() || !(ours || view.exchange.request.actor == Actor::Entra) {
        return Vec::new();
    }
    Complaint::new(format!("GET by id is rejected with {status}."))
        .against("200, or 404 when it does not exist", format!("status {status}"))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, error, group, user, with};
    use serde_json::json;

    fn title() -> Value {
        json!([{"op": "Replace", "path": "title", "value": "X"}])
    }

    fn sent(name: &str) -> Value {
        json!({"schemas": [urn::USER], "userName": name})
    }

    #[test]
    fn creates_are_answered_with_201() {
        for (status, expected) in [(200, Some(Level::Warning)), (202, Some(Level::Error)), (201, None)] {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.post("/Users", sent("ada@example.com"), status, ada(json!({})));
            let level = scenario_run.findings("create-not-201").first().map(|finding| finding.level);
            assert_eq!(level, expected);
        }
    }

    #[test]
    fn a_second_user_of_the_same_name_is_found() {
        for name in ["ada@example.com", "ADA@Example.com"] {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.makes_ada(json!({})).post(
                "/Users",
                sent(name),
                201,
                with(user("2"), json!({"userName": name})),
            );
            scenario_run.finds("duplicate-accepted", 1, Level::Error);
        }
        let mut adopted = ScenarioRun::published();
        adopted.makes_ada(json!({})).post("/Users", sent("ada@example.com"), 201, ada(json!({})));
        adopted.finds("duplicate-accepted", 1, Level::Critical);
        adopted.finds("id-reused", 0, Level::Critical);
        let mut renamed = ScenarioRun::published();
        let rename = json!([{"op": "Replace", "path": "userName", "value": "new@example.com"}]);
        renamed.makes_ada(json!({})).patch("/Users/1", rename, 204, Value::Null);
        renamed.post(
            "/Users",
            sent("ada@example.com"),
            201,
            with(user("2"), json!({"userName": "ada@example.com"})),
        );
        renamed.is_right();
        let mut again = ScenarioRun::published();
        again.makes_ada(json!({})).delete("/Users/1", 204);
        again.post(
            "/Users",
            sent("ada@example.com"),
            201,
            with(user("2"), json!({"userName": "ada@example.com"})),
        );
        again.is_right();
        let mut groups = ScenarioRun::published();
        let mut second = with(group(&[]), json!({"id": "h"}));
        second["meta"]["location"] = json!("/Groups/h");
        groups.makes_group().post(
            "/Groups",
            json!({"schemas": [urn::GROUP], "displayName": "Team"}),
            201,
            second,
        );
        groups.finds("duplicate-accepted", 1, Level::Warning);
    }

    #[test]
    fn updates_are_answered_with_200_or_204() {
        let patched = |status, body| {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.patch("/Users/1", title(), status, body);
            scenario_run
        };
        patched(200, ada(json!({"title": "X"}))).is_right();
        patched(204, Value::Null).is_right();
        patched(201, ada(json!({"title": "X"}))).finds("update-status-unusual", 1, Level::Warning);
        patched(200, Value::Null).finds("update-200-without-body", 1, Level::Warning);
        let echo = json!({"schemas": [urn::PATCH_OP], "Operations": title()});
        patched(200, echo).finds("update-answer-not-a-resource", 1, Level::Warning);
        patched(200, json!({})).finds("update-answer-not-a-resource", 1, Level::Warning);
    }

    #[test]
    fn deletes_are_answered_once_with_204() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({})).delete("/Users/1", 200);
        scenario_run.finds("delete-not-204", 1, Level::Warning);
        let mut twice = ScenarioRun::published();
        twice.makes_ada(json!({})).delete("/Users/1", 204).delete("/Users/1", 204);
        twice.finds("deleted-twice", 1, Level::Warning);
        let mut right = ScenarioRun::published();
        right.makes_ada(json!({})).delete("/Users/1", 204).delete("/Users/1", 404);
        right.is_right();
    }

    #[test]
    fn a_refused_read_is_found() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({})).get("/Users/1", 406, error(406, None));
        scenario_run.finds("read-refused", 1, Level::Error);
        let mut missing = ScenarioRun::published();
        missing.get("/Users/nobody", 404, error(404, None));
        missing.is_right();
    }
}
