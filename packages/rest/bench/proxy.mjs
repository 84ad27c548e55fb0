/**
 * Records through the REST Proxy: v2 produce, v3 stream, v2 consume. `node packages/rest/bench/proxy.mjs http://127.0.0.1:8082`
 */
const url = process.argv[2];
const id = (await (await fetch(url + '/v3/clusters')).json()).data[0].cluster_id;
const post = (p, b, t = 'application/json') =>
  fetch(url + p, { method: 'POST', headers: { 'content-type': t }, body: b });
await post(`/v3/clusters/${id}/topics`, JSON.stringify({ topic_name: 'bench', partitions_count: 3 }));
const value = { id: 1, text: 'x'.repeat(80) };
const rec = JSON.stringify({ value });
const N = 500;
const body = `{"records":[${Array(N).fill(rec).join(',')}]}`;
let n = 0,
  end = Date.now() + 4000,
  t0 = performance.now();
await Promise.all(
  Array.from({ length: 4 }, async () => {
    while (Date.now() < end) {
      await (await post('/topics/bench', body, 'application/vnd.kafka.json.v2+json')).text();
      n += N;
    }
  }),
);
console.log('v2 produce records/s', Math.round((n / (performance.now() - t0)) * 1000));
const line = JSON.stringify({ value: { type: 'JSON', data: value } }) + '\n';
const chunk = new TextEncoder().encode(line.repeat(200));
n = 0;
end = Date.now() + 4000;
t0 = performance.now();
const stream = new ReadableStream({
  pull(c) {
    if (Date.now() > end) return c.close();
    c.enqueue(chunk);
    n += 200;
  },
});
const res = await fetch(url + `/v3/clusters/${id}/topics/bench/records`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: stream,
  duplex: 'half',
});
let bytes = 0;
for await (const c of res.body) bytes += c.length;
console.log(
  'v3 stream records/s',
  Math.round((n / (performance.now() - t0)) * 1000),
  'answers MB',
  (bytes / 1e6).toFixed(1),
);
const inst = await (
  await post(
    '/consumers/bench-' + Date.now(),
    '{"format":"json","auto.offset.reset":"earliest","fetch.min.bytes":1}',
    'application/vnd.kafka.v2+json',
  )
).json();
await post(
  new URL(inst.base_uri).pathname + '/assignments',
  JSON.stringify({ partitions: [0, 1, 2].map((p) => ({ topic: 'bench', partition: p })) }),
  'application/vnd.kafka.v2+json',
);
n = 0;
end = Date.now() + 4000;
t0 = performance.now();
let b = 0;
while (Date.now() < end) {
  const text = await (
    await fetch(inst.base_uri + '/records?max_bytes=1000000', {
      headers: { accept: 'application/vnd.kafka.json.v2+json' },
    })
  ).text();
  b += text.length;
  n += text.split('"offset":').length - 1;
}
console.log(
  'v2 consume records/s',
  Math.round((n / (performance.now() - t0)) * 1000),
  'MB/s',
  (b / 1e6 / ((performance.now() - t0) / 1000)).toFixed(1),
);
