/**
 * The same questions to this server and to Spring Cloud Config Server, on random repositories: `peers/spring` of HEADWATER_SHARED, started
 * here, or a server that is given by HEADWATER_TEST_SPRING_CONFIG with its (native) folder HEADWATER_TEST_SPRING_CONFIG_REPO.
 * HEADWATER_TEST_SEED chooses other repositories.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { startConfig } from '../index.ts';
import { compare, type Difference, requestPaths } from './support/compare.ts';
import { randomRepository, seededRandom } from './support/random-repository.ts';

const repositories = 12;
const requestsEach = 60;
const script = join(process.env['HEADWATER_SHARED'] ?? '', 'peers/spring');
const closers: (() => void)[] = [];
after(() => {
  for (const close of closers.reverse()) close();
});

function startPeer(): { url: string; repo: string } | string {
  const given = process.env['HEADWATER_TEST_SPRING_CONFIG'];
  const givenRepo = process.env['HEADWATER_TEST_SPRING_CONFIG_REPO'];
  if (given !== undefined && givenRepo !== undefined) return { url: given, repo: givenRepo };
  if (process.env['HEADWATER_SHARED'] === undefined || !existsSync(script))
    return 'peers/spring of HEADWATER_SHARED is not there';
  const repo = mkdtempSync(join(tmpdir(), 'headwater-config-peer-'));
  closers.push(() => rmSync(repo, { recursive: true, force: true }));
  try {
    const env = { ...process.env, SPRING_PEER_CONFIG_REPO: repo };
    if (/running: config/.test(run(['status'], env))) return 'peers/spring runs its config server for somebody else';
    const url = /SPRING_CONFIG_URL=(\S+)/.exec(run(['start', 'config'], env))?.[1];
    if (url === undefined) return 'peers/spring did not say where it is';
    closers.push(() => run(['stop', 'config'], env));
    return { url, repo };
  } catch (error) {
    return `peers/spring did not start: ${(error as Error).message.split('\n')[0]}`;
  }
}

function run(args: string[], env: NodeJS.ProcessEnv): string {
  try {
    return execFileSync(script, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 200_000 });
  } catch (error) {
    // Its status is 1 when nothing runs.
    if (args[0] === 'status') return String((error as { stdout?: string }).stdout ?? '');
    throw error;
  }
}

/** A value with a line break or quotes that is filled in breaks the real server's JSON and YAML: listed in COMPATIBILITY.md. */
function isListed({ path, peer }: Difference): boolean {
  if (path.includes('resolvePlaceholders=false') || path.startsWith('v2:')) return false;
  if (/\.json$/.test(path)) {
    try {
      JSON.parse(peer.slice(peer.indexOf('\n') + 1));
      return false;
    } catch {
      return true;
    }
  }
  return /\.ya?ml$/.test(path);
}

test('random repositories: both servers answer alike', async (t) => {
  const peer = startPeer();
  if (typeof peer === 'string') return t.skip(peer);
  const ours = await startConfig({ repo: peer.repo, port: 0 });
  try {
    const base = Number(process.env['HEADWATER_TEST_SEED'] ?? 1);
    const counts = { alike: 0, listed: 0 };
    for (let seed = base; seed < base + repositories; seed++) {
      const random = seededRandom(seed);
      for (const name of readdirSync(peer.repo)) rmSync(join(peer.repo, name), { recursive: true });
      for (const [path, text] of randomRepository(random)) {
        mkdirSync(dirname(join(peer.repo, path)), { recursive: true });
        writeFileSync(join(peer.repo, path), text);
      }
      const paths = requestPaths();
      for (let i = 0; i < requestsEach; i++) {
        const path = paths[Math.floor(random() * paths.length)]!;
        const difference = await compare(path, peer.url, ours.url);
        if (difference === undefined) counts.alike += 1;
        else if (isListed(difference)) counts.listed += 1;
        else assert.equal(difference.ours, difference.peer, `seed ${seed}, ${path}`);
      }
    }
    t.diagnostic(`seed ${base}: ${counts.alike} alike, ${counts.listed} with a listed difference`);
    assert.ok(counts.listed < counts.alike / 50, 'listed differences are rare');
  } finally {
    await ours.close();
  }
});
