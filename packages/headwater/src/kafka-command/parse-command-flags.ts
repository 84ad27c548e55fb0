import { type ParseArgsConfig, parseArgs } from 'node:util';
import { HeadwaterError } from '../headwater-error.ts';

type FlagOptions = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends FlagOptions> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>
>;

/**
 * Parses flags and names; a value may begin with a minus and a digit (`--from -10m`). Throws HW_CLI_USAGE that says where the help is.
 *
 * @param command as it is typed: `topics create`
 */
export function parseCommandFlags<const O extends FlagOptions>(
  command: string,
  args: readonly string[],
  options: O,
): Parsed<O> {
  try {
    return parseArgs({ args: withJoinedValues(args, options), options, allowPositionals: true });
  } catch (cause) {
    throw usageError(command, (cause as Error).message.split('. To')[0]!, cause);
  }
}

export function usageError(command: string, message: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError('HW_CLI_USAGE', `${message}: see headwater ${command} --help`, cause);
}

function withJoinedValues(args: readonly string[], options: FlagOptions): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const flag = args[at]!;
    const value = args[at + 1];
    const takesText = flag.startsWith('--') && options[flag.slice(2)]?.type === 'string';
    if (takesText && value !== undefined && /^-\d/.test(value)) {
      joined.push(`${flag}=${value}`);
      at += 1;
    } else joined.push(flag);
  }
  return joined;
}

/** A whole number of at least `min`; undefined when it is not given. Throws HW_CLI_USAGE. */
export function wholeNumber(command: string, flag: string, text: string | undefined, min = 0): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(number) && number >= min) return number;
  throw usageError(command, `--${flag} takes a whole number from ${min} on, not "${text}"`);
}

/** `NAME=VALUE`, each; a later one of a name wins. Throws HW_CLI_USAGE. */
export function namedValues(command: string, flag: string, texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw usageError(command, `--${flag} takes NAME=VALUE, not "${text}"`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
