import { type Html, html } from './html.ts';
import { message } from './layout.ts';

export interface LoginPageOptions {
  action: string;
  csrf: string;
  clientName: string;
  username?: string | undefined;
  problem?: string | undefined;
}

export function loginPage({ action, csrf, clientName, username, problem }: LoginPageOptions): Html {
  const isKnown = username !== undefined && username !== '';
  return html`<h1>Sign in</h1>
<p>to go on to <strong>${clientName}</strong></p>
${problem === undefined ? '' : message('bad', problem)}
<form method="post" action="${action}">
<input type="hidden" name="csrf" value="${csrf}">
<div class="field"><label for="username">User name or e-mail</label>
<input id="username" name="username" type="text" value="${username ?? ''}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="255" required${isKnown ? '' : html` autofocus`}></div>
<div class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required${isKnown ? html` autofocus` : ''}></div>
<button type="submit" name="login" value="yes">Sign in</button>
</form>
<form method="post" action="${action}"><input type="hidden" name="csrf" value="${csrf}"><button class="plain" type="submit" name="cancel" value="yes">Cancel</button></form>`;
}

export interface NewPasswordPageOptions {
  action: string;
  csrf: string;
  username: string;
  problem?: string | undefined;
}

/** For who signs in with a password that was set for them. */
export function newPasswordPage({ action, csrf, username, problem }: NewPasswordPageOptions): Html {
  return html`<h1>Set your password</h1>
<p>You signed in as <strong>${username}</strong> with a password for one use. Choose your own.</p>
${problem === undefined ? '' : message('bad', problem)}
<form method="post" action="${action}">
<input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="username" value="${username}" autocomplete="username">
<div class="field"><label for="new-password">New password</label>
<input id="new-password" name="newPassword" type="password" autocomplete="new-password" maxlength="256" required autofocus></div>
<div class="field"><label for="repeated">The same again</label>
<input id="repeated" name="repeated" type="password" autocomplete="new-password" maxlength="256" required></div>
<button type="submit">Set password</button>
</form>`;
}
