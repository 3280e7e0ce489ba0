//! 技术合同认定登记: from handing in over acceptance and one or two reviews into the register, and out of it again.

use keqiao_model::{
    Check, ContractContent, ContractMove, ContractState, ListingMove, Need, Party, RefusalCode, RuleKind, Stateful, TEXT_MAX, Transition,
    format_date,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use time::Date;
use uuid::Uuid;

use super::{
    answers_for, content_of, drafts, find, find_by_id, findings::unanswered, form::problems, has_part, is_insider, likeness, lock,
    organisation_of, parties, region_of, state_of, today,
};
use crate::{
    Actor, Error, Event, Market, Result,
    accounts::new_token,
    commissions,
    db::{Moved, Subject, Tx, from_micros},
    deals,
    entity::{contract as table, listing},
    interests::lock_listing,
    introductions, ledger, listings, performance, rules,
};

/// Digits of a place in the register, at least.
const PLACE_DIGITS: usize = 5;
/// Counter row that whoever gives a registration number holds, so that none is given twice: neither by this register nor by one brought in.
pub(super) const REGISTER: &str = "registration";
/// Characters of a verification code: 80 bits.
const CERTIFICATE_LENGTH: usize = 20;

/// Whether a second officer reviews a contract, by the rule in force on its day of signing.
pub(super) async fn second_review<C: ConnectionTrait>(db: &C, content: &ContractContent) -> Result<bool> {
    Ok(content.technical_value.fen() >= rules::needed(db, RuleKind::SecondReview, content.signed_on).await?.value)
}

/// The day by which a contract handed in on `day` must be decided: working days by the rule in force then, more of them from the threshold of the
/// second review on or when it is disputed.
async fn due_on<C: ConnectionTrait>(db: &C, market: &Market, row: &table::Model, content: &ContractContent, day: Date) -> Result<Date> {
    let large = row.disputed || second_review(db, content).await?;
    let kind = if large { RuleKind::DecisionDaysLarge } else { RuleKind::DecisionDays };
    Ok(market.config.calendar.after(day, rules::needed(db, kind, day).await?.value))
}

/// The moves the actor may make now: those of the table, without those that this contract needs not or that another officer has to make.
pub(super) async fn moves_of<C: ConnectionTrait>(db: &C, market: &Market, actor: &Actor, row: &table::Model) -> Result<Vec<ContractMove>> {
    let mut moves = Vec::new();
    for t in state_of(row)?.moves(&parties(market, actor, row)) {
        if check_needs(db, actor, row, t, false).await.is_ok() {
            moves.push(t.by);
        }
    }
    Ok(moves)
}

/// Whether what a move needs is there. With `findings`, also that all of them are answered, and that what the parties owe each other is done.
async fn check_needs<C: ConnectionTrait>(
    db: &C,
    actor: &Actor,
    row: &table::Model,
    transition: &Transition<ContractState, ContractMove>,
    findings: bool,
) -> Result<()> {
    if transition.by == ContractMove::Register && transition.from == ContractState::Accepted && second_review(db, &content_of(row)?).await?
    {
        return Err(Error::field("", "second_review_due"));
    }
    for need in transition.needs {
        let unmet = match need {
            Need::SecondReviewDue => !second_review(db, &content_of(row)?).await?,
            Need::AnotherReviewer => actor.id().is_some() && actor.id() == row.first_reviewer_id,
            Need::FindingsAnswered => findings && unanswered(db, row).await? > 0,
            Need::MilestonesAccepted => findings && performance::has_open_milestones(db, row.id).await?,
            Need::DisputesSettled => findings && performance::has_open_dispute(db, row.id).await?,
            _ => false,
        };
        if unmet {
            return Err(Error::field("", need.code()));
        }
    }
    Ok(())
}

/// The code and the words of a decision: a refusal and a cancellation need both (domain rules, section 1 "Refusal codes"), a return needs words.
fn read_reason(by: ContractMove, needed: bool, code: &str, reason: &str) -> Result<(Option<RefusalCode>, String)> {
    if !needed {
        return Ok((None, String::new()));
    }
    let mut check = Check::new();
    let reason = check.optional("reason", reason, TEXT_MAX);
    check.ensure(!reason.is_empty(), "reason", "reason_required");
    let decision = if matches!(by, ContractMove::Refuse | ContractMove::Cancel) {
        let decision = RefusalCode::from_code(code.trim());
        check.ensure(decision.is_some(), "code", if code.trim().is_empty() { "required" } else { "choice" });
        decision
    } else {
        None
    };
    Ok(check.finish((decision, reason))?)
}

/// A ground of refusal must be in use on the day of signing.
async fn check_ground(tx: &Tx, row: &table::Model, decision: Option<RefusalCode>) -> Result<()> {
    let Some(decision) = decision else { return Ok(()) };
    let rule = rules::in_force(&**tx, RuleKind::Refusal, decision.code(), content_of(row)?.signed_on).await?;
    if rule.is_some_and(|r| r.value == 0) { Err(Error::field("code", "ground_not_in_force")) } else { Ok(()) }
}

/// Whether a contract may be handed in: complete by today's rules, by a person with a confirmed address, with the text of the contract
/// attached (domain rules, section 1: registration is "on the complete written text").
async fn check_submission(market: &Market, tx: &Tx, actor: &Actor, row: &table::Model) -> Result<()> {
    if actor.person().is_some_and(|p| !p.verified) {
        return Err(Error::field("", "not_verified"));
    }
    let problems = problems(&**tx, market, row).await?;
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}

/// Moves a contract as the state table allows: the seller hands in, takes back and completes; officers of its region who belong to neither party
/// accept, review, return, register, refuse and cancel. From the threshold of the second review on two different officers review. Handing in
/// starts the clock of the decision, returning stops it. Registering assigns the registration number and the verification code, posts the ledger and
/// completes the deal; cancelling posts the reversals. Of many registrations of one contract exactly one succeeds.
///
/// # Errors
/// [`Error::NotFound`] when the actor may not know of it; [`Error::Stale`] when it changed meanwhile; [`Error::Forbidden`] when the table does not
/// allow the actor the move; [`Error::SignIn`]; [`Error::Invalid`]: `conflict_of_interest` for an officer of a party, `another_reviewer` for
/// the first reviewer, `second_review_due` for registering after one review what needs two, `findings_answered` while findings are not,
/// `reason_required`, a missing, unknown or unused `code`, and for handing in `not_verified`, `contract_file_required` and everything that
/// the form lacks, each at its field.
pub async fn move_contract(
    market: &Market,
    actor: &Actor,
    number: &str,
    by: ContractMove,
    code: &str,
    reason: &str,
    version: i64,
    once: Option<Uuid>,
) -> Result<()> {
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = find(&*tx, number).await?;
    let from = state_of(&row)?;
    if !from.is_registered() && !is_insider(&*tx, market, actor, &row).await? {
        return Err(Error::NotFound);
    }
    if row.version != version {
        return Err(Error::Stale);
    }
    let transition = from.transition(by).ok_or(Error::Forbidden)?;
    if !transition.who.iter().any(|w| parties(market, actor, &row).contains(w)) {
        let conflicted = transition.who.contains(&Party::Officer) && answers_for(market, actor, &row) && has_part(actor, &row);
        return Err(match actor {
            Actor::Visitor => Error::SignIn,
            _ if conflicted => Error::field("", "conflict_of_interest"),
            _ => Error::Forbidden,
        });
    }
    let (decision, reason) = read_reason(by, transition.reason, code, reason)?;
    check_ground(&tx, &row, decision).await?;
    if by == ContractMove::Complete {
        // Nobody adds a milestone or raises a dispute between the look and the move.
        lock(&tx, row.id).await?;
    }
    check_needs(&*tx, actor, &row, transition, true).await?;
    let decision = decision.map_or("", |d| d.code());
    let mut change = table::ActiveModel {
        state: Set(transition.to.code().to_owned()),
        updated_at: Set(tx.now),
        version: Set(version + 1),
        ..Default::default()
    };
    match by {
        ContractMove::Submit => {
            check_submission(market, &tx, actor, &row).await?;
            // A party may have moved since the draft.
            change.region = Set(region_of(market, &organisation_of(&tx, row.seller_id).await?, &organisation_of(&tx, row.buyer_id).await?));
            change.submitted_at = Set(Some(tx.now));
            change.due_on = Set(Some(format_date(due_on(&*tx, market, &row, &content_of(&row)?, today(market)).await?)));
            change.accepted_at = Set(None);
            change.accepted_by = Set(None);
            change.first_reviewed_at = Set(None);
            change.first_reviewer_id = Set(None);
        }
        // What the seller mended meanwhile stays readable until the next decision.
        ContractMove::TakeBack => change.due_on = Set(None),
        ContractMove::Accept => {
            change.accepted_at = Set(Some(tx.now));
            change.accepted_by = Set(actor.id());
        }
        ContractMove::Pass => {
            change.first_reviewed_at = Set(Some(tx.now));
            change.first_reviewer_id = Set(actor.id());
        }
        ContractMove::Complete => change.completed_at = Set(Some(tx.now)),
        ContractMove::Return | ContractMove::Refuse | ContractMove::Cancel | ContractMove::Register => {
            change.code = Set(decision.to_owned());
            change.reason = Set(reason.clone());
            change.due_on = Set(None);
        }
    }
    let done = table::Entity::update_many()
        .set(change)
        .filter(table::Column::Id.eq(row.id))
        .filter(table::Column::Version.eq(version))
        .exec(&*tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::Stale);
    }
    // Locks in the order of everybody else: deal, listings, chain, outbox.
    if let (ContractMove::Register | ContractMove::Refuse, Some(deal)) = (by, row.deal_id) {
        deals::lock(&tx, deal).await?;
    }
    let mut told = Vec::new();
    match by {
        ContractMove::Register => {
            introductions::lock_chain(&tx).await?;
            register(market, &tx, actor, row.id).await?;
            let registered = find_by_id(&*tx, row.id).await?;
            told = introductions::contract_registered(&tx, &registered).await?;
            told.extend(commissions::contract_registered(&tx, &registered).await?);
        }
        ContractMove::Cancel => ledger::uncount(market, &tx, &row, decision).await?,
        _ => {}
    }
    if matches!(by, ContractMove::Register | ContractMove::Refuse) {
        drafts::forget_all(&tx, row.id).await?;
    }
    if by == ContractMove::Submit {
        likeness::store(&tx, &row).await?;
    }
    let (from, to, action) = (from.code(), transition.to.code(), by.code());
    tx.moved(Moved { subject: Subject::Contract, id: row.id, from, to, action, code: decision, reason: &reason }).await?;
    match (by, row.deal_id) {
        (ContractMove::Register, Some(deal)) => deals::registered(&tx, deal).await?,
        (ContractMove::Refuse, Some(deal)) => deals::refused(&tx, deal, &reason).await?,
        _ => {}
    }
    tx.emit(Event::ContractMoved, row.id, json!({ "move": action })).await?;
    for (subject, telling) in told {
        tx.tell(subject, &telling).await?;
    }
    tx.result(&row.number).await?;
    tx.commit().await
}

/// The next registration number by the scheme of the configuration. It is taken inside the transaction, whose counter row stays locked to its
/// end: no number is given twice, and none is lost. Numbers that contracts brought in from elsewhere have are left out.
pub(super) async fn next_number(market: &Market, tx: &Tx, region: &str) -> Result<String> {
    let year = from_micros(tx.now).to_offset(crate::CHINA).year().to_string();
    let scheme =
        market.config.registration_number.replace("{city}", &market.config.city).replace("{region}", region).replace("{year}", &year);
    let before = scheme.trim_end_matches("{place}");
    tx.hold(REGISTER).await?;
    loop {
        let place = tx.next(&format!("registration-{}", before.trim_end_matches('-'))).await?;
        let number = format!("{before}{place:0PLACE_DIGITS$}");
        let taken = table::Entity::find().filter(table::Column::RegistrationNumber.eq(number.as_str())).count(&**tx).await?;
        if taken == 0 {
            return Ok(number);
        }
    }
}

/// A new verification code of a certificate: upper case letters and digits that nobody can guess.
pub(super) fn new_certificate() -> Result<String> {
    Ok(new_token()?.chars().take(CERTIFICATE_LENGTH).collect::<String>().to_uppercase())
}

/// Enters a contract into the register: number, verification code, time, ledger.
async fn register(market: &Market, tx: &Tx, actor: &Actor, id: Uuid) -> Result<()> {
    let row = find_by_id(&**tx, id).await?;
    // Listings are locked before the outbox is, in one order, so that nobody waits in a circle.
    let mut locked: Vec<Uuid> = [row.demand_id, row.achievement_id].into_iter().flatten().collect();
    locked.sort_unstable();
    for listing in locked {
        lock_listing(tx, listing).await?;
    }
    table::Entity::update_many()
        .col_expr(table::Column::RegistrationNumber, Expr::value(next_number(market, tx, &row.region).await?))
        .col_expr(table::Column::Certificate, Expr::value(new_certificate()?))
        .col_expr(table::Column::RegisteredAt, Expr::value(tx.now))
        .col_expr(table::Column::RegisteredBy, Expr::value(actor.id()))
        .filter(table::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    let row = find_by_id(&**tx, id).await?;
    ledger::count(market, tx, &row).await?;
    if let (None, Some(achievement)) = (row.deal_id, row.achievement_id) {
        complete(tx, achievement).await?;
    }
    Ok(())
}

/// A registered contract without a deal completes its achievement, as a deal would.
async fn complete(tx: &Tx, achievement: Uuid) -> Result<()> {
    let Some(row) = listing::Entity::find_by_id(achievement).one(&**tx).await? else { return Ok(()) };
    if listings::state_of(&row)?.transition(ListingMove::Complete).is_some() {
        listings::make_move(tx, &Actor::System, &row, ListingMove::Complete, &[], row.version).await?;
    }
    Ok(())
}
