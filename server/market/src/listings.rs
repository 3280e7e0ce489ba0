//! Demands and achievements: drafts, review, publication, and what everyone may read of them.

use keqiao_model::{
    Coded, Cooperation, Fen, Field, FieldError, Fields, Indicator, Lang, ListingBody, ListingContent, ListingKind, ListingMove,
    ListingState, Party, Stateful, Strictness, format_date, parse_date,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Actor, Error, Event, Market, Paged, Result,
    db::{Moved, Subject, Tx, from_micros},
    entity::{listing, organisation},
    paging::fetch,
};

/// A reason an officer gave at one field when sending a listing back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnReason {
    /// Name of the form field, empty for the whole.
    pub field: String,
    /// What to mend, in the officer's words.
    pub text: String,
}

/// One line of a list of listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingSummary {
    /// Id.
    pub id: Uuid,
    /// Side.
    pub kind: ListingKind,
    /// Number people see.
    pub number: String,
    /// State.
    pub state: ListingState,
    /// Title.
    pub title: String,
    /// Language of its texts.
    pub language: Lang,
    /// Public summary.
    pub summary: String,
    /// Organisation id.
    pub organisation_id: Uuid,
    /// Organisation name.
    pub organisation: String,
    /// 技术领域.
    pub field: Option<Field>,
    /// Region code.
    pub region: String,
    /// Technology readiness.
    pub trl: Option<i64>,
    /// Ways of cooperation.
    pub cooperation: Vec<Cooperation>,
    /// Budget or price.
    pub price: (Option<Fen>, Option<Fen>),
    /// Last day.
    pub deadline: Option<Date>,
    /// When it was published.
    pub published_at: Option<OffsetDateTime>,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// A listing as one actor may see it.
#[derive(Debug, Clone)]
pub struct ListingView {
    /// What the list shows.
    pub summary: ListingSummary,
    /// Everything it says; `detail` is empty for everyone but its owner.
    pub content: ListingContent,
    /// Whether there is a confidential detail, readable or not.
    pub has_detail: bool,
    /// Whether a deal opens the confidential detail to the actor, on a page of its own where reading is written down.
    pub detail_open: bool,
    /// Whether the actor belongs to the owner.
    pub own: bool,
    /// What the actor may do with it now.
    pub moves: Vec<ListingMove>,
    /// Why it was sent back last, for its owner and officers.
    pub returned: Vec<ReturnReason>,
    /// For optimistic locking.
    pub version: i64,
}

pub(crate) const fn kind_code(kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => "demand",
        ListingKind::Achievement => "achievement",
    }
}

/// The series of numbers people see: 需求 XQ, 成果 CG.
pub(crate) fn series(kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => "XQ",
        ListingKind::Achievement => "CG",
    }
}

pub(crate) fn kind_of(row: &listing::Model) -> ListingKind {
    if row.kind == "achievement" { ListingKind::Achievement } else { ListingKind::Demand }
}

pub(crate) fn state_of(row: &listing::Model) -> Result<ListingState> {
    ListingState::from_code(&row.state).ok_or_else(|| Error::internal(format!("listing state {}", row.state)))
}

fn codes<T: Coded>(json: &str) -> Vec<T> {
    serde_json::from_str::<Vec<String>>(json).unwrap_or_default().iter().filter_map(|c| T::from_code(c)).collect()
}

/// Everything a row says.
pub(crate) fn content_of(row: &listing::Model) -> Result<ListingContent> {
    Ok(ListingContent {
        title: row.title.clone(),
        language: Lang::from_tag(&row.language),
        summary: row.summary.clone(),
        detail: row.detail.clone(),
        field: Field::from_code(&row.field),
        industry: row.industry.clone(),
        trl: row.trl,
        cooperation: codes(&row.cooperation),
        price_min: row.price_min.map(Fen::new),
        price_max: row.price_max.map(Fen::new),
        deadline: row.deadline.as_deref().and_then(parse_date),
        keywords: serde_json::from_str(&row.keywords)?,
        indicators: serde_json::from_str::<Vec<Indicator>>(&row.indicators)?,
        body: serde_json::from_str::<ListingBody>(&row.body)?,
    })
}

pub(crate) fn summary_of(row: &listing::Model, organisation: &str) -> Result<ListingSummary> {
    Ok(ListingSummary {
        id: row.id,
        kind: kind_of(row),
        number: row.number.clone(),
        state: state_of(row)?,
        title: row.title.clone(),
        language: Lang::from_tag(&row.language),
        summary: row.summary.clone(),
        organisation_id: row.organisation_id,
        organisation: organisation.to_owned(),
        field: Field::from_code(&row.field),
        region: row.region.clone(),
        trl: row.trl,
        cooperation: codes(&row.cooperation),
        price: (row.price_min.map(Fen::new), row.price_max.map(Fen::new)),
        deadline: row.deadline.as_deref().and_then(parse_date),
        published_at: row.published_at.map(from_micros),
        updated_at: from_micros(row.updated_at),
    })
}

/// Writes what was read from a form into a row about to be saved.
pub(crate) fn fill(row: &mut listing::ActiveModel, content: &ListingContent) -> Result<()> {
    row.title = Set(content.title.clone());
    row.language = Set(content.language.tag().to_owned());
    row.summary = Set(content.summary.clone());
    row.detail = Set(content.detail.clone());
    row.field = Set(content.field.map_or("", |f| f.code()).to_owned());
    row.industry = Set(content.industry.clone());
    row.trl = Set(content.trl);
    row.cooperation = Set(serde_json::to_string(&content.cooperation)?);
    row.price_min = Set(content.price_min.map(Fen::fen));
    row.price_max = Set(content.price_max.map(Fen::fen));
    row.deadline = Set(content.deadline.map(format_date));
    row.keywords = Set(serde_json::to_string(&content.keywords)?);
    row.indicators = Set(serde_json::to_string(&content.indicators)?);
    row.body = Set(serde_json::to_string(&content.body)?);
    Ok(())
}

/// A new row in a state, not yet saved.
pub(crate) async fn new_row(
    tx: &Tx,
    kind: ListingKind,
    organisation: &organisation::Model,
    person: Option<Uuid>,
    state: ListingState,
) -> Result<listing::ActiveModel> {
    let year = from_micros(tx.now).to_offset(crate::CHINA).year();
    Ok(listing::ActiveModel {
        id: Set(Uuid::now_v7()),
        kind: Set(kind_code(kind).to_owned()),
        number: Set(tx.number(series(kind), year).await?),
        state: Set(state.code().to_owned()),
        region: Set(organisation.region.clone()),
        returned: Set("[]".to_owned()),
        organisation_id: Set(organisation.id),
        person_id: Set(person),
        external_id: Set(None),
        published_at: Set(None),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        version: Set(1),
        ..Default::default()
    })
}

/// Which parties of the state table an actor is for a listing.
pub(crate) fn parties(actor: &Actor, row: &listing::Model) -> Vec<Party> {
    let mut parties = Vec::new();
    if actor.belongs_to(row.organisation_id) {
        parties.push(Party::Owner);
    } else if row.state != ListingState::Draft.code()
        && (actor.is_officer_of(&row.region) || (row.region == keqiao_model::OUTSIDE && actor.is_officer()))
    {
        // No officer reviews what belongs to an organisation of the officer's own.
        parties.push(Party::Officer);
    }
    if *actor == Actor::System {
        parties.extend([Party::System, Party::Officer, Party::Owner]);
    }
    parties
}

/// Whether an actor may read a listing at all.
pub(crate) fn may_read(actor: &Actor, row: &listing::Model, state: ListingState) -> bool {
    state.is_public() || !parties(actor, row).is_empty() || actor.is_admin()
}

pub(crate) async fn find<C: ConnectionTrait>(db: &C, kind: ListingKind, number: &str) -> Result<listing::Model> {
    listing::Entity::find()
        .filter(listing::Column::Number.eq(number))
        .filter(listing::Column::Kind.eq(kind_code(kind)))
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

pub(crate) async fn find_by_id<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<listing::Model> {
    listing::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// Names of organisations by id.
pub(crate) async fn organisation_names<C: ConnectionTrait>(db: &C, ids: Vec<Uuid>) -> Result<std::collections::HashMap<Uuid, String>> {
    let mut names = std::collections::HashMap::new();
    for chunk in ids.chunks(500) {
        let rows = organisation::Entity::find().filter(organisation::Column::Id.is_in(chunk.iter().copied())).all(db).await?;
        names.extend(rows.into_iter().map(|o| (o.id, o.name)));
    }
    Ok(names)
}

/// The lines for rows, in their order.
pub(crate) async fn summaries<C: ConnectionTrait>(db: &C, rows: &[listing::Model]) -> Result<Vec<ListingSummary>> {
    let names = organisation_names(db, rows.iter().map(|r| r.organisation_id).collect()).await?;
    rows.iter().map(|r| summary_of(r, names.get(&r.organisation_id).map_or("", String::as_str))).collect()
}

/// A listing as the actor may see it; the confidential detail only as its owner.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or none the actor may know of.
pub async fn listing(market: &Market, actor: &Actor, kind: ListingKind, number: &str) -> Result<ListingView> {
    let row = find(&market.db, kind, number).await?;
    let state = state_of(&row)?;
    if !may_read(actor, &row, state) {
        return Err(Error::NotFound);
    }
    let parties = parties(actor, &row);
    let own = actor.belongs_to(row.organisation_id);
    let mut content = content_of(&row)?;
    let has_detail = !content.detail.is_empty();
    let opened = has_detail && !own && crate::deals::discloses(&market.db, actor, &row).await?.is_some();
    if !own {
        content.detail.clear();
    }
    let organisation = organisation::Entity::find_by_id(row.organisation_id).one(&market.db).await?.map_or_else(String::new, |o| o.name);
    let moves = state.moves(&parties).iter().map(|t| t.by).collect();
    let returned = if parties.is_empty() { Vec::new() } else { serde_json::from_str(&row.returned)? };
    Ok(ListingView {
        summary: summary_of(&row, &organisation)?,
        content,
        has_detail,
        detail_open: opened,
        own,
        moves,
        returned,
        version: row.version,
    })
}

/// The organisation an actor lists for: signed in, acting for an enterprise or an institute.
async fn lister(market: &Market, actor: &Actor) -> Result<organisation::Model> {
    actor.signed_in()?;
    let acting = actor.organisation().ok_or_else(|| Error::field("", "no_organisation"))?;
    if acting.kind == keqiao_model::OrganisationKind::Agency {
        return Err(Error::field("", "agency_cannot_list"));
    }
    organisation::Entity::find_by_id(acting.id).one(&market.db).await?.ok_or(Error::NotFound)
}

/// Saves a new draft, or hands it in at once when `submit`.
///
/// # Errors
/// [`Error::Invalid`] with every reason at its field; [`Error::SignIn`].
pub async fn create_listing(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    fields: &Fields,
    submit: bool,
    once: Option<Uuid>,
) -> Result<String> {
    let organisation = lister(market, actor).await?;
    let content = ListingContent::read(kind, fields, if submit { Strictness::Complete } else { Strictness::Draft })?;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(number) = before {
        return Ok(number);
    }
    let mut row = new_row(&tx, kind, &organisation, actor.id(), ListingState::Draft).await?;
    fill(&mut row, &content)?;
    let row = row.insert(&*tx).await?;
    tx.audit("listing.create", Subject::Listing, Some(row.id), serde_json::json!({ "number": row.number })).await?;
    if submit {
        make_move(&tx, actor, &row, ListingMove::Submit, &[], row.version).await?;
    }
    tx.result(&row.number).await?;
    tx.commit().await?;
    Ok(row.number)
}

/// Saves a draft or returned listing, and hands it in when `submit`.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Stale`] when somebody else changed it, [`Error::NotFound`].
pub async fn save_listing(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    fields: &Fields,
    submit: bool,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    actor.signed_in()?;
    let row = find(&market.db, kind, number).await?;
    if !actor.belongs_to(row.organisation_id) {
        return Err(Error::NotFound);
    }
    let content = ListingContent::read(kind, fields, if submit { Strictness::Complete } else { Strictness::Draft })?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find_by_id(&*tx, row.id).await?;
    if row.version != version {
        return Err(Error::Stale);
    }
    if !state_of(&row)?.is_editable() {
        return Err(Error::field("", "not_editable"));
    }
    let mut change = listing::ActiveModel { updated_at: Set(tx.now), version: Set(version + 1), ..Default::default() };
    fill(&mut change, &content)?;
    let done = listing::Entity::update_many()
        .set(change)
        .filter(listing::Column::Id.eq(row.id))
        .filter(listing::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    tx.audit("listing.save", Subject::Listing, Some(row.id), serde_json::json!({ "number": row.number })).await?;
    if submit {
        let row = find_by_id(&*tx, row.id).await?;
        make_move(&tx, actor, &row, ListingMove::Submit, &[], row.version).await?;
    }
    tx.result(&row.number).await?;
    tx.commit().await
}

/// Moves a listing: submit, take back, publish, return with reasons, withdraw …, whatever the state table allows the actor.
///
/// # Errors
/// [`Error::NotFound`] when the actor may not know of it, [`Error::Forbidden`] when the table does not allow the move, [`Error::Stale`],
/// [`Error::Invalid`] when reasons are missing or the listing is not complete.
pub async fn move_listing(
    market: &Market,
    actor: &Actor,
    kind: ListingKind,
    number: &str,
    by: ListingMove,
    reasons: &[ReturnReason],
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, kind, number).await?;
    if !may_read(actor, &row, state_of(&row)?) {
        return Err(Error::NotFound);
    }
    if by == ListingMove::Submit {
        // A draft saved earlier may lack what review needs.
        let content = content_of(&row)?;
        ListingContent::read(kind, &content.to_fields(), Strictness::Complete)?;
    }
    make_move(&tx, actor, &row, by, reasons, version).await?;
    tx.result(&row.number).await?;
    tx.commit().await
}

/// Makes a move inside a transaction: table, version, row, log, events.
pub(crate) async fn make_move(
    tx: &Tx,
    actor: &Actor,
    row: &listing::Model,
    by: ListingMove,
    reasons: &[ReturnReason],
    version: i64,
) -> Result<()> {
    let from = state_of(row)?;
    let parties = parties(actor, row);
    if row.version != version {
        return Err(Error::Stale);
    }
    let transition = from.transition(by).ok_or(Error::Forbidden)?;
    if !transition.who.iter().any(|w| parties.contains(w)) {
        return Err(if actor.person().is_none() && *actor != Actor::System { Error::SignIn } else { Error::Forbidden });
    }
    let reasons: Vec<&ReturnReason> = reasons.iter().filter(|r| !r.text.trim().is_empty()).collect();
    if transition.reason && reasons.is_empty() {
        return Err(Error::field("reason", "reason_required"));
    }
    let too_long: Vec<FieldError> = reasons
        .iter()
        .map(|reason| (&reason.field, reason.text.chars().count()))
        .filter(|(_, length)| *length > keqiao_model::TEXT_MAX)
        .map(|(field, length)| {
            let at = if field.is_empty() { "reason".to_owned() } else { format!("reason.{field}") };
            FieldError::new(at, "too_long").with("max", keqiao_model::TEXT_MAX).with("length", length)
        })
        .collect();
    if !too_long.is_empty() {
        return Err(Error::Invalid(too_long));
    }
    if by == ListingMove::Submit && actor.person().is_some_and(|p| !p.verified) {
        return Err(Error::field("", "not_verified"));
    }
    if by == ListingMove::Submit {
        let today = keqiao_model::format_date(from_micros(tx.now).to_offset(crate::CHINA).date());
        if row.deadline.as_ref().is_some_and(|deadline| *deadline < today) {
            return Err(Error::field("deadline", "past"));
        }
    }
    if by == ListingMove::Resume {
        crate::interests::check_resume(tx, row).await?;
    }
    let mut update = listing::Entity::update_many()
        .col_expr(listing::Column::State, Expr::value(transition.to.code()))
        .col_expr(listing::Column::UpdatedAt, Expr::value(tx.now))
        .col_expr(listing::Column::Version, Expr::value(version + 1));
    if by == ListingMove::Publish && row.published_at.is_none() {
        update = update.col_expr(listing::Column::PublishedAt, Expr::value(tx.now));
    }
    match by {
        ListingMove::Return => update = update.col_expr(listing::Column::Returned, Expr::value(serde_json::to_string(&reasons)?)),
        ListingMove::Publish => update = update.col_expr(listing::Column::Returned, Expr::value("[]")),
        _ => {}
    }
    let done = update.filter(listing::Column::Id.eq(row.id)).filter(listing::Column::Version.eq(version)).exec(&**tx).await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    let reason = reasons.iter().map(|r| r.text.trim()).collect::<Vec<_>>().join("\n");
    tx.moved(Moved {
        subject: Subject::Listing,
        id: row.id,
        from: from.code(),
        to: transition.to.code(),
        action: by.code(),
        code: "",
        reason: &reason,
    })
    .await?;
    if from.is_indexed() || transition.to.is_indexed() {
        tx.emit(Event::ListingChanged, row.id, serde_json::Value::Null).await?;
    }
    match by {
        ListingMove::Submit => tx.emit(Event::ListingSubmitted, row.id, serde_json::Value::Null).await?,
        ListingMove::Publish | ListingMove::Return => {
            tx.emit(Event::ListingReviewed, row.id, serde_json::json!({ "move": by.code() })).await?
        }
        _ => {}
    }
    Ok(())
}

/// The listings of the organisation acted for, newest change first.
///
/// # Errors
/// [`Error::SignIn`].
pub async fn own_listings(market: &Market, actor: &Actor, kind: Option<ListingKind>, page: u64) -> Result<Paged<ListingSummary>> {
    actor.signed_in()?;
    let Some(organisation) = actor.organisation() else { return Ok(Paged::empty()) };
    let mut query = listing::Entity::find().filter(listing::Column::OrganisationId.eq(organisation.id));
    if let Some(kind) = kind {
        query = query.filter(listing::Column::Kind.eq(kind_code(kind)));
    }
    page_of(market, query.order_by_desc(listing::Column::UpdatedAt).order_by_desc(listing::Column::Id), page).await
}

/// The public listings of an organisation, newest first.
///
/// # Errors
/// [`Error::Internal`].
pub async fn listings_of(market: &Market, organisation: Uuid, kind: ListingKind, page: u64) -> Result<Paged<ListingSummary>> {
    let query = listing::Entity::find()
        .filter(listing::Column::OrganisationId.eq(organisation))
        .filter(listing::Column::Kind.eq(kind_code(kind)))
        .filter(listing::Column::State.is_in(public_states()))
        .order_by_desc(listing::Column::PublishedAt)
        .order_by_desc(listing::Column::Id);
    page_of(market, query, page).await
}

/// The newest published listings of a side.
///
/// # Errors
/// [`Error::Internal`].
pub async fn newest(market: &Market, kind: ListingKind, count: u64) -> Result<Vec<ListingSummary>> {
    let rows = listing::Entity::find()
        .filter(listing::Column::Kind.eq(kind_code(kind)))
        .filter(listing::Column::State.is_in([ListingState::Published.code(), ListingState::InDeal.code()]))
        .order_by_desc(listing::Column::PublishedAt)
        .order_by_desc(listing::Column::Id)
        .limit(count)
        .all(&market.db)
        .await?;
    summaries(&market.db, &rows).await
}

/// How many listings of a side are public now.
///
/// # Errors
/// [`Error::Internal`].
pub async fn count_public(market: &Market, kind: ListingKind) -> Result<u64> {
    Ok(listing::Entity::find()
        .filter(listing::Column::Kind.eq(kind_code(kind)))
        .filter(listing::Column::State.is_in(public_states()))
        .count(&market.db)
        .await?)
}

/// Numbers and times of every public listing, for the sitemap.
///
/// # Errors
/// [`Error::Internal`].
pub async fn public_numbers(market: &Market) -> Result<Vec<(ListingKind, String, OffsetDateTime)>> {
    let rows = listing::Entity::find()
        .filter(listing::Column::State.is_in(public_states()))
        .order_by_asc(listing::Column::Number)
        .limit(20_000)
        .all(&market.db)
        .await?;
    Ok(rows.iter().map(|r| (kind_of(r), r.number.clone(), from_micros(r.updated_at))).collect())
}

pub(crate) fn public_states() -> Vec<&'static str> {
    ListingState::ALL.iter().filter(|s| s.is_public()).map(|s| s.code()).collect()
}

pub(crate) async fn page_of(market: &Market, query: sea_orm::Select<listing::Entity>, page: u64) -> Result<Paged<ListingSummary>> {
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    Ok(paged.with(summaries(&market.db, &rows).await?))
}
