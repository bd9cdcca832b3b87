// The documentation as a whole: its links lead somewhere, the index has every page, and the README stays short.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { ROOT } from "../scripts/steps.mjs";

/** The most that the README may have. */
const MOST_WORDS = 1_900;
/** What nobody in the field says, each with what they do. */
const ODD = { "mend(s|ed|ing)?": "fix", "told of": "notified", "stands? in": "is set in", "wants? proof": "authenticate", "given up": "gave up", "hooks? for alerts": "alert endpoint" };

const pages = readdirSync(ROOT)
  .filter((name) => name.endsWith(".md"))
  .concat(readdirSync(join(ROOT, "docs"), { recursive: true }).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`));
const read = (page) => readFileSync(join(ROOT, page), "utf8");
/** A page without what is shown as it would be typed. */
const prose = (page) => read(page).replace(/^( *)```[\s\S]*?^\1```/gm, "");
const links = (page) => Array.from(prose(page).replace(/`[^`\n]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => link);

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(page) {
  const seen = new Map();
  return Array.from(prose(page).matchAll(/^#+ (.+)$/gm), ([, heading]) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

test("every link of the documentation leads to a file, and to a heading in it", () => {
  const broken = [];
  let count = 0;
  for (const page of pages) {
    for (const link of links(page)) {
      if (/^[a-z]+:/.test(link)) continue;
      count += 1;
      const [path, anchor] = link.split("#");
      const target = path ? relative(ROOT, join(ROOT, dirname(page), path)) : page;
      if (!existsSync(join(ROOT, target))) broken.push(`${page}: ${link}: there is no such file`);
      else if (anchor && !anchors(target).includes(anchor)) broken.push(`${page}: ${link}: there is no such heading`);
    }
  }
  assert.deepEqual(broken, []);
  assert.ok(count > 150, `only ${count} links were found`);
});

test("the index leads to every page, and the pages of senders are where it says", () => {
  const listed = links("docs/README.md").map((link) => link.split("#")[0]);
  for (const page of pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== "docs/README.md")) {
    assert.ok(listed.includes(page.replace("docs/", "")), `docs/README.md does not lead to ${page}`);
  }
  assert.ok(listed.includes("senders") && links("README.md").includes("docs/README.md"));
});

test("the README is short", () => {
  const words = read("README.md").split(/\s+/).filter(Boolean).length;
  assert.ok(words <= MOST_WORDS, `README.md has ${words} words, more than ${MOST_WORDS}`);
});

test("the documentation uses the field's words", () => {
  const found = [];
  for (const page of pages.filter((page) => page !== "CHANGELOG.md")) {
    for (const [odd, usual] of Object.entries(ODD)) {
      for (const [words] of prose(page).matchAll(new RegExp(`\\b${odd}\\b`, "gi"))) found.push(`${page}: ${words}: say ${usual}`);
    }
  }
  assert.deepEqual(found, []);
});
