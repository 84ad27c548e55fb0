import { parseArgs } from 'node:util';
import { HeadwaterError } from '../headwater-error.ts';

export type OutputFormat = 'tabular' | 'json';

/** The flags of `headwater sql`, as given. */
export interface SqlFlags {
  url: string;
  execute: readonly string[];
  files: readonly string[];
  output: OutputFormat;
  user?: string;
  /** As by SET and DEFINE. */
  properties: Readonly<Record<string, string>>;
  variables: Readonly<Record<string, string>>;
}

export const sqlUsage = `headwater sql: a shell for streaming SQL

  headwater sql [flags]              interactive; reads statements from standard input when that is no terminal
  headwater sql -e "STATEMENT;"      runs statements; may be given several times
  headwater sql -f FILE              runs a script
  headwater sql test DIR|FILE ...    runs your pipelines on given and expected records, without any server

Flags:
  --url URL               the SQL server, Headwater's or ksqlDB (default: HEADWATER_SQL_URL, or http://127.0.0.1:8088)
  --user NAME:PASSWORD    login (or in the URL, or HEADWATER_SQL_USER)
  --output tabular|json   how results are shown (default tabular); json writes a row a line
  --set NAME=VALUE        a property of the session, as SET
  --define NAME=VALUE     a variable, as DEFINE

Exit codes: 0 done, 1 a statement failed, 2 wrong usage.`;

/** Parses the flags of `sql`. Throws HW_CLI_USAGE. */
export function parseSqlFlags(args: readonly string[], env: NodeJS.ProcessEnv): SqlFlags {
  try {
    const { values } = parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        url: { type: 'string' },
        execute: { type: 'string', short: 'e', multiple: true },
        file: { type: 'string', short: 'f', multiple: true },
        output: { type: 'string' },
        user: { type: 'string' },
        set: { type: 'string', multiple: true },
        define: { type: 'string', multiple: true },
      },
    });
    const user = values.user ?? env['HEADWATER_SQL_USER'];
    return {
      url: values.url ?? env['HEADWATER_SQL_URL'] ?? 'http://127.0.0.1:8088',
      execute: values.execute ?? [],
      files: values.file ?? [],
      output: outputFormat(values.output ?? 'tabular'),
      ...(user !== undefined && { user }),
      properties: pairs(values.set ?? [], '--set'),
      variables: pairs(values.define ?? [], '--define'),
    };
  } catch (cause) {
    if (cause instanceof HeadwaterError) throw cause;
    throw new HeadwaterError(
      'HW_CLI_USAGE',
      `${(cause as Error).message.split('. To')[0]}: see headwater sql help`,
      cause,
    );
  }
}

/** Throws HW_CLI_USAGE. */
export function outputFormat(text: string): OutputFormat {
  const format = text.toLowerCase();
  if (format === 'tabular' || format === 'json') return format;
  throw new HeadwaterError('HW_CLI_USAGE', `output is TABULAR or JSON, not "${text}"`);
}

function pairs(texts: readonly string[], flag: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new HeadwaterError('HW_CLI_USAGE', `${flag} takes NAME=VALUE, not "${text}"`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
