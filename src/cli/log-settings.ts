import type { LogField, LogSettings, RedactRule } from '../core/routing/logging.ts';
import { logChangeSchema } from '../protocol/admin/prediction-log.ts';
import { shareSchema } from '../protocol/admin/quantities.ts';
import { Fault } from '../protocol/errors.ts';
import { share } from './wording.ts';

/** How a rule is written on the command line. */
export const RULE_FORM = 'POINTER, or POINTER:digest; e.g. /unit:digest,/features/3';

/** Flags about the prediction log, as they were given. */
export type LogOptions = {
  readonly logSample?: string;
  readonly logFields?: string;
  /** False: `--no-redact`. */
  readonly redact?: readonly string[] | boolean;
};

type LogChange = { sample?: number; fields?: LogField[]; redact?: RedactRule[] };

/** What was said of the prediction log; null: nothing. Fault `USAGE`. */
export function logSaid({ logSample, logFields, redact }: LogOptions): LogChange | null {
  const said: LogChange = {
    ...(logSample === undefined ? {} : { sample: sampleOf(logSample) }),
    ...(logFields === undefined ? {} : { fields: fieldsOf(logFields) }),
    ...(redact === undefined || redact === true ? {} : { redact: rulesOf(redact || []) }),
  };
  return Object.keys(said).length === 0 ? null : said;
}

function sampleOf(text: string): number {
  const parsed = shareSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw usage(parsed.error.issues[0]?.message ?? `${text} is not a share`, '--log-sample');
}

function fieldsOf(text: string): LogField[] {
  const fields = text === 'none' ? [] : text.split(',').map((word) => word.trim());
  const parsed = logChangeSchema.safeParse({ fields });
  if (parsed.success) return parsed.data.fields ?? [];
  const [issue] = parsed.error.issues;
  throw usage(`${text}: ${issue?.message ?? 'no fields'}, or \`none\``, '--log-fields');
}

const rulesOf = (words: readonly string[]): RedactRule[] =>
  words
    .flatMap((word) => word.split(','))
    .map((word) => {
      const [, where = '', as = 'constant'] =
        /^(.*?)(?::(constant|digest))?$/.exec(word.trim()) ?? [];
      const pointer = where.startsWith('/') ? where : `/features/${escaped(where)}`;
      const parsed = logChangeSchema.safeParse({ redact: [{ pointer, as }] });
      const [rule] = parsed.data?.redact ?? [];
      if (rule !== undefined && where !== '') return rule;
      const why = parsed.error?.issues[0]?.message ?? 'it names nothing';
      throw usage(`${word}: ${why}; write ${RULE_FORM}`, '--redact');
    });

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const usage = (what: string, flag: string): Fault => new Fault('USAGE', what, flag);

/** What is kept of an endpoint's predictions, on a line. */
export function logText({ sample, fields, redact }: LogSettings): string {
  if (sample === 0) return 'none kept';
  const kept = fields.length === 0 ? 'without inputs and outputs' : `with ${fields.join(' and ')}`;
  const rules = redact.map(({ pointer, as }) => (as === 'digest' ? `${pointer}:digest` : pointer));
  const hidden = rules.length === 0 ? 'nothing redacted' : `redacted ${rules.join(' ')}`;
  return `${share(sample)} of units kept, ${kept}; ${hidden}`;
}
