/** For all tests: those of the explorer should not wait for npm within their time limits. */
export { installWebClient as setup } from '../web-client/install.ts';
