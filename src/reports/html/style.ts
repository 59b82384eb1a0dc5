/** The page's whole appearance: light, dark and on paper, with no request to anywhere. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f7f7f5; --panel: #ffffff; --ink: #1b232e; --soft: #515b69; --rule: #dcdfe3; --stripe: #fafaf9;
  --good: #17654a; --good-tint: #d3e9df; --bad: #a0262f; --bad-tint: #f6d9da; --warn: #774c00; --warn-tint: #f7e6c4;
  --busy: #1d5694; --busy-tint: #d7e5f5; --idle: #535d6b; --idle-tint: #e7e9ec;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --panel: #191f28; --ink: #e7eaef; --soft: #a9b3c0; --rule: #323b47; --stripe: #1c232d;
    --good: #7ed4a8; --good-tint: #1d4535; --bad: #ff9a9a; --bad-tint: #552328; --warn: #ecbc68; --warn-tint: #4b3812;
    --busy: #8fbef6; --busy-tint: #1f3c5f; --idle: #a9b3c0; --idle-tint: #2d3540;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 44px; }
.eyebrow { margin: 0; color: var(--soft); font-size: 12.5px; letter-spacing: .09em; text-transform: uppercase; }
h1 { margin: 2px 0 10px; font-size: 31px; line-height: 1.2; font-weight: 650; letter-spacing: -.012em; }
h2 { margin: 46px 0 12px; font-size: 18px; font-weight: 650; }
h3 { margin: 22px 0 8px; font-size: 15px; font-weight: 650; }
p { margin: 0 0 10px; }
.verdict { max-width: 78ch; font-size: 18px; line-height: 1.5; }
.note, .quiet { color: var(--soft); }
.note { margin: 10px 2px 0; font-size: 13.5px; }
dl.facts { display: flex; flex-wrap: wrap; gap: 6px 34px; margin: 18px 0 0; padding: 14px 0 0; border-top: 1px solid var(--rule); }
dl.facts dt { color: var(--soft); font-size: 12.5px; }
dl.facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
code, .mono { font-family: var(--mono); font-size: .88em; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(228px, 1fr)); gap: 14px; margin-top: 26px; }
.tile { padding: 16px 18px 15px; background: var(--panel); border: 1px solid var(--rule); border-top: 3px solid var(--tone); border-radius: 6px; }
.tile h2 { margin: 0; color: var(--soft); font-size: 13px; font-weight: 500; }
.tile .figure { margin: 3px 0 2px; font-size: 27px; line-height: 1.25; font-weight: 600; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.tile .figure.long { font-size: 18.5px; line-height: 1.82; }
.tile p { margin: 6px 0 0; font-size: 13.5px; color: var(--soft); }
.tile svg { display: block; width: 100%; height: 8px; margin-top: 9px; }
.good { --tone: var(--good); --tint: var(--good-tint); } .bad { --tone: var(--bad); --tint: var(--bad-tint); }
.warn { --tone: var(--warn); --tint: var(--warn-tint); } .busy { --tone: var(--busy); --tint: var(--busy-tint); }
.idle { --tone: var(--idle); --tint: var(--idle-tint); }
.badge { display: inline-block; padding: 0 8px 0 6px; border-radius: 4px; background: var(--tint); color: var(--tone); font-size: 13px; font-weight: 600; white-space: nowrap; }
.badge > span { display: inline-block; min-width: 1em; text-align: center; }
.panel { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; overflow-x: auto; }
.panel + .panel { margin-top: 12px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 7px 12px; text-align: left; vertical-align: top; overflow-wrap: break-word; }
thead th { border-bottom: 1px solid var(--rule); color: var(--soft); font-size: 12.5px; font-weight: 550; white-space: nowrap; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
tbody th { min-width: 112px; max-width: 240px; font-weight: 600; }
td { max-width: 460px; }
.number { text-align: right; } .number, .short { white-space: nowrap; } .text { min-width: 210px; max-width: 640px; }
abbr { text-decoration: none; color: var(--warn); }
td .why { display: block; margin-top: 3px; color: var(--soft); font-size: 13.5px; }
pre { margin: 6px 0 0; padding: 7px 10px; background: var(--paper); border-radius: 4px; font: 12.5px/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: 10px 0; }
summary { padding: 6px 2px; cursor: pointer; font-weight: 550; }
summary .quiet { font-weight: 400; }
summary:focus-visible { outline: 2px solid var(--busy); outline-offset: 2px; }
ul.findings { margin: 0; padding: 0; list-style: none; }
ul.findings li { display: grid; grid-template-columns: 104px 1fr; gap: 12px; padding: 9px 14px; }
ul.findings li + li { border-top: 1px solid var(--rule); }
ul.findings p { margin: 0; } ul.findings .quiet { font-size: 13.5px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 9px 2px 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.legend svg { width: 22px; height: 12px; margin-right: 6px; vertical-align: -1px; }
.chart { padding: 10px 6px 8px; }
.chart > svg { display: block; width: 100%; min-width: 780px; height: auto; }
.chart text { fill: var(--ink); font-family: inherit; font-size: 11.5px; }
.chart .tick { fill: var(--soft); paint-order: stroke; stroke: var(--panel); stroke-width: 3px; font-size: 11px; font-variant-numeric: tabular-nums; }
.chart .stage { font-weight: 650; } .chart .label { font-size: 10.5px; paint-order: stroke; stroke: var(--tint); stroke-width: 3.5px; stroke-linejoin: round; } .chart .count { fill: var(--soft); font-weight: 400; }
.grid { stroke: var(--rule); stroke-width: 1; } .base { stroke: var(--rule); stroke-width: 1; }
.bar { fill: var(--tint); stroke: var(--tone); stroke-width: 1; }
.retry { stroke: var(--warn); stroke-width: 1.5; stroke-dasharray: 2 3; }
.hatch { stroke: var(--bad); stroke-width: 1.6; } .dot { fill: var(--warn); } .dash { stroke: var(--busy); stroke-width: 1.4; }
.band { fill: var(--idle-tint); opacity: .65; } .mark { stroke: var(--busy); stroke-dasharray: 5 3; stroke-width: 1.2; } .target { stroke: var(--bad); stroke-width: 1.4; }
.chart .bandtext { fill: var(--soft); font-size: 10.5px; }
.chart .marktext { fill: var(--busy); font-size: 10.5px; } .chart .targettext { fill: var(--bad); font-size: 10.5px; }
.chart .sign { fill: var(--tone); font-weight: 700; }
footer { margin-top: 54px; padding-top: 20px; padding-bottom: 60px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13.5px; }
footer dl { display: grid; grid-template-columns: 150px 1fr; gap: 4px 16px; margin: 0 0 14px; }
footer dt { color: var(--soft); } footer dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
@media (max-width: 640px) {
  main, header, footer { padding-left: 16px; padding-right: 16px; }
  ul.findings li, footer dl { grid-template-columns: 1fr; gap: 2px; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --panel: #fff; --ink: #000; --soft: #444c57; --rule: #c9cdd2;
    --good: #17654a; --good-tint: #d3e9df; --bad: #a0262f; --bad-tint: #f6d9da; --warn: #774c00; --warn-tint: #f7e6c4;
    --busy: #1d5694; --busy-tint: #d7e5f5; --idle: #535d6b; --idle-tint: #e7e9ec;
  }
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; } main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  .tiles { grid-template-columns: repeat(4, 1fr); gap: 8px; } .tile { padding: 9px 11px; } .tile p { font-size: 8.5pt; }
  .tile .figure { font-size: 15pt; } .tile .figure.long { font-size: 11pt; } .verdict { font-size: 12pt; }
  table, td .why, ul.findings .quiet { font-size: 9pt; } th, td { padding: 4px 8px; } .badge { font-size: 8.5pt; } h2 { margin-top: 26px; }
  header { padding-top: 0; } .panel { overflow: visible; } .chart > svg { min-width: 0; }
  .tile, .badge, .bar, pre, rect, line, circle { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, li, .tile { break-inside: avoid; } h2, h3, summary { break-after: avoid; } thead { display: table-header-group; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
