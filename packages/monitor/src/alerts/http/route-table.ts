import type { HttpServer } from '@headwater/http';

/** Where routes are added: a server, or a table from which they are taken later. */
export type RouteTable = Pick<HttpServer, 'route'>;
