import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { contentSecurity } from './vite.csp.ts';
import { trustedMediaChrome } from './vite.media-chrome.ts';
import { browserAliases, defines, optimizeDeps } from './vite.shared.ts';

export default defineConfig({
  // One build works at any base path: every address in it is relative.
  base: './',
  define: defines,
  resolve: { alias: browserAliases },
  optimizeDeps,
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // Browsers that have transferable data channels and `light-dark()`; older targets settle it once, at the root.
    cssTarget: ['chrome130', 'firefox144', 'safari18'],
    // Data URLs in scripts would need `data:` in the policy for workers and fonts.
    assetsInlineLimit: 0,
  },
  plugins: [
    svelte(),
    trustedMediaChrome(),
    contentSecurity(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'workers',
      filename: 'service.worker.ts',
      // The page registers it itself: when, and what an update looks like, are its decisions.
      injectRegister: false,
      manifest: false,
      injectManifest: {
        globPatterns: ['**/*.{js,css,html,svg,png,webmanifest,woff2}'],
        // The browser fetches these itself when the app is installed.
        globIgnores: ['screenshots/**', 'icons/**'],
      },
    }),
  ],
});
