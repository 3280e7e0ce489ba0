//! Mail: letters are queued in the transaction that causes them and sent later by a worker. What is stored is what a letter says as data; its
//! words come from [`Wording`] when it is sent or shown.

use keqiao_model::{Lang, NoticeKind};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Paged, Result,
    db::{Tx, from_micros},
    entity::mail,
    notices::{Kind, token_of},
    paging::fetch,
};

/// Attempts before a letter is given up.
const ATTEMPTS_MAX: i64 = 8;
/// A claimed letter that nobody reported on is tried again after this long.
const CLAIM: Duration = Duration::minutes(10);
/// Longest stored report of a failure, characters.
const ERROR_MAX: usize = 500;

/// What a letter says. `path` is the Chinese path of the page it points to (`/deals/JY-2026-000001`); a `link` is whole and secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are what the name says: the number, title and page of the subject, and who did it")]
pub enum Letter {
    /// Confirm this address.
    VerifyEmail { link: String },
    /// Somebody tried to register with this address, which has an account.
    AddressTaken,
    /// Choose a new password.
    ResetPassword { link: String },
    /// The password was changed.
    PasswordChanged,
    /// To officers: a listing waits for review.
    ListingSubmitted { number: String, title: String, organisation: String, path: String },
    /// To the owner: a listing was published or returned.
    ListingReviewed { number: String, title: String, published: bool, path: String },
    /// To the receiver: somebody is interested in a listing; `organisation` is empty when it does not want to be named yet.
    InterestSent {
        number: String,
        title: String,
        organisation: String,
        /// The day by which it must be answered, `YYYY-MM-DD`.
        #[serde(default)]
        due: String,
        path: String,
    },
    /// To the sender: an interest was accepted or declined.
    InterestAnswered { number: String, title: String, accepted: bool, path: String },
    /// To both sides: a broker recommends a pair.
    PairRecommended { number: String, title: String, other_number: String, other_title: String, broker: String, path: String },
    /// To the others in a deal: a message was written; its text stays in the market.
    MessageWritten { number: String, title: String, organisation: String, path: String },
    /// To the other side: a deal moved; `state` is a code of `deal_state`.
    DealMoved { number: String, title: String, state: String, path: String },
    /// To the parties or to officers: a contract moved; `state` is a code of `contract_state`.
    ContractMoved { number: String, title: String, state: String, path: String },
    /// To managers: somebody asks to join.
    MembershipAsked { organisation: String, person: String, path: String },
    /// One of the many kinds that are told with a subject and who did it.
    Told { told: NoticeKind, number: String, title: String, who: String, path: String },
    /// To whoever asked to join.
    MembershipAnswered { organisation: String, accepted: bool, path: String },
    /// What happened since the last digest, and how much more than these lines.
    Digest { lines: Vec<Letter>, more: u64 },
}

impl Letter {
    /// Code of the kind: key of its words.
    pub fn code(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AddressTaken => "address_taken",
            Self::ResetPassword { .. } => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::ListingSubmitted { .. } => "listing_submitted",
            Self::ListingReviewed { .. } => "listing_reviewed",
            Self::InterestSent { .. } => "interest_sent",
            Self::InterestAnswered { .. } => "interest_answered",
            Self::PairRecommended { .. } => "pair_recommended",
            Self::MessageWritten { .. } => "message_written",
            Self::DealMoved { .. } => "deal_moved",
            Self::ContractMoved { .. } => "contract_moved",
            Self::MembershipAsked { .. } => "membership_asked",
            Self::MembershipAnswered { .. } => "membership_answered",
            Self::Told { told, .. } => told.code(),
            Self::Digest { .. } => "digest",
        }
    }

    /// The kind of notice it brings; nothing for a letter that belongs to an account and always goes, and for a digest of notices.
    pub fn notice_kind(&self) -> Option<Kind> {
        Some(match self {
            Self::VerifyEmail { .. } | Self::AddressTaken | Self::ResetPassword { .. } | Self::PasswordChanged | Self::Digest { .. } => {
                return None;
            }
            Self::ListingSubmitted { .. } => Kind::ListingSubmitted,
            Self::ListingReviewed { .. } => Kind::ListingReviewed,
            Self::InterestSent { .. } => Kind::InterestSent,
            Self::InterestAnswered { .. } => Kind::InterestAnswered,
            Self::PairRecommended { .. } => Kind::PairRecommended,
            Self::MessageWritten { .. } => Kind::MessageWritten,
            Self::DealMoved { .. } => Kind::DealMoved,
            Self::ContractMoved { .. } => Kind::ContractMoved,
            Self::MembershipAsked { .. } => Kind::MembershipAsked,
            Self::Told { told, .. } => Kind::Told(*told),
            Self::MembershipAnswered { .. } => Kind::MembershipAnswered,
        })
    }

    /// The Chinese path of the page to read on; empty where there is none.
    pub fn path(&self) -> &str {
        match self {
            Self::VerifyEmail { .. } | Self::AddressTaken | Self::ResetPassword { .. } | Self::PasswordChanged | Self::Digest { .. } => "",
            Self::ListingSubmitted { path, .. }
            | Self::ListingReviewed { path, .. }
            | Self::InterestSent { path, .. }
            | Self::InterestAnswered { path, .. }
            | Self::PairRecommended { path, .. }
            | Self::MessageWritten { path, .. }
            | Self::DealMoved { path, .. }
            | Self::ContractMoved { path, .. }
            | Self::MembershipAsked { path, .. }
            | Self::Told { path, .. }
            | Self::MembershipAnswered { path, .. } => path,
        }
    }

    /// The letter without the link that lets whoever has it act.
    #[must_use]
    pub fn without_secret(self) -> Self {
        match self {
            Self::VerifyEmail { .. } => Self::VerifyEmail { link: String::new() },
            Self::ResetPassword { .. } => Self::ResetPassword { link: String::new() },
            other => other,
        }
    }
}

/// A letter in words, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worded {
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The whole address that ends this kind of mail with one post (RFC 8058); nothing for letters that always go.
    pub unsubscribe: Option<String>,
}

/// Puts letters into words; the app has them.
pub trait Wording: Send + Sync {
    /// Subject and plain text of a letter, without what is only for its receiver.
    fn letter(&self, lang: Lang, letter: &Letter) -> (String, String);

    /// A letter as it is sent, with the way to end such mail.
    fn mail(&self, mail: &DueMail) -> Worded;
}

/// What `mail.body` holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    lang: Lang,
    letter: Letter,
    /// Who may end such mail by the link below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<Uuid>,
}

/// Whether a letter was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// Waits to be sent.
    Queued,
    /// Handed to the mail server.
    Sent,
    /// Given up.
    Failed,
}

impl MailState {
    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    fn of(row: &mail::Model) -> Result<Self> {
        [Self::Queued, Self::Sent, Self::Failed]
            .into_iter()
            .find(|s| s.code() == row.state)
            .ok_or_else(|| Error::internal(format!("mail in state {}", row.state)))
    }
}

/// Queues a letter with the change that causes it. A letter with the same `dedupe` key is queued once, however often an event is handled.
pub(crate) async fn queue(tx: &Tx, address: &str, lang: Lang, letter: Letter, dedupe: &str) -> Result<()> {
    insert(tx, address, Stored { lang, letter, person: None }, dedupe).await?;
    Ok(())
}

/// Queues a letter that its receiver can end, as [`queue`] does; answers whether it was not queued before.
pub(crate) async fn queue_notice(tx: &Tx, person: Uuid, address: &str, lang: Lang, letter: Letter, dedupe: &str) -> Result<bool> {
    insert(tx, address, Stored { lang, letter, person: Some(person) }, dedupe).await
}

async fn insert(tx: &Tx, address: &str, stored: Stored, dedupe: &str) -> Result<bool> {
    let row = mail::ActiveModel {
        id: Set(Uuid::now_v7()),
        address: Set(address.to_owned()),
        subject: Set(stored.letter.code().to_owned()),
        body: Set(serde_json::to_string(&stored)?),
        state: Set(MailState::Queued.code().to_owned()),
        error: Set(String::new()),
        dedupe: Set(dedupe.to_owned()),
        attempts: Set(0),
        created_at: Set(tx.now),
        next_at: Set(tx.now),
        sent_at: Set(None),
    };
    let inserted = mail::Entity::insert(row)
        .on_conflict(OnConflict::column(mail::Column::Dedupe).do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    Ok(inserted > 0)
}

/// A letter to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    /// Id, to report with.
    pub id: Uuid,
    /// Receiver.
    pub address: String,
    /// Language of the receiver.
    pub lang: Lang,
    /// What it says.
    pub letter: Letter,
    /// The token by which its receiver ends such mail.
    pub unsubscribe: Option<String>,
}

/// Claims letters to be sent now. Another worker does not get them as well; what nobody reports on comes again after ten minutes.
///
/// # Errors
/// [`Error::Internal`].
pub async fn due_mail(market: &Market, limit: u64) -> Result<Vec<DueMail>> {
    let tx = market.write(&Actor::System).await?;
    let rows = mail::Entity::find()
        .filter(mail::Column::State.eq(MailState::Queued.code()))
        .filter(mail::Column::NextAt.lte(tx.now))
        .order_by_asc(mail::Column::NextAt)
        .order_by_asc(mail::Column::Id)
        .limit(limit)
        .all(&*tx)
        .await?;
    let again = tx.now.saturating_add(micros_of(CLAIM));
    let mut due = Vec::new();
    for row in rows {
        let claimed = mail::Entity::update_many()
            .col_expr(mail::Column::NextAt, Expr::value(again))
            .filter(mail::Column::Id.eq(row.id))
            .filter(mail::Column::State.eq(MailState::Queued.code()))
            .filter(mail::Column::NextAt.eq(row.next_at))
            .exec(&*tx)
            .await?;
        if claimed.rows_affected == 1 {
            let Stored { lang, letter, person } = serde_json::from_str(&row.body)?;
            let unsubscribe = match person {
                Some(person) => Some(token_of(&tx, person).await?),
                None => None,
            };
            due.push(DueMail { id: row.id, address: row.address, lang, letter, unsubscribe });
        }
    }
    tx.commit().await?;
    Ok(due)
}

/// Notes that the mail server took a letter. Its secret link is forgotten, except in the demo, where people read their mail in the market.
///
/// # Errors
/// [`Error::NotFound`] when there is no such letter.
pub async fn mark_sent(market: &Market, id: Uuid) -> Result<()> {
    let tx = market.write(&Actor::System).await?;
    let row = mail::Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?;
    mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(MailState::Sent.code()))
        .col_expr(mail::Column::Attempts, Expr::col(mail::Column::Attempts).add(1))
        .col_expr(mail::Column::SentAt, Expr::value(Some(tx.now)))
        .col_expr(mail::Column::Error, Expr::value(""))
        .col_expr(mail::Column::Body, Expr::value(kept_body(market, &row)?))
        .filter(mail::Column::Id.eq(id))
        .exec(&*tx)
        .await?;
    tx.commit().await
}

/// Notes that a letter could not be sent: it is tried again after 1, 2, 4 … minutes, and given up after eight attempts.
///
/// # Errors
/// [`Error::NotFound`] when there is no such letter.
pub async fn mark_failed(market: &Market, id: Uuid, error: &str) -> Result<()> {
    let tx = market.write(&Actor::System).await?;
    let row = mail::Entity::find_by_id(id).one(&*tx).await?.ok_or(Error::NotFound)?;
    let attempts = row.attempts + 1;
    let given_up = attempts >= ATTEMPTS_MAX;
    let wait = Duration::minutes(1 << row.attempts.clamp(0, ATTEMPTS_MAX));
    let state = if given_up { MailState::Failed } else { MailState::Queued };
    let body = if given_up { kept_body(market, &row)? } else { row.body };
    let error: String = error.chars().filter(|c| !c.is_control()).take(ERROR_MAX).collect();
    mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value(state.code()))
        .col_expr(mail::Column::Attempts, Expr::value(attempts))
        .col_expr(mail::Column::NextAt, Expr::value(tx.now.saturating_add(micros_of(wait))))
        .col_expr(mail::Column::Error, Expr::value(error))
        .col_expr(mail::Column::Body, Expr::value(body))
        .filter(mail::Column::Id.eq(id))
        .filter(mail::Column::State.eq(MailState::Queued.code()))
        .filter(mail::Column::Attempts.eq(row.attempts))
        .exec(&*tx)
        .await?;
    tx.commit().await
}

fn kept_body(market: &Market, row: &mail::Model) -> Result<String> {
    if market.config.demo {
        return Ok(row.body.clone());
    }
    let Stored { lang, letter, person } = serde_json::from_str(&row.body)?;
    Ok(serde_json::to_string(&Stored { lang, letter: letter.without_secret(), person })?)
}

fn micros_of(duration: Duration) -> i64 {
    i64::try_from(duration.whole_microseconds()).unwrap_or(i64::MAX)
}

/// A letter as the mail log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailView {
    /// Id.
    pub id: Uuid,
    /// Receiver.
    pub address: String,
    /// Language of the receiver.
    pub lang: Lang,
    /// What it says; secret links only in the demo.
    pub letter: Letter,
    /// Whether it was sent.
    pub state: MailState,
    /// What the mail server said last.
    pub error: String,
    /// Attempts so far.
    pub attempts: i64,
    /// When it was queued.
    pub created_at: OffsetDateTime,
    /// When it was sent.
    pub sent_at: Option<OffsetDateTime>,
}

/// The mail log, newest first: for administrators, and in the demo for officers.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone else.
pub async fn mail_log(market: &Market, actor: &Actor, page: u64) -> Result<Paged<MailView>> {
    actor.signed_in()?;
    if !(actor.is_admin() || (market.config.demo && actor.is_officer())) {
        return Err(Error::NotFound);
    }
    let query = mail::Entity::find().order_by_desc(mail::Column::CreatedAt).order_by_desc(mail::Column::Id);
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let items = rows
        .into_iter()
        .map(|row| {
            let state = MailState::of(&row)?;
            let Stored { lang, letter, .. } = serde_json::from_str(&row.body)?;
            Ok(MailView {
                id: row.id,
                address: row.address,
                lang,
                letter: if market.config.demo { letter } else { letter.without_secret() },
                state,
                error: row.error,
                attempts: row.attempts,
                created_at: from_micros(row.created_at),
                sent_at: row.sent_at.map(from_micros),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(paged.with(items))
}
