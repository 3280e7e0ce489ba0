//! Random lives of contracts: recorded, handed in, decided, brought in from tables, amended, paid, completed and cancelled, by several people, each move as
//! people make it. The same seed makes the same history.

use std::{collections::BTreeMap, time::Duration};

use keqiao_market::{
    Actor, Error, Market, Subject, attachments,
    contracts::{self, Filter},
    entity::{amendment, attachment, contract, receipt},
    ledger::{self, LedgerFilter},
    performance,
};
use keqiao_model::{
    AmendmentMove, AmendmentState, ContractMove, ContractState, CreditCode, Fen, Fields, Figure, ReceiptState, Stateful as _, format_date,
};
use keqiao_tests::{ContractForm, answered, pdf};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

/// SplitMix64.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit.max(1) as u64).unwrap()
    }
}

/// What somebody may do to the register. To have more of it happen: a variant here, its weight in [`WEIGHTS`], and how it is done in
/// [`History::make`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Move {
    Record,
    Import,
    /// A move of the state table, on some contract that stands where it begins.
    Contract(ContractMove),
    /// The seller of a registered contract asks for another amount, or an officer decides what was asked for.
    Amend,
    /// Some of the price of a registered contract comes in.
    Receive,
    /// What came in was recorded wrongly.
    Reverse,
}

/// How often each is tried.
const WEIGHTS: &[(Move, usize)] = &[
    (Move::Record, 22),
    (Move::Contract(ContractMove::Submit), 24),
    (Move::Contract(ContractMove::TakeBack), 1),
    (Move::Contract(ContractMove::Return), 2),
    (Move::Contract(ContractMove::Accept), 22),
    (Move::Contract(ContractMove::Pass), 6),
    (Move::Contract(ContractMove::Register), 24),
    (Move::Contract(ContractMove::Refuse), 2),
    (Move::Contract(ContractMove::Complete), 4),
    (Move::Contract(ContractMove::Cancel), 10),
    (Move::Import, 3),
    (Move::Amend, 14),
    (Move::Receive, 12),
    (Move::Reverse, 4),
];

/// Buyers that contracts name.
const BUYERS: usize = 40;
/// Rows of the largest table.
const ROWS: usize = 60;
/// Long enough for any table.
const LONG: Duration = Duration::from_secs(600);

/// A move that was carried out.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) what: Move,
    /// Registration numbers that contracts got by it.
    pub(super) registered: Vec<String>,
}

/// Who makes history, and in which market.
pub(super) struct History {
    market: Market,
    /// Members of organisations that sell, by organisation.
    sellers: BTreeMap<Uuid, Actor>,
    officers: Vec<Actor>,
    numbers: Numbers,
    /// Begins what must be said once only: the numbers in tables.
    name: String,
    count: usize,
}

impl History {
    pub(super) fn new(market: &Market, sellers: Vec<Actor>, officers: Vec<Actor>, seed: u64) -> Self {
        let sellers = sellers.into_iter().map(|a| (a.organisation().unwrap().id, a)).collect();
        Self { market: market.clone(), sellers, officers, numbers: Numbers(seed), name: format!("B{seed}"), count: 0 }
    }

    /// The next random move; `None` when it was not possible.
    pub(super) async fn step(&mut self) -> Option<Made> {
        let mut left = self.numbers.below(WEIGHTS.iter().map(|(_, weight)| weight).sum());
        let what = WEIGHTS.iter().find_map(|(what, weight)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here.then_some(*what)
        })?;
        self.count += 1;
        match self.make(what).await {
            Ok(registered) => Some(Made { what, registered: registered? }),
            Err(Error::Internal(detail)) => panic!("{what:?}: {detail}"),
            Err(_) => None,
        }
    }

    /// Carries out a move; answers the registration numbers that contracts got, and `None` when there was nothing to move.
    async fn make(&mut self, what: Move) -> keqiao_market::Result<Option<Vec<String>>> {
        match what {
            Move::Record => self.record().await.map(|()| Some(Vec::new())),
            Move::Import => self.import().await.map(Some),
            Move::Contract(by) => self.move_one(by).await,
            Move::Amend => self.amend().await,
            Move::Receive => self.receive().await,
            Move::Reverse => self.reverse().await,
        }
    }

    fn buyer(&mut self) -> String {
        // Some of them are in the city, some are not.
        let number = self.numbers.below(BUYERS);
        let place = if number.is_multiple_of(4) { "91310100" } else { "91990103" };
        CreditCode::complete(place, &format!("MB{number:06}")).unwrap().as_str().to_owned()
    }

    /// Fen, written in yuan; now and then from the threshold of the second review on.
    fn amount(&mut self) -> String {
        let yuan = if self.numbers.below(12) == 0 { 5_000_000 + self.numbers.below(3_000_000) } else { 1 + self.numbers.below(90_000) };
        format!("{yuan}.{:02}", self.numbers.below(100))
    }

    fn officer(&mut self) -> Actor {
        let place = self.numbers.below(self.officers.len());
        self.officers[place].clone()
    }

    async fn record(&mut self) -> keqiao_market::Result<()> {
        let (buyer, value) = (self.buyer(), self.amount());
        let place = self.numbers.below(self.sellers.len());
        let seller = self.sellers.values().nth(place).unwrap().clone();
        let title = format!("{}第{}份技术开发", self.name, self.count);
        let form = ContractForm::complete().title(&title).value(&value).technical_value(&value).set("kind", "development");
        let form = form.buyer(&format!("买方{}", &buyer[10..17]), &buyer);
        let number = contracts::create_contract(&self.market, &seller, None, &form.fields(), None).await?;
        let id = contracts::contract(&self.market, &seller, &number).await?.summary.id;
        let file = attachments::NewFile { name: "contract.pdf", bytes: pdf(&number), confidential: false, reason: "" };
        attachments::attach(&self.market, &seller, Subject::Contract, id, file, None).await?;
        Ok(())
    }

    /// Some contract in one of the states that a move begins in.
    async fn some(&mut self, by: ContractMove) -> Option<contract::Model> {
        let from: Vec<&str> = ContractState::ALL.iter().filter(|s| s.transition(by).is_some()).map(|s| s.code()).collect();
        let found = contract::Entity::find().filter(contract::Column::State.is_in(from)).order_by_asc(contract::Column::Id);
        let count = found.clone().count(self.market.database()).await.unwrap();
        let place = self.numbers.below(usize::try_from(count).unwrap());
        found.offset(place as u64).limit(1).one(self.market.database()).await.unwrap()
    }

    async fn move_one(&mut self, by: ContractMove) -> keqiao_market::Result<Option<Vec<String>>> {
        let Some(row) = self.some(by).await else { return Ok(None) };
        let actor = match by {
            ContractMove::Submit | ContractMove::TakeBack | ContractMove::Complete => match self.sellers.get(&row.seller_id) {
                Some(seller) => seller.clone(),
                None => return Ok(None),
            },
            _ => self.officer(),
        };
        if by == ContractMove::Submit {
            // Its text may have been lost between two transactions.
            let files = attachment::Entity::find().filter(attachment::Column::SubjectId.eq(row.id));
            if files.count(self.market.database()).await.unwrap() == 0 {
                return Ok(None);
            }
        }
        if by == ContractMove::Register {
            answered(&self.market, &actor, &row.number).await;
        }
        let (code, reason) = match by {
            ContractMove::Refuse | ContractMove::Cancel => ("not_technical", "不属于技术合同。"),
            ContractMove::Return => ("", "请补充验收标准。"),
            _ => ("", ""),
        };
        contracts::move_contract(&self.market, &actor, &row.number, by, code, reason, row.version, None).await?;
        if by != ContractMove::Register {
            return Ok(Some(Vec::new()));
        }
        let registered = contract::Entity::find_by_id(row.id).one(self.market.database()).await.unwrap().unwrap();
        Ok(Some(vec![registered.registration_number.unwrap()]))
    }

    /// Some registered contract of one of the sellers, and its seller.
    async fn some_registered(&mut self) -> Option<(contract::Model, Actor)> {
        let mine = contract::Column::SellerId.is_in(self.sellers.keys().copied());
        let standing = contract::Column::State.is_in(ContractState::IN_REGISTER.map(ContractState::code));
        let found = contract::Entity::find().filter(mine).filter(standing).order_by_asc(contract::Column::Id);
        let count = found.clone().count(self.market.database()).await.unwrap();
        let place = self.numbers.below(usize::try_from(count).unwrap());
        let row = found.offset(place as u64).limit(1).one(self.market.database()).await.unwrap()?;
        let seller = self.sellers[&row.seller_id].clone();
        Some((row, seller))
    }

    /// Half of what is asked for is decided later, by the next amendment of that contract.
    async fn amend(&mut self) -> keqiao_market::Result<Option<Vec<String>>> {
        let open = amendment::Entity::find().filter(amendment::Column::State.eq(AmendmentState::Proposed.code()));
        let open = open.order_by_asc(amendment::Column::Id).one(self.market.database()).await.unwrap();
        if let Some(open) = open.filter(|_| self.numbers.below(2) == 0) {
            let row = contract::Entity::find_by_id(open.contract_id).one(self.market.database()).await.unwrap().unwrap();
            let (officer, seller) = (self.officer(), self.sellers[&row.seller_id].clone());
            // Of a contract that was cancelled meanwhile, what was asked for is taken back.
            let standing = ContractState::from_code(&row.state).unwrap().is_registered();
            let refused = self.numbers.below(5) == 0;
            let (actor, by, words) = match (standing, refused) {
                (false, _) => (seller, AmendmentMove::Withdraw, ""),
                (true, true) => (officer, AmendmentMove::Refuse, "证明材料不足。"),
                (true, false) => (officer, AmendmentMove::Approve, ""),
            };
            contracts::decide_amendment(&self.market, &actor, &row.number, open.place, by, words, open.version, row.version, None).await?;
            return Ok(Some(Vec::new()));
        }
        let Some((row, seller)) = self.some_registered().await else { return Ok(None) };
        let value = self.amount();
        let fields = [("kind", "amount"), ("value", &value), ("technical_value", &value), ("reason", "签订补充协议。")];
        let file = attachments::NewFile { name: "supplement.pdf", bytes: pdf(&row.number), confidential: false, reason: "" };
        contracts::propose_amendment(&self.market, &seller, &row.number, &fields.into_iter().collect(), Some(file), None).await?;
        Ok(Some(Vec::new()))
    }

    async fn receive(&mut self) -> keqiao_market::Result<Option<Vec<String>>> {
        let Some((row, seller)) = self.some_registered().await else { return Ok(None) };
        let most = usize::try_from(row.value / 2).unwrap();
        let amount = Fen::new(i64::try_from(1 + self.numbers.below(most)).unwrap()).format_input();
        let today = format_date(self.market.now().to_offset(keqiao_market::CHINA).date());
        let fields = [("amount", amount), ("received_on", today)].into_iter().collect();
        let slip = attachments::NewFile { name: "slip.pdf", bytes: pdf(&row.number), confidential: false, reason: "" };
        performance::record_receipt(&self.market, &seller, &row.number, &fields, Some(slip), None).await?;
        Ok(Some(Vec::new()))
    }

    async fn reverse(&mut self) -> keqiao_market::Result<Option<Vec<String>>> {
        let standing = receipt::Entity::find().filter(receipt::Column::State.eq(ReceiptState::Recorded.code()));
        let Some(row) = standing.order_by_desc(receipt::Column::Id).one(self.market.database()).await.unwrap() else { return Ok(None) };
        let of = contract::Entity::find_by_id(row.contract_id).one(self.market.database()).await.unwrap().unwrap();
        let seller = self.sellers[&of.seller_id].clone();
        let fields = [(format!("reason.{}", row.id), "重复登记。")].into_iter().collect();
        performance::reverse_receipt(&self.market, &seller, &of.number, row.id, &fields, row.version, None).await?;
        Ok(Some(Vec::new()))
    }

    async fn import(&mut self) -> keqiao_market::Result<Vec<String>> {
        let officer = self.officer();
        let mut rows = String::new();
        let mut numbers = Vec::new();
        for row in 0..1 + self.numbers.below(ROWS) {
            let (seller, buyer, value) = (self.buyer(), self.buyer(), self.amount());
            let number = format!("{}-{}-{row}", self.name, self.count);
            let (year, month) = (2021 + self.numbers.below(5), 1 + self.numbers.below(9));
            rows += &format!(
                "{number},旧合同{number},技术开发,委托开发,旧卖方,{seller},旧买方,{buyer},{year}-0{month}-01,{year}-12-31,先进制造,一次总付,{value},0,{year}-0{month}-15\n"
            );
            if seller != buyer {
                numbers.push(number);
            }
        }
        let head = "登记编号,项目名称,合同类别,合同子类,卖方名称,卖方统一社会信用代码,买方名称,买方统一社会信用代码,签订日期,有效期止,技术领域,付款方式,成交额,技术交易额,登记日期";
        let id = contracts::preview_import(&self.market, &officer, "旧.csv", format!("{head}\n{rows}").into_bytes()).await?;
        let view = contracts::import_batch(&self.market, &officer, id).await?;
        assert_eq!(view.summary.good, numbers.len() as u64, "{:?}", view.problems);
        if view.summary.good > 0 {
            contracts::commit_import(&self.market, &officer, id, view.version, LONG).await?;
        }
        Ok(numbers)
    }
}

/// The register and the ledger say the same, in three ways: the proof of the ledger, the chain, and amounts added up here from the contracts.
pub(super) async fn assert_sound(market: &Market, what: &str) {
    assert_eq!(ledger::verify(market).await.unwrap(), [], "{what}");
    assert_eq!(ledger::verify_chain(market).await.unwrap(), None, "{what}");
    let rows = contract::Entity::find().order_by_asc(contract::Column::Id).all(market.database()).await.unwrap();
    let counted = contracts::export(market, &Actor::System, &Filter::default()).await.unwrap();
    let standing = ContractState::IN_REGISTER.map(ContractState::code);
    let in_register = rows.iter().filter(|r| standing.contains(&r.state.as_str())).count();
    assert_eq!(counted.len(), in_register, "{what}: the register holds every registered contract");
    let organisations: BTreeMap<Uuid, String> = {
        let all = keqiao_market::entity::organisation::Entity::find().all(market.database()).await.unwrap();
        all.into_iter().map(|o| (o.id, o.region)).collect()
    };
    let sum = |outputs: bool| {
        let party = |r: &contract::Model| if outputs { r.seller_id } else { r.buyer_id };
        let standing = rows.iter().filter(|r| standing.contains(&r.state.as_str()));
        standing.filter(|r| organisations[&party(r)] != "000000").map(|r| r.value).sum::<i64>()
    };
    for (figure, outputs) in [(Figure::ContractValue, true), (Figure::AbsorbedValue, false)] {
        assert_eq!(ledger::total(market, figure, &LedgerFilter::default()).await.unwrap(), sum(outputs), "{what}: {figure}");
    }
    // What stands of the receipts of contracts in the register, of sellers in the city.
    let receipts = receipt::Entity::find().filter(receipt::Column::State.eq(ReceiptState::Recorded.code()));
    let receipts = receipts.all(market.database()).await.unwrap();
    let counts =
        |id: Uuid| rows.iter().any(|r| r.id == id && standing.contains(&r.state.as_str()) && organisations[&r.seller_id] != "000000");
    let income: i64 = receipts.iter().filter(|r| counts(r.contract_id)).map(|r| r.amount).sum();
    assert_eq!(ledger::total(market, Figure::TechnicalIncome, &LedgerFilter::default()).await.unwrap(), income, "{what}: income");
    // Registration numbers: none twice; those of the house without gaps.
    let mut given: Vec<&str> = rows.iter().filter_map(|r| r.registration_number.as_deref()).collect();
    let all = given.len();
    given.sort_unstable();
    given.dedup();
    assert_eq!(given.len(), all, "{what}: no registration number stands twice");
    let own: Vec<&&str> = given.iter().filter(|n| n.starts_with("990100-2026-")).collect();
    let expected: Vec<String> = (1..=own.len()).map(|n| format!("990100-2026-{n:05}")).collect();
    assert!(own.iter().zip(&expected).all(|(given, expected)| **given == expected), "{what}: no registration number is missing");
    let mut numbers: Vec<&str> = rows.iter().map(|r| r.number.as_str()).collect();
    numbers.sort_unstable();
    let expected: Vec<String> = (1..=numbers.len()).map(|n| format!("HT-2026-{n:06}")).collect();
    assert_eq!(numbers, expected, "{what}: no contract is missing");
}

/// Members of so many enterprises, and officers of the city.
pub(super) async fn people(app: &keqiao_tests::TestApp, sellers: usize, officers: usize) -> (Vec<Uuid>, Vec<Uuid>) {
    let mut ids = (Vec::new(), Vec::new());
    for n in 0..sellers {
        ids.0.push(app.institute(&format!("卖方{n}")).await.person());
    }
    for n in 0..officers {
        let roles = keqiao_market::accounts::Roles { officer_region: Some("990100".to_owned()), ..Default::default() };
        ids.1.push(app.person(&format!("officer{n}"), roles).await);
    }
    ids
}

/// People as actors.
pub(super) async fn actors(market: &Market, ids: &[Uuid]) -> Vec<Actor> {
    let mut found = Vec::new();
    for id in ids {
        found.push(keqiao_market::accounts::actor_for(market, *id).await.unwrap().unwrap());
    }
    found
}

/// Fields by name, for what a refusal says.
pub(super) fn refused_at(result: keqiao_market::Result<impl std::fmt::Debug>, field: &str) -> String {
    match result {
        Err(Error::Invalid(errors)) => errors.iter().find(|e| e.field == field).map_or_else(String::new, |e| e.code.clone()),
        other => panic!("expected a refusal at {field}, got {other:?}"),
    }
}

/// A contract form with other amounts and a buyer of its own.
pub(super) fn form(value: &str, technical: &str) -> Fields {
    let buyer = CreditCode::complete("91990103", "MB999999").unwrap();
    ContractForm::complete().set("kind", "development").value(value).technical_value(technical).buyer("买方", buyer.as_str()).fields()
}
