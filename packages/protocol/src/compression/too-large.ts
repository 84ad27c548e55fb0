import { ProtocolError } from '../protocol-error.ts';

export function tooLarge(name: string, maxBytes: number): ProtocolError {
  return new ProtocolError('HW_PROTOCOL_TOO_LARGE', `${name}: the content is larger than ${maxBytes} bytes`);
}
