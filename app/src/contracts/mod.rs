//! Contracts: the public register, the form, registration.

mod amend;
mod export;
mod facts;
mod form;
mod import;
mod import_batch;
mod labels;
mod list;
mod performance;
mod section_fields;
mod sections;
mod texts;
mod view;

use keqiao_market::{Subject, attachments, contracts};
use keqiao_model::ContractMove;

pub(crate) use self::{
    list::contract_line,
    texts::part as contract_texts,
    view::{contract_facts, related_button},
};
use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Contracts => list::page(cx).await,
        Route::ContractNew => form::new_page(cx, form).await,
        Route::ContractEdit(number) => sections::list_page(cx, &number).await,
        Route::ContractSection(number, section) => sections::section_page(cx, &number, &section, form).await,
        Route::Contract(number) => view::page(cx, &number, form).await,
        Route::ContractImport => import::page(cx, form).await,
        Route::ContractImportBatch(id) => import_batch::page(cx, id, form).await,
        Route::ContractPerformance(number) => performance::page(cx, &number, form).await,
        Route::ContractAmend(number) => amend::page(cx, &number, form).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route.
pub(crate) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match cx.route.clone() {
        Route::ContractNew => form::create(cx, submission).await,
        Route::ContractSection(number, section) => sections::submit(cx, &number, &section, submission).await,
        Route::Contract(number) => act(cx, &number, submission).await,
        Route::ContractImport => import::submit(cx, submission).await,
        Route::ContractImportBatch(id) => import_batch::submit(cx, id, submission).await,
        Route::ContractPerformance(number) => performance::submit(cx, &number, submission).await,
        Route::ContractAmend(number) => amend::submit(cx, &number, submission).await,
        _ => Err(PageError::NotFound),
    }
}

/// A move from the contract's own page, or a file added or taken away.
async fn act(cx: &Cx, number: &str, submission: &Submission) -> Result<Outcome, PageError> {
    let (done, flash) = match submission.action() {
        "attach" => (attach(cx, number, submission).await, "flash.file_added"),
        "detach" => match submission.value("attachment").parse() {
            Ok(id) => (attachments::detach(&cx.market, &cx.actor, id).await, "flash.file_removed"),
            Err(_) => return Err(PageError::NotFound),
        },
        "related" => {
            let is = submission.value("related") == "yes";
            let (version, once) = (submission.version(), submission.once());
            (contracts::declare_related(&cx.market, &cx.actor, number, is, version, once).await, "flash.saved")
        }
        action => {
            let Some(by) = ContractMove::from_code(action) else { return Err(PageError::NotFound) };
            let (code, reason) = (submission.value("code"), submission.value("reason"));
            let (version, once) = (submission.version(), submission.once());
            let flash = match by {
                ContractMove::Submit => "flash.contract_submitted",
                ContractMove::TakeBack => "flash.contract_taken_back",
                ContractMove::Return => "flash.returned",
                ContractMove::Accept => "flash.contract_accepted",
                ContractMove::Pass => "flash.contract_passed",
                ContractMove::Complete => "flash.contract_completed",
                ContractMove::Register | ContractMove::Refuse | ContractMove::Cancel => "flash.decided",
            };
            (contracts::move_contract(&cx.market, &cx.actor, number, by, code, reason, version, once).await, flash)
        }
    };
    match done {
        Ok(()) => Ok(Outcome::Go(cx.route.clone(), Some(flash))),
        Err(error) => Outcome::refused(submission, error),
    }
}

async fn attach(cx: &Cx, number: &str, submission: &Submission) -> keqiao_market::Result<()> {
    let contract = contracts::contract(&cx.market, &cx.actor, number).await?;
    let Some(file) = submission.files.iter().find(|f| f.field == "file") else {
        return Err(keqiao_market::Error::field("file", "file_required"));
    };
    let file = attachments::NewFile { name: &file.name, bytes: file.bytes.clone(), confidential: false, reason: "" };
    attachments::attach(&cx.market, &cx.actor, Subject::Contract, contract.summary.id, file, submission.once()).await?;
    Ok(())
}
