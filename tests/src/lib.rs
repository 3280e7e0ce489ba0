//! The whole program from outside: a market of its own for every test, people with browsers of their own, and forms posted as a browser would.
//!
//! ```no_run
//! # async fn example() {
//! use keqiao_tests::{DemandForm, TestApp};
//! let app = TestApp::new().await;
//! let engineer = app.enterprise("沈工").await;
//! let page = engineer.get("/demands/new").await;
//! let saved = engineer.send(page.form("save").with(DemandForm::complete().title("轴承寿命不足"))).await;
//! assert_eq!(saved.location(), "/demands/XQ-2026-000001");
//! # }
//! ```
//!
//! Nothing here depends on the real time: the clock stands still until a test says [`TestApp::wait`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests stop at the first surprise")]

mod answer;
mod app;
mod builders;
mod client;
mod rows;
mod story;

pub use self::{
    answer::{Answer, Form, Typed},
    app::{Closed, SentLetter, Settings, TestApp},
    builders::{AchievementForm, ContractForm, DemandForm, OrganisationForm, TermsForm, credit_code},
    client::{Client, PASSWORD},
    rows::Rows,
    story::{Pair, Signed, answered, pdf, registered},
};
