import type { Logger } from '@headwater/logger';

const patienceMs = 3_000;

/** Closes at SIGINT and SIGTERM, and leaves then; the second signal does not wait. A parent that forked the process may also disconnect. */
export function stopAtSignals(close: () => Promise<void>, logger: Logger): void {
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'closing');
    // Whatever holds on to the process then, it has had its time.
    setTimeout(() => process.exit(0), patienceMs).unref();
    void close().then(() => {
      process.disconnect?.();
      setTimeout(() => process.exit(0), 100).unref();
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (process.send !== undefined) process.on('disconnect', () => stop('disconnect'));
}
