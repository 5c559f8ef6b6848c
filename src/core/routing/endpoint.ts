import type { VersionRef } from '../catalog/version.ts';
import type { Instant } from '../lib/units.ts';
import type { HealthThresholds } from '../telemetry/health.ts';
import type { AttributeDeclaration } from '../audience/attribute.ts';
import type { Segments } from '../segment/segments.ts';
import type { LogSettings } from './logging.ts';

/** The public name clients call. It owns one route; a rollout moves its `version`. */
export type Endpoint = {
  readonly name: string;
  readonly model: string;
  /** The version in production. */
  readonly version: VersionRef;
  /** What was in production before; stays loaded, so that going back is instant. */
  readonly previous: VersionRef | null;
  readonly settings: EndpointSettings;
  /** Grows by one with every change of this record. */
  readonly revision: number;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
};

/** What an operator may set on an endpoint. */
export type EndpointSettings = {
  readonly unitKey: UnitKey;
  /** A prediction not ready by then is answered as timed out. */
  readonly deadlineMs: number;
  /** What audiences may speak of; no name twice. */
  readonly attributes: readonly AttributeDeclaration[];
  /** How its requests are told apart in figures. Absent: they are not. */
  readonly segments?: Segments;
  /** What its versions must keep to be called healthy. Absent: the defaults. */
  readonly health?: HealthThresholds;
  /** What of its predictions is kept for people to look up. Absent: nothing. */
  readonly log?: LogSettings;
};

/** Where the unit of assignment is read from; without either, each request is its own unit. */
export type UnitKey = {
  /** Lower-case header name. */
  readonly header: string;
  /** JSON pointer (RFC 6901) into the request body, tried when the header is absent. */
  readonly pointer: string | null;
};

/** Settings of an endpoint for which nothing was said. */
export const defaultEndpointSettings: EndpointSettings = {
  unitKey: { header: 'x-unit-id', pointer: null },
  deadlineMs: 2_000,
  attributes: [],
};
