//! From a request to an answer: which feature answers which route, and what an error looks like.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Submission, accounts, admin, brokers, certificates, contracts, dashboard, deals, experts,
    home, imports, indicators, interests, listings, notices, organisations, public_notices, questions, review, rewards, rules, sales, t,
    targets, ui,
};

/// What the server sends.
pub enum Reply {
    /// A document.
    Html {
        /// HTTP status.
        status: u16,
        /// The whole document.
        body: String,
        /// Whether it may be kept by shared caches (public pages for visitors).
        public: bool,
    },
    /// A file to be saved.
    File {
        /// Its name.
        name: String,
        /// Its media type.
        media_type: &'static str,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Elsewhere (303).
    Redirect {
        /// An address of ours.
        to: String,
        /// Key of a sentence to show there.
        flash: Option<&'static str>,
        /// The session cookie: a new token, or an empty one to drop it.
        session: Option<String>,
    },
}

async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    use Route as R;
    match &cx.route {
        R::Home | R::About => home::page(cx, form).await,
        R::Listings(_) | R::ListingNew(_) | R::Listing(..) | R::ListingEdit(..) | R::Matches(..) => listings::page(cx, form).await,
        R::InterestNew(..) | R::Interests | R::Interest(_) | R::Work | R::Pairs => interests::page(cx, form).await,
        R::Organisations | R::OrganisationNew | R::Organisation(_) | R::OrganisationEdit(_) => organisations::page(cx, form).await,
        R::Experts => experts::page(cx).await,
        R::Deals
        | R::Deal(_)
        | R::DealNda(_)
        | R::DealTerms(_)
        | R::DealMembers(_)
        | R::DealDocument(..)
        | R::ListingDetail(..)
        | R::Disclosures => deals::page(cx, form).await,
        R::DealNotice(_) | R::PublicNotices | R::PublicNotice(_) => public_notices::page(cx, form).await,
        R::Sales | R::Sale(_) | R::SaleNew(_) => sales::page(cx, form).await,
        R::Brokers | R::Broker(_) | R::Board | R::Claim(_) | R::DealCommission(_) | R::Fees | R::Introductions | R::Introduction(_) => {
            brokers::page(cx, form).await
        }
        R::Questions | R::QuestionNew | R::Question(_) => questions::page(cx, form).await,
        R::Notices | R::NoticeSettings | R::Unsubscribe(_) => notices::page(cx, form).await,
        R::Contracts
        | R::ContractNew
        | R::Contract(_)
        | R::ContractEdit(_)
        | R::ContractSection(..)
        | R::ContractAmend(_)
        | R::ContractPerformance(_)
        | R::ContractImport
        | R::ContractImportBatch(_) => contracts::page(cx, form).await,
        R::Certificate(_) | R::Certificates | R::CertificateCheck(_) => certificates::page(cx, form).await,
        R::Rules | R::RuleNew | R::Rule(_) => rules::page(cx, form).await,
        R::Rewards | R::RewardNew | R::RewardReport | R::Reward(_) => rewards::page(cx, form).await,
        R::Indicators | R::IndicatorNew | R::Indicator(_) => indicators::page(cx, form).await,
        R::Dashboard => dashboard::page(cx, form).await,
        R::Targets | R::Target(_) | R::Assessment | R::Snapshots | R::Snapshot(_) => targets::page(cx, form).await,
        R::Review | R::ReviewPrecision | R::ReviewWeights | R::ReviewListing(..) | R::ReviewContract(_) => review::page(cx, form).await,
        R::Import | R::ImportBatch(_) => imports::page(cx, form).await,
        R::Admin | R::AdminPeople | R::AdminPerson(_) | R::AdminTargets | R::AdminMail | R::AdminAudit => admin::page(cx, form).await,
        R::SignIn | R::Register | R::Forgot | R::Reset(_) | R::Verify(_) | R::Account | R::SignOut => accounts::page(cx, form).await,
        R::Gallery => {
            let cx = cx.clone();
            Ok(Page::new("Gallery", move || ui::gallery(&cx)))
        }
    }
}

async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    use Route as R;
    match &cx.route {
        R::Listings(_) | R::ListingNew(_) | R::Listing(..) | R::ListingEdit(..) | R::Matches(..) => listings::submit(cx, submission).await,
        R::InterestNew(..) | R::Interests | R::Interest(_) | R::Work | R::Pairs => interests::submit(cx, submission).await,
        R::Organisations | R::OrganisationNew | R::Organisation(_) | R::OrganisationEdit(_) => organisations::submit(cx, submission).await,
        R::Deals | R::Deal(_) | R::DealNda(_) | R::DealTerms(_) | R::DealMembers(_) | R::DealDocument(..) | R::ListingDetail(..) => {
            deals::submit(cx, submission).await
        }
        R::DealNotice(_) | R::PublicNotices | R::PublicNotice(_) => public_notices::submit(cx, submission).await,
        R::Sales | R::Sale(_) | R::SaleNew(_) => sales::submit(cx, submission).await,
        R::Brokers | R::Broker(_) | R::Board | R::Claim(_) | R::DealCommission(_) | R::Fees | R::Introductions | R::Introduction(_) => {
            brokers::submit(cx, submission).await
        }
        R::Questions | R::QuestionNew | R::Question(_) => questions::submit(cx, submission).await,
        R::Notices | R::NoticeSettings | R::Unsubscribe(_) => notices::submit(cx, submission).await,
        R::Contracts
        | R::ContractNew
        | R::Contract(_)
        | R::ContractEdit(_)
        | R::ContractSection(..)
        | R::ContractAmend(_)
        | R::ContractPerformance(_)
        | R::ContractImport
        | R::ContractImportBatch(_) => contracts::submit(cx, submission).await,
        R::Certificate(_) | R::Certificates | R::CertificateCheck(_) => certificates::submit(cx, submission).await,
        R::Rules | R::RuleNew | R::Rule(_) => rules::submit(cx, submission).await,
        R::Rewards | R::RewardNew | R::RewardReport | R::Reward(_) => rewards::submit(cx, submission).await,
        R::Indicators | R::IndicatorNew | R::Indicator(_) => indicators::submit(cx, submission).await,
        R::Dashboard => dashboard::submit(cx, submission).await,
        R::Review | R::ReviewPrecision | R::ReviewWeights | R::ReviewListing(..) | R::ReviewContract(_) => {
            review::submit(cx, submission).await
        }
        R::Import | R::ImportBatch(_) => imports::submit(cx, submission).await,
        R::Admin | R::AdminPeople | R::AdminPerson(_) | R::AdminTargets | R::AdminMail | R::AdminAudit => {
            admin::submit(cx, submission).await
        }
        R::SignIn | R::Register | R::Forgot | R::Reset(_) | R::Verify(_) | R::Account | R::SignOut => {
            accounts::submit(cx, submission).await
        }
        R::Home
        | R::About
        | R::Experts
        | R::Targets
        | R::Target(_)
        | R::Assessment
        | R::Snapshots
        | R::Snapshot(_)
        | R::Disclosures
        | R::Gallery => Err(PageError::NotFound),
    }
}

/// Answers a request: a GET without `submission`, a POST with it.
pub async fn respond(cx: &Cx, submission: Option<Submission>) -> Reply {
    let (form, status) = match submission {
        None => (None, None),
        Some(submission) => match Box::pin(submit(cx, &submission)).await {
            Ok(Outcome::Go(route, flash)) => return Reply::Redirect { to: cx.href(&route), flash, session: None },
            Ok(Outcome::GoTo(to, flash)) => return Reply::Redirect { to, flash, session: None },
            Ok(Outcome::SignedIn { token, to }) => return Reply::Redirect { to, flash: None, session: Some(token) },
            Ok(Outcome::SignedOut) => {
                return Reply::Redirect { to: cx.href(&Route::Home), flash: Some("flash.signed_out"), session: Some(String::new()) };
            }
            Ok(Outcome::Refused(form)) => (Some(form), Some(422)),
            Ok(Outcome::Again(form)) => (Some(form), None),
            Err(error) => return failure(cx, error),
        },
    };
    match Box::pin(page(cx, form)).await {
        Ok(Page { file: Some((name, media_type, bytes)), .. }) => Reply::File { name, media_type, bytes },
        Ok(page) => {
            if status.is_none() {
                seen(cx).await;
            }
            draw(cx, page, status)
        }
        Err(error) => failure(cx, error),
    }
}

/// Notices that point to the page that was opened are read. Failing to note it is no reason not to show the page.
async fn seen(cx: &Cx) {
    if cx.unread == 0 || matches!(cx.route, Route::Notices) {
        return;
    }
    let path = cx.route.path();
    for path in [format!("{path}{}", cx.query.to_search()), path] {
        if let Err(error) = keqiao_market::notices::seen(&cx.market, &cx.actor, &path).await {
            tracing::error!(%error, "a notice was not marked as read");
        }
    }
}

fn draw(cx: &Cx, page: Page, status: Option<u16>) -> Reply {
    let refused = status == Some(422);
    let title = if refused { format!("{}{}", t!(cx.lang, "page.error_prefix"), page.title) } else { page.title };
    let owner = Owner::new_root(Some(Arc::new(hydration_context::SsrSharedContext::new_islands())));
    let view = page.view;
    let body = owner.with(|| view().to_html());
    drop(owner);
    let islands = body.contains("<leptos-island");
    let shell = ui::Shell { title, description: page.description, public: page.public, body_html: body, needs_islands: islands };
    let document = ui::shell(cx, shell);
    Reply::Html {
        status: status.unwrap_or(page.status),
        body: document,
        public: page.public && cx.actor.person().is_none() && cx.flash.is_none() && !refused,
    }
}

/// The answer when there is no page: what happened, and a way out.
pub fn failure(cx: &Cx, error: PageError) -> Reply {
    let lang = cx.lang;
    let (status, title, text) = match error {
        PageError::Redirect(to) => return Reply::Redirect { to, flash: None, session: None },
        PageError::SignIn => {
            let next = crate::Query(vec![("next".to_owned(), cx.here(&cx.query))]).to_search();
            return Reply::Redirect { to: format!("{}{next}", cx.href(&Route::SignIn)), flash: Some("flash.sign_in_first"), session: None };
        }
        PageError::NotFound => (404, t!(lang, "page.not_found_title").to_owned(), t!(lang, "page.not_found_text").to_owned()),
        PageError::Forbidden => (403, t!(lang, "page.forbidden_title").to_owned(), t!(lang, "page.forbidden_text").to_owned()),
        PageError::TooMany(seconds) => (429, t!(lang, "page.too_many_title").to_owned(), t!(lang, "page.too_many_text", seconds = seconds)),
        PageError::CrossSite => (403, t!(lang, "page.cross_site_title").to_owned(), t!(lang, "page.cross_site_text").to_owned()),
        PageError::TooLarge(limit) => {
            let limit = format!("{} MB", limit / 1024 / 1024);
            (413, t!(lang, "page.too_large_title").to_owned(), t!(lang, "page.too_large_text", limit = limit))
        }
        PageError::Malformed => (400, t!(lang, "page.malformed_title").to_owned(), t!(lang, "page.malformed_text").to_owned()),
        PageError::Failed => (500, t!(lang, "page.failed_title").to_owned(), t!(lang, "page.failed_text").to_owned()),
    };
    let again = cx.clone();
    let heading = title.clone();
    let page = Page::new(title, move || {
        let home = ui::button_link(t!(lang, "page.to_home"), &again.href(&Route::Home), ui::ButtonStyle::Primary);
        ui::no_page(&again, &heading, &text, vec![home])
    });
    draw(cx, page.status(status), None)
}
