/**
 * Values of each `format` that the validators know: some that every reading of the format allows, and some that none does. What
 * lies between, such as an e-mail address in quotes, tells nothing of a server. A test holds both against the validators.
 */
export const formats: Readonly<
  Record<string, { readonly valid: readonly unknown[]; readonly invalid: readonly unknown[] }>
> = {
  email: {
    valid: ["name@example.com", "first.last+tag@sub.example.com", "o'neil_1-2@example.co", "a@b.cd"],
    invalid: ["name", "name@", "@example.com", "first last@example.com", "two@@example.com"],
  },
  "date-time": {
    valid: ["2026-01-15T09:30:00Z", "2024-02-29T23:59:59.123Z", "2026-01-15T09:30:00+05:30"],
    invalid: ["2026-01-15", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "15/01/2026 09:30", "now"],
  },
  date: {
    valid: ["2026-01-15", "2024-02-29", "1999-12-31"],
    invalid: ["2025-02-29", "2026-13-01", "2026-00-10", "15/01/2026", "today"],
  },
  time: { valid: ["09:30:00Z", "23:59:59.5Z", "00:00:00+01:00"], invalid: ["24:30:00Z", "09:61:00Z", "noon"] },
  "iso-time": { valid: ["09:30:00", "23:59:59.5Z"], invalid: ["24:30:00", "09:61:00", "noon"] },
  "iso-date-time": { valid: ["2026-01-15T09:30:00", "2026-01-15T09:30:00Z"], invalid: ["2026-13-01T00:00:00", "now"] },
  duration: { valid: ["P1D", "PT24H", "P1Y2M3DT4H5M6S"], invalid: ["1 day", "P", "PT", "24"] },
  uuid: {
    valid: ["6f1c2a52-3a55-4cf0-9b39-0b6f4f1f7a10", "00000000-0000-4000-8000-000000000000"],
    invalid: ["6f1c2a52", "6f1c2a52-3a55-4cf0-9b39-0b6f4f1f7a1g", "not-a-uuid"],
  },
  uri: {
    valid: ["https://example.com/", "https://example.com/a?b=c#d", "urn:example:1"],
    invalid: ["no scheme", "//example.com", "https://exa mple.com/"],
  },
  "uri-reference": { valid: ["/a/b?c=d", "https://example.com/"], invalid: ["a b", "https://exa mple.com/"] },
  "uri-template": { valid: ["https://example.com/{id}"], invalid: ["https://example.com/{id", "{"] },
  url: { valid: ["https://example.com/", "http://example.com/a?b=c"], invalid: ["no url", "example", "https://"] },
  hostname: { valid: ["example.com", "localhost", "a-b.example"], invalid: ["-a.example", "exa mple.com", "a..b"] },
  ipv4: { valid: ["192.0.2.1", "255.255.255.255"], invalid: ["192.0.2", "256.0.0.1", "host"] },
  ipv6: { valid: ["2001:db8::1", "::"], invalid: ["2001:db8", "12345::", "host"] },
  regex: { valid: ["^a+$"], invalid: ["(", "["] },
  "json-pointer": { valid: ["", "/a/0"], invalid: ["a", "/a~"] },
  "json-pointer-uri-fragment": { valid: ["#/a/0"], invalid: ["a", "/a"] },
  "relative-json-pointer": { valid: ["0", "1/a"], invalid: ["/a", "a"] },
  byte: { valid: ["", "dGV4dA=="], invalid: ["dGV4dA=", "****"] },
  int32: { valid: [0, 1, -1, 2_147_483_647, -2_147_483_648], invalid: [2_147_483_648, -2_147_483_649] },
  int64: { valid: [0, 1, -1, Number.MAX_SAFE_INTEGER], invalid: [] },
  float: { valid: [0, 0.5, -1.25], invalid: [] },
  double: { valid: [0, 0.5, -1.25], invalid: [] },
  decimal: { valid: [0, 0.5, -1.25], invalid: [] },
  "idn-email": { valid: ["name@example.com", "a@b.cd"], invalid: [] },
  "idn-hostname": { valid: ["example.com", "a-b.example"], invalid: [] },
  iri: { valid: ["https://example.com/", "urn:example:1"], invalid: [] },
  "iri-reference": { valid: ["/a/b?c=d", "https://example.com/"], invalid: [] },
  password: { valid: ["correct horse"], invalid: [] },
  binary: { valid: ["bytes"], invalid: [] },
};
