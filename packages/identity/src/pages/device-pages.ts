import { type Html, html } from './html.ts';
import { message } from './layout.ts';

export function deviceCodePage(action: string, xsrf: string, problem?: string): Html {
  return html`<h1>Connect a device</h1>
<p>Enter the code that your device shows.</p>
${problem === undefined ? '' : message('bad', problem)}
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<div class="field"><label for="user-code">Code</label>
<input class="code" id="user-code" name="user_code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" required autofocus></div>
<button type="submit">Continue</button>
</form>`;
}

export interface DeviceConfirmOptions {
  action: string;
  xsrf: string;
  userCode: string;
  shownCode: string;
  clientName: string;
}

export function deviceConfirmPage({ action, xsrf, userCode, shownCode, clientName }: DeviceConfirmOptions): Html {
  return html`<h1>Connect this device to your account?</h1>
<p><strong>${clientName}</strong> asks for access. Go on only if your device shows this code, and you started this yourself:</p>
<div class="shown-code">${shownCode}</div>
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}"><input type="hidden" name="user_code" value="${userCode}"><input type="hidden" name="confirm" value="yes">
<div class="actions"><button class="plain" type="submit" name="abort" value="yes">No</button>
<button type="submit">Yes, connect</button></div>
</form>`;
}

export function deviceDonePage(clientName: string): Html {
  return html`<h1>Device connected</h1>
${message('good', `You are signed in to ${clientName}.`)}
<p>You can close this window and go back to your device.</p>`;
}
