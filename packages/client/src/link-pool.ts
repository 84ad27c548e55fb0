import { type Address, BrokerLink, type LinkOptions } from './broker-link.ts';

/**
 * A link to each broker for one purpose. A broker answers the requests of a connection in order, so a long poll holds
 * up what comes after it: who polls has a pool, and with it connections, of its own.
 */
export class LinkPool {
  private readonly options: LinkOptions;
  private readonly links = new Map<number, BrokerLink>();
  private readonly onClose: () => void;
  private isClosed = false;

  constructor(options: LinkOptions, onClose: () => void) {
    this.options = options;
    this.onClose = onClose;
  }

  /** The link to a broker; a new one when it has moved to another address. */
  link(brokerId: number, { host, port }: Address): BrokerLink {
    const known = this.links.get(brokerId);
    if (known !== undefined && known.address.host === host && known.address.port === port) return known;
    known?.retire();
    const link = new BrokerLink({ host, port }, this.options);
    this.links.set(brokerId, link);
    if (this.isClosed) link.close();
    return link;
  }

  /** Closes the links to brokers that have left the cluster or have another address now. */
  retain(brokers: ReadonlyMap<number, Address>): void {
    for (const [id, link] of this.links) {
      const broker = brokers.get(id);
      if (broker !== undefined && broker.host === link.address.host && broker.port === link.address.port) continue;
      link.retire();
      this.links.delete(id);
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const link of this.links.values()) link.close();
    this.onClose();
  }
}
