import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchBandits } from './bandits/bandits.ts';
import { benchCore } from './core.ts';
import { benchCommands } from './feedback/commands.ts';
import { benchFeedback } from './feedback/feedback.ts';
import { benchGateway } from './gateway.ts';
import { benchKayenta } from './kayenta/kayenta.ts';
import { benchMicro } from './micro.ts';
import { benchOnnx } from './onnx.ts';
import { benchPolicies } from './policies/policies.ts';
import { benchPredictionLog } from './prediction-log.ts';
import { benchRollback } from './rollback.ts';
import { benchRunner } from './runner.ts';
import { benchShadow } from './shadow.ts';
import { benchSwitch } from './switch.ts';

const NAMES = [
  'core',
  'micro',
  'runner',
  'gateway',
  'onnx',
  'predictions',
  'rollback',
  'feedback',
  'switch',
  'shadow',
  'policies',
  'kayenta',
  'bandits',
] as const;
const USAGE = `npm run bench -- [${NAMES.join('|')}|all] [options]

  core      assign, audiences, fold, project and tick, in nanoseconds of processor time
  micro     histogram, fold and the judgement of a rollout beside their targets
  runner    the model runner alone, with and without joining concurrent requests
  gateway   the gateway with everything on, beside a bare Node pass-through and NGINX
  onnx      the product serving an ONNX file, beside FastAPI and MLServer with the same file
  predictions  what keeping predictions costs the gateway: nobody's, a tenth's, everybody's
  rollback  from a rollback command to the candidate's last answer
  switch    blue-green switches and their way back, to the last answer of what was left
  feedback  late, shuffled, repeated labels, from JSON to SQLite, each counted once; commands beside
  shadow    what a shadow costs users: healthy, dead, black-holed, slow, endless or garbage
  policies  whole rollouts beside threshold rules, and rules minute by minute; seeded
  bandits   regret of every bandit, and inference on what they leave; seeded
  kayenta   judges of series on 180 scenarios, beside Kayenta mode; seeded

  --rounds N     rounds of gateway and onnx (default 5)
  --seconds S    seconds per measurement (default 3)
  --rollbacks N  switches; rollbacks by API, a tenth of them again by command line (default 100)
  --runs N       runs of each cell of the seeded tables (default 200)
  --download     fetch NGINX from the Debian archive into a temporary folder if it is missing
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    rollbacks: { type: 'string', default: '100' },
    runs: { type: 'string', default: '200' },
    download: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** As many as the rate is promised for. */
const LABELS = 1_000_000;

const print = (text: string): void => {
  process.stdout.write(`${text}\n\n`);
};

/** A number within bounds; ends the program when it is none. */
function bounded(name: 'rounds' | 'seconds' | 'rollbacks' | 'runs', max: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  process.stderr.write(`--${name} is a whole number from 1 to ${max}\n`);
  process.exit(1);
}

const effort = { rounds: bounded('rounds', 100), measureMs: bounded('seconds', 60) * 1_000 };
const rollbacks = bounded('rollbacks', 10_000);
const runs = bounded('runs', 100_000);
const benches = {
  core: () => benchCore(print),
  micro: () => benchMicro(print),
  runner: () => benchRunner(print, effort),
  gateway: () => benchGateway(print, { ...effort, mayDownload: values.download }),
  onnx: () => benchOnnx(print, effort),
  predictions: () => benchPredictionLog(print, effort),
  rollback: () => benchRollback(print, { byApi: rollbacks, byCommand: Math.ceil(rollbacks / 10) }),
  shadow: () => benchShadow(print, effort),
  switch: () => benchSwitch(print, rollbacks),
  feedback: async () => {
    await benchFeedback(print, LABELS);
    await benchCommands(print);
  },
  policies: () => benchPolicies(print, runs),
  bandits: () => benchBandits(print, runs),
  kayenta: () => benchKayenta(print, runs),
} as const;

function machineText(): string {
  const all = cpus();
  const model = all[0]?.model.trim() ?? 'processors';
  const load = loadavg().map((value) => value.toFixed(1));
  return `${all.length} × ${model}, Node ${process.version}, load ${load.join(' ')}`;
}

const [asked = 'help'] = positionals;
const wanted = asked === 'all' ? NAMES : NAMES.filter((name) => name === asked);
if (wanted.length === 0 || values.help) {
  process.stdout.write(USAGE);
  if (!values.help) process.exitCode = 1;
} else {
  print(machineText());
  for (const name of wanted) await benches[name]();
  print(machineText());
}
