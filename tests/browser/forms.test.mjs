// Forms that are refused or sent twice, islands, policies, paper.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { awake, openBrowser, visit } from "./browser.mjs";
import { wrongCreditCode, creditCode } from "./codes.mjs";
import { errors, field, fill, group, press } from "./forms.mjs";
import { demoData, openHouse } from "./house.mjs";
import { demoVisit, says } from "./people.mjs";
import { en, zh } from "./words.mjs";

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

/** Names and values of everything a person filled in the form with this button, hidden fields left out. */
const filled = (page, button) =>
  page.getByRole("main").getByRole("button", { name: button, exact: true }).evaluate((button) => {
    const named = [...button.form.elements].filter((part) => part.name && !["hidden", "submit"].includes(part.type));
    const value = (part) => (["checkbox", "radio"].includes(part.type) ? `${part.value} ${part.checked}` : part.value);
    return named.map((part) => `${part.name}=${value(part)}`);
  });

/** A refused page says so on top, and every reason leads to its field. */
async function leadsToFields(page) {
  const summary = errors(page);
  await summary.waitFor();
  assert.ok((await page.title()).startsWith(zh("page.error_prefix")));
  const onTop = await summary.evaluate((summary) => summary === document.activeElement || summary.parentElement.firstElementChild === summary);
  assert.ok(onTop, "the summary has the focus or stands first");
  const reasons = summary.getByRole("link");
  assert.ok((await reasons.count()) > 0);
  for (const reason of await reasons.all()) {
    const target = (await reason.getAttribute("href")).slice(1);
    await reason.click();
    const reached = await page.evaluate((id) => ({ there: document.getElementById(id) !== null, focus: document.activeElement.id }), target);
    assert.ok(reached.there, `a reason leads to #${target}, which is not there`);
    const text = await reason.innerText();
    assert.ok(reached.focus === target || target.match(/^(indicators|ip|inventors)$/), `“${text}” leads to #${target}, but #${reached.focus} has the focus`);
  }
}

for (const javaScript of [true, false]) {
  const how = javaScript ? "with scripts" : "without scripts";

  test(`a refused form keeps everything typed (${how})`, async () => {
    const { page, close } = await demoVisit(browser, house, "researcher", { javaScript });
    await page.goto("/achievements/new");
    await fill(page, {
      [zh("fields.title")]: "<b>超声</b> & “引号” 'x' </textarea>",
      [zh("fields.language")]: { tick: zh("listings.language.en") },
      [zh("fields.summary")]: "\n第一行前有空行\n\n  缩进与<script>alert(1)</script>",
      [zh("fields.advantage")]: "好",
      [zh("fields.trl")]: { choose: zh("codes.trl.5") },
      [zh("fields.field")]: { choose: zh("codes.field.energy") },
      [zh("fields.keywords")]: "一，二，三",
      [zh("fields.cooperation")]: { tick: [zh("codes.cooperation.joint"), zh("codes.cooperation.equity")] },
      [zh("fields.price_kind")]: { tick: zh("codes.price_kind.fixed") },
      [zh("listings.price_min")]: "两百万",
      [zh("listings.price_max")]: "-5",
      [zh("fields.ownership")]: { choose: zh("codes.ownership.joint") },
      [zh("fields.detail")]: "保密",
    });
    const row = zh("ui.indicator.row", { n: 2 });
    await page.getByLabel(`${zh("ui.indicator.name")}${row}`).fill("循环寿命");
    await page.getByLabel(`${zh("ui.indicator.operator")}${row}`).selectOption({ label: zh("codes.operator.between") });
    await page.getByLabel(`${zh("ui.indicator.value")}${row}`, { exact: true }).fill("abc");
    await group(page, zh("fields.ip")).getByLabel(zh("listings.ip_number")).first().fill("ZL1");
    const before = await filled(page, zh("listings.submit"));
    const answer = page.waitForResponse((response) => response.request().method() === "POST");
    await press(page, zh("listings.submit"));
    assert.equal((await answer).status(), 422);
    const now = await filled(page, zh("listings.submit"));
    assert.deepEqual(before.filter((pair) => !pair.endsWith("=")).filter((pair) => !now.includes(pair)), []);
    await leadsToFields(page);
    await close();
  });

  test(`a form sent twice does one thing (${how})`, async () => {
    const { page, close } = await demoVisit(browser, house, "engineer", { javaScript });
    const title = `只发一次 ${how}`;
    await page.goto("/demands/new");
    await fill(page, { [zh("fields.title")]: title });
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await page.getByRole("button", { name: zh("listings.save_draft"), exact: true }).dblclick();
    await says(page, zh("flash.saved"));
    // And once more, as a browser does that loads the answer again.
    const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
    const again = await page.request.post("/demands/new", { headers, data: (await sent).postData() });
    assert.equal(again.url(), page.url());
    await page.goto("/work");
    assert.equal(await page.getByRole("link", { name: title }).count(), 1);
    await close();
  });

  test(`a wrong password says one thing and keeps the address (${how})`, async () => {
    const { page, close } = await visit(browser, house.url, { javaScript });
    await page.goto("/signin");
    await fill(page, { [zh("accounts.email")]: "nobody@demo.keqiao", [zh("accounts.password")]: "falsch-falsch-falsch" });
    await press(page, zh("accounts.sign_in"));
    await errors(page).getByText(zh("error.sign_in_failed")).waitFor();
    assert.equal(await field(page, zh("accounts.email")).inputValue(), "nobody@demo.keqiao");
    assert.equal(await field(page, zh("accounts.password")).inputValue(), "");
    await close();
  });
}

/** The addresses a page asks for while it is opened. */
async function requested(page, address) {
  const requests = [];
  const note = (request) => requests.push(new URL(request.url()).pathname);
  page.on("request", note);
  await page.goto(address);
  await awake(page);
  page.off("request", note);
  return requests;
}

test("pages without islands ask for no program", async () => {
  const { page, close } = await visit(browser, house.url);
  const demand = async () => {
    await page.goto("/demands");
    return page.getByRole("main").locator("a[href^='/demands/XQ-']").first().getAttribute("href");
  };
  // The search box completes what is typed, by a few kilobytes of script and no program.
  for (const address of ["/demands", "/achievements?q=检测", "/experts"]) {
    const programs = (await requested(page, address)).filter((path) => /\.(wasm|js)$/.test(path));
    assert.match(programs.join(" "), /^\/assets\/suggest-\w+\.js$/, `${address} asks for more`);
    assert.equal(await page.locator("leptos-island").count(), 0, `${address} has an island`);
  }
  for (const address of ["/", "/about", await demand(), "/organisations", "/contracts", "/targets", "/targets/contract_value", "/nowhere"]) {
    const programs = (await requested(page, address)).filter((path) => /\.(wasm|js)$/.test(path));
    assert.deepEqual(programs, [], `${address} asks for a program`);
    assert.equal(await page.locator("script, leptos-island").count(), 0, `${address} has a script`);
  }
  await close();
});

test("islands wake and help", async () => {
  const { page, close } = await demoVisit(browser, house, "engineer");
  assert.ok((await requested(page, "/demands/new")).some((path) => path.endsWith(".wasm")));
  assert.ok(await awake(page));
  const budget = field(page, zh("listings.budget_min"));
  await budget.fill("120 万");
  await page.getByText(zh("islands.money", { yuan: "1,200,000" })).first().waitFor();
  await page.goto("/en/organisations/new");
  assert.ok(await awake(page));
  const code = field(page.getByRole("region", { name: en("organisations.create_title") }), en("organisations.credit_code"), en);
  await code.fill(creditCode("91990181", "MA900009"));
  await page.getByText(en("islands.code_ok")).first().waitFor();
  await code.fill(wrongCreditCode(creditCode("91990181", "MA900009")));
  await page.getByText(en("islands.code_check")).first().waitFor();
  await close();
});

test("a page that broke its policy would be noticed", async () => {
  const { page, context, complaints } = await visit(browser, house.url);
  const answer = await page.goto("/");
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /script-src 'nonce-[\da-f]{32}'/);
  assert.doesNotMatch(policy, /'unsafe-inline'|'unsafe-eval'/);
  assert.deepEqual(complaints, []);
  const said = page.waitForEvent("console");
  await page.evaluate(() => document.body.setAttribute("style", "color: red"));
  await said;
  assert.match(complaints.join(), /Content Security Policy/);
  await context.close();
});

test("a contract on paper is the contract alone", async () => {
  const { page, close } = await visit(browser, house.url);
  await page.goto("/contracts");
  await page.getByRole("main").locator("a[href^='/contracts/HT-']").first().click();
  await page.emulateMedia({ media: "print" });
  for (const part of [page.getByRole("banner"), page.getByRole("navigation", { name: zh("ui.nav.breadcrumb") }), page.getByRole("contentinfo"), page.getByRole("link", { name: zh("contracts.print") })]) {
    assert.equal(await part.isVisible(), false);
  }
  assert.ok(await page.getByRole("heading", { level: 1 }).isVisible());
  assert.ok(await page.getByText(zh("contracts.value")).first().isVisible());
  await close();
});
