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
  const acls = new AclStore(store.values);
  const superUsers = config.text('super.users');
  const isAllowedWithoutAcl = config.isOn('allow.everyone.if.no.acl.found');
  if (superUsers === '' && !isAllowedWithoutAcl && acls.index.size === 0) {
    logger.warn({}, 'nobody may do anything: there are no ACLs, and super.users names nobody who could make some');
  }
  return new AclAuthorizer({
    acls,
    superUsers,
    isAllowedWithoutAcl,
    logger,
    monotonicMs: () => clock.monotonicMs(),
  });
}
