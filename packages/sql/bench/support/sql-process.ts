/** A broker, or a server of streaming SQL, in a process of its own; it tells where it is, and at each message the processor time it has used. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { startBroker } from '@headwater/broker';
import { startSql } from '../../src/server/start-sql.ts';

export interface Told {
  readonly address: string;
  readonly cpuMs: number;
  readonly residentMb: number;
}

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly address: string;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** @param bootstrap of the broker that a server of SQL works with; without it: a broker */
  static async start(bootstrap?: string): Promise<ServerProcess> {
    const child = fork(import.meta.filename, bootstrap === undefined ? ['broker'] : ['sql', bootstrap]);
    const [told] = (await once(child, 'message')) as [Told];
    return new ServerProcess(child, told.address);
  }

  async reading(): Promise<Told> {
    const answer = once(this.#child, 'message');
    this.#child.send('tell');
    return (await answer)[0] as Told;
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  const [, , kind, bootstrap] = process.argv;
  const address =
    kind === 'broker' ? (await startBroker()).bootstrap : (await startSql({ bootstrap: bootstrap!, port: 0 })).url;
  const tell = () => {
    const { system, user } = process.cpuUsage();
    const residentMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
    process.send!({ address, residentMb, cpuMs: Math.round((system + user) / 1_000) } satisfies Told);
  };
  process.on('message', tell);
  process.on('disconnect', () => process.exit());
  tell();
}
