//! How a person wants to be told of each kind of notice.

use std::collections::HashMap;

use keqiao_model::{Check, Fields};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr, sea_query::OnConflict};
use uuid::Uuid;

use super::{Kind, MailChoice, MailWay};
use crate::{
    Actor, Error, Market, Result, Subject,
    db::Tx,
    entity::{notice, notice_setting},
};

/// How a person is told of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The kind.
    pub kind: Kind,
    /// Whether it is shown in the market.
    pub in_app: bool,
    /// How it comes by mail.
    pub mail: MailWay,
}

fn way_of(row: &notice_setting::Model) -> Result<MailWay> {
    MailWay::from_code(&row.mail).ok_or_else(|| Error::internal(format!("mail by {}", row.mail)))
}

/// What people chose for a kind; those who never chose are missing.
pub(super) async fn chosen<C: ConnectionTrait>(db: &C, kind: Kind, people: Vec<Uuid>) -> Result<HashMap<Uuid, (bool, MailWay)>> {
    let rows = notice_setting::Entity::find()
        .filter(notice_setting::Column::Kind.eq(kind.code()))
        .filter(notice_setting::Column::PersonId.is_in(people))
        .all(db)
        .await?;
    rows.into_iter().map(|row| Ok((row.person_id, (row.in_app, way_of(&row)?)))).collect()
}

/// Every kind as one person is told of it.
pub(super) async fn of<C: ConnectionTrait>(db: &C, person: Uuid) -> Result<Vec<Setting>> {
    let rows = notice_setting::Entity::find().filter(notice_setting::Column::PersonId.eq(person)).all(db).await?;
    Kind::all()
        .map(|kind| match rows.iter().find(|row| row.kind == kind.code()) {
            Some(row) => Ok(Setting { kind, in_app: row.in_app, mail: way_of(row)? }),
            None => Ok(Setting { kind, in_app: true, mail: kind.usual() }),
        })
        .collect()
}

/// Stores settings; what waits for a digest that is not wanted any more is not mailed.
async fn store(tx: &Tx, person: Uuid, settings: &[Setting]) -> Result<()> {
    if settings.is_empty() {
        return Ok(());
    }
    let rows = settings.iter().map(|setting| notice_setting::ActiveModel {
        person_id: Set(person),
        kind: Set(setting.kind.code().to_owned()),
        in_app: Set(setting.in_app),
        mail: Set(setting.mail.code().to_owned()),
    });
    let key = OnConflict::columns([notice_setting::Column::PersonId, notice_setting::Column::Kind])
        .update_columns([notice_setting::Column::InApp, notice_setting::Column::Mail])
        .to_owned();
    notice_setting::Entity::insert_many(rows).on_conflict(key).exec_without_returning(&**tx).await?;
    let off = settings.iter().filter(|setting| setting.mail == MailWay::Off).map(|setting| setting.kind.code());
    notice::Entity::update_many()
        .col_expr(notice::Column::Daily, Expr::value(false))
        .filter(notice::Column::PersonId.eq(person))
        .filter(notice::Column::Daily.eq(true))
        .filter(notice::Column::Kind.is_in(off))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// How the signed-in person is told of everything that can concern it.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn settings(market: &Market, actor: &Actor) -> Result<Vec<Setting>> {
    let person = actor.signed_in()?;
    let mut settings = of(&market.db, person.id).await?;
    settings.retain(|setting| setting.kind.concerns(person));
    Ok(settings)
}

/// Changes how the signed-in person is told: `mail.<kind>` holds a way, `in_app.<kind>` says `yes` or is missing. Kinds the form does not name
/// stay as they are.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Invalid`] for a way that is none.
pub async fn save_settings(market: &Market, actor: &Actor, fields: &Fields, once: Option<Uuid>) -> Result<()> {
    let person = actor.signed_in()?;
    let mut check = Check::new();
    let mut settings = Vec::new();
    for kind in Kind::all().filter(|kind| kind.concerns(person)) {
        let field = format!("mail.{}", kind.code());
        if !fields.0.iter().any(|(name, _)| *name == field) {
            continue;
        }
        match MailWay::from_code(fields.value(&field)) {
            Some(mail) => settings.push(Setting { kind, in_app: fields.has(&format!("in_app.{}", kind.code()), "yes"), mail }),
            None => check.ensure(false, &field, "choice"),
        }
    }
    check.finish(())?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    store(&tx, person.id, &settings).await?;
    tx.audit("person.notice_settings", Subject::Person, Some(person.id), serde_json::Value::Null).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Changes how everything, or one kind, comes by mail.
pub(super) async fn choose(tx: &Tx, person: Uuid, choice: MailChoice) -> Result<()> {
    let current = of(&**tx, person).await?;
    let with = |mail: MailWay, which: &dyn Fn(&Setting) -> bool| -> Vec<Setting> {
        current.iter().filter(|setting| which(setting)).map(|setting| Setting { mail, ..*setting }).collect()
    };
    match choice {
        MailChoice::Without(kind) => store(tx, person, &with(MailWay::Off, &|setting| setting.kind == kind)).await,
        MailChoice::Daily => store(tx, person, &with(MailWay::Daily, &|setting| setting.mail == MailWay::Instant)).await,
        MailChoice::Off => store(tx, person, &with(MailWay::Off, &|_| true)).await,
        MailChoice::Usual => {
            let usual: Vec<Setting> = current.iter().map(|setting| Setting { mail: setting.kind.usual(), ..*setting }).collect();
            store(tx, person, &usual).await
        }
    }
}

/// Changes how everything comes by mail to the signed-in person.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn choose_mail(market: &Market, actor: &Actor, choice: MailChoice, once: Option<Uuid>) -> Result<()> {
    let person = actor.signed_in()?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    choose(&tx, person.id, choice).await?;
    tx.audit("person.notice_settings", Subject::Person, Some(person.id), serde_json::Value::Null).await?;
    tx.result("").await?;
    tx.commit().await
}
