//! One listing, as its reader may see it.

use keqiao_market::{
    ListingSummary, ListingView, Subject,
    attachments::{self, AttachmentView},
    history::{self, HistoryEntry},
    interests::{ListingOutcomes, listing_outcomes},
    sales::SaleSummary,
    similar::{self, SEEN, SimilarListing},
};
use keqiao_model::{
    Coded, Cooperation, Fen, Field, INDUSTRY_GROUP, IpKind, IpStatus, Lang, ListingBody, ListingKind, ListingMove, ListingState, Ownership,
    PriceKind, Stateful,
};
use leptos::prelude::*;

use super::{
    search::region_name,
    similar::{near_question, of_draft, similar_section},
};
use crate::{
    Cx, Form, Page, PageError, Query, Route,
    interests::feedback_section,
    questions::ask::ask_href,
    sales::{of_listing, way_to_sale},
    t,
    ui::{self, ButtonStyle, Input, ResultItem, TimelineItem, Tone},
    words::{code_label, label},
};

/// The label of a form field of a listing.
pub(crate) fn field_label(lang: Lang, name: &str) -> String {
    label(lang, "fields", name)
}

/// Budget or price in words.
fn price_text(cx: &Cx, price: (Option<Fen>, Option<Fen>)) -> String {
    let money = |f: Fen| ui::money_compact(cx, f.fen());
    match price {
        (Some(low), Some(high)) if low == high => money(low),
        (Some(low), Some(high)) => format!("{} – {}", money(low), money(high)),
        (Some(low), None) => t!(cx.lang, "listings.price_from", amount = money(low)),
        (None, Some(high)) => t!(cx.lang, "listings.price_to", amount = money(high)),
        (None, None) => t!(cx.lang, "listings.price_open").to_owned(),
    }
}

/// The small print of a listing in a list.
pub(crate) fn summary_meta(cx: &Cx, listing: &ListingSummary) -> Vec<AnyView> {
    let mut meta = vec![listing.number.clone(), listing.organisation.clone()];
    if let Some(field) = listing.field {
        meta.push(code_label(cx.lang, Field::GROUP, field.code()));
    }
    if cx.market.region(&listing.region).is_some() {
        meta.push(region_name(cx, &listing.region));
    }
    if let Some(level) = listing.trl {
        meta.push(format!("TRL {level}"));
    }
    if listing.price != (None, None) {
        meta.push(price_text(cx, listing.price));
    }
    if let Some(day) = listing.deadline {
        meta.push(t!(cx.lang, "listings.until", day = ui::day_text(cx, day)));
    }
    meta.into_iter().map(IntoAny::into_any).collect()
}

/// A listing in a list that was not searched.
pub(crate) fn summary_result(cx: &Cx, listing: &ListingSummary, with_state: bool) -> AnyView {
    let snippet = ui::excerpt(&listing.summary, 120);
    ui::result_item(ResultItem {
        meta: summary_meta(cx, listing),
        snippet: (!snippet.is_empty()).then(|| snippet.into_any()),
        badges: if with_state { vec![ui::state_badge(cx, ListingState::GROUP, listing.state.code())] } else { Vec::new() },
        ..ResultItem::new(listing.title.clone().into_any(), cx.href(&Route::Listing(listing.kind, listing.number.clone())))
    })
}

/// Everything a listing says, section by section; also what an officer reviews.
pub(crate) fn full_text(cx: &Cx, listing: &ListingView) -> AnyView {
    let content = &listing.content;
    let mut sections: Vec<AnyView> = Vec::new();
    let mut text = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            sections.push(ui::section(name, &field_label(cx.lang, name), ui::paragraphs(value)));
        }
    };
    match &content.body {
        ListingBody::Demand(d) => {
            text("summary", &content.summary);
            text("background", &d.background);
            text("current", &d.current);
            text("problem", &d.problem);
            text("tried", &d.tried);
        }
        ListingBody::Achievement(a) => {
            text("one_sentence", &a.one_sentence);
            text("summary", &content.summary);
            text("advantage", &a.advantage);
            text("trl_evidence", &a.trl_evidence);
            text("applications", &a.applications);
        }
    }
    if !content.indicators.is_empty() {
        let table = ui::indicator_table(cx, &content.indicators, content.body.kind());
        sections.push(ui::section("indicators", &field_label(cx.lang, "indicators"), table));
    }
    if let ListingBody::Achievement(a) = &content.body {
        if !a.ip.is_empty() {
            let rows =
                a.ip.iter()
                    .map(|r| {
                        vec![
                            code_label(cx.lang, IpKind::GROUP, r.kind.code()).into_any(),
                            r.number.clone().into_any(),
                            code_label(cx.lang, IpStatus::GROUP, r.status.code()).into_any(),
                        ]
                    })
                    .collect();
            let head = [t!(cx.lang, "listings.ip_kind"), t!(cx.lang, "listings.ip_number"), t!(cx.lang, "listings.ip_status")];
            let head = head.into_iter().map(str::to_owned).collect();
            sections.push(ui::section("ip", &field_label(cx.lang, "ip"), ui::table(t!(cx.lang, "fields.ip"), head, rows, &[])));
        }
        if !a.inventors.is_empty() {
            let names =
                a.inventors.iter().map(|i| format!("{} {} %", i.name, i.share)).collect::<Vec<_>>().join(t!(cx.lang, "listings.separator"));
            sections.push(ui::section("inventors", &field_label(cx.lang, "inventors"), ui::paragraphs(&names)));
        }
    }
    if listing.has_detail {
        let body = if listing.own {
            ui::paragraphs(&content.detail)
        } else if listing.detail_open {
            let to = cx.href(&Route::ListingDetail(listing.summary.kind, listing.summary.number.clone()));
            view! { <p>{t!(cx.lang, "listings.detail_logged")}</p>{ui::button_link(t!(cx.lang, "listings.read_detail"), &to, ButtonStyle::Secondary)} }
                .into_any()
        } else {
            ui::notice(cx, Tone::Info, t!(cx.lang, "listings.detail_closed").into_any())
        };
        sections.push(ui::section("detail", &field_label(cx.lang, "detail"), body));
    }
    let lang = content.language.tag();
    view! { <div class="listing-text" lang=lang>{sections}</div> }.into_any()
}

fn facts(cx: &Cx, listing: &ListingView) -> AnyView {
    let (s, content) = (&listing.summary, &listing.content);
    let mut facts: Vec<(String, AnyView)> = vec![(
        t!(cx.lang, "listings.organisation").to_owned(),
        view! { <a href=cx.href(&Route::Organisation(s.organisation_id))>{s.organisation.clone()}</a> }.into_any(),
    )];
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            facts.push((name.to_owned(), value.into_any()));
        }
    };
    let kind = s.kind;
    fact(t!(cx.lang, "fields.field"), s.field.map_or_else(String::new, |f| code_label(cx.lang, Field::GROUP, f.code())));
    if !content.industry.is_empty() {
        fact(t!(cx.lang, "fields.industry"), code_label(cx.lang, INDUSTRY_GROUP, &content.industry));
    }
    fact(t!(cx.lang, "listings.region"), region_name(cx, &s.region));
    let trl_label = if kind == ListingKind::Demand { t!(cx.lang, "listings.trl_target") } else { t!(cx.lang, "listings.trl_reached") };
    fact(trl_label, s.trl.map_or_else(String::new, |l| format!("TRL {l}")));
    fact(
        t!(cx.lang, "fields.cooperation"),
        s.cooperation
            .iter()
            .map(|c| code_label(cx.lang, Cooperation::GROUP, c.code()))
            .collect::<Vec<_>>()
            .join(t!(cx.lang, "listings.separator")),
    );
    let price_label = if kind == ListingKind::Demand { t!(cx.lang, "listings.budget") } else { t!(cx.lang, "listings.price") };
    fact(price_label, price_text(cx, s.price));
    match &content.body {
        ListingBody::Demand(d) => fact(t!(cx.lang, "fields.chain_node"), d.chain_node.clone()),
        ListingBody::Achievement(a) => {
            fact(
                t!(cx.lang, "fields.price_kind"),
                a.price_kind.map_or_else(String::new, |k| code_label(cx.lang, PriceKind::GROUP, k.code())),
            );
            fact(
                t!(cx.lang, "fields.ownership"),
                a.ownership.map_or_else(String::new, |k| code_label(cx.lang, Ownership::GROUP, k.code())),
            );
            fact(t!(cx.lang, "fields.funding"), a.funding.clone());
            fact(t!(cx.lang, "fields.discipline"), a.discipline.clone());
        }
    }
    fact(t!(cx.lang, "fields.deadline"), s.deadline.map_or_else(String::new, |d| ui::day_text(cx, d)));
    fact(t!(cx.lang, "fields.keywords"), content.keywords.join(t!(cx.lang, "listings.separator")));
    fact(t!(cx.lang, "listings.published"), s.published_at.map_or_else(String::new, |p| ui::date_text(cx, p)));
    ui::definition_list(facts)
}

/// Files with links, and for the owner of an editable listing a way to take each away.
pub(crate) fn files(cx: &Cx, files: &[AttachmentView], removable: bool) -> AnyView {
    if files.is_empty() {
        return ().into_any();
    }
    let here = cx.href(&cx.route);
    let items: Vec<AnyView> = files
        .iter()
        .map(|f| {
            let size = format!("{} kB", (f.size + 1023) / 1024);
            let mark = f.confidential.then(|| ui::badge(t!(cx.lang, "listings.confidential"), Tone::Warn));
            let reason = (!f.reason.is_empty()).then(|| view! { <span class="hint">{f.reason.clone()}</span> });
            let id = f.id.to_string();
            let remove = removable.then(|| ui::post_button(cx, &here, t!(cx.lang, "listings.remove_file"), "detach", &[("attachment", &id)], ButtonStyle::Quiet));
            view! { <li><a href=format!("/attachments/{}", f.id)>{f.name.clone()}</a>" "<span class="hint">{size}</span>" "{mark}{reason}{remove}</li> }.into_any()
        })
        .collect();
    view! { <ul class="file-list">{items}</ul> }.into_any()
}

fn timeline(cx: &Cx, entries: Vec<HistoryEntry>) -> AnyView {
    let items = entries
        .into_iter()
        .map(|e| TimelineItem {
            title: code_label(cx.lang, ListingMove::GROUP, &e.action),
            meta: view! { {e.person.clone()}" "{ui::date_time(cx, e.at)} }.into_any(),
            body: (!e.reason.is_empty()).then(|| ui::paragraphs(&e.reason)),
            tone: Tone::of_state(&e.to),
        })
        .collect();
    ui::timeline(items)
}

/// The page of one listing.
pub(crate) async fn page(cx: &Cx, kind: ListingKind, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let listing = keqiao_market::listings::listing(&cx.market, &cx.actor, kind, number).await?;
    let files = attachments::attachments(&cx.market, &cx.actor, Subject::Listing, listing.summary.id).await?;
    let inside = listing.own || !listing.moves.is_empty();
    let history = if inside { history::history(&cx.market, Subject::Listing, listing.summary.id).await? } else { Vec::new() };
    let public = listing.summary.state.is_public();
    let description = ui::excerpt(&listing.content.summary, 150);
    let title = listing.summary.title.clone();
    let form = form.unwrap_or_default();
    let alike = Alike {
        similar: if public { similar::similar(&cx.market, &cx.actor, kind, number).await? } else { Vec::new() },
        near: if listing.own { of_draft(cx, kind, number, &form).await? } else { Vec::new() },
    };
    let outcomes = if listing.own && !listing.summary.state.is_editable() {
        Some(listing_outcomes(&cx.market, &cx.actor, kind, number).await?)
    } else {
        None
    };
    let sale = of_listing(cx, &listing).await?;
    let around = Around { alike, outcomes, sale };
    let cx = cx.clone();
    let page = Page::new(title, move || view(&cx, &listing, &files, history, &around, &form));
    Ok(if public { page.public(description) } else { page })
}

/// What stands around the text of a listing.
struct Around {
    alike: Alike,
    /// What became of interests; for its owner.
    outcomes: Option<ListingOutcomes>,
    /// The sale of an achievement.
    sale: Option<SaleSummary>,
}

/// Listings of the same side that say much the same.
struct Alike {
    /// As a public listing: others to read.
    similar: Vec<SimilarListing>,
    /// As a draft that was to be handed in: what may be the same thing.
    near: Vec<SimilarListing>,
}

fn view(cx: &Cx, listing: &ListingView, attached: &[AttachmentView], history: Vec<HistoryEntry>, around: &Around, form: &Form) -> AnyView {
    let Around { alike, outcomes, sale } = around;
    let s = &listing.summary;
    let side = match s.kind {
        ListingKind::Demand => t!(cx.lang, "listings.demands"),
        ListingKind::Achievement => t!(cx.lang, "listings.achievements"),
    };
    let trail = ui::breadcrumb(cx, &[(side, cx.href(&Route::Listings(s.kind)))]);
    let editable = listing.own && s.state.is_editable();
    let returned = (!listing.returned.is_empty() && s.state == ListingState::Returned).then(|| {
        let items: Vec<AnyView> = listing
            .returned
            .iter()
            .map(|r| {
                let name = if r.field.is_empty() { String::new() } else { field_label(cx.lang, &r.field) };
                view! { <li><strong>{name}</strong>" "{r.text.clone()}</li> }.into_any()
            })
            .collect();
        ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "listings.returned_because")}</p><ul>{items}</ul> }.into_any())
    });
    let suspended = (listing.own && s.state == ListingState::Suspended).then(|| {
        let to = format!("{}{}", cx.href(&Route::Interests), Query(vec![("state".to_owned(), "open".to_owned())]).to_search());
        let link = view! { <a href=to>{t!(cx.lang, "interests.see_received")}</a> };
        ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "interests.suspended")}" "{link}</p> }.into_any())
    });
    let files_part = (!attached.is_empty() || editable).then(|| {
        let add = editable.then(|| {
            let body = view! {
                {ui::file(cx, form, Input::new("file", t!(cx.lang, "listings.add_file")).hint(t!(cx.lang, "listings.file_hint", types = attachments::accepted_extensions().join(t!(cx.lang, "listings.separator")))))}
                {ui::checkbox(cx, form, Input::new("confidential", t!(cx.lang, "listings.file_confidential")), "yes")}
                {ui::text(cx, form, Input::new("file_reason", t!(cx.lang, "listings.file_reason")).hint(t!(cx.lang, "listings.file_reason_hint")))}
                {ui::buttons(vec![ui::button(t!(cx.lang, "listings.upload"), "attach", ButtonStyle::Secondary)])}
            }
            .into_any();
            ui::form(cx, &cx.href(&cx.route), true, body)
        });
        ui::section("files", t!(cx.lang, "listings.files"), view! { {files(cx, attached, editable)}{add} }.into_any())
    });
    let history_part = (!history.is_empty()).then(|| ui::details(t!(cx.lang, "listings.history"), false, timeline(cx, history)));
    let seen = field_label(cx.lang, SEEN);
    let labels = [
        ("file", t!(cx.lang, "listings.add_file")),
        ("file_reason", t!(cx.lang, "listings.file_reason")),
        ("reason", t!(cx.lang, "listings.reason")),
        (SEEN, seen.as_str()),
    ];
    let main = view! {
        {ui::error_summary(cx, form, &labels)}
        {returned}
        {suspended}
        {full_text(cx, listing)}
        {files_part}
        {outcomes.as_ref().map(|outcomes| feedback_section(cx, outcomes))}
        {similar_section(cx, s.kind, &alike.similar)}
        {history_part}
    }
    .into_any();
    let aside = view! { {actions(cx, listing, &alike.near, form)}{way_to_sale(cx, listing, sale.as_ref())}{facts(cx, listing)} }.into_any();
    let badge = ui::state_badge(cx, ListingState::GROUP, s.state.code());
    view! {
        {trail}
        {ui::page_title(&s.title, Some(&s.number), Some(badge))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

/// Where to ask an expert: for the owner of a demand those of its matches, for others those named on an achievement.
fn ask_an_expert(cx: &Cx, listing: &ListingView) -> Option<String> {
    let s = &listing.summary;
    match &listing.content.body {
        ListingBody::Demand(_) if listing.own && s.state.is_indexed() => Some(format!("{}?demand={}", cx.href(&Route::Experts), s.number)),
        ListingBody::Achievement(a) if !listing.own && s.state.is_indexed() && !a.inventors.is_empty() => {
            Some(ask_href(cx, &s.number, "", ""))
        }
        _ => None,
    }
}

/// What the reader can do next: the moves the state table allows, and the ways into the market.
fn actions(cx: &Cx, listing: &ListingView, near: &[SimilarListing], form: &Form) -> AnyView {
    let s = &listing.summary;
    let here = cx.href(&cx.route);
    let version = listing.version.to_string();
    let mut parts: Vec<AnyView> = Vec::new();
    if s.state.is_indexed() && !listing.own {
        let to = cx.href(&Route::InterestNew(s.kind, s.number.clone()));
        parts.push(ui::button_link(t!(cx.lang, "listings.send_interest"), &to, ButtonStyle::Primary));
    }
    if s.state.is_indexed() && (listing.own || cx.actor.is_broker() || !listing.moves.is_empty()) {
        let to = cx.href(&Route::Matches(s.kind, s.number.clone()));
        let style = if listing.own { ButtonStyle::Primary } else { ButtonStyle::Secondary };
        parts.push(ui::button_link(t!(cx.lang, "listings.see_matches"), &to, style));
    }
    if let Some(to) = ask_an_expert(cx, listing) {
        parts.push(ui::button_link(t!(cx.lang, "experts.ask_about_demand"), &to, ButtonStyle::Secondary));
    }
    if listing.own && s.state.is_editable() {
        let to = cx.href(&Route::ListingEdit(s.kind, s.number.clone()));
        parts.push(ui::button_link(t!(cx.lang, "listings.edit"), &to, ButtonStyle::Primary));
    }
    if listing.moves.iter().any(|m| matches!(m, ListingMove::Publish | ListingMove::Return)) {
        let to = cx.href(&Route::ReviewListing(s.kind, s.number.clone()));
        parts.push(ui::button_link(t!(cx.lang, "listings.review"), &to, ButtonStyle::Primary));
    }
    let on_review_page = |m: &ListingMove| matches!(m, ListingMove::Publish | ListingMove::Return);
    for by in listing.moves.iter().filter(|m| !on_review_page(m)) {
        let words = code_label(cx.lang, ListingMove::GROUP, by.code());
        let needs_reason = s.state.transition(*by).is_some_and(|t| t.reason);
        if needs_reason {
            let body = view! {
                {ui::hidden("version", &version)}
                {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "listings.reason")).required().rows(3))}
                {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
            }
            .into_any();
            parts.push(ui::details(&words, form.value("action") == by.code(), ui::form(cx, &here, false, body)));
        } else if *by == ListingMove::Submit && !near.is_empty() {
            let body = view! {
                {ui::hidden("version", &version)}
                {near_question(cx, near, form)}
                {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Primary)])}
            }
            .into_any();
            parts.push(ui::form(cx, &here, false, body));
        } else {
            parts.push(ui::post_button(cx, &here, &words, by.code(), &[("version", &version)], ButtonStyle::Secondary));
        }
    }
    if parts.is_empty() { ().into_any() } else { view! { <div class="actions">{parts}</div> }.into_any() }
}
