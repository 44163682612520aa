/**
 * The services that the local runtime does not serve. A request to one of them would leave the
 * machine, so the SDKs are pointed here instead, and get an error that names the remedy.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { xmlDocument } from '../common/xml.ts';
import { serviceIdOf, serviceKeyOf } from './service-ids.ts';

/** SDKs show it as the name of the error. */
const CODE = 'NotServedLocally';
/** None that an SDK repeats. */
const STATUS = 501;

/** Services whose requests have no form or JSON in them, and whose responses are XML. */
const REST_XML: ReadonlySet<string | undefined> = new Set(['CloudFront', 'Route 53', 'S3 Control']);

/** Rejects a request in the protocol of its service. */
export async function rejectOtherService(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  const service = serviceOf(request);
  const message = messageOf(service);
  const type = String(request.headers['content-type'] ?? '');
  const headers = { 'x-amzn-errortype': CODE };
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') {
    response.writeHead(STATUS, {
      ...headers,
      'content-type': 'application/cbor',
      'smithy-protocol': 'rpc-v2-cbor',
    });
    response.end(cborOf({ __type: CODE, message }));
  } else if (type.startsWith('application/x-www-form-urlencoded') || REST_XML.has(service)) {
    response.writeHead(STATUS, { ...headers, 'content-type': 'text/xml' }).end(xmlOf(service, message));
  } else {
    response.writeHead(STATUS, { ...headers, 'content-type': type || 'application/json' });
    response.end(JSON.stringify({ __type: CODE, code: CODE, message }));
  }
}

function messageOf(service: string | undefined): string {
  const name = service ?? 'The service';
  const key = service === undefined ? '<service>' : serviceKeyOf(service);
  return (
    `${name} is not served by the local runtime. Point it at a stand-in: ` +
    `endpoints: { ${key}: 'http://127.0.0.1:8000' } in process-facade.local.ts`
  );
}

/**
 * Returns the id of the service. The JavaScript SDK names it in `user-agent`. Others name it only
 * in the scope of the signature, as several services may share a name there.
 */
function serviceOf({ headers }: IncomingMessage): string | undefined {
  const agent = [headers['x-amz-user-agent'], headers['user-agent']].join(' ');
  const names = [
    /\bapi\/([\w-]+)#/.exec(agent)?.[1],
    /Credential=[^/,]*\/\d+\/[^/,]+\/([^/,]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1],
  ];
  return names.map((name) => name && serviceIdOf(name)).find(Boolean);
}

function xmlOf(service: string | undefined, message: string): string {
  const error = [
    'Error',
    [
      ['Type', 'Sender'],
      ['Code', CODE],
      ['Message', message],
    ],
  ] as const;
  return xmlDocument(service === 'EC2' ? ['Response', [['Errors', [error]]]] : ['ErrorResponse', [error]]);
}

/** Returns a map of texts as CBOR: https://www.rfc-editor.org/rfc/rfc8949.html#section-3.1 */
function cborOf(texts: Record<string, string>): Buffer {
  const entries = Object.entries(texts);
  const encoded = entries.flat().map((text) => {
    const bytes = Buffer.from(text);
    const head = Buffer.from([0x79, 0, 0]);
    head.writeUInt16BE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([Buffer.from([0xa0 + entries.length]), ...encoded]);
}
