import { type AclBinding, createClient } from '@headwater/client';

/** The parts' own topics, those of the examples that say who may do what, and whose they are: what is in them is for nobody else to read or write. */
const owners: readonly { topic: string; isPrefix: boolean; owner: string }[] = [
  { topic: '_schemas', isPrefix: false, owner: 'registry' },
  { topic: '_headwater-discovery', isPrefix: true, owner: 'discovery' },
  { topic: '_headwater-alert-', isPrefix: true, owner: 'monitor' },
  { topic: '_headwater-sql-', isPrefix: true, owner: 'sql' },
  { topic: '_confluent-ksql-', isPrefix: true, owner: 'sql' },
  { topic: 'document-permissions', isPrefix: false, owner: 'query-service' },
];

/**
 * Gives each part its own topics, by rules in the event store; the same again changes nothing.
 *
 * @param bootstrap of one who may change rules
 */
export async function guardInternalTopics(bootstrap: string): Promise<void> {
  await using client = createClient({ bootstrap, clientId: 'headwater-up' });
  const bindings = owners.map(
    ({ topic, isPrefix, owner }): AclBinding => ({
      resourceType: 'TOPIC',
      resourceName: topic,
      patternType: isPrefix ? 'PREFIXED' : 'LITERAL',
      principal: `User:${owner}`,
      host: '*',
      operation: 'ALL',
      permission: 'ALLOW',
    }),
  );
  const failed = (await client.createAcls(bindings)).find((error) => error !== null);
  if (failed !== undefined) throw failed;
}
