//! The weights of matches: declared in the program, learnt from what people judged, adopted by the city.
//!
//! Each set is a row with an edition. The adopted row of the highest edition is in force; without one the declared weights are. Only the
//! newest edition can be adopted, so what is in force never goes back to an older row: to return, the declared ones are put in force anew.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, Ordering},
};

use keqiao_model::FieldError;
use keqiao_search::{
    WEIGHTS, Weights,
    learning::{self, COMPARISONS_MIN, LISTS_MIN, Learnt},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

pub use crate::feedback::learning::PAIRS_MAX;
use crate::{
    Actor, Error, Event, Market, Paged, Result,
    db::{Subject, Tx, from_micros},
    entity::{person, weight_set},
    feedback::learning as judged,
    matching,
    paging::fetch,
};

/// Counts the editions, and is held while one is decided on.
const EDITIONS: &str = "weight_set";
const LEARNT: &str = "learnt";
const DECLARED: &str = "declared";

/// One set of weights.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightSet {
    /// Which.
    pub edition: i64,
    /// Whether it was learnt; otherwise the declared weights were put in force anew.
    pub learnt: bool,
    /// The weights.
    pub weights: Weights,
    /// Judged pairs it was learnt from.
    pub pairs: u64,
    /// Lists in which they stand.
    pub lists: u64,
    /// Comparisons between them.
    pub comparisons: u64,
    /// Share of held-out comparisons that the declared weights order right.
    pub by_declared: f64,
    /// Share that the weights order right that were in force when these were learnt.
    pub by_in_force: f64,
    /// Share that learnt weights order right.
    pub by_learnt: f64,
    /// Held-out lists that learnt weights order better.
    pub better: u64,
    /// Held-out lists that they order worse.
    pub worse: u64,
    /// Who learnt it, or put the declared ones in force.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
    /// Who adopted it, and when.
    pub adopted: Option<(String, OffsetDateTime)>,
}

impl WeightSet {
    fn of(row: &weight_set::Model, names: &HashMap<Uuid, String>) -> Self {
        let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        Self {
            edition: row.edition,
            learnt: row.origin == LEARNT,
            weights: weights_of(row),
            pairs: count(row.pairs),
            lists: count(row.lists),
            comparisons: count(row.comparisons),
            by_declared: row.declared,
            by_in_force: row.in_force,
            by_learnt: row.learnt,
            better: count(row.better),
            worse: count(row.worse),
            by: name(row.person_id),
            at: from_micros(row.created_at),
            adopted: row.adopted_at.map(|at| (row.adopted_by.map(name).unwrap_or_default(), from_micros(at))),
        }
    }

    /// Whether it orders held-out lists better than the declared weights, by more than chance: see [`learning::is_better`].
    pub fn is_better(&self) -> bool {
        // No more lists differ than there were pairs.
        let count = |n: u64| usize::try_from(n).unwrap_or(PAIRS_MAX).min(PAIRS_MAX);
        self.learnt && learning::is_better(self.by_declared, self.by_learnt, count(self.better), count(self.worse))
    }

    /// Whether it may be adopted: better than what is declared, and in the same comparisons not worse than what was in force.
    pub fn is_adoptable(&self) -> bool {
        self.is_better() && self.by_learnt >= self.by_in_force
    }
}

/// What can be learnt from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Material {
    /// Judged pairs that say something of fit, of which it is kept what they are made of, and that stand in lists where something is useful and something is not.
    pub pairs: usize,
    /// These lists.
    pub lists: usize,
    /// Comparisons within them.
    pub comparisons: usize,
    /// Judged pairs that are taken in later.
    pub waiting: usize,
    /// Whether it may be enough with those of them that learning takes in at once.
    pub within_reach: bool,
}

impl Material {
    fn of(judgements: &judged::Judgements) -> Self {
        Self {
            pairs: judgements.pairs(),
            lists: judgements.lists.len(),
            comparisons: judgements.comparisons(),
            waiting: judgements.waiting,
            within_reach: judgements.within_reach,
        }
    }

    /// Lists that are missing before anything can be learnt.
    pub fn lists_missing(&self) -> usize {
        LISTS_MIN.saturating_sub(self.lists)
    }

    /// Comparisons that are missing.
    pub fn comparisons_missing(&self) -> usize {
        COMPARISONS_MIN.saturating_sub(self.comparisons)
    }

    /// Whether there is enough.
    pub fn is_enough(&self) -> bool {
        self.lists_missing() == 0 && self.comparisons_missing() == 0
    }
}

/// Everything the city decides on the weights by.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsView {
    /// The weights in force.
    pub in_force: Weights,
    /// The set they are of; none when nothing was ever adopted.
    pub set: Option<WeightSet>,
    /// What was learnt last and not adopted yet.
    pub proposal: Option<WeightSet>,
    /// The newest edition, which forms carry.
    pub edition: i64,
    /// What can be learnt from.
    pub material: Material,
    /// Listings whose stored matches were computed anew since the weights changed, of all on the market; nothing when all were.
    pub following: Option<(u64, u64)>,
    /// All sets, newest first.
    pub sets: Paged<WeightSet>,
}

/// The weights in force, for whoever reads matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InForce {
    /// The weights.
    pub weights: Weights,
    /// When they were learnt; nothing for the declared ones.
    pub learnt_at: Option<OffsetDateTime>,
}

/// The last edition of which it was said that it cannot be read: once is enough, while it is read all the time.
static UNREAD: AtomicI64 = AtomicI64::new(0);

/// The weights of a stored set. Those that came later, or are unreadable, are as declared; all within bounds.
pub(crate) fn weights_of(row: &weight_set::Model) -> Weights {
    // Put back is what this program declares, whatever it was then.
    if row.origin != LEARNT {
        return WEIGHTS;
    }
    let (weights, unread) = Weights::read(&row.weights);
    if unread && UNREAD.swap(row.edition, Ordering::Relaxed) != row.edition {
        tracing::warn!(edition = row.edition, "stored weights cannot be read and are as declared");
    }
    weights
}

/// Whether the actor decides on the weights.
pub fn may_weigh(market: &Market, actor: &Actor) -> bool {
    actor.is_admin() || actor.is_officer_of(&market.config.city)
}

/// The one who decides: administrators and the city's officers.
fn decider(market: &Market, actor: &Actor) -> Result<Uuid> {
    let person = actor.signed_in()?;
    if may_weigh(market, actor) { Ok(person.id) } else { Err(if actor.is_officer() { Error::Forbidden } else { Error::NotFound }) }
}

/// The weights by which matches are worked out now. Anyone may know.
///
/// # Errors
/// [`Error::Internal`].
pub async fn in_force(market: &Market) -> Result<InForce> {
    let Some(row) = matching::in_force(market).await? else { return Ok(InForce { weights: WEIGHTS, learnt_at: None }) };
    Ok(InForce { weights: weights_of(&row), learnt_at: (row.origin == LEARNT).then(|| from_micros(row.created_at)) })
}

/// The weights, what could be learnt, and one page of the sets so far.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::Forbidden`] for officers of counties; [`Error::NotFound`] for anyone else who is neither the city's officer nor
/// administrator.
pub async fn overview(market: &Market, actor: &Actor, page: u64) -> Result<WeightsView> {
    decider(market, actor)?;
    let newest = weight_set::Entity::find().order_by_desc(weight_set::Column::Edition);
    let (sets, rows) = fetch(&market.db, newest.clone(), page).await?.take();
    let newest = newest.one(&market.db).await?;
    let set = matching::in_force(market).await?;
    let mut people: Vec<Uuid> = Vec::new();
    for row in rows.iter().chain(&newest).chain(&set) {
        people.push(row.person_id);
        people.extend(row.adopted_by);
    }
    let found = person::Entity::find().filter(person::Column::Id.is_in(people)).all(&market.db).await?;
    let names: HashMap<Uuid, String> = found.into_iter().map(|p| (p.id, p.name)).collect();
    let judgements = judged::judgements(market).await?;
    Ok(WeightsView {
        in_force: set.as_ref().map_or(WEIGHTS, weights_of),
        edition: newest.as_ref().map_or(0, |row| row.edition),
        proposal: newest.filter(|row| row.adopted_at.is_none()).map(|row| WeightSet::of(&row, &names)),
        set: set.map(|row| WeightSet::of(&row, &names)),
        material: Material::of(&judgements),
        following: matching::following(market).await?,
        sets: sets.with(rows.iter().map(|row| WeightSet::of(row, &names)).collect()),
    })
}

/// Learns from the latest [`PAIRS_MAX`] judged pairs and stores what was learnt as a proposal. Some pairs that were judged lately are taken in
/// first.
///
/// # Errors
/// As [`overview`]; [`Error::Invalid`] when there is too little to learn from, or the index is being rebuilt; [`Error::Stale`] when other
/// weights were adopted meanwhile.
pub async fn learn(market: &Market, actor: &Actor, once: Option<Uuid>) -> Result<()> {
    let person = decider(market, actor)?;
    // Learning takes too long for a transaction and too much for a form that comes again.
    if market.was_done(once).await? {
        return Ok(());
    }
    if matching::is_simple(market) {
        return Err(Error::field("", "index_rebuilding"));
    }
    let judgements = judged::gather(market).await?;
    let pairs = judgements.pairs();
    let before = adopted(&market.db).await?;
    let in_force = before.as_ref().map_or(WEIGHTS, weights_of);
    let seen = before.map(|row| row.edition);
    let Some(learnt) = judged::learn(judgements, in_force).await? else {
        let few = FieldError::new("", "learn_too_few").with("lists", LISTS_MIN).with("comparisons", COMPARISONS_MIN);
        return Err(Error::Invalid(vec![few]));
    };
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    tx.hold(EDITIONS).await?;
    if adopted(&*tx).await?.map(|row| row.edition) != seen {
        return Err(Error::Stale);
    }
    let id = insert(&tx, person, Some((&learnt, pairs))).await?;
    let detail = json!({ "pairs": pairs, "lists": learnt.lists, "comparisons": learnt.comparisons });
    tx.audit("weights.learn", Subject::Weights, Some(id), detail).await?;
    tx.result("").await?;
    tx.commit().await
}

/// The next set: what was learnt, from how many pairs, or the declared weights, which are in force at once.
async fn insert(tx: &Tx, person: Uuid, learnt: Option<(&Learnt, usize)>) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let of = |figure: fn(&Learnt) -> usize| learnt.map_or(0, |(learnt, _)| count(figure(learnt)));
    let adopted = learnt.is_none();
    let row = weight_set::ActiveModel {
        id: Set(id),
        edition: Set(tx.next(EDITIONS).await?),
        origin: Set(if adopted { DECLARED } else { LEARNT }.to_owned()),
        weights: Set(serde_json::to_string(&learnt.map_or(WEIGHTS, |(learnt, _)| learnt.weights))?),
        pairs: Set(learnt.map_or(0, |(_, pairs)| count(pairs))),
        lists: Set(of(|l| l.lists)),
        comparisons: Set(of(|l| l.comparisons)),
        better: Set(of(|l| l.better)),
        worse: Set(of(|l| l.worse)),
        declared: Set(learnt.map_or(0.0, |(l, _)| l.declared)),
        in_force: Set(learnt.map_or(0.0, |(l, _)| l.in_force)),
        learnt: Set(learnt.map_or(0.0, |(l, _)| l.learnt)),
        person_id: Set(person),
        created_at: Set(tx.now),
        adopted_by: Set(adopted.then_some(person)),
        adopted_at: Set(adopted.then_some(tx.now)),
    };
    row.insert(&**tx).await?;
    Ok(id)
}

/// The adopted set of the highest edition, which is in force.
async fn adopted(db: &impl ConnectionTrait) -> Result<Option<weight_set::Model>> {
    let adopted = weight_set::Entity::find().filter(weight_set::Column::AdoptedAt.is_not_null());
    Ok(adopted.order_by_desc(weight_set::Column::Edition).one(db).await?)
}

/// The newest set, if it is still this edition; nobody makes another before the transaction ends.
async fn newest(tx: &Tx, edition: i64) -> Result<Option<weight_set::Model>> {
    tx.hold(EDITIONS).await?;
    let newest = weight_set::Entity::find().order_by_desc(weight_set::Column::Edition).one(&**tx).await?;
    if newest.as_ref().map_or(0, |row| row.edition) == edition { Ok(newest) } else { Err(Error::Stale) }
}

/// Puts what was learnt in force: every node weighs by it, and stored matches follow in the background.
///
/// # Errors
/// As [`overview`]; [`Error::Stale`] when the edition is not the newest one, or was adopted already; [`Error::Invalid`] when it is not better
/// than the declared weights, or worse than those in force.
pub async fn adopt(market: &Market, actor: &Actor, edition: i64, once: Option<Uuid>) -> Result<()> {
    let person = decider(market, actor)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    let row = newest(&tx, edition).await?.filter(|row| row.adopted_at.is_none()).ok_or(Error::Stale)?;
    if !WeightSet::of(&row, &HashMap::new()).is_adoptable() {
        return Err(Error::field("", "weights_not_better"));
    }
    weight_set::Entity::update_many()
        .col_expr(weight_set::Column::AdoptedBy, Expr::value(person))
        .col_expr(weight_set::Column::AdoptedAt, Expr::value(tx.now))
        .filter(weight_set::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    changed(&tx, "weights.adopt", row.id, edition).await?;
    tx.result("").await?;
    tx.commit().await
}

/// Puts the declared weights in force again.
///
/// # Errors
/// As [`overview`]; [`Error::Stale`] when somebody decided meanwhile, or the declared weights are in force.
pub async fn declare(market: &Market, actor: &Actor, edition: i64, once: Option<Uuid>) -> Result<()> {
    let person = decider(market, actor)?;
    let (tx, before) = market.write_once(actor, once).await?;
    if before.is_some() {
        return Ok(());
    }
    newest(&tx, edition).await?;
    if adopted(&*tx).await?.is_none_or(|row| row.origin != LEARNT) {
        return Err(Error::Stale);
    }
    let id = insert(&tx, person, None).await?;
    changed(&tx, "weights.declare", id, edition).await?;
    tx.result("").await?;
    tx.commit().await
}

async fn changed(tx: &Tx, action: &str, id: Uuid, seen: i64) -> Result<()> {
    tx.audit(action, Subject::Weights, Some(id), json!({ "edition": seen })).await?;
    tx.emit(Event::WeightsChanged, id, json!({})).await?;
    matching::ask_rematch(tx, "weights").await
}
