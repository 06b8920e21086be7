// SCIMMY behind Express with a Map as its store: what its own documentation shows, nothing added.
// usage: node server.mjs PORT TOKEN
import { randomUUID } from 'node:crypto';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const [port, token] = process.argv.slice(2);

function handlers(kind) {
  const held = new Map();
  const missing = (id) => new SCIMMY.Types.Error(404, null, `${kind} ${id} does not exist`);
  return {
    egress(resource) {
      if (resource.id) {
        if (!held.has(resource.id)) throw missing(resource.id);
        return held.get(resource.id);
      }
      const everything = [...held.values()];
      return resource.filter ? resource.filter.match(everything) : everything;
    },
    ingress(resource, data) {
      const id = resource.id ?? randomUUID();
      const before = held.get(id);
      if (resource.id && !before) throw missing(id);
      const sameName = (other) => other.id !== id && other.userName.toLowerCase() === data.userName.toLowerCase();
      if (data.userName && [...held.values()].some(sameName)) {
        throw new SCIMMY.Types.Error(409, 'uniqueness', 'this userName is in use');
      }
      const now = new Date();
      held.set(id, { ...data, id, meta: { created: before?.meta.created ?? now, lastModified: now } });
      return held.get(id);
    },
    degress(resource) {
      if (!held.delete(resource.id)) throw missing(resource.id);
    },
  };
}

SCIMMY.Resources.declare(SCIMMY.Resources.User, handlers('User'));
SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser);
SCIMMY.Resources.declare(SCIMMY.Resources.Group, handlers('Group'));

const bearer = (request) => {
  // The scheme's letter case does not matter (RFC 7235).
  const [scheme, sent] = (request.header('Authorization') ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || sent !== token) throw new Error('unknown token');
  return 'provisioning';
};
const app = express();
app.use('/scim', new SCIMMYRouters({ type: 'bearer', handler: bearer }));
app.listen(Number(port), '127.0.0.1', () => console.log(`READY http://127.0.0.1:${port}/scim ${token}`));
