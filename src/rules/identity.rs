//! The id of a resource (RFC 7643 §3.1): what Entra keeps of an account.

mod another_account;

use super::View;
use super::body::kind;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::Holds;
use super::subject;
use crate::check::Level;
use crate::scim::member;
use crate::wire::{Operation, ResourceKind};
use serde_json::Value;

use another_account::CREATE_ANSWERS_EXISTING;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &ID_MISSING,
    &ID_NOT_A_STRING,
    &ID_CHANGED,
    &ID_REUSED,
    &CREATE_ANSWERS_EXISTING,
    &ID_FROM_CLIENT,
    &ID_NAMES_BULK_ID,
    &EXTERNAL_ID_INVENTED,
];

const ID_MISSING: RuleDeclaration = RuleDeclaration {
    name: "id-missing",
    title: "Every resource has an id",
    level: Level::Error,
    what: "Every resource in a response, including the response to a create, has a non-empty `id`.",
    why: "The id is all Entra keeps of an account: without it Entra can neither update nor disable the \
          account.",
    fix: "Return `id` with every resource, whatever `attributes` requests, and return the resource from \
          POST.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible; the account exists, but Entra cannot \
            reach it.",
    refs: &[
        Rfc("7643#3.1 MUST"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("MicrosoftDocs/azure-docs#11784"),
    ],
    faults: &["id-missing", "create-answers-empty"],
    judges: |view| subject::resources(view) || subject::a_creation(view),
    judge: RuleJudge::Exchange(id_missing),
};

fn id_missing(view: &View<'_>) -> Vec<Complaint> {
    // PATCH may be answered with part of the resource, and its id is known.
    if matches!(view.operation(), Operation::Modify(..)) {
        return Vec::new();
    }
    let without = view.resources().iter().any(|resource| {
        matches!(resource.member("id"), None | Some(Value::Null))
            || resource.member("id").is_some_and(|id| id.as_str() == Some(""))
    });
    let created = matches!(view.operation(), Operation::Create(_))
        && view.exchange.succeeded()
        && view.answer().is_some_and(|answer| answer.body.is_empty());
    if created {
        return Complaint::new("A create returns no body, so the id of the new resource is unknown.")
            .concerning("id")
            .against("201 with the resource", "no body")
            .into();
    }
    if without {
        return Complaint::new("A resource has no id.")
            .concerning("id")
            .against("an id", "absent or empty")
            .into();
    }
    Vec::new()
}

const ID_NOT_A_STRING: RuleDeclaration = RuleDeclaration {
    name: "id-not-a-string",
    title: "The id is a string",
    level: Level::Error,
    what: "`id` is a JSON string, even if it consists of digits.",
    why: "Entra reads a string. Its client cannot read a number, or gets other digits back.",
    fix: "Write the id as a string: \"42\", not 42.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible: the response cannot be parsed.",
    refs: &[Rfc("7643#3.1"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["numeric-ids"],
    judges: subject::resources,
    judge: RuleJudge::Exchange(id_not_a_string),
};

fn id_not_a_string(view: &View<'_>) -> Vec<Complaint> {
    let wrong = view
        .resources()
        .iter()
        .find_map(|resource| resource.member("id").filter(|id| !id.is_string() && !id.is_null()));
    match wrong {
        Some(id) => Complaint::new(format!("The id is {}, expected a string.", kind(id)))
            .concerning("id")
            .against("a string", id.to_string())
            .into(),
        None => Vec::new(),
    }
}

const ID_CHANGED: RuleDeclaration = RuleDeclaration {
    name: "id-changed",
    title: "A read returns the resource with the requested id",
    level: Level::Critical,
    what: "The response to a read holds the requested id. In the response to an update another id is a \
           warning, because Entra does not read it; if it follows the new userName, it is critical.",
    why: "Entra compares the response with its person and writes the difference. If the response holds \
          another person's resource, another person's account is overwritten.",
    fix: "Look the resource up by exactly the id in the URL, and never change the id of a resource.",
    entra: "Updates of the wrong person, or InvalidAnchor.",
    refs: &[Rfc("7643#3.1 MUST"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["id-changes-on-update", "id-follows-user-name"],
    judges: |view| {
        view.operation().id().is_some()
            && view.resources().first().is_some_and(|resource| resource.id().is_some())
    },
    judge: RuleJudge::Exchange(id_changed),
};

fn id_changed(view: &View<'_>) -> Vec<Complaint> {
    let (level, asked) = match view.operation() {
        Operation::Read(_, id) => (Level::Critical, id),
        Operation::Modify(_, id) | Operation::Replace(_, id) if follows_name(view) => (Level::Critical, id),
        Operation::Modify(_, id) | Operation::Replace(_, id) => (Level::Warning, id),
        _ => return Vec::new(),
    };
    match view.resources().first().and_then(|resource| resource.id()) {
        Some(id) if id != asked => Complaint::new("The response holds a resource with another id.")
            .concerning("id")
            .against(asked, id)
            .at(level)
            .into(),
        _ => Vec::new(),
    }
}

/// True when the answer to a rename shows the new userName as the id.
fn follows_name(view: &View<'_>) -> bool {
    let id = view.resources().first().and_then(|resource| resource.id());
    view.claims().any(|claim| {
        claim.spot.is_core("userName")
            && matches!(&claim.holds, Holds::Value(Value::String(name))
                if id.is_some_and(|id| id.eq_ignore_ascii_case(name)))
    })
}

const ID_REUSED: RuleDeclaration = RuleDeclaration {
    name: "id-reused",
    title: "A new resource gets a new id",
    level: Level::Critical,
    what: "A create returns an id that no other resource has or had. That a deleted user gets the same id when it is \
           created again with the same userName is a warning; with `[target] id = \"userName\"` it is a note.",
    why: "Two people with one id share one account: disabling one disables the other.",
    fix: "Generate ids and do not reuse them; return 409 for a create that would overwrite a resource.",
    entra: "Two people in Entra linked to one account.",
    refs: &[Rfc("7643#3.1 MUST"), Field("msaad00/agent-bom#3540")],
    faults: &["ids-reused", "id-is-user-name", "create-takes-over-by-mail"],
    judges: |view| subject::a_creation(view) && subject::resources(view),
    judge: RuleJudge::Exchange(id_reused),
};

fn id_reused(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Create(kind), [resource]) = (view.operation(), view.resources()) else {
        return Vec::new();
    };
    let Some(known) = resource.id().and_then(|id| view.ledger.known(*kind, id)) else {
        return Vec::new();
    };
    let made = known.made.as_ref().and_then(|made| made.request.json());
    let name = made.as_ref().and_then(named);
    let same = |name: &String| view.sent().and_then(named).is_some_and(|new| new.eq_ignore_ascii_case(name));
    let is_the_same = name.as_ref().is_some_and(same);
    // That is a duplicate, and `duplicate-accepted` says so.
    if known.is_there() && is_the_same {
        return Vec::new();
    }
    let returns = is_the_same;
    let level = if returns { Level::Warning } else { Level::Critical };
    let whose = name.map_or_else(|| known.id.clone(), |name| format!("{}, the id of `{name}`", known.id));
    let message = match returns {
        true => "A create returns the id that the same user had before it was deleted.",
        false => "A create returns the id of another resource.",
    };
    let complaint = Complaint::new(message).concerning("id").against("an id of its own", whose).at(level);
    match &known.made {
        Some(made) => complaint.shown_by(made).into(),
        None => complaint.into(),
    }
}

/// The name in the body of a create.
fn named(sent: &Value) -> Option<String> {
    ["userName", "displayName"].into_iter().find_map(|name| member(sent, name)?.as_str().map(str::to_owned))
}

const ID_FROM_CLIENT: RuleDeclaration = RuleDeclaration {
    name: "id-from-client",
    title: "The server chooses the id",
    level: Level::Warning,
    what: "The server ignores `id` in the body of a create and assigns its own.",
    why: "With an id of its choice a client could overwrite another account.",
    fix: "Ignore `id` in the body of a create.",
    entra: "Nothing: Entra sends no id.",
    refs: &[Rfc("7643#3.1 MUST"), Rfc("7644#3.3 MUST"), Field("msaad00/agent-bom#3540")],
    faults: &["id-from-client"],
    judges: |view| subject::a_creation(view) && view.sent().is_some_and(|sent| member(sent, "id").is_some()),
    judge: RuleJudge::Exchange(id_from_client),
};

fn id_from_client(view: &View<'_>) -> Vec<Complaint> {
    let (Operation::Create(_), [resource]) = (view.operation(), view.resources()) else {
        return Vec::new();
    };
    let sent = view.sent().and_then(|sent| member(sent, "id")).and_then(Value::as_str);
    match (sent, resource.id()) {
        (Some(sent), Some(id)) if sent == id && !sent.is_empty() => {
            Complaint::new("The resource has the id that the client sent.")
                .concerning("id")
                .against("an id chosen by the server", "the id that was sent")
                .into()
        }
        _ => Vec::new(),
    }
}

const ID_NAMES_BULK_ID: RuleDeclaration = RuleDeclaration {
    name: "id-names-bulk-id",
    title: "No id contains bulkId",
    level: Level::Warning,
    what: "The word `bulkId` is reserved: no id contains it.",
    why: "In bulk requests it refers to resources that have no id yet.",
    fix: "Generate ids without it, and resolve bulkId references before you store them.",
    entra: "Nothing.",
    refs: &[Rfc("7643#3.1 MUST")],
    faults: &["ids-with-bulk-id"],
    judges: subject::resources,
    judge: RuleJudge::Exchange(id_names_bulk_id),
};

fn id_names_bulk_id(view: &View<'_>) -> Vec<Complaint> {
    match view.resources().iter().filter_map(|resource| resource.id()).find(|id| id.contains("bulkId")) {
        Some(id) => {
            Complaint::new("An id contains `bulkId`.").concerning("id").against("another id", id).into()
        }
        None => Vec::new(),
    }
}

const EXTERNAL_ID_INVENTED: RuleDeclaration = RuleDeclaration {
    name: "external-id-invented",
    title: "externalId is set only by the client",
    level: Level::Warning,
    what: "A resource that was created without an `externalId` has none.",
    why: "Entra may match by externalId. A value that the server made up matches no one, or the wrong \
          person.",
    fix: "Store externalId as it is sent and omit it if it was not sent; do not fill it with the id.",
    entra: "A mapped externalId is written again after each match.",
    refs: &[Rfc("7643#3.1 MUST")],
    faults: &["external-id-invented"],
    judges: subject::resources,
    judge: RuleJudge::Exchange(external_id_invented),
};

fn external_id_invented(view: &View<'_>) -> Vec<Complaint> {
    let sent_one = || view.sent().and_then(|sent| member(sent, "externalId")).is_some();
    let invented = view.resources().iter().find_map(|resource| {
        let external = resource.member("externalId")?.as_str().filter(|external| !external.is_empty())?;
        let id = resource.id()?;
        let given = match view.operation() {
            Operation::Create(ResourceKind::User | ResourceKind::Group) => sent_one(),
            Operation::Read(..) | Operation::Query { .. } => {
                !view.ledger.known(resource.kind, id)?.was_never_given("externalId")
            }
            _ => true,
        };
        (!given).then_some(external)
    });
    match invented {
        Some(external) => Complaint::new("The resource has an externalId that no client sent.")
            .concerning("externalId")
            .against("absent", external)
            .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenario_run::{ScenarioRun, ada, list, with};
    use crate::scim::urn;
    use serde_json::json;

    fn sent() -> Value {
        json!({"schemas": [urn::USER], "userName": "ada@example.com"})
    }

    fn read(resource: Value) -> ScenarioRun {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/1", 200, resource);
        scenario_run
    }

    #[test]
    fn a_resource_without_id_is_found() {
        for id in [Value::Null, json!("")] {
            let mut query = ScenarioRun::published();
            let resource = if id.is_null() {
                with(ada(json!({})), json!({"id": null}))
            } else {
                with(ada(json!({})), json!({"id": id}))
            };
            query.get(r#"/Users?filter=userName eq "ada@example.com""#, 200, list(vec![resource.clone()]));
            query.finds("id-missing", 1, Level::Error);
            read(resource).finds("id-missing", 1, Level::Error);
        }
        let mut empty = ScenarioRun::published();
        empty.post("/Users", sent(), 201, Value::Null);
        empty.finds("id-missing", 1, Level::Error);
        // The answer to a PATCH may hold part of the resource.
        let mut partial = ScenarioRun::published();
        partial.patch(
            "/Users/1",
            json!([{"op": "Add", "path": "title", "value": "X"}]),
            200,
            with(ada(json!({"title": "X"})), json!({"id": null})),
        );
        partial.finds("id-missing", 0, Level::Error);
    }

    #[test]
    fn an_id_is_a_string() {
        read(with(ada(json!({})), json!({"id": 1}))).finds("id-not-a-string", 1, Level::Error);
        read(ada(json!({}))).is_right();
    }

    #[test]
    fn another_id_than_the_one_asked_for_is_found() {
        let other = with(ada(json!({})), json!({"id": "2"}));
        read(other.clone()).finds("id-changed", 1, Level::Critical);
        let mut update = ScenarioRun::published();
        update.patch("/Users/1", json!([{"op": "Add", "path": "title", "value": "X"}]), 200, other);
        update.finds("id-changed", 1, Level::Warning);
    }

    #[test]
    fn an_id_in_the_url_may_be_percent_encoded() {
        let mut user = with(ada(json!({})), json!({"id": "a@b c"}));
        user["meta"]["location"] = json!("/Users/a%40b%20c");
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/a%40b%20c", 200, user);
        scenario_run.is_right();
    }

    #[test]
    fn ids_are_not_given_twice() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.makes_ada(json!({})).post(
            "/Users",
            with(sent(), json!({"userName": "bob@example.com"})),
            201,
            with(ada(json!({})), json!({"userName": "bob@example.com"})),
        );
        scenario_run.finds("id-reused", 1, Level::Critical);
        let mut recycled = ScenarioRun::published();
        recycled.makes_ada(json!({})).delete("/Users/1", 204).makes_ada(json!({}));
        recycled.finds("id-reused", 1, Level::Warning);
        let other = json!({"userName": "bob@example.com"});
        let mut handed_on = ScenarioRun::published();
        handed_on.makes_ada(json!({})).delete("/Users/1", 204).post(
            "/Users",
            with(sent(), other.clone()),
            201,
            with(ada(json!({})), other),
        );
        handed_on.finds("id-reused", 1, Level::Critical);
    }

    #[test]
    fn an_id_that_follows_a_rename_loses_the_link_and_one_that_stays_is_right() {
        let rename = json!([{"op": "Replace", "path": "userName", "value": "countess@example.com"}]);
        let renamed = |id: &str| {
            let mut scenario_run = ScenarioRun::published();
            let made = json!({"id": "ada@example.com"});
            let location = |id: &str| json!({"id": id, "userName": "countess@example.com"});
            scenario_run.post("/Users", sent(), 201, with(ada(json!({})), made));
            scenario_run.patch(
                "/Users/ada@example.com",
                rename.clone(),
                200,
                with(ada(json!({})), location(id)),
            );
            scenario_run
        };
        renamed("countess@example.com").finds("id-changed", 1, Level::Critical);
        renamed("ada@example.com").finds("id-changed", 0, Level::Critical);
    }

    #[test]
    fn an_account_that_was_there_before_is_found_in_the_answer_or_by_a_read() {
        let boss =
            || with(ada(json!({})), json!({"userName": "boss@contoso.example", "displayName": "Boss"}));
        let mut whole = ScenarioRun::published();
        whole.post("/Users", with(sent(), json!({"displayName": "Ada"})), 201, boss());
        whole.finds("create-answers-existing", 1, Level::Critical);
        let mut id_alone = ScenarioRun::published();
        id_alone.post("/Users", sent(), 201, json!({"schemas": [urn::USER], "id": "1"}));
        id_alone.get("/Users/1", 200, boss());
        id_alone.finds("create-answers-existing", 1, Level::Critical);
    }

    #[test]
    fn a_name_that_is_written_in_another_way_is_no_other_account() {
        let external = json!({"userName": "u-4711", "externalId": "x1", "displayName": null});
        for (extra, shown) in [
            (json!({}), json!({"userName": "ADA@EXAMPLE.COM"})),
            (json!({}), json!({"userName": "ada"})),
            (json!({}), json!({"userName": "ada.example.com@sso.example"})),
            (json!({"externalId": "x1"}), external),
            (json!({"displayName": "Ada"}), json!({"userName": "u-4711", "displayName": "Ada"})),
        ] {
            let mut scenario_run = ScenarioRun::published();
            scenario_run.post("/Users", with(sent(), extra), 201, with(ada(json!({})), shown));
            scenario_run.finds("create-answers-existing", 0, Level::Critical);
        }
        let mut renamed = ScenarioRun::published();
        renamed.makes_ada(json!({}));
        let rename = json!([{"op": "Replace", "path": "userName", "value": "countess@example.com"}]);
        renamed.patch("/Users/1", rename, 204, Value::Null);
        renamed.get("/Users/1", 200, with(ada(json!({})), json!({"userName": "countess@example.com"})));
        renamed.finds("create-answers-existing", 0, Level::Critical);
    }

    #[test]
    fn an_id_from_the_client_is_found() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.post("/Users", with(sent(), json!({"id": "1"})), 201, ada(json!({})));
        scenario_run.finds("id-from-client", 1, Level::Warning);
        let mut right = ScenarioRun::published();
        right.post("/Users", with(sent(), json!({"id": "mine"})), 201, ada(json!({})));
        right.is_right();
    }

    #[test]
    fn bulk_id_is_reserved() {
        let mut user = with(ada(json!({})), json!({"id": "bulkId:1"}));
        user["meta"]["location"] = json!("/Users/bulkId:1");
        let mut scenario_run = ScenarioRun::published();
        scenario_run.get("/Users/bulkId:1", 200, user);
        scenario_run.finds("id-names-bulk-id", 1, Level::Warning);
    }

    #[test]
    fn an_external_id_nobody_gave_is_found() {
        let mut scenario_run = ScenarioRun::published();
        scenario_run.post("/Users", sent(), 201, ada(json!({"externalId": "1"})));
        scenario_run.finds("external-id-invented", 1, Level::Warning);
        let mut later = ScenarioRun::published();
        later.makes_ada(json!({})).get("/Users/1", 200, ada(json!({"externalId": "1"})));
        later.finds("external-id-invented", 1, Level::Warning);
        let mut given = ScenarioRun::published();
        let add = json!([{"op": "Add", "path": "externalId", "value": "a"}]);
        given.makes_ada(json!({})).patch("/Users/1", add, 500, Value::Null).get(
            "/Users/1",
            200,
            ada(json!({"externalId": "a"})),
        );
        given.finds("external-id-invented", 0, Level::Warning);
        read(ada(json!({"externalId": "somebody else's"}))).is_right();
    }
}
