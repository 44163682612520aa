import { startLocal } from 'process-facade/local';
import { createProcessClient } from 'process-facade-client';

const [app, dataDir] = process.argv.slice(2);
const runtime = await startLocal({ app, port: 0, dataDir });
const client = createProcessClient(runtime.outputs);
const confirmation = await client.run('order', { orderId: 'A-1', quantity: 3 });
const explorer = await fetch(`${runtime.outputs.consoleUrl}/`);
const page = await explorer.text();
const script = /src="([^"]+\.js)"/.exec(page)?.[1];
const bundle = await fetch(new URL(script, explorer.url));
client.dispose();
await runtime.close();
console.log(JSON.stringify({ confirmation, explorer: explorer.status, bundle: bundle.status }));
