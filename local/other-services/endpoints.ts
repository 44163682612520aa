/**
 * Stand-ins for services that the local runtime does not serve.
 */
import { StartError } from '../common/errors.ts';
import { isLoopbackName } from '../common/loopback.ts';
import { serviceIdOf, serviceKeyOf } from './service-ids.ts';

/** URLs of stand-ins by service: `{ dynamodb: 'http://127.0.0.1:8000' }`. */
export type Endpoints = Readonly<Record<string, string>>;

/** Thrown when the endpoints of stand-ins cannot be used. */
class EndpointsInvalid extends StartError {
  override readonly name = 'EndpointsInvalid';
}

const SERVED = new Set(['lambda', 's3', 'sfn', 'sqs']);

/**
 * Returns the environment variables that point AWS's SDKs at the stand-ins. Throws
 * {@link EndpointsInvalid}, also for a URL of another machine: functions write there what their
 * developer tries out, and a table that others use would be found out too late.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function endpointVariables(endpoints: Endpoints): Record<string, string> {
  return Object.fromEntries(
    Object.entries(endpoints).map(([service, url]) => {
      assertService(service);
      assertUrl(service, url);
      return [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, url];
    }),
  );
}

function assertService(service: string): void {
  const id = serviceIdOf(service);
  const key = id === undefined ? undefined : serviceKeyOf(id);
  if (key === undefined)
    throw new EndpointsInvalid(
      `Expected endpoints of services of AWS, by the ids that the SDKs have for them (dynamodb, secrets_manager), got [${service}]`,
    );
  if (key !== service)
    throw new EndpointsInvalid(`Expected the endpoint of ${id} to be called ${key}, got [${service}]`);
  if (SERVED.has(key))
    throw new EndpointsInvalid(`The local runtime serves ${id} itself. Remove [${service}] from endpoints`);
}

function assertUrl(service: string, url: unknown): void {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new EndpointsInvalid(
      `Expected the endpoint of [${service}] to be an http or https URL, got [${url}]`,
    );
  if (!isLoopbackName(parsed.hostname))
    throw new EndpointsInvalid(
      `Expected the endpoint of [${service}] on this machine (127.0.0.1 or localhost), got [${url}]. Functions must not write to services that others use`,
    );
}
