import { message } from '../src/protocol/backend-messages.ts';
import { frontend } from '../src/protocol/message-types.ts';

export { parse, query, sync } from '../src/protocol/frontend-messages.ts';

export const flush: Buffer = message(frontend.flush, Buffer.alloc(0));
export const copyDone: Buffer = message(frontend.copyDone, Buffer.alloc(0));

export function copyData(text: string): Buffer {
  return message(frontend.copyData, Buffer.from(text));
}
