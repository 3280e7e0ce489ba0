//! A city that registered contracts for six years: the same one for the same size, written in bulk, with a ledger whose chain and sums hold.

use std::collections::HashSet;

use keqiao_market::{
    Market,
    db::micros,
    entity::{contract, deal, interest, ledger_entry, listing, matched, nda, organisation, receipt, term_sheet},
    ledger,
};
use keqiao_model::{
    ContractKind, ContractState, DealState, Fen, Field, Fields, Figure, InterestState, IpShare, ListingContent, ListingKind, ListingState,
    NdaState, PaymentWay, Strictness, TermState, Terms, format_date,
};
use keqiao_tests::credit_code;
use sea_orm::{ActiveModelBehavior, DatabaseTransaction, EntityTrait, IntoActiveModel, TransactionTrait};
use uuid::Uuid;

use crate::words::Dice;

/// Seed of everything generated.
const SEED: u64 = 20_261_201;
/// Organisations of the city and around it.
const ORGANISATIONS: usize = 5_000;
/// Years of contracts, the present one among them.
const YEARS: i64 = 6;
/// Listings of each side.
const LISTINGS: usize = 5_000;
/// First contacts.
const INTERESTS: usize = 20_000;
/// Stored matches of each listing.
const MATCHES: usize = 10;
/// Contracts of one transaction.
const BATCH: usize = 2_000;
/// Values of one statement: SQLite takes 32,766.
const VALUES: usize = 30_000;
const DAY: i64 = 86_400_000_000;

/// What was made.
pub struct City {
    /// Contracts in any state.
    pub contracts: u64,
    /// Entries of the ledger.
    pub entries: i64,
    /// Number of a contract that an officer has to decide on.
    pub waiting: String,
    /// The present year.
    pub year: i32,
}

struct Maker<'a> {
    market: &'a Market,
    dice: Dice,
    now: i64,
    organisations: Vec<organisation::Model>,
    officer: Uuid,
    served: HashSet<Uuid>,
    deals: Vec<deal::Model>,
    /// Hash of the last entry, and its place.
    before: String,
    seq: i64,
}

fn id(kind: u64, number: u64) -> Uuid {
    // The high half grows with the number, as that of a UUIDv7 does.
    Uuid::from_u64_pair((number + 1) << 16, (kind << 56) | Dice::new(SEED ^ kind ^ (number << 8)).next() >> 8)
}

/// Writes rows, as many in a statement as it takes.
async fn write<E, M, A>(tx: &DatabaseTransaction, columns: usize, rows: Vec<M>) -> anyhow::Result<()>
where
    E: EntityTrait<Model = M>,
    M: IntoActiveModel<A>,
    A: ActiveModelBehavior<Entity = E> + Send,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(VALUES / columns).map(|row| row.reset_all()).collect();
        E::insert_many(some).exec_without_returning(tx).await?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a city is made in bulk, around the use cases")]
async fn begin(market: &Market) -> anyhow::Result<DatabaseTransaction> {
    Ok(market.database().begin().await?)
}

/// Fills an empty market.
pub async fn fill(market: &Market, officer: Uuid, contracts: u64) -> anyhow::Result<City> {
    let mut maker = Maker {
        market,
        dice: Dice::new(SEED),
        now: micros(market.now()),
        organisations: Vec::new(),
        officer,
        served: HashSet::new(),
        deals: Vec::new(),
        before: String::new(),
        seq: 0,
    };
    maker.organisations().await?;
    maker.market_place().await?;
    let mut city = City { contracts, entries: 0, waiting: String::new(), year: market.now().to_offset(keqiao_market::CHINA).year() };
    let mut number = 0;
    while number < contracts {
        let end = (number + BATCH as u64).min(contracts);
        if let Some(waiting) = maker.contracts(number..end, contracts).await? {
            city.waiting = waiting;
        }
        number = end;
    }
    ledger::rebuild_sums(market).await.map_err(|e| anyhow::anyhow!("{e}"))?;
    city.entries = maker.seq;
    Ok(city)
}

impl Maker<'_> {
    fn region(&mut self) -> String {
        let counties: Vec<&str> = self.market.counties().map(|c| c.code.as_str()).collect();
        // A third is from elsewhere; the first counties have more than the last.
        if self.dice.roll(3) == 0 {
            return keqiao_model::OUTSIDE.to_owned();
        }
        let at = self.dice.roll(counties.len()).min(self.dice.roll(counties.len()));
        counties.get(at).copied().unwrap_or(keqiao_model::OUTSIDE).to_owned()
    }

    async fn organisations(&mut self) -> anyhow::Result<()> {
        for number in 0..ORGANISATIONS {
            let institute = number % 5 == 0;
            let row = organisation::Model {
                id: id(1, number as u64),
                credit_code: credit_code(u32::try_from(number)?),
                name: format!("云汀第{number}{}", if institute { "研究院" } else { "科技有限公司" }),
                name_en: String::new(),
                kind: if institute { "institute" } else { "enterprise" }.to_owned(),
                legal_kind: if institute { "research_institute" } else { "limited" }.to_owned(),
                region: self.region(),
                industry: String::new(),
                summary: String::new(),
                website: String::new(),
                created_at: 0,
                version: 1,
            };
            self.organisations.push(row);
        }
        let tx = begin(self.market).await?;
        write::<organisation::Entity, _, organisation::ActiveModel>(&tx, 12, self.organisations.clone()).await?;
        Ok(tx.commit().await?)
    }

    /// Some have much, most have little.
    fn one(&mut self) -> organisation::Model {
        let at = self.dice.roll(ORGANISATIONS) * self.dice.roll(ORGANISATIONS) / ORGANISATIONS;
        self.organisations[at].clone()
    }

    /// Microseconds of a moment of the last six years.
    fn moment(&mut self) -> i64 {
        self.now - i64::try_from(self.dice.next() % u64::try_from(YEARS * 365 * DAY).unwrap_or(1)).unwrap_or(0)
    }

    /// Listings, their matches, interests, and the deals that came of them.
    async fn market_place(&mut self) -> anyhow::Result<()> {
        let (mut demands, mut achievements) = (Vec::new(), Vec::new());
        for number in 0..LISTINGS {
            demands.push(self.listing(ListingKind::Demand, number)?);
            achievements.push(self.listing(ListingKind::Achievement, number)?);
        }
        let mut pairs = Vec::new();
        for demand in &demands {
            for place in 0..MATCHES {
                let other = achievements[(self.dice.roll(LISTINGS) / MATCHES) * MATCHES + place].id;
                pairs.push(matched::Model { listing_id: demand.id, other_id: other, score: 1.0, relative: 0.5, place: 0, computed_at: 0 });
            }
        }
        let (mut interests, mut ndas, mut sheets) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..INTERESTS as u64 {
            let (demand, achievement) = (demands[self.dice.roll(LISTINGS)].clone(), achievements[self.dice.roll(LISTINGS)].clone());
            let (sent, fate) = (self.moment(), self.dice.roll(10));
            let state = match fate {
                0..5 => InterestState::Accepted,
                5..7 => InterestState::Declined,
                7..9 => InterestState::Lapsed,
                _ => InterestState::Withdrawn,
            };
            let answered = matches!(state, InterestState::Accepted | InterestState::Declined).then_some(sent + 3 * DAY);
            interests.push(interest(id(4, number), &demand, &achievement, state, sent, answered, self.officer));
            if state == InterestState::Accepted {
                self.deal(number, &demand, &achievement, sent, &mut ndas, &mut sheets)?;
            }
        }
        let tx = begin(self.market).await?;
        demands.extend(achievements);
        write::<listing::Entity, _, listing::ActiveModel>(&tx, 29, demands).await?;
        pairs.dedup_by_key(|pair| (pair.listing_id, pair.other_id));
        write::<matched::Entity, _, matched::ActiveModel>(&tx, 6, pairs).await?;
        write::<interest::Entity, _, interest::ActiveModel>(&tx, 22, interests).await?;
        write::<deal::Entity, _, deal::ActiveModel>(&tx, 17, self.deals.clone()).await?;
        write::<nda::Entity, _, nda::ActiveModel>(&tx, 12, ndas).await?;
        write::<term_sheet::Entity, _, term_sheet::ActiveModel>(&tx, 12, sheets).await?;
        tx.commit().await?;
        // Those whose contract is registered.
        self.deals.retain(|deal| deal.state == DealState::Registered.code());
        Ok(())
    }

    fn listing(&mut self, kind: ListingKind, number: usize) -> anyhow::Result<listing::Model> {
        let owner = self.one();
        let title = format!("第{number}项：高性能轴承在线检测与寿命预测");
        let fields: Fields = [("title", title.as_str()), ("summary", "在线检测轴承温升与磨损"), ("keywords", "轴承，检测"), ("trl", "6")]
            .into_iter()
            .collect();
        let content = ListingContent::read(kind, &fields, Strictness::Draft).map_err(|e| anyhow::anyhow!("{e:?}"))?;
        let demand = kind == ListingKind::Demand;
        let at = self.moment();
        Ok(listing::Model {
            id: id(if demand { 2 } else { 3 }, number as u64),
            kind: if demand { "demand" } else { "achievement" }.to_owned(),
            number: format!("{}-2026-{number:06}", if demand { "XQ" } else { "CG" }),
            state: if number.is_multiple_of(100) { ListingState::InReview } else { ListingState::Published }.code().to_owned(),
            language: "zh-CN".to_owned(),
            title,
            summary: content.summary.clone(),
            detail: String::new(),
            field: self.dice.pick(Field::ALL).map(|f| f.code()).unwrap_or_default().to_owned(),
            industry: String::new(),
            region: owner.region,
            cooperation: "[]".to_owned(),
            keywords: serde_json::to_string(&content.keywords)?,
            indicators: "[]".to_owned(),
            body: serde_json::to_string(&content.body)?,
            returned: "[]".to_owned(),
            organisation_id: owner.id,
            person_id: None,
            trl: Some(6),
            price_min: None,
            price_max: None,
            published_at: Some(at),
            deadline: None,
            external_id: None,
            created_at: at,
            updated_at: at,
            version: 1,
        })
    }

    /// The deal of an accepted interest, as far as it came.
    fn deal(
        &mut self,
        number: u64,
        demand: &listing::Model,
        achievement: &listing::Model,
        at: i64,
        ndas: &mut Vec<nda::Model>,
        sheets: &mut Vec<term_sheet::Model>,
    ) -> anyhow::Result<()> {
        let fate = self.dice.roll(10);
        let state = match fate {
            0..4 => DealState::Registered,
            4 => DealState::Terms,
            5..7 => DealState::Nda,
            7 => DealState::Introduced,
            _ => DealState::Lost,
        };
        let (deal, buyer, seller) = (id(5, number), demand.organisation_id, achievement.organisation_id);
        let (text, hash) = (String::new(), String::new());
        if !matches!(state, DealState::Introduced | DealState::Lost) {
            ndas.push(nda::Model {
                id: id(6, number),
                deal_id: deal,
                edition: 1,
                text,
                text_hash: hash,
                state: NdaState::Signed.code().to_owned(),
                person_id: self.officer,
                organisation_id: seller,
                created_at: at,
                updated_at: at,
                version: 1,
            });
        }
        if matches!(state, DealState::Registered | DealState::Terms) {
            let terms = Terms {
                kind: ContractKind::Development,
                price: Fen::new(100_000_000),
                payment: PaymentWay::Lump,
                royalty_base: None,
                royalty_rate: 0,
                milestones: Vec::new(),
                ip: IpShare::Seller,
                benefit: String::new(),
                acceptance: String::new(),
                other: String::new(),
            };
            sheets.push(term_sheet::Model {
                id: id(7, number),
                deal_id: deal,
                edition: 1,
                organisation_id: seller,
                person_id: self.officer,
                state: TermState::Accepted.code().to_owned(),
                terms: serde_json::to_string(&terms)?,
                note: String::new(),
                created_at: at,
                answered_by: None,
                answered_at: Some(at),
                version: 1,
            });
        }
        self.deals.push(deal::Model {
            id: deal,
            number: format!("JY-2026-{number:06}"),
            title: demand.title.clone(),
            state: state.code().to_owned(),
            code: String::new(),
            reason: String::new(),
            interest_id: id(4, number),
            buyer_id: buyer,
            seller_id: seller,
            demand_id: Some(demand.id),
            achievement_id: Some(achievement.id),
            broker_id: None,
            due_on: None,
            due_what: String::new(),
            created_at: at,
            // The worst case: every deal may have been registered in any year.
            updated_at: self.now,
            version: 1,
        });
        Ok(())
    }

    /// Some contracts with their receipts and entries, in one transaction; answers the number of one that waits.
    async fn contracts(&mut self, numbers: std::ops::Range<u64>, all: u64) -> anyhow::Result<Option<String>> {
        let (mut rows, mut receipts, mut entries, mut waiting) = (Vec::new(), Vec::new(), Vec::new(), None);
        for number in numbers {
            let row = self.contract(number, all);
            if row.state == ContractState::Submitted.code() {
                waiting = Some(row.number.clone());
            }
            if row.registered_at.is_some() {
                self.post(&row, number, &mut receipts, &mut entries);
            }
            rows.push(row);
        }
        let tx = begin(self.market).await?;
        write::<contract::Entity, _, contract::ActiveModel>(&tx, 54, rows).await?;
        write::<receipt::Entity, _, receipt::ActiveModel>(&tx, 12, receipts).await?;
        write::<ledger_entry::Entity, _, ledger_entry::ActiveModel>(&tx, 16, entries).await?;
        tx.commit().await?;
        Ok(waiting)
    }

    fn contract(&mut self, number: u64, all: u64) -> contract::Model {
        let (mut seller, mut buyer) = (self.one(), self.one());
        while seller.id == buyer.id || (seller.region == keqiao_model::OUTSIDE && buyer.region == keqiao_model::OUTSIDE) {
            (seller, buyer) = (self.one(), self.one());
        }
        // Spread evenly over the years, in the order of registration.
        let step = YEARS * 365 * DAY / i64::try_from(all.max(1)).unwrap_or(1);
        let at = self.now - YEARS * 365 * DAY + i64::try_from(number).unwrap_or(0) * step;
        let recent = number * 100 / all.max(1) >= 97;
        let state = match self.dice.roll(100) {
            0..2 => ContractState::Cancelled,
            2..30 => ContractState::Completed,
            30..60 if recent => ContractState::Submitted,
            60..80 if recent => ContractState::Draft,
            _ => ContractState::Registered,
        };
        let registered = state.is_registered() || state == ContractState::Cancelled;
        let deal = (state.is_registered()).then(|| self.deals.pop()).flatten();
        let kind = self.dice.pick(ContractKind::ALL).copied().unwrap_or(ContractKind::Development);
        let subkind = self.dice.pick(kind.subkinds()).map(|s| s.code()).unwrap_or_default();
        let field = self.dice.pick(Field::ALL).map(|f| f.code()).unwrap_or_default();
        // From some ten thousand yuan to some ten million.
        let value = 1_000_000 << self.dice.roll(11);
        let value = value + i64::try_from(self.dice.roll(1_000_000)).unwrap_or(0);
        let day = |at: i64| format_date(keqiao_market::db::from_micros(at).to_offset(keqiao_market::CHINA).date());
        let region = if seller.region == keqiao_model::OUTSIDE { buyer.region } else { seller.region };
        contract::Model {
            related: false,
            id: id(8, number),
            number: format!("HT-2026-{number:06}"),
            kind: kind.code().to_owned(),
            subkind: subkind.to_owned(),
            title: format!("{field}方向第{number}号{}合同", if number.is_multiple_of(3) { "在线检测装置" } else { "工艺改进" }),
            field: field.to_owned(),
            region,
            signed_on: day(at - 20 * DAY),
            starts_on: day(at - 20 * DAY),
            ends_on: day(at + 365 * DAY),
            payment: PaymentWay::Lump.code().to_owned(),
            summary: "委托方提出指标，受托方完成研究开发并交付样机、图纸与测试报告，双方按里程碑验收。".repeat(4),
            state: state.code().to_owned(),
            code: String::new(),
            reason: String::new(),
            registration_number: registered.then(|| format!("990100-{number:08}")),
            seller_id: seller.id,
            buyer_id: buyer.id,
            demand_id: None,
            achievement_id: None,
            deal_id: deal.map(|d| d.id),
            person_id: None,
            value,
            technical_value: value / 10 * 8,
            created_at: at - 19 * DAY,
            updated_at: at,
            version: 4,
            registered_at: registered.then_some(at),
            industry: String::new(),
            objective: String::new(),
            plan_source: String::new(),
            ip: String::new(),
            ip_numbers: String::new(),
            ip_share: String::new(),
            licence: String::new(),
            royalty_base: String::new(),
            deductions: "[]".to_owned(),
            clauses: "{}".to_owned(),
            payments: "[]".to_owned(),
            source: String::new(),
            disputed: false,
            due_on: (state == ContractState::Submitted).then(|| day(at + 21 * DAY)),
            certificate: registered.then(|| format!("C{number:019}")),
            new_input: None,
            new_output: None,
            submitted_at: (state != ContractState::Draft).then_some(at - 15 * DAY),
            accepted_at: registered.then_some(at - 10 * DAY),
            first_reviewed_at: None,
            completed_at: (state == ContractState::Completed).then_some(at),
            accepted_by: None,
            first_reviewer_id: None,
            registered_by: None,
        }
    }

    /// What a contract is evidence of: its amounts, two of five corrected once, what was received, the enterprises it was the first to serve.
    fn post(&mut self, row: &contract::Model, number: u64, receipts: &mut Vec<receipt::Model>, entries: &mut Vec<ledger_entry::Model>) {
        let place = |maker: &Self, id: Uuid| maker.organisations.iter().position(|o| o.id == id).map(|at| maker.organisations[at].clone());
        let (Some(seller), Some(buyer)) = (place(self, row.seller_id), place(self, row.buyer_id)) else { return };
        let register = row.registration_number.clone().unwrap_or_default();
        let (sells, buys) = (seller.region != keqiao_model::OUTSIDE, buyer.region != keqiao_model::OUTSIDE);
        let counts = row.state != ContractState::Cancelled.code();
        let corrected = self.dice.roll(5) < 2;
        let figures = [
            (Figure::ContractValue, row.value, &seller, sells, Some(seller.id)),
            (Figure::TechnicalValue, row.technical_value, &seller, sells, None),
            (Figure::AbsorbedValue, row.value, &buyer, buys, Some(buyer.id)),
        ];
        for (figure, amount, party, _, organisation) in figures.into_iter().filter(|f| f.3) {
            let mut entry = |maker: &mut Self, evidence: String, amount: i64| {
                maker.entry(row, entries, figure, &register, evidence, &party.region, organisation, amount);
            };
            let first = format!("contract:{}:{}:1", row.id, figure.code());
            let early = if corrected { amount / 2 } else { amount };
            entry(self, first.clone(), early);
            if corrected {
                entry(self, format!("{first}:reversal"), -early);
                entry(self, format!("{first}:2"), amount);
            }
            if !counts {
                let last = if corrected { format!("{first}:2") } else { first };
                entry(self, format!("{last}:reversal"), -amount);
            }
        }
        if !counts {
            return;
        }
        for (party, inside) in [(&seller, sells), (&buyer, buys)] {
            if inside && party.kind == "enterprise" && self.served.insert(party.id) {
                let evidence = format!("contract:{}:{}:{}", row.id, Figure::EnterprisesServed.code(), party.credit_code);
                self.entry(row, entries, Figure::EnterprisesServed, &party.credit_code, evidence, &party.region, None, 1);
            }
        }
        if !sells {
            return;
        }
        for part in 0..8_u64 {
            let receipt = receipt::Model {
                id: id(9, number * 8 + part),
                contract_id: row.id,
                person_id: self.officer,
                milestone_id: None,
                attachment_id: None,
                received_on: row.signed_on.clone(),
                note: String::new(),
                state: "recorded".to_owned(),
                reason: String::new(),
                amount: row.value / 10,
                created_at: row.updated_at,
                version: 1,
            };
            let (subject, amount) = (receipt.id.to_string(), receipt.amount);
            let evidence = format!("receipt:{subject}");
            let mut on = row.clone();
            on.registered_at = Some(row.registered_at.unwrap_or(0) - 20 * DAY);
            self.entry(&on, entries, Figure::TechnicalIncome, &subject, evidence, &seller.region, None, amount);
            receipts.push(receipt);
        }
    }

    fn entry(
        &mut self,
        row: &contract::Model,
        entries: &mut Vec<ledger_entry::Model>,
        figure: Figure,
        subject: &str,
        evidence: String,
        region: &str,
        organisation: Option<Uuid>,
        amount: i64,
    ) {
        let on = keqiao_market::db::from_micros(row.registered_at.unwrap_or(0)).to_offset(keqiao_market::CHINA).date();
        self.seq += 1;
        let mut entry = ledger_entry::Model {
            late: false,
            seq: self.seq,
            figure: figure.code().to_owned(),
            subject: subject.to_owned(),
            evidence,
            region: region.to_owned(),
            field: row.field.clone(),
            contract_kind: row.kind.clone(),
            on_date: format_date(on),
            note: String::new(),
            contract_id: Some(row.id),
            amount,
            year: i64::from(on.year()),
            posted_at: row.updated_at,
            hash: String::new(),
            organisation_id: organisation,
        };
        entry.hash = ledger::entry_hash(&self.before, &entry);
        self.before.clone_from(&entry.hash);
        entries.push(entry);
    }
}

fn interest(
    id: Uuid,
    demand: &listing::Model,
    achievement: &listing::Model,
    state: InterestState,
    sent: i64,
    answered: Option<i64>,
    person: Uuid,
) -> interest::Model {
    interest::Model {
        id,
        listing_id: demand.id,
        from_organisation_id: achievement.organisation_id,
        from_person_id: person,
        to_organisation_id: demand.organisation_id,
        counter_id: Some(achievement.id),
        broker_id: None,
        answered_by: None,
        message: String::new(),
        state: state.code().to_owned(),
        code: String::new(),
        reason: String::new(),
        answered_at: answered,
        fit: String::new(),
        indicators: String::new(),
        cooperation: String::new(),
        hidden: false,
        acknowledged_at: None,
        due_at: Some(sent + 7 * DAY),
        reminded_at: None,
        created_at: sent,
        version: 1,
    }
}
