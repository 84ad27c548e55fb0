import type { BrokerContext } from '../context.ts';
import { AclAuthorizer } from './acl-authorizer.ts';
import { AclStore } from './acl-store.ts';
import { type Authorizer, openAuthorizer } from './authorizer.ts';

/** The authorizer that `authorizer.class.name` asks for; there is one kind, under whatever name. */
export function configuredAuthorizer({
  clock,
  config,
  logger,
  store,
}: Pick<BrokerContext, 'clock' | 'config' | 'logger' | 'store'>): Authorizer {
  if (config.text('authorizer.class.name') === '') return openAuthorizer;
  return new AclAuthorizer({
    acls: new AclStore(store.values),
    superUsers: config.text('super.users'),
    isAllowedWithoutAcl: config.isOn('allow.everyone.if.no.acl.found'),
    logger,
    monotonicMs: () => clock.monotonicMs(),
  });
}
