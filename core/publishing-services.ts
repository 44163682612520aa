import { publishState } from './publish-state.ts';
import { type PublishingServices, servicesFromEnvironment } from './services.ts';

/** Returns the services named by the environment variables, including AppSync. */
export function publishingServicesFromEnvironment(): PublishingServices {
  return { ...servicesFromEnvironment(), publish: publishState };
}
