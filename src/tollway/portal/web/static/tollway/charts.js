// Charts: `<div data-chart="ID OF A JSON SCRIPT">`, drawn by ECharts in the colours of the tokens.
//
//   {kind: "line" | "bar", stack?: true, unfinished?: true, x: [labels], every?: n,
//    series: [{name, data, color?, dash?, fill?}]}
//
// A gap in the data is null. What is `unfinished`, the last period, is drawn dotted or pale. With
// data-live="ADDRESS" the data are asked for again each second while somebody can see them.
(() => {
  const LIVE_MS = 1000;

  const token = (name, within) => {
    const probe = within.appendChild(document.createElement("i"));
    probe.style.color = `var(${name})`;
    const color = getComputedStyle(probe).color;
    probe.remove();
    return color;
  };
  const compact = (n) => (n >= 1e6 ? `${n / 1e6} M` : n >= 1e3 ? `${n / 1e3} k` : n);
  const element = (name, css, text) =>
    Object.assign(document.createElement(name), { className: css, textContent: text ?? "" });

  // The tip is made of elements: ECharts' own is text with styles, which our policy refuses. The
  // dotted end of a line is a series of its own; its value and the line's stand for each other.
  function tip(items) {
    const box = element("div", "tw-chart-tip");
    box.append(element("b", "strong", items[0]?.axisValueLabel));
    for (const name of new Set(items.map((item) => item.seriesName))) {
      const same = items.filter((item) => item.seriesName === name);
      const known = same.find((item) => item.value != null) ?? same[0];
      const row = box.appendChild(element("div", "tw-chart-tip__row"));
      const mark = row.appendChild(element("i", "tw-swatch"));
      mark.style.setProperty("background", known.color, "important");
      row.append(element("span", "", name), element("span", "num", known.value?.toLocaleString("en") ?? "no data"));
    }
    return box;
  }

  function series(data, one, index, place) {
    const bars = data.kind === "bar";
    const color = token(one.color || `--tw-c${index + 1}`, place);
    const width = data.stack ? 1 : one.dash ? 1.5 : 2;
    const drawn = {
      name: one.name, type: bars ? "bar" : "line", data: [...one.data], symbol: "none",
      stack: data.stack ? "all" : undefined, barMaxWidth: 18, z: 9 - index,
      lineStyle: { width, color, type: one.dash ? [4, 4] : "solid" },
      itemStyle: { color, borderRadius: bars && !data.stack ? [3, 3, 0, 0] : 0 },
      areaStyle: data.stack && !bars ? { color, opacity: 0.85 } : one.fill ? { color, opacity: 0.09 } : undefined,
    };
    const last = one.data.length - 1;
    if (!data.unfinished || one.dash || last < 1) return [drawn];
    if (bars) {
      drawn.data[last] = { value: one.data[last], itemStyle: { opacity: 0.5 } };
      return [drawn];
    }
    if (data.stack) return [drawn];
    drawn.data[last] = null;
    const end = one.data.map((value, at) => (at < last - 1 ? null : value));
    return [drawn, { ...drawn, data: end, lineStyle: { width, color, type: [2, 4], cap: "round" } }];
  }

  function option(place, data) {
    const ink = token("--tw-ink", place), dim = token("--tw-ink-3", place);
    const line = token("--tw-line", place), face = token("--tw-raised", place);
    return {
      animation: false,
      aria: { enabled: true },
      textStyle: { fontFamily: "Inter Variable, sans-serif" },
      grid: { left: 4, right: 12, top: 14, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis", backgroundColor: face, borderColor: line, padding: [8, 12], confine: true,
        textStyle: { color: ink, fontSize: 13 }, formatter: tip, transitionDuration: 0,
        axisPointer: { lineStyle: { color: dim, type: "solid", width: 1 } },
      },
      xAxis: {
        type: "category", data: data.x, boundaryGap: data.kind === "bar", axisTick: { show: false },
        axisLine: { lineStyle: { color: line } },
        axisLabel: {
          color: dim, fontSize: 12, margin: 10, hideOverlap: true,
          interval: data.every ? (index) => index % data.every === 0 : "auto",
        },
      },
      yAxis: {
        type: "value", minInterval: 1, splitNumber: 4, splitLine: { lineStyle: { color: line } },
        axisLabel: { color: dim, fontSize: 12, formatter: compact },
      },
      series: data.series.flatMap((one, index) => series(data, one, index, place)),
    };
  }

  function draw(place) {
    const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    const chart = echarts.getInstanceByDom(place) || echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option(place, data), true);
  }

  // Numbers beside a chart that move with it: data-live-value="NAME", in `values` of the answer.
  async function refresh(place) {
    if (document.hidden || !place.isConnected) return;
    const answer = await fetch(place.dataset.live, { headers: { Accept: "application/json" } });
    if (answer.redirected || answer.status === 403) return location.reload();
    if (!answer.ok) return;
    const { chart, values } = await answer.json();
    const script = document.getElementById(place.dataset.chart);
    const text = JSON.stringify(chart);
    if (script.dataset.drawn === text) return;
    script.dataset.drawn = script.textContent = text;
    draw(place);
    for (const number of document.querySelectorAll("[data-live-value]"))
      number.textContent = values[number.dataset.liveValue] ?? number.textContent;
  }

  function keepLive(place) {
    const again = () => setTimeout(() => refresh(place).catch(() => {}).finally(again), LIVE_MS);
    again();
  }

  const all = () => document.querySelectorAll("[data-chart]");
  document.addEventListener("DOMContentLoaded", () => {
    all().forEach(draw);
    document.querySelectorAll("[data-live]").forEach(keepLive);
    document.addEventListener("tw:theme", () => all().forEach(draw));
    document.addEventListener("htmx:after:swap", () => all().forEach(draw));
    addEventListener("resize", () => all().forEach((place) => echarts.getInstanceByDom(place)?.resize()));
  });
})();
