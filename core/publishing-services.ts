import { publishState } from './publish-state.ts';
import { type PublishingServices, servicesFromEnvironment } from './services.ts';

/** The services that a Lambda's environment names, with AppSync among them. */
export function publishingServicesFromEnvironment(): PublishingServices {
  return { ...servicesFromEnvironment(), publish: publishState };
}
