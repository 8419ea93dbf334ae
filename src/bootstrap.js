// Runs first, inline in index.html, allowed there by its hash (vite.csp.ts). It knows what the build could not: where
// the app is deployed. It narrows the page's policy to the exact places of our scripts, so that torrent content, which
// has the same origin under `stream/`, can never run; then it loads the app. Built into the page, not into the bundle.
(() => {
  const { entry, preload } = document.currentScript.dataset;
  const assets = new URL('assets/', document.baseURI).href;
  const serviceWorker = new URL('service.worker.js', document.baseURI).href;
  // `;` and `,` would end a source expression.
  const source = (url) => url.replace(/[;,]/g, encodeURIComponent);

  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = [
    `script-src ${source(assets)}`,
    `worker-src ${source(assets)} ${source(serviceWorker)}`,
  ].join('; ');
  document.head.append(policy);

  // Workers are started by URL, which Trusted Types guards: the same two places.
  globalThis.trustedTypes?.createPolicy('default', {
    createScriptURL(url) {
      const { href } = new URL(url, document.baseURI);
      if (href.startsWith(assets) || href === serviceWorker) return href;
      throw new TypeError(`Not a script of this app: ${href}`);
    },
  });

  for (const href of preload.split(' ').filter(Boolean)) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.crossOrigin = '';
    link.href = href;
    document.head.append(link);
  }
  // A script element, not `import()`: an import by a script that the parser inserted is itself taken for
  // parser-inserted, and 'strict-dynamic' refuses it (seen in Chromium 156).
  const app = document.createElement('script');
  app.type = 'module';
  app.crossOrigin = '';
  app.src = entry;
  app.onerror = () => {
    // The body may not be there yet.
    const tell = () => {
      document.getElementById('app').textContent =
        'Rill could not load. Check the connection, then reload this page.';
    };
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', tell);
    else tell();
  };
  document.head.append(app);
})();
