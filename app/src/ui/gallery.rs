//! Every part in its states, at `/gallery` of debug builds.

use keqiao_model::{FieldError, Fields, Indicator, ListingKind, Operator, compare};
use leptos::prelude::*;

use super::*;
use crate::{Cx, Form, t};

/// Every part in its states.
pub fn gallery(cx: &Cx) -> AnyView {
    let parts = [
        ("words", words_part(cx)),
        ("figures", figures_part(cx)),
        ("search", search_part(cx)),
        ("tables", tables_part(cx)),
        ("lists", lists_part(cx)),
        ("charts", charts_part(cx)),
        ("form", form_part(cx)),
    ];
    let parts: Vec<AnyView> = parts.into_iter().map(|(id, body)| section(id, id, body)).collect();
    let title = page_title(t!(cx.lang, "ui.gallery.title"), Some("XQ-2026-000123"), Some(state_badge(cx, "listing_state", "published")));
    view! {
        {breadcrumb(cx, &[(t!(cx.lang, "ui.nav.demands"), "#".to_owned())])}
        {title}
        {lead(t!(cx.lang, "ui.gallery.sentence"))}
        <div class="gallery">{parts}</div>
    }
    .into_any()
}

fn sentence(cx: &Cx) -> AnyView {
    t!(cx.lang, "ui.gallery.sentence").into_any()
}

fn words_part(cx: &Cx) -> AnyView {
    let name = t!(cx.lang, "ui.gallery.name");
    let tones = [Tone::Neutral, Tone::Info, Tone::Good, Tone::Warn, Tone::Bad, Tone::Accent];
    let badges: Vec<AnyView> = tones.into_iter().map(|tone| badge(name, tone)).collect();
    let notices: Vec<AnyView> = tones.into_iter().map(|tone| notice(cx, tone, sentence(cx))).collect();
    let styles = [ButtonStyle::Primary, ButtonStyle::Secondary, ButtonStyle::Quiet, ButtonStyle::Danger];
    let all_buttons = buttons(styles.into_iter().map(|style| button(name, "", style)).collect());
    let pairs = vec![
        (name.to_owned(), money(cx, 123_450_000).into_any()),
        (name.to_owned(), money_compact(cx, 600_000_000_000).into_any()),
        (name.to_owned(), date(cx, cx.now)),
        (name.to_owned(), date_time(cx, cx.now)),
        (name.to_owned(), percent(9_996, 10_000).into_any()),
    ];
    let aside = view! { {card(name, definition_list(pairs))} {card(name, all_buttons)} }.into_any();
    let main = view! {
        <div class="badges">{badges}</div>
        <div class="stack">{notices}</div>
        {heading(3, name)}
        {paragraphs(&format!("{0}\n{0}\n\n{0}", t!(cx.lang, "ui.gallery.sentence")))}
        {details(name, false, sentence(cx))}
        {empty(cx, name, t!(cx.lang, "ui.gallery.sentence"), Some((name, "#".to_owned())))}
    }
    .into_any();
    let tabs = tabs(name, vec![(name.to_owned(), "#".to_owned(), true, Some(1_234)), (name.to_owned(), "#".to_owned(), false, None)]);
    view! { {tabs} {two_columns(main, aside)} }.into_any()
}

fn figures_part(cx: &Cx) -> AnyView {
    let name = t!(cx.lang, "ui.gallery.name");
    let items = vec![
        stat(name, &money_compact(cx, 413_700_000_000), "", Some("#".to_owned())),
        stat(name, &count(1_286), t!(cx.lang, "ui.gallery.name"), None),
        stat(name, &count(97), "", None),
        stat(name, &percent(6_895, 10_000), "", None),
    ];
    let names = (1..=7).map(|n| format!("{name} {n}")).collect();
    view! {
        <div class="stack">
            {stats(items)}
            {progress(name, 4_137, 6_000, &percent(4_137, 6_000))}
            {steps(cx, name, names, 3)}
        </div>
    }
    .into_any()
}

fn search_part(cx: &Cx) -> AnyView {
    let name = t!(cx.lang, "ui.gallery.name");
    let option = |n: u64| FacetOption { code: n.to_string(), label: format!("{name} {n}"), count: (n * 37) % 50, checked: n == 2 };
    let facets = view! {
        {facet(cx, "field", name, (0..4).map(option).collect())}
        {facet(cx, "region", name, (0..14).map(option).collect())}
    };
    let item = |marked: bool| {
        let title = if marked { view! { {name}" "<mark>{name}</mark> }.into_any() } else { sentence(cx) };
        result_item(ResultItem {
            badges: vec![state_badge(cx, "listing_state", "published"), badge(name, Tone::Info)],
            meta: vec![name.into_any(), name.into_any(), date(cx, cx.now)],
            snippet: Some(sentence(cx)),
            side: Some(view! { <span class="amount">{money_compact(cx, 350_000_000)}</span> }.into_any()),
            ..ResultItem::new(title, "#")
        })
    };
    view! {
        {search_form(cx, name, name)}
        <div class="search-page">
            {filter_panel(cx, &["field", "region"], facets.into_any())}
            <div>
                {chips(cx, vec![(name.to_owned(), name.to_owned(), "#".to_owned()), (name.to_owned(), name.to_owned(), "#".to_owned())], "#")}
                <div class="toolbar">
                    <p class="found">{count(128)}</p>
                    {sort_links(cx, &[("", name), ("new", t!(cx.lang, "ui.gallery.other"))])}
                </div>
                {results(vec![item(true), item(false)])}
                {pager(cx, 1_286, 20)}
            </div>
        </div>
    }
    .into_any()
}

fn tables_part(cx: &Cx) -> AnyView {
    let name = t!(cx.lang, "ui.gallery.name");
    let head = || vec![name.to_owned(), t!(cx.lang, "ui.gallery.other").to_owned(), t!(cx.lang, "ui.chart.total").to_owned()];
    let rows = || {
        let row =
            |n: i64| vec![view! { <a href="#">{format!("HT-2026-00000{n}")}</a> }.into_any(), sentence(cx), count(n * 12_345).into_any()];
        (1..4).map(row).collect::<Vec<_>>()
    };
    let align = [Align::Start, Align::Start, Align::End];
    let indicator = |value: &str| Indicator {
        name: name.to_owned(),
        operator: Operator::Ge,
        value: value.to_owned(),
        unit: "%".to_owned(),
        ..Indicator::default()
    };
    let met_and_missed = compare(&[indicator("95"), indicator("98")], &[indicator("97")]);
    let in_degrees = Indicator { unit: "℃".to_owned(), ..indicator("97") };
    let unlike = compare(&[indicator("95")], &[in_degrees]);
    let unstated = compare(&[indicator("95")], &[]);
    let fits = [met_and_missed, unlike, unstated].concat();
    view! {
        <div class="stack">
            {table(name, head(), rows(), &align)}
            {record_table(name, head(), rows(), &align)}
            {indicator_table(cx, &[indicator("95"), indicator("99.5")], ListingKind::Demand)}
            {indicator_fits(cx, &fits)}
        </div>
    }
    .into_any()
}

fn lists_part(cx: &Cx) -> AnyView {
    let name = t!(cx.lang, "ui.gallery.name");
    let event = |tone| TimelineItem { title: name.to_owned(), meta: date_time(cx, cx.now), body: Some(sentence(cx)), tone };
    let message = |own| Message {
        author: name.to_owned(),
        organisation: t!(cx.lang, "ui.gallery.other").to_owned(),
        at: cx.now,
        own,
        text: t!(cx.lang, "ui.gallery.sentence").to_owned(),
        below: None,
    };
    let task = |href: Option<&str>, tone| Task {
        title: name.to_owned(),
        href: href.map(str::to_owned),
        hint: t!(cx.lang, "ui.gallery.other").to_owned(),
        status: name.to_owned(),
        tone,
    };
    let main = view! {
        {thread(cx, vec![message(false), message(true), message(false)])}
        {task_list(vec![task(Some("#"), Tone::Warn), task(Some("#"), Tone::Good), task(None, Tone::Neutral)])}
    };
    two_columns(main.into_any(), card(name, timeline(vec![event(Tone::Good), event(Tone::Info), event(Tone::Bad)])))
}

fn charts_part(cx: &Cx) -> AnyView {
    let name = t!(cx.lang, "ui.gallery.name");
    let format = || {
        let cx = cx.clone();
        Box::new(move |fen| money_compact(&cx, fen)) as Box<dyn Fn(i64) -> String>
    };
    let chart = |id: &str, target: Option<i64>, label: &dyn Fn(i64) -> String| BarChart {
        id: id.to_owned(),
        title: name.to_owned(),
        summary: t!(cx.lang, "ui.gallery.sentence").to_owned(),
        label_title: name.to_owned(),
        value_title: t!(cx.lang, "ui.chart.total").to_owned(),
        series: (0..6).map(|n| Bar { label: label(n), value: (n + 2) * 71_300_000_000, href: Some("#".to_owned()) }).collect(),
        target,
        format: format(),
    };
    let grouped = GroupedChart {
        id: "grouped".to_owned(),
        title: name.to_owned(),
        summary: t!(cx.lang, "ui.gallery.sentence").to_owned(),
        label_title: name.to_owned(),
        parts: (1..=6).map(|n| format!("{name} {n}")).collect(),
        bars: (2022..=2026).map(|year| (year.to_string(), (1..=6).map(|n| n * (year - 2020) * 3_100_000_000).collect())).collect(),
        format: format(),
    };
    let growth = LineChart {
        id: "growth".to_owned(),
        title: name.to_owned(),
        summary: t!(cx.lang, "ui.gallery.sentence").to_owned(),
        label_title: name.to_owned(),
        total_title: name.to_owned(),
        expected_title: t!(cx.lang, "ui.chart.target").to_owned(),
        points: (1..=12)
            .map(|n| LinePoint { label: n.to_string(), total: (n < 9).then_some(n * n * 700_000_000), expected: Some(n * 6_000_000_000) })
            .collect(),
        format: format(),
    };
    view! {
        <div class="stack">
            {bar_chart(cx, chart("years", Some(600_000_000_000), &|n| (2021 + n).to_string()))}
            {bar_list(cx, chart("counties", None, &|n| format!("{name} {n}")))}
            {grouped_chart(cx, grouped)}
            {line_chart(cx, growth)}
        </div>
    }
    .into_any()
}

fn form_part(cx: &Cx) -> AnyView {
    let name = t!(cx.lang, "ui.gallery.name");
    let other = t!(cx.lang, "ui.gallery.other");
    let options = || vec![("a".to_owned(), name.to_owned()), ("b".to_owned(), other.to_owned())];
    let fields: Fields =
        [("title", name), ("kind", "b"), ("indicators.0.name", name), ("indicators.0.operator", "between")].into_iter().collect();
    let errors = vec![
        FieldError::new("summary", "required"),
        FieldError::new("way", "required"),
        FieldError::new("indicators.0.value", "required"),
        FieldError::new("", "refused"),
    ];
    let form_state = Form { fields, errors };
    let input = |field: &str| Input::new(field, name);
    let body = view! {
        {text(cx, &form_state, input("title").required().hint(t!(cx.lang, "ui.gallery.sentence")))}
        {textarea(cx, &form_state, input("summary").required().max(200))}
        {select(cx, &form_state, input("kind"), options())}
        {radios(cx, &form_state, input("way").required(), options())}
        {checkboxes(cx, &form_state, input("cooperation"), options())}
        {checkbox(cx, &form_state, input("agreed"), "yes")}
        {date_input(cx, &form_state, input("deadline"))}
        {money_input(cx, &form_state, input("budget"))}
        {file(cx, &form_state, input("file"))}
        {fieldset(t!(cx.lang, "ui.indicator.caption"), indicator_editor(cx, &form_state, "indicators"))}
        {buttons(vec![button(name, "", ButtonStyle::Primary), button(name, "", ButtonStyle::Secondary)])}
    };
    view! {
        <div class="narrow">
            {error_summary(cx, &form_state, &[("summary", name), ("way", name), ("indicators", t!(cx.lang, "ui.indicator.caption"))])}
            {form(cx, "#", false, body.into_any())}
        </div>
    }
    .into_any()
}
