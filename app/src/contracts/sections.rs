//! The contract's form as a task list: each part by itself, saved when it is complete, kept as typed until then; and everything once more before it
//! is handed in.

use keqiao_market::{
    Error, Subject,
    attachments::{self, AttachmentView},
    contracts::{self, ContractDetail, ContractText, ContractView, Draft, SectionView},
    listings,
    room::terms,
};
use keqiao_model::{Coded, ContractMove, ContractSection, FieldError, Fields, IpShare, ListingKind, without_empty_lines};
use leptos::prelude::*;

use super::{
    form::{self, Parties, posted},
    labels::{label, labels, labels_of},
    section_fields, texts,
    view::{contract_facts, decision, file_part},
};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, t,
    ui::{self, ButtonStyle, Task, Tone},
    words::{code_label, error_words},
};

/// A contract that the actor may change, and where the parts of its form stand.
async fn editable(cx: &Cx, number: &str) -> Result<(ContractView, Vec<SectionView>), PageError> {
    cx.actor.signed_in()?;
    let contract = contracts::contract(&cx.market, &cx.actor, number).await?;
    if contract.detail.is_none() || !contract.own {
        return Err(PageError::NotFound);
    }
    if !contract.editable {
        return Err(PageError::Redirect(cx.href(&Route::Contract(number.to_owned()))));
    }
    let sections = contracts::sections(&cx.market, &cx.actor, number).await?;
    Ok((contract, sections))
}

/// The task list.
pub(super) async fn list_page(cx: &Cx, number: &str) -> Result<Page, PageError> {
    let (contract, sections) = editable(cx, number).await?;
    let title = t!(cx.lang, "contracts.edit_title", number = number);
    let cx = cx.clone();
    Ok(Page::new(title.clone(), move || list_view(&cx, &title, &contract, &sections)))
}

/// Where a part stands, in words and tone.
fn standing(cx: &Cx, section: &SectionView) -> (&'static str, Tone) {
    match section {
        s if s.problems.is_empty() && s.drafted.is_some() => (t!(cx.lang, "contracts.section_typed"), Tone::Info),
        s if s.problems.is_empty() && s.section == ContractSection::Check => (t!(cx.lang, "contracts.section_ready"), Tone::Info),
        s if s.problems.is_empty() => (t!(cx.lang, "contracts.section_complete"), Tone::Good),
        s if s.section == ContractSection::Check => (t!(cx.lang, "contracts.section_not_ready"), Tone::Neutral),
        s if s.contradicts() => (t!(cx.lang, "contracts.section_problem"), Tone::Bad),
        s if s.drafted.is_some() => (t!(cx.lang, "contracts.section_typed"), Tone::Info),
        _ => (t!(cx.lang, "contracts.section_to_do"), Tone::Warn),
    }
}

fn list_view(cx: &Cx, title: &str, contract: &ContractView, sections: &[SectionView]) -> AnyView {
    let number = &contract.summary.number;
    let tasks = sections
        .iter()
        .map(|section| {
            let (status, tone) = standing(cx, section);
            let hint = match section.problems.len() {
                0 => String::new(),
                n if section.section == ContractSection::Check => t!(cx.lang, "contracts.section_open", n = n),
                _ => missing(cx, &section.problems),
            };
            Task {
                title: code_label(cx.lang, ContractSection::GROUP, section.section.code()),
                href: Some(cx.href(&Route::ContractSection(number.clone(), section.section.code().to_owned()))),
                hint,
                status: status.to_owned(),
                tone,
            }
        })
        .collect();
    let parts = || sections.iter().filter(|s| s.section != ContractSection::Check);
    let (done, all) = (parts().filter(|s| s.problems.is_empty()).count(), parts().count());
    let decided = contract.detail.as_ref().map(|detail| decision(cx, contract.summary.state, detail));
    view! {
        {ui::back_link(cx, number, &cx.href(&Route::Contract(number.clone())))}
        {ui::page_title(title, Some(&contract.summary.title), None)}
        {ui::lead(&t!(cx.lang, "contracts.sections_lead", done = done, all = all))}
        {decided}
        <div class="narrow">{ui::task_list(tasks)}</div>
    }
    .into_any()
}

/// The first fields that are open, in words.
fn missing(cx: &Cx, problems: &[FieldError]) -> String {
    let mut names: Vec<String> = problems.iter().map(|p| label(cx, &p.field)).collect();
    names.dedup();
    let more = names.len() > 3;
    names.truncate(3);
    let names = names.join(t!(cx.lang, "listings.separator"));
    if more { t!(cx.lang, "contracts.open_and_more", names = names) } else { t!(cx.lang, "contracts.open_fields", names = names) }
}

/// What stands beside the fields of a part.
pub(super) struct Beside {
    pub(super) contract: ContractView,
    pub(super) detail: ContractDetail,
    pub(super) parties: Parties,
    pub(super) attached: Vec<AttachmentView>,
    pub(super) texts: Vec<ContractText>,
}

fn section_of(code: &str) -> Result<ContractSection, PageError> {
    ContractSection::from_code(code).ok_or(PageError::NotFound)
}

/// One part, with what was typed before and not saved.
pub(super) async fn section_page(cx: &Cx, number: &str, section: &str, form: Option<Form>) -> Result<Page, PageError> {
    let section = section_of(section)?;
    let (contract, sections) = editable(cx, number).await?;
    let Some(detail) = contract.detail.clone() else { return Err(PageError::NotFound) };
    let stored = stored(cx, &detail, section).await?;
    let has_fields = !matches!(section, ContractSection::Files | ContractSection::Check);
    let draft = if form.is_none() && has_fields { contracts::draft(&cx.market, &cx.actor, number, section).await? } else { None };
    let form = match (form, &draft) {
        (Some(form), _) if form.is_stale() => form.at_version(contract.version),
        (Some(form), _) => form,
        (None, Some(draft)) => Form::filled(draft.fields.clone()).at_version(contract.version),
        (None, None) => Form::filled(stored.clone()).at_version(contract.version),
    };
    let id = contract.summary.id;
    let (attached, texts) = match section {
        ContractSection::Files | ContractSection::Clauses | ContractSection::Check => (
            attachments::attachments(&cx.market, &cx.actor, Subject::Contract, id).await?,
            contracts::texts(&cx.market, &cx.actor, number).await?,
        ),
        _ => (Vec::new(), Vec::new()),
    };
    let parties = parties(cx, &contract, &detail).await?;
    let beside = Beside { contract, detail, parties, attached, texts };
    let name = code_label(cx.lang, ContractSection::GROUP, section.code());
    let title = format!("{name} {number}");
    let cx = cx.clone();
    Ok(Page::new(title, move || match section {
        ContractSection::Check => check_view(&cx, &name, &beside, &sections, &form),
        _ => section_view(&cx, section, &name, &beside, &stored, draft.as_ref(), &form),
    }))
}

/// Seller and buyer; the seller names the buyer of a contract that comes from no deal.
async fn parties(cx: &Cx, contract: &ContractView, detail: &ContractDetail) -> Result<Parties, PageError> {
    let asks = contract.selling && detail.deal.is_none();
    let mut achievements = if asks && cx.actor.acts_for(detail.seller.id) { form::achievements(cx).await? } else { Vec::new() };
    if let Some(chosen) = detail.achievement.as_ref().filter(|chosen| !achievements.iter().any(|(number, _)| number == *chosen)) {
        achievements.push((chosen.clone(), chosen.clone()));
    }
    Ok(Parties {
        seller: detail.seller.name.clone(),
        buyer: (!asks).then(|| detail.buyer.name.clone()),
        deal: detail.deal.clone(),
        achievements,
    })
}

/// What is saved of a part; of what is not, what the deal says.
async fn stored(cx: &Cx, detail: &ContractDetail, section: ContractSection) -> Result<Fields, PageError> {
    let all = detail.content.to_fields().0.into_iter().chain(detail.registration.to_fields().0);
    let mut fields: Fields = all
        .filter(|(name, _)| ContractSection::of(name) == Some(section) && !matches!(name.as_str(), "kind" | "technical_value"))
        .collect();
    match section {
        ContractSection::Parties => {
            fields.push("buyer_name", detail.buyer.name.as_str());
            fields.push("buyer_credit_code", detail.buyer.credit_code.as_str());
            fields.push("achievement", detail.achievement.as_deref().unwrap_or_default());
        }
        ContractSection::Subject if detail.registration.industry.is_empty() => {
            let of = [(ListingKind::Demand, &detail.demand), (ListingKind::Achievement, &detail.achievement)];
            for (kind, number) in of {
                let Some(number) = number else { continue };
                // Whoever cannot read the listing fills it in.
                if let Ok(listing) = listings::listing(&cx.market, &cx.actor, kind, number).await
                    && fields.value("industry").is_empty()
                {
                    set(&mut fields, "industry", listing.content.industry);
                }
            }
        }
        ContractSection::Payment | ContractSection::Ip => from_terms(cx, detail, section, &mut fields).await?,
        _ => {}
    }
    Ok(fields)
}

fn set(fields: &mut Fields, name: &str, value: impl Into<String>) {
    fields.0.retain(|(n, _)| n != name);
    fields.push(name, value);
}

/// What both sides accepted is what the contract says, unless somebody types otherwise.
async fn from_terms(cx: &Cx, detail: &ContractDetail, section: ContractSection, fields: &mut Fields) -> Result<(), PageError> {
    let Some(deal) = &detail.deal else { return Ok(()) };
    let terms = match terms::accepted_terms(&cx.market, &cx.actor, deal).await {
        Ok(Some(terms)) => terms,
        // Of either party, but no member of the deal's room.
        Ok(None) | Err(Error::NotFound) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if section == ContractSection::Ip {
        if detail.registration.ip.is_none() && detail.registration.ip_share.is_empty() {
            set(fields, "ip_share", code_label(cx.lang, IpShare::GROUP, terms.ip.code()));
        }
        return Ok(());
    }
    if detail.registration.payments.is_empty() {
        for (index, milestone) in terms.milestones.iter().enumerate() {
            fields.push(format!("payments.{index}.due"), keqiao_model::format_date(milestone.due));
            fields.push(format!("payments.{index}.amount"), milestone.amount.format_input());
            fields.push(format!("payments.{index}.condition"), milestone.title.as_str());
        }
    }
    if let (None, Some(base)) = (detail.registration.royalty_base, terms.royalty_base) {
        set(fields, "royalty_base", base.code());
    }
    Ok(())
}

/// A part sent: saved, kept for later, thrown away; a file; or the whole handed in.
pub(super) async fn submit(cx: &Cx, number: &str, section: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let section = section_of(section)?;
    let fields = match section.table() {
        Some((table, columns)) => without_empty_lines(&submission.fields, table, columns),
        None => submission.fields.clone(),
    };
    let submission = &Submission { fields, files: submission.files.clone() };
    let list = Route::ContractEdit(number.to_owned());
    let (version, once) = (submission.version(), submission.once());
    let (done, to) = match (submission.action(), section) {
        ("attach" | "detach", ContractSection::Files) => return super::act(cx, number, submission).await,
        ("submit", ContractSection::Check) => {
            let done = contracts::move_contract(&cx.market, &cx.actor, number, ContractMove::Submit, "", "", version, once).await;
            (done, (Route::Contract(number.to_owned()), Some("flash.contract_submitted")))
        }
        ("draft", _) => {
            let done = contracts::keep_draft(&cx.market, &cx.actor, number, section, &submission.fields).await;
            (done, (list, Some("flash.draft_kept")))
        }
        ("autosave", _) => {
            let done = contracts::keep_draft(&cx.market, &cx.actor, number, section, &submission.fields).await;
            (done, (cx.route.clone(), None))
        }
        ("discard", _) => (contracts::drop_draft(&cx.market, &cx.actor, number, section).await, (cx.route.clone(), None)),
        ("save", _) => {
            let fields = posted(&submission.fields);
            let done = contracts::save_section(&cx.market, &cx.actor, number, section, &fields, version, once).await;
            (done, (list, Some("flash.saved")))
        }
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(Outcome::Go(to.0, to.1)),
        Err(Error::Forbidden) => Err(PageError::Redirect(cx.href(&Route::Contract(number.to_owned())))),
        Err(error) => form::refused(cx, submission, error),
    }
}

fn section_view(
    cx: &Cx,
    section: ContractSection,
    name: &str,
    beside: &Beside,
    stored: &Fields,
    draft: Option<&Draft>,
    form: &Form,
) -> AnyView {
    let number = &beside.contract.summary.number;
    let list = cx.href(&Route::ContractEdit(number.clone()));
    let named = labels_of(cx, form);
    let named: Vec<(&str, &str)> = named.iter().map(|(field, label)| (field.as_str(), label.as_str())).collect();
    let body = match section {
        ContractSection::Files => view! {
            {file_part(cx, &beside.contract, &beside.attached, form)}
            {texts::part(cx, &beside.texts)}
            {ui::buttons(vec![ui::button_link(t!(cx.lang, "contracts.to_sections"), &list, ButtonStyle::Secondary)])}
        }
        .into_any(),
        ContractSection::Parties if beside.parties.buyer.is_some() => view! {
            {form::party_fields(cx, &beside.parties, form)}
            <p class="hint">{t!(cx.lang, "contracts.parties_fixed")}</p>
            {ui::buttons(vec![ui::button_link(t!(cx.lang, "contracts.to_sections"), &list, ButtonStyle::Secondary)])}
        }
        .into_any(),
        _ => {
            let saved = t!(cx.lang, "contracts.autosaved");
            let failed = t!(cx.lang, "contracts.autosave_failed");
            let body = view! {
                {ui::hidden("version", &form.value("version"))}
                {section_fields::fields(cx, section, beside, form)}
                {ui::buttons(vec![
                    ui::button(t!(cx.lang, "contracts.save"), "save", ButtonStyle::Primary),
                    ui::button(t!(cx.lang, "contracts.keep_draft"), "draft", ButtonStyle::Secondary),
                    ui::button_link(t!(cx.lang, "contracts.leave"), &list, ButtonStyle::Quiet),
                ])}
                <p class="hint" role="status" data-draft="yes" data-draft-saved=saved data-draft-failed=failed></p>
            }
            .into_any();
            ui::form(cx, &cx.href(&cx.route), false, body)
        }
    };
    view! {
        {ui::error_summary(cx, form, &named)}
        {ui::back_link(cx, &t!(cx.lang, "contracts.edit_title", number = number), &list)}
        {ui::page_title(name, Some(&beside.contract.summary.title), None)}
        {ui::conflict(cx, form, stored, &labels(cx))}
        {draft.map(|draft| kept(cx, draft))}
        <div class="narrow">{body}</div>
    }
    .into_any()
}

/// That the form shows what was typed, not what is saved, and how to get back to that.
fn kept(cx: &Cx, draft: &Draft) -> AnyView {
    let words = t!(cx.lang, "contracts.draft_shown", at = ui::date_time_text(cx, draft.at));
    let older = draft.is_older.then(|| view! { <p>{t!(cx.lang, "contracts.draft_older")}</p> });
    let discard = ui::post_button(cx, &cx.href(&cx.route), t!(cx.lang, "contracts.draft_discard"), "discard", &[], ButtonStyle::Quiet);
    ui::notice(cx, Tone::Info, view! { <p>{words}</p>{older}{discard} }.into_any())
}

/// Everything as it will be handed in, and what is missing.
fn check_view(cx: &Cx, name: &str, beside: &Beside, sections: &[SectionView], form: &Form) -> AnyView {
    let contract = &beside.contract;
    let number = &contract.summary.number;
    let list = cx.href(&Route::ContractEdit(number.clone()));
    let problems = sections.iter().find(|s| s.section == ContractSection::Check).map(|s| s.problems.as_slice()).unwrap_or_default();
    // What is missing is listed below, each with the way to it.
    let own: Vec<FieldError> = form.errors.iter().filter(|e| ContractSection::of(&e.field).is_none()).cloned().collect();
    let own = Form { fields: form.fields.clone(), errors: own };
    let missing =
        (!problems.is_empty()).then(|| ui::section("missing", t!(cx.lang, "contracts.missing"), problem_list(cx, number, problems)));
    let drafted = sections
        .iter()
        .any(|s| s.drafted.is_some())
        .then(|| ui::notice(cx, Tone::Warn, t!(cx.lang, "contracts.typed_not_saved").into_any()));
    let version = contract.version.to_string();
    let submit = contract.moves.contains(&ContractMove::Submit).then(|| {
        let words = code_label(cx.lang, ContractMove::GROUP, ContractMove::Submit.code());
        let style = if problems.is_empty() { ButtonStyle::Primary } else { ButtonStyle::Secondary };
        ui::post_button(cx, &cx.href(&cx.route), &words, ContractMove::Submit.code(), &[("version", &version)], style)
    });
    let seller = (!contract.selling).then(|| view! { <p class="hint">{t!(cx.lang, "contracts.seller_submits")}</p> });
    let files = view! { {crate::listings::files(cx, &beside.attached, false)}{texts::part(cx, &beside.texts)} }.into_any();
    view! {
        {ui::error_summary(cx, &own, &[])}
        {ui::back_link(cx, &t!(cx.lang, "contracts.edit_title", number = number), &list)}
        {ui::page_title(name, Some(&contract.summary.title), None)}
        {ui::lead(t!(cx.lang, "contracts.check_lead"))}
        {missing}
        {drafted}
        {contract_facts(cx, contract)}
        {ui::section("files", t!(cx.lang, "contracts.files"), files)}
        <div class="actions">{submit}{seller}</div>
    }
    .into_any()
}

/// What keeps a contract from being handed in, each with a link to its field.
pub(super) fn problem_list(cx: &Cx, number: &str, problems: &[FieldError]) -> AnyView {
    let items: Vec<AnyView> = problems
        .iter()
        .filter_map(|problem| {
            let section = ContractSection::of(&problem.field)?;
            let page = cx.href(&Route::ContractSection(number.to_owned(), section.code().to_owned()));
            let to = format!("{page}#{}", ui::field_id(&problem.field));
            let words = t!(cx.lang, "ui.form.error_at", field = label(cx, &problem.field), error = error_words(cx.lang, problem));
            Some(view! { <li><a href=to>{words}</a></li> }.into_any())
        })
        .collect();
    view! { <ul>{items}</ul> }.into_any()
}
