//! Accounts: registering, signing in, passwords and what confirms an address. Nobody learns from an answer, or from how long it takes, whether
//! an address has an account.

mod people;
pub(crate) mod secrets;
mod sessions;
#[cfg(test)]
mod tests;

use keqiao_model::{Check, Lang, check_password, read_email};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;
use time::Duration;
use uuid::Uuid;

pub(crate) use self::people::person_names;
pub(crate) use self::secrets::new_token;
pub(crate) use self::sessions::end_all;
pub use self::{
    people::{PersonView, Roles, people, person, set_roles},
    sessions::{SessionView, actor_for, actor_of, end_session, sessions, sign_out, sign_out_everywhere},
};
use self::{
    secrets::{digest, hash, verify},
    sessions::{idle_since, may_sign_in, open},
};
use crate::{
    Actor, Error, Market, Result,
    db::{Subject, Tx, from_micros, micros},
    entity::{bucket, once, person as person_table, session, ticket},
    letters::{Letter, queue},
    limits::{give_back, take_alone},
};

/// Longest name of a person, characters.
pub const NAME_MAX: usize = 60;

/// In which time tries to sign in are counted.
const TRIES_PER: Duration = Duration::minutes(15);
/// In which time registrations and letters are counted.
const LETTERS_PER: Duration = Duration::hours(1);
/// Many people may share one address of the network, and one account may be tried from many: this many times the limit of one pair.
const SHARED: i64 = 5;

/// What a person says when registering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// E-mail address as typed.
    pub email: String,
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Language of the page, and of mail from now on.
    pub lang: Lang,
    /// Address of the network the form came from.
    pub peer: String,
}

/// A session that was just opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// For the cookie; stored nowhere.
    pub token: String,
    /// Who signed in.
    pub person_id: Uuid,
}

/// A person that the program itself enters: an administrator, or somebody of the demo city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// E-mail address, taken as confirmed.
    pub email: String,
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Language of mail.
    pub lang: Lang,
    /// Roles.
    pub roles: Roles,
    /// Whether the person may sign in only where the demo is on.
    pub demo: bool,
}

/// What a one-time link is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    VerifyEmail,
    ResetPassword,
}

impl Purpose {
    fn code(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }

    fn lifetime(self) -> Duration {
        match self {
            Self::VerifyEmail => Duration::days(3),
            Self::ResetPassword => Duration::hours(1),
        }
    }
}

/// Registers a person and sends a letter that confirms the address. When the address has an account already, the answer is the same, and
/// its owner gets a letter instead.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::TooMany`].
pub async fn register(market: &Market, registration: Registration, once: Option<Uuid>) -> Result<Uuid> {
    let mut check = Check::new();
    let email = read_email(&mut check, "email", &registration.email);
    let name = check.required("name", &registration.name, NAME_MAX);
    check_password(&mut check, "password", &registration.password, &email);
    check.finish(())?;
    let letters = market.config.limits.account_letters;
    let buckets =
        [(format!("register:{}", digest(&email)), letters), (format!("register:{}", registration.peer), letters.saturating_mul(SHARED))];
    take_alone(market, &buckets, LETTERS_PER).await?;
    let password_hash = hash(market, &registration.password).await?;
    let (tx, before) = market.write_once(&Actor::Visitor, once).await?;
    if let Some(id) = before {
        return id.parse().map_err(|_| Error::Stale);
    }
    let id = Uuid::now_v7();
    let row = person_table::ActiveModel {
        id: Set(id),
        email: Set(email.clone()),
        name: Set(name),
        password_hash: Set(password_hash),
        lang: Set(registration.lang.tag().to_owned()),
        broker: Set(false),
        admin: Set(false),
        demo: Set(false),
        officer_region: Set(None),
        organisation_id: Set(None),
        verified_at: Set(None),
        disabled_at: Set(None),
        created_at: Set(tx.now),
        version: Set(1),
    };
    let inserted = person_table::Entity::insert(row)
        .on_conflict(OnConflict::column(person_table::Column::Email).do_nothing().to_owned())
        .exec_without_returning(&*tx)
        .await?;
    let detail = json!({ "peer": registration.peer });
    if inserted == 0 {
        let owner = person_table::Entity::find().filter(person_table::Column::Email.eq(&email)).one(&*tx).await?;
        let owner = owner.ok_or_else(|| Error::internal("an address is taken by nobody"))?;
        let day = from_micros(tx.now).date();
        queue(&tx, &email, Lang::from_tag(&owner.lang), Letter::AddressTaken, &format!("taken:{}:{day}", owner.id)).await?;
        tx.audit("person.address_taken", Subject::Person, Some(owner.id), detail).await?;
    } else {
        send_ticket(market, &tx, Purpose::VerifyEmail, id, &email, registration.lang).await?;
        tx.audit("person.register", Subject::Person, Some(id), detail).await?;
    }
    tx.result(id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Makes a one-time link and queues the letter that brings it.
async fn send_ticket(market: &Market, tx: &Tx, purpose: Purpose, person: Uuid, email: &str, lang: Lang) -> Result<()> {
    let token = new_token()?;
    let row = ticket::ActiveModel {
        id: Set(Uuid::now_v7()),
        token_hash: Set(digest(&token)),
        purpose: Set(purpose.code().to_owned()),
        person_id: Set(person),
        created_at: Set(tx.now),
        expires_at: Set(micros(from_micros(tx.now) + purpose.lifetime())),
        used_at: Set(None),
    }
    .insert(&**tx)
    .await?;
    let page = match purpose {
        Purpose::VerifyEmail => "verify",
        Purpose::ResetPassword => "reset",
    };
    let link = format!("{}{}/{page}/{token}", market.config.base_url, lang.prefix());
    let letter = match purpose {
        Purpose::VerifyEmail => Letter::VerifyEmail { link },
        Purpose::ResetPassword => Letter::ResetPassword { link },
    };
    queue(tx, email, lang, letter, &format!("ticket:{}", row.id)).await
}

fn unused(purpose: Purpose, now: i64) -> Condition {
    Condition::all()
        .add(ticket::Column::Purpose.eq(purpose.code()))
        .add(ticket::Column::UsedAt.is_null())
        .add(ticket::Column::ExpiresAt.gt(now))
}

/// Uses up a one-time link; whose it was.
async fn use_ticket(tx: &Tx, purpose: Purpose, token: &str) -> Result<Uuid> {
    let expired = || Error::field("", "link_expired");
    let row = ticket::Entity::find().filter(ticket::Column::TokenHash.eq(digest(token))).one(&**tx).await?.ok_or_else(expired)?;
    let used = ticket::Entity::update_many()
        .col_expr(ticket::Column::UsedAt, Expr::value(Some(tx.now)))
        .filter(ticket::Column::Id.eq(row.id))
        .filter(unused(purpose, tx.now))
        .exec(&**tx)
        .await?;
    if used.rows_affected == 0 { Err(expired()) } else { Ok(row.person_id) }
}

/// Signs in: a new session with a new token. Every failure is the same: `sign_in_failed`.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::TooMany`].
pub async fn sign_in(market: &Market, email: &str, password: &str, agent: &str, peer: &str) -> Result<NewSession> {
    let email = email.trim().to_lowercase();
    let tries = market.config.limits.sign_in_tries;
    let account = digest(&email);
    // One peer soon comes to its end with one account; its owner, elsewhere, does not.
    let buckets = [
        (format!("sign_in:{account}:{peer}"), tries),
        (format!("sign_in:{account}"), tries.saturating_mul(SHARED)),
        (format!("sign_in:{peer}"), tries.saturating_mul(SHARED)),
    ];
    take_alone(market, &buckets, TRIES_PER).await?;
    let found = person_table::Entity::find().filter(person_table::Column::Email.eq(&email)).one(&market.db).await?;
    let right = verify(market, password, found.as_ref().map(|p| p.password_hash.clone())).await?;
    let tx = market.write(&Actor::Visitor).await?;
    let person = match &found {
        // What was verified must still hold, or a session could outlive the change of a password.
        Some(p) => {
            person_table::Entity::find_by_id(p.id).lock_exclusive().one(&*tx).await?.filter(|now| now.password_hash == p.password_hash)
        }
        None => None,
    };
    match person.filter(|p| right && may_sign_in(market, p)) {
        Some(person) => {
            let token = open(market, &tx, person.id, agent, peer).await?;
            for (key, capacity) in &buckets {
                give_back(&tx, key, *capacity, TRIES_PER).await?;
            }
            tx.audit("person.sign_in", Subject::Person, Some(person.id), json!({ "peer": peer })).await?;
            tx.commit().await?;
            Ok(NewSession { token, person_id: person.id })
        }
        None => {
            tx.audit("person.sign_in_failed", Subject::Person, found.map(|p| p.id), json!({ "peer": peer })).await?;
            tx.commit().await?;
            Err(Error::field("", "sign_in_failed"))
        }
    }
}

/// Sends a letter with a link for a new password, if the address has an account; the answer is the same if not.
///
/// # Errors
/// [`Error::Invalid`] when it is no address; [`Error::TooMany`].
pub async fn ask_reset(market: &Market, email: &str, peer: &str) -> Result<()> {
    let mut check = Check::new();
    let email = read_email(&mut check, "email", email);
    check.finish(())?;
    let letters = market.config.limits.account_letters;
    let buckets = [(format!("reset:{}", digest(&email)), letters), (format!("reset:{peer}"), letters.saturating_mul(SHARED))];
    take_alone(market, &buckets, LETTERS_PER).await?;
    let tx = market.write(&Actor::Visitor).await?;
    let found = person_table::Entity::find().filter(person_table::Column::Email.eq(&email)).one(&*tx).await?;
    let found = found.filter(|p| may_sign_in(market, p));
    if let Some(person) = &found {
        send_ticket(market, &tx, Purpose::ResetPassword, person.id, &email, Lang::from_tag(&person.lang)).await?;
    }
    tx.audit("person.ask_reset", Subject::Person, found.map(|p| p.id), json!({ "peer": peer })).await?;
    tx.commit().await
}

/// Sets a new password by the link of a letter, which works once and for an hour, and ends every session of the person. Whoever has the
/// letter has the address, so it counts as confirmed.
///
/// # Errors
/// [`Error::Invalid`]: the link is used or over, or the password is refused.
pub async fn reset_password(market: &Market, token: &str, password: &str) -> Result<()> {
    let expired = || Error::field("", "link_expired");
    let now = micros(market.now());
    let row = ticket::Entity::find()
        .filter(ticket::Column::TokenHash.eq(digest(token)))
        .filter(unused(Purpose::ResetPassword, now))
        .one(&market.db)
        .await?
        .ok_or_else(expired)?;
    let person = person_table::Entity::find_by_id(row.person_id).one(&market.db).await?.ok_or_else(expired)?;
    if !may_sign_in(market, &person) {
        return Err(expired());
    }
    let mut check = Check::new();
    check_password(&mut check, "password", password, &person.email);
    check.finish(())?;
    let password_hash = hash(market, password).await?;
    let tx = market.write(&Actor::Visitor).await?;
    let id = use_ticket(&tx, Purpose::ResetPassword, token).await?;
    ticket::Entity::update_many()
        .col_expr(ticket::Column::UsedAt, Expr::value(Some(tx.now)))
        .filter(ticket::Column::PersonId.eq(id))
        .filter(unused(Purpose::ResetPassword, tx.now))
        .exec(&*tx)
        .await?;
    confirm_address(&tx, id).await?;
    set_password(&tx, &person, password_hash, None).await?;
    tx.audit("person.reset_password", Subject::Person, Some(id), serde_json::Value::Null).await?;
    tx.commit().await
}

async fn confirm_address(tx: &Tx, id: Uuid) -> Result<()> {
    person_table::Entity::update_many()
        .col_expr(person_table::Column::VerifiedAt, Expr::value(Some(tx.now)))
        .filter(person_table::Column::Id.eq(id))
        .filter(person_table::Column::VerifiedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Stores a new password unless another one came first, ends sessions, and tells the owner.
async fn set_password(tx: &Tx, person: &person_table::Model, password_hash: String, keep: Option<Uuid>) -> Result<()> {
    let changed = person_table::Entity::update_many()
        .col_expr(person_table::Column::PasswordHash, Expr::value(password_hash))
        .filter(person_table::Column::Id.eq(person.id))
        .filter(person_table::Column::PasswordHash.eq(&person.password_hash))
        .exec(&**tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Error::Stale);
    }
    end_all(tx, person.id, keep).await?;
    let dedupe = format!("password:{}:{}", person.id, tx.now);
    queue(tx, &person.email, Lang::from_tag(&person.lang), Letter::PasswordChanged, &dedupe).await
}

/// Sends the letter that confirms one's address again; nothing happens when it is confirmed.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::TooMany`].
pub async fn ask_verification(market: &Market, actor: &Actor) -> Result<()> {
    let person = actor.signed_in()?;
    if person.verified {
        return Ok(());
    }
    take_alone(market, &[(format!("verify:{}", person.id), market.config.limits.account_letters)], LETTERS_PER).await?;
    let tx = market.write(actor).await?;
    send_ticket(market, &tx, Purpose::VerifyEmail, person.id, &person.email, person.lang).await?;
    tx.audit("person.ask_verification", Subject::Person, Some(person.id), serde_json::Value::Null).await?;
    tx.commit().await
}

/// Confirms an address by the link of a letter, which works once and for three days.
///
/// # Errors
/// [`Error::Invalid`]: the link is used or over.
pub async fn verify_email(market: &Market, token: &str) -> Result<()> {
    let tx = market.write(&Actor::Visitor).await?;
    let id = use_ticket(&tx, Purpose::VerifyEmail, token).await?;
    confirm_address(&tx, id).await?;
    tx.audit("person.verify_email", Subject::Person, Some(id), serde_json::Value::Null).await?;
    tx.commit().await
}

/// Changes one's own password, and ends every other session.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Invalid`] at `current` or `password`; [`Error::TooMany`]; [`Error::Stale`].
pub async fn change_password(market: &Market, actor: &Actor, current: &str, password: &str) -> Result<()> {
    let person = actor.signed_in()?;
    let mut check = Check::new();
    check_password(&mut check, "password", password, &person.email);
    check.finish(())?;
    let bucket = (format!("password:{}", person.id), market.config.limits.sign_in_tries);
    take_alone(market, std::slice::from_ref(&bucket), TRIES_PER).await?;
    let row = person_table::Entity::find_by_id(person.id).one(&market.db).await?.ok_or(Error::SignIn)?;
    if !verify(market, current, Some(row.password_hash.clone())).await? {
        return Err(Error::field("current", "password_wrong"));
    }
    let password_hash = hash(market, password).await?;
    let tx = market.write(actor).await?;
    give_back(&tx, &bucket.0, bucket.1, TRIES_PER).await?;
    set_password(&tx, &row, password_hash, Some(person.session)).await?;
    tx.audit("person.change_password", Subject::Person, Some(person.id), serde_json::Value::Null).await?;
    tx.commit().await
}

/// Changes one's own name and language.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Invalid`] at `name`.
pub async fn update_profile(market: &Market, actor: &Actor, name: &str, lang: Lang) -> Result<()> {
    let person = actor.signed_in()?;
    let mut check = Check::new();
    let name = check.required("name", name, NAME_MAX);
    check.finish(())?;
    let tx = market.write(actor).await?;
    person_table::Entity::update_many()
        .col_expr(person_table::Column::Name, Expr::value(name))
        .col_expr(person_table::Column::Lang, Expr::value(lang.tag()))
        .filter(person_table::Column::Id.eq(person.id))
        .exec(&*tx)
        .await?;
    tx.audit("person.update_profile", Subject::Person, Some(person.id), serde_json::Value::Null).await?;
    tx.commit().await
}

/// Acts for another of one's organisations from now on.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] when one does not belong to it.
pub async fn switch_organisation(market: &Market, actor: &Actor, organisation: Uuid) -> Result<()> {
    let person = actor.signed_in()?;
    if !actor.belongs_to(organisation) {
        return Err(Error::NotFound);
    }
    let tx = market.write(actor).await?;
    act_for(&tx, person.id, organisation).await?;
    tx.audit("person.switch_organisation", Subject::Person, Some(person.id), json!({ "organisation": organisation })).await?;
    tx.commit().await
}

/// Notes which organisation a person acts for.
pub(crate) async fn act_for(tx: &Tx, person: Uuid, organisation: Uuid) -> Result<()> {
    person_table::Entity::update_many()
        .col_expr(person_table::Column::OrganisationId, Expr::value(Some(organisation)))
        .filter(person_table::Column::Id.eq(person))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Enters a person for the program itself. An address that has an account gets these roles, this name and this password, and its sessions end.
///
/// # Errors
/// [`Error::Invalid`].
pub async fn create_person(market: &Market, new: NewPerson) -> Result<Uuid> {
    let mut check = Check::new();
    let email = read_email(&mut check, "email", &new.email);
    let name = check.required("name", &new.name, NAME_MAX);
    check_password(&mut check, "password", &new.password, &email);
    let region = new.roles.officer_region.as_deref();
    check.ensure(region.is_none_or(|r| market.region(r).is_some()), "officer_region", "choice");
    check.finish(())?;
    let password_hash = hash(market, &new.password).await?;
    let tx = market.write(&Actor::System).await?;
    let before = person_table::Entity::find().filter(person_table::Column::Email.eq(&email)).lock_exclusive().one(&*tx).await?;
    let mut row = person_table::ActiveModel {
        name: Set(name),
        password_hash: Set(password_hash),
        lang: Set(new.lang.tag().to_owned()),
        broker: Set(new.roles.broker),
        admin: Set(new.roles.admin),
        demo: Set(new.demo),
        officer_region: Set(new.roles.officer_region),
        verified_at: Set(Some(tx.now)),
        disabled_at: Set(new.roles.disabled.then_some(tx.now)),
        ..Default::default()
    };
    let id = match before {
        Some(before) => {
            row.id = Set(before.id);
            row.version = Set(before.version + 1);
            row.update(&*tx).await?;
            end_all(&tx, before.id, None).await?;
            before.id
        }
        None => {
            row.id = Set(Uuid::now_v7());
            row.email = Set(email);
            row.organisation_id = Set(None);
            row.created_at = Set(tx.now);
            row.version = Set(1);
            row.insert(&*tx).await?.id
        }
    };
    tx.audit("person.create", Subject::Person, Some(id), json!({ "admin": new.roles.admin, "demo": new.demo })).await?;
    tx.commit().await?;
    Ok(id)
}

/// Makes an administrator, or one of the person who has this address; for the command line.
///
/// # Errors
/// [`Error::Invalid`].
pub async fn create_admin(market: &Market, email: &str, name: &str, password: &str) -> Result<Uuid> {
    let found = person_table::Entity::find().filter(person_table::Column::Email.eq(email.trim().to_lowercase())).one(&market.db).await?;
    let (roles, lang) = found.map_or((Roles::default(), Lang::default()), |p| {
        let lang = Lang::from_tag(&p.lang);
        (Roles { broker: p.broker, officer_region: p.officer_region, ..Roles::default() }, lang)
    });
    let roles = Roles { admin: true, disabled: false, ..roles };
    create_person(
        market,
        NewPerson { email: email.to_owned(), name: name.to_owned(), password: password.to_owned(), lang, roles, demo: false },
    )
    .await
}

/// Forgets what is over: sessions, one-time links, answers to forms, idle rate limits. Answers how many rows.
///
/// # Errors
/// [`Error::Internal`].
pub async fn purge(market: &Market) -> Result<u64> {
    let tx = market.write(&Actor::System).await?;
    let ago = |duration: Duration| micros(from_micros(tx.now) - duration);
    let over = Condition::any().add(session::Column::ExpiresAt.lte(tx.now)).add(session::Column::SeenAt.lte(idle_since(market)));
    let mut gone = session::Entity::delete_many().filter(over).exec(&*tx).await?.rows_affected;
    let over = Condition::any().add(ticket::Column::ExpiresAt.lte(tx.now)).add(ticket::Column::UsedAt.is_not_null());
    gone += ticket::Entity::delete_many().filter(over).exec(&*tx).await?.rows_affected;
    gone += once::Entity::delete_many().filter(once::Column::At.lt(ago(Duration::days(2)))).exec(&*tx).await?.rows_affected;
    gone += bucket::Entity::delete_many().filter(bucket::Column::At.lt(ago(Duration::days(1)))).exec(&*tx).await?.rows_affected;
    tx.commit().await?;
    Ok(gone)
}
