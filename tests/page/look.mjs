// Looks at pages in a browser and prints what there is to see, as JSON: one line for each look.
//
// node look.mjs MODULES BROWSER FOLDER ADDRESS WHAT: MODULES has the packages, pictures go to FOLDER, ADDRESS is where the exporter
// listens, and WHAT is `use`, `numbers` or `packets`, which needs a token in the variable TOKEN. Nothing is judged here.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, browser, folder, address, what] = process.argv.slice(2);
const load = createRequire(join(modules, 'node_modules') + '/');
const WIDTHS = [360, 800, 1600];
const SCHEMES = ['light', 'dark'];
const PAGES = [
  { name: 'live', path: '/' },
  { name: 'sent', path: '/#direction=transmit&order=bits&minutes=15' },
  { name: 'reference', path: '/api/v1/docs' },
];
const DEADLINE = 30_000;

const chromium = await load('playwright-core').chromium.launch({ executablePath: browser, args: ['--no-sandbox', '--disable-gpu'] });

/** Opens a page and notes what goes wrong on it, and which answers it gets. */
async function open(options, path) {
  const context = await chromium.newContext({ ...options, reducedMotion: 'reduce', bypassCSP: false });
  const page = await context.newPage();
  const noted = { errors: [], foreign: [], answers: [] };
  page.on('pageerror', (error) => noted.errors.push(`page: ${error.stack ?? error}`));
  page.on('console', (message) => message.type() === 'error' && noted.errors.push(`console: ${message.text()}`));
  page.on('request', (request) => new URL(request.url()).origin === address || noted.foreign.push(request.url()));
  page.on('response', async (response) => {
    const { pathname, search } = new URL(response.url());
    if (pathname.startsWith('/api/') && response.ok()) noted.answers.push({ pathname, search, json: await response.json().catch(() => null) });
  });
  await page.goto(address + path);

  return { context, page, noted };
}

/** Waits until the live page has shown a few folds. */
const live = (page) => page.waitForFunction(() => document.querySelectorAll('#packets-chart path.line')[0]?.getAttribute('d')?.split('L').length > 2, null, { timeout: DEADLINE });

async function axe(page) {
  // The page's own policy lets no script in; this one comes through the browser's own door.
  await page.evaluate(load('axe-core').source);
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));

  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).slice(0, 3).join(' | ')}`);
}

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

function print(report) {
  console.log(JSON.stringify(report));
}

async function pictures() {
  for (const { name, path } of PAGES) {
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        const { context, page, noted } = await open({ viewport: { width, height: 900 }, colorScheme }, path);
        if (name !== 'reference') await live(page);
        const violations = await axe(page);
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        print({ look: name, width, colorScheme, violations, overflow: await overflow(page), errors: noted.errors, foreign: noted.foreign });
        await context.close();
      }
    }
  }
}

/** Reads what the page shows, with the answers that it was made of. */
async function numbers() {
  const { context, page, noted } = await open({ viewport: { width: 1600, height: 900 } }, '/');
  await live(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForTimeout(1500);
  const shown = await page.evaluate(() => {
    const rows = (id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => [...row.cells].map((cell) => cell.textContent));

    return {
      state: document.getElementById('state').textContent,
      packets: [...document.querySelectorAll('#packets-now b')].map((it) => it.textContent),
      bits: [...document.querySelectorAll('#bits-now b')].map((it) => it.textContent),
      protocols: rows('protocols'),
      addresses: rows('addresses'),
      ports: rows('ports'),
      devices: rows('devices'),
    };
  });
  const before = noted.answers.length;
  await page.waitForTimeout(3000);
  print({ look: 'numbers', shown, answers: noted.answers.slice(-40), whilePaused: noted.answers.length - before, errors: noted.errors });
  await context.close();
}

/** Does everything by keyboard alone. */
async function keyboard() {
  const { context, page, noted } = await open({ viewport: { width: 1200, height: 900 } }, '/');
  await live(page);
  const focused = [];
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press('Tab');
    focused.push(await page.evaluate(() => document.activeElement?.id || document.activeElement?.name || document.activeElement?.textContent?.slice(0, 20) || ''));
  }
  await page.focus('input[name="direction"]:checked');
  await page.keyboard.press('ArrowRight');
  await page.focus('#packets-chart svg');
  await page.keyboard.press('ArrowLeft');
  const readout = await page.locator('#packets-chart .readout').textContent();
  await page.focus('#theme');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.locator('#devices button').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('device='), null, { timeout: DEADLINE });
  await page.waitForFunction(() => document.getElementById('addresses-title').textContent.includes('destinations'), null, { timeout: DEADLINE });
  const { hash, theme, device } = await page.evaluate(() => ({
    hash: location.hash,
    theme: document.documentElement.dataset.theme,
    device: document.getElementById('device').value,
  }));
  print({ look: 'keyboard', focused, readout, hash, theme, device, errors: noted.errors });
  await context.close();
}

/** Looks at sampled packets with a token, and at what is left of it. */
async function packets() {
  for (const width of WIDTHS) {
    const { context, page, noted } = await open({ viewport: { width, height: 900 } }, '/');
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await live(page);
    await page.fill('#token', process.env.TOKEN);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#samples tbody tr', { timeout: DEADLINE });
    const violations = await axe(page);
    await page.screenshot({ path: join(folder, `packets-${width}.png`), fullPage: true });
    await page.locator('#samples button').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.getElementById('packet').open, null, { timeout: DEADLINE });
    violations.push(...(await axe(page)));
    await page.screenshot({ path: join(folder, `packet-${width}.png`) });
    const shown = await page.evaluate(() => ({
      headers: [...document.querySelectorAll('#packet-headers .group')].map((it) => it.textContent),
      dump: document.getElementById('packet-dump').textContent,
      series: [...document.querySelectorAll('#packet-series li')].map((it) => it.textContent),
      recordings: document.getElementById('recordings').textContent,
    }));
    await page.keyboard.press('Escape');
    const kept = await page.evaluate(() =>
      [JSON.stringify([{ ...localStorage }, { ...sessionStorage }]), document.cookie, location.href, document.getElementById('token').value].join(' '),
    );
    const wide = await overflow(page);
    await page.click('#forget');
    const left = await page.evaluate(() => document.querySelectorAll('#samples tr, #packet-headers tr').length);
    print({ look: 'packets', width, violations, overflow: wide, shown, kept, requests, left, errors: noted.errors, foreign: noted.foreign });
    await context.close();
  }
}

try {
  if (what === 'numbers') await numbers();
  else if (what === 'packets') await packets();
  else {
    await pictures();
    await keyboard();
  }
} finally {
  await chromium.close();
}
