// The main job of the market, as the people of a city do it: from a posted bottleneck to a contract that moves the city's target.
// Once with scripts and once without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { openBrowser, visit } from "./browser.mjs";
import { creditCode, wrongCreditCode } from "./codes.mjs";
import { errors, field, fill, follow, group, press } from "./forms.mjs";
import { emptyData, keqiao, openHouse } from "./house.mjs";
import { PASSWORD, found, register, says, signIn } from "./people.mjs";
import { zh } from "./words.mjs";

const CITY = "云汀市";
const COUNTY = "石桥市";
const COMPANY = { name: "石桥精密轴承有限公司", code: creditCode("91990181", "MA900001") };
// A research institute in the form of a company: it owes no public notice of fifteen days.
const INSTITUTE = { name: "云汀智能检测研究院有限公司", code: creditCode("91990100", "MA900002") };
const DEMAND = "高速轴承套圈磨削烧伤的在线检测";
const ACHIEVEMENT = "基于巴克豪森噪声的磨削烧伤在线检测仪";
const REASON = "请补充现在的漏检率是怎样统计的";
const AMENDED = "人工酸洗抽检，抽检比例 2%，漏检率 1.8%（按 2025 年客户退货统计）。";
const PAPER = { name: "合同.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n%%EOF\n") };
const WORDS = "贵方的方法正对我们的工序，希望安排一次现场试测。";

/** A day so many days from now, as a date field takes it. */
const day = (fromNow) => new Date(Date.now() + fromNow * 86_400_000).toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });

const number = (page) => decodeURIComponent(new URL(page.url()).pathname).split("/").find((part) => /^[A-Z]{2}-\d{4}-\d{6}$/.test(part));

/** What every listing has: indicators, level, field, cooperation. */
async function fillCommon(page, indicators) {
  for (const [at, { name, operator, value, unit, method }] of indicators.entries()) {
    const row = zh("ui.indicator.row", { n: at + 1 });
    const cell = (key) => page.getByLabel(`${zh(`ui.indicator.${key}`)}${row}`, { exact: true });
    await cell("name").fill(name);
    await cell("operator").selectOption({ label: zh(`codes.operator.${operator}`) });
    await cell("value").fill(value);
    await cell("unit").fill(unit);
    await cell("method").fill(method);
  }
  await fill(page, {
    [zh("fields.field")]: { choose: zh("codes.field.manufacturing") },
    [zh("fields.industry")]: { choose: `C34 ${zh("codes.industry.C34")}` },
    [zh("fields.keywords")]: "磨削烧伤，轴承套圈，在线检测",
    [zh("fields.cooperation")]: { tick: [zh("codes.cooperation.development"), zh("codes.cooperation.license")] },
    [zh("fields.deadline")]: day(120),
  });
}

async function postDemand(page) {
  await page.goto("/work");
  await page.getByRole("main").getByRole("link", { name: zh("listings.post_demand") }).first().click();
  await fill(page, {
    [zh("fields.title")]: DEMAND,
    [zh("fields.language")]: { tick: zh("listings.language.zh-CN") },
    [zh("fields.summary")]: "轴承套圈高速磨削后偶有表面烧伤，需要在线、无损、逐件检出。",
    [zh("fields.background")]: "风电和机床主轴轴承套圈的终磨工序。",
    [zh("fields.current")]: "人工酸洗抽检。",
    [zh("fields.problem")]: "酸洗是破坏性的，只能抽检，烧伤件仍会流出。",
    [zh("fields.trl")]: { choose: zh("codes.trl.7") },
    [zh("fields.detail")]: "套圈材料 GCr15SiMn，节拍 18 秒，主轴转速 9000 转/分。",
    [zh("listings.budget_min")]: "80 万",
    [zh("listings.budget_max")]: "150 万",
  });
  await fillCommon(page, [
    { name: "烧伤检出率", operator: "ge", value: "99.5", unit: "%", method: "与酸洗结果比对" },
    { name: "单件检测时间", operator: "le", value: "12", unit: "s", method: "产线计时" },
  ]);
  await press(page, zh("listings.save_draft"));
  await says(page, zh("flash.saved"));
  const written = number(page);
  assert.match(written, /^XQ-/);
  await follow(page, zh("listings.edit"));
  assert.equal(await field(page, zh("fields.title")).inputValue(), DEMAND);
  await press(page, zh("listings.submit"));
  await says(page, zh("flash.submitted"));
  return written;
}

async function listAchievement(page) {
  await page.goto("/work");
  await page.getByRole("main").getByRole("link", { name: zh("listings.list_achievement") }).first().click();
  await fill(page, {
    [zh("fields.title")]: ACHIEVEMENT,
    [zh("fields.language")]: { tick: zh("listings.language.zh-CN") },
    [zh("fields.one_sentence")]: "不酸洗、不停机，十秒内判定套圈有无磨削烧伤。",
    [zh("fields.summary")]: "以巴克豪森噪声识别轴承套圈的磨削烧伤，在线、无损、逐件检测。",
    [zh("fields.advantage")]: "现行的酸洗抽检是破坏性的；本成果逐件在线检测，检出率 99.6%。",
    [zh("fields.applications")]: "已在一条主轴轴承产线试用三个月。",
    [zh("fields.trl")]: { choose: zh("codes.trl.8") },
    [zh("fields.trl_evidence")]: "第三方检测报告与试用证明。",
    [zh("fields.price_kind")]: { tick: zh("codes.price_kind.negotiable") },
    [zh("listings.price_min")]: "90 万",
    [zh("listings.price_max")]: "140 万",
    [zh("fields.ownership")]: { choose: zh("codes.ownership.unit") },
    [zh("fields.detail")]: "激励频率与磁化参数见附件。",
  });
  await fillCommon(page, [
    { name: "烧伤检出率", operator: "ge", value: "99.6", unit: "%", method: "第三方检测" },
    { name: "单件检测时间", operator: "le", value: "10", unit: "s", method: "产线计时" },
  ]);
  // A patent number whose check digit is wrong: the form comes back as it was, the reason beside the number.
  const rights = group(page, zh("fields.ip"));
  await rights.getByLabel(zh("listings.ip_kind")).first().selectOption({ label: zh("codes.ip_kind.invention") });
  await rights.getByLabel(zh("listings.ip_number")).first().fill("ZL202310123456.0");
  await rights.getByLabel(zh("listings.ip_status")).first().selectOption({ label: zh("codes.ip_status.granted") });
  await press(page, zh("listings.submit"));
  await errors(page).waitFor();
  assert.match(await page.title(), new RegExp(`^${zh("page.error_prefix")}`));
  assert.equal(await field(page, zh("fields.title")).inputValue(), ACHIEVEMENT);
  const expected = /“([0-9X])”/.exec(await errors(page).innerText())[1];
  await rights.getByLabel(zh("listings.ip_number")).first().fill(`ZL202310123456.${expected}`);
  await press(page, zh("listings.save_draft"));
  await says(page, zh("flash.saved"));
  await field(page, zh("listings.add_file")).setInputFiles({ ...PAPER, name: "检测报告.pdf" });
  await press(page, zh("listings.upload"));
  await page.getByRole("link", { name: "检测报告.pdf" }).waitFor();
  await follow(page, zh("listings.edit"));
  await press(page, zh("listings.submit"));
  await says(page, zh("flash.submitted"));
  return number(page);
}

/** Returns a listing with a reason at one field. */
async function sendBack(page, title) {
  await page.goto("/work");
  await page.getByRole("main").getByRole("link", { name: zh("work.review") }).click();
  await follow(page, title);
  const aside = page.getByRole("main").getByRole("complementary");
  await aside.getByText(zh("review.return"), { exact: true }).first().click();
  await aside.getByText(zh("review.by_field"), { exact: true }).click();
  await field(aside, zh("fields.current")).fill(REASON);
  await press(page, zh("review.return"));
  await says(page, zh("flash.returned"));
}

async function mend(page, demand) {
  await page.goto(`/demands/${demand}`);
  await says(page, REASON);
  await follow(page, zh("listings.edit"));
  await says(page, REASON);
  await fill(page, { [zh("fields.current")]: AMENDED });
  await press(page, zh("listings.submit"));
  await says(page, zh("flash.submitted"));
}

async function publish(page, title) {
  await page.goto("/review");
  await follow(page, title);
  await press(page, zh("review.publish"));
  await says(page, zh("flash.decided"));
}

/** Opens a page again and again until it says something: the index follows within a second. */
async function eventually(page, address, text) {
  for (const until = Date.now() + 5_000; ; ) {
    await page.goto(address);
    if (await page.getByRole("main").getByText(text).count()) return;
    if (Date.now() > until) throw new Error(`${address} does not say ${text}`);
    await sleep(100);
  }
}

async function seeMatches(page, address, other) {
  await page.goto(address);
  await follow(page, zh("listings.see_matches"));
  await eventually(page, page.url(), other);
  const match = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: other }) });
  await match.getByText(zh("matches.words_agree")).waitFor();
  await match.getByText(zh("matches.facet.field")).waitFor();
  assert.match(await match.innerText(), /烧伤/, "the words that agree are named");
}

/** Anyone finds both sides: words are marked, facets count, chips take filters away again. */
async function search(page, achievement) {
  await page.goto("/");
  const box = page.getByRole("main").getByRole("search");
  await box.getByRole("searchbox").fill("磨削烧伤");
  await box.getByRole("button", { name: zh("home.search_achievements") }).click();
  assert.equal(await page.getByRole("mark").count() > 0, true, "words that were searched for are marked");
  const filters = page.getByRole("main").getByText(zh("ui.search.filters"), { exact: true });
  if (await filters.isVisible()) await filters.click();
  await group(page, zh("fields.field")).getByLabel(zh("codes.field.manufacturing")).check();
  await press(page, zh("ui.search.apply"));
  assert.match(page.url(), /field=manufacturing/);
  await page.getByRole("link", { name: zh("ui.search.remove", { label: zh("fields.field"), value: zh("codes.field.manufacturing") }) }).click();
  assert.doesNotMatch(page.url(), /field=/);
  await page.getByRole("main").getByRole("link", { name: ACHIEVEMENT }).click();
  await says(page, zh("listings.detail_closed"));
  assert.equal(number(page), achievement);
}

/** The researcher asks first, and is declined with a reason. */
async function declined(researcher, engineer, demand) {
  await researcher.goto(`/demands/${demand}`);
  await follow(researcher, zh("listings.send_interest"));
  await fill(researcher, { [zh("interests.message")]: "我们可以解决。" });
  await press(researcher, zh("interests.send"));
  await says(researcher, zh("flash.interest_sent"));
  await engineer.goto("/interests");
  await follow(engineer, DEMAND);
  const aside = engineer.getByRole("main").getByRole("complementary");
  await aside.getByText(zh("codes.interest_move.decline"), { exact: true }).first().click();
  await fill(aside, { [zh("interests.code")]: { choose: zh("codes.decline_code.description_unclear") }, [zh("interests.words")]: "请写明检出率和节拍。" });
  await press(engineer, zh("codes.interest_move.decline"));
  await says(engineer, zh("codes.decline_code.description_unclear"));
}

/** The broker claims the pair, introduces both sides, and they acknowledge it. */
async function introduce({ broker, engineer, researcher }) {
  await broker.goto("/pairs");
  await broker.getByRole("main").getByRole("button", { name: zh("brokers.claim_pair"), exact: true }).first().click();
  const main = broker.getByRole("main");
  await main.getByText(zh("brokers.introduce"), { exact: true }).first().click();
  await fill(broker, { [zh("brokers.subject")]: "磨削烧伤在线检测的对接。" });
  await press(broker, zh("brokers.introduce"));
  await main.getByText(/JS-\d{4}-\d{6}/).first().waitFor();
  for (const side of [engineer, researcher]) {
    await side.goto("/work");
    await side.getByRole("main").getByRole("link", { name: zh("work.introductions") }).click();
    await side.getByRole("main").locator("a[href*='/introductions/JS-']").first().click();
    await press(side, zh("brokers.acknowledge"));
    await says(side, zh("flash.acknowledged"));
  }
}

/** The broker recommends the pair, the engineer takes it up, the researcher accepts. Answers the deal's number. */
async function meet({ broker, engineer, researcher }, demand) {
  await introduce({ broker, engineer, researcher });
  await broker.goto("/board");
  await follow(broker, DEMAND);
  await broker.getByRole("main").getByText(zh("brokers.recommend"), { exact: true }).first().click();
  await fill(broker, { [zh("interests.note")]: "指标全部满足，节拍也合适。" });
  await press(broker, zh("interests.recommend"));
  await says(broker, zh("flash.recommended"));

  await engineer.goto("/interests");
  await follow(engineer, zh("interests.recommended"));
  await follow(engineer, zh("listings.send_interest"));
  assert.equal(await field(engineer, zh("interests.your_demand")).inputValue(), demand);
  await fill(engineer, { [zh("interests.message")]: WORDS });
  await press(engineer, zh("interests.send"));
  await says(engineer, zh("flash.interest_sent"));

  await researcher.goto("/work");
  await researcher.getByRole("region", { name: zh("work.waiting") }).getByRole("link", { name: ACHIEVEMENT }).click();
  await says(researcher, WORDS);
  await press(researcher, zh("codes.interest_move.accept"));
  await says(researcher, zh("flash.deal_opened"));
  assert.match(number(researcher), /^JY-/);
  return number(researcher);
}

/** Reads and signs the confidentiality agreement under one's name. */
async function signAgreement(page, deal, name, told) {
  await page.goto(`/deals/${deal}`);
  await follow(page, zh("deals.to_nda"));
  await says(page, "保密义务自双方签署之日起生效");
  await press(page, zh("deals.nda_sign"));
  await errors(page).getByText(zh("error.nda_agree")).waitFor();
  await fill(page, { [zh("deals.nda_name")]: name });
  await page.getByRole("main").getByLabel(zh("deals.nda_agree")).check();
  await press(page, zh("deals.nda_sign"));
  await says(page, told);
}

/** Messages, the confidentiality agreement, what it opens, documents, the terms. */
async function talk({ engineer, researcher, broker }, deal, achievement) {
  await engineer.goto(`/deals/${deal}`);
  await fill(engineer, { [zh("deals.message")]: "试测安排在下周三可以吗？" });
  await press(engineer, zh("deals.send"));
  await says(engineer, "试测安排在下周三可以吗？");
  await signAgreement(engineer, deal, "李工", zh("flash.nda_signed"));
  await engineer.goto(`/achievements/${achievement}`);
  await says(engineer, zh("listings.detail_closed"));
  await researcher.goto(`/deals/${deal}`);
  await says(researcher, "试测安排在下周三可以吗？");
  await signAgreement(researcher, deal, "王教授", zh("flash.nda_in_force"));
  await engineer.goto(`/achievements/${achievement}`);
  await follow(engineer, zh("listings.read_detail"));
  await says(engineer, "激励频率与磁化参数见附件。");
  await researcher.goto("/disclosures");
  await says(researcher, "李工");

  await researcher.goto(`/deals/${deal}`);
  await researcher.getByRole("main").getByText(zh("deals.add_document"), { exact: true }).first().click();
  const paper = researcher.getByRole("main").locator("details").filter({ has: researcher.getByLabel(zh("deals.document_title")) });
  await fill(paper, { [zh("deals.document_title")]: "试测方案", [zh("deals.document_kind")]: { choose: zh("codes.document_kind.technical") } });
  await field(paper, zh("deals.file")).setInputFiles({ ...PAPER, name: "试测方案.pdf" });
  await press(researcher, zh("deals.add_document"));
  await researcher.getByRole("link", { name: "试测方案.pdf" }).waitFor();

  await researcher.goto(`/deals/${deal}`);
  await press(researcher, zh("codes.deal_move.open_terms"));
  await follow(researcher, zh("deals.to_terms"));
  await fill(researcher, {
    [zh("deals.term_kind")]: { choose: zh("codes.contract_kind.development") },
    [zh("deals.term_price")]: "130 万",
    [zh("deals.term_payment")]: { tick: zh("codes.payment_way.instalments") },
    [zh("deals.term_ip")]: { tick: zh("codes.ip_share.joint") },
    [zh("deals.term_acceptance")]: "检出率不低于 99.5%，节拍不超过 12 秒，连续三天。",
  });
  // Instalments without milestones: the reason stands at them, and nothing typed is lost.
  await press(researcher, zh("deals.send_terms"));
  await errors(researcher).getByText(/1,300,000/).waitFor();
  assert.equal(await field(researcher, zh("deals.term_price")).inputValue(), "130 万");
  await fill(researcher, { [zh("deals.term_payment")]: { tick: zh("codes.payment_way.lump") } });
  await press(researcher, zh("deals.send_terms"));
  await says(researcher, zh("codes.term_state.proposed"));
  await engineer.goto(`/deals/${deal}/terms`);
  await fill(engineer, { [zh("deals.term_price")]: "120 万" });
  await press(engineer, zh("deals.send_terms"));
  await researcher.goto(`/deals/${deal}/terms`);
  await researcher.getByRole("main").locator("del").getByText("1,300,000").waitFor();
  await press(researcher, zh("codes.term_move.accept"));
  await says(researcher, zh("codes.term_state.accepted"));

  await broker.goto("/deals");
  await follow(broker, ACHIEVEMENT);
  await says(broker, zh("interests.broker"));
  await follow(broker, zh("deals.commission"));
  await fill(broker, { [zh("brokers.rate")]: "3" });
  await press(broker, zh("brokers.send_proposal"));
  for (const side of [engineer, researcher]) {
    await side.goto(`/deals/${deal}/commission`);
    await press(side, zh("brokers.agree"));
  }
  await says(researcher, zh("codes.commission_state.agreed"));
}

/** A field in a line of a table of the contract's form. */
const inLine = (column, row) => zh("contracts.line", { column: zh(`contracts.${column}`), row });

/** The parts of the contract's form, each on its page; deductions that exceed the price come back with what was typed. */
async function fillParts(page, contract) {
  await part(page, contract, "amounts", {
    [inLine("deduction_kind", 1)]: { choose: zh("codes.deduction_kind.equipment") },
    [inLine("deduction_amount", 1)]: "130 万",
    [inLine("deduction_reason", 1)]: "外购工控机和探头",
  });
  await errors(page).getByText(zh("error.deductions_over_value", { sum: "1,300,000.00", value: "1,200,000.00" })).waitFor();
  assert.equal(await field(page, inLine("deduction_amount", 1)).inputValue(), "130 万");
  await fill(page, { [inLine("deduction_amount", 1)]: "20 万" });
  await press(page, zh("contracts.save"));
  await says(page, zh("flash.saved"));
  await part(page, contract, "payment", {
    [inLine("instalment_due", 1)]: day(30),
    [inLine("instalment_amount", 1)]: "60 万",
    [inLine("instalment_amount", 2)]: "60 万",
    [inLine("instalment_condition", 2)]: "验收合格后 30 日内",
  });
  await says(page, zh("flash.saved"));
  await fillRest(page, contract);
}

/** One part of the contract's form. */
async function part(page, contract, section, values) {
  await page.goto(`/contracts/${contract}/edit/${section}`);
  await fill(page, values);
  await press(page, zh("contracts.save"));
}

/** Subject, rights and clauses: what every contract needs. */
async function fillRest(page, contract) {
  await part(page, contract, "subject", {
    [zh("fields.industry")]: { choose: `C34 ${zh("codes.industry.C34")}` },
    [zh("contracts.objective")]: { choose: zh("codes.objective.industry") },
    [zh("contracts.plan_source")]: { choose: zh("codes.plan_source.none") },
  });
  await says(page, zh("flash.saved"));
  await part(page, contract, "ip", { [zh("contracts.ip")]: { choose: zh("codes.contract_ip.know_how") } });
  await says(page, zh("flash.saved"));
  const clauses = {};
  for (const clause of ["name", "subject", "plan", "confidentiality", "ownership", "acceptance", "terms"]) {
    const name = zh(`codes.clause.${clause}`);
    clauses[name] = { tick: zh("contracts.clause_stated") };
    clauses[zh("contracts.clause_place", { clause: name })] = "第一条";
  }
  for (const clause of ["improvement", "rival_sources", "output", "tying", "suppliers", "no_challenge"]) {
    clauses[zh(`codes.monopoly_clause.${clause}`)] = { tick: zh("contracts.monopoly_none") };
  }
  await part(page, contract, "clauses", clauses);
  await says(page, zh("flash.saved"));
}

/** The seller records the contract, attaches its text and hands it in. Answers its number. */
async function sign(page, deal) {
  await page.goto(`/deals/${deal}`);
  await follow(page, zh("deals.record_contract"));
  await fill(page, {
    [zh("contracts.kind")]: { choose: zh("codes.contract_subkind.commissioned") },
    [zh("contracts.summary")]: "开发并交付一套在线检测仪，检出率不低于 99.5%，节拍不超过 12 秒。",
    [zh("contracts.signed_on")]: day(-1),
    [zh("contracts.starts_on")]: day(0),
    [zh("contracts.ends_on")]: day(365),
    [zh("contracts.value")]: "120 万",
    [zh("contracts.payment")]: { tick: zh("codes.payment_way.instalments") },
  });
  await press(page, zh("contracts.save"));
  await says(page, zh("flash.contract_recorded"));
  const contract = number(page);
  await fillParts(page, contract);
  return handIn(page, contract);
}

/** The seller attaches the text and hands it in. */
async function handIn(page, contract) {
  await page.goto(`/contracts/${contract}`);
  await field(page, zh("listings.add_file")).setInputFiles(PAPER);
  await press(page, zh("listings.upload"));
  await says(page, zh("flash.file_added"));
  await press(page, zh("codes.contract_move.submit"));
  await says(page, zh("flash.contract_submitted"));
  return number(page);
}

/** An officer accepts what lies before them and answers whatever the checks found. */
async function accept(page) {
  await press(page, zh("review.accept"));
  await says(page, zh("flash.contract_accepted"));
  const open = page.getByText(zh("review.unanswered"), { exact: true });
  for (let left = await open.count(); left > 0; ) {
    const finding = page.locator(".findings > li").filter({ has: open }).first();
    await field(finding, zh("review.answer_label")).fill("已核对合同文本，没有问题。");
    await finding.getByRole("button", { name: zh("review.answer"), exact: true }).click();
    while ((await open.count()) >= left) await sleep(50);
    left = await open.count();
  }
}

/** A contract of eight million yuan that was signed elsewhere: two officers, a certificate, an amendment. */
async function largeContract({ researcher, officer, reviewer, visitor }) {
  const title = "套圈磨削在线检测产线成套开发";
  await researcher.goto("/contracts/new");
  await fill(researcher, {
    [zh("contracts.name")]: title,
    [zh("contracts.kind")]: { choose: zh("codes.contract_subkind.commissioned") },
    [zh("fields.field")]: { choose: zh("codes.field.manufacturing") },
    [zh("contracts.summary")]: "成套开发三条产线的在线检测系统，含软件、培训和一年维护。",
    [zh("contracts.buyer_name")]: "外地机床集团有限公司",
    [zh("contracts.buyer_credit_code")]: creditCode("91110000", "MA900009"),
    [zh("contracts.signed_on")]: day(-2),
    [zh("contracts.starts_on")]: day(0),
    [zh("contracts.ends_on")]: day(700),
    [zh("contracts.value")]: "８00万元",
    [zh("contracts.payment")]: { tick: zh("codes.payment_way.lump") },
  });
  await press(researcher, zh("contracts.save"));
  await says(researcher, zh("flash.contract_recorded"));
  const contract = number(researcher);
  await fillRest(researcher, contract);
  await handIn(researcher, contract);

  await officer.goto("/review?tab=contracts");
  await follow(officer, title);
  await accept(officer);
  await press(officer, zh("review.pass"));
  await says(officer, zh("flash.contract_passed"));
  // The first reviewer has nothing more to decide.
  await officer.goto(`/review/contracts/${contract}`);
  await says(officer, zh("codes.contract_state.second_review"));
  assert.equal(await officer.getByRole("main").getByRole("button", { name: zh("review.register"), exact: true }).count(), 0);
  await reviewer.goto("/review?tab=contracts");
  await follow(reviewer, title);
  await press(reviewer, zh("review.register"));
  await says(reviewer, /^990100-\d{4}-00002$/);

  await researcher.goto(`/contracts/${contract}/certificate`);
  await says(researcher, zh("certificates.heading"));
  const code = await researcher.locator("strong.certificate-code").innerText();
  await visitor.goto("/certificates");
  await visitor.getByLabel(zh("certificates.code")).fill(code.toLowerCase());
  await press(visitor, zh("certificates.check"));
  await says(visitor, zh("certificates.valid"));
  await says(visitor, title);

  await researcher.goto(`/contracts/${contract}/amend?kind=amount`);
  await fill(researcher, {
    [zh("contracts.value")]: "900 万",
    [zh("contracts.technical_value")]: "900 万",
    [zh("amendments.reason")]: "增加一条产线，见补充协议。",
  });
  await field(researcher, zh("amendments.file")).setInputFiles(PAPER);
  await press(researcher, zh("amendments.send"));
  await says(researcher, zh("flash.amendment_proposed"));
  await officer.goto(`/contracts/${contract}/amend`);
  await press(officer, zh("codes.amendment_move.approve"));
  await says(officer, zh("flash.decided"));
  await visitor.goto("/targets/contract_value");
  await says(visitor, zh("targets.found", { n: 4 }));
  await visitor.goto(`/contracts/${contract}`);
  await says(visitor, "9,000,000");
}

async function registerContract(page, contract) {
  await page.goto("/work");
  await page.getByRole("main").getByRole("link", { name: zh("work.register") }).click();
  await follow(page, ACHIEVEMENT);
  await accept(page);
  await press(page, zh("review.register"));
  await says(page, zh("flash.decided"));
  await says(page, /^990100-\d{4}-00001$/);
  assert.equal(number(page), contract);
}

/** Everyone sees the sum, and opens it down to the contract; what is not public stays closed. */
async function target(page, contract) {
  await page.goto("/");
  await page.getByRole("navigation", { name: zh("ui.nav.main") }).getByRole("link", { name: zh("ui.nav.targets"), includeHidden: true }).click();
  await says(page, /^120(\.00)? 万元$/);
  for (const figure of ["achievements_converted", "enterprises_served"]) {
    await page.goto(`/targets/${figure}`);
    await says(page, zh("targets.found", { n: 1 }));
  }
  await page.goto("/targets");
  await page.getByRole("region", { name: zh("codes.figure.contract_value") }).getByRole("link", { name: zh("targets.evidence") }).first().click();
  await says(page, zh("targets.found", { n: 1 }));
  await page.getByRole("main").getByRole("link", { name: ACHIEVEMENT }).first().click();
  assert.equal(number(page), contract);
  await says(page, "1,200,000");
  const text = await page.getByRole("main").innerText();
  assert.doesNotMatch(text, /开发并交付一套/, "the content of a contract is for its parties");
  assert.doesNotMatch(text, /合同\.pdf/, "and so is its text");
}

/** Gives people their roles in /admin. */
async function appoint(page, name, values) {
  await page.goto("/admin");
  await follow(page, zh("admin.people"));
  await page.getByRole("main").getByRole("searchbox").fill(name);
  await press(page, zh("ui.search.go"));
  await follow(page, name);
  if (values.region) await fill(page, { [zh("admin.officer_region")]: { choose: values.region } });
  if (values.broker) await field(page, zh("admin.role_broker")).check();
  await press(page, zh("admin.save"));
  await says(page, zh("flash.saved"));
}

async function mainJob(javaScript) {
  const data = emptyData();
  keqiao(["admin", "create", "admin@keqiao.example", "--name", "管理员", "--data", data], { KEQIAO_PASSWORD: PASSWORD });
  const house = await openHouse({ data });
  const browser = await openBrowser();
  const visitors = [];
  const window = async () => {
    const visitor = await visit(browser, house.url, { javaScript });
    visitors.push(visitor);
    return visitor.page;
  };
  try {
    const pages = {};
    for (const role of ["admin", "officer", "reviewer", "broker", "engineer", "researcher", "visitor"]) pages[role] = await window();
    const { admin, officer, engineer, researcher, visitor } = pages;

    await signIn(admin, "admin@keqiao.example");
    await register(officer, house, { email: "officer@keqiao.example", name: "周正" });
    await appoint(admin, "周正", { region: CITY });
    await register(pages.reviewer, house, { email: "reviewer@keqiao.example", name: "孙复" });
    await appoint(admin, "孙复", { region: CITY });
    await register(pages.broker, house, { email: "broker@keqiao.example", name: "钱通" });
    await appoint(admin, "钱通", { broker: true });

    // 1 and 2
    await register(engineer, house, { email: "engineer@keqiao.example", name: "李工" });
    const company = { ...COMPANY, wrongCode: wrongCreditCode(COMPANY.code) };
    await found(engineer, { ...company, kind: "enterprise", legalKind: "limited", region: COUNTY, industry: "C34" });
    const demand = await postDemand(engineer);
    await sendBack(officer, DEMAND);
    await mend(engineer, demand);
    await publish(officer, DEMAND);
    // 3
    await register(researcher, house, { email: "researcher@keqiao.example", name: "王教授" });
    const institute = { ...INSTITUTE, wrongCode: wrongCreditCode(INSTITUTE.code) };
    await found(researcher, { ...institute, kind: "institute", legalKind: "limited", region: CITY });
    const achievement = await listAchievement(researcher);
    await publish(officer, ACHIEVEMENT);
    // 4
    await seeMatches(engineer, `/demands/${demand}`, ACHIEVEMENT);
    await seeMatches(researcher, `/achievements/${achievement}`, DEMAND);
    await search(visitor, achievement);
    // 5
    await declined(researcher, engineer, demand);
    const number = await meet(pages, demand);
    await talk(pages, number, achievement);
    // 6
    const contract = await sign(researcher, number);
    await registerContract(officer, contract);
    await engineer.goto(`/deals/${number}`);
    await says(engineer, zh("codes.deal_state.registered"));
    // 7
    await target(visitor, contract);
    // 8
    await largeContract(pages);

    for (const open of visitors) await open.close();
  } catch (error) {
    const pages = visitors.map(({ page, complaints }) => `${page.url()} ${complaints.join(" ")}`).join("\n");
    throw new Error(`${error.stack}\nopen pages:\n${pages}\nlog:\n${house.log()}`);
  } finally {
    await browser.close();
    await house.close();
  }
}

test("the main job with scripts", () => mainJob(true));
test("the main job without scripts", () => mainJob(false));
