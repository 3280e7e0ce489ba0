// The demo city as everyone in it sees it: every page, in both languages, wide and narrow, light and dark.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { AxeBuilder } from "@axe-core/playwright";

import { awake, openBrowser, visit } from "./browser.mjs";
import { demoData, openHouse } from "./house.mjs";
import { demoVisit } from "./people.mjs";
import { zh } from "./words.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 780 };

/** The address of the first link on a page whose path looks like this. */
const first = (from, pattern) => ({ from, pattern });
const DEMAND = /^\/demands\/XQ-[\d-]+$/;
const ACHIEVEMENT = /^\/achievements\/CG-[\d-]+$/;
const ORGANISATION = /^\/organisations\/[\da-f-]{36}$/;
const CONTRACT = /^\/contracts\/HT-[\d-]+$/;
const DEAL = /^\/deals\/JY-[\d-]+$/;

/** Every page, with one who may see it. What stands behind a first link is added to its address. */
const PAGES = {
  visitor: [
    "/",
    "/about",
    "/demands",
    "/demands?q=检测&field=manufacturing",
    "/demands?q=zzzzzz",
    first("/demands", DEMAND),
    "/achievements",
    first("/achievements", ACHIEVEMENT),
    "/organisations",
    first("/organisations", ORGANISATION),
    "/contracts",
    first("/contracts", CONTRACT),
    [first("/contracts", CONTRACT), "?print=yes"],
    "/public-notices",
    first("/public-notices", /^\/public-notices\/GS-[\d-]+$/),
    "/sales",
    first("/sales", /^\/sales\/PM-[\d-]+$/),
    "/brokers",
    first("/brokers", /^\/brokers\/[\da-f-]{36}$/),
    "/experts",
    "/targets",
    "/targets/contract_value",
    "/targets/enterprises_served?page=2",
    "/signin",
    "/register",
    "/forgot",
    "/reset/0",
    "/verify/0",
    "/nowhere",
  ],
  engineer: [
    "/work",
    "/demands/new",
    first("/work", DEMAND),
    [first("/work", DEMAND), "/matches"],
    "/interests",
    "/interests?tab=sent",
    first("/interests?tab=sent", /^\/interests\/[\da-f-]{36}$/),
    "/deals",
    first("/deals?state=all", DEAL),
    [first("/deals?state=all", DEAL), "/nda"],
    [first("/deals?state=all", DEAL), "/terms"],
    [first("/deals?state=all", DEAL), "/members"],
    "/disclosures",
    "/notices",
    "/notices/settings",
    "/questions",
    "/questions?tab=received",
    "/introductions",
    "/fees",
    "/organisations/new",
    [first("/", ORGANISATION), "/edit"],
    "/account",
    "/contracts?tab=own",
    "/contracts/new",
  ],
  researcher: ["/work", "/achievements/new", [first("/demands", DEMAND), "/interest"], "/interests?tab=recommended", first("/contracts?tab=own", CONTRACT), "/import"],
  broker: [
    "/pairs",
    "/board",
    first("/board", /^\/board\/[\da-f-]{36}$/),
    "/introductions",
    first("/introductions", /^\/introductions\/JS-[\d-]+$/),
    "/fees",
    [first("/deals?state=all", DEAL), "/commission"],
    "/work",
    [first("/demands", DEMAND), "/matches"],
    [first("/demands", DEMAND), "/interest"],
  ],
  officer: [
    "/work",
    "/review",
    "/review?tab=contracts",
    first("/review", /^\/review\/(demands|achievements)\/.+$/),
    first("/review?tab=contracts", /^\/review\/contracts\/.+$/),
    "/review/precision",
    "/review/weights",
    first("/contracts", CONTRACT),
    "/import",
    "/admin/targets",
  ],
  admin: [
    "/admin",
    "/admin/people",
    first("/admin/people", /^\/admin\/people\/.+$/),
    "/admin/targets",
    first("/admin/targets", /^\/admin\/targets\?figure=.*&year=.*$/),
    "/admin/mail",
    "/admin/audit",
  ],
};

let house;
let browser;

before(async () => {
  house = await openHouse({ data: demoData(), demo: true });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await house?.close();
});

const enter = (role, options) => (role === "visitor" ? visit(browser, house.url, options) : demoVisit(browser, house, role, options));

/** The links of a page, as paths with queries. Letters in the mail log lead where their receivers may go, not whoever reads the log. */
const links = (page) => page.locator("a[href^='/']:not(.typed a)").evaluateAll((links) => links.map((link) => link.getAttribute("href")));

/** The addresses of a role's pages. */
async function addresses(page, role) {
  const found = [];
  for (const entry of PAGES[role]) {
    const [start, more] = [entry].flat();
    if (typeof start === "string") {
      found.push(start);
      continue;
    }
    await page.goto(start.from);
    const link = (await links(page)).find((link) => start.pattern.test(link));
    assert.ok(link, `${start.from} has no link like ${start.pattern} for ${role}`);
    found.push(link + (more ?? ""));
  }
  return found;
}

const inEnglish = (address) => (address === "/" ? "/en" : `/en${address}`);

async function overflow(page) {
  const { scrolls, shows, wide } = await page.evaluate(() => {
    const shows = document.scrollingElement.clientWidth;
    const scrolls = document.scrollingElement.scrollWidth;
    const parts = scrolls > shows ? [...document.querySelectorAll("body *")].filter((part) => part.getBoundingClientRect().right > shows + 1) : [];
    return { scrolls, shows, wide: parts.slice(0, 4).map((part) => `${part.localName}.${part.className}`) };
  });
  return scrolls > shows ? [`${scrolls} pixels wide in a window of ${shows}: ${wide.join(", ")}`] : [];
}

/** What rules of accessibility find. */
async function barriers(page) {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).withTags(RULES).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.target.join(" ")} (${node.failureSummary?.split("\n")[1]?.trim()})`));
}

async function appear(page, size, colorScheme) {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
}

/** Follows each kind of link once: pages of one kind are made by the same code. */
async function followLinks(page, address, followed) {
  const problems = [];
  for (const link of await links(page)) {
    const kind = link.replace(/#.*$/, "").replace(/[\da-f]{8}-[\da-f-]{27}|(?<=\w\w-)\d{4}-\d+/g, "*").replace(/=[^&]*/g, "=");
    if (followed.has(kind)) continue;
    followed.add(kind);
    const answer = await page.request.get(link);
    if (!answer.ok()) problems.push(`${address} leads to ${link}, which answers ${answer.status()}`);
  }
  return problems;
}

/** Opens a page and looks at it in one language: the first look with the rules of accessibility, the second one only for its width. */
async function look(page, address, looks, faults) {
  const answer = await page.goto(address);
  const problems = [];
  const expected = address.endsWith("/nowhere") ? 404 : 200;
  if (answer.status() !== expected) problems.push(`answers ${answer.status()}`);
  await awake(page);
  for (const [at, { size, colorScheme }] of looks.entries()) {
    await appear(page, size, colorScheme);
    const found = await overflow(page);
    if (at === 0) found.push(...(await barriers(page)));
    problems.push(...found.map((problem) => `${size.width} ${colorScheme}: ${problem}`));
  }
  faults.push(...problems.map((problem) => `${address} ${problem}`));
}

for (const role of Object.keys(PAGES)) {
  test(`every page for the ${role}: no barrier, no overflow, no error, no dead end`, async () => {
    const { page, close } = await enter(role);
    const faults = [];
    const followed = new Set();
    for (const address of await addresses(page, role)) {
      await look(page, address, [{ size: WIDE, colorScheme: "light" }, { size: NARROW, colorScheme: "dark" }], faults);
      faults.push(...(await followLinks(page, address, followed)));
      await look(page, inEnglish(address), [{ size: NARROW, colorScheme: "dark" }, { size: WIDE, colorScheme: "light" }], faults);
    }
    assert.deepEqual(faults, []);
    await close();
  });
}

test("fragments of links are there", async () => {
  const { page, close } = await enter("visitor");
  await page.goto("/");
  for (const link of (await links(page)).filter((link) => link.includes("#"))) {
    await page.goto(link);
    const { hash } = new URL(page.url());
    assert.ok(await page.evaluate((hash) => document.querySelector(hash) !== null, hash), `${link} points at nothing`);
  }
  await close();
});

/** What has the focus, and whether it shows. */
const focus = (page) =>
  page.evaluate(() => {
    const part = document.activeElement;
    const box = part.getBoundingClientRect();
    const outlined = ({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
    // An input may leave it to the box around it that it shares with its button.
    const marked = [part, part.parentElement].some((part) => outlined(getComputedStyle(part)));
    const within = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0 && box.height > 0;
    return { name: `${part.localName}#${part.id}.${part.className} ${part.textContent.trim().slice(0, 20)}`, tag: part.localName, id: part.id, marked, within };
  });

for (const colorScheme of ["light", "dark"]) {
  test(`the keyboard reaches everything and shows where it is (${colorScheme})`, async () => {
    const { page, close } = await enter("visitor", { colorScheme });
    for (const address of ["/", "/demands", "/signin", "/targets"]) {
      await page.goto(address);
      await page.keyboard.press("Tab");
      const skip = page.getByRole("link", { name: zh("ui.skip") });
      assert.ok(await skip.evaluate((link) => link === document.activeElement), `${address}: the first stop leads to the content`);
      assert.ok((await focus(page)).within, `${address}: the link to the content is in sight when it has the focus`);
      for (let stop = 0; stop < 40; stop += 1) {
        const { name, tag, marked, within } = await focus(page);
        if (tag === "body") break;
        assert.ok(marked && within, `${address}: ${name} has the focus and does not show it`);
        await page.keyboard.press("Tab");
      }
      await page.goto(address);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      assert.equal((await focus(page)).id, "main", `${address}: the link to the content goes there`);
    }
    await close();
  });
}
