//! Public notices (公示) of name and price, and the objections to them.
//!
//! Source: 促进科技成果转化法 18: a public unit that prices an achievement by agreement puts its name and the price on public notice within the
//! unit and to the public; 民法典 847: the inventors have the first refusal when the unit transfers.

mod objections;
mod publish;
mod status;
mod views;

use keqiao_model::{NoticeState, OUTSIDE};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

pub use self::{
    objections::{CONTACT_MAX, NAME_MAX, OBJECTION_MAX, answer, raise},
    publish::{NOTE_MAX, NoticeForm, notice_form, publish, stop},
    status::NoticeStatus,
    views::{NoticeFilter, NoticeSummary, NoticeView, ObjectionView, public_notice, public_notices},
};
pub(crate) use self::{
    publish::{clock_step, withdraw},
    status::{ready_to_sign, status},
};
use crate::{
    Actor, Error, Market, Result,
    db::Tx,
    entity::{organisation, public_notice as table},
};

/// The shortest period, days.
pub const SHORTEST: i64 = 15;

fn state_of(row: &table::Model) -> Result<NoticeState> {
    NoticeState::from_code(&row.state).ok_or_else(|| Error::internal(format!("notice state {}", row.state)))
}

async fn find<C: ConnectionTrait>(db: &C, number: &str) -> Result<table::Model> {
    table::Entity::find().filter(table::Column::Number.eq(number)).one(db).await?.ok_or(Error::NotFound)
}

/// The notice a deal published last.
async fn latest<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Option<table::Model>> {
    Ok(table::Entity::find()
        .filter(table::Column::DealId.eq(deal))
        .order_by_desc(table::Column::CreatedAt)
        .order_by_desc(table::Column::Id)
        .one(db)
        .await?)
}

/// Takes the row lock of a notice for the rest of the transaction, and reads it as it is then.
async fn locked(tx: &Tx, number: &str) -> Result<table::Model> {
    table::Entity::update_many()
        .col_expr(table::Column::Version, Expr::col(table::Column::Version))
        .filter(table::Column::Number.eq(number))
        .exec(&**tx)
        .await?;
    find(&**tx, number).await
}

/// The page of a notice, for letters.
fn path_of(row: &table::Model) -> String {
    format!("/public-notices/{}", row.number)
}

async fn region_of<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<String> {
    Ok(organisation::Entity::find_by_id(id).one(db).await?.map(|o| o.region).unwrap_or_default())
}

/// Whether the actor is an officer who answers for a region; what lies outside is for the city's officers.
pub(crate) fn answers_for(market: &Market, actor: &Actor, region: &str) -> bool {
    actor.is_officer_of(region) || (region == OUTSIDE && actor.is_officer_of(&market.config.city))
}
