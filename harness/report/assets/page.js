// SPDX-License-Identifier: Apache-2.0
// What a reader can do: sort tables, copy the command, print, choose a theme and an axis. Charts are drawn when they come near.
'use strict';
(() => {
  document.documentElement.classList.add('scripted');
  const charts = JSON.parse(document.getElementById('charts').textContent);
  const states = new Map();

  function element(name, attributes = {}, text = '') {
    const out = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
    out.textContent = text;
    return out;
  }

  // --- charts
  let begun = 0;
  const drawing = (change) => { document.documentElement.dataset.drawing = begun += change; };
  async function draw(id) {
    const figure = document.getElementById(id), plot = figure.querySelector('.plot'), chart = charts[id];
    const spec = loomCharts.kinds[chart.kind](chart.data, Math.max(figure.clientWidth, 420), states.get(id) || {});
    const options = {
      renderer: 'svg', ast: true, hover: false, downloadFileName: id, config: loomCharts.config(),
      theme: undefined, tooltip: { theme: loomCharts.dark() ? 'dark' : 'light' },
      actions: { export: true, source: false, compiled: false, editor: false },
    };
    drawing(1);
    await vegaEmbed(plot, { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', ...spec }, options);
    plot.classList.add('drawn');
    drawing(-1);
  }
  function addControls(id) {
    const chart = charts[id], make = loomCharts.choices[chart.kind];
    if (!make) return;
    const box = element('div', { class: 'controls' }), state = {};
    for (const [key, legend, values] of make(chart.data)) {
      if (values.length < 2) continue;
      const set = box.appendChild(element('fieldset'));
      set.appendChild(element('legend', {}, legend));
      values.forEach(([value, text], i) => {
        const label = set.appendChild(element('label')), name = id + '-' + key;
        const input = label.appendChild(element('input', { type: 'radio', name, value, ...(i === 0 && { checked: '' }) }));
        label.appendChild(document.createTextNode(' ' + text));
        input.addEventListener('change', () => { state[key] = value; draw(id); });
      });
    }
    states.set(id, state);
    const figure = document.getElementById(id);
    figure.insertBefore(box, figure.firstChild);
  }
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); draw(entry.target.id); }
  }, { rootMargin: '400px' });
  for (const id of Object.keys(charts)) { addControls(id); seen.observe(document.getElementById(id)); }
  // Charts that nobody scrolled to come later, one at a time when there is nothing else to do: a print holds them all.
  const idle = (work) => window.requestIdleCallback ? requestIdleCallback(work) : setTimeout(work, 100);
  const undrawn = (id) => {
    const figure = document.getElementById(id);
    return figure.clientWidth > 0 && !figure.querySelector('.plot.drawn');
  };
  const drawRest = () => idle(async () => {
    const next = Object.keys(charts).find(undrawn);
    if (next === undefined) return;
    seen.unobserve(document.getElementById(next));
    await draw(next);
    drawRest();
  });
  setTimeout(drawRest, 1500);
  const redraw = () => { for (const plot of document.querySelectorAll('.plot.drawn')) draw(plot.parentElement.id); };

  // --- theme
  const system = matchMedia('(prefers-color-scheme: dark)');
  const theme = element('button', { type: 'button', id: 'theme' }, 'Light or dark');
  document.querySelector('header').appendChild(theme);
  theme.addEventListener('click', () => {
    document.documentElement.dataset.theme = loomCharts.dark() ? 'light' : 'dark';
    redraw();
  });
  system.addEventListener('change', redraw);

  // --- print: light, with all that is closed on the screen, and each chart; then everything as it was. Drawing waits for
  // nothing but promises, so it is done when the browser goes on from the event to the paper.
  let closed = [], shown;
  window.addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('main details:not([open])')].filter((one) => !one.closest('.vega-embed'));
    for (const one of closed) one.open = true;
    shown = loomCharts.dark() ? document.documentElement.dataset.theme || '' : undefined;
    if (shown !== undefined) document.documentElement.dataset.theme = 'light';
    for (const id of Object.keys(charts)) if (shown !== undefined || undrawn(id)) draw(id);
  });
  window.addEventListener('afterprint', () => {
    for (const one of closed) one.open = false;
    closed = [];
    if (shown === undefined) return;
    if (shown) document.documentElement.dataset.theme = shown;
    else delete document.documentElement.dataset.theme;
    redraw();
  });

  // --- tables: a click on a header sorts by it, numbers as numbers, controls below the arms they control
  const UNITS = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, 's': 1, ms: 1e-3, 'µs': 1e-6, ns: 1e-9 };
  function value(cell) {
    const text = cell.textContent.replace('★', '').replace('◆', '').trim();
    const found = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:e([+-]?\d+))?\s*(k|M|G|T|P|E|ms|µs|ns|s)?(?=\s|$|±)/.exec(text);
    return found ? Number(found[1] + (found[2] ? 'e' + found[2] : '')) * (UNITS[found[3]] || 1) : text;
  }
  const order = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === 'number' ? -1 : 1;
  function sort(header, column) {
    const body = header.closest('table').tBodies[0], down = header.getAttribute('aria-sort') === 'ascending';
    for (const other of header.parentElement.children) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const rows = [...body.rows].map((row) => [value(row.cells[column]), row.classList.contains('control'), row]);
    rows.sort((a, b) => a[1] - b[1] || (down ? -1 : 1) * order(a[0], b[0]));
    body.append(...rows.map((row) => row[2]));
  }
  for (const head of document.querySelectorAll('table:not(.plain) thead tr'))
    [...head.cells].forEach((cell, column) => {
      const button = element('button', { type: 'button' }, cell.textContent);
      cell.replaceChildren(button);
      button.addEventListener('click', () => sort(cell, column));
    });

  // --- copying
  for (const button of document.querySelectorAll('[data-copy]'))
    button.addEventListener('click', async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(source);
      }
    });
})();
