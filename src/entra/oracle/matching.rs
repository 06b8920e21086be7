use super::account::{HeldValue, OracleAccounts};
use super::expectation::Why;
use crate::entra::directory::ObjectKind;
use crate::entra::mapping::{AttributeMapping, MappingSubject, ObjectMapping, TargetValue};
use crate::scim::PatchPath;
use crate::scim::schema::SchemaSet;

/// What a search by the matching attributes finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OracleMatch {
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
    accounts: &OracleAccounts,
    kind: ObjectKind,
    mapping: &ObjectMapping,
    subject: &MappingSubject<'_>,
    cycle: usize,
) -> OracleMatch {
    let mut searched = false;
    for row in mapping.matching() {
        let wanted = match row.value(subject) {
            Ok(Some(wanted)) => wanted,
            Ok(None) => continue,
            Err(_) => return OracleMatch::Unclear(Why::CannotBeComputed),
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
                    return OracleMatch::Unclear(Why::MatchUnclear);
                }
                Some(true) => found.push(index),
                Some(false) => {}
                None => return OracleMatch::Unclear(Why::MatchUnclear),
            }
        }
        match found.as_slice() {
            [] => {}
            [one] => return OracleMatch::One(*one),
            _ => return OracleMatch::Several,
        }
    }
    if searched { OracleMatch::Nothing } else { OracleMatch::NoValue }
}

/// Accounts that a search by any of the matching attributes finds or may find.
pub(super) fn within_reach(
    accounts: &OracleAccounts,
    kind: ObjectKind,
    mapping: &ObjectMapping,
    subject: &MappingSubject<'_>,
) -> Vec<usize> {
    let mut reached = Vec::new();
    for row in mapping.matching() {
        let Ok(Some(wanted)) = row.value(subject) else { continue };
        let candidates = accounts.candidates(kind, &row.target, &wanted);
        reached.extend(candidates.into_iter().filter(|index| {
            compare(&row.target, &accounts[*index].held(&row.target), &wanted) != Some(false)
        }));
    }
    reached
}

/// True when another account that stands there has the userName (RFC 7643 §4.1.1: unique, without
/// letter case); `None` when that cannot be told.
pub(super) fn user_name_taken(
    accounts: &OracleAccounts,
    own: Option<usize>,
    values: &[(&AttributeMapping, Option<TargetValue>)],
    cycle: usize,
) -> Option<bool> {
    let named = values.iter().find(|(row, _)| row.target.is("userName"));
    let Some((row, Some(name))) = named else { return Some(false) };
    let mut taken = Some(false);
    for index in accounts.candidates(ObjectKind::User, &row.target, name) {
        let account = &accounts[index];
        if Some(index) == own || account.deleted_in.is_some_and(|deleted| deleted < cycle) {
            continue;
        }
        match compare(&row.target, &account.held(&row.target), name) {
            Some(false) => {}
            Some(true) if !account.is_deleted() => return Some(true),
            _ => taken = None,
        }
    }
    taken
}

/// Whether a search for `wanted` finds what is held. `None` when that cannot be told.
fn compare(target: &PatchPath, held: &HeldValue, wanted: &TargetValue) -> Option<bool> {
    match held {
        HeldValue::Value(held) => same(target, held, wanted),
        HeldValue::Absent => Some(false),
        HeldValue::OneOf(values) => {
            let none = values.iter().all(|held| same(target, held, wanted) == Some(false));
            none.then_some(false)
        }
        HeldValue::Unjudged => None,
    }
}

/// Whether two values are the same to a search; `None` when that depends on the target.
fn same(target: &PatchPath, held: &TargetValue, wanted: &TargetValue) -> Option<bool> {
    let (TargetValue::Text(held), TargetValue::Text(wanted)) = (held, wanted) else {
        return Some(held == wanted);
    };
    if held == wanted {
        return Some(true);
    }
    if held.to_lowercase() != wanted.to_lowercase() {
        return Some(false);
    }
    SchemaSet::core().find_patch(target).map(|attribute| !attribute.case_exact)
}
