//! Targets: one table a figure or reported indicator, years across, the city with its counties and departments down; every cell leads to
//! its form.

use keqiao_market::{
    Error,
    targets::{self, Measure, Split, TargetView, WHOLE_PLAN, may_set_targets},
};
use keqiao_model::{Fen, Figure, format_percent, parse_percent};
use leptos::prelude::*;

use super::trail;
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    targets::{measure_name, measured, place_name, split_notices},
    ui::{self, Align, ButtonStyle, Input},
};

/// Years ahead that a target can be set for.
const YEARS_AHEAD: i64 = 4;

/// One cell of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    measure: Measure,
    year: i64,
    region: String,
}

impl Cell {
    fn query(&self) -> Query {
        let pairs = [("figure", self.measure.code()), ("year", self.year.to_string()), ("region", self.region.clone())];
        Query(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

fn measure(cx: &Cx) -> Measure {
    Measure::from_code(cx.query.get("figure")).unwrap_or(Measure::Figure(Figure::ContractValue))
}

/// The codes of those who can have a target: the city, its counties, its departments where they have a part.
fn places(cx: &Cx, measure: Measure) -> Vec<String> {
    let config = cx.market.config();
    let departments = config.departments.iter().filter(|_| measure.has_departments()).map(|d| d.code.clone());
    config.regions.iter().map(|r| r.code.clone()).chain(departments).collect()
}

/// The cell that the address asks for.
fn asked(cx: &Cx) -> Option<Cell> {
    let year = cx.query.get("year").parse().ok()?;
    let measure = measure(cx);
    let region = cx.market.current(cx.query.get("region")).to_owned();
    places(cx, measure).contains(&region).then_some(Cell { measure, year, region })
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

/// An amount as it is typed.
fn typed(measure: Measure, amount: i64) -> String {
    if measure.is_money() {
        Fen::new(amount).format_input()
    } else if measure.is_share() {
        format_percent(amount)
    } else {
        amount.to_string()
    }
}

struct Loaded {
    measure: Measure,
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
    let measure = measure(cx);
    let stored = targets::targets(&cx.market).await?.into_iter().filter(|target| target.measure == measure).collect();
    let splits = targets::splits(&cx.market, measure).await?;
    let loaded = Loaded { measure, stored, splits };
    let cx = cx.clone();
    Ok(Page::new(t!(cx.lang, "admin.targets"), move || view(&cx, &loaded, form)))
}

pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    let Some(cell) = asked(cx) else { return Err(PageError::NotFound) };
    let text = submission.value("amount").trim();
    let amount = if text.is_empty() {
        Err(Error::field("amount", "required"))
    } else if cell.measure.is_money() {
        Fen::parse_yuan(text).map(Fen::fen).map_err(|error| Error::Invalid(vec![error.at("amount")]))
    } else if cell.measure.is_share() {
        parse_percent(text).ok_or_else(|| Error::field("amount", "percent"))
    } else {
        text.replace([',', ' '], "").parse().map_err(|_| Error::field("amount", "number"))
    };
    let set = match amount {
        Ok(amount) => targets::set_target(&cx.market, &cx.actor, cell.measure, cell.year, &cell.region, amount, submission.version()).await,
        Err(error) => Err(error),
    };
    match set {
        Ok(()) => {
            let to = Query(vec![("figure".to_owned(), cell.measure.code())]);
            Ok(Outcome::GoTo(cx.here(&to), Some("flash.saved")))
        }
        Err(error) => Outcome::refused(submission, error),
    }
}

fn view(cx: &Cx, loaded: &Loaded, form: Option<Form>) -> AnyView {
    let tab = |measure: Measure| {
        let to = Query(vec![("figure".to_owned(), measure.code())]);
        (measure_name(cx, measure), cx.here(&to), measure == loaded.measure, None)
    };
    let (figures, reported): (Vec<Measure>, Vec<Measure>) = Measure::all().partition(|measure| matches!(measure, Measure::Figure(_)));
    let errors = form.clone().unwrap_or_default();
    view! {
        {ui::error_summary(cx, &errors, &[("amount", t!(cx.lang, "admin.amount"))])}
        {trail(cx)}
        {ui::page_title(t!(cx.lang, "admin.targets"), None, None)}
        {ui::lead(t!(cx.lang, "admin.targets_text"))}
        {ui::tabs(t!(cx.lang, "admin.figures"), figures.into_iter().map(tab).collect())}
        {ui::tabs(t!(cx.lang, "targets.reported"), reported.into_iter().map(tab).collect())}
        <div class="stack">
            {asked(cx).map(|cell| cell_form(cx, loaded, &cell, form))}
            {table(cx, loaded)}
            {split_notices(cx, loaded.measure, &loaded.splits)}
            <p><a href=cx.href(&Route::Targets)>{t!(cx.lang, "admin.see_targets")}</a></p>
        </div>
    }
    .into_any()
}

fn cell_form(cx: &Cx, loaded: &Loaded, cell: &Cell, form: Option<Form>) -> AnyView {
    let target = loaded.find(cell.year, &cell.region);
    let form = form.unwrap_or_else(|| {
        let (amount, version) = target.map_or_else(|| (String::new(), 0), |target| (typed(cell.measure, target.amount), target.version));
        Form::filled([("amount", amount), ("version", version.to_string())].into_iter().collect())
    });
    let input = Input::new("amount", t!(cx.lang, "admin.amount")).required();
    let amount = if cell.measure.is_money() {
        ui::money_input(cx, &form, input.hint(t!(cx.lang, "admin.money_hint")))
    } else if cell.measure.is_share() {
        ui::text(cx, &form, input.hint(t!(cx.lang, "admin.share_hint")).inputmode("decimal").width(10).suffix("%"))
    } else {
        ui::text(cx, &form, input.hint(t!(cx.lang, "admin.number_hint")).inputmode("numeric").width(10))
    };
    let back = Query(vec![("figure".to_owned(), cell.measure.code())]);
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
        figure = measure_name(cx, cell.measure),
        year = year_words(cx, cell.year),
        region = place_name(cx, &cell.region),
    );
    ui::card(&title, ui::form(cx, &cx.here(&cell.query()), false, body))
}

fn table(cx: &Cx, loaded: &Loaded) -> AnyView {
    let years = years(cx, &loaded.stored);
    let chosen = asked(cx);
    let head: Vec<String> =
        [t!(cx.lang, "admin.region").to_owned()].into_iter().chain(years.iter().map(|year| year_words(cx, *year))).collect();
    let rows = places(cx, loaded.measure)
        .into_iter()
        .map(|place| {
            let cells = years.iter().map(|year| {
                let cell = Cell { measure: loaded.measure, year: *year, region: place.clone() };
                let current = chosen.as_ref() == Some(&cell);
                let amount = loaded.find(*year, &place).filter(|target| target.amount > 0);
                let words =
                    amount.map_or_else(|| t!(cx.lang, "admin.set").to_owned(), |target| measured(cx, loaded.measure, target.amount));
                let label = t!(cx.lang, "admin.cell", region = place_name(cx, &place), year = year_words(cx, *year), amount = words);
                view! { <a href=cx.here(&cell.query()) aria-label=label aria-current=current.then_some("true")>{words}</a> }.into_any()
            });
            [place_name(cx, &place).into_any()].into_iter().chain(cells).collect()
        })
        .collect();
    let align: Vec<Align> = [Align::Start].into_iter().chain(years.iter().map(|_| Align::End)).collect();
    ui::table(&measure_name(cx, loaded.measure), head, rows, &align)
}
