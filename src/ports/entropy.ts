/** Chance, passed in so that the simulator can seed it. */
export interface Entropy {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}
