import { ROLES } from '../core/governance/role.ts';
import type { Role } from '../core/governance/role.ts';
import { Fault } from '../protocol/errors.ts';
import type { AddCommands } from './command.ts';
import { milliseconds } from './reference.ts';
import { renderTable } from './table.ts';
import { ago } from './wording.ts';

type CreateOptions = { readonly role: string; readonly expires?: string };

/** `token create|list|revoke`. */
export const addTokenCommands: AddCommands = (program, runner) => {
  const token = program.command('token').description('who may use the admin API');
  token
    .command('create NAME')
    .description('make a token; it is written to stdout this once')
    .requiredOption('--role <role>', ROLES.join(', '))
    .option('--expires <duration>', 'when it stops to work, e.g. 30d; default: never')
    .action(
      runner.does<CreateOptions>(async (session, [name = ''], { role, expires }) => {
        const made = await (
          await session.client()
        ).token.create({
          body: {
            name,
            role: roleOf(role),
            expiresInMs: expires === undefined ? null : milliseconds(expires, '--expires'),
          },
        });
        session.out.result(made, () => made.token);
        if (session.out.json) return;
        session.out.say(`${made.name}: ${made.role}, id ${made.id}; it is not shown again`);
      }),
    );
  token
    .command('list')
    .description('list the tokens, without their secrets')
    .action(
      runner.does(async (session) => {
        const tokens = await (await session.client()).token.list();
        session.out.result({ tokens }, () =>
          renderTable(
            [
              { title: 'ID' },
              { title: 'NAME' },
              { title: 'ROLE' },
              { title: 'CREATED' },
              { title: 'EXPIRES' },
            ],
            tokens.map(({ id, name, role, createdAt, expiresAt }) => [
              id,
              { text: name, style: 'strong' },
              role,
              ago(createdAt, Date.now()),
              expiresAt ?? 'never',
            ]),
            session.out.surface,
          ),
        );
      }),
    );
  token
    .command('revoke TOKEN')
    .description('revoke a token at once, by its id or name')
    .action(
      runner.does(async (session, [word = '']) => {
        const revoked = await (await session.client()).token.revoke({ params: { token: word } });
        session.out.result(revoked, () => `${revoked.name} (${revoked.id}) is revoked`);
      }),
    );
};

function roleOf(word: string): Role {
  const role = ROLES.find((one) => one === word);
  if (role !== undefined) return role;
  throw new Fault('USAGE', `${word} is no role; known roles: ${ROLES.join(', ')}`, '--role');
}
