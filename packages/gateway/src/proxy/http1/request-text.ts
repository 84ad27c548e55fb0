import type { RequestHead } from '../upstream-request.ts';

/** What would end a line, or what servers read differently: nothing of it may reach an upstream, whoever put it there. */
const badValue = /[^\t\x20-\x7e\x80-\xff]/;
const badTarget = /[^\x21-\x7e\x80-\xff]/;

/** The head of a request as it goes out. Throws when something in it would break it. */
export function requestText(head: RequestHead): { text: string; isChunked: boolean } {
  const { method, path, headers } = head;
  if (badTarget.test(path)) throw broken('the target', path);
  let text = `${method} ${path} HTTP/1.1\r\n`;
  let isChunked = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (badValue.test(value) || badTarget.test(name)) throw broken(`the header ${name}`, value);
    if (name === 'Transfer-Encoding') isChunked = true;
    text += `${name}: ${value}\r\n`;
  }
  return { text: `${text}\r\n`, isChunked };
}

function broken(what: string, text: string): Error {
  return Object.assign(
    new Error(`${what} holds characters that cannot be sent: ${JSON.stringify(text.slice(0, 60))}`),
    {
      code: 'ERR_INVALID_CHAR',
    },
  );
}
