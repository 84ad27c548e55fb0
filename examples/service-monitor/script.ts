/**
 * What the services of the example do, made of a seed: each life of a service is a line of words, which a shell can read as well as Java.
 *
 *   trigger:NAME   counts NAME once            notify:SEVERITY   sends a message
 *   wait:MS        does nothing                 log:LEVEL         writes a log line
 *   down, up       what /health says            exit:CODE         ends with that code, which is a crash
 *   kill           ends by SIGKILL              rest              goes on without doing anything more
 */
export type Step = string;

export interface ScriptSettings {
  /** The same seed gives the same script. Default 1. */
  seed: number;
  /** How much faster than life: 10 makes each wait a tenth. Default 1. */
  rate: number;
  /** Lives of each service before it has recovered. Default 4. */
  lives: number;
  /** True: when it has recovered it rests; otherwise it all begins again. Default false. */
  isOnce: boolean;
}

/** What a service does in each of its lives, the first one first. */
export type Script = readonly (readonly Step[])[];

/** What is counted of a script that was done once. */
export interface Expected {
  triggers: Record<string, number>;
  notifications: number;
  /** Exit codes and signals of its crashes, in their order. */
  crashes: string[];
}

const triggers: Readonly<Record<string, readonly string[]>> = {
  orders: ['order-placed', 'order-paid'],
  sensors: ['too-hot', 'too-cold'],
  billing: ['invoice-sent', 'invoice-overdue'],
  routing: ['route-found', 'route-blocked'],
  backup: ['backup-made'],
  edge: ['cache-hit', 'cache-miss'],
};

/** The services that a script is for. */
export const scripted: readonly string[] = Object.keys(triggers);

export function settingsOf(env: Readonly<Record<string, string | undefined>>): ScriptSettings {
  return {
    seed: numberOf(env, 'SEED', 1),
    rate: numberOf(env, 'RATE', 1),
    lives: numberOf(env, 'LIVES', 4),
    isOnce: env['HEADWATER_SERVICE_MONITOR_ONCE'] === 'true',
  };
}

/** @throws Error that names the variable */
function numberOf(env: Readonly<Record<string, string | undefined>>, name: string, otherwise: number): number {
  const variable = `HEADWATER_SERVICE_MONITOR_${name}`;
  const value = Number(env[variable] ?? otherwise);
  if (value > 0 && value <= 1_000_000) return value;
  throw new Error(`${variable} is ${env[variable]}: give a number above 0, such as ${otherwise}`);
}

export function scriptOf(service: string, { isOnce, lives, rate, seed }: ScriptSettings): Script {
  const random = randomOf(`${seed}:${service}`);
  const below = (bound: number): number => Math.floor(random() * bound);
  const wait = (ms: number): Step => `wait:${Math.max(1, Math.round((ms * (0.5 + random())) / rate))}`;
  const names = triggers[service] ?? ['tick'];
  const life = (isLast: boolean): Step[] => {
    const steps: Step[] = [wait(2_000)];
    for (let left = 4 + below(6); left > 0; left--) {
      steps.push(`trigger:${names[below(names.length)]}`, wait(1_500));
      if (below(4) === 0) steps.push(`log:${['INFO', 'WARN', 'ERROR'][below(3)]}`);
    }
    // One service goes up and down without crashing.
    if (service === 'sensors')
      for (let flaps = 3; flaps > 0; flaps--) steps.push('down', wait(6_000), 'up', wait(6_000));
    if (isLast) return [...steps, 'notify:info', isOnce ? 'rest' : 'exit:0'];
    return [...steps, 'notify:warning', 'log:ERROR', below(3) === 0 ? 'kill' : `exit:${1 + below(3)}`];
  };
  return Array.from({ length: lives }, (_, at) => life(at === lives - 1));
}

/** The steps of one life; `restarts` is how often the service was started again. */
export function lifeOf(script: Script, restarts: number, isOnce: boolean): readonly Step[] {
  if (!isOnce) return script[restarts % script.length]!;
  return script[restarts] ?? ['rest'];
}

export function expectedOf(script: Script): Expected {
  const expected: Expected = { triggers: {}, notifications: 0, crashes: [] };
  for (const step of script.flat()) {
    const [word, value = ''] = step.split(':') as [string, string?];
    if (word === 'trigger') expected.triggers[value] = (expected.triggers[value] ?? 0) + 1;
    else if (word === 'notify') expected.notifications += 1;
    else if (word === 'kill') expected.crashes.push('SIGKILL');
    else if (word === 'exit') expected.crashes.push(value);
  }
  return expected;
}

/** Numbers from 0 to 1, the same for the same text (FNV-1a, then mulberry32). */
function randomOf(text: string): () => number {
  let state = 0x811c_9dc5;
  for (const character of text) state = Math.imul(state ^ character.codePointAt(0)!, 0x0100_0193);
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
