import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run build` → web/dist, which the gateway serves. While developing, `npx vite -c web/vite.config.ts` beside a
 *  running gateway. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 800 },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
