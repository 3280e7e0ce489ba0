//! The confidential detail of a listing, and the owner's log of who read what.

use keqiao_market::room::disclosures::{self, DisclosureView};
use keqiao_model::ListingKind;
use leptos::prelude::*;

use crate::{
    Cx, Page, PageError, Query, Route, t,
    ui::{self, ButtonStyle, Tone},
};

/// The confidential detail, for its owner and for whom a deal opens it.
pub(super) async fn page(cx: &Cx, kind: ListingKind, number: &str) -> Result<Page, PageError> {
    let shown = disclosures::read_detail(&cx.market, &cx.actor, kind, number).await?;
    let cx = cx.clone();
    Ok(Page::new(format!("{} {}", t!(cx.lang, "fields.detail"), shown.summary.number), move || {
        let s = &shown.summary;
        let words = if shown.own { t!(cx.lang, "deals.detail_own") } else { t!(cx.lang, "deals.detail_logged") };
        let hash = vec![(t!(cx.lang, "deals.hash").to_owned(), view! { <code class="hash">{shown.sha256.clone()}</code> }.into_any())];
        view! {
            {ui::back_link(&cx, &s.title, &cx.href(&Route::Listing(s.kind, s.number.clone())))}
            {ui::page_title(t!(cx.lang, "fields.detail"), Some(&s.number), None)}
            {ui::notice(&cx, Tone::Warn, words.into_any())}
            <div class="listing-text" lang=s.language.tag()>{ui::paragraphs(&shown.detail)}</div>
            {ui::definition_list(hash)}
        }
        .into_any()
    }))
}

fn cells(cx: &Cx, d: &DisclosureView) -> [String; 6] {
    [ui::date_time_text(cx, d.at), d.reader.clone(), d.organisation.clone(), d.deal.clone(), d.name.clone(), d.sha256.clone()]
}

fn heads(cx: &Cx) -> [&'static str; 6] {
    [
        t!(cx.lang, "deals.at"),
        t!(cx.lang, "deals.reader"),
        t!(cx.lang, "deals.side"),
        t!(cx.lang, "deals.number"),
        t!(cx.lang, "deals.what"),
        t!(cx.lang, "deals.hash"),
    ]
}

/// Who read what of the organisation's confidential texts and files.
pub(super) async fn log(cx: &Cx) -> Result<Page, PageError> {
    let deal = cx.query.get("deal").trim().to_owned();
    if cx.query.get("format") == "csv" {
        let all = disclosures::export(&cx.market, &cx.actor, &deal).await?;
        let rows = all.iter().map(|entry| {
            let mut cells = cells(cx, entry).to_vec();
            cells[0] = ui::iso_time(entry.at);
            cells
        });
        return Ok(Page::file("disclosures.csv", ui::CSV, ui::csv(&heads(cx), rows)));
    }
    let found = disclosures::disclosures(&cx.market, &cx.actor, &deal, cx.query.page()).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "deals.disclosures"), move || {
        let all = (!deal.is_empty())
            .then(|| ui::button_link(&t!(cx.lang, "deals.all_disclosures", deal = deal), &cx.href(&cx.route), ButtonStyle::Secondary));
        let export = ui::button_link(t!(cx.lang, "deals.export"), &cx.here(&cx.query.with("format", "csv")), ButtonStyle::Quiet);
        let rows: Vec<Vec<AnyView>> = found.items.iter().map(|d| cells(&cx, d).map(IntoAny::into_any).into_iter().collect()).collect();
        let list = if rows.is_empty() {
            let deals = (t!(cx.lang, "deals.title"), cx.href(&Route::Deals));
            ui::empty(&cx, t!(cx.lang, "deals.no_disclosures"), t!(cx.lang, "deals.no_disclosures_text"), Some(deals))
        } else {
            ui::record_table(t!(cx.lang, "deals.disclosures"), heads(&cx).map(str::to_owned).to_vec(), rows, &[])
        };
        view! {
            {ui::back_link(&cx, t!(cx.lang, "deals.title"), &cx.href(&Route::Deals))}
            {ui::page_title(t!(cx.lang, "deals.disclosures"), None, None)}
            {ui::lead(t!(cx.lang, "deals.disclosures_lead"))}
            {ui::buttons(vec![all.into_any(), export])}
            {list}
            {ui::pager(&cx, found.total, found.per_page)}
        }
        .into_any()
    }))
}

/// The address of the log of one deal.
pub(super) fn log_of(cx: &Cx, deal: &str) -> String {
    format!("{}{}", cx.href(&Route::Disclosures), Query(vec![("deal".to_owned(), deal.to_owned())]).to_search())
}
