import { addressList } from '../../address-list.ts';
import type { PredicateKind } from './predicate.ts';

/** `RemoteAddr=192.168.1.1/24,::1`: the address of the connection, never a forwarded one. */
export const remoteAddr: PredicateKind = {
  name: 'RemoteAddr',
  shape: { fields: ['sources'], gather: 'list' },
  create(args) {
    try {
      const includes = addressList(args.list('sources'));
      return { test: (request) => includes(request.remoteAddress) };
    } catch (cause) {
      return args.fail((cause as Error).message, cause);
    }
  },
};
