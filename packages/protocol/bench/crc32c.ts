/** CRC-32C in JavaScript against native code, by size: where does the call into native code pay? */
import { crc32c, hasNativeCrc32c } from '../index.ts';
import { crc32cJs } from '../src/crc32c.ts';
import { measure } from './support/measure.ts';

const native = hasNativeCrc32c();
for (const bytes of [64, 200, 512, 1024, 4096, 65_536]) {
  const data = Buffer.alloc(bytes, 'headwater');
  measure(`crc32c js ${bytes} B`, () => crc32cJs(data), { bytes });
  if (native && bytes >= 1024) measure(`crc32c native ${bytes} B`, () => crc32c(data), { bytes });
}
