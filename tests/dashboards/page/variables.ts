// What is chosen at the top of a dashboard, and how it gets into queries and links.
import { DataFrame, getFieldDisplayName, ScopedVars } from '@grafana/data';
import type { Dashboard, Job } from './model';
import { get, step } from './prometheus';

/** The text that stands for each variable in queries. */
export type Values = Record<string, string>;

export interface Resolved {
  values: Values;
  /** What each variable that is a list of labels' values offers. */
  offered: Record<string, string[]>;
}

export async function resolve(job: Job, dashboard: Dashboard): Promise<Resolved> {
  const values = builtIn(job);
  const offered: Record<string, string[]> = {};

  for (const variable of dashboard.templating.list) {
    if (variable.type === 'query') {
      const query = /^label_values\((.+),\s*(\w+)\)$/.exec(variable.query.query);
      if (!query) {
        throw new Error(`the query of the variable ${variable.name} is no label_values: ${variable.query.query}`);
      }
      const [, selector, label] = query;
      const all: string[] = await get(job, `/api/v1/label/${label}/values`, {
        'match[]': replaced(selector, values),
        start: String(job.from),
        end: String(job.to),
      });
      offered[variable.name] = all;
      const chosen = job.chosen[variable.name];
      values[variable.name] = chosen ? pattern(chosen) : (variable.allValue ?? pattern(all));
    } else {
      values[variable.name] = variable.type === 'datasource' ? 'prometheus' : variable.query;
    }
  }

  return { values, offered };
}

/** Replaces variables in a query; one that is not there stays, and Prometheus refuses it. */
export function replaced(text: string, values: Values): string {
  return text.replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, name, braced) => values[name ?? braced] ?? whole);
}

/** Replaces variables in links, which may pass on what is chosen and name fields of the row that they are in. */
export function replacer(values: Values, chosen: Record<string, string[]>) {
  return (text: string, scoped?: ScopedVars) => {
    const context = scoped?.__dataContext?.value;
    const inRow = text.replace(/\$\{__(data\.fields|value)\.([^}]+)\}/g, (whole, kind, name) => {
      const { frame, field, rowIndex } = context ?? {};
      const wanted = kind === 'value' ? field : named(frame, name);
      return wanted && rowIndex !== undefined ? encodeURIComponent(wanted.values[rowIndex]) : whole;
    });

    const passedOn = inRow.replace(/\$\{(\w+):queryparam\}/g, (whole, name) =>
      name in values ? (chosen[name] ?? ['$__all']).map((it) => `var-${name}=${encodeURIComponent(it)}`).join('&') : whole);

    return replaced(passedOn, values);
  };
}

function named(frame: DataFrame | undefined, name: string) {
  return frame?.fields.find((field) => field.name === name || getFieldDisplayName(field, frame) === name);
}

/** As Grafana documents them for Prometheus, for a step that is the scrape interval. */
function builtIn(job: Job): Values {
  return {
    __interval: `${step(job)}s`,
    __range: `${job.to - job.from}s`,
    __rate_interval: `${Math.max(step(job) + job.scrapeInterval, 4 * job.scrapeInterval)}s`,
    __url_time_range: `from=${job.from * 1000}&to=${job.to * 1000}`,
  };
}

/** A regular expression for these values, as text within quotes. */
function pattern(values: string[]): string {
  const escaped = values.map((value) => value.replace(/[\\^$*+?.()|[\]{}]/g, '\\\\$&'));

  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}
