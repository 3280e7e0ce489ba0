//! Every rule with what it says on a day, and what it said before or will say later.

use keqiao_market::{
    CHINA, contracts,
    rules::{self, RuleFilter, RuleLine, Standing, may_edit},
};
use keqiao_model::{Coded, RuleKind, format_date, parse_date};
use leptos::prelude::*;

use super::{holidays_missing, name, source, standing, value_text};
use crate::{
    Cx, Form, Page, PageError, Query, Route,
    listings::options,
    t,
    ui::{self, Align, ButtonStyle, Input},
    words::code_label,
};

/// Parameters of the filter form.
const FILTERS: [&str; 2] = ["kind", "on"];

pub(super) async fn page(cx: &Cx) -> Result<Page, PageError> {
    let today = cx.now.to_offset(CHINA).date();
    let asked = parse_date(cx.query.get("on"));
    let filter = RuleFilter { kind: RuleKind::from_code(cx.query.get("kind")), on: asked.unwrap_or(today) };
    let lines = rules::rules(&cx.market, filter).await?;
    let missing = contracts::missing_holidays(&cx.market).await?;
    let page = {
        let cx = cx.clone();
        Page::new(t!(cx.lang, "rules.title"), move || view(&cx, filter, asked.is_some(), &lines, &missing))
    };
    Ok(page.public(t!(cx.lang, "rules.lead")))
}

fn view(cx: &Cx, filter: RuleFilter, dated: bool, lines: &[RuleLine], missing: &[i32]) -> AnyView {
    let add = may_edit(&cx.market, &cx.actor).then(|| {
        let kind = filter.kind.map_or("", |k| k.code()).to_owned();
        let to = format!("{}{}", cx.href(&Route::RuleNew), Query(vec![("kind".to_owned(), kind)]).to_search());
        ui::button_link(t!(cx.lang, "rules.add"), &to, ButtonStyle::Primary)
    });
    let on = ui::day_text(cx, filter.on);
    let kinds: Vec<RuleKind> = RuleKind::ALL.iter().copied().filter(|k| filter.kind.is_none_or(|asked| asked == *k)).collect();
    let figures = kinds.iter().any(|k| *k != RuleKind::Refusal).then(|| {
        let rows = kinds.iter().filter(|k| **k != RuleKind::Refusal).map(|kind| {
            let now = lines.iter().find(|l| l.rule.kind == *kind && l.standing == Standing::InForce);
            now.map_or_else(|| nothing(cx, *kind), |line| row(cx, line))
        });
        let body =
            ui::record_table(&t!(cx.lang, "rules.in_force_on", day = on), heads(cx, t!(cx.lang, "rules.what")), rows.collect(), &ALIGN);
        ui::section("values", t!(cx.lang, "rules.values"), body)
    });
    let grounds = kinds.contains(&RuleKind::Refusal).then(|| {
        let now = lines.iter().filter(|l| l.rule.kind == RuleKind::Refusal && l.standing == Standing::InForce);
        let rows = now.map(|line| row(cx, line)).collect();
        let body = ui::record_table(&t!(cx.lang, "rules.grounds_on", day = on), heads(cx, t!(cx.lang, "rules.ground")), rows, &ALIGN);
        ui::section("grounds", t!(cx.lang, "rules.grounds"), body)
    });
    view! {
        {ui::page_title(t!(cx.lang, "rules.title"), None, add)}
        {ui::lead(t!(cx.lang, "rules.lead"))}
        {holidays_missing(cx, missing)}
        <div class="search-page">
            {ui::filter_panel(cx, &FILTERS, filters(cx, filter, dated))}
            <div class="search-results">
                {chips(cx, filter, dated)}
                {figures}
                {grounds}
                {others(cx, lines)}
            </div>
        </div>
    }
    .into_any()
}

const ALIGN: [Align; 2] = [Align::Start, Align::End];

fn heads(cx: &Cx, first: &str) -> Vec<String> {
    [first, t!(cx.lang, "rules.value"), t!(cx.lang, "rules.source"), t!(cx.lang, "rules.valid_from"), t!(cx.lang, "rules.until")]
        .map(str::to_owned)
        .into()
}

fn row(cx: &Cx, line: &RuleLine) -> Vec<AnyView> {
    let rule = &line.rule;
    let until = line.until.map_or_else(|| "–".into_any(), |day| ui::day(cx, day));
    let words = name(cx, rule.kind, &rule.key);
    vec![
        view! { <a href=cx.href(&Route::Rule(rule.id))>{words}</a> }.into_any(),
        value_text(cx, rule.kind, rule.value).into_any(),
        source(cx, rule).into_any(),
        ui::day(cx, rule.valid_from),
        until,
    ]
}

fn nothing(cx: &Cx, kind: RuleKind) -> Vec<AnyView> {
    let empty = || "–".into_any();
    vec![
        code_label(cx.lang, RuleKind::GROUP, kind.code()).into_any(),
        t!(cx.lang, "rules.none_in_force").into_any(),
        empty(),
        empty(),
        empty(),
    ]
}

/// Those that applied earlier, will apply later, or were withdrawn.
fn others(cx: &Cx, lines: &[RuleLine]) -> AnyView {
    let rows: Vec<Vec<AnyView>> = lines
        .iter()
        .filter(|l| l.standing != Standing::InForce)
        .map(|line| {
            let mut cells = row(cx, line);
            cells.push(standing(cx, line));
            cells
        })
        .collect();
    let body = if rows.is_empty() {
        view! { <p class="hint">{t!(cx.lang, "rules.no_others")}</p> }.into_any()
    } else {
        let mut heads = heads(cx, t!(cx.lang, "rules.what"));
        heads.push(t!(cx.lang, "rules.standing").to_owned());
        ui::record_table(t!(cx.lang, "rules.others"), heads, rows, &ALIGN)
    };
    ui::section("others", t!(cx.lang, "rules.others"), body)
}

fn filters(cx: &Cx, filter: RuleFilter, dated: bool) -> AnyView {
    let typed = [
        ("kind", filter.kind.map_or("", |k| k.code()).to_owned()),
        ("on", if dated { format_date(filter.on) } else { cx.query.get("on").to_owned() }),
    ];
    let form = Form::filled(typed.into_iter().collect());
    let kind = Input::new("kind", t!(cx.lang, "rules.kind")).blank(t!(cx.lang, "contracts.any"));
    view! {
        {ui::select(cx, &form, kind, options::<RuleKind>(cx.lang))}
        {ui::date_input(cx, &form, Input::new("on", t!(cx.lang, "rules.on")).hint(t!(cx.lang, "rules.on_hint")))}
    }
    .into_any()
}

fn chips(cx: &Cx, filter: RuleFilter, dated: bool) -> AnyView {
    let mut chips = Vec::new();
    if let Some(kind) = filter.kind {
        let value = code_label(cx.lang, RuleKind::GROUP, kind.code());
        chips.push((t!(cx.lang, "rules.kind").to_owned(), value, cx.here(&cx.query.with("kind", ""))));
    }
    if dated {
        chips.push((t!(cx.lang, "rules.on").to_owned(), ui::day_text(cx, filter.on), cx.here(&cx.query.with("on", ""))));
    }
    ui::chips(cx, chips, &cx.href(&Route::Rules))
}
