#!/usr/bin/env node
import { Command } from "commander";
import { version } from "./version.ts";

const program = new Command("understudy")
  .description("A stateful mock of the Connect API, and the contract suite that proves any deployment of it.")
  .version(version);

await program.parseAsync();
