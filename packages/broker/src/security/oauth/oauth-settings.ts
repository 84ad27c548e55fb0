import type { Logger } from '@headwater/logger';
import { BrokerError } from '../../broker-error.ts';
import type { Clock } from '../../clock/clock.ts';
import type { ListenerConfig } from '../../config/listener-config.ts';
import { listItems } from '../../storage/config-value.ts';
import { Jwks } from './jwks.ts';
import { TokenValidator } from './token-validator.ts';

/**
 * Whose tokens a listener takes, from its `sasl.oauthbearer.*` settings.
 *
 * @throws BrokerError HW_BROKER_CONFIG
 */
export function tokenValidator(
  config: ListenerConfig,
  { clock, logger }: { clock: Clock; logger: Logger },
): TokenValidator {
  const issuer = config.text('sasl.oauthbearer.expected.issuer');
  const url = config.text('sasl.oauthbearer.jwks.endpoint.url');
  const source = url === '' ? issuer : url;
  if (!URL.canParse(source) || !['http:', 'https:', 'file:'].includes(new URL(source).protocol)) {
    const message =
      `OAUTHBEARER needs the keys of an issuer: set sasl.oauthbearer.jwks.endpoint.url to an http, https or file URL, ` +
      `or sasl.oauthbearer.expected.issuer to one that has a discovery document; it is "${source}".`;
    throw new BrokerError('HW_BROKER_CONFIG', message);
  }
  const jwks = new Jwks({
    url,
    issuer,
    refreshMs: config.number('sasl.oauthbearer.jwks.endpoint.refresh.ms'),
    retryBackoffMs: config.number('sasl.oauthbearer.jwks.endpoint.retry.backoff.ms'),
    retryBackoffMaxMs: config.number('sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms'),
    clock,
    logger,
  });
  const rules = {
    issuer,
    audiences: listItems(config.text('sasl.oauthbearer.expected.audience')),
    subClaim: config.text('sasl.oauthbearer.sub.claim.name'),
    scopeClaim: config.text('sasl.oauthbearer.scope.claim.name'),
    clockSkewMs: config.number('sasl.oauthbearer.clock.skew.seconds') * 1_000,
  };
  return new TokenValidator(rules, jwks, clock);
}
