import { z } from 'zod';
import { DATATYPES } from '../../core/catalog/signature.ts';
import { versionName } from '../../core/catalog/version.ts';
import { digestSchema } from './digest.ts';
import { goldenSchema } from './golden.ts';
import { modelNameSchema } from './model.ts';
import { referenceSchema } from './reference.ts';
import type { Lineage } from '../../core/catalog/lineage.ts';
import type { Version } from '../../core/catalog/version.ts';

/** Most metrics, tags, inputs of a lineage and dependencies of one version. */
const ENTRIES_MAX = 1_000;
const TEXT_MAX = 4_096;

/** How a version is labelled; never only digits, which would read as a number, and not `latest`. */
export const labelSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/, 'a label is 1 to 128 of A-Z, a-z, 0-9, . _ + -')
  .refine((label) => !/^[0-9]+$/.test(label), 'a label of digits alone would read as a number')
  .refine((label) => label !== 'latest', '`latest` is kept for the newest version');

const keySchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/ -]{0,127}$/, 'a key is 1 to 128 of A-Z, a-z, 0-9, . _ / -');

const textSchema = z.string().max(TEXT_MAX);

function entriesOf<T extends z.ZodType>(value: T) {
  return z
    .record(keySchema, value)
    .refine(
      (record) => Object.keys(record).length <= ENTRIES_MAX,
      `at most ${ENTRIES_MAX} entries`,
    );
}

const lineageInputSchema = z.strictObject({ name: textSchema.min(1), digest: digestSchema });

/**
 * A lineage file. `data` to `reference` become part of the version; what follows is for readers of
 * the file, except that `artefact.digest` must be the digest of what is pushed.
 */
export const lineageFileSchema = z.strictObject({
  data: z.array(lineageInputSchema).max(ENTRIES_MAX),
  code: z.array(lineageInputSchema).max(ENTRIES_MAX),
  dependencies: entriesOf(textSchema).default({}),
  command: textSchema.nullable().default(null),
  seed: z.int().nullable().default(null),
  createdBy: textSchema.nullable().default(null),
  reference: referenceSchema.exactOptional(),
  model: textSchema.optional(),
  version: textSchema.optional(),
  description: textSchema.optional(),
  artefact: lineageInputSchema.extend({ bytes: z.int().nonnegative().optional() }).optional(),
  steps: z.array(textSchema).max(ENTRIES_MAX).optional(),
  parameters: entriesOf(z.json()).optional(),
  metrics: entriesOf(z.number()).optional(),
});

/** A lineage file as parsed. */
export type LineageFile = z.infer<typeof lineageFileSchema>;

/** The part of a lineage file that becomes part of the version. */
export const lineageOf = (file: LineageFile): Lineage => ({
  data: file.data,
  code: file.code,
  dependencies: file.dependencies,
  command: file.command,
  seed: file.seed,
  createdBy: file.createdBy,
  ...(file.reference === undefined ? {} : { reference: file.reference }),
});

/** Body of a push: makes uploaded bytes a version of a model. */
export const pushSchema = z.strictObject({
  /** What the upload answered with. */
  digest: digestSchema,
  /** Absent: made from the time. */
  label: labelSchema.optional(),
  metrics: entriesOf(z.number()).default({}),
  tags: entriesOf(textSchema).default({}),
  lineage: lineageFileSchema.nullable().default(null),
  golden: goldenSchema.nullable().default(null),
});

/** Body of a push as parsed. */
export type PushBody = z.infer<typeof pushSchema>;

/** The answer to an upload. */
export const uploadedSchema = z.strictObject({
  digest: digestSchema,
  bytes: z.int().nonnegative(),
});

const tensorSpecSchema = z.strictObject({
  name: z.string(),
  datatype: z.enum(DATATYPES),
  /** −1: a free dimension. */
  shape: z.array(z.int().min(-1)),
});

/** A version as the admin API shows it. */
export const versionBodySchema = z.strictObject({
  /** `model@3`. */
  name: z.string(),
  model: modelNameSchema,
  version: z.int().positive(),
  digest: digestSchema,
  label: labelSchema,
  format: z.literal('onnx'),
  bytes: z.int().nonnegative(),
  signature: z.strictObject({
    inputs: z.array(tensorSpecSchema),
    outputs: z.array(tensorSpecSchema),
  }),
  /** RFC 3339, UTC. */
  createdAt: z.iso.datetime(),
  author: z.string(),
  metrics: z.record(z.string(), z.number()),
  tags: z.record(z.string(), z.string()),
  lineage: lineageFileSchema
    .pick({
      data: true,
      code: true,
      dependencies: true,
      command: true,
      seed: true,
      createdBy: true,
      reference: true,
    })
    .nullable(),
  admission: z.strictObject({
    checks: z.array(z.strictObject({ name: z.string(), detail: z.string() })),
    loadMs: z.number().nonnegative(),
    probeMs: z.number().nonnegative(),
    peakBytes: z.number().nonnegative(),
  }),
  /** Digest of the golden rows that were pushed with it. */
  golden: digestSchema.exactOptional(),
  /** Names of the aliases that point here now. */
  aliases: z.array(z.string()),
});

/** A version as the admin API shows it. */
export type VersionBody = z.infer<typeof versionBodySchema>;

/** The answer to a push. */
export const pushedSchema = z.strictObject({
  version: versionBodySchema,
  /** False when the same bytes had been pushed to the model before: then nothing was changed. */
  created: z.boolean(),
  /** Fields of the push that say something else than the version that was there. */
  ignored: z.array(z.string()),
});

/** The answer to a push. */
export type PushedBody = z.infer<typeof pushedSchema>;

/** The wire shape of a version. */
export function versionBody(version: Version, aliases: readonly string[]): VersionBody {
  const { signature, lineage, admission } = version;
  const spec = (tensor: (typeof signature.inputs)[number]) => ({
    ...tensor,
    shape: [...tensor.shape],
  });
  return {
    ...version,
    name: versionName(version),
    signature: { inputs: signature.inputs.map(spec), outputs: signature.outputs.map(spec) },
    createdAt: new Date(version.createdAt).toISOString(),
    metrics: { ...version.metrics },
    tags: { ...version.tags },
    lineage:
      lineage === null
        ? null
        : {
            ...lineage,
            data: [...lineage.data],
            code: [...lineage.code],
            dependencies: { ...lineage.dependencies },
          },
    admission: { ...admission, checks: [...admission.checks] },
    aliases: [...aliases],
  };
}
