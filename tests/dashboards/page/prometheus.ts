// Queries, and data frames of their answers, named as Grafana's data source for Prometheus names them.
import { DataFrame, FieldType, toDataFrame } from '@grafana/data';
import type { Job, Target } from './model';

interface Series {
  metric: Record<string, string>;
  value?: [number, string];
  values?: Array<[number, string]>;
}

export async function get(job: Job, path: string, parameters: Record<string, string>): Promise<any> {
  const answer = await fetch(`${job.prometheus}${path}?${new URLSearchParams(parameters)}`);
  const body = await answer.json();
  if (body.status !== 'success') {
    throw new Error(body.error);
  }

  return body.data;
}

/** The step of courses in seconds: that of the scrapes, which is longer than a pixel of so short a time. */
export const step = (job: Job) => job.scrapeInterval;

/** Asks for a target's query, whose variables are replaced. `isSingle`: the panel has no other. */
export async function ask(job: Job, target: Target, expr: string, isSingle: boolean): Promise<DataFrame[]> {
  if (!target.instant) {
    return courses(job, target, await get(job, '/api/v1/query_range', {
      query: expr,
      start: String(job.from),
      end: String(job.to),
      step: String(step(job)),
    }));
  }

  const data = await get(job, '/api/v1/query', { query: expr, time: String(job.to) });
  const series: Series[] = data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : data.result;
  return target.format === 'table' ? [table(target, series, isSingle)] : series.map((it) => frame(target, it, [it.value!]));
}

/** A frame for each series, with gaps where it has no value. */
function courses(job: Job, target: Target, data: { result: Series[] }): DataFrame[] {
  return data.result.map((series) => {
    const values = new Map(series.values!.map(([time, value]) => [time, value]));
    const rows: Array<[number, string | null]> = [];
    for (let time = job.from; time <= job.to; time += step(job)) {
      rows.push([time, values.get(time) ?? null]);
    }

    return frame(target, series, rows);
  });
}

function frame(target: Target, series: Series, rows: Array<[number, string | null]>): DataFrame {
  const name = legend(target.legendFormat, series.metric);

  return toDataFrame({
    refId: target.refId,
    name,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map(([time]) => time * 1000) },
      {
        name: 'Value',
        type: FieldType.number,
        labels: series.metric,
        config: { displayNameFromDS: name },
        values: rows.map(([, value]) => (value === null ? null : number(value))),
      },
    ],
  });
}

/** One frame with a row for each series. */
function table(target: Target, all: Series[], isSingle: boolean): DataFrame {
  const labels = [...new Set(all.flatMap((series) => Object.keys(series.metric)))].sort();

  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: all.map((series) => series.value![0] * 1000) },
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        config: { filterable: true },
        values: all.map((series) => series.metric[label] ?? ''),
      })),
      {
        name: isSingle ? 'Value' : `Value #${target.refId}`,
        type: FieldType.number,
        values: all.map((series) => number(series.value![1])),
      },
    ],
  });
}

/** A legend without labels is a name; without any text, all labels are. */
function legend(format: string, labels: Record<string, string>): string {
  return format ? format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => labels[label] ?? '') : JSON.stringify(labels);
}

function number(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}
