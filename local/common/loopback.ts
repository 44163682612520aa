/**
 * The loopback names of this machine. They decide who may call the local runtime: a page on another
 * site can make its own host name resolve to 127.0.0.1 (DNS rebinding), but it cannot change the
 * `Host` and `Origin` that its browser sends.
 */
import type { IncomingMessage } from 'node:http';

/**
 * Returns whether a host name is a loopback name. Names below `localhost` are: no DNS server is
 * asked for them, and S3 clients put the bucket there.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
export function isLoopbackName(name: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9_-]+\.)*localhost)$/i.test(name);
}

/** Returns whether the header `Host` names the server on this port of this machine. */
function isOwnHost(host: string, port: number): boolean {
  const [, name = '', givenPort = '80'] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return isLoopbackName(name) && Number(givenPort) === port;
}

/**
 * Returns whether the `host` of real-time credentials names that server. It may lack the port,
 * because AppSync's hosts have none.
 */
export function meansHost(host: string | undefined, port: number): boolean {
  return host !== undefined && (isLoopbackName(host) || isOwnHost(host, port));
}

/**
 * Returns why a request is rejected before any service sees it; undefined if it may pass. It must
 * name this server by a loopback name. Its origin must be absent (the SDKs, `curl`) or a page that
 * is served on this machine, on any port.
 *
 * `Origin: null` (a sandboxed frame, a file) is rejected, because any site can produce it.
 */
export function rejectionOf({ headers, socket }: IncomingMessage): string | undefined {
  const port = socket.localPort ?? 0;
  if (!isOwnHost(headers.host ?? '', port))
    return `Expected the Host 127.0.0.1:${port} or localhost:${port}, got [${headers.host ?? ''}].`;
  const { origin } = headers;
  if (origin === undefined || (URL.canParse(origin) && isLoopbackName(new URL(origin).hostname)))
    return undefined;
  return `Expected the Origin of a page on this machine (http://localhost:<port>), got [${origin}].`;
}
