#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { version } from "#platform";

/** The exit code of a command that could not be carried out as it was given. */
const usageError = 2;

// Whoever reads may go, as `| head` does; a run that puts things back and writes its report must not end with that.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

const program = new Command("understudy")
  .description("A stateful mock of the Connect API, and the contract suite that proves any deployment of it.")
  .version(version)
  .showSuggestionAfterError()
  .enablePositionalOptions()
  .exitOverride();

served(program.command("start").description("Serve the mock."), { port: 4010, log: "line" })
  .addOption(option("--quiet", "print the URL and nothing else; no log either, unless told", "QUIET"))
  .action(async (options, command: Command) => {
    const { start } = await import("./commands/start.ts");
    await start(options, { output: process.stdout, color: colors(process.stdout) }, failing(command));
  });

served(program.command("exec"), { port: 0, log: "off" })
  .description(
    "Run a command beside a mock that it finds by CONNECT_BASE_URL and CONNECT_API_KEY, and end with its exit code.",
  )
  .usage("[options] -- <command...>")
  .argument("<command...>", "what to run, such as npx playwright test")
  .passThroughOptions()
  .action(async (words: string[], options, command: Command) => {
    const { exec } = await import("./commands/exec.ts");
    // The output is the command's; a log goes beside it.
    const terminal = { output: process.stderr, color: colors(process.stderr) };
    process.exitCode = await exec(options, words, terminal, failing(command));
  });

program
  .command("verify")
  .description("Run the contract suite against a deployment; without a target, against the mock in this process.")
  .optionsGroup("What is proved:")
  .addOption(connect("--target <url>", "base URL of the deployment", "BASE_URL"))
  .addOption(connect("--api-key <key>", "API key; safer in the environment", "API_KEY"))
  .addOption(
    connect(
      "--customer <id>",
      "customer whom the run may change, with its billing and users; put back at the end",
      "CUSTOMER_ID",
    ),
  )
  .addOption(
    connect("--user <id>", "user whom the run may add to the customer and remove; made up unless told", "USER_ID"),
  )
  .addOption(
    connect(
      "--payment-profile <id>",
      "ACTIVE payment profile of the customer; looked up unless told",
      "PAYMENT_PROFILE_ID",
    ),
  )
  .addOption(
    connect(
      "--foreign-payment-profile <id>",
      "payment profile of another customer; looked up unless told",
      "FOREIGN_PAYMENT_PROFILE_ID",
    ),
  )
  .addOption(connect("--second-api-key <key>", "another known API key; safer in the environment", "SECOND_API_KEY"))
  .addOption(
    option("--spec <file>", "another OpenAPI 3.0, 3.1 or 3.2 document: what follows from it, on any API", "SPEC"),
  )
  .optionsGroup("What it may do there:")
  .addOption(option("--read-only", "send nothing that may change something", "READ_ONLY"))
  .addOption(option("--allow-writes", "let the run write on a host that is not this machine", "ALLOW_WRITES"))
  .addOption(
    option(
      "--allow-leftovers",
      "let the run create customers, too, which no operation takes away again",
      "ALLOW_LEFTOVERS",
    ),
  )
  .optionsGroup("Which cases:")
  .addOption(option("--filter <text>", "only the cases whose id or title holds this text", "FILTER"))
  .option("--no-generated", "leave out the cases that follow from the document")
  .addOption(
    option("--examples <n>", "random requests of each operation, valid ones and invalid ones each", "EXAMPLES")
      .default(20)
      .argParser(wholeNumber),
  )
  .addOption(option("--seed <n>", "what is random follows from it; any unless told", "SEED").argParser(wholeNumber))
  .addOption(option("--path <path>", "repeat what this seed found at this path; with --filter and --seed", "PATH"))
  .addOption(
    new Option("--param <name=value...>", "a value that no schema can tell, such as an identifier").argParser(
      (line: string, lines: string[] = []) => [...lines, line],
    ),
  )
  .optionsGroup("What decides:")
  .addOption(option("--strict", "let what the reference leaves open decide too", "STRICT"))
  .addOption(option("--deviations <file>", "known differences, each with its reason", "DEVIATIONS"))
  .option("--write-deviations <file>", "write what fails as deviations, for a server that is not there yet")
  .addOption(
    option("--min-coverage <percent>", "fail a run that sees less of the document", "MIN_COVERAGE").argParser(
      positiveNumber,
    ),
  )
  .addOption(
    option("--against-mock", "send every request to the mock too, and tell where the two differ", "AGAINST_MOCK"),
  )
  .optionsGroup("What it leaves:")
  .addOption(
    option(
      "--report <dir>",
      "write report.html, report.json, junit.xml, run.har, coverage.json and badge.svg there",
      "REPORT",
    ),
  )
  .addOption(option("--compare <file>", "say what changed since the run of this report.json", "COMPARE"))
  .optionsGroup("How fast, and how long:")
  .addOption(
    option("--concurrency <n>", "run so many cases at the same time, of those that only read", "CONCURRENCY")
      .default(1)
      .argParser(count),
  )
  .addOption(option("--rate <n>", "send no more requests a second than this", "RATE").argParser(positiveNumber))
  .addOption(option("--max-requests <n>", "send no more requests than this", "MAX_REQUESTS").argParser(wholeNumber))
  .addOption(
    option("--timeout <seconds>", "wait so long for an answer", "TIMEOUT").default(10).argParser(positiveNumber),
  )
  .addOption(
    option("--max-wait <seconds>", "wait so long where the target limits requests; 90, 5m", "MAX_WAIT")
      .default(60)
      .argParser(duration),
  )
  .addOption(
    option(
      "--max-time <seconds>",
      "end the run after so long, and put everything back; 90, 15m, 1h",
      "MAX_TIME",
    ).argParser(duration),
  )
  .optionsGroup("How it gets there:")
  .addOption(
    new Option("--header <line...>", 'send this header too, as "Name: value"').argParser(
      (line: string, lines: string[] = []) => [...lines, line],
    ),
  )
  .addOption(option("--ca <file>", "trust this certificate authority too (PEM)", "CA"))
  .optionsGroup("Without a run:")
  .option("--plan", "say what a run would send and change, and send nothing")
  .option("--list", "list the cases and send nothing")
  .addHelpText(
    "after",
    `
Examples:
  understudy verify
  understudy verify --target https://connect.example.com --customer ID --plan
  understudy verify --target https://connect.example.com --customer ID --allow-writes --report report
  understudy verify --target http://127.0.0.1:8080 --spec openapi.yaml

Ends with 0 where the target conforms, 1 where it does not, 2 where the run could not be made.`,
  )
  .action(async (options) => {
    const { verify } = await import("./commands/verify.ts");
    const fail = (message: string) => process.stderr.write(`error: ${message}\n`);
    process.exitCode = await verify(options, process.stdout, colors(process.stdout), fail);
  });

program
  .command("pull")
  .description(
    "Read customers and payment profiles of a deployment, and write them as fixtures without personal details.",
  )
  .addOption(connect("--target <url>", "base URL of the deployment", "BASE_URL"))
  .addOption(connect("--api-key <key>", "API key; safer in the environment", "API_KEY"))
  .addOption(option("--out <file>", "write the fixtures there; .yaml, .yml or .json", "PULL_OUT"))
  .addOption(option("--customer <id...>", "read only these customers", "PULL_CUSTOMER").argParser(words))
  .addOption(option("--limit <n>", "read at most so many customers", "PULL_LIMIT").argParser(wholeNumber))
  .addOption(option("--seed <n>", "the stand-ins follow from it", "SEED").default(1).argParser(wholeNumber))
  .addOption(option("--force", "write over a file that is there", "FORCE"))
  .addOption(option("--rate <n>", "send no more requests a second than this", "RATE").argParser(positiveNumber))
  .addOption(
    option("--timeout <seconds>", "wait so long for an answer", "TIMEOUT").default(10).argParser(positiveNumber),
  )
  .addOption(option("--ca <file>", "trust this certificate authority too (PEM)", "CA"))
  .addOption(
    new Option("--header <line...>", 'send this header too, as "Name: value"').argParser(
      (line: string, lines: string[] = []) => [...lines, line],
    ),
  )
  .addHelpText("after", "\nOnly reads. Ends with 0 where the file is written, 2 where it is not.")
  .action(async (options) => {
    const { pull } = await import("./commands/pull.ts");
    const fail = (message: string) => process.stderr.write(`error: ${message}\n`);
    process.exitCode = await pull(options, process.stdout, colors(process.stdout), fail);
  });

program
  .command("diff")
  .description("Tell what a client of one OpenAPI document meets in the next: what breaks it, and what does not.")
  .argument("<old>", "the document that clients were written for")
  .argument("<new>", "the document that takes its place")
  .addOption(
    option("--format <format>", "to read, as a comment of GitHub, or for programs", "DIFF_FORMAT")
      .choices(["text", "markdown", "json"])
      .default("text"),
  )
  .addHelpText(
    "after",
    "\nEnds with 0 where nothing breaks, 1 where something does, 2 where they could not be compared.",
  )
  .action(async (old: string, now: string, options) => {
    const { diff } = await import("./commands/diff.ts");
    const fail = (message: string) => process.stderr.write(`error: ${message}\n`);
    process.exitCode = diff(old, now, options, process.stdout, colors(process.stdout), fail);
  });

program
  .command("proxy")
  .description("Stand between a client and a deployment, and hold what passes against the document.")
  .addOption(connect("--target <url>", "base URL of the deployment", "BASE_URL"))
  .addOption(
    option("--port <port>", "port to serve on; 0 takes any that is free", "PROXY_PORT").default(4011).argParser(port),
  )
  .addOption(option("--host <host>", "address to serve on", "HOST").default("127.0.0.1"))
  .addOption(option("--enforce", "refuse bad requests with 400, and replace bad answers by 502", "ENFORCE"))
  .addOption(option("--quiet", "print the URL and nothing else", "QUIET"))
  .addOption(option("--mock-missing", "let the mock answer what the deployment lacks, marked", "MOCK_MISSING"))
  .addOption(option("--fixtures <path>", "records of that mock: file, folder, or generate:N", "FIXTURES"))
  .addOption(option("--report <dir>", "write report.json and its kin there at the end", "REPORT"))
  .addOption(option("--spec <file>", "another OpenAPI 3.0, 3.1 or 3.2 document", "SPEC"))
  .addHelpText(
    "after",
    "\nEnds, when it is told to, with 0 where all that passed obeys the document, 1 where something does not.",
  )
  .action(async (options) => {
    const { proxy } = await import("./commands/proxy.ts");
    await proxy(options, process.stdout, colors(process.stdout), (code, message) => {
      if (message) process.stderr.write(`error: ${message}\n`);
      process.exitCode = code;
    });
  });

program
  .command("docs")
  .description("Write the reference as a static page that needs no network.")
  .addOption(option("--out <dir>", "where to write it", "OUT").default("docs"))
  .addOption(
    option(
      "--report <path>",
      "show with each operation what a report.json, or one in this folder, says of it",
      "REPORT",
    ),
  )
  .addOption(option("--spec <file>", "another OpenAPI 3.0, 3.1 or 3.2 document", "SPEC"))
  .action(async (options, command: Command) => {
    const { docs } = await import("./commands/docs.ts");
    await docs(options, failing(command));
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has said what is wrong; help and version end with 0.
  process.exitCode = error.exitCode === 0 ? 0 : usageError;
}

/** The options of what serves the mock. */
function served(command: Command, usual: { readonly port: number; readonly log: string }): Command {
  return command
    .addOption(
      option("--port <port>", "port to serve on; 0 takes any that is free", "PORT").default(usual.port).argParser(port),
    )
    .addOption(option("--host <host>", "address to serve on", "HOST").default("127.0.0.1"))
    .addOption(
      new Option("--api-key <key...>", "key to know besides test_key and those that begin with test_")
        .env("CONNECT_API_KEY")
        .argParser((key: string, keys: string[] = []) => [...keys, key]),
    )
    .addOption(option("--fixtures <path>", "file or folder of customers, or generate:N to make N up", "FIXTURES"))
    .addOption(option("--seed <number>", "what is made up follows from it", "SEED").default(1).argParser(wholeNumber))
    .addOption(option("--latency <ms>", "how long every execution takes", "LATENCY").default(0).argParser(wholeNumber))
    .addOption(
      option("--max-body <bytes>", "longest body of a request", "MAX_BODY").default(1_048_576).argParser(wholeNumber),
    )
    .addOption(
      option("--max-keys <n>", "idempotency keys that a sandbox remembers", "MAX_KEYS")
        .default(100_000)
        .argParser(oneOrMore),
    )
    .addOption(option("--max-sandboxes <n>", "sandboxes at a time", "MAX_SANDBOXES").default(1000).argParser(oneOrMore))
    .addOption(option("--spec <file>", "another OpenAPI 3.0, 3.1 or 3.2 document to serve", "SPEC"))
    .addOption(option("--overlay <file>", "changes to the document, as an OpenAPI overlay", "OVERLAY"))
    .addOption(
      option("--handlers <file>", "module whose default export answers operations, by operationId", "HANDLERS"),
    )
    .addOption(option("--watch", "read document, fixtures and handlers again when their files change", "WATCH"))
    .addOption(option("--state <file>", "keep the sandboxes there, over the end of the process", "STATE"))
    .addOption(
      option("--report <path>", "show in the reference what the last verify has left in this folder", "REPORT"),
    )
    .addOption(
      option(
        "--store <url>",
        "share the sandboxes with other processes, in redis://host:6379 or rediss://...; else memory",
        "STORE",
      ),
    )
    .addOption(
      option(
        "--webhook <url...>",
        "send the document's webhooks there; on this machine, unless allowed",
        "WEBHOOK",
      ).argParser(words),
    )
    .addOption(
      option(
        "--allow-webhooks-to <host...>",
        "host beside this machine that webhooks may go to",
        "ALLOW_WEBHOOKS_TO",
      ).argParser(words),
    )
    .addOption(
      option(
        "--log <format>",
        `show each request as a line to read, or as JSON (default: ${usual.log})`,
        "LOG",
      ).choices(["line", "json", "off"]),
    );
}

/** Ends a command with one line that says why. */
function failing(command: Command): (message: string) => never {
  return (message) => command.error(`error: ${message}`, { exitCode: usageError });
}

/** An option that can also be given in the environment, as `UNDERSTUDY_<NAME>`. */
function option(flags: string, description: string, name: string): Option {
  return new Option(flags, description).env(`UNDERSTUDY_${name}`);
}

/** An option of a run, which can also be given in the environment, as `CONNECT_<NAME>`. */
function connect(flags: string, description: string, name: string): Option {
  return new Option(flags, description).env(`CONNECT_${name}`);
}

/** Whether to paint: https://no-color.org and https://force-color.org. */
function colors(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR) return false;
  return FORCE_COLOR ? FORCE_COLOR !== "0" : stream.isTTY === true;
}

/** One more of several, or, as the environment has them, several with spaces between them. */
function words(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(/\s+/).filter((word) => word !== "")];
}

function positiveNumber(text: string): number {
  if (!/^\d{1,6}(\.\d+)?$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError("It should be a number above 0, such as 5.");
  return Number(text);
}

/** A time in seconds, or with the unit behind it. */
function duration(text: string): number {
  const [, number, unit = "s"] = /^(\d{1,7}(?:\.\d+)?)(s|m|h)?$/.exec(text) ?? [];
  const seconds = Number(number) * { s: 1, m: 60, h: 3600 }[unit as "s" | "m" | "h"];
  // A timer of Node's takes no more.
  if (!(seconds > 0 && seconds <= 2_147_483))
    throw new InvalidArgumentError("It should be a number of seconds above 0, or of m or h, such as 90, 15m or 1h.");
  return seconds;
}

function count(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError("It should be a whole number from 1 to 99, such as 8.");
  return Number(text);
}

function oneOrMore(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError("It should be a whole number from 1 on, such as 1000000.");
  return Number(text);
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError("It should be a whole number from 0 to 65535, such as 4010.");
  }
  return Number(text);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It should be a whole number, such as 250.");
  return Number(text);
}
