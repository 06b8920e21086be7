// usage: NODE_EXTRA_CA_CERTS=CA node javascript.mjs BASE SCIM_BASE SCIM_TOKEN
// Microsoft's Graph client for JavaScript drives a tenant at BASE over https, signed in by @azure/identity, until an
// account stands at the SCIM server at SCIM_BASE.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { ClientSecretCredential } from "@azure/identity";
import { BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const [base, scim, token] = process.argv.slice(2);
const run = randomUUID().slice(0, 8);
const upn = (name) => `${name}-${run}@contoso.example`;

const credential = new ClientSecretCredential(randomUUID(), randomUUID(), "secret", {
  authorityHost: base,
  disableInstanceDiscovery: true,
});
const graph = Client.initWithMiddleware({
  baseUrl: base,
  defaultVersion: "v1.0",
  customHosts: new Set([new URL(base).hostname]),
  authProvider: new TokenCredentialAuthenticationProvider(credential, {
    scopes: ["https://graph.microsoft.com/.default"],
  }),
});

// What the client fetches is counted, and whether it is signed.
const bare = globalThis.fetch;
let calls = 0;
globalThis.fetch = (input, init) => {
  const request = new Request(input, init);
  if (new URL(request.url).pathname.startsWith("/v1.0/")) {
    calls += 1;
    assert.match(request.headers.get("authorization") ?? "", /^Bearer /, `no token for ${request.url}`);
  }
  return bare(input, init);
};

async function beside(path) {
  const response = await bare(`${base}/_scimulate/${path}`, { method: "POST" });
  assert.equal(response.status, 200, path);
}

async function accounts(name) {
  const query = new URLSearchParams({ filter: `userName eq "${name}"` });
  const response = await bare(`${scim}/Users?${query}`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200);
  return (await response.json()).Resources ?? [];
}

/** What `ask` gives once it gives something. However long it takes, the number of calls is the same. */
async function until(what, ask) {
  const [end, before] = [Date.now() + 30_000, calls];
  for (;;) {
    const found = await ask();
    if (found) return found;
    assert.ok(Date.now() < end, `${what}: not within 30 seconds`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    calls = before;
  }
}

async function refused(status, code, call) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof GraphError, String(error));
    assert.deepEqual([error.statusCode, error.code], [status, code]);
    assert.ok(error.requestId && error.message);
    return true;
  });
}

const person = (name) => ({
  accountEnabled: true,
  displayName: `${name} Hopper`,
  givenName: name,
  surname: "Hopper",
  mailNickname: `${name}-${run}`,
  userPrincipalName: upn(name),
  jobTitle: "Engineer",
  passwordProfile: { password: "s3cr3t-pass", forceChangePasswordNextSignIn: true },
});

async function people() {
  const grace = await graph.api("/users").post(person("grace"));
  const boss = await graph.api("/users").post(person("boss"));
  assert.equal(grace.userPrincipalName, upn("grace"));
  await beside("people?made-up=25");

  const first = await graph.api("/users").top(10).select(["id", "displayName"]).orderby("displayName").count(true).get();
  assert.deepEqual([first["@odata.count"], first.value.length], [27, 10]);
  const names = [];
  const pages = new PageIterator(graph, first, (user) => Boolean(names.push(user.displayName.toLowerCase())));
  await pages.iterate();
  assert.ok(pages.isComplete());
  assert.equal(names.length, 27);
  assert.deepEqual(names, names.toSorted());
  assert.equal(Number(await graph.api("/users/$count").get()), 27);
  const some = await graph.api("/users").filter(`userPrincipalName eq '${upn("grace")}'`).select("id,jobTitle").get();
  assert.deepEqual(some.value, [{ id: grace.id, jobTitle: "Engineer" }]);

  const one = `/users/${upn("grace")}`;
  assert.equal(await graph.api(`/users/${grace.id}`).patch({ jobTitle: "Admiral" }), undefined);
  assert.equal((await graph.api(one).get()).jobTitle, "Admiral");
  await graph.api(`${one}/manager/$ref`).put({ "@odata.id": `${base}/v1.0/users/${boss.id}` });
  assert.equal((await graph.api(`${one}/manager`).get()).id, boss.id);
  await graph.api(`${one}/manager/$ref`).delete();
  await refused(404, "Request_ResourceNotFound", () => graph.api(`${one}/manager`).get());
  await refused(404, "Request_ResourceNotFound", () => graph.api(`/users/${randomUUID()}`).get());

  const requests = [`/users/${grace.id}`, `/users/${randomUUID()}`].map((path, index) => ({
    id: String(index),
    request: new Request(`https://graph.microsoft.com${path}`),
  }));
  const batch = await new BatchRequestContent(requests).getContent();
  const answered = new BatchResponseContent(await graph.api("/$batch").post(batch));
  assert.deepEqual(["0", "1"].map((id) => answered.getResponseById(id).status), [200, 404]);
  assert.equal((await answered.getResponseById("0").json()).id, grace.id);

  const all = await graph.api("/users/delta").select("displayName").get();
  assert.equal(all.value.length, 27);
  const leaver = await graph.api("/users").post(person("leaver"));
  const since = await graph.api(all["@odata.deltaLink"]).get();
  assert.deepEqual(since.value, [{ id: leaver.id, displayName: "leaver Hopper" }]);
  await graph.api(`/users/${leaver.id}`).delete();
  const deleted = "/directory/deletedItems";
  const bin = await graph.api(`${deleted}/microsoft.graph.user`).get();
  assert.deepEqual(bin.value.map((user) => user.id), [leaver.id]);
  assert.equal((await graph.api(`${deleted}/${leaver.id}/restore`).post({})).id, leaver.id);
  await graph.api(`/users/${leaver.id}`).delete();
  await graph.api(`${deleted}/${leaver.id}`).delete();
  await refused(404, "Request_ResourceNotFound", () => graph.api(`${deleted}/${leaver.id}`).get());

  const team = await graph.api("/groups").post({
    displayName: `Team ${run}`,
    mailEnabled: false,
    mailNickname: `team-${run}`,
    securityEnabled: true,
    "members@odata.bind": [`${base}/v1.0/users/${grace.id}`],
  });
  await graph.api(`/groups/${team.id}/members/$ref`).post({ "@odata.id": `${base}/v1.0/directoryObjects/${boss.id}` });
  const members = await graph.api(`/groups/${team.id}/members`).get();
  assert.deepEqual(members.value.map((member) => member.id).toSorted(), [grace.id, boss.id].toSorted());
  return { grace, boss, team };
}

async function provisioning({ grace, boss, team }) {
  const template = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
  const made = await graph.api(`/applicationTemplates/${template}/instantiate`).post({ displayName: "App" });
  const principal = `/servicePrincipals/${made.servicePrincipal.id}`;
  const { appRoles } = await graph.api(principal).select("appRoles").get();
  const role = appRoles.find(({ displayName }) => displayName === "User");
  const sync = `${principal}/synchronization`;
  const [{ id: templateId }] = (await graph.api(`${sync}/templates`).get()).value;
  const secrets = (secret) => [
    { key: "BaseAddress", value: scim },
    { key: "SecretToken", value: secret },
    { key: "SyncAll", value: "false" },
  ];
  const validate = (secret) =>
    graph.api(`${sync}/jobs/validateCredentials`).post({ templateId, credentials: secrets(secret) });
  await refused(400, "CredentialValidationUnavailable", () => validate("wrong"));
  await validate(token);
  await graph.api(`${sync}/secrets`).put({ value: secrets(token) });

  const { id: jobId, status } = await graph.api(`${sync}/jobs`).post({ templateId });
  const job = `${sync}/jobs/${jobId}`;
  assert.equal(status.code, "Paused");
  const schema = await graph.api(`${job}/schema`).get();
  await graph.api(`${job}/schema`).put(schema);
  assert.deepEqual(await graph.api(`${job}/schema`).get(), schema);

  for (const { id } of [grace, boss, team]) {
    const assignment = { principalId: id, resourceId: made.servicePrincipal.id, appRoleId: role.id };
    assert.equal((await graph.api(`${principal}/appRoleAssignedTo`).post(assignment)).principalId, id);
  }
  const subjects = [{ objectId: grace.id, objectTypeName: "User" }];
  const parameters = [{ ruleId: schema.synchronizationRules[0].id, subjects }];
  const done = await graph.api(`${job}/provisionOnDemand`).post({ parameters });
  assert.deepEqual([JSON.parse(done.key).result, JSON.parse(done.value).action], ["Success", "Create"]);
  const [account] = await accounts(upn("grace"));
  assert.deepEqual([account.active, account.title], [true, "Admiral"]);

  // The last cycle, if it is none of those that are known.
  const executed = async (...known) => {
    const { lastExecution: last } = (await graph.api(job).get()).status;
    return last && !known.includes(last.activityIdentifier) && last.activityIdentifier;
  };
  await graph.api(`${job}/start`).post();
  await until("the account of the second person", async () => (await accounts(upn("boss")))[0]);
  const cycle = await until("the end of the cycle", executed);
  assert.equal((await graph.api(job).get()).status.code, "Active");

  const of = `jobId eq '${jobId}' and servicePrincipal/id eq '${made.servicePrincipal.id}'`;
  const newest = async (who, rest) => {
    const filter = `${of} and sourceIdentity/id eq '${who.id}' and ${rest}`;
    const log = graph.api("/auditLogs/provisioning").filter(filter).top(1).orderby("activityDateTime desc");
    return (await log.get()).value[0];
  };
  const created = await newest(grace, "provisioningAction eq 'Create'");
  assert.deepEqual(
    [created.provisioningStatusInfo.status, created.targetIdentity.id],
    ["success", account.id],
  );
  assert.ok(await newest(team, "modifiedProperties/any(p: p/displayName eq 'members')"));

  await graph.api(`${job}/pause`).post();
  assert.equal((await graph.api(job).get()).status.code, "Paused");
  await graph.api(`${job}/restart`).post({ criteria: { resetScope: "Full" } });
  await until("the cycle after the restart", () => executed(cycle));
  await graph.api(job).delete();
  await refused(404, "Request_ResourceNotFound", () => graph.api(job).get());
  await graph.api(`/applications/${made.application.id}`).delete();
  await refused(404, "Request_ResourceNotFound", () => graph.api(principal).get());
}

await beside("reset");
await provisioning(await people());
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
const client = `microsoft-graph-client ${version("@microsoft/microsoft-graph-client")}`;
console.log(`${client} over https with @azure/identity ${version("@azure/identity")}: ${calls} calls, all as expected`);
