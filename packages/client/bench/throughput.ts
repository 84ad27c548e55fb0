/**
 * Produces and reads records end to end, and prints lines of JSON:
 *   node packages/client/bench/throughput.ts [host:port]     default: an embedded broker in this process
 */
import { cpus, loadavg } from 'node:os';
import { startBroker } from '@headwater/broker';
import { createClient } from '../index.ts';

const RECORDS = Number(process.env['RECORDS'] ?? 300_000);
const PER_SEND = 100;
const given = process.argv[2];
const broker = given === undefined ? await startBroker() : null;
const client = createClient({ bootstrap: given ?? broker!.bootstrap, clientId: 'bench' });

function report(bench: string, sizeBytes: number, startedMs: number, cpuBefore: NodeJS.CpuUsage): void {
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  console.log(
    JSON.stringify({
      bench,
      broker: given ?? 'embedded, same process',
      recordBytes: sizeBytes,
      records: RECORDS,
      recordsPerSecond: Math.round(RECORDS / seconds),
      mbPerSecond: Number(((RECORDS * sizeBytes) / seconds / 1e6).toFixed(1)),
      cpuSecondsPerMillion: Number(((cpu.user + cpu.system) / RECORDS).toFixed(2)),
      node: process.version,
      cpu: cpus()[0]?.model.trim(),
      load: Number(loadavg()[0]!.toFixed(1)),
    }),
  );
}

for (const sizeBytes of [100, 1024]) {
  const topic = `bench-${process.pid}-${sizeBytes}`;
  await client.createTopics([{ name: topic, partitions: 3 }]);
  const value = Buffer.alloc(sizeBytes, 'x');
  const records = Array.from({ length: PER_SEND }, () => ({ value }));
  for (const round of ['warm-up', 'produce']) {
    const producer = client.producer({ lingerMs: 5 });
    const startedMs = performance.now();
    const cpu = process.cpuUsage();
    const sends: Promise<unknown>[] = [];
    for (let sent = 0; sent < RECORDS; sent += PER_SEND) {
      sends.push(producer.send({ topic, records }));
      if (sends.length >= 500) await Promise.all(sends.splice(0));
    }
    await Promise.all(sends);
    if (round === 'produce') report('produce acks=all idempotent, 3 partitions', sizeBytes, startedMs, cpu);
    await producer.close();
  }
  for (const how of ['batches only', 'cursor', 'views']) {
    const startedMs = performance.now();
    const cpu = process.cpuUsage();
    let read = 0;
    for await (const batch of client.tail({ topics: [topic], from: 'earliest' })) {
      if (how === 'batches only') read += batch.header.recordsCount;
      else if (how === 'views') read += batch.records().length;
      else for (const cursor = batch.cursor(); cursor.next(); ) read++;
      if (read >= RECORDS) break;
    }
    report(`tail, ${how}`, sizeBytes, startedMs, cpu);
  }
  await client.deleteTopics([topic]);
}
await client.close();
await broker?.close();
