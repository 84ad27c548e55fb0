import { addressList } from '../../address-list.ts';
import type { PredicateKind } from './predicate.ts';

/**
 * `XForwardedRemoteAddr=192.168.1.1/24`: the caller's address behind the proxies in front. Their fields are believed as far as `trustedProxies` goes:
 * from the last entry of `X-Forwarded-For` back to the first address that is not a trusted proxy's.
 */
export function xForwardedRemoteAddr(isTrustedProxy: (address: string) => boolean): PredicateKind {
  return {
    name: 'XForwardedRemoteAddr',
    shape: { fields: ['sources'], gather: 'list' },
    create(args) {
      try {
        const includes = addressList(args.list('sources'));
        return {
          test(request) {
            let address = request.remoteAddress;
            const entries = String(request.headers['x-forwarded-for'] ?? '').split(',');
            while (entries.length > 0 && isTrustedProxy(address)) {
              const before = entries.pop()!.trim();
              if (before === '') break;
              address = before;
            }
            return includes(address);
          },
        };
      } catch (cause) {
        return args.fail((cause as Error).message, cause);
      }
    },
  };
}
