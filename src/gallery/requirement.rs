//! What a gallery application must do that no test of a gate measures, or not as it is asked for.

use std::collections::BTreeMap;

use super::test::{Test, TestResult};
use crate::check::{Finding, Level, Outcome, Skip};
use crate::run::verdict::report::CheckResult;

/// How strongly it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Without it no application is published.
    Required,
    /// Asked for.
    Recommended,
}

impl Demand {
    /// Microsoft's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Demand::Required => "required",
            Demand::Recommended => "recommended",
        }
    }
}

/// Whether it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Nothing was measured; the reason says how.
    Unmeasured,
    /// No tool can tell.
    ByHand,
}

impl Met {
    /// The word of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Met::Yes => "met",
            Met::No => "not met",
            Met::Unmeasured => "not measured",
            Met::ByHand => "by hand",
        }
    }
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// A short name, stable: `rate`.
    pub id: &'static str,
    /// What is required.
    pub title: &'static str,
    /// How strongly.
    pub demand: Demand,
    /// Whether it is met.
    pub met: Met,
    /// Ids of the checks that decide.
    pub checks: Vec<String>,
    /// Why it is not met or was not measured; what to do by hand.
    pub reason: Option<String>,
}

/// Part of the rate gate: members that are added at the same time.
const MEMBERS_KEPT: &str = "requirements/group-members-kept";

/// What shows a requirement.
enum RequirementEvidence {
    /// Each of these checks must pass.
    All(&'static [&'static str]),
    /// One of these checks must pass.
    Any(&'static [&'static str]),
    /// Nothing a tool can do; what to do instead.
    ByHand(&'static str),
}

/// The requirements of Microsoft's page (app-gallery-user-provisioning-requirements) and those of the pages
/// it links to, in the order in which they are shown.
const REQUIREMENTS: &[(&str, &str, Demand, RequirementEvidence)] = {
    use Demand::{Recommended, Required};
    use RequirementEvidence::{All, Any, ByHand};
    &[
        (
            "unknown-user",
            "a lookup of an unknown user returns 200 with no results",
            Required,
            All(&["validator/filter-non-existing-user"]),
        ),
        (
            "unknown-group",
            "a lookup of an unknown group returns 200 with no results",
            Required,
            All(&["validator/filter-non-existing-group"]),
        ),
        (
            "matching-filter",
            "users are found by their matching attribute",
            Required,
            All(&["validator/filter-existing-user"]),
        ),
        (
            "disabled-readable",
            "a disabled user can still be read",
            Required,
            All(&["validator/disable-user"]),
        ),
        (
            "deprovisioning",
            "soft delete or hard delete of users",
            Required,
            Any(&["gallery/disable-user", "gallery/delete-user"]),
        ),
        ("schema-discovery", "schema discovery", Required, All(&["gallery/schema-discoverability"])),
        (
            "authentication",
            "OAuth 2.0 client credentials or workload identity federation",
            Required,
            Any(&["gallery/validate-credentials", "gallery/federated-identity"]),
        ),
        (
            "token-lifetime",
            "access tokens valid for one to six hours",
            Required,
            Any(&["gallery/validate-credentials", "gallery/federated-identity"]),
        ),
        (
            "rate",
            "25 requests per second per tenant, sustained",
            Required,
            All(&["requirements/rate", MEMBERS_KEPT]),
        ),
        (
            "tls",
            "TLS 1.2 with a suite of Microsoft's list and a valid certificate",
            Required,
            All(&["requirements/tls", "requirements/certificate"]),
        ),
        ("redirects", "the endpoint answers without redirects", Required, All(&["requirements/redirects"])),
        (
            "unauthenticated",
            "requests without a valid token are rejected",
            Required,
            All(&["conformance/token-required"]),
        ),
        ("groups", "a group endpoint", Recommended, All(&["gallery/create-group"])),
        (
            "several-members",
            "several members in one PATCH",
            Recommended,
            All(&["cycles/group-members-added-in-one-request"]),
        ),
        (
            "onboarding-agent",
            "what Microsoft's onboarding agent sends: the first group, and a group name with an apostrophe",
            Recommended,
            All(&["cycles/group-name-with-apostrophe-and-dots"]),
        ),
        (
            "bulk",
            "bulk requests",
            Recommended,
            ByHand("Entra does not send them today; announce bulk in ServiceProviderConfig when it works"),
        ),
        (
            "secret-expiry",
            "client secrets expire after one to three years",
            Required,
            ByHand("state it in the documentation, and try a request with an expired secret"),
        ),
        (
            "secret-rotation",
            "several active client secrets at once, or a pair that can be regenerated",
            Required,
            ByHand("create a second secret, and delete the first"),
        ),
        (
            "customer-pairs",
            "a separate client id and secret for each customer",
            Required,
            ByHand("one pair for all customers is not supported"),
        ),
        (
            "documentation",
            "the SCIM endpoint is documented publicly",
            Required,
            ByHand("have the link ready"),
        ),
        ("contacts", "engineering and support contacts", Required, ByHand("name them in the submission")),
        (
            "customers",
            "100 mutual customers through the non-gallery application",
            Required,
            ByHand("count them"),
        ),
    ]
};

/// Judges every requirement.
pub(super) fn judge(
    results: &BTreeMap<&str, Vec<&CheckResult>>,
    tests: &[Test],
    validator: &[Test],
) -> Vec<Requirement> {
    let of = |id: &str| -> (Met, Option<String>) {
        if let Some(test) = tests.iter().chain(validator).find(|test| test.checks.iter().any(|c| c == id)) {
            // What is asked for here is what is right, not what the gate sees.
            let (result, reason) = match &test.right {
                Some((result, reason)) => (*result, Some(reason.clone())),
                None => (test.result, test.reason.clone()),
            };
            return match result {
                TestResult::Passed => (Met::Yes, None),
                TestResult::Failed | TestResult::Warning => (Met::No, reason),
                TestResult::Skipped | TestResult::Undecided => (Met::Unmeasured, reason),
            };
        }
        match results.get(id) {
            None => (Met::Unmeasured, None),
            Some(results) => of_checks(results),
        }
    };
    REQUIREMENTS
        .iter()
        .map(|(id, title, demand, evidence)| {
            let (met, checks, reason) = match evidence {
                RequirementEvidence::ByHand(next) => (Met::ByHand, &[][..], Some((*next).to_owned())),
                RequirementEvidence::All(checks) => {
                    let each: Vec<_> = checks.iter().map(|check| of(check)).collect();
                    let (met, reason) = worst(each, id);
                    (met, *checks, reason)
                }
                RequirementEvidence::Any(checks) => {
                    let each: Vec<_> = checks.iter().map(|check| of(check)).collect();
                    let (met, reason) = match each.iter().any(|(met, _)| *met == Met::Yes) {
                        true => (Met::Yes, None),
                        false => worst(each, id),
                    };
                    (met, *checks, reason)
                }
            };
            let checks = checks.iter().map(|check| (*check).to_owned()).collect();
            Requirement { id, title, demand: *demand, met, checks, reason }
        })
        .collect()
}

/// Not met where one is not met, then not measured where one is not measured.
fn worst(each: Vec<(Met, Option<String>)>, id: &str) -> (Met, Option<String>) {
    for wanted in [Met::No, Met::Unmeasured] {
        if let Some((_, reason)) = each.iter().find(|(met, _)| *met == wanted) {
            let how = match id {
                "rate" => "not measured; --rate-gate SECONDS measures it",
                _ => "its check was not played",
            };
            return (wanted, Some(reason.clone().unwrap_or_else(|| how.to_owned())));
        }
    }
    (Met::Yes, None)
}

fn of_checks(results: &[&CheckResult]) -> (Met, Option<String>) {
    let serious = |finding: &&Finding| finding.level >= Level::Error;
    if let Some(finding) = results.iter().flat_map(|result| &result.findings).find(serious) {
        return (Met::No, Some(finding.message.clone()));
    }
    let skip = results.iter().find_map(|result| match &result.outcome {
        Outcome::Skipped(skip) => Some(skip),
        _ => None,
    });
    match skip {
        // A mapping without groups has nothing to lose a member of.
        Some(Skip::NotConfigured(_)) if results.iter().all(|result| result.id == MEMBERS_KEPT) => {
            (Met::Yes, None)
        }
        Some(skip) => (Met::Unmeasured, Some(skip.to_string())),
        None => (Met::Yes, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    #[test]
    fn every_scenario_that_shows_a_requirement_exists() {
        let scenarios = scenario::builtin().unwrap();
        // What is measured beside the scenarios has ids of its own.
        let exists = |check: &&str| {
            check.starts_with("requirements/")
                || scenarios.iter().any(|scenario| scenario.about.id == **check)
        };
        for (requirement, _, _, evidence) in REQUIREMENTS {
            let shown = match evidence {
                RequirementEvidence::All(checks) => checks.iter().all(exists),
                RequirementEvidence::Any(checks) => checks.iter().any(exists),
                RequirementEvidence::ByHand(_) => true,
            };
            assert!(shown, "{requirement}");
        }
    }
}
