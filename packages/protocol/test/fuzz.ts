/** Hostile bytes for every decoder: valid frames that are damaged, cut, or made to claim what they do not hold. */
import {
  type ApiKey,
  apis,
  type CompressionName,
  compress,
  decodeRecords,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  decompress,
  encodeBatch,
  encodeRequest,
  encodeResponse,
  iterateBatches,
  ProtocolError,
  validateBatch,
} from '../index.ts';
import type { Random } from './random.ts';
import { randomMessage } from './random-message.ts';

const keys = Object.keys(apis).map(Number) as ApiKey[];
const codecs: CompressionName[] = ['gzip', 'snappy', 'lz4', 'zstd'];
/** Numbers that lengths and counts should not be. */
const NASTY = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** One round: damaged bytes go through one decoder. Throws when that ends in anything but an answer or a ProtocolError. */
export function fuzzRound(random: Random): void {
  random.pick([fuzzRequest, fuzzResponse, fuzzBatch, fuzzCompression])(random);
}

export function damage(valid: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(valid);
  for (let hits = random.int(1, 4); hits > 0 && bytes.length > 0; hits--) {
    const at = random.int(0, bytes.length - 1);
    switch (random.int(0, 4)) {
      case 0:
        bytes[at] = random.int(0, 255);
        break;
      case 1:
        bytes[at]! ^= 1 << random.int(0, 7);
        break;
      case 2:
        if (at + 4 <= bytes.length) bytes.writeUInt32BE(random.pick(NASTY), at);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.int(1, 9)), bytes.subarray(at)]);
    }
  }
  return bytes;
}

function expectOnlyProtocolErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

function fuzzRequest(random: Random): void {
  const api = apis[random.pick(keys)];
  const version = random.int(api.minVersion, api.newestVersion);
  const body = randomMessage(api.request, version, random) as never;
  const frame = damage(encodeRequest(api.key as ApiKey, version, 1, 'fuzz', body).subarray(4), random);
  expectOnlyProtocolErrors(() => {
    const head = decodeRequestHeader(frame);
    decodeRequest(head.apiKey as ApiKey, head.apiVersion, frame, head.bodyOffset);
  });
}

function fuzzResponse(random: Random): void {
  const api = apis[random.pick(keys)];
  const version = random.int(api.minVersion, api.newestVersion);
  const body = randomMessage(api.response, version, random) as never;
  const frame = damage(encodeResponse(api.key as ApiKey, version, 1, body).subarray(4), random);
  expectOnlyProtocolErrors(() => decodeResponse(api.key as ApiKey, version, frame));
}

function fuzzBatch(random: Random): void {
  const records = Array.from({ length: random.int(0, 8) }, () => ({
    key: random.chance(0.5) ? null : random.bytes(random.int(0, 20)),
    value: random.chance(0.1) ? null : random.bytes(random.pick([0, 10, 300])),
    headers: random.chance(0.5) ? [] : [{ key: 'h', value: 'v' }],
  }));
  const valid = encodeBatch({ records, compression: random.pick([...codecs, 'none']) });
  const batch = damage(random.chance(0.3) ? Buffer.concat([valid, valid]) : valid, random);
  expectOnlyProtocolErrors(() => validateBatch(batch, 0, { checkCrc: false, isFromLog: random.chance(0.5) }));
  expectOnlyProtocolErrors(() => {
    for (const { offset } of iterateBatches(batch)) decodeRecords(batch, offset, { maxBytes: 1 << 20 });
  });
}

function fuzzCompression(random: Random): void {
  const name = random.pick(codecs);
  const content = random.chance(0.5)
    ? random.bytes(random.int(0, 3000))
    : Buffer.from('all work and no play '.repeat(random.int(0, 5000)));
  const packed = damage(compress(name, content), random);
  const maxBytes = random.pick([0, 100, 1 << 16, 1 << 20]);
  expectOnlyProtocolErrors(() => {
    const out = decompress(name, packed, maxBytes);
    if (out.length > maxBytes && maxBytes > 0) throw new Error(`${out.length} bytes out, ${maxBytes} allowed`);
  });
}
