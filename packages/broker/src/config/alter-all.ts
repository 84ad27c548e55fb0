import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, type Subject } from '../security/authorizer.ts';
import { errorOf, Refusal } from '../topics/topic-admin.ts';
import { checkConfigAccess } from './config-access.ts';
import type { ConfigResource } from './resources/config-resource.ts';
import { configResources } from './resources/index.ts';

interface Asked {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** Does to each resource of a request what `alter` does (false: it cannot be done to that kind), and answers when it is on the disk. */
export async function alterAll<T extends Asked>(
  context: BrokerContext,
  subject: Subject,
  asked: readonly T[],
  alter: (resource: ConfigResource, asked: T) => boolean,
) {
  const keyOf = ({ resourceType, resourceName }: Asked): string => `${resourceType} ${resourceName}`;
  const counts = new Map<string, number>();
  for (const one of asked) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  const responses = asked.map((one) => {
    const { resourceType, resourceName } = one;
    try {
      if (counts.get(keyOf(one)) !== 1) {
        throw new Refusal(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.');
      }
      const resource = configResources.get(resourceType);
      checkConfigAccess(context, subject, AclOperation.ALTER_CONFIGS, resourceType, resourceName);
      if (resource === undefined || !alter(resource, one)) {
        throw new Refusal(ErrorCode.INVALID_REQUEST, `Unknown resource type ${resourceType}`);
      }
      context.logger.info({ resourceType, resourceName }, 'settings changed by a client');
      return { errorCode: 0, errorMessage: null, resourceType, resourceName };
    } catch (error) {
      return { ...errorOf(error), resourceType, resourceName };
    }
  });
  await context.store.flushMetadata();
  return { throttleTimeMs: 0, responses };
}
