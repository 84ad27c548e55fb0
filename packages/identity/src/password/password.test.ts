import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword, isKnownHash, isPasswordOf } from './password-hash.ts';
import { checkPassword, parsePasswordPolicy } from './password-policy.ts';
import { WorkQueue } from './work-queue.ts';

test('a password is right for its own hash only, and never for none', async () => {
  const credential = await hashPassword('correct horse');
  assert.equal(isKnownHash(credential), true);
  assert.doesNotMatch(JSON.stringify(credential), /correct horse/);
  assert.equal(await isPasswordOf('correct horse', credential), true);
  assert.equal(await isPasswordOf('correct horsf', credential), false);
  assert.equal(await isPasswordOf('', undefined), false);
});

test('a hash that Keycloak made with PBKDF2 is checked too', async () => {
  const { pbkdf2Sync } = await import('node:crypto');
  const salt = Buffer.from('0123456789abcdef');
  const value = pbkdf2Sync('pässword', salt, 1_000, 64, 'sha512').toString('base64');
  const credential = {
    type: 'password',
    secretData: JSON.stringify({ value, salt: salt.toString('base64') }),
    credentialData: JSON.stringify({ hashIterations: 1_000, algorithm: 'pbkdf2-sha512' }),
  };
  assert.equal(await isPasswordOf('pässword', credential), true);
  assert.equal(await isPasswordOf('password', credential), false);
});

test('the policy says what is missing', () => {
  const policy = parsePasswordPolicy('length(8) and digits(1) and upperCase(1) and notUsername and notEmail');
  checkPassword('Password1', { username: 'ada' }, policy);
  assert.throws(
    () => checkPassword('short', { username: 'ada' }, policy),
    /at least 8 characters, at least 1 digits, at least 1 upper-case/,
  );
  assert.throws(() => checkPassword('Adaslongname1', { username: 'adaslongname1' }, policy), /not the user name/);
  assert.throws(() => parsePasswordPolicy('unheardOf(3)'), /unheardOf/);
  assert.throws(() => checkPassword('', { username: 'ada' }, parsePasswordPolicy(undefined)), /at least 1 character/);
});

test('a flood of logins queues so far and no further', async () => {
  const queue = new WorkQueue({ parallel: 2, waiting: 3 });
  let running = 0;
  let most = 0;
  const release: (() => void)[] = [];
  const work = async (): Promise<number> => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => release.push(resolve));
    return --running;
  };
  const all = Array.from({ length: 8 }, () => queue.run(work));
  const outcomes = Promise.allSettled(all);
  for (let turn = 0; turn < 20; turn++) {
    release.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const settled = await outcomes;
  assert.equal(most, 2);
  assert.equal(settled.filter(({ status }) => status === 'rejected').length, 3);
});
