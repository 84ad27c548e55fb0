import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import {
  type RowsHead,
  runStatements,
  type SqlEntity,
  type SqlProperties,
  streamLines,
  streamRows,
} from '../../api/sql.ts';
import { paused } from '../../app/live.ts';
import { FrameBatch } from '../../live/frame-batch.ts';
import { EventRate } from '../../live/rate.ts';
import { RingBuffer } from '../../live/ring-buffer.ts';
import { verbOf } from './statement-at.ts';

export interface SqlRow {
  /** Counted from 1, in the order in which they came. */
  number: number;
  cells: string[];
}

export interface SqlRun {
  statement: string;
  state: 'running' | 'done' | 'stopped' | 'failed';
  startedAtMs: number;
  tookMs: number | null;
  error: ApiError | null;
  entities: SqlEntity[] | null;
  head: RowsHead | null;
  /** The newest first while they come without end. */
  rows: readonly SqlRow[];
  rowsTotal: number;
  perSecond: number;
}

/** Rows that are kept; older ones are counted only. */
export const rowsKept = 5_000;

/** Runs one statement at a time, and ends it with the page. */
export function useSqlRun(): {
  run: SqlRun | null;
  start(statement: string, properties: SqlProperties): void;
  stop(): void;
} {
  const [run, setRun] = useState<SqlRun | null>(null);
  const current = useRef<AbortController | null>(null);
  useEffect(() => () => current.current?.abort(), []);

  const start = (statement: string, properties: SqlProperties): void => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    const { signal } = controller;
    const startedAtMs = Date.now();
    const buffer = new RingBuffer<SqlRow>(rowsKept);
    const rate = new EventRate();
    const isEndless = /\bEMIT\s+CHANGES\b/i.test(statement) || verbOf(statement) === 'PRINT';
    let state: SqlRun = {
      statement,
      state: 'running',
      startedAtMs,
      tookMs: null,
      error: null,
      entities: null,
      head: null,
      rows: [],
      rowsTotal: 0,
      perSecond: 0,
    };
    const publish = (): void => {
      if (signal.aborted && state.state === 'running') return;
      const newest = Array.from({ length: buffer.length }, (_, index) => buffer.newest(index)!);
      const perSecond = state.state === 'running' ? rate.perSecond(Date.now()) : 0;
      setRun({ ...state, rows: isEndless ? newest : newest.reverse(), rowsTotal: buffer.total, perSecond });
    };
    // What stands still is counted, and shown afterwards.
    const frames = new FrameBatch(() => {
      if (!paused.get()) publish();
    }, 100);
    const unsubscribe = paused.subscribe(() => frames.mark());
    const timer = setInterval(() => frames.mark(), 1000);
    const end = (changes: Partial<SqlRun>): void => {
      unsubscribe();
      clearInterval(timer);
      frames.close();
      state = { ...state, ...changes, tookMs: Date.now() - startedAtMs };
      if (current.current === controller) publish();
    };
    const add = (cells: string[]): void => {
      buffer.push({ number: buffer.total + 1, cells });
      rate.add(1, Date.now());
      frames.mark();
    };
    setRun(state);
    const work = async (): Promise<void> => {
      const verb = verbOf(statement);
      const text = `${statement};`;
      if (verb === 'SELECT') {
        const onHead = (head: RowsHead): void => {
          state = { ...state, head };
          frames.mark();
        };
        await streamRows(text, properties, { onHead, onRow: add, signal });
      } else if (verb === 'PRINT') {
        state = { ...state, head: { queryId: null, columnNames: ['Record'], columnTypes: [''] } };
        await streamLines(text, { onLine: (line) => add([line]), signal });
      } else {
        state = { ...state, entities: await runStatements(text, properties, signal) };
      }
    };
    work().then(
      () => end({ state: signal.aborted ? 'stopped' : 'done' }),
      (error: unknown) => {
        if (signal.aborted) end({ state: 'stopped' });
        else {
          const known = error instanceof ApiError ? error : new ApiError(-1, 'HW_CONSOLE_BUG', String(error));
          end({ state: 'failed', error: known });
        }
      },
    );
  };
  return { run, start, stop: () => current.current?.abort() };
}
