// What the doctor says of each thing it looks at.
import { wrap } from "./cli.mjs";

/** A finding: `said` is what was seen, `todo` what is to be done about it. */
export const ok = (said) => ({ state: "ok", said });
export const wrong = (said, todo) => ({ state: "wrong", said, todo });
export const skipped = (said) => ({ state: "skipped", said });

const MARK = { ok: "ok", wrong: "WRONG", skipped: "-" };
/** Of the longest name, PAGERDUTY_SIGNING_SECRET. */
const WIDTH = 24;

export function show({ check, state, said, todo }) {
  const name = `${MARK[state].padEnd(7)}${check.padEnd(WIDTH)}  `;
  const text = todo ? `${said} → ${todo}` : said;
  console.log(name + wrap(text, " ".repeat(name.length)).join("\n"));
}

/** Why a request got no answer. */
export const reasonOf = (error) => error.cause?.code || error.cause?.message || error.message;
