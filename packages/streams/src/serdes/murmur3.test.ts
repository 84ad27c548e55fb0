import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur3 } from './murmur3.ts';

test('hashes are those of Kafka Streams', () => {
  // Of org.apache.kafka.streams.state.internals.Murmur3.hash128, 4.3.1.
  const known: Record<string, string> = {
    '': '9d2764a018e329428c3cf3b035938518',
    a: '3361634e7e0f5188e9c7dda24eae326b',
    headwater: '6fc623ceefdc6e0f92f51f348b9a69b4',
    '0123456789abcde': 'c480e6b5c0016979a0d033624a7f7904',
    '0123456789abcdef': '1a6e941ec6a76967d7d82808f505d6b1',
    '0123456789abcdefg': 'a93635c3ece7b605aeed6784d1b08b32',
    '{"id":1,"customer":"c-17","amount":12.5,"note":"Größe"}': '8dc18dd2e4cc9ac1438fd97eb34933e4',
  };
  for (const [text, hash] of Object.entries(known)) assert.equal(hex(Buffer.from(text)), hash, text);
  assert.equal(hex(Uint8Array.from({ length: 256 }, (_, index) => index * 7)), 'e1e70c2d3413a956b5140340187eecee');
});

function hex(data: Uint8Array): string {
  return Buffer.from(murmur3(data), 'latin1').toString('hex');
}
