/** The script of the test's page: the client as an application bundles it. */
import * as client from '../../client/index.ts';

declare global {
  /** The client, inside the page. */
  var facade: typeof client;
}

globalThis.facade = client;
