import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MONITORING, readRules } from '../../monitoring/queries';
import { freePort } from '../../processes/free-port';
import { type ProcessGroup } from '../../processes/process-group';
import { toolPath } from '../toolchain';

/** A program to scrape, with the labels that the Prometheus Operator would set. */
export interface ScrapedProgram {
  readonly adminUrl: string;
  readonly job: string;
  readonly pod: string;
}

/** An alert that is pending or firing. */
export interface ActiveAlert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

/** Replaces the times of the rules, so that an alert fires within seconds. */
const SHORT_FOR = '1s';
const SHORT_RANGE = '[15s]';

/** A real Prometheus, which scrapes and evaluates every second. */
export class Prometheus {
  private constructor(private readonly url: string) {}

  /** Starts Prometheus with the shipped rules, and with the same rules with short times. */
  static async start(group: ProcessGroup, directory: string, programs: readonly ScrapedProgram[]): Promise<Prometheus> {
    await mkdir(directory, { recursive: true });
    const shortRules = path.join(directory, 'short-rules.json');
    await writeFile(shortRules, JSON.stringify(shortened()));
    const configuration = path.join(directory, 'prometheus.json');
    await writeFile(
      configuration,
      JSON.stringify({
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [path.join(MONITORING, 'alerts.yaml'), shortRules],
        scrape_configs: programs.map(({ adminUrl, job, pod }) => ({
          job_name: job,
          static_configs: [{ targets: [new URL(adminUrl).host], labels: { namespace: 'connectors-system', pod } }],
        })),
      }),
    );
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await group.start({
      name: 'prometheus',
      command: [
        toolPath('prometheus'),
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${path.join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      ready: async () => (await fetch(`${url}/-/ready`)).ok,
    });
    return new Prometheus(url);
  }

  /**
   * Returns the values of a query.
   *
   * @throws Error with the message of Prometheus when the query is not valid
   */
  async query(query: string): Promise<number[]> {
    const { result } = await this.#get<{ result: readonly { value: readonly [number, string] }[] }>('query', { query });
    return result.map(({ value }) => Number(value[1]));
  }

  async alerts(): Promise<readonly ActiveAlert[]> {
    return (await this.#get<{ alerts: readonly ActiveAlert[] }>('alerts')).alerts;
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.#get<{ groups: readonly { rules: readonly Rule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** Returns the names of all metrics that the scraped programs export, also of those without a time series. */
  async metrics(): Promise<ReadonlySet<string>> {
    const metadata = await this.#get<readonly { metric: string }[]>('targets/metadata');
    return new Set(metadata.map(({ metric }) => metric));
  }

  async #get<T>(name: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${name}?${new URLSearchParams(parameters).toString()}`);
    const { data, error } = (await response.json()) as { data?: T; error?: string };
    if (data === undefined) {
      throw new Error(`${name} ${JSON.stringify(parameters)}: ${error}`);
    }
    return data;
  }
}

function shortened(): object {
  const groups = readRules().groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({
      ...rule,
      expr: rule.expr.replaceAll(/\[\d+m\]/g, SHORT_RANGE),
      ...(rule.for !== undefined && { for: SHORT_FOR }),
    })),
  }));
  return { groups };
}
