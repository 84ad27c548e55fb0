const keyword = { type: 'keyword' };

/** What the index is made with. */
export const clickIndex = {
  mappings: {
    properties: {
      text: { type: 'text' },
      orderedAt: { type: 'date', format: 'epoch_millis' },
      ...Object.fromEntries(
        ['id', 'customer', 'segment', 'country', 'product', 'category'].map((name) => [name, keyword]),
      ),
      totalCents: { type: 'long' },
      clicks: { type: 'long' },
    },
  },
};
