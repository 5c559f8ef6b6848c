import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { treeOf } from '../cpu.ts';
import { sentenceOf, type Absent, type Peer } from './peer.ts';
import { freePort, startProgram, type Program } from './server-process.ts';

const run = promisify(execFile);

/** The product's version of ONNX Runtime, so that the model itself is the same work. */
const ONNX_RUNTIME = 'onnxruntime==1.30.0';
const INSTALL_MS = 600_000;
const MODEL_FILE = fileURLToPath(new URL('../../examples/models/v1.onnx', import.meta.url));
const MODEL_NAME = 'tumor-risk';
const own = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** A server in Python: what it needs from PyPI, and how it is started. */
type Recipe = {
  readonly name: string;
  readonly packages: readonly string[];
  readonly path: string;
  /** Writes what it needs into a fresh folder and says how it is started there. */
  readonly program: (folder: string, port: number) => Program;
};

/** FastAPI with ONNX Runtime on one uvicorn worker, with its fast event loop and HTTP parser. */
export const startFastApi = (): Promise<Peer | Absent> =>
  startPython({
    name: 'FastAPI',
    packages: ['fastapi==0.165.0', 'uvicorn[standard]==0.54.0', 'numpy==2.4.6', ONNX_RUNTIME],
    path: '/predict',
    program: (folder, port) => {
      copyFileSync(own('./fastapi_server.py'), join(folder, 'fastapi_server.py'));
      const listen = ['--host', '127.0.0.1', '--port', String(port)];
      const quiet = ['--no-access-log', '--log-level', 'warning'];
      return {
        command: join(folder, 'bin', 'uvicorn'),
        args: ['fastapi_server:app', '--workers', '1', ...listen, ...quiet],
        port,
        health: '/health',
        options: { cwd: folder, env: { ...process.env, MODEL_FILE } },
      };
    },
  });

/** MLServer in one process with a runtime for ONNX files; it has none of its own. */
export const startMlServer = (): Promise<Peer | Absent> =>
  startPython({
    name: 'MLServer',
    packages: ['mlserver==1.7.1', 'numpy==2.4.6', ONNX_RUNTIME],
    path: `/v2/models/${MODEL_NAME}/infer`,
    program: (folder, port) => {
      const settings = { host: '127.0.0.1', http_port: port, parallel_workers: 0 };
      const others = { grpc_port: 0, metrics_port: 0, debug: false, metrics_endpoint: null };
      writeJson(join(folder, 'models', 'settings.json'), { ...settings, ...others });
      const model = {
        name: MODEL_NAME,
        implementation: 'mlserver_onnx.OnnxModel',
        parameters: { uri: MODEL_FILE },
      };
      writeJson(join(folder, 'models', MODEL_NAME, 'model-settings.json'), model);
      copyFileSync(own('./mlserver_onnx.py'), join(folder, 'mlserver_onnx.py'));
      return {
        command: join(folder, 'bin', 'mlserver'),
        args: ['start', join(folder, 'models')],
        port,
        health: '/v2/health/ready',
        options: { cwd: folder, env: { ...process.env, PYTHONPATH: folder } },
      };
    },
  });

async function startPython({ name, packages, path, program }: Recipe): Promise<Peer | Absent> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-bench-python-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
    const pip = join(folder, 'bin', 'pip');
    const quiet = ['--quiet', '--disable-pip-version-check'];
    await run(pip, ['install', ...quiet, ...packages], { timeout: INSTALL_MS });
    const { pid, port, stop } = await startProgram(program(folder, await freePort()));
    return {
      url: `http://127.0.0.1:${port}${path}`,
      watch: { cpu: () => treeOf(pid) },
      stop: async () => {
        await stop();
        remove();
      },
    };
  } catch (thrown) {
    remove();
    return { absent: `no ${name}: ${sentenceOf(thrown)}` };
  }
}

function writeJson(path: string, value: unknown): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, JSON.stringify(value));
}
