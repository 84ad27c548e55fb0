import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser } from './browser.ts';

const root = resolve(import.meta.dirname, '../../..');
/** A first start on a machine with much else to do takes its time. */
const readyWithinMs = 180_000;

export interface RunningSystem {
  url: string;
  /** A page of the console, and the errors that its console has told. */
  openPage: (path: string) => Promise<{ page: Page; complaints: string[] }>;
  stop: () => Promise<void>;
}

/** The whole platform with the tweets example, started as a user starts it. */
export async function startSystem(...flags: string[]): Promise<RunningSystem> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-console-'));
  const readyFile = join(directory, 'ready.json');
  const args = ['up', '--example', 'tweets', '--ports', 'auto', '--ready-file', readyFile];
  const system = spawn(
    process.execPath,
    ['packages/headwater/bin/headwater.ts', ...args, '--data', join(directory, 'data'), ...flags],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(system, 'exit');
  const stop = async (): Promise<void> => {
    system.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (const until = Date.now() + readyWithinMs; !existsSync(readyFile); ) {
      assert.ok(Date.now() < until && system.exitCode === null, 'the system did not get ready');
      await new Promise((done) => setTimeout(done, 100));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const { console: url } = JSON.parse(readFileSync(readyFile, 'utf8')) as { console: string };
  const openPage = async (path: string): Promise<{ page: Page; complaints: string[] }> => {
    const page = await (await openBrowser()).newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
    await page.goto(url + path);
    return { page, complaints };
  };
  return { url, openPage, stop };
}
