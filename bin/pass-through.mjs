// Plain JavaScript: runs a child in our place and ends as it ends.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const passed = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

/** Runs the program with our streams; signals go in, the exit code comes out. */
export function passThrough(file, args, env = process.env) {
  const child = spawn(file, args, { stdio: 'inherit', env });
  for (const signal of passed) {
    process.on(signal, () => {
      // ^C reaches every process of the terminal; handing it on would make one press count twice.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`understudy: cannot run ${file}: ${error.message}\n`);
    process.exit(127);
  });
  child.on('exit', (code, signal) => {
    // The shell's convention, so that a caller can tell a signal from a failure.
    process.exit(signal === null ? code : 128 + (constants.signals[signal] ?? 0));
  });
}
