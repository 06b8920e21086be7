//! Writes that are refused although Entra needs them accepted. A refusal is one finding, under the
//! rule that names its cause best.

mod cause;

use super::View;
use super::declaration::DemandSource::{Field, Microsoft, Rfc};
use super::declaration::{Complaint, RuleDeclaration, RuleJudge};
use super::ledger::Claim;
use crate::check::Level;
use crate::scim::member;
use crate::wire::Operation;
use serde_json::Value;

use cause::{
    RefusalCause, cause, creates_a, is_patched, is_patched_by, is_sent, lacking, names, of_known, operations,
    removes_members_by_value, removes_nothing, repeats, writes_element, writes_manager,
};

pub(super) use cause::disables;

pub(super) const RULES: &[&RuleDeclaration] = &[
    &CREATE_REFUSED,
    &REQUIRED_NOT_MAPPED,
    &CONFLICT_WITHOUT_CAUSE,
    &RECREATE_REFUSED,
    &PATCH_NOT_IMPLEMENTED,
    &DISABLE_REFUSED,
    &VALUE_PATH_NOT_CREATED,
    &MANAGER_STRING_REFUSED,
    &MEMBER_REMOVAL_REFUSED,
    &ABSENT_REMOVAL_REFUSED,
    &REPEAT_REFUSED,
    &UPDATE_REFUSED,
    &DELETE_REFUSED,
];

/// True when the request writes attributes the server does not publish: refusing them is as right as
/// ignoring them, and the mapping is to be changed.
fn is_unpublished(view: &View<'_>) -> bool {
    let Some(kind) = view.operation().kind().filter(|_| !view.discovery.schemas.is_empty()) else {
        return false;
    };
    let core = kind.schema();
    view.claims().any(|claim| view.discovery.schemas.find_within(core, &claim.spot.path()).is_none())
}

/// The complaint of the rule for one cause.
fn refused(view: &View<'_>, wanted: RefusalCause, what: &str) -> Vec<Complaint> {
    if cause(view) != Some(wanted) {
        return Vec::new();
    }
    let status = view.status().unwrap_or(0);
    let detail =
        view.json().and_then(|body| member(body, "detail")).and_then(Value::as_str).unwrap_or("no detail");
    let complaint = Complaint::new(format!("{what} is rejected with {status}."))
        .against("a 2xx status", format!("status {status}: {detail}"));
    if is_unpublished(view) {
        return complaint.at(Level::Note).into();
    }
    // Requests Entra is only believed to send weigh less.
    let claims: Vec<&Claim> = view.claims().collect();
    if !claims.is_empty() && claims.iter().all(|claim| claim.weak) {
        return complaint.at(Level::Warning).into();
    }
    complaint.into()
}

const CREATE_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "create-refused",
    title: "Entra's create is accepted",
    level: Level::Error,
    what: "A create with the mapped attributes is not rejected: unknown URNs in `schemas`, \
           `meta.resourceType`, empty arrays and a missing e-mail are no reason to reject it. Rejecting \
           attributes that /Schemas does not publish is a note.",
    why: "The person gets no account, in this cycle and all later ones.",
    fix: "Ignore unknown and read-only attributes, require only what /Schemas publishes as required, and \
          name the attribute and the value in `detail` when you must reject a create.",
    entra: "SystemForCrossDomainIdentityManagementBadRequest or …ServiceIncompatible at EntryExportAdd, \
            retried at growing intervals.",
    refs: &[
        Rfc("7644#3.3"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("better-auth/better-auth#10620"),
        Field("smallstep/docs#537"),
    ],
    faults: &["requires-manager", "requires-members"],
    judges: |view| is_sent(view) && matches!(view.operation(), Operation::Create(_)),
    judge: RuleJudge::Exchange(create_refused),
};

fn create_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::Create, "A create")
}

const REQUIRED_NOT_MAPPED: RuleDeclaration = RuleDeclaration {
    name: "required-not-mapped",
    title: "The mapping sends what /Schemas requires",
    level: Level::Error,
    what: "A create by the mapping has every attribute that /Schemas publishes as required.",
    why: "The server is right to reject a create without a required attribute, and no person gets an account.",
    fix: "Map the attribute, or make it optional in the server and in /Schemas. The gallery's profile of an \
          application must map every attribute that its server requires.",
    entra: "SystemForCrossDomainIdentityManagementBadRequest or …ServiceIncompatible at EntryExportAdd, for \
            every person, in every cycle.",
    refs: &[Rfc("7643#7"), Rfc("7644#3.3"), Microsoft("customize-application-attributes")],
    faults: &["requires-nick-name"],
    judges: |view| is_sent(view) && matches!(view.operation(), Operation::Create(_)) && requires(view),
    judge: RuleJudge::Exchange(required_not_mapped),
};

/// True when /Schemas requires anything of such a resource.
fn requires(view: &View<'_>) -> bool {
    let Some(kind) = view.operation().kind() else { return false };
    let schema = view.discovery.schemas.get(kind.schema());
    schema.is_some_and(|schema| schema.attributes.iter().any(|attribute| attribute.required))
}

fn required_not_mapped(view: &View<'_>) -> Vec<Complaint> {
    let Some(name) = view.operation().kind().and_then(|kind| lacking(view, kind)) else { return Vec::new() };
    refused(view, RefusalCause::Required, &format!("A create without {name}, which /Schemas requires,"))
}

const CONFLICT_WITHOUT_CAUSE: RuleDeclaration = RuleDeclaration {
    name: "conflict-without-cause",
    title: "A create is not rejected with 409 when no such user can be found",
    level: Level::Error,
    what: "A create does not return 409 when the lookup before it found no resource with that name.",
    why: "Entra looks the name up, finds nothing, creates, is rejected, and repeats this in every cycle.",
    fix: "Let lookups see everything that uniqueness checks see: disabled and local accounts, other letter \
          cases.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering, in every cycle.",
    refs: &[Rfc("7644#3.3"), Microsoft("howto-analyze-provisioning-logs"), Field("langfuse/langfuse#13528")],
    faults: &["create-answers-409"],
    judges: |view| {
        creates_a(view, |kind, spot, value| names(kind, spot) && view.ledger.was_not_found(kind, value))
    },
    judge: RuleJudge::Exchange(conflict_without_cause),
};

fn conflict_without_cause(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::Conflict, "A create with a name that the lookup did not find")
}

const RECREATE_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "recreate-refused",
    title: "A deleted userName can be used again",
    level: Level::Warning,
    what: "After DELETE a user with the same userName can be created. The RFC says SHOULD.",
    why: "A person who comes back gets no account.",
    fix: "Ignore deleted resources in uniqueness checks.",
    entra: "Conflict on create, in every cycle.",
    refs: &[Rfc("7644#3.6 SHOULD")],
    faults: &["tombstone-blocks-create"],
    judges: |view| creates_a(view, |kind, spot, value| view.ledger.was_deleted_with(kind, spot, value)),
    judge: RuleJudge::Exchange(recreate_refused),
};

fn recreate_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::Tombstone, "A create with the name of a deleted resource")
}

const PATCH_NOT_IMPLEMENTED: RuleDeclaration = RuleDeclaration {
    name: "patch-not-implemented",
    title: "PATCH is implemented",
    level: Level::Error,
    what: "PATCH on users and groups does not return 405 or 501.",
    why: "Entra never uses PUT. It creates people but can then neither update nor disable them.",
    fix: "Implement PATCH for users and groups.",
    entra: "MethodNotAllowed or NotImplemented on every update.",
    refs: &[
        Rfc("7644#3.5.2 MAY"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("getsentry/self-hosted#2280"),
    ],
    faults: &["patch-not-implemented"],
    judges: is_patched,
    judge: RuleJudge::Exchange(patch_not_implemented),
};

fn patch_not_implemented(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::NotImplemented, "PATCH")
}

const DISABLE_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "disable-refused",
    title: "A disable is accepted",
    level: Level::Critical,
    what: "A PATCH that sets `active` to false, \"False\" or \"false\" is accepted, even with other changes \
           in the same request.",
    why: "The leaver keeps access until an administrator reads the provisioning log. One unsupported \
          attribute makes the whole request fail, including the disable.",
    fix: "Accept booleans in string form; never reject a request that disables because of another attribute.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible, retried in every cycle; the account stays \
            active.",
    refs: &[
        Rfc("7644#3.5.2"),
        Microsoft("application-provisioning-config-problem-scim-compatibility"),
        Field("chainguard-dev/edu#3781"),
        Field("ssoready/ssoready#155"),
    ],
    faults: &["refuses-string-boolean", "long-user-names-refused", "active-addition-refused"],
    judges: |view| is_patched(view) && view.claims().any(disables),
    judge: RuleJudge::Exchange(disable_refused),
};

fn disable_refused(view: &View<'_>) -> Vec<Complaint> {
    // A server that tolerates no booleans in string form keeps to the RFC, and Entra breaks on it.
    refused(view, RefusalCause::Disable, "A disable").into_iter().map(Complaint::rfc_ok).collect()
}

const VALUE_PATH_NOT_CREATED: RuleDeclaration = RuleDeclaration {
    name: "value-path-not-created",
    title: "A write to a value path creates the missing element",
    level: Level::Error,
    what: "Add or Replace on `emails[type eq \"work\"].value` creates the work e-mail if it does not exist. \
           RFC 7644 allows 400 noTarget; Entra needs it created.",
    why: "It is Entra's default mapping, and the whole request is rejected because of it.",
    fix: "Append an element with the fields of the filter (type work) and the value.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible; the update fails in every cycle.",
    refs: &[
        Rfc("7644#3.5.2.3"),
        Microsoft("customize-application-attributes"),
        Field("Captain-P-Goldfish/SCIM-SDK#416"),
    ],
    faults: &["value-path-no-target"],
    judges: |view| is_patched_by(view, writes_element),
    judge: RuleJudge::Exchange(value_path_not_created),
};

fn value_path_not_created(view: &View<'_>) -> Vec<Complaint> {
    let complaints = refused(view, RefusalCause::NoTarget, "A write to a value path without an element");
    complaints.into_iter().map(Complaint::rfc_ok).collect()
}

const MANAGER_STRING_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "manager-string-refused",
    title: "manager is accepted as a plain id",
    level: Level::Error,
    what: "Add and Replace of `urn:…:enterprise:2.0:User:manager` with the manager's id as a string are accepted.",
    why: "It is what Entra sends. RFC 7643 defines an object, so a strict server rejects it, and the manager \
          is never set.",
    fix: "Accept a string as the manager's `value`.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible on each manager, in every cycle.",
    refs: &[Rfc("7643#4.3"), Microsoft("use-scim-to-provision-users-and-groups"), Field("imulab/go-scim#75")],
    faults: &["refuses-manager-string"],
    judges: |view| is_patched_by(view, writes_manager),
    judge: RuleJudge::Exchange(manager_string_refused),
};

fn manager_string_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::ManagerString, "A write of the manager")
        .into_iter()
        .map(Complaint::rfc_ok)
        .collect()
}

const MEMBER_REMOVAL_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "member-removal-refused",
    title: "A member in `value` can be removed",
    level: Level::Error,
    what: "`Remove` on `members` with the members in `value` is accepted and removes these members.",
    why: "It is how Entra removes members by default; the RFC defines no value for a remove. If it is \
          rejected, the leaver keeps the group's rights.",
    fix: "Support both `members` with a value and `members[value eq \"…\"]`.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible on each removal, in every cycle.",
    refs: &[
        Rfc("7644#3.5.2.2"),
        Microsoft("application-provisioning-config-problem-scim-compatibility"),
        Field("Captain-P-Goldfish/SCIM-SDK#149"),
    ],
    faults: &["member-remove-value-refused"],
    judges: |view| is_patched_by(view, removes_members_by_value),
    judge: RuleJudge::Exchange(member_removal_refused),
};

fn member_removal_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::MemberRemoval, "The removal of a member")
        .into_iter()
        .map(Complaint::rfc_ok)
        .collect()
}

const ABSENT_REMOVAL_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "absent-removal-refused",
    title: "Removing a missing value is not an error",
    level: Level::Warning,
    what: "The removal of a member or attribute that does not exist is accepted. 400 noTarget is allowed \
           too.",
    why: "Entra removes what it believes to exist. If the server rejects the removal, Entra tries it again \
          in every cycle.",
    fix: "Return 2xx when there is nothing to remove.",
    entra: "A failed update that is retried although nothing is left to do.",
    refs: &[Rfc("7644#3.5.2.2"), Field("lightdash/lightdash#24458")],
    faults: &["remove-absent-member-is-error"],
    judges: |view| {
        operations(view).is_some_and(|operations| removes_nothing(view, &operations, of_known(view)))
            && is_sent(view)
    },
    judge: RuleJudge::Exchange(absent_removal_refused),
};

fn absent_removal_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::AbsentRemoval, "The removal of a missing value")
}

const REPEAT_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "repeat-refused",
    title: "Writing an existing value is not an error",
    level: Level::Error,
    what: "A PATCH that sets values the resource already has, or adds an existing member, is accepted.",
    why: "After a lost response or a restart Entra sends the same request again.",
    fix: "Return 2xx when there is nothing to change.",
    entra: "A failed update in every cycle, for a person whose data is correct.",
    refs: &[Rfc("7644#3.5.2.1 SHOULD"), Field("better-auth/better-auth#8549")],
    faults: &["member-re-add-refused"],
    judges: |view| is_sent(view) && of_known(view).is_some_and(|known| repeats(view.changes(), known)),
    judge: RuleJudge::Exchange(repeat_refused),
};

fn repeat_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::Repeat, "A write of an existing value")
}

const UPDATE_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "update-refused",
    title: "Entra's updates are accepted",
    level: Level::Error,
    what: "A PATCH as Entra sends it is accepted: `Add`, `Replace` and `Remove` with a capital letter, \
           URN-qualified paths, bundles without a path and with dotted keys, a request without the required \
           attributes. Rejecting attributes that /Schemas does not publish is a note; rejecting immutable ones is a \
           warning.",
    why: "All changes to a person are in one request; if it is rejected, none of them is applied, not even a \
          disable.",
    fix: "Accept every operation and every path of the mapping, resolve URN prefixes, and validate the result, not the \
          request.",
    entra: "SystemForCrossDomainIdentityManagementServiceIncompatible; the update fails in every cycle.",
    refs: &[
        Rfc("7644#3.5.2"),
        Microsoft("use-scim-to-provision-users-and-groups"),
        Field("langwatch/langwatch#6972"),
        Field("thomaspoignant/scim-patch#5"),
    ],
    faults: &[
        "refuses-capital-op",
        "refuses-several-operations",
        "refuses-reenable",
        "group-rename-refused",
        "member-remove-path-refused",
        "refuses-manager-remove",
        "user-name-immutable",
        "external-id-immutable",
        "patch-paths-not-implemented",
    ],
    judges: is_patched,
    judge: RuleJudge::Exchange(update_refused),
};

fn update_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::Update, "An update")
}

const DELETE_REFUSED: RuleDeclaration = RuleDeclaration {
    name: "delete-refused",
    title: "A delete is accepted",
    level: Level::Error,
    what: "DELETE of an existing user or group is not rejected, whether it is disabled or not. For one user, with \
           `[target] protects = [\"last-admin\"]`, it is a note.",
    why: "Entra deletes an account 30 days after the person was deleted, and a group when it is deleted.",
    fix: "Support DELETE on users and groups.",
    entra: "A failed delete in every cycle, until the administrator switches deletes off.",
    refs: &[Rfc("7644#3.6"), Microsoft("how-provisioning-works"), Field("Unleash/unleash#9190")],
    faults: &["delete-refuses-disabled"],
    judges: |view| {
        is_sent(view) && matches!(view.operation(), Operation::Delete(..)) && of_known(view).is_some()
    },
    judge: RuleJudge::Exchange(delete_refused),
};

fn delete_refused(view: &View<'_>) -> Vec<Complaint> {
    refused(view, RefusalCause::Delete, "A delete")
}

#[cfg(test)]
mod tests;
