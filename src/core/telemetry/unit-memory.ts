/** Units remembered at the most: a megabyte. */
export const UNITS_REMEMBERED_MAX = 65_536;
const PLACES_AT_FIRST = 256;
const NOBODY = -1;

/**
 * Remembers which units came before, in a flat table that is at most half full. Once it is full no
 * further unit is new: by then more of them are known than any comparison needs, and to forget some
 * would count them twice.
 */
export class UnitMemory {
  #places = new Float64Array(PLACES_AT_FIRST).fill(NOBODY);
  #size = 0;

  /** Whether a unit, a hash below 2^53, comes for the first time; it is remembered from then on. */
  isNew(unit: number): boolean {
    const place = this.#placeOf(unit);
    if (this.#places[place] === unit || this.#size >= UNITS_REMEMBERED_MAX) return false;
    this.#places[place] = unit;
    this.#size += 1;
    if (this.#size * 2 > this.#places.length) this.#grow();
    return true;
  }

  /** Where the unit is, or the free place where it belongs. */
  #placeOf(unit: number): number {
    const mask = this.#places.length - 1;
    let place = unit & mask;
    while (this.#places[place] !== unit && this.#places[place] !== NOBODY) {
      place = (place + 1) & mask;
    }
    return place;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Float64Array(before.length * 4).fill(NOBODY);
    for (const unit of before) if (unit !== NOBODY) this.#places[this.#placeOf(unit)] = unit;
  }
}
