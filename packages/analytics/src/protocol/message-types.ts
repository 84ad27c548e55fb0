/** Types of messages by their byte (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
export const frontend = {
  bind: byte('B'),
  close: byte('C'),
  copyData: byte('d'),
  copyDone: byte('c'),
  copyFail: byte('f'),
  describe: byte('D'),
  execute: byte('E'),
  flush: byte('H'),
  functionCall: byte('F'),
  parse: byte('P'),
  password: byte('p'),
  query: byte('Q'),
  sync: byte('S'),
  terminate: byte('X'),
} as const;

export const backend = {
  authentication: byte('R'),
  backendKeyData: byte('K'),
  bindComplete: byte('2'),
  closeComplete: byte('3'),
  commandComplete: byte('C'),
  copyInResponse: byte('G'),
  dataRow: byte('D'),
  errorResponse: byte('E'),
  noData: byte('n'),
  noticeResponse: byte('N'),
  notificationResponse: byte('A'),
  parameterStatus: byte('S'),
  parseComplete: byte('1'),
  readyForQuery: byte('Z'),
} as const;

function byte(letter: string): number {
  return letter.charCodeAt(0);
}
