import { ROLES, type Role } from './role.ts';

const everybody: readonly Role[] = ROLES;
const operators: readonly Role[] = ['operator', 'admin'];
const approvers: readonly Role[] = ['approver', 'admin'];
/** What makes things safer, or gives a rollout back its course, is nobody's privilege. */
const operatorsAndApprovers: readonly Role[] = ['operator', 'approver', 'admin'];
const admins: readonly Role[] = ['admin'];

/**
 * Everything that can be asked of the admin API, and the roles that may. Setting things in motion
 * (operator) and saying that they are good enough (approver) are different people's work; taking
 * things back is everybody's who may act at all (law 9).
 */
export const actions = {
  'status.read': everybody,
  'model.read': everybody,
  'endpoint.read': everybody,
  'rollout.read': everybody,
  'audit.read': everybody,
  'version.push': operators,
  'version.delete': admins,
  'alias.move': operators,
  'endpoint.create': operators,
  'endpoint.change': operators,
  'rollout.start': operators,
  'rollout.pause': operatorsAndApprovers,
  'rollout.resume': operatorsAndApprovers,
  'rollout.advance': approvers,
  'rollout.promote': approvers,
  'rollout.rollback': operatorsAndApprovers,
  'rollout.cancel': operatorsAndApprovers,
  'token.manage': admins,
} as const satisfies Record<string, readonly Role[]>;

/** Noun and verb of something that needs permission. */
export type Action = keyof typeof actions;

/** Whether a role may do this. */
export const permits = (role: Role, action: Action): boolean => actions[action].includes(role);
