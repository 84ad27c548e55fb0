import { FormatFault } from './format-fault.ts';

const pattern = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes of padded base64, nothing else being taken for it. */
export function bytesOfBase64(text: string): Buffer {
  if (text.length % 4 !== 0 || !pattern.test(text)) {
    throw new FormatFault(`Value is not a valid Base64 encoded string: ${text.slice(0, 100)}`);
  }
  return Buffer.from(text, 'base64');
}

export function base64Text(bytes: Uint8Array): string {
  return (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).toString(
    'base64',
  );
}
