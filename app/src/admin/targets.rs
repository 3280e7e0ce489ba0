//! Targets: one table a figure, years across, the city and its counties down; every cell leads to its form.

use keqiao_market::{
    Error,
    targets::{self, Split, TargetView, WHOLE_PLAN, is_money, may_set_targets},
};
use keqiao_model::{Coded, Fen, Figure};
use leptos::prelude::*;

use super::trail;
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission,
    listings::region_name,
    t,
    ui::{self, Align, ButtonStyle, Input, Tone},
    words::code_label,
};

/// Years ahead that a target can be set for.
const YEARS_AHEAD: i64 = 4;

/// One cell of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    figure: Figure,
    year: i64,
    region: String,
}

impl Cell {
    fn query(&self) -> Query {
        let pairs = [("figure", self.figure.code().to_owned()), ("year", self.year.to_string()), ("region", self.region.clone())];
        Query(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

fn figure(cx: &Cx) -> Figure {
    Figure::from_code(cx.query.get("figure")).unwrap_or(Figure::ContractValue)
}

/// The cell that the address asks for.
fn asked(cx: &Cx) -> Option<Cell> {
    let year = cx.query.get("year").parse().ok()?;
    let region = cx.market.region(cx.query.get("region"))?.code.clone();
    Some(Cell { figure: figure(cx), year, region })
}

/// The years of the table: the whole plan, those that have targets, and the next ones.
fn years(cx: &Cx, stored: &[TargetView]) -> Vec<i64> {
    let this = i64::from(cx.now.to_offset(keqiao_market::CHINA).year());
    let mut years: Vec<i64> = stored.iter().map(|target| target.year).chain(this..=this + YEARS_AHEAD).chain([WHOLE_PLAN]).collect();
    years.sort_unstable();
    years.dedup();
    years
}

fn year_words(cx: &Cx, year: i64) -> String {
    if year == WHOLE_PLAN { t!(cx.lang, "admin.whole_plan").to_owned() } else { year.to_string() }
}

fn amount_words(cx: &Cx, figure: Figure, amount: i64) -> String {
    if is_money(figure) { ui::money_compact(cx, amount) } else { ui::count(amount) }
}

/// An amount as it is typed.
fn typed(figure: Figure, amount: i64) -> String {
    if is_money(figure) { Fen::new(amount).format_input() } else { amount.to_string() }
}

struct Loaded {
    figure: Figure,
    stored: Vec<TargetView>,
    splits: Vec<Split>,
}

impl Loaded {
    fn find(&self, year: i64, region: &str) -> Option<&TargetView> {
        self.stored.iter().find(|target| target.year == year && target.region == region)
    }
}

pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    cx.actor.signed_in()?;
    if !may_set_targets(&cx.market, &cx.actor) {
        return Err(PageError::NotFound);
    }
    let figure = figure(cx);
    let stored = targets::targets(&cx.market).await?.into_iter().filter(|target| target.figure == figure).collect();
    let overview = targets::target_page(&cx.market).await?;
    let splits = overview.figures.into_iter().find(|found| found.figure == figure).map(|found| found.splits).unwrap_or_default();
    let loaded = Loaded { figure, stored, splits };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "admin.targets"), move || view(&cx, &loaded, form)))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let Some(cell) = asked(cx) else { return Err(PageError::NotFound) };
    let text = submission.value("amount").trim();
    let amount = if text.is_empty() {
        Err(Error::field("amount", "required"))
    } else if is_money(cell.figure) {
        Fen::parse_yuan(text).map(Fen::fen).map_err(|error| Error::Invalid(vec![error.at("amount")]))
    } else {
        text.replace([',', ' '], "").parse().map_err(|_| Error::field("amount", "number"))
    };
    let set = match amount {
        Ok(amount) => targets::set_target(&cx.market, &cx.actor, cell.figure, cell.year, &cell.region, amount, submission.version()).await,
        Err(error) => Err(error),
    };
    match set {
        Ok(()) => {
            let to = Query(vec![("figure".to_owned(), cell.figure.code().to_owned())]);
            Ok(Outcome::GoTo(cx.here(&to), Some("flash.saved")))
        }
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, loaded: &Loaded, form: Option<Form>) -> AnyView {
    let tabs = Figure::ALL
        .iter()
        .map(|figure| {
            let to = Query(vec![("figure".to_owned(), figure.code().to_owned())]);
            (code_label(cx.lang, Figure::GROUP, figure.code()), cx.here(&to), *figure == loaded.figure, None)
        })
        .collect();
    let errors = form.clone().unwrap_or_default();
    view! {
        {ui::error_summary(cx, &errors, &[("amount", t!(cx.lang, "admin.amount"))])}
        {trail(cx)}
        {ui::page_title(t!(cx.lang, "admin.targets"), None, None)}
        {ui::lead(t!(cx.lang, "admin.targets_text"))}
        {ui::tabs(t!(cx.lang, "admin.figures"), tabs)}
        <div class="stack">
            {asked(cx).map(|cell| cell_form(cx, loaded, &cell, form))}
            {table(cx, loaded)}
            {splits(cx, loaded)}
            <p><a href=cx.href(&Route::Targets)>{t!(cx.lang, "admin.see_targets")}</a></p>
        </div>
    }
    .into_any()
}

fn cell_form(cx: &Cx, loaded: &Loaded, cell: &Cell, form: Option<Form>) -> AnyView {
    let target = loaded.find(cell.year, &cell.region);
    let form = form.unwrap_or_else(|| {
        let (amount, version) = target.map_or_else(|| (String::new(), 0), |target| (typed(cell.figure, target.amount), target.version));
        Form::filled([("amount", amount), ("version", version.to_string())].into_iter().collect())
    });
    let input = Input::new("amount", t!(cx.lang, "admin.amount")).required();
    let amount = if is_money(cell.figure) {
        ui::money_input(cx, &form, input.hint(t!(cx.lang, "admin.money_hint")))
    } else {
        ui::text(cx, &form, input.hint(t!(cx.lang, "admin.number_hint")).inputmode("numeric").width(10))
    };
    let back = Query(vec![("figure".to_owned(), cell.figure.code().to_owned())]);
    let body = view! {
        {ui::hidden("version", &form.value("version"))}
        {amount}
        {ui::buttons(vec![
            ui::button(t!(cx.lang, "admin.save"), "set", ButtonStyle::Primary),
            ui::button_link(t!(cx.lang, "admin.cancel"), &cx.here(&back), ButtonStyle::Quiet),
        ])}
    }
    .into_any();
    let title = t!(
        cx.lang,
        "admin.set_target",
        figure = code_label(cx.lang, Figure::GROUP, cell.figure.code()),
        year = year_words(cx, cell.year),
        region = region_name(cx, &cell.region),
    );
    ui::card(&title, ui::form(cx, &cx.here(&cell.query()), false, body))
}

fn table(cx: &Cx, loaded: &Loaded) -> AnyView {
    let years = years(cx, &loaded.stored);
    let chosen = asked(cx);
    let head: Vec<String> =
        [t!(cx.lang, "admin.region").to_owned()].into_iter().chain(years.iter().map(|year| year_words(cx, *year))).collect();
    let rows = cx
        .market
        .config()
        .regions
        .iter()
        .map(|region| {
            let cells = years.iter().map(|year| {
                let cell = Cell { figure: loaded.figure, year: *year, region: region.code.clone() };
                let current = chosen.as_ref() == Some(&cell);
                let amount = loaded.find(*year, &region.code).filter(|target| target.amount > 0);
                let words =
                    amount.map_or_else(|| t!(cx.lang, "admin.set").to_owned(), |target| amount_words(cx, loaded.figure, target.amount));
                let label = t!(cx.lang, "admin.cell", region = region_name(cx, &region.code), year = year_words(cx, *year), amount = words);
                view! { <a href=cx.here(&cell.query()) aria-label=label aria-current=current.then_some("true")>{words}</a> }.into_any()
            });
            [region_name(cx, &region.code).into_any()].into_iter().chain(cells).collect()
        })
        .collect();
    let align: Vec<Align> = [Align::Start].into_iter().chain(years.iter().map(|_| Align::End)).collect();
    ui::table(&code_label(cx.lang, Figure::GROUP, loaded.figure.code()), head, rows, &align)
}

/// Whether the counties' targets add up to the city's.
fn splits(cx: &Cx, loaded: &Loaded) -> Vec<AnyView> {
    loaded
        .splits
        .iter()
        .map(|split| {
            let (year, sum) = (year_words(cx, split.year), amount_words(cx, loaded.figure, split.counties));
            let difference = amount_words(cx, loaded.figure, split.differs_by.saturating_abs());
            let (words, tone) = match split.differs_by.signum() {
                0 => (t!(cx.lang, "admin.split_even", year = year, sum = sum), Tone::Good),
                1 => (t!(cx.lang, "admin.split_less", year = year, sum = sum, difference = difference), Tone::Warn),
                _ => (t!(cx.lang, "admin.split_more", year = year, sum = sum, difference = difference), Tone::Info),
            };
            ui::notice(cx, tone, view! { <p>{words}</p> }.into_any())
        })
        .collect()
}
