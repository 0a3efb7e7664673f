// Grafana's registries, which Grafana itself fills when it starts, and what they make of a panel's fields.
import {
  applyFieldOverrides, DataFrame, FieldConfigOptionsRegistry, getFieldDisplayName, GrafanaTheme2, identityOverrideProcessor,
  standardFieldConfigEditorRegistry, standardTransformers, standardTransformersRegistry, transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import type { Panel } from './model';

/** The options of fields that every panel has. Source: `StandardOptions` of Grafana's documentation. */
const STANDARD = [
  'unit', 'min', 'max', 'decimals', 'displayName', 'noValue', 'thresholds', 'mappings', 'links', 'color', 'filterable', 'fieldMinMax',
];

const option = (id: string, path: string, isCustom: boolean): any => ({
  id, path, name: path, isCustom, category: [], settings: {}, editor: () => null, override: () => null,
  process: identityOverrideProcessor, shouldApply: () => true,
});

export function fillRegistries() {
  standardFieldConfigEditorRegistry.setInit(() => STANDARD.map((id) => option(id, id, false)));
  // One is listed twice.
  const transformers = new Map(Object.values(standardTransformers).map((it) => [it.id, it]));
  standardTransformersRegistry.setInit(() => [...transformers.values()].map((it): any => ({
    id: it.id, name: it.name, description: '', editor: () => null, imageDark: '', imageLight: '', transformation: async () => it,
  })));
}

/** Transforms the answers of a panel's queries. A transformation that is not there throws. */
export async function transformed(panel: Panel, frames: DataFrame[], replace: any): Promise<DataFrame[]> {
  for (const { id } of panel.transformations ?? []) {
    standardTransformersRegistry.get(id);
  }

  return lastValueFrom(transformDataFrame(panel.transformations ?? [], frames, { interpolate: replace }));
}

/** Gives fields their units, names, colours and links. */
export function configured(panel: Panel, data: DataFrame[], replaceVariables: any, theme: GrafanaTheme2): DataFrame[] {
  const { fieldConfig } = panel;
  const custom = new Set(Object.keys(fieldConfig.defaults.custom ?? {}));
  for (const { id } of fieldConfig.overrides.flatMap((it) => it.properties)) {
    if (id.startsWith('custom.')) {
      custom.add(id.slice('custom.'.length));
    } else if (!STANDARD.includes(id)) {
      throw new Error(`an override sets ${id}, which is no option of fields`);
    }
  }
  const fieldConfigRegistry = new FieldConfigOptionsRegistry();
  STANDARD.forEach((id) => fieldConfigRegistry.register(option(id, id, false)));
  custom.forEach((id) => fieldConfigRegistry.register(option(`custom.${id}`, id, true)));

  const frames = applyFieldOverrides({ data, fieldConfig, fieldConfigRegistry, replaceVariables, theme, timeZone: 'utc' });
  // Names are worked out here once, for legends and columns alike.
  frames.forEach((frame) => frame.fields.forEach((field) => getFieldDisplayName(field, frame, frames)));

  return frames;
}
