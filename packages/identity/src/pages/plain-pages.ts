import { type Html, html } from './html.ts';
import { message } from './layout.ts';

export function errorPage(title: string, text: string, code?: string): Html {
  return html`<h1>${title}</h1>
${message('bad', text)}
<p>Go back to the application and try again. If it happens again, tell who runs it${code === undefined ? '.' : ' what stands below.'}</p>
${code === undefined ? '' : html`<div class="detail">${code}</div>`}`;
}

export function logoutPage(action: string, xsrf: string, clientName: string | undefined): Html {
  return html`<h1>Sign out?</h1>
<p>${clientName === undefined ? 'You leave every application that you signed in to here.' : html`<strong>${clientName}</strong> asks to sign you out. You leave every application that you signed in to here.`}</p>
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<div class="actions"><button class="plain" type="submit">Stay signed in</button>
<button type="submit" name="logout" value="yes">Sign out</button></div>
</form>`;
}

export function loggedOutPage(): Html {
  return html`<h1>You are signed out</h1>
${message('good', 'Your session has ended.')}
<p>You can close this window.</p>`;
}
