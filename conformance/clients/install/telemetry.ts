import { join } from 'node:path';
import { javaProgram } from '../../java-program.ts';
import { cacheDir, canRun, type Launcher, node, run, scriptPath } from './cache.ts';
import { onceFor } from './schemas.ts';

const installTimeoutMs = 600_000;
const pythonPackages = ['opentelemetry-sdk==1.41.1', 'opentelemetry-exporter-otlp-proto-http==1.41.1'];

/** OpenTelemetry's SDK for Node, which this workspace has. */
export async function nodeTelemetry(): Promise<Launcher | string> {
  return withServers([process.execPath, scriptPath('opentelemetry-node.ts')]);
}

/** The same for Python. */
export async function pythonTelemetry(): Promise<Launcher | string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const dir = join(cacheDir, 'python-telemetry');
  const interpreter = join(dir, 'bin/python');
  const failure = await onceFor(dir, pythonPackages.join('\n'), async () => {
    await run('python3', ['-m', 'venv', dir]);
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', ...pythonPackages], { timeout: installTimeoutMs });
  });
  return failure ?? withServers([interpreter, scriptPath('opentelemetry_python.py')]);
}

/** The same for Java, and Brave, which reports to Zipkin. */
export async function javaTelemetry(): Promise<Launcher | string> {
  const program = await javaProgram(join(import.meta.dirname, '../java-telemetry'), 'java-telemetry');
  if (typeof program === 'string') return program;
  return withServers(['java', '-XX:TieredStopAtLevel=1', '-cp', program.classPath, 'Telemetry']);
}

function withServers(command: readonly string[]): Launcher {
  return node('with-telemetry-servers.ts', { TELEMETRY_CLIENT: JSON.stringify(command) });
}
