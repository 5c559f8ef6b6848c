import { startFunctionTarget, startOnnxTarget } from './target.ts';

// Serves the models of the suite for clients in other languages: `node serve.ts [onnx|function]`
// prints the address; a signal ends it.
const start = process.argv[2] === 'function' ? startFunctionTarget : startOnnxTarget;
const target = await start();
process.stdout.write(`${target.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void target.close().then(() => process.exit(0));
  });
}
