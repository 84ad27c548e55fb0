import { BrokerError } from '../../broker-error.ts';

export interface JaasEntry {
  /** `org.apache.kafka.common.security.plain.PlainLoginModule` */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

const head = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b/i;
const option = /\s+([\w.$@+-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([^\s;"']+))/y;

/**
 * A `sasl.jaas.config`: one login module with its options, as in a JAAS file.
 *
 * @throws BrokerError HW_BROKER_CONFIG; never with the text, which has passwords in it
 */
export function parseJaasConfig(text: string): JaasEntry {
  const start = head.exec(text);
  if (start === null) throw invalid('it must begin with the class of a login module and "required"');
  const options = new Map<string, string>();
  let end = start[0].length;
  for (;;) {
    option.lastIndex = end;
    const match = option.exec(text);
    if (match === null) break;
    const [, name, double, single, bare] = match;
    options.set(name!, (double ?? single ?? bare)!.replace(/\\(.)/g, '$1'));
    end = option.lastIndex;
  }
  if (!/^\s*;\s*$/.test(text.slice(end)))
    throw invalid(`options are name="value", and a semicolon ends it (see character ${end})`);
  return { module: start[1]!, options };
}

/** The users that a broker's line names: `user_alice="secret"`. */
export function jaasUsers({ options }: JaasEntry): Map<string, string> {
  const users = new Map<string, string>();
  for (const [name, value] of options) if (name.startsWith('user_')) users.set(name.slice(5), value);
  return users;
}

function invalid(problem: string): BrokerError {
  const example = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="…";';
  return new BrokerError('HW_BROKER_CONFIG', `sasl.jaas.config cannot be read: ${problem}. Such as: ${example}`);
}
