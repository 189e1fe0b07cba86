// SPDX-License-Identifier: Apache-2.0
// Vega-Lite specs of the charts. A name from a config stands in data values alone, never in a field name or expression.
'use strict';
const loomCharts = (() => {
  const FAMILIES = ['monolith', 'fabric', 'reference', 'null'];
  const DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]];
  const ARMS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7b8790', '#8a5fbf'];
  const DARK_ARMS = ['#56b4e9', '#f0953f', '#3cc79c', '#e39cc4', '#e6c84f', '#9fd4f5', '#a3adb7', '#b79be0'];

  const words = (metric) => metric.replace(/_/g, ' ');
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = () => css('color-scheme') === 'dark';
  const unique = (values) => [...new Set(values)];
  const quantitative = (field, title, more = {}) => ({ field, type: 'quantitative', title, ...more });
  const tooltip = (...pairs) => pairs.map(([field, title, format]) => ({ field, title, ...(format && { format }) }));

  function config() {
    const ink = css('--ink'), soft = css('--soft'), line = css('--line');
    return {
      background: null, font: 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif', view: { stroke: null },
      axis: { labelColor: soft, titleColor: ink, gridColor: line, gridOpacity: .6, domainColor: soft, tickColor: soft, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, labelLimit: 260 },
      legend: { labelColor: ink, titleColor: soft, labelFontSize: 12, titleFontSize: 12, labelLimit: 320, symbolSize: 110, symbolOpacity: 1, symbolType: 'stroke', symbolStrokeWidth: 2.5 },
      text: { color: ink, fontSize: 12 }, header: { labelColor: ink, titleColor: ink }, title: { color: ink },
    };
  }
  const familyColour = () => ({
    field: 'family', type: 'nominal', title: 'family',
    scale: { domain: FAMILIES, range: FAMILIES.map((family) => css('--' + family)) },
  });
  const familyShape = () => ({ field: 'family', type: 'nominal', scale: { domain: FAMILIES, range: ['square', 'circle', 'diamond', 'cross'] } });
  // Eight colours, then the same with another dash: arms stay apart without colour too.
  function armScales(names) {
    const colours = dark() ? DARK_ARMS : ARMS;
    return {
      color: { field: 'arm', type: 'nominal', title: null, scale: { domain: names, range: names.map((_, i) => colours[i % 8]) } },
      strokeDash: { field: 'arm', type: 'nominal', title: null, scale: { domain: names, range: names.map((_, i) => DASHES[(Math.floor(i / 8) + i) % 4]) } },
    };
  }
  // Colour and shape of a family, which Vega-Lite shows as one legend.
  function familyEncoding(values) {
    const legend = { orient: 'top', title: null, direction: 'horizontal', offset: 8, symbolStrokeWidth: 0, values: FAMILIES.filter((family) => values.some((v) => v.family === family)) };
    return { color: { ...familyColour(), legend }, shape: { ...familyShape(), legend } };
  }
  // Moves labels apart so that each keeps `gap` to the one below it.
  function spread(points, gap) {
    const sorted = [...points].sort((a, b) => a.label - b.label);
    for (let round = 0; round < 80; ++round)
      for (let i = 1; i < sorted.length; ++i) {
        const lack = gap - (sorted[i].label - sorted[i - 1].label);
        if (lack > 0) { sorted[i].label += lack / 2; sorted[i - 1].label -= lack / 2; }
      }
  }
  const solid = (p) => p.family === 'fabric' || p.family === 'monolith';
  // The range of the scores near the best, with their intervals: one arm far behind must not press the others together.
  function range(points, higher, all) {
    const scores = points.map((p) => p.score).sort((a, b) => a - b);
    const middle = scores[Math.floor(scores.length / 2)], best = higher ? scores[scores.length - 1] : scores[0];
    const reach = all ? Infinity : Math.max(Math.abs(best - middle) * 4, Math.abs(best) * .01, 1e-9);
    const kept = points.filter((p) => Math.abs(p.score - best) <= reach);
    const low = Math.min(...kept.map((p) => p.low ?? p.score)), high = Math.max(...kept.map((p) => p.high ?? p.score));
    const room = (high - low) * .06 || .01;
    return { kept, domain: [low - room, high + room] };
  }
  function decades(low, high) {
    const out = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
      for (const digit of high / low > 300 ? [1] : high / low > 30 ? [1, 3] : [1, 2, 5]) out.push(digit * 10 ** power);
    return out.filter((v) => v >= low && v <= high);
  }
  // A place beside its point for each name, where it covers neither a point nor another name; names that find none are
  // left to the tooltip and the table.
  function placed(points, x, y, width) {
    const boxes = points.map((p) => [x(p) - 7, y(p) - 7, x(p) + 7, y(p) + 7]), out = [];
    const free = (box) => box[0] >= 0 && box[2] <= width && !boxes.some((b) => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3]);
    for (const p of points.filter(solid)) {
      const wide = p.arm.length * 6.6, cx = x(p), cy = y(p);
      for (const [align, dx, dy] of [['left', 10, 0], ['right', -10, 0], ['left', 4, -15], ['left', 4, 15], ['right', -4, -15], ['right', -4, 15], ['left', 10, -28], ['left', 10, 28]]) {
        const left = align === 'left' ? cx + dx : cx + dx - wide, box = [left, cy + dy - 7, left + wide, cy + dy + 7];
        if (!free(box)) continue;
        boxes.push(box);
        out.push({ ...p, align, px: cx + dx, py: cy + dy });
        break;
      }
    }
    return out;
  }
  const interval = (data) => tooltip(['score', words(data.metric), '.4f'], ['low', 'low', '.4f'], ['high', 'high', '.4f']);

  const kinds = {
    slope(data, width, state) {
      const height = 380, wide = Math.min(620, width - 330), arms = unique(data.points.map((p) => p.arm));
      const { kept, domain } = range(data.points, data.higher_is_better, state.view === 'all');
      const place = (p) => data.columns.indexOf(p.column);
      const values = kept.map((p) => ({ ...p, at: place(p), beside: place(p) + (arms.indexOf(p.arm) - (arms.length - 1) / 2) * .03 }));
      const ends = values.filter((p) => p.at === data.columns.length - 1).map((p) => ({ ...p, label: p.score }));
      spread(ends, (domain[1] - domain[0]) * 17 / height);
      const inside = { domain: [-.35, data.columns.length - 1 + .2], nice: false, zero: false };
      const x = { field: 'at', type: 'quantitative', title: null, scale: inside, axis: { values: data.columns.map((_, i) => i), labels: false, ticks: false, domain: false } };
      const y = quantitative('score', words(data.metric), { scale: { domain, zero: false, nice: false }, axis: { tickCount: 8 } });
      const { color, shape } = familyEncoding(values);
      return {
        width: wide, height, data: { values }, autosize: { type: 'pad' },
        layer: [
          { mark: { type: 'rule', opacity: .3, strokeWidth: 2, clip: true }, encoding: { x: { ...x, field: 'beside' }, y: { ...y, field: 'low' }, y2: { field: 'high' }, color } },
          { mark: { type: 'line', strokeWidth: 2 }, encoding: { x: { ...x, field: 'beside' }, y, detail: { field: 'arm' }, color } },
          { mark: { type: 'point', filled: true, size: 64, opacity: 1 }, encoding: { x: { ...x, field: 'beside' }, y, color, shape, tooltip: [...tooltip(['arm', 'arm'], ['column', 'column']), ...interval(data)] } },
          { data: { values: ends }, mark: { type: 'text', align: 'left', limit: 300 }, encoding: { x: { value: wide + 8 }, y: { ...y, field: 'label' }, text: { field: 'arm' }, color } },
          { data: { values: data.columns.map((column, at) => ({ column, at })) }, mark: { type: 'text', fontSize: 13, baseline: 'top' }, encoding: { x, y: { value: height + 8 }, text: { field: 'column' } } },
        ],
      };
    },
    budgets(data, width) {
      const values = data.points.map((p) => ({ ...p, arm: p.place })), shares = unique(values.map((v) => v.share)).sort((a, b) => a - b);
      const x = quantitative('share', 'share of the training budget (log scale)', { scale: { type: 'log', nice: false, domain: [shares[0] / 1.25, shares[shares.length - 1] * 1.25] }, axis: { values: shares, format: '~g', grid: false } });
      const y = quantitative('difference', 'fabric minus monolith');
      const scales = armScales(unique(values.map((v) => v.arm)));
      return {
        width: Math.min(640, width - 300), height: 300, data: { values },
        layer: [
          { data: { values: [{ difference: 0 }] }, mark: { type: 'rule', strokeDash: [4, 4], color: css('--soft') }, encoding: { y } },
          { mark: { type: 'rule', opacity: .5, strokeWidth: 2 }, encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color: scales.color } },
          { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, ...scales } },
          { mark: { type: 'point', filled: true, size: 64, opacity: 1 }, encoding: { x, y, color: scales.color, tooltip: tooltip(['place', 'suite and column'], ['share', 'share'], ['difference', 'fabric minus monolith', '+.4f'], ['low', 'low', '+.4f'], ['high', 'high', '+.4f'], ['verdict', 'verdict']) } },
        ],
      };
    },
    pareto(data, width, state) {
      const axis = data.axes.find((a) => a.key === state.axis) || data.axes[0], key = axis.key;
      const known = data.points.filter((p) => p[key] !== null && p[key] > 0);
      const { kept, domain } = range(known, data.higher_is_better, state.view === 'all');
      const values = kept.map((p) => ({ ...p, cost: p[key], front: p[key + '_front'] }));
      const costs = values.map((v) => v.cost), low = Math.min(...costs) / 1.6, high = Math.max(...costs) * 1.6;
      const height = 400, wide = Math.min(820, width - 90);
      const px = (p) => wide * Math.log(p.cost / low) / Math.log(high / low), py = (p) => height * (domain[1] - p.score) / (domain[1] - domain[0]);
      const x = quantitative('cost', axis.label + ' (log scale)', { scale: { type: 'log', domain: [low, high], nice: false }, axis: { values: decades(low, high), format: '~s' } });
      const y = quantitative('score', words(data.metric), { scale: { domain, zero: false, nice: false }, axis: { tickCount: 8 } });
      const front = values.filter((p) => p.front).sort((a, b) => a.cost - b.cost);
      const { color, shape } = familyEncoding(values);
      const names = placed(values, px, py, wide);
      const back = (n) => ({ ...n, cost: low * (high / low) ** (n.px / wide), score: domain[1] - n.py / height * (domain[1] - domain[0]) });
      const text = (align) => ({
        data: { values: names.filter((n) => n.align === align).map(back) }, mark: { type: 'text', align, baseline: 'middle' },
        encoding: { x, y, text: { field: 'arm' }, opacity: { condition: { test: 'datum.front', value: 1 }, value: .75 } },
      });
      return {
        width: wide, height, data: { values },
        layer: [
          { mark: { type: 'rule', opacity: .28, strokeWidth: 2, clip: true }, encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color } },
          { data: { values: front }, mark: { type: 'line', interpolate: 'step-after', strokeDash: [5, 3], color: css('--soft') }, encoding: { x, y } },
          { mark: { type: 'point', filled: true, size: 90, opacity: 1 }, encoding: { x, y, color, shape, tooltip: [...tooltip(['arm', 'arm'], ['family', 'family'], ['cost', axis.label, '.4~s'], ['front', 'on the front']), ...interval(data)] } },
          text('left'), text('right'),
        ],
      };
    },
    curves(data, width, state) {
      const flops = state.over !== 'steps', field = flops ? 'flops' : 'steps';
      const names = unique(data.points.map((p) => p.arm)), scales = armScales(names);
      const x = quantitative(field, flops ? 'training FLOPs, summed over members' : 'steps, summed over members', { axis: { format: '~s', tickCount: 7 } });
      const ends = data.points.flatMap((p) => [p.loss, p.high]).filter((v) => v !== null), floor = Math.min(...data.points.map((p) => p.loss ?? Infinity)) / 1.4, ceiling = Math.max(...ends) * 1.1;
      const log = state.scale !== 'linear';
      const y = quantitative('loss', 'validation loss, nats', log ? { scale: { type: 'log', domain: [floor, ceiling], nice: false, clamp: true }, axis: { values: decades(floor, ceiling), format: '~g' } } : { scale: { zero: true, nice: true } });
      return {
        width: Math.min(640, width - 330), height: 340, data: { values: data.points.filter((p) => p.loss !== null) },
        layer: [
          { mark: { type: 'area', opacity: .16 }, encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color: scales.color } },
          { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, ...scales } },
          { mark: { type: 'point', filled: true, size: 36, opacity: 1 }, encoding: { x, y, color: scales.color, tooltip: tooltip(['arm', 'arm'], ['steps', 'steps', '.4~s'], ['flops', 'FLOPs', '.4~s'], ['loss', 'validation loss', '.4f'], ['low', 'low', '.4f'], ['high', 'high', '.4f']) } },
        ],
      };
    },
    latency(data, width, state) {
      const names = unique(data.points.map((p) => p.arm)), scales = armScales(names), each = state.unit !== 'call';
      const key = state.percentile || 'p50_s', values = [];
      for (const p of data.points) {
        const share = each ? p.batch : 1;
        if (p[key] !== null) values.push({ arm: p.arm, batch: p.batch, kind: 'measured', time: p[key] / share });
        if (p.bound_s !== null && p.bound_s > 0) values.push({ arm: p.arm, batch: p.batch, kind: 'roofline', time: p.bound_s / share });
      }
      const batches = unique(values.map((v) => v.batch)).sort((a, b) => a - b);
      const x = quantitative('batch', 'items in a call (log scale)', { scale: { type: 'log', nice: false, domain: [batches[0] / 1.3, batches[batches.length - 1] * 1.3] }, axis: { values: batches, grid: false, format: 'd' } });
      const y = quantitative('time', each ? 'seconds for an item (log scale)' : 'seconds for a call (log scale)', { scale: { type: 'log', nice: true }, axis: { format: '~s', values: decades(Math.min(...values.map((v) => v.time)) / 2, Math.max(...values.map((v) => v.time)) * 2) } });
      const tips = tooltip(['arm', 'arm'], ['batch', 'batch'], ['time', 'seconds', '.3~s'], ['kind', 'what']);
      const measured = values.filter((v) => v.kind === 'measured'), bound = values.filter((v) => v.kind === 'roofline');
      return {
        width: Math.min(620, width - 350), height: 380,
        layer: [
          { data: { values: bound }, mark: { type: 'line', strokeWidth: 1, opacity: .55, strokeDash: [2, 3] }, encoding: { x, y, color: scales.color } },
          { data: { values: measured }, mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, ...scales } },
          { data: { values: measured }, mark: { type: 'point', filled: true, size: 50, opacity: 1 }, encoding: { x, y, color: scales.color, tooltip: tips } },
        ],
      };
    },
    ecdf(data, width, state) {
      const batch = Number(state.batch || data.curves[0].batch), names = unique(data.curves.map((c) => c.arm)), scales = armScales(names);
      const values = data.curves.filter((c) => c.batch === batch).flatMap((c) => c.seconds.map((time, i) => ({ arm: c.arm, time, share: i / (c.seconds.length - 1) })));
      // The longest calls tell of the machine: the axis ends soon after all but one in fifty.
      const low = Math.min(...values.map((v) => v.time)), high = 1.5 * Math.max(...values.filter((v) => v.share <= .98).map((v) => v.time));
      return {
        width: Math.min(620, width - 350), height: 300, data: { values },
        mark: { type: 'line', strokeWidth: 2, clip: true },
        encoding: {
          x: quantitative('time', 'seconds for a call (log scale)', { scale: { type: 'log', nice: false, domain: [low, high] }, axis: { format: '.2~s', grid: true, tickCount: 6 } }),
          y: quantitative('share', 'share of calls that took no longer', { scale: { domain: [0, 1] }, axis: { format: '%' } }),
          order: { field: 'share' }, ...scales,
          tooltip: tooltip(['arm', 'arm'], ['time', 'seconds', '.3~s'], ['share', 'share', '.0%']),
        },
      };
    },
    ledger(data, width) {
      const stages = unique(data.points.map((p) => p.stage)), colours = dark() ? DARK_ARMS : ARMS, arms = unique(data.points.map((p) => p.arm));
      return {
        width: Math.min(620, width - 420), height: { step: 24 }, data: { values: data.points },
        mark: { type: 'bar' },
        encoding: {
          y: { field: 'arm', type: 'nominal', title: null, scale: { domain: arms }, axis: { domain: false, ticks: false, labelLimit: 290 } },
          x: quantitative('flops', 'training FLOPs', { axis: { format: '~s', tickCount: 6 } }),
          color: { field: 'stage', type: 'nominal', title: null, legend: { symbolType: 'square', symbolStrokeWidth: 0 }, scale: { domain: stages, range: stages.map((_, i) => colours[i % 8]) } },
          tooltip: tooltip(['arm', 'arm'], ['stage', 'stage'], ['flops', 'FLOPs', '.4~s']),
        },
      };
    },
    decomposition(data, width, state) {
      const colours = dark() ? DARK_ARMS : ARMS, order = ['specialisation gain', 'routing regret', 'combination regret', 'gap'];
      const range = [colours[2], colours[1], colours[4], css('--ink')], all = unique(data.parts.map((p) => p.fabric));
      const most = (fabric) => Math.max(...data.parts.filter((p) => p.fabric === fabric).map((p) => Math.abs(p.value)));
      const limit = 8 * Math.min(...all.map(most)), fabrics = state.view === 'all' ? all : all.filter((fabric) => most(fabric) <= limit);
      const values = data.parts.filter((p) => p.value !== null && fabrics.includes(p.fabric));
      const y = { field: 'fabric', type: 'nominal', title: null, scale: { domain: fabrics, paddingInner: .25 }, axis: { domain: false, ticks: false, labelLimit: 290 } };
      const color = { field: 'part', type: 'nominal', title: null, scale: { domain: order, range }, legend: { orient: 'top', direction: 'horizontal', symbolType: 'square', symbolStrokeWidth: 0 } };
      const x = quantitative('value', words(data.metric) + ', + = for the fabric', { axis: { tickCount: 7, format: '~g' } }), yOffset = { field: 'part', scale: { domain: order } };
      return {
        width: Math.min(660, width - 340), height: { step: 14 }, data: { values },
        layer: [
          { mark: { type: 'bar' }, encoding: { x, y, yOffset, color, tooltip: tooltip(['fabric', 'fabric'], ['part', 'part'], ['value', 'value', '+.4f'], ['low', 'low', '+.4f'], ['high', 'high', '+.4f']) } },
          { mark: { type: 'rule', strokeWidth: 1.5, color: css('--soft') }, encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, yOffset } },
          { data: { values: [{ value: 0 }] }, mark: { type: 'rule', color: css('--soft') }, encoding: { x } },
        ],
      };
    },
    map(data, width) {
      const values = data.points.filter((p) => p.found !== null || p.truth !== null);
      const y = { field: 'suite', type: 'nominal', title: null, axis: { domain: false, ticks: false, labelLimit: 290 } };
      const x = quantitative('found', unique(values.map((p) => p.over)).join(', '), { scale: { zero: false } });
      const tips = tooltip(['suite', 'suite'], ['found', 'alike at', '.4f'], ['low', 'low', '.4f'], ['high', 'high', '.4f'], ['truth', 'closed form', '.4f']);
      return {
        width: Math.min(640, width - 340), height: { step: 30 }, data: { values },
        layer: [
          { mark: { type: 'rule', strokeWidth: 3, opacity: .5, color: css('--monolith') }, encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y } },
          { mark: { type: 'point', filled: true, size: 80, opacity: 1, color: css('--monolith') }, encoding: { x, y, tooltip: tips } },
          { mark: { type: 'tick', thickness: 3, size: 18, color: css('--fabric') }, encoding: { x: { ...x, field: 'truth' }, y, tooltip: tips } },
        ],
      };
    },
  };

  // What a reader may choose for a chart: state key, legend, [value, label] pairs.
  const choices = {
    slope: () => [['view', 'scores', [['near', 'near the best'], ['all', 'all']]]],
    curves: () => [['over', 'over', [['flops', 'FLOPs'], ['steps', 'steps']]], ['scale', 'scale', [['log', 'logarithmic'], ['linear', 'linear']]]],
    latency: (data) => [['percentile', 'time', [['p50_s', 'p50'], ['p95_s', 'p95'], ['p99_s', 'p99'], ['cpu_s', 'CPU']].filter(([key]) => data.points.some((p) => p[key] !== null))], ['unit', 'for', [['item', 'an item'], ['call', 'a call']]]],
    ecdf: (data) => [['batch', 'items in a call', unique(data.curves.map((c) => c.batch)).map((batch) => [String(batch), String(batch)])]],
    decomposition: () => [['view', 'fabrics', [['near', 'near the monolith'], ['all', 'all']]]],
    pareto: (data) => [['axis', 'cost', data.axes.map((axis) => [axis.key, axis.label])], ['view', 'scores', [['near', 'near the best'], ['all', 'all']]]],
  };
  return { kinds, choices, config, css, dark, quantitative, tooltip, armScales, familyColour, unique, words };
})();
