import { parseArgs } from 'node:util';
import { HeadwaterError } from './headwater-error.ts';
import { builtPartKeys, isPartKey, type PartKey, partTable } from './part-table.ts';

/** The flags of `headwater up`, as given: what is absent is undefined, and the configuration decides. */
export interface UpFlags {
  data?: string;
  config?: string;
  isPortsAuto?: boolean;
  readyFile?: string;
  example?: string;
  only?: readonly PartKey[];
  isStrictPorts?: boolean;
  isIsolated?: boolean;
  isSecure?: boolean;
}

export const usage = `headwater: the whole real-time platform, from one command

  headwater up [flags]        start everything, with an example
  headwater run KEY [flags]   start one part alone: ${builtPartKeys.join(', ')}
  headwater types [flags]     write TypeScript types and typed topics from a schema registry's subjects
  headwater sql [flags]       a shell for streaming SQL: headwater sql help
  headwater sql test DIR      run your own SQL pipelines on given and expected records
  headwater topics ACTION     create, list, describe, alter, delete topics of any Kafka: headwater topics --help
  headwater produce TOPIC     lines become records, by a schema where the topic has one: headwater produce --help
  headwater consume TOPIC...  records become lines: headwater consume --help
  headwater groups ACTION     list, describe, reset, delete consumer groups: headwater groups --help
  headwater lag [GROUP...]    how far groups are behind; --watch, --max-lag N for scripts
  headwater crawl [flags]     look after one service, beside it: headwater crawl --help
  headwater users ACTION      list, add NAME, password NAME, roles NAME [ROLE...], remove NAME
  headwater version
  headwater help

Flags (a flag given twice: the last one wins):
  --data DIR          where the data lives (default ./headwater-data)
  --config FILE       configuration (default ./headwater.yaml when it exists)
  --ports auto        let the system choose every port
  --strict-ports      fail when a port is taken, rather than move to the next free one
  --ready-file FILE   write one JSON object, part name to address, when all is up
  --example NAME      run an example: tweets, clickstream, service-monitor, or none (default none)
  --only KEY,...      start only these parts
  --isolate           run each service of the example as a process of its own, supervised
  --secure            TLS on every listener, login, and a password for each part and service

Flags of types:
  --registry URL      the registry (default: of the configuration, or http://127.0.0.1:8081)
  --out FILE          what to write (default headwater-types.ts)
  --subjects A,B*     only these subjects; * stands for any characters
  --watch             go on, and write again when a schema changes
  --check             write nothing; end with 1 and the difference when the file is old

Flags of users (a new password is read from the terminal, or from the input):
  --identity URL      the issuer (default: of the configuration, or http://127.0.0.1:8180/realms/headwater)
  --roles A,B         with add: roles of the new user
  --email ADDRESS     with add

Every key of the configuration is also a variable of the environment, such as HEADWATER_KAFKA_URL or HEADWATER_KAFKA_PORT.
A part whose URL is given is not started: the real system at that URL is used.`;

/** Parses the flags of `up` and `run`; the last of a repeated flag wins. Throws HW_CLI_USAGE. */
export function parseUpFlags(args: readonly string[]): UpFlags {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        data: { type: 'string' },
        config: { type: 'string' },
        ports: { type: 'string' },
        'ready-file': { type: 'string' },
        example: { type: 'string' },
        only: { type: 'string' },
        'strict-ports': { type: 'boolean' },
        isolate: { type: 'boolean' },
        secure: { type: 'boolean' },
      },
    }));
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_USAGE', `${(cause as Error).message.split('. To')[0]}: see headwater help`, cause);
  }
  if (values['ports'] !== undefined && values['ports'] !== 'auto' && values['ports'] !== 'default') {
    throw new HeadwaterError('HW_CLI_USAGE', `--ports takes "auto" or "default", not "${values['ports']}"`);
  }
  const flags: UpFlags = {};
  if (values['data'] !== undefined) flags.data = values['data'] as string;
  if (values['config'] !== undefined) flags.config = values['config'] as string;
  if (values['ports'] !== undefined) flags.isPortsAuto = values['ports'] === 'auto';
  if (values['ready-file'] !== undefined) flags.readyFile = values['ready-file'] as string;
  if (values['example'] !== undefined) flags.example = values['example'] as string;
  if (values['only'] !== undefined) flags.only = parseOnly(values['only'] as string);
  if (values['strict-ports'] !== undefined) flags.isStrictPorts = values['strict-ports'] as boolean;
  if (values['secure'] !== undefined) flags.isSecure = values['secure'] as boolean;
  if (values['isolate'] !== undefined) flags.isIsolated = values['isolate'] as boolean;
  return flags;
}

function parseOnly(text: string): PartKey[] {
  const keys = text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return keys.map(builtPartKey);
}

/** Checks the name of a part that is to be started. Throws HW_CLI_PART. */
export function builtPartKey(key: string): PartKey {
  if (!isPartKey(key)) {
    throw new HeadwaterError('HW_CLI_PART', `there is no part "${key}": the parts are ${builtPartKeys.join(', ')}`);
  }
  if (!partTable[key].isBuilt) {
    throw new HeadwaterError(
      'HW_CLI_NOT_BUILT',
      `the part "${key}" is not built yet: this version has ${builtPartKeys.join(', ')}`,
    );
  }
  return key;
}
