import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import { ClientError } from './client-error.ts';

/** Node's own options for TLS: `ca`, `cert`, `key`, `passphrase`, `servername`, `rejectUnauthorized`, … */
export type SslOptions = Omit<TlsConnectionOptions, 'host' | 'port' | 'path' | 'socket'>;

export interface SocketOptions {
  host: string;
  port: number;
  /** Null: plain TCP. */
  ssl: SslOptions | null;
  connectTimeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Gets what comes in. The bytes are used again as soon as it comes back: what is kept must be copied. */
  onBytes: (bytes: Buffer) => void;
}

/**
 * Where plain sockets read to, all of them: what is read is handed on before anything else is read on this thread. Large, so that a large answer takes
 * few calls, and no buffer is allocated for each.
 */
let readBuffer: Buffer | null = null;
const readBufferBytes = 256 * 1024;

/**
 * A TCP connection, over TLS when it is asked for and then with its handshake done. Rejects with HW_CLIENT_CONNECT_FAILED, also when it
 * takes longer than `connectTimeoutMs`; and with HW_CLIENT_TLS_FAILED for what will not pass.
 */
export function openSocket({ host, port, ssl, connectTimeoutMs, signal, onBytes }: SocketOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    readBuffer ??= Buffer.allocUnsafeSlow(readBufferBytes);
    const buffer = readBuffer;
    const onread = {
      buffer,
      callback(bytesCount: number): boolean {
        onBytes(buffer.subarray(0, bytesCount));
        return true;
      },
    };
    const socket =
      ssl === null
        ? connect({ host, port, noDelay: true, keepAlive: true, onread })
        : // The name that was dialled is asked for (SNI) and looked for in the certificate; for addresses there is no SNI.
          connectTls({ ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl, host, port });
    const finish = (error: Error | null) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      if (error === null) {
        if (ssl !== null) socket.setNoDelay(true).setKeepAlive(true).on('data', onBytes);
        return resolve(socket);
      }
      // A socket that is being destroyed may still report an error.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const failed = (why: string, cause?: Error) => finish(connectError(`${host}:${port}`, why, ssl !== null, cause));
    const onAbort = () => finish(signal!.reason as Error);
    const timer = setTimeout(() => failed(`no answer in ${connectTimeoutMs} ms`), connectTimeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once(ssl === null ? 'connect' : 'secureConnect', () => finish(null));
    socket.once('error', (cause: NodeJS.ErrnoException) => failed(cause.message || (cause.code ?? 'failed'), cause));
    socket.once('close', () => failed('closed at once'));
  });
}

const certificateCodes =
  /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|HOSTNAME_MISMATCH|ERROR_IN_CERT)/;

function connectError(address: string, why: string, isTls: boolean, cause?: NodeJS.ErrnoException): ClientError {
  const code = cause?.code ?? '';
  if (isTls && certificateCodes.test(code)) {
    const text =
      code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
        ? 'it does not speak TLS: connect without ssl, or to its TLS listener'
        : why;
    return new ClientError('HW_CLIENT_TLS_FAILED', `no TLS with ${address}: ${text}`, { cause });
  }
  // What a plaintext listener does with TLS, but also a broker that is stopped just then.
  const isCut = isTls && code === 'ECONNRESET';
  const hint = isCut ? '. When that is always so: does its listener speak TLS?' : '';
  return new ClientError('HW_CLIENT_CONNECT_FAILED', `cannot connect to ${address}: ${why}${hint}`, { cause });
}
