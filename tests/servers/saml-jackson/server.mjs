// Jackson's directory sync in its Entra mode, its controller behind Express as its own application does it.
// usage: node server.mjs PORT DATABASE-FILE
import express from 'express';
import jackson from '@boxyhq/saml-jackson';

const [port, database] = process.argv.slice(2);
const url = `http://127.0.0.1:${port}`;
const { directorySyncController: sync } = await (jackson.controllers ?? jackson.default)({
  externalUrl: url,
  samlAudience: url,
  samlPath: '/sso',
  scimPath: '/scim/v2.0',
  noAnalytics: true,
  boxyhqLicenseKey: '',
  db: { engine: 'sql', type: 'sqlite', url: `file://${database}` },
});
const { data: directory } = await sync.directories.create({
  name: 'entra',
  tenant: 'example',
  product: 'scimulate',
  type: 'azure-scim-v2',
  webhook_url: '',
  webhook_secret: '',
});

const number = (text) => (text === undefined ? undefined : Number(text));
const first = (value) => (Array.isArray(value) ? value[0] : value);
const app = express();
app.use(express.json({ type: () => true }));
app.use('/scim/v2.0/:directory/:kind{/:id}', async (request, response) => {
  try {
    const answer = await sync.requests.handle({
      method: request.method,
      directoryId: request.params.directory,
      resourceType: request.params.kind,
      resourceId: request.params.id,
      apiSecret: (request.headers.authorization ?? '').split(' ')[1] ?? null,
      body: request.body,
      query: {
        count: number(request.query.count),
        startIndex: number(request.query.startIndex),
        filter: first(request.query.filter),
      },
    });
    response.status(answer.status).set('content-type', 'application/json').send(JSON.stringify(answer.data));
  } catch (error) {
    response.status(error.statusCode ?? 500).json({ error: { message: error.message } });
  }
});
app.listen(Number(port), '127.0.0.1', () =>
  console.log(`READY ${url}/scim/v2.0/${directory.id} ${directory.scim.secret}`),
);
