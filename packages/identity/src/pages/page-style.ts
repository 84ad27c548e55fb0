/** The look of the pages: the console's values, in light and dark. Served from our own address; the pages have no scripts. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --canvas: light-dark(oklch(0.977 0.002 247), oklch(0.166 0.006 256));
  --surface: light-dark(oklch(1 0 0), oklch(0.198 0.007 256));
  --sunken: light-dark(oklch(0.962 0.003 247), oklch(0.146 0.006 256));
  --line: light-dark(oklch(0.25 0.02 256 / 9%), oklch(0.95 0.01 256 / 8.5%));
  --control-line: light-dark(oklch(0.25 0.02 256 / 45%), oklch(0.95 0.01 256 / 40%));
  --hover: light-dark(oklch(0.25 0.02 256 / 5%), oklch(0.95 0.01 256 / 6%));
  --ink: light-dark(oklch(0.235 0.012 256), oklch(0.945 0.004 256));
  --ink-2: light-dark(oklch(0.43 0.013 256), oklch(0.76 0.009 256));
  --accent: light-dark(oklch(0.5 0.104 231), oklch(0.785 0.108 222));
  --accent-strong: light-dark(oklch(0.44 0.1 233), oklch(0.84 0.1 220));
  --accent-soft: light-dark(oklch(0.5 0.104 231 / 12%), oklch(0.785 0.108 222 / 16%));
  --on-accent: light-dark(oklch(1 0 0), oklch(0.18 0.03 230));
  --bad: light-dark(oklch(0.53 0.19 26), oklch(0.725 0.165 24));
  --bad-soft: light-dark(oklch(0.53 0.19 26 / 9%), oklch(0.725 0.165 24 / 13%));
  --good: light-dark(oklch(0.51 0.118 158), oklch(0.775 0.142 158));
  --good-soft: light-dark(oklch(0.51 0.118 158 / 10%), oklch(0.775 0.142 158 / 12%));
  --shadow: 0 0 0 1px var(--line), 0 10px 36px light-dark(oklch(0.25 0.02 256 / 9%), oklch(0 0 0 / 40%));
}
*, *::before, *::after { box-sizing: border-box; }
html { background: var(--canvas); color: var(--ink); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100dvh; display: grid; grid-template-rows: 1fr auto; justify-items: center; align-items: center;
  padding: 24px 16px; font: 400 15px/1.5 "Inter Variable", system-ui, sans-serif; -webkit-font-smoothing: antialiased;
}
main { width: min(400px, 100%); display: grid; gap: 20px; }
main.wide { width: min(720px, 100%); align-self: start; padding-top: 24px; }
.brand { display: flex; align-items: center; gap: 10px; font-weight: 600; font-size: 17px; letter-spacing: -0.015em; }
.brand svg { width: 28px; height: 28px; color: var(--accent); flex: none; }
.card { background: var(--surface); border-radius: 12px; box-shadow: var(--shadow); padding: 28px; display: grid; gap: 18px; }
h1 { margin: 0; font-size: 20px; line-height: 1.3; font-weight: 600; letter-spacing: -0.015em; }
h2 { margin: 0; font-size: 15px; font-weight: 600; }
p { margin: 0; color: var(--ink-2); overflow-wrap: anywhere; }
p strong, li strong { color: var(--ink); font-weight: 600; }
a { color: var(--accent); text-underline-offset: 3px; }
form { display: grid; gap: 16px; margin: 0; }
.field { display: grid; gap: 6px; }
label { font-size: 14px; font-weight: 500; }
input:not([type="hidden"]) {
  width: 100%; height: 44px; padding: 0 12px; border: 1px solid var(--control-line); border-radius: 8px; background: var(--surface);
  color: inherit; font: inherit; font-size: 16px;
}
input.code { font: 500 22px/1 ui-monospace, "JetBrains Mono Variable", monospace; letter-spacing: 0.14em; text-align: center; text-transform: uppercase; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input:focus-visible { outline-offset: 0; border-color: transparent; }
button {
  min-height: 44px; padding: 0 16px; border: 0; border-radius: 8px; font: inherit; font-weight: 600; cursor: pointer;
  background: var(--accent); color: var(--on-accent);
}
button:hover { background: var(--accent-strong); }
button.plain { background: none; color: var(--ink); box-shadow: inset 0 0 0 1px var(--control-line); }
button.plain:hover { background: var(--hover); }
button.small { min-height: 36px; padding: 0 12px; font-size: 14px; }
.actions { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
.message { display: flex; gap: 10px; padding: 10px 12px; border-radius: 8px; font-size: 14px; }
.message::before { font-weight: 700; }
.message.bad { background: var(--bad-soft); color: var(--bad); }
.message.bad::before { content: "!"; }
.message.good { background: var(--good-soft); color: var(--good); }
.message.good::before { content: "\\2713"; }
.message.info { background: var(--accent-soft); color: var(--ink); }
ul.scopes { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 8px; }
ul.scopes li { padding: 10px 12px; color: var(--ink-2); }
ul.scopes li + li { border-top: 1px solid var(--line); }
ul.rows { list-style: none; margin: 0; padding: 0; }
ul.rows li { display: flex; align-items: center; gap: 12px; padding: 12px 0; }
ul.rows li + li { border-top: 1px solid var(--line); }
ul.rows div { flex: 1; min-width: 0; }
ul.rows form { display: block; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 8px 20px; margin: 0; }
dt { color: var(--ink-2); }
dd { margin: 0; overflow-wrap: anywhere; }
.shown-code { padding: 14px; border-radius: 8px; background: var(--sunken); text-align: center; font: 600 24px/1.2 ui-monospace, monospace; letter-spacing: 0.12em; }
.detail { font: 13px/1.5 ui-monospace, "JetBrains Mono Variable", monospace; color: var(--ink-2); overflow-wrap: anywhere; }
footer { padding-top: 24px; font-size: 13px; color: var(--ink-2); text-align: center; }
@media (max-width: 480px) { .card { padding: 20px; } .actions { grid-template-columns: 1fr; } ul.rows li { flex-wrap: wrap; } dl { grid-template-columns: 1fr; gap: 2px; } dd + dt { margin-top: 8px; } }
@media (forced-colors: active) { .card, button { border: 1px solid; } }
`;
