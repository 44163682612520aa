/** A facade in a thread of its own, in which every process runs for ever. */
import { parentPort } from 'node:worker_threads';
import { startTestServer, testState } from '../client/test-server.ts';

const server = await startTestServer();
server.intercept = ({ field, variables: { processId } }) => {
  server.requests.length = 0;
  return field === 'processState'
    ? { body: { data: { processState: testState(String(processId)) } } }
    : undefined;
};
parentPort?.on('message', () => parentPort?.postMessage(server.connects.length));
parentPort?.postMessage(server.endpoint);
