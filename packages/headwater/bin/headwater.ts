#!/usr/bin/env -S node --max-semi-space-size=8
import { keepCompiledCode } from '../src/compile-cache.ts';
import { keepHeapSmall, restartWithLittleMemory } from '../src/process-memory.ts';

const startedAtMs = performance.timeOrigin;
if (process.argv[2] === 'up' || process.argv[2] === 'run') restartWithLittleMemory(process.env);
keepHeapSmall();
keepCompiledCode();
const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2), process.env, startedAtMs);
