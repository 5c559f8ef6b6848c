import { exitOfFault } from '../../src/cli/exit.ts';
import { controlMetrics } from '../../src/control/metrics.ts';
import { metricTable } from '../../src/gateway/metrics.ts';
import { openapiDocument } from '../../src/protocol/admin/openapi.ts';
import { settings, variableOf } from '../../src/protocol/config.ts';
import type { SettingPath } from '../../src/protocol/config.ts';
import { rolloutSchema } from '../../src/protocol/admin/rollout-schema.ts';
import { adminFaults } from '../../src/protocol/errors/admin.ts';
import { admissionFaults } from '../../src/protocol/errors/admission.ts';
import { cliFaults } from '../../src/protocol/errors/cli.ts';
import type { FaultEntry } from '../../src/protocol/errors/entry.ts';
import { feedbackFaults } from '../../src/protocol/errors/feedback.ts';
import { inferenceFaults } from '../../src/protocol/errors/inference.ts';
import { receiptFaults } from '../../src/protocol/errors/receipt.ts';
import { registryFaults } from '../../src/protocol/errors/registry.ts';
import { rolloutFaults } from '../../src/protocol/errors/rollout.ts';
import { runnerFaults } from '../../src/protocol/errors/runner.ts';
import { storeFaults } from '../../src/protocol/errors/store.ts';
import { adminApiPage } from './admin-api-page.ts';
import { choosingPage } from './choosing-page.ts';
import { cliPage } from './cli-page.ts';
import { MADE, code, page, table } from './markdown.ts';
import { rolloutYamlPage } from './rollout-yaml-page.ts';

/** Every page of the reference, by its path from the root of the project. */
export const referencePages = (version: string): Readonly<Record<string, string>> => ({
  'docs/guides/choosing.md': choosingPage(),
  'docs/reference/cli.md': cliPage(),
  'docs/reference/admin-api.md': adminApiPage(version),
  'docs/reference/configuration.md': configurationPage(),
  'docs/reference/errors.md': errorsPage(),
  'docs/reference/metrics.md': metricsPage(),
  'docs/reference/openapi.json': `${JSON.stringify(openapiDocument(version), null, 2)}\n`,
  'docs/reference/rollout-yaml.md': rolloutYamlPage(),
  'docs/reference/rollout.schema.json': `${JSON.stringify(rolloutSchema(), null, 2)}\n`,
});

function configurationPage(): string {
  return page([
    '# Configuration',
    MADE,
    'A setting is taken from the flag, else from the environment, else from `understudy.yaml` ' +
      'in the working directory (another file: `--config` or `UNDERSTUDY_CONFIG`), else from its ' +
      'default. `understudy config explain` shows what each is set to and what said so. A ' +
      'setting that is misspelt, wherever it stands, is an error.',
    'The flag of a setting is its name (`--predict.port 9000`). In the file, names with a dot ' +
      'are nested:',
    '```yaml\npredict:\n  port: 9000\n```',
    table(
      ['setting', 'default', 'variable', 'meaning'],
      (Object.keys(settings) as SettingPath[]).map((path) => {
        const { fallback, meaning } = settings[path];
        return [code(path), code(String(fallback)), code(variableOf(path)), meaning];
      }),
    ),
    'Sizes are written `512MiB` or as bytes.',
  ]);
}

const areas: readonly (readonly [title: string, rows: Readonly<Record<string, FaultEntry>>])[] = [
  ['Admission of model files', admissionFaults],
  ['Registry', registryFaults],
  ['Rollouts', rolloutFaults],
  ['Receipts', receiptFaults],
  ['Predictions', inferenceFaults],
  ['Feedback', feedbackFaults],
  ['Model processes', runnerFaults],
  ['Admin API', adminFaults],
  ['State', storeFaults],
  ['Command line and start', cliFaults],
];

function errorsPage(): string {
  return page([
    '# Errors',
    MADE,
    'Every error has a stable code. Over HTTP it is a JSON object with `error` (what happened), ' +
      '`code`, `fix`, and where they are known `path` (the field it is about) and `request_id`. ' +
      '`understudy errors CODE` explains one; the last column is what a command ends with.',
    ...areas.flatMap(([title, rows]) => [
      `## ${title}`,
      table(
        ['code', 'HTTP', 'meaning', 'how to mend it', 'exit'],
        Object.entries(rows).map(([name, { status, meaning, fix }]) => [
          code(name),
          String(status),
          meaning,
          fix,
          String(exitOfFault(name, status)),
        ]),
      ),
    ]),
  ]);
}

type MetricTable = Readonly<Record<string, { readonly type: string; readonly help: string }>>;

function metricsPage(): string {
  return page([
    '# Metrics',
    MADE,
    'In the text format of Prometheus at `/metrics`.',
    '## Gateway',
    metricRows(metricTable),
    '## Control',
    metricRows(controlMetrics),
  ]);
}

const metricRows = (metrics: MetricTable): string =>
  table(
    ['metric', 'type', 'meaning'],
    Object.entries(metrics).map(([name, { type, help }]) => [code(name), type, help]),
  );
