/** What the test's page loads: the client as an application bundles it. */
import * as client from '../../client/index.ts';

declare global {
  /** The client, inside the page. */
  var facade: typeof client;
}

globalThis.facade = client;
