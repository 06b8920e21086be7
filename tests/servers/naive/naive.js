const crypto = require('crypto');
const express = require('express');

const PORT = process.env.PORT || 3000;
const TOKEN = process.env.TOKEN;

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

const users = new Map();
const groups = new Map();

const app = express();
app.use(express.json());

const scim = express.Router();
app.use('/scim/v2', scim);

scim.use((req, res, next) => {
  if (req.headers.authorization !== `Bearer ${TOKEN}`) {
    return res.status(401).json({ error: 'Unauthorized' });
  }
  next();
});

function newMeta(req, resourceType, id) {
  const now = new Date().toISOString();
  const location = `http://${req.get('host')}/scim/v2/${resourceType}s/${id}`;
  return { resourceType, created: now, lastModified: now, location };
}

function userView(user) {
  return { ...user, active: Boolean(user.active) };
}

function groupView(group, req) {
  const view = { ...group, members: group.members || [] };
  if (req.query.excludedAttributes === 'members') delete view.members;
  return view;
}

// returns the object that holds the attribute, and the attribute's name in it
function locate(target, path) {
  if (path.startsWith(ENTERPRISE + ':')) {
    target[ENTERPRISE] = target[ENTERPRISE] || {};
    return locate(target[ENTERPRISE], path.slice(ENTERPRISE.length + 1));
  }
  const keys = path.split('.');
  const last = keys.pop();
  for (const key of keys) {
    target = target[key] = target[key] || {};
  }
  return [target, last];
}

function applyPatch(resource, operations) {
  for (const { op, path, value } of operations) {
    if (op === 'add' || op === 'replace') {
      if (!path) {
        Object.assign(resource, value);
        continue;
      }
      const [target, key] = locate(resource, path);
      if (op === 'add' && Array.isArray(target[key])) {
        const known = target[key].map((x) => x.value);
        target[key].push(...[].concat(value).filter((x) => !known.includes(x.value)));
      } else {
        target[key] = value;
      }
    } else if (op === 'remove') {
      const [target, key] = locate(resource, path);
      if (Array.isArray(value) && Array.isArray(target[key])) {
        const ids = value.map((v) => v.value);
        target[key] = target[key].filter((x) => !ids.includes(x.value));
      } else {
        delete target[key];
      }
    }
  }
  resource.meta.lastModified = new Date().toISOString();
}

scim.post('/Users', (req, res) => {
  if (!req.body.userName) return res.status(400).json({ error: 'userName is required' });
  const id = crypto.randomUUID();
  const user = { schemas: [USER], active: true, ...req.body, id, meta: newMeta(req, 'User', id) };
  users.set(id, user);
  res.status(201).location(user.meta.location).json(userView(user));
});

scim.get('/Users', (req, res) => {
  let result = [...users.values()];
  const match = /^userName eq "(.*)"$/.exec(req.query.filter || '');
  if (match) result = result.filter((user) => user.userName === match[1]);
  res.json(result.map(userView));
});

scim.get('/Users/:id', (req, res) => {
  res.json(userView(users.get(req.params.id)));
});

scim.put('/Users/:id', (req, res) => {
  const { id, meta } = users.get(req.params.id);
  meta.lastModified = new Date().toISOString();
  const user = { schemas: [USER], active: true, ...req.body, id, meta };
  users.set(id, user);
  res.json(userView(user));
});

scim.patch('/Users/:id', (req, res) => {
  const user = users.get(req.params.id);
  applyPatch(user, req.body.Operations);
  res.json(userView(user));
});

scim.delete('/Users/:id', (req, res) => {
  users.delete(req.params.id);
  res.status(204).end();
});

scim.post('/Groups', (req, res) => {
  if (!req.body.displayName) return res.status(400).json({ error: 'displayName is required' });
  const id = crypto.randomUUID();
  const group = { schemas: [GROUP], members: [], ...req.body, id, meta: newMeta(req, 'Group', id) };
  groups.set(id, group);
  res.status(201).location(group.meta.location).json(groupView(group, req));
});

scim.get('/Groups', (req, res) => {
  let result = [...groups.values()];
  const match = /^displayName eq "(.*)"$/.exec(req.query.filter || '');
  if (match) result = result.filter((group) => group.displayName === match[1]);
  res.json(result.map((group) => groupView(group, req)));
});

scim.get('/Groups/:id', (req, res) => {
  res.json(groupView(groups.get(req.params.id), req));
});

scim.patch('/Groups/:id', (req, res) => {
  applyPatch(groups.get(req.params.id), req.body.Operations);
  res.status(204).end();
});

scim.delete('/Groups/:id', (req, res) => {
  groups.delete(req.params.id);
  res.status(204).end();
});

scim.get('/ServiceProviderConfig', (req, res) => {
  res.json({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: 200 },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: false },
    authenticationSchemes: [{ type: 'oauthbearertoken', name: 'Bearer', description: 'Static token' }],
  });
});

app.listen(PORT, '127.0.0.1', () => console.log(`SCIM server on http://127.0.0.1:${PORT}/scim/v2`));
