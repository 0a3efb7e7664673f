// One panel, drawn by Grafana's components as Grafana's own plugins call them.
import {
  DataFrame, dateTime, FieldDisplay, getDisplayValueAlignmentFactors, getFieldDisplayValues, GrafanaTheme2, TimeRange, VizOrientation,
} from '@grafana/data';
import { BarGauge, BigValue, BigValueTextMode, PanelChrome, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { Component, ReactNode } from 'react';
import type { Job, Panel } from './model';

export interface Drawn {
  panel: Panel;
  frames: DataFrame[];
  replace: any;
  /** Why there are none. */
  error?: string;
}

interface Area extends Drawn {
  job: Job;
  theme: GrafanaTheme2;
  width: number;
  height: number;
}

/** Shows an error in the place of a panel that cannot be drawn. */
class Guard extends Component<{ children: ReactNode }, { error?: Error }> {
  state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  render() {
    return this.state.error ? <pre data-crash>{String(this.state.error)}</pre> : this.props.children;
  }
}

export function PanelView({ width, height, ...drawn }: Area) {
  const { panel, error } = drawn;

  return (
    <div data-panel={panel.id}>
      <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
        {(innerWidth, innerHeight) => (
          <div data-body style={{ width: innerWidth, height: innerHeight }}>
            {error ? <pre data-crash>{error}</pre> : <Guard><Body {...drawn} width={innerWidth} height={innerHeight} /></Guard>}
          </div>
        )}
      </PanelChrome>
    </div>
  );
}

function Body(area: Area) {
  const { frames, panel } = area;
  if (frames.every((frame) => frame.length === 0)) {
    return <div data-empty style={{ padding: 16, textAlign: 'center' }}>No data</div>;
  }

  switch (panel.type) {
    case 'timeseries':
      return <Course {...area} />;
    case 'stat':
      return <Numbers {...area} />;
    case 'bargauge':
      return <Bars {...area} />;
    case 'table':
      return <Rows {...area} />;
    default:
      throw new Error(`there is no panel ${panel.type} here`);
  }
}

function Course({ frames, panel, job, width, height }: Area) {
  const [from, to] = [dateTime(job.from * 1000), dateTime(job.to * 1000)];
  const timeRange: TimeRange = { from, to, raw: { from, to } };

  return (
    <TimeSeries frames={frames} timeRange={timeRange} timeZone="utc" width={width} height={height} legend={panel.options.legend}
      options={panel.options} structureRev={1} />
  );
}

function values({ frames, panel, replace, theme }: Area, sparkline: boolean): FieldDisplay[] {
  return getFieldDisplayValues({
    data: frames, fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: replace, sparkline, theme,
    timeZone: 'utc',
  });
}

function Numbers(area: Area) {
  const { panel, theme, width, height } = area;
  const { colorMode, graphMode, justifyMode, textMode, wideLayout } = panel.options;

  return (
    <VizRepeater source={area.frames} getValues={() => values(area, graphMode !== 'none')} renderCounter={0} width={width} height={height}
      orientation={VizOrientation.Auto} autoGrid getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width, height, alignmentFactors, count }) => (
        <div data-value>
          <BigValue value={value.display} sparkline={value.sparkline} width={width} height={height} theme={theme} count={count}
            colorMode={colorMode} graphMode={graphMode} justifyMode={justifyMode} textMode={textMode ?? BigValueTextMode.Auto}
            alignmentFactors={alignmentFactors} disableWideLayout={!wideLayout} />
        </div>
      )} />
  );
}

function Bars(area: Area) {
  const { panel, theme, width, height } = area;
  const { displayMode, maxVizHeight, minVizHeight, minVizWidth, namePlacement, orientation, showUnfilled, text, valueMode } = panel.options;

  return (
    <VizRepeater source={area.frames} getValues={() => values(area, false)} renderCounter={0} width={width} height={height}
      orientation={orientation} getAlignmentFactors={getDisplayValueAlignmentFactors} itemSpacing={8} minVizHeight={minVizHeight}
      minVizWidth={minVizWidth} maxVizHeight={maxVizHeight}
      renderValue={({ value, width, height, orientation, alignmentFactors }) => (
        <div data-value>
          <BarGauge value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
            width={width} height={height} theme={theme} orientation={orientation} alignmentFactors={alignmentFactors}
            displayMode={displayMode} valueDisplayMode={valueMode} namePlacement={namePlacement} showUnfilled={showUnfilled} text={text} />
        </div>
      )} />
  );
}

function Rows({ frames, panel, width, height }: Area) {
  const { cellHeight, showHeader, sortBy } = panel.options;

  return (
    <TableNG data={frames[0]} width={width} height={height} fieldConfig={panel.fieldConfig} cellHeight={cellHeight} sortBy={sortBy}
      noHeader={!showHeader} structureRev={1} />
  );
}
