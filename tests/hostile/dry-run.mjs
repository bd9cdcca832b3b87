// Dry runs: whatever is asked, nothing is done.
import { alert, BEARER, pagerduty, post, row } from "./rows.mjs";

const text = JSON.stringify;
const REHEARSED = { status: 200, json: { success: true, status: "dry_run", message: /Nothing was stored/ } };
const sound = text(alert("DRY"));

export default [
  ...["1", "true", ""].map((value) => row(`dry_run=${value}`, post(`/hooks/alert?dry_run=${value}`, sound), REHEARSED)),
  row("dry_run without a value", post("/hooks/alert?dry_run", sound), REHEARSED),
  row("yes, then no: the first counts", post("/hooks/alert?dry_run=1&dry_run=0", sound), REHEARSED),
  row("a resolved incident", post("/pagerduty-resolved?dry_run=1", text(pagerduty("QDRY"))), REHEARSED),
  row("a hundred alerts", post("/hooks/alert?dry_run=1", text(Array.from({ length: 100 }, (_, n) => alert(`DRY${n}`)))), {
    status: 200,
    json: { status: "dry_run", results: { length: 100 } },
  }),
  row("Devin's key is in no dry run", post("/hooks/alert?dry_run=1", sound), { ...REHEARSED, not: "cog_" }),
  row("no: a session", post("/hooks/alert?dry_run=0", text(alert("DRYRUN-0")), BEARER), { status: [200, 202], json: { success: true } }, "DRYRUN-0"),
  row("a word that is no yes: a session", post("/hooks/alert?dry_run=please", text(alert("DRYRUN-PLEASE"))), { status: [200, 202] }, "DRYRUN-PLEASE"),
  row("another name: a session", post("/hooks/alert?DRY_RUN=1&dryrun=1", text(alert("DRYRUN-CAPITALS"))), { status: [200, 202] }, "DRYRUN-CAPITALS"),
];
