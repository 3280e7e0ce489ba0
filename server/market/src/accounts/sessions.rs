//! Sessions: who is behind a browser's token. Only the hash of a token is stored; a session ends when it is not used for a while, after a fixed
//! time in any case, and at once when it is ended or its person disabled.

use keqiao_model::{Lang, OrganisationKind};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::secrets;
use crate::{
    Actor, ActorOrganisation, Error, Market, Person, Result,
    db::{Subject, Tx, from_micros, micros},
    entity::{membership, organisation, person, session},
    region_contains,
};

/// How exactly a session knows when it was last used: it is not written for every request.
const TOUCH: Duration = Duration::minutes(1);

/// One's own session as the account page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// Id, to end it with.
    pub id: Uuid,
    /// Browser, as it names itself.
    pub agent: String,
    /// Address it signed in from.
    pub peer: String,
    /// When it signed in.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub seen_at: OffsetDateTime,
    /// Whether it is the one that asks.
    pub current: bool,
}

fn short(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect()
}

/// Opens a session; answers its token, which is stored nowhere.
pub(super) async fn open(market: &Market, tx: &Tx, person: Uuid, agent: &str, peer: &str) -> Result<String> {
    let token = secrets::new_token()?;
    session::ActiveModel {
        id: Set(Uuid::now_v7()),
        token_hash: Set(secrets::digest(&token)),
        agent: Set(short(agent, 300)),
        peer: Set(short(peer, 100)),
        person_id: Set(person),
        created_at: Set(tx.now),
        seen_at: Set(tx.now),
        expires_at: Set(micros(from_micros(tx.now) + market.config.session_absolute)),
    }
    .insert(&**tx)
    .await?;
    Ok(token)
}

/// Ends the sessions of a person, all or all but one.
pub(crate) async fn end_all(tx: &Tx, person: Uuid, except: Option<Uuid>) -> Result<u64> {
    let mut delete = session::Entity::delete_many().filter(session::Column::PersonId.eq(person));
    if let Some(except) = except {
        delete = delete.filter(session::Column::Id.ne(except));
    }
    Ok(delete.exec(&**tx).await?.rows_affected)
}

/// Whether a person may sign in at all.
pub(super) fn may_sign_in(market: &Market, person: &person::Model) -> bool {
    person.disabled_at.is_none() && (!person.demo || market.config.demo)
}

/// The time before which an unused session is over.
pub(super) fn idle_since(market: &Market) -> i64 {
    micros(market.now() - market.config.session_idle)
}

/// Who is behind a token; nobody when the session is over or the person may not sign in any more.
///
/// # Errors
/// [`Error::Internal`].
pub async fn actor_of(market: &Market, token: &str) -> Result<Option<Actor>> {
    let found = session::Entity::find().filter(session::Column::TokenHash.eq(secrets::digest(token))).one(&market.db).await?;
    let Some(row) = found else { return Ok(None) };
    let now = micros(market.now());
    if row.expires_at <= now || row.seen_at <= idle_since(market) {
        // Gone for good, even if the clock is set back.
        if let Err(error) = session::Entity::delete_by_id(row.id).exec(&market.db).await {
            tracing::warn!(%error, "cannot remove a session that is over");
        }
        return Ok(None);
    }
    let Some(actor) = load(market, row.person_id, row.id).await? else { return Ok(None) };
    let touched = micros(from_micros(now) - TOUCH);
    if row.seen_at < touched {
        let touch = session::Entity::update_many()
            .col_expr(session::Column::SeenAt, Expr::value(now))
            .filter(session::Column::Id.eq(row.id))
            .filter(session::Column::SeenAt.lt(touched))
            .exec(&market.db)
            .await;
        // A page is worth more than the minute at which it was read.
        if let Err(error) = touch {
            tracing::warn!(%error, "cannot note that a session was used");
        }
    }
    Ok(Some(actor))
}

/// A person as an actor without a session: for the command line, the demo and tests.
///
/// # Errors
/// [`Error::Internal`].
pub async fn actor_for(market: &Market, person: Uuid) -> Result<Option<Actor>> {
    load(market, person, Uuid::nil()).await
}

async fn load(market: &Market, id: Uuid, session: Uuid) -> Result<Option<Actor>> {
    let Some(row) = person::Entity::find_by_id(id).one(&market.db).await? else { return Ok(None) };
    if !may_sign_in(market, &row) {
        return Ok(None);
    }
    let organisations = organisations_of(market, id).await?;
    let organisation = organisations.iter().find(|o| Some(o.id) == row.organisation_id).or(organisations.first()).cloned();
    let officer = row.officer_region.map(|code| market.current(&code).to_owned());
    let former = |officer: &String| {
        let held = market.config.regions.iter().filter(|r| region_contains(officer, &r.code) || *officer == market.config.city);
        held.flat_map(|r| r.former.iter().map(|f| f.code.clone())).collect()
    };
    Ok(Some(Actor::Person(Box::new(Person {
        id,
        session,
        name: row.name,
        email: row.email,
        verified: row.verified_at.is_some(),
        organisation,
        organisations,
        broker: row.broker,
        officer_former: officer.as_ref().map(former).unwrap_or_default(),
        officer,
        admin: row.admin,
        lang: Lang::from_tag(&row.lang),
    }))))
}

/// The organisations a person belongs to, first joined first.
async fn organisations_of(market: &Market, person: Uuid) -> Result<Vec<ActorOrganisation>> {
    let rows: Vec<(Uuid, String, String, bool)> = membership::Entity::find()
        .select_only()
        .columns([membership::Column::OrganisationId])
        .columns([organisation::Column::Name, organisation::Column::Kind])
        .column(membership::Column::Manager)
        .join(
            JoinType::InnerJoin,
            membership::Entity::belongs_to(organisation::Entity)
                .from(membership::Column::OrganisationId)
                .to(organisation::Column::Id)
                .into(),
        )
        .filter(membership::Column::PersonId.eq(person))
        .filter(membership::Column::State.eq(crate::organisations::ACTIVE))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id)
        .into_tuple()
        .all(&market.db)
        .await?;
    rows.into_iter()
        .map(|(id, name, kind, manager)| {
            let kind = OrganisationKind::from_code(&kind).ok_or_else(|| Error::internal(format!("organisation of kind {kind}")))?;
            Ok(ActorOrganisation { id, name, kind, manager })
        })
        .collect()
}

/// One's own sessions, last used first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn sessions(market: &Market, actor: &Actor) -> Result<Vec<SessionView>> {
    let person = actor.signed_in()?;
    let rows = session::Entity::find()
        .filter(session::Column::PersonId.eq(person.id))
        .filter(session::Column::ExpiresAt.gt(micros(market.now())))
        .filter(session::Column::SeenAt.gt(idle_since(market)))
        .order_by_desc(session::Column::SeenAt)
        .order_by_desc(session::Column::Id)
        .all(&market.db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| SessionView {
            id: row.id,
            agent: row.agent,
            peer: row.peer,
            created_at: from_micros(row.created_at),
            seen_at: from_micros(row.seen_at),
            current: row.id == person.session,
        })
        .collect())
}

/// Ends one of one's own sessions.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] when there is none with this id.
pub async fn end_session(market: &Market, actor: &Actor, id: Uuid) -> Result<()> {
    let person = actor.signed_in()?;
    let tx = market.write(actor).await?;
    let ended = session::Entity::delete_many()
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::PersonId.eq(person.id))
        .exec(&*tx)
        .await?;
    if ended.rows_affected == 0 {
        return Err(Error::NotFound);
    }
    tx.audit("person.end_session", Subject::Person, Some(person.id), serde_json::json!({ "session": id })).await?;
    tx.commit().await
}

/// Ends the session that asks; ending it twice is fine.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn sign_out(market: &Market, actor: &Actor) -> Result<()> {
    let person = actor.signed_in()?;
    let tx = market.write(actor).await?;
    session::Entity::delete_by_id(person.session).exec(&*tx).await?;
    tx.audit("person.sign_out", Subject::Person, Some(person.id), serde_json::Value::Null).await?;
    tx.commit().await
}

/// Ends all of one's own sessions, the one that asks among them.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn sign_out_everywhere(market: &Market, actor: &Actor) -> Result<()> {
    let person = actor.signed_in()?;
    let tx = market.write(actor).await?;
    let ended = end_all(&tx, person.id, None).await?;
    tx.audit("person.sign_out_everywhere", Subject::Person, Some(person.id), serde_json::json!({ "sessions": ended })).await?;
    tx.commit().await
}
