use super::account::{Accounts, Held};
use super::expectation::Why;
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{ObjectMapping, Subject, TargetValue};
use crate::scim::PatchPath;
use crate::scim::schema::SchemaSet;

/// What a search by the matching attributes finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// The source has no value to search by.
    NoValue,
    /// Nothing matches.
    Nothing,
    /// This account.
    One(usize),
    /// The service stops: more than one account matches.
    Several,
    /// It cannot be told.
    Unclear(Why),
}

/// Searches as "Customize user provisioning attribute-mappings" describes: one matching attribute
/// at a time, lowest precedence first, until one finds something. An attribute without a value is
/// passed over.
pub(super) fn search(
    accounts: &Accounts,
    kind: ObjectKind,
    mapping: &ObjectMapping,
    subject: &Subject<'_>,
    cycle: usize,
) -> Match {
    let mut searched = false;
    for row in mapping.matching() {
        let wanted = match row.value(subject) {
            Ok(Some(wanted)) => wanted,
            Ok(None) => continue,
            Err(_) => return Match::Unclear(Why::CannotBeComputed),
        };
        searched = true;
        let mut found = Vec::new();
        for index in accounts.candidates(kind, &row.target, &wanted) {
            let account = &accounts[index];
            if account.deleted_in.is_some_and(|deleted| deleted < cycle) {
                continue;
            }
            match compare(&row.target, &account.held(&row.target), &wanted) {
                // Whether the service deletes one object before or after it searches for another is
                // not documented.
                Some(true) if account.is_deleted() || account.unjudged.is_some() => {
                    return Match::Unclear(Why::MatchUnclear);
                }
                Some(true) => found.push(index),
                Some(false) => {}
                None => return Match::Unclear(Why::MatchUnclear),
            }
        }
        match found.as_slice() {
            [] => {}
            [one] => return Match::One(*one),
            _ => return Match::Several,
        }
    }
    if searched { Match::Nothing } else { Match::NoValue }
}

/// True when another account that stands there has the userName (RFC 7643 §4.1.1: unique, without
/// letter case).
pub(super) fn user_name_taken(accounts: &Accounts, own: Option<usize>, name: &TargetValue) -> bool {
    let Ok(target) = "userName".parse::<PatchPath>() else { return false };
    accounts.candidates(ObjectKind::User, &target, name).into_iter().any(|index| {
        Some(index) != own
            && !accounts[index].is_deleted()
            && compare(&target, &accounts[index].held(&target), name) == Some(true)
    })
}

/// Whether a search for `wanted` finds what is held. `None` when that depends on the target.
fn compare(target: &PatchPath, held: &Held, wanted: &TargetValue) -> Option<bool> {
    match (held, wanted) {
        (Held::Value(TargetValue::Text(held)), TargetValue::Text(wanted)) => {
            if held == wanted {
                return Some(true);
            }
            if held.to_lowercase() != wanted.to_lowercase() {
                return Some(false);
            }
            let core = SchemaSet::core();
            core.find_patch(target).map(|attribute| !attribute.case_exact)
        }
        (Held::Value(held), wanted) => Some(held == wanted),
        (Held::Absent, _) => Some(false),
        (Held::Unjudged, _) => None,
    }
}
