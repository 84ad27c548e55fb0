import type { Handler } from '@headwater/http';

/** Where endpoints put themselves; their handlers are called when the realm is there. */
export interface Routes {
  route(method: string | readonly string[], path: string, handler: Handler, options?: { maxBodyBytes?: number }): void;
}
