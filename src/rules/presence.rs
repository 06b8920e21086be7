//! Existence: what was made is found, what was deleted is not, and a disabled account stays visible.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::{Holds, Ledger, SearchedBy, SeenState, Vanished};
use super::reading::{Likeness, Term, likeness};
use super::subject;
use crate::check::Level;
use crate::wire::Operation;
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &DISABLED_USER_HIDDEN,
    &RESOURCE_LOST,
    &LOOKUP_MISSES_RESOURCE,
    &LOOKUP_CASE_SENSITIVE,
    &LOOKUP_VALUE_MISREAD,
    &DELETED_STILL_READABLE,
    &DELETED_STILL_FOUND,
];

/// What a search that missed an object is evidence of.
#[derive(PartialEq)]
enum SearchEvidence {
    Disabled,
    ById,
    LetterCase,
    Characters,
    Plain,
}

fn evidence(vanished: &Vanished) -> SearchEvidence {
    match &vanished.search {
        // Such a filter finds users neither enabled nor disabled, whatever is in the id.
        search if is_by_id_filter(search) => SearchEvidence::Plain,
        _ if vanished.disabled => SearchEvidence::Disabled,
        SearchedBy::Id => SearchEvidence::ById,
        SearchedBy::Filter { letter_case: true, .. } => SearchEvidence::LetterCase,
        SearchedBy::Filter { value, .. } if is_plain(value) => SearchEvidence::Plain,
        SearchedBy::Filter { .. } => SearchEvidence::Characters,
    }
}

/// True for a filter on `id` alone.
fn is_by_id_filter(search: &SearchedBy) -> bool {
    matches!(search, SearchedBy::Filter { spot, .. } if spot.to_string() == "id")
}

/// True when a filter's value has no characters that could be misread.
pub(super) fn is_plain(value: &Value) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
    super::reading::text(value).unwrap_or_default().chars().all(plain)
}

/// A filter looks for an object that has the value, by a term that is so.
fn filters_for(view: &View<'_>, which: impl Fn((&SeenState, &Term)) -> bool) -> bool {
    let terms = view.terms().unwrap_or_default();
    matches!(view.operation(), Operation::Query { .. })
        && subject::looks_for(view, |known| terms.iter().any(|term| which((known, term))))
}

/// True when the object has the term's value in another letter case.
pub(super) fn is_other_case(known: &SeenState, term: &Term) -> bool {
    known.held_for(term).is_some_and(|held| {
        matches!(&held.claim.holds, Holds::Value(value)
            if likeness(value, &term.value) == Likeness::LetterCase)
    })
}

/// A complaint for every object missed in that way and not found by the same request later.
fn missed(ledger: &Ledger, wanted: &SearchEvidence, message: impl Fn(&Vanished) -> String) -> Vec<Complaint> {
    ledger
        .vanished()
        .iter()
        .filter(|vanished| vanished.found.is_none() && evidence(vanished) == *wanted)
        .map(|vanished| {
            let actual = match (&vanished.search, vanished.seen.answer()) {
                (SearchedBy::Id, Some(answer)) => format!("status {}", answer.status),
                (SearchedBy::Filter { other: true, .. }, _) => "other objects".to_owned(),
                _ => "an empty list".to_owned(),
            };
            let subject = match &vanished.search {
                SearchedBy::Id => "id".to_owned(),
                SearchedBy::Filter { spot, .. } => spot.to_string(),
            };
            let complaint = Complaint::new(message(vanished))
                .concerning(subject)
                .against("the object that this scenario run wrote", actual);
            let complaint = match &vanished.by {
                Some(write) => complaint.shown_by(write),
                None => complaint,
            };
            let complaint = complaint.shown_by(&vanished.seen);
            if vanished.seen.disables() {
                // If the disable fails, the leaver keeps access; if it deletes, the account is lost.
                complaint.at(Level::Critical)
            } else if is_by_id_filter(&vanished.search) {
                // Entra matches nobody by the id: it reads the resource.
                complaint.at(Level::Warning)
            } else {
                complaint
            }
        })
        .collect()
}

const DISABLED_USER_HIDDEN: RuleDeclaration = RuleDeclaration {
    name: "disabled-user-hidden",
    title: "Disabled users can still be read",
    level: Level::Critical,
    what: "After `active: false` GET by id and filters still return the user, with `active` false. Only \
           DELETE removes a user.",
    why: "Entra looks the user up before it enables the account again. If it cannot find the account, the \
          user gets a second account or stays locked out, and no client can see the state of the first one.",
    fix: "Treat `active: false` as a state, not as a deletion: do not filter on it in reads and queries.",
    entra: "InvalidAnchor or a Conflict when the person comes back; the SCIM Validator: \"Response from a GET and \
            filter request on a disabled User should have attribute active\".",
    refs: &[
        Microsoft("use-scim-to-provision-users-and-groups"),
        Rfc("7643#4.1.1"),
        Field("FusionAuth/fusionauth-issues#3311"),
        Field("ssoready/ssoready#155"),
    ],
    faults: &[
        "hides-disabled-users",
        "deletes-on-disable",
        "lists-hide-disabled-users",
        "hide-changed-from-filters",
    ],
    judges: |view| subject::looks_for(view, SeenState::is_disabled),
    judge: RuleJudge::Trace(disabled_user_hidden),
};

fn disabled_user_hidden(ledger: &Ledger) -> Vec<Complaint> {
    missed(ledger, &SearchEvidence::Disabled, |vanished| match vanished.search {
        SearchedBy::Id => "GET by id does not find a disabled user.".to_owned(),
        SearchedBy::Filter { .. } => "A filter does not find a disabled user.".to_owned(),
    })
}

const RESOURCE_LOST: RuleDeclaration = RuleDeclaration {
    name: "resource-lost",
    title: "Created resources are found by their id",
    level: Level::Error,
    what: "GET and PATCH by id find a resource from its creation to its DELETE. `active: false` does not delete it.",
    why: "Entra stores the id and uses it. After a 404 Entra assumes that another client deleted the \
          account, and has to match again.",
    fix: "Store the resource before you return 201, and keep ids stable.",
    entra: "InvalidAnchor: the object is not updated until the job is restarted.",
    refs: &[Rfc("7643#3.1 MUST"), Microsoft("howto-analyze-provisioning-logs")],
    faults: &["create-not-stored", "hide-by-id"],
    judges: |view| {
        matches!(view.operation(), Operation::Read(..))
            && subject::looks_for(view, |known| known.made.is_some())
    },
    judge: RuleJudge::Trace(resource_lost),
};

fn resource_lost(ledger: &Ledger) -> Vec<Complaint> {
    missed(ledger, &SearchEvidence::ById, |vanished| match vanished.seen.disables() {
        true => "A disable does not find the User, or deletes it.".to_owned(),
        false => {
            format!("GET by id does not find a {} that was created and not deleted.", vanished.kind.as_str())
        }
    })
}

const LOOKUP_MISSES_RESOURCE: RuleDeclaration = RuleDeclaration {
    name: "lookup-misses-resource",
    title: "A filter finds every match",
    level: Level::Error,
    what: "A filter of `eq` and `and` returns every resource that has the value. A filter on an attribute \
           that cannot be filtered is rejected with 400 invalidFilter, never answered with an empty list.",
    why: "Entra matches by filters. It reads an empty list as \"the account does not exist\" and creates a \
          second one or fails with a conflict, in every cycle.",
    fix: "Search all resources, not only the first page, and by the attribute in the filter: URN-qualified \
          names, `emails.value` and `emails[type eq \"work\"].value` too.",
    entra: "Conflict or EntryConflict on create, or duplicate accounts.",
    refs: &[
        Rfc("7644#3.4.2.2 MUST"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("better-auth/better-auth#10419"),
        Field("kortix-ai/suna#7297"),
    ],
    faults: &["filters-find-nothing", "value-path-filters-find-nothing"],
    judges: |view| filters_for(view, |_| true),
    judge: RuleJudge::Trace(lookup_misses_resource),
};

fn lookup_misses_resource(ledger: &Ledger) -> Vec<Complaint> {
    missed(ledger, &SearchEvidence::Plain, |vanished| {
        format!("A filter does not find a {} that has the value.", vanished.kind.as_str())
    })
}

const LOOKUP_CASE_SENSITIVE: RuleDeclaration = RuleDeclaration {
    name: "lookup-case-sensitive",
    title: "Filters ignore letter case where the attribute does",
    level: Level::Error,
    what: "A filter on `userName` or a group's `displayName` finds the resource in any letter case, unless the \
           published schema says `caseExact`.",
    why: "User principal names come in mixed case. A lookup that finds nothing is followed by a create, \
          which ends in a conflict or a second account; Microsoft's validator tests it for users and groups.",
    fix: "Compare attributes that are not caseExact without regard to letter case, in filters and in \
          uniqueness checks.",
    entra: "Conflict on create, in every cycle.",
    refs: &[
        Rfc("7643#4.1.1"),
        Rfc("7644#3.4.2.2 MUST"),
        Microsoft("scim-validator-tutorial"),
        Field("zulip/zulip#21758"),
    ],
    faults: &["user-name-case-exact"],
    judges: |view| filters_for(view, |(known, term)| is_other_case(known, term)),
    judge: RuleJudge::Trace(lookup_case_sensitive),
};

fn lookup_case_sensitive(ledger: &Ledger) -> Vec<Complaint> {
    missed(ledger, &SearchEvidence::LetterCase, |vanished| {
        format!("A filter in another letter case does not find the {}.", vanished.kind.as_str())
    })
}

const LOOKUP_VALUE_MISREAD: RuleDeclaration = RuleDeclaration {
    name: "lookup-value-misread",
    title: "Filter values may contain special characters",
    level: Level::Error,
    what: "A filter finds values with spaces, quotes, backslashes, `+`, `&`, accents and words such as `eq`.",
    why: "Group names are free text. A lookup that finds nothing ends in a duplicate group or in a conflict \
          in every cycle.",
    fix: "Decode the query string once (`+` is a space, `%2B` a plus), then read the value as a JSON string; never \
          split the filter at spaces or quotes.",
    entra: "Duplicate groups, or Conflict on create in every cycle.",
    refs: &[
        Rfc("7644#3.4.2.2 MUST"),
        Field("Captain-P-Goldfish/SCIM-SDK#913"),
        Field("Infisical/infisical#6941"),
    ],
    faults: &["filter-splits-at-spaces", "query-decoded-twice", "escapes-not-decoded"],
    judges: |view| filters_for(view, |(_, term)| !is_plain(&term.value)),
    judge: RuleJudge::Trace(lookup_value_misread),
};

fn lookup_value_misread(ledger: &Ledger) -> Vec<Complaint> {
    missed(ledger, &SearchEvidence::Characters, |vanished| {
        format!("A filter with special characters in its value does not find the {}.", vanished.kind.as_str())
    })
}

const DELETED_STILL_READABLE: RuleDeclaration = RuleDeclaration {
    name: "deleted-still-readable",
    title: "A deleted resource returns 404",
    level: Level::Error,
    what: "After DELETE was accepted, every request to the resource's URL returns 404.",
    why: "Entra deletes an account 30 days after the person was deleted. An account that can still be read \
          still exists, with all the access it had.",
    fix: "Remove the resource on DELETE; if you must keep data, hide it from SCIM.",
    entra: "A successful delete in the log, and the account still in the application.",
    refs: &[Rfc("7644#3.6 MUST"), Microsoft("scim-validator-tutorial")],
    faults: &["delete-ignored", "delete-disables"],
    judges: |view| {
        let object = view.operation().kind().zip(view.operation().id());
        let known = object.and_then(|(kind, id)| view.ledger.known(kind, id));
        subject::an_answer(view) && known.is_some_and(|known| known.gone.is_some())
    },
    judge: RuleJudge::Exchange(deleted_still_readable),
};

fn deleted_still_readable(view: &View<'_>) -> Vec<Complaint> {
    let (Some(status), Some((kind, id))) =
        (view.status(), view.operation().kind().zip(view.operation().id()))
    else {
        return Vec::new();
    };
    let gone = view.ledger.known(kind, id).filter(|known| known.is_settled_for(view.exchange));
    let Some(deleted) = gone.and_then(|known| known.gone.as_ref()) else {
        return Vec::new();
    };
    let complaint = match (view.operation(), status) {
        // Said by `deleted-twice`.
        (Operation::Delete(..), 200..300) | (_, 404 | 401 | 403 | 429) | (_, 500..) => return Vec::new(),
        (_, 200..300) => Complaint::new(format!("A request to a deleted {} succeeds.", kind.as_str())),
        (_, 410) => return Vec::new(),
        (_, other) => {
            Complaint::new(format!("A request to a deleted {} returns {other}, expected 404.", kind.as_str()))
                .at(Level::Warning)
        }
    };
    complaint.against("404", format!("status {status}")).shown_by(deleted).into()
}

const DELETED_STILL_FOUND: RuleDeclaration = RuleDeclaration {
    name: "deleted-still-found",
    title: "Queries do not return deleted resources",
    level: Level::Error,
    what: "After DELETE was accepted, no query returns the resource.",
    why: "Entra would match a returning person to an account that no longer exists, and every update of it \
          fails.",
    fix: "Remove deleted resources from queries and indexes in the same transaction.",
    entra: "InvalidAnchor or 404 on update after a successful match.",
    refs: &[Rfc("7644#3.6 MUST")],
    faults: &["deleted-user-in-lists"],
    judges: |view| subject::a_list(view) && view.ledger.objects().any(|known| known.gone.is_some()),
    judge: RuleJudge::Exchange(deleted_still_found),
};

fn deleted_still_found(view: &View<'_>) -> Vec<Complaint> {
    if !matches!(view.operation(), Operation::Query { .. } | Operation::Search) {
        return Vec::new();
    }
    let found = view.resources().iter().find_map(|resource| {
        let known = view.ledger.known(resource.kind, resource.id()?)?;
        let deleted = known.gone.as_ref()?;
        known.is_settled_for(view.exchange).then_some((resource.kind, deleted))
    });
    match found {
        Some((kind, deleted)) => Complaint::new(format!("A query returns a deleted {}.", kind.as_str()))
            .against("without the deleted resource", "with it")
            .shown_by(deleted)
            .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
