import { Command } from 'commander';
import { addAdviseCommand } from './advise.ts';
import { addAuditCommands } from './audit.ts';
import type { AddCommands, Runner } from './command.ts';
import { addCompletionCommand } from './completion.ts';
import { addConfigCommands } from './config.ts';
import { addDoctorCommand } from './doctor.ts';
import { addEndpointCommands } from './endpoint.ts';
import { addErrorsCommand } from './errors.ts';
import { addEventsCommand } from './events.ts';
import { addHealthCommand } from './health.ts';
import { addFeedbackCommands } from './feedback.ts';
import { addLogCommands } from './log.ts';
import { addModelCommands } from './model.ts';
import { addPlanCommand } from './plan.ts';
import { addPredictCommand } from './predict.ts';
import { addReplayCommand } from './replay.ts';
import { addRollbackCommand } from './rollback.ts';
import { addRolloutCommands } from './rollout.ts';
import { addSampleSizeCommand } from './sample-size.ts';
import { addServeCommands } from './serve.ts';
import { addStatsCommand } from './stats.ts';
import { addStatusCommand } from './status.ts';
import { addTokenCommands } from './token.ts';
import { addVerifyCommand } from './verify.ts';
import { addVersionCommand } from './version.ts';

const groups: readonly AddCommands[] = [
  addServeCommands,
  addModelCommands,
  addEndpointCommands,
  addPredictCommand,
  addAdviseCommand,
  addPlanCommand,
  addRolloutCommands,
  addRollbackCommand,
  addSampleSizeCommand,
  addFeedbackCommands,
  addLogCommands,
  addStatsCommand,
  addStatusCommand,
  addHealthCommand,
  addEventsCommand,
  addAuditCommands,
  addVerifyCommand,
  addReplayCommand,
  addTokenCommands,
  addConfigCommands,
  addDoctorCommand,
  addErrorsCommand,
  addCompletionCommand,
  addVersionCommand,
];

/** The whole command line: what parses it, what its help says, what the reference is made from. */
export function buildProgram(runner: Runner): Command {
  const program = new Command('understudy')
    .description('Safe roll-out of machine learning model versions.')
    .option('--server <url>', 'address of the admin API (UNDERSTUDY_SERVER)')
    .option('--gateway <url>', 'address of the prediction listener')
    .option('--token-file <file>', 'file with the token to show (UNDERSTUDY_TOKEN)')
    .option('--data <dir>', 'data directory (UNDERSTUDY_DATA)')
    .option('--config <file>', 'configuration file (UNDERSTUDY_CONFIG)')
    .option('--json', 'write one JSON object, or one a line where there is no end')
    .option('--no-color', 'write without colours (NO_COLOR)')
    .option('-q, --quiet', 'write only results and errors')
    .option('-v, --verbose', 'write more about what is done')
    .option('-y, --yes', 'do not ask for confirmation')
    .showSuggestionAfterError(true)
    .helpCommand('help [command]', 'explain a command');
  for (const add of groups) add(program, runner);
  for (const command of everyCommand(program)) command.configureHelp({ showGlobalOptions: false });
  return program;
}

/** A command and all below it. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
