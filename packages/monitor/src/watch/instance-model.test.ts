import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashBook } from '../board/crash-book.ts';
import type { CrashRecord, StatusRecord } from '../events/records.ts';
import { InstanceWatch } from './instance-watch.ts';

const seed = Number(process.env['HEADWATER_TEST_SEED'] ?? Date.now() % 1_000_000_000);

/** mulberry32: small, and the same everywhere. */
function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * A service whose truth is known: it starts, stops, is killed, hangs, is cut off, and comes back; the crawler is killed too and goes on from the topics. What the
 * watch makes of it is compared with what happened: each death that nobody asked for is one crash, and nothing else is.
 */
class World {
  readonly log: string[] = [];
  readonly statuses: StatusRecord[] = [];
  readonly records: CrashRecord[] = [];
  readonly #random: () => number;
  readonly #isSupervised: boolean;
  #book = new CrashBook();
  #watch: InstanceWatch;
  #nowMs = 1_800_000_000_000;
  #nextPid = 1;
  #process: { pid: number; startedMs: number } | undefined;
  /** A process that was seen by the crawler: only its end can be noticed. */
  #isSeen = false;
  deaths = 0;

  constructor(start: number) {
    this.#random = randomOf(start);
    this.#isSupervised = this.#random() < 0.5;
    this.#watch = this.#open();
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i += 1) this.#step();
    assert.equal(this.records.length, this.deaths, this.log.slice(-25).join('\n'));
  }

  #open(): InstanceWatch {
    const last = this.statuses.at(-1);
    // Whatever is on the topics is what a new crawler knows.
    this.#book = new CrashBook();
    for (const crash of this.records) this.#book.add('s', 'i', crash);
    return new InstanceWatch(
      {
        service: 's',
        instance: 'i',
        address: null,
        source: 'discovery',
        crawler: 'model',
        isToldCrash: (run, nowMs) => this.#book.has('s', 'i', run, nowMs),
        ...(last && {
          memory: { status: last.status, sinceMs: last.timestampMs, reason: last.reason, run: last.details.run },
        }),
      },
      {
        status: (record) => this.statuses.push(record),
        crash: (record) => {
          assert.ok(this.#book.add('s', 'i', record), `told twice: ${JSON.stringify(record)}`);
          this.records.push(record);
          this.log.push(`   CRASH ${record.kind} ${record.pid}`);
        },
      },
    );
  }

  #step(): void {
    this.#nowMs += 1_000 + Math.floor(this.#random() * 20_000);
    const choice = this.#random();
    const running = this.#process;
    if (running === undefined) {
      if (choice < 0.7) this.#start();
      else this.#poll();
    } else if (choice < 0.45) this.#poll();
    else if (choice < 0.6) this.#kill(running);
    else if (choice < 0.7) this.#stop(running);
    else if (choice < 0.8) this.#hang();
    else if (choice < 0.9) this.#killAndRestart(running);
    else this.#restartCrawler();
  }

  #say(text: string): void {
    this.log.push(`${this.#nowMs % 100_000_000} ${text}`);
  }

  #start(): void {
    this.#process = { pid: this.#nextPid++, startedMs: this.#nowMs };
    this.#say(`start ${this.#process.pid}`);
    if (this.#isSupervised) this.#watch.started(this.#nowMs, this.#process.pid, this.#nowMs);
    this.#nowMs += 500;
    this.#see();
  }

  /** It registers, and answers. */
  #see(): void {
    const { pid, startedMs } = this.#process!;
    this.#watch.listed(this.#nowMs, 'UP', { pid, startedMs: startedMs + 300 });
    this.#watch.answered(this.#nowMs + 10, 'UP', 'answers 200', 1);
    this.#isSeen = true;
  }

  #poll(): void {
    if (this.#process !== undefined) {
      this.#watch.answered(this.#nowMs, 'UP', 'answers 200', 1);
      if (this.#random() < 0.5) this.#watch.identified(this.#nowMs, this.#process);
      return;
    }
    if (this.#watch.failed(this.#nowMs, 'refused', 'connection refused', 1))
      this.#watch.gone(this.#nowMs, 'connection refused');
  }

  #kill({ pid }: { pid: number }): void {
    this.#say(`kill ${pid}`);
    this.#process = undefined;
    if (this.#isSeen) this.deaths += 1;
    this.#isSeen = false;
    // The ways to notice it, in any order, all or some; one at least.
    const ways = [
      () => {
        for (let i = 0; i < 2; i += 1) this.#refuse();
      },
      () => {
        this.#refuse();
        this.#watch.left(this.#nowMs, 'expired');
      },
      ...(this.#isSupervised ? [() => this.#exit(pid)] : []),
    ];
    const first = Math.floor(this.#random() * ways.length);
    ways[first]!();
    for (const [i, way] of ways.entries()) {
      if (i !== first && this.#random() < 0.7) way();
    }
  }

  #refuse(): void {
    this.#nowMs += 250;
    if (this.#watch.failed(this.#nowMs, 'refused', 'connection refused', 1))
      this.#watch.gone(this.#nowMs, 'connection refused');
  }

  #exit(pid: number): void {
    this.#watch.exited(this.#nowMs, {
      pid,
      exitCode: null,
      signal: 'SIGKILL',
      uptimeMs: null,
      restarts: 0,
      lastLines: [],
      isExpected: false,
    });
  }

  #stop({ pid }: { pid: number }): void {
    this.#say(`stop ${pid}`);
    this.#process = undefined;
    this.#isSeen = false;
    if (this.#random() < 0.3) this.#refuse();
    this.#watch.left(this.#nowMs, 'cancelled');
    if (this.#isSupervised)
      this.#watch.exited(this.#nowMs, {
        pid,
        exitCode: 0,
        signal: null,
        uptimeMs: 1,
        restarts: 0,
        lastLines: [],
        isExpected: true,
      });
  }

  /** No answer for a while, shorter than a missing heartbeat, then as before. */
  #hang(): void {
    this.#say('hang');
    this.#watch.failed(this.#nowMs, 'silent', 'no answer within 2000 ms', 2_000);
    if (this.#random() < 0.5) this.#watch.failed((this.#nowMs += 3_000), 'silent', 'no answer within 2000 ms', 2_000);
    this.#watch.answered((this.#nowMs += 1_000), 'UP', 'answers 200', 1);
  }

  /** Gone and back between two looks. */
  #killAndRestart({ pid }: { pid: number }): void {
    this.#say(`kill and restart ${pid}`);
    if (this.#isSeen) this.deaths += 1;
    this.#process = { pid: this.#nextPid++, startedMs: this.#nowMs };
    const exit = this.#isSupervised && this.#random() < 0.5;
    if (exit) this.#exit(pid);
    this.#see();
    // Late news of the one before.
    if (this.#isSupervised && !exit) this.#exit(pid);
  }

  /** The crawler is killed, sometimes before its last status was on the topic; the service may be killed and started meanwhile. */
  #restartCrawler(): void {
    this.#say('crawler killed');
    this.#watch.heartbeat(this.#nowMs);
    const isReplaced = this.#process !== undefined && this.#random() < 0.3;
    if (isReplaced) {
      this.#say(`  meanwhile ${this.#process!.pid} is killed and another started`);
      this.deaths += 1;
      this.#process = { pid: this.#nextPid++, startedMs: this.#nowMs };
    }
    this.#nowMs += 60_000;
    this.#watch = this.#open();
    if (this.#process !== undefined) this.#see();
  }
}

test(`one crash for each death, in histories of any order (HEADWATER_TEST_SEED=${seed})`, () => {
  for (let i = 0; i < 400; i += 1) new World(seed + i).run(60);
});
