import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A private certificate authority, and a certificate for this machine that it has signed; by openssl, for one test. */
export function certificates() {
  const folder = mkdtempSync(join(tmpdir(), "understudy-certificates-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const openssl = (line: string, ...more: string[]) =>
    execFileSync("openssl", [...line.split(" "), ...more], { cwd: folder, stdio: "pipe" });
  const made = "req -x509 -days 2 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1";
  openssl(`${made} -keyout ca.key -out ca.pem -subj`, "/CN=Private authority");
  openssl(
    `${made} -CA ca.pem -CAkey ca.key -keyout key.pem -out cert.pem -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost`,
  );
  const text = (name: string) => readFileSync(join(folder, name), "utf8");
  return {
    /** Where they lie: cert.pem and key.pem. */
    folder,
    ca: join(folder, "ca.pem"),
    authority: text("ca.pem"),
    tls: { key: text("key.pem"), cert: text("cert.pem") },
  };
}
