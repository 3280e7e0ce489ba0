//! What people see: pages, islands and words.
//!
//! Pages are rendered on the server only: a feature loads its data from the market (`async`), then draws it (`view`, synchronous).
//! Forms are plain HTML forms posted to the page's own address; a refused form is the same page again, with status 422 and everything
//! the person typed. Islands are the only code that also runs in the browser.

pub mod islands;
pub mod words;

#[cfg(feature = "ssr")]
mod accounts;
#[cfg(feature = "ssr")]
mod admin;
#[cfg(feature = "ssr")]
mod brokers;
#[cfg(feature = "ssr")]
mod certificates;
#[cfg(feature = "ssr")]
mod contracts;
#[cfg(feature = "ssr")]
mod cx;
#[cfg(feature = "ssr")]
mod dashboard;
#[cfg(feature = "ssr")]
mod deals;
#[cfg(feature = "ssr")]
mod experts;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod home;
#[cfg(feature = "ssr")]
mod imports;
#[cfg(feature = "ssr")]
mod indicators;
#[cfg(feature = "ssr")]
mod interests;
#[cfg(feature = "ssr")]
pub mod letters;
#[cfg(feature = "ssr")]
mod listings;
#[cfg(feature = "ssr")]
mod notices;
#[cfg(feature = "ssr")]
mod organisations;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod public_notices;
#[cfg(feature = "ssr")]
mod questions;
#[cfg(feature = "ssr")]
mod respond;
#[cfg(feature = "ssr")]
mod review;
#[cfg(feature = "ssr")]
mod rewards;
#[cfg(feature = "ssr")]
mod route;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod sales;
#[cfg(feature = "ssr")]
mod targets;
#[cfg(feature = "ssr")]
pub mod ui;

#[cfg(feature = "ssr")]
pub use self::{
    accounts::{DEMO_ACCOUNTS, DEMO_PASSWORD},
    cx::{Cx, Query, Site},
    form::{Form, Submission, Upload},
    page::{Outcome, Page, PageError},
    respond::{Reply, failure, respond},
    route::{Route, kind_path},
};
