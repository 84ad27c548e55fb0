import type { HttpServer } from '@headwater/http';
import type { RegistryService } from '../service/registry-service.ts';
import { contextOf } from '../state/subject.ts';
import { answer } from './answer.ts';
import { mediaTypes } from './media-types.ts';
import { page } from './request.ts';
import type { AddRoute } from './routes.ts';
import type { WriteGate } from './write-gate.ts';

export interface ServerFacts {
  /** Of the Kafka that holds the schemas. */
  clusterId: () => Promise<string>;
  /** The group in which registries elect their leader. */
  groupId: string;
  version: string;
}

/** `/`, `/contexts` and `/v1/metadata`. */
export function addServerRoutes(
  server: HttpServer,
  add: AddRoute,
  service: RegistryService,
  gate: WriteGate,
  facts: ServerFacts,
): void {
  for (const method of ['GET', 'POST']) server.route(method, '/', (ctx) => answer(ctx, {}));

  server.route('GET', '/contexts', (ctx) => {
    mediaTypes.check(ctx);
    const prefix = ctx.query.get('contextPrefix') ?? '';
    const contexts = service.state.contexts().filter((context) => context.startsWith(prefix));
    answer(ctx, page(ctx, contexts));
  });

  server.route('DELETE', '/contexts/:context', async (ctx) => {
    mediaTypes.check(ctx);
    const context = contextOf(ctx.params['context']!);
    await gate.pass({ ctx, context, body: await ctx.body() }, async () => {
      await service.removal.deleteContext(context);
      ctx.send(204);
    });
  });

  add('GET', '/v1/metadata/id', async ({ ctx }) => {
    const clusters = { 'kafka-cluster': await facts.clusterId(), 'schema-registry-cluster': facts.groupId };
    answer(ctx, { scope: { path: [], clusters }, id: '' });
  });

  add('GET', '/v1/metadata/version', ({ ctx }) => answer(ctx, { version: facts.version, commitId: '' }));
}
