#!/usr/bin/env node
// Starts the program of the package for this platform. npm installs only the one that fits.
"use strict";

const { spawn } = require("node:child_process");
const { optionalDependencies, version } = require("./package.json");

const name = `@scimulate/${process.platform}-${process.arch}`;
const builds = Object.keys(optionalDependencies).map((build) => build.replace("@scimulate/", ""));

function fail(what, next) {
  console.error(`error: ${what}\n  help: ${next}`);
  process.exit(2);
}

if (!(name in optionalDependencies)) {
  fail(
    `scimulate ${version} has no build for ${process.platform}-${process.arch}`,
    `there are builds for ${builds.join(", ")}; elsewhere \`cargo install scimulate\` builds it`,
  );
}

let program;
try {
  program = require.resolve(`${name}/bin/scimulate${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  fail(`the package ${name} is not installed`, "install scimulate without --omit=optional, on the platform that uses it");
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
// The run removes what it created before it ends. A terminal sends Ctrl-C to both; a signal to this process is passed on.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => fail(`cannot start ${program}: ${error.message}`, "install the package again"));
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
