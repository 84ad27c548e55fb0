import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startDiscovery } from '../../index.ts';

/** A discovery server in a process of its own, to be killed. */
export interface DiscoveryProcess {
  url: string;
  kill(): Promise<void>;
}

export async function startDiscoveryProcess(bootstrap: string, topic: string): Promise<DiscoveryProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), bootstrap, topic], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [url] = (await Promise.race([once(lines, 'line'), exited])) as [unknown];
  if (typeof url !== 'string') throw new Error(`the discovery process ended with ${String(url)}`);
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

if (import.meta.main) {
  const [bootstrap, topic] = process.argv.slice(2) as [string, string];
  const { url } = await startDiscovery({ port: 0, bootstrap, topic });
  console.log(url);
  // It ends with whoever started it.
  process.stdin.on('end', () => process.exit(0)).resume();
}
