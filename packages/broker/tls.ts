export {
  createDevelopmentCa,
  type DevelopmentCa,
  type IssueOptions,
  type KeyAndCertificate,
  openDevelopmentCa,
} from './src/security/tls/development-ca.ts';
