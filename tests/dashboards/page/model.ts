// The parts of a dashboard's JSON that are drawn, and what a job asks for.
import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';

export interface Job {
  prometheus: string;
  /** Seconds since 1970. */
  from: number;
  to: number;
  scrapeInterval: number;
  /** Values of variables; of one that is not named, all. */
  chosen: Record<string, string[]>;
}

export interface Target {
  refId: string;
  expr: string;
  instant: boolean;
  format: 'table' | 'time_series';
  legendFormat: string;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
  transformations?: DataTransformerConfig[];
  fieldConfig: FieldConfigSource;
  options: any;
}

export interface Variable {
  name: string;
  label: string;
  type: string;
  query: any;
  allValue?: string;
}

export interface Dashboard {
  title: string;
  panels: Panel[];
  templating: { list: Variable[] };
  annotations: { list: Array<{ name: string; expr: string }> };
}
