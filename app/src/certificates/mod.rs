//! Certificates of registration (技术合同登记证明): to print, and to check by everyone.

mod check;
mod print;
mod qr;

use keqiao_model::AmendmentKind;
use time::Date;

use crate::{Cx, Form, Outcome, Page, PageError, Route, Submission, t, ui, words::code_label};

/// The page of the route.
pub(crate) async fn page(cx: &Cx, _form: Option<Form>) -> Result<Page, PageError> {
    match cx.route.clone() {
        Route::Certificate(number) => print::page(cx, &number).await,
        Route::Certificates => check::form_page(cx),
        Route::CertificateCheck(code) => check::page(cx, &code).await,
        _ => Err(PageError::NotFound),
    }
}

/// A form posted to the route: there is none, questions stand in the address.
pub(crate) async fn submit(_cx: &Cx, _submission: &Submission) -> Result<Outcome, PageError> {
    Err(PageError::NotFound)
}

/// A verification code in groups that people can compare.
fn spaced(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What was changed in the register since, and when.
fn amended_words(cx: &Cx, amended: &[(AmendmentKind, Date)]) -> String {
    let words = amended.iter().map(|(kind, day)| {
        let what = code_label(cx.lang, "amendment_kind", kind.code());
        t!(cx.lang, "certificates.amended_on", what = what, day = ui::day_text(cx, *day))
    });
    words.collect::<Vec<_>>().join(t!(cx.lang, "listings.separator"))
}
