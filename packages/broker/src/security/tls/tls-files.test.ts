import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDir } from '../../../test/fixtures.ts';
import { BrokerConfig, type ConfigInput } from '../../config/broker-config.ts';
import { ListenerConfig } from '../../config/listener-config.ts';
import { createDevelopmentCa } from './development-ca.ts';
import { subjectName } from './distinguished-name.ts';
import { pkcs12Certificates } from './pkcs12.ts';
import { parsePrincipalMapping } from './principal-mapping.ts';
import { readTlsMaterial } from './tls-settings.ts';

const material = (config: ConfigInput) => readTlsMaterial(new ListenerConfig(new BrokerConfig(config), 'SSL'), false);

test('a development certificate verifies, is for its hosts, and names its subject as Java does', () => {
  const ca = createDevelopmentCa();
  const issued = new X509Certificate(
    ca.issue({ commonName: 'Anna, "A" <b>', hosts: ['kafka.example', '::1', '10.0.0.7'] }).certificate,
  );
  const authority = new X509Certificate(ca.certificate);
  assert.ok(issued.verify(authority.publicKey) && issued.checkIssued(authority) && authority.ca);
  assert.equal(issued.checkHost('kafka.example'), 'kafka.example');
  assert.equal(issued.checkIP('::1'), '::1');
  assert.equal(issued.checkIP('10.0.0.7'), '10.0.0.7');
  assert.equal(subjectName(issued.raw), 'CN=Anna\\, \\"A\\" \\<b\\>,O=Headwater development');
  assert.throws(() => subjectName(Buffer.from('no certificate')), RangeError);
});

test('rules map subjects to principals as KIP-371 says', () => {
  const subject = 'CN=Duke,OU=ServiceUsers,O=Org,C=US';
  const cases: [rules: string, name: string][] = [
    ['DEFAULT', subject],
    ['', subject],
    ['RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/', 'Duke'],
    ['RULE:^CN=(.*?),OU=Other.*$/$1/, RULE:^CN=(.*?),OU=(.*?),O=(.*?),C=(.*?)$/$1@$2/L, DEFAULT', 'duke@serviceusers'],
    ['RULE:^CN=(.*?),.*$/$1/U', 'DUKE'],
    ['RULE:^CN=(.*?),.*$/a\\/$1/', 'a/Duke'],
  ];
  for (const [rules, name] of cases) assert.equal(parsePrincipalMapping(rules)(subject), name, rules);
  assert.throws(() => parsePrincipalMapping('RULE:^CN=x$/$1/')(subject), { code: 'HW_BROKER_AUTHENTICATION' });
  for (const rules of ['RULE:^CN=(/$1/', 'RULE:a', 'DEFAULT;DEFAULT', 'RULE:a/b/X']) {
    assert.throws(() => parsePrincipalMapping(rules), { code: 'HW_BROKER_CONFIG', message: /rules look like/ }, rules);
  }
});

test('PEM may be a file, or a text in one line as in a properties file', async (t) => {
  const { certificate, key } = createDevelopmentCa().issue({ commonName: 'kafka' });
  const location = join(await temporaryDir(t), 'kafka.pem');
  writeFileSync(location, key + certificate);
  material({ 'ssl.keystore.location': location });
  for (const joint of ['\\n', ' ']) {
    const oneLine = (pem: string) => pem.trim().replaceAll('\n', joint);
    material({ 'ssl.keystore.certificate.chain': oneLine(certificate), 'ssl.keystore.key': oneLine(key) });
  }
});

test('what cannot be used says what to do', async (t) => {
  const dir = await temporaryDir(t);
  const { certificate, key } = createDevelopmentCa().issue({ commonName: 'kafka' });
  const other = createDevelopmentCa().issue({ commonName: 'other' });
  const jks = join(dir, 'kafka.jks');
  writeFileSync(jks, Buffer.from('feedfeed00000002', 'hex'));
  const pem = { 'ssl.keystore.certificate.chain': certificate, 'ssl.keystore.key': key };
  const wrong: [ConfigInput, RegExp][] = [
    [{ 'ssl.keystore.type': 'JKS' }, /must be one of: PEM, PKCS12/],
    [{ 'ssl.keystore.location': jks }, /JKS key store, which only Java reads.*keytool -importkeystore/],
    [{ 'ssl.keystore.location': join(dir, 'none.pem') }, /ssl\.keystore\.location: ENOENT/],
    [{ 'ssl.keystore.certificate.chain': certificate, 'ssl.keystore.key': other.key }, /cannot be used: .*mismatch/],
    [{ ...pem, 'ssl.client.auth': 'required' }, /ssl\.client\.auth asks for certificates: set ssl\.truststore/],
    [{ ...pem, 'ssl.truststore.type': 'PKCS12', 'ssl.truststore.location': jks }, /JKS/],
    [{ ...pem, 'ssl.enabled.protocols': 'TLSv1' }, /TLSv1 is not/],
  ];
  for (const [config, message] of wrong) assert.throws(() => material(config), { code: 'HW_BROKER_CONFIG', message });
});

test('a PKCS #12 trust store of no kind that is known is refused, whatever its bytes are', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('3003020103', 'hex'), Buffer.from('300530030601aa', 'hex')]) {
    assert.throws(() => pkcs12Certificates(bytes, 'x'), RangeError);
  }
});
