import { describe, expect, test } from 'vitest';
import { actions, permits, type Action } from './permission.ts';
import { ROLES } from './role.ts';

const all = Object.keys(actions).filter((name): name is Action => name in actions);
const reads = all.filter((action) => action.endsWith('.read'));

describe('roles', () => {
  test('admin may do everything', () => {
    expect(all.filter((action) => !permits('admin', action))).toEqual([]);
  });

  test('viewer may read everything and do nothing else', () => {
    expect(all.filter((action) => permits('viewer', action))).toEqual(reads);
  });

  test('everybody may read', () => {
    for (const role of ROLES) expect(reads.every((action) => permits(role, action))).toBe(true);
  });

  test('who may act at all may roll back', () => {
    const mayAct = ROLES.filter((role) => all.some((a) => !reads.includes(a) && permits(role, a)));
    expect(mayAct.filter((role) => !permits(role, 'rollout.rollback'))).toEqual([]);
  });

  test.each([
    { action: 'rollout.start', operator: true, approver: false },
    { action: 'rollout.promote', operator: false, approver: true },
    { action: 'rollout.advance', operator: false, approver: true },
    { action: 'version.push', operator: true, approver: false },
    { action: 'version.delete', operator: false, approver: false },
    { action: 'token.manage', operator: false, approver: false },
  ] as const)('$action', ({ action, operator, approver }) => {
    expect({
      operator: permits('operator', action),
      approver: permits('approver', action),
    }).toEqual({ operator, approver });
  });
});
