import type { Config, SettingPath } from '../protocol/config.ts';
import type { FoundPredictions, PredictionQuery, SqlAnswer } from '../protocol/prediction-log.ts';

/** One line of `config explain`. */
export type ExplainedSetting = {
  readonly path: SettingPath;
  readonly value: unknown;
  readonly origin: string;
  /** The flag, variable or file that said so. */
  readonly where: string;
  readonly meaning: string;
  readonly variable: string;
};

/** Settings as asked for on the command line, with the environment and a file behind them. */
export type SettingSources = {
  readonly flags: Readonly<Partial<Record<SettingPath, string>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: string | null;
};

/** What a running instance says of itself. */
export type RunningInstance = {
  readonly pid: number;
  /** Base address of the prediction listener. */
  readonly predict: string;
  /** Base address of the admin API. */
  readonly admin: string;
  readonly children: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly restarts: number;
  }[];
};

/** What the command line needs of the rest of the program. */
export type CliParts = {
  /** Run until told to stop. */
  readonly serve: (config: Config, settings: SettingSources) => Promise<void>;
  readonly control: (config: Config, settings: SettingSources) => Promise<void>;
  readonly gateway: (config: Config, name: string, settings: SettingSources) => Promise<void>;
  /** Fault `CONFIG_INVALID`. */
  readonly resolveConfig: (sources: SettingSources) => {
    readonly config: Config;
    readonly explained: readonly ExplainedSetting[];
  };
  /** Asks the instance that listens on this socket; null when none does. */
  readonly readInstance: (socketPath: string) => Promise<RunningInstance | null>;
  /** Looks predictions up in the files below a data directory. */
  readonly findPredictions: (root: string, query: PredictionQuery) => Promise<FoundPredictions>;
  /** Asks these files in SQL. Faults `DUCKDB_MISSING`, `SQL_INVALID`. */
  readonly queryPredictions: (root: string, sql: string) => Promise<SqlAnswer>;
  /** Writes all of them as Parquet; how many. Faults `DUCKDB_MISSING`, `FILE_UNWRITABLE`. */
  readonly exportPredictions: (root: string, to: string) => Promise<number>;
  /** Version of the program. */
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream & { readonly columns?: number };
  readonly stderr: NodeJS.WritableStream;
  /** Whether a person sits at both ends: input and output are a terminal. */
  readonly isTty: boolean;
  /** Calls back at each ^C; gives what ends that. Default: the signal SIGINT. */
  readonly onInterrupt?: (listener: () => void) => () => void;
};
