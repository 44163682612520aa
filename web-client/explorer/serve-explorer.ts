import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { builtExplorer, cachedExplorerBundle, explorerDir, PAGE } from './bundle-explorer.ts';
import type { ExplorerConfig } from './explorer-config.ts';

/** The API explorer as served by {@link createExplorer}. */
export type Explorer = {
  /**
   * Responds to a request; `path` is what follows `/explorer` in its URL: nothing, `/`,
   * `/config.json`.
   */
  handleRequest: (req: IncomingMessage, res: ServerResponse, path: string) => Promise<void>;
  /** Waits for a build that is under way; nothing is written to `cacheDir` afterwards. */
  close: () => Promise<void>;
};

/**
 * Serves GraphiQL for the API that `config` names.
 *
 * In the repository the page is bundled on the first request, in a few seconds, and cached in
 * `cacheDir`; the very first bundle also installs its packages, in half a minute. It is bundled
 * again when its sources have changed. The package brings it built. A build that fails is reported
 * on the page and to `log`, and tried again with the next request.
 */
export function createExplorer(options: {
  config: ExplorerConfig;
  cacheDir: string;
  log?: (line: string) => void;
}): Explorer {
  const { config, cacheDir, log = console.error } = options;
  const securityPolicy = contentSecurityPolicy(config);
  const built = builtExplorer();
  const bundleDir = built?.folder ?? cacheDir;
  let building: Promise<string> | undefined;

  function bundle(): Promise<string> {
    if (built) return Promise.resolve(built.name);
    building ??= cachedExplorerBundle(cacheDir).finally(() => {
      building = undefined;
    });
    return building;
  }

  async function sendPage(res: ServerResponse): Promise<void> {
    try {
      const name = await bundle();
      const page = await readFile(join(built?.folder ?? explorerDir, PAGE), 'utf8');
      send(res, 200, 'text/html', page.replaceAll('BUNDLE', name));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(`The explorer could not be built: ${reason}`);
      send(res, 500, 'text/plain', `The explorer could not be built.\n\n${reason}\n`);
    }
  }

  async function sendBundled(res: ServerResponse, path: string): Promise<void> {
    const file = /^\/([0-9a-f]+\/\w[\w.-]*\.(?:css|js))$/.exec(path)?.[1];
    const content = file && (await readIfThere(join(bundleDir, file)));
    if (!file || !content) return send(res, 404, 'text/plain', 'The explorer has no such file.\n');

    res.setHeader('cache-control', 'public, max-age=31536000, immutable');
    send(res, 200, file.endsWith('.css') ? 'text/css' : 'text/javascript', content);
  }

  return {
    async handleRequest(req, res, pathAndQuery) {
      const path = pathAndQuery.replace(/\?.*/, '');
      res.setHeader('content-security-policy', securityPolicy);
      res.setHeader('x-content-type-options', 'nosniff');
      res.setHeader('referrer-policy', 'no-referrer');
      res.setHeader('cache-control', 'no-store');
      res.setHeader('cross-origin-resource-policy', 'same-origin');

      if (req.method !== 'GET' && req.method !== 'HEAD') {
        res.setHeader('allow', 'GET, HEAD');
        send(res, 405, 'text/plain', 'The explorer supports GET and HEAD only.\n');
      } else if (path === '') {
        // The page's links are relative, so that it can be hosted elsewhere too.
        res.setHeader('location', `${/([^/?]*)(\?.*)?$/.exec(req.url ?? '')?.[1]}/`);
        send(res, 308, 'text/plain', '');
      } else if (path === '/') await sendPage(res);
      else if (path === '/config.json') {
        if (isFromExplorer(req)) send(res, 200, 'application/json', JSON.stringify(config));
        else send(res, 403, 'text/plain', 'The API key is for the explorer itself, not for other pages.\n');
      } else await sendBundled(res, path);
    },

    async close() {
      await building?.catch(() => undefined);
    },
  };
}

/**
 * Whether a request comes from the explorer's own page, or from no page. Browsers send
 * `Sec-Fetch-Site` also where they send no `Origin`.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
function isFromExplorer({ headers }: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || origin === `http://${host}`;
}

function send(res: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  res.writeHead(status, {
    'content-type': `${contentType}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  });
  res.end(body);
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Nothing is loaded from or sent to another host than the API's. Monaco writes style elements and
 * attributes, and GraphiQL's style sheet holds its fonts.
 *
 * @see https://www.w3.org/TR/CSP3/
 */
function contentSecurityPolicy(config: ExplorerConfig): string {
  const api = [config.endpoint, config.realtimeEndpoint].map((url) => new URL(url).origin);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    `connect-src 'self' ${api.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
