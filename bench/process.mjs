// What the operating system knows of a process: its CPU time, its memory, its children.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** The CPU time a process has used so far, user and system, in milliseconds. In steps of a tick, mostly 10 ms. */
export function cpu(pid) {
  // The second field is the program's name in brackets and may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return ((user + system) * 1000) / TICKS_PER_SECOND;
}

/** The memory of a process that is really there, in bytes. */
export function resident(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}

/** The child of a process that runs this program. */
export function childNamed(pid, program) {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" "))
    .map(Number)
    .find((child) => child > 0 && readFileSync(`/proc/${child}/comm`, "utf8").trim() === program);
}

/** Waits until a process has next to nothing to do. */
export async function idle(pid, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (let before = cpu(pid); Date.now() < end; ) {
    await sleep(150);
    const now = cpu(pid);
    if (now - before <= 10) return;
    before = now;
  }
  throw new Error(`Process ${pid} is still busy after ${seconds} s`);
}
