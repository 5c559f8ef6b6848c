import type { z } from 'zod';
import { Fault, faults } from '../errors.ts';
import type { FaultCode } from '../errors.ts';
import { FAULT_PARAM } from '../fault-param.ts';
import { issuePath, pathText } from './shapes.ts';

/** The value if it has the shape; else fault `INPUT_INVALID` that names what is off. */
export function parseWith<S extends z.ZodType>(
  shape: S,
  value: unknown,
  where: 'path' | 'query' | null,
): z.output<S> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({
    path: pathText(issuePath(issue)),
    message: issue.message,
  }));
  const [first] = issues;
  const sentence = issues
    .slice(0, SHOWN_MAX)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
  const place = where === null ? '' : `in the ${where}: `;
  throw new Fault(
    codeOf(parsed.error.issues[0], 'INPUT_INVALID'),
    `${place}${sentence}`,
    first?.path ?? null,
  );
}

/** The code of what a shape found: its own where it knows better, else the usual one. */
export function codeOf(issue: z.core.$ZodIssue | undefined, usual: FaultCode): FaultCode {
  const said: unknown = issue?.code === 'custom' ? issue.params?.[FAULT_PARAM] : undefined;
  return typeof said === 'string' && Object.hasOwn(faults, said) ? (said as FaultCode) : usual;
}

const SHOWN_MAX = 5;
