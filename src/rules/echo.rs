//! Values come back as they were written: what a server drops, retypes or rewrites, Entra sends
//! again in every cycle.
//!
//! Only values this trace wrote are judged, and only at attributes the server publishes.

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::{ClaimResult, Fate, Holds, Ledger, SeenObject, SeenState, ValueOutcome};
use super::reading::{self, Alteration};
use super::subject;
use crate::check::Level;
use crate::scim::{AttributePath, member, same_name};
use serde_json::Value;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &DISABLE_IGNORED,
    &WRITE_LOST,
    &UNTOUCHED_VALUE_LOST,
    &REFUSED_WRITE_APPLIED,
    &REMOVED_VALUE_KEPT,
    &VALUE_REFORMATTED,
    &LETTER_CASE_CHANGED,
    &ELEMENT_DOUBLED,
    &MANAGER_LEFT_EMPTY,
];

/// The outcomes a rule is about.
pub(super) fn outcomes<'a>(
    ledger: &'a Ledger,
    which: impl Fn(&ValueOutcome) -> bool + 'a,
) -> impl Iterator<Item = &'a ValueOutcome> {
    ledger.value_outcomes().iter().filter(move |outcome| which(outcome))
}

/// A complaint about one value, with the write and the answer that shows it.
pub(super) fn complaint(outcome: &ValueOutcome, message: String) -> Complaint {
    let spot = outcome.claim.spot.to_string();
    let actual = match &outcome.reply {
        ClaimResult::Missing => "absent".to_owned(),
        ClaimResult::Right | ClaimResult::SelectorCase(_) => outcome.claim.holds.to_string(),
        ClaimResult::LetterCase(value)
        | ClaimResult::Reformatted(value)
        | ClaimResult::Other(value)
        | ClaimResult::Kept(value) => value.to_string(),
        ClaimResult::Doubled(value) => format!("{} and {value}", outcome.claim.holds),
    };
    let shown = match &outcome.reply {
        ClaimResult::SelectorCase(shown) => shown.to_string(),
        _ => spot.clone(),
    };
    let complaint = Complaint::new(message)
        .concerning(outcome.claim.spot.subject())
        .against(format!("{spot}: {}", outcome.claim.holds), format!("{shown}: {actual}"))
        .shown_by(&outcome.by);
    let complaint = match &outcome.fate {
        Fate::Undone(Some(write)) | Fate::Refused(write) => complaint.shown_by(write),
        _ => complaint,
    };
    let complaint = if std::sync::Arc::ptr_eq(&outcome.by, &outcome.seen) {
        complaint
    } else {
        complaint.shown_by(&outcome.seen)
    };
    // Values Entra does not map, and requests it is not known to send.
    if outcome.claim.weak { complaint.at(Level::Warning) } else { complaint }
}

/// The writer of `active: false` expects the person to be locked out.
fn is_disable(outcome: &ValueOutcome) -> bool {
    outcome.claim.spot.is_core("active") && outcome.claim.holds == Holds::Value(Value::Bool(false))
}

/// Replies that a rule of their own is about.
fn is_special(reply: &ClaimResult) -> bool {
    matches!(reply, ClaimResult::Reformatted(_) | ClaimResult::Doubled(_) | ClaimResult::Kept(_))
}

const DISABLE_IGNORED: RuleDeclaration = RuleDeclaration {
    name: "disable-ignored",
    title: "An accepted disable takes effect",
    level: Level::Critical,
    what: "After a 2xx to a request that sets `active` to false (or \"False\"), reads show `active: false`.",
    why: "Entra considers the disable done after the 2xx and does not check: the leaver keeps access and no \
          error is shown. The usual cause is `value === false`, which does not hold for the string \"False\" \
          that Entra sends by default.",
    fix: "Accept true, false, \"True\", \"False\", \"true\" and \"false\" for every boolean attribute, in \
          PATCH with and without a path and in POST; store and return a JSON boolean.",
    entra: "Success in the provisioning log. Nothing ever shows that the account is still enabled.",
    refs: &[
        Rfc("7644#3.5.2"),
        Microsoft("application-provisioning-config-problem-scim-compatibility"),
        Field("AzureAD/SCIMReferenceCode#21"),
        Field("rancher/rancher#52996"),
    ],
    faults: &["ignores-string-boolean", "disable-ignored", "wrapped-values-ignored"],
    judges: |view| subject::reads_known(view, SeenState::is_disabled),
    judge: RuleJudge::Trace(disable_ignored),
};

fn disable_ignored(ledger: &Ledger) -> Vec<Complaint> {
    let lost = |outcome: &ValueOutcome| {
        is_disable(outcome) && matches!(outcome.fate, Fate::Lost | Fate::Undone(_) | Fate::Refused(_))
    };
    outcomes(ledger, lost)
        .map(|outcome| {
            let message = match outcome.fate {
                Fate::Lost => "The server accepted the disable, but the account is still active.",
                _ => "A disabled account became active again although no request enabled it.",
            };
            complaint(outcome, message.into())
        })
        .collect()
}

const WRITE_LOST: RuleDeclaration = RuleDeclaration {
    name: "write-lost",
    title: "Accepted values can be read back",
    level: Level::Error,
    what: "After a 2xx to POST or PATCH, reads show every value that was written, in the attribute it was \
           written to. Attributes missing from /Schemas are not checked, nor is the name of a user in the \
           recycle bin.",
    why: "Before each update Entra compares what it reads with its directory. A missing value is sent again \
          every 40 minutes, or never noticed when the account itself is not read again.",
    fix: "Store what you accept, also for URN-qualified paths, for dotted keys in an operation without a \
          path, and for value paths whose element does not exist yet; reject with 400 what you cannot store.",
    entra: "Success in the log, the same update in every cycle, and the old value in the application.",
    refs: &[
        Rfc("7644#3.5.2"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("getsentry/sentry#79354"),
        Field("pingidentity/scim2#224"),
    ],
    faults: &[
        "pathless-patch-ignored",
        "pathless-add-ignored",
        "urn-paths-ignored",
        "value-path-create-ignored",
        "drops-external-id",
        "enable-restores-old-values",
        "ignores-user-name-change",
        "truncate-emails-to-first",
        "wrapped-values-ignored",
    ],
    judges: |view| subject::reads_written(view, |_, held| subject::is_value(held)),
    judge: RuleJudge::Trace(write_lost),
};

/// True for the name under which Entra keeps a deleted user: the object id without hyphens, then the old
/// name. It means nothing to an application.
fn is_tombstone(outcome: &ValueOutcome) -> bool {
    let Holds::Value(Value::String(name)) = &outcome.claim.holds else { return false };
    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_hexdigit());
    same_name(&outcome.claim.spot.to_string(), "userName")
        && name.len() > 32
        && name.get(..32).is_some_and(is_id)
}

fn write_lost(ledger: &Ledger) -> Vec<Complaint> {
    let is_lost = |o: &ValueOutcome| matches!(o.fate, Fate::Lost) && !is_disable(o) && !is_special(&o.reply);
    outcomes(ledger, move |o| is_lost(o) && !is_tombstone(o))
        .map(|outcome| {
            let spot = &outcome.claim.spot;
            let message = match outcome.reply {
                ClaimResult::Missing => format!("The server accepted {spot}, but reads do not return it."),
                _ => format!("The server accepted {spot}, but reads return another value."),
            };
            complaint(outcome, message)
        })
        .collect()
}

const UNTOUCHED_VALUE_LOST: RuleDeclaration = RuleDeclaration {
    name: "untouched-value-lost",
    title: "PATCH changes only what it names",
    level: Level::Error,
    what: "A value that was read back correctly stays until a request names it. A PATCH of the work e-mail \
           keeps the home e-mail, a PATCH of name.familyName keeps name.givenName. A name.formatted that \
           follows its parts is a note.",
    why: "Entra does not check attributes that did not change in its directory, so a value lost in this way \
          is never written again.",
    fix: "Apply each operation to its own target: merge complex values, change only the elements that a \
          value path selects, and keep everything else.",
    entra: "Success in the log; the data is missing in the application until somebody changes it in Entra.",
    refs: &[
        Rfc("7644#3.5.2"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("Captain-P-Goldfish/SCIM-SDK#668"),
    ],
    faults: &[
        "replace-wipes-other-attributes",
        "complex-replace-wipes-siblings",
        "disable-wipes-attributes",
        "swap-names-of-two-users",
    ],
    judges: |view| {
        subject::reads_written(view, |known, held| {
            known.last_write.as_ref().is_some_and(|last| !std::sync::Arc::ptr_eq(last, &held.by))
        })
    },
    judge: RuleJudge::Trace(untouched_value_lost),
};

fn untouched_value_lost(ledger: &Ledger) -> Vec<Complaint> {
    let is_lost = |outcome: &ValueOutcome| {
        matches!(outcome.fate, Fate::Undone(_))
            && !is_disable(outcome)
            && !is_special(&outcome.reply)
            && !went_with_its_element(outcome)
    };
    outcomes(ledger, is_lost)
        .map(|outcome| {
            let spot = &outcome.claim.spot;
            let what = if outcome.reply == ClaimResult::Missing { "is gone" } else { "has another value" };
            let message = match &outcome.fate {
                Fate::Undone(Some(_)) => format!("{spot} {what} after a request that does not name it."),
                _ => format!("{spot} {what} although no request changed it."),
            };
            let complaint = complaint(outcome, message);
            match derived(outcome) {
                Some(level) => complaint.at(level),
                None => complaint,
            }
        })
        .collect()
}

/// True for the flag of an element whose values a request cleared: an element without a value need not be kept.
fn went_with_its_element(outcome: &ValueOutcome) -> bool {
    let spot = outcome.claim.spot.to_string();
    let Some((element, "primary")) = spot.rsplit_once('.') else { return false };
    let (ClaimResult::Missing, Fate::Undone(Some(by))) = (&outcome.reply, &outcome.fate) else {
        return false;
    };
    let body = by.request.json().unwrap_or_default();
    let operations = member(&body, "Operations").and_then(Value::as_array).into_iter().flatten();
    let clears = |operation: &Value| {
        let path = member(operation, "path").and_then(Value::as_str).unwrap_or_default();
        let value = member(operation, "value");
        let is_of_it = path.len() > element.len() && path[..element.len()].eq_ignore_ascii_case(element);
        is_of_it && value.is_none_or(|value| value.is_null() || value == "")
    };
    operations.into_iter().any(clears)
}

/// How much it matters that a full name changed with a part of it (RFC 7643 §4.1.1): the server makes it of its
/// parts. A word in it that is neither of the name before nor of the request is more than that.
fn derived(outcome: &ValueOutcome) -> Option<Level> {
    let Fate::Undone(Some(by)) = &outcome.fate else { return None };
    let sent = by.request.body.as_deref().unwrap_or_default().to_lowercase();
    let of_parts = same_name(&outcome.claim.spot.to_string(), "name.formatted")
        && ["givenname", "familyname"].iter().any(|part| sent.contains(part));
    let (ClaimResult::Other(Value::String(now)), true) = (&outcome.reply, of_parts) else { return None };
    let before = match &outcome.claim.holds {
        Holds::Value(Value::String(before)) => before.to_lowercase(),
        _ => String::new(),
    };
    let is_known = |word: &str| before.contains(word) || sent.contains(word);
    Some(if now.to_lowercase().split_whitespace().all(is_known) { Level::Note } else { Level::Warning })
}

const REFUSED_WRITE_APPLIED: RuleDeclaration = RuleDeclaration {
    name: "refused-write-applied",
    title: "A rejected PATCH changes nothing",
    level: Level::Error,
    what: "A PATCH is applied completely or not at all: after a 4xx every attribute has its earlier value.",
    why: "Entra retries a rejected request as a whole. After a partly applied request the account is in a \
          mixed state, and the next attempt finds values it did not expect.",
    fix: "Apply the operations to a copy, validate the result, and store it only when all operations \
          succeeded.",
    entra: "A failed update in the log although a part of it was applied.",
    refs: &[Rfc("7644#3.5.2 MUST")],
    faults: &["conflict-keeps-other-changes"],
    judges: |view| subject::reads_known(view, SeenState::was_refused),
    judge: RuleJudge::Trace(refused_write_applied),
};

fn refused_write_applied(ledger: &Ledger) -> Vec<Complaint> {
    // What the accepted write did not leave behind was not taken away by the rejected one.
    let applied = |o: &ValueOutcome| {
        matches!(o.fate, Fate::Refused(_)) && !is_disable(o) && o.reply != ClaimResult::Missing
    };
    outcomes(ledger, applied)
        .map(|outcome| {
            complaint(
                outcome,
                format!("{} has a value from a request that the server rejected.", outcome.claim.spot),
            )
        })
        .collect()
}

const REMOVED_VALUE_KEPT: RuleDeclaration = RuleDeclaration {
    name: "removed-value-kept",
    title: "Removed values are gone",
    level: Level::Error,
    what: "After a 2xx to a Remove, reads show the attribute as absent, null or empty.",
    why: "A manager or a phone number that was removed in Entra stays in the application for good.",
    fix: "Apply Remove to plain attributes, URN-qualified ones and value paths alike.",
    entra: "Success in the log; the Remove is not sent again.",
    refs: &[Rfc("7644#3.5.2.2 MUST"), Field("Captain-P-Goldfish/SCIM-SDK#686")],
    faults: &["remove-ignored"],
    judges: |view| subject::reads_written(view, |_, held| held.claim.holds == Holds::Absent),
    judge: RuleJudge::Trace(removed_value_kept),
};

fn removed_value_kept(ledger: &Ledger) -> Vec<Complaint> {
    let kept = |outcome: &ValueOutcome| {
        matches!(outcome.reply, ClaimResult::Kept(_)) && matches!(outcome.fate, Fate::Lost | Fate::Undone(_))
    };
    outcomes(ledger, kept)
        .map(|outcome| {
            complaint(
                outcome,
                format!(
                    "The server accepted the removal of {}, but still returns \
                                                   it.",
                    outcome.claim.spot
                ),
            )
        })
        .collect()
}

const VALUE_REFORMATTED: RuleDeclaration = RuleDeclaration {
    name: "value-reformatted",
    title: "Values are returned exactly as they were sent",
    level: Level::Error,
    what: "A read returns a value with the characters it was written with: phone numbers are not \
           reformatted, leading zeros are kept, texts are not cut short, escaped for HTML or normalized, \
           parts are not trimmed or joined.",
    why: "Microsoft asks for values exactly as sent. A reformatted value differs from the directory's, so \
          Entra sends it again in every cycle; an employee number without its leading zeros is a different \
          number.",
    fix: "Store the text as it was sent. Reject with 400 and a clear detail what your rules do not allow.",
    entra: "The same update for the same person in every cycle, always successful.",
    refs: &[
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("Captain-P-Goldfish/scim-for-keycloak#73"),
    ],
    faults: &[
        "reformats-phone-numbers",
        "leading-zeros-dropped",
        "drops-four-byte-characters",
        "html-escaped-values",
        "normalises-unicode",
        "truncate-display-names",
    ],
    judges: |view| subject::reads_written(view, |_, held| subject::is_value(held)),
    judge: RuleJudge::Trace(value_reformatted),
};

fn value_reformatted(ledger: &Ledger) -> Vec<Complaint> {
    let rewritten = |outcome: &ValueOutcome| {
        matches!(outcome.reply, ClaimResult::Reformatted(_))
            && matches!(outcome.fate, Fate::Lost | Fate::Undone(_))
    };
    outcomes(ledger, rewritten)
        .map(|outcome| {
            let spot = &outcome.claim.spot;
            let how = match (&outcome.claim.holds, &outcome.reply) {
                (Holds::Value(sent), ClaimResult::Reformatted(back)) => reading::alteration(sent, back),
                _ => None,
            };
            let message = match how {
                Some(Alteration::Cut) => format!("The server returns only the beginning of {spot}."),
                Some(Alteration::Escaped) => {
                    format!("The server returns {spot} with characters escaped for HTML.")
                }
                Some(Alteration::Composed) => {
                    format!("The server returns {spot} with letters composed of other characters.")
                }
                None => format!("The server returns {spot} in another form than it was sent."),
            };
            complaint(outcome, message)
        })
        .collect()
}

const LETTER_CASE_CHANGED: RuleDeclaration = RuleDeclaration {
    name: "letter-case-changed",
    title: "Letter case is preserved",
    level: Level::Note,
    what: "A value that compares without regard to letter case, and the `type` of an e-mail address or a role, \
           is returned in the letter case in which it was sent.",
    why: "The server may change it: the attribute compares without regard to letter case. Other readers of \
          the data may be case-sensitive.",
    fix: "Store values as sent and compare them without regard to letter case; do not change the case when \
          storing.",
    entra: "Nothing.",
    refs: &[Rfc("7643#2.2")],
    faults: &["lower-cased-values"],
    judges: |view| subject::reads_written(view, |_, held| subject::is_text(held)),
    judge: RuleJudge::Trace(letter_case_changed),
};

fn letter_case_changed(ledger: &Ledger) -> Vec<Complaint> {
    outcomes(ledger, |outcome| matches!(outcome.fate, Fate::LetterCase))
        .map(|outcome| {
            let told = |what: String| {
                let message = format!("The server returns {what} in another letter case than it was sent.");
                complaint(outcome, message).at(Level::Note)
            };
            let spot = &outcome.claim.spot;
            match &outcome.reply {
                // Once for the attribute, and not for each value of its elements.
                ClaimResult::SelectorCase(shown) => {
                    let changed =
                        spot.selector.iter().zip(&shown.selector).find(|(sent, shown)| sent != shown);
                    let name = changed.map_or("type", |((name, _), _)| name.as_str());
                    let of = AttributePath { sub: Some(name.to_owned()), ..spot.path() };
                    told(of.to_string()).concerning(of.to_string())
                }
                _ => told(spot.to_string()),
            }
        })
        .collect()
}

const ELEMENT_DOUBLED: RuleDeclaration = RuleDeclaration {
    name: "element-doubled",
    title: "A write through a value path changes the element and adds no second one",
    level: Level::Error,
    what: "After Add or Replace on `emails[type eq \"work\"].value` there is one work e-mail, with the new value.",
    why: "For Entra, types within a multi-valued attribute must be unique. With two elements it reads either \
          of them, and the old address stays in use.",
    fix: "Change the element that the value path selects; append one only if none matches.",
    entra: "The same update in every cycle, or success while the old value is still used.",
    refs: &[
        Microsoft("use-scim-to-provision-users-and-groups"),
        Rfc("7644#3.5.2.3 MUST"),
        Field("Captain-P-Goldfish/SCIM-SDK#668"),
    ],
    faults: &["value-path-appends-always"],
    judges: |view| subject::reads_written(view, |_, held| !held.claim.spot.selector.is_empty()),
    judge: RuleJudge::Trace(element_doubled),
};

fn element_doubled(ledger: &Ledger) -> Vec<Complaint> {
    let doubled = |outcome: &ValueOutcome| {
        matches!(outcome.reply, ClaimResult::Doubled(_))
            && matches!(outcome.fate, Fate::Lost | Fate::Undone(_))
    };
    outcomes(ledger, doubled)
        .map(|o| {
            complaint(
                o,
                format!("{} has the new value, but there is a second element beside it.", o.claim.spot),
            )
        })
        .collect()
}

const MANAGER_LEFT_EMPTY: RuleDeclaration = RuleDeclaration {
    name: "manager-left-empty",
    title: "A cleared manager is absent",
    level: Level::Warning,
    what: "When a user has no manager, the attribute is absent or null; its `value` is never an empty \
           string.",
    why: "Entra may clear a manager by writing an empty value. An object with an empty id is read as a manager \
          that does not exist.",
    fix: "Delete the whole `manager` attribute when its value is removed, null or empty.",
    entra: "A manager that changes in every cycle, or InvalidLookupReference.",
    refs: &[Rfc("7643#2.5 MUST"), Rfc("7643#4.3"), Microsoft("use-scim-to-provision-users-and-groups")],
    faults: &["empty-manager-kept"],
    judges: |view| {
        let is_manager = |held: &SeenObject| same_name(&held.claim.spot.attribute, "manager");
        has_manager(view) || subject::reads_written(view, |_, held| is_manager(held))
    },
    judge: RuleJudge::Exchange(manager_left_empty),
};

fn has_manager(view: &View<'_>) -> bool {
    let manager = |home: &'_ Value| member(home, "manager").is_some_and(|manager| !manager.is_null());
    view.resources().iter().any(|resource| resource.member(crate::scim::urn::ENTERPRISE).is_some_and(manager))
}

fn manager_left_empty(view: &View<'_>) -> Vec<Complaint> {
    let empty = view.resources().iter().find(|resource| {
        let manager = resource.member(crate::scim::urn::ENTERPRISE).and_then(|home| member(home, "manager"));
        manager.is_some_and(|manager| {
            manager.as_str() == Some("")
                || member(manager, "value").is_some_and(|value| value.as_str() == Some(""))
        })
    });
    match empty {
        Some(_) => Complaint::new("manager.value is an empty string.")
            .concerning("manager")
            .against("no manager", "manager.value: \"\"")
            .into(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
