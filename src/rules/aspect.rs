//! Which rules explain what scenarios find: not how an answer is written, but what the target did.

use crate::check::Aspect;

/// Rules whose finding is the cause of what scenarios see later, by what it is about.
const CAUSES: [(Aspect, &[&str]); 8] = [
    (
        Aspect::Answer,
        &[
            "server-error",
            "redirected",
            "connection-broken",
            "access-refused",
            "body-not-json",
            "body-not-an-object",
            "error-under-success",
            "read-answered-with-list",
            "read-refused",
            "create-refused",
            "recreate-refused",
            "patch-not-implemented",
            "disable-refused",
            "value-path-not-created",
            "manager-string-refused",
            "member-removal-refused",
            "absent-removal-refused",
            "repeat-refused",
            "update-refused",
            "delete-refused",
            "lookup-refused",
            "no-match-not-empty-list",
            "duplicate-accepted",
            "create-answers-existing",
            "id-reused",
            "list-without-members",
            "total-results-not-a-number",
            "resources-not-an-array",
            "resources-missing",
            "id-missing",
            "id-not-a-string",
            "schemas-missing",
            "list-expected",
            "single-value-expected",
            "object-expected",
            "manager-not-an-object",
            "members-not-objects",
        ],
    ),
    (
        Aspect::Lookup,
        &[
            "filter-ignored",
            "filter-too-wide",
            "match-not-unique",
            "lookup-misses-resource",
            "lookup-case-sensitive",
            "lookup-value-misread",
            "disabled-user-hidden",
            "deleted-still-found",
            "conflict-without-cause",
        ],
    ),
    (
        Aspect::Value,
        &[
            "path-stored-as-key",
            "disable-ignored",
            "write-lost",
            "untouched-value-lost",
            "refused-write-applied",
            "removed-value-kept",
            "value-reformatted",
            "element-doubled",
        ],
    ),
    (Aspect::Members, &["member-lost", "removed-member-kept"]),
    (Aspect::Existence, &["id-changed", "resource-lost", "deleted-still-readable"]),
    (Aspect::Shape, &["active-not-a-boolean", "boolean-as-text", "number-as-text", "text-as-other-type"]),
    (
        Aspect::Paging,
        &[
            "total-results-too-small",
            "count-exceeded",
            "page-beyond-end-not-empty",
            "resource-twice-in-walk",
            "resource-missing-in-walk",
            "total-changes-in-walk",
        ],
    ),
    (
        Aspect::Agreement,
        &[
            "create-answer-differs",
            "create-answer-incomplete",
            "update-answer-differs",
            "query-shows-other-values",
            "read-stale",
            "answer-differs-from-read",
        ],
    ),
];

/// What the findings of a rule are about; [`Aspect::Form`] for a rule that explains nothing else.
pub(super) fn of(id: &str) -> Aspect {
    let name = id.strip_prefix("rules/").unwrap_or(id);
    let known = CAUSES.iter().find(|(_, names)| names.contains(&name));
    known.map_or(Aspect::Form, |(aspect, _)| *aspect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_that_of_a_rule_and_stands_once() {
        let mut names: Vec<&str> = CAUSES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for name in &names {
            assert!(super::super::find(&format!("rules/{name}")).is_some(), "there is no rule {name}");
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert_eq!(of("rules/meta-missing"), Aspect::Form);
    }
}
