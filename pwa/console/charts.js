// The office's charts: each figure[data-chart] is drawn beside its table. Drawn as SVG, so that it prints and takes no inline style.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

/**
 * @typedef {{name: string, values: (number | null)[], links: string[]}} Series
 * @typedef {{kind: "bar" | "line", unit: string, upright: boolean, target: number | null, targetName: string, categories: string[], series: Series[]}} Chart
 */

// Okabe and Ito's colours, apart for every kind of colour blindness; the second series also differs by its pattern.
const COLOURS = { light: ["#0072b2", "#e69f00", "#009e73"], dark: ["#56b4e9", "#e69f00", "#39c79b"], target: { light: "#a3282a", dark: "#f0908a" } };
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {Chart} chart @param {number} width */
function options(chart, width) {
  const mode = dark.matches ? "dark" : "light";
  const [ink, muted, line] = ["--ink", "--muted", "--line"].map(token);
  const font = getComputedStyle(document.body).fontFamily;
  // Long names need room: where columns would stand too close, the bars lie down.
  const upright = chart.upright && (chart.kind === "line" || width >= 96 * chart.categories.length);
  const names = {
    type: "category",
    data: chart.categories,
    inverse: !upright,
    axisLabel: { color: muted, interval: chart.kind === "line" ? "auto" : 0, hideOverlap: chart.kind === "line" },
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
  };
  const values = {
    type: "value",
    min: 0,
    // A target above every value is still to be seen.
    max: chart.unit === "%" ? 100 : chart.target == null ? undefined : (/** @type {{max: number}} */ r) => Math.ceil(Math.max(r.max, Number(chart.target)) * 1.1),
    minInterval: 1,
    splitNumber: width < 480 ? 2 : 5,
    axisLabel: { color: muted, hideOverlap: true, formatter: `{value}${chart.unit}` },
    splitLine: { lineStyle: { color: line } },
  };
  return {
    animation: !still.matches,
    animationDuration: 300,
    textStyle: { fontFamily: font, color: ink },
    color: COLOURS[mode],
    grid: { left: 8, right: upright ? 24 : 56, top: chart.series.length > 1 ? 44 : 24, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { show: chart.series.length > 1, left: 0, top: 0, textStyle: { color: ink }, inactiveColor: muted },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: token("--surface"),
      borderColor: line,
      textStyle: { color: ink },
      valueFormatter: (/** @type {unknown} */ v) => (v == null ? "-" : `${v}${chart.unit}`),
    },
    [upright ? "xAxis" : "yAxis"]: names,
    [upright ? "yAxis" : "xAxis"]: values,
    series: chart.series.map((s, n) => ({
      type: chart.kind,
      name: s.name,
      data: s.values,
      barMaxWidth: 22,
      label: {
        show: chart.kind === "bar" && !n && (!upright || width > 44 * chart.categories.length),
        position: upright ? "top" : "right",
        color: ink,
        textBorderWidth: 0,
        backgroundColor: token("--surface"),
        padding: [1, 3],
        formatter: `{c}${chart.unit}`,
      },
      itemStyle: n ? { opacity: 0.75, decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: -Math.PI / 4, color: token("--surface") } } : {},
      lineStyle: { width: 2.5, type: n ? "dashed" : "solid" },
      symbol: n ? "emptyDiamond" : "circle",
      symbolSize: 8,
      connectNulls: false,
      cursor: s.links.some(Boolean) ? "pointer" : "default",
      markLine:
        n || chart.target == null
          ? undefined
          : {
              symbol: "none",
              silent: true,
              animation: false,
              lineStyle: { color: COLOURS.target[mode], type: "dotted", width: 2 },
              label: { formatter: `${chart.targetName} ${chart.target}${chart.unit}`, color: COLOURS.target[mode], position: "insideEndTop", fontFamily: font },
              data: [{ [upright ? "yAxis" : "xAxis"]: chart.target }],
            },
    })),
  };
}

/** @param {HTMLElement} figure */
function draw(figure) {
  const plot = /** @type {HTMLElement | null} */ (figure.querySelector(".plot"));
  if (!plot) return;
  /** @type {Chart} */
  const chart = JSON.parse(figure.dataset.chart ?? "{}");
  plot.hidden = false;
  const drawn = init(plot, null, { renderer: "svg" });
  const paint = () => drawn.setOption(options(chart, plot.clientWidth), { notMerge: true });
  paint();
  const table = figure.querySelector("details");
  if (table) table.open = false;
  drawn.on("click", (at) => {
    const href = chart.series[at.seriesIndex ?? 0]?.links[at.dataIndex ?? 0];
    if (href) location.assign(href);
  });
  dark.addEventListener("change", paint);
  new ResizeObserver(() => {
    drawn.resize();
    paint();
  }).observe(plot);
}

for (const figure of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("figure[data-chart]"))) draw(figure);
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
// On paper nobody opens a table.
addEventListener("beforeprint", () => document.querySelectorAll(".chart-box details").forEach((d) => d.setAttribute("open", "")));
