export { startTestIssuer, type TestIssuer, type TestIssuerOptions, type TokenShape } from './test-issuer.ts';
