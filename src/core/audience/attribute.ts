/** A property of requests that audiences may speak of; declared on an endpoint. */
export type AttributeDeclaration = {
  readonly name: string;
  readonly type: AttributeType;
  readonly source: AttributeSource;
};

/** What the values of an attribute are. */
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** Every type an attribute may have. */
export const ATTRIBUTE_TYPES = ['text', 'number', 'boolean'] as const;

/** Where an attribute is read from. */
export type AttributeSource =
  | { readonly kind: 'header'; /** In lower case. */ readonly header: string }
  | { readonly kind: 'pointer'; /** RFC 6901, into the body. */ readonly pointer: string };

/** A value an attribute can have. */
export type AttributeValue = string | number | boolean;

/** How many attributes an endpoint may declare. */
export const ATTRIBUTES_MAX = 32;
/** Longer texts are no value: nothing that groups people is so long. */
export const TEXT_CHARS_MAX = 256;

/** A number as audiences and JSON write it. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * The value that a header or a member of the body stands for; undefined when it is none of the
 * type: then it is missing. Texts are read, whichever source they come from; numbers and booleans
 * of JSON are taken for what they are. Never throws.
 */
export function attributeValue(type: AttributeType, raw: unknown): AttributeValue | undefined {
  switch (type) {
    case 'text':
      return typeof raw === 'string' && raw.length <= TEXT_CHARS_MAX ? raw : undefined;
    case 'number':
      return finite(typeof raw === 'string' ? numberOf(raw) : raw);
    case 'boolean':
      return typeof raw === 'string'
        ? BOOLEANS.get(raw)
        : raw === true || raw === false
          ? raw
          : undefined;
  }
}

const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
]);

const numberOf = (text: string): number | undefined =>
  text.length <= TEXT_CHARS_MAX && NUMBER.test(text) ? Number(text) : undefined;

/** A whole number of a body beyond 2^53 comes as `bigint`. */
function finite(raw: unknown): number | undefined {
  const value = typeof raw === 'bigint' ? Number(raw) : raw;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
