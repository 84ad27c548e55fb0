import type { Logger } from '@headwater/logger';
import type { RecoveryFinding, RecoveryReport } from './types.ts';

const findingsMax = 1000;

/** Collects what recovery found, and tells the log. */
export class RecoveryRecorder implements RecoveryReport {
  isClean = true;
  staleLockPid: number | null = null;
  partitionsChecked = 0;
  scannedBytes = 0;
  durationMs = 0;
  readonly findings: RecoveryFinding[] = [];
  findingsDropped = 0;
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(finding: RecoveryFinding): void {
    const { message, ...fields } = finding;
    this.#logger.warn(fields, message);
    if (this.findings.length < findingsMax) this.findings.push(finding);
    else this.findingsDropped++;
  }
}
