/** Installs what the pages of the web client are built from, for the check of their types. */
import { installWebClient } from '../web-client/install.ts';

await installWebClient();
