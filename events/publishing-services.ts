import { type PublishingServices, servicesFromEnvironment } from '../core/services.ts';
import { publishState } from './publish-state.ts';

/** The services that a Lambda's environment names, with AppSync among them. */
export function publishingServicesFromEnvironment(): PublishingServices {
  return { ...servicesFromEnvironment(), publish: publishState };
}
