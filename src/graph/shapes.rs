//! Objects of Graph as JSON.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::{Call, Version};
use crate::entra::directory::{ObjectId, ObjectKind};
use crate::odata::Query;
use crate::tenant::{
    ApplicationInfo, Assignment, Execution, Found, JobHandle, JobStatus, Record, RoleDefinition,
};

/// Properties of a user that are returned unless others are selected (Graph: user, Properties).
const USER_DEFAULT: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// Others that a user has, although nobody gave them a value.
const USER_OTHERS: &[&str] = &[
    "accountEnabled",
    "ageGroup",
    "city",
    "companyName",
    "country",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "department",
    "employeeHireDate",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeOrgData",
    "employeeType",
    "externalUserState",
    "faxNumber",
    "imAddresses",
    "mailNickname",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesExtensionAttributes",
    "onPremisesImmutableId",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "onPremisesUserPrincipalName",
    "otherMails",
    "passwordPolicies",
    "postalCode",
    "preferredName",
    "proxyAddresses",
    "securityIdentifier",
    "showInAddressList",
    "state",
    "streetAddress",
    "usageLocation",
    "userType",
];

const LISTS: &[&str] = &["businessPhones", "imAddresses", "otherMails", "proxyAddresses", "groupTypes"];

const GROUP: &[&str] = &[
    "id",
    "classification",
    "createdDateTime",
    "deletedDateTime",
    "description",
    "displayName",
    "groupTypes",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "proxyAddresses",
    "renewedDateTime",
    "securityEnabled",
    "securityIdentifier",
    "theme",
    "visibility",
];

static EMPTY_USER: LazyLock<Map<String, Value>> =
    LazyLock::new(|| empty(USER_DEFAULT.iter().chain(USER_OTHERS)));
static EMPTY_GROUP: LazyLock<Map<String, Value>> = LazyLock::new(|| empty(GROUP.iter()));

fn empty<'a>(names: impl Iterator<Item = &'a &'static str>) -> Map<String, Value> {
    let value = |name: &str| if LISTS.contains(&name) { json!([]) } else { Value::Null };
    names.map(|name| ((*name).to_owned(), value(name))).collect()
}

/// The properties that every object shows, also those without a value.
pub(super) fn shown(kind: ObjectKind) -> &'static Map<String, Value> {
    match kind {
        ObjectKind::User => &EMPTY_USER,
        ObjectKind::Group => &EMPTY_GROUP,
    }
}

/// What a filter looks at: the values that an object has.
pub(super) fn lean(id: &ObjectId, record: &Record) -> Value {
    let mut object = record.properties.clone();
    object.insert("id".to_owned(), json!(id));
    object.insert("createdDateTime".to_owned(), json!(record.created));
    object.insert("deletedDateTime".to_owned(), json!(record.deleted));
    Value::Object(object)
}

/// Every property of a user or group.
pub(super) fn whole(found: &Found) -> Value {
    let mut object = shown(found.1.kind).clone();
    if let Value::Object(values) = lean(&found.0, &found.1) {
        object.extend(values);
    }
    Value::Object(object)
}

/// A user or group as it is shown: the properties that are selected, or those that Graph returns by default.
pub(super) fn object(call: &Call, query: &Query, found: &Found) -> Value {
    let whole = whole(found);
    if !query.select.is_empty() {
        return crate::odata::select(&whole, &query.select);
    }
    match (found.1.kind, call.version) {
        (ObjectKind::User, Version::V1) => {
            let names: Vec<String> = USER_DEFAULT.iter().map(|name| (*name).to_owned()).collect();
            crate::odata::select(&whole, &names)
        }
        _ => whole,
    }
}

/// The name of Graph's type.
pub(super) fn type_of(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "#microsoft.graph.user",
        ObjectKind::Group => "#microsoft.graph.group",
    }
}

/// The same with its type first, for lists in which types mix.
pub(super) fn typed(kind: ObjectKind, object: Value) -> Value {
    let mut typed = json!({ "@odata.type": type_of(kind) });
    if let (Value::Object(typed), Value::Object(object)) = (&mut typed, object) {
        typed.extend(object);
    }
    typed
}

fn role(role: &RoleDefinition) -> Value {
    serde_json::to_value(role).unwrap_or_default()
}

/// An application object.
pub(super) fn application(info: &ApplicationInfo) -> Value {
    let mut object = info.others.clone();
    let own = json!({
        "id": info.object,
        "appId": info.app_id,
        "applicationTemplateId": info.template,
        "createdDateTime": info.created,
        "deletedDateTime": null,
        "displayName": info.name,
        "identifierUris": [],
        "signInAudience": "AzureADMyOrg",
        "publisherDomain": null,
        "tags": [],
        "appRoles": info.roles.iter().map(role).collect::<Vec<_>>(),
        "web": { "redirectUris": [], "homePageUrl": null, "logoutUrl": null },
    });
    merge(&mut object, own)
}

/// A service principal.
pub(super) fn service_principal(info: &ApplicationInfo, tenant: Uuid) -> Value {
    let mut object = info.others.clone();
    let own = json!({
        "id": info.service_principal,
        "accountEnabled": true,
        "appDisplayName": info.name,
        "appId": info.app_id,
        "applicationTemplateId": info.template,
        "appOwnerOrganizationId": tenant,
        "appRoleAssignmentRequired": true,
        "createdDateTime": info.created,
        "deletedDateTime": null,
        "displayName": info.name,
        "homepage": null,
        "loginUrl": null,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": null,
        "replyUrls": [],
        "servicePrincipalNames": [info.app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "appRoles": info.roles.iter().map(role).collect::<Vec<_>>(),
        "oauth2PermissionScopes": [],
    });
    merge(&mut object, own)
}

/// What a request set comes over what stands there, but never over what the tenant itself knows.
fn merge(others: &mut Map<String, Value>, own: Value) -> Value {
    let Value::Object(mut object) = own else { return own };
    const KNOWN: &[&str] = &["id", "appId", "displayName", "appDisplayName", "appRoles", "createdDateTime"];
    for (name, value) in std::mem::take(others) {
        if !KNOWN.contains(&name.as_str()) {
            object.insert(name, value);
        }
    }
    Value::Object(object)
}

/// An assignment.
pub(super) fn assignment(info: &ApplicationInfo, assignment: &Assignment, principal: &str) -> Value {
    json!({
        "id": assignment.id,
        "deletedDateTime": null,
        "appRoleId": assignment.role,
        "createdDateTime": assignment.created,
        "principalDisplayName": principal,
        "principalId": assignment.principal,
        "principalType": match assignment.kind { ObjectKind::User => "User", ObjectKind::Group => "Group" },
        "resourceDisplayName": info.name,
        "resourceId": info.service_principal,
    })
}

/// What stands for a moment that has not come.
const NEVER: &str = "0001-01-01T00:00:00Z";

fn execution(execution: &Execution) -> Value {
    json!({
        "activityIdentifier": execution.activity,
        "state": execution.state,
        "timeBegan": execution.began,
        "timeEnded": execution.ended,
        "error": execution.error.as_ref().map(|(code, message)| error(code, message)),
        "countEntitled": execution.entitled,
        "countEntitledForProvisioning": execution.entitled,
        "countEscrowed": execution.escrowed,
        "countEscrowedRaw": execution.escrowed,
        "countExported": execution.exported,
        "countExports": execution.exported,
        "countImported": execution.imported,
        "countImportedDeltas": execution.imported,
        "countImportedReferenceDeltas": 0,
    })
}

fn error(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message, "tenantActionable": true })
}

/// An ISO 8601 duration, as `PT40M`.
fn interval(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("PT{seconds}S"),
        (minutes, 0) => format!("PT{minutes}M"),
        (minutes, seconds) => format!("PT{minutes}M{seconds}S"),
    }
}

/// A synchronization job.
pub(super) fn job(handle: &JobHandle, configured: bool, settings: Value) -> Value {
    let status = handle.status();
    let JobStatus { quarantine, .. } = &status;
    let quarantine = quarantine.as_ref().map(|quarantine| {
        json!({
            "currentBegan": quarantine.current_began,
            "nextAttempt": status.next,
            "reason": quarantine.reason,
            "seriesBegan": quarantine.series_began,
            "seriesCount": quarantine.series_count,
            "error": error(&quarantine.code, &quarantine.message),
        })
    });
    let progress: Vec<Value> = status
        .progress
        .iter()
        .map(|progress| {
            json!({
                "units": "Objects",
                "totalUnits": progress.total,
                "completedUnits": progress.done,
                "progressObservationDateTime": progress.began,
            })
        })
        .collect();
    let last = |cycle: &Option<Execution>| cycle.as_ref().map(execution);
    json!({
        "id": handle.id,
        "templateId": handle.template,
        "schedule": { "expiration": null, "interval": interval(status.interval), "state": status.state.as_str() },
        "status": {
            "code": status.code(configured),
            "countSuccessiveCompleteFailures": status.successive_failures,
            "escrowsPruned": status.escrows_pruned,
            "lastExecution": last(&status.last),
            "lastSuccessfulExecution": last(&status.last_successful),
            "lastSuccessfulExecutionWithExports": last(&status.last_successful_with_exports),
            "progress": progress,
            "quarantine": quarantine,
            "steadyStateFirstAchievedTime": status.steady_first.map_or_else(|| json!(NEVER), |at| json!(at)),
            "steadyStateLastAchievedTime": status.steady_last.map_or_else(|| json!(NEVER), |at| json!(at)),
            "synchronizedEntryCountByType": [
                { "key": "User to User", "value": status.linked.0 },
                { "key": "Group to Group", "value": status.linked.1 },
            ],
            "troubleshootingUrl": null,
        },
        "synchronizationJobSettings": settings,
    })
}
