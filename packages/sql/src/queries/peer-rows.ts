import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { parseJson } from '@headwater/serdes';
import { ApiError, errorCodes } from '../rest/api-error.ts';
import { valueOfResult } from '../rest/results/value-of-json.ts';
import type { ResultRow } from '../rest/sql-service.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { quotedName } from '../types/sql-type.ts';
import type { SimpleQuery } from './row-selection.ts';

/** Of a request of another server: the partitions that are wanted of it, `0,3`; it asks nobody else. */
export const partitionsSetting = 'headwater.query.pull.partitions';

/** Of one server; idle connections are kept. */
const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 60_000 });
const answerTimeoutMs = 30_000;
const batchRows = 1_000;

export interface PeerQuestion {
  /** 'host:port'. */
  readonly address: string;
  readonly partitions: readonly number[];
  readonly query: SimpleQuery;
  readonly settings: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/**
 * Rows of partitions that another server has, selected there.
 *
 * @throws ApiError 50302 when it does not answer, or no longer has them: an answer in part is none
 */
export async function* peerRows(question: PeerQuestion): AsyncIterableIterator<readonly ResultRow[]> {
  const { address, partitions, query, settings } = question;
  const types = query.project.schema.value.map(({ type }) => type);
  const properties = { ...Object.fromEntries(settings), [partitionsSetting]: partitions.join() };
  try {
    const answer = await asked(question, JSON.stringify({ sql: textOf(query), properties }));
    let isHead = true;
    let batch: ResultRow[] = [];
    for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY })) {
      const json = line === '' ? null : parseJson(line);
      if (json instanceof Map) {
        if (!isHead) throw new Error(String(json.get('message') ?? line));
        isHead = false;
        continue;
      }
      if (!Array.isArray(json)) continue;
      batch.push({ values: types.map((type, at) => valueOfResult(type, json[at] ?? null)), isTombstone: false });
      if (batch.length < batchRows) continue;
      yield batch;
      batch = [];
    }
    if (isHead || !answer.complete) throw new Error('its answer was cut off');
    if (batch.length > 0) yield batch;
  } catch (error) {
    if (question.signal.aborted) return;
    const { name } = query.source.source;
    throw new ApiError(
      errorCodes.notReady,
      `Unable to execute pull query: partitions ${partitions.join(', ')} of ${name} are with the server at ${address}, which cannot tell their rows now: ${(error as Error).message}. Ask again`,
      { cause: error },
    );
  }
}

function asked({ address, signal }: PeerQuestion, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', agent, headers, signal, timeout: answerTimeoutMs };
    const sent = request(`http://${address}/query-stream`, options, (answer) => {
      if (answer.statusCode === 200) return resolve(answer);
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        if (text.length < 10_000) text += chunk;
      });
      answer.on('end', () => reject(new Error(`${answer.statusCode} ${text.slice(0, 1_000)}`)));
      answer.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('it takes too long')));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The query as a statement. */
function textOf({ filters, project, source: { source } }: SimpleQuery): string {
  // A row of no columns is one all the same.
  const items = project.items.map(({ expression }, at) => `${printExpression(expression)} AS \`C${at}\``);
  const where =
    filters.length === 0 ? '' : ` WHERE ${filters.map((each) => `(${printExpression(each)})`).join(' AND ')}`;
  return `SELECT ${items.length === 0 ? '1 AS `C0`' : items.join(', ')} FROM ${quotedName(source.name)}${where};`;
}
