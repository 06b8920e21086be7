//! Which checks include what others complain of: the more general name is told.

/// What the complaint of the second check must be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// Whatever it is about.
    Any,
    /// The same as that of the first.
    Same,
    /// This.
    Named(&'static str),
    /// Whatever it is about, if the first is about what Entra matches by, and the second about a conflict (409).
    ConflictOfNames,
}

/// Stands in the table for the subject of the first check.
const SAME: &str = "=";
/// Stands in the table for a conflict where the first check is about what Entra matches by.
const NAME: &str = "name";

/// Checks whose complaint includes those of others, wherever these were met.
///
/// The third column is the subject that the other must have: any if it is empty, [`SAME`] for that of the first, or
/// [`NAME`] for a conflict of names.
const ABOVE: &[(&str, &str, &str)] = &[
    ("rules/answer-not-scim-json", "rules/error-not-scim-json", ""),
    ("rules/filter-ignored", "rules/filter-too-wide", SAME),
    ("rules/resource-lost", "rules/disabled-user-hidden", "id"),
    ("rules/resource-lost", "rules/duplicate-accepted", ""),
    ("rules/resource-lost", "rules/lookup-case-sensitive", ""),
    ("rules/resource-lost", "rules/lookup-misses-resource", ""),
    ("rules/id-not-a-string", "rules/resource-lost", ""),
    ("rules/id-not-a-string", "rules/lookup-misses-resource", ""),
    ("rules/id-changed", "rules/id-reused", ""),
    ("rules/id-changed", "rules/resource-lost", ""),
    ("rules/disabled-user-hidden", "rules/duplicate-accepted", ""),
    ("rules/lookup-misses-resource", "rules/filter-ignored", SAME),
    ("rules/lookup-misses-resource", "rules/disabled-user-hidden", SAME),
    ("rules/lookup-misses-resource", "rules/lookup-case-sensitive", SAME),
    ("rules/lookup-misses-resource", "rules/lookup-value-misread", SAME),
    ("rules/member-lost", "rules/lookup-misses-resource", "members"),
    ("rules/member-lost", "rules/user-groups-differ", "groups"),
    ("rules/removed-member-kept", "rules/user-groups-differ", "groups"),
    ("rules/resources-missing", "rules/resource-missing-in-walk", ""),
    ("rules/deleted-still-readable", "rules/deleted-still-found", ""),
    ("rules/resource-twice-in-list", "rules/count-exceeded", ""),
    ("rules/resource-twice-in-list", "rules/match-not-unique", ""),
    ("rules/resource-twice-in-list", "rules/resource-missing-in-walk", ""),
    ("rules/resource-twice-in-list", "rules/total-results-too-small", ""),
    ("rules/resource-twice-in-walk", "rules/resource-missing-in-walk", ""),
    ("rules/resource-twice-in-walk", "rules/start-index-not-echoed", ""),
    ("rules/resource-twice-in-walk", "rules/total-results-too-small", ""),
    // Names that were cut short collide.
    ("rules/value-reformatted", "rules/conflict-without-cause", NAME),
    ("rules/value-reformatted", "rules/update-refused", NAME),
    ("rules/read-stale", "conformance/read-own-writes", ""),
    ("rules/create-refused", "conformance/user-name-taken-at-once", ""),
    ("rules/recreate-refused", "cycles/account-deleted-elsewhere", ""),
    ("rules/create-answers-existing", "conformance/user-name-taken-at-once", ""),
    ("rules/duplicate-accepted", "conformance/user-name-taken-at-once", ""),
    ("rules/duplicate-accepted", "rules/match-not-unique", ""),
    ("conformance/user-name-taken-at-once", "rules/match-not-unique", ""),
    ("rules/match-not-unique", "cycles/rename-to-taken-name", ""),
    ("conformance/client-credentials", "conformance/federation-assertion-checked", ""),
    ("conformance/federation", "conformance/federation-assertion-checked", ""),
    ("conformance/federation-assertion-checked", "conformance/entra-issued-token", ""),
    ("conformance/token-required", "conformance/token-expired", ""),
    ("conformance/token-required", "conformance/token-scheme", ""),
    ("conformance/token-required", "conformance/token-foreign", ""),
    ("conformance/token-required", "conformance/tenants-have-tokens-of-their-own", ""),
    ("conformance/token-required", "cycles/leaver-during-quarantine", ""),
    ("conformance/token-required", "cycles/wrong-token-quarantines", ""),
];

/// What a complaint of the second check must be about, so that one of the first includes it; `None` if none does.
pub(super) fn above(first: &str, second: &str) -> Option<Subject> {
    let (.., subject) = ABOVE.iter().find(|(above, below, _)| *above == first && *below == second)?;
    Some(match *subject {
        "" => Subject::Any,
        SAME => Subject::Same,
        NAME => Subject::ConflictOfNames,
        named => Subject::Named(named),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_stands_above_itself() {
        for (start, ..) in ABOVE {
            let mut reached: Vec<&str> = vec![start];
            let mut place = 0;
            while let Some(rule) = reached.get(place).copied() {
                let below = ABOVE.iter().filter(|(above, ..)| *above == rule).map(|(_, below, _)| *below);
                for below in below {
                    assert_ne!(below, *start, "{start} stands above itself");
                    if !reached.contains(&below) {
                        reached.push(below);
                    }
                }
                place += 1;
            }
        }
    }
}
