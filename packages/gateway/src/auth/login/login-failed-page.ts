/** What a person sees whose login did not work: why, and the way to try again. */
export function loginFailedPage(reason: string, returnTo: string): string {
  const again = `/oauth/login?return_to=${encodeURIComponent(returnTo)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The login did not work</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1.5rem; }
p { overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>The login did not work</h1>
<p>${escapeHtml(reason)}</p>
<p><a href="${escapeHtml(again)}">Log in again</a> or <a href="/">go to the start</a>.</p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
