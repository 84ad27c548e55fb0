import type { HttpContext, HttpServer } from '@headwater/http';
import type { SpringBus } from '../bus/spring-bus.ts';
import { ConfigError } from '../config-error.ts';
import type { ConfigRepository } from '../repository/config-tree.ts';
import type { GitRepository } from '../repository/git.ts';

const actuatorType = 'application/vnd.spring-boot.actuator.v3+json';

export interface ActuatorOptions {
  repository: ConfigRepository;
  bus: SpringBus | undefined;
  /** Looks again at what was broken, and tells what still is. */
  broken: () => Promise<readonly ConfigError[]>;
  url: () => string;
}

/** `/actuator`, with health, info, busrefresh and busenv as Spring Boot's actuator has them. */
export function addActuatorRoutes(server: HttpServer, options: ActuatorOptions): void {
  const { repository, bus } = options;

  server.route('GET', '/actuator', (ctx) => {
    const href = (path: string) => ({ href: `${options.url()}/actuator${path}`, templated: path.includes('{') });
    sendActuator(ctx, 200, {
      _links: {
        self: href(''),
        health: href('/health'),
        info: href('/info'),
        busrefresh: href('/busrefresh'),
        'busrefresh-destinations': href('/busrefresh/{*destinations}'),
        busenv: href('/busenv'),
      },
    });
  });

  server.route('GET', '/actuator/health', async (ctx) => {
    const component = await repositoryHealth(repository, await options.broken());
    const status = component.status;
    sendActuator(ctx, status === 'UP' ? 200 : 503, { status, components: { configServer: component } });
  });
  for (const probe of ['liveness', 'readiness']) {
    server.route('GET', `/actuator/health/${probe}`, (ctx) => sendActuator(ctx, 200, { status: 'UP' }));
  }

  server.route('GET', '/actuator/info', (ctx) => {
    sendActuator(ctx, 200, { app: { name: 'headwater-config', repository: repository.kind } });
  });

  const refresh = (ctx: HttpContext): void => {
    needed(bus).refresh(destinationOf(ctx));
    ctx.send(204);
  };
  server.route('POST', '/actuator/busrefresh', refresh);
  server.route('POST', '/actuator/busrefresh/*', refresh);

  const change = async (ctx: HttpContext): Promise<void> => {
    const body = (await ctx.json()) as { name?: unknown; value?: unknown } | null;
    if (typeof body?.name !== 'string' || body.name === '') {
      throw new ConfigError('HW_CONFIG_BAD_REQUEST', 'send {"name": "key", "value": "text"}');
    }
    needed(bus).changeEnvironment(destinationOf(ctx), { [body.name]: String(body.value ?? '') });
    ctx.send(204);
  };
  server.route('POST', '/actuator/busenv', change);
  server.route('POST', '/actuator/busenv/*', change);
}

function sendActuator(ctx: HttpContext, status: number, value: unknown): void {
  ctx.send(status, JSON.stringify(value), { 'content-type': actuatorType });
}

/** `/busrefresh/orders/dev` and `/busrefresh/orders:dev` are one, as in Spring. */
function destinationOf(ctx: HttpContext): string {
  return decodeURIComponent(ctx.params['*'] ?? '')
    .replaceAll('/', ':')
    .slice(0, 500);
}

function needed(bus: SpringBus | undefined): SpringBus {
  if (bus !== undefined) return bus;
  throw new ConfigError('HW_CONFIG_NOT_FOUND', 'this server has no event store, and so no bus: give it kafkaUrl');
}

async function repositoryHealth(repository: ConfigRepository, broken: readonly ConfigError[]) {
  const details: Record<string, unknown> = { repository: repository.address };
  try {
    const tree = await repository.tree(null);
    details['version'] = tree.version;
  } catch (error) {
    return { status: 'DOWN', details: { ...details, error: (error as Error).message } };
  }
  const problem = repository.kind === 'git' ? (repository as GitRepository).problem : undefined;
  // What was copied is served on: that is worth telling, and no reason to be taken for dead.
  if (problem !== undefined) details['remote'] = problem;
  if (broken.length === 0) return { status: 'UP', details };
  const files = broken.slice(0, 20).map(({ message, position }) => ({ ...position, message }));
  return { status: 'DOWN', details: { ...details, broken: files } };
}
