/** What a verification costs: `node packages/auth/bench/verify.ts [seconds]`. */
import { createTokenVerifier } from '@headwater/auth';
import { startTestIssuer } from '@headwater/auth/testing';

const seconds = Number(process.argv[2] ?? 2);

async function measure(name: string, once: () => unknown): Promise<void> {
  for (let i = 0; i < 200; i++) await once();
  const cpu = process.cpuUsage();
  const from = performance.now();
  let count = 0;
  while (performance.now() - from < seconds * 1_000) {
    await once();
    count++;
  }
  const wallUs = ((performance.now() - from) * 1_000) / count;
  const { user, system } = process.cpuUsage(cpu);
  console.log(`${name}: ${wallUs.toFixed(1)} µs, CPU ${((user + system) / count).toFixed(1)} µs`);
}

for (const algorithm of ['RS256', 'ES256']) {
  await using issuer = await startTestIssuer({ algorithm });
  // As long as Keycloak's: about 1,200 characters.
  const token = await issuer.token({ typ: 'Bearer', realm_access: { roles: ['viewer'] }, filler: 'x'.repeat(600) });
  const known = createTokenVerifier({ issuer: issuer.issuer });
  const uncached = createTokenVerifier({ issuer: issuer.issuer, maxCachedTokens: 0 });
  console.log(`${algorithm}, ${token.length} characters`);
  // A header arrives as a new string each time: one that was hashed before would flatter the cache.
  const bytes = Buffer.from(token);
  await known.verify(token);
  await measure('  seen before (peek)', () => known.peek(bytes.toString('latin1')));
  await measure('  seen before (verify)', () => known.verify(bytes.toString('latin1')));
  await measure('  verified', () => uncached.verify(bytes.toString('latin1')));
}
