import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type Fixture, type FixtureOptions, startFixture } from '../dev/fixture-server.ts';
import { consoleDir } from '../index.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Why the browser suite cannot run here, or false. */
export const skip: string | false = !existsSync(executablePath)
  ? `no Chromium at ${executablePath}: install it, or set CHROMIUM`
  : !existsSync(`${consoleDir}/index.html`)
    ? 'the console is not built: npm run build --workspace @headwater/console'
    : false;

let browser: Promise<Browser> | null = null;

export function openBrowser(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = null;
}

export interface Opened {
  fixture: Fixture;
  page: Page;
  /** Errors of the page's console, uncaught ones, and answers of 400 and above. */
  complaints: string[];
}

/** A fixture server and a page on it, closed with the test. */
export async function open(
  t: TestContext,
  path: string,
  options: FixtureOptions & { browser?: BrowserContextOptions } = {},
): Promise<Opened> {
  const fixture = await startFixture(options);
  const context = await (await openBrowser()).newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    ...options.browser,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  t.after(async () => {
    await context.close();
    await fixture.close();
  });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(`${fixture.url}${path}`);
  return { fixture, page, complaints };
}
