/** What the presets of the control plane come to. */
export const presetTexts = {
  "flaky-network": "5 % of the requests get lost, 5 % of the answers, 2 % are cut short; the rest takes its time",
  "rate-limited": "30 % are answered 429",
  maintenance: "All are answered 503",
  "slow-3g": "Two seconds, then 50 kB/s",
  "lost-responses": "Half of the writes are carried out, and their answers lost",
} as const;
