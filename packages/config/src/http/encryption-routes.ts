import type { HttpContext } from '@headwater/http';
import { ConfigError } from '../config-error.ts';
import type { CipherKeys } from '../encryption/cipher-keys.ts';
import { sendSpringError } from './spring-errors.ts';

type AddRoute = (method: string, path: string, handler: (ctx: HttpContext) => unknown) => void;

/**
 * `/encrypt`, `/decrypt`, `/encrypt/status`, `/key`, as Spring's server has them.
 *
 * Whoever may decrypt can read every secret: callers from elsewhere than this machine are refused unless the server asks who they are.
 */
export function addEncryptionRoutes(route: AddRoute, prefix: string, keys: CipherKeys, isCallerKnown: boolean): void {
  const guard = (handler: (ctx: HttpContext) => unknown) => (ctx: HttpContext) => {
    if (!isCallerKnown && !isLoopback(ctx.req.socket.remoteAddress ?? '')) {
      throw new ConfigError(
        'HW_CONFIG_FORBIDDEN',
        'encryption is served to this machine only, or with a login (--secure)',
      );
    }
    return handler(ctx);
  };

  route('GET', `${prefix}/encrypt/status`, (ctx) => {
    if (keys.locate('') === undefined) return sendNoKey(ctx);
    ctx.send(200, '{"status":"OK"}', { 'content-type': 'application/json' });
  });
  const key = (ctx: HttpContext): void => {
    const encryptor = keys.locate('');
    if (encryptor === undefined) sendNoKey(ctx);
    else if (encryptor.publicKey === undefined) sendStatus(ctx, 404, 'NOT_FOUND', 'No public key available');
    else sendText(ctx, encryptor.publicKey);
  };
  route('GET', `${prefix}/key`, key);
  route('GET', `${prefix}/key/:name/:profiles`, key);

  const encrypt = guard(async (ctx) => {
    const body = await bodyOf(ctx);
    if (body === undefined)
      return sendSpringError(ctx, 400, 'HW_CONFIG_BAD_REQUEST', 'send the text with a content type');
    const encrypted = keys.encrypt(withoutForm(body, ctx, false));
    if (encrypted === undefined) return sendNoKey(ctx);
    sendText(ctx, encrypted);
  });
  const decrypt = guard(async (ctx) => {
    const body = await bodyOf(ctx);
    if (body === undefined)
      return sendSpringError(ctx, 400, 'HW_CONFIG_BAD_REQUEST', 'send the text with a content type');
    if (keys.locate(body) === undefined) return sendNoKey(ctx);
    try {
      sendText(ctx, keys.decrypt(withoutForm(body, ctx, true)));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      sendStatus(ctx, 400, 'INVALID', 'Text not encrypted with this key');
    }
  });
  for (const tail of ['', '/:name/:profiles']) {
    route('POST', `${prefix}/encrypt${tail}`, encrypt);
    route('POST', `${prefix}/decrypt${tail}`, decrypt);
  }
  const onlyPost = (ctx: HttpContext): void => {
    ctx.res.setHeader('allow', 'POST');
    sendSpringError(ctx, 405);
  };
  route('GET', `${prefix}/encrypt`, onlyPost);
  route('GET', `${prefix}/decrypt`, onlyPost);
}

async function bodyOf(ctx: HttpContext): Promise<string | undefined> {
  const text = (await ctx.body()).toString('utf8');
  return text === '' || !ctx.req.headers['content-type'] ? undefined : text;
}

/** curl sends `-d` as a form: what came as one is taken for the text that was meant. */
function withoutForm(text: string, ctx: HttpContext, isCipher: boolean): string {
  const type = (ctx.req.headers['content-type'] ?? '').toLowerCase();
  if (!text.endsWith('=') || type === 'text/plain') return text;
  let decoded = text;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Not a form after all.
  }
  if (!isCipher) return decoded.slice(0, -1);
  const cipher = decoded.replaceAll(' ', '+');
  const candidate = cipher.slice(0, -1);
  return cipher.length % 2 === 1 && /^(?:[0-9a-fA-F]{2})+$|^(?:[A-Za-z0-9+/]{4})+$/.test(candidate)
    ? candidate
    : cipher;
}

function sendNoKey(ctx: HttpContext): void {
  sendStatus(ctx, 404, 'NO_KEY', 'No key was installed for encryption service');
}

function sendStatus(ctx: HttpContext, code: number, status: string, description: string): void {
  ctx.send(code, JSON.stringify({ description, status }), { 'content-type': 'application/json' });
}

function sendText(ctx: HttpContext, text: string): void {
  ctx.send(200, text, { 'content-type': 'text/plain;charset=UTF-8' });
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address);
}
