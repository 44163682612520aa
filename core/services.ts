/**
 * What the facade's functions reach. Each function makes its clients once and passes them in, so
 * that the same code runs against services in memory, in any order of requests (`npm run explore`).
 */

import { randomUUID } from 'node:crypto';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { ProcessState } from './api-types.ts';
import { type Bucket, bucketFromEnvironment } from './objects.ts';

/** The data, the executions and the time. */
export type Services = {
  bucket: Bucket;
  stepFunctions: Pick<SFNClient, 'send'>;
  now(): Date;
  /** A value that no other call gets: it tells one attempt to start a process from another. */
  newId(): string;
};

/** Also the subscribers: for functions that record a state and push it. */
export type PublishingServices = Services & {
  /** Returns when AppSync has accepted the push. Throws `PublishFailed`. */
  publish(state: ProcessState): Promise<void>;
};

let stepFunctions: SFNClient | undefined;

/**
 * The services that a Lambda's environment names. All callers share the clients, which keep their
 * connections open.
 */
export function servicesFromEnvironment(): Services {
  stepFunctions ??= new SFNClient({});
  return {
    bucket: bucketFromEnvironment(),
    stepFunctions,
    now: () => new Date(),
    newId: randomUUID,
  };
}
