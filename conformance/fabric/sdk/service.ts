/** A service of the SDK among Spring's: found by them, calling them, with their configuration and their tokens. */
import { createService } from '@headwater/service';

const service = await createService({
  name: 'sdk',
  port: Number(process.env['SERVER_PORT']),
  settings: { message: 'none' },
  renewalSeconds: 2,
});
service.route(
  'GET /echo',
  { query: { type: 'object', properties: { text: { type: 'string', default: '' } } } },
  ({ query }) => ({ instance: service.instanceId, text: query.text, message: service.config.get().message }),
);
service.route('GET /call', {}, async () => (await service.fetch('http://echo/echo?text=sdk')).json());
// Its own token goes along.
service.route('GET /call-operator', {}, async () => (await service.fetch('http://echo/operator')).json());
service.route('GET /operator', { roles: ['operator'] }, ({ principal }) => ({ name: principal?.name ?? null }));
service.route('GET /admin', { roles: ['admin'] }, ({ principal }) => ({ name: principal?.name ?? null }));
await service.run();
