// A house: the program on a free port of this machine, with data of its own that nobody else sees.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const { KEQIAO_BIN, KEQIAO_ASSETS } = process.env;
const START_MS = 60_000;
const STOP_MS = 15_000;
const LETTER_MS = 10_000;

/** The password of the demo's people. */
export const DEMO_PASSWORD = "keqiao-demo";

// A developer's own settings must not reach the tests.
function environment(more = {}) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("KEQIAO_") && name !== "DATABASE_URL");
  return { ...Object.fromEntries(own), ...more };
}

function program() {
  if (!KEQIAO_BIN || !KEQIAO_ASSETS) throw new Error("KEQIAO_BIN and KEQIAO_ASSETS are not set: run `cargo xtask test --only browser`");
  return KEQIAO_BIN;
}

/** Runs a command of the program to its end. */
export function keqiao(args, more) {
  const { status, stdout, stderr, error } = spawnSync(program(), args, { env: environment(more), encoding: "utf8", cwd: tmpdir() });
  if (error || status !== 0) throw error ?? new Error(`keqiao ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** A new folder for data. */
export function emptyData() {
  return mkdtempSync(join(tmpdir(), "keqiao-browser-"));
}

/** A new folder with the demo city in it. Making the city takes half a minute, so it is made once a day for one program. */
export function demoData() {
  const { size, mtimeMs } = statSync(program());
  const store = join(dirname(KEQIAO_BIN), "browser-demo");
  const city = join(store, `${size}-${Math.trunc(mtimeMs)}-${new Date().toISOString().slice(0, 10)}`);
  if (!existsSync(city)) {
    rmSync(store, { recursive: true, force: true });
    mkdirSync(store, { recursive: true });
    const making = mkdtempSync(join(store, "making-"));
    keqiao(["demo", "--data", making]);
    renameSync(making, city);
  }
  const data = emptyData();
  cpSync(city, data, { recursive: true });
  return data;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Opens a house over a data folder. `close` stops the program and takes the folder away. */
export async function openHouse({ data = emptyData(), demo = false } = {}) {
  const listen = `127.0.0.1:${await freePort()}`;
  const url = `http://${listen}`;
  const args = ["serve", "--data", data, "--listen", listen, "--assets", KEQIAO_ASSETS, ...(demo ? ["--demo"] : [])];
  // Every test posts from one address; the limit that holds for one visitor must not hold for all of them together.
  const settings = { KEQIAO_POSTS_PER_MINUTE: "100000", KEQIAO_LOG: "warn" };
  const child = spawn(program(), args, { env: environment(settings), cwd: data, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => (log += text));
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));

  async function close() {
    child.kill("SIGTERM");
    const inTime = await Promise.race([ended.then(() => true), sleep(STOP_MS, false, { ref: false })]);
    if (!inTime) child.kill("SIGKILL");
    await ended;
    rmSync(data, { recursive: true, force: true });
    if (!inTime) throw new Error(`the program did not stop within ${STOP_MS} ms:\n${log}`);
  }

  const house = { url, data, close, log: () => log, letter: (to, about) => letter(data, to, about) };
  try {
    await ready(url, child, () => log);
  } catch (error) {
    await close();
    throw error;
  }
  return house;
}

async function ready(url, child, log) {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}:\n${log()}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error(`the program was not ready within ${START_MS} ms:\n${log()}`);
}

function decoded(body, encoding) {
  if (/base64/i.test(encoding)) return Buffer.from(body, "base64").toString("utf8");
  if (/quoted-printable/i.test(encoding)) {
    const bytes = body.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, "latin1").toString("utf8");
  }
  return body;
}

function readLetter(file) {
  const source = readFileSync(file, "utf8");
  const [head, ...rest] = source.split(/\r?\n\r?\n/);
  const unfolded = head.replace(/\r?\n[ \t]+/g, " ");
  const header = (name) => new RegExp(`^${name}: *(.*)$`, "im").exec(unfolded)?.[1] ?? "";
  const text = decoded(rest.join("\n\n"), header("Content-Transfer-Encoding"));
  return { to: header("To"), text, links: text.match(/https?:\/\/\S+/g) ?? [] };
}

/** Every letter that was sent, the oldest first. */
function letters(data) {
  const folder = join(data, "mail");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".eml"));
  return names.sort().map((name) => readLetter(join(folder, name)));
}

/** The newest letter to an address with a link that contains `about`; waits for it. */
async function letter(data, to, about) {
  const until = Date.now() + LETTER_MS;
  while (Date.now() < until) {
    const found = letters(data).findLast((letter) => letter.to.includes(to) && letter.links.some((link) => link.includes(about)));
    if (found) return found;
    await sleep(100);
  }
  throw new Error(`no letter to ${to} with a link to ${about} within ${LETTER_MS} ms`);
}
