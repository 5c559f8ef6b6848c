const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** UTF-8 text in the alphabet that is safe in headers, paths and JSON. */
export function base64url(text: string): string {
  const binary = String.fromCharCode(...encoder.encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The text again; throws for what is none. */
export function textOf(encoded: string): string {
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  return decoder.decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}
