import { type Html, html } from './html.ts';

const meaning: Record<string, string> = {
  openid: 'Know who you are',
  profile: 'See your name and user name',
  email: 'See your e-mail address',
  address: 'See your address',
  phone: 'See your phone number',
  offline_access: 'Keep access while you are away',
  roles: 'See your roles',
};

export interface ConsentPageOptions {
  action: string;
  csrf: string;
  clientName: string;
  clientId: string;
  username: string;
  scopes: readonly string[];
}

export function consentPage({ action, csrf, clientName, clientId, username, scopes }: ConsentPageOptions): Html {
  return html`<h1>Grant access to ${clientName}?</h1>
<p>You are signed in as <strong>${username}</strong>. The application <strong>${clientId}</strong> asks to:</p>
<ul class="scopes">${scopes.map((scope) => html`<li>${meaning[scope] ?? scope}</li>`)}</ul>
<form method="post" action="${action}">
<input type="hidden" name="csrf" value="${csrf}">
<div class="actions"><button class="plain" type="submit" name="consent" value="no">No</button>
<button type="submit" name="consent" value="yes">Yes, grant access</button></div>
</form>`;
}
