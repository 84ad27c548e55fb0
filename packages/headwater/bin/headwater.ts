#!/usr/bin/env -S node --max-semi-space-size=16
import { keepCompiledCode } from '../src/compile-cache.ts';

const startedAtMs = performance.timeOrigin;
keepCompiledCode();
const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2), process.env, startedAtMs);
