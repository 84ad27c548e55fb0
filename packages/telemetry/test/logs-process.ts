// The part `logs` in a process of its own, which tests kill: its options as JSON on the command line, its port on standard output.
import { startLogs } from '../index.ts';

const logs = await startLogs(JSON.parse(process.argv[2]!) as Parameters<typeof startLogs>[0]);
process.stdout.write(`${logs.port}\n`);
