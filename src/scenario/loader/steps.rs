//! The steps of a timeline by their names, for the reader and for the JSON Schema.

use serde_json::{Map, Value, json};

use super::job::{RESETS, SCOPES};
use super::keys::{
    ANSWER, ANSWERS, CLEARING, DISCOVER, JOB_STATE, LOG, MAPPING, PAGES, REQUEST, SIGN_IN, SWEEP, TOGETHER,
    TOKEN, UPDATE, WALK, changes, hours, states,
};
use super::sign_in::FLOWS;
use super::timeline::TOKENS;
use crate::keys::{Key, described, map, shape};

/// The name of a step in the schema.
pub(super) const PART: &str = "step";

/// Steps without anything behind them.
pub(super) const BARE: [(&str, &str); 9] = [
    ("test-connection", "The portal's button."),
    ("cycle", "The initial cycle first, incremental ones after that."),
    ("restart", "The portal's button."),
    ("allow-deletes", "The next cycle performs the deletions that the threshold holds back."),
    ("retry-refused", "Sends the rejected requests of `at-once` again, one after the other."),
    ("expect-no-writes", "The last cycle or on-demand run sent no write."),
    ("expect-discoverable", "/Schemas contains every mapped attribute."),
    ("expect-bulk-limits", "A bulk request beyond the limits is answered with 413."),
    ("expect-token-apart", "The second tenant's URL rejects the first tenant's token."),
];

/// Steps around others, which say whose judgement those are.
pub(super) const WRAPPERS: [Key; 2] = [
    Key::new("ours", several, "What Microsoft's test does not check."),
    Key::new("microsoft", several, "What only Microsoft's test demands."),
];

/// Steps that say more, beside `restart`, which may stand alone too.
pub(super) const FULL: [Key; 42] = [
    Key::new(
        "restart",
        || shape::one_or_many(shape::words(&RESETS)),
        "The portal's button, and what is forgotten.",
    ),
    Key::new("on-demand", names, "Provision on demand."),
    Key::new("discover", || map(&DISCOVER), "Account discovery pages through all users."),
    Key::new("advance", hours, "Advances the simulated clock, as `31 days`."),
    Key::new("change-mapping", || map(&MAPPING), "An administrator saves another mapping."),
    Key::new("change-scope", || shape::words(&SCOPES), "An administrator saves another scope."),
    Key::new("token", || shape::words(&TOKENS), "`wrong`: the service sends a token that must be rejected."),
    Key::new("appear", names, "Adds people to the directory."),
    Key::new("set", changes, "Changes attributes in the directory; `null` removes one."),
    Key::new("set-manager", || shape::named(shape::text_or_null()), "Changes managers; `null` removes one."),
    Key::new("assign", names, "Assigns people and groups to the application."),
    Key::new("unassign", names, "Takes the assignment to the application away."),
    Key::new("assign-role", roles, "Assigns app roles, by their values."),
    Key::new("unassign-role", roles, "Takes app roles away, by their values."),
    Key::new("block-sign-in", names, "Blocks people from signing in."),
    Key::new("allow-sign-in", names, "Lets people sign in again."),
    Key::new("soft-delete", names, "Puts people into the recycle bin; groups are deleted at once."),
    Key::new("restore", names, "Takes people out of the recycle bin."),
    Key::new("purge", names, "Deletes people permanently."),
    Key::new("add-members", members, "Adds members to groups."),
    Key::new("remove-members", members, "Removes members from groups."),
    Key::new("sign-in", sign_in, "Requests a fresh token."),
    Key::new("request", || map(&REQUEST), "Sends a request of your own."),
    Key::new("at-once", || shape::filled_list(map(&TOGETHER)), "Sends requests at the same time."),
    Key::new("expect-token", token, "What the token endpoint answered."),
    Key::new("expect-answer", || map(&ANSWER), "What the answer to the last `request` says."),
    Key::new("expect-answers", || map(&ANSWERS), "What the answers to the last `at-once` say."),
    Key::new("expect", states, "What the target stores."),
    Key::new("expect-settled", states, "What the target stores; a wrong value is read again after a second."),
    Key::new("expect-walk", || map(&WALK), "A list that changes while it is read in pages."),
    Key::new("expect-unseen", names, "The second tenant does not return the accounts."),
    Key::new("expect-untouchable", names, "The second tenant rejects PATCH and DELETE of the accounts."),
    Key::new("expect-mirrored", names, "The accounts have every value of the mapping."),
    Key::new("expect-discovered", names, "The last `discover` returned each of them exactly once."),
    Key::new("expect-log", || shape::named(map(&LOG)), "Entries in the provisioning log."),
    Key::new("expect-job", || map(&JOB_STATE), "The state of the job."),
    Key::new("expect-deprovisioned", names, "The accounts are gone, or readable with `active` false."),
    Key::new(
        "expect-updated",
        names,
        "The attributes that the last cycle modified have the directory's values.",
    ),
    Key::new("expect-pages", || map(&PAGES), "The pages of a list."),
    Key::new("update-attributes", || map(&UPDATE), "A PATCH of every single-valued attribute, then a GET."),
    Key::new(
        "clear-attributes",
        || map(&CLEARING),
        "A PATCH that clears every optional attribute, then a GET.",
    ),
    Key::new("sweep-attributes", || map(&SWEEP), "Writes every published attribute that is not mapped."),
];

/// Whether a step may stand alone.
pub(super) fn is_bare(name: &str) -> bool {
    BARE.iter().any(|(bare, _)| *bare == name)
}

/// Whether a step has something behind its name.
pub(super) fn is_full(name: &str) -> bool {
    FULL.iter().chain(&WRAPPERS).any(|key| key.name == name)
}

/// The names of all steps.
pub(super) fn all_names() -> impl Iterator<Item = &'static str> {
    let full = FULL.iter().chain(&WRAPPERS).map(|key| key.name).filter(|name| !is_bare(name));
    BARE.iter().map(|(name, _)| *name).chain(full)
}

/// What a step looks like: a name alone, or a name and what belongs to it.
pub(super) fn step() -> Value {
    let mut properties = Map::new();
    for (name, about) in BARE {
        properties.insert(name.to_owned(), described(shape::nothing(), about));
    }
    for key in FULL.iter().chain(&WRAPPERS) {
        let shape = (key.shape)();
        let shape = if is_bare(key.name) { shape::either([shape::nothing(), shape]) } else { shape };
        properties.insert(key.name.to_owned(), described(shape, key.about));
    }
    let full = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    });
    shape::either([shape::one_of_words(BARE.map(|(name, _)| name)), full])
}

fn several() -> Value {
    shape::filled_list(shape::part(PART))
}

fn names() -> Value {
    shape::filled_list(shape::text())
}

fn roles() -> Value {
    shape::named(shape::text_or_texts())
}

fn members() -> Value {
    shape::named(names())
}

fn sign_in() -> Value {
    shape::either([shape::words(&FLOWS), map(&SIGN_IN)])
}

fn token() -> Value {
    shape::either([shape::one_of_words(["refused"]), map(&TOKEN)])
}
