import { startSql } from '../../start-sql.ts';

/** A server of its own process, to be killed: prints its address. `node rewind-server.ts BOOTSTRAP SERVICE_ID` */
const [bootstrap, serviceId] = process.argv.slice(2);
const server = await startSql({
  bootstrap: bootstrap!,
  serviceId: serviceId!,
  port: 0,
  settings: [
    ['ksql.streams.auto.offset.reset', 'earliest'],
    ['commit.interval.ms', '20'],
    ['processing.guarantee', 'exactly_once_v2'],
    ['session.timeout.ms', '1000'],
    ['heartbeat.interval.ms', '100'],
    ['headwater.rewind.look.interval.ms', '20'],
  ],
});
console.log(server.url);
