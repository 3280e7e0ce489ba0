//! One introduction with its evidence: a page to print, and the same as a file that needs nothing else.

use keqiao_market::introductions::{self, EntryView, IntroductionView};
use keqiao_model::{Coded, IntroductionRecord, ListingKind};
use leptos::prelude::*;
use time::OffsetDateTime;

use super::introductions::badges;
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    ui::{self, ButtonStyle, Tone},
    words::code_label,
};

/// The style of the file: it is read far from here.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}dl>div{display:grid;\
     grid-template-columns:11rem 1fr;gap:1rem;padding:.25rem 0}dt{color:#555}dd{margin:0}.hash,pre{font:13px/1.4 monospace;\
     overflow-wrap:anywhere;white-space:pre-wrap}section{border-top:1px solid #999;margin-top:1.5rem}";

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let introduction = introductions::introduction(&cx.market, &cx.actor, number).await?;
    let title = t!(cx.lang, "brokers.sheet_title", number = number);
    if cx.query.get("download") == "html" {
        return Ok(Page::file(format!("{number}.html"), "text/html; charset=utf-8", document(cx, &title, &introduction).into_bytes()));
    }
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &introduction, &form.unwrap_or_default())))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    if submission.action() != "acknowledge" {
        return Err(PageError::NotFound);
    }
    match introductions::acknowledge(&cx.market, &cx.actor, number, submission.version(), submission.once()).await {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.acknowledged"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

fn document(cx: &Cx, title: &str, introduction: &IntroductionView) -> String {
    let (lang, body) = (cx.lang.tag(), view! { <h1>{title.to_owned()}</h1>{sheet(cx, introduction)} }.into_any().to_html());
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\
         <body>{body}</body></html>\n"
    )
}

fn view(cx: &Cx, introduction: &IntroductionView, form: &Form) -> AnyView {
    let summary = &introduction.summary;
    let acknowledge = summary.may_acknowledge.then(|| {
        let version = summary.version.to_string();
        let here = cx.href(&cx.route);
        let words = t!(cx.lang, "brokers.acknowledge");
        let button = ui::post_button(cx, &here, words, "acknowledge", &[("version", &version)], ButtonStyle::Primary);
        ui::notice(cx, Tone::Info, view! { <p>{t!(cx.lang, "brokers.acknowledge_text")}</p>{button} }.into_any())
    });
    let bypassed = summary.bypassed.then(|| ui::notice(cx, Tone::Bad, view! { <p>{t!(cx.lang, "brokers.bypassed_text")}</p> }.into_any()));
    let download = format!("{}{}", cx.href(&cx.route), Query(vec![("download".to_owned(), "html".to_owned())]).to_search());
    let beside = view! { <div class="badges">{badges(cx, summary)}</div> }.into_any();
    view! {
        {ui::error_summary(cx, form, &[])}
        {ui::back_link(cx, t!(cx.lang, "brokers.introductions"), &cx.href(&Route::Introductions))}
        {ui::page_title(&t!(cx.lang, "brokers.sheet_title", number = summary.number), None, Some(beside))}
        {bypassed}
        {acknowledge}
        {ui::buttons(vec![ui::button_link(t!(cx.lang, "brokers.download"), &download, ButtonStyle::Secondary)])}
        {sheet(cx, introduction)}
        {ways(cx, introduction)}
    }
    .into_any()
}

/// Where to go from the page; on paper and in the file there is nowhere to go.
fn ways(cx: &Cx, introduction: &IntroductionView) -> AnyView {
    let summary = &introduction.summary;
    let link = |route: Route, words: &str| ui::button_link(words, &cx.href(&route), ButtonStyle::Quiet);
    let mut ways = vec![link(Route::Broker(summary.broker.0), &summary.broker.1)];
    for (kind, number) in &summary.pair {
        ways.push(link(Route::Listing(*kind, number.clone()), number));
    }
    if let Some(deal) = &summary.deal {
        ways.push(link(Route::Deal(deal.clone()), deal));
    }
    ui::buttons(ways)
}

/// Everything that is evidence.
fn sheet(cx: &Cx, introduction: &IntroductionView) -> AnyView {
    let records: Vec<AnyView> = introduction.entries.iter().map(|entry| record(cx, entry)).collect();
    let sound = introduction.entries.iter().all(|e| e.holds) && !introduction.entries.is_empty();
    let result = if sound { t!(cx.lang, "brokers.sound") } else { t!(cx.lang, "brokers.unsound") };
    let (place, head) = &introduction.head;
    let checked = vec![
        (t!(cx.lang, "brokers.result").to_owned(), ui::badge(result, if sound { Tone::Good } else { Tone::Bad })),
        (t!(cx.lang, "brokers.checked_at").to_owned(), ui::date_time(cx, cx.now)),
        (t!(cx.lang, "brokers.head").to_owned(), t!(cx.lang, "brokers.head_at", n = place).into_any()),
        (t!(cx.lang, "brokers.head_hash").to_owned(), hash(head)),
    ];
    let check = view! {
        {ui::definition_list(checked)}
        <p>{t!(cx.lang, "brokers.how_to_verify")}</p>
        <pre class="payload">"printf '%s\\n%s\\n%s\\n%s\\n%s' PREVIOUS KIND ID TIME PAYLOAD | sha256sum"</pre>
        <p>{t!(cx.lang, "brokers.how_to_verify_all")}</p>
        <pre class="payload">"keqiao ledger verify"</pre>
    }
    .into_any();
    view! {
        {ui::section("facts", t!(cx.lang, "brokers.introduction"), facts(cx, introduction))}
        {ui::section("records", t!(cx.lang, "brokers.records"), records.into_any())}
        {ui::section("check", t!(cx.lang, "brokers.check"), check)}
    }
    .into_any()
}

fn hash(text: &str) -> AnyView {
    view! { <span class="hash">{text.to_owned()}</span> }.into_any()
}

fn facts(cx: &Cx, introduction: &IntroductionView) -> AnyView {
    let s = &introduction.summary;
    let acknowledged = |at: &Option<(OffsetDateTime, String)>| match at {
        Some((at, name)) => view! { {ui::date_time(cx, *at)}" "{name.clone()} }.into_any(),
        None => t!(cx.lang, "brokers.not_yet").into_any(),
    };
    let party = |name: &str, code: &str| format!("{name} · {code}").into_any();
    let number = |kind: ListingKind| s.pair.iter().find(|(k, _)| *k == kind).map(|(_, n)| n.clone()).unwrap_or_default();
    let mut facts = vec![
        (t!(cx.lang, "brokers.number").to_owned(), s.number.clone().into_any()),
        (t!(cx.lang, "brokers.single").to_owned(), s.broker.1.clone().into_any()),
        (t!(cx.lang, "deals.buyer").to_owned(), party(&s.buyer.1, &introduction.credit_codes.0)),
        (t!(cx.lang, "deals.seller").to_owned(), party(&s.seller.1, &introduction.credit_codes.1)),
        (t!(cx.lang, "brokers.subject").to_owned(), ui::paragraphs(&s.subject)),
        (t!(cx.lang, "listings.demands").to_owned(), number(ListingKind::Demand).into_any()),
        (t!(cx.lang, "listings.achievements").to_owned(), number(ListingKind::Achievement).into_any()),
        (t!(cx.lang, "brokers.made_at").to_owned(), ui::date_time(cx, s.made_at)),
        (t!(cx.lang, "brokers.valid_until").to_owned(), ui::date_time(cx, s.valid_until)),
        (t!(cx.lang, "brokers.buyer_acknowledged").to_owned(), acknowledged(&s.buyer_acknowledged)),
        (t!(cx.lang, "brokers.seller_acknowledged").to_owned(), acknowledged(&s.seller_acknowledged)),
    ];
    if let Some(deal) = &s.deal {
        facts.push((t!(cx.lang, "brokers.deal").to_owned(), deal.clone().into_any()));
    }
    facts.push((t!(cx.lang, "brokers.introduction_id").to_owned(), hash(&introduction.id.to_string())));
    ui::definition_list(facts)
}

fn record(cx: &Cx, entry: &EntryView) -> AnyView {
    let title = entry.kind.map_or_else(|| entry.code.clone(), |kind| code_label(cx.lang, IntroductionRecord::GROUP, kind.code()));
    let (words, tone) = if entry.holds { (t!(cx.lang, "brokers.holds"), Tone::Good) } else { (t!(cx.lang, "brokers.broken"), Tone::Bad) };
    let facts = vec![
        (t!(cx.lang, "brokers.result").to_owned(), ui::badge(words, tone)),
        (
            t!(cx.lang, "brokers.record_at").to_owned(),
            view! { {ui::date_time(cx, entry.at)}" "{hash(&entry.micros.to_string())} }.into_any(),
        ),
        (t!(cx.lang, "brokers.record_kind").to_owned(), hash(&entry.code)),
        (t!(cx.lang, "brokers.payload").to_owned(), view! { <pre class="payload">{entry.payload.clone()}</pre> }.into_any()),
        (t!(cx.lang, "brokers.previous").to_owned(), hash(&entry.previous)),
        (t!(cx.lang, "brokers.hash").to_owned(), hash(&entry.hash)),
    ];
    view! {
        <section class="record">
            <h3>{t!(cx.lang, "brokers.record", n = entry.seq)}" · "{title}</h3>
            {ui::definition_list(facts)}
        </section>
    }
    .into_any()
}
