//! Terms of a deal: proposals, what changed between them, and the form of the next one.

use keqiao_market::{
    deals,
    room::terms::{self, TermsPage, TermsView},
};
use keqiao_model::{
    Coded, ContractKind, Fields, IpShare, PaymentWay, RoyaltyBase, TEXT_MAX, TermChange, TermMove, TermState, Terms, format_percent,
};
use leptos::prelude::*;

use super::back;
use crate::{
    Cx, Form, Outcome, Page, PageError, Submission,
    listings::options,
    t,
    ui::{self, ButtonStyle, Input, Tone},
    words::code_label,
};

/// Rows for milestones in an empty form, and how many more a filled one offers.
const ROWS: usize = 3;

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let deal = deals::deal(&cx.market, &cx.actor, number).await?;
    let shown = terms::terms(&cx.market, &cx.actor, number).await?;
    let title = format!("{} {number}", t!(cx.lang, "deals.terms"));
    let (cx, number) = (cx.clone(), number.to_owned());
    Ok(Page::new(title, move || view(&cx, &number, &deal.summary.title, &shown, form.as_ref())))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (fields, once) = (&submission.fields, submission.once());
    let done = match submission.action() {
        "propose" => terms::propose_terms(&cx.market, &cx.actor, number, fields, once).await.map(|_| ()),
        action => {
            let Some(by) = TermMove::from_code(action) else { return Err(PageError::NotFound) };
            let edition = submission.value("edition").parse().unwrap_or(0);
            terms::move_terms(&cx.market, &cx.actor, number, edition, by, fields, once).await
        }
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some("flash.saved"))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// Fields and what they are called, in the order of the form.
fn label(cx: &Cx, field: &str) -> &'static str {
    match field {
        "kind" => t!(cx.lang, "deals.term_kind"),
        "price" => t!(cx.lang, "deals.term_price"),
        "payment" => t!(cx.lang, "deals.term_payment"),
        "royalty_base" => t!(cx.lang, "deals.term_royalty_base"),
        "royalty_rate" => t!(cx.lang, "deals.term_royalty_rate"),
        "milestones" => t!(cx.lang, "deals.term_milestones"),
        "ip" => t!(cx.lang, "deals.term_ip"),
        "benefit" => t!(cx.lang, "deals.term_benefit"),
        "acceptance" => t!(cx.lang, "deals.term_acceptance"),
        "note" => t!(cx.lang, "deals.term_note"),
        _ => t!(cx.lang, "deals.term_other"),
    }
}

/// The value of a term in the reader's words.
fn value(cx: &Cx, field: &str, value: &str) -> AnyView {
    let group = match field {
        "kind" => ContractKind::GROUP,
        "payment" => PaymentWay::GROUP,
        "royalty_base" => RoyaltyBase::GROUP,
        "ip" => IpShare::GROUP,
        _ => "",
    };
    if value.is_empty() {
        t!(cx.lang, "ui.none").into_any()
    } else if group.is_empty() {
        ui::paragraphs(value)
    } else {
        code_label(cx.lang, group, value).into_any()
    }
}

fn view(cx: &Cx, number: &str, title: &str, shown: &TermsPage, form: Option<&Form>) -> AnyView {
    let empty = Form::default();
    let refused = form.unwrap_or(&empty);
    let names = ["kind", "price", "payment", "royalty_base", "royalty_rate", "milestones", "ip", "benefit", "acceptance", "other", "note"];
    let mut labels: Vec<(String, String)> = names.iter().map(|n| ((*n).to_owned(), label(cx, n).to_owned())).collect();
    for row in 0..keqiao_model::MILESTONES_MAX {
        for (column, words) in milestone_columns(cx) {
            labels.push((format!("milestones.{row}.{column}"), format!("{words} {}", row + 1)));
        }
    }
    let labels: Vec<(&str, &str)> = labels.iter().map(|(n, l)| (n.as_str(), l.as_str())).collect();
    let sheets: Vec<AnyView> = shown.sheets.iter().enumerate().map(|(place, sheet)| drawn(cx, sheet, place == 0)).collect();
    let none = sheets.is_empty().then(|| {
        let words = if shown.may_propose { t!(cx.lang, "deals.no_terms") } else { t!(cx.lang, "deals.terms_later") };
        ui::notice(cx, Tone::Info, words.into_any())
    });
    let propose = shown.may_propose.then(|| {
        let last = shown.sheets.first();
        let filled = match (form, last) {
            (Some(form), _) if form.value("action") == "propose" => form.clone(),
            (_, Some(last)) => Form::filled(last.terms.to_fields()),
            _ => Form::default(),
        };
        let edition = last.map_or(0, |l| l.edition).to_string();
        let words = if last.is_some_and(|l| l.state == TermState::Proposed) {
            t!(cx.lang, "deals.counter_terms")
        } else {
            t!(cx.lang, "deals.propose_terms")
        };
        ui::section("propose", words, ui::form(cx, &cx.href(&cx.route), false, proposal(cx, &filled, &edition)))
    });
    view! {
        {ui::error_summary(cx, refused, &labels)}
        {back(cx, number)}
        {ui::page_title(t!(cx.lang, "deals.terms"), Some(&format!("{number} {title}")), None)}
        {ui::lead(t!(cx.lang, "deals.terms_lead"))}
        {none}
        {sheets}
        {propose}
    }
    .into_any()
}

fn milestone_columns(cx: &Cx) -> [(&'static str, &'static str); 3] {
    [
        ("title", t!(cx.lang, "deals.milestone")),
        ("due", t!(cx.lang, "deals.milestone_due")),
        ("amount", t!(cx.lang, "deals.milestone_amount")),
    ]
}

/// The form of a proposal.
fn proposal(cx: &Cx, form: &Form, edition: &str) -> AnyView {
    let area = |name: &'static str| Input::new(name, label(cx, name)).rows(3).max(TEXT_MAX);
    let typed = |row: &Fields| row.0.iter().any(|(_, value)| !value.trim().is_empty());
    let rows = form.rows("milestones").into_iter().filter(|(_, row)| typed(row)).map(|(index, _)| index + 1).max().unwrap_or(0);
    let count = (rows + 1).clamp(ROWS, keqiao_model::MILESTONES_MAX);
    let milestones: Vec<AnyView> = (0..count)
        .map(|row| {
            let [title, due, amount] = milestone_columns(cx);
            let name = |column: &str| format!("milestones.{row}.{column}");
            let words = |label: &str| format!("{label} {}", row + 1);
            view! {
                <div class="side-by-side">
                    {ui::text(cx, form, Input::new(name(title.0), words(title.1)))}
                    {ui::date_input(cx, form, Input::new(name(due.0), words(due.1)))}
                    {ui::money_input(cx, form, Input::new(name(amount.0), words(amount.1)))}
                </div>
            }
            .into_any()
        })
        .collect();
    let at_milestones = ui::error_text(cx, "milestones", form.error(cx.lang, "milestones"));
    let table = view! { <p class="hint">{t!(cx.lang, "deals.milestones_hint")}</p>{at_milestones}<div id=ui::field_id("milestones")>{milestones}</div> };
    view! {
        {ui::hidden("edition", edition)}
        {ui::select(cx, form, Input::new("kind", label(cx, "kind")).required(), options::<ContractKind>(cx.lang))}
        {ui::money_input(cx, form, Input::new("price", label(cx, "price")).hint(t!(cx.lang, "deals.term_price_hint")).required())}
        {ui::radios(cx, form, Input::new("payment", label(cx, "payment")).required(), options::<PaymentWay>(cx.lang))}
        {ui::select(cx, form, Input::new("royalty_base", label(cx, "royalty_base")).hint(t!(cx.lang, "deals.royalty_hint")), options::<RoyaltyBase>(cx.lang))}
        {ui::text(cx, form, Input::new("royalty_rate", label(cx, "royalty_rate")).suffix("%").inputmode("decimal").width(5))}
        {ui::fieldset(label(cx, "milestones"), table.into_any())}
        {ui::radios(cx, form, Input::new("ip", label(cx, "ip")).required(), options::<IpShare>(cx.lang))}
        {ui::textarea(cx, form, area("benefit"))}
        {ui::textarea(cx, form, area("acceptance").required())}
        {ui::textarea(cx, form, area("other"))}
        {ui::textarea(cx, form, Input::new("note", label(cx, "note")).rows(2))}
        {ui::buttons(vec![ui::button(t!(cx.lang, "deals.send_terms"), "propose", ButtonStyle::Primary)])}
    }
    .into_any()
}

/// One proposal: the last one whole, earlier ones folded.
fn drawn(cx: &Cx, sheet: &TermsView, is_last: bool) -> AnyView {
    let here = cx.href(&cx.route);
    let edition = sheet.edition.to_string();
    let moves: Vec<AnyView> = sheet
        .moves
        .iter()
        .map(|by| {
            let words = code_label(cx.lang, TermMove::GROUP, by.code());
            let style = if *by == TermMove::Accept { ButtonStyle::Primary } else { ButtonStyle::Secondary };
            ui::post_button(cx, &here, &words, by.code(), &[("edition", &edition)], style)
        })
        .collect();
    let answered = sheet.answered_at.map(|at| {
        view! { <p class="hint">{t!(cx.lang, "deals.answered_by", name = sheet.answered_by)}" "{ui::date_time(cx, at)}</p> }
    });
    let by = format!("{} {}", sheet.person, sheet.organisation);
    let note = (!sheet.note.is_empty()).then(|| ui::paragraphs(&sheet.note));
    let body = view! {
        <p class="hint">{by}" · "{ui::date_time(cx, sheet.created_at)}" "{ui::state_badge(cx, TermState::GROUP, sheet.state.code())}</p>
        {note}
        {changes(cx, &sheet.changes)}
        {whole(cx, &sheet.terms)}
        {answered}
        <div class="actions">{moves}</div>
    }
    .into_any();
    let title = t!(cx.lang, "deals.proposal", n = sheet.edition);
    if is_last { ui::section("last", &title, body) } else { ui::details(&title, false, body) }
}

/// What differs from the proposal before.
fn changes(cx: &Cx, changes: &[TermChange]) -> AnyView {
    if changes.is_empty() {
        return ().into_any();
    }
    let rows = changes
        .iter()
        .map(|c| {
            let (before, after) = (value(cx, c.field, &c.before), value(cx, c.field, &c.after));
            vec![label(cx, c.field).into_any(), view! { <del>{before}</del> }.into_any(), view! { <ins>{after}</ins> }.into_any()]
        })
        .collect();
    let head = [t!(cx.lang, "deals.term"), t!(cx.lang, "deals.before"), t!(cx.lang, "deals.after")];
    view! { <div class="changes">{ui::record_table(t!(cx.lang, "deals.changes"), head.map(str::to_owned).to_vec(), rows, &[])}</div> }
        .into_any()
}

fn whole(cx: &Cx, terms: &Terms) -> AnyView {
    let fields: Fields = terms.to_fields();
    let mut facts: Vec<(String, AnyView)> = Vec::new();
    for name in ["kind", "price", "payment", "royalty_base", "royalty_rate", "milestones", "ip", "benefit", "acceptance", "other"] {
        let shown = match name {
            "price" => Some(ui::money(cx, terms.price.fen()).into_any()),
            "royalty_rate" => (terms.royalty_rate > 0).then(|| format!("{} %", format_percent(terms.royalty_rate)).into_any()),
            "milestones" => (!terms.milestones.is_empty()).then(|| {
                let items: Vec<AnyView> = terms
                    .milestones
                    .iter()
                    .map(|m| {
                        view! { <li>{m.title.clone()}" · "{ui::day_text(cx, m.due)}" · "{ui::money(cx, m.amount.fen())}</li> }.into_any()
                    })
                    .collect();
                view! { <ul>{items}</ul> }.into_any()
            }),
            _ => {
                let text = fields.value(name);
                (!text.is_empty()).then(|| value(cx, name, text))
            }
        };
        if let Some(shown) = shown {
            facts.push((label(cx, name).to_owned(), shown));
        }
    }
    ui::definition_list(facts)
}
