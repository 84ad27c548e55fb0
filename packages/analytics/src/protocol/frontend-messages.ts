import { message } from './backend-messages.ts';
import { frontend } from './message-types.ts';

export function query(text: string): Buffer {
  return message(frontend.query, Buffer.from(`${text}\0`));
}

export const sync: Buffer = message(frontend.sync, Buffer.alloc(0));

export function copyFail(reason: string): Buffer {
  return message(frontend.copyFail, Buffer.from(`${reason}\0`));
}

/** A Parse whose parameters have the types that PostgreSQL finds. */
export function parse(statement: string, text: string): Buffer {
  return message(frontend.parse, Buffer.from(`${statement}\0${text}\0\0\0`));
}
