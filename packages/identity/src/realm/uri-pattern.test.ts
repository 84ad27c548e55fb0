import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAllowedWebOrigin, isRegisteredUri } from './uri-pattern.ts';

test('patterns on loopback stand for any port and path, and for no other host', () => {
  const patterns = ['http://127.0.0.1:*', 'http://localhost:*'];
  for (const uri of [
    'http://127.0.0.1:5555/callback',
    'http://localhost:8080/oauth/callback?x=1',
    'http://127.0.0.1:1/',
  ]) {
    assert.equal(isRegisteredUri(uri, patterns), true, uri);
  }
  for (const uri of [
    'http://127.0.0.1.evil.example:80/',
    'http://127.0.0.1:80@evil.example/',
    'http://localhost:x@evil.example/',
    'https://127.0.0.1:5555/',
    'http://127.0.0.2:5555/',
    'http://127.0.0.1:5555/#x',
    'http://127.0.0.1:5555\\@evil.example/',
    'http://127.0.0.1:5555/a/../../b',
    'http://127.0.0.1:5555/%2e%2e/b',
    'http://127.0.0.1:5555/a\r\nLocation: x',
    'http://[::1]:5555/',
    '',
    'nonsense',
  ]) {
    assert.equal(isRegisteredUri(uri, patterns), false, uri);
  }
});

test('other patterns are prefixes below a whole host, or letter for letter', () => {
  assert.equal(isRegisteredUri('https://app.example/callback/x', ['https://app.example/callback/*']), true);
  assert.equal(isRegisteredUri('https://app.example/callback', ['https://app.example/callback/*']), true);
  assert.equal(isRegisteredUri('https://app.example/callbacks', ['https://app.example/callback/*']), false);
  assert.equal(isRegisteredUri('https://app.example.evil.example/', ['https://app.example*']), false);
  assert.equal(isRegisteredUri('https://evil.example/', ['https://*']), false);
  assert.equal(isRegisteredUri('https://evil.example/', ['*']), false);
  assert.equal(isRegisteredUri('https://app.example/x', ['https://app.example/x']), true);
  assert.equal(isRegisteredUri('https://app.example/x?a=1', ['https://app.example/x']), false);
  assert.equal(isRegisteredUri('https://app.example/in/x', ['/in/*'], 'https://app.example/'), true);
  assert.equal(isRegisteredUri('com.example.app:/callback', ['com.example.app:/callback']), true);
  assert.equal(isRegisteredUri('javascript:alert(1)', ['javascript:*']), false);
});

test('web origins: named, all, or those of the redirect addresses', () => {
  assert.equal(isAllowedWebOrigin('https://a.example', ['https://a.example'], []), true);
  assert.equal(isAllowedWebOrigin('https://b.example', ['*'], []), true);
  assert.equal(isAllowedWebOrigin('null', ['*'], []), false);
  assert.equal(isAllowedWebOrigin('https://a.example', ['+'], ['https://a.example/x/*']), true);
  assert.equal(isAllowedWebOrigin('https://b.example', ['+'], ['https://a.example/x/*']), false);
  assert.equal(isAllowedWebOrigin('http://127.0.0.1:1234', ['+'], ['http://127.0.0.1:*']), true);
});
