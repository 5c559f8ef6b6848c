/** Declares a family of metrics: what the reference page and the `# HELP` line say of it. */
export type MetricDeclaration = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
};

/** Labels of a sample. */
export type Labels = Readonly<Record<string, string | number>>;

/** One value of a metric. */
export type MetricSample<Name extends string> = {
  readonly name: Name;
  /** Of one line of a histogram. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels?: Labels;
  readonly value: number;
};

/** Content type of the text format. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Samples in the text format of Prometheus (exposition formats, version 0.0.4), family by family.
 */
export function exposition<Name extends string>(
  table: Readonly<Record<Name, MetricDeclaration>>,
  samples: readonly MetricSample<Name>[],
): string {
  const families = Map.groupBy(samples, ({ name }) => name);
  return [...families]
    .map(([name, rows]) => {
      const { help, type } = table[name];
      const lines = rows.map(
        ({ suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function labelText(labels: Labels | undefined): string {
  if (labels === undefined) return '';
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${pairs.join(',')}}`;
}

const escaped = (value: string | number): string =>
  String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
