//! How the market works, how it counts, and what it promises.

use keqiao_model::{Coded, Figure};
use leptos::prelude::*;

use crate::{
    Cx, Page, Route, t,
    ui::{self, Tone},
    words::{code_label, label},
};

pub(super) fn page(cx: &Cx) -> Page {
    let description = t!(cx.lang, "about.description", city = cx.city());
    let title = t!(cx.lang, "about.title");
    let cx = cx.clone();
    Page::new(title, move || view(&cx, title)).public(description)
}

fn view(cx: &Cx, title: &str) -> AnyView {
    let parts = [
        ("how", t!(cx.lang, "about.how"), how(cx)),
        ("counting", t!(cx.lang, "about.counting"), counting(cx)),
        ("privacy", t!(cx.lang, "about.privacy"), privacy(cx)),
        ("accessibility", t!(cx.lang, "about.accessibility"), accessibility(cx)),
        ("contact", t!(cx.lang, "about.contact"), contact(cx)),
    ];
    let officer = cx.actor.is_officer() || cx.actor.is_admin();
    let days = officer.then(|| ("calendar", t!(cx.lang, "about.calendar"), calendar(cx)));
    let parts: Vec<(&str, &str, AnyView)> = parts.into_iter().chain(days).collect();
    let contents = parts.iter().map(|(id, title, _)| ((*title).to_owned(), format!("#{id}"))).collect();
    let sections: Vec<AnyView> = parts.into_iter().map(|(id, title, body)| ui::section(id, title, body)).collect();
    let main = view! { <div class="prose">{sections}</div> }.into_any();
    view! {
        {ui::page_title(title, None, None)}
        {ui::lead(&t!(cx.lang, "about.lead", city = cx.city()))}
        {ui::two_columns(main, ui::steps_nav(t!(cx.lang, "about.contents"), contents))}
    }
    .into_any()
}

fn list<const N: usize>(items: [&'static str; N]) -> AnyView {
    let items: Vec<AnyView> = items.into_iter().map(|item| view! { <li>{item}</li> }.into_any()).collect();
    view! { <ul>{items}</ul> }.into_any()
}

fn how(cx: &Cx) -> AnyView {
    view! {
        <h3>{t!(cx.lang, "about.how_publish")}</h3>
        <p>{t!(cx.lang, "about.how_publish_text")}</p>
        <h3>{t!(cx.lang, "about.how_match")}</h3>
        <p>{t!(cx.lang, "about.how_match_text")}</p>
        <h3>{t!(cx.lang, "about.how_deal")}</h3>
        <p>{t!(cx.lang, "about.how_deal_text")}</p>
        <h3>{t!(cx.lang, "about.how_contract")}</h3>
        <p>{t!(cx.lang, "about.how_contract_text")}</p>
    }
    .into_any()
}

/// The rules of counting, and each figure by the very words that stand beside it.
fn counting(cx: &Cx) -> AnyView {
    let each = Figure::ALL
        .iter()
        .map(|figure| (code_label(cx.lang, Figure::GROUP, figure.code()), label(cx.lang, "targets.rule", figure.code()).into_any()))
        .collect();
    view! {
        <p>{t!(cx.lang, "about.counting_lead")}</p>
        {list([
            t!(cx.lang, "about.counting_once"),
            t!(cx.lang, "about.counting_seller"),
            t!(cx.lang, "about.counting_technical"),
            t!(cx.lang, "about.counting_distinct"),
            t!(cx.lang, "about.counting_ledger"),
            t!(cx.lang, "about.counting_pipeline"),
        ])}
        <h3>{t!(cx.lang, "about.counting_each")}</h3>
        {ui::definition_list(each)}
        <p><a href=cx.href(&Route::Targets)>{t!(cx.lang, "about.counting_see")}</a></p>
    }
    .into_any()
}

fn privacy(cx: &Cx) -> AnyView {
    view! {
        <p>{t!(cx.lang, "about.privacy_lead")}</p>
        {list([
            t!(cx.lang, "about.privacy_account"),
            t!(cx.lang, "about.privacy_sessions"),
            t!(cx.lang, "about.privacy_audit"),
            t!(cx.lang, "about.privacy_cookies"),
            t!(cx.lang, "about.privacy_detail"),
            t!(cx.lang, "about.privacy_public"),
        ])}
        <p>{t!(cx.lang, "about.privacy_rights")}</p>
    }
    .into_any()
}

fn accessibility(cx: &Cx) -> AnyView {
    view! {
        <p>{t!(cx.lang, "about.accessibility_lead")}</p>
        {list([
            t!(cx.lang, "about.accessibility_script"),
            t!(cx.lang, "about.accessibility_keyboard"),
            t!(cx.lang, "about.accessibility_words"),
            t!(cx.lang, "about.accessibility_size"),
            t!(cx.lang, "about.accessibility_errors"),
        ])}
        <p>{t!(cx.lang, "about.accessibility_limits")}</p>
        <p>{t!(cx.lang, "about.accessibility_report")}</p>
    }
    .into_any()
}

fn contact(cx: &Cx) -> AnyView {
    view! {
        <p>{t!(cx.lang, "about.contact_text", city = cx.city())}</p>
        <p>{t!(cx.lang, "about.contact_say")}</p>
        <p>{t!(cx.lang, "about.contact_infringement")}</p>
    }
    .into_any()
}

/// By which holidays periods are counted, for those who see that they are entered in time.
fn calendar(cx: &Cx) -> AnyView {
    let calendar = &cx.market.config().calendar;
    let missing = |year: i32| {
        (!calendar.knows(year))
            .then(|| ui::notice(cx, Tone::Warn, view! { <p>{t!(cx.lang, "about.calendar_missing", year = year)}</p> }.into_any()))
    };
    let this_year = cx.now.to_offset(keqiao_market::CHINA).year();
    let days = |days: &[String]| days.join(t!(cx.lang, "listings.separator")).replace('/', " – ").into_any();
    let rows = calendar.0.iter().map(|year| vec![year.year.to_string().into_any(), days(&year.holidays), days(&year.workdays)]).collect();
    let head = [t!(cx.lang, "about.calendar_year"), t!(cx.lang, "about.calendar_holidays"), t!(cx.lang, "about.calendar_workdays")];
    view! {
        <p>{t!(cx.lang, "about.calendar_lead")}</p>
        {missing(this_year)}
        {missing(this_year + 1)}
        {ui::record_table(t!(cx.lang, "about.calendar"), head.map(str::to_owned).to_vec(), rows, &[])}
    }
    .into_any()
}
