//! The officers' board: one section a page, everything chosen in the address, each section also as a file.

mod amounts;
mod funnel;
mod organisations;
mod quality;
mod responses;
mod sheets;
mod work;

use keqiao_market::{
    dashboard::{self, Amounts, Board, BoardFilter, Funnel, Quality, Responses, Top, Work},
    sheets::{Sheet, XLSX, xlsx},
};
use keqiao_model::{Coded, ContractKind, Field};
use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Submission,
    listings::{options, region_name},
    t,
    ui::{self, ButtonStyle, Input},
    words::{code_label, label},
};

/// Names in the address.
const FILTERS: [&str; 4] = ["year", "region", "field", "kind"];

/// A section of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Funnel,
    Amounts,
    Work,
    Quality,
    Responses,
    Organisations,
}

impl Section {
    const ALL: [Self; 6] = [Self::Funnel, Self::Amounts, Self::Work, Self::Quality, Self::Responses, Self::Organisations];

    fn code(self) -> &'static str {
        match self {
            Self::Funnel => "funnel",
            Self::Amounts => "amounts",
            Self::Work => "work",
            Self::Quality => "quality",
            Self::Responses => "responses",
            Self::Organisations => "organisations",
        }
    }

    /// The section of a code, the first one for anything else: an old link never fails.
    fn of(code: &str) -> Self {
        Self::ALL.into_iter().find(|section| section.code() == code).unwrap_or(Self::Funnel)
    }
}

/// What a section says.
enum Data {
    Funnel(Funnel),
    Amounts(Box<Amounts>),
    Work(Vec<Work>),
    Quality(Quality),
    Responses(Box<Responses>),
    Organisations(Top),
}

async fn load(cx: &Cx, board: &Board, section: Section) -> Result<Data, PageError> {
    let market = &cx.market;
    Ok(match section {
        Section::Funnel => Data::Funnel(dashboard::funnel(market, board).await?),
        Section::Amounts => Data::Amounts(Box::new(dashboard::amounts(market, board).await?)),
        Section::Work => Data::Work(dashboard::overdue(market, board).await?),
        Section::Quality => Data::Quality(dashboard::quality(market, board).await?),
        Section::Responses => Data::Responses(Box::new(dashboard::responses(market, board).await?)),
        Section::Organisations => Data::Organisations(dashboard::top(market, board).await?),
    })
}

impl Data {
    fn sheet(&self, cx: &Cx) -> Sheet {
        match self {
            Self::Funnel(found) => sheets::funnel(cx, found),
            Self::Amounts(found) => sheets::amounts(cx, found),
            Self::Work(found) => sheets::work(cx, found),
            Self::Quality(found) => sheets::quality(cx, found),
            Self::Responses(found) => sheets::responses(cx, found),
            Self::Organisations(found) => sheets::organisations(cx, found),
        }
    }

    fn view(&self, cx: &Cx, board: &Board) -> AnyView {
        match self {
            Self::Funnel(found) => funnel::view(cx, board, found),
            Self::Amounts(found) => amounts::view(cx, board, found),
            Self::Work(found) => work::view(cx, found),
            Self::Quality(found) => quality::view(cx, found),
            Self::Responses(found) => responses::view(cx, found),
            Self::Organisations(found) => organisations::view(cx, board, found),
        }
    }
}

/// What the address asks for. Unknown values are ignored.
fn filter(cx: &Cx) -> BoardFilter {
    BoardFilter {
        year: cx.query.get("year").parse().ok().filter(|year| (2000..=2100).contains(year)),
        region: cx.market.region(cx.query.get("region")).map(|region| region.code.clone()),
        field: Field::from_code(cx.query.get("field")),
        kind: ContractKind::from_code(cx.query.get("kind")),
    }
}

/// The page of the route, or one section (CSV) or all of them (XLSX) as a file.
pub(crate) async fn page(cx: &Cx, _form: Option<Form>) -> Result<Page, PageError> {
    let board = dashboard::board(&cx.market, &cx.actor, &filter(cx)).await?;
    let section = Section::of(cx.query.get("tab"));
    match cx.query.get("format") {
        "csv" => {
            let asked = cx.query.get("section");
            let section = if asked.is_empty() { section } else { Section::of(asked) };
            let sheet = load(cx, &board, section).await?.sheet(cx);
            return Ok(Page::file(format!("dashboard-{}-{}.csv", section.code(), board.year), ui::CSV, ui::sheet_csv(&sheet)));
        }
        "xlsx" => {
            let mut all = Vec::new();
            for section in Section::ALL {
                all.push(load(cx, &board, section).await?.sheet(cx));
            }
            return Ok(Page::file(format!("dashboard-{}.xlsx", board.year), XLSX, xlsx(&all)?));
        }
        _ => {}
    }
    let data = load(cx, &board, section).await?;
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "dashboard.title"), move || view(&cx, &board, section, &data)))
}

/// Nothing is posted to the board.
pub(crate) async fn submit(_cx: &Cx, _submission: &Submission) -> Result<Outcome, PageError> {
    Err(PageError::NotFound)
}

/// What a section is called.
fn name(cx: &Cx, section: Section) -> String {
    label(cx.lang, "dashboard.tab", section.code())
}

/// The county of the board, or the city.
fn place(cx: &Cx, board: &Board) -> String {
    board.region.as_deref().map_or_else(|| cx.city().to_owned(), |code| region_name(cx, code))
}

/// This page with one more thing chosen.
fn narrowed(cx: &Cx, filter: &str, code: &str) -> String {
    cx.here(&cx.query.with(filter, code))
}

/// Money in headlines and charts; nothing is not rounded.
fn short(cx: &Cx, fen: i64) -> String {
    if fen == 0 { ui::money(cx, 0) } else { ui::money_compact(cx, fen) }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A share in words; nothing of nothing is no share.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { ui::percent(signed(part), signed(whole)) }
}

fn view(cx: &Cx, board: &Board, section: Section, data: &Data) -> AnyView {
    let tabs = Section::ALL
        .into_iter()
        .map(|one| {
            let code = if one == Section::Funnel { "" } else { one.code() };
            (name(cx, one), cx.here(&cx.query.with("tab", code)), one == section, None)
        })
        .collect();
    let csv = Query(cx.query.0.iter().filter(|(name, _)| name != "page").cloned().collect()).with("format", "csv");
    let files = ui::buttons(vec![
        ui::button_link(t!(cx.lang, "dashboard.csv"), &cx.here(&csv.with("section", section.code())), ButtonStyle::Quiet),
        ui::button_link(t!(cx.lang, "dashboard.xlsx"), &cx.here(&cx.query.with("format", "xlsx")), ButtonStyle::Quiet),
    ]);
    let as_of = if section == Section::Work {
        t!(cx.lang, "dashboard.as_of_now", time = ui::date_time_text(cx, cx.now), place = place(cx, board))
    } else {
        t!(cx.lang, "dashboard.as_of", time = ui::date_time_text(cx, cx.now), place = place(cx, board), year = board.year)
    };
    view! {
        {ui::page_title(t!(cx.lang, "dashboard.title"), None, Some(files))}
        {ui::lead(t!(cx.lang, "dashboard.lead"))}
        {ui::tabs(t!(cx.lang, "dashboard.title"), tabs)}
        <div class="search-page">
            {filters(cx, board)}
            <section class="search-results" aria-labelledby="section-title">
                <h2 id="section-title">{name(cx, section)}</h2>
                {chips(cx, board)}
                <div class="spaced"><p class="hint">{as_of}</p>{data.view(cx, board)}</div>
            </section>
        </div>
    }
    .into_any()
}

fn filters(cx: &Cx, board: &Board) -> AnyView {
    let form = Form::filled(
        vec![
            ("year".to_owned(), board.year.to_string()),
            ("region".to_owned(), board.region.clone().unwrap_or_default()),
            ("field".to_owned(), cx.query.get("field").to_owned()),
            ("kind".to_owned(), cx.query.get("kind").to_owned()),
        ]
        .into_iter()
        .collect(),
    );
    let years = board.years.iter().map(|year| (year.to_string(), year.to_string())).collect();
    let region = (!board.own_county).then(|| {
        let counties = cx.market.counties().map(|county| (county.code.clone(), region_name(cx, &county.code))).collect();
        ui::select(cx, &form, Input::new("region", t!(cx.lang, "targets.county")).blank(t!(cx.lang, "targets.all_counties")), counties)
    });
    let body = view! {
        {ui::select(cx, &form, Input::new("year", t!(cx.lang, "targets.year")).without_blank(), years)}
        {region}
        {ui::select(cx, &form, Input::new("field", t!(cx.lang, "targets.field")).blank(t!(cx.lang, "targets.all_fields")), options::<Field>(cx.lang))}
        {ui::select(cx, &form, Input::new("kind", t!(cx.lang, "targets.kind")).blank(t!(cx.lang, "targets.all_kinds")), options::<ContractKind>(cx.lang))}
    }
    .into_any();
    ui::filter_panel(cx, &FILTERS, body)
}

fn chips(cx: &Cx, board: &Board) -> AnyView {
    let year = (!cx.query.get("year").is_empty()).then(|| board.year.to_string());
    let region = board.region.as_deref().filter(|_| !board.own_county).map(|code| region_name(cx, code));
    let chosen = [
        ("year", t!(cx.lang, "targets.year"), year),
        ("region", t!(cx.lang, "targets.county"), region),
        ("field", t!(cx.lang, "targets.field"), board.field.map(|field| code_label(cx.lang, Field::GROUP, field.code()))),
        ("kind", t!(cx.lang, "targets.kind"), board.kind.map(|kind| code_label(cx.lang, ContractKind::GROUP, kind.code()))),
    ];
    let chips =
        chosen.into_iter().filter_map(|(name, label, value)| Some((label.to_owned(), value?, cx.here(&cx.query.with(name, ""))))).collect();
    let section = Query(cx.query.0.iter().filter(|(name, _)| name == "tab").cloned().collect());
    ui::chips(cx, chips, &cx.here(&section))
}
