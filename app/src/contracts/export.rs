//! The register as a table: the heads are those under which it can be brought in elsewhere.

use keqiao_market::{
    CHINA,
    contracts::{EXPORT_MAX, Filter, RegisterLine, columns, export},
    sheets::{Cell, Sheet, XLSX, xlsx},
};
use keqiao_model::{Coded, ContractIp, ContractKind, ContractState, ContractSubkind, Field, LegalKind, Objective, PaymentWay, PlanSource};
use leptos::prelude::*;

use crate::{Cx, Page, PageError, listings::region_name, t, ui, words::code_label};

/// What a filter finds, as CSV or XLSX.
pub(super) async fn file(cx: &Cx, filter: &Filter, format: &str) -> Result<Page, PageError> {
    let lines = export(&cx.market, &cx.actor, filter).await?;
    let sheet = sheet(cx, &lines);
    Ok(if format == "xlsx" {
        Page::file("contracts.xlsx", XLSX, xlsx(&[sheet])?)
    } else {
        Page::file("contracts.csv", ui::CSV, ui::sheet_csv(&sheet))
    })
}

/// The register in its columns.
fn sheet(cx: &Cx, lines: &[RegisterLine]) -> Sheet {
    let columns = columns();
    let rows = lines.iter().map(|line| columns.iter().map(|c| cell(cx, line, c.field)).collect()).collect();
    Sheet { name: t!(cx.lang, "contracts.title").to_owned(), heads: columns.iter().map(|c| c.head(cx.lang).to_owned()).collect(), rows }
}

fn word(cx: &Cx, group: &str, code: &str) -> Cell {
    if code.is_empty() { Cell::Empty } else { code_label(cx.lang, group, code).into() }
}

/// One cell; what the reader may not see is empty.
fn cell(cx: &Cx, line: &RegisterLine, field: &str) -> Cell {
    let s = &line.summary;
    match field {
        "registration_number" => s.registration_number.clone().unwrap_or_default().into(),
        "title" => s.title.clone().into(),
        "kind" => word(cx, ContractKind::GROUP, s.kind.code()),
        "subkind" => word(cx, ContractSubkind::GROUP, s.subkind.code()),
        "seller_name" => s.seller.1.clone().into(),
        "buyer_name" => s.buyer.1.clone().into(),
        "signed_on" => Cell::Day(s.signed_on),
        "field" => word(cx, Field::GROUP, s.field.code()),
        "value" => Cell::Money(s.value.fen()),
        "technical_value" => Cell::Money(s.technical_value.fen()),
        "registered_on" => s.registered_at.map(|at| at.to_offset(CHINA).date()).into(),
        "number" => s.number.clone().into(),
        "region" => region_name(cx, &s.region).into(),
        "state" => word(cx, ContractState::GROUP, s.state.code()),
        _ => detail_cell(cx, line, field),
    }
}

fn detail_cell(cx: &Cx, line: &RegisterLine, field: &str) -> Cell {
    let Some(d) = &line.detail else { return Cell::Empty };
    match field {
        "seller_credit_code" => d.seller.credit_code.clone().into(),
        "seller_legal_kind" => word(cx, LegalKind::GROUP, &d.seller.legal_kind),
        "seller_region" => region_name(cx, &d.seller.region).into(),
        "buyer_credit_code" => d.buyer.credit_code.clone().into(),
        "buyer_legal_kind" => word(cx, LegalKind::GROUP, &d.buyer.legal_kind),
        "buyer_region" => region_name(cx, &d.buyer.region).into(),
        "starts_on" => Cell::Day(d.content.starts_on),
        "ends_on" => Cell::Day(d.content.ends_on),
        "ip" => word(cx, ContractIp::GROUP, &d.ip),
        "plan_source" => word(cx, PlanSource::GROUP, &d.plan_source),
        "objective" => word(cx, Objective::GROUP, &d.objective),
        "industry" => d.industry.clone().into(),
        "payment" => word(cx, PaymentWay::GROUP, d.content.payment.code()),
        "summary" => d.content.summary.clone().into(),
        _ => Cell::Empty,
    }
}

/// Links to both files, and that they end somewhere when more is found than one file holds.
pub(super) fn links(cx: &Cx, found: u64) -> AnyView {
    if found == 0 {
        return ().into_any();
    }
    let link = |words: &str, format: &str| ui::button_link(words, &cx.here(&cx.query.with("format", format)), ui::ButtonStyle::Quiet);
    let cut = (found > EXPORT_MAX).then(|| {
        let words = t!(cx.lang, "register_import.export_cut", max = ui::count(EXPORT_MAX));
        view! { <p class="hint">{words}</p> }
    });
    view! {
        {link(t!(cx.lang, "register_import.export_xlsx"), "xlsx")}
        {link(t!(cx.lang, "contracts.export"), "csv")}
        {cut}
    }
    .into_any()
}
