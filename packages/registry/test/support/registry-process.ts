/** A registry as a process of its own, to be killed. Arguments: its options as JSON. Writes its address when it answers. */
import { startRegistry } from '../../index.ts';

const registry = await startRegistry(JSON.parse(process.argv[2]!));
console.log(registry.url);
process.once('SIGTERM', () => void registry.close().then(() => process.exit(0)));
