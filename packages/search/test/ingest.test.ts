import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withStore } from './support/rest-client.ts';

const grok = {
  description: 'access lines',
  version: 3,
  processors: [
    { grok: { field: 'message', patterns: ['%{IP:client} %{WORD:method} %{NUMBER:bytes:int}'], tag: 'split' } },
    { drop: { if: "ctx.method == 'HEAD'" } },
  ],
};

test('a pipeline is kept, shown, replaced and removed', async () => {
  await withStore(async (client) => {
    assert.deepEqual((await client.put('/_ingest/pipeline/access', grok)).json, { acknowledged: true });
    await client.put('/_ingest/pipeline/other', { processors: [] });
    assert.deepEqual((await client.get('/_ingest/pipeline/access')).json, { access: grok });
    assert.deepEqual(Object.keys((await client.get('/_ingest/pipeline')).json), ['access', 'other']);
    assert.deepEqual((await client.get('/_ingest/pipeline/a*?summary=true')).json, { access: {} });
    assert.equal((await client.get('/_ingest/pipeline/none')).status, 404);
    assert.equal((await client.get('/_ingest/pipeline/none*')).status, 200);
    assert.equal((await client.delete('/_ingest/pipeline/none')).json.error.reason, 'pipeline [none] is missing');
    assert.deepEqual((await client.delete('/_ingest/pipeline/*')).json, { acknowledged: true });
    assert.deepEqual((await client.get('/_ingest/pipeline')).json, {});
    const refused = await client.put('/_ingest/pipeline/x', { processors: [{ set: { field: 'a', tag: 't' } }] });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.json.error.root_cause, [
      {
        type: 'parse_exception',
        reason: '[value] required property is missing',
        processor_type: 'set',
        processor_tag: 't',
        property_name: 'value',
      },
    ]);
    const patterns = (await client.get('/_ingest/processor/grok?s=true')).json.patterns;
    assert.equal(typeof patterns.COMBINEDAPACHELOG, 'string');
  });
});

test('documents go through the pipeline of the request, else that of the index, and its final one', async () => {
  await withStore(async (client) => {
    await client.put('/_ingest/pipeline/access', grok);
    await client.put('/_ingest/pipeline/mark', { processors: [{ set: { field: 'final', value: true } }] });
    await client.put('/_ingest/pipeline/move', { processors: [{ set: { field: '_index', value: 'elsewhere' } }] });
    await client.put('/logs', { settings: { 'index.default_pipeline': 'access', 'index.final_pipeline': 'mark' } });
    const source = async (index: string, id: string): Promise<unknown> =>
      (await client.get(`/${index}/_doc/${id}`)).json._source;

    assert.equal((await client.put('/logs/_doc/1', { message: '10.0.0.1 GET 512' })).status, 201);
    assert.deepEqual(await source('logs', '1'), {
      message: '10.0.0.1 GET 512',
      client: '10.0.0.1',
      method: 'GET',
      bytes: 512,
      final: true,
    });
    await client.put('/logs/_doc/2?pipeline=_none', { message: 'anything' });
    assert.deepEqual(await source('logs', '2'), { message: 'anything', final: true });
    const dropped = await client.put('/logs/_doc/3', { message: '10.0.0.1 HEAD 0' });
    assert.deepEqual(
      [dropped.status, dropped.json.result, (await client.get('/logs/_doc/3')).status],
      [200, 'noop', 404],
    );
    const failed = await client.put('/logs/_doc/4', { message: 'nothing' });
    assert.equal(failed.status, 400);
    assert.equal(failed.json.error.reason, 'Provided Grok expressions do not match field value: [nothing]');
    assert.equal(failed.json.error.processor_tag, 'split');
    assert.equal(
      (await client.put('/plain/_doc/1?pipeline=nope', {})).json.error.reason,
      'pipeline with id [nope] does not exist',
    );
    assert.equal((await client.get('/plain')).status, 404, 'a refused document makes no index');

    const bulk = await client.bulk(
      [
        { index: { _id: '5' } },
        { message: '10.0.0.2 PUT 1' },
        { index: { _id: '6' } },
        { message: 'nothing' },
        { index: { _id: '7' } },
        { message: '10.0.0.1 HEAD 0' },
        { create: { _id: '8', pipeline: 'move' } },
        { message: 'm' },
        { delete: { _id: '1' } },
      ],
      '',
    );
    assert.equal(bulk.status, 400, 'the index is missing');
    const named = await client.call(
      'POST',
      '/logs/_bulk',
      `${[{ index: { _id: '5' } }, { message: '10.0.0.2 PUT 1' }, { index: { _id: '6' } }, { message: 'nothing' }, { index: { _id: '7' } }, { message: '10.0.0.1 HEAD 0' }, { create: { _id: '8', pipeline: 'move' } }, { message: 'm' }, { delete: { _id: '1' } }].map((line) => JSON.stringify(line)).join('\n')}\n`,
      { 'content-type': 'application/x-ndjson' },
    );
    assert.deepEqual(
      named.json.items.map(
        (item: Record<string, { status: number; result?: string }>) =>
          Object.values(item).map(({ status, result }) => [status, result])[0],
      ),
      [
        [201, 'created'],
        [400, undefined],
        [200, 'noop'],
        [201, 'created'],
        [200, 'deleted'],
      ],
    );
    assert.deepEqual(await source('elsewhere', '8'), { message: 'm' });
    assert.equal(((await source('logs', '5')) as { method: string }).method, 'PUT');
  });
});

test('numbers that no processor touches keep their digits', async () => {
  await withStore(async (client) => {
    await client.put('/_ingest/pipeline/mark', {
      processors: [{ set: { field: 'mark', value: '12' } }, { rename: { field: 'a', target_field: 'b' } }],
    });
    await client.call(
      'PUT',
      '/n/_doc/1?pipeline=mark',
      '{"a":1,"double":1.0,"exp":1e3,"long":9223372036854775807,"list":[2.50]}',
    );
    assert.equal(
      (await client.get('/n/_source/1')).text,
      '{"double":1.0,"exp":1e3,"long":9223372036854775807,"list":[2.50],"mark":"12","b":1}',
    );
  });
});

test('a pipeline is tried on documents, step by step when asked', async () => {
  await withStore(async (client) => {
    const docs = [
      { _id: 'x', _source: { message: '10.0.0.1 GET 5' } },
      { _source: { message: '10.0.0.1 HEAD 5' } },
      { _source: {} },
    ];
    const answer = await client.post('/_ingest/pipeline/_simulate', { pipeline: grok, docs });
    const [first, second, third] = answer.json.docs;
    assert.equal(first.doc._id, 'x');
    assert.equal(first.doc._source.bytes, 5);
    assert.match(first.doc._ingest.timestamp, /^\d{4}-/);
    assert.equal(second, null);
    assert.equal(third.error.type, 'illegal_argument_exception');
    await client.put('/_ingest/pipeline/access', grok);
    const verbose = await client.post('/_ingest/pipeline/access/_simulate?verbose', { docs });
    assert.deepEqual(
      verbose.json.docs.map((doc: { processor_results: { processor_type: string; status: string }[] }) =>
        doc.processor_results.map(({ processor_type, status }) => `${processor_type} ${status}`),
      ),
      [['grok success', 'drop skipped'], ['grok success', 'drop dropped'], ['grok error']],
    );
    assert.equal((await client.post('/_ingest/pipeline/none/_simulate', { docs })).status, 400);
    assert.equal((await client.post('/_ingest/pipeline/_simulate', { docs })).json.error.type, 'parse_exception');
  });
});

test('pipelines are there after a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-ingest-'));
  try {
    await withStore(
      async (client) => {
        await client.put('/_ingest/pipeline/inner', { processors: [{ set: { field: 'inner', value: 1 } }] });
        await client.put('/_ingest/pipeline/outer', { processors: [{ pipeline: { name: 'inner' } }] });
        await client.put('/_ingest/pipeline/gone', { processors: [] });
        await client.delete('/_ingest/pipeline/gone');
      },
      { dataDir },
    );
    await withStore(
      async (client) => {
        assert.deepEqual(Object.keys((await client.get('/_ingest/pipeline')).json), ['inner', 'outer']);
        await client.put('/a/_doc/1?pipeline=outer', {});
        assert.equal((await client.get('/a/_source/1')).text, '{"inner":1}');
      },
      { dataDir },
    );
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
