// What a person can see of a panel, read from the page.

export interface Seen {
  crash?: string;
  isEmpty: boolean;
  /** The names of series in the legend. */
  legend: string[];
  /** Names and texts of numbers and bars. */
  values: string[][];
  columns: string[];
  rows: string[][];
  links: string[];
  /** Pixels of a graph that have a colour. */
  colored: number;
}

export function seen(panel: Element): Seen {
  const body = panel.querySelector('[data-body]')!;
  const all = (selector: string, within: Element = body) => [...within.querySelectorAll<HTMLElement>(selector)];
  const rows = all('[role=row]').filter((row) => row.querySelector('[role=gridcell]'));

  return {
    crash: body.querySelector('[data-crash]')?.textContent ?? undefined,
    isEmpty: body.querySelector('[data-empty]') !== null,
    legend: [
      ...all('[data-testid^="data-testid VizLegend series"]').map((it) => it.innerText.split('\n')[0].trim()),
      ...all('tbody button[title]').map((it) => it.title.trim()),
    ],
    values: all('[data-value]').map((it) => texts(it)),
    columns: all('[role=columnheader]').map((it) => it.innerText.trim()),
    rows: rows.map((row) => all('[role=gridcell]', row).map((cell) => cell.innerText.trim())),
    links: all('a[href]').map((it) => it.getAttribute('href')!),
    colored: Math.max(0, ...all('canvas').map((it) => colored(it as HTMLCanvasElement))),
  };
}

/** The texts of leaves, in order. */
function texts(element: Element): string[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  while (walker.nextNode()) {
    found.push(walker.currentNode.textContent!);
  }

  return found;
}

/** Axes and grids are grey. */
function colored(canvas: HTMLCanvasElement): number {
  const context = canvas.getContext('2d');
  if (!context || canvas.width === 0 || canvas.height === 0) {
    return 0;
  }
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let pixels = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, alpha] = data.subarray(at, at + 4);
    pixels += alpha > 64 && Math.max(red, green, blue) - Math.min(red, green, blue) > 48 ? 1 : 0;
  }

  return pixels;
}
