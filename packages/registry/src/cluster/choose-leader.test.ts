import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLeader } from './choose-leader.ts';
import {
  decodeAssignment,
  decodeIdentity,
  encodeAssignment,
  encodeIdentity,
  type RegistryIdentity,
} from './identity.ts';

const registry = (host: string, more: Partial<RegistryIdentity> = {}): RegistryIdentity => ({
  scheme: 'http',
  host,
  port: 8081,
  isEligible: true,
  isLeader: false,
  ...more,
});
const leaderOf = (...members: RegistryIdentity[]): string | undefined =>
  chooseLeader(new Map(members.map((each, index) => [`m${index}`, each]))).leader?.host;

test('who leads goes on leading; else the least URL of those that may', () => {
  assert.equal(leaderOf(registry('b'), registry('a')), 'a');
  assert.equal(leaderOf(registry('a'), registry('b', { isLeader: true })), 'b');
  assert.equal(leaderOf(registry('a', { isEligible: false }), registry('b')), 'b');
  assert.equal(leaderOf(registry('b', { isLeader: true }), registry('c', { isLeader: true }), registry('a')), 'a');
  assert.equal(leaderOf(registry('a', { isEligible: false })), undefined);
});

test('two of one address are an error that all are told', () => {
  const members = new Map([
    ['m1', registry('a')],
    ['m2', registry('a')],
  ]);
  assert.equal(chooseLeader(members).error, 1);
});

test("identities and assignments are Confluent's JSON", () => {
  const json = '{"version":1,"host":"a","port":8081,"master_eligibility":true,"scheme":"http","leader":true}';
  const identity = registry('a', { isLeader: true });
  assert.equal(String(encodeIdentity(identity)), json);
  assert.deepEqual(decodeIdentity(Buffer.from(json)), identity);
  const assignment = { error: 0, leaderMemberId: 'm', leader: identity };
  assert.equal(String(encodeAssignment(assignment)), `{"version":1,"error":0,"master":"m","master_identity":${json}}`);
  assert.deepEqual(decodeAssignment(encodeAssignment(assignment)), assignment);
  assert.deepEqual(decodeAssignment(Buffer.from('{"version":1,"error":1}')), {
    error: 1,
    leaderMemberId: null,
    leader: null,
  });
});
