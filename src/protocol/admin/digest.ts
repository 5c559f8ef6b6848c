import { z } from 'zod';
import { DIGEST_PATTERN } from '../../core/catalog/digest.ts';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export const digestSchema = z.string().regex(DIGEST_PATTERN, 'sha256: and 64 hexadecimal digits');
