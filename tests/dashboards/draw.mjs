// Draws dashboards in a browser and prints what can be seen of them, as JSON: one line for each dashboard.
//
// node draw.mjs COMPONENTS BROWSER FOLDER < job: the job is JSON with `prometheus` (its address), `from`, `to` and `scrapeInterval` (in
// seconds), `chosen` (values of variables by name) and `dashboards` (a name and the dashboard itself). Pictures go to FOLDER.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [components, browser, folder] = process.argv.slice(2);
const modules = join(components, 'node_modules');
const load = createRequire(modules + '/');
const WIDTH = 1600;
const FONTS = '/usr/share/fonts/opentype/inter';

async function bundle() {
  const page = join(dirname(fileURLToPath(import.meta.url)), 'page/main.tsx');
  const made = await load('esbuild').build({
    entryPoints: [page],
    bundle: true,
    write: false,
    outdir: 'page',
    nodePaths: [modules],
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.ttf': 'dataurl', '.svg': 'dataurl' },
    logLevel: 'error',
  });

  const text = (/** @type {string} */ ending) => made.outputFiles.find((/** @type {{ path: string }} */ { path }) => path.endsWith(ending)).text;
  return { script: text('.js'), style: text('.css') };
}

/**
 * Icons are in the package, and Grafana's font is one of Debian's; without it the browser takes its own.
 * @param {import('playwright-core').Route} route
 * @param {string} path
 */
function serve(route, path) {
  const [, icon] = path.split('/public/build/');
  const file = icon ? join(modules, '@grafana/ui/dist/public', icon) : join(FONTS, basename(path, '.woff2') + '.otf');

  return existsSync(file) ? route.fulfill({ path: file }) : route.fulfill({ body: '' });
}

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {{ script: string, style: string }} files
 * @param {import('./page/model').Job} job
 * @param {{ name: string, dashboard: import('./page/model').Dashboard }} drawn
 */
async function draw(context, { script, style }, job, { name, dashboard }) {
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(`page: ${error.stack ?? error}`));
  page.on('console', (message) => message.type() === 'error' && errors.push(`console: ${message.text()}`));
  // What is outside of the window is not laid out.
  const rows = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  await page.setViewportSize({ width: WIDTH, height: rows * 38 + 150 });
  await page.route('**/public/**', (route) => serve(route, new URL(route.request().url()).pathname));
  // A page of Prometheus, so that its queries are of the same origin.
  await page.goto(`${job.prometheus}/-/ready`);
  await page.setContent('<!doctype html><body style="margin: 0"><div id="root"></div></body>');
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: script });
  const asked = { dashboard, job: { ...job, dashboards: [] } };
  const report = await page.evaluate(({ dashboard, job }) => window.drawDashboard(dashboard, job), asked);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();

  return { name, errors, ...report };
}

const job = JSON.parse(readFileSync(0, 'utf8'));
const files = await bundle();
const chromium = await load('playwright-core').chromium.launch({
  executablePath: browser,
  args: ['--no-sandbox', '--disable-gpu', '--force-prefers-reduced-motion'],
});
try {
  const context = await chromium.newContext({ viewport: { width: WIDTH, height: 1000 }, reducedMotion: 'reduce' });
  for (const dashboard of job.dashboards) {
    console.log(JSON.stringify(await draw(context, files, job, dashboard)));
  }
} finally {
  await chromium.close();
}
