#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

const startedAtMs = performance.timeOrigin;
// Compiled code is kept between starts: a second start loads in half the time.
enableCompileCache();
const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2), process.env, startedAtMs);
