//! A market in which every page has something to show, and a sample of every route: a route without a row here does not compile.

use keqiao_app::Route;
use keqiao_market::{
    imports,
    room::{
        documents::{self, DocumentFile},
        messages, nda,
    },
};
use keqiao_model::{ContractMove, DealMove, Fields, ListingKind};
use keqiao_tests::{AchievementForm, Client, ContractForm, DemandForm, Pair, Signed, TermsForm, TestApp, pdf};
use uuid::Uuid;

/// Words that stand in one confidential place each, and nowhere else.
pub(crate) mod secret {
    /// In the confidential detail of the demand.
    pub(crate) const DETAIL: &str = "qelantumdetail石墨烯七号";
    /// In the confidential detail of the achievement.
    pub(crate) const OFFER: &str = "qelantumoffer陶瓷九号";
    /// In the text of the confidentiality agreement.
    pub(crate) const AGREEMENT: &str = "qelantumagreement";
    /// In the title of a document.
    pub(crate) const TITLE: &str = "qelantumtitle";
    /// In the name of its file.
    pub(crate) const FILE: &str = "qelantumfile";
    /// In the bytes of its file.
    pub(crate) const BYTES: &str = "qelantumbytes";
    /// In a message.
    pub(crate) const MESSAGE: &str = "qelantummessage";
    /// In the accepted terms.
    pub(crate) const TERMS: &str = "qelantumterms";
    /// All of them.
    pub(crate) const ALL: [&str; 8] = [DETAIL, OFFER, AGREEMENT, TITLE, FILE, BYTES, MESSAGE, TERMS];
}

/// Both sides agree on everything, with a secret in each place.
async fn room(app: &TestApp, pair: &Pair, deal: &str) {
    let (market, engineer, researcher) = (app.market(), pair.engineer.actor().await, pair.researcher.actor().await);
    let fields = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Fields>();
    nda::replace_nda(market, &engineer, deal, &fields(&[("text", secret::AGREEMENT)]), None).await.unwrap();
    pair.sign_nda(deal).await;
    let about = fields(&[("title", secret::TITLE), ("document_kind", "technical")]);
    let name = format!("{}.pdf", secret::FILE);
    let file = DocumentFile { name: &name, bytes: pdf(secret::BYTES) };
    documents::add_document(market, &researcher, deal, None, &about, Some(file), None).await.unwrap();
    messages::write_message(market, &researcher, deal, &fields(&[("body", secret::MESSAGE)]), None, None).await.unwrap();
    pair.move_deal(deal, DealMove::OpenTerms).await;
    pair.accept_terms(deal, TermsForm::complete().acceptance(secret::TERMS)).await;
}

/// Every kind of route by name; the match has no wildcard, so that a new route must be added, and then needs a sample.
macro_rules! routes {
    ($($name:ident),+ $(,)?) => {
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),+];

        /// The name of a route's kind.
        pub(crate) fn name_of(route: &Route) -> &'static str {
            match route {
                $(Route::$name { .. } => stringify!($name),)+
            }
        }
    };
}

routes!(
    Home,
    About,
    Listings,
    ListingNew,
    Listing,
    ListingEdit,
    Matches,
    InterestNew,
    Organisations,
    OrganisationNew,
    Organisation,
    OrganisationEdit,
    Experts,
    Work,
    Pairs,
    Interests,
    Interest,
    Deals,
    Deal,
    DealNda,
    DealTerms,
    DealMembers,
    DealDocument,
    DealNotice,
    DealCommission,
    ListingDetail,
    Disclosures,
    PublicNotices,
    PublicNotice,
    Sales,
    Sale,
    SaleNew,
    Brokers,
    Broker,
    Board,
    Claim,
    Fees,
    Introductions,
    Introduction,
    Questions,
    QuestionNew,
    Question,
    Notices,
    NoticeSettings,
    Unsubscribe,
    Contracts,
    ContractNew,
    Contract,
    ContractEdit,
    ContractSection,
    ContractAmend,
    ContractPerformance,
    Certificate,
    ContractImport,
    ContractImportBatch,
    Certificates,
    CertificateCheck,
    Rules,
    RuleNew,
    Rule,
    Rewards,
    RewardNew,
    RewardReport,
    Reward,
    Indicators,
    IndicatorNew,
    Indicator,
    Assessment,
    Snapshots,
    Snapshot,
    Dashboard,
    Targets,
    Target,
    Review,
    ReviewPrecision,
    ReviewWeights,
    ReviewListing,
    ReviewContract,
    Import,
    ImportBatch,
    Admin,
    AdminPeople,
    AdminPerson,
    AdminTargets,
    AdminMail,
    AdminAudit,
    SignIn,
    Register,
    Forgot,
    Reset,
    Verify,
    Account,
    SignOut,
    Gallery,
);

/// A market in which every page has something to show.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) signed: Signed,
    pub(crate) draft: String,
    pub(crate) waiting: String,
    pub(crate) submitted: String,
    pub(crate) interest: Uuid,
    pub(crate) document: Uuid,
    pub(crate) broker: Uuid,
    pub(crate) batch: Uuid,
    pub(crate) people: Vec<(&'static str, Client)>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let app = TestApp::new().await;
        let (demand, achievement) = (DemandForm::complete().detail(secret::DETAIL), AchievementForm::complete().detail(secret::OFFER));
        let pair = app.pair_of(demand, achievement).await;
        let deal = pair.deal().await;
        room(&app, &pair, &deal).await;
        let other = pair.recorded(deal, ContractForm::complete()).await;
        // A second contract of the same parties, handed in.
        let (market, seller) = (app.market().clone(), other.pair.researcher.actor().await);
        other.move_contract(&other.pair.researcher, ContractMove::Submit).await.unwrap();
        let buyer = app.next_credit_code();
        let fields = ContractForm::complete().buyer("外地公司", &buyer).set("kind", "development").fields();
        let draft_contract = keqiao_market::contracts::create_contract(&market, &seller, None, &fields, None).await.unwrap();
        let Signed { pair, deal, contract: submitted } = other;
        let engineer = pair.engineer.actor().await;
        let draft =
            keqiao_market::listings::create_listing(&market, &engineer, ListingKind::Demand, &DemandForm::complete().fields(), false, None)
                .await
                .unwrap();
        let waiting =
            keqiao_market::listings::create_listing(&market, &engineer, ListingKind::Demand, &DemandForm::complete().fields(), true, None)
                .await
                .unwrap();
        let file = "名称,需求描述\n批量导入的需求,需要一种耐高温的密封材料\n".as_bytes().to_vec();
        let batch = imports::preview(&market, &engineer, ListingKind::Demand, "需求.csv", file, None).await.unwrap();
        let interest = pair
            .engineer
            .open("/interests")
            .await
            .links()
            .into_iter()
            .find_map(|l| l.strip_prefix("/interests/").and_then(|id| id.parse().ok()))
            .unwrap();
        let document = documents::documents(&market, &seller, &deal).await.unwrap()[0].id;
        let broker = app.broker().await;
        let people = vec![
            ("visitor", app.visitor()),
            ("owner", pair.engineer.another_window()),
            ("other side", pair.researcher.another_window()),
            ("stranger", app.enterprise("钱工").await),
            ("broker", broker.another_window()),
            ("county", app.county_officer("990124").await),
            ("officer", pair.officer.another_window()),
            ("admin", app.admin().await),
        ];
        let signed = Signed { pair, deal, contract: draft_contract };
        Self { app, signed, draft, waiting, submitted, interest, document, broker: broker.person(), batch, people }
    }

    pub(crate) fn pair(&self) -> &Pair {
        &self.signed.pair
    }

    /// Samples of every route; what they are, where the name does not say.
    pub(crate) fn samples(&self) -> Vec<(&'static str, Route)> {
        use ListingKind::{Achievement, Demand};
        use Route as R;
        let (demand, draft, waiting) = (|| self.pair().demand.clone(), || self.draft.clone(), || self.waiting.clone());
        let (deal, contract, submitted) = (|| self.signed.deal.clone(), || self.signed.contract.clone(), || self.submitted.clone());
        vec![
            ("", R::Home),
            ("", R::About),
            ("", R::Listings(Demand)),
            ("", R::Listings(Achievement)),
            ("", R::ListingNew(Demand)),
            ("", R::ListingNew(Achievement)),
            ("in a deal", R::Listing(Demand, demand())),
            ("draft", R::Listing(Demand, draft())),
            ("in review", R::Listing(Demand, waiting())),
            ("in a deal", R::ListingEdit(Demand, demand())),
            ("draft", R::ListingEdit(Demand, draft())),
            ("in a deal", R::Matches(Demand, demand())),
            ("draft", R::Matches(Demand, draft())),
            ("in a deal", R::InterestNew(Demand, demand())),
            ("draft", R::InterestNew(Demand, draft())),
            ("", R::Organisations),
            ("", R::OrganisationNew),
            ("", R::Organisation(self.pair().engineer.organisation())),
            ("", R::OrganisationEdit(self.pair().engineer.organisation())),
            ("", R::Experts),
            ("", R::Work),
            ("", R::Pairs),
            ("", R::Interests),
            ("", R::Interest(self.interest)),
            ("", R::Deals),
            ("", R::Deal(deal())),
            ("", R::DealNda(deal())),
            ("", R::DealTerms(deal())),
            ("", R::DealMembers(deal())),
            ("", R::DealDocument(deal(), self.document)),
            ("", R::DealNotice(deal())),
            ("", R::DealCommission(deal())),
            ("with a detail", R::ListingDetail(Demand, demand())),
            ("without", R::ListingDetail(Achievement, self.pair().achievement.clone())),
            ("", R::Disclosures),
            ("", R::PublicNotices),
            ("unknown", R::PublicNotice("GS-2026-000009".to_owned())),
            ("", R::Sales),
            ("unknown", R::Sale("PM-2026-000009".to_owned())),
            ("", R::SaleNew(self.pair().achievement.clone())),
            ("", R::Brokers),
            ("", R::Broker(self.broker)),
            ("", R::Board),
            ("unknown", R::Claim(Uuid::nil())),
            ("", R::Fees),
            ("", R::Introductions),
            ("unknown", R::Introduction("JS-2026-000009".to_owned())),
            ("", R::Questions),
            ("", R::QuestionNew),
            ("unknown", R::Question("WD-2026-000009".to_owned())),
            ("", R::Notices),
            ("", R::NoticeSettings),
            ("unknown", R::Unsubscribe("0".repeat(64))),
            ("", R::Contracts),
            ("", R::ContractNew),
            ("draft", R::Contract(contract())),
            ("submitted", R::Contract(submitted())),
            ("draft", R::ContractEdit(contract())),
            ("submitted", R::ContractEdit(submitted())),
            ("draft", R::ContractSection(contract(), "subject".to_owned())),
            ("submitted", R::ContractAmend(submitted())),
            ("submitted", R::ContractPerformance(submitted())),
            ("submitted", R::Certificate(submitted())),
            ("", R::ContractImport),
            ("unknown", R::ContractImportBatch(Uuid::nil())),
            ("", R::Certificates),
            ("unknown", R::CertificateCheck("0000000000".to_owned())),
            ("", R::Rules),
            ("", R::RuleNew),
            ("unknown", R::Rule(Uuid::nil())),
            ("", R::Rewards),
            ("", R::RewardNew),
            ("", R::RewardReport),
            ("unknown", R::Reward("FP-2026-000009".to_owned())),
            ("", R::Indicators),
            ("", R::IndicatorNew),
            ("unknown", R::Indicator(Uuid::nil())),
            ("", R::Assessment),
            ("", R::Snapshots),
            ("unknown", R::Snapshot("2026-01".to_owned())),
            ("", R::Dashboard),
            ("", R::Targets),
            ("", R::Target("contract_value".to_owned())),
            ("", R::Review),
            ("", R::ReviewPrecision),
            ("", R::ReviewWeights),
            ("in review", R::ReviewListing(Demand, waiting())),
            ("draft", R::ReviewListing(Demand, draft())),
            ("submitted", R::ReviewContract(submitted())),
            ("draft", R::ReviewContract(contract())),
            ("", R::Import),
            ("", R::ImportBatch(self.batch)),
            ("", R::Admin),
            ("", R::AdminPeople),
            ("", R::AdminPerson(self.pair().engineer.person())),
            ("", R::AdminTargets),
            ("", R::AdminMail),
            ("", R::AdminAudit),
            ("", R::SignIn),
            ("", R::Register),
            ("", R::Forgot),
            ("", R::Reset("0".repeat(64))),
            ("", R::Verify("0".repeat(64))),
            ("", R::Account),
            ("", R::SignOut),
            ("", R::Gallery),
        ]
    }
}
