/**
 * The names by which this machine reaches itself. They decide who may talk to the local runtime: a
 * page on another site can let its own host name resolve to 127.0.0.1 (DNS rebinding), but it
 * cannot change what its browser sends as `Host` and `Origin`.
 */
import type { IncomingMessage } from 'node:http';

/**
 * Whether a host name is one of loopback's. Names below `localhost` are too: no DNS server is asked
 * for them, and S3 clients put the bucket there.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
function isLoopbackName(name: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9_-]+\.)*localhost)$/i.test(name);
}

/** Whether the header `Host` means the server that listens on this port of this machine. */
function isOwnHost(host: string, port: number): boolean {
  const [, name = '', givenPort = '80'] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return isLoopbackName(name) && Number(givenPort) === port;
}

/**
 * The same for the `host` of real-time credentials, which may lack the port: the hosts of AppSync
 * have none.
 */
export function meansHost(host: string | undefined, port: number): boolean {
  return host !== undefined && (isLoopbackName(host) || isOwnHost(host, port));
}

/**
 * Why a request is rejected before any service sees it; undefined for one that may pass: it asks
 * for this server by a loopback name, and comes from no page (the SDKs, `curl`), or from one that
 * is served on this machine, on any port.
 *
 * A page without a site (`Origin: null`: a sandboxed frame, a file) may be anybody's, so it is
 * rejected.
 */
export function foreignness({ headers, socket }: IncomingMessage): string | undefined {
  const port = socket.localPort ?? 0;
  if (!isOwnHost(headers.host ?? '', port))
    return `The local runtime answers requests for 127.0.0.1:${port} and localhost:${port} only, not for the Host [${headers.host ?? ''}].`;
  const { origin } = headers;
  if (origin === undefined || (URL.canParse(origin) && isLoopbackName(new URL(origin).hostname)))
    return undefined;
  return `The local runtime answers pages of this machine only (http://localhost:<port>), not those of the Origin [${origin}].`;
}
