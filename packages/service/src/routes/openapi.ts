import type { JsonSchema } from './json-schema.ts';
import type { RouteDefinition } from './route-definition.ts';
import { plain } from './versions.ts';

export interface OpenApiInfo {
  title: string;
  version: string;
  description?: string | undefined;
  issuer?: string | undefined;
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

/** The OpenAPI 3.1 document of a service's routes. Versions of one path stand at their own paths (`/v2/orders`), as one path has one operation. */
export function openApiDocument(
  { title, version, description, issuer }: OpenApiInfo,
  routes: readonly RouteDefinition[],
) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    if (route.options.isHidden) continue;
    const prefix = route.options.version === undefined ? '' : `/v${plain(route.options.version)}`;
    const path = `${prefix}${route.path.replace(/:(\w+)/g, '{$1}')}`;
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(route, issuer !== undefined);
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

function operation({ method, options, path }: RouteDefinition, hasIssuer: boolean): Record<string, unknown> {
  const { roles = [], scopes = [] } = options;
  const isProtected = options.isAuthenticated || roles.length > 0 || scopes.length > 0;
  const status = String(options.status ?? (options.response || options.produces || method === 'GET' ? 200 : 204));
  const media =
    options.produces ??
    (options.version === undefined ? 'application/json' : `application/vnd.api.v${plain(options.version)}+json`);
  const failure = (text: string) => ({
    description: text,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  });
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
        ...(status !== '204' && { content: { [media]: { schema: options.response ?? {} } } }),
      },
      ...((options.body || options.query || options.params) && { 400: failure('What was sent does not fit.') }),
      ...(isProtected && { 401: failure('A token is needed, or does not hold.') }),
      ...((roles.length > 0 || scopes.length > 0) && { 403: failure('The token does not permit this.') }),
    },
    ...(isProtected && hasIssuer && { security: [{ bearer: [] }, { openId: [...scopes] }] }),
    ...(roles.length > 0 && { 'x-roles': roles }),
  };
}
