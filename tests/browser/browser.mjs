// A browser and its visitors. Whatever a page complains of fails the test: script errors, broken policies, requests that failed.

import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const ACTION_MS = 10_000;

export async function openBrowser() {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("CHROMIUM is not set: run `cargo xtask test --only browser`");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** Collects what a page complains of. */
function listen(page, complaints) {
  const documents = new Set();
  const say = (text) => {
    const complaint = `${new URL(page.url()).pathname}: ${text}`;
    if (!complaints.includes(complaint)) complaints.push(complaint);
  };
  page.on("response", (response) => {
    if (response.request().isNavigationRequest()) documents.add(response.url());
    if (response.status() >= 500) say(`${response.status()} from ${response.url()}`);
  });
  page.on("requestfailed", (request) => {
    // A page that is left stops what it was loading; a download is not a page.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") say(`${request.url()} failed: ${request.failure()?.errorText}`);
  });
  page.on("pageerror", (error) => say(`error: ${error.stack ?? error}`));
  page.on("console", (message) => {
    const text = message.text();
    // Chromium also prints the status of a page it navigated to; a refused form answers 422.
    const refusedPage = /status of 4\d\d/.test(text) && documents.has(message.location().url);
    if (["error", "warning"].includes(message.type()) && !refusedPage) say(`${message.type()}: ${text}`);
  });
}

/** Somebody at a browser window of their own: `page` to use, `complaints` so far, `close` to leave, which fails when there were any. */
export async function visit(browser, url, { javaScript = true, locale = "zh-CN", width = 1280, height = 900, colorScheme = "light", state } = {}) {
  const context = await browser.newContext({
    baseURL: url,
    javaScriptEnabled: javaScript,
    viewport: { width, height },
    locale,
    colorScheme,
    timezoneId: "Asia/Shanghai",
    reducedMotion: "reduce",
    storageState: state,
  });
  context.setDefaultTimeout(ACTION_MS);
  const complaints = [];
  context.on("page", (page) => listen(page, complaints));
  const page = await context.newPage();
  async function close() {
    await context.close();
    assert.deepEqual(complaints, []);
  }
  return { context, page, complaints, close };
}

/** Waits until the islands of a page are awake, when it has any. Answers whether it has any. */
export async function awake(page) {
  const islands = await page.locator("leptos-island").count();
  if (islands > 0) await page.locator("html[data-awake]").waitFor({ state: "attached" });
  return islands > 0;
}
