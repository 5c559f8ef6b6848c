import { chmod, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { runCli } from './cli/run-cli.ts';
import { PROGRAM_VERSION } from './protocol/program-version.ts';
import type { Control } from './control/control.ts';
import { assertNever } from './core/lib/invariant.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { PairSink } from './ports/pair-sink.ts';
import type { PredictionSink } from './ports/prediction-sink.ts';
import { reservedVariables, settings, variableOf, type Config } from './protocol/config.ts';
import { EXPOSITION_TYPE } from './protocol/exposition.ts';
import { runService, type Service } from './runtime/child.ts';
import { resolveConfig } from './runtime/config.ts';
import {
  openDataDirectory,
  readSecret,
  storedSecret,
  type DataDirectory,
} from './runtime/data-directory.ts';
import { claimSocketPath, lockInstance, readInstance } from './runtime/instance-lock.ts';
import { bindListeningSocket } from './runtime/listening-socket.ts';
import { createKeyedDigest } from './runtime/keyed-digest.ts';
import { createLog } from './runtime/log.ts';
import { supervise, type ChildSpec, type Supervisor } from './runtime/supervisor.ts';
import { systemClock } from './runtime/system-clock.ts';
import { systemEntropy } from './runtime/system-entropy.ts';

/** The descriptor after standard input, output, error and the channel to the supervisor. */
const INHERITED_FD = 4;
const STOP_EXTRA_MS = 5_000;
/** How long a restarted gateway waits for its models before it accepts connections. */
const SETTLE_MS = 20_000;
const SETTLE_POLL_MS = 20;
const HOUR_MS = 3_600_000;

/** One control process and the gateways, kept running until a signal. */
async function serve(config: Config): Promise<void> {
  const log = createLog({ process: 'supervisor', level: config['log.level'] });
  const data = openDataDirectory(config.data);
  const ports = await bindPorts(config);
  const addresses = {
    predict: urlOf(config['predict.host'], ports.predict.port),
    admin: urlOf(config['admin.host'], ports.admin.port),
  };
  const running: { supervisor: Supervisor | null } = { supervisor: null };
  const lockPath = join(data.root, 'supervisor.sock');
  const lock = await lockInstance(lockPath, () => ({
    pid: process.pid,
    ...addresses,
    children: running.supervisor?.children() ?? [],
  }));
  const supervisor = supervise({
    program: fileURLToPath(import.meta.url),
    environment: environmentOf(config),
    children: childrenOf(config, ports),
    clock: systemClock,
    log,
    graceMs: config['predict.drainMs'] + STOP_EXTRA_MS,
  });
  running.supervisor = supervisor;
  const stopped = signalled();
  try {
    await Promise.race([supervisor.ready, supervisor.failed, stopped]);
    process.stdout.write(
      `Understudy answers predictions on ${addresses.predict}\n` +
        `admin API on ${addresses.admin}, state in ${data.root}; ctrl-C ends it\n`,
    );
    await Promise.race([supervisor.failed, stopped]);
  } finally {
    await supervisor.stop();
    await lock.release();
    await rm(lockPath, { force: true });
  }
}

async function bindPorts(config: Config) {
  const predict = await bindListeningSocket(config['predict.host'], config['predict.port']);
  const admin = await bindListeningSocket(config['admin.host'], config['admin.port']);
  return { predict, admin };
}

type Ports = Awaited<ReturnType<typeof bindPorts>>;

function childrenOf(config: Config, { predict, admin }: Ports): readonly ChildSpec[] {
  const workers = config['predict.workers'] || Math.max(1, availableParallelism() - 1);
  const gateways = Array.from({ length: workers }, (_, index) => `g${index + 1}`);
  return [
    { name: 'control', args: ['control'], fds: [admin.fd], endsLast: true },
    ...gateways.map((name) => {
      return { name, args: ['gateway', '--name', name], fds: [predict.fd], endsLast: false };
    }),
  ];
}

/** Every setting as a variable: a child decides nothing for itself. */
function environmentOf(config: Config): Readonly<Record<string, string | undefined>> {
  const paths = Object.keys(settings) as (keyof Config)[];
  const own = Object.fromEntries(paths.map((path) => [variableOf(path), String(config[path])]));
  const foreign = Object.entries(process.env).filter(([name]) => !reservedVariables.includes(name));
  return { ...Object.fromEntries(foreign), ...own, UNDERSTUDY_LISTEN_FD: String(INHERITED_FD) };
}

/** Where a child listens: on what it inherited, else on the address of its own. */
function listenAt(host: string, port: number) {
  const inherited = process.env['UNDERSTUDY_LISTEN_FD'];
  return inherited === undefined ? { host, port } : { fd: Number(inherited) };
}

async function startControl(config: Config, log: Log): Promise<Service> {
  const { ensureAdminToken } = await import('./control/api/auth.ts');
  const { createFeedServer } = await import('./control/api/feed-server.ts');
  const { handlers } = await import('./control/api/handlers.ts');
  const { createAdminServer } = await import('./control/api/http.ts');
  const { controlMetricsText } = await import('./control/metrics.ts');
  const { openapiDocument } = await import('./protocol/admin/openapi.ts');
  const data = openDataDirectory(config.data);
  await claimSocketPath(data.controlSocket);
  const control = await openControl(config, data, log);
  const { context } = control;
  await ensureAdminToken(context.journal, data.adminToken);
  const admin = createAdminServer(context, handlers, [
    {
      path: '/openapi.json',
      contentType: 'application/json',
      read: async () => JSON.stringify(openapiDocument(PROGRAM_VERSION)),
    },
    {
      path: '/metrics',
      contentType: EXPOSITION_TYPE,
      read: async () => controlMetricsText(context, processUse()),
    },
    { path: '/healthz', contentType: 'text/plain', read: async () => 'ok\n' },
  ]);
  const feed = createFeedServer(control.feed);
  await listen(feed, { path: data.controlSocket });
  await chmod(data.controlSocket, 0o600);
  await listen(admin, listenAt(config['admin.host'], config['admin.port']));
  return {
    stop: async () => {
      await Promise.all([admin.close(), feed.close()]);
      await control.stop();
      await context.store.close();
    },
  };
}

async function openControl(config: Config, data: DataDirectory, log: Log): Promise<Control> {
  const { createOnnxProbe } = await import('./adapters/backend/onnx/probe.ts');
  const { DirectoryBlobStore } = await import('./adapters/blob/directory.ts');
  const { createLogNotifier } = await import('./adapters/notify/log.ts');
  const { SqliteStore } = await import('./adapters/store/sqlite.ts');
  const { createControl } = await import('./control/control.ts');
  const { createRegistry } = await import('./registry/registry.ts');
  const store = new SqliteStore(data.database);
  const blobs = await DirectoryBlobStore.open(data.blobs);
  await blobs.sweep();
  const pathOf = (digest: string): string => blobs.path(digest);
  const probe = createOnnxProbe({ scratch: join(data.root, 'scratch', 'probe') });
  return createControl({
    store,
    blobs,
    registry: createRegistry({ blobs, pathOf, probe }),
    clock: systemClock,
    entropy: systemEntropy,
    log,
    notifiers: [createLogNotifier(log)],
    tickMs: config['control.tickMs'],
    prices: { corePerHour: config['cost.corePerHour'] > 0 ? config['cost.corePerHour'] : null },
    limits: {
      blobBytesMax: config['registry.bytesMax'],
      windowsKeptMs: config['control.windowsKeptHours'] * HOUR_MS,
    },
  });
}

type GatewayOptions = { readonly name: string; readonly log: Log };

type Log = ReturnType<typeof createLog>;

async function startGateway(config: Config, { name, log }: GatewayOptions): Promise<Service> {
  const { DirectoryBlobStore } = await import('./adapters/blob/directory.ts');
  const { createOnnxBackend } = await import('./adapters/backend/onnx/backend.ts');
  const { createHttpFeed } = await import('./adapters/feed/http.ts');
  const { createDiskFiles } = await import('./gateway/disk-files.ts');
  const { createGateway } = await import('./gateway/gateway.ts');
  const data = openDataDirectory(config.data);
  const own = data.gateway(name);
  const pairs = await openPairs(config, { folder: own.pairs, log });
  const predictions = await openPredictions(config, own.predictions);
  const secret = readSecret(data);
  const blobs = await DirectoryBlobStore.open(data.blobs);
  const gateway = createGateway({
    name,
    version: PROGRAM_VERSION,
    backend: createOnnxBackend({
      pathOf: (digest) => blobs.path(digest),
      scratch: join(own.root, 'scratch'),
      clock: systemClock,
      entropy: systemEntropy,
      limits: {
        memoryBytesMax: config['runner.memoryMax'],
        queueMax: config['runner.queueMax'],
      },
    }),
    feed: createHttpFeed({ at: { socketPath: data.controlSocket }, gateway: name }),
    clock: systemClock,
    entropy: systemEntropy,
    secret,
    files: createDiskFiles(own.root),
    ...(pairs === null ? {} : { pairs }),
    golden: (digest, signal) => blobs.read(digest, signal),
    predictions: { sink: predictions, digest: createKeyedDigest(secret) },
    log,
    limits: {
      bodyBytesMax: config['predict.bodyMax'],
      connectionsMax: config['predict.connectionsMax'],
      drainMs: config['predict.drainMs'],
      copyProcessors: config['copies.processors'],
    },
  });
  await gateway.start();
  await untilSettled(gateway);
  await claimSocketPath(own.localSocket);
  await gateway.listenLocal({ path: own.localSocket });
  await gateway.listen(listenAt(config['predict.host'], config['predict.port']));
  return { stop: () => gateway.drain() };
}

/** Where both answers to mirrored requests go; null when they are not to be kept. */
async function openPairs(
  config: Config,
  { folder, log }: { readonly folder: string; readonly log: Log },
): Promise<PairSink | null> {
  const keptMs = config['pairs.keptHours'] * HOUR_MS;
  const files = { folder, clock: systemClock, bytesMax: config['pairs.bytesMax'], keptMs };
  switch (config['pairs.keep']) {
    case 'off':
      return null;
    case 'on': {
      const { createPairFiles } = await import('./adapters/sink/ndjson.ts');
      return createPairFiles(files);
    }
    case 'parquet': {
      const { createPairParquet } = await import('./adapters/sink/parquet.ts');
      const onFailure = (file: string, why: string): void =>
        log.warn({ file, why }, 'a file of pairs does not become Parquet; it stays as lines');
      return createPairParquet({ ...files, onFailure });
    }
    default:
      return assertNever(config['pairs.keep'], 'openPairs');
  }
}

/** Where predictions go that are to be looked up. */
async function openPredictions(config: Config, folder: string): Promise<PredictionSink> {
  const { createPredictionFiles } = await import('./adapters/sink/ndjson.ts');
  const keptMs = config['predictions.keptHours'] * HOUR_MS;
  const bytesMax = config['predictions.bytesMax'];
  return createPredictionFiles({ folder, clock: systemClock, bytesMax, keptMs });
}

/**
 * After a restart the models load first: who connects meanwhile waits in the backlog, unrefused.
 */
async function untilSettled(gateway: Gateway): Promise<void> {
  const giveUpMs = systemClock.monotonicMs() + SETTLE_MS;
  const isLoading = (): boolean =>
    gateway
      .status()
      .endpoints.some(({ arms }) => ['waiting', 'loading'].includes(arms[0]?.state ?? ''));
  while (isLoading() && systemClock.monotonicMs() < giveUpMs) {
    await systemClock.sleep(SETTLE_POLL_MS, new AbortController().signal);
  }
}

type At = Parameters<FastifyInstance['server']['listen']>[0];

async function listen(server: FastifyInstance, at: At): Promise<void> {
  await server.ready();
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.server.listen(at, resolve);
  });
}

function processUse() {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

process.exitCode = await runCli(process.argv.slice(2), {
  serve,
  control: (config) => {
    const log = createLog({ process: 'control', level: config['log.level'] });
    return runService(() => startControl(config, log), log);
  },
  gateway: (config, name) => {
    const log = createLog({ process: name, level: config['log.level'] });
    return runService(() => startGateway(config, { name, log }), log);
  },
  resolveConfig,
  readInstance,
  findPredictions: async (root, query) => {
    const { findPredictions } = await import('./adapters/sink/prediction-reader.ts');
    const secret = storedSecret(root);
    const digest = secret === null ? null : createKeyedDigest(secret);
    return findPredictions({ root, digest }, query);
  },
  queryPredictions: async (root, sql) => {
    const { queryPredictions } = await import('./adapters/sink/prediction-sql.ts');
    return queryPredictions(root, sql);
  },
  exportPredictions: async (root, to) => {
    const { exportPredictions } = await import('./adapters/sink/prediction-sql.ts');
    return exportPredictions(root, to);
  },
  version: PROGRAM_VERSION,
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTty: process.stdin.isTTY && process.stdout.isTTY,
});
