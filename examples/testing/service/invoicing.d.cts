export interface Invoice {
  id: string;
  total: number;
  tax: number;
  /** Name of the worker that wrote it. */
  by: string;
}

export interface Invoicing {
  /** How often it has joined its group. */
  joins(): number;
  stop(): Promise<void>;
}

export interface Shop {
  /** Makes the topics. */
  open(): Promise<void>;
  order(...ids: string[]): Promise<void>;
  invoices(count: number): Promise<Invoice[]>;
  close(): Promise<void>;
}

export function startInvoicing(options: { bootstrap: string; name?: string }): Promise<Invoicing>;
export function shop(bootstrap: string): Promise<Shop>;
