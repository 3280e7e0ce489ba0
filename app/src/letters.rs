//! The words of the market's letters: plain text that says what happened and where to read on, and nothing confidential.

use keqiao_market::letters::{DueMail, Letter, Worded, Wording};
use keqiao_model::{Coded, ContractState, DealState, Lang, NoticeKind, ReportedIndicator};

use crate::{
    Query, Route, t,
    words::{self, code_label},
};

/// Puts letters into words.
#[derive(Debug, Clone)]
pub struct Words {
    base_url: String,
}

impl Words {
    /// Words whose links lead to the site at this address, without a trailing slash.
    pub fn new(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned() }
    }

    /// The whole address of a page given by its Chinese path.
    fn page(&self, lang: Lang, path: &str) -> String {
        format!("{}{}{path}", self.base_url, lang.prefix())
    }
}

/// One line, whatever was typed: a subject with a line end would be another header.
fn line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Number and title of what a letter is about.
fn named(number: &str, title: &str) -> String {
    line(&format!("{number} {title}"))
}

/// What a notice of many kinds is about. A reported indicator travels by its code and year, because its words are the reader's.
fn told_of(lang: Lang, told: NoticeKind, number: &str, title: &str) -> String {
    match told {
        NoticeKind::ReportSubmitted | NoticeKind::ReportDecided => {
            line(&format!("{} {number}", code_label(lang, ReportedIndicator::GROUP, title)))
        }
        _ => named(number, title),
    }
}

/// What a notice is about, as a heading.
pub(crate) fn about(lang: Lang, letter: &Letter) -> String {
    match letter {
        Letter::ListingSubmitted { number, title, .. }
        | Letter::ListingReviewed { number, title, .. }
        | Letter::InterestSent { number, title, .. }
        | Letter::InterestAnswered { number, title, .. }
        | Letter::MessageWritten { number, title, .. }
        | Letter::DealMoved { number, title, .. } => named(number, title),
        Letter::Told { told, number, title, .. } => told_of(lang, *told, number, title),
        Letter::ContractMoved { number, .. } => t!(lang, "notices.about_contract", number = number),
        Letter::PairRecommended { .. } => t!(lang, "notices.about_pairs").to_owned(),
        Letter::MembershipAsked { organisation, .. } | Letter::MembershipAnswered { organisation, .. } => line(organisation),
        Letter::VerifyEmail { .. }
        | Letter::AddressTaken
        | Letter::ResetPassword { .. }
        | Letter::PasswordChanged
        | Letter::Digest { .. } => String::new(),
    }
}

/// What a notice says.
pub(crate) fn sentence(lang: Lang, letter: &Letter) -> String {
    Words::new("").parts(lang, letter).1
}

impl Wording for Words {
    fn letter(&self, lang: Lang, letter: &Letter) -> (String, String) {
        self.whole(lang, letter, None)
    }

    fn mail(&self, mail: &DueMail) -> Worded {
        let page = mail.unsubscribe.as_ref().map(|token| self.page(mail.lang, &Route::Unsubscribe(token.clone()).path()));
        let kind = mail.letter.notice_kind().map(|kind| Query(vec![("kind".to_owned(), kind.code().to_owned())]).to_search());
        let link = page.as_ref().map(|page| format!("{page}{}", kind.unwrap_or_default()));
        let (subject, text) = self.whole(mail.lang, &mail.letter, link.as_deref());
        Worded { subject, text, unsubscribe: page }
    }
}

impl Words {
    /// Subject and text with all that stands around it; `unsubscribe` is the address by which the receiver ends such mail.
    fn whole(&self, lang: Lang, letter: &Letter, unsubscribe: Option<&str>) -> (String, String) {
        let (subject, text, link) = self.parts(lang, letter);
        let mut paragraphs = vec![t!(lang, "letters.greeting").to_owned(), text];
        if let Some(link) = link {
            // Secret links are not kept: the log of mail shows the letter without it.
            paragraphs.push(if link.is_empty() { t!(lang, "letters.link_gone").to_owned() } else { link });
        }
        paragraphs.push(t!(lang, "letters.footer", site = self.page(lang, "")));
        if let Some(link) = unsubscribe {
            paragraphs.push(format!("{}\n{link}", t!(lang, "letters.unsubscribe")));
        }
        (t!(lang, "letters.subject", subject = subject), format!("{}\n", paragraphs.join("\n\n")))
    }

    /// Subject, text, and the link below it.
    fn parts(&self, lang: Lang, letter: &Letter) -> (String, String, Option<String>) {
        let page = |path: &str| Some(self.page(lang, path));
        match letter {
            Letter::VerifyEmail { link } => {
                (t!(lang, "letters.verify_email_subject").to_owned(), t!(lang, "letters.verify_email_text").to_owned(), Some(link.clone()))
            }
            Letter::AddressTaken => {
                (t!(lang, "letters.address_taken_subject").to_owned(), t!(lang, "letters.address_taken_text").to_owned(), page("/forgot"))
            }
            Letter::ResetPassword { link } => (
                t!(lang, "letters.reset_password_subject").to_owned(),
                t!(lang, "letters.reset_password_text").to_owned(),
                Some(link.clone()),
            ),
            Letter::PasswordChanged => (
                t!(lang, "letters.password_changed_subject").to_owned(),
                t!(lang, "letters.password_changed_text").to_owned(),
                page("/forgot"),
            ),
            Letter::ListingSubmitted { number, title, organisation, path } => {
                let listing = named(number, title);
                let text = t!(lang, "letters.listing_submitted_text", organisation = line(organisation), listing = listing);
                (t!(lang, "letters.listing_submitted_subject", listing = listing), text, page(path))
            }
            Letter::ListingReviewed { number, title, published, path } => {
                let listing = named(number, title);
                if *published {
                    let text = t!(lang, "letters.listing_published_text", listing = listing);
                    (t!(lang, "letters.listing_published_subject", listing = listing), text, page(path))
                } else {
                    let text = t!(lang, "letters.listing_returned_text", listing = listing);
                    (t!(lang, "letters.listing_returned_subject", listing = listing), text, page(path))
                }
            }
            Letter::InterestSent { number, title, organisation, due, path } => {
                let listing = named(number, title);
                let mut text = if organisation.is_empty() {
                    t!(lang, "letters.interest_sent_hidden_text", listing = listing)
                } else {
                    t!(lang, "letters.interest_sent_text", organisation = line(organisation), listing = listing)
                };
                if !due.is_empty() {
                    text = format!("{text}\n\n{}", t!(lang, "letters.interest_sent_due", day = due));
                }
                (t!(lang, "letters.interest_sent_subject", listing = listing), text, page(path))
            }
            Letter::InterestAnswered { number, title, accepted, path } => {
                let listing = named(number, title);
                if *accepted {
                    let text = t!(lang, "letters.interest_accepted_text", listing = listing);
                    (t!(lang, "letters.interest_accepted_subject", listing = listing), text, page(path))
                } else {
                    let text = t!(lang, "letters.interest_declined_text", listing = listing);
                    (t!(lang, "letters.interest_declined_subject", listing = listing), text, page(path))
                }
            }
            Letter::PairRecommended { number, title, other_number, other_title, broker, path } => {
                let (one, other) = (named(number, title), named(other_number, other_title));
                let text = t!(lang, "letters.pair_recommended_text", broker = line(broker), one = one, other = other);
                (t!(lang, "letters.pair_recommended_subject", one = number, other = other_number), text, page(path))
            }
            Letter::MessageWritten { number, title, organisation, path } => {
                let deal = named(number, title);
                let text = if organisation.trim().is_empty() {
                    t!(lang, "letters.message_written_text", deal = deal)
                } else {
                    t!(lang, "letters.message_written_by_text", organisation = line(organisation), deal = deal)
                };
                (t!(lang, "letters.message_written_subject", deal = deal), text, page(path))
            }
            Letter::DealMoved { number, title, state, path } => {
                let (deal, state) = (named(number, title), code_label(lang, DealState::GROUP, state));
                let text = t!(lang, "letters.deal_moved_text", deal = deal, state = state);
                (t!(lang, "letters.deal_moved_subject", deal = deal, state = state), text, page(path))
            }
            // A contract's title stays in the market: until it is registered nobody else knows of it.
            Letter::ContractMoved { number, state, path, .. } => {
                let state = code_label(lang, ContractState::GROUP, state);
                let text = t!(lang, "letters.contract_moved_text", number = number, state = state);
                (t!(lang, "letters.contract_moved_subject", number = number, state = state), text, page(path))
            }
            Letter::MembershipAsked { organisation, person, path } => {
                let organisation = line(organisation);
                let text = t!(lang, "letters.membership_asked_text", person = line(person), organisation = organisation);
                (t!(lang, "letters.membership_asked_subject", organisation = organisation), text, page(path))
            }
            Letter::Told { told, number, title, who, path } => {
                let args = [("subject", &*told_of(lang, *told, number, title)), ("who", &*line(who))];
                let words = |part: &str| words::fill(&words::label(lang, "told", &format!("{}_{part}", told.code())), &args);
                (words("subject"), words("text"), page(path))
            }
            Letter::Digest { lines, more } => {
                let n = lines.len() as u64 + more;
                let mut text = t!(lang, "letters.digest_text", n = n);
                for line in lines {
                    let (subject, _, link) = self.parts(lang, line);
                    text.push_str(&format!("\n\n· {subject}\n  {}", link.unwrap_or_default()));
                }
                if *more > 0 {
                    text.push_str(&format!("\n\n{}", t!(lang, "letters.digest_more", n = more)));
                }
                (t!(lang, "letters.digest_subject", n = n), text, page("/notices"))
            }
            Letter::MembershipAnswered { organisation, accepted, path } => {
                let organisation = line(organisation);
                if *accepted {
                    let text = t!(lang, "letters.membership_accepted_text", organisation = organisation);
                    (t!(lang, "letters.membership_accepted_subject", organisation = organisation), text, page(path))
                } else {
                    let text = t!(lang, "letters.membership_declined_text", organisation = organisation);
                    (t!(lang, "letters.membership_declined_subject", organisation = organisation), text, page(path))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_line_end_never_reaches_the_subject() {
        let letter = Letter::DealMoved {
            number: "JY-2026-000001".to_owned(),
            title: "one\r\nBcc: someone@example.com".to_owned(),
            state: "signed".to_owned(),
            path: "/deals/JY-2026-000001".to_owned(),
        };
        for lang in Lang::ALL {
            let (subject, text) = Words::new("https://keqiao.example").letter(lang, &letter);
            assert!(!subject.contains(['\r', '\n']) && subject.contains("JY-2026-000001"), "{subject}");
            let link = format!("\nhttps://keqiao.example{}/deals/JY-2026-000001\n", lang.prefix());
            assert!(text.contains(&link) && !text.contains('{'), "{text}");
        }
    }

    #[test]
    fn a_letter_without_its_secret_says_so() {
        let whole = Letter::VerifyEmail { link: "https://keqiao.example/verify/abc".to_owned() };
        let words = Words::new("https://keqiao.example");
        assert!(words.letter(Lang::En, &whole).1.contains("/verify/abc"));
        assert!(words.letter(Lang::En, &whole.without_secret()).1.contains(t!(Lang::En, "letters.link_gone")));
    }
}
