//! Terms: one side proposes, the other accepts or answers with another proposal; what changed between two proposals is shown. Accepted terms
//! are what the contract is checked against.

use keqiao_model::{Check, DealState, Fields, NoticeKind, Party, Stateful, TermChange, TermMove, TermState, Terms, parse_date};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Result,
    db::{Moved, Subject, Tx, from_micros},
    entity::{deal, term_sheet},
    listings::organisation_names,
    notices::Telling,
    room::{locked_for, members, path_of, side_of, touch},
};

/// Longest note at a proposal, characters.
const NOTE_MAX: usize = 1_000;

/// One proposal as a member sees it.
#[derive(Debug, Clone)]
pub struct TermsView {
    /// Which proposal, from 1.
    pub edition: i64,
    /// Where it stands.
    pub state: TermState,
    /// The terms.
    pub terms: Terms,
    /// What differs from the proposal before.
    pub changes: Vec<TermChange>,
    /// The side that proposed it.
    pub organisation: String,
    /// Who proposed it.
    pub person: String,
    /// Why, in the proposer's words.
    pub note: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// Who answered it.
    pub answered_by: String,
    /// When it was answered.
    pub answered_at: Option<OffsetDateTime>,
    /// What the actor may do with it now.
    pub moves: Vec<TermMove>,
}

/// Every proposal of a deal, newest first, and whether the actor may make another.
#[derive(Debug, Clone)]
pub struct TermsPage {
    /// Proposals.
    pub sheets: Vec<TermsView>,
    /// Whether the actor may propose now.
    pub may_propose: bool,
}

fn state_of(row: &term_sheet::Model) -> Result<TermState> {
    TermState::from_code(&row.state).ok_or_else(|| Error::internal(format!("terms state {}", row.state)))
}

async fn all<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Vec<term_sheet::Model>> {
    Ok(term_sheet::Entity::find().filter(term_sheet::Column::DealId.eq(deal)).order_by_desc(term_sheet::Column::Edition).all(db).await?)
}

async fn latest<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Option<term_sheet::Model>> {
    Ok(term_sheet::Entity::find().filter(term_sheet::Column::DealId.eq(deal)).order_by_desc(term_sheet::Column::Edition).one(db).await?)
}

/// The terms both sides accepted, if the last proposal stands accepted.
pub(crate) async fn accepted<C: ConnectionTrait>(db: &C, deal: Uuid) -> Result<Option<Terms>> {
    match latest(db, deal).await? {
        Some(row) if row.state == TermState::Accepted.code() => Ok(Some(serde_json::from_str(&row.terms)?)),
        _ => Ok(None),
    }
}

/// The terms both sides of a deal accepted, for whoever prepares the contract.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member.
pub async fn accepted_terms(market: &Market, actor: &Actor, number: &str) -> Result<Option<Terms>> {
    let row = crate::deals::find_for(&market.db, actor, number).await?;
    accepted(&market.db, row.id).await
}

/// Which parties of the table an actor is for a proposal.
fn parties(row: &term_sheet::Model, side: Option<Uuid>) -> Vec<Party> {
    match side {
        Some(side) if side == row.organisation_id => vec![Party::Proposer, Party::Side],
        Some(_) => vec![Party::Counterpart, Party::Side],
        None => Vec::new(),
    }
}

/// Every proposal of a deal.
///
/// # Errors
/// [`Error::NotFound`] for everyone who is no member.
pub async fn terms(market: &Market, actor: &Actor, number: &str) -> Result<TermsPage> {
    let row = crate::deals::find_for(&market.db, actor, number).await?;
    let rows = all(&market.db, row.id).await?;
    let people =
        crate::accounts::person_names(&market.db, rows.iter().flat_map(|r| [Some(r.person_id), r.answered_by]).flatten().collect()).await?;
    let names = organisation_names(&market.db, vec![row.buyer_id, row.seller_id]).await?;
    let at_terms = crate::deals::state_of_deal(&row)? == DealState::Terms;
    let side = side_of(actor, &row);
    let speaks = at_terms && side.is_some() && members::speaks(&market.db, actor, &row).await?;
    let parsed = rows.iter().map(|r| Ok(serde_json::from_str::<Terms>(&r.terms)?)).collect::<Result<Vec<_>>>()?;
    let mut sheets = Vec::new();
    for (place, sheet) in rows.iter().enumerate() {
        let Some(terms) = parsed.get(place) else { continue };
        let state = state_of(sheet)?;
        let may_move = place == 0 && speaks;
        let moves: Vec<TermMove> = if may_move { state.moves(&parties(sheet, side)).iter().map(|t| t.by).collect() } else { Vec::new() };
        sheets.push(TermsView {
            edition: sheet.edition,
            state,
            changes: parsed.get(place + 1).map(|earlier| terms.changes_from(earlier)).unwrap_or_default(),
            terms: terms.clone(),
            organisation: names.get(&sheet.organisation_id).cloned().unwrap_or_default(),
            person: people.get(&sheet.person_id).cloned().unwrap_or_default(),
            note: sheet.note.clone(),
            created_at: from_micros(sheet.created_at),
            answered_by: sheet.answered_by.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
            answered_at: sheet.answered_at.map(from_micros),
            // Countering is what proposing again does.
            moves: moves.into_iter().filter(|m| *m != TermMove::Counter).collect(),
        });
    }
    let is_accepted = sheets.first().is_some_and(|s| s.state == TermState::Accepted);
    Ok(TermsPage { may_propose: at_terms && side.is_some() && !is_accepted, sheets })
}

async fn make(tx: &Tx, actor: &Actor, row: &term_sheet::Model, by: TermMove, reason: &str) -> Result<()> {
    let from = state_of(row)?;
    let transition = from.transition(by).ok_or_else(|| Error::field("", "terms_over"))?;
    term_sheet::Entity::update_many()
        .col_expr(term_sheet::Column::State, Expr::value(transition.to.code()))
        .col_expr(term_sheet::Column::AnsweredBy, Expr::value(actor.id()))
        .col_expr(term_sheet::Column::AnsweredAt, Expr::value(Some(tx.now)))
        .col_expr(term_sheet::Column::Version, Expr::value(row.version + 1))
        .filter(term_sheet::Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    let (from, to) = (from.code(), transition.to.code());
    tx.moved(Moved { subject: Subject::Terms, id: row.id, from, to, action: by.code(), code: "", reason }).await
}

/// The deal, locked, and the side an actor negotiates for.
async fn negotiating(tx: &Tx, actor: &Actor, number: &str) -> Result<(deal::Model, Uuid)> {
    let row = locked_for(tx, actor, number).await?;
    let side = side_of(actor, &row).ok_or(Error::Forbidden)?;
    if crate::deals::state_of_deal(&row)? == DealState::Terms { Ok((row, side)) } else { Err(Error::field("", "not_at_terms")) }
}

/// Proposes terms (the fields of [`Terms::read`], and `note`); `edition` in the form is the last proposal the sender saw, 0 for none. A
/// proposal of the other side counts as answered by this one, an own one as taken back.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Stale`] when the other side proposed meanwhile; [`Error::Invalid`] at the field, when the deal is not
/// at its terms, or when the last proposal stands accepted.
pub async fn propose_terms(market: &Market, actor: &Actor, number: &str, fields: &Fields, once: Option<Uuid>) -> Result<i64> {
    let person = actor.signed_in()?.id;
    let (tx, before) = market.write_once(actor, once).await?;
    if let Some(edition) = before {
        return edition.parse().map_err(|_| Error::Stale);
    }
    let (row, side) = negotiating(&tx, actor, number).await?;
    let mut check = Check::new();
    let note = check.optional("note", fields.value("note"), NOTE_MAX);
    let read = Terms::read(fields);
    let today = crate::contracts::today(market);
    for (index, milestone) in fields.rows("milestones") {
        let due = parse_date(milestone.value("due"));
        check.ensure(due.is_none_or(|day| day >= today), &format!("milestones.{index}.due"), "past");
    }
    let terms = match (read, check.finish(())) {
        (Ok(terms), Ok(())) => terms,
        (read, checked) => {
            let mut errors = read.err().unwrap_or_default();
            errors.extend(checked.err().unwrap_or_default());
            return Err(Error::Invalid(errors));
        }
    };
    let last = latest(&*tx, row.id).await?;
    let edition = last.as_ref().map_or(0, |l| l.edition);
    if fields.value("edition").trim().parse() != Ok(edition) {
        return Err(Error::Stale);
    }
    if let Some(last) = &last {
        let state = state_of(last)?;
        if state == TermState::Accepted {
            return Err(Error::field("", "terms_accepted"));
        }
        if state == TermState::Proposed {
            let by = if last.organisation_id == side { TermMove::Withdraw } else { TermMove::Counter };
            make(&tx, actor, last, by, "").await?;
        }
    }
    let new = term_sheet::ActiveModel {
        id: Set(Uuid::now_v7()),
        deal_id: Set(row.id),
        edition: Set(edition + 1),
        organisation_id: Set(side),
        person_id: Set(person),
        state: Set(TermState::Proposed.code().to_owned()),
        terms: Set(serde_json::to_string(&terms)?),
        note: Set(note),
        created_at: Set(tx.now),
        answered_by: Set(None),
        answered_at: Set(None),
        version: Set(1),
    };
    let new = new.insert(&*tx).await?;
    tx.moved(Moved { subject: Subject::Terms, id: new.id, from: "", to: &new.state, action: "propose", code: "", reason: "" }).await?;
    tell(&tx, actor, &row, side, NoticeKind::TermsProposed).await?;
    tx.result(edition + 1).await?;
    tx.commit().await?;
    Ok(edition + 1)
}

async fn tell(tx: &Tx, actor: &Actor, row: &deal::Model, side: Uuid, kind: NoticeKind) -> Result<()> {
    touch(tx, row.id).await?;
    let by = organisation_names(&**tx, vec![side]).await?.remove(&side).unwrap_or_default();
    let telling = Telling::new(kind, &row.number, &row.title, format!("{}/terms", path_of(row))).by(&by);
    tx.tell(row.id, &telling.people(members::everyone(&**tx, row).await?).except(actor.id())).await
}

/// Accepts, takes back or opens again the proposal of this `edition`.
///
/// # Errors
/// [`Error::NotFound`] for others; [`Error::Forbidden`] unless the actor speaks for the side whose turn it is; [`Error::Stale`] when there is a
/// newer proposal; [`Error::Invalid`].
pub async fn move_terms(
    market: &Market,
    actor: &Actor,
    number: &str,
    edition: i64,
    by: TermMove,
    fields: &Fields,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let (row, side) = negotiating(&tx, actor, number).await?;
    if !members::speaks(&*tx, actor, &row).await? {
        return Err(Error::Forbidden);
    }
    let last = latest(&*tx, row.id).await?.ok_or(Error::NotFound)?;
    if last.edition != edition {
        return Err(Error::Stale);
    }
    let transition = state_of(&last)?.transition(by).ok_or_else(|| Error::field("", "terms_over"))?;
    if by == TermMove::Counter || !transition.who.iter().any(|w| parties(&last, Some(side)).contains(w)) {
        return Err(Error::Forbidden);
    }
    let mut check = Check::new();
    let reason = check.optional("reason", fields.value("reason"), NOTE_MAX);
    check.finish(())?;
    make(&tx, actor, &last, by, &reason).await?;
    let kind = if by == TermMove::Accept { NoticeKind::TermsAccepted } else { NoticeKind::TermsProposed };
    tell(&tx, actor, &row, side, kind).await?;
    tx.result("").await?;
    tx.commit().await
}
