import { fileURLToPath } from 'node:url';
import { lifeOf, scriptOf, settingsOf } from './script.ts';

export {
  type Expected,
  expectedOf,
  type Script,
  type ScriptSettings,
  scripted,
  scriptOf,
  settingsOf,
} from './script.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A service of the example, for whoever starts it: always as a process of its own. */
export interface ExampleService {
  name: string;
  /** The program and its arguments; the first is looked for in PATH, and where it is not the service is left out. */
  command: readonly string[];
  port?: number;
  portVariable?: string;
  /** More of its environment; `restarts`: how often it was started again. */
  environment(env: Environment, restarts: number): Record<string, string>;
}

function service(name: string, program: string, file: string, port?: number): ExampleService {
  const portVariable = `HEADWATER_SERVICE_MONITOR_${name.toUpperCase()}_PORT`;
  return {
    name,
    command: [program, fileURLToPath(new URL(file, import.meta.url))],
    ...(port === undefined ? {} : { port, portVariable }),
    environment(env, restarts) {
      const settings = settingsOf(env);
      const discoveryUrl = env['HEADWATER_DISCOVERY_URL'];
      return {
        STEPS: lifeOf(scriptOf(name, settings), restarts, settings.isOnce).join(' '),
        INSTANCE: port === undefined ? name : `127.0.0.1:${name}:${env[portVariable] ?? port}`,
        MONITOR_URL: env['HEADWATER_MONITOR_URL'] ?? 'http://127.0.0.1:9093',
        ...(discoveryUrl === undefined ? {} : { EUREKA_URL: `${discoveryUrl}/eureka` }),
        ...(port === undefined ? {} : { PORT: env[portVariable] ?? String(port) }),
      };
    },
  };
}

/** Six small services in as many languages that start, crash, flap and recover by script, to be watched. */
export const example = {
  name: 'service-monitor',
  services: [
    service('orders', 'node', './orders/main.ts', 8191),
    service('sensors', 'node', './sensors/main.js', 8192),
    service('billing', 'python3', './billing/main.py', 8193),
    service('routing', 'java', './routing/Main.java', 8194),
    service('edge', 'perl', './edge/main.pl', 8195),
    service('backup', 'sh', './backup/main.sh'),
  ],
  routes: [],
} as const;
