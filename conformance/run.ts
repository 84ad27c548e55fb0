/** Runs a foreign suite by name: `npm run conformance -- search [arguments]`. */
const suites: Record<string, () => Promise<(args: readonly string[]) => Promise<number>>> = {
  fabric: async () => (await import('./fabric/run.ts')).runFabricSuite,
  identity: async () => (await import('./identity/run.ts')).runIdentitySuite,
  ksql: async () => (await import('./ksql/run.ts')).runKsqlSuite,
  logs: async () => (await import('./logs/run.ts')).runLogsSuite,
  registry: async () => (await import('./registry/run.ts')).runRegistrySuite,
  resilience: async () => (await import('./resilience/run.ts')).runResilienceSuite,
  search: async () => (await import('./search/run.ts')).runSearchSuite,
  streams: async () => (await import('./streams/run.ts')).runStreamsSuite,
};

const [name, ...args] = process.argv.slice(2);
const load = name === undefined ? undefined : suites[name];
if (load === undefined) {
  console.error(
    `${name === undefined ? 'no suite named' : `no suite "${name}"`}: choose one of ${Object.keys(suites).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const run = await load();
  process.exitCode = await run(args);
  // What a suite has left open holds nobody up.
  setTimeout(() => process.exit(), 10_000).unref();
}
