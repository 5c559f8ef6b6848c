/** A primitive that carries its meaning in its type, so that two meanings cannot be mixed up. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };
