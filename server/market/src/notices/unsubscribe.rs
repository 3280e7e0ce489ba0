//! The link below every notice letter: whoever has it chooses how its receiver gets mail, without signing in, and nothing else.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use super::{Kind, MailWay, settings};
use crate::{
    Actor, Error, Market, Result, Subject,
    accounts::secrets::new_token,
    db::Tx,
    entity::{person, unsubscribe},
};

/// What somebody can choose for all mail at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailChoice {
    /// No mail of this kind.
    Without(Kind),
    /// What came at once comes in the digest of the day.
    Daily,
    /// No mail but that of the account.
    Off,
    /// As it is until somebody chooses.
    Usual,
}

/// How much mail somebody gets, for the page behind the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The address, so far covered that only its owner knows it.
    pub address: String,
    /// Kinds that come at once.
    pub instant: usize,
    /// Kinds that come in the digest.
    pub daily: usize,
    /// Kinds that do not come.
    pub off: usize,
    /// Of the kind asked about, how it comes.
    pub kind: Option<(Kind, MailWay)>,
}

/// The token of the link for a person, made when it is first needed.
pub(crate) async fn token_of(tx: &Tx, person: Uuid) -> Result<String> {
    if let Some(row) = unsubscribe::Entity::find_by_id(person).one(&**tx).await? {
        return Ok(row.token);
    }
    let row = unsubscribe::ActiveModel { person_id: Set(person), token: Set(new_token()?), created_at: Set(tx.now) };
    unsubscribe::Entity::insert(row)
        .on_conflict(OnConflict::column(unsubscribe::Column::PersonId).do_nothing().to_owned())
        .exec_without_returning(&**tx)
        .await?;
    let row = unsubscribe::Entity::find_by_id(person).one(&**tx).await?;
    row.map(|row| row.token).ok_or_else(|| Error::internal("the token vanished"))
}

/// `s***@example.cn`.
fn covered(address: &str) -> String {
    match address.split_once('@') {
        Some((name, host)) => format!("{}***@{host}", name.chars().take(1).collect::<String>()),
        None => "***".to_owned(),
    }
}

/// How much mail the person behind a link gets. Nobody needs to sign in.
///
/// # Errors
/// [`Error::NotFound`] for a link that is none.
pub async fn subscription(market: &Market, token: &str, kind: Option<Kind>) -> Result<Subscription> {
    let row = unsubscribe::Entity::find().filter(unsubscribe::Column::Token.eq(token)).one(&market.db).await?.ok_or(Error::NotFound)?;
    let person = person::Entity::find_by_id(row.person_id).one(&market.db).await?.ok_or(Error::NotFound)?;
    let settings = settings::of(&market.db, person.id).await?;
    let count = |way: MailWay| settings.iter().filter(|setting| setting.mail == way).count();
    Ok(Subscription {
        address: covered(&person.email),
        instant: count(MailWay::Instant),
        daily: count(MailWay::Daily),
        off: count(MailWay::Off),
        kind: kind.and_then(|kind| settings.iter().find(|setting| setting.kind == kind)).map(|setting| (setting.kind, setting.mail)),
    })
}

/// Changes how the person behind a link gets mail. Nobody needs to sign in; doing it twice changes nothing more.
///
/// # Errors
/// [`Error::NotFound`] for a link that is none.
pub async fn unsubscribe(market: &Market, token: &str, choice: MailChoice) -> Result<()> {
    let tx = market.write(&Actor::Visitor).await?;
    let row = unsubscribe::Entity::find().filter(unsubscribe::Column::Token.eq(token)).one(&*tx).await?.ok_or(Error::NotFound)?;
    settings::choose(&tx, row.person_id, choice).await?;
    tx.audit("person.unsubscribe", Subject::Person, Some(row.person_id), serde_json::Value::Null).await?;
    tx.commit().await
}
