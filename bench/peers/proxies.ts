import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { treeOf } from '../cpu.ts';
import type { Watch } from '../load/send-load.ts';
import { sentenceOf, type Absent, type Peer } from './peer.ts';
import { freePort, startProgram, startScript } from './server-process.ts';

const run = promisify(execFile);

/** The server behind the proxies. */
export type Upstream = {
  readonly pid: number;
  readonly url: string;
  readonly stop: () => Promise<void>;
};

/** The time of a proxy alone, and with what stands behind it. */
const watchOf = (pid: number, upstream: Upstream): Watch => ({
  cpu: () => treeOf(pid),
  whole: () => [...treeOf(pid), upstream.pid],
});

/** Starts the server behind the proxies. */
export async function startUpstream(): Promise<Upstream> {
  const { pid, port, stop } = await startScript('./upstream.ts', []);
  return { pid, url: `http://127.0.0.1:${port}`, stop };
}

/** The bare proxy in Node. */
export async function startPassThrough(upstream: Upstream, path: string): Promise<Peer> {
  const { pid, port, stop } = await startScript('./pass-through.ts', [upstream.url]);
  return { url: `http://127.0.0.1:${port}${path}`, watch: watchOf(pid, upstream), stop };
}

/** How NGINX is had: from the machine, or, where asked for, unpacked from Debian's package. */
export type NginxOptions = { readonly mayDownload: boolean };

/** NGINX with one worker and keep-alive on both sides. */
export async function startNginx(
  upstream: Upstream,
  path: string,
  { mayDownload }: NginxOptions,
): Promise<Peer | Absent> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-bench-nginx-'));
  try {
    const command = await findNginx(folder, mayDownload);
    const port = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, upstream));
    const args = ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf'];
    const { pid, stop } = await startProgram({ command, args, port, health: path });
    return {
      url: `http://127.0.0.1:${port}${path}`,
      watch: watchOf(pid, upstream),
      stop: async () => {
        await stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    return { absent: `no NGINX: ${sentenceOf(thrown)}` };
  }
}

async function findNginx(folder: string, mayDownload: boolean): Promise<string> {
  try {
    await run('nginx', ['-v']);
    return 'nginx';
  } catch {
    if (!mayDownload) throw new Error('it is not installed, and --download was not given');
  }
  await run('apt-get', ['download', 'nginx'], { cwd: folder });
  await run('sh', ['-c', 'dpkg -x nginx_*.deb unpacked'], { cwd: folder });
  return join(folder, 'unpacked', 'usr', 'sbin', 'nginx');
}

function configuration(folder: string, port: number, upstream: Upstream): string {
  mkdirSync(join(folder, 'temporary'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path temporary/${name};`).join('\n  ')}
  keepalive_requests 100000000;
  upstream predictions {
    server ${new URL(upstream.url).host};
    keepalive 64;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://predictions;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`;
}
