/** Who a connection belongs to, in Kafka's terms: `User:alice`. */
export interface Principal {
  readonly type: string;
  readonly name: string;
}

/** Whoever did not authenticate. */
export const anonymous: Principal = { type: 'User', name: 'ANONYMOUS' };

export function principalText({ type, name }: Principal): string {
  return `${type}:${name}`;
}
