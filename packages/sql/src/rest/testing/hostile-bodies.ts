import { newSession } from '../../engine/session.ts';
import { parseScript } from '../../syntax/parse.ts';
import { printStatement } from '../../syntax/printer/print-statement.ts';
import { mutated } from '../../syntax/testing/mutate.ts';
import { randomStatement } from '../../syntax/testing/random-statement.ts';
import { SeededRandom } from '../../syntax/testing/seeded-random.ts';
import { knownSources, randomMeaning } from './random-meaning.ts';
import { startStatementServer } from './statement-server.ts';

const paths = ['/ksql', '/ksql', '/query', '/query-stream', '/inserts-stream', '/close-query'];

/**
 * Sends so many bodies that went wrong in some way to a server with an engine in memory.
 *
 * @returns how many answers there were by status
 * @throws where an answer has not the shape of the API
 */
export async function sendHostileBodies(seed: number, count: number): Promise<Map<number, number>> {
  const server = await startStatementServer({
    settings: new Map([['headwater.assert.max.timeout.ms', '0']]),
    maxBodyBytes: 256 * 1024,
  });
  for (const statement of parseScript(knownSources.join('\n'))) await server.engine.execute(statement, newSession());
  try {
    const random = new SeededRandom(seed);
    const statuses = new Map<number, number>();
    for (let at = 0; at < count; at++) {
      const path = random.pick(paths);
      const body = randomBody(random);
      const response = await fetch(server.url + path, { method: 'POST', body });
      const text = await response.text();
      if (!isOfTheApi(response.status, path, text))
        throw new Error(
          `seed ${seed}: ${path} answered ${response.status} ${text.slice(0, 300)} to ${JSON.stringify(body)}`,
        );
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
    return statuses;
  } finally {
    await server.close();
  }
}

function randomBody(random: SeededRandom): string {
  const statement = random.chance(0.4) ? randomMeaning(random) : `${printStatement(randomStatement(random))};`;
  const sql = random.chance(0.4) ? mutated(statement, random) : statement;
  const whole = JSON.stringify({
    [random.pick(['ksql', 'sql', 'target', 'queryId'])]: sql,
    streamsProperties: { 'auto.offset.reset': 'earliest' },
    sessionVariables: { x: random.pick(['a', "'b'", '1', '$', '"']) },
  });
  return random.chance(0.6) ? mutated(whole, random) : whole;
}

function isOfTheApi(status: number, path: string, text: string): boolean {
  if (status === 200) return path !== '/ksql' || Array.isArray(JSON.parse(text));
  if (status < 400 || status >= 500) return false;
  const { '@type': type, error_code: code, message } = JSON.parse(text);
  return /^(?:generic|statement)_error$/.test(type) && Math.floor(code / 100) === status && typeof message === 'string';
}
