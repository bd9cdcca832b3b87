// Dry runs: whatever is asked, nothing is done.
import { alert, BEARER, pagerduty, post, row } from "./rows.mjs";

const text = JSON.stringify;
const REHEARSED = { status: 200, json: { success: true, status: "dry_run", message: /Nothing was stored/ } };
const sound = text(alert("DRY"));

export default [
  ...["1", "true", "TRUE", "yes", "On", ""].map((value) => row(`dry_run=${value}`, post(`/hooks/alert?dry_run=${value}`, sound), REHEARSED)),
  row("dry_run without a value", post("/hooks/alert?dry_run", sound), REHEARSED),
  ...["dry_run=1&dry_run=0", "dry_run=0&dry_run=1"].map((query) => row(`yes and no: ${query}`, post(`/hooks/alert?${query}`, sound), REHEARSED)),
  row("a resolved incident", post("/pagerduty-resolved?dry_run=1", text(pagerduty("QDRY"))), REHEARSED),
  row("a hundred alerts", post("/hooks/alert?dry_run=1", text(Array.from({ length: 100 }, (_, n) => alert(`DRY${n}`)))), {
    status: 200,
    json: { status: "dry_run", results: { length: 100 } },
  }),
  row("Devin's key is in no dry run", post("/hooks/alert?dry_run=1", sound), { ...REHEARSED, not: "cog_" }),
  row("no: a session", post("/hooks/alert?dry_run=0", text(alert("DRYRUN-0")), BEARER), { status: [200, 202], json: { success: true } }, "DRYRUN-0"),
  ...["please", "2", "truee", "1%00", "nope"].map((word) =>
    row(`a word that is neither yes nor no: ${word}`, post(`/hooks/alert?dry_run=${word}`, sound), { status: 400, json: { success: false, message: /dry_run/ } }),
  ),
  ...["DRY_RUN", "dryrun", "dry-run", "dryRun"].map((name) => row(`the name written otherwise: ${name}`, post(`/hooks/alert?${name}=1`, sound), REHEARSED)),
  row("another name: a session", post("/hooks/alert?dry=1", text(alert("DRYRUN-OTHER"))), { status: [200, 202] }, "DRYRUN-OTHER"),
];
