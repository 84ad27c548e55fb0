import { type HttpContext, HttpError, type HttpServer } from '@headwater/http';
import type { ConfigClient } from '../config/config-client.ts';
import type { LoggerSet } from '../observe/service-logger.ts';
import type { ServiceMetrics } from '../observe/service-metrics.ts';
import type { RouteAuth } from '../routes/route-auth.ts';
import type { RouteDefinition } from '../routes/route-definition.ts';
import { environmentDocument, propertyDocument } from './environment.ts';
import { type HealthRegistry, httpStatusOf } from './health.ts';
import { loggerDocument, loggersDocument, setLoggerLevel } from './loggers.ts';
import { metricDocument, metricNames } from './metrics.ts';

export interface ActuatorOptions {
  auth: RouteAuth;
  health: HealthRegistry;
  metrics: ServiceMetrics;
  loggers: LoggerSet;
  config: ConfigClient;
  info: () => Record<string, unknown>;
  /** What is known of the services that are called. */
  calls: () => unknown;
  routes: () => readonly RouteDefinition[];
  profiles: readonly string[];
  instance: { status(): string; setStatus(status: string | undefined): void };
}

/** Roles that may see what the environment holds, and change what a running service does. */
const operators = { roles: ['admin', 'operator'] };
const actuatorType = 'application/vnd.spring-boot.actuator.v3+json';

/**
 * Adds what tools ask a service: `/health`, `/info`, `/metrics`, and Spring Boot's actuator below `/actuator` in its shapes, so that Spring Boot
 * Admin, crawlers and people's habits find what they know. Health (without its details), info and metrics are open; the rest is for operators where tokens
 * are asked for.
 */
export function addActuator(server: HttpServer, options: ActuatorOptions): void {
  const { auth, config, health, instance, loggers, metrics } = options;

  const open = (method: string, path: string, handler: (ctx: HttpContext) => unknown): void =>
    server.route(method, path, handler);
  const guarded = (method: string, path: string, handler: (ctx: HttpContext) => unknown): void =>
    server.route(method, path, async (ctx) => {
      await auth.check(ctx.req.headers.authorization, operators);
      return await handler(ctx);
    });

  /** Details say how things are inside: they are for those who may see that. */
  const isOperator = (ctx: HttpContext): Promise<boolean> =>
    auth.check(ctx.req.headers.authorization, operators).then(
      () => true,
      () => false,
    );
  const sendHealth = async (ctx: HttpContext, group?: string): Promise<void> => {
    const found = await health.look(group);
    const { components, ...outline } = found;
    send(ctx, httpStatusOf(found.status), (await isOperator(ctx)) ? found : outline);
  };
  for (const base of ['/health', '/actuator/health']) {
    open('GET', base, (ctx) => sendHealth(ctx));
    open('GET', `${base}/liveness`, (ctx) => sendHealth(ctx, 'liveness'));
    open('GET', `${base}/readiness`, (ctx) => sendHealth(ctx, 'readiness'));
    open('GET', `${base}/:component`, async (ctx) => {
      const found = await health.component(ctx.params['component']!);
      if (found === undefined) throw unknown('component', ctx.params['component']!);
      send(ctx, httpStatusOf(found.status), (await isOperator(ctx)) ? found : { status: found.status });
    });
  }
  for (const path of ['/info', '/actuator/info']) open('GET', path, (ctx) => send(ctx, 200, options.info()));
  for (const path of ['/metrics', '/actuator/prometheus']) {
    open('GET', path, async (ctx) => ctx.send(200, await metrics.text(), { 'content-type': metrics.contentType }));
  }
  open('GET', '/actuator/metrics', async (ctx) => send(ctx, 200, { names: metricNames(await metrics.data()) }));
  open('GET', '/actuator/metrics/:name', async (ctx) => {
    const found = metricDocument(await metrics.data(), ctx.params['name']!, ctx.query.getAll('tag'));
    if (found === undefined) throw unknown('metric', ctx.params['name']!);
    send(ctx, 200, found);
  });

  guarded('GET', '/actuator/env', (ctx) => send(ctx, 200, environmentDocument(config, options.profiles)));
  guarded('GET', '/actuator/env/:key', (ctx) => {
    const found = propertyDocument(config, options.profiles, decodeURIComponent(ctx.params['key']!));
    if (found === undefined) throw unknown('property', ctx.params['key']!);
    send(ctx, 200, found);
  });
  guarded('GET', '/actuator/loggers', (ctx) => send(ctx, 200, loggersDocument(loggers)));
  guarded('GET', '/actuator/loggers/:name', (ctx) => send(ctx, 200, loggerDocument(loggers, ctx.params['name']!)));
  guarded('POST', '/actuator/loggers/:name', async (ctx) => {
    setLoggerLevel(loggers, ctx.params['name']!, await ctx.json());
    ctx.send(204);
  });
  guarded('GET', '/actuator/calls', (ctx) => send(ctx, 200, { services: options.calls() }));
  guarded('POST', '/actuator/refresh', async (ctx) => {
    try {
      send(ctx, 200, await config.refresh());
    } catch (error) {
      throw new HttpError(
        503,
        'HW_SERVICE_CONFIG_AWAY',
        `the Config Server does not answer: ${(error as Error).message}`,
      );
    }
  });
  guarded('GET', '/actuator/mappings', (ctx) => send(ctx, 200, mappingsDocument(options.routes())));
  for (const path of ['/actuator/serviceregistry', '/actuator/service-registry']) {
    guarded('GET', path, (ctx) => send(ctx, 200, { status: instance.status() }));
    guarded('POST', path, async (ctx) => {
      const status = String(
        ((await ctx.json()) as { status?: unknown } | undefined)?.status ?? ctx.query.get('status') ?? '',
      ).toUpperCase();
      if (!/^(UP|DOWN|OUT_OF_SERVICE|CANCEL_OVERRIDE)$/.test(status)) {
        throw new HttpError(400, 'HW_SERVICE_STATUS', 'give {"status":"UP"}, DOWN, OUT_OF_SERVICE or CANCEL_OVERRIDE');
      }
      instance.setStatus(status === 'CANCEL_OVERRIDE' ? undefined : status);
      ctx.send(204);
    });
  }
  guarded('POST', '/actuator/shutdown', () => {
    throw new HttpError(
      404,
      'HW_SERVICE_SHUTDOWN',
      'services are stopped by whoever started them: send SIGTERM to the process',
    );
  });

  open('GET', '/actuator', (ctx) => {
    const base = `http${'encrypted' in ctx.req.socket ? 's' : ''}://${ctx.req.headers.host ?? 'localhost'}/actuator`;
    const links: Record<string, { href: string; templated: boolean }> = { self: { href: base, templated: false } };
    for (const [name, path] of endpoints) links[name] = { href: `${base}/${path}`, templated: path.includes('{') };
    send(ctx, 200, { _links: links });
  });
}

const endpoints = [
  ['health', 'health'],
  ['health-path', 'health/{*path}'],
  ['info', 'info'],
  ['metrics', 'metrics'],
  ['metrics-requiredMetricName', 'metrics/{requiredMetricName}'],
  ['prometheus', 'prometheus'],
  ['env', 'env'],
  ['env-toMatch', 'env/{toMatch}'],
  ['loggers', 'loggers'],
  ['loggers-name', 'loggers/{name}'],
  ['calls', 'calls'],
  ['refresh', 'refresh'],
  ['mappings', 'mappings'],
  ['serviceregistry', 'serviceregistry'],
] as const;

/** `/actuator/mappings` in Spring's shape, as far as it says something here. */
function mappingsDocument(routes: readonly RouteDefinition[]) {
  const dispatcherServlet = routes.map(({ method, options, path }) => ({
    handler: options.operationId ?? options.summary ?? `${method} ${path}`,
    predicate: `{${method} [${path}]}`,
    details: {
      requestMappingConditions: {
        consumes: options.body ? [{ mediaType: 'application/json', negated: false }] : [],
        headers: [],
        methods: [method],
        params: [],
        patterns: [path.replace(/:(\w+)/g, '{$1}')],
        produces: [{ mediaType: options.produces ?? 'application/json', negated: false }],
      },
    },
  }));
  return { contexts: { application: { mappings: { dispatcherServlets: { dispatcherServlet } }, parentId: null } } };
}

/** Spring Boot's media type where it is asked for, JSON elsewhere. */
function send(ctx: HttpContext, status: number, value: unknown): void {
  const type = ctx.req.headers.accept?.includes(actuatorType) ? actuatorType : 'application/json';
  ctx.send(status, JSON.stringify(value), { 'content-type': type });
}

function unknown(what: string, name: string): HttpError {
  return new HttpError(404, 'HW_SERVICE_UNKNOWN', `there is no ${what} ${name.slice(0, 100)} here`);
}
