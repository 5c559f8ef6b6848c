import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { Checkup, Finding } from './doctor-finding.ts';
import { fine } from './doctor-finding.ts';

const NODE_MAJOR_MIN = 24;

/** Whether this Node can run the product. */
export const nodeCheck: Checkup = async () => {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= NODE_MAJOR_MIN) return [fine('node', node)];
  const fix = `Install Node ${NODE_MAJOR_MIN} or newer.`;
  return [{ check: 'node', outcome: 'fail', detail: `${node} is too old`, fix }];
};

const LOAD_MS = 20_000;

/** Whether ONNX Runtime loads; in a process of its own, which it may take down. */
export const runtimeCheck: Checkup = async () => {
  const check = 'onnxruntime';
  const script =
    "import('onnxruntime-node').then(({ default: ort }) => " +
    "process.stdout.write(ort.env.versions.node ?? ort.env.versions.common ?? 'loaded'))";
  const { error, stdout } = await new Promise<{ error: Error | null; stdout: string }>((resolve) =>
    execFile(
      process.execPath,
      ['--input-type=module', '-e', script],
      { cwd: import.meta.dirname, timeout: LOAD_MS },
      (error, stdout) => resolve({ error, stdout }),
    ),
  );
  if (error === null) return [fine(check, stdout)];
  const reason = /^(?:\w*Error.*|.*cannot open shared object.*)$/m.exec(error.message)?.[0];
  const detail = `does not load: ${reason ?? 'its process ended'}`;
  const fix = 'Run `npm ci` again; ONNX Runtime needs glibc 2.28 or newer (not Alpine).';
  return [{ check, outcome: 'fail', detail, fix }];
};

/** What runs on the data directory. */
export const processCheck: Checkup = async (session) => {
  const running = await session.instance();
  if (running === null) return [fine('processes', 'nothing runs on this data directory')];
  const names = running.children.map(({ name, pid, restarts }) => {
    const again = restarts === 0 ? '' : `, restarted ${restarts} times`;
    return `${name} ${pid === null ? 'DOWN' : `pid ${pid}`}${again}`;
  });
  const detail = [`supervisor pid ${running.pid}`, ...names].join('; ');
  if (running.children.every(({ pid }) => pid !== null)) return [fine('processes', detail)];
  const fix = 'See the log of the process that is down; it is started again with growing pauses.';
  return [{ check: 'processes', outcome: 'note', detail, fix }];
};

/** Whether the listeners' addresses are ours or free. */
export const portChecks: Checkup = async (session) => {
  const running = await session.instance();
  const { config } = session;
  const listeners = [
    { check: 'prediction port', path: 'predict', address: running?.predict },
    { check: 'admin port', path: 'admin', address: running?.admin },
  ] as const;
  return Promise.all(
    listeners.map(async ({ check, path, address }): Promise<Finding> => {
      if (address !== undefined) return fine(check, `${address} is ours`);
      const [host, port] = [config[`${path}.host`], config[`${path}.port`]];
      const code = await whyNotFree(host, port);
      if (code === null) return fine(check, `${host}:${port} is free`);
      const detail = `${host}:${port} cannot be listened on (${code})`;
      const fix = `Choose another with --${path}.port, or stop what listens there.`;
      return { check, outcome: 'fail', detail, fix };
    }),
  );
};

function whyNotFree(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
