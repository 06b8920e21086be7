//! What the properties of Graph's types hold, so that a query that names another one, or compares it with something else,
//! is refused and does not match nothing.

use super::call::{Call, Version};
use super::list::pages_by_links;
use super::reply::GraphError;
use super::shapes;
use crate::entra::directory::ObjectKind;
use crate::odata::{EntityType, PropertyType, Query};
use crate::tenant::{PropertyContent, is_instant, property_content};

use PropertyType::{Any, Instant, List, Number, Structure, Text};

/// Properties of a user in Graph that this tenant never has (Graph: user): a filter on one finds nobody.
const USER_ELSEWHERE: &[&str] = &[
    "assignedLicenses",
    "assignedPlans",
    "authorizationInfo",
    "cloudRealtimeCommunicationInfo",
    "customSecurityAttributes",
    "deviceEnrollmentLimit",
    "deviceKeys",
    "externalUserConvertedOn",
    "externalUserStateChangeDateTime",
    "identityParentId",
    "infoCatalogs",
    "invitationInfo",
    "isLicenseReconciliationNeeded",
    "isManagementRestricted",
    "isResourceAccount",
    "lastPasswordChangeDateTime",
    "legalAgeGroupClassification",
    "licenseAssignmentStates",
    "mailboxSettings",
    "onPremisesLastSyncDateTime",
    "onPremisesObjectIdentifier",
    "onPremisesProvisioningErrors",
    "onPremisesSipInfo",
    "onPremisesSyncBehavior",
    "preferredDataLocation",
    "print",
    "provisionedPlans",
    "refreshTokensValidFromDateTime",
    "serviceProvisioningErrors",
    "settings",
    "signInActivity",
    "signInSessionsValidFromDateTime",
];

/// The same of a group (Graph: group).
const GROUP_ELSEWHERE: &[&str] = &[
    "accessType",
    "allowExternalSenders",
    "assignedLabels",
    "assignedLicenses",
    "autoSubscribeNewMembers",
    "cloudLicensing",
    "createdByAppId",
    "expirationDateTime",
    "hasMembersWithLicenseErrors",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "infoCatalogs",
    "isArchived",
    "isFavorite",
    "isManagementRestricted",
    "isSubscribedByMail",
    "licenseProcessingState",
    "mdmAppId",
    "onPremisesDomainName",
    "onPremisesLastSyncDateTime",
    "onPremisesNetBiosName",
    "onPremisesObjectIdentifier",
    "onPremisesProvisioningErrors",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "organizationId",
    "preferredDataLocation",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "serviceProvisioningErrors",
    "uniqueName",
    "unseenConversationsCount",
    "unseenCount",
    "unseenMessagesCount",
    "welcomeMessageEnabled",
    "writebackConfiguration",
];

/// Relationships of a user (Graph: user, Relationships).
const USER_RELATIONSHIPS: &[&str] = &[
    "activities",
    "agreementAcceptances",
    "appRoleAssignedResources",
    "appRoleAssignments",
    "authentication",
    "calendar",
    "calendarGroups",
    "calendarView",
    "calendars",
    "chats",
    "cloudClipboard",
    "cloudPCs",
    "contactFolders",
    "contacts",
    "createdObjects",
    "dataSecurityAndGovernance",
    "directReports",
    "drive",
    "drives",
    "employeeExperience",
    "events",
    "extensions",
    "followedSites",
    "inferenceClassification",
    "insights",
    "invitedBy",
    "joinedTeams",
    "licenseDetails",
    "mailFolders",
    "managedAppRegistrations",
    "managedDevices",
    "manager",
    "memberOf",
    "messages",
    "oauth2PermissionGrants",
    "onPremisesSyncBehavior",
    "onenote",
    "onlineMeetings",
    "outlook",
    "ownedDevices",
    "ownedObjects",
    "people",
    "permissionGrants",
    "photo",
    "photos",
    "planner",
    "presence",
    "registeredDevices",
    "scopedRoleMemberOf",
    "settings",
    "solutions",
    "sponsors",
    "teamwork",
    "todo",
    "transitiveMemberOf",
    "transitiveReports",
    "usageRights",
];

/// Relationships of a group (Graph: group, Relationships).
const GROUP_RELATIONSHIPS: &[&str] = &[
    "acceptedSenders",
    "appRoleAssignments",
    "calendar",
    "calendarView",
    "conversations",
    "createdOnBehalfOf",
    "drive",
    "drives",
    "endpoints",
    "events",
    "extensions",
    "groupLifecyclePolicies",
    "memberOf",
    "members",
    "membersWithLicenseErrors",
    "onPremisesSyncBehavior",
    "onenote",
    "owners",
    "permissionGrants",
    "photo",
    "photos",
    "planner",
    "rejectedSenders",
    "settings",
    "sites",
    "team",
    "threads",
    "transitiveMemberOf",
    "transitiveMembers",
];

/// Relationships that an answer can hold.
const EXPANDED: &[&str] =
    &["directReports", "manager", "memberOf", "members", "owners", "transitiveMemberOf", "transitiveMembers"];

const NAMED: PropertyType = Structure(&[("id", Text), ("displayName", Text)]);
const IDENTITY: PropertyType =
    Structure(&[("id", Text), ("displayName", Text), ("identityType", Text), ("details", Any)]);
const SYSTEM: PropertyType = Structure(&[("id", Text), ("displayName", Text), ("details", Any)]);
const INITIATOR: PropertyType =
    Structure(&[("id", Text), ("displayName", Text), ("initiatorType", Text), ("initiatingType", Text)]);
const ERROR: &[(&str, PropertyType)] = &[
    ("status", Text),
    ("errorCode", Text),
    ("reason", Text),
    ("additionalDetails", Text),
    ("errorCategory", Text),
    ("recommendedAction", Text),
];
const STEP: PropertyType = Structure(&[
    ("name", Text),
    ("provisioningStepType", Text),
    ("status", Text),
    ("description", Text),
    ("details", Any),
]);
const MODIFIED: PropertyType = Structure(&[("displayName", Text), ("oldValue", Text), ("newValue", Text)]);

/// A line of the provisioning log (Graph: provisioningObjectSummary).
const LINE: &[(&str, PropertyType)] = &[
    ("id", Text),
    ("activityDateTime", Instant),
    ("tenantId", Text),
    ("jobId", Text),
    ("cycleId", Text),
    ("changeId", Text),
    ("provisioningAction", Text),
    ("durationInMilliseconds", Number),
    ("provisioningStatusInfo", Structure(&[("status", Text), ("errorInformation", Structure(ERROR))])),
    ("provisioningSteps", List(&STEP)),
    ("modifiedProperties", List(&MODIFIED)),
    ("servicePrincipal", NAMED),
    ("sourceSystem", SYSTEM),
    ("targetSystem", SYSTEM),
    ("sourceIdentity", IDENTITY),
    ("targetIdentity", IDENTITY),
    ("initiatedBy", INITIATOR),
];

/// What beta calls some of it beside that.
const LINE_OF_BETA: &[(&str, PropertyType)] = &[("action", Text), ("statusInfo", Structure(ERROR))];

/// An assignment of an application's role (Graph: appRoleAssignment).
const ASSIGNMENT: &[(&str, PropertyType)] = &[
    ("id", Text),
    ("appRoleId", Text),
    ("createdDateTime", Instant),
    ("deletedDateTime", Instant),
    ("principalDisplayName", Text),
    ("principalId", Text),
    ("principalType", Text),
    ("resourceDisplayName", Text),
    ("resourceId", Text),
];

/// The types that a list has objects of.
#[derive(Clone, Copy)]
pub(super) enum ListOf {
    Objects(ObjectKind),
    /// Users and groups.
    Mixed,
    ProvisioningLog,
    Assignments,
}

impl ListOf {
    fn name(self) -> &'static str {
        match self {
            ListOf::Objects(kind) => shapes::type_of(kind).trim_start_matches('#'),
            ListOf::Mixed => "microsoft.graph.directoryObject",
            ListOf::ProvisioningLog => "microsoft.graph.provisioningObjectSummary",
            ListOf::Assignments => "microsoft.graph.appRoleAssignment",
        }
    }

    fn kinds(self) -> &'static [ObjectKind] {
        match self {
            ListOf::Objects(ObjectKind::User) => &[ObjectKind::User],
            ListOf::Objects(ObjectKind::Group) => &[ObjectKind::Group],
            ListOf::Mixed => &[ObjectKind::User, ObjectKind::Group],
            ListOf::ProvisioningLog | ListOf::Assignments => &[],
        }
    }

    fn property(self, version: Version, name: &str) -> Option<PropertyType> {
        let tables: [&[(&str, PropertyType)]; 2] = match (self, version) {
            (ListOf::ProvisioningLog, Version::V1) => [LINE, &[]],
            (ListOf::ProvisioningLog, Version::Beta) => [LINE, LINE_OF_BETA],
            (ListOf::Assignments, _) => [ASSIGNMENT, &[]],
            (ListOf::Objects(_) | ListOf::Mixed, _) => [&[], &[]],
        };
        let mut listed = tables.into_iter().flatten();
        let listed = listed.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, holds)| *holds);
        let of_objects = || self.kinds().iter().find_map(|kind| of_object(*kind, name));
        listed.or_else(of_objects)
    }
}

/// What a user's or group's property holds.
fn of_object(kind: ObjectKind, name: &str) -> Option<PropertyType> {
    let listed = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let settable = property_content(kind, name).map(|content| match content {
        PropertyContent::Text => Text,
        PropertyContent::Boolean => PropertyType::Boolean,
        PropertyContent::Instant => Instant,
        PropertyContent::Texts => List(&Text),
        PropertyContent::Anything => Any,
    });
    settable.or_else(|| {
        let shown = shapes::shown(kind).iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match shown {
            Some((_, empty)) if empty.is_array() => Some(List(&Text)),
            Some((known, _)) if is_instant(known) => Some(Instant),
            Some(_) => Some(Text),
            None => (listed(elsewhere(kind)) || listed(relationships(kind))).then_some(Any),
        }
    })
}

fn elsewhere(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => USER_ELSEWHERE,
        ObjectKind::Group => GROUP_ELSEWHERE,
    }
}

fn relationships(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => USER_RELATIONSHIPS,
        ObjectKind::Group => GROUP_RELATIONSHIPS,
    }
}

impl Call {
    /// The query options, held to the type that is asked for.
    pub fn options_of(&self, list: ListOf) -> Result<Query, GraphError> {
        let query = self.options()?;
        self.fits(&query, list)?;
        Ok(query)
    }

    /// Refuses what the type does not have, and names what this tenant does not.
    pub fn fits(&self, query: &Query, list: ListOf) -> Result<(), GraphError> {
        pages_by_links(query)?;
        let property = |name: &str| list.property(self.version, name);
        query
            .fits(&EntityType { name: list.name(), property: &property })
            .map_err(|misfit| GraphError::new(400, "BadRequest", misfit.to_string()))?;
        for expansion in &query.expand {
            let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(&expansion.name));
            if expansion.name == "*" || list.kinds().iter().any(|kind| is(relationships(*kind))) {
                if !is(EXPANDED) {
                    return Err(GraphError::not_implemented(&format!("'$expand={}'", expansion.name)));
                }
                continue;
            }
            let message =
                format!("Could not find a property named '{}' on type '{}'.", expansion.name, list.name());
            return Err(GraphError::new(400, "BadRequest", message));
        }
        Ok(())
    }
}
