import type { JsonSchema } from './json-schema.ts';
import type { RouteDefinition } from './route-definition.ts';
import { plain } from './versions.ts';

export interface OpenApiInfo {
  title: string;
  version: string;
  description?: string | undefined;
  issuer?: string | undefined;
  /** The version that answers who asks for none. Default: the first of a path. */
  defaultVersion?: string | undefined;
}

const error: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        errors: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              in: { type: 'string' },
              pointer: { type: 'string', description: 'JSON Pointer (RFC 6901)' },
              message: { type: 'string' },
            },
          },
        },
      },
    },
  },
};

/**
 * The OpenAPI 3.1 document of a service's routes. A path with versions has the answers of all of them by media type, and is the default version's else;
 * each version stands at its own path (`/v2/orders`) too, as one path has one operation.
 */
export function openApiDocument(
  { defaultVersion, description, issuer, title, version }: OpenApiInfo,
  routes: readonly RouteDefinition[],
) {
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, described: Record<string, unknown>): void => {
    const key = path.replace(/:(\w+)/g, '{$1}');
    paths[key] ??= {};
    paths[key][method.toLowerCase()] = described;
  };
  const shown = routes.filter(({ options }) => !options.isHidden);
  const versioned = shown.filter(({ options }) => options.version !== undefined);
  const byPath = Map.groupBy(versioned, ({ method, path }) => `${method} ${path}`);
  for (const route of shown) {
    const { method, options, path } = route;
    if (options.version === undefined) {
      add(path, method, operation(route, issuer !== undefined));
      continue;
    }
    const versions = byPath.get(`${method} ${path}`);
    if (versions?.[0] === route) add(path, method, versionsOf(versions, defaultVersion, issuer !== undefined));
    add(`/v${plain(options.version)}${path}`, method, operation(route, issuer !== undefined));
  }
  return {
    openapi: '3.1.0',
    info: { title, version, ...(description && { description }) },
    paths,
    components: {
      schemas: { Error: error },
      ...(issuer && {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          openId: {
            type: 'openIdConnect',
            openIdConnectUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
          },
        },
      }),
    },
  };
}

/** One operation for all versions of a path. */
function versionsOf(
  routes: readonly RouteDefinition[],
  defaultVersion: string | undefined,
  hasIssuer: boolean,
): Record<string, unknown> {
  const main = routes.find(({ options }) => plain(options.version!) === defaultVersion) ?? routes[0]!;
  const { operationId, responses, ...described } = operation(main, hasIssuer) as ReturnType<typeof operation> & {
    operationId: string;
    responses: Record<string, { content?: object }>;
  };
  const contents = routes.map((route) => {
    const all = operation(route, hasIssuer)['responses'] as typeof responses;
    return all[statusOf(route)]?.content ?? {};
  });
  const status = statusOf(main);
  const given = responses[status];
  return {
    operationId: operationId.replace(/V[^V]*$/, ''),
    ...described,
    responses: {
      ...responses,
      ...(given?.content && { [status]: { ...given, content: Object.assign({}, ...contents) } }),
      406: {
        description: `The version is not one of ${routes.map(({ options }) => plain(options.version!)).join(', ')}.`,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function statusOf({ method, options }: RouteDefinition): string {
  return String(options.status ?? (options.response || options.produces || method === 'GET' ? 200 : 204));
}

function operation(route: RouteDefinition, hasIssuer: boolean): Record<string, unknown> {
  const { method, options, path } = route;
  const { roles = [], scopes = [] } = options;
  const isProtected = options.isAuthenticated || roles.length > 0 || scopes.length > 0;
  const status = statusOf(route);
  const media =
    options.produces ??
    (options.version === undefined ? 'application/json' : `application/vnd.api.v${plain(options.version)}+json`);
  const failure = (description: string, schema: JsonSchema | object = { $ref: '#/components/schemas/Error' }) => ({
    description,
    content: { 'application/json': { schema } },
  });
  const further = Object.entries(options.errors ?? {}).map(([code, told]) => [
    code,
    typeof told === 'string' ? failure(told) : failure(told.description, told.schema),
  ]);
  return {
    operationId:
      options.operationId ??
      `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}${options.version === undefined ? '' : `V${plain(options.version)}`}`,
    ...(options.summary && { summary: options.summary }),
    ...(options.description && { description: options.description }),
    ...(options.tags && { tags: options.tags }),
    ...(options.deprecated && { deprecated: true }),
    parameters: [
      ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: options.params?.properties?.[name!] ?? { type: 'string' },
      })),
      ...Object.entries(options.query?.properties ?? {}).map(([name, schema]) => ({
        name,
        in: 'query',
        required: options.query?.required?.includes(name) ?? false,
        ...(schema.description && { description: schema.description }),
        schema,
      })),
    ],
    ...(options.body && { requestBody: { required: true, content: { 'application/json': { schema: options.body } } } }),
    responses: {
      [status]: {
        description: status === '204' ? 'Done.' : 'The answer.',
        ...(status !== '204' && {
          content: {
            [media]: { schema: options.response ?? {} },
            ...Object.fromEntries((options.alsoProduces ?? []).map((also) => [also, { schema: { type: 'string' } }])),
          },
        }),
      },
      ...((options.body || options.query || options.params) && { 400: failure('What was sent does not fit.') }),
      ...(isProtected && { 401: failure('A token is needed, or does not hold.') }),
      ...((roles.length > 0 || scopes.length > 0) && { 403: failure('The token does not permit this.') }),
      ...Object.fromEntries(further),
    },
    ...(isProtected && hasIssuer && { security: [{ bearer: [] }, { openId: [...scopes] }] }),
    ...(roles.length > 0 && { 'x-roles': roles }),
  };
}
