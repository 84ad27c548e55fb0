import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

/** Sends one statement after the other; few objects a request, for the loader shares the machine with what it measures. */
export interface LookUpClient {
  /** Calls back when the answer is there, with its body. */
  ask(body: string, done: (answer: string) => void): void;
  close(): void;
}

/** A connection of HTTP/1.1 that is kept; a request waits for the answer of the one before. */
export async function http1Client(url: string): Promise<LookUpClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const waiting: { body: string; done: (answer: string) => void }[] = [];
  let current: ((answer: string) => void) | null = null;
  let received = '';
  const send = () => {
    const next = waiting.shift();
    if (next === undefined) return;
    current = next.done;
    const head = `POST /query-stream HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(next.body)}\r\n\r\n`;
    socket.write(head + next.body);
  };
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1];
    const isWhole =
      length === undefined ? received.endsWith('0\r\n\r\n') : received.length >= headEnd + 4 + Number(length);
    if (!isWhole) return;
    const answer = received;
    const done = current!;
    received = '';
    current = null;
    send();
    done(answer);
  });
  return {
    ask(body, done) {
      waiting.push({ body, done });
      if (current === null) send();
    },
    close: () => socket.destroy(),
  };
}

/** A connection of HTTP/2: requests are streams side by side. */
export async function http2Client(url: string): Promise<LookUpClient> {
  const session = connectHttp2(url);
  await once(session, 'connect');
  const headers = { ':method': 'POST', ':path': '/query-stream', 'content-type': 'application/json' };
  return {
    ask(body, done) {
      const stream = session.request(headers);
      let answer = '';
      stream.setEncoding('latin1');
      stream.on('data', (chunk: string) => {
        answer += chunk;
      });
      stream.on('end', () => done(answer));
      stream.on('error', (error) => done(`error ${error.message}`));
      stream.end(Buffer.from(body));
    },
    close: () => session.destroy(),
  };
}
