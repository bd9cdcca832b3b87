// What we build with of npm's, checked against what we have agreed to: licences, install scripts, known vulnerabilities. Reads
// the lock file, so it says what `npm ci` would install. Of the crates deny.toml says the same.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./steps.mjs";

// npm's packages only run on the machine that builds or tests; nothing of them is passed on. Of a choice ("MIT OR
// Apache-2.0") one has to be here, of a list all.
const LICENCES = ["MIT", "Apache-2.0", "BSD-3-Clause", "Unicode-3.0", "0BSD", "BlueOak-1.0.0", "CC0-1.0", "ISC", "LGPL-3.0-or-later", "MPL-2.0"];

// Packages that would like to run code when they are installed. .npmrc forbids it to all; these are known to work
// without. Another one is a reason to look at it.
const INSTALL_SCRIPTS = {
  esbuild: "checks that the binary for this platform is there",
  sharp: "looks for a system's libvips; its binaries are packages of their own",
  workerd: "checks that the binary for this platform is there",
};

/** The Node that older machines are given to run the tools with. */
const NODE = /^node-(bin-)?(darwin|linux)-(arm64|x64)$/;

/** Whether a licence expression (SPDX, or with "/" as old crates write it) can be met with these licences. */
export function allowed(expression, licences) {
  const tokens = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  const term = () => {
    const token = tokens.shift();
    if (token !== "(") return licences.includes(token);
    const inner = either();
    tokens.shift();
    return inner;
  };
  const chain = (operator, next, join) => {
    let result = next();
    while (tokens[0] === operator) {
      tokens.shift();
      result = join(next(), result);
    }
    return result;
  };
  const both = () => chain("AND", term, (a, b) => a && b);
  const either = () => chain("OR", both, (a, b) => a || b);
  return either() && tokens.length === 0;
}

/** What is wrong with the packages of a package-lock.json. */
export function npmProblems({ packages }) {
  const problems = [];
  for (const [path, { version, license, hasInstallScript, integrity, dev }] of Object.entries(packages)) {
    if (path === "") continue;
    const name = path.split("node_modules/").at(-1);
    const say = (what) => problems.push(`package ${name} ${version}: ${what}`);
    if (!allowed(license ?? "", LICENCES)) say(`the licence ${license ?? "(none)"} is not allowed`);
    if (!integrity) say("the lock file has no checksum for it");
    if (!dev && !NODE.test(name)) say("it is no tool: nothing of npm may be part of the Worker");
    if (hasInstallScript && !INSTALL_SCRIPTS[name]) say("it has an install script that nobody has looked at");
  }
  return problems;
}

// A registry may have no list of vulnerabilities (mirrors often have none); that is said and not an error.
function npmAudit() {
  const { stdout } = spawnSync("npm", ["audit", "--json", "--package-lock-only"], { cwd: ROOT, encoding: "utf8" });
  const report = JSON.parse(stdout || "{}");
  if (report.metadata) return auditProblems(report);
  console.log(`  npm audit: SKIPPED, the registry does not answer it (${report.message ?? report.error?.summary ?? "no answer"})`);
  return [];
}

/** What is wrong with the packages in the report of `npm audit`. */
export function auditProblems({ vulnerabilities }) {
  return Object.values(vulnerabilities).map(
    ({ name, severity, range }) => `package ${name} ${range}: a vulnerability is known (${severity}), see npm audit`,
  );
}

/** Everything at once; fails with all that is wrong. */
export async function supplyChain() {
  const read = (file) => readFileSync(join(ROOT, file), "utf8");
  const lock = JSON.parse(read("package-lock.json"));
  const problems = [...npmProblems(lock), ...npmAudit()];
  if (!/^ignore-scripts=true$/m.test(read(".npmrc"))) problems.push(".npmrc lets packages run code when they are installed");
  if (problems.length > 0) throw new Error(problems.join("\n"));
  console.log(`  ${Object.keys(lock.packages).length - 1} npm packages`);
}
