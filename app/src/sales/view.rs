//! One sale: rules, times, the log of bids, and what the reader can do.

use keqiao_market::sales::{self, BidView, BidderView, Placed, REASON_MAX, SalePhase, SaleView};
use keqiao_model::{BidderMove, BidderState, Coded, ListingKind, PricingWay, SaleMove, SaleState};
use leptos::prelude::*;

use super::list::{badges, moment, price_label};
use crate::{
    Cx, Form, Outcome, Page, PageError, Query, Route, Submission, t,
    ui::{self, Align, ButtonStyle, Input, Tone},
    words::{code_label, label},
};

pub(super) async fn page(cx: &Cx, number: &str, form: Option<Form>) -> Result<Page, PageError> {
    let sale = sales::sale(&cx.market, &cx.actor, number, cx.query.page()).await?;
    let (title, description) = (sale.summary.title.clone(), ui::excerpt(&sale.rules, 150));
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &sale, &form.unwrap_or_default())).public(description))
}

pub(super) async fn submit(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (market, actor, fields, once) = (&cx.market, &cx.actor, &submission.fields, submission.once());
    let version = submission.version();
    let done = match submission.action() {
        "bid" => sales::place_bid(market, actor, number, fields, once).await.map(|placed| match placed {
            Placed::Leads => "sales.bid_leads",
            Placed::Won => "sales.bid_won",
        }),
        "apply" => sales::apply(market, actor, number, once).await.map(|()| "sales.applied"),
        "cancel" => sales::cancel(market, actor, number, fields, version, once).await.map(|()| "flash.saved"),
        action => {
            let (Some(by), Ok(id)) = (BidderMove::from_code(action), submission.value("bidder").parse()) else {
                return Err(PageError::NotFound);
            };
            sales::answer_bidder(market, actor, number, id, by, fields, version, once).await.map(|()| "flash.saved")
        }
    };
    match done {
        Ok(flash) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

/// What a bidder is called in public.
fn bidder_name(cx: &Cx, place: Option<i64>) -> String {
    place.map_or_else(|| t!(cx.lang, "sales.not_numbered").to_owned(), |n| t!(cx.lang, "sales.bidder", n = n))
}

fn view(cx: &Cx, sale: &SaleView, form: &Form) -> AnyView {
    let s = &sale.summary;
    let mut labels = vec![("amount".to_owned(), t!(cx.lang, "sales.amount")), ("reason".to_owned(), t!(cx.lang, "sales.reason"))];
    labels.extend(sale.bidders.iter().flatten().map(|b| (format!("note.{}", b.id), t!(cx.lang, "sales.note"))));
    let labels: Vec<(&str, &str)> = labels.iter().map(|(name, label)| (name.as_str(), *label)).collect();
    let main = view! {
        {outcome(cx, sale)}
        {taking_part(cx, sale, form)}
        {ui::section("rules", t!(cx.lang, "sales.rules"), rules(cx, sale))}
        {bidders(cx, sale, form)}
        {ui::section("log", t!(cx.lang, "sales.log"), log(cx, sale))}
    }
    .into_any();
    let aside = view! { {cancel(cx, sale, form)}{facts(cx, sale)} }.into_any();
    let beside = view! { <div class="badges">{badges(cx, s)}</div> }.into_any();
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::back_link(cx, t!(cx.lang, "sales.title"), &cx.href(&Route::Sales))}
        {ui::page_title(&s.title, Some(&s.number), Some(beside))}
        {ui::two_columns(main, aside)}
    }
    .into_any()
}

/// How it ended.
fn outcome(cx: &Cx, sale: &SaleView) -> AnyView {
    let s = &sale.summary;
    let (tone, body) = match s.state {
        SaleState::Announced if s.phase == SalePhase::Over => {
            (Tone::Info, view! { <p>{t!(cx.lang, "sales.settling_text")}</p> }.into_any())
        }
        SaleState::Announced => return ().into_any(),
        SaleState::Sold => {
            let who = sale.winner_name.clone().unwrap_or_else(|| bidder_name(cx, sale.winner));
            let amount = s.highest.map(|h| ui::money(cx, h.fen())).unwrap_or_default();
            let won = sale.won.then(|| {
                let to = cx.href(&Route::InterestNew(ListingKind::Achievement, s.achievement.clone()));
                view! { <p>{t!(cx.lang, "sales.won_text")}</p><p><a href=to>{t!(cx.lang, "sales.to_deal")}</a></p> }
            });
            (Tone::Good, view! { <p><strong>{t!(cx.lang, "sales.sold", who = who, amount = amount)}</strong></p>{won} }.into_any())
        }
        SaleState::Failed => (Tone::Warn, view! { <p>{t!(cx.lang, "sales.failed")}</p> }.into_any()),
        SaleState::Cancelled => {
            let words = t!(cx.lang, "sales.cancelled");
            (Tone::Warn, view! { <p><strong>{words}</strong></p>{ui::paragraphs(&sale.reason)} }.into_any())
        }
    };
    ui::notice(cx, tone, body)
}

/// Where the reader's organisation stands, and what it can do.
fn taking_part(cx: &Cx, sale: &SaleView, form: &Form) -> AnyView {
    let s = &sale.summary;
    let here = cx.href(&cx.route);
    if s.phase == SalePhase::Over || sale.own {
        return ().into_any();
    }
    let body = if sale.may_bid {
        let hint = t!(cx.lang, "sales.bid_hint", least = ui::money(cx, sale.least.fen()));
        let words = if s.way == PricingWay::Auction { t!(cx.lang, "sales.bid") } else { t!(cx.lang, "sales.take") };
        let me = bidder_name(cx, sale.me.as_ref().and_then(|m| m.place));
        let leads = sale.leads.then(|| ui::notice(cx, Tone::Good, view! { <p>{t!(cx.lang, "sales.leads")}</p> }.into_any()));
        let fields = view! {
            {ui::money_input(cx, form, Input::new("amount", t!(cx.lang, "sales.amount")).required().hint(hint))}
            {ui::buttons(vec![ui::button(words, "bid", ButtonStyle::Primary)])}
        }
        .into_any();
        view! { <p>{t!(cx.lang, "sales.you_are", who = me)}</p>{leads}{ui::form(cx, &here, false, fields)}<p class="hint">{t!(cx.lang, "sales.binding")}</p> }
            .into_any()
    } else if let Some(me) = &sale.me {
        let words = match me.state {
            BidderState::Applied => t!(cx.lang, "sales.you_applied"),
            BidderState::Admitted => t!(cx.lang, "sales.you_admitted"),
            BidderState::Excluded => t!(cx.lang, "sales.you_excluded"),
        };
        let note = (!me.note.is_empty()).then(|| ui::paragraphs(&me.note));
        let tone = if me.state == BidderState::Excluded { Tone::Bad } else { Tone::Info };
        ui::notice(cx, tone, view! { <p>{words}</p>{note} }.into_any())
    } else if sale.may_apply {
        view! { <p>{t!(cx.lang, "sales.apply_text")}</p>{ui::post_button(cx, &here, t!(cx.lang, "sales.apply"), "apply", &[], ButtonStyle::Primary)} }
            .into_any()
    } else if cx.actor.person().is_some() {
        let to = cx.href(&Route::OrganisationNew);
        view! { <p>{t!(cx.lang, "sales.need_organisation")}" "<a href=to>{t!(cx.lang, "listings.to_organisation")}</a></p> }.into_any()
    } else {
        let to = format!("{}{}", cx.href(&Route::SignIn), Query(vec![("next".to_owned(), here)]).to_search());
        view! { <p>{t!(cx.lang, "sales.sign_in_text")}" "<a href=to>{t!(cx.lang, "sales.sign_in")}</a></p> }.into_any()
    };
    ui::section("bid", t!(cx.lang, "sales.taking_part"), body)
}

fn rules(cx: &Cx, sale: &SaleView) -> AnyView {
    let fixed = if sale.summary.way == PricingWay::Auction {
        let minutes = sale.extension / 60;
        let extension = (sale.extension > 0).then(|| view! { <li>{t!(cx.lang, "sales.extension_rule", n = minutes)}</li> });
        view! { <li>{t!(cx.lang, "sales.auction_rule")}</li>{extension} }.into_any()
    } else {
        view! { <li>{t!(cx.lang, "sales.listed_rule")}</li> }.into_any()
    };
    view! { <ul>{fixed}<li>{t!(cx.lang, "sales.log_rule")}</li></ul>{ui::paragraphs(&sale.rules)} }.into_any()
}

fn facts(cx: &Cx, sale: &SaleView) -> AnyView {
    let s = &sale.summary;
    let money = |fen: i64| ui::money(cx, fen).into_any();
    let mut facts: Vec<(String, AnyView)> = Vec::new();
    let mut fact = |label: &str, value: AnyView| facts.push((label.to_owned(), value));
    let to = cx.href(&Route::Listing(ListingKind::Achievement, s.achievement.clone()));
    fact(t!(cx.lang, "sales.achievement"), view! { <a href=to>{s.achievement.clone()}</a> }.into_any());
    let to = cx.href(&Route::Organisation(s.organisation.0));
    fact(t!(cx.lang, "sales.owner"), view! { <a href=to>{s.organisation.1.clone()}</a> }.into_any());
    if let Some(highest) = s.highest {
        fact(t!(cx.lang, "sales.highest"), money(highest.fen()));
    }
    fact(price_label(cx, s.way), money(s.price.fen()));
    if s.way == PricingWay::Auction {
        fact(t!(cx.lang, "sales.step"), money(s.step.fen()));
    }
    let deposit = if s.deposit.fen() == 0 { t!(cx.lang, "sales.no_deposit").into_any() } else { money(s.deposit.fen()) };
    fact(t!(cx.lang, "sales.deposit"), deposit);
    fact(t!(cx.lang, "sales.opens_at"), ui::date_time(cx, s.opens_at));
    let extended = (sale.extended > 0).then(|| view! { " "<span class="hint">{t!(cx.lang, "sales.extended", n = sale.extended)}</span> });
    fact(t!(cx.lang, "sales.closes_at"), view! { {moment(cx, s.closes_at)}{extended} }.into_any());
    fact(t!(cx.lang, "sales.bidders"), t!(cx.lang, "sales.admitted_count", n = sale.admitted).into_any());
    fact(t!(cx.lang, "sales.bids"), ui::count(s.bids).into_any());
    ui::definition_list(facts)
}

/// Who takes part, by name, with what the owner can do.
fn bidders(cx: &Cx, sale: &SaleView, form: &Form) -> AnyView {
    let Some(rows) = &sale.bidders else { return ().into_any() };
    let body = if rows.is_empty() {
        view! { <p>{t!(cx.lang, "sales.no_bidders")}</p> }.into_any()
    } else {
        let mut head = vec![
            t!(cx.lang, "sales.organisation"),
            t!(cx.lang, "sales.number"),
            t!(cx.lang, "sales.standing"),
            t!(cx.lang, "sales.asked_at"),
        ];
        let acts = rows.iter().any(|b| !b.moves.is_empty());
        if acts {
            head.push(t!(cx.lang, "sales.actions"));
        }
        let columns = head.len();
        let rows = rows.iter().map(|b| bidder(cx, b, form).into_iter().take(columns).collect()).collect();
        ui::record_table(t!(cx.lang, "sales.bidders"), head.into_iter().map(str::to_owned).collect(), rows, &[])
    };
    ui::section("bidders", t!(cx.lang, "sales.bidders"), body)
}

fn bidder(cx: &Cx, b: &BidderView, form: &Form) -> Vec<AnyView> {
    let here = cx.href(&cx.route);
    let (id, version) = (b.id.to_string(), b.version.to_string());
    let field = format!("note.{id}");
    let actions: Vec<AnyView> = b
        .moves
        .iter()
        .map(|by| {
            let words = code_label(cx.lang, BidderMove::GROUP, by.code());
            match by {
                BidderMove::Admit => {
                    let values = [("bidder", id.as_str()), ("version", version.as_str())];
                    ui::post_button(cx, &here, &words, by.code(), &values, ButtonStyle::Secondary)
                }
                BidderMove::Exclude => {
                    let body = view! {
                        {ui::hidden("bidder", &id)}
                        {ui::hidden("version", &version)}
                        {ui::textarea(cx, form, Input::new(field.clone(), t!(cx.lang, "sales.note")).required().rows(2).max(REASON_MAX))}
                        {ui::buttons(vec![ui::button(&words, by.code(), ButtonStyle::Danger)])}
                    }
                    .into_any();
                    ui::details(&words, !form.value(&field).is_empty() || form.value("bidder") == id, ui::form(cx, &here, false, body))
                }
            }
        })
        .collect();
    let note = (!b.note.is_empty()).then(|| ui::paragraphs(&b.note));
    vec![
        b.organisation.clone().into_any(),
        b.place.map_or_else(|| "–".to_owned(), |n| t!(cx.lang, "sales.bidder", n = n)).into_any(),
        view! { {ui::state_badge(cx, BidderState::GROUP, b.state.code())}{note} }.into_any(),
        ui::date_time(cx, b.at),
        view! { {actions} }.into_any(),
    ]
}

fn log(cx: &Cx, sale: &SaleView) -> AnyView {
    if sale.log.items.is_empty() {
        return view! { <p>{t!(cx.lang, "sales.no_bids")}</p> }.into_any();
    }
    let head = [
        t!(cx.lang, "sales.seq"),
        t!(cx.lang, "sales.who"),
        t!(cx.lang, "sales.amount"),
        t!(cx.lang, "sales.time"),
        t!(cx.lang, "sales.result"),
    ];
    let rows = sale.log.items.iter().map(|b| bid(cx, b)).collect();
    let align = [Align::Start, Align::Start, Align::End];
    view! {
        {ui::record_table(t!(cx.lang, "sales.log_caption"), head.map(str::to_owned).to_vec(), rows, &align)}
        {ui::pager(cx, sale.log.total, sale.log.per_page)}
    }
    .into_any()
}

fn bid(cx: &Cx, b: &BidView) -> Vec<AnyView> {
    let name = b.organisation.clone().map(|name| view! { " "{name} });
    let own = b.own.then(|| view! { " "{ui::badge(t!(cx.lang, "sales.own"), Tone::Accent)} });
    let result = if b.code.is_empty() {
        ui::badge(t!(cx.lang, "sales.accepted"), Tone::Good)
    } else {
        ui::badge(&label(cx.lang, "sales.refused", &b.code), Tone::Bad)
    };
    vec![
        b.seq.to_string().into_any(),
        view! { {bidder_name(cx, b.place)}{name}{own} }.into_any(),
        ui::money(cx, b.amount.fen()).into_any(),
        moment(cx, b.at).into_any(),
        result,
    ]
}

/// The way to take it back, for the owner before the first bid.
fn cancel(cx: &Cx, sale: &SaleView, form: &Form) -> AnyView {
    if !sale.may_cancel {
        return ().into_any();
    }
    let words = code_label(cx.lang, SaleMove::GROUP, SaleMove::Cancel.code());
    let body = view! {
        {ui::hidden("version", &sale.version.to_string())}
        {ui::textarea(cx, form, Input::new("reason", t!(cx.lang, "sales.reason")).required().rows(3).max(REASON_MAX))}
        {ui::buttons(vec![ui::button(&words, "cancel", ButtonStyle::Danger)])}
    }
    .into_any();
    let open = form.value("action") == "cancel";
    view! { <div class="actions">{ui::details(&words, open, ui::form(cx, &cx.href(&cx.route), false, body))}</div> }.into_any()
}
