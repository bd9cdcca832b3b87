// Runs the examples of clients as a person would: curl, Python with requests and Node as programs; PowerShell, which few
// machines have, by sending byte for byte what it sends.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const execute = promisify(execFile);
// Beside the tools of scripts/tools.mjs.
const CACHE = process.env.DEVIN_BRIDGE_CACHE ?? join(homedir(), ".cache", "devin-bridge");
const REQUESTS = "requests==2.32.5";

/** Runs a program and gives what it printed; no proxy stands before this machine. */
const run = async (program, args, options = {}) => {
  const env = { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1", PYTHONWARNINGS: "ignore", ...options.env };
  return (await execute(program, args, { timeout: 60_000, ...options, env })).stdout;
};

const works = (program, args) => run(program, args).then(() => true, () => false);

/** Puts the bridge's address and secret into an example; both must be there. */
export function addressed(example, replacements) {
  for (const [placeholder, value] of Object.entries(replacements)) {
    assert.ok(example.includes(placeholder), `${placeholder} is not in\n${example}`);
    example = example.replaceAll(placeholder, value);
  }
  return example;
}

/** What is not installed here, for `skip`; curl and Python come with most systems. */
export const missing = {
  curl: (await works("curl", ["--version"])) ? false : "curl was not found",
  python: (await works("python3", ["--version"])) ? false : "python3 was not found",
};

export const shell = (script, env) => run("bash", ["-ec", script], { env });

export const node = (script) => run(process.execPath, ["--input-type=module", "-e", script]);

export const python = async (script, env) => run(await withRequests(), ["-c", script], { env });

let found;
const withRequests = () => (found ??= findPython());

// The system's Python where it has requests, else one of our own in the cache, made aside and then moved into its place.
async function findPython() {
  if (await works("python3", ["-c", "import requests"])) return "python3";
  const place = join(CACHE, "python");
  const own = join(place, "bin", "python");
  if (await works(own, ["-c", "import requests"])) return own;
  mkdirSync(CACHE, { recursive: true });
  const aside = mkdtempSync(join(CACHE, "installing-"));
  try {
    await run("python3", ["-m", "venv", aside]);
    await run(join(aside, "bin", "python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUESTS]);
    rmSync(place, { recursive: true, force: true });
    renameSync(aside, place);
  } catch (error) {
    // Another test may have been there first.
    if (!(await works(own, ["-c", "import requests"]))) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return own;
}

/** The value that Python or Node printed. */
export const printedByPython = (text) =>
  JSON.parse(text.replaceAll(/\bTrue\b/g, "true").replaceAll(/\bFalse\b/g, "false").replaceAll(/\bNone\b/g, "null").replaceAll("'", '"'));
export const printedByNode = (text) => ({ ...runInNewContext(`(${text})`) });

/**
 * What an example for PowerShell asks for: a hashtable through ConvertTo-Json, and Invoke-RestMethod. It reads no more of
 * the language than that, and fails where there is more.
 */
export function readPowershell(script) {
  const text = script.replaceAll(/`\r?\n/g, " ");
  const table = (source) =>
    Object.fromEntries(
      source
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean)
        .map((line) => {
          const [, key, value] = /^"?([\w-]+)"? = (".*"|\d+)$/.exec(line) ?? assert.fail(`not read: ${line}`);
          return [key, JSON.parse(value)];
        }),
    );
  const [, fields] = /\$body = @\{\n([^}]*)\} \| ConvertTo-Json/.exec(text) ?? assert.fail(text);
  const [, url, headers] =
    /\$response = Invoke-RestMethod -Uri "([^"]+)"\s+-Method Post\s+-Headers @\{\n([^}]*)\}\s+-Body \$body/.exec(text) ?? assert.fail(text);
  assert.match(text, /\n\$response\s*$/);
  return { url: new URL(url), headers: table(headers), fields: table(fields) };
}

// How the two PowerShells write a hashtable as JSON (its order is anybody's guess), with which bytes and headers.
const EDITIONS = {
  // JavaScriptSerializer escapes what could be HTML; without a charset in the Content-Type the body is Latin-1.
  "Windows PowerShell 5.1": {
    json: (fields) => {
      const escaped = (value) =>
        JSON.stringify(value).replaceAll(/['<>&]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
      const lines = Object.entries(fields).reverse().map(([name, value]) => `    "${name}":  ${escaped(value)}`);
      return Buffer.from(`{\r\n${lines.join(",\r\n")}\r\n}`, "latin1");
    },
    headers: (own, host, length) => [
      `Authorization: ${own.Authorization}`,
      "User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.6456",
      `Content-Type: ${own["Content-Type"]}`,
      `Host: ${host}`,
      `Content-Length: ${length}`,
      "Expect: 100-continue",
      "Connection: Keep-Alive",
    ],
    // It waits this long for a "100 Continue" before it sends the body anyway.
    patience: 350,
  },
  "PowerShell 7.4": {
    json: (fields) => {
      const lines = Object.entries(fields).map(([name, value]) => `  "${name}": ${JSON.stringify(value)}`);
      return Buffer.from(`{\r\n${lines.join(",\r\n")}\r\n}`);
    },
    headers: (own, host, length) => [
      `Host: ${host}`,
      `Authorization: ${own.Authorization}`,
      "User-Agent: Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.6",
      "Accept-Encoding: gzip, deflate, br",
      `Content-Type: ${own["Content-Type"]}`,
      `Content-Length: ${length}`,
    ],
    patience: 0,
  },
};

export const powershells = Object.keys(EDITIONS);

/** Sends what an edition of PowerShell would; gives the status, the answer and what `$response` prints. */
export async function powershell(edition, { url, headers, fields }) {
  const { json, headers: lines, patience } = EDITIONS[edition];
  const body = json(fields);
  const socket = connect(Number(url.port), url.hostname);
  try {
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.write([`POST ${url.pathname}${url.search} HTTP/1.1`, ...lines(headers, url.host, body.length), "", ""].join("\r\n"));
    let received = Buffer.alloc(0);
    socket.on("data", (data) => (received = Buffer.concat([received, data])));
    const end = Date.now() + 30_000;
    const patient = Date.now() + patience;
    while (received.length === 0 && Date.now() < patient) await sleep(5);
    socket.write(body);
    for (;;) {
      const answer = parse(received);
      if (answer) return answer;
      if (Date.now() > end) throw new Error(`No answer: ${received}`);
      await sleep(10);
    }
  } finally {
    socket.destroy();
  }
}

// An HTTP answer, behind any "100 Continue", unpacked as PowerShell does it; undefined while it is not whole.
function parse(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.subarray(0, end).toString("latin1");
  const rest = bytes.subarray(end + 4);
  const header = (name) => new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1];
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)[1]);
  if (status === 100) return parse(rest);
  const length = header("content-length");
  const body = length === undefined ? chunks(rest) : rest.length >= Number(length) && rest.subarray(0, Number(length));
  if (!body) return undefined;
  const unpack = { gzip: gunzipSync, br: brotliDecompressSync, undefined: (plain) => plain }[header("content-encoding")];
  const json = JSON.parse(unpack(body).toString());
  return { status, json, printed: formatList(json) };
}

function chunks(bytes) {
  const parts = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const length = Number.parseInt(bytes.subarray(at, end).toString(), 16);
    if (length === 0) return Buffer.concat(parts);
    if (bytes.length < end + 2 + length) return undefined;
    parts.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

/** How PowerShell shows an object of more than four properties. */
export function formatList(object) {
  const width = Math.max(...Object.keys(object).map((name) => name.length));
  const shown = (value) => (value === true ? "True" : value === false ? "False" : String(value));
  return Object.entries(object).map(([name, value]) => `${name.padEnd(width)} : ${shown(value)}`).join("\n");
}
