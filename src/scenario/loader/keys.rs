//! The keys of a scenario, for its reader and for its JSON Schema. The steps are in [`super::steps`].

use serde_json::{Map, Value, json};

use super::about::{ABILITIES, DIALECTS, LEVELS};
use super::direct::{FORMS, GROUP_OR_USER, KINDS, MOST_TESTS, OPERATIONS, SOURCES, SWEEPS, WAYS};
use super::expectation::{ACTIONS, FOUND_BY, STATUSES};
use super::job::{MOST, ROLES, SCOPES};
use super::names::MOST_PEOPLE;
use super::paging::{LISTED, MOST_LISTED, PAGED};
use super::sign_in::{FLOWS, MOST_MINUTES, PROOFS};
use super::steps;
use super::tenant::LETTER_CASES;
use super::timeline::{METHODS, TENANTS};
use super::together::MOST_TIMES;
use crate::entra::directory::{AttributeKind, ObjectKind, attributes};
use crate::entra::mapping::Edits;
use crate::keys::{Key, described, document, map, open_map, shape};
use crate::scim::message::ScimType;

/// The whole file.
pub(super) const SCENARIO: [Key; 20] = [
    Key::required("title", shape::prose, "One line that states what must hold."),
    Key::required("level", || shape::words(&LEVELS), "What a failure means."),
    Key::required("why", shape::prose, "Why it matters to a customer who uses Entra."),
    Key::new("what", shape::prose, "What the server must do, if the title does not say it."),
    Key::new("fix", shape::prose, "What to change in the server."),
    Key::new("entra", shape::prose, "What the customer's administrator sees in Entra."),
    Key::new(
        "refs",
        || shape::list(reference()),
        "Sources: RFC, Microsoft's documentation, reports from the field.",
    ),
    Key::new("faults", faults, "Faults of the embedded server that this scenario must catch."),
    Key::new("since", shape::text, "The first version of scimulate with this scenario, as 0.2.0."),
    Key::new("aliases", shape::texts, "Earlier ids of the scenario, as cycles/old-name."),
    Key::new("test", || map(&TEST), "The test of Microsoft's that the scenario plays."),
    Key::new(
        "needs",
        || shape::list(need()),
        "What the target must support, otherwise the scenario is skipped.",
    ),
    Key::new("dialects", || shape::list(shape::words(&DIALECTS)), "Play it only in these dialects."),
    Key::new("size", || shape::one_of_words(["large"]), "`large`: people with `many` are 30, or more."),
    Key::new("mapping", || map(&MAPPING), "How the user mapping differs from the profile's."),
    Key::new("job", || map(&JOB), "What an administrator set on the job."),
    Key::new("people", || participants(person()), "Users of the tenant, by names of your choice."),
    Key::new("groups", || participants(group()), "Groups of the tenant, by names of your choice."),
    Key::new("accounts", || participants(map(&ACCOUNT)), "Accounts at the target before the first cycle."),
    Key::required("timeline", || shape::filled_list(shape::part(steps::PART)), "What happens, step by step."),
];

/// `needs`, as a map.
pub(super) const NEED: [Key; 3] = [
    Key::new("filterable", shape::text, "The target can filter on this attribute."),
    Key::new("published", shape::text, "The target's /Schemas has this attribute."),
    Key::new(
        "reading",
        || json!({ "type": "string", "pattern": "=" }),
        "A switch and its value, as leavers=disabled.",
    ),
];

pub(super) const TEST: [Key; 5] = [
    Key::required("name", shape::text, "Microsoft's name of the test."),
    Key::required("number", || shape::whole_number(1..=MOST_TESTS), "Its place."),
    Key::required("kind", || shape::words(&KINDS), "Whether it must pass."),
    Key::required(
        "through",
        || shape::words(&WAYS),
        "Whether Microsoft runs it in a tenant or at the endpoint.",
    ),
    Key::new("sample", shape::text, "The captured or published request that it sends as it is."),
];

/// How a mapping differs.
pub(super) const MAPPING: [Key; 6] = {
    let [rows, without, actions, scope] = Edits::KEYS;
    [
        Key::new(
            "matching",
            shape::texts,
            "Attributes to match by, in this order, instead of the profile's.",
        ),
        Key::new("roles", || shape::words(&ROLES), "The function that writes app roles."),
        rows,
        without,
        actions,
        scope,
    ]
};

pub(super) const JOB: [Key; 6] = [
    Key::new("scope", || shape::words(&SCOPES), "Who is in scope; the default is `assigned`."),
    Key::new(
        "connection-test",
        shape::boolean,
        "Every cycle begins with a filter for a random GUID, as in Entra.",
    ),
    Key::new("tombstone-name", shape::boolean, "The userPrincipalName of a soft-deleted user changes."),
    Key::new(
        "skip-out-of-scope-deletions",
        shape::boolean,
        "The account of a user who leaves the scope is kept.",
    ),
    Key::new(
        "deletion-threshold",
        || shape::whole_number(0..=MOST),
        "More disables and deletes than this are held back.",
    ),
    Key::new("quarantine", || map(&QUARANTINE), "Microsoft's numbers, scaled down."),
];

pub(super) const QUARANTINE: [Key; 4] = [
    Key::required(
        "evaluated-from",
        || shape::whole_number(0..=MOST),
        "Failures from which the share counts.",
    ),
    Key::required("percent", || shape::whole_number(0..=MOST), "The share of failures in percent."),
    Key::required("failures", || shape::whole_number(0..=MOST), "Failures of one cycle."),
    Key::required("total", || shape::whole_number(0..=MOST), "Failures of all cycles."),
];

/// A person, beside Entra's own attributes.
pub(super) const PERSON: [Key; 7] = [
    Key::new("manager", shape::text, "Another person."),
    Key::new("assigned", shape::boolean, "`false`: not assigned to the application."),
    Key::new("enabled", shape::boolean, "`false`: sign-in is blocked."),
    Key::new("absent", shape::boolean, "`true`: not in the directory before a step `appear`."),
    Key::new("many", || shape::whole_number(1..=MOST_PEOPLE), "So many people, NAME-1 and so on."),
    Key::new(
        "usually",
        || shape::whole_number(1..=MOST_PEOPLE),
        "With `size: large`, so many without --max-users.",
    ),
    Key::new("roles", shape::text_or_texts, "Values of the app roles that the person is assigned."),
];

/// A group, beside Entra's own attributes.
pub(super) const GROUP: [Key; 3] = [
    Key::new("members", shape::texts, "People and groups."),
    Key::new("assigned", shape::boolean, "`false`: not assigned to the application."),
    Key::new("absent", shape::boolean, "`true`: not in the directory before a step `appear`."),
];

pub(super) const ACCOUNT: [Key; 3] = [
    Key::required("of", shape::text, "Whose account it is: a person or a group."),
    Key::new("letter-case", || shape::words(&LETTER_CASES), "How its userName is written."),
    Key::new("with", || shape::named(shape::anything()), "Values of attributes; `null` leaves one out."),
];

pub(super) const DISCOVER: [Key; 1] =
    [Key::required("count", || shape::whole_number(1..=MOST_LISTED), "The size of a page.")];

pub(super) const REQUEST: [Key; 10] = [
    Key::new("tenant", || shape::words(&TENANTS), "`second`, in a scenario that needs a second tenant."),
    Key::required("method", || shape::words(&METHODS), "The HTTP method."),
    Key::required("path", path, "Continues the base URL; templates may stand in it."),
    Key::new("query", shape::named_texts, "The query, unencoded."),
    Key::new("headers", shape::named_texts, "Further headers."),
    Key::new("scheme", scheme, "Another spelling of `Bearer` in front of the token."),
    Key::new("body", shape::anything, "The body, as JSON."),
    Key::new("text", shape::text, "The body as it is, whether it is JSON or not; instead of `body`."),
    Key::new("provoked", shape::boolean, "A refusal is wanted; rules about statuses look away."),
    Key::new("as", shape::text, "A name for the answer, for later templates."),
];

/// A request among several.
pub(super) const TOGETHER: [Key; 12] = {
    let [tenant, method, path, query, headers, scheme, body, text, provoked, capture] = REQUEST;
    [
        Key::new("each", shape::text, "One request for each person of a `many`, with the id {{each.id}}."),
        Key::new("times", || shape::whole_number(2..=MOST_TIMES), "How often the request is sent."),
        tenant,
        method,
        path,
        query,
        headers,
        scheme,
        body,
        text,
        provoked,
        capture,
    ]
};

pub(super) const ANSWERS: [Key; 2] = [
    Key::required("succeeded", successes, "How many requests are answered with 2xx."),
    Key::new("others", statuses, "Accepted statuses of the other requests."),
];

/// Which list is read in pages, and how.
pub(super) const PAGES: [Key; 3] = [
    Key::required("of", || shape::words(&LISTED), "The list."),
    Key::required("count", || shape::whole_number(1..=MOST_LISTED), "The size of a page."),
    Key::new("by", || shape::words(&PAGED), "The way to page; the default is `index`."),
];

pub(super) const WALK: [Key; 4] = {
    let [of, count, by] = PAGES;
    let requests = || shape::list(map(&REQUEST));
    [of, count, by, Key::required("between", requests, "Requests, one of which is sent after each page.")]
};

pub(super) const ANSWER: [Key; 12] = [
    Key::new("status", statuses, "The status is one of these; without the key any 2xx."),
    Key::new("or-refused", statuses, "Also accepted: the target says that it does not support this."),
    Key::new("or-missing", statuses, "The target says that it does not have what the scenario is about."),
    Key::new("body", || shape::named(shape::anything()), "Members, or JSON pointers, with their values."),
    Key::new("present", shape::texts, "Members that are present and not empty."),
    Key::new("empty", shape::texts, "Members that are absent, null or empty."),
    Key::new("headers", shape::named_texts, "Headers with their values, or `present`."),
    Key::new("unlike", || shape::named(shape::anything()), "Members that do not have these values."),
    Key::new("unchanged-since", shape::named_texts, "Members as in an earlier answer, by its name."),
    Key::new("order", shape::texts, "The list contains these accounts in this order."),
    Key::new("holds", shape::text, "The resource has every value that the mapping gives this person."),
    Key::new("scim-type", || shape::one_of_words(ScimType::ALL.map(ScimType::as_str)), "RFC 7644 table 9."),
];

/// The state of an account, beside its attributes.
pub(super) const STATE: [Key; 3] = [
    Key::new("found-by", || shape::list(shape::words(&FOUND_BY)), "The ways in which the account is found."),
    Key::new("same-account-as", shape::text, "The account has the id of that account."),
    Key::new("members", shape::anything, "Of a group: it has exactly these members."),
];

pub(super) const MODIFIED: [Key; 2] = [
    Key::new("old", shape::text_or_null, "The person before."),
    Key::new("new", shape::text_or_null, "The person after."),
];

pub(super) const LOG: [Key; 4] = [
    Key::new("action", || shape::words(&ACTIONS), "What Entra did."),
    Key::new("status", || shape::words(&STATUSES), "How it ended."),
    Key::new("code", shape::text, "Entra's error code."),
    Key::new("modified", || shape::named(map(&MODIFIED)), "The modified properties, old and new."),
];

pub(super) const JOB_STATE: [Key; 5] = [
    Key::new("quarantine", shape::text_or_null, "The reason of the job's quarantine; `null` for none."),
    Key::new("held-back", shape::texts, "Whose deletions are held back."),
    Key::new("failing", shape::texts, "Which objects are tried again."),
    Key::new("next-cycle", hours, "When the next cycle is due."),
    Key::new("disabled", shape::boolean, "Whether the job is disabled."),
];

pub(super) const SIGN_IN: [Key; 2] = [
    Key::required("with", || shape::words(&FLOWS), "How the token is got."),
    Key::new("proof", || shape::words(&PROOFS), "What is right or wrong with what is sent for it."),
];

pub(super) const TOKEN: [Key; 1] =
    [Key::new("minutes", minutes, "The least and the most minutes of its lifetime.")];

pub(super) const UPDATE: [Key; 6] = [
    Key::required("of", shape::text, "An earlier answer, named with `as:`."),
    Key::new("kind", || shape::words(&GROUP_OR_USER), "The resource type; the default is `User`."),
    Key::required(
        "form",
        || shape::words(&FORMS),
        "One operation without a path, or one for each attribute.",
    ),
    Key::new("op", || shape::words(&OPERATIONS), "The operation; the default is `replace`."),
    Key::new("from", || shape::words(&SOURCES), "Whose attributes; the default is `mapping`."),
    Key::new("keep-matching", shape::boolean, "Matching attributes are not changed."),
];

pub(super) const CLEARING: [Key; 2] = [
    Key::required("of", shape::text, "An earlier answer, named with `as:`."),
    Key::required("with", || json!({ "enum": ["empty", null] }), "An empty text, or null."),
];

pub(super) const SWEEP: [Key; 2] = [
    Key::required("of", shape::text, "A person or a group."),
    Key::required("form", || shape::words(&SWEEPS), "How the attributes are written."),
];

/// The JSON Schema of a scenario.
pub(in crate::scenario) fn json_schema() -> Value {
    let about = "A situation that a SCIM server must handle, and what must be true then (docs/scenarios.md).";
    document("A scenario of scimulate", about, map(&SCENARIO), &[(steps::PART, steps::step())])
}

/// One status, or a list of them.
pub(super) fn statuses() -> Value {
    shape::one_or_many(shape::whole_number(100..=599))
}

/// A time, as `30 days`.
pub(super) fn hours() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+ (hours?|days?)$" })
}

/// Names of people or groups with what is set on each: source attributes.
pub(super) fn changes() -> Value {
    let mut user = texts_of(ObjectKind::User);
    user.extend(texts_of(ObjectKind::Group));
    shape::named(with_extensions(
        json!({ "type": "object", "properties": user, "additionalProperties": false }),
    ))
}

/// Names of objects with what their accounts look like.
pub(super) fn states() -> Value {
    let state = open_map(&STATE, shape::anything());
    shape::named(shape::either([shape::one_of_words(["gone", "never"]), state]))
}

fn person() -> Value {
    described_by(&PERSON, ObjectKind::User)
}

fn group() -> Value {
    described_by(&GROUP, ObjectKind::Group)
}

fn described_by(keys: &[Key], kind: ObjectKind) -> Value {
    let mut schema = map(keys);
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.extend(texts_of(kind));
    }
    with_extensions(schema)
}

/// The attributes that scenarios set: texts, or null for none.
fn texts_of(kind: ObjectKind) -> Map<String, Value> {
    let set = attributes(kind).iter().filter(|known| !known.computed && known.kind == AttributeKind::Text);
    set.map(|known| (known.name.to_owned(), shape::text_or_null())).collect()
}

/// A directory extension is an attribute of a tenant's own.
fn with_extensions(mut schema: Value) -> Value {
    schema["patternProperties"] = json!({ "^extension_": shape::text_or_null() });
    schema
}

fn participants(of: Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" },
        "additionalProperties": of,
    })
}

fn reference() -> Value {
    let kinds = [
        ("rfc", "Number and section, and the word of the demand, as 7644#3.4.2 MUST."),
        ("entra", "A page of Microsoft's documentation."),
        ("field", "A report from the field, as owner/repo#number."),
    ];
    let properties: Map<String, Value> =
        kinds.iter().map(|(name, about)| ((*name).to_owned(), described(shape::prose(), about))).collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

fn faults() -> Value {
    shape::list(json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]*$" }))
}

fn need() -> Value {
    let mut one = map(&NEED);
    (one["type"], one["minProperties"], one["maxProperties"]) = (json!("object"), json!(1), json!(1));
    let abilities = shape::words(&ABILITIES);
    // The path of an attribute may stand there as well.
    shape::either([abilities, shape::text(), one])
}

fn path() -> Value {
    json!({ "type": "string", "pattern": "^/[^?]*$" })
}

fn scheme() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9]+$" })
}

fn successes() -> Value {
    shape::either([shape::one_of_words(["all"]), shape::whole_number(0..=MOST_TIMES)])
}

fn minutes() -> Value {
    let items = shape::whole_number(1..=MOST_MINUTES);
    json!({ "type": "array", "items": items, "minItems": 2, "maxItems": 2 })
}
