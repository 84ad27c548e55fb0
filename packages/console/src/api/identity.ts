/** The identity part's overview: `/api/identity/admin/realms/NAME/overview`. */
export interface IdentityOverview {
  realm: string;
  issuer: string;
  roles: { name: string; description?: string }[];
  users: IdentityUser[];
  clients: IdentityClient[];
  keys: { kid: string; createdAtMs: number; isSigning: boolean; retiredUntilMs: number }[];
  audit: IdentityEvent[];
}

export interface IdentityUser {
  id: string;
  username: string;
  name: string;
  email: string | null;
  isEnabled: boolean;
  /** The client whose service account it is. */
  serviceOf: string | null;
  roles: string[];
  sessions: number;
  failures: number;
  waitMs: number;
}

export interface IdentityClient {
  id: string;
  clientId: string;
  name: string | null;
  isEnabled: boolean;
  isPublic: boolean;
  flows: string[];
  redirectUris: string[];
}

export interface IdentityEvent {
  timestampMs: number;
  event: string;
  user: string | null;
  client: string | null;
  address: string | null;
  outcome: 'success' | 'failure';
  reason: string | null;
}
