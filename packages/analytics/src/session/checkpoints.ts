/** How often it is looked whether a checkpoint is due, and after how much WAL it is. */
const lookEveryMs = 60_000;
const checkpointBytes = 16 << 20;

/** Checkpoints, which PostgreSQL's own process would make, but is not here. */
export class Checkpoints {
  #lookedMs: number;

  constructor(nowMs: number) {
    this.#lookedMs = nowMs;
  }

  isDue(nowMs: number): boolean {
    return nowMs - this.#lookedMs > lookEveryMs;
  }

  async look(ask: (sql: string) => Promise<(string | null)[][]>, nowMs: number): Promise<void> {
    this.#lookedMs = nowMs;
    const [row] = await ask('SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) FROM pg_control_checkpoint()');
    if (Number(row?.[0] ?? 0) > checkpointBytes) await ask('CHECKPOINT');
  }
}
