//! How organisations answer those who ask them, in the year; counted as on the page of an organisation.

use std::collections::HashMap;

use keqiao_model::Field;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Board;
use crate::{
    Market, Result,
    entity::{interest, listing, organisation},
    interests::{ResponseFigures, ResponseRow, response_of},
};

/// Interests looked at, the latest of the year.
pub const INTERESTS_MAX: u64 = 2_000;
/// Organisations shown.
const ORGANISATIONS: usize = 20;
/// Rows of one question by id.
const STEP: usize = 500;

/// How organisations answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responses {
    /// All of them.
    pub whole: ResponseFigures,
    /// Whether more interests were sent than are looked at.
    pub cut: bool,
    /// By technical field of the listing, most interests first.
    pub fields: Vec<(Option<Field>, ResponseFigures)>,
    /// Id and name of organisations that were asked, those that left most unanswered first.
    pub organisations: Vec<((Uuid, String), ResponseFigures)>,
}

/// Listing, organisation that was asked, and what became of the interest.
type Asked = (Uuid, Uuid, String, i64, Option<i64>, Option<i64>, Option<i64>);

/// How the organisations of the region answered the interests of the year.
///
/// # Errors
/// [`crate::Error::Internal`].
pub async fn responses(market: &Market, board: &Board) -> Result<Responses> {
    use interest::Column as C;
    let asked: Vec<Asked> = interest::Entity::find()
        .select_only()
        .columns([C::ListingId, C::ToOrganisationId, C::State, C::CreatedAt, C::AcknowledgedAt, C::AnsweredAt, C::DueAt])
        .filter(board.within(C::CreatedAt))
        .filter(board.about_listing(C::ListingId))
        .order_by_desc(C::CreatedAt)
        .order_by_desc(C::Id)
        .limit(INTERESTS_MAX)
        .into_tuple()
        .all(&market.db)
        .await?;
    let fields = fields_of(market, asked.iter().map(|a| a.0).collect()).await?;
    let mut whole = Vec::new();
    let mut by_field: HashMap<Option<&'static str>, Vec<ResponseRow>> = HashMap::new();
    let mut by_organisation: HashMap<Uuid, Vec<ResponseRow>> = HashMap::new();
    let cut = asked.len() as u64 == INTERESTS_MAX;
    for (listing, to, state, sent, acknowledged, answered, due) in asked {
        let row: ResponseRow = (state, sent, acknowledged, answered, due);
        let field = fields.get(&listing).and_then(|code| Field::from_code(code)).map(|field| field.code());
        by_field.entry(field).or_default().push(row.clone());
        by_organisation.entry(to).or_default().push(row.clone());
        whole.push(row);
    }
    let now = market.now();
    let mut fields: Vec<(Option<Field>, ResponseFigures)> =
        by_field.into_iter().map(|(code, rows)| (code.and_then(Field::from_code), response_of(now, &rows))).collect();
    fields.sort_by(|a, b| b.1.counted.cmp(&a.1.counted).then_with(|| a.0.map(|f| f.code()).cmp(&b.0.map(|f| f.code()))));
    let mut organisations: Vec<(Uuid, ResponseFigures)> =
        by_organisation.into_iter().map(|(id, rows)| (id, response_of(now, &rows))).filter(|(_, figures)| figures.counted > 0).collect();
    let unanswered = |figures: &ResponseFigures| figures.counted.saturating_sub(figures.answered);
    organisations
        .sort_by(|a, b| unanswered(&b.1).cmp(&unanswered(&a.1)).then_with(|| b.1.counted.cmp(&a.1.counted)).then_with(|| a.0.cmp(&b.0)));
    organisations.truncate(ORGANISATIONS);
    let mut names = names_of(market, organisations.iter().map(|(id, _)| *id).collect()).await?;
    Ok(Responses {
        whole: response_of(now, &whole),
        cut,
        fields,
        organisations: organisations.into_iter().map(|(id, figures)| ((id, names.remove(&id).unwrap_or_default()), figures)).collect(),
    })
}

/// The fields of listings.
async fn fields_of(market: &Market, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>> {
    ids.sort_unstable();
    ids.dedup();
    let mut fields = HashMap::new();
    for chunk in ids.chunks(STEP) {
        let rows: Vec<(Uuid, String)> = listing::Entity::find()
            .select_only()
            .columns([listing::Column::Id, listing::Column::Field])
            .filter(listing::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(&market.db)
            .await?;
        fields.extend(rows);
    }
    Ok(fields)
}

async fn names_of(market: &Market, ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>> {
    let rows: Vec<(Uuid, String)> = organisation::Entity::find()
        .select_only()
        .columns([organisation::Column::Id, organisation::Column::Name])
        .filter(organisation::Column::Id.is_in(ids))
        .into_tuple()
        .all(&market.db)
        .await?;
    Ok(rows.into_iter().collect())
}
