//! What many tests begin with: a published pair, an open deal, a contract.

use keqiao_market::{
    Actor, Market, Subject, attachments,
    contracts::{self},
    deals,
    interests::{self},
    listings,
    room::{nda, terms},
};
use keqiao_model::{Coded, ContractMove, ContractSection, DealMove, Fields, InterestMove, ListingKind, ListingMove, TermMove};
use uuid::Uuid;

use crate::{AchievementForm, Client, ContractForm, DemandForm, TermsForm, TestApp};

/// The bytes of a document with some text in it.
pub fn pdf(text: &str) -> Vec<u8> {
    format!("%PDF-1.7\n% {text}\n%%EOF\n").into_bytes()
}

/// Two sides that fit each other, both published, and the officer who did that. Made by the use cases, not by forms.
pub struct Pair {
    /// Asks.
    pub engineer: Client,
    /// Offers.
    pub researcher: Client,
    /// Of the city.
    pub officer: Client,
    /// Number of the demand.
    pub demand: String,
    /// Number of the achievement.
    pub achievement: String,
}

/// A pair with a deal whose contract is drafted, its text attached.
pub struct Signed {
    /// Both sides.
    pub pair: Pair,
    /// Number of the deal.
    pub deal: String,
    /// Number of the contract.
    pub contract: String,
}

impl TestApp {
    /// Publishes a listing of somebody's organisation; answers its number.
    pub async fn published(&self, owner: &Client, officer: &Client, kind: ListingKind, form: Fields) -> String {
        let (market, owner) = (self.market(), owner.actor().await);
        let number = listings::create_listing(market, &owner, kind, &form, true, None).await.unwrap();
        self.publish(officer, kind, &number).await;
        number
    }

    /// An officer publishes what waits.
    pub async fn publish(&self, officer: &Client, kind: ListingKind, number: &str) {
        let version = self.listing_version(officer, kind, number).await;
        let officer = officer.actor().await;
        listings::move_listing(self.market(), &officer, kind, number, ListingMove::Publish, &[], version, None).await.unwrap();
    }

    /// The version of a listing, as somebody sees it.
    pub async fn listing_version(&self, who: &Client, kind: ListingKind, number: &str) -> i64 {
        listings::listing(self.market(), &who.actor().await, kind, number).await.unwrap().version
    }

    /// Two sides that fit each other, indexed and matched.
    pub async fn pair(&self) -> Pair {
        self.pair_of(DemandForm::complete(), AchievementForm::complete()).await
    }

    /// Two listings published, indexed and matched.
    pub async fn pair_of(&self, demand: DemandForm, achievement: AchievementForm) -> Pair {
        let (engineer, researcher, officer) = (self.enterprise("沈工").await, self.institute("林研究员").await, self.officer().await);
        let demand = self.published(&engineer, &officer, ListingKind::Demand, demand.fields()).await;
        let achievement = self.published(&researcher, &officer, ListingKind::Achievement, achievement.fields()).await;
        self.index().await;
        Pair { engineer, researcher, officer, demand, achievement }
    }
}

impl Pair {
    fn app(&self) -> &TestApp {
        self.engineer.app()
    }

    /// The researcher's side is interested in the demand; answers the interest's id.
    pub async fn interest(&self) -> Uuid {
        let message: Fields = [("message", "我们的陶瓷轴承正好可以解决，愿意面谈。")].into_iter().collect();
        let (market, researcher) = (self.app().market(), self.researcher.actor().await);
        interests::send_interest(market, &researcher, ListingKind::Demand, &self.demand, Some(&self.achievement), &message, None)
            .await
            .unwrap()
    }

    /// The engineer's side accepts; answers the deal's number.
    pub async fn accept(&self, interest: Uuid) -> String {
        let (market, engineer) = (self.app().market(), self.engineer.actor().await);
        interests::answer_interest(market, &engineer, interest, InterestMove::Accept, &Fields::default(), 1, None).await.unwrap().unwrap()
    }

    /// An open deal; answers its number.
    pub async fn deal(&self) -> String {
        self.accept(self.interest().await).await
    }

    /// Moves the deal along, by the engineer's side.
    pub async fn move_deal(&self, deal: &str, by: DealMove) {
        let (market, engineer) = (self.app().market(), self.engineer.actor().await);
        let version = deals::deal(market, &engineer, deal).await.unwrap().version;
        deals::move_deal(market, &engineer, deal, by, &Fields::default(), version, None).await.unwrap();
    }

    /// Somebody signs the confidentiality agreement that is on the table.
    pub async fn signs_nda(&self, who: &Client, deal: &str) {
        let (market, actor) = (self.app().market(), who.actor().await);
        let shown = nda::nda(market, &actor, deal).await.unwrap();
        let name = actor.person().unwrap().name.clone();
        let fields: Fields = [("name", name), ("agree", "yes".to_owned()), ("hash", shown.text_hash)].into_iter().collect();
        nda::sign_nda(market, &actor, deal, &fields, "127.0.0.1", None).await.unwrap();
    }

    /// Both sides sign the confidentiality agreement.
    pub async fn sign_nda(&self, deal: &str) {
        self.signs_nda(&self.engineer, deal).await;
        self.signs_nda(&self.researcher, deal).await;
    }

    /// The researcher's side proposes terms, and the engineer's accepts them.
    pub async fn accept_terms(&self, deal: &str, terms: TermsForm) {
        let (market, researcher, engineer) = (self.app().market(), self.researcher.actor().await, self.engineer.actor().await);
        let edition = terms::propose_terms(market, &researcher, deal, &terms.fields(), None).await.unwrap();
        terms::move_terms(market, &engineer, deal, edition, TermMove::Accept, &Fields::default(), None).await.unwrap();
    }

    /// Both sides sign the confidentiality agreement and accept the same terms: the deal waits for its contract.
    pub async fn agree(&self, deal: &str) {
        self.sign_nda(deal).await;
        self.move_deal(deal, DealMove::OpenTerms).await;
        self.accept_terms(deal, TermsForm::complete()).await;
    }

    /// A deal whose contract is drafted by the seller, with its text attached.
    pub async fn signed(self) -> Signed {
        self.signed_for(ContractForm::complete()).await
    }

    /// As [`Pair::signed`], with another contract.
    pub async fn signed_for(self, form: ContractForm) -> Signed {
        let deal = self.deal().await;
        self.agree(&deal).await;
        self.recorded(deal, form).await
    }

    /// The seller's side drafts the contract of a deal whose terms are accepted, with its text attached.
    pub async fn recorded(self, deal: String, form: ContractForm) -> Signed {
        let (market, seller) = (self.app().market().clone(), self.researcher.actor().await);
        let fields = form.set("kind", "development").fields();
        let contract = contracts::create_contract(&market, &seller, Some(&deal), &fields, None).await.unwrap();
        let id = contracts::contract(&market, &seller, &contract).await.unwrap().summary.id;
        attachments::attach(
            &market,
            &seller,
            Subject::Contract,
            id,
            attachments::NewFile { name: "contract.pdf", bytes: pdf("contract"), confidential: false, reason: "" },
            None,
        )
        .await
        .unwrap();
        Signed { pair: self, deal, contract }
    }
}

impl Client {
    /// Types the parts of a contract's form, each on its own page.
    pub async fn fill_contract(&self, number: &str, form: &ContractForm) {
        use ContractSection::{Amounts, Clauses, Ip, Subject};
        for section in [Subject, Amounts, Ip, Clauses] {
            let page = self.open(&format!("/contracts/{number}/edit/{section}")).await;
            let typed: Vec<(String, String)> = form.section(section);
            let saved = self.send(page.form("save").with(typed)).await;
            assert_eq!(saved.status, 303, "{section}: {saved}");
        }
    }
}

/// An officer accepts a contract that was handed in, answers every finding and registers it.
pub async fn registered(market: &Market, officer: &Actor, number: &str) {
    let move_on = async |by| {
        let version = contracts::contract(market, officer, number).await.unwrap().version;
        contracts::move_contract(market, officer, number, by, "", "", version, None).await.unwrap();
    };
    move_on(ContractMove::Accept).await;
    answered(market, officer, number).await;
    move_on(ContractMove::Register).await;
}

/// An officer answers every finding of a contract.
pub async fn answered(market: &Market, officer: &Actor, number: &str) {
    for finding in contracts::findings(market, officer, number).await.unwrap() {
        let fields: Fields =
            [("kind", finding.kind.code()), ("others", &finding.others()), ("answer", "已核对，属于独立的合同。")].into_iter().collect();
        contracts::answer_finding(market, officer, number, &fields, None).await.unwrap();
    }
}

impl Signed {
    /// Moves the contract, by whoever it is.
    pub async fn move_contract(&self, who: &Client, by: ContractMove) -> keqiao_market::Result<()> {
        let (market, actor) = (who.app().market(), who.actor().await);
        let version = contracts::contract(market, &actor, &self.contract).await?.version;
        let (code, reason) = match by {
            ContractMove::Refuse | ContractMove::Cancel => ("not_technical", "不属于技术合同。"),
            ContractMove::Return => ("", "请补充验收标准。"),
            _ => ("", ""),
        };
        contracts::move_contract(market, &actor, &self.contract, by, code, reason, version, None).await
    }

    /// Hands in, has it accepted for review and registered.
    pub async fn register(&self) {
        self.move_contract(&self.pair.researcher, ContractMove::Submit).await.unwrap();
        let officer = self.pair.officer.actor().await;
        registered(self.pair.officer.app().market(), &officer, &self.contract).await;
    }

    /// Hands in, and has it accepted for review.
    pub async fn accepted(&self) {
        self.move_contract(&self.pair.researcher, ContractMove::Submit).await.unwrap();
        self.move_contract(&self.pair.officer, ContractMove::Accept).await.unwrap();
    }
}
