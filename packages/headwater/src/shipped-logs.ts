import type { Logger } from '@headwater/logger';
import type { LogLine, LogOrigin, LogShipper } from '@headwater/logger/ship';

/** Lines of a part or service before there is anybody to send them to. */
const earlyMax = 1_000;

interface EarlyLine {
  origin: LogOrigin;
  line: LogLine;
}

/**
 * What parts and services log, beside what a person at the terminal sees: sent to the part `otlp` once its address is known, from `info` on. Lines from before
 * are kept until then, a bounded number.
 */
export class ShippedLogs {
  readonly #early: EarlyLine[] = [];
  #shipper: LogShipper | undefined;
  #isOff = false;

  /** The platform runs in one process: its instance is its process. */
  logger(name: string, shown: Logger): Logger {
    const origin: LogOrigin = { service: name, instance: `${name}:${process.pid}` };
    const at = (level: 'info' | 'warn' | 'error') => (fields: Record<string, unknown>, message: string) => {
      shown[level](fields, message);
      this.#ship(origin, { level, timeMs: Date.now(), message, fields });
    };
    return { debug: shown.debug.bind(shown), info: at('info'), warn: at('warn'), error: at('error') };
  }

  /** @param url undefined: nobody takes lines */
  async open(url: string | undefined): Promise<void> {
    if (url === undefined) {
      this.#isOff = true;
      this.#early.length = 0;
      return;
    }
    const { LogShipper } = await import('@headwater/logger/ship');
    const shipper = new LogShipper({ url });
    this.#shipper = shipper;
    for (const { line, origin } of this.#early.splice(0)) this.#ship(origin, line);
  }

  async close(): Promise<void> {
    this.#isOff = true;
    await this.#shipper?.close();
  }

  #ship(origin: LogOrigin, line: LogLine): void {
    if (this.#shipper === undefined) {
      if (!this.#isOff && this.#early.length < earlyMax) this.#early.push({ origin, line });
      // As a child process wrote it: JSON that says more than the line that it stands in.
    } else if (line.message.startsWith('{')) this.#shipper.shipLine(origin, line.message, line.level);
    else this.#shipper.ship(origin, line);
  }
}
