// What Devin's documents do not say of API v3, found out with a key: how lists read several ids, and what becomes of tags. It
// takes one session, which is asked to do nothing, may spend one ACU, and is ended at once.
import { Devin } from "./devin.mjs";
import { ok, reasonOf, skipped, wrong } from "./findings.mjs";

const TAG = "devin-bridge-probe";
const SESSION = {
  prompt: "This session only tries out the API. Do nothing at all; it is ended in a moment.",
  title: "devin-bridge: a probe of the API",
  tags: [TAG],
  max_acu_limit: 1,
};

/** Finds it out; `note` gets each finding with its name. */
export async function probeDevin({ variables, secrets }, note) {
  const key = secrets.DEVIN_API_KEY;
  const org = secrets.DEVIN_ORG_ID ?? variables.DEVIN_ORG_ID;
  if (!key || !org) return note("probe", skipped("not tried without DEVIN_API_KEY and DEVIN_ORG_ID"));
  const devin = new Devin(secrets.DEVIN_API_URL ?? (variables.DEVIN_API_URL || "https://api.devin.ai"), key);
  if (devin.isV1) return note("probe", skipped("a key that starts apk_ is for API v1, which has nothing of this"));
  let session;
  try {
    const created = await devin.create(org, SESSION);
    session = created.body.session_id;
    note("probe: tags", tags(created));
    note("probe: lists of ids", await lists(devin, org, session));
  } catch (error) {
    note("probe", wrong(reasonOf(error), "try again; nothing is left over but what the next line says"));
  } finally {
    if (session) note("probe: its session", await end(devin, org, session));
  }
}

function tags({ status, body }) {
  const words = body.detail ?? body.title;
  if (status !== 200) return wrong(`a session with the tag ${TAG} was refused: ${status} ${JSON.stringify(words ?? "")}`, 'allow any tag, or set TAGS = "off"');
  if (!Array.isArray(body.tags)) return ok("the answer to a create names no tags");
  if (body.tags.includes(TAG)) return ok("a tag of our own is kept");
  return ok(`${TAG} was left out: only certain tags are allowed, and titles carry what sessions are found by`);
}

/** How a list reads two ids, in the ways in which clients write them. */
async function lists(devin, org, session) {
  const { status, body } = await devin.sessions(org, "first=10");
  const ids = (status === 200 ? (body.items ?? []) : []).map(({ session_id: id }) => id);
  const other = ids.find((id) => id !== session);
  if (!session || !other) return skipped("there is no other session to ask about at the same time");
  const asked = [session, other];
  const found = async (query) => {
    const { status, body } = await devin.sessions(org, query);
    if (status !== 200) return `refused (${status})`;
    const answered = (body.items ?? []).map(({ session_id: id }) => id);
    if (answered.some((id) => !asked.includes(id))) return "ignored";
    const which = asked.filter((id) => answered.includes(id));
    if (which.length === 2) return "both";
    return which.length === 0 ? "none" : which[0] === session ? "the first only" : "the last only";
  };
  const [one, two] = asked.map(encodeURIComponent);
  const repeated = await found(`first=10&session_ids=${one}&session_ids=${two}`);
  const joined = await found(`first=10&session_ids=${one},${two}`);
  return ok(`session_ids=a&session_ids=b: ${repeated}; session_ids=a,b: ${joined}`);
}

async function end(devin, org, session) {
  try {
    const { status } = await devin.terminate(org, session);
    if (status === 200 || status === 204) return ok(`${session} is ended`);
    return wrong(`${session} could not be ended: ${status}`, "end it at app.devin.ai");
  } catch (error) {
    return wrong(`${session} could not be ended: ${reasonOf(error)}`, "end it at app.devin.ai");
  }
}
