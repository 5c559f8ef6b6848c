/** Where the strategy at a place of a sequence is declared. */
export const strategyPath = (place: number): string =>
  place === 0 ? 'strategy' : `strategy.then[${place - 1}]`;
