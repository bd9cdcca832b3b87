// The contract, src/web/openapi.json, as a check of answers: the harness makes it with every answer of every test.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";

export const document = JSON.parse(readFileSync(new URL("../src/web/openapi.json", import.meta.url), "utf8"));

const METHODS = ["get", "post", "delete"];
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat("date-time", DATE_TIME);
ajv.addSchema(closed(document), "contract");

const validators = new Map();

// What is documented may grow, so the document leaves its objects open. Here a field that it does not have is a mistake.
function closed(value) {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== "object") return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, closed(part)]));
  const isSchema = copy.type !== undefined && typeof copy.properties === "object";
  return isSchema ? { additionalProperties: false, ...copy } : copy;
}

/** A part of the document, and what it refers to: [value, its JSON pointer]. */
function find(pointer) {
  const steps = pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  let value = document;
  let place = "";
  for (const step of steps) {
    value = value?.[step];
    place += `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (value?.$ref) [value, place] = find(value.$ref.slice(1));
  }
  return [value, place];
}

const escape = (text) => text.replaceAll("~", "~0").replaceAll("/", "~1");
const patterns = Object.keys(document.paths).map((path) => [
  path,
  new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
]);

/** The documented path of an address, such as `/api/incidents/{key}`. */
export function documentedPath(address) {
  // A slash at the end changes nothing.
  const pathname = address.length > 1 ? address.replace(/\/$/, "") : address;
  return patterns.find(([path, pattern]) => path === pathname || pattern.test(pathname))?.[0];
}

/** Every documented answer: `POST /hooks/alert 202`. */
export function documentedAnswers() {
  return Object.keys(document.paths).flatMap((path) => {
    const [item] = find(`/paths/${escape(path)}`);
    return METHODS.filter((method) => item[method]).flatMap((method) =>
      Object.keys(item[method].responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
    );
  });
}

/** Which of the documented answers this process has seen. */
export const seen = new Set();

/** Fails where an answer is none that the contract has: its status, headers, type and body. */
export function checkAnswer(method, address, { status, headers, text }) {
  const { pathname } = new URL(address, "http://bridge");
  const path = documentedPath(pathname);
  const what = `${method} ${path ?? pathname} ${status}`;
  if (path === undefined) {
    assert.equal(status, 404, `${what}: the path is not in openapi.json`);
    // A browser gets a page.
    if (headers.get("content-type").startsWith("text/html")) return;
    return checkBody(what, "/components/responses/NotFound", headers, text);
  }
  const [item, place] = find(`/paths/${escape(path)}`);
  const allowed = METHODS.filter((known) => item[known]);
  const called = method === "HEAD" ? "get" : method.toLowerCase();
  if (!allowed.includes(called)) {
    assert.equal(status, 405, `${what}: the method is not in openapi.json`);
    const names = allowed.map((known) => (known === "get" ? "GET, HEAD" : known.toUpperCase()));
    assert.equal(headers.get("allow"), names.join(", "), what);
  }
  const operation = allowed.includes(called) ? called : allowed[0];
  const [response, pointer] = find(`${place}/${operation}/responses/${status}`);
  assert.ok(response, `${what}: openapi.json has no such answer: ${text}`);
  seen.add(`${operation.toUpperCase()} ${path} ${status}`);
  for (const [name, { required }] of Object.entries(response.headers ?? {})) {
    if (required) assert.ok(headers.get(name), `${what}: no ${name}`);
  }
  if (method !== "HEAD") checkBody(what, pointer, headers, text);
}

function checkBody(what, pointer, headers, text) {
  const [type] = (headers.get("content-type") ?? "").split(";");
  const [media, place] = find(`${pointer}/content/${escape(type)}`);
  assert.ok(media, `${what}: openapi.json does not have the type ${type}: ${text}`);
  if (type !== "application/json") return;
  if (!validators.has(place)) validators.set(place, ajv.compile({ $ref: `contract#${place}/schema` }));
  const validate = validators.get(place);
  if (!validate(JSON.parse(text))) {
    assert.fail(`${what} is not as openapi.json has it: ${ajv.errorsText(validate.errors, { dataVar: "body" })}\n${text}`);
  }
}
