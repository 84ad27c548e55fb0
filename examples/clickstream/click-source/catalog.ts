export interface Product {
  title: string;
  category: string;
  priceCents: number;
}

export interface Customer {
  name: string;
  segment: 'new' | 'regular' | 'loyal';
  country: string;
}

const kinds = ['lamp', 'chair', 'kettle', 'backpack', 'notebook', 'bicycle bell', 'garden hose', 'tea pot'];
const finishes = ['oak', 'steel', 'blue', 'folding', 'small'];
const categories = ['home', 'home', 'kitchen', 'travel', 'office', 'travel', 'garden', 'kitchen'];
const firstNames = ['Ada', 'Bo', 'Chloé', 'Dag', 'Eşref', 'Frida', 'Goran', 'Hana', 'Ines', 'Jun'];
const lastNames = ['Berg', 'Costa', 'Đurić', 'Eriksen', 'Ferrari', 'García', 'Hoang', 'Ito', 'Jansen', 'Kovač'];
const countries = ['NO', 'SE', 'DE', 'FR', 'ES', 'IT', 'PL', 'JP'];
const segments = ['new', 'regular', 'regular', 'loyal'] as const;

/** What the shop sells, by id: p-1 to p-40. */
export const products: ReadonlyMap<string, Product> = new Map(
  Array.from({ length: 40 }, (_, n) => [
    `p-${n + 1}`,
    {
      title: `${finishes[n % finishes.length]} ${kinds[n % kinds.length]}`,
      category: categories[n % categories.length]!,
      priceCents: 500 + ((n * 7919) % 20_000),
    },
  ]),
);

/** Who buys there, by id: c-1 to c-200. */
export const customers: ReadonlyMap<string, Customer> = new Map(
  Array.from({ length: 200 }, (_, n) => [
    `c-${n + 1}`,
    {
      name: `${firstNames[n % 10]} ${lastNames[Math.floor(n / 10) % 10]}`,
      segment: segments[(n * 7) % 4]!,
      country: countries[(n * 3) % 8]!,
    },
  ]),
);
