/** A SQL server as a process that can be killed: its options as JSON in the first argument. SIGTERM closes it. */
import { silentLogger } from '@headwater/logger';
import { startSql } from '../../index.ts';

export interface ServerOptions {
  readonly bootstrap: string;
  readonly port: number;
  readonly stateDir: string;
  readonly settings: Readonly<Record<string, string>>;
}

function tell(fields: unknown, message?: string): void {
  const { error, ...rest } = fields as { error?: unknown };
  const cause = error instanceof Error ? error.stack : String(error ?? '');
  process.stderr.write(`${new Date().toISOString()} ${message} ${JSON.stringify(rest)} ${cause}\n`);
}

if (import.meta.main) {
  const { bootstrap, port, settings, stateDir } = JSON.parse(process.argv[2]!) as ServerOptions;
  const server = await startSql({
    bootstrap,
    port,
    stateDir,
    settings: Object.entries(settings),
    logger: { ...silentLogger, warn: tell, error: tell },
  });
  process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
  process.on('unhandledRejection', (error) => {
    process.stderr.write(`unhandled: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(4);
  });
  process.stdout.write(`${server.url}\n`);
}
