//! What the sections show, as tables for spreadsheets: one sheet a section.

use keqiao_market::{
    dashboard::{Amounts, Funnel, Money, Quality, Responses, Top, Work},
    interests::ResponseFigures,
    sheets::{Cell, Sheet},
};
use keqiao_model::{Coded, ContractKind, Field, Figure, ListingHint};

use super::{Section, funnel::stage_name, funnel::step_name, name, quality::side_name, responses::field_name, signed, work::work_name};
use crate::{Cx, t, words::code_label};

fn sheet(cx: &Cx, section: Section, heads: &[&str], rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { name: name(cx, section), heads: heads.iter().map(|head| (*head).to_owned()).collect(), rows }
}

fn number(n: u64) -> Cell {
    Cell::Number(signed(n))
}

/// A share in hundredths of a per cent; nothing of nothing is no share.
fn share(part: i64, whole: i64) -> Cell {
    if whole <= 0 {
        return Cell::Empty;
    }
    Cell::Share(i64::try_from(i128::from(part) * 10_000 / i128::from(whole)).unwrap_or(i64::MAX))
}

pub(super) fn funnel(cx: &Cx, found: &Funnel) -> Sheet {
    let published = t!(cx.lang, "dashboard.published");
    let mut rows = Vec::new();
    let mut plain = |group: &str, what: String, n: u64, of: Option<u64>| {
        let part = of.map_or(Cell::Empty, |of| share(signed(n), signed(of)));
        rows.push(vec![group.into(), what.into(), number(n), part, Cell::Empty, Cell::Empty]);
    };
    plain(published, t!(cx.lang, "ui.nav.demands").to_owned(), found.demands, None);
    plain(published, t!(cx.lang, "ui.nav.achievements").to_owned(), found.achievements, None);
    plain(published, t!(cx.lang, "dashboard.matched").to_owned(), found.matched, Some(found.demands + found.achievements));
    plain(published, t!(cx.lang, "dashboard.judged").to_owned(), found.judged, None);
    plain(published, t!(cx.lang, "review.useful").to_owned(), found.useful, Some(found.judged));
    let mut before = None;
    for (step, n) in &found.steps {
        plain(t!(cx.lang, "dashboard.funnel"), step_name(cx, *step), *n, before);
        before = Some(*n);
    }
    for one in &found.pipeline {
        rows.push(vec![
            t!(cx.lang, "dashboard.pipeline").into(),
            stage_name(cx, one.stage).into(),
            number(one.number),
            Cell::Empty,
            Cell::Money(one.value),
            one.technical.map_or(Cell::Empty, Cell::Money),
        ]);
    }
    let heads = [
        t!(cx.lang, "dashboard.part"),
        t!(cx.lang, "dashboard.step_title"),
        t!(cx.lang, "dashboard.number"),
        t!(cx.lang, "ui.chart.share_before"),
        t!(cx.lang, "contracts.value"),
        t!(cx.lang, "contracts.technical_value"),
    ];
    sheet(cx, Section::Funnel, &heads, rows)
}

pub(super) fn amounts(cx: &Cx, found: &Amounts) -> Sheet {
    let line = |group: &str, what: String, money: &Money, before: Option<i64>| -> Vec<Cell> {
        vec![
            group.into(),
            what.into(),
            Cell::Money(money.value),
            before.map_or(Cell::Empty, Cell::Money),
            Cell::Money(money.technical),
            Cell::Money(money.absorbed),
            Cell::Money(money.income),
        ]
    };
    let all = t!(cx.lang, "ui.chart.total");
    let mut rows = vec![line(all, String::new(), &found.total, Some(found.before.value))];
    rows.extend(
        (1..=12)
            .zip(&found.months)
            .map(|(month, (now, before))| line(t!(cx.lang, "review.month"), month.to_string(), now, Some(before.value))),
    );
    rows.extend(found.regions.iter().map(|(code, m)| line(t!(cx.lang, "targets.county"), super::amounts::place(cx, code), m, None)));
    rows.extend(
        found.fields.iter().map(|(field, m)| line(t!(cx.lang, "targets.field"), code_label(cx.lang, Field::GROUP, field.code()), m, None)),
    );
    rows.extend(
        found
            .kinds
            .iter()
            .map(|(kind, m)| line(t!(cx.lang, "targets.kind"), code_label(cx.lang, ContractKind::GROUP, kind.code()), m, None)),
    );
    let figure = |figure: Figure| code_label(cx.lang, Figure::GROUP, figure.code());
    let heads = [
        t!(cx.lang, "dashboard.part").to_owned(),
        t!(cx.lang, "dashboard.what").to_owned(),
        figure(Figure::ContractValue),
        t!(cx.lang, "dashboard.year_before").to_owned(),
        figure(Figure::TechnicalValue),
        figure(Figure::AbsorbedValue),
        figure(Figure::TechnicalIncome),
    ];
    sheet(cx, Section::Amounts, &heads.each_ref().map(String::as_str), rows)
}

pub(super) fn work(cx: &Cx, found: &[Work]) -> Sheet {
    let maybe = |n: Option<u64>| n.map_or(Cell::Empty, number);
    let rows = found
        .iter()
        .map(|w| {
            let oldest = w.oldest.map(|at| at.to_offset(keqiao_market::CHINA).date());
            vec![work_name(cx, w.kind).into(), number(w.waiting), maybe(w.overdue), maybe(w.soon), oldest.into()]
        })
        .collect();
    let heads = [
        t!(cx.lang, "dashboard.work_kind"),
        t!(cx.lang, "dashboard.waiting"),
        t!(cx.lang, "dashboard.overdue"),
        t!(cx.lang, "dashboard.soon"),
        t!(cx.lang, "dashboard.oldest"),
    ];
    sheet(cx, Section::Work, &heads, rows)
}

pub(super) fn quality(cx: &Cx, found: &Quality) -> Sheet {
    let mut rows = Vec::new();
    for side in &found.sides {
        let mut line = |what: String, n: u64| {
            rows.push(vec![side_name(cx, side.kind).into(), what.into(), number(n), share(signed(n), signed(side.looked_at))]);
        };
        line(t!(cx.lang, "dashboard.looked_at").to_owned(), side.looked_at);
        line(t!(cx.lang, "dashboard.complete").to_owned(), side.complete);
        line(t!(cx.lang, "dashboard.returned").to_owned(), side.returned);
        line(t!(cx.lang, "dashboard.same_title").to_owned(), side.same_title);
        for (hint, n) in &side.missing {
            line(code_label(cx.lang, ListingHint::GROUP, hint.code()), *n);
        }
    }
    let heads =
        [t!(cx.lang, "dashboard.part"), t!(cx.lang, "dashboard.what"), t!(cx.lang, "dashboard.number"), t!(cx.lang, "dashboard.share")];
    sheet(cx, Section::Quality, &heads, rows)
}

pub(super) fn responses(cx: &Cx, found: &Responses) -> Sheet {
    let line = |group: &str, what: String, figures: &ResponseFigures| -> Vec<Cell> {
        // Hundredths of a day, written like hundredths of a per cent.
        let days = figures.median.map_or(Cell::Empty, |time| Cell::Share(time.whole_minutes().saturating_mul(100) / (24 * 60)));
        vec![
            group.into(),
            what.into(),
            number(figures.counted),
            number(figures.answered),
            share(signed(figures.answered), signed(figures.counted)),
            days,
            number(figures.waiting),
        ]
    };
    let mut rows = vec![line(t!(cx.lang, "ui.chart.total"), String::new(), &found.whole)];
    rows.extend(found.fields.iter().map(|(field, figures)| line(t!(cx.lang, "targets.field"), field_name(cx, *field), figures)));
    let organisation = t!(cx.lang, "dashboard.organisation");
    rows.extend(found.organisations.iter().map(|((_, name), figures)| line(organisation, name.clone(), figures)));
    let heads = [
        t!(cx.lang, "dashboard.part"),
        t!(cx.lang, "dashboard.what"),
        t!(cx.lang, "dashboard.interests"),
        t!(cx.lang, "dashboard.answers"),
        t!(cx.lang, "dashboard.answered"),
        t!(cx.lang, "dashboard.median_days"),
        t!(cx.lang, "dashboard.still_waiting"),
    ];
    sheet(cx, Section::Responses, &heads, rows)
}

pub(super) fn organisations(cx: &Cx, found: &Top) -> Sheet {
    let sides =
        [(t!(cx.lang, "dashboard.sellers"), &found.sellers, found.sold), (t!(cx.lang, "dashboard.buyers"), &found.buyers, found.bought)];
    let rows = sides
        .into_iter()
        .flat_map(|(side, organisations, total)| {
            (1..).zip(organisations).map(move |(place, o)| {
                let name = o.name.clone().into();
                vec![side.into(), Cell::Number(place), name, Cell::Number(o.contracts), Cell::Money(o.amount), share(o.amount, total)]
            })
        })
        .collect();
    let heads = [
        t!(cx.lang, "dashboard.part"),
        t!(cx.lang, "dashboard.place"),
        t!(cx.lang, "dashboard.organisation"),
        t!(cx.lang, "dashboard.contracts"),
        t!(cx.lang, "contracts.value"),
        t!(cx.lang, "dashboard.share"),
    ];
    sheet(cx, Section::Organisations, &heads, rows)
}
