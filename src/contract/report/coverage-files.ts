import { conforms, cutShortText, openReason, type Report } from "./report.ts";

/**
 * `coverage.json`: of each statement of the reference the cases that decide it and what they saw, of each operation the statuses that
 * were seen and those that were not, and of each rule of a request both sides.
 */
export function coverageOf(report: Report): string {
  const { target, spec, startedAt, coverage, cutShort } = report;
  const known = { target, spec, startedAt, verdict: verdictOf(report).message };
  const told = { ...known, ...(cutShort ? { cutShort: cutShortText(cutShort) } : {}), ...coverage };
  return `${JSON.stringify(told, undefined, 2)}\n`;
}

/** `badge.svg`: the verdict and how much of the document was seen, for a README. */
export function badgeOf(report: Report): string {
  const { message, color } = verdictOf(report);
  const label = "contract";
  const [left, right] = [widthOf(label), widthOf(message)];
  const part = (text: string, x: number, width: number) =>
    `<text x="${x + width / 2}" y="14" text-anchor="middle" textLength="${width - 10}">${text}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${message}">
<title>${label}: ${message}</title>
<clipPath id="r"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#444"/><rect x="${left}" width="${right}" height="20" fill="${color}"/></g>
<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">${part(label, 0, left)}${part(message, left, right)}</g>
</svg>
`;
}

/** A run in two words and a colour that white text can be read on. */
function verdictOf(report: Report): { readonly message: string; readonly color: string } {
  const { summary, cases, coverage } = report;
  if (!conforms(report)) return { message: `${summary.broken || summary.differs} broken`, color: "#b3261e" };
  if (openReason(report) || summary.skipped === cases.length) return { message: "no verdict", color: "#5f6368" };
  const seen = coverage.percent === undefined ? "" : `, ${Math.floor(coverage.percent)}% seen`;
  return { message: `conforms${seen}`, color: "#1a7f37" };
}

/** Letters of this font are about as wide as this, in pixels. */
function widthOf(text: string): number {
  return Math.round(text.length * 6.6) + 10;
}
