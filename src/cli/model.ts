import type { CallAnswer } from '../protocol/admin/call.ts';
import { Fault } from '../protocol/errors.ts';
import type { AddCommands, Runner } from './command.ts';
import type { Command } from 'commander';
import { confirm } from './confirm.ts';
import { addModelPull } from './model-pull.ts';
import { addModelPush } from './model-push.ts';
import { addModelReference } from './model-reference.ts';
import { integer, readVersion, versionWord } from './reference.ts';
import type { Session } from './session.ts';
import { renderFacts, renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { ago, bytes, duration } from './wording.ts';

type VersionBody = CallAnswer<'version.read'>;

/** `model push|list|show|pull|alias|delete`. */
export const addModelCommands: AddCommands = (program, runner) => {
  const model = program.command('model').description('models and their versions');
  addModelPush(model, runner);
  addModelReference(model, runner);
  addList(model, runner);
  addShow(model, runner);
  addModelPull(model, runner);
  addAlias(model, runner);
  addDelete(model, runner);
};

function addList(model: Command, runner: Runner): void {
  model
    .command('list [MODEL]')
    .description('list the models, or the versions of one')
    .action(
      runner.does(async (session, [name]) => {
        const client = await session.client();
        if (name !== undefined) {
          const versions = await client.version.list({ params: { model: name } });
          session.out.result({ versions }, () => versionTable(session, versions));
          return;
        }
        const models = await client.model.list();
        session.out.result({ models }, () =>
          renderTable(
            [
              { title: 'MODEL' },
              { title: 'VERSIONS', right: true },
              { title: 'LATEST', right: true },
              { title: 'CREATED' },
            ],
            models.map(({ name: model, versions, latest, createdAt }) => [
              { text: model, style: 'strong' },
              String(versions),
              latest === null ? '–' : String(latest),
              ago(createdAt, Date.now()),
            ]),
            session.out.surface,
          ),
        );
      }),
    );
}

const versionTable = ({ out }: Session, versions: readonly VersionBody[]): string =>
  renderTable(
    [
      { title: 'VERSION' },
      { title: 'LABEL' },
      { title: 'ALIASES' },
      { title: 'SIZE', right: true },
      { title: 'AUTHOR' },
      { title: 'CREATED' },
    ],
    versions.map(({ name, label, aliases, bytes: size, author, createdAt }) => [
      { text: name, style: 'strong' },
      label,
      { text: aliases.join(', '), style: 'good' },
      bytes(size),
      author,
      ago(createdAt, Date.now()),
    ]),
    out.surface,
  );

function addShow(model: Command, runner: Runner): void {
  model
    .command('show MODEL[@VERSION]')
    .usage('MODEL[@VERSION|@LABEL|@ALIAS]')
    .description('show a version; without one, the model with its versions and aliases')
    .action(
      runner.does(async (session, [word = '']) => {
        const client = await session.client();
        const { model: name, pick } = versionWord(word);
        if (pick !== null) {
          const version = await readVersion(client, word);
          session.out.result(version, () => versionFacts(session, version));
          return;
        }
        const params = { model: name };
        const [versions, aliases] = await Promise.all([
          client.version.list({ params }),
          client.alias.list({ params }),
        ]);
        session.out.result({ model: name, versions, aliases }, () =>
          [
            versionTable(session, versions),
            renderTable(
              [{ title: 'ALIAS' }, { title: 'VERSION' }, { title: 'MOVED' }, { title: 'BY' }],
              aliases.map((alias) => [
                { text: alias.name, style: 'good' },
                `${name}@${alias.version}`,
                ago(alias.movedAt, Date.now()),
                alias.movedBy,
              ]),
              session.out.surface,
            ),
          ].join('\n\n'),
        );
      }),
    );
}

function versionFacts({ out }: Session, version: VersionBody): string {
  const { signature, lineage, admission } = version;
  const tensors = (list: VersionBody['signature']['inputs']): string =>
    list
      .map(({ name, datatype, shape }) => `${name} ${datatype} [${shape.map(sizeWord).join(', ')}]`)
      .join('\n');
  const entries = (record: Readonly<Record<string, string | number>>): string =>
    Object.entries(record)
      .map(([key, value]) => `${key} = ${value}`)
      .join('\n');
  const files = lineage === null ? [] : [...lineage.data, ...lineage.code];
  const facts: readonly (readonly [string, Cell])[] = [
    ['version', { text: version.name, style: 'strong' }],
    ['label', version.label],
    ['aliases', { text: version.aliases.join(', '), style: 'good' }],
    ['digest', version.digest],
    ['size', bytes(version.bytes)],
    ['author', version.author],
    ['created', version.createdAt],
    ['takes', tensors(signature.inputs)],
    ['gives', tensors(signature.outputs)],
    ['metrics', entries(version.metrics)],
    ['tags', entries(version.tags)],
    ['made from', files.map(({ name, digest }) => `${name} ${digest}`).join('\n')],
    ['made with', entries(lineage?.dependencies ?? {})],
    ['made by', lineage?.command ?? ''],
    ['admitted', admission.checks.map(({ name, detail }) => `${name}: ${detail}`).join('\n')],
    [
      'probe',
      `loaded in ${duration(admission.loadMs)}, answered in ${duration(admission.probeMs)}, ` +
        `took ${bytes(admission.peakBytes)} at most`,
    ],
  ];
  const said = facts.filter(([, value]) => (typeof value === 'string' ? value : value.text) !== '');
  return renderFacts(said, out.surface);
}

const sizeWord = (size: number): string => (size === -1 ? 'any' : String(size));

function addAlias(model: Command, runner: Runner): void {
  model
    .command('alias MODEL NAME VERSION')
    .description('point an alias at a version (number, label or alias)')
    .option('--expect <version>', 'refuse unless it points there now; `none`: unless it is new')
    .action(
      runner.does<{ readonly expect?: string }>(async (session, args, options) => {
        const [name = '', alias = '', pick = ''] = args;
        const client = await session.client();
        const wanted = await client.version.read({ params: { model: name, version: pick } });
        const expect = await expected(session, { model: name, alias }, options.expect);
        const moved = await client.alias.move({
          params: { model: name, alias },
          body: { version: wanted.version, expect },
        });
        session.out.result(
          moved,
          () =>
            `${name}@${moved.name} is ${name}@${moved.version}` +
            (expect === null || expect === moved.version ? '' : ` (was ${name}@${expect})`),
        );
      }),
    );
}

/** Where the alias points: as the caller says, else as it is now. */
async function expected(
  session: Session,
  { model, alias }: { readonly model: string; readonly alias: string },
  given: string | undefined,
): Promise<number | null> {
  if (given === 'none') return null;
  if (given !== undefined) return integer(given, '--expect');
  const aliases = await (await session.client()).alias.list({ params: { model } });
  return aliases.find(({ name }) => name === alias)?.version ?? null;
}

function addDelete(model: Command, runner: Runner): void {
  model
    .command('delete MODEL@VERSION')
    .description('delete a version that nothing uses')
    .action(
      runner.does(async (session, [word = '']) => {
        const { model: name, pick } = versionWord(word);
        if (pick === null) throw new Fault('USAGE', 'name the version to delete, as MODEL@3');
        const client = await session.client();
        const version = await readVersion(client, word);
        await confirm(session, `This deletes ${version.name} for good.`, version.name);
        const deleted = await client.version.delete({
          params: { model: name, version: String(version.version) },
        });
        session.out.result(deleted, () => `${deleted.name} is deleted`);
      }),
    );
}
