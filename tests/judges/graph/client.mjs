// usage: NODE_EXTRA_CA_CERTS=AUTHORITY node client.mjs BASE TARGET TOKEN SECRET
//
// Microsoft's own JavaScript client sets up a tenant at BASE over https, with a token that @azure/identity gets for the
// client secret, and looks at what comes of it. Prints a line of what it did, and every expectation that was not met.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { ClientSecretCredential } from '@azure/identity';
import {
  BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator,
} from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';

const [base, target, token, secret] = process.argv.slice(2);
const nobody = '00000000-0000-4000-8000-000000000000';
const enterpriseUser = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
// So many people in twenties that a page of 100 is not enough, nor one of the 200 that a delta query has.
const batches = 11;

const unmet = [];
let calls = 0;

function expect(what, seen, ...wanted) {
  try {
    assert.deepStrictEqual(seen, wanted.length > 0 ? wanted[0] : true);
  } catch {
    unmet.push(`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted[0])}`);
  }
}

const fetched = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const answer = await fetched(...request);
  calls += 1;
  const headers = answer.headers;
  const told = `${answer.status} of ${answer.url}`;
  expect(`${told}: request-id`, headers.get('request-id')?.length, nobody.length);
  expect(`${told}: client-request-id`, headers.get('client-request-id'), request[1]?.headers?.['client-request-id'] ?? headers.get('client-request-id'));
  if (answer.status === 204) expect(`${told}: a body`, headers.get('content-length') ?? '0', '0');
  if (answer.status === 201) expect(`${told}: Location`, headers.get('location')?.startsWith(`${base}/v1.0/`));
  return answer;
};

const graph = client(secret);

function client(secret) {
  const credential = new ClientSecretCredential(nobody, 'judge', secret, {
    authorityHost: base, disableInstanceDiscovery: true,
  });
  const authProvider = new TokenCredentialAuthenticationProvider(credential, { scopes: [`${base}/.default`] });
  const customHosts = new Set([new URL(base).hostname]);
  return Client.initWithMiddleware({ authProvider, baseUrl: base, defaultVersion: 'v1.0', customHosts });
}

async function refused(what, call, status, code) {
  try {
    await call;
  } catch (error) {
    expect(`${what}: its class`, error instanceof GraphError || error);
    expect(what, [error.statusCode, error.code], [status, code]);
    expect(`${what}: the id of the request`, error.requestId?.length, nobody.length);
    expect(`${what}: the date`, error.date instanceof Date && !Number.isNaN(error.date.getTime()));
    return error.message;
  }
  unmet.push(`${what}: not refused`);
}

async function comesTrue(what, condition) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await condition()) return;
    await pause(100);
  }
  unmet.push(`${what}: not within ten seconds`);
}

const person = (name) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name.toLowerCase().replaceAll(' ', '.'),
  userPrincipalName: `${name.toLowerCase().replaceAll(' ', '.')}@contoso.example`,
  passwordProfile: { password: 'not-for-anybody-1' },
});

// What the target holds of somebody.
async function account(name) {
  const filter = encodeURIComponent(`userName eq "${name}@contoso.example"`);
  const answer = await fetched(`${target}/Users?filter=${filter}`, { headers: { authorization: `Bearer ${token}` } });
  return (await answer.json()).Resources[0];
}

async function every(page, headers) {
  const all = [];
  const iterator = new PageIterator(graph, page, (one) => all.push(one), headers && { headers });
  await iterator.iterate();
  return { all, deltaLink: iterator.getDeltaLink() };
}

async function people() {
  await assert.rejects(client('wrong').api('/users').get(), /client secret/);
  const ada = await graph.api('/users').post({
    ...person('Ada Lovelace'), givenName: 'Ada', surname: 'Lovelace', jobTitle: 'Countess', mail: 'ada.lovelace@contoso.example',
  });
  expect('a new user', [ada.displayName, ada.businessPhones], ['Ada Lovelace', []]);
  const grace = await graph.api('/users').post(person('Grace Hopper'));
  for (let batch = 0; batch < batches; batch += 1) {
    const requests = Array.from({ length: 20 }, (_, number) => {
      const user = person(`Crowd ${String(batch * 20 + number).padStart(3, '0')}`);
      // What stands in a batch is relative to the version.
      const request = new Request(`${base}/users`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(user),
      });
      return { id: String(number), request };
    });
    const content = await new BatchRequestContent(requests).getContent();
    const answers = new BatchResponseContent(await graph.api('/$batch').post(content));
    const statuses = [...answers.getResponses().values()].map((answer) => answer.status);
    expect('a batch', statuses, Array(20).fill(201));
    expect('one of a batch', (await answers.getResponseById('7').json()).displayName, `Crowd ${String(batch * 20 + 7).padStart(3, '0')}`);
  }

  const user = graph.api(`/users/${ada.id}`);
  expect('204 is nothing', await user.patch({ jobTitle: 'Analyst', mail: null }), undefined);
  const read = await graph.api(`/users/${ada.id}`).select(['jobTitle', 'mail', 'employeeId']).get();
  expect('changed', [read.jobTitle, read.mail, read.employeeId], ['Analyst', null, null]);
  const shown = await graph.api(`/users/${ada.id}`).header('Prefer', 'return=representation').patch({ jobTitle: 'Countess' });
  expect('return=representation', shown.jobTitle, 'Countess');
  expect('beta', (await graph.api(`/users/${ada.id}`).version('beta').get()).accountEnabled, true);
  return [ada, grace];
}

async function lists(ada, grace) {
  const count = 2 + batches * 20;
  const options = { ConsistencyLevel: 'eventual' };
  const page = await graph.api('/users').headers(options).select(['id', 'displayName']).top(50).count(true).orderby('displayName').get();
  expect('a page', [page.value.length, page['@odata.count']], [50, count]);
  const { all } = await every(page, options);
  expect('every page', new Set(all.map((user) => user.id)).size, count);
  expect('its order', all.map((user) => user.displayName), all.map((user) => user.displayName).sort());
  expect('$select on every page', new Set(all.flatMap(Object.keys)), new Set(['id', 'displayName']));
  expect('$count', await graph.api('/users/$count').headers(options).get(), String(count));
  const filters = {
    "startswith(displayName,'ada')": 1,
    "displayName eq 'O''Brien'": 0,
    "endsWith(userPrincipalName,'hopper@contoso.example')": 1,
    [`id eq '${ada.id}' or id eq '${grace.id}'`]: 2,
  };
  for (const [filter, wanted] of Object.entries(filters)) {
    const found = await graph.api('/users').headers(options).filter(filter).count(true).get();
    expect(`$filter ${filter}`, [found.value.length, found['@odata.count']], [wanted, wanted]);
  }
  const expanded = graph.api(`/users/${ada.id}`).expand('manager($select=displayName)').select('id');
  expect('nobody manages', (await expanded.get()).manager, undefined);

  await refused('nobody', graph.api(`/users/${nobody}`).get(), 404, 'Request_ResourceNotFound');
  await refused('no name', graph.api('/users').post({ accountEnabled: true }), 400, 'Request_BadRequest');
  await refused('no JSON', graph.api('/users').header('content-type', 'application/json').post('{'), 400, 'Request_BadRequest');
  await refused('a filter', graph.api('/users').filter('displayName eq').get(), 400, 'Request_BadRequest');
  await refused('missing', graph.api('/identity/conditionalAccess/policies').get(), 501, 'NotImplemented');
  await refused('no batch', graph.api('/$batch').post({}), 400, 'Request_BadRequest');
}

async function relations(ada, grace) {
  const manager = `/users/${ada.id}/manager`;
  await refused('no manager', graph.api(manager).get(), 404, 'Request_ResourceNotFound');
  await graph.api(`${manager}/$ref`).put({ '@odata.id': `${base}/v1.0/users/${grace.id}` });
  expect('the manager', (await graph.api(manager).get())['@odata.type'], '#microsoft.graph.user');
  const expanded = await graph.api(`/users/${ada.id}`).expand('manager($select=displayName)').get();
  expect('the expanded manager', expanded.manager.displayName, 'Grace Hopper');
  await graph.api(`${manager}/$ref`).delete();
  await refused('no manager any more', graph.api(manager).get(), 404, 'Request_ResourceNotFound');
  await graph.api(`${manager}/$ref`).put({ '@odata.id': `${base}/v1.0/directoryObjects/${grace.id}` });

  const team = await graph.api('/groups').post({
    displayName: 'Engines', mailEnabled: false, mailNickname: 'engines', securityEnabled: true,
    'members@odata.bind': [`${base}/v1.0/users/${ada.id}`],
  });
  await graph.api(`/groups/${team.id}/members/$ref`).post({ '@odata.id': `${base}/v1.0/users/${grace.id}` });
  const names = async (path) => (await graph.api(path).get()).value.map((one) => one.displayName).sort();
  expect('members', await names(`/groups/${team.id}/members`), ['Ada Lovelace', 'Grace Hopper']);
  expect('members that are groups', await names(`/groups/${team.id}/members/microsoft.graph.group`), []);
  expect('memberOf', await names(`/users/${ada.id}/memberOf`), ['Engines']);
  const page = await graph.api(`/groups/${team.id}/members`).top(1).get();
  expect('members page by page', (await every(page)).all.length, 2);
  await graph.api(`/groups/${team.id}/members/${grace.id}/$ref`).delete();
  const first = await every(await graph.api('/users/delta').select('displayName').get());
  expect('the first round of a delta query', first.all.length, 2 + batches * 20);
  await graph.api(`/users/${ada.id}`).patch({ displayName: 'Ada King' });
  const crowd = (await graph.api('/users').filter("displayName eq 'Crowd 000'").get()).value[0];
  await graph.api(`/users/${crowd.id}`).delete();
  const second = await every(await graph.api(first.deltaLink).get());
  expect('what changed since', second.all, [
    { displayName: 'Ada King', id: ada.id }, { id: crowd.id, '@removed': { reason: 'changed' } },
  ]);
  await refused('a wrong token', graph.api('/users/delta').query({ $deltatoken: 'x' }).get(), 410, 'syncStateNotFound');

  const bin = '/directory/deletedItems';
  expect('the recycle bin', await names(`${bin}/microsoft.graph.user`), ['Crowd 000']);
  expect('restored', (await graph.api(`${bin}/${crowd.id}/restore`).post({})).id, crowd.id);
  await graph.api(`/users/${crowd.id}`).delete();
  await graph.api(`${bin}/${crowd.id}`).delete();
  await refused('purged', graph.api(`${bin}/${crowd.id}`).get(), 404, 'Request_ResourceNotFound');
  return team;
}

async function provisioning(ada, grace, team) {
  const templates = await graph.api('/applicationTemplates').filter("displayName eq 'Custom'").get();
  expect('the template', templates.value.length <= 1);
  const made = await graph
    .api('/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate')
    .post({ displayName: 'Engine room' });
  const { id: principal, appId } = made.servicePrincipal;
  const byAppId = await graph.api(`/servicePrincipals(appId='${appId}')`).select('id').get();
  expect('by appId', byAppId.id, principal);
  const found = await graph.api('/servicePrincipals').filter(`appId eq '${appId}'`).get();
  expect('a service principal by its appId', found.value.map((one) => one.id), [principal]);
  const { appRoles } = await graph.api(`/servicePrincipals/${principal}`).select('appRoles').get();
  const role = appRoles.find(({ displayName }) => displayName === 'User').id;
  const sync = `/servicePrincipals/${principal}/synchronization`;
  const credentials = (token) => [
    { key: 'BaseAddress', value: target }, { key: 'SecretToken', value: token }, { key: 'SyncAll', value: 'false' },
    { key: 'SyncNotificationSettings', value: JSON.stringify({ Enabled: false, DeleteThresholdEnabled: false }) },
  ];
  const validate = (token) => graph.api(`${sync}/jobs/validateCredentials`).post({ templateId: 'scim', credentials: credentials(token) });
  expect('the right token', await validate(token), undefined);
  await refused('a wrong token', validate('wrong'), 400, 'CredentialValidationUnavailable');
  await graph.api(`${sync}/secrets`).put({ value: credentials(token) });
  const secrets = (await graph.api(`${sync}/secrets`).get()).value;
  expect('secrets', [secrets.length, JSON.stringify(secrets).includes(token)], [4, false]);
  const { id: job } = await graph.api(`${sync}/jobs`).post({ templateId: 'scim' });
  const path = `${sync}/jobs/${job}`;
  const schema = await graph.api(`${path}/schema`).get();
  const [rule] = schema.synchronizationRules;
  const mapping = rule.objectMappings.find(({ targetObjectName }) => targetObjectName === enterpriseUser);
  const title = mapping.attributeMappings.find(({ targetAttributeName }) => targetAttributeName === 'title');
  title.source = { expression: '"Whoever"', name: 'Whoever', type: 'Constant', parameters: [] };
  expect('the schema is put', await graph.api(`${path}/schema`).put(schema), undefined);
  await refused('PATCH of a schema', graph.api(`${path}/schema`).patch(schema), 404, 'ResourceNotFound');
  title.targetAttributeName = 'emails[type';
  await refused('a wrong schema', graph.api(`${path}/schema`).put(schema), 400, 'SchemaInvalid');

  const assigned = { principalId: team.id, resourceId: principal, appRoleId: role };
  const assignment = await graph.api(`/groups/${team.id}/appRoleAssignments`).post(assigned);
  await refused('again', graph.api(`/groups/${team.id}/appRoleAssignments`).post(assigned), 400, 'Request_BadRequest');
  await graph.api(`/servicePrincipals/${principal}/appRoleAssignedTo`).post({ ...assigned, principalId: grace.id });
  const all = await graph.api(`/servicePrincipals/${principal}/appRoleAssignedTo`).get();
  expect('assignments', all.value.map(({ principalType }) => principalType).sort(), ['Group', 'User']);

  const demand = (subject) => graph.api(`${path}/provisionOnDemand`).post({ parameters: [{ ruleId: rule.id, subjects: [subject] }] });
  const ofGrace = { objectId: grace.id, objectTypeName: 'User' };
  const done = await demand(ofGrace);
  expect('on demand', [JSON.parse(done.key).result, JSON.parse(done.value).action], ['Success', 'Create']);
  await refused('nobody on demand', demand({ objectId: nobody, objectTypeName: 'User' }), 404, 'Request_ResourceNotFound');
  // Five requests in ten seconds are the limit. The client waits as long as Retry-After says, and tries again.
  const before = Date.now();
  for (let more = 0; more < 5; more += 1) await demand(ofGrace);
  expect('waited for Retry-After', Date.now() - before > 5000);

  await graph.api(`${path}/start`).post();
  await comesTrue('the first cycle', async () => (await account('ada.lovelace')) !== undefined);
  expect('the mapping', (await account('ada.lovelace')).title, 'Whoever');
  const status = async () => (await graph.api(path).get()).status;
  await comesTrue('its end', async () => (await status()).lastExecution?.state === 'Succeeded');
  const of = (id) => `jobId eq '${job}' and servicePrincipal/id eq '${principal}' and sourceIdentity/id eq '${id}'`;
  const log = async (filter) => (await graph.api('/auditLogs/provisioning').filter(filter).orderby('activityDateTime desc').get()).value;
  const [created] = await log(`${of(ada.id)} and provisioningAction eq 'Create'`);
  expect('the log', [created.provisioningAction, created.provisioningStatusInfo.status], ['create', 'success']);
  const members = await log(`${of(team.id)} and modifiedProperties/any(p: p/displayName eq 'members')`);
  expect('a member in the log', members[0].modifiedProperties[0].newValue, (await account('ada.lovelace')).id);
  const wild = await log(`contains(tolower(servicePrincipal/displayName), 'engine') and activityDateTime gt 2020-12-10`);
  expect('another filter', wild.length >= 3);
  const { all: lines } = await every(await graph.api('/auditLogs/provisioning').top(2).get());
  expect('the log page by page', new Set(lines.map(({ id }) => id)).size, lines.length);

  await graph.api(`${path}/pause`).post();
  expect('paused', (await status()).code, 'Paused');
  await graph.api(`/groups/${team.id}/appRoleAssignments/${assignment.id}`).delete();
  await graph.api(`${path}/start`).post();
  await comesTrue('Ada lost her account', async () => (await account('ada.lovelace')).active === false);
  await graph.api(`/users/${grace.id}`).delete();
  await graph.api(`/directory/deletedItems/${grace.id}`).delete();
  await graph.api(`${path}/start`).post();
  await comesTrue('Grace is gone', async () => (await account('grace.hopper')) === undefined);
  const gone = await log(`${of(grace.id)} and (provisioningAction eq 'Disable' or provisioningAction eq 'Delete')`);
  expect('gone in the log', gone[0]?.provisioningAction, 'delete');
  await graph.api(`${path}/restart`).post({ criteria: { resetScope: 'Watermark, Escrows, QuarantineState' } });
  await refused('a wrong scope', graph.api(`${path}/restart`).post({ criteria: { resetScope: 'Everything' } }), 400, 'Request_BadRequest');
  await graph.api(path).delete();
  await refused('no job', graph.api(path).get(), 404, 'Request_ResourceNotFound');
  await graph.api(`/servicePrincipals/${principal}`).delete();
  await refused('no application', graph.api(`/servicePrincipals/${principal}`).get(), 404, 'Request_ResourceNotFound');
}

try {
  const [ada, grace] = await people();
  await lists(ada, grace);
  const team = await relations(ada, grace);
  await provisioning(ada, grace, team);
} catch (error) {
  unmet.push(error.stack);
}
const release = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
const name = `@microsoft/microsoft-graph-client ${release('@microsoft/microsoft-graph-client')} and @azure/identity ${release('@azure/identity')} over https`;
if (unmet.length > 0) {
  console.log([`${name}: ${calls} calls, ${unmet.length} not as expected:`, ...unmet].join('\n  '));
  process.exit(1);
}
console.log(`${name}: ${calls} calls, all as expected`);
