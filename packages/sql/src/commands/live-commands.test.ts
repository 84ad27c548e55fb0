import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandEffect, LiveCommands } from './live-commands.ts';

function effect(parts: Partial<CommandEffect>): CommandEffect {
  return { reads: [], makes: [], changes: [], ends: [], ...parts };
}

test('what made an object and what changed it are needed while it is there', () => {
  const live = new LiveCommands();
  live.add('create', effect({ makes: ['source:A'] }));
  live.add('alter', effect({ changes: ['source:A'] }));
  live.add('nothing', effect({}));
  deepEqual(live.dead(), ['nothing']);
  live.add('drop', effect({ ends: ['source:A'] }));
  deepEqual(live.dead(), ['create', 'alter', 'nothing', 'drop']);
});

test('what is gone is needed as long as something that was made of it is there, and so is the command that ended it', () => {
  const live = new LiveCommands();
  live.add('create A', effect({ makes: ['source:A'] }));
  live.add('create B of A', effect({ reads: ['source:A'], makes: ['source:B', 'query:B'] }));
  live.add('terminate B', effect({ changes: ['source:B'], ends: ['query:B'] }));
  live.add('drop A', effect({ ends: ['source:A'] }));
  live.add('create A again', effect({ makes: ['source:A'] }));
  deepEqual(live.dead(), []);
  live.add('drop B', effect({ ends: ['source:B'] }));
  deepEqual(live.dead(), ['create A', 'create B of A', 'terminate B', 'drop A', 'drop B']);
});

test('a replaced object is made by the newest command, unless a reader was made of an older one', () => {
  const live = new LiveCommands();
  live.add('create A', effect({ makes: ['source:A'] }));
  live.add('replace A', effect({ makes: ['source:A'] }));
  deepEqual(live.dead(), ['create A']);
  live.forget('create A');
  live.add('create B of A', effect({ reads: ['source:A'], makes: ['source:B'] }));
  live.add('replace A anew', effect({ makes: ['source:A'] }));
  deepEqual(live.dead(), []);
});

test('one of several that were paused together goes on: both commands are needed for the other', () => {
  const live = new LiveCommands();
  live.add('insert 1', effect({ makes: ['query:1'] }));
  live.add('insert 2', effect({ makes: ['query:2'] }));
  live.add('pause all', effect({ makes: ['pause:1', 'pause:2'] }));
  live.add('resume 1', effect({ ends: ['pause:1'] }));
  deepEqual(live.dead(), []);
  live.add('resume 2', effect({ ends: ['pause:2'] }));
  deepEqual(live.dead(), ['pause all', 'resume 1', 'resume 2']);
});
