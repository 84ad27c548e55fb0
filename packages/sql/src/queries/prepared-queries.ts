import type { RequestSession, RunningQuery } from '../rest/sql-service.ts';
import type { QueryParameters } from './query-parameters.ts';
import { type StatementTemplate, statementTemplate } from './statement-template.ts';

/** A query that was read, analyzed and compiled, to be run with other values of its parameters. */
export interface PreparedQuery {
  readonly parameters: QueryParameters;
  /** False when what it reads was dropped or replaced meanwhile. */
  isCurrent(): boolean;
  run(id: string, values: readonly unknown[]): RunningQuery;
}

interface Template {
  /** For each literal whether it is a parameter: the same for all of a template. */
  readonly isParameter: readonly boolean[];
  /** By the literals that are no parameters. */
  readonly queries: Map<string, PreparedQuery>;
}

const templatesMax = 500;
const queriesMax = 20;

/** Prepared queries by their texts without their values; those that were asked for longest ago go first. */
export class PreparedQueries {
  readonly #templates = new Map<string, Template>();

  /** The query of a text, and its values. */
  find(text: string, session: RequestSession): { query: PreparedQuery; values: unknown[] } | undefined {
    if (session.variables.size > 0) return undefined;
    const template = statementTemplate(text.trim());
    if (template === null) return undefined;
    const key = keyOf(template, session);
    const found = this.#templates.get(key);
    if (found === undefined) return undefined;
    const fixed = fixedText(template, found.isParameter);
    const query = found.queries.get(fixed);
    if (query === undefined) return undefined;
    if (!query.isCurrent()) {
      this.#templates.delete(key);
      return undefined;
    }
    touch(this.#templates, key, found);
    touch(found.queries, fixed, query);
    return { query, values: query.parameters.valuesOf(template) };
  }

  keep(template: StatementTemplate, session: RequestSession, query: PreparedQuery): void {
    const key = keyOf(template, session);
    const isParameter = template.literals.map((_, at) => query.parameters.isParameter(at));
    const known = this.#templates.get(key);
    const isAlike = known?.isParameter.every((each, at) => each === isParameter[at]) === true;
    const entry = isAlike ? known! : { isParameter, queries: new Map<string, PreparedQuery>() };
    touch(this.#templates, key, entry);
    touch(entry.queries, fixedText(template, isParameter), query);
    bound(this.#templates, templatesMax);
    bound(entry.queries, queriesMax);
  }
}

function keyOf({ key }: StatementTemplate, { properties }: RequestSession): string {
  if (properties.size === 0) return key;
  return `${JSON.stringify([...properties].sort(([one], [other]) => (one < other ? -1 : 1)))}\u0001${key}`;
}

function fixedText({ literals }: StatementTemplate, isParameter: readonly boolean[]): string {
  let text = '';
  for (const [at, literal] of literals.entries()) if (!isParameter[at]) text += `${literal.text}\u0000`;
  return text;
}

function touch<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
}

function bound(map: Map<string, unknown>, max: number): void {
  while (map.size > max) map.delete(map.keys().next().value!);
}
