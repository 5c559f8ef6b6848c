/**
 * Ten million units: shares, ramps, updates, slices and layers, as the unit suite shows them for
 * two hundred thousand.
 */
import { assignmentLaws } from '../population-laws.ts';

assignmentLaws(10_000_000);
