import { z } from 'zod';
import { evidenceProcedures } from './evidence.ts';
import { meanProcedures } from './means.ts';
import { planningProcedures } from './planning.ts';
import type { Procedure } from './procedure.ts';
import { proportionProcedures } from './proportions.ts';
import { sequenceProcedures } from './sequences.ts';

/** Every statistical procedure that may be called by name. */
export const procedures: Readonly<Record<string, Procedure>> = {
  ...evidenceProcedures,
  ...sequenceProcedures,
  ...proportionProcedures,
  ...meanProcedures,
  ...planningProcedures,
};

/** What is told of a procedure to those who want to call it. */
export const describeProcedure = (name: string, { summary, source, input }: Procedure) => ({
  name,
  summary,
  source,
  input: z.toJSONSchema(input, { io: 'input' }),
});
