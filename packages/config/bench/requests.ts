/**
 * Requests a second for one environment, by 16 connections: `node packages/config/bench/requests.ts URL [SECONDS]`. Point it at any
 * Spring Cloud Config server; a JVM is warm after a minute.
 */
import { Agent, get } from 'node:http';

const [base = 'http://127.0.0.1:8888', secondsText = '5'] = process.argv.slice(2);
const path = '/orders/dev';
const connections = 16;
const seconds = Number(secondsText);
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const latenciesMs: number[] = [];
const endAt = performance.now() + seconds * 1000;

function once(): Promise<void> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    get(
      base + path,
      { agent, headers: { accept: 'application/vnd.spring-cloud.config-server.v2+json' } },
      (response) => {
        if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`));
        response.resume();
        response.once('end', () => {
          latenciesMs.push(performance.now() - startedAt);
          resolve();
        });
      },
    ).once('error', reject);
  });
}

await Promise.all(
  Array.from({ length: connections }, async () => {
    while (performance.now() < endAt) await once();
  }),
);
agent.destroy();
latenciesMs.sort((a, b) => a - b);
const at = (share: number): string => latenciesMs[Math.floor(latenciesMs.length * share)]!.toFixed(1);
console.log(`${Math.round(latenciesMs.length / seconds)} requests/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
