// The page: asks for the data of a dashboard, draws it, and returns what there is to see.
import { createTheme, DataFrame, GrafanaTheme2, ThemeContext } from '@grafana/data';
import { GlobalStyles } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { configured, fillRegistries, transformed } from './fields';
import type { Dashboard, Job, Panel, Target } from './model';
import { Drawn, PanelView } from './panel';
import { ask, get } from './prometheus';
import { seen } from './seen';
import { replaced, replacer, resolve, Values } from './variables';

/** Columns of a dashboard, height of a row, and what is between panels, in pixels. Source: `GRID_*` in Grafana's constants. */
const GRID = { columns: 24, height: 30, margin: 8 };

interface Answer {
  refId: string;
  query: string;
  isInstant: boolean;
  error?: string;
  series: number;
}

declare global {
  interface Window {
    drawDashboard(dashboard: Dashboard, job: Job): Promise<object>;
  }
}

window.drawDashboard = async (dashboard, job) => {
  fillRegistries();
  const theme = createTheme({ colors: { mode: 'dark' } });
  const { values, offered } = await resolve(job, dashboard);
  const annotations = await Promise.all(dashboard.annotations.list.map((it) => annotation(job, replaced(it.expr, values))));
  const drawn: Drawn[] = [];
  const answers = new Map<number, Answer[]>();
  for (const panel of dashboard.panels) {
    const mine: Answer[] = [];
    answers.set(panel.id, mine);
    drawn.push(await prepared(job, panel, values, theme, mine));
  }

  createRoot(document.getElementById('root')!).render(<Page {...{ dashboard, drawn, job, theme, offered }} />);
  await settled();

  const panels = dashboard.panels.filter((panel) => panel.type !== 'row').map((panel) => ({
    id: panel.id,
    title: panel.title,
    type: panel.type,
    targets: answers.get(panel.id),
    ...seen(document.querySelector(`[data-panel="${panel.id}"]`)!),
  }));
  return { variables: offered, annotations, panels };
};

/** Returns why the query of marks fails, if it does. */
async function annotation(job: Job, query: string): Promise<{ query: string; error?: string }> {
  try {
    await get(job, '/api/v1/query', { query, time: String(job.to) });
    return { query };
  } catch (error) {
    return { query, error: String(error) };
  }
}

/** Has the data of a panel ready. */
async function prepared(job: Job, panel: Panel, values: Values, theme: GrafanaTheme2, answers: Answer[]): Promise<Drawn> {
  const replace = replacer(values, job.chosen);
  const targets = panel.targets ?? [];
  const frames: DataFrame[] = [];
  for (const target of targets) {
    frames.push(...(await answered(job, target, replaced(target.expr, values), targets.length === 1, answers)));
  }

  try {
    const after = panel.type === 'row' ? [] : await transformed(panel, frames, replace);
    return { panel, replace, frames: panel.type === 'row' ? [] : configured(panel, after, replace, theme) };
  } catch (error) {
    return { panel, replace, frames: [], error: String(error) };
  }
}

async function answered(job: Job, target: Target, query: string, isSingle: boolean, answers: Answer[]): Promise<DataFrame[]> {
  const answer: Answer = { refId: target.refId, query, isInstant: target.instant, series: 0 };
  answers.push(answer);
  try {
    const frames = await ask(job, target, query, isSingle);
    answer.series = target.format === 'table' ? frames[0].length : frames.length;
    return frames;
  } catch (error) {
    answer.error = String(error);
    return [];
  }
}

interface PageProps {
  dashboard: Dashboard;
  drawn: Drawn[];
  job: Job;
  theme: GrafanaTheme2;
  offered: Record<string, string[]>;
}

function Page({ dashboard, drawn, job, theme, offered }: PageProps) {
  const cell = (window.innerWidth - GRID.margin) / GRID.columns;
  const size = (cells: number) => cells * GRID.height + (cells - 1) * GRID.margin;
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const chosen = Object.entries(offered).map(([name, all]) => `${name}: ${(job.chosen[name] ?? ['All']).join(' + ')} of ${all.join(', ')}`);

  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ background: theme.colors.background.canvas, color: theme.colors.text.primary, padding: GRID.margin }}>
        <h3>{dashboard.title}</h3>
        <p>{chosen.join(' | ')}</p>
        <div style={{ position: 'relative', height: bottom * (GRID.height + GRID.margin) }}>
          {drawn.map((it) => {
            const { x, y, w, h } = it.panel.gridPos;
            const place = { left: x * cell, top: y * (GRID.height + GRID.margin) };
            return (
              <div key={it.panel.id} style={{ position: 'absolute', ...place }}>
                {it.panel.type === 'row' ? <h5>{it.panel.title}</h5>
                  : <PanelView {...it} job={job} theme={theme} width={w * cell - GRID.margin} height={size(h)} />}
              </div>
            );
          })}
        </div>
      </div>
    </ThemeContext.Provider>
  );
}

/** Waits until nothing of the page changes any more. */
async function settled() {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const look = () => document.getElementById('root')!.innerHTML;
  for (let quiet = 0, before = ''; quiet < 30; ) {
    await frame();
    const now = look();
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
}
