/** The function that steps invoke to start a process downstream. It is not a field of the API. */

import type { Context } from 'aws-lambda';
import type { ProcessState } from '../core/api-types.ts';
import { definitions } from '../core/definitions.ts';
import { type LambdaResponse, respond } from '../core/lambda-response.ts';
import { servicesFromEnvironment } from '../core/services.ts';
import { type DownstreamRequest, startDownstream } from '../core/start-downstream.ts';

const services = servicesFromEnvironment();

export function handler(event: DownstreamRequest, lambda: Context): Promise<LambdaResponse<ProcessState>> {
  return respond(lambda, () => startDownstream(services, event, definitions()));
}
