import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutLogin } from './url-login.ts';

test('the login of an address is a header', () => {
  assert.deepEqual(withoutLogin('http://ada:p%40w@127.0.0.1:81/x?y=1'), {
    url: 'http://127.0.0.1:81/x?y=1',
    headers: { authorization: `Basic ${Buffer.from('ada:p@w').toString('base64')}` },
  });
  assert.deepEqual(withoutLogin('http://127.0.0.1:81'), { url: 'http://127.0.0.1:81/', headers: {} });
  assert.throws(() => withoutLogin('no address'), TypeError);
});
