import { parseArgs } from 'node:util';
import { HeadwaterError } from '../headwater-error.ts';

/** The flags of `headwater types`, as given: what is absent is undefined. */
export interface TypesFlags {
  registry?: string;
  config?: string;
  out: string;
  /** Patterns with `*`; a subject is taken when one of them fits. Empty: all are. */
  subjects: readonly string[];
  isWatching: boolean;
  isCheck: boolean;
}

/** Parses the flags of `types`; the last of a repeated flag wins, `--subjects` adds up. Throws HW_CLI_USAGE. */
export function parseTypesFlags(args: readonly string[]): TypesFlags {
  let values: { [name: string]: string | boolean | string[] | undefined };
  try {
    ({ values } = parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        registry: { type: 'string' },
        config: { type: 'string' },
        out: { type: 'string' },
        subjects: { type: 'string', multiple: true },
        watch: { type: 'boolean' },
        check: { type: 'boolean' },
      },
    }));
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_USAGE', `${(cause as Error).message.split('. To')[0]}: see headwater help`, cause);
  }
  if (values['watch'] && values['check']) {
    throw new HeadwaterError('HW_CLI_USAGE', '--check compares once and --watch goes on writing: give one of them');
  }
  const patterns = ((values['subjects'] as string[] | undefined) ?? []).flatMap((text) => text.split(','));
  return {
    ...(values['registry'] === undefined ? {} : { registry: values['registry'] as string }),
    ...(values['config'] === undefined ? {} : { config: values['config'] as string }),
    out: (values['out'] as string | undefined) ?? 'headwater-types.ts',
    subjects: patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== ''),
    isWatching: values['watch'] === true,
    isCheck: values['check'] === true,
  };
}
