import { HttpError } from '@headwater/http';
import { reply } from '@headwater/service';
import type { TweetsService } from '../../common/service.ts';
import { reasonOf } from '../../common/tweets-error.ts';
import type { Access } from './access.ts';
import { documentIdPattern, type Permission, principalPattern } from './permission.ts';
import type { PermissionTopic } from './permission-topic.ts';

const permission = {
  type: 'object',
  required: ['principal', 'documentId', 'permission', 'grantedBy', 'grantedAt'],
  properties: {
    principal: { type: 'string', pattern: principalPattern, description: '`user:NAME` or `role:NAME`' },
    documentId: { type: 'string', pattern: documentIdPattern, description: "a tweet's id, or `*` for every document" },
    permission: { const: 'READ' },
    grantedBy: { type: 'string' },
    grantedAt: { type: 'string', format: 'date-time' },
  },
  examples: [
    {
      principal: 'user:ada',
      documentId: '592089033144795136',
      permission: 'READ',
      grantedBy: 'grace',
      grantedAt: '2026-11-22T17:00:00.000Z',
    },
  ],
} as const;

const about = {
  type: 'object',
  properties: {
    id: { type: 'string', pattern: documentIdPattern, description: "a tweet's id, or `*` for every document" },
    principal: { type: 'string', pattern: principalPattern, description: '`user:NAME` or `role:NAME`' },
  },
} as const;

const options = {
  tags: ['permissions'],
  isAuthenticated: true,
  errors: {
    400: {
      description: 'A field does not fit: its name, and why.',
      schema: { type: 'object', additionalProperties: { type: 'string' } },
    },
    403: 'Permissions are kept by super users.',
    503: 'The event store does not take the change, or the permissions are not read yet.',
  },
} as const;

/** Who may read what: seen, granted and revoked by super users. */
export function addPermissionRoutes(
  service: TweetsService,
  { access, topic }: { access: Access; topic: PermissionTopic },
): void {
  service.route(
    'GET /permissions',
    {
      ...options,
      summary: 'Who may read what',
      query: {
        type: 'object',
        properties: {
          principal: { type: 'string', description: 'only theirs' },
          documentId: { type: 'string', description: 'only those for it' },
          limit: { type: 'integer', minimum: 0, maximum: 10_000, default: 1_000 },
        },
      },
      response: {
        type: 'object',
        required: ['total', 'permissions'],
        properties: { total: { type: 'integer' }, permissions: { type: 'array', items: permission } },
      },
    },
    ({ principal, query }) => {
      access.checkGrant(principal);
      const permissions: Permission[] = [];
      let total = 0;
      for (const one of access.table().all()) {
        if (query.principal !== undefined && one.principal !== query.principal) continue;
        if (query.documentId !== undefined && one.documentId !== query.documentId) continue;
        total += 1;
        if (permissions.length < query.limit) permissions.push(one);
      }
      return { total, permissions };
    },
  );

  service.route(
    'PUT /documents/:id/permissions/:principal',
    { ...options, summary: 'Lets somebody read a document', params: about, response: permission },
    async ({ params, principal }) => {
      access.checkGrant(principal);
      const { id: documentId, principal: grantee } = params as { id: string; principal: string };
      const table = access.table();
      const known = table.get(grantee, documentId);
      if (known !== undefined) return known;
      if (!table.hasRoomFor(grantee)) {
        const advice = 'grant them * or a role, or revoke some of theirs';
        throw new HttpError(409, 'HW_TWEETS_TOO_MANY_PERMISSIONS', `${grantee} has too many permissions: ${advice}`);
      }
      const granted: Permission = {
        principal: grantee,
        documentId,
        permission: 'READ',
        grantedBy: principal?.name ?? 'unknown',
        grantedAt: new Date().toISOString(),
      };
      await written(topic.grant(granted));
      service.log.info({ principal: grantee, documentId, grantedBy: granted.grantedBy }, 'READ was granted');
      return reply(201, granted);
    },
  );

  service.route(
    'DELETE /documents/:id/permissions/:principal',
    { ...options, summary: 'Takes the permission back', params: about },
    async ({ params, principal }) => {
      access.checkGrant(principal);
      const { id: documentId, principal: grantee } = params as { id: string; principal: string };
      await written(topic.revoke({ principal: grantee, documentId }));
      const revokedBy = principal?.name ?? 'unknown';
      service.log.info({ principal: grantee, documentId, revokedBy }, 'READ was revoked');
    },
  );
}

async function written(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    const message = `the event store did not take the change: try again in a moment (${reasonOf(error)})`;
    throw new HttpError(503, 'HW_TWEETS_PERMISSIONS_AWAY', message, {}, error);
  }
}
