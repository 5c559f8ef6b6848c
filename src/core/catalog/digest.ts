/** How content is named: `sha256:` and 64 lower-case hexadecimal digits, nothing else. */
export const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is a well-formed digest. Only such a text may become part of a path. */
export const isDigest = (text: string): boolean => text.length === 71 && DIGEST_PATTERN.test(text);

/** The hexadecimal digits of a digest, or null when it is not well-formed. */
export const digestHex = (digest: string): string | null =>
  isDigest(digest) ? digest.slice('sha256:'.length) : null;
