//! How income from 职务科技成果 is split: net income, the least that those who made it get, shares in per cent, amounts to the fen; and what the
//! tax on transfer income saves. Pure arithmetic; which rule is in force is asked of the market.
//!
//! Source: 促进科技成果转化法 16 (ways), 44 and 45 (rewards), 21 (yearly report); 国发〔2016〕16号 (六) 4 (development, consulting and services in
//! the course of a conversion); 企业所得税法实施条例 90 (tax).

use crate::{
    Check, ContractKind, Fen, FieldError, Fields, RuleKind, Strictness, format_percent, parse_percent,
    taxonomy::{Coded, codes},
};

/// Everything, in hundredths of a per cent.
pub const WHOLE_SHARE: i64 = 10_000;
/// Most people of one split.
pub const REWARD_PEOPLE_MAX: usize = 100;
/// Longest name, characters.
const NAME_MAX: usize = 60;
/// Longest note, characters.
pub const REWARD_NOTE_MAX: usize = 2_000;

codes! {
    /// How an achievement is converted (促进科技成果转化法 16), as far as the law fixes a reward for it.
    ConversionWay, "conversion_way" {
        /// 转让.
        Transfer = "transfer",
        /// 许可.
        License = "license",
        /// 作价投资.
        Equity = "equity",
        /// 技术开发、咨询、服务 in the course of a conversion.
        Services = "services",
        /// 自行实施.
        OwnUse = "own_use",
        /// 合作实施.
        Joint = "joint",
    }
}

impl ConversionWay {
    /// The ways that need no contract of the register.
    pub const WITHOUT_CONTRACT: &'static [Self] = &[Self::OwnUse, Self::Joint];

    /// The ways that a contract of a kind can be, the usual one first.
    pub fn of_contract(kind: ContractKind) -> &'static [Self] {
        match kind {
            ContractKind::Transfer => &[Self::Transfer, Self::Equity],
            ContractKind::License => &[Self::License, Self::Equity],
            ContractKind::Development | ContractKind::Consulting | ContractKind::Service => &[Self::Services],
        }
    }

    /// The rule that says how much is the least.
    pub fn rule(self) -> RuleKind {
        match self {
            Self::Transfer | Self::License | Self::Services => RuleKind::RewardTransfer,
            Self::Equity => RuleKind::RewardEquity,
            Self::OwnUse | Self::Joint => RuleKind::RewardProfit,
        }
    }

    /// Whether costs are taken off before the share: of stock and of profit the share is of the whole.
    pub fn deducts_costs(self) -> bool {
        self.rule() == RuleKind::RewardTransfer
    }
}

codes! {
    /// Why somebody gets a part of a reward (促进科技成果转化法 44).
    RewardRole, "reward_role" {
        /// 完成人.
        Completer = "completer",
        /// 为成果转化作出重要贡献的人员.
        Contributor = "contributor",
    }
}

/// Somebody who gets a part of a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardPerson {
    /// Name.
    pub name: String,
    /// Why.
    pub role: RewardRole,
    /// Hundredths of a per cent.
    pub share: i64,
}

/// What the split of a reward says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardContent {
    /// How the achievement is converted.
    pub way: ConversionWay,
    /// Income; of equity the value of the stock, of own use the profit of the year.
    pub income: Fen,
    /// What is taken off it.
    pub costs: Fen,
    /// What those who made it get, in all.
    pub pool: Fen,
    /// What the costs are, and whatever else has to be said.
    pub note: String,
    /// Who gets it.
    pub people: Vec<RewardPerson>,
}

/// The least that those who made an achievement get of its net income, rounded up to a fen.
pub fn reward_floor(net: Fen, permille: i64) -> Fen {
    let exact = i128::from(net.fen().max(0)) * i128::from(permille.max(0));
    Fen::new(i64::try_from((exact + 999) / 1000).unwrap_or(i64::MAX))
}

/// Splits a pool by shares (hundredths of a per cent) so that the amounts add up to it exactly: each gets its whole fen, what is left goes by the
/// largest remainders, of equal ones to the first. `None` unless the shares add up to everything.
pub fn split_pool(pool: Fen, shares: &[i64]) -> Option<Vec<Fen>> {
    if pool < Fen::ZERO || shares.iter().any(|s| *s < 0) || shares.iter().sum::<i64>() != WHOLE_SHARE {
        return None;
    }
    let whole = i128::from(WHOLE_SHARE);
    let exact: Vec<i128> = shares.iter().map(|s| i128::from(pool.fen()) * i128::from(*s)).collect();
    let mut amounts: Vec<i64> = exact.iter().map(|e| i64::try_from(e / whole)).collect::<Result<_, _>>().ok()?;
    let left = usize::try_from(pool.fen() - amounts.iter().sum::<i64>()).ok()?;
    let mut places: Vec<usize> = (0..shares.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(exact.get(*place).map_or(0, |e| e % whole)));
    for place in places.into_iter().take(left) {
        if let Some(amount) = amounts.get_mut(place) {
            *amount += 1;
        }
    }
    Some(amounts.into_iter().map(Fen::new).collect())
}

impl RewardContent {
    /// Reads the form of a split; `ways` are those that its contract, or none, allows. A draft may lack amounts and people.
    ///
    /// # Errors
    /// Every reason at its field.
    pub fn read(fields: &Fields, ways: &[ConversionWay], strictness: Strictness) -> Result<Self, Vec<FieldError>> {
        let complete = strictness == Strictness::Complete;
        let mut check = Check::new();
        let typed = fields.value("way").trim();
        let way = ConversionWay::from_code(typed).filter(|w| ways.contains(w));
        check.ensure(way.is_some(), "way", if typed.is_empty() { "required" } else { "choice" });
        let mut amount = |name: &str, needed: bool| {
            let typed = fields.value(name).trim();
            if typed.is_empty() && !needed {
                return Some(Fen::ZERO);
            }
            check.take(Fen::parse_yuan(typed), |e| e.at(name))
        };
        let income = amount("income", complete);
        let costs = amount("costs", false);
        let pool = amount("pool", complete);
        if let (Some(income), Some(costs)) = (income, costs) {
            check.ensure(!complete || income > Fen::ZERO, "income", "positive");
            check.ensure(costs <= income, "costs", "costs_over_income");
            check.ensure(way.is_none_or(|w| w.deducts_costs()) || costs == Fen::ZERO, "costs", "costs_not_deducted");
            if let Some(pool) = pool {
                check.ensure(costs > income || pool.fen() <= income.fen() - costs.fen(), "pool", "pool_over_net");
            }
        }
        let note = check.optional("note", fields.value("note"), REWARD_NOTE_MAX);
        if costs.is_some_and(|c| c > Fen::ZERO) && complete {
            check.ensure(!note.is_empty(), "note", "costs_unexplained");
        }
        let people = people(&mut check, fields, complete);
        let (Some(way), Some(income), Some(costs), Some(pool)) = (way, income, costs, pool) else {
            return check.finish(()).and_then(|()| Err(vec![FieldError::new("", "refused")]));
        };
        check.finish(Self { way, income, costs, pool, note, people })
    }

    /// Income less costs.
    pub fn net(&self) -> Fen {
        Fen::new(self.income.fen() - self.costs.fen())
    }

    /// What each gets, in the order of the people; nothing while the shares do not add up.
    pub fn amounts(&self) -> Option<Vec<Fen>> {
        split_pool(self.pool, &self.people.iter().map(|p| p.share).collect::<Vec<_>>())
    }

    /// The fields of a form that shows it.
    pub fn to_fields(&self) -> Fields {
        let amount = |fen: Fen| if fen == Fen::ZERO { String::new() } else { fen.format_input() };
        let mut fields: Fields = [
            ("way", self.way.code().to_owned()),
            ("income", amount(self.income)),
            ("costs", amount(self.costs)),
            ("pool", amount(self.pool)),
            ("note", self.note.clone()),
        ]
        .into_iter()
        .collect();
        for (place, person) in self.people.iter().enumerate() {
            fields.push(format!("people.{place}.name"), &*person.name);
            fields.push(format!("people.{place}.role"), person.role.code());
            fields.push(format!("people.{place}.share"), if person.share == 0 { String::new() } else { format_percent(person.share) });
        }
        fields
    }
}

fn people(check: &mut Check, fields: &Fields, complete: bool) -> Vec<RewardPerson> {
    let mut people: Vec<RewardPerson> = Vec::new();
    let mut rows = Check::new();
    for (index, row) in fields.rows("people") {
        let at = |column: &str| format!("people.{index}.{column}");
        if ["name", "share"].iter().all(|c| row.value(c).trim().is_empty()) {
            continue;
        }
        let name = rows.required(&at("name"), row.value("name"), NAME_MAX);
        let role = RewardRole::from_code(row.value("role").trim());
        rows.ensure(role.is_some(), &at("role"), "required");
        let typed = row.value("share").trim();
        let share = if typed.is_empty() && !complete { Some(0) } else { parse_percent(typed) };
        rows.ensure(share.is_some(), &at("share"), if typed.is_empty() { "required" } else { "percent" });
        rows.ensure(!complete || share != Some(0), &at("share"), "percent_positive");
        rows.ensure(name.is_empty() || people.iter().all(|p| p.name != name), &at("name"), "person_repeated");
        if let (Some(role), Some(share)) = (role, share) {
            people.push(RewardPerson { name, role, share });
        }
    }
    let right = rows.is_clean();
    for error in rows.finish(()).err().into_iter().flatten() {
        check.refuse(error);
    }
    check.ensure(people.len() <= REWARD_PEOPLE_MAX, "people", "too_many_rows");
    // A sum of rows that are not right yet would say something untrue.
    if complete && right {
        let sum: i64 = people.iter().map(|p| p.share).sum();
        if people.is_empty() {
            check.refuse(FieldError::new("people", "people_required"));
        } else if sum != WHOLE_SHARE {
            check.refuse(FieldError::new("people", "share_sum").with("sum", format_percent(sum)));
        }
    }
    people
}

/// What the law saves on the transfer income of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxRelief {
    /// Income that is exempt.
    pub exempt: Fen,
    /// Income that is taxed at half the rate.
    pub halved: Fen,
    /// Tax that is saved, whole fen.
    pub relief: Fen,
}

/// The relief on transfer income of a year: exempt up to an amount, at half the rate (per mille) beyond it (企业所得税法实施条例 90).
pub fn tax_relief(income: Fen, exempt_up_to: Fen, rate: i64) -> TaxRelief {
    let income = income.fen().max(0);
    let exempt = income.min(exempt_up_to.fen().max(0));
    let halved = income - exempt;
    let saved = i128::from(rate.max(0)) * (2 * i128::from(exempt) + i128::from(halved)) / 2000;
    TaxRelief { exempt: Fen::new(exempt), halved: Fen::new(halved), relief: Fen::new(i64::try_from(saved).unwrap_or(i64::MAX)) }
}

impl ContractKind {
    /// Whether income from it can be transfer income in the sense of the tax rules (转让, 许可).
    pub fn is_transfer(self) -> bool {
        matches!(self, Self::Transfer | Self::License)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(yuan: &str) -> Fen {
        Fen::parse_yuan(yuan).unwrap()
    }

    #[test]
    fn floors_are_those_of_the_law_and_round_up() {
        // 促进科技成果转化法 45: at least 50 % of net income or stock, 5 % of profit.
        let check = |net: i64, permille: i64, floor: i64| assert_eq!(reward_floor(Fen::new(net), permille), Fen::new(floor), "{net}");
        check(100_000_000, 500, 50_000_000);
        check(100_000_001, 500, 50_000_001);
        check(100_000_000, 50, 5_000_000);
        check(1, 700, 1);
        check(0, 500, 0);
        check(Fen::MAX.fen(), 1000, Fen::MAX.fen());
    }

    #[test]
    fn ways_follow_from_the_contract_and_lead_to_their_rule() {
        for (kind, ways) in [
            (ContractKind::Transfer, &[ConversionWay::Transfer, ConversionWay::Equity][..]),
            (ContractKind::License, &[ConversionWay::License, ConversionWay::Equity]),
            (ContractKind::Development, &[ConversionWay::Services]),
        ] {
            assert_eq!(ConversionWay::of_contract(kind), ways);
        }
        for (way, rule) in [
            (ConversionWay::Transfer, RuleKind::RewardTransfer),
            (ConversionWay::License, RuleKind::RewardTransfer),
            // 国发〔2016〕16号 (六) 4
            (ConversionWay::Services, RuleKind::RewardTransfer),
            (ConversionWay::Equity, RuleKind::RewardEquity),
            (ConversionWay::OwnUse, RuleKind::RewardProfit),
            (ConversionWay::Joint, RuleKind::RewardProfit),
        ] {
            assert_eq!(way.rule(), rule, "{way}");
        }
    }

    #[test]
    fn amounts_by_the_largest_remainder() {
        let check = |pool: i64, shares: &[i64], amounts: &[i64]| {
            assert_eq!(split_pool(Fen::new(pool), shares), Some(amounts.iter().copied().map(Fen::new).collect()), "{pool} {shares:?}");
        };
        check(100, &[10_000], &[100]);
        check(100, &[3_333, 3_333, 3_334], &[33, 33, 34]);
        check(1, &[5_000, 5_000], &[1, 0]);
        check(10, &[3_333, 3_333, 3_334], &[3, 3, 4]);
        check(0, &[6_000, 4_000], &[0, 0]);
        for shares in [&[][..], &[9_999], &[10_001], &[10_100, -100]] {
            assert_eq!(split_pool(Fen::new(100), shares), None, "{shares:?}");
        }
    }

    #[test]
    fn whatever_the_shares_the_amounts_add_up_and_nobody_loses_a_fen() {
        let mut seed = 0x5bd1_e995_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..5_000 {
            let pool = i64::try_from(next(u64::try_from(Fen::MAX.fen()).unwrap())).unwrap();
            let mut shares = Vec::new();
            let mut left = WHOLE_SHARE;
            while left > 0 && shares.len() < 30 {
                let share = 1 + i64::try_from(next(u64::try_from(left).unwrap())).unwrap();
                shares.push(share);
                left -= share;
            }
            if left > 0 {
                shares.push(left);
            }
            let amounts = split_pool(Fen::new(pool), &shares).unwrap();
            assert_eq!(amounts.iter().map(|a| a.fen()).sum::<i64>(), pool, "{shares:?}");
            for (amount, share) in amounts.iter().zip(&shares) {
                let exact = i128::from(pool) * i128::from(*share) / i128::from(WHOLE_SHARE);
                assert!((0..=1).contains(&(i128::from(amount.fen()) - exact)), "{pool} {share} {amount:?}");
            }
        }
    }

    #[test]
    fn relief_on_transfer_income() {
        // 企业所得税法实施条例 90: up to 5,000,000 yuan exempt, beyond it half; at 25 %: 0.25 · min(x, 5 M) + 0.125 · max(x − 5 M, 0).
        let check = |income: &str, exempt: &str, halved: &str, relief: &str| {
            let found = tax_relief(fen(income), fen("500万"), 250);
            assert_eq!(found, TaxRelief { exempt: fen(exempt), halved: fen(halved), relief: fen(relief) }, "{income}");
        };
        check("0", "0", "0", "0");
        check("100万", "100万", "0", "25万");
        check("500万", "500万", "0", "125万");
        check("500.01万", "500万", "100", "1250012.5");
        check("800万", "500万", "300万", "162.5万");
        check("0.01", "0.01", "0", "0");
        assert_eq!(tax_relief(Fen::MAX, Fen::ZERO, 250).relief.fen(), Fen::MAX.fen() / 8);
    }

    fn form(changes: &[(&str, &str)]) -> Fields {
        let complete = [
            ("way", "transfer"),
            ("income", "100万"),
            ("costs", "10万"),
            ("pool", "63万"),
            ("note", "评估费与专利费。"),
            ("people.0.name", "林研究员"),
            ("people.0.role", "completer"),
            ("people.0.share", "66.67"),
            ("people.1.name", "周工程师"),
            ("people.1.role", "contributor"),
            ("people.1.share", "33.33%"),
        ];
        let kept = complete.into_iter().filter(|(n, _)| changes.iter().all(|(c, _)| c != n));
        kept.chain(changes.iter().copied()).collect()
    }

    #[test]
    fn a_split_is_read_and_shown_again() {
        let ways = ConversionWay::of_contract(ContractKind::Transfer);
        let content = RewardContent::read(&form(&[]), ways, Strictness::Complete).unwrap();
        assert_eq!((content.net(), content.people.len()), (fen("90万"), 2));
        assert_eq!(content.amounts().unwrap(), [fen("420021"), fen("209979")]);
        assert_eq!(RewardContent::read(&content.to_fields(), ways, Strictness::Complete).unwrap(), content);
    }

    #[test]
    fn what_does_not_hold_is_said_at_its_field() {
        let check = |changes: &[(&str, &str)], expected: &[&str]| {
            let ways = ConversionWay::of_contract(ContractKind::Transfer);
            let errors = RewardContent::read(&form(changes), ways, Strictness::Complete).unwrap_err();
            let found: Vec<String> = errors.iter().map(|e| format!("{}: {}", e.field, e.code)).collect();
            assert_eq!(found, expected, "{changes:?}");
        };
        check(&[("way", "own_use")], &["way: choice"]);
        check(&[("income", "")], &["income: required"]);
        check(&[("income", "0"), ("costs", "0"), ("pool", "0")], &["income: positive"]);
        check(&[("costs", "101万")], &["costs: costs_over_income"]);
        check(&[("way", "equity")], &["costs: costs_not_deducted"]);
        check(&[("pool", "90.01万")], &["pool: pool_over_net"]);
        check(&[("note", "")], &["note: costs_unexplained"]);
        check(&[("people.0.share", "66.66")], &["people: share_sum"]);
        check(&[("people.0.share", "66.666")], &["people.0.share: percent"]);
        check(&[("people.1.name", "林研究员")], &["people.1.name: person_repeated"]);
        check(&[("people.1.name", ""), ("people.1.role", "")], &["people.1.name: required", "people.1.role: required"]);
        check(
            &[("people.0.name", ""), ("people.0.share", ""), ("people.1.name", ""), ("people.1.share", "")],
            &["people: people_required"],
        );
        // A draft may lack what is not known yet.
        let draft = form(&[("income", ""), ("costs", ""), ("pool", ""), ("people.0.share", "")]);
        assert!(RewardContent::read(&draft, &[ConversionWay::Transfer], Strictness::Draft).is_ok());
    }
}
