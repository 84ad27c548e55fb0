import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run dev` proxies to a running Headwater (or to `node dev/serve.ts`). */
const backend = process.env['HEADWATER_URL'] ?? 'http://127.0.0.1:8080';
/** With a login's cookie only pages of the gateway may change something: to it these are such pages. */
const proxied = { target: backend, changeOrigin: true, headers: { origin: new URL(backend).origin } };

export default defineConfig({
  base: '/ui/',
  plugins: [react()],
  build: {
    // light-dark() and oklch() are used as they are: no fallbacks are generated for older browsers.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // A strict Content-Security-Policy allows no data: URLs, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      '/api': proxied,
      '/oauth': proxied,
      '/query': proxied,
      '/streams': proxied,
      '/analytics': proxied,
    },
  },
});
