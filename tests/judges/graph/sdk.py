"""usage: sdk.py BASE TARGET TOKEN [AUTHORITY SECRET]

Microsoft's own Python SDK sets up a tenant at BASE whose application provisions to the SCIM server TARGET, and looks at
what comes of it through the SDK's types. With AUTHORITY, a file, it signs in with azure-identity and that client secret.
Prints a line of what it did, and every expectation that was not met.
"""

import asyncio
import json
import logging
import ssl
import sys
import traceback
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.application_templates.item.instantiate.instantiate_post_request_body import (
    InstantiatePostRequestBody,
)
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.attribute_mapping_source_type import AttributeMappingSourceType
from msgraph.generated.models.employee_org_data import EmployeeOrgData
from msgraph.generated.models.expression_input_object import ExpressionInputObject
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.object_flow_types import ObjectFlowTypes
from msgraph.generated.models.on_premises_extension_attributes import OnPremisesExtensionAttributes
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.provisioning_action import ProvisioningAction
from msgraph.generated.models.provisioning_result import ProvisioningResult
from msgraph.generated.models.provisioning_step_type import ProvisioningStepType
from msgraph.generated.models.quarantine_reason import QuarantineReason
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.string_key_object_value_pair import StringKeyObjectValuePair
from msgraph.generated.models.synchronization_job import SynchronizationJob
from msgraph.generated.models.synchronization_job_application_parameters import (
    SynchronizationJobApplicationParameters,
)
from msgraph.generated.models.synchronization_job_restart_criteria import SynchronizationJobRestartCriteria
from msgraph.generated.models.synchronization_job_restart_scope import SynchronizationJobRestartScope
from msgraph.generated.models.synchronization_job_subject import SynchronizationJobSubject
from msgraph.generated.models.synchronization_linked_objects import SynchronizationLinkedObjects
from msgraph.generated.models.synchronization_schedule_state import SynchronizationScheduleState
from msgraph.generated.models.synchronization_secret import SynchronizationSecret
from msgraph.generated.models.synchronization_secret_key_string_value_pair import (
    SynchronizationSecretKeyStringValuePair,
)
from msgraph.generated.models.synchronization_status_code import SynchronizationStatusCode
from msgraph.generated.models.synchronization_task_execution_result import SynchronizationTaskExecutionResult
from msgraph.generated.models.user import User
from msgraph.generated.service_principals.item.synchronization.jobs.item.provision_on_demand.provision_on_demand_post_request_body import (
    ProvisionOnDemandPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.item.restart.restart_post_request_body import (
    RestartPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.item.schema.parse_expression.parse_expression_post_request_body import (
    ParseExpressionPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.validate_credentials.validate_credentials_post_request_body import (
    ValidateCredentialsPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.secrets.secrets_put_request_body import (
    SecretsPutRequestBody,
)
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph_core import GraphClientFactory
from msgraph_core.tasks.page_iterator import PageIterator

# A secret that is refused is expected.
logging.getLogger("azure").setLevel(logging.CRITICAL)

base, target, token, *signs_in = sys.argv[1:]
graph_base = f"{base}/v1.0"
NOBODY = "00000000-0000-4000-8000-000000000000"
NON_GALLERY = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# So many that a page of 100 is not enough, nor one of the 200 that a delta query has.
CROWD = 220

unmet: list[str] = []
calls = 0
made_at = ""


def expect(what: str, seen, wanted=True):
    if seen != wanted:
        unmet.append(f"{what}: {seen!r} instead of {wanted!r}")


async def heard(response: httpx.Response):
    """What holds for every answer of Graph."""
    global calls, made_at
    calls += 1
    told = f"{response.request.method} {response.request.url.path}"
    headers = response.headers
    length, kind = headers.get("content-length", "0"), headers.get("content-type", "")
    expect(f"{told}: request-id", UUID(headers["request-id"]).version, 4)
    expect(f"{told}: client-request-id", len(headers["client-request-id"]), len(str(UUID(int=0))))
    if response.status_code == 204:
        expect(f"{told}: a body with 204", (length, kind), ("0", ""))
    elif not told.endswith("/$count"):
        expect(f"{told}: a type of JSON", kind.startswith("application/json"))
        expect(f"{told}: OData-Version", headers.get("odata-version"), "4.0")
    if response.status_code == 201:
        made_at = headers["location"]
        expect(f"{told}: Location", made_at.startswith(graph_base + "/"))


def asked(builder, headers=None, **parameters) -> RequestConfiguration:
    """Query options of the request builder's own type."""
    own = next(item for name, item in vars(type(builder)).items() if name.endswith("GetQueryParameters"))
    configuration = RequestConfiguration(query_parameters=own(**parameters))
    for name, value in (headers or {}).items():
        configuration.headers.add(name, value)
    return configuration


async def refused(what: str, call, status: int, code: str) -> str:
    """The SDK raises its own error, with this status and code."""
    try:
        await call
    except ODataError as error:
        expect(f"{what}: status", error.response_status_code, status)
        expect(f"{what}: code", error.error.code, code)
        expect(f"{what}: an id of the request", bool(error.error.inner_error.request_id))
        expect(f"{what}: a date", isinstance(error.error.inner_error.date, datetime))
        return error.error.message
    unmet.append(f"{what}: not refused")
    return ""


def trust() -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=signs_in[0]) if signs_in else True


def client() -> GraphServiceClient:
    inner = httpx.AsyncClient(verify=trust(), timeout=30, event_hooks={"response": [heard]})
    auth = AnonymousAuthenticationProvider()
    if signs_in:
        auth = AzureIdentityAuthenticationProvider(
            credential(signs_in[1]), scopes=[f"{base}/.default"], allowed_hosts=[urlsplit(base).hostname]
        )
    adapter = GraphRequestAdapter(auth, GraphClientFactory.create_with_default_middleware(client=inner))
    adapter.base_url = graph_base
    return GraphServiceClient(request_adapter=adapter)


def credential(secret: str) -> ClientSecretCredential:
    return ClientSecretCredential(
        NOBODY, "judge", secret, authority=base, disable_instance_discovery=True, connection_verify=signs_in[0]
    )


def person(name: str, **more) -> User:
    return User(
        account_enabled=True,
        display_name=name,
        mail_nickname=name.lower().replace(" ", "."),
        user_principal_name=f"{name.lower().replace(' ', '.')}@contoso.example",
        password_profile=PasswordProfile(password="not-for-anybody-1", force_change_password_next_sign_in=False),
        **more,
    )


graph = client()


async def people() -> tuple[User, User]:
    expect("organization", (await graph.organization.get()).value[0].verified_domains[0].name, "contoso.example")
    hired = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
    ada = await graph.users.post(
        person(
            "Ada Lovelace",
            given_name="Ada",
            surname="Lovelace",
            job_title="Countess",
            department="Research",
            employee_id="1815",
            mail="ada.lovelace@contoso.example",
            business_phones=["+1 425 555 0100"],
            other_mails=["ada@elsewhere.example"],
            usage_location="GB",
            employee_hire_date=hired,
            employee_org_data=EmployeeOrgData(cost_center="42", division="Engines"),
            on_premises_extension_attributes=OnPremisesExtensionAttributes(extension_attribute1="first"),
        )
    )
    expect("a new user", (ada.display_name, ada.business_phones), ("Ada Lovelace", ["+1 425 555 0100"]))
    expect("Location of a user", made_at, f"{graph_base}/users/{ada.id}")
    grace = await graph.users.post(person("Grace Hopper", given_name="Grace", surname="Hopper"))
    await asyncio.gather(*(graph.users.post(person(f"Crowd {number:03}")) for number in range(CROWD)))

    chosen = asked(
        graph.users,
        select=["id", "employeeHireDate", "employeeOrgData", "onPremisesExtensionAttributes", "otherMails"],
    )
    # The query options of a user are the builder's own.
    one = graph.users.by_user_id(ada.id)
    chosen = asked(one, select=chosen.query_parameters.select)
    read = await one.get(chosen)
    expect("a date of a user", read.employee_hire_date, hired)
    expect("employeeOrgData", (read.employee_org_data.cost_center, read.employee_org_data.division), ("42", "Engines"))
    expect("extension attribute", read.on_premises_extension_attributes.extension_attribute1, "first")
    expect("otherMails", read.other_mails, ["ada@elsewhere.example"])
    expect("not selected", read.display_name, None)
    by_name = await graph.users.by_user_id("ada.lovelace@contoso.example").get()
    expect("by userPrincipalName", by_name.id, ada.id)
    alternate = graph.users_with_user_principal_name("ada.lovelace@contoso.example")
    expect("by userPrincipalName as a key", (await alternate.get()).id, ada.id)

    await one.patch(User(job_title="Analyst", additional_data={"department": None}))
    read = await one.get(asked(one, select=["jobTitle", "department"]))
    expect("changed", (read.job_title, read.department), ("Analyst", None))
    message = await refused("the same name again", graph.users.post(person("Ada Lovelace")), 400, "Request_BadRequest")
    expect("the same name again", "userPrincipalName" in message)
    return ada, grace


async def lists(ada: User):
    options = asked(graph.users, {"ConsistencyLevel": "eventual"}, top=50, select=["id", "displayName"], count=True,
                    orderby=["displayName desc"])
    page = await graph.users.get(options)
    expect("a page", (len(page.value), page.odata_count), (50, CROWD + 2))
    expect("nextLink", page.odata_next_link.startswith(f"{graph_base}/users?"))
    found: list[User] = []
    iterator = PageIterator(page, graph.request_adapter)
    await iterator.iterate(lambda user: found.append(user) or True)
    expect("every page", len({user.id for user in found}), CROWD + 2)
    names = [user.display_name.lower() for user in found]
    expect("the order of a list", names == sorted(names, reverse=True))
    expect("$select on every page", {user.user_principal_name for user in found}, {None})

    async def names_of(headers=None, **options) -> list[str]:
        found = await graph.users.get(asked(graph.users, headers, **options))
        return sorted(user.display_name for user in found.value)

    for filter, wanted in {
        "startswith(displayName,'ada')": ["Ada Lovelace"],
        "surname eq 'Hopper' or givenName eq 'Ada'": ["Ada Lovelace", "Grace Hopper"],
        "userPrincipalName eq 'ada.lovelace@contoso.example'": ["Ada Lovelace"],
        f"id in ('{ada.id}', '{NOBODY}')": ["Ada Lovelace"],
        "displayName eq 'O''Brien & sons + more'": [],
        "otherMails/any(m: m eq 'ada@elsewhere.example')": ["Ada Lovelace"],
        "onPremisesExtensionAttributes/extensionAttribute1 eq 'first'": ["Ada Lovelace"],
        "employeeHireDate ge 2026-01-01T00:00:00Z": ["Ada Lovelace"],
    }.items():
        expect(f"$filter {filter}", await names_of(filter=filter), wanted)
    eventual = {"ConsistencyLevel": "eventual"}
    advanced = await names_of(eventual, filter="not(startswith(displayName,'Crowd'))", count=True)
    expect("an advanced query", advanced, ["Ada Lovelace", "Grace Hopper"])
    counting = graph.users.count
    expect("$count", await counting.get(asked(counting, eventual, filter="surname ne null")), 2)
    await refused("a filter that nobody can read", names_of(filter="displayName eq"), 400, "Request_BadRequest")
    await refused("somebody who is not there", graph.users.by_user_id(NOBODY).get(), 404, "Request_ResourceNotFound")
    await refused("a user without a name", graph.users.post(User(account_enabled=True)), 400, "Request_BadRequest")
    wrong = User(additional_data={"accountEnabled": "certainly"})
    await refused("a wrong type", graph.users.by_user_id(ada.id).patch(wrong), 400, "Request_BadRequest")
    await refused("what is missing", graph.users.by_user_id(ada.id).messages.get(), 501, "NotImplemented")
    await refused("what is missing", graph.identity.conditional_access.policies.get(), 501, "NotImplemented")


async def relations(ada: User, grace: User) -> Group:
    one = graph.users.by_user_id(ada.id)
    await refused("nobody's manager", one.manager.get(), 404, "Request_ResourceNotFound")
    await one.manager.ref.put(ReferenceUpdate(odata_id=f"{graph_base}/users/{grace.id}"))
    manager = await one.manager.get()
    expect("the manager is a user", (type(manager), manager.id), (User, grace.id))
    read = await one.get(asked(one, expand=["manager($select=id,displayName)"], select=["id"]))
    expect("the expanded manager", (type(read.manager), read.manager.display_name), (User, "Grace Hopper"))
    reports = await graph.users.by_user_id(grace.id).direct_reports.get()
    expect("reports", [(type(report), report.id) for report in reports.value], [(User, ada.id)])
    await one.manager.ref.delete()
    await refused("a manager who was taken away", one.manager.get(), 404, "Request_ResourceNotFound")
    await one.manager.ref.put(ReferenceUpdate(odata_id=f"{graph_base}/directoryObjects/{grace.id}"))

    group = Group(display_name="Engines", mail_nickname="engines", mail_enabled=False, security_enabled=True,
                  additional_data={"members@odata.bind": [f"{graph_base}/users/{ada.id}"]})
    team = await graph.groups.post(group)
    expect("a new group", (team.security_enabled, team.mail_enabled, team.group_types), (True, False, []))
    expect("the moment of a group", team.created_date_time.tzinfo is not None)
    inner = await graph.groups.post(
        Group(display_name="Inner", mail_nickname="inner", mail_enabled=False, security_enabled=True)
    )
    members = graph.groups.by_group_id(team.id).members
    for member in (grace.id, inner.id):
        await members.ref.post(ReferenceCreate(odata_id=f"{graph_base}/directoryObjects/{member}"))
    again = members.ref.post(ReferenceCreate(odata_id=f"{graph_base}/directoryObjects/{grace.id}"))
    await refused("a member again", again, 400, "Request_BadRequest")
    unknown = members.ref.post(ReferenceCreate(odata_id=f"{graph_base}/directoryObjects/{NOBODY}"))
    await refused("a member who is nobody", unknown, 404, "Request_ResourceNotFound")
    found = {member.id: type(member) for member in (await members.get()).value}
    expect("members of every type", found, {ada.id: User, grace.id: User, inner.id: Group})
    expect("members that are users", {user.id for user in (await members.graph_user.get()).value}, {ada.id, grace.id})
    expect("members counted", await members.count.get(asked(members.count, {"ConsistencyLevel": "eventual"})), 3)
    page = await members.get(asked(members, top=2))
    rest = await members.with_url(page.odata_next_link).get()
    expect("members page by page", len(page.value) + len(rest.value), 3)
    await members.by_directory_object_id(inner.id).ref.delete()
    holders = await one.member_of.get()
    expect("memberOf", [(type(held), held.id) for held in holders.value], [(Group, team.id)])
    checked = await one.check_member_groups.post(CheckMemberGroupsPostRequestBody(group_ids=[team.id, inner.id]))
    expect("checkMemberGroups", checked.value, [team.id])
    await graph.groups.by_group_id(team.id).patch(Group(description="Those who compute"))
    expect("a changed group", (await graph.groups.by_group_id(team.id).get()).description, "Those who compute")
    await graph.groups.by_group_id(inner.id).delete()
    await refused("a group that is gone", graph.groups.by_group_id(inner.id).get(), 404, "Request_ResourceNotFound")
    return team


async def delta(ada: User, grace: User, team: Group):
    page = await graph.users.delta.get(asked(graph.users.delta, select=["displayName", "jobTitle", "manager"]))
    found, pages = list(page.value), 1
    while page.odata_next_link:
        page = await graph.users.delta.with_url(page.odata_next_link).get()
        found += page.value
        pages += 1
    expect("the first round of a delta query", (len(found), pages), (CROWD + 2, 2))
    expect("selected in a delta query", {user.user_principal_name for user in found}, {None})
    first = next(user for user in found if user.id == ada.id)
    expect("the manager in a delta query", str(first.additional_data["manager@delta"][0]["id"]), grace.id)
    groups = await graph.groups.delta.get()
    engines = next(group for group in groups.value if group.id == team.id)
    expect("members in a delta query", len(engines.additional_data["members@delta"]), 2)

    temporary = await graph.users.post(person("Temporary"))
    await graph.users.by_user_id(ada.id).patch(User(job_title="Programmer"))
    crowd = await graph.users.get(asked(graph.users, filter="displayName eq 'Crowd 000'"))
    await graph.users.by_user_id(crowd.value[0].id).delete()
    members = graph.groups.by_group_id(team.id).members
    await members.by_directory_object_id(grace.id).ref.delete()
    changes = await graph.users.delta.with_url(page.odata_delta_link).get()
    changed = {user.id: user for user in changes.value}
    expect("what changed since", set(changed), {temporary.id, ada.id, crowd.value[0].id})
    expect("a change in a delta query", changed[ada.id].job_title, "Programmer")
    expect("$select of the first round still holds", changed[ada.id].surname, None)
    expect("who is gone", changed[crowd.value[0].id].additional_data, {"@removed": {"reason": "changed"}})
    again = await graph.users.delta.with_url(changes.odata_delta_link).get()
    expect("nothing changed since", again.value, [])
    changes = await graph.groups.delta.with_url(groups.odata_delta_link).get()
    left = changes.value[0].additional_data["members@delta"][0]
    expect("a member who left", (str(left["id"]), left["@removed"]["reason"]), (grace.id, "deleted"))
    await members.ref.post(ReferenceCreate(odata_id=f"{graph_base}/users/{grace.id}"))
    invalid = f"{graph_base}/users/delta?$deltatoken=long-gone"
    await refused("a token of another time", graph.users.delta.with_url(invalid).get(), 410, "syncStateNotFound")

    bin = graph.directory.deleted_items
    deleted = await bin.graph_user.get()
    expect("the recycle bin", [user.display_name for user in deleted.value], ["Crowd 000"])
    gone = bin.by_directory_object_id(crowd.value[0].id)
    one = await gone.get()
    expect("one of the recycle bin", (type(one), one.display_name), (User, "Crowd 000"))
    restored = await gone.restore.post()
    expect("restored", (type(restored), restored.id), (User, crowd.value[0].id))
    await refused("restored, and no longer there", gone.get(), 404, "Request_ResourceNotFound")
    expect("back again", (await graph.users.by_user_id(restored.id).get()).display_name, "Crowd 000")
    await graph.users.by_user_id(temporary.id).delete()
    await bin.by_directory_object_id(temporary.id).delete()
    await refused("purged", bin.by_directory_object_id(temporary.id).get(), 404, "Request_ResourceNotFound")
    expect("the empty recycle bin", (await bin.graph_user.get()).value, [])


def secret(key: SynchronizationSecret, value: str) -> SynchronizationSecretKeyStringValuePair:
    return SynchronizationSecretKeyStringValuePair(key=key, value=value)


def secrets(token: str, threshold: int | None = None) -> list[SynchronizationSecretKeyStringValuePair]:
    settings = {"Enabled": False, "DeleteThresholdEnabled": threshold is not None, "DeleteThresholdValue": threshold}
    return [
        secret(SynchronizationSecret.BaseAddress, target),
        secret(SynchronizationSecret.SecretToken, token),
        secret(SynchronizationSecret.SyncAll, "false"),
        secret(SynchronizationSecret.SyncNotificationSettings, json.dumps(settings)),
    ]


async def account(name: str) -> dict | None:
    """What the target holds of somebody."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as scim:
        found = await scim.get(f"{target}/Users", params={"filter": f'userName eq "{name}@contoso.example"'})
        resources = found.json()["Resources"]
        expect(f"one account of {name} at most", len(resources) <= 1)
        return resources[0] if resources else None


async def comes_true(what: str, condition) -> None:
    for _ in range(100):
        if await condition():
            return
        await asyncio.sleep(0.1)
    unmet.append(f"{what}: not within ten seconds")


async def application(ada: User, team: Group) -> None:
    templates = await graph.application_templates.get(asked(graph.application_templates, top=1))
    expect("templates", len(templates.value) == 1 and templates.odata_next_link is not None)
    template = graph.application_templates.by_application_template_id(NON_GALLERY)
    expect("a template", (await template.get()).id, NON_GALLERY)
    made = await template.instantiate.post(InstantiatePostRequestBody(display_name="Engine room"))
    principal, own = made.service_principal, made.application
    expect("one appId", principal.app_id, own.app_id)
    expect("the tenant of a service principal", isinstance(principal.app_owner_organization_id, UUID))
    expect("its assignments are required", principal.app_role_assignment_required)
    one = graph.service_principals.by_service_principal_id(principal.id)
    read = await one.get(asked(one, select=["appRoles"]))
    role = next(role for role in read.app_roles if role.display_name == "User")
    expect("a role", (type(role.id), role.is_enabled, role.allowed_member_types), (UUID, True, ["User"]))
    keyed = await graph.service_principals_with_app_id(own.app_id).get()
    expect("by appId as a key", (keyed.id, keyed.display_name), (principal.id, "Engine room"))
    found = await graph.applications.get(asked(graph.applications, filter="displayName eq 'Engine room'"))
    expect("an application by its name", [(app.id, app.app_id) for app in found.value], [(own.id, own.app_id)])
    await graph.applications.by_application_id(own.id).patch(Application(notes="of the judge"))
    expect("a changed application", (await graph.applications.by_application_id(own.id).get()).notes, "of the judge")
    await one.owners.ref.post(ReferenceCreate(odata_id=f"{graph_base}/directoryObjects/{ada.id}"))
    expect("owners", [(type(owner), owner.id) for owner in (await one.owners.get()).value], [(User, ada.id)])

    sync = one.synchronization
    job_template = (await sync.templates.get()).value[0].id
    expect("the template of a job", job_template, "scim")

    def credentials(token: str) -> ValidateCredentialsPostRequestBody:
        return ValidateCredentialsPostRequestBody(
            template_id=job_template, use_saved_credentials=False, credentials=secrets(token)
        )

    await sync.jobs.validate_credentials.post(credentials(token))
    wrong = sync.jobs.validate_credentials.post(credentials("wrong"))
    message = await refused("a wrong token", wrong, 400, "CredentialValidationUnavailable")
    expect("a wrong token is told", "401" in message)
    await sync.secrets.put(SecretsPutRequestBody(value=secrets(token)))
    shown = {pair.key: pair.value for pair in (await sync.get()).secrets}
    expect("the address", shown[SynchronizationSecret.BaseAddress], target)
    expect("the token is not shown", token in (shown[SynchronizationSecret.SecretToken] or ""), False)

    job = await sync.jobs.post(SynchronizationJob(template_id=job_template))
    own_job = sync.jobs.by_synchronization_job_id(job.id)
    expect("Location of a job", made_at, f"{graph_base}/servicePrincipals/{principal.id}/synchronization/jobs/{job.id}")
    expect("the id of a job", job.id.startswith("scim."))
    expect("a new job", (job.schedule.state, job.status.code),
           (SynchronizationScheduleState.Disabled, SynchronizationStatusCode.Paused))
    expect("every 40 minutes", job.schedule.interval, timedelta(minutes=40))
    never = datetime(1, 1, 1, tzinfo=timezone.utc)
    expect("no steady state yet", job.status.steady_state_first_achieved_time, never)
    expect("no cycle yet", job.status.last_execution, None)
    await refused("a second job", sync.jobs.post(SynchronizationJob(template_id=job_template)), 409, "Conflict")
    expect("jobs", [listed.id for listed in (await sync.jobs.get()).value], [job.id])
    missing = sync.jobs.by_synchronization_job_id("scim.no.job").get()
    await refused("a job that is not there", missing, 404, "Request_ResourceNotFound")

    rule = await schema(own_job)
    assignment = await one.app_role_assigned_to.post(
        AppRoleAssignment(principal_id=UUID(team.id), resource_id=UUID(principal.id), app_role_id=role.id)
    )
    expect("Location of an assignment", made_at.endswith(f"/appRoleAssignedTo/{assignment.id}"))
    expect("an assignment", (assignment.principal_id, assignment.principal_type, assignment.resource_display_name),
           (UUID(team.id), "Group", "Engine room"))
    of_ada = graph.users.by_user_id(ada.id).app_role_assignments
    await of_ada.post(AppRoleAssignment(principal_id=UUID(ada.id), resource_id=UUID(principal.id), app_role_id=role.id))
    again = AppRoleAssignment(principal_id=UUID(ada.id), resource_id=UUID(principal.id), app_role_id=role.id)
    await refused("an assignment again", of_ada.post(again), 400, "Request_BadRequest")
    listed = await of_ada.get(asked(of_ada, filter=f"resourceId eq {principal.id}"))
    expect("assignments of a user", [one.app_role_id for one in listed.value], [role.id])
    found = await one.app_role_assigned_to.by_app_role_assignment_id(assignment.id).get()
    expect("an assignment by its id", found.created_date_time, assignment.created_date_time)

    await on_demand(own_job, rule, ada, team)
    await cycles(own_job, job.id, principal.id, ada, team)
    await accident(sync, own_job, job.id, one, team)
    await own_job.delete()
    await refused("a job that was deleted", own_job.get(), 404, "Request_ResourceNotFound")
    await graph.applications.by_application_id(own.id).delete()
    await refused("an application that was deleted", one.get(), 404, "Request_ResourceNotFound")


async def schema(job) -> str:
    read = await job.schema.get()
    expect("directories", [directory.name for directory in read.directories], ["Microsoft Entra ID", "customappsso"])
    rule = read.synchronization_rules[0]
    mapping = next(one for one in rule.object_mappings if one.target_object_name == ENTERPRISE_USER)
    every = [ObjectFlowTypes.Add, ObjectFlowTypes.Update, ObjectFlowTypes.Delete]
    expect("what flows", (mapping.enabled, mapping.flow_types), (True, every))
    name = next(one for one in mapping.attribute_mappings if one.target_attribute_name == "userName")
    expect("the matching attribute", (name.matching_priority, name.source.type, name.source.name),
           (1, AttributeMappingSourceType.Attribute, "userPrincipalName"))
    expect("operators", len((await job.schema.filter_operators.get()).value) > 10)
    expect("functions", "Switch" in [function.id for function in (await job.schema.functions.get()).value])
    parsed = await job.schema.parse_expression.post(
        ParseExpressionPostRequestBody(
            expression='Join(" ", [givenName], [surname])',
            test_input_object=ExpressionInputObject(
                properties=[
                    StringKeyObjectValuePair(key="givenName", additional_data={"value": "Ada"}),
                    StringKeyObjectValuePair(key="surname", additional_data={"value": "Lovelace"}),
                ]
            ),
        )
    )
    expect("an expression", (parsed.parsing_succeeded, parsed.evaluation_result), (True, ["Ada Lovelace"]))

    # The title is what the mapping makes of it from now on. The SDK has PATCH alone, which the service does not know, and
    # writes no `flowTypes` that it has read.
    title = next(one for one in mapping.attribute_mappings if one.target_attribute_name == "title")
    title.source.type, title.source.name = AttributeMappingSourceType.Function, "Join"
    title.source.expression, title.source.parameters = 'Join("", "The ", [jobTitle])', []
    await refused("PATCH of a schema", job.schema.patch(read), 404, "ResourceNotFound")
    for one in rule.object_mappings:
        one.additional_data["flowTypes"] = "Add,Update,Delete"
    request = job.schema.to_patch_request_information(read)
    request.http_method = Method.PUT
    await graph.request_adapter.send_no_response_content_async(request, {"XXX": ODataError})
    again = await job.schema.get()
    mapping = next(one for one in again.synchronization_rules[0].object_mappings if one.name == mapping.name)
    now = next(one for one in mapping.attribute_mappings if one.target_attribute_name == "title")
    expect("the schema that was put", (now.source.expression, mapping.flow_types),
           ('Join("", "The ", [jobTitle])', every))
    return rule.id


def demanded(rule: str, id: str, kind: str, members: list[str]) -> ProvisionOnDemandPostRequestBody:
    links = None
    if members:
        people = [SynchronizationJobSubject(object_id=one, object_type_name="User") for one in members]
        links = SynchronizationLinkedObjects(members=people)
    subject = SynchronizationJobSubject(object_id=id, object_type_name=kind, links=links)
    return ProvisionOnDemandPostRequestBody(
        parameters=[SynchronizationJobApplicationParameters(rule_id=rule, subjects=[subject])]
    )


async def on_demand(job, rule: str, ada: User, team: Group) -> None:
    done = await job.provision_on_demand.post(demanded(rule, ada.id, "User", []))
    result, value = json.loads(done.key), json.loads(done.value)
    expect("on demand", (result["result"], value["action"]), ("Success", "Create"))
    expect("on demand, the target", value["targetIdentity"]["id"], (await account("ada.lovelace"))["id"])
    expect("the title of the mapping", (await account("ada.lovelace"))["title"], "The Programmer")
    done = await job.provision_on_demand.post(demanded(rule, team.id, "Group", [ada.id]))
    expect("a group on demand", json.loads(done.key)["result"], "Success")
    wrong = job.provision_on_demand.post(demanded("no-rule", ada.id, "User", []))
    await refused("a rule that is not there", wrong, 400, "RequestParameterInvalid")
    nobody = job.provision_on_demand.post(demanded(rule, NOBODY, "User", []))
    await refused("nobody on demand", nobody, 404, "Request_ResourceNotFound")


async def log(filter: str, **more):
    provisioning = graph.audit_logs.provisioning
    return await provisioning.get(asked(provisioning, filter=filter, orderby=["activityDateTime desc"], **more))


async def cycles(job, id: str, principal: str, ada: User, team: Group) -> None:
    await job.start.post()

    async def succeeded() -> bool:
        status = (await job.get()).status
        return bool(status.last_execution and status.last_execution.count_exported)

    await comes_true("the first cycle", succeeded)
    now = await job.get()
    expect("a job that runs", (now.schedule.state, now.status.code),
           (SynchronizationScheduleState.Active, SynchronizationStatusCode.Active))
    last = now.status.last_execution
    expect("the last cycle", (last.state, last.error), (SynchronizationTaskExecutionResult.Succeeded, None))
    expect("moments of a cycle", last.time_began <= last.time_ended)
    expect("steady", now.status.steady_state_first_achieved_time.year, datetime.now(timezone.utc).year)
    linked = {pair.key: pair.value for pair in now.status.synchronized_entry_count_by_type}
    expect("linked", linked, {"User to User": 2, "Group to Group": 1})
    grace = await account("grace.hopper")
    expect("Grace has an account", grace is not None and grace["active"])
    manager = (await account("ada.lovelace"))[ENTERPRISE_USER]["manager"]["value"]
    expect("the manager at the target", manager, grace["id"])

    of_ada = f"jobId eq '{id}' and servicePrincipal/id eq '{principal}' and sourceIdentity/id eq '{ada.id}'"
    created = await log(f"{of_ada} and provisioningAction eq 'Create'", top=1)
    line = created.value[0]
    expect("an action", line.provisioning_action, ProvisioningAction.Create)
    expect("its status", (line.provisioning_status_info.status, line.provisioning_status_info.error_information),
           (ProvisioningResult.Success, None))
    expect("its moment", isinstance(line.activity_date_time, datetime) and line.duration_in_milliseconds >= 0)
    expect("its service principal", (line.service_principal.id, line.service_principal.display_name),
           (principal, "Engine room"))
    expect("who it was", (line.source_identity.display_name, line.source_identity.identity_type),
           ("Ada Lovelace", "User"))
    expect("its target", (line.target_identity.id, line.target_system.display_name),
           ((await account("ada.lovelace"))["id"], "customappsso"))
    steps = [step.provisioning_step_type for step in line.provisioning_steps]
    expect("its steps", ProvisioningStepType.Matching in steps and ProvisioningStepType.Export in steps)
    expect("their status", {step.status for step in line.provisioning_steps}, {ProvisioningResult.Success})
    names = {changed.display_name: changed.new_value for changed in line.modified_properties}
    expect("what was written", (names.get("userName"), names.get("title")),
           ("ada.lovelace@contoso.example", "The Programmer"))
    began = line.activity_date_time.strftime("%Y-%m-%dT%H:%M:%SZ")
    managers = " or ".join(f"p/displayName eq '{name}'" for name in ("manager", f"{ENTERPRISE_USER}:manager"))
    managed = await log(
        f"{of_ada} and provisioningAction eq 'Update' and activityDateTime ge {began}"
        f" and modifiedProperties/any(p: {managers})"
    )
    expect("the manager in the log", [line.modified_properties[0].new_value for line in managed.value], [grace["id"]])
    gone = await log(f"{of_ada} and (provisioningAction eq 'Disable' or provisioningAction eq 'Delete')")
    expect("nobody left yet", gone.value, [])
    page = await log(f"jobId eq '{id}'", top=2)
    lines = list(page.value)
    while page.odata_next_link:
        page = await graph.audit_logs.provisioning.with_url(page.odata_next_link).get()
        lines += page.value
    expect("the log page by page", len({line.id for line in lines}) == len(lines) > 4)
    moments = [line.activity_date_time for line in lines]
    expect("the newest line first", moments == sorted(moments, reverse=True))
    expect("every action is one that the SDK knows", None in [line.provisioning_action for line in lines], False)

    await job.pause.post()
    paused = await job.get()
    expect("paused", (paused.schedule.state, paused.status.code),
           (SynchronizationScheduleState.Paused, SynchronizationStatusCode.Paused))
    # Who is disabled in the directory is disabled at the target.
    await graph.users.by_user_id(ada.id).patch(User(account_enabled=False))
    await job.start.post()

    async def disabled() -> bool:
        return (await account("ada.lovelace"))["active"] is False

    await comes_true("Ada is disabled", disabled)
    gone = await log(f"{of_ada} and (provisioningAction eq 'Disable' or provisioningAction eq 'Delete')", top=1)
    expect("in the log", [line.provisioning_action for line in gone.value], [ProvisioningAction.Disable])
    await graph.users.by_user_id(ada.id).patch(User(account_enabled=True))


async def quarantined(job, reason: QuarantineReason) -> bool:
    status = (await job.get()).status
    return status.quarantine is not None and status.quarantine.reason == reason


async def accident(sync, job, id: str, principal, team: Group) -> None:
    """Too many people would lose their accounts; then the credentials are wrong."""
    restart = RestartPostRequestBody(criteria=SynchronizationJobRestartCriteria())
    scope = SynchronizationJobRestartCriteria(reset_scope=SynchronizationJobRestartScope.Full)
    await job.restart.post(RestartPostRequestBody(criteria=scope))

    async def enabled() -> bool:
        return (await account("ada.lovelace"))["active"] is True

    await comes_true("Ada is enabled again", enabled)
    await sync.secrets.put(SecretsPutRequestBody(value=secrets(token, threshold=1)))
    for assignment in (await principal.app_role_assigned_to.get()).value:
        await principal.app_role_assigned_to.by_app_role_assignment_id(assignment.id).delete()
    await job.restart.post(restart)
    await comes_true("too many deletes", lambda: quarantined(job, QuarantineReason.TooManyDeletes))
    status = (await job.get()).status
    expect("in quarantine", (status.code, status.quarantine.series_count), (SynchronizationStatusCode.Quarantine, 1))
    expect("when it began", isinstance(status.quarantine.current_began, datetime))
    held = await log(f"jobId eq '{id}' and provisioningAction eq 'StagedDelete'")
    expect("held back", {line.provisioning_action for line in held.value}, {ProvisioningAction.StagedDelete})
    expect("who was held back", len(held.value) >= 2)
    expect("still there", (await account("ada.lovelace"))["active"])
    forced = SynchronizationJobRestartCriteria(reset_scope=SynchronizationJobRestartScope.ForceDeletes)
    await job.restart.post(RestartPostRequestBody(criteria=forced))

    async def left() -> bool:
        both = [await account(name) for name in ("ada.lovelace", "grace.hopper")]
        return all(one is None or one["active"] is False for one in both)

    await comes_true("the deletes are let through", left)

    await sync.secrets.put(SecretsPutRequestBody(value=secrets("wrong")))
    await job.restart.post(restart)
    await comes_true("wrong credentials", lambda: quarantined(job, QuarantineReason.EncounteredQuarantineException))
    status = (await job.get()).status
    expect("a cycle that failed", status.last_execution.state, SynchronizationTaskExecutionResult.Failed)
    expect("why it failed", status.last_execution.error.code, "SystemForCrossDomainIdentityManagementInvalidCredentials")
    expect("when it is tried again", status.quarantine.next_attempt > status.quarantine.current_began)
    await sync.secrets.put(SecretsPutRequestBody(value=secrets(token)))
    await job.start.post()

    async def free() -> bool:
        return (await job.get()).status.quarantine is None

    await comes_true("the quarantine ends", free)


async def main() -> None:
    if signs_in:
        try:
            credential("wrong").get_token(f"{base}/.default")
            unmet.append("a wrong client secret: not refused")
        except ClientAuthenticationError:
            pass
        stranger = GraphRequestAdapter(
            AnonymousAuthenticationProvider(),
            GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=trust())),
        )
        stranger.base_url = graph_base
        no_token = GraphServiceClient(request_adapter=stranger).users.get()
        await refused("no token", no_token, 401, "InvalidAuthenticationToken")
    ada, grace = await people()
    await lists(ada)
    team = await relations(ada, grace)
    await delta(ada, grace, team)
    await application(ada, team)


try:
    asyncio.run(main())
except Exception:
    unmet.append(traceback.format_exc())
name = f"msgraph-sdk {version('msgraph-sdk')} over {base.partition(':')[0]}"
if signs_in:
    name = f"azure-identity {version('azure-identity')} and {name}"
if unmet:
    print(f"{name}: {calls} calls, {len(unmet)} not as expected:", *unmet, sep="\n  ")
    sys.exit(1)
print(f"{name}: {calls} calls, all as expected")
