/**
 * The local runtime: the AWS services of a facade, on one port of this machine, wired as the
 * template says.
 */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { OUTPUT_NAMES, type OutputName } from '../core/output-names.ts';
import { createExplorer, type Explorer } from '../web-client/explorer/serve-explorer.ts';
import { openDataFolder } from './common/data-folder.ts';
import { StartError } from './common/errors.ts';
import { listen, type Service } from './common/http-server.ts';
import { createFaultInjector } from './faults/fault-injector.ts';
import type { FaultKind, Faults } from './faults/fault-kinds.ts';
import type { Permissions } from './iam/iam.ts';
import type { LogLine } from './lambda/function.ts';
import { LAMBDA_API_VERSIONS } from './lambda/Invoke.ts';
import { type Endpoints, endpointVariables } from './other-services/endpoints.ts';
import { readLocalConfig } from './other-services/local-config.ts';
import { rejectOtherService } from './other-services/other-services.ts';
import { type Close, createAccess, createServices, OPERATOR_ROLE } from './services.ts';
import { type Assembly, synthesize } from './template/assembly.ts';
import { passedOverLines } from './template/passed-over.ts';
import { ACCOUNT_ID, REGION } from './template/references.ts';
import { type Facade, readStacks } from './template/stacks.ts';
import { watchApp } from './watch-app.ts';

/** The outputs of a facade, with the same names as those of a deployed stack. */
export type Outputs = Record<OutputName, string>;

/** The options of {@link startLocal}. */
export type LocalOptions = {
  /** The CDK app. */
  app: string;
  /** 0 takes a free port. */
  port: number;
  /** Created if it is missing. It stays when the runtime closes. */
  dataDir: string;
  /** Faults to inject between the services. @default none */
  faults?: Faults | undefined;
  /**
   * Stand-ins on this machine for services of AWS that the local runtime does not serve, such as
   * `{ dynamodb: 'http://127.0.0.1:8000' }`. They replace those of `process-facade.local.ts`.
   */
  endpoints?: Endpoints;
  /** Receives each line that a function logs, and Lambda's own lines about it. */
  onLog?: (line: LogLine) => void;
  /** Receives a message before each step that takes long. */
  onProgress?: (line: string) => void;
  /**
   * Receives a line after each change of the app: that it is served again, or why the earlier app
   * still is. With it, the runtime watches everything that the synthesis of the app has read.
   * @default - changes are not served
   */
  onChange?: (line: string) => void;
};

/** A running local runtime. */
export type LocalRuntime = {
  /** Those of the first facade. */
  readonly outputs: Outputs;
  /** The outputs of each facade, by its name: the path of its construct, with hyphens. */
  readonly facades: Readonly<Record<string, Outputs>>;
  /**
   * The environment variables with which AWS's SDKs reach the services as an operator, who may do
   * everything.
   */
  operatorEnvironment: Record<string, string>;
  /** The permissions of the template's roles, for `npm run rights`. */
  readonly permissions: Permissions;
  /** Returns how often each fault was injected so far. */
  faultCounts(): Record<FaultKind, number>;
  /**
   * Closes sockets, functions and files. Running executions do not end: they continue after the
   * next start on the same folder.
   */
  close(): Promise<void>;
};

/** A served API with its explorer. */
type Site = ReturnType<ReturnType<typeof createServices>['apis']>[number] & {
  outputs: Outputs;
  config: Pick<Outputs, 'endpoint' | 'realtimeEndpoint' | 'apiKey'>;
  explorer: Explorer;
};

/**
 * Starts a facade on this machine, and resolves when it is ready. Rejects with a `StartError`,
 * whose message names the remedy.
 *
 * @example
 * const runtime = await startLocal({ app: 'infra/app.ts', port: 0, dataDir: '.local/data' });
 * const client = createProcessClient(runtime.outputs);
 */
export async function startLocal(options: LocalOptions): Promise<LocalRuntime> {
  const { app, port, onLog = () => undefined, onProgress, onChange } = options;
  const folder = openDataFolder(resolve(options.dataDir));
  // Closed in reverse order, also when the start fails half-way.
  const closers: Close[] = [folder.close];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const server = await listen(port);
    closers.push(server.close);
    onProgress?.(`Reading ${app}`);
    const { endpoints } = await readLocalConfig(app);
    const standIns = endpointVariables({ ...endpoints, ...options.endpoints });
    const cacheDir = resolve('.local/assembly');
    const assembly = await synthesize(app, cacheDir);
    let current = assembly;
    const assemblies = new Set([assembly]);
    closers.push(() => {
      for (const { release } of assemblies) release();
    });
    const origin = `http://127.0.0.1:${server.port}`;
    const environment = { region: REGION, accountId: ACCOUNT_ID, origin, apiKey: folder.apiKey };
    const stacks = readStacks(assembly.folder, environment);
    const faults = createFaultInjector(options.faults ?? { seed: 0 });
    const access = createAccess(stacks, origin, standIns);
    const services = createServices({ stacks, folder, access, faults, onLog, closers });
    for (const line of passedOverLines(stacks.passedOver())) onProgress?.(line);
    let sites: Site[] = [];
    closers.push(() => closeExplorers(sites), faults.close);

    /** Serves the APIs of the services, each with its explorer. Those without a change are kept. */
    const serveSites = () => {
      const before = sites;
      sites = services.apis().map((api) => {
        const outputs = { ...outputsOf(api.facade), consoleUrl: `${origin}/explorer${api.path}` };
        const { endpoint, realtimeEndpoint, apiKey } = outputs;
        const config = { endpoint, realtimeEndpoint, apiKey };
        const known = before.find((site) => isDeepStrictEqual(site.config, config));
        const explorer = known?.explorer ?? createExplorer({ config, cacheDir: resolve('.local/explorer') });
        return { ...api, outputs, config, explorer };
      });
      void closeExplorers(before.filter(({ explorer }) => !sites.some((site) => site.explorer === explorer)));
      server.serve(
        new Map([
          [
            'graphql',
            faults.service(
              'graphql',
              byPath(sites, ({ appSync }) => appSync.handleRequest),
            ),
          ],
          ['s3', faults.service('s3', services.s3.handleRequest)],
          ['states', faults.service('states', services.stepFunctions.handleRequest)],
          ['sqs', services.sqs.handleRequest],
          ...LAMBDA_API_VERSIONS.map((version) => [version, services.handleInvoke] as const),
          ['aws', rejectOtherService],
          ['explorer', byPath(sites, ({ explorer }) => explorer.handleRequest)],
        ]),
        new Map(
          sites.flatMap(({ path, appSync }) => {
            const upgrade = faults.upgrade(appSync.handleUpgrade);
            return ['', '/realtime'].map((end) => [`/graphql${path}${end}`, upgrade] as const);
          }),
        ),
      );
    };
    serveSites();
    services.start();

    /** Serves another assembly, and releases those whose code no invocation needs any more. */
    const serve = (changed: Assembly) => {
      assemblies.add(changed);
      try {
        const read = readStacks(changed.folder, environment);
        read.facades.forEach(outputsOf);
        services.update(read);
        serveSites();
        current = changed;
      } finally {
        for (const each of assemblies) {
          if (each === current || services.isCodeInUse(each.folder)) continue;
          each.release();
          assemblies.delete(each);
        }
      }
    };
    if (onChange) closers.push(watchApp({ app, cacheDir, served: assembly, serve, onChange }));
    const facades = () => Object.fromEntries(sites.map(({ facade, outputs }) => [facade.name, outputs]));
    return {
      get outputs() {
        return Object.values(facades())[0] as Outputs;
      },
      get facades() {
        return facades();
      },
      operatorEnvironment: access.environmentOf(OPERATOR_ROLE, 'operator'),
      get permissions() {
        return access.permissions();
      },
      faultCounts: faults.counts,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns the outputs of a facade, without those that the app has for itself. */
function outputsOf({ name, outputs }: Facade): Outputs {
  const missing = OUTPUT_NAMES.filter((output) => outputs[output] === undefined);
  if (missing.length > 0)
    throw new StartError(`Expected the outputs ${missing.join(', ')} of facade ${name}`);
  return Object.fromEntries(OUTPUT_NAMES.map((output) => [output, outputs[output]])) as Outputs;
}

async function closeExplorers(sites: readonly Site[]): Promise<void> {
  await Promise.all(sites.map(({ explorer }) => explorer.close()));
}

/** Serves each of the sites below its own path. */
function byPath<Site extends { path: string }>(
  sites: readonly Site[],
  serviceOf: (site: Site) => Service,
): Service {
  return async (request, response, path) => {
    const site = sites.find(
      (each) => path.startsWith(each.path) && /^([/?]|$)/.test(path.slice(each.path.length)),
    );
    if (site) return serviceOf(site)(request, response, path.slice(site.path.length));
    const paths = sites.map((each) => each.path).join(', ');
    response.writeHead(404).end(`Not found. Expected one of the facades ${paths}\n`);
  };
}
