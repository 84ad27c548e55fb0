import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** `from spring`, encrypted by Spring's config server 5.0.1 with `encryptKey`. */
const sealedBySpring = '6e319c62b1b3507e9913d7c8a8fc0e9dac59d5531eeadbd40a901ad108a1372c';

/** Routes as a user of Spring Cloud Gateway has them: the same for both. */
const gatewayRoutes = [
  {
    id: 'echo',
    uri: 'lb://echo',
    predicates: ['Path=/echo/**'],
    filters: ['StripPrefix=1', 'AddRequestHeader=X-Fabric, gateway'],
  },
  { id: 'guarded', uri: 'lb://echo', predicates: ['Path=/guarded/**'], filters: ['StripPrefix=1'] },
  {
    id: 'front',
    uri: 'lb://front',
    predicates: ['Path=/front/**'],
    filters: ['RewritePath=/front/(?<rest>.*), /$\\{rest}'],
  },
  {
    id: 'retry',
    uri: 'lb://echo',
    predicates: ['Path=/retry/**'],
    filters: [
      'StripPrefix=1',
      {
        name: 'Retry',
        args: {
          retries: 3,
          statuses: 'SERVICE_UNAVAILABLE',
          methods: 'GET',
          backoff: { firstBackoff: '10ms', maxBackoff: '50ms', factor: 2, basedOnPreviousValue: false },
        },
      },
    ],
  },
  {
    id: 'breaker',
    uri: 'lb://echo',
    predicates: ['Path=/breaker/**'],
    filters: [
      'StripPrefix=1',
      { name: 'CircuitBreaker', args: { name: 'fabric', fallbackUri: 'forward:/instead', statusCodes: ['500'] } },
    ],
  },
  { id: 'instead', uri: 'lb://echo', predicates: ['Path=/instead'], filters: ['AddResponseHeader=X-Instead, yes'] },
];

/** A breaker that opens after five failures and tries again after two seconds. */
const resilience4j = {
  circuitbreaker: {
    instances: {
      fabric: {
        slidingWindowSize: 5,
        minimumNumberOfCalls: 5,
        failureRateThreshold: 50,
        waitDurationInOpenState: '2s',
        permittedNumberOfCallsInHalfOpenState: 1,
      },
    },
  },
};

/** What is in the folder beside what changes. */
const fixed: Record<string, unknown> = {
  'application-dev.yml': { fabric: { profile: 'application-dev', both: 'application-dev', last: 'application-dev' } },
  'application-eu.yml': { fabric: { last: 'application-eu' } },
  'front.yml': { fabric: { application: 'front', both: 'front' } },
  'front-dev.yml': { fabric: { last: 'front-dev' } },
  'gateway.yml': gatewayFile([]),
};

/** Spring Cloud Gateway's own keys. */
function gatewayFile(more: readonly object[]): object {
  const routes = [...gatewayRoutes, ...more];
  return { spring: { cloud: { gateway: { server: { webflux: { routes } } } } }, resilience4j };
}

/** Adds routes to the gateway's file. */
export async function writeGateway(dir: string, more: readonly object[]): Promise<void> {
  await writeFile(join(dir, 'gateway.yml'), stringify(gatewayFile(more)));
}

/** What `application.yml` says now. */
export interface Shared {
  message: string;
  pageSize: number;
  /** A value as the target's own /encrypt gave it. */
  secret?: string;
}

export async function writeConfigRepo(dir: string, shared: Shared): Promise<void> {
  for (const [name, content] of Object.entries(fixed)) await writeFile(join(dir, name), stringify(content));
  await writeShared(dir, shared);
}

export async function writeShared(dir: string, { message, pageSize, secret }: Shared): Promise<void> {
  const fabric = {
    plain: 'application',
    profile: 'application',
    application: 'application',
    both: 'application',
    last: 'application',
    composed: `\${fabric.plain} for \${spring.application.name}`,
    list: ['one', 'two'],
    limits: { 'page-size': pageSize },
    message,
    // Both or none: a service does not start with a value that nobody decrypts.
    ...(secret !== undefined && { secret: `{cipher}${secret}`, sealed: `{cipher}${sealedBySpring}` }),
  };
  await writeFile(join(dir, 'application.yml'), stringify({ fabric }));
}

/** What the front service must see with the profiles dev and eu. */
export const expectedSettings = {
  plain: 'application',
  profile: 'application-dev',
  application: 'front',
  both: 'application-dev',
  last: 'application-eu',
  composed: 'application for front',
  'list[1]': 'two',
  sealed: 'from spring',
};
