const crypto = require('crypto');
const express = require('express');

const PORT = process.env.PORT || 3000;
const TOKEN = process.env.TOKEN;

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

const users = new Map();
const groups = new Map();

class ScimError extends Error {
  constructor(status, detail, scimType) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

const app = express();

// every response of the SCIM endpoint is application/scim+json
app.use('/scim/v2', (req, res, next) => {
  res.json = (body) => {
    res.set('Content-Type', 'application/scim+json; charset=utf-8');
    return res.send(Buffer.from(JSON.stringify(body)));
  };
  next();
});

const scim = express.Router();
app.use('/scim/v2', scim);

scim.use((req, res, next) => {
  const match = /^bearer +(.+)$/i.exec(req.headers.authorization || '');
  if (!match || match[1] !== TOKEN) {
    res.set('WWW-Authenticate', match ? 'Bearer error="invalid_token"' : 'Bearer');
    throw new ScimError(401, 'Unauthorized');
  }
  next();
});

scim.use(express.json({ type: ['application/json', 'application/scim+json'] }));

function isObject(x) {
  return x !== null && typeof x === 'object' && !Array.isArray(x);
}

// ---- attribute names -------------------------------------------------------

const NAMES = {};
for (const n of [
  'schemas', 'id', 'externalId', 'userName', 'displayName', 'nickName', 'title', 'active', 'addresses', 'emails',
  'phoneNumbers', 'roles', 'name', 'preferredLanguage', 'meta', 'password', 'groups', 'members', 'primary', 'type',
  'value', 'display', 'employeeNumber', 'department', 'manager', '$ref', 'formatted', 'familyName', 'givenName',
  'country', 'locality', 'postalCode', 'region', 'streetAddress', USER, GROUP, ENTERPRISE,
]) NAMES[n.toLowerCase()] = n;

function canonicalName(name, target) {
  const lower = name.toLowerCase();
  if (Object.hasOwn(NAMES, lower)) return NAMES[lower];
  if (isObject(target)) {
    const known = Object.keys(target).find((k) => k.toLowerCase() === lower);
    if (known) return known;
  }
  return name;
}

function canonical(value) {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  const result = {};
  for (const [k, v] of Object.entries(value)) result[canonicalName(k)] = canonical(v);
  return result;
}

// ---- values ----------------------------------------------------------------

function toBoolean(name, value) {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw new ScimError(400, `${name} is not a boolean`, 'invalidValue');
}

function dropEmpty(object) {
  for (const key of Object.keys(object)) {
    if (object[key] === null || object[key] === undefined) delete object[key];
  }
}

const STRINGS = ['userName', 'displayName', 'nickName', 'title', 'externalId', 'preferredLanguage'];

// brings a resource that was written into the form in which it is stored
function normalize(resource, before) {
  dropEmpty(resource);
  for (const name of STRINGS) {
    if (name in resource && typeof resource[name] !== 'string') {
      throw new ScimError(400, `${name} is not a string`, 'invalidValue');
    }
  }
  if ('active' in resource) resource.active = toBoolean('active', resource.active);
  for (const [name, list] of Object.entries(resource)) {
    if (!Array.isArray(list) || name === 'schemas') continue;
    for (const element of list) {
      if (!isObject(element)) continue;
      dropEmpty(element);
      if ('primary' in element) element.primary = toBoolean(`${name}.primary`, element.primary);
    }
    const primaries = list.filter((x) => isObject(x) && x.primary);
    if (primaries.length > 1) {
      // the one that was not primary before wins
      const old = ((before && before[name]) || []).filter((x) => x.primary).map((x) => JSON.stringify([x.type, x.value]));
      const fresh = primaries.find((x) => !old.includes(JSON.stringify([x.type, x.value]))) || primaries[0];
      for (const p of primaries) if (p !== fresh) p.primary = false;
    }
  }
  if (isObject(resource.name)) dropEmpty(resource.name);
  const extension = resource[ENTERPRISE];
  if (isObject(extension)) {
    dropEmpty(extension);
    if (typeof extension.manager === 'string') extension.manager = { value: extension.manager };
    if (isObject(extension.manager) && !extension.manager.value) delete extension.manager;
  }
  delete resource.groups;
  return resource;
}

function newMeta(req, resourceType, id) {
  const now = new Date().toISOString();
  const location = `http://${req.get('host')}/scim/v2/${resourceType}s/${id}`;
  return { resourceType, created: now, lastModified: now, location };
}

// ---- what a response holds ---------------------------------------------------

function splitAttribute(path) {
  let rest = path.trim();
  const lower = rest.toLowerCase();
  if (lower === ENTERPRISE.toLowerCase()) return [ENTERPRISE];
  if (lower.startsWith(ENTERPRISE.toLowerCase() + ':')) {
    return [ENTERPRISE, ...rest.slice(ENTERPRISE.length + 1).split('.').map((n) => canonicalName(n))];
  }
  for (const urn of [USER, GROUP]) {
    if (lower.startsWith(urn.toLowerCase() + ':')) rest = rest.slice(urn.length + 1);
  }
  return rest.split('.').map((n) => canonicalName(n));
}

function key(object, name) {
  return Object.keys(object).find((k) => k.toLowerCase() === name.toLowerCase());
}

function drop(value, [name, ...rest]) {
  if (Array.isArray(value)) return value.map((x) => drop(x, [name, ...rest]));
  if (!isObject(value)) return value;
  const k = key(value, name);
  if (k === undefined) return value;
  const copy = { ...value };
  if (rest.length) copy[k] = drop(copy[k], rest);
  else delete copy[k];
  return copy;
}

function pick(from, to, [name, ...rest]) {
  const k = key(from, name);
  if (k === undefined) return;
  if (!rest.length) {
    to[k] = from[k];
  } else if (Array.isArray(from[k])) {
    to[k] = to[k] || from[k].map(() => ({}));
    from[k].forEach((x, i) => isObject(x) && pick(x, to[k][i], rest));
  } else if (isObject(from[k])) {
    to[k] = to[k] || {};
    pick(from[k], to[k], rest);
  }
}

function names(parameter) {
  return [].concat(parameter || []).join(',').split(',').filter(Boolean).map(splitAttribute);
}

function project(resource, req) {
  const wanted = names(req.query.attributes);
  if (wanted.length) {
    const result = { schemas: resource.schemas, id: resource.id };
    for (const path of wanted) pick(resource, result, path);
    return result;
  }
  let result = resource;
  for (const path of names(req.query.excludedAttributes)) {
    if (path.length === 1 && ['id', 'schemas'].includes(path[0])) continue;
    result = drop(result, path);
  }
  return result;
}

function userView(user, req) {
  const view = { ...user };
  delete view.password;
  return project(view, req);
}

function groupView(group, req) {
  return project({ ...group, members: group.members || [] }, req);
}

// ---- filters -----------------------------------------------------------------

function badFilter(detail) {
  return new ScimError(400, detail, 'invalidFilter');
}

function tokens(text) {
  const result = [];
  const pattern = /\s*("(?:[^"\\]|\\.)*"|[\[\]]|[^\s\[\]"]+)/gy;
  let at = 0;
  while (at < text.length) {
    if (!text.slice(at).trim()) break;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw badFilter(`the filter cannot be read at character ${at + 1}`);
    result.push(match[1]);
    at = pattern.lastIndex;
  }
  return result;
}

const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'];
const CASE_EXACT = ['id', 'externalid', '$ref'];

// a list of comparisons that are joined by `and`
function parseFilter(list, end) {
  const parts = [];
  for (;;) {
    const path = list.shift();
    if (!path || !/^[$a-z]/i.test(path)) throw badFilter(`an attribute is missing before ${path || 'the end'}`);
    if (list[0] === '[') {
      list.shift();
      parts.push({ path: splitAttribute(path), inner: parseFilter(list, ']') });
    } else {
      const operator = (list.shift() || '').toLowerCase();
      if (!OPERATORS.includes(operator)) throw badFilter(`the operator ${operator} is not supported`);
      const token = list.shift();
      let value;
      try {
        value = JSON.parse(/^(true|false|null)$/i.test(token) ? token.toLowerCase() : token);
      } catch {
        throw badFilter(`the value after ${operator} cannot be read`);
      }
      if (typeof value === 'boolean' && !['eq', 'ne'].includes(operator)) throw badFilter(`${operator} does not compare booleans`);
      parts.push({ path: splitAttribute(path), operator, value });
    }
    if (end ? list[0] === end : !list.length) {
      if (end) list.shift();
      return parts;
    }
    const joint = list.shift();
    if (!joint || joint.toLowerCase() !== 'and') throw badFilter(`${joint || 'the end'} is not supported here`);
  }
}

function valuesAt(value, path) {
  if (Array.isArray(value)) return value.flatMap((x) => valuesAt(x, path));
  if (!path.length) return value === undefined ? [] : [isObject(value) && 'value' in value ? value.value : value];
  if (!isObject(value)) return [];
  const k = key(value, path[0]);
  return k === undefined ? [] : valuesAt(value[k], path.slice(1));
}

const DATE = /^\d{4}-\d\d-\d\dT/;

function compares(operator, name, actual, wanted) {
  let a = actual;
  let b = wanted;
  if (typeof a !== typeof b) return false;
  if (typeof a === 'string') {
    if (DATE.test(a) && DATE.test(b)) [a, b] = [Date.parse(a), Date.parse(b)];
    else if (!CASE_EXACT.includes(name.toLowerCase())) [a, b] = [a.toLowerCase(), b.toLowerCase()];
  }
  switch (operator) {
    case 'eq': return a === b;
    case 'co': return String(a).includes(b);
    case 'sw': return String(a).startsWith(b);
    case 'ew': return String(a).endsWith(b);
    case 'gt': return a > b;
    case 'ge': return a >= b;
    case 'lt': return a < b;
    default: return a <= b;
  }
}

function matches(resource, parts) {
  return parts.every(({ path, inner, operator, value }) => {
    if (inner) {
      let list = [resource];
      for (const name of path) {
        list = list.flatMap((x) => {
          const k = isObject(x) ? key(x, name) : undefined;
          return k === undefined ? [] : x[k];
        });
      }
      return list.some((x) => matches(x, inner));
    }
    const found = valuesAt(resource, path);
    const name = path[path.length - 1];
    if (operator === 'ne') return !found.some((x) => compares('eq', name, x, value));
    return found.some((x) => compares(operator, name, x, value));
  });
}

function integer(text, fallback) {
  if (text === undefined) return fallback;
  if (!/^-?\d+$/.test(text)) throw new ScimError(400, `${text} is not a number`, 'invalidValue');
  return Number(text);
}

function query(req, map, view) {
  let found = [...map.values()];
  if (req.query.filter !== undefined) {
    const filter = parseFilter(tokens(String(req.query.filter)));
    found = found.filter((resource) => matches({ ...resource, password: undefined }, filter));
  }
  const start = Math.max(1, integer(req.query.startIndex, 1));
  const count = Math.min(200, Math.max(0, integer(req.query.count, 200)));
  const page = found.slice(start - 1, start - 1 + count);
  return {
    schemas: [LIST],
    totalResults: found.length,
    startIndex: start,
    itemsPerPage: page.length,
    Resources: page.map((resource) => view(resource, req)),
  };
}

function listOf(resources) {
  return { schemas: [LIST], totalResults: resources.length, startIndex: 1, itemsPerPage: resources.length, Resources: resources };
}

function find(map, id) {
  const resource = map.get(id);
  if (!resource) throw new ScimError(404, `there is no resource ${id}`);
  return resource;
}

function body(req) {
  if (!isObject(req.body)) throw new ScimError(400, 'the body is not a JSON object', 'invalidSyntax');
  return canonical(req.body);
}

function requireUnique(map, name, value, id) {
  for (const other of map.values()) {
    if (other.id !== id && other[name].toLowerCase() === value.toLowerCase()) {
      throw new ScimError(409, `${name} ${value} is taken`, 'uniqueness');
    }
  }
}

function requireString(resource, name) {
  if (typeof resource[name] !== 'string' || !resource[name].trim()) {
    throw new ScimError(400, `${name} is required`, 'invalidValue');
  }
}

// ---- PATCH -----------------------------------------------------------------

// urn:…:User:attr[type eq "work"].sub
function parsePath(path) {
  if (typeof path !== 'string') throw new ScimError(400, 'path is not a string', 'invalidPath');
  let extension = false;
  let rest = path;
  const lower = path.toLowerCase();
  if (lower === ENTERPRISE.toLowerCase()) return { attribute: ENTERPRISE };
  if (lower.startsWith(ENTERPRISE.toLowerCase() + ':')) {
    extension = true;
    rest = path.slice(ENTERPRISE.length + 1);
  } else {
    for (const urn of [USER, GROUP]) {
      if (lower.startsWith(urn.toLowerCase() + ':')) rest = path.slice(urn.length + 1);
    }
  }
  const match = /^([$\w-]+)(?:\[\s*([$\w.-]+)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false|\d+)\s*\])?(?:\.([$\w-]+))?$/i.exec(rest);
  if (!match) throw new ScimError(400, `the path ${path} is not understood`, 'invalidPath');
  const filter = match[2] && { name: canonicalName(match[2]), value: JSON.parse(/^"/.test(match[3]) ? match[3] : match[3].toLowerCase()) };
  return { extension, attribute: match[1], filter, sub: match[4] };
}

function selects(filter, element) {
  const value = element[filter.name];
  if (typeof value === 'string' && typeof filter.value === 'string') return value.toLowerCase() === filter.value.toLowerCase();
  if (typeof filter.value === 'boolean') return String(value).toLowerCase() === String(filter.value);
  return value === filter.value;
}

const MULTI = ['emails', 'phoneNumbers', 'addresses', 'roles', 'members'];

function addTo(list, values) {
  for (const value of [].concat(values)) {
    const same = list.find((x) => (isObject(x) && isObject(value) && 'value' in value
      ? x.value === value.value && (x.type === value.type || value.type === undefined)
      : JSON.stringify(x) === JSON.stringify(value)));
    if (same && isObject(same)) Object.assign(same, value);
    else if (!same) list.push(value);
  }
}

function write(resource, op, path, value) {
  const { extension, attribute, filter, sub } = parsePath(path);
  let target = resource;
  if (extension) target = resource[ENTERPRISE] = resource[ENTERPRISE] || {};
  const name = canonicalName(attribute, target);
  if (['id', 'meta', 'groups', 'schemas'].includes(name) && !extension) return;

  if (filter) {
    const list = (target[name] = Array.isArray(target[name]) ? target[name] : []);
    let found = list.filter((x) => selects(filter, x));
    if (!found.length) {
      const element = { [filter.name]: filter.value };
      list.push(element);
      found = [element];
    }
    for (const element of found) {
      if (sub) element[canonicalName(sub, element)] = value;
      else Object.assign(element, value);
    }
  } else if (sub) {
    if (!isObject(target[name])) target[name] = typeof target[name] === 'string' ? { value: target[name] } : {};
    target[name][canonicalName(sub, target[name])] = value;
  } else if (Array.isArray(target[name]) || MULTI.includes(name)) {
    if (op === 'add') addTo((target[name] = target[name] || []), value);
    else target[name] = value === null ? [] : [].concat(value);
  } else if (isObject(target[name]) && isObject(value)) {
    if (name === ENTERPRISE) for (const [k, v] of Object.entries(value)) write(resource, op, `${ENTERPRISE}:${k}`, v);
    else Object.assign(target[name], value);
  } else {
    target[name] = value;
  }
}

function remove(resource, path, value) {
  const { extension, attribute, filter, sub } = parsePath(path);
  const target = extension ? resource[ENTERPRISE] || {} : resource;
  const name = canonicalName(attribute, target);
  if (['id', 'meta', 'groups', 'schemas'].includes(name) && !extension) return;

  if (filter) {
    if (isObject(target[name]) && !sub && selects(filter, target[name])) delete target[name];
    if (!Array.isArray(target[name])) return;
    if (sub) {
      for (const x of target[name]) if (selects(filter, x)) delete x[canonicalName(sub, x)];
    } else {
      target[name] = target[name].filter((x) => !selects(filter, x));
    }
  } else if (sub) {
    if (isObject(target[name])) delete target[name][canonicalName(sub, target[name])];
  } else if (Array.isArray(target[name]) && value !== undefined && value !== null) {
    const ids = [].concat(value).map((v) => (isObject(v) ? v.value : v));
    target[name] = target[name].filter((x) => !ids.includes(x.value));
  } else {
    delete target[name];
  }
}

// returns the changed copy
function applyPatch(before, operations) {
  if (!Array.isArray(operations)) throw new ScimError(400, 'Operations is required', 'invalidSyntax');
  const resource = structuredClone(before);
  for (const operation of operations) {
    const op = String(operation.op).toLowerCase();
    const { path } = operation;
    const value = canonical(operation.value);
    if (op === 'add' || op === 'replace') {
      if (path) write(resource, op, path, value);
      else if (isObject(value)) for (const [k, v] of Object.entries(value)) write(resource, op, k, v);
      else throw new ScimError(400, 'an operation without a path needs an object as value', 'invalidValue');
    } else if (op === 'remove') {
      if (!path) throw new ScimError(400, 'remove needs a path', 'noTarget');
      remove(resource, path, value);
    } else {
      throw new ScimError(400, `op ${operation.op} is not known`, 'invalidSyntax');
    }
  }
  normalize(resource, before);
  resource.meta.lastModified = new Date().toISOString();
  return resource;
}

function operations(req) {
  const b = body(req);
  const key = Object.keys(b).find((k) => k.toLowerCase() === 'operations');
  return b[key];
}

// ---- users -----------------------------------------------------------------

scim.post('/Users', (req, res) => {
  const data = body(req);
  requireString(data, 'userName');
  requireUnique(users, 'userName', data.userName);
  const id = crypto.randomUUID();
  const user = normalize({ schemas: [USER], active: true, ...data, id, meta: newMeta(req, 'User', id) });
  users.set(id, user);
  res.status(201).location(user.meta.location).json(userView(user, req));
});

scim.get('/Users', (req, res) => res.json(query(req, users, userView)));

scim.get('/Users/:id', (req, res) => {
  res.json(userView(find(users, req.params.id), req));
});

scim.put('/Users/:id', (req, res) => {
  const before = find(users, req.params.id);
  const data = body(req);
  requireString(data, 'userName');
  requireUnique(users, 'userName', data.userName, before.id);
  const meta = { ...before.meta, lastModified: new Date().toISOString() };
  const user = normalize({ schemas: [USER], active: true, ...data, id: before.id, meta }, before);
  users.set(user.id, user);
  res.json(userView(user, req));
});

scim.patch('/Users/:id', (req, res) => {
  const user = applyPatch(find(users, req.params.id), operations(req));
  requireString(user, 'userName');
  requireUnique(users, 'userName', user.userName, user.id);
  users.set(user.id, user);
  res.json(userView(user, req));
});

scim.delete('/Users/:id', (req, res) => {
  find(users, req.params.id);
  users.delete(req.params.id);
  for (const group of groups.values()) group.members = (group.members || []).filter((m) => m.value !== req.params.id);
  res.status(204).end();
});

// ---- groups ----------------------------------------------------------------

scim.post('/Groups', (req, res) => {
  const data = body(req);
  requireString(data, 'displayName');
  requireUnique(groups, 'displayName', data.displayName);
  const id = crypto.randomUUID();
  const group = normalize({ schemas: [GROUP], members: [], ...data, id, meta: newMeta(req, 'Group', id) });
  groups.set(id, group);
  res.status(201).location(group.meta.location).json(groupView(group, req));
});

scim.get('/Groups', (req, res) => res.json(query(req, groups, groupView)));

scim.get('/Groups/:id', (req, res) => {
  res.json(groupView(find(groups, req.params.id), req));
});

scim.put('/Groups/:id', (req, res) => {
  const before = find(groups, req.params.id);
  const data = body(req);
  requireString(data, 'displayName');
  requireUnique(groups, 'displayName', data.displayName, before.id);
  const meta = { ...before.meta, lastModified: new Date().toISOString() };
  const group = normalize({ schemas: [GROUP], members: [], ...data, id: before.id, meta }, before);
  groups.set(group.id, group);
  res.json(groupView(group, req));
});

scim.patch('/Groups/:id', (req, res) => {
  const group = applyPatch(find(groups, req.params.id), operations(req));
  requireString(group, 'displayName');
  requireUnique(groups, 'displayName', group.displayName, group.id);
  groups.set(group.id, group);
  res.status(204).end();
});

scim.delete('/Groups/:id', (req, res) => {
  find(groups, req.params.id);
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

// ---- discovery ---------------------------------------------------------------

function attribute(name, type = 'string', more = {}) {
  return {
    name, type, multiValued: false, description: name, required: false,
    ...(type === 'string' ? { caseExact: false } : {}),
    mutability: 'readWrite', returned: 'default', uniqueness: 'none', ...more,
  };
}

const complex = (name, subAttributes, more = {}) => attribute(name, 'complex', { subAttributes, ...more });
const strings = (...list) => list.map((n) => attribute(n));
const multi = (name) => complex(name, [...strings('value', 'display', 'type'), attribute('primary', 'boolean')], { multiValued: true });

const SCHEMAS = [
  {
    id: USER, name: 'User', description: 'A user account', attributes: [
      attribute('userName', 'string', { required: true, uniqueness: 'server' }),
      complex('name', strings('formatted', 'familyName', 'givenName')),
      ...strings('displayName', 'nickName', 'title', 'preferredLanguage'),
      attribute('active', 'boolean'),
      attribute('password', 'string', { mutability: 'writeOnly', returned: 'never' }),
      multi('emails'), multi('phoneNumbers'), multi('roles'),
      complex('addresses', [...strings('formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country', 'type'), attribute('primary', 'boolean')], { multiValued: true }),
    ],
  },
  {
    id: ENTERPRISE, name: 'EnterpriseUser', description: 'Enterprise user', attributes: [
      ...strings('employeeNumber', 'department'),
      complex('manager', strings('value', 'displayName')),
    ],
  },
  {
    id: GROUP, name: 'Group', description: 'A group', attributes: [
      attribute('displayName', 'string', { required: true }),
      complex('members', strings('value', 'type'), { multiValued: true }),
    ],
  },
].map((s) => ({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'], ...s }));

function schemaView(schema, req) {
  const location = `http://${req.get('host')}/scim/v2/Schemas/${schema.id}`;
  return { ...schema, meta: { resourceType: 'Schema', location } };
}

scim.get('/Schemas', (req, res) => res.json(listOf(SCHEMAS.map((s) => schemaView(s, req)))));

scim.get('/Schemas/:id', (req, res) => {
  const schema = SCHEMAS.find((s) => s.id === req.params.id);
  if (!schema) throw new ScimError(404, `there is no schema ${req.params.id}`);
  res.json(schemaView(schema, req));
});

// ---- errors ----------------------------------------------------------------

scim.use((req, res) => {
  throw new ScimError(404, 'there is no such endpoint');
});

app.use('/scim/v2', (err, req, res, next) => {
  const status = err.status || 500;
  if (status === 500) console.error(err);
  const scimType = err.scimType || (err.type === 'entity.parse.failed' ? 'invalidSyntax' : undefined);
  res.status(status).json({ schemas: [ERROR], detail: err.message, status: String(status), scimType });
});

app.listen(PORT, '127.0.0.1', () => console.log(`SCIM server on http://127.0.0.1:${PORT}/scim/v2`));
