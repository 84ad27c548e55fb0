import type { KafkaClient, Producer } from '@headwater/client';
import type { HttpContext, HttpServer } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { v2Json } from './media-types.ts';
import { type ProxyError, toProxyError } from './proxy-error.ts';
import type { SchemaBook } from './schema-book.ts';
import { ConsumerInstances, type ConsumerInstancesOptions } from './v2/consumer-instances.ts';
import type { SchemaRenderer } from './v2/consumers.ts';
import { addConsumerRoutes, addV2Routes } from './v2/routes.ts';
import { RecordWriter } from './v3/record-writer.ts';
import { addV3Routes } from './v3/routes.ts';

export interface ProxyOptions {
  client: KafkaClient;
  producer: Producer;
  book: SchemaBook;
  /** Null: there is no registry. */
  schemas: SchemaRenderer | null;
  logger: Logger;
  consumers?: ConsumerInstancesOptions;
}

/** Confluent's REST Proxy: v3 below `/v3`, v2 at the root. Gives what ends the consumers that clients leave behind. */
export function addProxyRoutes(server: HttpServer, options: ProxyOptions): { close(): Promise<void> } {
  const { client, producer, book, schemas, logger } = options;
  const add = (method: string, path: string, handler: (ctx: HttpContext) => unknown): void =>
    server.route(method, path, async (ctx) => {
      try {
        await handler(ctx);
      } catch (error) {
        throw toProxyError(error);
      }
    });
  addV3Routes(add, client, new RecordWriter(producer, book));
  addV2Routes(add, client, producer, book);
  const instances = new ConsumerInstances(client, logger, options.consumers);
  addConsumerRoutes(add, { client, instances, schemas });
  return instances;
}

/** Whether errors on this path are told in the proxy's own shape. */
export function isProxyPath(path: string): boolean {
  return path === '/' || /^\/(?:kafka\/)?(?:v3|topics|brokers|consumers)(?:\/|$)/.test(path);
}

/** `{"error_code","message"}`, as the API of the path has it. */
export function sendProxyError(ctx: HttpContext, thrown: unknown): void {
  const error = toProxyError(thrown) as ProxyError;
  const isV3 = /^\/(?:kafka\/)?v3(?:\/|$)/.test(ctx.path);
  const body = JSON.stringify({ error_code: error.errorCode, message: error.message });
  ctx.send(error.status, body, { 'content-type': isV3 ? 'application/json' : v2Json });
}
