// What the commands of operators share: which bridge they speak to, with which token, and its answers.
import { basename } from "node:path";
import { ask } from "./ask.mjs";
import { address, misused } from "./cli.mjs";
import { devVarsFile, localBridge, namedDevVars, noneHere } from "./local.mjs";

/** The options that name the bridge. */
export const BRIDGE_OPTIONS = {
  url: { value: "URL", about: "the bridge (default: the one that `npm start` runs)" },
  token: {
    value: "TOKEN",
    about: "its ADMIN_TOKEN (default: what `npm start` made, or that variable of the environment or of .dev.vars)",
  },
  env: { value: "NAME", about: "its secrets are in .dev.vars.NAME, not in .dev.vars" },
};

/** The bridge that the options name. */
export function operatedBridge(values) {
  address(values.url);
  const local = localBridge(values.url, values.env);
  const url = values.url ?? local?.url;
  if (!url) misused(`${noneHere(values.env)}, or name one with --url and --token.`);
  const token = values.token ?? local?.secrets.ADMIN_TOKEN ?? process.env.ADMIN_TOKEN ?? namedDevVars(values.env).ADMIN_TOKEN;
  if (!token) misused(`The ADMIN_TOKEN of the bridge at ${url} is neither in the environment nor in ${basename(devVarsFile("", values.env))}: name it with --token.`);
  return new Bridge(url, token);
}

class Bridge {
  #url;
  #headers;

  constructor(url, token) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** Every incident on the list. */
  async incidents() {
    const all = [];
    let cursor = "";
    while (cursor !== null) {
      const page = await this.done("GET", `/api/incidents?limit=200&cursor=${encodeURIComponent(cursor)}`);
      all.push(...page.incidents);
      cursor = page.cursor;
    }
    return all;
  }

  /** What it answers to what can't be refused but by mistake. */
  async done(method, path, body) {
    const { status, answer } = await this.ask(method, path, body);
    if (status !== 200) throw new Error(`${this.#url} answered ${status}: ${answer.message ?? answer.error}`);
    return answer;
  }

  async ask(method, path, body) {
    const init = { method, headers: this.#headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await ask(new URL(path, this.#url), init);
    const text = await response.text();
    try {
      return { status: response.status, answer: JSON.parse(text) };
    } catch {
      throw new Error(`${this.#url} answered ${response.status} and no JSON: is it a bridge?`);
    }
  }
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A point in time, as milliseconds: a time span before now (`sign` -1) or after it (1), or a date. `option` names it where
 * it can't be read.
 */
export function moment(option, text, sign) {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const at = unit ? Date.now() + sign * count * UNITS[unit] : Date.parse(text);
  if (Number.isNaN(at)) misused(`${option} ${text}: expected a time span such as 6h or a date such as 2026-03-01T08:00Z`);
  return at;
}
