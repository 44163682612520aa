/**
 * A step of an ordinary app: it writes to a table that the app has and the local runtime does not
 * serve.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcessClient } from '../client/index.ts';
import { claimOutputs } from '../local/outputs-files.ts';
import { type LocalOptions, type LocalRuntime, startLocal } from '../local/start-local.ts';
import { type ListeningServer, listen } from './kit/listen.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'own-table-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SDK = join(ROOT, 'node_modules/@aws-sdk/client-dynamodb/dist-cjs/index.js');
const STEP = `import { DynamoDBClient, GetItemCommand, PutItemCommand } from '${SDK}';
import { step } from '${ROOT}/core/step/step.ts';
const table = process.env.TABLE;
export const handler = step({
  reads: {},
  run: async () => {
    const client = new DynamoDBClient({});
    await client.send(new PutItemCommand({ TableName: table, Item: { id: { S: 'A-1' }, total: { N: '42' } } }));
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { id: { S: 'A-1' } } }));
    return { output: { table, total: Number(Item.total.N) } };
  },
});
`;
const MACHINE = {
  StartAt: 'Save',
  States: {
    Save: {
      Type: 'Task',
      Resource: `\${Save}`,
      End: true,
    },
  },
};
const APP = `import { App, NestedStack, Stack, Tags } from '${ROOT}/node_modules/aws-cdk-lib/index.js';
import { Schedule, Rule } from '${ROOT}/node_modules/aws-cdk-lib/aws-events/index.js';
import { SnsTopic } from '${ROOT}/node_modules/aws-cdk-lib/aws-events-targets/index.js';
import { AttributeType, Table } from '${ROOT}/node_modules/aws-cdk-lib/aws-dynamodb/index.js';
import { Vpc } from '${ROOT}/node_modules/aws-cdk-lib/aws-ec2/index.js';
import { Code, Function as Lambda, Runtime } from '${ROOT}/node_modules/aws-cdk-lib/aws-lambda/index.js';
import { Bucket } from '${ROOT}/node_modules/aws-cdk-lib/aws-s3/index.js';
import { Topic } from '${ROOT}/node_modules/aws-cdk-lib/aws-sns/index.js';
import { Queue } from '${ROOT}/node_modules/aws-cdk-lib/aws-sqs/index.js';
import { ProcessFacade } from '${ROOT}/infra/process-facade.ts';

const app = new App();
const data = new Stack(app, 'Data');
const table = new Table(data, 'Orders', { partitionKey: { name: 'id', type: AttributeType.STRING } });
const shop = new Stack(app, 'Shop');
for (const id of ['Orders', 'Returns']) {
  const facade = new ProcessFacade(shop, id, { definitions: { save: { folder: '${folder}/save', outputStep: 'Save' } } });
  const save = facade.node.findAll().find((node) => node instanceof Lambda && node.node.path.includes('/save/'));
  table.grantReadWriteData(save);
  save.addEnvironment('TABLE', table.tableName);
  save.addEnvironment('AWS_ENDPOINT_URL_DYNAMODB', 'https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com');
}
const topic = new Topic(shop, 'News');
new Rule(shop, 'Tell', { schedule: Schedule.cron({ hour: '1' }), targets: [new SnsTopic(topic)] });
new Queue(shop, 'Ordered', { fifo: true });
new Vpc(shop, 'Net');
new Bucket(new NestedStack(shop, 'Nested'), 'Pictures', { enforceSSL: true });
new Lambda(shop, 'Score', { runtime: Runtime.PYTHON_3_13, handler: 'index.handler', code: Code.fromInline('def handler(e, c): pass') });
Tags.of(app).add('team', 'shop');
`;

/** A table service that speaks DynamoDB's protocol, as far as the step needs it. */
const items = new Map<string, unknown>();
const standIn = createServer(async (request, response) => {
  const { TableName, Item, Key } = (await json(request)) as {
    TableName: string;
    Item?: { id: { S: string } };
    Key?: { id: { S: string } };
  };
  if (Item) items.set(`${TableName} ${Item.id.S}`, Item);
  const found = Key && items.get(`${TableName} ${Key.id.S}`);
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(found ? { Item: found } : {}));
});

const start = (data: string, options: Partial<LocalOptions> = {}) =>
  startLocal({ app: join(folder, 'app.ts'), port: 0, dataDir: join(folder, data), ...options });

const lines: string[] = [];
let stand: ListeningServer;
let runtime: LocalRuntime;
beforeAll(async () => {
  mkdirSync(join(folder, 'save'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'app.ts'), APP);
  writeFileSync(join(folder, 'save/Save.ts'), STEP);
  writeFileSync(join(folder, 'save/machine.asl.json'), JSON.stringify(MACHINE));
  writeFileSync(join(folder, 'save/input.schema.json'), '{}');
  stand = await listen(standIn);
  const endpoints = { dynamodb: stand.origin };
  runtime = await start('data', { endpoints, onProgress: (line) => void lines.push(line) });
}, 180_000);
afterAll(async () => {
  await runtime?.close();
  await stand?.[Symbol.asyncDispose]();
});

describe('an ordinary app', () => {
  it('starts, with one line for each kind of resource that is not served', () => {
    expect(lines.filter((line) => line.startsWith('Not served locally: '))).toEqual([
      'Not served locally: AWS::DynamoDB::Table Data/Orders',
      'Not served locally: AWS::SNS::Topic Shop/News',
      'Not served locally: AWS::EC2::VPC Shop/Net',
      'Not served locally: AWS::SQS::Queue Shop/Ordered: property FifoQueue',
      'Not served locally: AWS::Lambda::Function Shop/Score: runtime python3.13, expected Node.js',
      expect.stringContaining('Not served locally: AWS::Events::Rule Shop/Tell: '),
    ]);
  });

  it('has a file of outputs for each of its facades, which are removed in the end', () => {
    const files = claimOutputs(join(folder, 'outputs/outputs.json'));
    files.write(runtime);
    const endpoints = ['outputs.json', 'outputs.Shop-Returns.json'].map((file) => {
      const { endpoint } = JSON.parse(readFileSync(join(folder, 'outputs', file), 'utf8'));
      return new URL(endpoint).pathname;
    });
    expect(endpoints).toEqual(['/graphql/Shop-Orders', '/graphql/Shop-Returns']);
    files.remove();
    expect(readdirSync(join(folder, 'outputs')).filter((file) => file.endsWith('.json'))).toEqual([]);
  });

  it('writes to its table through a stand-in, in each of its facades', async () => {
    expect(Object.keys(runtime.facades)).toEqual(['Shop-Orders', 'Shop-Returns']);
    for (const outputs of Object.values(runtime.facades)) {
      using client = createProcessClient(outputs);
      const output = await client.run('save', {}, { via: 'subscription' });
      expect(output).toEqual({ table: expect.stringMatching(/^Data-Orders/), total: 42 });
    }
  });

  it('has the processes of one facade only there', async () => {
    const [one, other] = Object.values(runtime.facades).map((outputs) => createProcessClient(outputs));
    const { processId } = (await one?.start('save', {})) ?? {};
    await expect(other?.get(String(processId))).rejects.toMatchObject({ errorType: 'ProcessNotFound' });
    one?.dispose();
    other?.dispose();
  });

  it('without a stand-in fails with an error that says how to give it one', async () => {
    const bare = await start('bare');
    using client = createProcessClient(bare.outputs);
    const failed = client.run('save', {});
    await expect(failed).rejects.toMatchObject({
      error: 'NotServedLocally',
      cause: expect.stringContaining(
        "DynamoDB is not served by the local runtime. Point it at a stand-in: endpoints: { dynamodb: 'http://127.0.0.1:8000' } in process-facade.local.ts",
      ),
    });
    await bare.close();
  }, 120_000);

  it.each([
    ['mjs', "export default { endpoints: { dynamo: 'http://127.0.0.1:8000' } };", /got \[dynamo\]/],
    [
      'js',
      'export default { endpoint: {} };',
      /^Expected .*process-facade\.local\.js to have a default export/,
    ],
    [
      'ts',
      "throw new Error('no table today');",
      /^Could not load .*process-facade\.local\.ts: no table today/,
    ],
  ])('with a mistake in process-facade.local.%s does not start, and says why', async (end, text, message) => {
    const file = join(folder, `process-facade.local.${end}`);
    writeFileSync(file, text);
    await expect(start('mistake')).rejects.toThrow(message);
    rmSync(file);
  });
});
